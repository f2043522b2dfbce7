"""Courses, done: published and withdrawn by the department that registers their subject; chosen, and given back.

Which department, of which level, the registrar tables say (P 6-7, P 10, W 7, W 11); how time is measured, and that one
course a year is chosen, stands in the duties of the rulebook of the place (W 8, W 9): whoever publishes may ask for
more than that and not for less. Each year has its catalogue: a course is published anew for the next one, and told in
which years it has been there before, since courseware is to be refreshed every year (P 10).

Who is enrolled is theirs to know: another person's enrolment is not there.

`tests/api/test_courses.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from api.cases.doing import Asked, Done, Reading, do
from api.cases.standing import (
    absent,
    acting,
    by_actor,
    in_sight,
    look,
    not_a_person,
    of_another_level,
    places,
    present,
    role_for,
)
from api.house import House
from api.law_of import law_now
from api.operational.callers import Caller
from api.refusals.faults import BadFields, Fault
from ledger.errors import Refusal
from ledger.events.base import Name
from ledger.events.course import CourseExamined, CourseId, EnrolmentId
from ledger.stores.append import NothingSince
from ledger.streams import course as courses
from ledger.streams import course_hours
from ledger.streams import enrolment as enrolments
from ledger.streams.course import Course
from ledger.streams.decision import Decision
from ledger.streams.enrolment import Enrolment
from ledger.streams.exam import evolve_booking
from ledger.streams.standing import Actor, Matter
from ledger.vocabulary import Category, PersonId, format_hours
from policies.authority import Office, course_offices
from policies.courses import CourseLaw, course_law
from projections import exams as known

GAP_SECONDS: Final = 120         # Reading: AMB-19, where no rulebook of the place has a number.
CHALLENGE_MINUTES: Final = 15
HEARTBEAT_SECONDS: Final = 60

_PAGE: Final = 200


# The catalogue


def publish(house: House, caller: Caller, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Put a course into the catalogue of a year."""
    course = CourseId(house.new_id("course"))
    matter = matter_of(house, fields)
    asks = _asked_of(house, fields, matter)

    def decide(reading: Reading, role: str, by: Actor) -> Decision:
        reading.fresh(course)
        # Of another office's course nothing was read: while one publishes, so may another. A code is one word, as ids.
        reading.guards.append(NothingSince(fields["code"], house.ledger.store.size()))
        there = (course_of(reading, one) for one in _of_code(house, fields))
        offered = next((one for one in there if one is not None and one.withdrawn_on is None), None)
        return courses.decide_publication(offered, courses.PublishCourse(
            course=course, role=role, region=matter.region, year=fields["year"], code=fields["code"],
            title=fields["title"], category=Category(fields["category"]), minutes=fields["minutes"],
            hours_centi=fields["hours"], sector=matter.sector, one_a_year=bool(asks.one_a_year),
            gap_seconds=asks.gap_seconds or GAP_SECONDS, challenge_minutes=asks.challenge_minutes or CHALLENGE_MINUTES,
        ), by)

    return as_department(house, caller, matter, asked, decide)


def withdraw(house: House, caller: Caller, course: str, asked: Asked) -> Done | Refusal:
    """Let nobody enrol any more from today on; whoever is enrolled goes on."""
    found = course_of(Reading(house.ledger), course)
    if found is None:
        return _unknown(house, caller, "course_absent")

    def decide(reading: Reading, role: str, by: Actor) -> Decision:
        command = courses.WithdrawCourse(role=role, on=house.today)
        return courses.decide_course_withdrawal(course_of(reading, course), command, by)

    return as_department(house, caller, found.matter, asked, decide, upon=course, show=course_view)


def years_before(house: House, done: Done) -> list[int]:
    """In which earlier years the same courseware stood in the catalogue of the place when it was published (P 10)."""
    at = None if done.receipt is None else done.receipt.positions[-1]
    house.settled(at)
    published = done.state.published
    wanted = known.Wanted(None, published.region, published.category.value)
    years = {one.year for one in _every(house, wanted, at)
             if (one.code, one.region) == (published.code, published.region)}
    return sorted(year for year in years if year < published.year)


def _every(house: House, wanted: known.Wanted, as_of: int | None = None) -> Iterable[known.Course]:
    after: tuple[Any, ...] | None = (0, "")
    while after is not None:
        page = known.courses(house.answers, wanted, as_of=as_of, after=(after[0], after[1]), limit=_PAGE)
        yield from page.items
        after = page.next


def _of_code(house: House, fields: dict[str, Any]) -> Iterable[str]:
    """The courses of one code in the catalogue of a place and a year: nobody should have to choose between two."""
    house.settled()
    wanted = known.Wanted(fields["year"], fields["region"], fields["category"])
    for one in _every(house, wanted):
        if (one.code, one.region, one.sector) == (fields["code"], fields["region"], fields.get("sector")):
            yield one.course


