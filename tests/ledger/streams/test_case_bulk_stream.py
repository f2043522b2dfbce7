"""Many entries of a case at once: what may be begun, with which list, and each row refused as one alone would be."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from claim_cast import APPROVED
from msgspec.structs import replace
from stream_cast import CLAIM, LI, PERSON, WHY, actor, drafts, event, events, outcome, read_table, sealed_fits, streams

from ledger.events.actor import Scope
from ledger.events.base import Hand
from ledger.events.case import LISTED_MOST, CaseId, Concerned
from ledger.events.case_bulk import BulkListed
from ledger.streams import act as acts
from ledger.streams import case as cases
from ledger.streams import case_bulk as bulks
from ledger.streams import claim as claims
from ledger.streams.act import Act
from ledger.streams.case import Case, Finding, evolve
from ledger.streams.case_bulk import Deed, decide_row, grounds_of
from ledger.streams.decision import Decision
from ledger.streams.standing import Actor
from ledger.vocabulary import ActId, ClaimId

ROLE, LIST = "supervisor", "d" * 64
WATCH = actor("watch", Scope(role=ROLE, region="33"))
MEMBER = actor("member", Scope(role=ROLE, region="33"))
STRANGER = actor("stranger", Scope(role=ROLE, region="33"))

OPEN = bulks.OpenBulk(role=ROLE, act=ActId("act_1"), deed=Deed.HOLD, words=WHY, claims=(CLAIM,), versions=(3,),
                      list_sha256=LIST, chunk=2)
REVOKE = replace(OPEN, deed=Deed.REVOKE, basis="falsified")
REINSTATE = replace(OPEN, deed=Deed.REINSTATE, basis="upheld")
CLOSE, ABANDON = bulks.CloseBulk(role=ROLE), bulks.AbandonBulk(role=ROLE)


def after(case: Case | None, decision: Decision) -> Case:
    """The case after what was decided, as far as it happens to it."""
    for one in events(decision):
        if one.stream == "cas_1":
            case = evolve(case, one)
    assert case is not None
    return case


OPENING = cases.OpenCase(case=CaseId("cas_1"), kind="falsification", region="330203", role=ROLE, words=WHY,
                         concerned=Concerned(claims=(CLAIM,)))
OPENED = replace(after(None, cases.decide_opening(None, OPENING, [APPROVED], WATCH)),
                 members=(WATCH.actor, MEMBER.actor))
FOUND = replace(OPENED, finding=Finding.SUBSTANTIATED)
GOING = after(FOUND, bulks.decide_bulk_opening(FOUND, REVOKE, WATCH))
STATES: dict[str, Case | None] = {
    "absent": None, "open": OPENED, "found": FOUND, "going": GOING, "closed": replace(FOUND, is_closed=True),
}
ALL_DONE = Act(ActId("act_1"), "case_revoke", 1, 2, LIST, rows_done=1)
COMMANDS: dict[str, Callable[[Case | None, Actor], Decision]] = {
    "Hold": lambda case, by: bulks.decide_bulk_opening(case, OPEN, by),
    "Revoke": lambda case, by: bulks.decide_bulk_opening(case, REVOKE, by),
    "Reinstate": lambda case, by: bulks.decide_bulk_opening(case, REINSTATE, by),
    "Close": lambda case, by: bulks.decide_bulk_closing(case, ALL_DONE, CLOSE, by),
    "Abandon": lambda case, by: bulks.decide_bulk_abandonment(case, ALL_DONE, ABANDON, by),
}
BEGUN = "BulkOpened+BulkListed+ActOpened"
MATRIX = read_table(f"""
           absent       open               found       going                       closed
