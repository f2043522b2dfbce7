"""Cards, issued and voided by whoever held the class (P 15). `tests/api/test_training_filings.py` shows it."""

from __future__ import annotations

from typing import Any

from api.cases.claiming import card_numbers
from api.cases.doing import Asked, Done, Reading
from api.cases.standing import absent
from api.cases.training.class_filings import class_of
from api.cases.training.organising import organisers_of, organising
from api.cases.training.trainings import days_of
from api.house import House
from api.operational.callers import Caller
from ledger.errors import Refusal
from ledger.events.training import CardId
from ledger.streams import training_card as cards
from ledger.streams.decision import Decision
from ledger.streams.standing import Actor
from ledger.streams.training_hands import of_organiser
from ledger.vocabulary import format_hours


def issue_card(house: House, caller: Caller, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Certify to a person what they attended (P 15); the number is the organiser's own and nobody else's."""
    card = CardId(house.new_id("card"))

    def decide(reading: Reading, role: str, by: Actor) -> Decision:
        held = class_of(reading, fields["training_class"])
        if held is None:
            return Refusal.because("class_absent")
        if no := of_organiser(held.organiser, role, by):  # Before the person: whether there is one is theirs to know.
            return no
        command = cards.IssueCard(
            card=card, role=role, number=fields["number"], attended_half=fields["attended_days"],
            hours_centi=fields["hours"], result=fields["result"],
        )
        reading.fresh(card)
        return cards.decide_card_issue(None, command, held, reading.person(fields["person"]), by,
                                       card_numbers.row_with(house, reading, held.organiser, fields["number"]))

    return organising(house, caller, asked, decide, of=fields["training_class"])


def void_card(house: House, caller: Caller, card: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Say that it should not have been issued; to another organiser there is no such card."""

    def decide(reading: Reading, role: str, by: Actor) -> Decision:
        found = reading.state(card, cards.evolve)
        if found is None or found.organiser not in organisers_of(by):
            return absent(house, caller, "card_absent")
        person = reading.person(found.person)
        assert person is not None, "a card is a person's"
        return cards.decide_card_voiding(found, cards.VoidCard(role=role, words=fields["words"]), person, by)

    return organising(house, caller, asked, decide, upon=card, show=card_view)


def card_view(card: cards.Card) -> dict[str, Any]:
    """A card without its number, which is sealed."""
    issued = card.issued
    return {
        "card": card.card, "person": card.person, "training_class": issued.training_class,
        "organiser": issued.organiser, "status": card.status, "attended_days": days_of(issued.attended_half),
        "hours": format_hours(issued.hours_centi), "result": issued.result,
    }
