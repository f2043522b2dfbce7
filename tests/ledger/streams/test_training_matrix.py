"""Every command upon a plan, a class and a card in every state: nothing is undefined, and each no has its name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from types import ModuleType
from typing import Any

import msgspec
import pytest
from claim_cast import FRESH
from msgspec.structs import replace
from stream_cast import DAY, LI, PERSON, event, events, outcome, read_table, refusal, sealed_fits, streams
from training_cast import (
    ACCEPTED,
    ACT,
    CARD,
    CARDS,
    CLASS,
    CLASS_FILED,
    CLASSES,
    DEPARTMENT_UNIT,
    FILE_CLASS,
    FILE_PLAN,
    HALFWAY,
    HELD,
    HOLD,
    ISSUE,
    LIST,
    ON_CARD,
    ON_CLASS,
    ON_FILE,
    ON_PLAN,
    OPEN,
    OPEN_ROSTER,
    ORGANISER,
    OWN,
    PEOPLE,
    PEOPLES,
    PLAN,
    PLAN_FILED,
    PLANS,
    PROGRAMME,
    REGISTERING,
    SCHOOL_UNIT,
    SECTOR,
    SECTORS,
    TEACHER,
    WRITTEN,
    fold,
)

from ledger.errors import Refusal
from ledger.events.actor import Scope
from ledger.events.training import CardNumber
from ledger.streams import (
    training_card,
    training_class,
    training_class_filing,
    training_plan,
    training_plan_answers,
    training_roster,
    unit,
)
from ledger.streams.act import Status as ActStatus
from ledger.streams.decision import Command
from ledger.streams.standing import Actor
from ledger.streams.standing import Status as Employed
from ledger.vocabulary import UnitId

PLAN_TABLE = read_table("""
                 absent       filed             halfway           returned       acknowledged     evaluated
FilePlan         PlanFiled    plan_exists       plan_exists       plan_exists    plan_exists      plan_exists
RefilePlan       plan_absent  PlanFiled         PlanFiled         PlanFiled      PlanFiled        plan_evaluated
AcknowledgePlan  plan_absent  PlanAcknowledged  PlanAcknowledged  plan_not_open  plan_not_open    plan_not_open
ReturnPlan       plan_absent  PlanReturned      PlanReturned      plan_not_open  plan_not_open    plan_not_open
EvaluatePlan     plan_absent  plan_not_on_file  plan_not_on_file  plan_not_on_file  PlanEvaluated  PlanEvaluated
CorrectEvaluation  plan_absent  not_evaluated  not_evaluated  not_evaluated  not_evaluated  PlanEvaluationCorrected
""")

BEFORE = read_table("""
               absent        filed           refused         accepted        announced
FileClass      ClassFiled    class_exists    class_exists    class_exists    class_exists
RefileClass    class_absent  ClassFiled      class_not_open  ClassFiled      ClassFiled
AcceptClass    class_absent  ClassAccepted   class_not_open  class_not_open  not_a_recipient
RefuseClass    class_absent  ClassRefused    class_not_open  class_not_open  not_a_recipient
RecordHolding  class_absent  class_not_open  class_not_open  ClassHeld       ClassHeld
OpenRoster     class_absent  class_not_held  class_not_held  class_not_held  class_not_held
CloseRoster    class_absent  class_not_held  class_not_held  class_not_held  class_not_held
AbandonRoster  class_absent  class_not_held  class_not_held  class_not_held  class_not_held
ReturnRoster   class_absent  class_not_held  class_not_held  class_not_held  class_not_held
""")

AFTER = read_table("""
               held                         returned
FileClass      class_exists                 class_exists
RefileClass    class_not_open               class_not_open
AcceptClass    class_not_open               class_not_open
RefuseClass    class_not_open               class_not_open
RecordHolding  ClassHeld                    ClassHeld
OpenRoster     ClassRosterOpened+ActOpened  ClassRosterOpened+ActOpened
CloseRoster    roster_not_open              roster_not_open
AbandonRoster  roster_not_open              roster_not_open
ReturnRoster   ClassRosterReturned          roster_not_handed_in
""")

REGISTERED = read_table("""
               registering                        registered
