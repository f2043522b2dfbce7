"""What happens to an actor: someone who acts for an office, a unit or an organiser, within scopes."""

from __future__ import annotations

from ledger.events.base import Event, Name, Open, Part, Pseudonym, Sealed, Secret
from ledger.vocabulary import ActorId, PersonId, StreamId, UnitId


class Official(Sealed):
    """Who acts, in clear."""

    name: Secret[str]
    phone: Secret[str | None] = None


class ActorEvent(Event):
    """The base of all events of an actor's stream."""

    actor: Pseudonym[ActorId]

    @property
    def stream(self) -> StreamId:
        return StreamId(self.actor)

    def subjects(self) -> tuple[str, ...]:
        return (self.actor,)


class Scope(Part):
    """What an actor may act upon: a role, within a region, and where given a sector, a category, one unit."""

    role: Open[str]
    region: Open[str]  # A prefix of two, four or six digits.
    sector: Open[str | None] = None
    category: Open[str | None] = None
    unit: Pseudonym[UnitId | None] = None


class ActorAppointed(ActorEvent, tag="actor.appointed/1"):
    """The office above allotted an account (W 5, R 8)."""

    sealed_as = Official

    organisation: Pseudonym[UnitId]
    account: Pseudonym[str]  # The HMAC of the account's name: one account, one actor.
    person: Pseudonym[PersonId | None] = None  # Their own person, so that nobody rules on their own hours.

    def subjects(self) -> tuple[str, ...]:
        return (self.actor, self.organisation) if self.person is None else (self.actor, self.organisation, self.person)

    def names(self, sealed: Sealed | None) -> tuple[Name, ...]:
        return (Name("account", self.account),)


class ScopeGranted(ActorEvent, tag="actor.scope_granted/1"):
    """The actor may do this from now on."""

    scope: Open[Scope]


class ScopeWithdrawn(ActorEvent, tag="actor.scope_withdrawn/1"):
    """The actor may no longer do this; what was done stays done."""

    scope: Open[Scope]


class ActorSuspended(ActorEvent, tag="actor.suspended/1"):
    """The actor may do nothing for now."""


class ActorReinstated(ActorEvent, tag="actor.reinstated/1"):
    """The actor may act again, within the scopes that were never withdrawn."""


class ActorDismissed(ActorEvent, tag="actor.dismissed/1"):
    """The appointment ended; the account's name is free for a successor."""

    def freed(self) -> frozenset[str]:
        return frozenset({"account"})
