"""Actors (经办账号): appointed by the office above, granted scopes, given a token, suspended, reinstated, dismissed.

W 5 and R 8: accounts are allotted by the department above, within its own area and sector; before there is any, the
installation appoints the first. What can be granted is bounded by the granter's own scope, and the roles that run, rule
or watch the system come from its administrators alone. Whoever hands out a token could act as its holder, so a token
is bounded like a grant of all that the account holds.

Which office allots which role stands in `api.cases.holders.allotment`. `tests/api/test_actors.py` shows it.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from api.cases.doing import Asked, Done, Reading, do
from api.cases.factor_shown import fresh
from api.cases.holders.allotment import ALLOTS, allotting, not_above, reserved
from api.cases.looked import record_looks
from api.cases.standing import POLICY_OFFICE, UNIT, acting, by_actor, handed_over, reaches, role_for
from api.house import House
from api.operational.callers import FOUNDER, Caller
from ledger.errors import Refusal
from ledger.events.actor import ActorAppointed, Official, Scope
from ledger.events.base import By
from ledger.identifiers import names
from ledger.streams import actor as actors
from ledger.streams.decision import Decision
from ledger.streams.standing import Actor, Matter, Status, standing
from ledger.streams.unit import matter_of
from ledger.vocabulary import ActorId, PersonId, UnitId
from projections import accounts as _accounts
from projections.accounts import Account
from projections.pages import Page

ALLOTTING: Final = tuple(ALLOTS)
_ANYWHERE: Final = Scope(role=FOUNDER, region="")


class Given(NamedTuple):
    """A token that was given out, and whether the same request had been answered with it before."""

    holder: str
    token: str


def appoint(house: House, caller: Caller, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Allot an account to someone who will act for an organisation."""
    actor = ActorId(house.new_id("actor"))
    organisation = UnitId(fields["organisation"])
    person = fields.get("person")

    def decide(reading: Reading, role: str, by: Actor | None) -> Decision:
        if person is not None and reading.person(person) is None:
            return Refusal.because("person_absent")
        command = actors.AppointActor(
            actor=actor, account=account_of(house, fields["account"]), official=Official(**fields["official"]),
            role=role, person=None if person is None else PersonId(person),
        )
        return actors.decide_appointment(reading.actor(actor), command, reading.unit(organisation), by)

    return _as_allotting(house, caller, asked, decide, lambda reading: _seat(reading, organisation))


def every(
    house: House, caller: Caller, *, organisation: str | None, status: str | None, as_of: int, after: str, limit: int,
    actor: str | None = None,
) -> Page[dict[str, Any]] | Refusal:
    """The accounts within somebody's sight, oldest first, with masked names; whose names are shown is recorded.

    Reading: accounts and what they may do are the separated administrators' own business (GB/T 22239), who look at
    nobody otherwise.
    """
    asking = _looking(house, caller)
    if isinstance(asking, Refusal):
        return asking
    page = _accounts.accounts(
        house.answers, [_ANYWHERE] if asking is None else _seen_scopes(asking), day=house.today.isoformat(),
        organisation=organisation, status=status, actor=actor, as_of=as_of, after=after, limit=limit)
    if page.items and asking is not None:
        by = by_actor(caller, asking, _seen_scopes(asking)[0].role)
        record_looks(house, by, (one.actor for one in page.items), "accounts", what=("official",), route="actors")
    reading = Reading(house.ledger)
    return page.of([_line(house, reading, one) for one in page.items])


def see(house: House, caller: Caller, actor: str) -> tuple[dict[str, Any], int] | Refusal:
    """An account as it stands, to its holder and to whoever sees its organisation."""
    asking = None if caller.id == actor else _looking(house, caller)
    if isinstance(asking, Refusal):
        return asking
    reading = Reading(house.ledger)
    found = reading.actor(actor)
    if found is None:
        return Refusal.because("actor_absent")
    seat = _seat(reading, found.organisation)
    if asking is not None and (seat is None or not any(reaches(scope, seat) for scope in _seen_scopes(asking))):
        return Refusal.because("outside_scope", actor=asking.actor)
    return view(found), reading.versions[found.actor]  # type: ignore[index]


def _looking(house: House, caller: Caller) -> Actor | Refusal | None:
    """Who asks for accounts; None: the installation, which sees them all."""
    if caller.kind == FOUNDER:
        return None
    actor = acting(house, caller)
    if isinstance(actor, Refusal):
        return actor
    return actor if _seen_scopes(actor) else Refusal.because("not_for_reading")