FileClass      class_exists                       class_exists
RefileClass    class_not_open                     class_not_open
AcceptClass    class_not_open                     class_not_open
RefuseClass    class_not_open                     class_not_open
RecordHolding  class_not_open                     class_not_open
OpenRoster     roster_open                        ClassRosterOpened+ActOpened
CloseRoster    ClassRosterClosed+ActClosed        roster_not_open
AbandonRoster  ClassRosterAbandoned+ActAbandoned  roster_not_open
ReturnRoster   roster_open                        class_not_open
""")

CARD_TABLE = read_table("""
           absent       issued       voided
IssueCard  CardIssued   card_exists  card_exists
VoidCard   card_absent  CardVoided   card_voided
""")

PARTS: dict[str, tuple[dict[tuple[str, str], str], dict[str, Any], dict[str, Any], Any, str]] = {
    "plan": (PLAN_TABLE, PLANS, ON_PLAN, training_plan, PLAN),
    "class": (BEFORE | AFTER | REGISTERED, CLASSES, ON_CLASS, training_class, CLASS),
    "card": (CARD_TABLE, CARDS, ON_CARD, training_card, CARD),
}
CELLS = [(part, *key) for part, (table, *_) in PARTS.items() for key in table]
LEADS_TO = {
    "PlanFiled": "filed", "PlanReturned": "returned", "PlanEvaluated": "evaluated", "ClassAccepted": "accepted",
    "ClassRefused": "refused", "ClassHeld": "held", "CardIssued": "issued", "CardVoided": "voided",
}


BESIDE = {"plan": (training_plan_answers,), "class": (training_class_filing, training_roster)}
"""Where a stream's commands stand that are not beside its state."""


def commands_of(*modules: ModuleType) -> set[str]:
    """The commands of modules; what a command is made of is none, and a row is a claim's, shown by itself."""
    found = {name for module in modules for name, one in vars(module).items()
             if isinstance(one, type) and issubclass(one, Command) and one.__module__ == module.__name__}
    return found - {"Programme", "RegisterRow"}


@pytest.mark.parametrize("part", PARTS)
def test_the_matrix_has_every_command_and_every_state(part: str) -> None:
    table, states, commands, module, _ = PARTS[part]

    assert commands.keys() == commands_of(module, *BESIDE.get(part, ()))
    assert {one.status for one in states.values() if one} == set(module.Status)
    assert table.keys() == {(command, state) for command in commands for state in states}


@pytest.mark.parametrize(("part", "command", "state"), CELLS)
def test_a_command_in_a_state_does_what_the_matrix_says(part: str, command: str, state: str) -> None:
    table, states, commands, module, stream = PARTS[part]
    before = msgspec.json.encode(states[state])
    hand, role, give = commands[command]

    decision = give(states[state], hand, role)

    assert outcome(decision) == table[command, state]
    assert msgspec.json.encode(states[state]) == before, "a decision changed the state it read"
    if isinstance(decision, Refusal):
        return
    assert streams(draft.event for draft in decision) <= {stream, ACT, OPEN.act}
    assert sealed_fits(decision)
    after = module.evolve(states[state], decision[0].event)
    expected = LEADS_TO.get(type(decision[0].event).__name__)
    assert expected is None or after.status.value == ("announced" if state == "announced" and
                                                      command == "RefileClass" else expected)


GIVEN = [(part, command, state) for part, command, state in CELLS
         if state != "absent" and not command.startswith(("File", "Issue"))]


