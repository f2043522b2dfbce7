"""The hours of a course stand once: which other claim of the same person is registered for a course (W 10, E 10).

A claim that was revoked may come back, on appeal or by another hand, after the person sat another exam and had the
hours anew; a correction may make of one claim the course of another. Either would leave two in the register.

Reading: of other studies that share an occasion the law itself keeps one and says of the other that it counts for
nothing (E 10, AMB-30), so those may stand side by side. A course has no such choice: its hours are the system's to
register, once.

`tests/api/test_same_hours.py` shows it.
"""

from __future__ import annotations

from api.cases.doing import Reading
from api.cases.everything import everything_of
from api.house import House
from ledger.errors import Refusal
from ledger.events.study import Study
from ledger.streams.claim import Claim
from ledger.streams.course_hours import ROUTE


def is_of_a_course(study: Study) -> bool:
    """Say whether it is known which course a study is."""
    return study.route == ROUTE and study.occasion is not None


def beside(house: House, reading: Reading, claim: str, person: str, study: Study) -> Claim | Refusal | None:
    """The other claim as which a course stands, or why that is not known yet; None where there is none."""
    if not is_of_a_course(study):
        return None
    if (behind := everything_of(house, reading, person)) is not None:  # No other comes in between.
        return behind
    for other in others(house, claim, person, study):
        found = reading.claim(other)
        if found is not None and found.is_registered:
            return found
    return None


def others(house: House, claim: str, person: str, study: Study) -> list[str]:
    """The other claims that were ever registered for somebody's course, as far as the answers have followed."""
    return [other.claim for other in house.answers.registered(person)
            if other.claim != claim and (other.study.route, other.study.occasion) == (ROUTE, study.occasion)]
