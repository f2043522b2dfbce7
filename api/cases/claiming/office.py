"""A claim in an office's hands: whose hand it is, in which role and at which level, whatever is decided.

Whose hand it is, the ledger asks (scopes, two hands, nobody's own); which office it is, the law says: the registrar
tables name role and level for the place, and an account of another level is told which words stand against it.

`tests/api/test_four_places.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from api.cases.claiming.claims import place_of, sights, submitted_on, view
from api.cases.doing import Asked, Done, Reading, do
from api.cases.standing import acting, by_actor, in_sight, of_another_level
from api.house import House
from api.law_of import law_now, walk_of
from api.operational.callers import Caller
from ledger.errors import Refusal
from ledger.streams.claim import Claim
from ledger.streams.decision import Decision
from ledger.streams.person import Person
from ledger.streams.standing import Actor

Decide = Callable[[Reading, Claim, str, Person, Actor], Decision]


class Prepared(NamedTuple):
    """Who would decide about a claim that they may see, in which role, and how."""

    actor: Actor
    role: str
    decide: Callable[[Reading], Decision]


def as_office(
    house: House, caller: Caller, claim: str, asked: Asked, decide_it: Decide, role_in: Callable[[Claim, Actor], str],
    *, registers: bool = True,
) -> Done | Refusal:
    """Decide in a role. `registers`: it is that of the walk, at the level which the law names for it there."""
    ready = prepared(house, caller, claim, decide_it, role_in, registers=registers)
    if isinstance(ready, Refusal):
        return ready
    return do(house.ledger, by_actor(caller, ready.actor, ready.role), asked, ready.decide, upon=claim, show=view)


def prepared(
    house: House, caller: Caller, claim: str, decide_it: Decide, role_in: Callable[[Claim, Actor], str],
    *, registers: bool = True,
) -> Prepared | Refusal:
    """Make ready to decide in a role, for somebody who may see the claim."""
    actor = acting(house, caller)
    if isinstance(actor, Refusal):
        return actor
    reading = Reading(house.ledger)
    seen = reading.claim(claim)
    if no := in_sight(actor, sights(house, reading, seen), "claim_absent"):
        return no
    assert seen is not None, "what is not there is in nobody's sight"
    role = role_in(seen, actor)

    def decide(reading: Reading) -> Decision:
        found, by = reading.claim(claim), reading.actor(caller.id)
        assert found is not None and by is not None, "neither a claim nor an account is ever taken away"
        person = reading.person(found.person)
        assert person is not None, "a claim is a person's"
        drafts = decide_it(reading, found, role, person, by)
        if isinstance(drafts, Refusal) or not registers:
            return drafts
        return not_the_registrar(house, claim, found, person, role, by) or drafts

    return Prepared(actor, role, decide)


def not_the_registrar(
    house: House, claim: str, found: Claim, person: Person, role: str, by: Actor
) -> Refusal | None:
    """Say that the law names an office of another level, in its words; a supervisor is of none."""
    day = submitted_on(house, claim)
    office = walk_of(
        law_now(house.answers), place_of(found, person), day, found.study.category.value, confirmed=True).office(role)
    return None if office is None else of_another_level((office,), found.matter, role, by)