@pytest.mark.parametrize(("part", "command", "state"), GIVEN)
def test_a_wrong_hand_is_told_so_before_anything_about_the_state(part: str, command: str, state: str) -> None:
    _, states, commands, _, _ = PARTS[part]
    hand, role, give = commands[command]
    (scope,) = hand.scopes
    elsewhere = replace(hand, scopes=(Scope(role=role, region="3303"),))

    assert outcome(give(states[state], replace(hand, status=Employed.SUSPENDED), role)) == "actor_suspended"
    assert outcome(give(states[state], replace(hand, status=Employed.DISMISSED), role)) == "actor_dismissed"
    assert outcome(give(states[state], replace(hand, scopes=()), role)) == "role_not_held"
    if hand is TEACHER:  # Of an organiser its organisation is asked, not where its account may act.
        stranger = replace(hand, organisation=UnitId("unt_other"), scopes=(replace(scope, unit=None),))
        assert outcome(give(states[state], stranger, role)) == "not_the_organiser"
    else:
        assert outcome(give(states[state], elsewhere, role)) == "outside_scope"
        other_sector = replace(hand, scopes=(replace(scope, sector="environment"),))
        assert outcome(give(states[state], other_sector, role)) == "outside_scope"


ANSWERS = [(part, command, state) for part, command, state in GIVEN
           if command in ("AcknowledgePlan", "ReturnPlan", "EvaluatePlan", "AcceptClass", "RefuseClass")]


@pytest.mark.parametrize(("part", "command", "state"), ANSWERS)
def test_no_organiser_answers_itself(part: str, command: str, state: str) -> None:
    """A department that organises is not the department that puts it on file."""
    _, states, commands, _, _ = PARTS[part]
    hand, role, give = commands[command]
    own = replace(hand, organisation=TEACHER.organisation)

    assert outcome(give(states[state], own, role)) == "own_training"


# Plans


def test_a_plan_is_on_file_when_both_departments_have_acknowledged_it_and_says_who_is_missing() -> None:
    assert (PLAN_FILED.missing, PLAN_FILED.status.value) == ((PEOPLE, SECTOR), "filed")
    assert (HALFWAY.missing, HALFWAY.status.value) == ((SECTOR,), "filed")
    assert (ON_FILE.missing, ON_FILE.status.value) == ((), "acknowledged")


def test_a_department_acknowledges_once_and_one_hand_for_one_department() -> None:
    again = training_plan_answers.AcknowledgePlan(role=PEOPLE)
    both = replace(PEOPLES, scopes=(*PEOPLES.scopes, *SECTORS.scopes))
    for_the_other = training_plan_answers.AcknowledgePlan(role=SECTOR)

    assert refusal(training_plan_answers.decide_acknowledgement(HALFWAY, again, PEOPLES)).code == "already_acknowledged"
    assert refusal(training_plan_answers.decide_acknowledgement(HALFWAY, for_the_other, both)).code == "same_hand"


def test_whoever_filed_does_not_acknowledge_under_an_account_elsewhere() -> None:
    moonlighting = replace(PEOPLES, person=TEACHER.person)
    command = training_plan_answers.AcknowledgePlan(role=PEOPLE)

    assert refusal(training_plan_answers.decide_acknowledgement(PLAN_FILED, command, moonlighting)).code == "same_hand"


def test_an_office_that_was_not_asked_does_not_answer() -> None:
    supervisor = replace(PEOPLES, scopes=(Scope(role="supervisor", region="33"),))
    command = training_plan_answers.AcknowledgePlan(role="supervisor")

    no = refusal(training_plan_answers.decide_acknowledgement(PLAN_FILED, command, supervisor))

    assert no.code == "not_a_recipient"


def test_a_plan_filed_anew_is_acknowledged_anew() -> None:
    command = training_plan.RefilePlan(role=ORGANISER, items=FILE_PLAN.items, filed_on=DAY)
    anew = training_plan.evolve(ON_FILE, event(training_plan.decide_plan_refiling(ON_FILE, command, TEACHER)))

    assert (anew.missing, anew.revision, anew.filed.year) == ((PEOPLE, SECTOR), 2, 2026)


def test_each_department_evaluates_once() -> None:
    command = training_plan_answers.EvaluatePlan(
        role=PEOPLE, on=DAY, grade="excellent", classes_held=1, attended=52, words="实施良好")

    no = refusal(training_plan_answers.decide_evaluation(PLANS["evaluated"], command, PEOPLES))
    assert no.code == "already_evaluated"
    silent = replace(command, words=" ")
    assert refusal(training_plan_answers.decide_evaluation(ON_FILE, silent, PEOPLES)).code == "words_missing"


