"""Courses, exams, applications and cases in a small register, really decided. No test lives here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from itertools import count
from typing import Any

from projection_kit import House, Study, course

from ledger.errors import Refusal
from ledger.events.application import ApplicationId, Assessment, Goal, Sanction
from ledger.events.case import CaseId, Concerned
from ledger.events.course import CourseId, EnrolmentId
from ledger.events.exam import BookingId, ExamId
from ledger.streams import application as applications
from ledger.streams import application_sanctions as sanctions
from ledger.streams import booking as bookings
from ledger.streams import case as cases
from ledger.streams import claim as claims
from ledger.streams import course as courses
from ledger.streams import course_hours
from ledger.streams import enrolment as enrolments
from ledger.streams import exam as exams
from ledger.streams import exam_session as sessions
from ledger.streams import person as persons
from ledger.streams import person_career as careers
from ledger.streams.enrolment import MINUTE
from ledger.vocabulary import Category, ClaimId, PersonId, RulebookId

ROLE = "human_resources"
NOON = 1_767_240_000_000_000  # 2026-01-01 12:00 at +08:00.
_sessions = count(1)


def publish(house: House, *, year: int = 2026, region: str = "330200", code: str = "ai", **rest: Any) -> CourseId:
    name = CourseId(house.new("crs"))
    command = courses.PublishCourse(
        course=name, role=ROLE, region=region, year=year, code=code, title="人工智能与社会",
        category=Category.GENERAL_PUBLIC, minutes=90, hours_centi=1_800, one_a_year=True, **rest)
    house.record(courses.decide_publication(None, command, house.officer))
    return name


def enrol(house: House, person: PersonId, of: CourseId, on: str = "2026-03-02") -> EnrolmentId:
    name = EnrolmentId(house.new("enr"))
    command = enrolments.Enrol(enrolment=name, person=person, on=date.fromisoformat(on))
    found = house.load(person, persons.evolve)
    house.record(enrolments.decide_enrolment(None, command, found, house.load(of, courses.evolve)))
    return name


def study(house: House, enrolment: EnrolmentId, minutes: int = 90) -> int:
    """A session of its own hour of some day."""
    at = NOON + next(_sessions) * 1_000 * MINUTE
    command = enrolments.RecordStudy(
        started_at=at, ended_at=at + 120 * MINUTE, minutes=minutes, heartbeats=120, challenges=6, answered=5)
    return _on(house, enrolment, lambda one, person: enrolments.decide_study(one, command, person))


def complete(house: House, enrolment: EnrolmentId, on: str = "2026-03-20") -> int:
    command = enrolments.CompleteCourse(on=date.fromisoformat(on))
    return _on(house, enrolment, lambda one, person: enrolments.decide_completion(
        one, command, person, house.load(one.course, courses.evolve)))


def _on(house: House, enrolment: EnrolmentId, decide: Callable[[Any, Any], Any]) -> int:
    one = house.load(enrolment, enrolments.evolve)
    return house.record(decide(one, house.load(one.person, persons.evolve)))[-1]


def schedule(
    house: House, *, day: str = "2026-04-18", seats: int = 3, region: str = "330200", year: int = 2026
) -> ExamId:
    name = ExamId(house.new("exm"))
    on = date.fromisoformat(day)
    command = exams.ScheduleExam(
        exam=name, role=ROLE, region=region, year=year, category=Category.GENERAL_PUBLIC, day=on, starts="09:00",
        ends="10:00", place="人事考试中心", seats=seats, pass_mark_centi=6_000,
        book_until=date.fromordinal(on.toordinal() - 7))
    house.record(exams.decide_scheduling(None, command, house.officer))
    return name


def book(house: House, exam: ExamId, enrolment: EnrolmentId, seat: int) -> BookingId:
    name = BookingId(house.new("bkg"))
    one = house.load(enrolment, enrolments.evolve)
    session = house.load(exam, exams.evolve)
    command = bookings.BookSeat(booking=name, person=one.person, seat=seat, on=session.scheduled.book_until)
    house.record(bookings.decide_booking(None, command, house.load(one.person, persons.evolve), session, one))
    return name


def give_back(house: House, booking: BookingId) -> int:
    one = house.load(booking, exams.evolve_booking)
    session = house.load(one.booked.exam, exams.evolve)
    command = bookings.ReleaseSeat(person=one.person, on=session.scheduled.book_until)
    return house.record(
        bookings.decide_seat_release(one, command, house.load(one.person, persons.evolve), session))[-1]


def sit(house: House, booking: BookingId, score: int | None) -> int:
    """Come and be marked, or stay away."""
    session = house.load(house.load(booking, exams.evolve_booking).booked.exam, exams.evolve)
    on = session.scheduled.day

    def act(decide: Callable[..., Any], command: Any) -> int:
        one = house.load(booking, exams.evolve_booking)
        person = house.load(one.person, persons.evolve)
        return house.record(decide(one, command, person, session, house.officer))[-1]

    at = act(bookings.decide_attendance, bookings.RecordAttendance(role=ROLE, present=score is not None, on=on))
    if score is None:
        return at
    return act(bookings.decide_result, bookings.RecordResult(role=ROLE, score_centi=score, on=on))


def move(house: House, exam: ExamId, of: Iterable[BookingId] = (), **change: Any) -> int:
    """Hold a session another day, elsewhere, or with other seats."""
    session = house.load(exam, exams.evolve)
    stands = {name: getattr(session.scheduled, name) for name in (
        "day", "starts", "ends", "place", "seats", "book_until")}
    command = sessions.MoveExam(role=ROLE, because="weather", on=session.scheduled.book_until, **(stands | change))
    found = [house.load(one, exams.evolve_booking) for one in of]
    return house.record(sessions.decide_move(session, command, found, house.officer))[-1]


def close(house: House, exam: ExamId, of: Iterable[BookingId], *, held: bool = True) -> int:
    session = house.load(exam, exams.evolve)
    command = sessions.CloseExam(role=ROLE, held=held, on=session.scheduled.day)
    found = [house.load(one, exams.evolve_booking) for one in of]
    people = {one.person: house.load(one.person, persons.evolve) for one in found}
    return house.record(sessions.decide_closing(session, command, found, people, house.officer))[-1]


def register_hours(house: House, enrolment: EnrolmentId, booking: BookingId | None = None) -> ClaimId:
    one = house.load(enrolment, enrolments.evolve)
    of = house.load(one.course, courses.evolve)
    seat = None if booking is None else house.load(booking, exams.evolve_booking)
    facts = course_hours.study_of(one, of, seat)
    command = course_hours.RegisterCourseHours(
        claim=ClaimId(house.new("clm")), on=facts.evidence_on, step=ROLE, title=of.published.title,
        ruling=house.ruling(one.person, facts))
    house.record(course_hours.decide_course_hours(one, command, house.load(one.person, persons.evolve), of, seat))
    return command.claim


# Titles, applications, sanctions


def title(house: House, person: PersonId, obtained_on: str, level: str = "intermediate") -> int:
    command = careers.RecordTitle(role=ROLE, level=level, obtained_on=date.fromisoformat(obtained_on))
    return house.record(careers.decide_title(house.load(person, persons.evolve), command, house.officer))[-1]


def compliant(house: House, person: PersonId, year: int) -> list[ClaimId]:
    """A year that meets every requirement in Ningbo: 72 confirmed professional hours and 18 of a public course."""
    professional = Study(category=Category.PROFESSIONAL, route="other", evidence_on=date(year, 3, 1),
                         confirmed_centi=7_200, document="甬人社发〔2018〕59号")
    return [house.registered(person, professional), house.registered(person, course(f"{year}-04-01"))]


def apply(house: House, person: PersonId, on: str, title_on: str | None, years: int = 5) -> ApplicationId:
    name = ApplicationId(house.new("app"))
    goal = Goal(level="senior", applied_on=date.fromisoformat(on), minimum_years=years,
                title_obtained_on=None if title_on is None else date.fromisoformat(title_on))
    command = applications.FileApplication(application=name, person=person, goal=goal)
    house.record(applications.decide_filing(None, command, house.load(person, persons.evolve)))
    return name


def on_application(
    house: House, application: str, person: PersonId, decide: Callable[..., Any], command: Any, *, by: Any = None
) -> int:
    one = house.load(application, applications.evolve)
    return house.record(decide(one, command, house.load(person, persons.evolve), by or house.officer))[-1]


def assess(house: House, application: ApplicationId, person: PersonId, *, eligible: bool) -> int:
    made = Assessment(
        eligible=eligible, years_met=4, years=(2022, 2023), consecutive=(), reasons=("达标年份 4 年，需 5 年",),
        as_of=house.size, rulebooks=("c" * 64,), rulebook=RulebookId("ningbo-industry/2019-01-01"), digest="c" * 64,
        article="第九条")
    command = applications.AssessApplication(role=ROLE, assessment=made)
    return on_application(house, application, person, applications.decide_assessment, command)


def disqualify(
    house: House, person: PersonId, claims: tuple[ClaimId, ...], *, starts: str, until: str | None,
    application: str | None = None, lasts: str = "term",
) -> str:
    name = application or house.new("app")
    command = sanctions.DisqualifyApplicant(
        application=ApplicationId(name), role=ROLE, lasts=lasts, starts=date.fromisoformat(starts), words="材料不实",
        sanction=Sanction(cause="falsified", article="虚假承诺", document="人社部发〔2024〕56号", claims=claims),
        until=None if until is None else date.fromisoformat(until))
    on_application(house, name, person, sanctions.decide_disqualification, command)
    return name


def lift(house: House, application: str, person: PersonId, on: str) -> int:
    command = sanctions.LiftDisqualification(role=ROLE, on=date.fromisoformat(on), basis="复核", words="属实")
    return on_application(house, application, person, sanctions.decide_lifting, command, by=house.colleague)


def revoke_title(house: House, person: PersonId, claims: tuple[ClaimId, ...], obtained_on: str, on: str,
                 level: str = "intermediate") -> str:
    name = house.new("app")
    command = sanctions.RevokeTitle(
        application=ApplicationId(name), role=ROLE, level=level, obtained_on=date.fromisoformat(obtained_on),
        on=date.fromisoformat(on), words="材料不实",
        sanction=Sanction(cause="falsified", article="第十条", claims=claims))
    on_application(house, name, person, sanctions.decide_title_revocation, command)
    return name


# Cases


def open_case(
    house: House, claims_: tuple[ClaimId, ...], *, region: str = "330203", by: Any = None, **rest: Any
) -> CaseId:
    name = CaseId(house.new("cas"))
    found = [house.load(one, claims.evolve) for one in claims_]
    command = cases.OpenCase(
        case=name, kind="falsification", region=region, concerned=Concerned(claims=claims_), words="材料存疑",
        role=ROLE, **rest)
    house.record(cases.decide_opening(None, command, found, by or house.officer))
    return name


def in_case(house: House, case: CaseId, decide: Callable[..., Any], command: Any, *of: ClaimId) -> int:
    """Act in a case; on these claims of it, where the act is on claims."""
    one = house.load(case, cases.evolve)
    if decide in (cases.decide_hold, cases.decide_case_closing):
        found = [house.load(claim, claims.evolve) for claim in of]
        people = {each.person: house.load(each.person, persons.evolve) for each in found}
        made = decide(one, command, found, people, house.officer)
    else:
        made = decide(one, command, house.officer)
    assert not isinstance(made, Refusal), made
    return house.record(made)[-1]
