"""An actor (经办账号): someone who acts for an office, a unit or an organiser, within the scopes they were granted.

Follows W 5 and R 8 (accounts are allotted by the office above), D07 (nobody acts upon what is their own), and the
separation of system, security and audit administrators in one person (GB/T 22239, three-role split).

Where `by` is None the installation itself acts, from its own command line, before there is anyone who could appoint.

`tests/ledger/streams/test_actor_stream.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from msgspec.structs import replace

from ledger.errors import Refusal
from ledger.events.actor import (
    ActorAppointed,
    ActorDismissed,
    ActorEvent,
    ActorReinstated,
    ActorSuspended,
    Official,
    Scope,
    ScopeGranted,
    ScopeWithdrawn,
)
from ledger.events.base import Draft
from ledger.streams.decision import Beheaded, Command, Decision
from ledger.streams.standing import Actor, Matter, Status, standing
from ledger.streams.unit import Unit, matter_of, unfit
from ledger.vocabulary import ActorId, PersonId

SEPARATED: Final = frozenset({"system_administrator", "security_administrator", "audit_administrator"})
"""Roles of which one person may hold one: whoever runs the system neither sets its keys nor watches its watch."""


class AppointActor(Command):
    """Allot an account to someone who will act for an organisation."""

    actor: ActorId
    account: str
    official: Official
    role: str
    person: PersonId | None = None


class GrantScope(Command):
    """Let the actor do this from now on."""

    scope: Scope
    role: str


class WithdrawScope(Command):
    """Let the actor do this no longer."""

    scope: Scope
    role: str


class SuspendActor(Command):
    """Let the actor do nothing for now."""

    role: str


class ReinstateActor(Command):
    """Let the actor act again."""

    role: str


class DismissActor(Command):
    """End the appointment."""

    role: str


def decide_appointment(
    actor: Actor | None, command: AppointActor, organisation: Unit | None, by: Actor | None
) -> Decision:
    """Appoint for an organisation that is fit to be acted for."""
    if actor is not None:
        return Refusal.because("actor_exists", actor=actor.actor)
    if organisation is None:
        return Refusal.because("unit_absent")
    if by is not None and (no := standing(by, command.role, matter_of(organisation))):
        return no
    if by is not None and by.person is not None and by.person == command.person:
        return Refusal.because("own_account", actor=by.actor)
    if no := unfit(organisation):
        return no
    appointed = ActorAppointed(
        actor=command.actor, organisation=organisation.unit, account=command.account, person=command.person
    )
    return (Draft(appointed, command.official),)


def decide_grant(
    actor: Actor | None, command: GrantScope, by: Actor | None, others: tuple[Actor, ...] = ()
) -> Decision:
    """Grant what the granter's own scope holds. `others`: every other actor of the same person."""
    scope = command.scope
    target = _target(actor, command.role, Matter.of(scope), by)
    if isinstance(target, Refusal):
        return target
    if scope in target.scopes:
        return Refusal.because("scope_held", role=scope.role)
    if scope.role in SEPARATED:
        if target.person is None:  # Whoever is unknown cannot be shown to hold only one of the three.
            return Refusal.because("person_unknown", role=scope.role)
        for one in (target, *others):
            for held in one.scopes if one.status is not Status.DISMISSED else ():
                if held.role in SEPARATED and held.role != scope.role:
                    return Refusal.because("roles_incompatible", role=scope.role, held=held.role, held_by=one.actor)
    return (Draft(ScopeGranted(actor=target.actor, scope=scope)),)


def decide_scope_withdrawal(actor: Actor | None, command: WithdrawScope, by: Actor | None) -> Decision:
    """Withdraw what is held, also from one who is suspended."""
    target = _target(actor, command.role, Matter.of(command.scope), by)
    if isinstance(target, Refusal):
        return target
    if command.scope not in target.scopes:
        return Refusal.because("scope_not_held", role=command.scope.role)
    return (Draft(ScopeWithdrawn(actor=target.actor, scope=command.scope)),)


def decide_suspension(
    actor: Actor | None, command: SuspendActor, organisation: Unit, by: Actor | None
) -> Decision:
    """Suspend one who acts."""
    target = _target(actor, command.role, matter_of(organisation), by)
    if isinstance(target, Refusal):
        return target
    if target.status is Status.SUSPENDED:
        return Refusal.because("already_suspended", actor=target.actor)
    return (Draft(ActorSuspended(actor=target.actor)),)


def decide_actor_reinstatement(
    actor: Actor | None, command: ReinstateActor, organisation: Unit, by: Actor | None
) -> Decision:
    """Let one who is suspended act again."""
    target = _target(actor, command.role, matter_of(organisation), by)
    if isinstance(target, Refusal):
        return target
    if target.status is not Status.SUSPENDED:
        return Refusal.because("not_suspended", actor=target.actor)
    return (Draft(ActorReinstated(actor=target.actor)),)


def decide_dismissal(actor: Actor | None, command: DismissActor, organisation: Unit, by: Actor | None) -> Decision:
    """Dismiss one who acts or is suspended; once."""
    target = _target(actor, command.role, matter_of(organisation), by)
    if isinstance(target, Refusal):
        return target
    return (Draft(ActorDismissed(actor=target.actor)),)


def _target(actor: Actor | None, role: str, matter: Matter, by: Actor | None) -> Actor | Refusal:
    """Give the actor to be acted upon, or say why it cannot be, or not by this hand."""
    if actor is None:
        return Refusal.because("actor_absent")
    if by is not None:
        if no := standing(by, role, matter):
            return no
        if by.is_same_hand(actor.hand):
            return Refusal.because("own_account", actor=actor.actor)
    if actor.status is Status.DISMISSED:
        return Refusal.because("appointment_ended", actor=actor.actor)
    return actor


def evolve(actor: Actor | None, event: ActorEvent) -> Actor:
    """Accept what happened."""
    if isinstance(event, ActorAppointed):
        return Actor(event.actor, event.organisation, event.person)
    if actor is None:
        raise Beheaded(event)
    return _EVOLVE[type(event)](actor, event)


_EVOLVE: Final[dict[type[ActorEvent], Callable[[Actor, Any], Actor]]] = {
    ScopeGranted: lambda actor, event: replace(actor, scopes=(*actor.scopes, event.scope)),
    ScopeWithdrawn: lambda actor, event: replace(
        actor, scopes=tuple(scope for scope in actor.scopes if scope != event.scope)
    ),
    ActorSuspended: lambda actor, event: replace(actor, status=Status.SUSPENDED),
    ActorReinstated: lambda actor, event: replace(actor, status=Status.ACTIVE),
    ActorDismissed: lambda actor, event: replace(actor, status=Status.DISMISSED, scopes=()),
}