def test_an_evaluation_is_put_right_by_the_office_that_gave_it_or_by_whoever_stands_for_it() -> None:
    command = training_plan_answers.CorrectEvaluation(
        role=PEOPLE, grade="excellent", classes_held=2, attended=90, document="甬人社函1号", words="漏计一班")
    judged, bureau = PLANS["evaluated"], UnitId("unt_people")

    no = refusal(training_plan_answers.decide_evaluation_correction(judged, command, UnitId("unt_other"), PEOPLES))
    assert no.code == "evaluation_of_another"
    for heir in (bureau, None):
        assert outcome(training_plan_answers.decide_evaluation_correction(judged, command, heir, PEOPLES)) == (
            "PlanEvaluationCorrected")


@pytest.mark.parametrize(("change", "code"), [
    ({"recipients": ()}, "recipients_unfit"), ({"recipients": (PEOPLE, PEOPLE)}, "recipients_unfit"),
    ({"items": ()}, "items_unfit"), ({"items": FILE_PLAN.items * 2}, "items_unfit"),
])
def test_a_plan_that_nobody_could_answer_or_refer_to_is_not_filed(change: dict[str, Any], code: str) -> None:
    decision = training_plan.decide_plan_filing(None, replace(FILE_PLAN, **change), SCHOOL_UNIT, TEACHER)

    assert refusal(decision).code == code


def test_only_a_verified_organiser_files() -> None:
    unseen = replace(SCHOOL_UNIT, status=unit.Status.REGISTERED)

    assert refusal(training_plan.decide_plan_filing(None, FILE_PLAN, unseen, TEACHER)).code == "unit_not_verified"
    assert refusal(training_plan.decide_plan_filing(None, FILE_PLAN, None, TEACHER)).code == "unit_absent"
    assert refusal(training_class_filing.decide_class_filing(None, FILE_CLASS, unseen, ON_FILE, TEACHER)).code == (
        "unit_not_verified")


def test_nobody_files_for_an_organiser_who_does_not_act_for_it() -> None:
    stranger = replace(TEACHER, organisation=UnitId("unt_other"), scopes=(Scope(role=ORGANISER, region="3302"),))
    plan = training_plan.decide_plan_filing(None, FILE_PLAN, SCHOOL_UNIT, stranger)
    filed = training_class_filing.decide_class_filing(None, FILE_CLASS, SCHOOL_UNIT, ON_FILE, stranger)

    assert refusal(plan).code == refusal(filed).code == "not_the_organiser"


# Classes


@pytest.mark.parametrize("filed_on", [date(2026, 4, 20), date(2026, 5, 11), date(2026, 6, 30)])
def test_a_class_that_is_filed_late_or_after_its_start_is_a_fact_like_any_other(filed_on: date) -> None:
    """What that does to its hours is law (N 7, AMB-24)."""
    filed = event(training_class_filing.decide_class_filing(
        None, replace(FILE_CLASS, filed_on=filed_on), SCHOOL_UNIT, ON_FILE, TEACHER))
    known = training_class.evolve(None, filed)

    assert filed.filed_on == filed_on
    accepted = training_class.decide_acceptance(known, training_class.AcceptClass(role=SECTOR, number="9"), SECTORS)
    assert outcome(accepted) == "ClassAccepted"


def test_a_class_outside_any_plan_is_filed_but_not_under_a_plan_that_does_not_foresee_it() -> None:
    def filing(**change: Any) -> Any:
        programme = replace(PROGRAMME, **change)
        plan = None if programme.plan is None else ON_FILE
        return training_class_filing.decide_class_filing(
            None, replace(FILE_CLASS, programme=programme), SCHOOL_UNIT, plan, TEACHER)

    assert outcome(filing(plan=None, item=None)) == "ClassFiled"
    assert refusal(filing(item=2)).code == "item_absent"
    assert refusal(training_class_filing.decide_class_filing(None, FILE_CLASS, SCHOOL_UNIT, None, TEACHER)).code == (
        "item_absent")
    (item,) = FILE_PLAN.items
    two = replace(ON_FILE, filed=replace(ON_FILE.filed, items=(item, replace(item, number=2))))
    second = replace(FILE_CLASS, programme=replace(PROGRAMME, item=2))
    assert outcome(training_class_filing.decide_class_filing(None, second, SCHOOL_UNIT, two, TEACHER)) == "ClassFiled"
    foreign = replace(ON_FILE, filed=replace(ON_FILE.filed, organiser=UnitId("unt_other")))
    decision = training_class_filing.decide_class_filing(None, FILE_CLASS, SCHOOL_UNIT, foreign, TEACHER)
    assert refusal(decision).code == "item_absent"


