"""An actor's life: appointed from above, granted within what the granter holds, never by their own hand."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from stream_cast import (
    BUREAU,
    LI,
    OFFICIAL,
    WANG,
    ZHAO,
    actor,
    drafts,
    event,
    outcome,
    read_table,
    refusal,
    sealed_fits,
    unit,
)

from ledger.errors import Refusal
from ledger.events.actor import Scope
from ledger.events.base import Name
from ledger.streams import actor as actors
from ledger.streams import unit as units
from ledger.streams.actor import SEPARATED, evolve
from ledger.streams.decision import Decision
from ledger.streams.standing import Actor, Status
from ledger.vocabulary import ActorId

ROLE = "account_administrator"
GRANTER = actor("granter", Scope(role=ROLE, region="3302"), person=ZHAO)
OFFICE = unit(BUREAU)
HELD = Scope(role="sector_registrar", region="3302", sector="industry")
MORE = Scope(role="sector_registrar", region="330203", sector="environment")
CLERK = actor("clerk", HELD, person=WANG)

Give = Callable[[Actor | None, Actor | None], Decision]
COMMANDS: dict[str, Give] = {
    "AppointActor": lambda one, by: actors.decide_appointment(
        one,
        actors.AppointActor(actor=CLERK.actor, account="nb-clerk", official=OFFICIAL, role=ROLE, person=WANG),
        OFFICE,
        by,
    ),
    "GrantScope": lambda one, by: actors.decide_grant(one, actors.GrantScope(scope=MORE, role=ROLE), by),
    "WithdrawScope": lambda one, by: actors.decide_scope_withdrawal(
        one, actors.WithdrawScope(scope=HELD, role=ROLE), by
    ),
    "SuspendActor": lambda one, by: actors.decide_suspension(one, actors.SuspendActor(role=ROLE), OFFICE, by),
    "ReinstateActor": lambda one, by: actors.decide_actor_reinstatement(
        one, actors.ReinstateActor(role=ROLE), OFFICE, by
    ),
    "DismissActor": lambda one, by: actors.decide_dismissal(one, actors.DismissActor(role=ROLE), OFFICE, by),
}
STATES: dict[str, Actor | None] = {
    "absent": None,
    "active": CLERK,
    "suspended": replace(CLERK, status=Status.SUSPENDED),
    "dismissed": replace(CLERK, status=Status.DISMISSED, scopes=()),
}

MATRIX = read_table("""
                absent          active          suspended          dismissed
