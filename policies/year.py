"""A person's years: the closed steps, in fixed order, that turn single rulings into totals and verdicts.

Attribution, duplicates (AMB-30), caps in order of date and registration (AMB-27), sums, requirements, cycle, verdict.
`fold` does the first four over parallel lists, `judge_year` the rest. Everything is whole hundredths.

`tests/policies/test_evaluate_contract.py` shows each step; `tests/policies/test_properties.py` their laws.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Final, NamedTuple

from policies.assess import UNRULED, Ruling
from policies.law import CATEGORIES, Due, Law
from policies.rulebook import Cycle

PROFESSIONAL, SECTOR_PUBLIC, GENERAL_PUBLIC = range(3)
IN_PROGRESS: Final = "in_progress"
UNDETERMINED: Final = "undetermined"


class Sums:
    """What one year of one person holds, in hundredths."""

    __slots__ = ("by_category", "by_class", "exam", "unruled")

    def __init__(self) -> None:
        self.by_category: list[int] = [0, 0, 0]
        self.exam = 0
        self.unruled = 0                                     # The categories that hold an unruled entry, a bit each.
        self.by_class: dict[tuple[str, str], int] = {}       # (family, class) → hundredths.

    @property
    def total(self) -> int:
        """All three categories together."""
        professional, sector_public, general_public = self.by_category
        return professional + sector_public + general_public

    def of(self, mask: int) -> int:
        """The categories of these bits together."""
        if mask == EVERY:
            return self.total
        return sum(hours for category, hours in enumerate(self.by_category) if mask >> category & 1)


EVERY: Final = 0b111
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
                sums.unruled |= 1 << ruling.category
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
        shared = [place for place, entry in enumerate(entries) if entry[key_at] is not None and entry[0].counts]
        best: dict[Hashable, int] = {}
        for place in shared:
            kept = best.setdefault(entries[place][key_at], place)
            if entries[place][0].assessed > entries[kept][0].assessed:
                best[entries[place][key_at]] = place
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
    minimums: Sequence[MinimumRuling]
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
    minimums = []
    for due in law.due(*standing, year):
        minimum = due.minimum
        if minimum.cycle is not None:
            minimums.append(_judge_cycle(due, minimum.cycle, years, year, starts or {}, ended))
            continue
        have = sums.of(due.mask) if due.class_ is None else sums.by_class.get(due.class_, 0)
        need = minimum.hours_centi
        if minimum.percent is not None:
            need = -(-sums.of(due.base) * minimum.percent // 100)   # A part of a hundredth still has to be reached.
        if have >= need:
            minimums.append(MinimumRuling(due, have, need, True))
        elif due.mask & sums.unruled:
            minimums.append(MinimumRuling(due, have, need, None, UNDETERMINED))
        else:
            minimums.append(MinimumRuling(due, have, need, False))
    return YearRuling(year, sums, minimums, verdict(minimums))


def verdict(minimums: Sequence[MinimumRuling]) -> bool | None:
    """False if any is false; else null if any is undetermined or none applies; else true if any is true; else null."""
    any_met = undetermined = False
    for one in minimums:
        if one.met is False:
            return False
        any_met = any_met or one.met is True
        undetermined = undetermined or one.reason == UNDETERMINED
    return True if any_met and not undetermined else None


def _judge_cycle(
    due: Due, cycle: Cycle, years: Mapping[int, Sums], year: int, starts: Mapping[str, int], ended: bool
) -> MinimumRuling:
    """A requirement over several years: met once reached, judged when the last year of the cycle is over (AMB-17)."""
    first, last = span(cycle, year, starts.get(due.rulebook.family))
    held = [years[one] for one in range(first, year + 1) if one in years]
    have = sum(sums.of(due.mask) if due.class_ is None else sums.by_class.get(due.class_, 0) for sums in held)
    need = due.minimum.hours_centi
    if have >= need:
        return MinimumRuling(due, have, need, True, None, (first, last))
    if year < last or not ended:
        return MinimumRuling(due, have, need, None, IN_PROGRESS, (first, last))
    if any(due.mask & sums.unruled for sums in held):
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