def test_only_a_department_holds_classes_that_are_filed_with_nobody() -> None:
    """W 14."""
    own = replace(FILE_CLASS, role=SECTOR, programme=replace(PROGRAMME, recipient=None, plan=None, item=None))

    filed = event(training_class_filing.decide_class_filing(None, own, DEPARTMENT_UNIT, None, OWN))
    assert training_class.evolve(None, filed).status.value == "announced"
    school = replace(own, role=ORGANISER)
    assert refusal(training_class_filing.decide_class_filing(None, school, SCHOOL_UNIT, None, TEACHER)).code == (
        "recipients_unfit")


@pytest.mark.parametrize(("change", "code"), [
    ({"lessons": ()}, "lessons_missing"), ({"days_half": 11}, "dates_unfit"), ({"days_half": 0}, "dates_unfit"),
    ({"ends": date(2026, 5, 10)}, "dates_unfit"),
])
def test_a_class_that_cannot_be_held_is_not_filed(change: dict[str, Any], code: str) -> None:
    command = replace(FILE_CLASS, programme=replace(PROGRAMME, **change))

    assert refusal(training_class_filing.decide_class_filing(None, command, SCHOOL_UNIT, ON_FILE, TEACHER)).code == code


def test_a_class_changed_after_it_was_accepted_is_accepted_anew_and_counts_as_filed_then() -> None:
    """D06."""
    larger = replace(PROGRAMME, headcount=90)
    command = training_class_filing.RefileClass(role=ORGANISER, programme=larger, filed_on=DAY)
    anew = training_class.evolve(
        ACCEPTED, event(training_class_filing.decide_class_refiling(ACCEPTED, command, SCHOOL_UNIT, ON_FILE, TEACHER)))

    assert (anew.status.value, anew.number, anew.revision, anew.filed.filed_on) == ("filed", None, 2, DAY)


def test_whoever_filed_a_class_does_not_accept_it() -> None:
    moonlighting = replace(SECTORS, person=TEACHER.person)
    command = training_class.AcceptClass(role=SECTOR, number="9")

    assert refusal(training_class.decide_acceptance(CLASS_FILED, command, moonlighting)).code == "same_hand"


@pytest.mark.parametrize(("change", "code"), [
    ({"on": date(2026, 5, 13)}, "class_not_over"), ({"passed": 53}, "counts_unfit"), ({"passed": -1}, "counts_unfit"),
    ({"days_half": 9}, "dates_unfit"),
])
def test_a_holding_says_what_can_have_been(change: dict[str, Any], code: str) -> None:
    assert refusal(training_class.decide_holding(ACCEPTED, replace(HOLD, **change), TEACHER)).code == code


@pytest.mark.parametrize("change", [
    {"on": date(2026, 5, 14)}, {"passed": 0}, {"attended": 0, "passed": 0}, {"days_half": 1}, {"passed": 52},
])
def test_a_holding_may_be_told_on_its_last_day_of_half_a_day_and_of_nobody_who_passed(change: dict[str, Any]) -> None:
    assert outcome(training_class.decide_holding(ACCEPTED, replace(HOLD, **change), TEACHER)) == "ClassHeld"


def test_more_people_than_planned_or_than_the_room_holds_are_a_fact() -> None:
    """D06 asks about it; the register does not deny it."""
    crowd = replace(HOLD, attended=400, passed=400)

    assert outcome(training_class.decide_holding(ACCEPTED, crowd, TEACHER)) == "ClassHeld"