Hold       case_absent  {BEGUN}            {BEGUN}     bulk_open                   case_closed
Revoke     case_absent  not_substantiated  {BEGUN}     bulk_open                   case_closed
Reinstate  case_absent  {BEGUN}            {BEGUN}     bulk_open                   {BEGUN}
Close      case_absent  act_absent         act_absent  BulkClosed+ActClosed        act_absent
Abandon    case_absent  act_absent         act_absent  BulkAbandoned+ActAbandoned  act_absent
""")


@pytest.mark.parametrize(("command", "state"), list(itertools.product(COMMANDS, STATES)))
def test_a_command_in_a_state_does_what_the_matrix_says(command: str, state: str) -> None:
    decision = COMMANDS[command](STATES[state], MEMBER)

    assert outcome(decision) == MATRIX[command, state]
    if isinstance(decision, tuple):
        assert sealed_fits(decision)
        assert decision[0].event.stream == "cas_1", "what was done is told of the case"
        assert streams(one.event for one in decision) == {"cas_1", "act_1"}


@pytest.mark.parametrize("command", COMMANDS)
def test_nobody_acts_who_is_no_member_or_is_concerned_or_supervises_elsewhere(command: str) -> None:
    act = COMMANDS[command]

    assert outcome(act(GOING, STRANGER)) == "not_a_member"
    assert outcome(act(GOING, replace(MEMBER, person=LI))) == "own_case"
    assert outcome(act(GOING, replace(MEMBER, scopes=(Scope(role=ROLE, region="3303"),)))) == "outside_scope"


def test_a_list_has_an_entry_words_a_basis_where_it_needs_one_and_an_end() -> None:
    many = tuple(ClaimId(f"clm_{number}") for number in range(bulks.BULK_MOST + 1))

    assert outcome(bulks.decide_bulk_opening(FOUND, replace(OPEN, claims=()), WATCH)) == "bulk_empty"
    assert outcome(bulks.decide_bulk_opening(FOUND, replace(OPEN, words=" "), WATCH)) == "words_missing"
    for founded in (REVOKE, REINSTATE):
        assert outcome(bulks.decide_bulk_opening(FOUND, replace(founded, basis=" "), WATCH)) == "basis_missing"
    assert outcome(bulks.decide_bulk_opening(FOUND, replace(OPEN, claims=many), WATCH)) == "too_many_entries"


def test_a_long_list_stands_in_the_log_whole_in_parts_that_a_leaf_holds() -> None:
    names = tuple(ClaimId(f"clm_{number:022}") for number in range(LISTED_MOST + 1))
    long = replace(OPEN, claims=names, versions=tuple(range(len(names))))

    made = bulks.decide_bulk_opening(FOUND, long, WATCH)
    parts = [one for one in events(made) if isinstance(one, BulkListed)]
    assert [len(one.claims) for one in parts] == [LISTED_MOST, 1]
    (open_one,) = after(FOUND, made).bulks
    assert (open_one.claims, open_one.versions) == (names, long.versions)
    assert [draft.sealed is not None for draft in drafts(made)] == [True, False, False, False], "the words once"


def test_each_row_is_refused_for_what_would_refuse_it_alone() -> None:
    frozen = replace(APPROVED, status=claims.Status.FROZEN)
    revoked = replace(APPROVED, status=claims.Status.REVOKED, revoked_by=Hand(actor=WATCH.actor))
    strange = replace(APPROVED, submitted=replace(APPROVED.submitted, claim=ClaimId("clm_2")))
    held = replace(FOUND, held=(CLAIM,))

    def row(deed: Deed, claim: claims.Claim, by: Actor = MEMBER, case: Case = held) -> str:
        return outcome(decide_row(grounds_of(case, deed, ROLE, WHY, "第十条"), claim, PERSON, by))

    assert [row(Deed.HOLD, APPROVED), row(Deed.HOLD, frozen)] == ["ClaimFrozen", "already_frozen"]
    assert [row(Deed.RELEASE, frozen), row(Deed.RELEASE, APPROVED)] == ["ClaimReleased", "not_frozen"]
    assert row(Deed.RELEASE, frozen, case=FOUND) == "not_held_in_case"
    assert [row(Deed.REVOKE, one) for one in (frozen, APPROVED, revoked)] == [
        "ClaimRevoked", "ClaimRevoked", "already_revoked"]
    assert [row(Deed.REINSTATE, revoked), row(Deed.REINSTATE, revoked, WATCH)] == ["ClaimReinstated", "same_hand"]
    assert row(Deed.HOLD, strange) == "claim_not_of_case"


def test_what_is_not_written_is_not_closed_and_what_is_over_is_not_ended_again() -> None:
    half = replace(ALL_DONE, rows_done=0)

    assert outcome(bulks.decide_bulk_closing(GOING, half, CLOSE, MEMBER)) == "act_unfinished"
    assert outcome(bulks.decide_bulk_closing(GOING, None, CLOSE, MEMBER)) == "act_absent"
    ruled_out = replace(GOING, finding=Finding.RULED_OUT)
    assert outcome(bulks.decide_bulk_closing(ruled_out, ALL_DONE, CLOSE, MEMBER)) == "not_substantiated"
    assert outcome(bulks.decide_bulk_abandonment(ruled_out, half, ABANDON, MEMBER)) == "BulkAbandoned+ActAbandoned"
    over = after(GOING, bulks.decide_bulk_abandonment(GOING, half, ABANDON, MEMBER))
    assert outcome(bulks.decide_bulk_closing(over, ALL_DONE, CLOSE, MEMBER)) == "act_ended"
    assert over.bulk_open is None
    (given_up,) = over.bulks
    assert (given_up.status, given_up.claims) == ("abandoned", ()), "the list stays in the log alone"


def test_what_is_held_in_bulk_is_held_by_the_case_once_it_is_closed() -> None:
    going = after(OPENED, bulks.decide_bulk_opening(OPENED, OPEN, WATCH))
    assert going.held == ()
    closed = after(going, bulks.decide_bulk_closing(going, ALL_DONE, CLOSE, WATCH))

    assert (closed.held, closed.bulk_open) == ((CLAIM,), None)
    assert outcome(cases.decide_case_closing(
        replace(going, finding=Finding.RULED_OUT), cases.CloseCase(role=ROLE), [], {}, WATCH)) == "bulk_open"
    many = replace(closed, finding=Finding.RULED_OUT, held=tuple(
        ClaimId(f"clm_{number}") for number in range(cases.RELEASED_MOST + 1)))
    frozen = [replace(APPROVED, status=claims.Status.FROZEN, submitted=replace(APPROVED.submitted, claim=one))
              for one in many.held]
    assert outcome(cases.decide_case_closing(many, cases.CloseCase(role=ROLE), frozen, {LI: PERSON}, WATCH)) == (
        "holds_remain")


def test_the_act_is_opened_as_its_own_decision_would() -> None:
    opened = events(bulks.decide_bulk_opening(FOUND, REVOKE, WATCH))[-1]
    alone = event(acts.decide_opening(None, acts.OpenAct(
        act=ActId("act_1"), kind="case_revoke", rows=1, chunk=2, list_sha256=LIST)))

    assert opened == alone
