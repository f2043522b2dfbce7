"""Cases: a detector may propose, a person decides, nobody decides on themselves, and what is held is frozen with it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import date

import pytest
from claim_cast import APPROVED, FRESH
from msgspec.json import encode
from msgspec.structs import replace
from stream_cast import (
    CLAIM,
    LI,
    PERSON,
    WANG,
    WHY,
    WORKS,
    actor,
    drafts,
    event,
    events,
    outcome,
    read_table,
    refusal,
    sealed_fits,
    streams,
)

from ledger.events.actor import Scope
from ledger.events.application import ApplicationId
from ledger.events.case import LISTED_MOST, CaseId, Concerned
from ledger.streams import case as cases
from ledger.streams import case_members as members
from ledger.streams import case_work as work
from ledger.streams import claim as claims
from ledger.streams.application import Application, Lost
from ledger.streams.case import Case, Finding, evolve
from ledger.streams.decision import Decision
from ledger.streams.standing import Actor
from ledger.vocabulary import ActorId, ClaimId, PersonId, UnitId

ROLE = "supervisor"
WATCH = actor("watch", Scope(role=ROLE, region="33"))
PEOPLE = {LI: PERSON}
FROZEN = replace(APPROVED, status=claims.Status.FROZEN)

OPEN = cases.OpenCase(
    case=CaseId("cas_1"), kind="falsification", region="330203", role=ROLE, words=WHY, findings=(12, 40),
    concerned=Concerned(claims=(CLAIM,), actors=(ActorId("acr_clerk"),), organisers=(WORKS,)),
)
HOLD = cases.HoldClaims(role=ROLE, words=WHY)
FIND = cases.RecordFinding(role=ROLE, finding=Finding.RULED_OUT, words=WHY)
REFER = cases.ReferCase(role=ROLE, to="驻局纪检监察组", words=WHY)
CLOSE = cases.CloseCase(role=ROLE)

BEGUN = events(cases.decide_opening(None, OPEN, [APPROVED], WATCH))
OPENED = evolve(evolve(None, BEGUN[0]), BEGUN[1])
HELD = evolve(OPENED, events(cases.decide_hold(OPENED, HOLD, [APPROVED], PEOPLE, WATCH))[0])
STATES: dict[str, Case | None] = {
    "absent": None,
    "open": OPENED,
    "held": HELD,
    "ruled_out": replace(HELD, finding=Finding.RULED_OUT),
    "substantiated": replace(HELD, finding=Finding.SUBSTANTIATED),
    "referred": replace(HELD, finding=Finding.REFERRED),
    "closed": replace(HELD, finding=Finding.RULED_OUT, is_closed=True),
}


def held_in(case: Case | None) -> list[claims.Claim]:
    return [FROZEN] if case is not None and case.held else []


COMMANDS: dict[str, Callable[[Case | None, Actor], Decision]] = {
    "OpenCase": lambda case, by: cases.decide_opening(case, OPEN, [APPROVED], by),
    "HoldClaims": lambda case, by: cases.decide_hold(case, HOLD, held_in(case) or [APPROVED], PEOPLE, by),
    "RecordFinding": lambda case, by: cases.decide_finding(case, FIND, by),
    "ReferCase": lambda case, by: cases.decide_referral(case, REFER, by),
    "CloseCase": lambda case, by: cases.decide_case_closing(case, CLOSE, held_in(case), PEOPLE, by),
}
MATRIX = read_table("""
               absent       open                    held
OpenCase       CaseOpened+MemberNamed  case_exists  case_exists
HoldClaims     case_absent  ClaimsHeld+ClaimFrozen  already_frozen
RecordFinding  case_absent  FindingRecorded         FindingRecorded
ReferCase      case_absent  CaseReferred            CaseReferred
CloseCase      case_absent  finding_missing         finding_missing
""") | read_table("""
               ruled_out                 substantiated     referred          closed
