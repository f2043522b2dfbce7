"""A unit's life: verified by an office, then one answer for every day to where it was and what it was called."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from stream_cast import (
    CONTACT,
    ELSEWHERE,
    WHY,
    WORKS,
    actor,
    drafts,
    event,
    outcome,
    read_table,
    refusal,
    sealed_fits,
    unit,
)

from ledger.events.actor import Scope
from ledger.events.base import Name
from ledger.streams import unit as units
from ledger.streams.decision import Decision
from ledger.streams.standing import Actor
from ledger.streams.unit import Status, Unit, evolve, unfit

ROLE = "unit_registrar"
OFFICER = actor("officer", Scope(role=ROLE, region="3302"))
ON = date(2024, 1, 1)

COMMANDS: dict[str, Callable[[Unit | None, Actor], Decision]] = {
    "RegisterUnit": lambda one, by: units.decide_unit_registration(
        one,
        units.RegisterUnit(
            unit=WORKS, credit_code="91330100MA27XYA111", name="甬江机械厂", region="330203", sector="industry",
            contact=CONTACT,
        ),
    ),
    "VerifyUnit": lambda one, by: units.decide_verification(one, units.VerifyUnit(role=ROLE), by),
    "RejectUnit": lambda one, by: units.decide_rejection(one, units.RejectUnit(role=ROLE, words=WHY), by),
    "RenameUnit": lambda one, by: units.decide_renaming(
        one, units.RenameUnit(role=ROLE, name="甬江机械有限公司", starts=ON), by
    ),
    "MoveUnit": lambda one, by: units.decide_move(
        one, units.MoveUnit(role=ROLE, region="330205", sector="industry", starts=ON), by
    ),
    "MergeUnit": lambda one, by: units.decide_merger(
        one, units.MergeUnit(role=ROLE, starts=ON), unit(ELSEWHERE), by
    ),
    "CloseUnit": lambda one, by: units.decide_closing(one, units.CloseUnit(role=ROLE, ends=ON), by),
}
STATES: dict[str, Unit | None] = {"absent": None} | {status.value: unit(status=status) for status in Status}

MATRIX = read_table("""
              absent          registered         verified          rejected       merged       closed