AppointActor    ActorAppointed  actor_exists    actor_exists       actor_exists
GrantScope      actor_absent    ScopeGranted    ScopeGranted       appointment_ended
WithdrawScope   actor_absent    ScopeWithdrawn  ScopeWithdrawn     appointment_ended
SuspendActor    actor_absent    ActorSuspended  already_suspended  appointment_ended
ReinstateActor  actor_absent    not_suspended   ActorReinstated    appointment_ended
DismissActor    actor_absent    ActorDismissed  ActorDismissed     appointment_ended
""")


@pytest.mark.parametrize(("command", "state"), list(itertools.product(COMMANDS, STATES)))
@pytest.mark.parametrize("by", [GRANTER, None], ids=["granter", "installation"])
def test_a_command_in_a_state_does_what_the_matrix_says(command: str, state: str, by: Actor | None) -> None:
    decision = COMMANDS[command](STATES[state], by)

    assert outcome(decision) == MATRIX[command, state]
    if isinstance(decision, tuple):
        assert sealed_fits(decision)
        assert decision[0].event.stream == CLERK.actor
        evolve(STATES[state], decision[0].event)


@pytest.mark.parametrize("command", COMMANDS)
def test_nobody_acts_upon_their_own_account_or_outside_their_scope(command: str) -> None:
    state = {"AppointActor": "absent", "ReinstateActor": "suspended"}.get(command, "active")
    for code, by in {
        "own_account": replace(GRANTER, person=WANG),  # Another account of the same person.
        "role_not_held": replace(GRANTER, scopes=(HELD,)),
        "outside_scope": replace(GRANTER, scopes=(Scope(role=ROLE, region="3303"),)),
        "actor_suspended": replace(GRANTER, status=Status.SUSPENDED),
        "actor_dismissed": replace(GRANTER, status=Status.DISMISSED),
    }.items():
        assert outcome(COMMANDS[command](STATES[state], by)) == code


@pytest.mark.parametrize(
    ("own", "wanted"),
    [
        (Scope(role=ROLE, region="3302"), Scope(role="r", region="33")),
        (Scope(role=ROLE, region="3302", sector="industry"), Scope(role="r", region="3302")),
        (Scope(role=ROLE, region="3302", category="professional"), Scope(role="r", region="3302")),
        (Scope(role=ROLE, region="3302", unit=BUREAU), Scope(role="r", region="3302")),
    ],
)
def test_no_grant_is_wider_than_the_granters_own_scope(own: Scope, wanted: Scope) -> None:
    command = actors.GrantScope(scope=wanted, role=ROLE)

    assert outcome(actors.decide_grant(CLERK, command, replace(GRANTER, scopes=(own,)))) == "outside_scope"


def test_a_scope_is_granted_once_and_only_what_is_held_is_withdrawn() -> None:
    again = actors.GrantScope(scope=HELD, role=ROLE)
    other = actors.WithdrawScope(scope=replace(HELD, sector=None), role=ROLE)

    assert outcome(actors.decide_grant(CLERK, again, GRANTER)) == "scope_held"
    assert outcome(actors.decide_scope_withdrawal(CLERK, other, GRANTER)) == "scope_not_held"
    assert evolve(CLERK, event(COMMANDS["WithdrawScope"](CLERK, GRANTER))).scopes == ()


@pytest.mark.parametrize(("held", "wanted"), list(itertools.permutations(sorted(SEPARATED), 2)))
def test_the_three_administrators_are_three_people(held: str, wanted: str) -> None:
    grant = actors.GrantScope(scope=Scope(role=wanted, region="3302"), role=ROLE)
    same = replace(CLERK, scopes=(Scope(role=held, region="3302"),))
    elsewhere = replace(same, actor=ActorId("acr_other"))

    assert outcome(actors.decide_grant(same, grant, GRANTER)) == "roles_incompatible"
    no = refusal(actors.decide_grant(CLERK, grant, GRANTER, others=(elsewhere,)))
    assert (no.code, no.seen["held"], no.seen["held_by"]) == ("roles_incompatible", held, "acr_other")
    suspended = replace(elsewhere, status=Status.SUSPENDED)  # They may come back.
    assert outcome(actors.decide_grant(CLERK, grant, GRANTER, others=(suspended,))) == "roles_incompatible"
    gone = replace(elsewhere, status=Status.DISMISSED)
    assert outcome(actors.decide_grant(CLERK, grant, GRANTER, others=(gone,))) == "ScopeGranted"


def test_the_same_administrators_role_may_be_held_in_two_regions() -> None:
    held = replace(CLERK, scopes=(Scope(role="audit_administrator", region="330203"),))
    grant = actors.GrantScope(scope=Scope(role="audit_administrator", region="330205"), role=ROLE)

    assert outcome(actors.decide_grant(held, grant, GRANTER)) == "ScopeGranted"


def test_whoever_is_unknown_is_made_no_administrator() -> None:
    grant = actors.GrantScope(scope=Scope(role="audit_administrator", region="3302"), role=ROLE)

    assert outcome(actors.decide_grant(replace(CLERK, person=None), grant, GRANTER)) == "person_unknown"


@pytest.mark.parametrize(
    ("organisation", "code"),
    [
        (None, "unit_absent"),
        (unit(BUREAU, units.Status.REGISTERED), "unit_not_verified"),
        (unit(BUREAU, units.Status.CLOSED), "unit_closed"),
    ],
)
def test_nobody_is_appointed_for_a_unit_that_is_not_there(organisation: units.Unit | None, code: str) -> None:
    command = actors.AppointActor(actor=CLERK.actor, account="nb-clerk", official=OFFICIAL, role=ROLE)

    assert outcome(actors.decide_appointment(None, command, organisation, GRANTER)) == code


def test_two_people_whom_nobody_knows_are_not_taken_for_one() -> None:
    unknown = actors.AppointActor(actor=CLERK.actor, account="nb-clerk", official=OFFICIAL, role=ROLE)

    assert outcome(actors.decide_appointment(None, unknown, OFFICE, replace(GRANTER, person=None))) == "ActorAppointed"


def test_an_accounts_name_has_one_actor_until_the_appointment_ends() -> None:
    (draft,) = drafts(COMMANDS["AppointActor"](None, GRANTER))

    assert draft.event.names(draft.sealed) == (Name("account", "nb-clerk"),)
    assert event(COMMANDS["DismissActor"](CLERK, GRANTER)).freed() == {"account"}


def test_a_suspended_actor_comes_back_with_the_scopes_that_were_never_withdrawn() -> None:
    two = replace(CLERK, scopes=(HELD, MORE))
    suspended = evolve(two, event(COMMANDS["SuspendActor"](two, GRANTER)))
    fewer = evolve(suspended, event(COMMANDS["WithdrawScope"](suspended, GRANTER)))

    back = evolve(fewer, event(COMMANDS["ReinstateActor"](fewer, GRANTER)))

    assert back == replace(CLERK, scopes=(MORE,))


@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.sampled_from(sorted(SEPARATED)), st.sampled_from(["grant", "take", "dismiss"])),
        max_size=30,
    )
)
@settings(derandomize=True, max_examples=200)
def test_no_series_of_grants_gives_one_person_two_of_the_three_roles(wishes: list[tuple[int, str, str]]) -> None:
    accounts = [actor(f"account_{number}", person=LI) for number in range(3)]
    for number, role, wish in wishes:
        one, others = accounts[number], tuple(accounts[:number] + accounts[number + 1 :])
        scope = Scope(role=role, region="3302")
        decision: Decision
        if wish == "grant":
            decision = actors.decide_grant(one, actors.GrantScope(scope=scope, role=ROLE), GRANTER, others)
        elif wish == "take":
            decision = actors.decide_scope_withdrawal(one, actors.WithdrawScope(scope=scope, role=ROLE), GRANTER)
        else:
            decision = actors.decide_dismissal(one, actors.DismissActor(role=ROLE), OFFICE, GRANTER)
        if not isinstance(decision, Refusal):
            accounts[number] = evolve(one, decision[0].event)

        assert len({scope.role for account in accounts for scope in account.scopes}) <= 1
