"""A statement: issued on a basis that is past, superseded by another of the same person, voided by an office."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable
from datetime import date

import pytest
from msgspec.structs import replace
from stream_cast import (
    BUREAU,
    LI,
    PERSON,
    WANG,
    WHY,
    WORKS,
    ZHAO,
    actor,
    drafts,
    event,
    outcome,
    read_table,
    refusal,
    sealed_fits,
)

from ledger.events.actor import Scope
from ledger.events.base import Name, Words
from ledger.events.statement import StatementId, StatementText
from ledger.offline.statement_file import MalformedStatement
from ledger.streams import standing
from ledger.streams import statement as statements
from ledger.streams.decision import Decision
from ledger.streams.person import Person
from ledger.streams.statement import Statement, Status, evolve

ROLE = "human_resources"
FIRST, SECOND = StatementId("stm_1"), StatementId("stm_2")
SIZE = 41
TEXT = "学时登记情况表\n二〇二六年\n"
OFFICER = actor("officer", Scope(role=ROLE, region="3302"), organisation=BUREAU, person=ZHAO)

ISSUE = statements.IssueStatement(
    statement=FIRST, text=TEXT, code="7K3M9QXT0AHB", as_of=40, log_size=41, root="ab" * 32, law="then",
    rulebooks=("c" * 64,), years=(2026, 2025, 2026), valid_on=date(2026, 10, 1), asking=LI,
)
ISSUED = evolve(None, event(statements.decide_issue(None, ISSUE, PERSON, size=SIZE)))
OTHER = evolve(None, event(statements.decide_issue(None, replace(ISSUE, statement=SECOND), PERSON, size=SIZE)))
SUPERSEDE = statements.SupersedeStatement(by_statement=SECOND, asking=LI)
VOID = statements.VoidStatement(role=ROLE, basis="issued_in_error", words=WHY)

STATES: dict[str, Statement | None] = {
    "absent": None,
    "issued": ISSUED,
    "superseded": replace(ISSUED, status=Status.SUPERSEDED, superseded_by=SECOND),
    "voided": replace(ISSUED, status=Status.VOIDED),
}
COMMANDS: dict[str, Callable[[Statement | None, Person], Decision]] = {
    "IssueStatement": lambda statement, person: statements.decide_issue(statement, ISSUE, person, size=SIZE),
    "SupersedeStatement": lambda statement, person: statements.decide_supersession(
        statement, SUPERSEDE, OTHER, person
    ),
    "VoidStatement": lambda statement, person: statements.decide_voiding(statement, VOID, person, OFFICER),
}

MATRIX = read_table("""
                   absent            issued               superseded             voided
