"""What of a rulebook its cases reach, as marks: a clause that no case wins is as good as untested.

`wanted_marks` says what must be reached, `Reached` what was. `tests/policies/test_cases.py` compares the two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from policies.person import PersonRuling
from policies.rulebook import Rulebook
from policies.words import base_vocabulary


@dataclass(slots=True)
class Reached:
    """What a set of cases reached."""

    marks: set[str] = field(default_factory=set)

    def add(self, ruled: PersonRuling) -> None:
        """Add what one person's ruling reached."""
        for place, weighed in enumerate(ruled.weighed):
            ruling = weighed.ruling
            if ruling.book is None or ruling.clause is None:
                self.marks.add(ruling.status)
                continue
            here = f"{ruling.book.id} clause {ruling.clause.index}"
            for kind, detail in ruling.trace:
                if kind == "unmet":
                    self.marks.add(f"{ruling.book.id} condition {detail.name} unmet")
                elif kind in ("analogy", "late", "class_limit", "claimed_late", "bonus"):
                    self.marks.add(f"{here} {kind} {detail if kind == 'analogy' else ''}".strip())
                elif kind == "share":
                    assert ruling.clause.share is not None
                    last = len(ruling.clause.share.percent) + 1
                    self.marks.add(f"{here} share {min(ruling.fact.values['rank'], last)}")
            if ruling.status == "refused" and ruling.clause.refuses is None:
                continue
            self.marks.add(here)
            self.marks.add(f"{here} route {ruling.fact.values['route']} level {ruling.fact.values.get('level')}")
            self.marks |= {f"{ruling.book.id} condition {one.name} shown" for one in ruling.clause.conditions}
            cut = place not in ruled.folded.lost and ruled.folded.counted[place] < ruling.assessed
            if ruling.cap is not None and cut:
                self.marks.add(f"{ruling.book.id} cap {ruling.clause.bucket}")
        for year in ruled.years:
            for one in year.minimums:
                self.marks.add(f"{one.due.rulebook.id} minimum {one.due.minimum.name} {one.met}")
                if one.have == one.need:
                    self.marks.add(f"{one.due.rulebook.id} minimum {one.due.minimum.name} exactly")


def wanted_marks(book: Rulebook) -> set[str]:
    """Everything of a rulebook that its cases must reach."""
    marks: set[str] = set()
    for clause in book.clauses:
        here = f"{book.id} clause {clause.index}"
        levels: list[str | None] = list(clause.levels)
        if clause.rate is not None:
            levels = [*clause.rate.by_level] or levels or [None]
            levels += [None] if clause.rate.without_level is not None else []
        for route in clause.routes:
            known = _levels_of(route, book)
            every: Sequence[str | None] = known if levels == [None] and known else levels
            if levels == [None] and clause.rate is not None and clause.rate.each.startswith("ten_thousand"):
                every = [None]   # The level of a book is not asked.
            marks |= {f"{here} route {route} level {one}" for one in every if one is None or one in known}
        marks.add(here)
        marks |= {f"{here} analogy {target}" for target in clause.analogy.values()}
        if clause.share is not None:
            marks |= {f"{here} share {rank + 1}" for rank in range(len(clause.share.percent) + 1)}
        if clause.cap is not None:
            marks.add(f"{book.id} cap {clause.bucket}")
        if clause.class_limit is not None:
            marks.add(f"{here} class_limit")
        if clause.claim_within is not None:
            marks.add(f"{here} claimed_late")
        if clause.bonus is not None:
            marks.add(f"{here} bonus")
        marks |= {f"{here} late" for one in clause.conditions if one.filing is not None}
        marks |= {f"{book.id} condition {one.name} shown" for one in clause.conditions}
    marks |= {f"{book.id} condition {one.name} unmet" for one in book.conditions}
    for minimum in book.minimums:
        marks |= {f"{book.id} minimum {minimum.name} {met}" for met in (True, False)}
        marks.add(f"{book.id} minimum {minimum.name} exactly")
    return marks


def _levels_of(route: str, book: Rulebook) -> Sequence[str]:
    return base_vocabulary().with_declared([book.declares]).routes[route].levels
