"""A course, an enrolment, a session and a booking in each state: what the tests of courses and exams share."""

from __future__ import annotations

from datetime import date

from msgspec.structs import replace
from stream_cast import BUREAU, LI, PERSON, RULING, ZHAO, actor, event

from ledger.events.actor import Scope
from ledger.events.course import CourseId, EnrolmentId
from ledger.events.exam import BookingId, ExamId
from ledger.streams import booking as bookings
from ledger.streams import course as courses
from ledger.streams import course_hours
from ledger.streams import enrolment as enrolments
from ledger.streams import exam as exams
from ledger.streams.enrolment import MINUTE, Enrolment
from ledger.streams.exam import Booking
from ledger.vocabulary import Category, ClaimId

ROLE = "human_resources"
HOLDER = actor("holder", Scope(role=ROLE, region="3303"), organisation=BUREAU, person=ZHAO)
SECOND = actor("second", Scope(role=ROLE, region="3303"))

PUBLISH = courses.PublishCourse(
    course=CourseId("crs_1"), role=ROLE, region="330300", year=2026, code="wz-ai", title="人工智能与社会",
    category=Category.GENERAL_PUBLIC, minutes=90, hours_centi=1800, one_a_year=True,
)
COURSE = courses.evolve(None, event(courses.decide_publication(None, PUBLISH, HOLDER)))

ENROL = enrolments.Enrol(enrolment=EnrolmentId("enr_1"), person=LI, on=date(2026, 3, 2))
ENROLLED = enrolments.evolve(None, event(enrolments.decide_enrolment(None, ENROL, PERSON, COURSE)))
MORNING = 1_772_420_400_000_000  # 2026-03-02 11:00 at +08:00.
STUDY_ALL = enrolments.RecordStudy(
    started_at=MORNING, ended_at=MORNING + 100 * MINUTE, minutes=90, heartbeats=120, challenges=6, answered=6,
    address="192.0.2.7",
)
STUDIED = enrolments.evolve(ENROLLED, event(enrolments.decide_study(ENROLLED, STUDY_ALL, PERSON)))
COMPLETE = enrolments.CompleteCourse(on=date(2026, 3, 2))
COMPLETED = enrolments.evolve(STUDIED, event(enrolments.decide_completion(STUDIED, COMPLETE, PERSON, COURSE)))

SCHEDULE = exams.ScheduleExam(
    exam=ExamId("exm_1"), role=ROLE, region="330300", year=2026, category=Category.GENERAL_PUBLIC,
    day=date(2026, 4, 18), starts="09:00", ends="10:00", place="温州市人事考试中心", seats=2, pass_mark_centi=6000,
    book_until=date(2026, 4, 10),
)
EXAM = exams.evolve(None, event(exams.decide_scheduling(None, SCHEDULE, HOLDER)))
BOOK = bookings.BookSeat(booking=BookingId("bkg_1"), person=LI, seat=1, on=date(2026, 4, 1))
BOOKED = exams.evolve_booking(None, event(bookings.decide_booking(None, BOOK, PERSON, EXAM, COMPLETED)))
COME = bookings.RecordAttendance(role=ROLE, present=True, on=date(2026, 4, 18))
ATTENDED = exams.evolve_booking(BOOKED, event(bookings.decide_attendance(BOOKED, COME, PERSON, EXAM, HOLDER)))
MARK = bookings.RecordResult(role=ROLE, score_centi=7150, on=date(2026, 4, 25))
PASSED = exams.evolve_booking(ATTENDED, event(bookings.decide_result(ATTENDED, MARK, PERSON, EXAM, HOLDER)))

HOURS = course_hours.RegisterCourseHours(
    claim=ClaimId("clm_course"), on=date(2026, 4, 26), step=ROLE, title="人工智能与社会", ruling=RULING
)
REGISTERED = replace(COMPLETED, status=enrolments.Status.REGISTERED, claim=HOURS.claim, booking=PASSED.booking)

ENROLMENTS: dict[str, Enrolment | None] = {
    "absent": None,
    "enrolled": ENROLLED,
    "studied": STUDIED,
    "completed": COMPLETED,
    "registered": REGISTERED,
    "cancelled": replace(ENROLLED, status=enrolments.Status.CANCELLED),
}
BOOKINGS: dict[str, Booking | None] = {
    "absent": None,
    "booked": BOOKED,
    "released": replace(BOOKED, status=exams.Status.RELEASED),
    "attended": ATTENDED,
    "missed": replace(BOOKED, status=exams.Status.ABSENT, attendance_by=HOLDER.hand),
    "passed": PASSED,
    "failed": replace(PASSED, status=exams.Status.FAILED),
}

