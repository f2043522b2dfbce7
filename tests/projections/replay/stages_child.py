"""A replay of a folder of answers that may be told to die at one of its steps; `test_stages` starts it."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from projection_kit import any_book

from policies.shelf import shipped
from projections.basis import Cited
from projections.books import Books
from projections.replay import folder, report
from projections.replay.reading import Snapshot, read_all


def law(names: list[str]) -> report.LawNamed:
    return report.LawNamed("set:" + ",".join(names), tuple(Cited(name, any_book(name).digest, None) for name in names))


def replayed(answers: Path, beside: Path, at_once: int, die_at: int = 0) -> int:
    """Write the report into a new folder; give the number of steps that were told."""
    told = 0

    def progress(step: str, done: int, total: int) -> None:
        nonlocal told
        told += 1
        if told == die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    with Snapshot(answers) as snapshot:
        held = read_all(snapshot)
    five = [book.id for book in shipped().books]
    question = report.Question(law(five), law(["zhejiang/2016-08-01"]), held.position, "2026-01-01T12:00:00+08:00",
                               b"root", None, None)
    found = report.replayed(question, held, Books(any_book), answers, progress)
    beside.mkdir()
    folder.write(question, found, answers, beside, lambda told, digest: digest, progress, at_once=at_once)
    return told


if __name__ == "__main__":
    replayed(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