def matter_of(house: House, fields: dict[str, Any]) -> Matter:
    """The place, sector and subject of a course or a session as they were sent."""
    sector: str | None = fields.get("sector")
    if fields["category"] == Category.SECTOR_PUBLIC:
        words = law_now(house.answers).vocabulary.sectors
        if sector not in words:
            detail = f"行业公需科目须写明行业，为 {'、'.join(words)} 之一。"
            raise BadFields([Fault("/sector", "not_by_the_words_of_the_law", detail)])
    elif sector is not None:
        raise BadFields([Fault("/sector", "not_by_the_words_of_the_law", "一般公需科目不分行业；请不写行业。")])
    return Matter(fields["region"], sector, Category(fields["category"]))


def _asked_of(house: House, fields: dict[str, Any], matter: Matter) -> CourseLaw:
    """What the course asks: what the law says, or more where that is stricter; what it leaves open as it was sent."""
    assert matter.category is not None, "a course is of a subject"
    law = course_law(law_now(house.answers), house.today, matter.region, matter.sector, matter.category)
    faults = []
    for name, told in (("gap_seconds", "秒"), ("challenge_minutes", "分钟")):
        most = getattr(law, name)
        if most is not None and fields.get(name, most) > most:
            faults.append(Fault(f"/{name}", "not_by_the_words_of_the_law", f"当地细则规定至多 {most} {told}。"))
    if law.one_a_year and fields.get("one_a_year") is False:
        faults.append(Fault("/one_a_year", "not_by_the_words_of_the_law", "当地细则规定这类课程每年选一门。"))
    if law.hours_centi is not None and fields["hours"] != law.hours_centi:
        words = f"当地细则规定考试合格登记 {format_hours(law.hours_centi)} 学时。"
        faults.append(Fault("/hours", "not_by_the_words_of_the_law", words))
    if faults:
        raise BadFields(faults)
    return law._replace(
        one_a_year=law.one_a_year or fields.get("one_a_year", False),
        gap_seconds=fields.get("gap_seconds", law.gap_seconds),
        challenge_minutes=fields.get("challenge_minutes", law.challenge_minutes),
    )


# Choosing


