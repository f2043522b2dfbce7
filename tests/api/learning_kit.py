"""A course, an exam, an application, a sanction and a case, put into a town by real decisions. No test lives here.

What can still be decided about, and what is over: the doors under test act upon the one and read both.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, NamedTuple

from ledger.errors import Refusal
from ledger.events.application import ApplicationId, Assessment, Goal, Sanction
from ledger.events.base import By
from ledger.events.case import CaseId, Concerned
from ledger.events.course import CourseId, EnrolmentId
from ledger.events.exam import BookingId, ExamId
from ledger.events.study import Ruling
from ledger.streams import actor as actors
from ledger.streams import application as applications
from ledger.streams import application_sanctions as sanctions
from ledger.streams import booking as bookings
from ledger.streams import case as cases
from ledger.streams import claim as claims
from ledger.streams import course as courses
from ledger.streams import course_hours
from ledger.streams import enrolment as enrolments
from ledger.streams import exam as exams
from ledger.streams import person as persons
from ledger.streams import person_career as careers
from ledger.vocabulary import Category, ClaimId, PersonId, RulebookId, UnitId
from tests.api.house_kit import Someone, Town

PEOPLE, WATCH = "human_resources", "supervisor"
HOUR = 3_600_000_000


class Learning(NamedTuple):
    """What there is, by id."""

    officer: Someone
    watch: Someone
    course: CourseId
    exam: ExamId
    booking: BookingId
    claim: ClaimId
    application: ApplicationId
    sanction: ApplicationId
    case: CaseId


class Scene(NamedTuple):
    """A town in which somebody studied, applied, fell short, was barred for a term and is looked into."""

    town: Town
    li: Someone
    made: Learning


def learning_in(town: Town, person: Someone) -> Learning:
    """Somebody studies, passes and has 18 hours; applies and is postponed; is barred for a term; is looked into."""
    bureau = town.unit("人力社保局", "330200", "general")
    officer, watch = (town.officer(bureau, role, "3302") for role in (PEOPLE, WATCH))
    desk = _Desk(town, person)
    course, exam, booking, claim = _exam(desk, officer)
    application, sanction = _application(desk, officer, claim)
    case = CaseId(desk.new("case"))
    opening = cases.OpenCase(case=case, kind="falsification", region="330203", role=WATCH, words="材料存疑",
                             concerned=Concerned(claims=(claim,)), pattern="D01/1", findings=(1,))
    desk.do(watch, WATCH, lambda by: cases.decide_opening(None, opening, [desk.load(claim, claims.evolve)], by))
    desk.do(watch, WATCH, lambda by: cases.decide_hold(
        desk.load(case, cases.evolve), cases.HoldClaims(role=WATCH, words="核查"), [desk.load(claim, claims.evolve)],
        {desk.person.person: desk.person}, by))
    return Learning(officer, watch, course, exam, booking, claim, application, sanction, case)


def _exam(desk: _Desk, officer: Someone) -> tuple[CourseId, ExamId, BookingId, ClaimId]:
    course, exam = CourseId(desk.new("course")), ExamId(desk.new("exam"))
    enrolment, booking = EnrolmentId(desk.new("enrolment")), BookingId(desk.new("booking"))
    desk.do(officer, PEOPLE, lambda by: courses.decide_publication(None, courses.PublishCourse(
        course=course, role=PEOPLE, region="330200", year=2026, code="ai", title="人工智能与社会",
        category=Category.GENERAL_PUBLIC, minutes=90, hours_centi=1_800, one_a_year=True), by))
    catalogue = desk.load(course, courses.evolve)

    def of() -> Any:
        return desk.load(enrolment, enrolments.evolve)

    desk.system(enrolments.decide_enrolment(None, enrolments.Enrol(
        enrolment=enrolment, person=desk.person.person, on=date(2026, 3, 2)), desk.person, catalogue))
    desk.system(enrolments.decide_study(of(), enrolments.RecordStudy(
        started_at=HOUR, ended_at=3 * HOUR, minutes=95, heartbeats=110, challenges=6, answered=6), desk.person))
    desk.system(enrolments.decide_completion(
        of(), enrolments.CompleteCourse(on=date(2026, 3, 9)), desk.person, catalogue))
    desk.do(officer, PEOPLE, lambda by: exams.decide_scheduling(None, exams.ScheduleExam(
        exam=exam, role=PEOPLE, region="330200", year=2026, category=Category.GENERAL_PUBLIC, day=date(2026, 4, 18),
        starts="09:00", ends="10:00", place="人事考试中心", seats=30, pass_mark_centi=6_000,
        book_until=date(2026, 4, 10)), by))
    session = desk.load(exam, exams.evolve)
    desk.system(bookings.decide_booking(None, bookings.BookSeat(
        booking=booking, person=desk.person.person, seat=7, on=date(2026, 4, 1)), desk.person, session, of()))

    def seat() -> Any:
        return desk.load(booking, exams.evolve_booking)

    desk.do(officer, PEOPLE, lambda by: bookings.decide_attendance(seat(), bookings.RecordAttendance(
        role=PEOPLE, present=True, on=date(2026, 4, 18)), desk.person, session, by))
    desk.do(officer, PEOPLE, lambda by: bookings.decide_result(seat(), bookings.RecordResult(
        role=PEOPLE, score_centi=7_150, on=date(2026, 4, 25)), desk.person, session, by))
    command = course_hours.RegisterCourseHours(
        claim=ClaimId(desk.new("claim")), on=date(2026, 4, 25), step=PEOPLE, title="人工智能与社会",
        ruling=Ruling(assessed_centi=1_800, status="manual", clauses=("文",)))
    desk.system(course_hours.decide_course_hours(of(), command, desk.person, catalogue, seat()))
    return course, exam, booking, command.claim


class Going(NamedTuple):
    """Courses and exams that something can still be decided about, by id."""

    course: str
    enrolment: str      # Nothing of it was studied.
    completed: str
    exam: str           # In a while.
    booked: str
    sat: str            # Came, and waits for a result.
    failed: str
    passed: str         # The enrolment of a pass whose hours are not registered.


def going_on(town: Town, person: Someone, officer: Someone) -> Going:
    """Somebody has chosen one course, has a seat for another, came to an exam, failed one, passed one."""
    desk, today = _Desk(town, person), town.house.today

    def enrolled(code: str) -> tuple[Any, EnrolmentId]:
        course, enrolment = CourseId(desk.new("course")), EnrolmentId(desk.new("enrolment"))
        desk.do(officer, PEOPLE, lambda by: courses.decide_publication(None, courses.PublishCourse(
            course=course, role=PEOPLE, region="330200", year=today.year, code=code, title="某课程",
            category=Category.GENERAL_PUBLIC, minutes=60, hours_centi=1_200), by))
        catalogue = desk.load(course, courses.evolve)
        desk.system(enrolments.decide_enrolment(None, enrolments.Enrol(
            enrolment=enrolment, person=desk.person.person, on=today), desk.person, catalogue))
        return catalogue, enrolment

    def completed(code: str) -> EnrolmentId:
        catalogue, enrolment = enrolled(code)
        desk.hours += 4
        desk.system(enrolments.decide_study(desk.load(enrolment, enrolments.evolve), enrolments.RecordStudy(
            started_at=desk.hours * HOUR, ended_at=(desk.hours + 1) * HOUR, minutes=60, heartbeats=60), desk.person))
        desk.system(enrolments.decide_completion(
            desk.load(enrolment, enrolments.evolve), enrolments.CompleteCourse(on=today), desk.person, catalogue))
        return enrolment

    def booked(enrolment: EnrolmentId, day: date, *, came: bool = False, score: int | None = None) -> tuple[str, str]:
        exam, booking, before = ExamId(desk.new("exam")), BookingId(desk.new("booking")), day - timedelta(days=7)
        desk.do(officer, PEOPLE, lambda by: exams.decide_scheduling(None, exams.ScheduleExam(
            exam=exam, role=PEOPLE, region="330200", year=today.year, category=Category.GENERAL_PUBLIC, day=day,
            starts="09:00", ends="10:00", place="考场", seats=3, pass_mark_centi=6_000, book_until=before), by))
        session = desk.load(exam, exams.evolve)
        desk.system(bookings.decide_booking(None, bookings.BookSeat(
            booking=booking, person=desk.person.person, seat=1, on=before), desk.person, session,
            desk.load(enrolment, enrolments.evolve)))
        if came:
            desk.do(officer, PEOPLE, lambda by: bookings.decide_attendance(
                desk.load(booking, exams.evolve_booking), bookings.RecordAttendance(role=PEOPLE, present=True, on=day),
                desk.person, session, by))
        if score is not None:
            desk.do(officer, PEOPLE, lambda by: bookings.decide_result(
                desk.load(booking, exams.evolve_booking), bookings.RecordResult(
                    role=PEOPLE, score_centi=score, on=day), desk.person, session, by))
        return exam, booking

    catalogue, open_one = enrolled("going-1")
    waiting, passed = completed("going-2"), completed("going-5")
    later, before = today + timedelta(days=30), today - timedelta(days=1)
    exam, seat = booked(waiting, later)
    _, sat = booked(completed("going-3"), before, came=True)
    _, failed = booked(completed("going-4"), before, came=True, score=1_000)
    booked(passed, before, came=True, score=9_000)
    return Going(catalogue.course, open_one, waiting, exam, seat, sat, failed, passed)


def going_routes(going: Going) -> dict[str, dict[str, str]]:
    """Which record each route about courses and exams wants, where it is not the one of its kind."""
    booking = "POST /v1/bookings/<booking:booking>/"
    exam = {"exam": going.exam}
    return {
        "POST /v1/courses/<course:course>/withdrawal": {"course": going.course},
        "POST /v1/enrolments/<enrolment:enrolment>/hours": {"enrolment": going.passed},
        "POST /v1/enrolments/<enrolment:enrolment>/quiz": {"enrolment": going.completed},
        "POST /v1/exams/<exam:exam>/closing": exam, "POST /v1/exams/<exam:exam>/move": exam,
        "POST /v1/exams/<exam:exam>/results": exam,
        "GET /v1/exams/<exam:exam>/bookings": exam,
        f"{booking}attendance": {"booking": going.booked}, f"{booking}result": {"booking": going.sat},
        f"{booking}result-correction": {"booking": going.failed},
    }


def going_bodies(going: Going, town: Town, person: str) -> dict[str, dict[str, Any]]:
    """What is sent to each."""
    today = town.house.today
    place = {"region": "330200", "year": today.year, "category": "general_public"}
    booking, enrolment = "POST /v1/bookings/<booking:booking>/", "POST /v1/enrolments/<enrolment:enrolment>/"
    certificate = {"person": person, "category": "sector_public", "title": "某课程", "issuer": "某平台", "number": "1",
                   "hours": "6", "date": "2026-05-06", "evidence": [{"kind": "certificate", "sha256": "ab" * 32}]}
    return {
        "POST /v1/courses": {**place, "code": "new", "title": "某课程", "minutes": 60, "hours": "12"},
        "POST /v1/enrolments": {"course": going.course},
        "POST /v1/exams": {**place, "day": (today + timedelta(days=30)).isoformat(), "starts": "09:00",
                           "ends": "10:00", "place": "考场", "seats": 3, "pass_mark": "60",
                           "book_until": (today + timedelta(days=7)).isoformat()},
        "POST /v1/exams/<exam:exam>/closing": {"held": False},
        "POST /v1/exams/<exam:exam>/move": {"because": "seats", "seats": 20},
        "POST /v1/exams/<exam:exam>/results": {"file": "eyJzZWF0IjoxLCJzY29yZSI6IjcxLjUifQ=="},
        "POST /v1/bookings": {"exam": going.exam, "enrolment": going.completed},
        "POST /v1/course-certificates": certificate,
        f"{enrolment}heartbeats": {"nonce": "A" * 24}, f"{enrolment}quiz": {"score": "88", "pass_mark": "60"},
        f"{booking}attendance": {"present": False}, f"{booking}result": {"score": "71.5"},
        f"{booking}result-correction": {"score": "20", "words": "复核"},
    }


def _application(desk: _Desk, officer: Someone, claim: ClaimId) -> tuple[ApplicationId, ApplicationId]:
    application, sanction = ApplicationId(desk.new("application")), ApplicationId(desk.new("application"))
    obtained = date(2020, 11, 30)
    desk.do(officer, PEOPLE, lambda by: careers.decide_title(
        desk.person, careers.RecordTitle(role=PEOPLE, level="intermediate", obtained_on=obtained), by))
    goal = Goal(level="senior", applied_on=date(2026, 5, 20), title_obtained_on=obtained, minimum_years=5)
    desk.system(applications.decide_filing(None, applications.FileApplication(
        application=application, person=desk.person.person, goal=goal), desk.person))
    short = Assessment(
        eligible=False, years_met=0, years=(), consecutive=(), reasons=("达标年份 0 年，需 5 年",), as_of=1,
        rulebooks=(), rulebook=RulebookId("ningbo-industry/2019-01-01"), digest="c" * 64, article="第九条")

    def of(name: ApplicationId) -> Any:
        return desk.load(name, applications.evolve)

    desk.do(officer, PEOPLE, lambda by: applications.decide_assessment(
        of(application), applications.AssessApplication(role=PEOPLE, assessment=short), desk.person, by))
    desk.do(officer, PEOPLE, lambda by: applications.decide_postponement(
        of(application), applications.PostponeApplication(role=PEOPLE, earliest_year=2030, words="学时不足"),
        desk.person, by))
    basis = Sanction(cause="falsified", article="虚假承诺", document="人社部发〔2024〕56号", claims=(claim,))
    desk.do(officer, PEOPLE, lambda by: sanctions.decide_disqualification(
        of(sanction), sanctions.DisqualifyApplicant(
            application=sanction, role=PEOPLE, sanction=basis, lasts="term", starts=date(2026, 6, 1),
            until=date(2029, 5, 31), words="材料不实"), desk.person, by))
    return application, sanction


class _Desk:
    """Records what is decided about one person, on the streams as they now are."""

    def __init__(self, town: Town, person: Someone) -> None:
        self._house, self.ledger, self._person = town.house, town.house.ledger, PersonId(person.id)
        self.hours = 100   # Of study so far: nobody studies twice at one time.

    @property
    def person(self) -> Any:
        return self.load(self._person, persons.evolve)

    def new(self, kind: str) -> str:
        return self._house.new_id(kind)

    def load(self, stream: str, evolve: Any) -> Any:
        return self.ledger.load(stream, evolve).state

    def do(self, whom: Someone, role: str, decide: Any) -> None:
        by = self.load(whom.id, actors.evolve)
        self._record(decide(by), By(actor=by.actor, role=role, organisation=UnitId(by.organisation)))

    def system(self, decision: Any) -> None:
        self._record(decision, By(actor=self._person, role="person"))

    def _record(self, decision: Any, by: By) -> None:
        assert not isinstance(decision, Refusal), decision
        versions = {draft.event.stream: self.ledger.store.version(draft.event.stream) for draft in decision}
        self.ledger.record(decision, by=by, versions=versions)
