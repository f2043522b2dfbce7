"""The hours of a course stand once: which other claim of the same person is registered for a course (W 10, E 10).

A claim that was revoked may come back, on appeal or by another hand, after the person sat another exam and had the
hours anew; a correction may make of one claim the course of another. Either would leave two in the register.
A record that was imported without its certificate and the certificate itself share no number and name no course: of
what was learned elsewhere the title tells, within one year (N 8, W 11).

Reading: of other studies that share an occasion the law itself keeps one and says of the other that it counts for
nothing (E 10, AMB-30), so those may stand side by side. A course has no such choice: its hours are the system's to
register, once.

`tests/api/test_same_hours.py` shows it.
"""

from __future__ import annotations

from api.cases.claiming.claims import sealed_details
from api.cases.doing import Reading
from api.cases.everything import everything_of
from api.house import House
from ledger.errors import Refusal
from ledger.events.study import Study
from ledger.streams.claim import Claim
from ledger.streams.course_hours import ROUTE
from projections.findings.alike import title as as_read


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


def looks_registered(
    house: House, reading: Reading, person: str, study: Study, title: str, year: int | None
) -> Refusal | None:
    """Say as which claim of this year a course of this title stands already, or that it is not known yet.

    Two that each name their course were told apart. A title that is too short to tell anything finds nothing.
    """
    if (read := as_read(title)) is None:
        return None
    if (behind := everything_of(house, reading, person)) is not None:  # No other comes in between.
        return behind
    for known in house.answers.registered(person):
        its = known.study
        if (its.route, its.category) != (ROUTE, study.category) or None not in (its.occasion, study.occasion):
            continue
        found = reading.claim(known.claim)
        if found is None or not found.is_registered or found.year != year:
            continue
        details = sealed_details(house, known.claim)
        if details is not None and as_read(details.title) == read:
            return Refusal.because("course_looks_registered", claim=known.claim, date=found.study.evidence_on)
    return None


def others(house: House, claim: str, person: str, study: Study) -> list[str]:
    """The other claims that were ever registered for somebody's course, as far as the answers have followed."""
    return [other.claim for other in house.answers.registered(person)
            if other.claim != claim and (other.study.route, other.study.occasion) == (ROUTE, study.occasion)]
