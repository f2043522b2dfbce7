"""The same history under two laws: what moved, by how much, for whom, by which clause.

Everything is found over columns; only what moved is looked at one by one. An entry moved because its own worth did, or
because of what caps and duplicates left of it: `how` says which, the two rulings say by which clauses. The person-years
that are counted are those whose person belonged within the asked region and sector on 31 December. Counted together:
`projections.replay.tallies`.

`tests/projections/replay/test_report.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ledger.vocabulary import format_hours
from policies.assess import MANUAL, Ruling
from projections.replay.checked import VERDICT, stands
from projections.replay.coded import NOWHERE, Zone
from projections.replay.compiled import NONE, cells_of, year_of_row
from projections.replay.first_titles import FirstTitles, weigh_first
from projections.replay.gathered import Gathered
from projections.replay.kernel import lost
from projections.replay.replayed import EXAM
from projections.replay.sides import Side
from projections.replay.titles import Asked, Titles, weigh

WORTH, DUPLICATE, ROOM = "worth", "duplicate", "room"
_CATEGORIES: Final = ("professional", "sector_public", "general_public")


class Cause(NamedTuple):
    """Why an entry moved: how, and the clause under each law."""

    how: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What moved between two sides."""

    gathered: Gathered
    old: Side
    new: Side
    rows: NDArray[np.int64]        # The year rows that are counted.
    changed: NDArray[np.int64]     # Those of them whose hours or verdict changed.
    moved: NDArray[np.int64]       # Entries that count otherwise, in these rows.
    moved_row: NDArray[np.int64]   # The year row of each.
    causes: tuple[Cause, ...]
    cause: NDArray[np.int64]       # By moved entry.
    titles: Titles
    first_titles: FirstTitles | None   # None: nobody asked about them.
    person_of_row: NDArray[np.int64]
    year_of_row: NDArray[np.int32]

    @property
    def people(self) -> int:
        """Of how many people a year is counted."""
        return len(np.unique(self.person_of_row[self.rows]))

    def place_of(self, zone: int) -> Zone | None:
        """The place of a number; nowhere is none."""
        return None if zone == NOWHERE else self.gathered.coded.zones[zone]

    @property
    def gain(self) -> NDArray[np.int64]:
        """By year row, what the new law gives more."""
        return self.new.total - self.old.total


def compare(
    gathered: Gathered, old: Side, new: Side, asked: tuple[Asked, ...] = (), *, region: str = "",
    sector: str | None = None, first_on: date | None = None,
) -> Comparison:
    """Compare two sides, within a region (a prefix of its code) and a sector.

    `asked`: titles to be looked at; `first_on`: the day on which whoever has none applies for a first, if asked about.
    """
    coded = gathered.coded
    zones = [index for index, zone in enumerate(coded.zones)
             if zone.region.startswith(region) and sector in (None, zone.sector)]
    within = gathered.is_answered & (
        np.isin(coded.standing, zones) if region or sector else np.ones(coded.years, dtype=np.bool_))
    differs = (old.replayed.sums[:, :EXAM + 1] != new.replayed.sums[:, :EXAM + 1]).any(axis=1)
    differs |= old.replayed.verdict != new.replayed.verdict
    moved = np.flatnonzero(old.replayed.counted != new.replayed.counted)
    moved = moved[within[coded.row[moved]]]
    row = coded.row[moved].astype(np.int64)
    causes, cause = _causes(old, new, moved)
    person_of_row = np.repeat(np.arange(len(coded.people)), np.diff(coded.first_year_row))
    titles = weigh(asked, old, new, within)
    first = None if first_on is None else weigh_first(titles, old, new, within, first_on)
    return Comparison(gathered, old, new, np.flatnonzero(within), np.flatnonzero(within & differs), moved, row,
                      causes, cause, titles if first is None else first.among(titles), first, person_of_row,
                      year_of_row(coded))


