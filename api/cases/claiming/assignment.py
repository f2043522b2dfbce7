"""Whose a claim is at its step: handed to a colleague, taken, given back (转办).

Whoever could take the step may say who looks after it: one of their own organisation who could take it too, by the
ledger (role, scope, two hands, nobody's own) and by the law (the level that it names for the place). It binds nobody:
whoever else could decide still can, and is told first whose it is.

The names of colleagues are people's names. They are shown masked, to their own organisation, and recorded like every
look at somebody. `tests/api/test_assignment.py` shows it.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from api.cases.claiming.claims import sights, view
from api.cases.claiming.office import Decide, not_the_registrar
from api.cases.claiming.review import at_step
from api.cases.doing import Asked, Done, Reading, do
from api.cases.looked import record_looks
from api.cases.standing import acting, by_actor, in_sight
from api.house import House
from api.operational.callers import Caller
from ledger.envelope import decode
from ledger.errors import Refusal
from ledger.events.actor import ActorAppointed, Official
from ledger.identifiers.names import Name
from ledger.reading import Recorded
from ledger.streams import claim_review as review
from ledger.streams.claim import Claim, Status
from ledger.streams.decision import Decision
from ledger.streams.person import Person
from ledger.streams.standing import Actor

PURPOSE: Final = "review"
MOST: Final = 200
"""So many accounts of an organisation are looked through: a claim is handed to somebody next door."""


class Colleague(NamedTuple):
    """Somebody to whom work was given, or could be."""

    actor: str
    name: str | None   # Masked; None: of another organisation, or the key of the account is destroyed.
    is_self: bool

    @property
    def words(self) -> str:
        """Who it is: two of one masked name are told apart by the end of their accounts."""
        account = f"账号尾号 {self.actor[-4:]}"
        return "我" if self.is_self else account if self.name is None else f"{self.name}（{account}）"


def assign(house: House, caller: Caller, claim: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Hand the step that is due to a colleague, or give it back to the office."""
    name, words = fields["to"], fields.get("words")

    def given_to(to: Actor | None) -> Decide:
        def decide(_: Reading, found: Claim, role: str, person: Person, by: Actor) -> Decision:
            if name is not None and to is None:  # Whose hand and what state come first: they refuse with anybody.
                early = review.decide_return(found, review.ReturnClaim(role=role, words="-"), person, by)
                return early if isinstance(early, Refusal) else Refusal.because("actor_absent")
            decided = review.decide_assignment(found, review.AssignClaim(role=role, words=words), person, by, to)
            if isinstance(decided, Refusal):
                return decided
            if to is not None and not_the_registrar(house, claim, found, person, role, to) is not None:
                return Refusal.because("assignee_unfit", to=name, role=role)
            return decided

        return decide

    ready = at_step(house, caller, claim, given_to(None))
    if isinstance(ready, Refusal):
        return ready

    def decide(reading: Reading) -> Decision:
        decided = at_step(house, caller, claim, given_to(None if name is None else reading.actor(name)))
        return decided if isinstance(decided, Refusal) else decided.decide(reading)

    return do(house.ledger, by_actor(caller, ready.actor, ready.role), asked, decide, upon=claim, show=view)


def colleagues(house: House, caller: Caller, claim: str) -> list[Colleague] | Refusal:
    """Who of the asker's organisation could take the step that is due, the asker first."""
    actor = acting(house, caller)
    if isinstance(actor, Refusal):
        return actor
    reading = Reading(house.ledger)
    found = reading.claim(claim)
    if no := in_sight(actor, sights(house, reading, found), "claim_absent"):
        return no
    assert found is not None, "what is not there is in nobody's sight"
    if found.status is not Status.UNDER_REVIEW:
        return []
    if (behind := house.settled()) is not None:
        return behind
    person = reading.person(found.person)
    assert person is not None, "a claim is a person's"
    able = [one for name in house.answers.colleagues(actor.organisation, limit=MOST)
            if (one := reading.actor(name)) is not None and review.could_take(found, found.step_due, one)
            and not_the_registrar(house, claim, found, person, found.step_due, one) is None]
    named = names_of(house, caller, actor, [one.actor for one in able])
    return sorted((named[one.actor] for one in able), key=lambda one: (not one.is_self, one.words))


def names_of(
    house: House, caller: Caller, actor: Actor, holders: list[str], *, route: str = "assignment"
) -> dict[str, Colleague]:
    """The colleagues of these accounts, recorded as seen. Of another organisation's hand no name is told."""
    reading, seen = Reading(house.ledger), list(dict.fromkeys(one for one in holders if one != actor.actor))
    own = {one for one in seen if (it := reading.actor(one)) is not None and it.organisation == actor.organisation}
    if own:
        record_looks(house, by_actor(caller, actor, actor.scopes[0].role), sorted(own), PURPOSE, what=("name",),
                     route=route)
    names = {one: _name(house, one) if one in own else None for one in seen}
    return {one: Colleague(one, names.get(one), one == actor.actor) for one in dict.fromkeys(holders)}


def _name(house: House, actor: str) -> str | None:
    """The name under which an account was allotted, masked."""
    for position, leaf in house.ledger.store.stream(actor):
        envelope = decode(leaf)
        if isinstance(envelope.event, ActorAppointed):
            opened = house.ledger.opened(Recorded(position, envelope))
            return Name(opened.name, opened.name, uncertain=False).mask() if isinstance(opened, Official) else None
    return None
