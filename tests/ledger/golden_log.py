"""The golden log: one bare and one full event of every wire type, frozen as an export that anyone can verify.

    python tests/ledger/golden_log.py --write

writes `golden/log.ndjson` anew, deliberately: salts, times and keys are fixed, so the same catalogue gives the same
bytes. Until 1.0 a change of form is a commit that runs this and says why; at 1.0 the log freezes and nobody runs it
again: an older form is then read through an upcaster, and a new type gets a log of its own beside this one.
"""

from __future__ import annotations

import hashlib
import json
import sys
from base64 import b64encode
from collections import Counter
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from event_samples import sample_draft

from ledger.envelope import FORMAT, Envelope, SealedPart
from ledger.events.base import By, wire_type
from ledger.events.catalogue import EVERY
from ledger.proof.checkpoint import Checkpoint, format_checkpoint
from ledger.proof.frontier import Frontier
from ledger.proof.keys import SigningKey, format_vkey
from ledger.proof.merkle import hash_leaves
from ledger.proof.notes import format_note, sign

LOG = Path(__file__).parent / "golden" / "log.ndjson"
KEY = SigningKey("golden.example/log", hashlib.sha256(b"golden log: signing key").digest())
VKEY = format_vkey(KEY.public())
BEGAN = 1_767_225_600_000_000  # 2026-01-01 in UTC.


def sealing_key(owner: str) -> AESGCM:
    """The key under which an owner's sealed parts stand in the golden log."""
    return AESGCM(hashlib.sha256(f"golden log: key of {owner}".encode()).digest())


def fixed(what: str, number: int, size: int) -> bytes:
    """Bytes that are as good as random and always the same."""
    return hashlib.sha256(f"golden log: {what} of {number}".encode()).digest()[:size]


def build() -> bytes:
    """Make the whole file."""
    versions: Counter[str] = Counter()
    lines, leaves = [], []
    for number, (event, full) in enumerate(
        ((event, full) for event in sorted(EVERY, key=wire_type) for full in (False, True)), 1
    ):
        draft = sample_draft(event, full=full)
        stream = draft.event.stream
        versions[stream] += 1
        part = None
        if draft.sealed is not None:
            nonce, place = fixed("nonce", number, 12), f"{stream}/{versions[stream]}".encode()
            owner = draft.event.subjects()[0]
            text = sealing_key(owner).encrypt(nonce, msgspec.json.encode(draft.sealed), place)
            part = SealedPart(fixed("second salt", number, 16), nonce + text)
        by = By(actor="acr_golden", role="registrar", cause=number if full else None)
        leaf = msgspec.json.encode(Envelope(
            FORMAT, stream, versions[stream], BEGAN + number, draft.event.subjects(),
            b64encode(fixed("salt", number, 16)).decode(), by, draft.event, None if part is None else part.digest()))
        leaves.append(leaf)
        line = {"leaf": leaf.decode()}
        if part is not None:
            line |= {"salt": b64encode(part.salt).decode(), "ciphertext": b64encode(part.ciphertext).decode()}
        lines.append(line)
    tree = Frontier().append(hash_leaves(leaves))[0]
    text = format_checkpoint(Checkpoint(KEY.name, tree.size, tree.root()))
    body = "".join(map(_line, [{"format": "xueshi-export/1", "origin": KEY.name, "size": tree.size}, *lines]))
    note = format_note(text, [sign(text, KEY)]).decode()
    digest = hashlib.sha256(body.encode()).hexdigest()
    return (body + _line({"checkpoint": note, "events": tree.size, "sha256": digest})).encode()


def _line(value: dict[str, object]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit(__doc__)
    LOG.parent.mkdir(exist_ok=True)
    LOG.write_bytes(build())
    print(f"{LOG}: {len(LOG.read_bytes().splitlines()) - 2} events, key {VKEY}")
