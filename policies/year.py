"""A person's years: the closed steps, in fixed order, that turn single rulings into totals and verdicts.

Attribution, duplicates (AMB-30), caps in order of date and registration (AMB-27), sums, requirements, cycle, verdict.
`fold` does the first four over parallel lists, `judge_year` the rest. Everything is whole hundredths.

`tests/policies/test_years.py` shows each step; `tests/policies/test_properties.py` their laws.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Final, NamedTuple

from policies.assess import CATEGORIES, UNRULED, Ruling
from policies.law import Due, Law
from policies.rulebook import Cycle, Minimum

PROFESSIONAL, SECTOR_PUBLIC, GENERAL_PUBLIC = range(3)
IN_PROGRESS: Final = "in_progress"
UNDETERMINED: Final = "undetermined"


class Sums:
    """What one year of one person holds, in hundredths."""

    __slots__ = ("by_category", "by_class", "exam", "unruled")

    def __init__(self) -> None:
        self.by_category: list[int] = [0, 0, 0]
        self.exam = 0
        self.unruled: set[int] = set()                       # The categories that hold an unruled entry.
        self.by_class: dict[tuple[str, str], int] = {}       # (family, class) → hundredths.

    @property
    def total(self) -> int:
        """All three categories together."""
        return sum(self.by_category)

    def of(self, categories: Sequence[str]) -> int:
        """The named categories together."""
        return sum(self.by_category[CATEGORIES.index(category)] for category in categories)


EMPTY: Final = Sums()


class Weighed(NamedTuple):
    """One entry as the fold needs it."""

    ruling: Ruling
    day: int                      # Ordinal of the attribution date.
    year: int
    occasion: Hashable = None
    output: Hashable = None


class Folded(NamedTuple):
    """The years of one person before they are judged."""

    counted: list[int]            # By entry, in the order given.
    lost: dict[int, int]          # Entry → the entry that is kept instead of it.
    order: Sequence[int]          # The order in which caps were consumed.
    years: dict[int, Sums]


def fold(entries: Sequence[Weighed]) -> Folded:
    """Duplicates, caps, sums. Entries stand in the order in which they were registered."""
    lost = duplicates(entries)
    order: Sequence[int] = range(len(entries))
    if len(entries) > 1:
        days = [entry.day for entry in entries]
        order = sorted(order, key=days.__getitem__)      # Stable: registration decides within a day.
    counted = [0] * len(entries)
    years: dict[int, Sums] = {}
    used: dict[tuple[Hashable, int], int] = {}
    for place in order:
        ruling, _, year, _, _ = entries[place]
        sums = years.get(year)
        if sums is None:
            sums = years[year] = Sums()
        if not ruling.counts:
            if ruling.status == UNRULED:
                sums.unruled.add(ruling.category)
            continue
        if place in lost:
            continue
        hours = ruling.assessed
        if ruling.cap is not None:
            bucket = (ruling.bucket, year)
            before = used.get(bucket, 0)
            if before + hours > ruling.cap:
                hours = ruling.cap - before
            used[bucket] = before + hours
        counted[place] = hours
        sums.by_category[ruling.category] += hours
        if ruling.by_exam:
            sums.exam += hours
        if ruling.class_ is not None:
            sums.by_class[ruling.class_] = sums.by_class.get(ruling.class_, 0) + hours
        if ruling.credit is not None:
            sums.by_category[CATEGORIES.index(ruling.credit.category)] += ruling.credit.hours_centi
    return Folded(counted, lost, order, years)


def duplicates(entries: Sequence[Weighed]) -> dict[int, int]:
    """Entries that lose under a shared key, each with the one that is kept; every key is decided on its own."""
    lost: dict[int, int] = {}
    for key_at in (3, 4):
        best: dict[Hashable, int] = {}
        shared: list[int] = []
        for place, entry in enumerate(entries):
            key = entry[key_at]
            if key is None or not entry.ruling.counts:
                continue
            shared.append(place)
            other = best.get(key)
            if other is None or entry.ruling.assessed > entries[other].ruling.assessed:
                best[key] = place
        for place in shared:
            kept = best[entries[place][key_at]]
            if kept != place:
                lost.setdefault(place, kept)
    return lost


class MinimumRuling(NamedTuple):
    """How one requirement stands."""

    due: Due
    have: int
    need: int
    met: bool | None
    reason: str | None = None
    span: tuple[int, int] | None = None


class YearRuling(NamedTuple):
    """One line of a year."""

    year: int
    sums: Sums
    minimums: tuple[MinimumRuling, ...]
    met: bool | None


class Standing(NamedTuple):
    """Where a person belongs on the day that decides a year."""

    day: int
    region: str
    sector: str
    major: str | None


def judge_year(
    law: Law, years: Mapping[int, Sums], year: int, standing: Standing | None, *,
    starts: Mapping[str, int] | None = None, ended: bool = True,
) -> YearRuling:
    """The verdict on one year. `starts`: where a family's personal cycle begins; `ended`: the year is over."""
    sums = years.get(year, EMPTY)
    if standing is None:
        return YearRuling(year, sums, (), None)
    minimums = tuple(
        _judge(due, years, sums, year, starts or {}, ended)
        for due in law.due(standing.day, standing.region, standing.sector, standing.major, year)
    )
    return YearRuling(year, sums, minimums, verdict(minimums))


