"""Whose first title a law touches: of whoever has none it asks two years in a row, and no count (N 9(2)).

A first application falls short where the rule on applying of its place speaks and neither pair is met. It is touched
where it falls short under one law and not under the other: by its years, or because only one of them has such a rule.
Where it does not fall short it stays open, never granted: what its level wants stands in none of the texts
(`policies.application`).

Reading: whoever has no title that the ledger knows of is taken for somebody without one, and for applying on the day
that is asked about. Whoever never had an hour registered stands in no replay, so neither here.

Everybody is weighed at once, by columns; only those who are touched become rows. `tests/projections/replay/
test_first_titles.py` shows it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from policies.rulebook import ApplicationRule
from projections.replay.replayed import PASSED
from projections.replay.sides import Side
from projections.replay.titles import FIRST, Asked, Basis, Longs, Rules, Titles, pairs_of, zones_of


@dataclass(frozen=True, slots=True)
class Rests:
    """What everyone's first title rests on under one law: few answers, and which of them is whose."""

    bases: tuple[Basis, ...]
    basis: Longs

    def of(self, at: int) -> Basis:
        """What that of one of them rests on."""
        return self.bases[int(self.basis[at])]

    @property
    def is_short(self) -> NDArray[np.bool_]:
        """Of each, whether it falls short."""
        return np.array([one.is_short for one in self.bases], dtype=np.bool_)[self.basis]


@dataclass(frozen=True, slots=True)
class FirstTitles:
    """Whoever has no title and a year that is counted, in the order of people."""

    on: date
    person: Longs
    zone: Longs
    old: Rests
    new: Rests

    def of(self, person: int) -> list[tuple[Asked, int, Basis, Basis]]:
        """That of one person, touched or not: with its place, and what it rests on under both laws."""
        at = int(np.searchsorted(self.person, person))
        return [self._row(at)] if at < len(self.person) and self.person[at] == person else []

    def among(self, titles: Titles) -> Titles:
        """Those that are touched put among the titles, in the order of people."""
        rows = [self._row(at) for at in np.flatnonzero(self.old.is_short != self.new.is_short).tolist()]
        if not rows:
            return titles
        is_touched = np.zeros(len(titles.asked), dtype=np.bool_)
        is_touched[titles.touched] = True
        held = zip(titles.asked, titles.zone.tolist(), titles.old, titles.new, strict=True)
        each = sorted((*zip(held, is_touched.tolist(), strict=True), *((row, True) for row in rows)),
                      key=lambda one: one[0][0].person)
        asked, zone, old, new = zip(*(row for row, _ in each), strict=True)
        touched = np.flatnonzero(np.array([touched for _, touched in each], dtype=np.bool_))
        return Titles(asked, np.array(zone, dtype=np.int64), old, new, touched)

    def _row(self, at: int) -> tuple[Asked, int, Basis, Basis]:
        asked = Asked(int(self.person[at]), FIRST, None, None, self.on)
        return asked, int(self.zone[at]), self.old.of(at), self.new.of(at)


def weigh_first(titles: Titles, old: Side, new: Side, is_counted: NDArray[np.bool_], on: date) -> FirstTitles:
    """What the first title of everyone without one rests on under both laws."""
    coded = old.coded
    counted = np.append(0, np.cumsum(is_counted))[coded.first_year_row]
    is_asked = counted[1:] > counted[:-1]
    is_asked[np.array([one.person for one in titles.asked], dtype=np.int64)] = False
    person = np.flatnonzero(is_asked)
    zone = zones_of(coded, person, np.full(len(person), on.year))
    return FirstTitles(on, person, zone, *(_rests(side, person, zone, on) for side in (old, new)))


def _rests(side: Side, person: Longs, zone: Longs, on: date) -> Rests:
    """Rule by rule: few are known, and each is put to all of its people at once."""
    coded, passed = side.coded, side.replayed.verdict == PASSED
    rules, places = Rules(side.compiled.law, coded), dict[tuple[ApplicationRule, str | None], list[int]]()
    for place in np.unique(zone).tolist():
        places.setdefault(rules.of(place, on), []).append(place)
    bases: list[Basis] = []
    basis = np.zeros(len(person), dtype=np.int64)
    for (rule, name), within in places.items():
        some = np.flatnonzero(np.isin(zone, within))
        begins, ends = coded.first_year_row[person[some]], coded.first_year_row[person[some] + 1]
        basis[some] = len(bases)
        bases.append(Basis(None, (), name))
        for pair in sorted(pairs_of(FIRST, on, rule)):  # The latest is written last, and stands.
            is_met = np.ones(len(some), dtype=np.bool_)
            for year in pair:
                row = begins + year - coded.first_year[person[some]]
                is_met &= (row >= begins) & (row < ends) & passed[np.clip(row, begins, ends - 1)]
            basis[some[is_met]] = len(bases)
            bases.append(Basis(None, pair, name))
    return Rests(tuple(bases), basis)
