"""Applications: judged as far as hours go, postponed by a shortage, lost by a falsification, for a term or for once."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import date

import pytest
from msgspec.structs import replace
from stream_cast import (
    BUREAU,
    CLAIM,
    LI,
    PERSON,
    WANG,
    WHY,
    WORKS,
    ZHAO,
    actor,
    event,
    outcome,
    read_table,
    refusal,
    sealed_fits,
)

from ledger.events.actor import Scope
from ledger.events.application import ApplicationId, Assessment, Goal, Sanction
from ledger.events.base import Name
from ledger.streams import application as applications
from ledger.streams import application_sanctions as sanctions
from ledger.streams.application import TERM, THIS_APPLICATION, Application, Status, evolve
from ledger.streams.decision import Decision
from ledger.streams.person import Person, Title
from ledger.streams.standing import Actor
from ledger.vocabulary import RulebookId

ROLE = "human_resources"
FIRST = ApplicationId("app_1")
OFFICER = actor("officer", Scope(role=ROLE, region="3302"), organisation=BUREAU, person=ZHAO)
COLLEAGUE = actor("colleague", Scope(role=ROLE, region="3302"))
ENGINEER = Title(date(2020, 11, 30), "intermediate", "engineering")
APPLICANT = replace(PERSON, titles=(ENGINEER,))

GOAL = Goal(level="senior", applied_on=date(2026, 5, 20), title_obtained_on=ENGINEER.obtained_on, minimum_years=5)
SHORT = Assessment(
    eligible=False, years_met=4, years=(2021, 2022, 2023, 2024), consecutive=(2023, 2024), as_of=900,
    reasons=("达标年份 4 年，需 5 年",), rulebooks=("c" * 64,), rulebook=RulebookId("ningbo-industry/2019-01-01"),
    digest="c" * 64, article="第九条",
)
ENOUGH = replace(SHORT, eligible=True, years_met=5, reasons=())
FALSE = Sanction(cause="falsified", article="第十条", rulebook=SHORT.rulebook, claims=(CLAIM,), case="cas_1")

FILE = applications.FileApplication(application=FIRST, person=LI, goal=GOAL, statement="stm_1")
ASSESS = applications.AssessApplication(role=ROLE, assessment=SHORT)
POSTPONE = applications.PostponeApplication(role=ROLE, earliest_year=2027, words=WHY)
GRANT = applications.GrantApplication(role=ROLE, obtained_on=date(2026, 12, 30))
WITHDRAW = applications.WithdrawApplication(person=LI)
DISQUALIFY = sanctions.DisqualifyApplicant(
    application=FIRST, role=ROLE, sanction=FALSE, lasts=TERM, starts=date(2026, 6, 1), until=date(2029, 5, 31),
    words=WHY,
)
LIFT = sanctions.LiftDisqualification(role=ROLE, on=date(2027, 1, 1), basis="复核", words=WHY)
REVOKE = sanctions.RevokeTitle(
    application=FIRST, role=ROLE, sanction=FALSE, level="intermediate", series="engineering",
    obtained_on=ENGINEER.obtained_on, on=date(2026, 6, 1), words=WHY,
)

FILED = evolve(None, event(applications.decide_filing(None, FILE, APPLICANT)))
ASSESSED = evolve(FILED, event(applications.decide_assessment(FILED, ASSESS, APPLICANT, OFFICER)))
BARRED = evolve(ASSESSED, event(sanctions.decide_disqualification(ASSESSED, DISQUALIFY, APPLICANT, OFFICER)))
STATES: dict[str, Application | None] = {
    "absent": None,
    "filed": FILED,
    "assessed": ASSESSED,
    "enough": replace(ASSESSED, assessment=ENOUGH),
    "granted": replace(ASSESSED, assessment=ENOUGH, status=Status.GRANTED),
    "postponed": replace(ASSESSED, status=Status.POSTPONED),
    "withdrawn": replace(FILED, status=Status.WITHDRAWN),
    "disqualified": BARRED,
    "lifted": replace(BARRED, status=Status.LIFTED, lifted_on=LIFT.on),
}

Give = Callable[[Application | None, Person, Actor], Decision]
BY_OFFICE: dict[str, Give] = {
    "AssessApplication": lambda one, person, by: applications.decide_assessment(one, ASSESS, person, by),
    "PostponeApplication": lambda one, person, by: applications.decide_postponement(one, POSTPONE, person, by),
    "GrantApplication": lambda one, person, by: applications.decide_grant(one, GRANT, person, by),
    "DisqualifyApplicant": lambda one, person, by: sanctions.decide_disqualification(one, DISQUALIFY, person, by),
    "LiftDisqualification": lambda one, person, by: sanctions.decide_lifting(one, LIFT, person, by),
    "RevokeTitle": lambda one, person, by: sanctions.decide_title_revocation(one, REVOKE, person, by),
}
COMMANDS: dict[str, Give] = {
    "FileApplication": lambda one, person, by: applications.decide_filing(one, FILE, person),
    "WithdrawApplication": lambda one, person, by: applications.decide_application_withdrawal(one, WITHDRAW, person),
    **BY_OFFICE,
}
MATRIX = read_table("""
                      absent                 filed                  assessed               postponed
