"""Exams of the public courses (W 10): three sessions a year and city, of which one is called off.

One learner books the session that is called off, one gives the seat back, one stays away, one fails and sits again, and
one result was misread: so a small history has each of these.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from api.demo.calendar import SECOND, Calendar, moment, working_day
from api.demo.claims import Someone
from api.demo.country import HUMAN_RESOURCES, Hand, Organisation
from api.demo.dice import Dice
from api.demo.pen import Pen
from ledger.events.base import By
from ledger.events.exam import BookingId, ExamId
from ledger.streams import booking as bookings
from ledger.streams import exam as exams
from ledger.streams import exam_session as sessions
from ledger.streams.course import Course
from ledger.streams.decision import Decision
from ledger.streams.enrolment import Enrolment
from ledger.streams.exam import Booking, Exam, Status

_PASS_MARK: Final = 6_000
_AT_THE_WRONG_ONE, _GIVES_BACK, _STAYS_AWAY, _MISREAD, _FAILS = range(1, 6)
_DAYS: Final = ((5, 16), (5, 23), (9, 19))  # The first of them is called off.


@dataclass(slots=True, eq=False)
class Seat:
    """A booking, and whose."""

    who: Learner
    state: Booking
    version: int = 1


@dataclass(slots=True, eq=False)
class Learner:
    """Someone who takes a course: the number says what befalls them."""

    number: int
    whose: Someone
    enrolment: Enrolment | None = None
    version: int = 0
    seat: Seat | None = None   # The last that they had.

    @property
    def by(self) -> By:
        """Name them in an event."""
        return By(actor=self.whose.state.person, role="person")


@dataclass(slots=True, eq=False)
class Session:
    """A session with its seats."""

    state: Exam
    seats: list[Seat] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Round:
    """A course of a year in a city, who holds its exams, and when."""

    course: Course
    house: Organisation
    off: Session
    first: Session
    second: Session


class Sessions:
    """From the plan of exams to the results. `registers` is told of everyone who passed."""

    def __init__(
        self, pen: Pen, calendar: Calendar, ids: Dice, dice: Dice, registers: Callable[[Learner, Round], None]
    ) -> None:
        self._pen, self._calendar, self._ids, self._dice = pen, calendar, ids, dice
        self._registers = registers

    def evening(self, day: date) -> int:
        """A time at which people sit at home."""
        return moment(day, 20) + self._dice.below(90 * 60) * SECOND

    def planned(self, house: Organisation, course: Course, seats: int) -> Round:
        """Plan the sessions of a course, each with a seat for everyone."""
        off, first, second = (self._session(house, course, date(course.published.year, *day), seats) for day in _DAYS)
        round_ = Round(course, house, off, first, second)
        self._calendar.at(moment(working_day(date(course.published.year, 5, 6)), 10), self._call_off, round_)
        for session in (first, second):
            monday = working_day(session.state.scheduled.day + timedelta(days=2))
            self._calendar.at(moment(monday, 9), self._sit, round_, session)
        return round_

    def _session(self, house: Organisation, course: Course, day: date, seats: int) -> Session:
        published, hand = course.published, house.hands[0]
        command = exams.ScheduleExam(
            exam=ExamId(self._ids.id("exam", self._calendar.now)), role=HUMAN_RESOURCES, region=published.region,
            year=published.year, category=published.category, day=day, starts="09:00", ends="10:00",
            place="人事考试中心（虚构）", seats=2 * seats, pass_mark_centi=_PASS_MARK,
            book_until=day - timedelta(days=14))
        decision = exams.decide_scheduling(None, command, hand.state)
        (scheduled,) = self._pen.write(self._calendar.now, decision, hand.by(HUMAN_RESOURCES))
        return Session(exams.evolve(None, scheduled))

    # The learner

    def expect(self, who: Learner, round_: Round) -> None:
        """Let someone who has completed the course book a seat in April."""
        day = date(round_.course.published.year, 4, 10) + timedelta(days=self._dice.below(15))
        session = round_.off if who.number == _AT_THE_WRONG_ONE else round_.first
        self._calendar.at(self.evening(day), self._book, who, session)
        if who.number == _GIVES_BACK:
            self._calendar.at(self.evening(day + timedelta(days=1)), self._give_back, who, round_)

    def _book(self, who: Learner, session: Session) -> None:
        """Take the next seat; whoever comes too late has none."""
        exam, person, today = session.state, who.whose.state, self._calendar.today
        if not who.whose.is_open or exam.closed is not None or today > exam.scheduled.book_until:
            return
        command = bookings.BookSeat(
            booking=BookingId(self._ids.id("booking", self._calendar.now)), person=person.person,
            seat=len(session.seats) + 1, on=today)
        decision = bookings.decide_booking(
            None, command, person, exam, who.enrolment, None if who.seat is None else who.seat.state)
        (booked,) = self._pen.write(self._calendar.now, decision, who.by)
        who.seat = Seat(who, exams.evolve_booking(None, booked))
        session.seats.append(who.seat)

    def _give_back(self, who: Learner, round_: Round) -> None:
        if who.seat is None or not who.whose.is_open:
            return
        command = bookings.ReleaseSeat(person=who.whose.state.person, on=self._calendar.today)
        self._about(who.seat, bookings.decide_seat_release(
            who.seat.state, command, who.whose.state, round_.first.state), who.by)
        self._calendar.at(self._calendar.now + 600 * SECOND, self._book, who, round_.second)

    # The office

    def _call_off(self, round_: Round) -> None:
        """Whoever had a seat in it books the next."""
        self._close(round_, round_.off, held=False)
        for seat in round_.off.seats:
            self._calendar.at(self._calendar.now + 600 * SECOND, self._book, seat.who, round_.first)

    def _waiting(self, session: Session, status: Status) -> list[Seat]:
        return [seat for seat in session.seats if seat.state.status is status and seat.who.whose.is_open]

    def _sit(self, round_: Round, session: Session) -> None:
        """Enter who came; on the Friday what they had."""
        for seat in self._waiting(session, Status.BOOKED):
            present, hand = session is round_.second or seat.who.number != _STAYS_AWAY, _other(round_.house, seat)
            command = bookings.RecordAttendance(role=HUMAN_RESOURCES, present=present, on=self._calendar.today)
            decision = bookings.decide_attendance(
                seat.state, command, seat.who.whose.state, session.state, hand.state)
            self._about(seat, decision, hand.by(HUMAN_RESOURCES))
            if present:  # No study shares a day with another, nor with an exam.
                seat.who.whose.since = max(seat.who.whose.since, self._calendar.today)
            else:
                self._calendar.at(self._calendar.now + 3_600 * SECOND, self._book, seat.who, round_.second)
        friday = working_day(self._calendar.today + timedelta(days=4))
        self._calendar.at(moment(friday, 10), self._announce, round_, session)

    def _announce(self, round_: Round, session: Session) -> None:
        """Enter the results; who failed sits again, one was misread and is put right by a colleague."""
        for seat in self._waiting(session, Status.ATTENDED):
            low = session is round_.first and seat.who.number in (_MISREAD, _FAILS)
            score = 100 * (self._dice.between(30, 55) if low else self._dice.between(62, 98))
            hand = _other(round_.house, seat)
            command = bookings.RecordResult(role=HUMAN_RESOURCES, score_centi=score, on=self._calendar.today)
            decision = bookings.decide_result(seat.state, command, seat.who.whose.state, session.state, hand.state)
            self._about(seat, decision, hand.by(HUMAN_RESOURCES))
            if low and seat.who.number == _MISREAD:
                self._put_right(round_.house, seat, session)
            elif low:
                self._calendar.at(self._calendar.now + 3_600 * SECOND, self._book, seat.who, round_.second)
        self._calendar.at(self._calendar.now + 7_200 * SECOND, self._end, round_, session)

    def _put_right(self, house: Organisation, seat: Seat, session: Session) -> None:
        assert seat.state.result is not None, "only what was entered is put right"
        found = seat.state.result.hand
        hand = next(one for one in house.hands if not one.state.is_same_hand(found))
        command = bookings.CorrectResult(
            role=HUMAN_RESOURCES, score_centi=seat.state.result.score_centi + 4_000, on=self._calendar.today,
            words="答题卡复核：漏计一题组")
        decision = bookings.decide_result_correction(
            seat.state, command, seat.who.whose.state, session.state, hand.state)
        self._about(seat, decision, hand.by(HUMAN_RESOURCES))

    def _end(self, round_: Round, session: Session) -> None:
        """Whoever passed has their hours; then the session is over."""
        for seat in self._waiting(session, Status.PASSED):
            self._registers(seat.who, round_)
        self._close(round_, session, held=True)

    def _close(self, round_: Round, session: Session, *, held: bool) -> None:
        hand, of = round_.house.hands[0], {seat.state.booking: seat for seat in session.seats}
        command = sessions.CloseExam(role=HUMAN_RESOURCES, held=held, on=self._calendar.today)
        decision = sessions.decide_closing(
            session.state, command, [seat.state for seat in session.seats],
            {seat.state.person: seat.who.whose.state for seat in session.seats}, hand.state)
        versions: dict[str, int] = {session.state.exam: 1}
        versions |= {name: seat.version for name, seat in of.items()}
        *released, closed = self._pen.write(self._calendar.now, decision, hand.by(HUMAN_RESOURCES), versions)
        for event in released:
            seat = of[event.booking]
            seat.state, seat.version = exams.evolve_booking(seat.state, event), seat.version + 1
        session.state = exams.evolve(session.state, closed)

    def _about(self, seat: Seat, decision: Decision, by: By) -> None:
        for event in self._pen.write(self._calendar.now, decision, by, {seat.state.booking: seat.version}):
            seat.state, seat.version = exams.evolve_booking(seat.state, event), seat.version + 1


def _other(house: Organisation, seat: Seat) -> Hand:
    """An account that is not the learner's own (D07)."""
    return next(hand for hand in house.hands if hand.state.person != seat.state.person)
