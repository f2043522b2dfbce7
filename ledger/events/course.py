"""What happens to a course (公需科目课程) and to a person's enrolment in it: published; enrolled, studied, examined.

W 7 to W 11: the office publishes the courses of a year, a person chooses one, studies it online and afterwards sits an
exam. What is recorded of study is a session whose time the server has counted; the heartbeats that it was counted from
are operational and pass away. Whether hours need an exam (P 10, W 6) or completion is enough (E 9) is law: what is
recorded is by which of the two they were earned.

`tests/ledger/streams/test_course_stream.py` shows it.
"""

from __future__ import annotations

from datetime import date
from typing import Final, NewType

from ledger.events.base import Event, Hand, Name, Open, Pseudonym, Sealed, Secret
from ledger.vocabulary import Category, ClaimId, PersonId, StreamId, UnitId

CourseId = NewType("CourseId", str)
EnrolmentId = NewType("EnrolmentId", str)

CHOICES: Final = frozenset({"course", "course_of_year"})
"""What an enrolment holds: the course, for ever, and the person's one choice of its year."""


class CourseEvent(Event):
    """The base of all events of a course's stream; a course concerns no person."""

    course: Open[CourseId]

    @property
    def stream(self) -> StreamId:
        return StreamId(self.course)

    def subjects(self) -> tuple[str, ...]:
        return ()


class CoursePublished(CourseEvent, tag="course.published/1"):
    """An office put a course into the catalogue of a year (W 7, W 11)."""

    unit: Pseudonym[UnitId]           # Which office published it.
    region: Open[str]
    year: Open[int]
    code: Open[str]                   # The courseware's own: in next year's catalogue it is another course of one code.
    title: Open[str]
    category: Open[Category]
    minutes: Open[int]                # How long it has to be studied.
    hours_centi: Open[int]            # What its completion is marked with (W 10: 18); what counts is law.
    sector: Open[str | None] = None
    one_a_year: Open[bool] = False    # Of the courses of this kind a person chooses one a year (W 8).
    gap_seconds: Open[int] = 120      # What lies further apart than this was not studied (W 9, AMB-19).
    challenge_minutes: Open[int] = 15


class CourseWithdrawn(CourseEvent, tag="course.withdrawn/1"):
    """Nobody enrols any more; whoever is enrolled goes on."""

    on: Open[date]


class EnrolmentEvent(Event):
    """The base of all events of an enrolment's stream: one person and one course."""

    enrolment: Pseudonym[EnrolmentId]
    person: Pseudonym[PersonId]
    course: Open[CourseId]

    @property
    def stream(self) -> StreamId:
        return StreamId(self.enrolment)

    def subjects(self) -> tuple[str, ...]:
        return (self.person,)


class PersonEnrolled(EnrolmentEvent, tag="enrolment.enrolled/1"):
    """The person chose the course; not one that they learned in a past year (W 8)."""

    code: Open[str]
    year: Open[int]
    category: Open[Category]
    region: Open[str]         # Of the catalogue that it was chosen from.
    sector: Open[str | None] = None
    one_a_year: Open[bool] = False

    def names(self, sealed: Sealed | None) -> tuple[Name, ...]:
        names = (Name("course", f"{self.region}:{self.code}:{self.person}"),)  # Each catalogue gives its own codes.
        if not self.one_a_year:
            return names
        chosen = f"{self.region}:{self.sector or ''}:{self.category.value}:{self.year}:{self.person}"
        return (*names, Name("course_of_year", chosen))


class EnrolmentCancelled(EnrolmentEvent, tag="enrolment.cancelled/1"):
    """Taken back before anything was studied: the course, and the choice of the year, are free again."""

    def freed(self) -> frozenset[str]:
        return CHOICES


class Device(Sealed):
    """From where somebody studied (D10)."""

    address: Secret[str | None] = None
    device: Secret[str | None] = None


class StudyRecorded(EnrolmentEvent, tag="enrolment.study_recorded/1"):
    """A session of study ended: its time as the server counted it, gaps left out (W 9)."""

    sealed_as = Device

    started_at: Open[int]   # Microseconds since 1970 in UTC, by the server's clock.
    ended_at: Open[int]
    minutes: Open[int]      # Whole ones, without what lay in gaps.
    heartbeats: Open[int]
    challenges: Open[int] = 0   # How often somebody had to show that they were there (人机交互),
    answered: Open[int] = 0     # and how often somebody did.
    spread_ms: Open[int | None] = None         # By how much the time from one sign of life to the next varied (D10);
    answer_ms: Open[int | None] = None         # how long an answer took, in the mean,
    answer_spread_ms: Open[int | None] = None  # and by how much that varied. Standard deviations, in milliseconds.


class CourseCompleted(EnrolmentEvent, tag="enrolment.completed/1"):
    """All of it was studied: the exam may be booked."""

    on: Open[date]
    minutes: Open[int]


class CourseExamined(EnrolmentEvent, tag="enrolment.examined/1"):
    """What somebody reached in the course's own quiz, taken online (课程考核); an exam on site is a booking's."""

    score_centi: Open[int]
    pass_mark_centi: Open[int]
    passed: Open[bool]
    on: Open[date]              # The day of announcement: the evidence date of the hours (AMB-15).
    hand: Pseudonym[Hand]


class CourseHoursRegistered(EnrolmentEvent, tag="enrolment.hours_registered/1"):
    """The hours stand in the register as a claim of their own, once an enrolment (W 10, N 8)."""

    claim: Pseudonym[ClaimId]
    completed_by: Open[str]                  # exam or completion: which of them is enough is law.
    hours_centi: Open[int]
    on: Open[date]                           # Of the evidence: the announced result, or the completion.
    booking: Pseudonym[str | None] = None
