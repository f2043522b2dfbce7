"""Hours of courses: registered once, by the system where it saw them earned, else by the office that the law names.

Where a row of the rulebooks lets a system register (W 10, N 8), the hours follow in the same append as what earned
them: the pass, or the completion where that is enough (E 9, R 7). Elsewhere, and where something stood in the way, the
office of the person's place registers what stands here (P 6-7, W 11), or the person asks the system to. What was
learned elsewhere and is shown by a printed certificate is registered by that same office, or by the unit (N 8, W 11),
unless a course of that title is registered for the same year: an imported record bears no certificate to know it by.

Reading: what this register saw studied and passed is seen by the system, in whichever office's catalogue it stood: a
person may choose a platform (R 7). A claim that another has to look at is none of these; see
`api/cases/claiming/claims.py`.

`tests/api/test_course_hours.py` shows it.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final, NamedTuple

from api.cases.claiming import same_course
from api.cases.claiming.claims import view
from api.cases.claiming.study import read_evidence
from api.cases.doing import Asked, Done, Reading, do
from api.cases.learning.courses import (
    course_of,
    enrolment_in_sight,
    enrolment_of,
    enrolment_view,
    former_hours,
    offices_of,
    own_enrolment,
)
from api.cases.standing import acting, by_actor, in_sight, of_another_level, places, role_for
from api.house import House
from api.law_of import Assessed, assess, bench_now, confirmed, law_now, not_yet
from api.operational.callers import Caller
from api.refusals.faults import BadFields
from ledger.errors import Refusal
from ledger.events.base import Draft
from ledger.events.study import Study, StudyDetails, certificate_name
from ledger.streams import course_hours
from ledger.streams import enrolment as enrolments
from ledger.streams import exam as exams
from ledger.streams.claim_review import RegisterClaim, SubmitClaim, decide_registration
from ledger.streams.course import Course
from ledger.streams.course_hours import study_of
from ledger.streams.decision import Decision
from ledger.streams.enrolment import Enrolment
from ledger.streams.exam import Booking
from ledger.streams.person import Person
from ledger.streams.standing import Actor, Matter, standing
from ledger.vocabulary import Category, ClaimId, PersonId
from policies.authority import NobodyRegisters, Office, course_registrar
from projections import exams as known

_ROUTE: Final = "course"


class Registrar(NamedTuple):
    """Who registers a person's hours of a subject, for which matter, and whether a system does it by itself."""

    office: Office
    automatic: bool
    matter: Matter


def register(house: House, caller: Caller, enrolment: str, asked: Asked) -> Done | Refusal:
    """Register what stands here: by the office of the person's place, or by the system when the person asks it to."""
    return _by_oneself(house, caller, enrolment, asked) if caller.kind == "person" else _by_office(
        house, caller, enrolment, asked)


def _by_oneself(house: House, caller: Caller, enrolment: str, asked: Asked) -> Done | Refusal:
    def decide(reading: Reading) -> Decision:
        own = own_enrolment(reading, enrolment, caller)
        return own if isinstance(own, Refusal) else hours(house, reading, own, _passed(house, reading, own), None)

    return do(house.ledger, caller.by("person"), asked, decide, upon=enrolment, show=enrolment_view)


def _by_office(house: House, caller: Caller, enrolment: str, asked: Asked) -> Done | Refusal:
    found = enrolment_in_sight(house, caller, enrolment)
    if isinstance(found, Refusal):
        return found
    (actor, seen), reading = found, Reading(house.ledger)
    registrar = registrar_of(house, reading.person(seen.person), seen.enrolled.category)
    if isinstance(registrar, Refusal):
        return registrar
    offices, matter = _hands(house, registrar, course_of(reading, seen.course))
    role = role_for(actor, [one.role for one in offices], matter)

    def decide(reading: Reading) -> Decision:
        found, by = enrolment_of(reading, enrolment), reading.actor(caller.id)
        assert found is not None and by is not None, "neither an enrolment nor an account is ever taken away"
        return hours(house, reading, found, _passed(house, reading, found), by)

    return do(house.ledger, by_actor(caller, actor, role), asked, decide, upon=enrolment, show=enrolment_view)


def hours(
    house: House, reading: Reading, enrolment: Enrolment, booking: Booking | None, by: Actor | None
) -> Decision:
    """Decide about the hours of an enrolment as it stands. By nobody: only where a system registers by itself."""
    person, course = reading.person(enrolment.person), course_of(reading, enrolment.course)
    assert person is not None and course is not None, "an enrolment is a person's, in a course"
    registrar = registrar_of(house, person, course.published.category)
    if isinstance(registrar, Refusal):
        return registrar
    if no := _not_theirs(house, registrar, person, course, by):
        return no
    claim = ClaimId(house.new_id("claim"))
    former = former_hours(reading, enrolment)
    anew = booking is not None and course_hours.earned_anew(enrolment, former)
    completed = enrolment.status is enrolments.Status.COMPLETED or anew
    # Of what was not completed, or stands already, the ledger says why not.
    assessed = _assessed(house, person, study_of(enrolment, course, booking)) if completed else None
    if isinstance(assessed, Refusal):
        return assessed
    reading.fresh(claim)
    return course_hours.decide_course_hours(enrolment, course_hours.RegisterCourseHours(
        claim=claim, on=house.today, step=registrar.office.role, title=course.published.title,
        ruling=confirmed(0, "-") if assessed is None else assessed.ruling), person, course, booking,
        former=former)


