"""Which open work is asked for, and in which order: narrowed in SQL, so that a page of a long list costs a page.

`tests/projections/test_wanted.py` shows it.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any, Final, Literal, NamedTuple

By = Literal["since", "unit", "category"]
NOBODY: Final = ""
"""As a holder: what no hand in particular looks after."""

NO_ROW: Final = "0"
"""Says in SQL that there is none."""

Place = tuple[Any, ...]
"""Where a list goes on: the place of what stood last before it."""


class Waiting(NamedTuple):
    """What waits: a `claim`, an `appeal` about one or its `correction`, a `transfer`, a `unit`, a `plan`, a `class` or
    an `application`, and for whom."""

    id: str
    kind: str
    role: str
    region: str
    sector: str
    category: str | None
    unit: str | None
    person: str | None
    since: int     # The event by which it came to wait,
    since_at: int  # and when that was recorded, in microseconds.
    holder: str | None = None    # Which hand looks after it; None: whoever comes first.
    studied: int | None = None   # Of a claim, the year of what shows the study,
    papers: int | None = None    # and how many papers that is.


class Wanted(NamedTuple):
    """What waits, narrowed. None: it is all the same."""

    kind: str | None = None
    category: str | None = None
    unit: str | None = None
    holder: str | None = None          # Whose it is; `NOBODY`: nobody's in particular.
    not_holder: str | None = None      # It is somebody's, and not this one's.
    studied_before: int | None = None  # The study is of a year before this one (补录).
    papers: int | None = None          # So many papers are shown; 0: none.
    claims: frozenset[str] | None = None  # It is one of these.
    since_from: int | None = None      # It came to wait at this time or later,
    since_below: int | None = None     # and before that one, in microseconds.
    by: By = "since"
    backwards: bool = False

    def place(self, one: Waiting) -> Place:
        """Where one stands in the order; what stands equal, stands as it came."""
        first = () if self.by == "since" else ((one.unit if self.by == "unit" else one.category) or "",)
        return (*first, one.since, one.id)

    def order(self, *, since: str = "event", id_: str = "id") -> list[str]:
        """The same order in SQL, by the names that a table has for them."""
        return [*([] if self.by == "since" else [f"coalesce({self.by}, '')"]), since, id_]

    def past(self, after: Place | None, values: dict[str, Any], **named: str) -> list[str]:
        """Say in SQL that a row comes after a place."""
        if after is None:
            return []
        values |= {f"after{at}": value for at, value in enumerate(after)}
        places = ", ".join(f":after{at}" for at in range(len(after)))
        return [f"({', '.join(self.order(**named))}) {'<' if self.backwards else '>'} ({places})"]

    def sorted(self, **named: str) -> str:
        """Put in order in SQL."""
        return ", ".join(f"{one}{' DESC' if self.backwards else ''}" for one in self.order(**named))

    def conditions(self, values: dict[str, Any], columns: Collection[str], *, id_: str = "id") -> list[str]:
        """Say in SQL what a row of a table with these columns must have; what none of them knows, no row has."""
        asked = (("kind", "=", self.kind), ("category", "=", self.category), ("unit", "=", self.unit),
                 ("studied", "<", self.studied_before), ("papers", "=", self.papers),
                 ("since_at", ">=", self.since_from), ("since_at", "<", self.since_below))
        parts = []
        for number, (name, how, value) in enumerate(asked):
            if value is not None:
                parts.append(f"{name} {how} :wanted{number}" if name in columns else NO_ROW)
                values[f"wanted{number}"] = value
        if self.holder is not None:
            at = "holder" if "holder" in columns else "NULL"
            parts.append(f"{at} IS NULL" if self.holder == NOBODY else f"{at} = :holder")
            values["holder"] = self.holder
        if self.not_holder is not None:
            parts.append("holder <> :not_holder" if "holder" in columns else NO_ROW)
            values["not_holder"] = self.not_holder
        if self.claims is not None:
            parts.append(f"{id_} IN (SELECT value FROM json_each(:claims))")
            values["claims"] = json.dumps(sorted(self.claims))
        return parts

    def keeps(self, one: Waiting) -> bool:
        """Say the same of what was read already."""
        return (
            self.kind in (None, one.kind) and self.category in (None, one.category) and self.unit in (None, one.unit)
            and self.holder in (None, one.holder or NOBODY)
            and (self.claims is None or one.id in self.claims)
            and (self.not_holder is None or one.holder not in (None, self.not_holder))
            and (self.studied_before is None or (one.studied is not None and one.studied < self.studied_before))
            and self.papers in (None, one.papers)
            and (self.since_from is None or one.since_at >= self.since_from)
            and (self.since_below is None or one.since_at < self.since_below)
        )


EVERYTHING: Final = Wanted()