FileApplication       ApplicationFiled       application_exists     application_exists     application_exists
WithdrawApplication   application_absent     ApplicationWithdrawn   ApplicationWithdrawn   application_not_open
AssessApplication     application_absent     ApplicationAssessed    ApplicationAssessed    application_not_open
PostponeApplication   application_absent     application_not_open   ApplicationPostponed   application_not_open
GrantApplication      application_absent     application_not_open   application_short      application_not_open
DisqualifyApplicant   ApplicantDisqualified  ApplicantDisqualified  ApplicantDisqualified  ApplicantDisqualified
LiftDisqualification  application_absent     not_disqualified       not_disqualified       not_disqualified
RevokeTitle           TitleRevoked           TitleRevoked           TitleRevoked           TitleRevoked
""") | read_table("""
                      withdrawn              disqualified           lifted
FileApplication       application_exists     application_exists     application_exists
WithdrawApplication   application_not_open   application_not_open   application_not_open
AssessApplication     application_not_open   application_not_open   application_not_open
PostponeApplication   application_not_open   application_not_open   application_not_open
GrantApplication      application_not_open   application_not_open   application_not_open
DisqualifyApplicant   ApplicantDisqualified  already_disqualified   ApplicantDisqualified
LiftDisqualification  not_disqualified       DisqualificationLifted not_disqualified
RevokeTitle           TitleRevoked           TitleRevoked           TitleRevoked
""") | read_table("""
                      enough                               granted
