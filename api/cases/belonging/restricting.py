"""A person's data is stored and nothing else, until human resources of the place let processing go on (PIPL 44, 47).

Whoever refuses that their data be processed, or whose data may neither be used nor yet erased, is restricted: nothing
is registered, decided or changed about them, and what waits rests where it is. Hours that stand stay as they are. A
proposal to forget somebody restricts them too (`api.cases.forgetting`) and is ended by taking that back, not by this.

`tests/api/test_restricting.py` shows it.
"""

from __future__ import annotations

from typing import Any

from api.cases.belonging.people import upon_person
from api.cases.doing import Asked, Done, Reading
from api.cases.standing import HUMAN_RESOURCES
from api.house import House
from api.operational.callers import Caller
from ledger.errors import Refusal
from ledger.streams import claim as claims
from ledger.streams import person as persons
from ledger.streams.decision import Decision
from ledger.streams.person import Person
from ledger.streams.standing import Actor
from projections.applications import applications_of


def restrict(house: House, caller: Caller, person: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Stop all processing but storage and safeguarding."""
    command = persons.RestrictPerson(role=HUMAN_RESOURCES, basis=fields["basis"], words=fields["words"])

    def decide(_: Reading, __: str, found: Person, by: Actor) -> Decision:
        return persons.decide_restriction(found, command, by)

    return upon_person(house, caller, person, asked, (HUMAN_RESOURCES,), decide)


def lift(house: House, caller: Caller, person: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Let processing go on; what rested goes on where it was."""
    command = persons.LiftRestriction(role=HUMAN_RESOURCES, basis=fields["basis"])

    def decide(_: Reading, __: str, found: Person, by: Actor) -> Decision:
        return persons.decide_restriction_lift(found, command, by)

    return upon_person(house, caller, person, asked, (HUMAN_RESOURCES,), decide)


def effects(house: House, person: str) -> dict[str, Any]:
    """What would rest, or go on: each by its id, as of now."""
    house.settled()
    found = house.ledger.load_each(list(house.answers.claims_of(person)), claims.evolve)
    whose = house.answers.person(person)
    return {
        "claims": [name for name, one in found.items() if one.state is not None and one.state.is_open],
        "transfers": [] if whose is None else [
            one.transfer for one in whose.transfers if one.status == "requested"],
        "applications": [one.application for one in applications_of(house.answers, person)
                         if one.status in ("filed", "assessed")],
    }
