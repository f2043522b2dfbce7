"""What one entry shares with a million others: each dimension counted and listed, and a step further.

The entries lie in the tables of `projections/findings/tables.py` with their indexes, as a register has them: an
organiser of 40,000 entries, an account that decided 20,000, an hour in which 9,000 came in one roster, classes of
fifty, a certificate that a handful show.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlite_utils import Database

from ledger.events.actor import Scope
from projections.files.projection import add_indexes
from projections.findings.clue_file import ClueFile
from projections.findings.having import COUNT_MOST, Traced
from projections.findings.shared import pivot
from projections.findings.tables import TABLES
from tests.bench import Figure

ENTRIES = 1_000_000
MOST_MS = 300
_ASKED = 30
_HOUR_US = 3_600_000_000

_MANY = f"WITH RECURSIVE n(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < {ENTRIES - 1}) "
_CLAIMS = _MANY + (
    "INSERT INTO claim (claim, person, unit, region, sector, category, route, evidence_on, organiser, training_class, "
    "submitted_at, status, decided_by, decided_at, since_position, from_position) "
    "SELECT printf('clm_%07d', n), printf('per_%06d', n * 7919 % 100000), printf('unt_%04d', n % 2000), '330203', "
    "'industry', 'professional', 'training', '2026-03-01', printf('某学会 %d', n % 25), printf('cls_%05d', n / 50), "
    "1772672400000000 + n, 'approved', printf('acr_%03d', n % 50), "
    f"1772672400000000 + (n / 9000) * {_HOUR_US}, 1 + n, 2000000 + n FROM n"
)


class _Asked:
    def __init__(self, db: Database) -> None:
        self._db = db

    def rows(self, query: str, values: Any = ()) -> list[tuple[Any, ...]]:
        return self._db.execute(query, values).fetchall()


def rows() -> Iterator[Figure]:
    with TemporaryDirectory() as folder:
        traces, clues = Database(Path(folder) / "traces.db"), Database(Path(folder) / "clues.db")
        _fill(traces, clues)
        traced = Traced(_Asked(traces), _Asked(clues), 10 * ENTRIES, (Scope(role="supervisor", region="33"),))
        took = sorted(_asked(traced, number * 33_331 % ENTRIES) for number in range(_ASKED))
        yield Figure(f"what one of {ENTRIES:,} entries shares, middle one of {_ASKED}", took[_ASKED // 2], "ms")
        yield Figure("the same, the slowest of them", took[-1], "ms", most=MOST_MS)
        traces.close()
        clues.close()


def _asked(traced: Traced, number: int) -> float:
    began = time.perf_counter()
    found = pivot(traced, [f"clm_{number:07d}"])
    took = (time.perf_counter() - began) * 1_000
    counted = {one.key.dimension: one.claims for one in found.shared}
    assert counted["class"] == 49 and counted["organiser"] >= COUNT_MOST - 1 and counted["certificate"] >= 4, counted
    return took


def _fill(traces: Database, clues: Database) -> None:
    for db, tables in ((traces, TABLES), (clues, ClueFile.tables)):
        for name, table in tables.items():
            if name in ("claim", "paper", "clue"):
                db.table(name).create(table.every_column, pk=table.pk)
    with traces.conn, clues.conn:
        traces.execute(_CLAIMS)
        traces.execute(_MANY + "INSERT INTO paper (claim, sha256, person, kind, event, from_position) "
                       "SELECT printf('clm_%07d', n), printf('%064d', n / 3), printf('per_%06d', n * 7919 % 100000), "
                       "'certificate', n, 1 FROM n")
        for kind, value in (("certificate", "n / 5"), ("address", "n % 500")):
            clues.execute(_MANY + "INSERT INTO clue SELECT printf('clm_%07d', n), '', "
                          f"'{kind}', printf('%032d', {value}), n FROM n")
    for db, tables in ((traces, TABLES), (clues, ClueFile.tables)):
        for name in {"claim", "paper", "clue"} & tables.keys():
            add_indexes(db, name, tables[name])
