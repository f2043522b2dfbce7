"""What happens to a statement (学时登记情况表): issued, superseded by another, voided.

A statement is a text that was handed out. The event holds its digest and the basis it was computed on, so that one
proof binds the text to the log; the text itself is sealed beside the leaf, so that the same bytes can be handed out
again whatever became of the program that wrote them, and are gone with the person's key. The text carries a random
number of its own: without one, who may read the ledger could try names until a digest fits.

`tests/ledger/streams/test_statement_stream.py` shows it.
"""

from __future__ import annotations

from datetime import date
from typing import NewType

from ledger.events.base import Event, Name, Open, Pseudonym, Sealed, Secret, Words
from ledger.vocabulary import PersonId, StreamId

StatementId = NewType("StatementId", str)


class StatementEvent(Event):
    """The base of all events of a statement's stream."""

    statement: Pseudonym[StatementId]
    person: Pseudonym[PersonId]

    @property
    def stream(self) -> StreamId:
        return StreamId(self.statement)

    def subjects(self) -> tuple[str, ...]:
        return (self.person,)


class StatementText(Sealed):
    """The text as it was handed out, with the proof that nothing of the person was left out (`ledger.maps.entries`)."""

    text: Secret[str]
    presence: Secret[str | None] = None   # Their entry in a completeness map; none in statements issued without.
    map_event: Secret[int | None] = None  # Where that map stands in the log; none: right after the statement.


class StatementIssued(StatementEvent, tag="statement.issued/1"):
    """A text was handed out, on a basis that gives the same answer again."""

    sealed_as = StatementText

    sha256: Pseudonym[str]             # Of the text's bytes; the verifier compares it with the file in hand.
    code: Pseudonym[str]               # What stands on paper for anyone to ask about it by (核验码).
    as_of: Open[int]                   # The last position that was known.
    log_size: Open[int]                # The log as it was then, with its root in hex.
    law: Open[str]                     # then, now, set:...
    rulebooks: Open[tuple[str, ...]]   # SHA-256 of the bytes of each rulebook it was judged by.
    years: Open[tuple[int, ...]]
    root: Open[str | None] = None
    valid_on: Open[date | None] = None

    def names(self, sealed: Sealed | None) -> tuple[Name, ...]:
        """Reserve the code, and never free it: paper that is superseded or void still has to be found."""
        return (Name("verify_code", self.code),)


class StatementSuperseded(StatementEvent, tag="statement.superseded/1"):
    """A later statement took its place."""

    by_statement: Pseudonym[StatementId]


class StatementVoided(StatementEvent, tag="statement.voided/1"):
    """It should not have been handed out (作废); whoever asks about its code is told so."""

    sealed_as = Words

    basis: Open[str]
