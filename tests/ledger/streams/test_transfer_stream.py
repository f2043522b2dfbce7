"""A unit transfer: asked, answered by the receiving unit alone, and affiliated in the same breath (W 4)."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import date

import pytest
from msgspec.structs import replace
from stream_cast import (
    AT_WORKS,
    BUREAU,
    ELSEWHERE,
    LI,
    PERSON,
    WANG,
    WHY,
    WORKS,
    actor,
    event,
    events,
    outcome,
    read_table,
    refusal,
    sealed_fits,
    streams,
    unit,
)

from ledger.events.actor import Scope
from ledger.events.base import Name
from ledger.streams import person as people
from ledger.streams import transfer as transfers
from ledger.streams import unit as units
from ledger.streams.decision import Decision
from ledger.streams.person import Person
from ledger.streams.transfer import Status, Transfer, evolve
from ledger.vocabulary import TransferId

ROLE = "unit_reviewer"
TRANSFER = TransferId("trf_1")
STARTS = date(2026, 6, 1)
TO = unit(ELSEWHERE, region="330304")
CLERK = actor("clerk", Scope(role=ROLE, region="3303", unit=ELSEWHERE), organisation=ELSEWHERE, person=WANG)
ASK = transfers.RequestTransfer(transfer=TRANSFER, person=LI, starts=STARTS, major="blasting", standing="talent_market")
OPEN = Transfer(TRANSFER, LI, ELSEWHERE, STARTS, WORKS, "blasting", "talent_market")

STATES: dict[str, Transfer | None] = {"absent": None} | {
    status.value: replace(OPEN, status=status) for status in Status
}
COMMANDS: dict[str, Callable[[Transfer | None, Person], Decision]] = {
    "RequestTransfer": lambda transfer, person: transfers.decide_request(transfer, ASK, person, TO),
    "ConfirmTransfer": lambda transfer, person: transfers.decide_confirmation(
        transfer, transfers.ConfirmTransfer(role=ROLE), person, TO, CLERK
    ),
    "RefuseTransfer": lambda transfer, person: transfers.decide_transfer_refusal(
        transfer, transfers.RefuseTransfer(role=ROLE, words=WHY), person, TO, CLERK
    ),
    "WithdrawTransfer": lambda transfer, person: transfers.decide_transfer_withdrawal(
        transfer, transfers.WithdrawTransfer(person=LI), person
    ),
}

MATRIX = read_table("""
                 absent            requested          confirmed          refused            withdrawn