# Rosters


def opened(known: Any, by: Actor = SECTORS, **change: Any) -> Any:
    return training_roster.decide_roster_opening(known, replace(OPEN, **change), by)


def test_whoever_said_who_was_there_does_not_register_them() -> None:
    """Also where the law lets the organiser register its own participants (N 8): two hands do it."""
    registrar = replace(TEACHER, scopes=(Scope(role=ORGANISER, region="3302"),))
    colleague = replace(registrar, actor=SECTORS.actor, person=SECTORS.person)

    assert refusal(opened(HELD, registrar, role=ORGANISER)).code == "same_hand"
    assert outcome(opened(HELD, colleague, role=ORGANISER)) == "ClassRosterOpened+ActOpened"


def test_the_same_list_is_registered_once_but_again_where_it_was_abandoned() -> None:
    done, given_up = (replace(HELD, rosters=(REGISTERING.rosters[0]._replace(status=status),))
                      for status in ("closed", "abandoned"))

    assert refusal(opened(done, list_sha256=LIST)).code == "roster_exists"
    assert outcome(opened(given_up, list_sha256=LIST)) == "ClassRosterOpened+ActOpened"
    assert refusal(opened(HELD, rows=0)).code == "act_empty"


def test_a_roster_closes_with_its_act_and_not_before_every_row_is_written() -> None:
    command = training_roster.CloseRoster(role=SECTOR)
    halfway, closed, gone = (replace(WRITTEN, rows_done=1), replace(WRITTEN, status=ActStatus.CLOSED),
                             replace(WRITTEN, status=ActStatus.ABANDONED))

    def closing(act: Any) -> Any:
        return training_roster.decide_roster_closing(REGISTERING, command, act, SECTORS)

    assert refusal(closing(halfway)).code == "act_unfinished"
    assert outcome(closing(closed)) == "ClassRosterClosed"
    assert refusal(closing(gone)).code == "act_ended"
    assert refusal(closing(None)).code == "act_absent"
    for act, expected in ((gone, "ClassRosterAbandoned"), (closed, "act_ended")):
        decision = training_roster.decide_roster_abandonment(
            REGISTERING, training_roster.AbandonRoster(role=SECTOR), act, SECTORS)
        assert outcome(decision) == expected


def test_a_roster_ends_as_what_happened_to_it() -> None:
    for decide, status in (
        (training_roster.decide_roster_closing(
            REGISTERING, training_roster.CloseRoster(role=SECTOR), WRITTEN, SECTORS), "closed"),
        (training_roster.decide_roster_abandonment(
            REGISTERING, training_roster.AbandonRoster(role=SECTOR), WRITTEN, SECTORS), "abandoned"),
    ):
        after = training_class.evolve(REGISTERING, events(decide)[0])
        assert [one.status for one in after.rosters] == [status]
        assert after.open_roster is None


# Cards


CARD_CASES: list[tuple[Callable[[], Any], str]] = [
    (lambda: training_card.decide_card_issue(None, ISSUE, None, PERSON, TEACHER), "class_absent"),
    (lambda: training_card.decide_card_issue(None, ISSUE, HELD, None, TEACHER), "person_absent"),
    (lambda: training_card.decide_card_issue(None, ISSUE, HELD, PERSON, replace(TEACHER, person=LI)), "own_card"),
    (lambda: training_card.decide_card_issue(None, ISSUE, HELD, PERSON, SECTORS), "role_not_held"),
    (lambda: training_card.decide_card_issue(None, ISSUE, ACCEPTED, PERSON, TEACHER), "class_not_held"),
    (lambda: training_card.decide_card_issue(None, ISSUE, HELD, PERSON, TEACHER, FRESH), "card_on_roster"),
    (lambda: training_card.decide_card_issue(
        None, replace(ISSUE, attended_half=9), HELD, PERSON, TEACHER), "attendance_unfit"),
    (lambda: training_card.decide_card_issue(
        None, replace(ISSUE, attended_half=0), HELD, PERSON, TEACHER), "attendance_unfit"),
    (lambda: training_card.decide_card_issue(
        None, ISSUE, HELD, replace(PERSON, is_restricted=True), TEACHER), "person_restricted"),
    (lambda: training_card.decide_card_voiding(
        CARDS["issued"], training_card.VoidCard(role=ORGANISER, words="错"), PERSON, replace(TEACHER, person=LI)),
     "own_card"),
    (lambda: training_card.decide_card_voiding(
        CARDS["issued"], training_card.VoidCard(role=ORGANISER, words="错"), replace(PERSON, is_restricted=True),
        TEACHER), "person_restricted"),
    (lambda: training_card.decide_card_voiding(
        CARDS["issued"], training_card.VoidCard(role=ORGANISER, words=" "), PERSON, TEACHER), "words_missing"),
]


