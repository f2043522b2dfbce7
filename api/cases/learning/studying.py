"""Study, done: a session begins, gives signs of life, ends; what it came to is recorded, and with it the completion.

Time is the server's (`api/operational/study_time.py`), kept outside the log (`api/operational/study_sessions.py`) until
the session ends: then the counted minutes are the fact. A session ends when its person says so, when they begin
another, or when nobody has come back for a while. Whichever it was, it is recorded once: the append bears the session's
own key, so whatever breaks in between, the same end is never recorded twice.

Less than a minute is no study and is not recorded. With the last minute that a course asks it is completed in the same
append (W 10), and where a system registers what is completed its hours follow at once.

`tests/api/test_studying.py` shows it.
"""

from __future__ import annotations

import hmac
from typing import Any, Final

import structlog

from api.cases.doing import Asked, Done, Reading, do
from api.cases.learning.course_hours import following
from api.cases.learning.courses import HEARTBEAT_SECONDS, course_of, enrolment_of, enrolment_view, own_enrolment
from api.cases.standing import not_a_person
from api.house import House
from api.law_of import law_now
from api.operational.callers import Caller
from api.operational.study_sessions import Session, Whereabouts, WrongNonce
from api.operational.study_time import MINUTE, SECOND, begun
from api.register.register import SYSTEM
from ledger.errors import LedgerError, Refusal
from ledger.events.base import By, Draft
from ledger.stores.append import RequestKey
from ledger.streams import enrolment as enrolments
from ledger.streams.course import Course
from ledger.streams.decision import Decision
from ledger.streams.enrolment import Enrolment, Status
from ledger.streams.person import Person, closed_to_processing
from policies.courses import course_law
from projections import exams as known
from projections.basis import written_time

LEFT_AFTER_S: Final = 1_800
"""Whoever has given no sign of life for so long is not coming back to this session."""


def begin(
    house: House, caller: Caller, enrolment: str, whereabouts: Whereabouts, asked: Asked
) -> dict[str, Any] | Refusal:
    """Begin to study; what the same person has going on elsewhere ends before, at its last sign of life."""
    if no := not_a_person(caller):
        return no
    for _ in range(_WINDOWS_MOST):
        reading = Reading(house.ledger)  # Each time: what ended before may have been of this very course.
        own = own_enrolment(reading, enrolment, caller)
        if isinstance(own, Refusal):
            return own
        person, course = reading.person(own.person), course_of(reading, own.course)
        assert person is not None and course is not None, "an enrolment is a person's, in a course"
        if no := _may_study(own, person):
            return no
        if asked.key is None:
            return _rules(house, course, own)
        published = course.published
        time = begun(gap_seconds=published.gap_seconds, challenge_minutes=published.challenge_minutes, now=house.now,
                     minutes_left=published.minutes - own.minutes)
        session = house.studies.begin(caller.id, enrolment, time, whereabouts, request=asked.key.key)
        if house.studies.was_begun_by(session, asked.key.key):
            first = session._replace(number=0)  # As it was when it began, also when this is asked again.
            return {**_rules(house, course, own), "began_at": written_time(session.time.began_at),
                    "nonce": house.studies.nonce(first)}
        _settle(house, session, caller.by("person"))
    raise AssertionError("whoever begins again and again ends what they began")


_WINDOWS_MOST: Final = 20


def beat(
    house: House, caller: Caller, enrolment: str, fields: dict[str, Any], asked: Asked
) -> dict[str, Any] | Refusal:
    """Give a sign of life, with an answer where something was asked."""
    if no := not_a_person(caller):
        return no
    found = house.studies.beat(
        caller.id, enrolment, fields["nonce"], fields.get("answer"), now=house.now,
        request=None if asked.key is None else asked.key.key + asked.key.fingerprint)
    if found is None:  # What is not theirs is not there; what is theirs is not going on.
        own = own_enrolment(Reading(house.ledger), enrolment, caller)
        return own if isinstance(own, Refusal) else Refusal.because("study_not_open", status=own.status)
    if isinstance(found, WrongNonce):
        return Refusal.because("study_nonce_wrong")
    return _going_on(house, found)


def going_on(house: House, caller: Caller, enrolment: str) -> dict[str, Any] | Refusal | None:
    """What is going on there, with the nonce that comes next: so a window that was opened anew goes on with it.

    It is no sign of life. None: nothing is going on.
    """
    if no := not_a_person(caller):
        return no
    own = own_enrolment(Reading(house.ledger), enrolment, caller)
    if isinstance(own, Refusal):
        return own
    session = house.studies.find(caller.id, enrolment)
    return None if session is None or session.state != "open" else _going_on(house, session)