RequestTransfer  TransferRequested transfer_exists    transfer_exists    transfer_exists    transfer_exists
ConfirmTransfer  transfer_absent   TransferConfirmed+PersonAffiliated transfer_not_open transfer_not_open transfer_not_open
RefuseTransfer   transfer_absent   TransferRefused    transfer_not_open  transfer_not_open  transfer_not_open
WithdrawTransfer transfer_absent   TransferWithdrawn  transfer_not_open  transfer_not_open  transfer_not_open
""")  # noqa: E501 - a table is read by its columns.

LEADS_TO = dict(zip(COMMANDS, Status, strict=True))


@pytest.mark.parametrize(("command", "state"), list(itertools.product(COMMANDS, STATES)))
def test_a_command_in_a_state_does_what_the_matrix_says(command: str, state: str) -> None:
    decision = COMMANDS[command](STATES[state], PERSON)

    assert outcome(decision) == MATRIX[command, state]
    if isinstance(decision, tuple):
        assert sealed_fits(decision)
        assert evolve(STATES[state], decision[0].event).status is LEADS_TO[command]


@pytest.mark.parametrize("command", COMMANDS)
def test_nothing_is_done_for_a_restricted_or_forgotten_person(command: str) -> None:
    transfer = None if command == "RequestTransfer" else OPEN

    assert outcome(COMMANDS[command](transfer, replace(PERSON, is_restricted=True))) == "person_restricted"
    assert outcome(COMMANDS[command](transfer, replace(PERSON, is_forgotten=True))) == "key_destroyed"


def test_a_request_says_where_the_person_comes_from_on_that_day() -> None:
    requested = event(COMMANDS["RequestTransfer"](None, PERSON))
    first_match = event(COMMANDS["RequestTransfer"](None, Person(LI)))

    assert requested.from_unit == WORKS
    assert requested.subjects() == (LI, WORKS, ELSEWHERE)
    assert first_match.from_unit is None  # A first match to a unit is a transfer from none.


def test_nobody_asks_for_the_unit_where_they_are_unless_something_else_about_it_changes() -> None:
    at = PERSON.affiliation_on(ASK.starts)
    assert at is not None
    as_before = replace(ASK, major=at.major, standing=at.standing)
    seat = TO.seats[-1]._replace(region=at.region, sector=at.sector)

    def asked(command: transfers.RequestTransfer, seat: units.Seat = seat) -> Decision:
        return transfers.decide_request(None, command, PERSON, replace(TO, unit=WORKS, seats=(seat,)))

    no = refusal(asked(as_before))
    assert (no.code, no.seen) == ("nothing_changed", {"unit": WORKS, "since": at.starts})
    assert outcome(asked(replace(as_before, major="blasting"))) == "TransferRequested"
    assert outcome(asked(replace(as_before, standing="talent_market"))) == "TransferRequested"
    assert outcome(asked(as_before, seat._replace(region="330304"))) == "TransferRequested"


def test_a_person_has_one_open_transfer_and_of_two_at_once_the_reserved_name_lets_one_stand() -> None:
    second = replace(ASK, transfer=TransferId("trf_2"))

    no = refusal(transfers.decide_request(None, second, PERSON, TO, open_transfer=OPEN))
    after = transfers.decide_request(None, second, PERSON, TO, open_transfer=replace(OPEN, status=Status.REFUSED))

    assert (no.code, no.seen) == ("transfer_open", {"transfer": TRANSFER})
    assert outcome(after) == "TransferRequested"
    assert event(COMMANDS["RequestTransfer"](None, PERSON)).names(None) == (Name("open_transfer", LI),)
    for command in ("ConfirmTransfer", "RefuseTransfer", "WithdrawTransfer"):
        assert events(COMMANDS[command](OPEN, PERSON))[0].freed() == {"open_transfer"}


@pytest.mark.parametrize(
    ("where", "code"),
    [
        (None, "unit_absent"),
        (replace(TO, status=units.Status.REGISTERED), "unit_not_verified"),
        (replace(TO, status=units.Status.REJECTED), "unit_rejected"),
        (replace(TO, status=units.Status.MERGED), "unit_merged"),
        (replace(TO, status=units.Status.CLOSED), "unit_closed"),
    ],
)
def test_a_transfer_leads_to_a_registered_unit_that_still_exists(where: units.Unit | None, code: str) -> None:
    assert outcome(transfers.decide_request(None, ASK, PERSON, where)) == code
    if where is not None:  # It may have gone since the request.
        confirm = transfers.ConfirmTransfer(role=ROLE)
        assert outcome(transfers.decide_confirmation(OPEN, confirm, PERSON, where, CLERK)) == code


def test_nobody_asks_or_withdraws_for_another() -> None:
    ask, withdraw = replace(ASK, person=WANG), transfers.WithdrawTransfer(person=WANG)

    assert outcome(transfers.decide_request(None, ask, PERSON, TO)) == "not_the_person"
    assert outcome(transfers.decide_transfer_withdrawal(OPEN, withdraw, PERSON)) == "not_the_person"
    assert outcome(transfers.decide_request(None, ASK, None, TO)) == "person_absent"


def test_only_the_receiving_units_people_answer_and_not_for_themselves() -> None:
    confirm, refuse = transfers.ConfirmTransfer(role=ROLE), transfers.RefuseTransfer(role=ROLE, words=WHY)
    wide = Scope(role=ROLE, region="33")
    for by, code in (
        (actor("bureau", wide, organisation=BUREAU), "not_the_receiving_unit"),
        (actor("old_unit", wide, organisation=WORKS), "not_the_receiving_unit"),
        (actor("narrow", Scope(role=ROLE, region="3302"), organisation=ELSEWHERE), "outside_scope"),
        (actor("without", organisation=ELSEWHERE), "role_not_held"),
        (replace(CLERK, person=LI), "own_transfer"),
    ):
        assert outcome(transfers.decide_confirmation(OPEN, confirm, PERSON, TO, by)) == code
        assert outcome(transfers.decide_transfer_refusal(OPEN, refuse, PERSON, TO, by)) == code


def test_confirming_affiliates_the_person_where_the_unit_is_on_that_day() -> None:
    anywhere = actor("clerk", Scope(role=ROLE, region="33"), organisation=ELSEWHERE, person=WANG)
    moved = replace(TO, seats=(*TO.seats, units.Seat(date(2026, 5, 1), "330382", "environment")))

    confirmed, affiliated = events(
        transfers.decide_confirmation(OPEN, transfers.ConfirmTransfer(role=ROLE), PERSON, moved, anywhere)
    )

    assert streams([confirmed, affiliated]) == {TRANSFER, LI}
    assert affiliated.transfer == TRANSFER
    one = affiliated.affiliation
    assert (one.unit, one.starts, one.region, one.sector) == (ELSEWHERE, STARTS, "330382", "environment")
    assert (one.major, one.standing) == ("blasting", "talent_market")
    assert people.evolve(PERSON, affiliated).affiliation_on(STARTS) == one


def test_the_unit_may_put_the_day_right() -> None:
    later = transfers.ConfirmTransfer(role=ROLE, starts=date(2026, 7, 1))

    confirmed, affiliated = events(transfers.decide_confirmation(OPEN, later, PERSON, TO, CLERK))

    assert evolve(OPEN, confirmed).starts == affiliated.affiliation.starts == date(2026, 7, 1)


def test_a_day_on_which_another_affiliation_begins_is_refused_at_both_ends() -> None:
    taken = replace(ASK, starts=AT_WORKS.starts)
    confirm = transfers.ConfirmTransfer(role=ROLE, starts=AT_WORKS.starts)

    assert outcome(transfers.decide_request(None, taken, PERSON, TO)) == "affiliation_exists"
    assert outcome(transfers.decide_confirmation(OPEN, confirm, PERSON, TO, CLERK)) == "affiliation_exists"


def test_a_refusal_says_why() -> None:
    silent = transfers.RefuseTransfer(role=ROLE, words=" ")

    assert outcome(transfers.decide_transfer_refusal(OPEN, silent, PERSON, TO, CLERK)) == "words_missing"
