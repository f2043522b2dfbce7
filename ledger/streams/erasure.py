"""How a person comes to be forgotten: proposed by one hand, left to rest, and done by another (PIPL 47, D14).

From the proposal on the person is restricted: their data is stored and nothing else, so nothing begins that the
destruction would cut off, and whoever withdraws gives back all that was. No clock destroys a key. After the day that
was promised another hand does, which names the document once more: a wrong person has another document.

Whether anything that runs has to end first is not asked here, nor how long the rest lasts.
`tests/ledger/streams/test_erasure_stream.py` shows it.
"""

from __future__ import annotations

from datetime import date
from typing import Final, Literal

from ledger.errors import Refusal
from ledger.events.base import Draft
from ledger.events.person import (
    ErasureProposed,
    ErasureWithdrawn,
    KeyDestroyed,
    PersonRestricted,
    RestrictionLifted,
)
from ledger.streams.decision import Command, Decision, spoken
from ledger.streams.person import Person, known_by
from ledger.streams.standing import Actor
from ledger.vocabulary import PersonId

REQUEST: Final = "request"
ORDER: Final = "order"


class ProposeErasure(Command):
    """Propose that the person be forgotten."""

    role: str
    basis: Literal["request", "order"]
    document: str
    asked_on: date
    not_before: date
    words: str
    evidence: tuple[str, ...] = ()


class WithdrawErasure(Command):
    """Take the proposal back: an office in its role, or the person who had asked for it."""

    words: str
    role: str | None = None
    asking: PersonId | None = None


class DestroyKey(Command):
    """Destroy the person's key, as was proposed under this document."""

    role: str
    document: str
    on: date
    final_after: date


def decide_erasure_proposal(person: Person | None, command: ProposeErasure, by: Actor) -> Decision:
    """Propose it once, and restrict the person from here on."""
    known = known_by(person, command.role, by)
    if isinstance(known, Refusal):
        return known
    if known.erasure is not None:
        return Refusal.because("erasure_proposed", not_before=known.erasure.not_before)
    if (words := spoken(command.words)) is None:
        return Refusal.because("words_missing")
    proposed = ErasureProposed(
        person=known.person, hand=by.hand, basis=command.basis, document=command.document, asked_on=command.asked_on,
        not_before=command.not_before, restricts=not known.is_restricted, evidence=command.evidence)
    if known.is_restricted:
        return (Draft(proposed, words),)
    return Draft(proposed, words), Draft(PersonRestricted(person=known.person, basis="erasure_proposed"))


def decide_erasure_withdrawal(person: Person | None, command: WithdrawErasure, by: Actor | None = None) -> Decision:
    """Take back what stands, at any time before the key is destroyed; processing goes on where it had ended for it."""
    if by is None:
        known: Person | Refusal = Refusal.because("person_absent") if person is None else person
    else:
        known = known_by(person, command.role or "", by)
    if isinstance(known, Refusal):
        return known
    if known.is_forgotten:
        return Refusal.because("key_destroyed", person=known.person)
    if by is None and command.asking != known.person:
        return Refusal.because("not_the_one_to_be_forgotten")
    if known.erasure is None:
        return Refusal.because("erasure_absent")
    if by is None and known.erasure.basis != REQUEST:  # What an authority ordered is not the person's to take back.
        return Refusal.because("erasure_ordered", document=known.erasure.document)
    if (words := spoken(command.words)) is None:
        return Refusal.because("words_missing")
    withdrawn = Draft(ErasureWithdrawn(person=known.person), words)
    if not (known.erasure.restricts and known.is_restricted):
        return (withdrawn,)
    return withdrawn, Draft(RestrictionLifted(person=known.person, basis="erasure_withdrawn"))


def decide_key_destruction(person: Person | None, command: DestroyKey, by: Actor) -> Decision:
    """Destroy the key by another hand than the one that proposed it, once the rest is over."""
    known = known_by(person, command.role, by)
    if isinstance(known, Refusal):
        return known
    if (erasure := known.erasure) is None:
        return Refusal.because("erasure_absent")
    if by.is_same_hand(erasure.hand):
        return Refusal.because("same_hand", actor=by.actor)
    if command.document != erasure.document:
        return Refusal.because("erasure_of_another_document")
    if command.on < erasure.not_before:
        return Refusal.because("erasure_too_early", not_before=erasure.not_before)
    return (Draft(KeyDestroyed(person=known.person, basis=erasure.basis, final_after=command.final_after)),)