RegisterUnit  UnitRegistered  unit_exists        unit_exists       unit_exists    unit_exists  unit_exists
VerifyUnit    unit_absent     UnitVerified       already_verified  unit_rejected  unit_merged  unit_closed
RejectUnit    unit_absent     UnitRejected       already_verified  unit_rejected  unit_merged  unit_closed
RenameUnit    unit_absent     unit_not_verified  UnitRenamed       unit_rejected  unit_merged  unit_closed
MoveUnit      unit_absent     unit_not_verified  UnitMoved         unit_rejected  unit_merged  unit_closed
MergeUnit     unit_absent     unit_not_verified  UnitMerged        unit_rejected  unit_merged  unit_closed
CloseUnit     unit_absent     unit_not_verified  UnitClosed        unit_rejected  unit_merged  unit_closed
""")


@pytest.mark.parametrize(("command", "state"), list(itertools.product(COMMANDS, STATES)))
def test_a_command_in_a_state_does_what_the_matrix_says(command: str, state: str) -> None:
    decision = COMMANDS[command](STATES[state], OFFICER)

    assert outcome(decision) == MATRIX[command, state]
    if isinstance(decision, tuple):
        assert sealed_fits(decision)
        assert decision[0].event.stream == WORKS
        evolve(STATES[state], decision[0].event)


@pytest.mark.parametrize("command", [name for name in COMMANDS if name != "RegisterUnit"])
def test_only_an_office_in_whose_scope_it_lies_changes_a_unit(command: str) -> None:
    waiting = unit(status=Status.REGISTERED if command in ("VerifyUnit", "RejectUnit") else Status.VERIFIED)

    assert outcome(COMMANDS[command](waiting, actor("none"))) == "role_not_held"
    assert outcome(COMMANDS[command](waiting, actor("far", Scope(role=ROLE, region="3303")))) == "outside_scope"


@pytest.mark.parametrize("command", ["VerifyUnit", "RejectUnit"])
def test_no_unit_vouches_for_itself(command: str) -> None:
    inside = replace(OFFICER, organisation=WORKS)

    assert outcome(COMMANDS[command](unit(status=Status.REGISTERED), inside)) == "own_unit"


def test_the_installation_verifies_its_first_office_before_there_is_anyone() -> None:
    first = units.decide_verification(unit(status=Status.REGISTERED), units.VerifyUnit(role="installation"), None)

    assert outcome(first) == "UnitVerified"


def test_a_credit_code_has_one_unit_and_is_free_again_when_the_unit_is_rejected() -> None:
    (draft,) = drafts(COMMANDS["RegisterUnit"](None, OFFICER))
    rejected = event(COMMANDS["RejectUnit"](unit(status=Status.REGISTERED), OFFICER))

    assert draft.event.names(draft.sealed) == (Name("credit_code", "91330100MA27XYA111"),)
    assert rejected.freed() == {"credit_code"}
    for command in ("MergeUnit", "CloseUnit"):  # The code of a unit that was real is nobody else's ever after.
        assert event(COMMANDS[command](unit(), OFFICER)).freed() == frozenset()


def test_a_rejection_says_why() -> None:
    silent = units.RejectUnit(role=ROLE, words="")

    assert outcome(units.decide_rejection(unit(status=Status.REGISTERED), silent, OFFICER)) == "words_missing"


def test_names_and_seats_answer_for_every_day() -> None:
    one = evolve(unit(), event(COMMANDS["RenameUnit"](unit(), OFFICER)))
    moved = units.MoveUnit(role=ROLE, region="330205", sector="environment", starts=date(2025, 3, 1))
    one = evolve(one, event(units.decide_move(one, moved, OFFICER)))

    assert (one.name_on(date(2023, 12, 31)), one.name_on(ON)) == ("甬江机械厂", "甬江机械有限公司")
    assert one.seat_on(date(2025, 2, 28)).region == "330203"
    assert one.seat_on(date(2025, 3, 1)) == units.Seat(date(2025, 3, 1), "330205", "environment")


@pytest.mark.parametrize("command", ["RenameUnit", "MoveUnit", "MergeUnit", "CloseUnit"])
def test_a_change_before_the_last_change_is_refused(command: str) -> None:
    later = replace(unit(), names=(*unit().names, units.DatedName(ON + timedelta(days=1), "新名")))
    same_day = replace(unit(), names=(*unit().names, units.DatedName(ON, "新名")))

    no = refusal(COMMANDS[command](later, OFFICER))

    assert (no.code, no.seen) == ("date_out_of_order", {"day": ON, "changed_on": ON + timedelta(days=1)})
    assert not isinstance(COMMANDS[command](same_day, OFFICER), type(no))


def test_a_change_that_changes_nothing_is_refused() -> None:
    same_name = units.RenameUnit(role=ROLE, name="甬江机械厂", starts=ON)
    same_seat = units.MoveUnit(role=ROLE, region="330203", sector="industry", starts=ON)

    assert outcome(units.decide_renaming(unit(), same_name, OFFICER)) == "nothing_changed"
    assert outcome(units.decide_move(unit(), same_seat, OFFICER)) == "nothing_changed"


def test_a_unit_goes_up_in_another_that_lives() -> None:
    merge = units.MergeUnit(role=ROLE, starts=ON)
    for into, code in (
        (None, "unit_absent"),
        (unit(), "merged_into_itself"),
        (unit(ELSEWHERE, Status.REGISTERED), "unit_not_verified"),
        (unit(ELSEWHERE, Status.MERGED), "unit_merged"),
        (unit(ELSEWHERE, Status.CLOSED), "unit_closed"),
    ):
        assert outcome(units.decide_merger(unit(), merge, into, OFFICER)) == code

    merged = evolve(unit(), event(units.decide_merger(unit(), merge, unit(ELSEWHERE), OFFICER)))

    assert (merged.into, merged.ended_on) == (ELSEWHERE, ON)
    no = unfit(merged)
    assert no is not None and no.seen["into"] == ELSEWHERE


@given(st.lists(st.tuples(st.sampled_from(["RenameUnit", "MoveUnit"]), st.integers(-20, 20)), max_size=8))
@settings(derandomize=True, max_examples=200)
def test_the_dated_changes_of_a_unit_are_always_in_order(wishes: list[tuple[str, int]]) -> None:
    one = unit()
    for number, (command, count) in enumerate(wishes):
        day = ON + timedelta(days=count)
        decision = (
            units.decide_renaming(one, units.RenameUnit(role=ROLE, name=f"名{number}", starts=day), OFFICER)
            if command == "RenameUnit"
            else units.decide_move(
                one, units.MoveUnit(role=ROLE, region="330203", sector=f"s{number}", starts=day), OFFICER
            )
        )
        if isinstance(decision, tuple):
            one = evolve(one, decision[0].event)

        assert [dated.starts for dated in one.names] == sorted(dated.starts for dated in one.names)
        assert [dated.starts for dated in one.seats] == sorted(dated.starts for dated in one.seats)
        assert one.name_on(date.max) == one.names[-1].name
