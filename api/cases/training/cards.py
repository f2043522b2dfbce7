"""Cards, asked about: by the person a card is about, or by an office for a purpose.

Whoever looks at another's, alone or on the list of a class, is recorded before they see.
`tests/api/test_http_trainings.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from api.cases.doing import Reading
from api.cases.looked import record_looks
from api.cases.standing import absent, by_actor, look, look_at, looking, may_see, places, seeing_scopes
from api.cases.training.trainings import days_of, matter_of_class
from api.house import House
from api.operational.callers import Caller
from ledger.errors import Refusal
from ledger.events.training import CardNumber
from ledger.streams.standing import Matter
from ledger.vocabulary import UnitId, format_hours
from projections import trainings_reading as known
from projections.trainings_reading import Card

_ROUTE, _CARDS = "trainings", ("cards",)


def card(house: House, caller: Caller, name: str, purpose: str | None, *, as_of: int) -> dict[str, Any] | Refusal:
    """A card, to whom it is about or to an office for a purpose."""
    return _one_card(house, caller, known.cards(house.answers, card=name, as_of=as_of), purpose)


def card_of_number(
    house: House, caller: Caller, organiser: UnitId, number: str, purpose: str | None, *, as_of: int
) -> dict[str, Any] | Refusal:
    """The card that bears a number, as someone read it from paper."""
    found = known.card_of_number(house.answers, organiser, number, as_of=as_of)
    return _one_card(house, caller, [] if found is None else [found], purpose)


def _one_card(house: House, caller: Caller, found: list[Card], purpose: str | None) -> dict[str, Any] | Refusal:
    """A card that the caller may look at; of another person's not even that there is one."""
    one = next((each for each in found if caller.kind != "person" or each.person == caller.id), None)
    if one is None:
        return absent(house, caller, "card_absent")
    no = look(house, caller, person=one.person, matters=_sights(house, one), purpose=purpose, what=_CARDS,
              route=_ROUTE, otherwise="card_absent")
    return no if no is not None else card_view(house, one)


def _sights(house: House, one: Card) -> Iterable[Matter | None]:
    """From where a card is seen: where its person belongs or belonged, and from its class, on whose list it stands."""
    if (person := Reading(house.ledger).person(one.person)) is not None:
        yield from places(person, house.today)
    if (held := known.training_class(house.answers, one.training_class)) is not None:
        yield matter_of_class(held)


def cards_of_person(
    house: House, caller: Caller, person: str, purpose: str | None, *, as_of: int
) -> list[dict[str, Any]] | Refusal:
    """Every card of a person, void ones too."""
    if no := look_at(house, caller, person, purpose, what=_CARDS, route=_ROUTE):
        return no
    return [card_view(house, one) for one in known.cards(house.answers, person=person, as_of=as_of)]


def cards_of_class(
    house: House, caller: Caller, name: str, purpose: str | None, *, as_of: int
) -> list[dict[str, Any]] | Refusal:
    """Every card of a class, to its organiser and to the offices it was filed with; each person is recorded as seen."""
    asking = looking(house, caller)
    if isinstance(asking, Refusal):
        return asking
    held = known.training_class(house.answers, name, as_of=as_of)
    if held is None:
        return Refusal.because("class_absent")
    if no := may_see(asking, matter_of_class(held)):
        return no
    if purpose is None:
        return Refusal.because("purpose_missing")
    found = known.cards(house.answers, training_class=name, as_of=as_of)
    record_looks(house, by_actor(caller, asking, seeing_scopes(asking)[0].role), (one.person for one in found), purpose,
                 what=_CARDS, route=_ROUTE)
    return [card_view(house, one) for one in found]


def card_view(house: House, one: Card) -> dict[str, Any]:
    """A card with its number; None where its key is destroyed."""
    issued = house.ledger.at(one.events[0])
    opened = None if issued is None else house.ledger.opened(issued)
    return {
        "card": one.card,
        "number": opened.number if isinstance(opened, CardNumber) else None,
        "person": one.person,
        "training_class": one.training_class,
        "organiser": one.organiser,
        "status": one.status,
        "version": len(one.events),
        "attended_days": days_of(one.attended_half),
        "hours": format_hours(one.hours_centi),
        "result": one.result,
        "events": list(one.events),
    }
