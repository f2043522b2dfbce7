"""The process that follows beside a busy service: it reads the log and keeps the answers' files (`following.apart`).

    python -m api.beside.following      reads one line of JSON on standard input, says `ready` when it waits for the
    files

It has no key: it opens the log alone, and of that it reads the leaves. What it is told holds the way to the database,
so it is told on standard input, where nobody else sees it.

`tests/projections/test_apart.py` shows it.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import NamedTuple, cast

from api.beside import memory
from api.register.folder import Folder
from api.register.register import SCHEMAS
from api.settings import Settings
from api.telling import logs
from ledger.ledger import Conninfo
from ledger.stores.recorder import AppendingRecorder
from ledger.stores.sqlite import LedgerFactory
from projections.answers import projections
from projections.following.apart import READY, Apart, follow


class OpenLog(NamedTuple):
    """The log without its vault."""

    store: AppendingRecorder


def apart(settings: Settings) -> Apart:
    """What a service calls for when much happens."""
    folder = Folder(settings.data_folder.absolute())
    told = {
        "ledger": str(folder.ledger), "database": settings.database, "answers": str(folder.projections),
        "log_level": settings.log_level, "log_format": settings.log_format,
    }
    # -P: nothing is run that lies in the folder in which somebody happens to stand.
    return Apart([sys.executable, "-P", "-m", "api.beside.following"], json.dumps(told).encode())


def main() -> int:
    """Follow until whoever called this process has gone."""
    told = json.loads(sys.stdin.buffer.readline())
    logs.configure(told["log_level"], told["log_format"])
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, signal.SIG_IGN)  # Whoever called it ends it, once what was begun is answered.
    if hasattr(os, "sched_setaffinity"):  # Whoever called it may stay on one core; this is to have another.
        os.sched_setaffinity(0, range(os.cpu_count() or 1))
    memory.keep_few_pools()
    log = OpenLog(_opened(told["ledger"], told["database"]))
    try:
        with memory.giving_back():
            follow(log, Path(told["answers"]), projections(), sys.stdin.buffer, _say_ready)
    finally:
        log.store.close()
    return 0


def _say_ready() -> None:
    os.write(sys.stdout.fileno(), READY)


def _opened(path: str, database: str) -> AppendingRecorder:
    if not database:
        return cast("AppendingRecorder", LedgerFactory({"SQLITE_DBNAME": path}).application_recorder())
    from ledger.stores.postgres import PostgresFactory

    env = {"LEDGER_CONNINFO": Conninfo(database), "LEDGER_SCHEMA": SCHEMAS[0]}
    return cast("AppendingRecorder", PostgresFactory(env).application_recorder())


if __name__ == "__main__":
    sys.exit(main())