def _causes(old: Side, new: Side, moved: NDArray[np.int64]) -> tuple[tuple[Cause, ...], NDArray[np.int64]]:
    """Every pair of rulings that moved something, with what moved it, named once."""
    (one, one_lost), (two, two_lost) = (_rulings(side, moved) for side in (old, new))
    kinds = len(new.compiled.reasons) + 1
    mixed = ((one.astype(np.int64) * kinds + two) << 1) | (one_lost != two_lost)
    distinct, inverse = np.unique(mixed, return_inverse=True)
    numbers: dict[Cause, int] = {}
    found = []
    for each in distinct.tolist():
        before, after = old.compiled.reasons[(each >> 1) // kinds], new.compiled.reasons[(each >> 1) % kinds]
        how = ROOM
        if (before.counts, before.assessed) != (after.counts, after.assessed):
            how = WORTH
        elif each & 1:
            how = DUPLICATE
        found.append(numbers.setdefault(Cause(how, clause_of(before), clause_of(after)), len(numbers)))
    ordered = sorted(numbers, key=lambda one: (one.how, one.old or "", one.new or ""))
    place = {cause: at for at, cause in enumerate(ordered)}
    renumbered = np.array([place[cause] for cause in numbers], dtype=np.int64)
    return tuple(ordered), renumbered[np.array(found, dtype=np.int64)[inverse]] if len(moved) else moved


def _rulings(side: Side, moved: NDArray[np.int64]) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """The very ruling of each moved entry, and whether it lost to a duplicate."""
    compiled = side.compiled
    cells = cells_of(side.coded, compiled.edges, compiled.deadlines)
    is_lost = lost(side.coded, compiled.table[cells], compiled)
    exact = compiled.exact[cells[moved]]
    assert not (exact == NONE).any(), "whatever is observed was interpreted"
    return exact, is_lost[moved]


def clause_of(ruling: Ruling) -> str | None:
    """The clause that a ruling rests on; `manual` for hours that an authority confirmed, nothing where none rules."""
    if ruling.rulebook is not None:
        return f"{ruling.rulebook} {ruling.article}"
    return MANUAL if ruling.status == MANUAL else None


# One by one


def person_years(found: Comparison, begin: int = 0, end: int | None = None) -> Iterator[dict[str, Any]]:
    """Each person-year that changed, old and new; or some of them."""
    coded, held = found.gathered.coded, found.gathered.held
    for row in found.changed[begin:end].tolist():
        zone, unit, year = int(coded.standing[row]), int(found.gathered.unit[row]), int(found.year_of_row[row])
        place = found.place_of(zone)
        yield {
            "person": coded.people[found.person_of_row[row]], "year": year,
            "unit": None if unit == NOWHERE else held.units[unit],
            "region": place and place.region, "sector": place and place.sector,
            "old": _told(found.old, row, zone, year), "new": _told(found.new, row, zone, year),
            "change": signed(int(found.new.total[row] - found.old.total[row])),
        }


def _told(side: Side, row: int, zone: int, year: int) -> dict[str, Any]:
    sums = side.replayed.sums[row].tolist()
    listed = stands(side.compiled.dues, zone, year, int(side.replayed.minimums[row]))
    return {
        "total": format_hours(sum(sums[:EXAM])),
        **{name: format_hours(centi) for name, centi in zip(_CATEGORIES, sums, strict=False)},
        "exam_hours": format_hours(sums[EXAM]), "met": VERDICT[int(side.replayed.verdict[row])],
        "short": [f"{book} {name}" for book, name, met, _ in listed if met is False],
        "open": [f"{book} {name}" for book, name, met, _ in listed if met is None],
    }


def entries(found: Comparison, begin: int = 0, end: int | None = None) -> Iterator[dict[str, Any]]:
    """Each entry that counts otherwise, and why; or some of them."""
    claims = found.gathered.held.claims["claim"]
    coded, rows = found.gathered.coded, found.gathered.claims
    columns = (column[begin:end].tolist() for column in (found.moved, found.moved_row, found.cause))
    for entry, row, number in zip(*columns, strict=True):
        cause = found.causes[number]
        old, new = int(found.old.replayed.counted[entry]), int(found.new.replayed.counted[entry])
        yield {
            "entry": claims[rows[entry]].decode(), "person": coded.people[found.person_of_row[row]],
            "year": int(found.year_of_row[row]), "old": format_hours(old), "new": format_hours(new),
            "change": signed(new - old), "how": cause.how, "old_clause": cause.old, "new_clause": cause.new,
        }


def signed(centi: int) -> str:
    """Hours with their sign."""
    return f"-{format_hours(-centi)}" if centi < 0 else f"+{format_hours(centi)}" if centi else "0"
