"""Standing: whether an actor may act in a role, upon a matter. The one place that asks; every other stream calls it.

An actor's standing is a fact of the ledger (appointed, granted, suspended); what a role is entitled to by law is not
asked here. Scopes are limits, read strictly: what a scope limits, the matter must say and must meet, so a grant can
never be wider than the granter's own scope.

`tests/ledger/streams/test_standing.py` shows it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple

from ledger.errors import Refusal
from ledger.events.actor import Scope
from ledger.events.base import Hand
from ledger.streams.decision import State
from ledger.vocabulary import ActorId, PersonId, UnitId

OF_A_UNIT: Final = ("unit", "recognised_organiser")
"""The roles of those who act for a unit, not for an office; a scope names the unit where it is not their own."""


class Status(StrEnum):
    """Where an actor is in life."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    DISMISSED = "dismissed"


class Actor(State):
    """An actor as it stands."""

    actor: ActorId
    organisation: UnitId
    person: PersonId | None
    status: Status = Status.ACTIVE
    scopes: tuple[Scope, ...] = ()

    @property
    def hand(self) -> Hand:
        """Name whose hand it is, for events that a later decision asks about."""
        return Hand(actor=self.actor, person=self.person)

    def is_same_hand(self, hand: Hand) -> bool:
        """Say whether a former act was this actor's, under this account or another of the same person."""
        return hand.actor == self.actor or (hand.person is not None and hand.person == self.person)


class Matter(NamedTuple):
    """What an act is about, as far as scopes measure it. None: it belongs to no particular one."""

    region: str
    sector: str | None = None
    category: str | None = None
    unit: UnitId | None = None

    @classmethod
    def of(cls, scope: Scope) -> Matter:
        """Take a scope itself as the matter: what is granted or withdrawn."""
        return cls(scope.region, scope.sector, scope.category, scope.unit)


def covers(scope: Scope, matter: Matter) -> bool:
    """Say whether a scope reaches a matter: every limit it sets must be met by what the matter says."""
    return (
        matter.region.startswith(scope.region)
        and (scope.sector is None or scope.sector == matter.sector)
        and (scope.category is None or scope.category == matter.category)
        and (scope.unit is None or scope.unit == matter.unit)
    )


def barred(actor: Actor) -> Refusal | None:
    """Say what keeps an actor from anything at all."""
    if actor.status is Status.DISMISSED:
        return Refusal.because("actor_dismissed", actor=actor.actor)
    if actor.status is Status.SUSPENDED:
        return Refusal.because("actor_suspended", actor=actor.actor)
    return None


def standing(actor: Actor, role: str, matter: Matter | None = None) -> Refusal | None:
    """Say what keeps an actor from acting in a role, upon a matter if one is given; None when nothing does."""
    if no := barred(actor):
        return no
    is_held = False
    for scope in actor.scopes:  # Asked of every row of a list: a loop takes half the time of `any`.
        if scope.role == role:
            if matter is None or covers(scope, matter):
                return None
            is_held = True
    if matter is None or not is_held:
        return Refusal.because("role_not_held", actor=actor.actor, role=role)
    return Refusal.because("outside_scope", actor=actor.actor, role=role, **matter._asdict())


def speaks_for(actor: Actor, unit: str, role: str) -> bool:
    """Say whether a role that is held is held for a unit: for one's own, or for another that a scope names."""
    return any(
        scope.role == role and (
            (scope.unit in (None, unit) and actor.organisation == unit) or (scope.unit == unit and role in OF_A_UNIT))
        for scope in actor.scopes)