def following(
    house: House, reading: Reading, enrolment: Enrolment, booking: Booking | None, by: Actor | None
) -> tuple[Draft, ...]:
    """The hours that follow from what just happened; none where anything stands in the way.

    What happened is recorded all the same, and `POST /v1/enrolments/…/hours` says what it is.
    """
    try:
        found = hours(house, reading, enrolment, booking, by)
    except (BadFields, NobodyRegisters):
        return ()
    return () if isinstance(found, Refusal) else found


def registrar_of(house: House, person: Person | None, category: Category) -> Registrar | Refusal:
    """Who registers somebody's courses where they belong today."""
    at = None if person is None else person.affiliation_on(house.today)
    if at is None:
        return Refusal.because("not_affiliated", day=house.today)
    office, automatic = course_registrar(
        law_now(house.answers), house.today, at.region, at.sector, at.major, at.standing, category)
    return Registrar(office, automatic, Matter(at.region, at.sector, category, at.unit))


def _hands(house: House, registrar: Registrar, course: Course | None) -> tuple[tuple[Office, ...], Matter]:
    """Whose hand it may be: the office that registers; of a system, the office whose course it is."""
    if registrar.automatic and course is not None:
        return offices_of(house, course.matter), course.matter
    return (registrar.office,), registrar.matter


def _not_theirs(
    house: House, registrar: Registrar, person: Person, course: Course | None, by: Actor | None
) -> Refusal | None:
    """Say why it is not this hand's to register; a system needs none."""
    office = registrar.office
    if by is None:
        return None if registrar.automatic else Refusal.because(
            "registered_by_office", role=office.role, level=office.level, region=office.region,
            rulebook=office.rulebook, article=office.article, quote=office.quote)
    if by.person == person.person:
        return Refusal.because("own_claim", actor=by.actor)
    offices, matter = _hands(house, registrar, course)
    role = role_for(by, [one.role for one in offices], matter)
    return standing(by, role, matter) or of_another_level(offices, matter, role, by)


def _assessed(house: House, person: Person, study: Study) -> Assessed | Refusal:
    """What the law makes of it; what it refuses, or has no rate for, is not registered."""
    assessed = assess(bench_now(house.answers), person, study, house.today)
    if isinstance(assessed, Refusal):
        return assessed
    told = {"rulebook": assessed.ruling.rulebook, "clauses": assessed.ruling.clauses, "why": assessed.why}
    if assessed.ruling.status == "refused":
        return Refusal.because("not_countable", **told)
    return Refusal.because("ruling_needed", **told) if assessed.ruling.status == "unruled" else assessed


def _passed(house: House, reading: Reading, enrolment: Enrolment) -> Booking | None:
    """The exam that was passed for an enrolment, also where that was told by a mark that was put right."""
    house.settled()
    for one in known.bookings_of(house.answers, person=enrolment.person):
        booking: Booking | None = reading.state(one.booking, exams.evolve_booking)
        if booking is not None and booking.booked.enrolment == enrolment.enrolment and booking.is_passed:
            return booking
    return None


# By a printed certificate


def certify(house: House, caller: Caller, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Register a course that somebody completed elsewhere, on the certificate that they show."""
    actor = acting(house, caller)
    if isinstance(actor, Refusal):
        return actor
    reading, category = Reading(house.ledger), Category(fields["category"])
    seen = reading.person(fields["person"])
    if no := in_sight(actor, () if seen is None else places(seen, house.today), "person_absent"):
        return no
    registrar = registrar_of(house, seen, category)
    if isinstance(registrar, Refusal):
        return registrar
    claim, role = ClaimId(house.new_id("claim")), registrar.office.role

    def decide(reading: Reading) -> Decision:
        person, by = reading.person(fields["person"]), reading.actor(caller.id)
        assert person is not None and by is not None, "neither a person nor an account is ever taken away"
        return _certified(house, reading, claim, fields, person, by)

    return do(house.ledger, by_actor(caller, actor, role), asked, decide, show=view)


def _certified(
    house: House, reading: Reading, claim: ClaimId, fields: dict[str, Any], person: Person, by: Actor
) -> Decision:
    category, day = Category(fields["category"]), house.today
    registrar = registrar_of(house, person, category)
    if isinstance(registrar, Refusal):
        return registrar
    office = registrar.office
    if registrar.automatic:  # N 8: 由系统自动完成登记.
        return Refusal.because("registered_automatically", rulebook=office.rulebook, article=office.article,
                               quote=office.quote)
    if no := _not_theirs(house, registrar, person, None, by):
        return no
    if not (evidence := read_evidence(fields)):
        return Refusal.because("evidence_missing", papers=[])
    study = _study(fields, category, fields["date"])
    assessed = not_yet(study, day) or _assessed(house, person, study)
    if isinstance(assessed, Refusal):
        return assessed
    number = certificate_name(fields["issuer"], fields["number"], person.person)
    if house.ledger.find(number) is None and (no := same_course.looks_registered(
            house, reading, person.person, study, fields["title"], assessed.year)):
        return no  # Of the very same certificate the append says that it is used.
    reading.fresh(claim)
    submission = SubmitClaim(
        claim=claim, person=PersonId(person.person), on=day, study=study, origin="batch", role=office.role,
        details=StudyDetails(title=fields["title"], certificate_issuer=fields["issuer"],
                             certificate_number=fields["number"]),
        steps=(office.role,), evidence=evidence,
    )
    command = RegisterClaim(submission=submission, ruling=assessed.ruling, year=assessed.year)
    return decide_registration(None, command, person, by)


def _study(fields: dict[str, Any], category: Category, on: date) -> Study:
    return Study(category=category, route=_ROUTE, evidence_on=on, hours_centi=fields["hours"],
                 completed_by=fields.get("completed_by", "exam"), platform=fields.get("platform"),
                 occasion=fields.get("occasion"))
