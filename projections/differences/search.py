"""Who differs as of a position, and since when: one by one where people are few, by the kernel where they are many.

What the kernel finds of somebody is held against what is judged of them with reasons, and so is a sample of those of
whom it finds nothing; one disagreement ends the search. `tests/projections/test_differences.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ledger.ledger import Ledger
from projections.differences.person import NOTHING, Dated, Differences, Judge

if TYPE_CHECKING:
    from projections.differences.bulk import Everyone

EACH_MOST: Final = 1_000
"""So few people are judged one by one; to bring a whole register into columns pays only beyond."""
SAMPLE: Final = 24

GoOn = Callable[[int, int], None]
"""Is told of how many people of how many something is known; raises where nobody wants to know the rest."""


class Search:
    """A search among everyone in the register, under the law and of the days that its judge asks about."""

    def __init__(self, ledger: Ledger, folder: Path, judge: Judge, go_on: GoOn, *, each_most: int = EACH_MOST) -> None:
        self._ledger, self._folder, self._judge = ledger, folder, judge
        self._go_on, self._each_most = go_on, each_most

    def found(self, at: int) -> list[Dated]:
        """All that differs as of a position, each with since when it has."""
        differ = self.who_differ(at)
        found: list[Dated] = []
        for done, (person, now) in enumerate(differ.items()):
            self._go_on(done, len(differ))
            found += self._judge.since(person, at, now)
        return found

    def who_differ(self, at: int) -> dict[str, Differences]:
        """All that differs as of a position, by person."""
        people = self._judge.registered(at, self._each_most + 1)
        if len(people) <= self._each_most:
            judged = {}
            for done, person in enumerate(people):
                self._go_on(done, len(people))
                judged[person] = self._judge.differences(person, at)
            return {person: one for person, one in judged.items() if one != NOTHING}
        # Here, so that whoever has few people need not wait for arrays to be loaded.
        from projections.differences.bulk import Everyone

        return self._held_against(Everyone(self._ledger, self._folder, self._judge, at, self._go_on), at)

    def _held_against(self, everyone: Everyone, at: int) -> dict[str, Differences]:
        """Judge with reasons whoever differs and some who do not, and hold the numbers against those in bulk."""
        differ = everyone.who_differ()
        others = sorted(set(everyone.people) - set(differ))
        sample = others[::max(1, len(others) // SAMPLE)][:SAMPLE]
        judged: dict[str, Differences] = {}
        for done, person in enumerate((*differ, *sample)):
            self._go_on(done, len(differ) + len(sample))
            found, (now, counted) = everyone.counted(person), self._judge.both(person, at)
            if found != counted or (now == NOTHING) == (done < len(differ)):
                from projections.differences.bulk import Disagreement

                raise Disagreement(person, at, found=found, judged=counted)
            if done < len(differ):
                judged[person] = now
        return judged