IssueStatement     StatementIssued   statement_exists     statement_exists       statement_exists
SupersedeStatement statement_absent  StatementSuperseded  statement_not_in_force statement_not_in_force
VoidStatement      statement_absent  StatementVoided      StatementVoided        already_voided
""")

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
    statement = None if command == "IssueStatement" else ISSUED

    assert outcome(COMMANDS[command](statement, replace(PERSON, is_restricted=True))) == "person_restricted"
    assert outcome(COMMANDS[command](statement, replace(PERSON, is_forgotten=True))) == "key_destroyed"


def test_what_is_issued_holds_the_digest_of_the_text_and_the_text_itself_is_sealed() -> None:
    (issued,) = drafts(COMMANDS["IssueStatement"](None, PERSON))

    assert issued.event.sha256 == hashlib.sha256(TEXT.encode()).hexdigest()  # type: ignore[attr-defined]
    assert issued.sealed == StatementText(text=TEXT)
    assert issued.event.subjects() == (LI,)
    assert issued.event.stream == FIRST


def test_what_is_issued_names_the_whole_basis_and_each_year_once() -> None:
    issued = ISSUED.issued

    assert (issued.as_of, issued.log_size, issued.root, issued.law) == (40, 41, "ab" * 32, "then")
    assert (issued.rulebooks, issued.valid_on) == (("c" * 64,), date(2026, 10, 1))
    assert issued.years == (2025, 2026)


def test_a_code_is_reserved_for_ever_so_that_void_paper_is_still_found() -> None:
    assert ISSUED.issued.names(None) == (Name("verify_code", "7K3M9QXT0AHB"),)
    for command in COMMANDS:
        assert event(COMMANDS[command](None if command == "IssueStatement" else ISSUED, PERSON)).freed() == frozenset()


@pytest.mark.parametrize(("as_of", "log_size"), [(42, 42), (40, 42), (42, 41), (41, 40)])
def test_a_basis_that_is_not_past_is_refused(as_of: int, log_size: int) -> None:
    ahead = replace(ISSUE, as_of=as_of, log_size=log_size)

    no = refusal(statements.decide_issue(None, ahead, PERSON, size=SIZE))

    assert (no.code, no.seen) == ("basis_in_future", {"as_of": as_of, "log_size": log_size, "size": SIZE})


def test_the_head_of_the_log_is_past_enough() -> None:
    assert outcome(statements.decide_issue(None, replace(ISSUE, as_of=SIZE, log_size=SIZE), PERSON, size=SIZE)) == (
        "StatementIssued"
    )


def test_a_statement_of_no_year_or_no_person_is_refused() -> None:
    assert outcome(statements.decide_issue(None, replace(ISSUE, years=()), PERSON, size=SIZE)) == "years_missing"
    assert outcome(statements.decide_issue(None, ISSUE, None, size=SIZE)) == "person_absent"


@pytest.mark.parametrize("text", ["", "no end", "two\r\nends\n", "a\n-- 证明 --\nb\n"])
def test_a_text_that_no_file_could_hold_is_never_issued(text: str) -> None:
    with pytest.raises(MalformedStatement):
        statements.decide_issue(None, replace(ISSUE, text=text), PERSON, size=SIZE)


def test_a_person_asks_for_themselves_alone() -> None:
    for asking in (WANG, None):
        assert outcome(statements.decide_issue(None, replace(ISSUE, asking=asking), PERSON, size=SIZE)) == (
            "not_the_holder"
        )
        assert outcome(
            statements.decide_supersession(ISSUED, replace(SUPERSEDE, asking=asking), OTHER, PERSON)
        ) == "not_the_holder"


def test_an_office_asks_in_a_role_over_the_person_and_never_for_its_own_hand() -> None:
    issue, supersede = replace(ISSUE, asking=None, role=ROLE), replace(SUPERSEDE, asking=None, role=ROLE)
    far = actor("far", Scope(role=ROLE, region="3303"))
    works = actor("works", Scope(role=ROLE, region="3302", unit=WORKS))
    suspended = replace(OFFICER, status=standing.Status.SUSPENDED)
    for by, code in (
        (OFFICER, None), (works, None), (far, "outside_scope"), (actor("without"), "role_not_held"),
        (suspended, "actor_suspended"), (replace(OFFICER, person=LI), "own_statement"),
    ):
        assert outcome(statements.decide_issue(None, issue, PERSON, by, size=SIZE)) == (code or "StatementIssued")
        assert outcome(statements.decide_supersession(ISSUED, supersede, OTHER, PERSON, by)) == (
            code or "StatementSuperseded"
        )
        assert outcome(statements.decide_voiding(ISSUED, VOID, PERSON, by)) == (code or "StatementVoided")


def test_an_office_that_names_no_role_is_refused_even_where_it_pretends_to_be_the_person() -> None:
    assert outcome(statements.decide_issue(None, ISSUE, PERSON, OFFICER, size=SIZE)) == "actor_required"
    assert outcome(statements.decide_supersession(ISSUED, SUPERSEDE, OTHER, PERSON, OFFICER)) == "actor_required"


def test_only_another_statement_of_the_same_person_that_is_in_force_takes_its_place() -> None:
    of_wang = replace(OTHER, issued=replace(OTHER.issued, person=WANG))
    gone = [replace(OTHER, status=status) for status in (Status.SUPERSEDED, Status.VOIDED)]
    for replacement in (None, of_wang, *gone):
        assert outcome(statements.decide_supersession(ISSUED, SUPERSEDE, replacement, PERSON)) == "replacement_unfit"
    itself = replace(SUPERSEDE, by_statement=FIRST)
    assert outcome(statements.decide_supersession(ISSUED, itself, ISSUED, PERSON)) == "replacement_unfit"


def test_a_superseded_statement_says_by_which_and_stays_so_when_it_is_voided() -> None:
    superseded = evolve(ISSUED, event(COMMANDS["SupersedeStatement"](ISSUED, PERSON)))
    voided = evolve(superseded, event(COMMANDS["VoidStatement"](superseded, PERSON)))

    assert superseded.superseded_by == voided.superseded_by == SECOND
    assert (voided.status, voided.issued) == (Status.VOIDED, ISSUED.issued)


def test_voiding_says_why_and_the_words_are_sealed() -> None:
    (voided,) = drafts(COMMANDS["VoidStatement"](ISSUED, PERSON))

    assert voided.sealed == Words(words=WHY)
    assert outcome(statements.decide_voiding(ISSUED, replace(VOID, words=" "), PERSON, OFFICER)) == "words_missing"
