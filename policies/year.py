"""A person's years: the closed steps, in fixed order, that turn single rulings into totals and verdicts.

Attribution, duplicates (AMB-30), caps in order of date and registration (AMB-27), sums, requirements, cycle, verdict.
`fold` does the first four over parallel lists, `judge_year` the rest. Everything is whole hundredths.

`tests/policies/test_evaluate_contract.py` shows each step; `tests/policies/test_properties.py` their laws.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Final, NamedTuple

from policies.assess import UNRULED, Ruling
from policies.law import BY_EXAM, CATEGORIES, Due, Law
from policies.rulebook import Cycle

PROFESSIONAL, SECTOR_PUBLIC, GENERAL_PUBLIC = range(3)
IN_PROGRESS: Final = "in_progress"
UNDETERMINED: Final = "undetermined"


class Sums:
    """What one year of one person holds, in hundredths."""

    __slots__ = ("by_category", "by_class", "exam", "unruled", "used")

    def __init__(self) -> None:
        self.by_category: list[int] = [0, 0, 0]
        self.exam = 0
        self.unruled = 0                                     # What holds an unruled entry, a bit for each category.
        self.by_class: dict[tuple[str, str], int] = {}       # (family, class) → hundredths.
        self.used: dict[str | None, int] = {}                 # What every bucket has taken of its cap.

    @property
    def total(self) -> int:
        """All three categories together."""
        professional, sector_public, general_public = self.by_category
        return professional + sector_public + general_public

    def by_mask(self) -> tuple[int, ...]:
        """The sum of the categories of every set of bits, then what was earned by exam (`law.BY_EXAM`)."""
        one, two, three = self.by_category
        return 0, one, two, one + two, three, one + three, two + three, one + two + three, self.exam

    def of(self, mask: int) -> int:
        """The categories of these bits together."""
        return self.by_mask()[mask]


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
        if sorted(days) != days:                         # Most people's entries are registered as they happen.
            order = sorted(order, key=days.__getitem__)  # Stable: registration decides within a day.
    counted = [0] * len(entries)
    years: dict[int, Sums] = {}
    for place in order:
        ruling, _, year, _, _ = entries[place]
        counts, category, hours, cap, bucket, by_exam, class_, credit = ruling.gain
        sums = years.get(year)
        if sums is None:
            sums = years[year] = Sums()
        if not counts:
            if ruling.status == UNRULED:
                sums.unruled |= 1 << category | (BY_EXAM if by_exam else 0)
            continue
        if place in lost:
            continue
        if cap is not None:
            before = sums.used.get(bucket, 0)
            if before + hours > cap:
                hours = cap - before
            sums.used[bucket] = before + hours
        counted[place] = hours
        sums.by_category[category] += hours
        if by_exam:
            sums.exam += hours
        if class_ is not None:
            sums.by_class[class_] = sums.by_class.get(class_, 0) + hours
        if credit is not None:
            sums.by_category[CATEGORIES.index(credit.category)] += credit.hours_centi
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
    starts: Mapping[str, int], ended: bool = True,
) -> YearRuling:
    """The verdict on one year. `starts`: where a family's personal cycle begins; `ended`: the year is over."""
    sums = years.get(year, EMPTY)
    if standing is None:
        return YearRuling(year, sums, (), None)
    held, unruled = sums.by_mask(), sums.unruled
    minimums: list[MinimumRuling] = []
    new = tuple.__new__            # Millions of them in a large file: half the time of the constructor.
    day, region, sector, major = standing
    for due in law.due(day, region, sector, major, year):
        _, _, mask, base, class_, need, percent, cycle = due
        if cycle is not None:
            minimums.append(_judge_cycle(due, cycle, years, year, starts, ended))
            continue
        have = held[mask] if class_ is None else sums.by_class.get(class_, 0)
        if percent is not None:
            need = -(-held[base] * percent // 100)   # A part of a hundredth still has to be reached.
        if have >= need:
            minimums.append(new(MinimumRuling, (due, have, need, True, None, None)))
        elif mask & unruled:
            minimums.append(new(MinimumRuling, (due, have, need, None, UNDETERMINED, None)))
        else:
            minimums.append(new(MinimumRuling, (due, have, need, False, None, None)))
    return new(YearRuling, (year, sums, minimums, verdict(minimums)))


def verdict(minimums: Sequence[MinimumRuling]) -> bool | None:
    """False if any is false; else null if any is undetermined or none applies; else true if any is true; else null."""
    any_met = undetermined = False
    for _, _, _, met, reason, _ in minimums:
        if met is False:
            return False
        if met:
            any_met = True
        elif reason == UNDETERMINED:
            undetermined = True
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
