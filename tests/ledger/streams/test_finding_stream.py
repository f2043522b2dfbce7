"""Findings as work: a person decides, upon the facts they were shown; other facts make it wait again."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from msgspec.structs import replace
from stream_cast import LI, WHY, WORKS, actor, event, outcome, read_table, sealed_fits

from ledger.events.actor import Scope
from ledger.events.case import CaseId
from ledger.events.finding import FindingEvent, FindingId, Upon
from ledger.streams import finding as findings
from ledger.streams.decision import Decision
from ledger.streams.finding import Finding, Status, evolve
from ledger.streams.standing import Actor
from ledger.streams.standing import Status as ActorStatus
from ledger.vocabulary import ActorId

ROLE = "supervisor"
WATCH = actor("watch", Scope(role=ROLE, region="33"))
MATE = replace(WATCH, actor=ActorId("acr_mate"))
NAMED = FindingId("fnd_1")
SEEN = Upon(pattern="D01/1", facts_sha256="aa", region="330203", sector="industry", events=(12, 40), events_count=2,
            persons=(LI,), actors=(ActorId("acr_clerk"),), organisers=(WORKS,))
CHANGED = replace(SEEN, facts_sha256="bb", events=(12, 40, 77), events_count=3)
DAY, LATER = date(2026, 12, 1), date(2026, 12, 20)


def commands(upon: Upon = SEEN) -> dict[str, Callable[[Finding | None, Actor], Decision]]:
    on: dict[str, Any] = {"role": ROLE, "finding": NAMED, "upon": upon, "shown": upon.facts_sha256}
    return {
        "TakeUp": lambda one, by: findings.decide_taking_up(one, findings.TakeUp(**on, due=DAY), by),
        "Give": lambda one, by: findings.decide_giving(one, findings.Give(**on, due=DAY), by, MATE),
        "RuleOut": lambda one, by: findings.decide_ruling_out(one, findings.RuleOut(**on, words=WHY), by),
        "Substantiate": lambda one, by: findings.decide_substantiation(
            one, findings.Substantiate(**on, words=WHY, basis="第十七条"), by),
        "ReferFinding": lambda one, by: findings.decide_finding_referral(
            one, findings.ReferFinding(**on, words=WHY, to="市监察机关"), by),
        "LinkCase": lambda one, by: findings.decide_linking(one, findings.LinkCase(**on, case=CaseId("cas_1")), by),
    }


DO = commands()


def after(*names: str, by: Actor = WATCH, upon: Upon = SEEN, begun: Finding | None = None) -> Finding:
    state = begun
    for name in names:
        happened = event(commands(upon)[name](state, by))
        assert isinstance(happened, FindingEvent)
        state = evolve(state, happened)
    assert state is not None
    return state


STATES: dict[str, Finding | None] = {
    "new": None,
    "taken": after("TakeUp"),
    "given": after("Give"),
    "ruled_out": after("RuleOut"),
    "substantiated": after("TakeUp", "Substantiate"),
    "referred": after("ReferFinding"),
    "of_a_case": after("LinkCase"),
}
MATRIX = read_table("""
              new                   taken                 given               ruled_out
TakeUp        FindingTakenUp        nothing_changed       finding_of_another  finding_decided
Give          FindingGiven          FindingGiven          assignment_unchanged  finding_decided
RuleOut       FindingRuledOut       FindingRuledOut       finding_of_another  finding_decided
Substantiate  FindingSubstantiated  FindingSubstantiated  finding_of_another  FindingSubstantiated
ReferFinding  FindingReferred       FindingReferred       finding_of_another  FindingReferred
LinkCase      FindingLinked     FindingLinked     FindingLinked   finding_decided
""") | read_table("""
              substantiated      referred           of_a_case