def _seen_scopes(actor: Actor) -> list[Scope]:
    return [scope for scope in actor.scopes if scope.role != POLICY_OFFICE]


def _line(house: House, reading: Reading, one: Account) -> dict[str, Any]:
    unit = reading.unit(one.organisation)
    return {
        "actor": one.actor, "official": _official(house, one), "organisation": one.organisation,
        "organisation_name": "" if unit is None else unit.names[-1].name, "region": one.region, "sector": one.sector,
        "status": one.status, "event": one.event, "since": one.since,
        "scopes": [{**_scope_view(held.scope), "event": held.event} for held in one.scopes],
    }


def _official(house: House, one: Account) -> str | None:
    """Who holds an account, masked; None when the key is destroyed."""
    appointed = house.ledger.at(one.event)
    opened = None if appointed is None else house.ledger.opened(appointed)
    return names.parse(opened.name).mask() if isinstance(opened, Official) else None


def account_of(house: House, name: str) -> str:
    """An account's name as the ledger knows it: an HMAC, since names of accounts are often names of people."""
    return hidden_account(house.request_key, name)


def hidden_account(key: bytes, name: str) -> str:
    """The HMAC of an account's name, under the key of requests."""
    return hmac.digest(key, f"account\0{name.casefold()}".encode(), "sha256").hex()