def end(house: House, caller: Caller, enrolment: str, asked: Asked) -> Done | dict[str, Any] | Refusal:
    """End what is going on, and record it; of less than a minute there is nothing to record."""
    if no := not_a_person(caller):
        return no
    reading = Reading(house.ledger)
    own = own_enrolment(reading, enrolment, caller)
    if isinstance(own, Refusal):
        return own
    request = None if asked.key is None else asked.key.key
    session = house.studies.find(caller.id, enrolment, request=request)
    if session is None:
        return Refusal.because("study_not_open", status=own.status)
    if asked.dry_run:
        done = None if session.time.minutes == 0 else _recorded(house, session, caller.by("person"), asked)
    else:
        done = _settle(house, session, caller.by("person"), request=request)
    if done is not None:
        return done
    return {**enrolment_view(own), "version": reading.versions[own.enrolled.stream]}


def settle_all(house: House) -> int:
    """Record what nobody came back to; says how much there was."""
    left = house.studies.left(before=house.now - LEFT_AFTER_S * SECOND)
    for session in left:
        try:
            _settle(house, session, SYSTEM)
        except LedgerError as error:  # Of one person; the others are recorded, and this one is tried again.
            structlog.get_logger().warning("study_not_settled", code=error.code)
    house.studies.tidy(now=house.now)
    return len(left)


def _settle(house: House, session: Session, by: By, *, request: bytes | None = None) -> Done | Refusal | None:
    """Count no more and record, once; None where there was nothing to record."""
    stopped = house.studies.stop(session, request=request)
    outcome = None
    if stopped.time.minutes > 0:
        key = hmac.digest(house.request_key, f"study\0{stopped.session}".encode(), "sha256")
        outcome = _recorded(house, stopped, by, Asked(RequestKey(key, key)))
    if stopped.state != "ended":
        house.studies.ended(stopped)
    return outcome


def _recorded(house: House, session: Session, by: By, asked: Asked) -> Done | Refusal:
    time, where = session.time, house.studies.whereabouts(session)

    def decide(reading: Reading) -> Decision:
        own = enrolment_of(reading, session.enrolment)
        assert own is not None, "what is studied was chosen"
        person, course = reading.person(own.person), course_of(reading, own.course)
        assert person is not None and course is not None, "an enrolment is a person's, in a course"
        studied = enrolments.decide_study(own, enrolments.RecordStudy(
            started_at=time.began_at, ended_at=time.last_at, minutes=time.minutes, heartbeats=time.heartbeats,
            challenges=time.challenges, answered=time.answered, spread_ms=time.steps.spread,
            answer_ms=time.answers.mean, answer_spread_ms=time.answers.spread, address=where.address,
            device=where.device),
            person, _others(house, reading, own))
        return studied if isinstance(studied, Refusal) else (
            *studied, *_completed(house, reading, _after(own, studied), person, course))

    return do(house.ledger, by, asked, decide)


def _completed(
    house: House, reading: Reading, enrolment: Enrolment, person: Person, course: Course
) -> tuple[Draft, ...]:
    """What follows from a session: the completion if it was the last, and the hours where that is enough."""
    command = enrolments.CompleteCourse(on=house.today)
    completed = enrolments.decide_completion(enrolment, command, person, course)
    if isinstance(completed, Refusal):
        return ()
    return (*completed, *following(house, reading, _after(enrolment, completed), None, None))


def _others(house: House, reading: Reading, own: Enrolment) -> list[Enrolment]:
    """What else the person is enrolled in: nobody studies two courses at one time, whatever the sessions say."""
    found = (enrolment_of(reading, one.enrolment) for one in known.enrolments_of(house.answers, own.person))
    return [one for one in found if one is not None and one.enrolment != own.enrolment]


def _after(enrolment: Enrolment, drafts: tuple[Draft, ...]) -> Enrolment:
    for draft in drafts:
        enrolment = enrolments.evolve(enrolment, draft.event)  # type: ignore[arg-type]
    return enrolment


def _may_study(own: Enrolment, person: Person) -> Refusal | None:
    if no := closed_to_processing(person):
        return no
    if own.status is not Status.ENROLLED:
        return Refusal.because("enrolment_not_open", status=own.status)
    return None


# How they are shown


def _rules(house: House, course: Course, own: Enrolment) -> dict[str, Any]:
    """What a session asks of whoever studies."""
    published = course.published
    law = course_law(law_now(house.answers), house.today, published.region, published.sector, published.category)
    every = law.heartbeat_seconds or HEARTBEAT_SECONDS
    return {
        "enrolment": own.enrolment, "course": own.course, "minutes_needed": published.minutes,
        "heartbeat_seconds": min(every, published.gap_seconds // 2),
        "gap_seconds": published.gap_seconds, "challenge_minutes": published.challenge_minutes,
    }


def _going_on(house: House, session: Session) -> dict[str, Any]:
    """What has been counted, what is asked, and with which nonce the next sign of life is given."""
    time = session.time
    return {
        "enrolment": session.enrolment, "minutes": time.minutes, "held_minutes": time.held // MINUTE,
        "is_full": time.is_full, "missed_seconds": time.missed // SECOND, "forfeited_seconds": time.forfeited // SECOND,
        "last_at": written_time(time.last_at), "challenges": time.challenges, "answered": time.answered,
        "question": None if time.question is None else time.question.text,
        "answer_within_seconds": None if time.question is None else time.gap // SECOND,
        "nonce": house.studies.nonce(session),
    }