def enrol(house: House, caller: Caller, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Choose a course of the year; not one of past years, and where one a year is chosen not a second (W 8)."""
    if no := not_a_person(caller):
        return no
    enrolment, learner = EnrolmentId(house.new_id("enrolment")), PersonId(caller.id)

    def decide(reading: Reading) -> Decision:
        person, course = reading.person(learner), course_of(reading, fields["course"])
        command = enrolments.Enrol(enrolment=enrolment, person=learner, on=house.today)
        reading.fresh(enrolment)
        drafts = enrolments.decide_enrolment(None, command, person, course)
        if isinstance(drafts, Refusal):
            return drafts
        held = {name.kind: enrolment_of(reading, found) for name, found in holders(house, drafts[0].event.names(None))}
        return enrolments.decide_enrolment(
            None, command, person, course, held.get("course"), held.get("course_of_year"))

    return do(house.ledger, caller.by("person"), asked, decide)


def cancel(house: House, caller: Caller, enrolment: str, asked: Asked) -> Done | Refusal:
    """Give a course back before anything of it was studied."""
    if no := not_a_person(caller):
        return no

    def decide(reading: Reading) -> Decision:
        own = own_enrolment(reading, enrolment, caller)
        if isinstance(own, Refusal):
            return own
        person = reading.person(own.person)
        assert person is not None, "an enrolment is a person's"
        if house.studies.find(caller.id, enrolment) is not None:  # What is going on was begun.
            return Refusal.because("study_begun", minutes=own.minutes)
        return enrolments.decide_cancellation(own, enrolments.CancelEnrolment(person=own.person), person)

    return do(house.ledger, caller.by("person"), asked, decide, upon=enrolment, show=enrolment_view)


def see(
    house: House, caller: Caller, enrolment: str, purpose: str | None
) -> tuple[dict[str, Any], int] | Refusal:
    """An enrolment with its version: to whom it is about, or to an office of the person's or of the course's place."""
    reading = Reading(house.ledger)
    found = enrolment_of(reading, enrolment)
    if found is None:
        return absent(house, caller, "enrolment_absent")
    no = look(house, caller, person=found.person, matters=sights_of_enrolment(house, reading, found), purpose=purpose,
              what=("courses",), route="courses", otherwise="enrolment_absent")
    return no if no is not None else (enrolment_view(found), reading.versions[found.enrolled.stream])


def sights_of_enrolment(house: House, reading: Reading, found: Enrolment | None) -> tuple[Matter | None, ...]:
    """From where an enrolment is seen: where its person belongs or belonged, and from the office of its course."""
    if found is None:
        return ()
    person, course = reading.person(found.person), course_of(reading, found.course)
    own = () if person is None else places(person, house.today)
    return own if course is None else (*own, course.matter)


def enrolment_in_sight(house: House, caller: Caller, enrolment: str) -> tuple[Actor, Enrolment] | Refusal:
    """Give the actor who asks and an enrolment that they can see, or say why there is none for them."""
    actor = acting(house, caller)
    if isinstance(actor, Refusal):
        return actor
    reading = Reading(house.ledger)
    found = enrolment_of(reading, enrolment)
    if no := in_sight(actor, sights_of_enrolment(house, reading, found), "enrolment_absent"):
        return no
    assert found is not None, "what is not there is in nobody's sight"
    return actor, found


# Who acts


def as_department(
    house: House, caller: Caller, matter: Matter, asked: Asked, decide_it: Callable[[Reading, str, Actor], Decision],
    *, upon: str | None = None, show: Callable[[Any], dict[str, Any]] | None = None,
) -> Done | Refusal:
    """Act as the department that the law names for a place's courses and exams."""
    actor = acting(house, caller)
    if isinstance(actor, Refusal):
        return actor
    offices = offices_of(house, matter)
    role = role_for(actor, [one.role for one in offices], matter)

    def decide(reading: Reading) -> Decision:
        by = present(reading, caller)
        drafts = decide_it(reading, role, by)
        return drafts if isinstance(drafts, Refusal) else of_another_level(offices, matter, role, by) or drafts

    return do(house.ledger, by_actor(caller, actor, role), asked, decide, upon=upon, show=show)


def offices_of(house: House, matter: Matter) -> tuple[Office, ...]:
    """The departments whose courses and exams these are."""
    assert matter.category is not None, "a course is of a subject"
    return course_offices(law_now(house.answers), house.today, matter.region, matter.sector, matter.category)


def _unknown(house: House, caller: Caller, code: str) -> Refusal:
    """What is not there, told after who asks: a course is no secret."""
    actor = acting(house, caller)
    return actor if isinstance(actor, Refusal) else Refusal.because(code)


# Reading


def course_of(reading: Reading, course: str) -> Course | None:
    """Read a course."""
    return reading.state(course, courses.evolve)


def enrolment_of(reading: Reading, enrolment: str) -> Enrolment | None:
    """Read an enrolment."""
    return reading.state(enrolment, enrolments.evolve)


def former_hours(reading: Reading, enrolment: Enrolment) -> course_hours.Former | None:
    """The hours that an exam earned before, as they stand now; None where there are none.

    Of several claims it is the one that stands, where one does: the last may be revoked beside one that came back.
    """
    if enrolment.claim is None or enrolment.booking is None:
        return None
    found = (reading.claim(one) for one in enrolment.claims)
    claim = next((one for one in found if one is not None and one.is_registered), reading.claim(enrolment.claim))
    booking = reading.state(enrolment.booking, evolve_booking)
    assert claim is not None and booking is not None, "what was registered rests on both"
    return course_hours.Former(claim, booking)


def own_enrolment(reading: Reading, enrolment: str, caller: Caller) -> Enrolment | Refusal:
    """An enrolment of the asker's own; of another's not even that there is one."""
    found = enrolment_of(reading, enrolment)
    return Refusal.because("enrolment_absent") if found is None or found.person != caller.id else found


def holders(house: House, names: Iterable[Name]) -> list[tuple[Name, str]]:
    """Which streams hold these names already."""
    return [(name, found) for name in names if (found := house.ledger.find(name)) is not None]


# How they are shown


def course_view(course: Course) -> dict[str, Any]:
    """A course after a decision."""
    published = course.published
    return {
        "course": course.course, "unit": published.unit, "region": published.region, "sector": published.sector,
        "year": published.year, "code": published.code, "title": published.title, "category": published.category,
        "minutes": published.minutes, "hours": format_hours(published.hours_centi),
        "one_a_year": published.one_a_year, "gap_seconds": published.gap_seconds,
        "challenge_minutes": published.challenge_minutes, "withdrawn_on": course.withdrawn_on,
    }


def enrolment_view(found: Enrolment) -> dict[str, Any]:
    """An enrolment as it stands."""
    enrolled = found.enrolled
    return {
        "enrolment": found.enrolment, "person": found.person, "course": found.course, "code": enrolled.code,
        "year": enrolled.year, "category": enrolled.category, "region": enrolled.region, "sector": enrolled.sector,
        "status": found.status, "minutes": found.minutes, "sessions": len(found.sessions),
        "completed_on": found.completed_on, "quiz": None if found.quiz is None else quiz_view(found.quiz),
        "claim": found.claim,
    }


def quiz_view(quiz: CourseExamined) -> dict[str, Any]:
    """What somebody reached in a course's own quiz."""
    return {"score": format_hours(quiz.score_centi), "pass_mark": format_hours(quiz.pass_mark_centi),
            "passed": quiz.passed, "announced_on": quiz.on}