OpenCase       case_exists               case_exists       case_exists       case_exists
HoldClaims     already_frozen            already_frozen    already_frozen    case_closed
RecordFinding  FindingRecorded           FindingRecorded   case_referred     case_closed
ReferCase      CaseReferred              CaseReferred      case_referred     case_closed
CloseCase      CaseClosed+ClaimReleased  claims_undecided  claims_undecided  case_closed
""")


@pytest.mark.parametrize(("command", "state"), list(itertools.product(COMMANDS, STATES)))
def test_a_command_in_a_state_does_what_the_matrix_says(command: str, state: str) -> None:
    decision = COMMANDS[command](STATES[state], WATCH)

    assert outcome(decision) == MATRIX[command, state]
    if isinstance(decision, tuple):
        assert sealed_fits(decision)
        assert decision[0].event.stream == "cas_1"


@pytest.mark.parametrize(("command", "state"), [key for key in MATRIX if key != ("OpenCase", "absent")])
def test_a_wrong_hand_is_told_so_before_anything_about_the_state(command: str, state: str) -> None:
    if state == "absent" or command == "OpenCase":
        return  # There is nothing to act upon.
    elsewhere = replace(WATCH, scopes=(Scope(role=ROLE, region="3303"),))

    assert outcome(COMMANDS[command](STATES[state], elsewhere)) == "outside_scope"
    for concerned in (
        replace(WATCH, actor=ActorId("acr_clerk")), replace(WATCH, person=LI), replace(WATCH, organisation=WORKS),
    ):  # D07: through their account, themselves, or their organisation.
        assert outcome(COMMANDS[command](STATES[state], concerned)) == "own_case"


def test_the_claimants_of_its_entries_are_concerned_though_nobody_named_them() -> None:
    assert OPENED.opened.concerned.persons == (LI,)
    assert OPENED.opened.subjects() == ("cas_1",), "its words are about all of them: nobody's key seals them"
    assert set(OPENED.opened.untold()) == {LI, "acr_clerk", WORKS}, "no list of their events tells them of it"
    assert outcome(cases.decide_opening(None, OPEN, [APPROVED], replace(WATCH, person=LI))) == "own_case"


def test_a_detector_proposes_by_naming_its_pattern_and_nobody_else_opens_without_a_hand() -> None:  # PIPL 24
    proposed = replace(OPEN, role=None, pattern="D01/1")

    assert outcome(cases.decide_opening(None, proposed, [APPROVED])) == "CaseOpened"
    assert outcome(cases.decide_opening(None, replace(proposed, pattern=None), [APPROVED])) == "actor_required"
    assert outcome(cases.decide_opening(None, replace(OPEN, role=None), [APPROVED], WATCH)) == "actor_required"
    assert outcome(cases.decide_opening(None, OPEN, [APPROVED], replace(WATCH, scopes=()))) == "role_not_held"


def test_a_case_is_about_somebody_and_says_why() -> None:
    nobody = replace(OPEN, concerned=Concerned())

    assert outcome(cases.decide_opening(None, nobody, [], WATCH)) == "case_empty"
    assert outcome(cases.decide_opening(None, replace(OPEN, words=" "), [APPROVED], WATCH)) == "words_missing"
    for silent in (
        cases.decide_hold(OPENED, replace(HOLD, words=""), [APPROVED], PEOPLE, WATCH),
        cases.decide_finding(OPENED, replace(FIND, words=""), WATCH),
        cases.decide_referral(OPENED, replace(REFER, words=""), WATCH),
    ):
        assert outcome(silent) == "words_missing"


def test_holding_freezes_each_entry_in_its_own_stream_in_one_transaction() -> None:
    made = drafts(cases.decide_hold(OPENED, HOLD, [APPROVED], PEOPLE, WATCH))
    frozen = made[1].event

    assert streams(draft.event for draft in made) == {CLAIM, "cas_1"}
    assert frozen.case == "cas_1"  # type: ignore[attr-defined]
    assert claims.evolve(APPROVED, frozen).status is claims.Status.FROZEN  # type: ignore[arg-type]
    assert HELD.held == (CLAIM,)


def test_only_registered_entries_of_the_case_are_held() -> None:
    strange = replace(APPROVED, submitted=replace(APPROVED.submitted, claim=ClaimId("clm_2")))

    no = refusal(cases.decide_hold(OPENED, HOLD, [strange], PEOPLE, WATCH))
    assert (no.code, no.seen) == ("claim_not_of_case", {"claims": ["clm_2"]})
    assert outcome(cases.decide_hold(OPENED, HOLD, [], PEOPLE, WATCH)) == "claim_not_of_case"
    no = refusal(cases.decide_hold(OPENED, HOLD, [FRESH], PEOPLE, WATCH))
    assert (no.code, no.seen["claim"]) == ("claim_not_registered", CLAIM)


def test_nobody_freezes_their_own_entry_by_way_of_a_case() -> None:
    of_the_person = replace(WATCH, person=WANG, scopes=(Scope(role=ROLE, region="33"),))

    assert outcome(cases.decide_hold(OPENED, HOLD, [APPROVED], PEOPLE, of_the_person)) == "ClaimsHeld+ClaimFrozen"
    assert outcome(cases.decide_hold(OPENED, HOLD, [APPROVED], PEOPLE, replace(WATCH, person=LI))) == "own_case"


def test_what_is_ruled_out_is_released_and_what_is_not_is_decided_on_first() -> None:
    ruled_out, substantiated = STATES["ruled_out"], STATES["substantiated"]
    revoked = replace(FROZEN, status=claims.Status.REVOKED)

    closed, released = events(cases.decide_case_closing(ruled_out, CLOSE, [FROZEN], PEOPLE, WATCH))
    assert (released.case, closed.released, closed.outcome) == ("cas_1", (CLAIM,), "ruled_out")
    only = event(cases.decide_case_closing(substantiated, CLOSE, [revoked], PEOPLE, WATCH))
    assert (only.released, only.outcome) == ((), "substantiated")
    assert evolve(substantiated, only).is_closed


def test_a_referral_is_no_finding_that_one_records_and_ends_findings() -> None:
    refers = replace(FIND, finding=Finding.REFERRED)
    referred = evolve(OPENED, event(cases.decide_referral(OPENED, REFER, WATCH)))

    assert outcome(cases.decide_finding(OPENED, refers, WATCH)) == "finding_unfit"
    assert referred.finding == Finding.REFERRED
    assert outcome(cases.decide_finding(referred, FIND, WATCH)) == "case_referred"


def test_a_finding_may_change_while_the_case_is_open() -> None:
    pending = replace(FIND, finding=Finding.PENDING)
    ruled_out = evolve(OPENED, event(cases.decide_finding(OPENED, FIND, WATCH)))
    again = evolve(ruled_out, event(cases.decide_finding(ruled_out, pending, WATCH)))

    assert [ruled_out.finding, again.finding] == ["ruled_out", "pending"]


# Who works on it, and what stands on its desk

BUREAU_2 = UnitId("unt_bureau_2")
COLLEAGUE = actor("colleague_2", Scope(role=ROLE, region="33"))
BEYOND = actor("beyond", Scope(role=ROLE, region="3303"))
NAME, RELEASE = members.NameMember(role=ROLE), members.ReleaseMember(role=ROLE)
TWO = evolve(OPENED, event(members.decide_naming(OPENED, NAME, COLLEAGUE, WATCH)))
PROPOSED = evolve(None, event(cases.decide_opening(None, replace(OPEN, role=None, pattern="D01/1"), [APPROVED])))
ASK = work.RequestMaterial(role=ROLE, source="某学院", what="签到原件", due=date(2027, 1, 15))
ASKED = evolve(OPENED, event(work.decide_request(OPENED, ASK, WATCH)))
RECEIVE = work.ReceiveMaterial(role=ROLE, number=1, files=("a" * 64,), is_complete=True)
END = work.EndRequest(role=ROLE, number=1, why="not_provided", words=WHY)
DESK: dict[str, Callable[[Case | None, Actor], Decision]] = {
    "note": lambda case, by: work.decide_note(case, work.AddNote(role=ROLE, words=WHY), by),
    "deadline": lambda case, by: work.decide_deadline(
        case, work.SetDeadline(role=ROLE, due=date(2027, 1, 31), words=WHY), by),
    "widen": lambda case, by: work.decide_widening(
        case, work.WidenCase(role=ROLE, words=WHY, concerned=Concerned(organisers=(BUREAU_2,))), [], by),
    "findings": lambda case, by: work.decide_findings(case, work.TakeFindings(role=ROLE, findings=("fnd_1",)), by),
    "request": lambda case, by: work.decide_request(case, ASK, by),
    "receive": lambda case, by: work.decide_receipt(case, RECEIVE, by),
    "end": lambda case, by: work.decide_request_end(case, END, by),
}


def test_whoever_opens_it_is_the_first_member_and_nobody_else_works_on_it() -> None:
    assert (OPENED.members, PROPOSED.members) == ((WATCH.actor,), ())
    for command in COMMANDS.keys() - {"OpenCase"}:
        assert outcome(COMMANDS[command](STATES["ruled_out"], COLLEAGUE)) == "not_a_member"
    for act in DESK.values():
        assert outcome(act(ASKED, COLLEAGUE)) == "not_a_member"
        assert outcome(act(replace(ASKED, is_closed=True), WATCH)) == "case_closed"
        assert outcome(act(ASKED, BEYOND)) == "outside_scope"
        made = act(ASKED, WATCH)
        assert isinstance(made, tuple) and sealed_fits(made)


def test_a_member_is_named_by_another_hand_and_could_work_on_it_themselves() -> None:
    assert TWO.members == (WATCH.actor, COLLEAGUE.actor)
    assert outcome(members.decide_naming(OPENED, NAME, COLLEAGUE, COLLEAGUE)) == "same_hand"
    assert outcome(members.decide_naming(PROPOSED, NAME, COLLEAGUE, COLLEAGUE)) == "MemberNamed", "the first"
    assert outcome(members.decide_naming(OPENED, NAME, WATCH, COLLEAGUE)) == "already_a_member"
    assert outcome(members.decide_naming(OPENED, NAME, None, WATCH)) == "actor_absent"
    assert outcome(members.decide_naming(OPENED, NAME, COLLEAGUE, BEYOND)) == "outside_scope"
    for unfit in (BEYOND, replace(COLLEAGUE, person=LI), replace(COLLEAGUE, organisation=WORKS)):
        assert outcome(members.decide_naming(OPENED, NAME, unfit, WATCH)) == "member_unfit"
    assert outcome(members.decide_naming(replace(OPENED, is_closed=True), NAME, COLLEAGUE, WATCH)) == "MemberNamed"


def test_the_last_member_stays() -> None:
    left = evolve(TWO, event(members.decide_member_release(TWO, RELEASE, WATCH.actor, COLLEAGUE)))

    assert left.members == (COLLEAGUE.actor,)
    assert outcome(members.decide_member_release(left, RELEASE, COLLEAGUE.actor, WATCH)) == "last_member"
    assert outcome(members.decide_member_release(left, RELEASE, WATCH.actor, WATCH)) == "member_absent"


def test_material_has_a_number_and_is_waited_for_once() -> None:
    part = replace(RECEIVE, is_complete=False)
    complete = evolve(ASKED, event(work.decide_receipt(ASKED, RECEIVE, WATCH)))

    assert [one.number for one in ASKED.requests] == [1]
    assert event(work.decide_request(ASKED, ASK, WATCH)).number == 2
    assert evolve(ASKED, event(work.decide_receipt(ASKED, part, WATCH))).requests[0].outcome is None
    assert outcome(work.decide_receipt(ASKED, replace(RECEIVE, files=()), WATCH)) == "words_missing"
    assert outcome(work.decide_receipt(complete, RECEIVE, WATCH)) == "request_over"
    assert outcome(work.decide_request_end(complete, END, WATCH)) == "request_over"
    assert outcome(work.decide_request_end(OPENED, END, WATCH)) == "request_absent"
    assert outcome(work.decide_request(OPENED, replace(ASK, what=" "), WATCH)) == "words_missing"


def test_a_case_is_widened_by_what_is_new_in_parts_that_a_leaf_holds() -> None:
    many = [replace(APPROVED, submitted=replace(APPROVED.submitted, claim=ClaimId(f"clm_{number:022}"),
                                                person=PersonId(f"per_{number:022}")))
            for number in range(LISTED_MOST + 1)]
    named = Concerned(claims=(*(one.claim for one in many), CLAIM))
    command = work.WidenCase(role=ROLE, words=WHY, concerned=named, list_sha256="d" * 64)
    made = drafts(work.decide_widening(OPENED, command, [*many, APPROVED], WATCH))

    assert [(len(one.event.concerned.claims), len(one.event.concerned.persons)) for one in made] == [  # type: ignore[attr-defined]
        (LISTED_MOST, LISTED_MOST), (1, 1)], "what it names already is not named again"
    assert [one.sealed is not None for one in made] == [True, False]
    assert [len(encode(one.event)) < 40_000 for one in made] == [True, True]
    wider = OPENED
    for one in made:
        wider = evolve(wider, one.event)  # type: ignore[arg-type]
    assert (len(wider.concerned.claims), len(wider.concerned.persons)) == (LISTED_MOST + 2, LISTED_MOST + 2)
    assert set(made[0].event.untold()) == {one.person for one in many[:LISTED_MOST]}
    assert outcome(work.decide_widening(wider, command, [*many, APPROVED], WATCH)) == "nothing_changed"


def test_nobody_widens_a_case_by_themselves() -> None:  # D07
    own = replace(WATCH, person=WANG)
    widen = work.WidenCase(role=ROLE, words=WHY, concerned=Concerned(persons=(WANG,)))

    assert outcome(work.decide_widening(OPENED, widen, [], own)) == "own_case"
    wider = evolve(OPENED, event(work.decide_widening(OPENED, widen, [], WATCH)))
    assert outcome(DESK["note"](wider, own)) == "own_case", "whom it concerns from here on does nothing in it"


def test_a_sanction_is_named_as_a_consequence_of_whom_the_case_concerns() -> None:
    name = work.NameConsequence(role=ROLE, application=ApplicationId("app_1"))
    taken = Application(ApplicationId("app_1"), LI, revoked=(Lost("senior", None, date(2020, 1, 1)),))

    named = evolve(OPENED, event(work.decide_consequence(OPENED, name, taken, WATCH)))
    assert named.sanctions == ("app_1",)
    assert outcome(work.decide_consequence(named, name, taken, WATCH)) == "nothing_changed"
    for absent in (None, replace(taken, person=WANG), replace(taken, revoked=())):
        assert outcome(work.decide_consequence(OPENED, name, absent, WATCH)) == "application_absent"


def test_a_deadline_says_which_one_it_replaces() -> None:
    first = event(DESK["deadline"](OPENED, WATCH))
    moved = evolve(OPENED, first)

    assert (first.former, first.due, moved.due) == (None, date(2027, 1, 31), date(2027, 1, 31))
    assert outcome(DESK["deadline"](moved, WATCH)) == "nothing_changed"
