"""A card (学时登记卡): what an organiser certifies to one person of one class that was held; voided when it is wrong.

Follows P 15 (whoever attended a filed advanced seminar shows the card). One card a person and class, and one number
among the cards of an organiser: both are reserved names, so of two at once one wins (D01). What a roster says of a
number holds: the card that bears it is of that person and that class.

Reading: nobody issues their own card or voids it, and the card says no more than was held.

`tests/ledger/streams/test_training_matrix.py` shows every command in every state.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any, Final, Literal

from msgspec.structs import replace

from ledger.errors import Refusal
from ledger.events.base import Draft
from ledger.events.training import CardEvent, CardId, CardIssued, CardNumber, CardVoided
from ledger.streams.claim import Claim
from ledger.streams.decision import Beheaded, Command, Decision, State, spoken
from ledger.streams.person import Person, closed_to_processing
from ledger.streams.standing import Actor
from ledger.streams.training_class import TrainingClass
from ledger.streams.training_hands import of_organiser
from ledger.vocabulary import PersonId, UnitId

Result = Literal["passed", "failed"]


class Status(StrEnum):
    """Where a card is in life."""

    ISSUED = "issued"
    VOIDED = "voided"


class Card(State):
    """A card as it stands."""

    issued: CardIssued
    status: Status = Status.ISSUED

    @property
    def card(self) -> CardId:
        """Name the card."""
        return self.issued.card

    @property
    def person(self) -> PersonId:
        """Name whose card it is."""
        return self.issued.person

    @property
    def organiser(self) -> UnitId:
        """Name who issued it."""
        return self.issued.organiser


class IssueCard(Command):
    """Certify what a person attended."""

    card: CardId
    role: str
    number: str
    attended_half: int
    hours_centi: int
    result: Result


class VoidCard(Command):
    """Say that it should not have been issued."""

    role: str
    words: str


def decide_card_issue(
    card: Card | None, command: IssueCard, held: TrainingClass | None, person: Person | None, by: Actor,
    on_roster: Claim | None = None,
) -> Decision:
    """Issue a card of a class that was held, by its organiser. `on_roster`: the row on which its number stands."""
    if card is not None:
        return Refusal.because("card_exists", card=card.card)
    if held is None:
        return Refusal.because("class_absent")
    if person is None:
        return Refusal.because("person_absent")
    if no := of_organiser(held.organiser, command.role, by):
        return no
    if by.person == person.person:
        return Refusal.because("own_card", actor=by.actor)
    if no := closed_to_processing(person):
        return no
    if held.held is None:
        return Refusal.because("class_not_held", status=held.status)
    if not 1 <= command.attended_half <= held.held.days_half:
        return Refusal.because("attendance_unfit", days_half=command.attended_half, held_half=held.held.days_half)
    if on_roster is not None and (on_roster.person, on_roster.study.training_class) != (
            person.person, held.training_class):
        return Refusal.because("card_on_roster")
    issued = CardIssued(
        card=command.card,
        person=person.person,
        training_class=held.training_class,
        organiser=held.organiser,
        attended_half=command.attended_half,
        hours_centi=command.hours_centi,
        result=command.result,
    )
    return (Draft(issued, CardNumber(number=command.number)),)


def of_another(card: Card | None, person: str, training_class: str | None) -> Refusal | None:
    """Say why no roster may show a number for this person and class: its card is another's, or void for good."""
    if card is None or (card.person, card.issued.training_class, card.status) == (
            person, training_class, Status.ISSUED):
        return None
    return Refusal.because("card_elsewhere")


def decide_card_voiding(card: Card | None, command: VoidCard, person: Person, by: Actor) -> Decision:
    """Void it once, by its organiser and with words for the person."""
    if card is None:
        return Refusal.because("card_absent")
    assert person.person == card.person, "the caller brought another person"
    if no := of_organiser(card.issued.organiser, command.role, by):
        return no
    if by.person == person.person:
        return Refusal.because("own_card", actor=by.actor)
    if no := closed_to_processing(person):
        return no
    if card.status is Status.VOIDED:
        return Refusal.because("card_voided", card=card.card)
    if (words := spoken(command.words)) is None:
        return Refusal.because("words_missing")
    return (Draft(CardVoided(card=card.card, person=card.person), words),)


def evolve(card: Card | None, event: CardEvent) -> Card:
    """Accept what happened."""
    if isinstance(event, CardIssued):
        return Card(event)
    if card is None:
        raise Beheaded(event)
    return _EVOLVE[type(event)](card, event)


_EVOLVE: Final[dict[type[CardEvent], Callable[[Card, Any], Card]]] = {
    CardVoided: lambda card, event: replace(card, status=Status.VOIDED),
}
