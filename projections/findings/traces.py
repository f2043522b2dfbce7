"""Traces: what the patterns of falsified hours compare, folded from the log into flat tables of one file.

`tables.py` says which columns there are and which of the minimum field set cannot be had; `of_*.py` what each kind of
event does to them. No pattern reads anything else, but for `clues.py`, so a pattern is a question in SQL. A finding is
looked for again wherever a row begins (`touching.py`), so everything that a pattern may rest on begins a row.

`tests/projections/findings/test_traces.py` shows it.
"""

from __future__ import annotations

from typing import ClassVar

from projections.files.projection import Projection
from projections.findings import of_claims, of_courses, of_people, of_trainings
from projections.findings.tables import TABLES


class Traces(Projection):
    """The fold."""

    name: ClassVar = "traces"
    version: ClassVar = 6
    """2 found papers by their event, 3 knew one claim of an enrolment, 4 took only what was corrected or reinstated for
    changes, so that an import which took over a revocation seemed to have lost a row, 5 wrote down of every claim that
    it had been under review."""
    weight: ClassVar = 20
    tables: ClassVar = TABLES
    handlers: ClassVar = {
        **of_people.HANDLERS, **of_claims.HANDLERS, **of_courses.HANDLERS, **of_trainings.HANDLERS,
    }
