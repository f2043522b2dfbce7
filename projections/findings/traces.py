"""Traces: what the patterns of falsified hours compare, folded from the log into flat tables of one file.

`tables.py` says which columns there are and which of the minimum field set cannot be had; `of_*.py` what each kind of
event does to them. No pattern reads anything else, but for `clues.py`, so a pattern is a question in SQL. A finding is
looked for again wherever a row begins (`touching.py`), so everything that a pattern may rest on begins a row.

`tests/projections/findings/test_traces.py` shows it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from projections.findings import of_claims, of_courses, of_people, of_trainings
from projections.findings.tables import TABLES
from projections.projection import Projection
from projections.table import index_name

if TYPE_CHECKING:
    from sqlite_utils import Database


class Traces(Projection):
    """The fold."""

    name: ClassVar = "traces"
    version: ClassVar = 1
    weight: ClassVar = 35
    tables: ClassVar = TABLES
    handlers: ClassVar = {
        **of_people.HANDLERS, **of_claims.HANDLERS, **of_courses.HANDLERS, **of_trainings.HANDLERS,
    }

    def index(self, db: Database) -> None:
        """Index besides what holds by its key alone: of an entry two rows in three hold no longer."""
        super().index(db)
        for name, table in self.tables.items():
            if table.dated:
                key = table.pk[:-1]
                db.execute(f"CREATE INDEX IF NOT EXISTS {index_name(name, (*key, 'now'))} ON {name} "
                           f"({', '.join(key)}) WHERE to_position IS NULL")
