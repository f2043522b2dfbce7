"""A process that writes to a ledger and is made to fail: what it prints was true when it printed it.

    python fault_child.py FILE-OR-CONNINFO THREADS APPENDS [FIRST]

Each thread makes its planned appends in order, each under its own request key. What was acknowledged goes to standard
output, one JSON array a line: ["done", thread, number, first, events, replayed] or ["root", size, root]. An append
that failed is asked for again under the same key, three times at most: ["failed", thread, number, code].
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from store_kit import event, free, name, open_postgres, open_sqlite, request

from ledger.errors import LedgerError
from ledger.stores.append import Append, StoreFailed
from ledger.stores.recorder import AppendingRecorder


def planned(thread: int, number: int) -> Append:
    """The append that a thread makes as its nth: the same in every process, but for salts."""
    rng = random.Random(f"{thread}/{number}")
    events = tuple(
        event(f"{thread}-{number}-{part}", sealed=rng.randbytes(rng.randrange(1, 400)) if rng.random() < 0.4 else None)
        for part in range(rng.choice((1, 1, 1, 2, 5, 40)))
    )
    holder = f"{thread}-{number}-0"
    names = (name(holder, holder),) if number % 3 else (free(f"{thread}-{number - 1}-0"), name(holder, holder))
    return Append(events, names=names, request=request(f"{thread}/{number}"))


def open_kept(where: str) -> AppendingRecorder:
    """Open the ledger in a file, or in the database of a conninfo."""
    return open_postgres(where) if where.startswith("postgresql://") else open_sqlite(Path(where))


def start(
    where: Path | str, threads: int, appends: int, *before: str, first: int = 0, **rest: Any
) -> subprocess.Popen[bytes]:
    """Start a child, under another program where one is given; its threads are numbered from `first`."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)}
    return subprocess.Popen(
        [*before, sys.executable, __file__, str(where), str(threads), str(appends), str(first)],
        stdout=subprocess.PIPE, env=environment, **rest,
    )


def said(output: bytes) -> list[list[Any]]:
    """The lines of a child; the last may have been cut off by its death."""
    return [json.loads(line) for line in output.split(b"\n")[:-1]]


def say(*words: object) -> None:
    """Print a line at once and in one piece."""
    os.write(1, json.dumps(words).encode() + b"\n")


def work(store: AppendingRecorder, thread: int, appends: int) -> None:
    """Make the planned appends of one thread."""
    for number in range(appends):
        for _attempt in range(4):
            try:
                receipt = store.append(planned(thread, number))
            except StoreFailed as failed:
                say("failed", thread, number, failed.code)
            else:
                say("done", thread, number, receipt.first, receipt.events, receipt.replayed)
                break
        if number % 16 == 15:
            try:
                frontier = store.frontier()
            except LedgerError as failed:
                say("failed", thread, number, failed.code)
            else:
                say("root", frontier.size, frontier.root().hex())


def main() -> None:
    """Open, write, close."""
    where, (threads, appends, first) = sys.argv[1], map(int, sys.argv[2:])
    try:
        store = open_kept(where)
    except LedgerError as error:
        say("unopened", error.code)
        return
    if threads == 1:
        work(store, first, appends)
    else:
        numbers = range(first, first + threads)
        workers = [threading.Thread(target=work, args=(store, thread, appends)) for thread in numbers]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    store.close()
    say("over")


if __name__ == "__main__":
    main()
