"""A course that another ledger has registered comes in once: what stands here already is named, and the row set aside.

The source may put back hours that were revoked when the person has the course as another claim here by now: by another
ledger, or by an exam that was sat here. Every other way back is refused then (`api.cases.claiming.same_course`), and so
is this one. What the same file takes back stands no longer, wherever in the file it says so.

Asked twice: when a file is judged, and once more before its rows take force, since claims may come up in between.
`tests/province/test_same_course.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from api.cases.claiming import same_course
from api.cases.doing import Reading
from api.cases.everything import everything_of
from api.cases.importing.import_lists import Wrong
from api.cases.importing.import_records import Known, Read, said_no
from api.house import House
from ledger.errors import Refusal
from ledger.events.study import Study
from ledger.streams import claim as claims

CODE: Final = "course_registered_twice"


class Coming(NamedTuple):
    """A course as a claim that was not registered for it here, and will be."""

    claim: str
    person: str
    study: Study
    read: Read
    at: int = -1   # Its place among the rows that are taken over; below 0: it was written before a kill.


class Courses:
    """The courses that a file of another ledger brings, and whether each of its claims will be registered."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._stands: dict[str, bool] = {}
        self.coming: list[Coming] = []

    def note(self, one: Read, claim: str, person: str, known: Known | None, at: int) -> None:
        """Note a row that is taken over."""
        here = None if known is None else known.claim
        is_here = here is not None and here.is_registered and here.study.occasion == one.study.occasion
        self._come(claim, person, one, at, is_here=is_here)

    def go_on(self, one: Read, known: Known | None) -> None:
        """Note a row that was written before a kill: how it stood before is not looked for again."""
        if known is not None and known.claim is not None:
            self._come(known.claim.claim, known.claim.person, one, -1, is_here=False)

    def _come(self, claim: str, person: str, one: Read, at: int, *, is_here: bool) -> None:
        there = one.there
        if there is not None:
            self._stands[claim] = there.is_registered
            if there.is_registered and not is_here and same_course.is_of_a_course(one.study):
                self.coming.append(Coming(claim, person, one.study, one, at))

    def second(self) -> Iterator[tuple[Coming, str]]:
        """Each that is not to come in, with the claim that stands for its course instead."""
        taken: dict[tuple[str, str | None], str] = {}
        for one in self.coming:
            course = one.person, one.study.occasion
            other = self._other(one) or taken.get(course)
            if other is None or one.at < 0:
                taken[course] = one.claim
            else:
                self._stands[one.claim] = False
                yield one, other

    def none_twice(self, reading: Reading) -> Refusal | None:
        """Say that one of them stands otherwise by now; what is decided rests on there being none."""
        for one in self.coming:
            if not self._stands[one.claim]:
                continue  # It was set aside.
            if (behind := everything_of(self._house, reading, one.person)) is not None:
                return behind
            if (other := self._other(one)) is not None:
                return Refusal.because(CODE, claim=other)
        return None

    def _other(self, one: Coming) -> str | None:
        return next((name for name in standing(self._house, one.claim, one.person, one.study)
                     if self._stands.get(name, True)), None)


def standing(house: House, claim: str, person: str, study: Study) -> list[str]:
    """The other claims as which somebody's course is registered here."""
    loaded = house.ledger.load_each(same_course.others(house, claim, person, study), claims.evolve)
    return [name for name, one in loaded.items() if one.state is not None and one.state.is_registered]


def said_twice(other: str) -> Wrong:
    """Why a row is set aside, with the claim that stands instead."""
    return said_no(Refusal.because(CODE, claim=other))._replace(claim=other)
