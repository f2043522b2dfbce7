"""What moved between two sides, counted together: by place, by year, by clause, by how much, from verdict to verdict.

One by one: `projections.replay.comparison`. `tests/projections/replay/test_report.py` shows it.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from policies.rulebook import Rulebook
from projections.replay.checked import VERDICT, stands
from projections.replay.comparison import Cause, Comparison
from projections.replay.replayed import FAILED, PASSED, UNKNOWN

EDGES: Final = (-4_000, -2_000, -1_000, 0, 1, 1_001, 2_001, 4_001)
"""Where the bars of the histogram begin, in hundredths; what did not change has a bar of its own."""


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