def verdict(minimums: Sequence[MinimumRuling]) -> bool | None:
    """False if any is false; else null if any is undetermined or none applies; else true if any is true; else null."""
    held = [one.met for one in minimums]
    if False in held:
        return False
    if any(one.reason == UNDETERMINED for one in minimums):
        return None
    return True if True in held else None


def _judge(
    due: Due, years: Mapping[int, Sums], sums: Sums, year: int, starts: Mapping[str, int], ended: bool
) -> MinimumRuling:
    minimum = due.minimum
    if minimum.cycle is not None:
        return _judge_cycle(due, minimum.cycle, years, year, starts, ended)
    have = _have(due, sums)
    need = minimum.hours_centi
    if minimum.percent is not None:
        need = -(-sums.of(due.base) * minimum.percent // 100)   # A part of a hundredth still has to be reached.
    if have >= need:
        return MinimumRuling(due, have, need, True)
    if _could_fill(minimum, sums):
        return MinimumRuling(due, have, need, None, UNDETERMINED)
    return MinimumRuling(due, have, need, False)


def _judge_cycle(
    due: Due, cycle: Cycle, years: Mapping[int, Sums], year: int, starts: Mapping[str, int], ended: bool
) -> MinimumRuling:
    """A requirement over several years: met once reached, judged when the last year of the cycle is over (AMB-17)."""
    first, last = span(cycle, year, starts.get(due.rulebook.family))
    held = [years.get(one, EMPTY) for one in range(first, year + 1)]
    have, need = sum(_have(due, sums) for sums in held), due.minimum.hours_centi
    if have >= need:
        return MinimumRuling(due, have, need, True, None, (first, last))
    if year < last or not ended:
        return MinimumRuling(due, have, need, None, IN_PROGRESS, (first, last))
    if any(_could_fill(due.minimum, sums) for sums in held):
        return MinimumRuling(due, have, need, None, UNDETERMINED, (first, last))
    return MinimumRuling(due, have, need, False, None, (first, last))


def span(cycle: Cycle, year: int, own_start: int | None = None) -> tuple[int, int]:
    """The first and the last year of the cycle in which a year lies."""
    start = cycle.start
    if cycle.kind == "personal_start" and own_start is not None:
        start = max(start, own_start)
    if cycle.kind == "rolling":
        return (start, start + cycle.years - 1) if year < start + cycle.years else (year - cycle.years + 1, year)
    first = start + (year - start) // cycle.years * cycle.years
    return first, first + cycle.years - 1


def _have(due: Due, sums: Sums) -> int:
    minimum = due.minimum
    if minimum.class_ is not None:
        return sums.by_class.get((due.rulebook.family, minimum.class_), 0)
    return sums.of(minimum.categories)


def _could_fill(minimum: Minimum, sums: Sums) -> bool:
    return any(CATEGORIES.index(category) in sums.unruled for category in minimum.categories)