@pytest.mark.parametrize(("decide", "code"), CARD_CASES, ids=[code for _, code in CARD_CASES])
def test_a_card_is_refused_by_name(decide: Callable[[], Any], code: str) -> None:
    assert refusal(decide()).code == code


def test_whoever_attended_a_half_day_has_their_card() -> None:
    assert outcome(training_card.decide_card_issue(
        None, replace(ISSUE, attended_half=1), HELD, PERSON, TEACHER)) == "CardIssued"


def test_a_number_is_the_organisers_for_ever_and_a_person_has_one_card_of_a_class() -> None:
    """P 15, D01: both are reserved names; a voided card gives only the second back."""
    card = CARDS["issued"]
    assert card is not None
    kinds = {name.kind: name.value for name in card.issued.names(CardNumber(number="2026-017"))}

    assert kinds == {"card_number": "unt_school:2026-017", "class_card": f"{CLASS}:{LI}"}
    voided = event(training_card.decide_card_voiding(
        card, training_card.VoidCard(role=ORGANISER, words="印错"), PERSON, TEACHER))
    assert voided.freed() == {"class_card"}


def test_a_list_that_was_sent_back_is_registered_once_it_was_handed_in_anew() -> None:
    returned = CLASSES["returned"]
    same = replace(OPEN, list_sha256=LIST)

    assert refusal(training_roster.decide_roster_opening(returned, same, SECTORS)).code == "roster_returned"
    anew = fold(training_class.evolve, returned, training_class.decide_holding(returned, HOLD, TEACHER))
    assert (anew.list_returned, anew.list_handed_in) == (None, LIST)
    assert outcome(training_roster.decide_roster_opening(anew, same, SECTORS)) == "ClassRosterOpened+ActOpened"


def test_a_list_is_not_sent_back_by_the_hand_that_brought_it_nor_without_words_nor_where_none_was_brought() -> None:
    held = CLASSES["held"]
    assert held is not None and held.held is not None
    command = training_roster.ReturnRoster(role=SECTOR, words=" ")
    bare = replace(held, held=replace(held.held, evidence=()))

    assert refusal(training_roster.decide_roster_return(held, command, SECTORS)).code == "words_missing"
    moonlighting = replace(SECTORS, person=TEACHER.person)
    assert refusal(training_roster.decide_roster_return(held, command, moonlighting)).code == "same_hand"
    assert refusal(training_roster.decide_roster_return(bare, command, SECTORS)).code == "roster_not_handed_in"


def test_of_a_list_sent_back_after_a_registration_was_given_up_the_holding_is_said_anew_and_not_while_one_is_open(
) -> None:
    given_up = replace(REGISTERING, rosters=(OPEN_ROSTER._replace(status="abandoned"),))
    assert refusal(training_class.decide_holding(given_up, HOLD, TEACHER)).code == "class_not_open"

    command = training_roster.ReturnRoster(role=SECTOR, words="考勤与名册不符")
    back = fold(training_class.evolve, given_up, training_roster.decide_roster_return(given_up, command, SECTORS))
    assert outcome(training_class.decide_holding(back, HOLD, TEACHER)) == "ClassHeld"
    open_again = replace(back, rosters=(*back.rosters, OPEN_ROSTER))
    assert refusal(training_class.decide_holding(open_again, HOLD, TEACHER)).code == "class_not_open"
