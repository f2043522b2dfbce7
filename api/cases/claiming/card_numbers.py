"""The numbers of an organiser's cards: one is one person's of one class, whether a card or a list gave it (P 15, D01).

Cards and lists reserve their numbers under names of their own, since the card that a list speaks of bears the same.
That the other kind has not given a number to somebody else is read: so whoever gives one rests on nothing having been
recorded of the organiser since, and of two in one instant the later is decided again.

`tests/api/test_card_numbers.py` shows it.
"""

from __future__ import annotations

from api.cases.doing import Reading
from api.house import House
from ledger.events.study import roster_card_name
from ledger.events.training import card_name
from ledger.stores.append import NothingSince
from ledger.streams import training_card as cards
from ledger.streams import training_class as classes
from ledger.streams.claim import Claim
from ledger.vocabulary import UnitId


def row_with(house: House, reading: Reading, organiser: UnitId, number: str) -> Claim | None:
    """The row of a roster on which a number stands."""
    _rest_on(house, reading, organiser)
    row = house.ledger.find(roster_card_name(organiser, number))
    return None if row is None else reading.claim(row)


def card_with(house: House, reading: Reading, organiser: UnitId, number: str | None) -> cards.Card | None:
    """The card that was issued under a number."""
    if number is None:
        return None
    _rest_on(house, reading, organiser)
    card = house.ledger.find(card_name(organiser, number))
    return None if card is None else reading.state(card, cards.evolve)


def class_of(reading: Reading, claim: Claim) -> classes.TrainingClass | None:
    """Read the class on whose roster a claim is a row; None of any other claim."""
    name = claim.submitted.study.training_class
    return None if name is None or claim.submitted.origin != "batch" else reading.state(name, classes.evolve)


def organiser_of(reading: Reading, claim: Claim) -> UnitId | None:
    """Whose numbers a claim shows: those of its class, where it is a row of a roster."""
    held = class_of(reading, claim)
    return None if held is None else held.organiser


def _rest_on(house: House, reading: Reading, organiser: UnitId) -> None:
    reading.guards.append(NothingSince(organiser, house.ledger.store.size()))
