"""The last seat of a session, asked for by a crowd at once: one has it, and each other is told what is gone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from threading import Barrier

import pytest
from course_cast import COMPLETE, COURSE, ENROL, EXAM, STUDY_ALL
from msgspec.structs import replace
from stream_cast import IDENTITY

from ledger.errors import Refusal
from ledger.events.base import By, Draft
from ledger.events.course import EnrolmentId
from ledger.events.exam import BookingId, ExamClosed
from ledger.events.person import PersonRegistered
from ledger.keys.master import FileMasterKey
from ledger.keys.vault import Vault
from ledger.ledger import Deciding, Ledger
from ledger.stores.append import NameTaken, Receipt
from ledger.streams import booking as bookings
from ledger.streams import enrolment as enrolments
from ledger.streams import exam as exams
from ledger.streams import person as persons
from ledger.streams.decision import Decision
from ledger.streams.enrolment import Enrolment
from ledger.vocabulary import PersonId, StreamId

BY = By(actor="acr_system", role="system")
CROWD = 8


@pytest.fixture(params=["memory", "file"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    vault = Vault(tmp_path / "people.db", FileMasterKey.create(tmp_path / "master.key"))
    opened = Ledger.in_memory(vault) if request.param == "memory" else Ledger.in_file(tmp_path / "ledger.db", vault)
    opened.record((Draft(COURSE.published), Draft(replace(EXAM.scheduled, seats=1))), by=BY)
    yield opened
    opened.close()
    vault.close()


def learner(ledger: Ledger, number: int) -> tuple[PersonId, EnrolmentId]:
    """Somebody who has completed the course."""
    person, enrolment = PersonId(f"per_{number}"), EnrolmentId(f"enr_{number}")
    identity = replace(IDENTITY, id_number=f"id-{number}")
    ledger.record((Draft(PersonRegistered(person=person), identity),), by=BY)
    known = ledger.load(person, persons.evolve).state
    assert known is not None
    enrol = replace(ENROL, enrolment=enrolment, person=person)
    steps: tuple[Callable[[Enrolment | None], Decision], ...] = (
        lambda one: enrolments.decide_enrolment(one, enrol, known, COURSE),
        lambda one: enrolments.decide_study(one, STUDY_ALL, known),
        lambda one: enrolments.decide_completion(one, COMPLETE, known, COURSE),
    )
    state = None
    for decide in steps:
        made = decide(state)
        assert not isinstance(made, Refusal), made
        ledger.record(made, by=BY, versions={StreamId(enrolment): ledger.store.version(enrolment)})
        state = ledger.load(enrolment, enrolments.evolve).state
    return person, enrolment


def booking_of(ledger: Ledger, number: int, person: PersonId, enrolment: EnrolmentId) -> Callable[[], Deciding]:
    """Decide over what stands now, resting on the session, the enrolment and the person."""
    def decide() -> Deciding:
        one, course, known = (ledger.load_free("exm_1", exams.evolve), ledger.load_free(enrolment, enrolments.evolve),
                              ledger.load_free(person, persons.evolve))
        command = bookings.BookSeat(
            booking=BookingId(f"bkg_{number}"), person=person, seat=1, on=EXAM.scheduled.book_until)
        drafts = bookings.decide_booking(None, command, known.state, one.state, course.state)
        return Deciding(drafts, {}, (*one.guards, *course.guards, *known.guards))

    return decide


def rush(ledger: Ledger, deciding: list[Callable[[], Deciding]]) -> list[Receipt | Refusal | NameTaken]:
    barrier = Barrier(len(deciding))

    def book(decide: Callable[[], Deciding]) -> Receipt | Refusal | NameTaken:
        barrier.wait()
        try:
            return ledger.decide(decide, by=BY)
        except NameTaken as taken:
            return taken

    with ThreadPoolExecutor(len(deciding)) as threads:
        return list(threads.map(book, deciding))


def test_one_of_a_crowd_has_the_last_seat_and_each_other_is_told_so(ledger: Ledger) -> None:
    crowd = [learner(ledger, number) for number in range(CROWD)]
    before = ledger.store.size()

    ended = rush(ledger, [booking_of(ledger, number, *one) for number, one in enumerate(crowd)])

    assert Counter(type(one).__name__ for one in ended) == {"Receipt": 1, "NameTaken": CROWD - 1}
    lost = [one for one in ended if isinstance(one, NameTaken)]
    assert {one.kind for one in lost} == {"seat"} and "考试座位" in str(lost[0])
    assert ledger.store.size() == before + 1, "whoever lost left nothing behind"


def test_a_person_in_a_hurry_has_one_seat_of_a_session_and_one_turn(ledger: Ledger) -> None:
    person, enrolment = learner(ledger, 1)
    ended = rush(ledger, [booking_of(ledger, number, person, enrolment) for number in range(CROWD)])

    assert sum(isinstance(one, Receipt) for one in ended) == 1


def test_a_seat_that_is_given_back_is_the_next_ones(ledger: Ledger) -> None:
    (first, one), (second, two) = learner(ledger, 1), learner(ledger, 2)
    assert isinstance(ledger.decide(booking_of(ledger, 1, first, one), by=BY), Receipt)
    seat = ledger.load("bkg_1", exams.evolve_booking).state
    known = ledger.load(first, persons.evolve).state
    assert known is not None
    release = bookings.ReleaseSeat(person=first, on=date(2026, 4, 9))
    made = bookings.decide_seat_release(seat, release, known, replace(EXAM, scheduled=replace(EXAM.scheduled, seats=1)))
    assert not isinstance(made, Refusal), made
    ledger.record(made, by=BY, versions={StreamId("bkg_1"): 1})

    assert isinstance(ledger.decide(booking_of(ledger, 2, second, two), by=BY), Receipt)


def test_nobody_books_while_the_session_closes(ledger: Ledger) -> None:
    """Whoever decided before the closing and comes after it decides again, and is refused."""
    person, enrolment = learner(ledger, 1)
    decide = booking_of(ledger, 1, person, enrolment)
    stale = decide()
    assert not isinstance(stale.drafts, Refusal)
    off = ExamClosed(exam=EXAM.exam, held=False, booked=0, attended=0, passed=0)
    ledger.record((Draft(off),), by=BY, versions={StreamId(EXAM.exam): 1})
    once = iter([stale])

    refused = ledger.decide(lambda: next(once, None) or decide(), by=BY)

    assert isinstance(refused, Refusal) and refused.code == "exam_closed"