def grant(house: House, caller: Caller, actor: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Let an actor do something from now on."""
    scope = _scope(fields)
    if scope.role == UNIT and scope.unit is None:
        return Refusal.because("scope_needs_unit")

    def decide(reading: Reading, role: str, by: Actor | None) -> Decision:
        if no := reserved((scope,), role, by):
            return no
        target = reading.actor(actor)
        others = _others(house, target) if scope.role in actors.SEPARATED else ()
        decided = actors.decide_grant(target, actors.GrantScope(scope=scope, role=role), by, others)
        return decided if isinstance(decided, Refusal) else not_above((scope,), role, by) or decided

    return _as_allotting(house, caller, asked, decide, lambda _: Matter.of(scope), upon=actor, of=scope.role)


def withdraw(house: House, caller: Caller, actor: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Let an actor do something no longer."""
    scope = _scope(fields)

    def decide(reading: Reading, role: str, by: Actor | None) -> Decision:
        if no := reserved((scope,), role, by):
            return no
        command = actors.WithdrawScope(scope=scope, role=role)
        decided = actors.decide_scope_withdrawal(reading.actor(actor), command, by)
        return decided if isinstance(decided, Refusal) else not_above((scope,), role, by) or decided

    return _as_allotting(house, caller, asked, decide, lambda _: Matter.of(scope), upon=actor, of=scope.role)


def suspend(house: House, caller: Caller, actor: str, asked: Asked) -> Done | Refusal:
    """Let an actor do nothing for now."""
    return _about(house, caller, actor, asked, actors.SuspendActor, actors.decide_suspension)


def reinstate(house: House, caller: Caller, actor: str, asked: Asked) -> Done | Refusal:
    """Let a suspended actor act again."""
    return _about(house, caller, actor, asked, actors.ReinstateActor, actors.decide_actor_reinstatement)


def dismiss(house: House, caller: Caller, actor: str, asked: Asked) -> Done | Refusal:
    """End an appointment."""
    return _about(house, caller, actor, asked, actors.DismissActor, actors.decide_dismissal)


def give_token(house: House, caller: Caller, actor: str, request: bytes, *, dry_run: bool) -> Given | Refusal:
    """Give an actor a token, which takes the place of the last; whoever may allot the account may."""
    by = hand_for(house, caller, actor)
    if isinstance(by, Refusal):
        return by
    if dry_run:
        return Given(actor, "")
    if (stale := fresh(house, caller, of_tokens=True)) is not None:
        return stale
    handed_over(house, by, actor, "actors")
    return Given(actor, house.operations.issue(actor, request=request, now=house.now))


def hand_for(house: House, caller: Caller, actor: str) -> By | Refusal:
    """In whose name what opens an account is handed to its holder, or why not by this hand."""
    reading = Reading(house.ledger)
    target = reading.actor(actor)
    if target is None:
        return Refusal.because("actor_absent")
    by = _allotting(house, caller, reading, target)
    if not isinstance(by, Refusal) and target.status is Status.DISMISSED:
        return Refusal.because("appointment_ended", actor=actor)
    return by


def _allotting(house: House, caller: Caller, reading: Reading, target: Actor) -> By | Refusal:
    """In whose name a token is handed out, or why not by this hand."""
    if caller.kind == FOUNDER:
        return caller.by(FOUNDER)
    by = acting(house, caller)
    if isinstance(by, Refusal):
        return by
    if by.is_same_hand(target.hand):
        return Refusal.because("own_account", actor=target.actor)
    matter = _seat(reading, target.organisation)
    role = role_for(by, ALLOTTING, matter)
    if no := standing(by, role, matter) or reserved(target.scopes, role, by):
        return no
    beyond = (standing(by, role, Matter.of(scope)) for scope in target.scopes)
    if no := next((no for no in beyond if no is not None), None) or not_above(target.scopes, role, by):
        return no
    return by_actor(caller, by, role)


def _about(
    house: House, caller: Caller, actor: str, asked: Asked, command: Callable[..., Any],
    decide_it: Callable[..., Decision],
) -> Done | Refusal:
    """Do something about an actor, measured by the organisation they act for."""

    def decide(reading: Reading, role: str, by: Actor | None) -> Decision:
        target = reading.actor(actor)
        if target is None:
            return Refusal.because("actor_absent")
        organisation = reading.unit(target.organisation)
        assert organisation is not None, "an actor acts for an organisation that was registered"
        if no := reserved(target.scopes, role, by):  # Whoever is watched does not send their watcher away.
            return no
        decided = decide_it(target, command(role=role), organisation, by)
        return decided if isinstance(decided, Refusal) else not_above(target.scopes, role, by) or decided

    def matter(reading: Reading) -> Matter | None:
        target = reading.actor(actor)
        return None if target is None else _seat(reading, target.organisation)

    return _as_allotting(house, caller, asked, decide, matter, upon=actor)


def _as_allotting(
    house: House, caller: Caller, asked: Asked, decide: Callable[[Reading, str, Actor | None], Decision],
    matter: Callable[[Reading], Matter | None], *, upon: str | None = None, of: str | None = None,
) -> Done | Refusal:
    """Decide as the installation, or in whichever allotting role the caller holds for the matter.

    `of`: the role that is allotted, where it is one, so that of several offices in one hand the right one acts.
    """
    if caller.kind == FOUNDER:
        return do(house.ledger, caller.by(FOUNDER), asked, lambda reading: decide(reading, FOUNDER, None), upon=upon,
                  show=view)
    actor = acting(house, caller)
    if isinstance(actor, Refusal):
        return actor
    offices = ALLOTTING if of is None else allotting(of)
    role = role_for(actor, [one for one in offices if _holds(actor, one)] or ALLOTTING, matter(Reading(house.ledger)))

    def as_actor(reading: Reading) -> Decision:
        return decide(reading, role, reading.actor(caller.id))

    return do(house.ledger, by_actor(caller, actor, role), asked, as_actor, upon=upon, show=view)


def _holds(actor: Actor, role: str) -> bool:
    return any(scope.role == role for scope in actor.scopes)


def _seat(reading: Reading, organisation: str) -> Matter | None:
    unit = reading.unit(organisation)
    return None if unit is None else matter_of(unit)


def _others(house: House, target: Actor | None) -> tuple[Actor, ...]:
    """Every other account of the same person. Asked for a few grants in a register's life, so the log is walked."""
    if target is None or target.person is None:
        return ()
    found, after, reading = [], 0, Reading(house.ledger)
    while batch := house.ledger.read(after):
        after = batch[-1].position
        found += [
            one.envelope.event.actor for one in batch
            if isinstance(one.envelope.event, ActorAppointed) and one.envelope.event.person == target.person
        ]
    states = (reading.actor(one) for one in found if one != target.actor)
    return tuple(state for state in states if state is not None)


def _scope(fields: dict[str, Any]) -> Scope:
    return Scope(role=fields["role"], region=fields["region"], sector=fields.get("sector"),
                 category=fields.get("category"), unit=fields.get("unit"))


def view(actor: Actor) -> dict[str, Any]:
    """An actor as offices may see it: no name."""
    return {
        "actor": actor.actor,
        "organisation": actor.organisation,
        "status": actor.status,
        "person": actor.person,
        "scopes": [_scope_view(scope) for scope in actor.scopes],
    }


def _scope_view(scope: Scope) -> dict[str, Any]:
    return {name: value for name in scope.__struct_fields__ if (value := getattr(scope, name)) is not None}
