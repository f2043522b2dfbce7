"""Of what is planted in a made-up history, how much each pattern finds, and how much of what it finds was planted.

A line a pattern and number, with the counts they come from. What is asked for is what a demo promises: of everything
that its own plants show in full nothing is missed, and no honest likeness is taken for a fault. What a pattern finds
besides came about by chance, as it does in any register; it is shown, and no bound is set to it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from api.demo.history import Told
from api.demo.making import FAULTS, make
from api.telling import logs
from ledger.keys.vault import open_vault
from ledger.ledger import Ledger
from projections.files.reader import Reader
from projections.files.rebuilding import rebuild
from projections.findings.findings_file import FindingsFile
from projections.findings.found import FIELDS, Finding, read
from projections.findings.patterns import patterns
from projections.findings.traces import Traces
from projections.findings.upkeep import Upkeep
from tests.bench import Figure
from tests.recall_kit import Score, scored

TOLD = Told(people=3_000, first_year=2018, last_year=2022, seed=5)


def rows() -> Iterator[Figure]:
    logs.configure("warning")
    with TemporaryDirectory() as name:
        folder = Path(name)
        make(folder / "data", TOLD)
        plants = [json.loads(line) for line in (folder / "data" / FAULTS).read_text("utf-8").splitlines()]
        for score in scored(patterns(), plants, found_in(folder / "data", folder / "answers")):
            told = (f"{score.pattern} planted {score.planted}, found {score.found}, missed {score.missed}; "
                    f"likenesses {score.honest}, spared {score.spared}; false {score.false} of {score.findings}")
            yield from _figures(score, told)


def _figures(score: Score, told: str) -> Iterator[Figure]:
    if score.recall_percent is not None:
        yield Figure(f"{told}: recall", score.recall_percent, "%", least=100)
    if score.honest:
        yield Figure(f"{score.pattern} likenesses taken for faults", score.honest - score.spared, "plants", most=0)
    if score.precision_percent is not None:
        yield Figure(f"{score.pattern} precision", score.precision_percent, "%")


def found_in(data: Path, folder: Path) -> list[Finding]:
    """Everything that the patterns find in a register, asked as the service asks."""
    with closing(open_vault(data / "keys" / "people.db")) as vault, \
            closing(Ledger.in_file(data / "ledger.db", vault)) as ledger:
        rebuild(ledger, folder, Traces(), lambda *_: None)
        upkeep = Upkeep(ledger, folder)
        try:
            upkeep.run([*patterns().values()], whole=True)
        finally:
            upkeep.stop()
        query = f"SELECT {', '.join(FIELDS)} FROM finding WHERE to_position IS NULL"
        return [read(row) for row in Reader(FindingsFile(), folder).rows(query)]
