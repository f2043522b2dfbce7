"""A statement (学时登记情况表): issued on a basis, in force until another takes its place or it is voided.

Whoever asks is the person themselves or an office with standing over them; nobody issues or voids their own under an
actor's account (D07). What the text says is computed elsewhere and not doubted here: the decision takes its digest, so
event and text cannot differ, and demands that the basis lies in the past. The log only grows: its size needs no guard.

Voiding says that it should never have been handed out, which may turn out after it was superseded as well.

`tests/ledger/streams/test_statement_stream.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from enum import StrEnum
from typing import Any, Final

from msgspec.structs import replace

from ledger.errors import Refusal
from ledger.events.base import Draft
from ledger.events.statement import (
    StatementEvent,
    StatementId,
    StatementIssued,
    StatementSuperseded,
    StatementText,
    StatementVoided,
)
from ledger.ids import is_verify_code
from ledger.offline.statement_file import digest_of
from ledger.streams.decision import Beheaded, Command, Decision, State, spoken
from ledger.streams.person import Person, closed_to_processing, matter_of
from ledger.streams.standing import Actor, standing
from ledger.vocabulary import PersonId


class Status(StrEnum):
    """Where a statement is in life."""

    ISSUED = "issued"
    SUPERSEDED = "superseded"
    VOIDED = "voided"


class Statement(State):
    """A statement as it stands: what was issued, which stays, and what has come of it."""

    issued: StatementIssued
    status: Status = Status.ISSUED
    superseded_by: StatementId | None = None

    @property
    def statement(self) -> StatementId:
        """Name the statement."""
        return self.issued.statement

    @property
    def person(self) -> PersonId:
        """Name whom it is about."""
        return self.issued.person


class IssueStatement(Command):
    """Hand out a text about a person's years."""

    statement: StatementId
    text: str
    code: str
    as_of: int
    log_size: int
    law: str
    rulebooks: tuple[str, ...]
    years: tuple[int, ...]
    root: str | None = None
    valid_on: date | None = None
    asking: PersonId | None = None  # Who asks for themselves;
    role: str | None = None         # an office asks in a role.
    presence: str | None = None     # What goes with the text of a completeness map, and where that stands.
    map_event: int | None = None


class SupersedeStatement(Command):
    """Let a later statement take its place."""

    by_statement: StatementId
    asking: PersonId | None = None
    role: str | None = None


class VoidStatement(Command):
    """Say that it should not have been handed out."""

    role: str
    basis: str
    words: str


def decide_issue(
    statement: Statement | None, command: IssueStatement, person: Person | None, by: Actor | None = None, *, size: int
) -> Decision:
    """Issue on a basis within the log, whose size the caller has read."""
    if statement is not None:
        return Refusal.because("statement_exists", statement=statement.statement)
    if person is None:
        return Refusal.because("person_absent")
    if no := _not_theirs(person, command.asking, command.role, by) or closed_to_processing(person):
        return no
    if not command.as_of <= command.log_size <= size:
        return Refusal.because("basis_in_future", as_of=command.as_of, log_size=command.log_size, size=size)
    if not command.years:
        return Refusal.because("years_missing")
    assert command.as_of >= 1, "a registered person is known from the first position on"
    assert is_verify_code(command.code), "the caller makes codes with new_verify_code"
    issued = StatementIssued(
        statement=command.statement,
        person=person.person,
        sha256=digest_of(command.text),
        code=command.code,
        as_of=command.as_of,
        log_size=command.log_size,
        law=command.law,
        rulebooks=command.rulebooks,
        years=tuple(sorted(set(command.years))),
        root=command.root,
        valid_on=command.valid_on,
    )
    handed_out = StatementText(text=command.text, presence=command.presence, map_event=command.map_event)
    return (Draft(issued, handed_out),)


def decide_supersession(
    statement: Statement | None,
    command: SupersedeStatement,
    replacement: Statement | None,
    person: Person,
    by: Actor | None = None,
) -> Decision:
    """Supersede by another statement about the same person; one that is issued in the same breath will do."""
    if statement is None:
        return Refusal.because("statement_absent")
    assert person.person == statement.person, "the caller brought another person"
    if no := _not_theirs(person, command.asking, command.role, by) or closed_to_processing(person):
        return no
    if statement.status is not Status.ISSUED:
        return Refusal.because("statement_not_in_force", statement=statement.statement, status=statement.status)
    if replacement is None:
        return Refusal.because("replacement_unfit", by_statement=command.by_statement)
    assert replacement.statement == command.by_statement, "the caller brought another replacement"
    is_itself, is_theirs = replacement.statement == statement.statement, replacement.person == statement.person
    if is_itself or not is_theirs or replacement.status is not Status.ISSUED:
        return Refusal.because("replacement_unfit", by_statement=command.by_statement)
    superseded = StatementSuperseded(
        statement=statement.statement, person=statement.person, by_statement=replacement.statement
    )
    return (Draft(superseded),)


def decide_voiding(statement: Statement | None, command: VoidStatement, person: Person, by: Actor) -> Decision:
    """Void, by an office alone and with words for the person; once."""
    if statement is None:
        return Refusal.because("statement_absent")
    assert person.person == statement.person, "the caller brought another person"
    if no := _not_theirs(person, None, command.role, by) or closed_to_processing(person):
        return no
    if statement.status is Status.VOIDED:
        return Refusal.because("already_voided", statement=statement.statement)
    if (words := spoken(command.words)) is None:
        return Refusal.because("words_missing")
    voided = StatementVoided(statement=statement.statement, person=statement.person, basis=command.basis)
    return (Draft(voided, words),)


def _not_theirs(person: Person, asking: PersonId | None, role: str | None, by: Actor | None) -> Refusal | None:
    """Say why this hand has nothing to do with this person's statements: neither themselves nor an office over them."""
    if by is None:
        return None if asking == person.person else Refusal.because("not_the_holder")
    if role is None:
        return Refusal.because("actor_required")
    if no := standing(by, role, matter_of(person)):
        return no
    if by.person == person.person:
        return Refusal.because("own_statement", actor=by.actor)
    return None


def evolve(statement: Statement | None, event: StatementEvent) -> Statement:
    """Accept what happened."""
    if isinstance(event, StatementIssued):
        return Statement(event)
    if statement is None:
        raise Beheaded(event)
    return _EVOLVE[type(event)](statement, event)


_EVOLVE: Final[dict[type[StatementEvent], Callable[[Statement, Any], Statement]]] = {
    StatementSuperseded: lambda statement, event: replace(
        statement, status=Status.SUPERSEDED, superseded_by=event.by_statement
    ),
    StatementVoided: lambda statement, event: replace(statement, status=Status.VOIDED),
}
