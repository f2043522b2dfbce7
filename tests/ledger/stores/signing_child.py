"""A process that signs a ledger in PostgreSQL whenever it has the lease: `python signing_child.py CONNINFO FOLDER`.

What it says was true when it said it: ["signed", size, root] for each checkpoint.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from fault_child import say
from store_kit import open_postgres

from ledger.lease import PostgresLease
from ledger.proof.checkpoint import parse_checkpoint
from ledger.proof.notes import parse_note
from ledger.signing.signer import Signer

ORIGIN = "register.example/log"


def main() -> None:
    """Try, and sign when it may."""
    conninfo, folder = sys.argv[1], Path(sys.argv[2])
    store = open_postgres(conninfo)
    signer, lease = Signer(store, origin=ORIGIN, folder=folder), PostgresLease(conninfo, "signer")
    while True:
        if lease.holds() or lease.try_take():
            checkpoint = parse_checkpoint(parse_note(signer.checkpoint())[0])
            say("signed", checkpoint.size, checkpoint.root.hex())
        time.sleep(0.01)


if __name__ == "__main__":
    main()
