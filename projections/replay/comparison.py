"""The same history under two laws: what moved, by how much, for whom, by which clause.

Everything is found over columns; only what moved is looked at one by one. An entry moved because its own worth did, or
because of what caps and duplicates left of it: `how` says which, the two rulings say by which clauses. The person-years
and groups that are counted are those whose person belonged within the asked region and sector on 31 December.

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
from policies.rulebook import Rulebook
from projections.replay.checked import VERDICT, stands
from projections.replay.coded import NOWHERE, Zone
from projections.replay.compiled import NONE, cells_of, year_of_row
from projections.replay.first_titles import FirstTitles, weigh_first
from projections.replay.gathered import Gathered
from projections.replay.kernel import lost
from projections.replay.replayed import EXAM, FAILED, PASSED, UNKNOWN
from projections.replay.sides import Side
from projections.replay.titles import Asked, Titles, weigh

WORTH, DUPLICATE, ROOM = "worth", "duplicate", "room"
EDGES: Final = (-4_000, -2_000, -1_000, 0, 1, 1_001, 2_001, 4_001)
"""Where the bars of the histogram begin, in hundredths; what did not change has a bar of its own."""

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


# Together


class Group(NamedTuple):
    """What changed for some people together."""

    name: str
    people: int
    person_years: int
    changed: int
    gained: int           # Hundredths, of those who gain,
    given_up: int         # and of those who lose.
    newly_failed: int
    newly_passed: int


def by_place(found: Comparison, kind: str) -> list[Group]:
    """By city, sector or unit on 31 December, most changed first; whoever belonged nowhere stands under no name."""
    coded = found.gathered.coded
    if kind == "unit":
        names = ["", *found.gathered.held.units]
        group = found.gathered.unit[found.rows].astype(np.int64) + 1
    else:
        of_zone = [f"{zone.region[:4]}00" if kind == "city" else zone.sector for zone in coded.zones]
        names = sorted({"", *(name for name in of_zone if name != "00")})
        number = np.array([names.index(name) if name in names else 0 for name in of_zone] + [0], dtype=np.int64)
        group = number[coded.standing[found.rows]]   # NOWHERE is the last of them.
    return _grouped(found, group, names)


def by_year(found: Comparison) -> list[Group]:
    """By year, in order."""
    years = found.year_of_row[found.rows]
    first = int(years.min()) if len(years) else 0
    names = [str(year) for year in range(first, (int(years.max()) if len(years) else -1) + 1)]
    return sorted(_grouped(found, (years - first).astype(np.int64), names), key=lambda one: one.name)


def _grouped(found: Comparison, group: NDArray[np.int64], names: list[str]) -> list[Group]:
    rows, size = found.rows, len(names)
    gain = found.gain[rows]
    is_changed = np.zeros(found.gathered.coded.years, dtype=np.bool_)
    is_changed[found.changed] = True
    failed, passed = newly(found)
    pairs = np.unique(group * (len(found.gathered.coded.people) + 1) + found.person_of_row[rows])
    people = np.bincount(pairs // (len(found.gathered.coded.people) + 1), minlength=size)

    def count(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
        return np.bincount(group[mask], minlength=size)

    gained, given_up = (np.zeros(size, dtype=np.int64) for _ in range(2))
    np.add.at(gained, group, np.maximum(gain, 0))
    np.add.at(given_up, group, np.maximum(-gain, 0))
    columns = (people, np.bincount(group, minlength=size), count(is_changed[rows]), gained, given_up,
               count(failed[rows]), count(passed[rows]))
    listed = [Group(name, *(int(column[at]) for column in columns)) for at, name in enumerate(names)]
    return sorted((one for one in listed if one.person_years), key=lambda one: (-one.changed, one.name))


def newly(found: Comparison) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """By year row: who fails only under the new law, and who passes only under it."""
    old, new = found.old.replayed.verdict, found.new.replayed.verdict
    return (new == FAILED) & (old != FAILED), (new == PASSED) & (old != PASSED)


def by_cause(found: Comparison) -> list[tuple[Cause, int, int, int]]:
    """By clause: entries, hundredths gained, hundredths given up; most moved first."""
    change = (found.new.replayed.counted[found.moved] - found.old.replayed.counted[found.moved]).astype(np.int64)
    many = np.bincount(found.cause, minlength=len(found.causes))
    gained, given_up = (np.zeros(len(found.causes), dtype=np.int64) for _ in range(2))
    np.add.at(gained, found.cause, np.maximum(change, 0))
    np.add.at(given_up, found.cause, np.maximum(-change, 0))
    rows = [(cause, int(many[at]), int(gained[at]), int(given_up[at])) for at, cause in enumerate(found.causes)]
    return sorted(rows, key=lambda one: (-(one[2] + one[3]), one[0].how, one[0].old or "", one[0].new or ""))


def histogram(found: Comparison) -> list[int]:
    """How many person-years changed by how much; the bars begin at `EDGES`."""
    bars = np.searchsorted(np.array(EDGES), found.gain[found.rows], side="right")
    return [int(count) for count in np.bincount(bars, minlength=len(EDGES) + 1)]


def verdicts(found: Comparison) -> dict[tuple[bool | None, bool | None], int]:
    """How many person-years went from which verdict to which."""
    old, new = found.old.replayed.verdict[found.rows], found.new.replayed.verdict[found.rows]
    return {(VERDICT[one], VERDICT[two]): int(((old == one) & (new == two)).sum())
            for one in (PASSED, FAILED, UNKNOWN) for two in (PASSED, FAILED, UNKNOWN)}


class Reach(NamedTuple):
    """Whom a rulebook may rule at all."""

    people: int
    person_years: int


def reached(found: Comparison, book: Rulebook) -> Reach:
    """Of those who are counted, whoever belonged within its scope on 31 December of a year in which it is in force."""
    holds = [book.scope.holds(*zone) for zone in found.gathered.coded.zones]
    years = found.year_of_row[found.rows]
    is_within = np.array([*holds, False])[found.gathered.coded.standing[found.rows]]   # NOWHERE is the last of them.
    is_within &= years >= book.in_force_from.year
    if book.in_force_to is not None:
        is_within &= years <= book.in_force_to.year
    return Reach(len(np.unique(found.person_of_row[found.rows[is_within]])), int(is_within.sum()))


def newly_short(found: Comparison) -> list[tuple[str, int]]:
    """Which requirements of the new law are short for those who fail only under it."""
    counts: dict[str, int] = {}
    failed, _ = newly(found)
    coded = found.gathered.coded
    rows = found.rows[failed[found.rows]]
    years, packed = found.year_of_row[rows].tolist(), found.new.replayed.minimums[rows].tolist()
    for zone, year, stood in zip(coded.standing[rows].tolist(), years, packed, strict=True):
        for book, name, met, _ in stands(found.new.compiled.dues, zone, year, stood):
            if met is False:
                counts[f"{book} {name}"] = counts.get(f"{book} {name}", 0) + 1
    return sorted(counts.items(), key=lambda one: (-one[1], one[0]))
