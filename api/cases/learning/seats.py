"""Exam sessions and seats, done: put into the plan, booked, given back; the session closed or called off (W 10).

Whoever may publish a place's courses holds their exams (`api/cases/learning/courses.py`). A seat is chosen, or given by
chance among those that are free, so that a crowd does not race for the first one; that of two at once one has it, the
log's reserved names see to. Who has booked is shown to the office that holds the exam, for a purpose, and recorded.

`tests/api/test_seats.py` shows it.
"""

from __future__ import annotations

import secrets
from typing import Any, Final

from api.cases.belonging.people import identity_of
from api.cases.doing import Asked, Done, Reading, do
from api.cases.learning.courses import as_department, enrolment_of, former_hours, holders, matter_of
from api.cases.looked import record_looks
from api.cases.standing import absent, acting, by_actor, look, looking, may_see, not_a_person, places, seeing_scopes
from api.house import House
from api.operational.callers import Caller
from ledger.errors import Refusal
from ledger.events.base import Name
from ledger.events.exam import BookingId, ExamId
from ledger.stores.append import NothingSince
from ledger.streams import booking as bookings
from ledger.streams import exam as exams
from ledger.streams import exam_session as sessions
from ledger.streams.decision import Decision
from ledger.streams.exam import Booking, Exam
from ledger.streams.standing import Actor, Matter
from ledger.vocabulary import Category, PersonId, format_hours
from projections import exams as known

FULL_MARK_CENTI: Final = 10_000
"""A hundred, where whoever plans a session says nothing else."""

MOVABLE: Final = ("day", "starts", "ends", "place", "seats", "book_until")
"""What may be said anew of a session; whose courses it examines, and by which mark, stays."""

_TRIES: Final = 1_000
"""Each time somebody else has taken the one that was free: a session has no more seats than this."""


# The plan