FileApplication       application_exists                   application_exists
WithdrawApplication   ApplicationWithdrawn                 application_not_open
AssessApplication     ApplicationAssessed                  application_not_open
PostponeApplication   application_not_short                application_not_open
GrantApplication      ApplicationGranted+TitleRecorded     application_not_open
DisqualifyApplicant   ApplicantDisqualified                ApplicantDisqualified
LiftDisqualification  not_disqualified                     not_disqualified
RevokeTitle           TitleRevoked                         TitleRevoked
""")


def hand(command: str) -> Actor:
    return COLLEAGUE if command == "LiftDisqualification" else OFFICER


@pytest.mark.parametrize(("command", "state"), list(itertools.product(COMMANDS, STATES)))
def test_a_command_in_a_state_does_what_the_matrix_says(command: str, state: str) -> None:
    decision = COMMANDS[command](STATES[state], APPLICANT, hand(command))

    assert outcome(decision) == MATRIX[command, state]
    if isinstance(decision, tuple):
        assert sealed_fits(decision)
        after = evolve(STATES[state], decision[0].event)  # type: ignore[arg-type]
        assert (after.application, after.person) == (FIRST, LI)


@pytest.mark.parametrize(("command", "state"), [key for key, cell in MATRIX.items() if cell[0].isupper()])
def test_nothing_is_done_for_a_restricted_or_forgotten_person(command: str, state: str) -> None:
    for change, code in (({"is_restricted": True}, "person_restricted"), ({"is_forgotten": True}, "key_destroyed")):
        assert outcome(COMMANDS[command](STATES[state], replace(APPLICANT, **change), hand(command))) == code


@pytest.mark.parametrize(("command", "state"), [(one, state) for one in BY_OFFICE for state in STATES])
def test_a_wrong_hand_is_told_so_before_anything_about_the_state(command: str, state: str) -> None:
    if MATRIX[command, state] == "application_absent":
        return  # There is nothing to act upon.
    by = hand(command)
    elsewhere = replace(by, scopes=(Scope(role=ROLE, region="3303"),))

    assert outcome(COMMANDS[command](STATES[state], APPLICANT, replace(by, person=LI))) == "own_application"  # D07
    assert outcome(COMMANDS[command](STATES[state], APPLICANT, elsewhere)) == "outside_scope"


# Applying


def test_a_person_applies_where_they_belong_from_a_title_that_is_recorded() -> None:
    filed = FILED.filed
    assert filed is not None
    assert (filed.unit, filed.region, filed.sector) == (WORKS, "330203", "industry")

    from_nowhere = replace(FILE, goal=replace(GOAL, applied_on=date(2019, 5, 1)))
    assert outcome(applications.decide_filing(None, from_nowhere, APPLICANT)) == "not_affiliated"
    assert outcome(applications.decide_filing(None, FILE, PERSON)) == "title_not_recorded"
    assert outcome(applications.decide_filing(None, replace(FILE, person=WANG), APPLICANT)) == "not_the_applicant"
    assert outcome(applications.decide_filing(None, FILE, None)) == "person_absent"


@pytest.mark.parametrize(("applied_on", "code"), [
    (date(2026, 5, 31), "ApplicationFiled"), (date(2026, 6, 1), "applicant_barred"),
    (date(2029, 5, 31), "applicant_barred"), (date(2029, 6, 1), "ApplicationFiled"),
])
def test_a_term_bars_from_its_first_day_to_its_last(applied_on: date, code: str) -> None:
    command = replace(FILE, application=ApplicationId("app_2"), goal=replace(GOAL, applied_on=applied_on))

    assert outcome(applications.decide_filing(None, command, APPLICANT, [FILED, BARRED])) == code


def test_what_was_lifted_bars_until_the_day_before_and_what_was_for_once_bars_nothing_else() -> None:  # AMB-06
    lifted = evolve(BARRED, event(sanctions.decide_lifting(BARRED, LIFT, APPLICANT, COLLEAGUE)))
    for_once = replace(DISQUALIFY, lasts=THIS_APPLICATION)
    once = evolve(ASSESSED, event(sanctions.decide_disqualification(ASSESSED, for_once, APPLICANT, OFFICER)))

    assert [lifted.bars(date(2026, 12, 31)), lifted.bars(date(2027, 1, 1))] == [True, False]
    assert not once.bars(date(2026, 6, 1))
    assert once.disqualified is not None and once.disqualified.until is None
    assert BARRED.disqualified is not None
    assert evolve(BARRED, replace(BARRED.disqualified, until=None)).bars(date(2099, 1, 1)), "no last day: for good"


# Judging


def test_an_answer_names_its_rulebook_and_where_no_law_speaks_there_is_none() -> None:  # N 9
    silent = replace(SHORT, eligible=None, rulebook=None, digest=None, article=None)

    def assess(assessment: Assessment) -> str:
        command = replace(ASSESS, assessment=assessment)
        return outcome(applications.decide_assessment(FILED, command, APPLICANT, OFFICER))

    for half in ({"article": None}, {"digest": None}, {"rulebook": None}):
        assert assess(replace(SHORT, **half)) == assess(replace(ENOUGH, **half)) == "assessment_incomplete"
    assert assess(silent) == assess(ENOUGH) == "ApplicationAssessed"


def test_only_a_shortage_postpones_and_only_forward() -> None:  # N 9
    enough = replace(ASSESSED, assessment=ENOUGH)
    past = replace(POSTPONE, earliest_year=2025)

    assert outcome(applications.decide_postponement(enough, POSTPONE, APPLICANT, OFFICER)) == "application_not_short"
    assert outcome(applications.decide_postponement(ASSESSED, past, APPLICANT, OFFICER)) == "earliest_year_past"
    made = event(applications.decide_postponement(ASSESSED, POSTPONE, APPLICANT, OFFICER))
    assert (made.earliest_year, made.article) == (2027, "第九条")
    same = replace(POSTPONE, earliest_year=GOAL.applied_on.year)  # The year may still be met by its end.
    assert outcome(applications.decide_postponement(ASSESSED, same, APPLICANT, OFFICER)) == "ApplicationPostponed"
    silent = replace(POSTPONE, words="")
    assert outcome(applications.decide_postponement(ASSESSED, silent, APPLICANT, OFFICER)) == "words_missing"


# Sanctions


def test_a_falsification_rests_on_entries_or_on_a_case_and_a_title_on_entries() -> None:  # N 10
    baseless = replace(FALSE, claims=(), case=None)
    by_case = replace(FALSE, claims=())

    def disqualify(sanction: Sanction) -> str:
        command = replace(DISQUALIFY, sanction=sanction)
        return outcome(sanctions.decide_disqualification(FILED, command, APPLICANT, OFFICER))

    assert disqualify(baseless) == "sanction_baseless"
    assert disqualify(by_case) == disqualify(replace(baseless, cause="short")) == "ApplicantDisqualified"
    assert disqualify(replace(FALSE, case=None)) == "ApplicantDisqualified"
    command = replace(REVOKE, sanction=by_case)
    assert outcome(sanctions.decide_title_revocation(None, command, APPLICANT, OFFICER)) == "sanction_baseless"


def test_a_sanction_may_stand_alone_but_not_one_for_an_application_that_is_not_there() -> None:
    alone = event(sanctions.decide_disqualification(None, DISQUALIFY, APPLICANT, OFFICER))
    for_once = replace(DISQUALIFY, lasts=THIS_APPLICATION)

    assert evolve(None, alone).bars(date(2026, 6, 1))
    assert outcome(sanctions.decide_disqualification(None, for_once, APPLICANT, OFFICER)) == "application_absent"
    backwards = replace(DISQUALIFY, until=date(2026, 5, 31))
    assert outcome(sanctions.decide_disqualification(FILED, backwards, APPLICANT, OFFICER)) == "term_unfit"
    one_day = replace(DISQUALIFY, until=DISQUALIFY.starts)
    assert outcome(sanctions.decide_disqualification(FILED, one_day, APPLICANT, OFFICER)) == "ApplicantDisqualified"
    unfiled = evolve(None, alone)  # A sanction made the stream; nothing was applied for.
    lifted = evolve(unfiled, event(sanctions.decide_lifting(unfiled, LIFT, APPLICANT, COLLEAGUE)))
    assert outcome(sanctions.decide_disqualification(lifted, for_once, APPLICANT, OFFICER)) == "application_absent"


def test_whoever_disqualified_does_not_lift_it() -> None:  # D14
    early = replace(LIFT, on=date(2026, 5, 31))

    assert outcome(sanctions.decide_lifting(BARRED, LIFT, APPLICANT, OFFICER)) == "same_hand"
    assert outcome(sanctions.decide_lifting(BARRED, early, APPLICANT, COLLEAGUE)) == "term_unfit"
    at_once = replace(LIFT, on=DISQUALIFY.starts)
    assert outcome(sanctions.decide_lifting(BARRED, at_once, APPLICANT, COLLEAGUE)) == "DisqualificationLifted"


def test_a_title_is_revoked_once_and_only_one_that_is_recorded() -> None:  # N 10
    revoked = event(sanctions.decide_title_revocation(None, REVOKE, APPLICANT, OFFICER))
    again = evolve(None, revoked)
    unknown = replace(REVOKE, level="senior")

    assert revoked.sanction.claims == (CLAIM,)
    assert revoked.names(None) == (Name("revoked_title", f"{LI}:intermediate:engineering:2020-11-30"),)
    assert outcome(sanctions.decide_title_revocation(again, REVOKE, APPLICANT, OFFICER)) == "title_revoked"
    no = refusal(sanctions.decide_title_revocation(None, unknown, APPLICANT, OFFICER))
    assert no.code == "title_not_recorded"
    several = replace(APPLICANT, titles=(ENGINEER, ENGINEER._replace(series="economics")))
    assert outcome(sanctions.decide_title_revocation(None, REVOKE, several, OFFICER)) == "TitleRevoked"


def test_what_is_granted_is_a_title_of_a_day_that_is_not_before_the_application() -> None:
    enough = STATES["enough"]
    made = applications.decide_grant(enough, GRANT, APPLICANT, OFFICER)
    assert isinstance(made, tuple)
    granted, title = (draft.event for draft in made)

    assert (title.stream, title.level, title.obtained_on) == (LI, GOAL.level, GRANT.obtained_on)  # type: ignore[attr-defined]
    assert evolve(enough, granted).status is Status.GRANTED  # type: ignore[arg-type]
    early = replace(GRANT, obtained_on=date(2026, 5, 19))
    assert outcome(applications.decide_grant(enough, early, APPLICANT, OFFICER)) == "date_out_of_order"
    that_day = replace(GRANT, obtained_on=GOAL.applied_on)
    assert outcome(applications.decide_grant(enough, that_day, APPLICANT, OFFICER)) == (
        "ApplicationGranted+TitleRecorded")
    unspoken = replace(ASSESSED, assessment=replace(ENOUGH, eligible=None))
    assert outcome(applications.decide_grant(unspoken, GRANT, APPLICANT, OFFICER)) == (
        "ApplicationGranted+TitleRecorded"), "where no rulebook speaks of it the committee decides"


def test_of_what_was_granted_only_the_title_can_be_taken() -> None:  # N 10
    once = replace(DISQUALIFY, lasts=THIS_APPLICATION, until=None)

    no = refusal(sanctions.decide_disqualification(STATES["granted"], once, APPLICANT, OFFICER))
    assert no.code == "application_granted"


def test_nobody_applies_from_a_title_that_was_taken_unless_another_is_of_the_same_day() -> None:  # N 10
    taken = evolve(None, event(sanctions.decide_title_revocation(None, REVOKE, APPLICANT, OFFICER)))
    twice = replace(APPLICANT, titles=(ENGINEER, ENGINEER._replace(series="economics")))

    assert outcome(applications.decide_filing(None, FILE, APPLICANT, [taken])) == "title_revoked"
    assert outcome(applications.decide_filing(None, FILE, twice, [taken])) == "ApplicationFiled"


def test_whoever_holds_no_title_applies_for_a_first_one_and_whoever_holds_one_names_it() -> None:  # N 9
    first = replace(FILE, goal=replace(GOAL, level="assistant", title_obtained_on=None))
    taken = evolve(None, event(sanctions.decide_title_revocation(None, REVOKE, APPLICANT, OFFICER)))

    filed = event(applications.decide_filing(None, first, PERSON))
    assert filed.goal.title_obtained_on is None
    no = refusal(applications.decide_filing(None, first, APPLICANT))
    assert (no.code, no.seen["obtained_on"]) == ("title_held", ENGINEER.obtained_on)
    assert outcome(applications.decide_filing(None, first, APPLICANT, [taken])) == "ApplicationFiled", (
        "what was taken away is no present title (N 10)")


def test_a_first_title_that_is_granted_is_entered_as_any_other() -> None:
    first = replace(FILE, goal=replace(GOAL, level="assistant", title_obtained_on=None))
    filed = evolve(None, event(applications.decide_filing(None, first, PERSON)))
    judged = applications.AssessApplication(role=ROLE, assessment=replace(SHORT, eligible=None))
    assessed = evolve(filed, event(applications.decide_assessment(filed, judged, PERSON, OFFICER)))
    made = applications.decide_grant(assessed, GRANT, PERSON, OFFICER)

    assert isinstance(made, tuple)
    title = made[1].event
    assert (title.stream, title.level, title.obtained_on) == (LI, "assistant", GRANT.obtained_on)  # type: ignore[attr-defined]