TakeUp        finding_decided    finding_decided    FindingTakenUp
Give          finding_decided    finding_decided    FindingGiven
RuleOut       FindingRuledOut    finding_referred   FindingRuledOut
Substantiate  finding_decided    finding_referred   FindingSubstantiated
ReferFinding  FindingReferred    finding_referred   FindingReferred
LinkCase      FindingLinked  FindingLinked  FindingLinked
""")


@pytest.mark.parametrize(("command", "state"), list(itertools.product(DO, STATES)))
def test_a_command_in_a_state_does_what_the_matrix_says(command: str, state: str) -> None:
    decision = DO[command](STATES[state], WATCH)

    assert outcome(decision) == MATRIX[command, state]
    if isinstance(decision, tuple):
        assert sealed_fits(decision)
        assert decision[0].event.stream == "fnd_1"


@pytest.mark.parametrize(("command", "state"), MATRIX)
def test_a_wrong_hand_is_told_so_before_anything_about_the_state(command: str, state: str) -> None:
    elsewhere = replace(WATCH, scopes=(Scope(role=ROLE, region="3303"),))

    assert outcome(DO[command](STATES[state], elsewhere)) == "outside_scope"
    assert outcome(DO[command](STATES[state], replace(WATCH, scopes=()))) == "role_not_held"
    for concerned in (
        replace(WATCH, actor=ActorId("acr_clerk")), replace(WATCH, person=LI), replace(WATCH, organisation=WORKS),
    ):  # D07: through their account, themselves, or their organisation.
        assert outcome(DO[command](STATES[state], concerned)) == "own_finding"


@pytest.mark.parametrize("state", ["ruled_out", "substantiated", "referred"])
def test_what_was_decided_holds_until_the_facts_change_and_then_waits_again(state: str) -> None:
    decided = STATES[state]
    assert decided is not None and decided.status("aa") == state

    assert decided.status("bb") is Status.PENDING
    assert decided.due is None, "nothing is due of what was decided"
    again = after("TakeUp", upon=CHANGED, begun=decided)
    assert (again.status("bb"), again.owner, again.due) == (Status.PENDING, WATCH.actor, DAY)
    assert after("RuleOut", upon=CHANGED, begun=again).status("bb") is Status.RULED_OUT
    assert again.status("aa") == state, "of the former facts it is still known what was said"


def test_nobody_decides_upon_facts_they_were_not_shown() -> None:
    stale = findings.RuleOut(role=ROLE, finding=NAMED, upon=CHANGED, shown="aa", words=WHY)

    assert outcome(findings.decide_ruling_out(None, stale, WATCH)) == "finding_changed"


def test_an_event_names_pattern_facts_and_positions_and_tells_nobody_it_concerns() -> None:
    happened: Any = event(DO["TakeUp"](None, WATCH))

    assert (happened.upon.pattern, happened.upon.facts_sha256, happened.upon.events) == ("D01/1", "aa", (12, 40))
    assert happened.subjects() == ("fnd_1",), "its words are about all of them: nobody's key seals them"
    assert set(happened.untold()) == {LI, "acr_clerk", WORKS}


def test_it_is_given_to_a_colleague_who_could_take_it_up() -> None:
    def given(to: Actor) -> str:
        command = findings.Give(role=ROLE, finding=NAMED, upon=SEEN, shown="aa", due=DAY)
        return outcome(findings.decide_giving(None, command, WATCH, to))

    assert given(MATE) == "FindingGiven"
    assert given(replace(MATE, organisation=WORKS)) == "assignee_elsewhere"
    for unfit in (replace(MATE, person=LI), replace(MATE, scopes=()), replace(MATE, status=ActorStatus.SUSPENDED),
                  replace(MATE, scopes=(Scope(role=ROLE, region="3303"),))):
        assert given(unfit) == "assignee_unfit"


def test_whoever_was_given_it_goes_on_and_it_can_be_given_back() -> None:
    given = STATES["given"]
    assert given is not None and given.owner == MATE.actor

    assert outcome(DO["RuleOut"](given, MATE)) == "FindingRuledOut"
    back = findings.Give(role=ROLE, finding=NAMED, upon=SEEN, shown="aa", due=LATER)
    assert outcome(findings.decide_giving(given, back, WATCH, WATCH)) == "FindingGiven"


def test_another_day_is_put_to_what_one_has_in_hand() -> None:
    later = findings.TakeUp(role=ROLE, finding=NAMED, upon=SEEN, shown="aa", due=LATER)

    moved = evolve(STATES["taken"], event(findings.decide_taking_up(STATES["taken"], later, WATCH)))
    assert (moved.owner, moved.due) == (WATCH.actor, LATER)


def test_a_decision_says_why() -> None:
    on: dict[str, Any] = {"role": ROLE, "finding": NAMED, "upon": SEEN, "shown": "aa", "words": " "}
    for silent in (
        findings.decide_ruling_out(None, findings.RuleOut(**on), WATCH),
        findings.decide_substantiation(None, findings.Substantiate(**on, basis="第十七条"), WATCH),
        findings.decide_finding_referral(None, findings.ReferFinding(**on, to="市监察机关"), WATCH),
    ):
        assert outcome(silent) == "words_missing"


def test_every_case_that_was_opened_on_it_stands_with_it() -> None:
    other = findings.LinkCase(role=ROLE, finding=NAMED, upon=SEEN, shown="aa", case=CaseId("cas_2"))
    first = STATES["of_a_case"]

    both = evolve(first, event(findings.decide_linking(first, other, WATCH)))
    assert (both.cases, both.status("aa")) == (("cas_1", "cas_2"), Status.PENDING)