def schedule(house: House, caller: Caller, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Put a session into the plan of exams."""
    exam, matter = ExamId(house.new_id("exam")), matter_of(house, fields)

    def decide(reading: Reading, role: str, by: Actor) -> Decision:
        reading.fresh(exam)
        return exams.decide_scheduling(None, exams.ScheduleExam(
            exam=exam, role=role, region=matter.region, year=fields["year"], category=Category(fields["category"]),
            day=fields["day"], starts=fields["starts"], ends=fields["ends"], place=fields["place"],
            seats=fields["seats"], pass_mark_centi=fields["pass_mark"], book_until=fields["book_until"],
            sector=matter.sector, resits=fields.get("resits", True),
            full_mark_centi=fields.get("full_mark", FULL_MARK_CENTI)), by)

    return as_department(house, caller, matter, asked, decide)


def move(house: House, caller: Caller, exam: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Hold a session another day, elsewhere or with other seats; what is not said stays as it is."""
    found = exam_of(Reading(house.ledger), exam)
    if found is None:
        return unknown_exam(house, caller)
    if (behind := house.settled()) is not None:  # Whose seats stay has to be known.
        return behind

    def decide(reading: Reading, role: str, by: Actor) -> Decision:
        session = exam_of(reading, exam)
        assert session is not None, "a session is never taken away"
        stands = session.scheduled
        given = {name: fields.get(name, getattr(stands, name)) for name in MOVABLE}
        command = sessions.MoveExam(role=role, because=fields["because"], on=house.today, **given)
        booked = _booked(house, reading, session, all_there_are=command.seats < stands.seats)
        return sessions.decide_move(session, command, booked, by)

    return as_department(house, caller, found.matter, asked, decide, upon=exam, show=exam_view)


def close(house: House, caller: Caller, exam: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Close a session over all its results, or call it off and give every seat back."""
    found = exam_of(Reading(house.ledger), exam)
    if found is None:
        return unknown_exam(house, caller)
    if (behind := house.settled()) is not None:
        return behind

    def decide(reading: Reading, role: str, by: Actor) -> Decision:
        session = exam_of(reading, exam)
        assert session is not None, "a session is never taken away"
        seats = _booked(house, reading, session, all_there_are=not fields["held"])  # Held, booking ended days ago.
        people = {seat.person: person for seat in seats if (person := reading.person(seat.person)) is not None}
        command = sessions.CloseExam(role=role, held=fields["held"], on=house.today)
        drafts = sessions.decide_closing(session, command, seats, people, by)
        if isinstance(drafts, Refusal):
            return drafts
        return tuple(sorted(drafts, key=lambda draft: draft.event.stream != exam))  # What was asked for comes first.

    return as_department(house, caller, found.matter, asked, decide, upon=exam, show=exam_view)


def _booked(house: House, reading: Reading, exam: Exam, *, all_there_are: bool) -> list[Booking]:
    """Every booking of a session as it stands: who holds a seat, and who held one until it was given up or forgotten.

    Who books at this instant is asked of the names, which need no following. `all_there_are`: what is decided rests on
    there being no other, so that it is decided again when somebody books before it is recorded.
    """
    if all_there_are:
        reading.guards.append(NothingSince(exam.exam, house.ledger.store.size()))
    seats = (Name("seat", f"{exam.exam}:{seat}") for seat in range(1, exam.scheduled.seats + 1))
    told = (one.booking for one in known.bookings_of(house.answers, exam=exam.exam))
    found = reading.states([*house.ledger.find_all(seats).values(), *told], exams.evolve_booking)
    return [seat for seat in found.values() if seat is not None]


# Seats


def book(house: House, caller: Caller, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Take a seat: the one that was asked for, or any that is free."""
    if no := not_a_person(caller):
        return no
    outcome = _book(house, caller, fields, fields.get("seat"), asked)
    for _ in range(_TRIES):
        taken = _just_taken(outcome)
        if taken is None or (taken == "seat" and "seat" in fields):
            break
        outcome = _book(house, caller, fields, fields.get("seat"), asked)  # Of one's turn, to say which it was.
    return Refusal.because("seat_taken") if _just_taken(outcome) == "seat" else outcome


def _just_taken(outcome: Done | Refusal) -> object:
    """What somebody had in the very instant: the seat, or oneself a seat elsewhere."""
    is_taken = isinstance(outcome, Refusal) and outcome.code == "name_taken"
    return outcome.seen.get("kind") if is_taken else None  # type: ignore[union-attr]


def _book(house: House, caller: Caller, fields: dict[str, Any], seat: int | None, asked: Asked) -> Done | Refusal:
    booking, learner = BookingId(house.new_id("booking")), PersonId(caller.id)

    def decide(reading: Reading) -> Decision:
        exam, enrolment = exam_of(reading, fields["exam"]), enrolment_of(reading, fields["enrolment"])
        if enrolment is not None and enrolment.person != learner:
            enrolment = None  # Of another's not even that there is one.
        command = bookings.BookSeat(booking=booking, person=learner, seat=seat or 1, on=house.today)
        reading.fresh(booking)
        person, former = reading.person(learner), None if enrolment is None else former_hours(reading, enrolment)
        drafts = bookings.decide_booking(None, command, person, exam, enrolment, former=former)
        if isinstance(drafts, Refusal) or exam is None:
            return drafts
        held = {name.kind: booking_of(reading, found) for name, found in holders(house, drafts[0].event.names(None))}
        turn = held.get("exam_of_year") or held.get("seat_of_person")
        if turn is None and seat is None:
            if (free := _free(house, exam)) is None:
                return Refusal.because("exam_full", exam=exam.exam, seats=exam.scheduled.seats)
            command = bookings.BookSeat(booking=booking, person=learner, seat=free, on=house.today)
        return bookings.decide_booking(None, command, person, exam, enrolment, turn, former)

    return do(house.ledger, caller.by("person"), asked, decide)


def _free(house: House, exam: Exam) -> int | None:
    """A seat that nobody holds, by chance: whoever asks at the same time is given another."""
    seats = exam.scheduled.seats
    first = secrets.randbelow(seats)
    for at in range(seats):
        seat = (first + at) % seats + 1
        if house.ledger.find(Name("seat", f"{exam.exam}:{seat}")) is None:
            return seat
    return None


def release(house: House, caller: Caller, booking: str, asked: Asked) -> Done | Refusal:
    """Give one's seat back while others can still book it."""
    if no := not_a_person(caller):
        return no

    def decide(reading: Reading) -> Decision:
        own = booking_of(reading, booking)
        if own is None or own.person != caller.id:
            return Refusal.because("booking_absent")
        person, exam = reading.person(own.person), exam_of(reading, own.booked.exam)
        assert person is not None and exam is not None, "a booking is a person's, in a session"
        command = bookings.ReleaseSeat(person=own.person, on=house.today)
        return bookings.decide_seat_release(own, command, person, exam)

    return do(house.ledger, caller.by("person"), asked, decide, upon=booking, show=booking_view)


# Looking


def see(house: House, caller: Caller, booking: str, purpose: str | None) -> tuple[dict[str, Any], int] | Refusal:
    """A booking with its version: to whom it is about, or to an office of the person's or of the session's place."""
    reading = Reading(house.ledger)
    found = booking_of(reading, booking)
    if found is None:
        return absent(house, caller, "booking_absent")
    no = look(house, caller, person=found.person, matters=sights_of_booking(house, reading, found), purpose=purpose,
              what=("exams",), route="exams", otherwise="booking_absent")
    return no if no is not None else (booking_view(found), reading.versions[found.booked.stream])


def sights_of_booking(house: House, reading: Reading, found: Booking | None) -> tuple[Matter | None, ...]:
    """From where a booking is seen: where its person belongs or belonged, and from the office that holds the exam."""
    if found is None:
        return ()
    person, exam = reading.person(found.person), exam_of(reading, found.booked.exam)
    own = () if person is None else places(person, house.today)
    return own if exam is None else (exam.matter, *own)


def of_exam(
    house: House, caller: Caller, exam: str, purpose: str | None, *, as_of: int, named: bool = False
) -> dict[str, Any] | Refusal:
    """Everyone who has booked, by seat, to an office of the session's place; each is recorded as seen.

    `named`: with who they are, masked, as whoever calls them in on site wants it.
    """
    asking = looking(house, caller)
    if isinstance(asking, Refusal):
        return asking
    session = exam_of(Reading(house.ledger), exam)
    if session is None:
        return Refusal.because("exam_absent")
    if no := may_see(asking, session.matter):
        return no
    if purpose is None:
        return Refusal.because("purpose_missing")
    found = known.bookings_of(house.answers, exam=exam, as_of=as_of)
    record_looks(house, by_actor(caller, asking, seeing_scopes(asking)[0].role), (one.person for one in found), purpose,
                 what=("exams", "identity") if named else ("exams",), route="exams")
    reading = Reading(house.ledger)
    return {"exam": exam, "items": [
        _listed(one) | (_named(house, reading, one.person) if named else {})
        for one in sorted(found, key=lambda one: (one.seat, one.booking))]}


def _listed(one: known.Booking) -> dict[str, Any]:
    return {
        "booking": one.booking, "person": one.person, "enrolment": one.enrolment, "seat": one.seat,
        "status": one.status, "score": None if one.score_centi is None else format_hours(one.score_centi),
        "announced_on": one.announced_on, "version": len(one.events),
    }


def _named(house: House, reading: Reading, name: str) -> dict[str, Any]:
    person = reading.person(name)
    identity = None if person is None else identity_of(house, person)
    told = identity or {"name": None, "id_number": None}  # Of somebody whose key is destroyed, neither.
    return {"name": told["name"], "id_number": told["id_number"]}


# Reading


def exam_of(reading: Reading, exam: str) -> Exam | None:
    """Read a session."""
    return reading.state(exam, exams.evolve)


def booking_of(reading: Reading, booking: str) -> Booking | None:
    """Read a booking."""
    return reading.state(booking, exams.evolve_booking)


def unknown_exam(house: House, caller: Caller) -> Refusal:
    """A session that is not there, told after who asks: a session is no secret."""
    actor = acting(house, caller)
    return actor if isinstance(actor, Refusal) else Refusal.because("exam_absent")


# How they are shown


def exam_view(exam: Exam) -> dict[str, Any]:
    """A session after a decision."""
    scheduled, closed = exam.scheduled, exam.closed
    return {
        "exam": exam.exam, "unit": scheduled.unit, "region": scheduled.region, "sector": scheduled.sector,
        "year": scheduled.year, "category": scheduled.category, "day": scheduled.day, "starts": scheduled.starts,
        "ends": scheduled.ends, "place": scheduled.place, "seats": scheduled.seats,
        "pass_mark": format_hours(scheduled.pass_mark_centi), "book_until": scheduled.book_until,
        "full_mark": None if (full := scheduled.full_mark_centi) is None else format_hours(full),
        "resits": scheduled.resits, "moves": exam.moves,
        "status": "scheduled" if closed is None else "held" if closed.held else "called_off",
        "booked": None if closed is None else closed.booked, "attended": None if closed is None else closed.attended,
        "passed": None if closed is None else closed.passed,
    }


def booking_view(found: Booking) -> dict[str, Any]:
    """A booking as it stands."""
    booked, result = found.booked, found.result
    return {
        "booking": found.booking, "person": found.person, "exam": booked.exam, "enrolment": booked.enrolment,
        "course": booked.course, "seat": booked.seat, "status": found.status,
        "score": None if result is None else format_hours(result.score_centi),
        "announced_on": None if result is None else result.on, "moves": booked.moves,
    }
