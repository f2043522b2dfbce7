"""Forgetting somebody: proposed by human resources, left to rest, done by a security administrator.

The one has seen the person or the order, the other looks at nobody: they see the document's number and what would go,
never a name, and write the number once more. No clock does it for them, and what stands in the way is asked again on
the last day. A person takes back what they themselves had asked for, until then.

Whoever destroys shows their second factor again, with a token too. The event stands before the key goes
(`Ledger.destroy_key`); what the service kept besides goes after it. `tests/api/test_erasure.py` shows it.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any, Final

from api.cases.belonging.people import upon_person
from api.cases.doing import Asked, Done, Reading, do
from api.cases.everything import everything_of
from api.cases.factor_shown import fresh
from api.cases.forgetting.erasure_purge import purge
from api.cases.forgetting.erasure_weighed import backups, final_after, in_the_way, settled, told, weighed
from api.cases.looked import record_looks
from api.cases.standing import HUMAN_RESOURCES, acting, by_actor, in_sight, places, present
from api.house import House
from api.operational.callers import Caller
from api.refusals.faults import BadFields, Fault
from ledger.envelope import decode
from ledger.errors import Refusal
from ledger.events.person import KeyDestroyed
from ledger.streams import erasure
from ledger.streams import person as persons
from ledger.streams.decision import Decision
from ledger.streams.person import Person
from ledger.streams.standing import Actor, standing
from ledger.vocabulary import PersonId, StreamId
from projections.basis import written_time
from projections.pages import Page
from projections.people_reading import Erasure, read_erasures

SECURITY_ADMINISTRATOR: Final = "security_administrator"
PURPOSE: Final = "erasure"
_READ_AT_ONCE: Final = 500


def see(house: House, caller: Caller, person: str) -> tuple[dict[str, Any], int] | Refusal:
    """How it stands, and what it would do: to the person, to human resources of the place, to who may destroy."""
    reading = Reading(house.ledger)
    found = reading.person(person)
    if caller.kind == "person":
        if caller.id != person or found is None:
            return Refusal.because("not_your_own")
    else:
        no = _may_see(house, caller, found)
        if no is not None:
            return no
    assert found is not None, "what is not there is in nobody's sight"
    if (behind := settled(house)) is not None:
        return behind
    version = reading.versions[StreamId(person)]
    if found.is_forgotten:
        return {**view(found), **_done(house, person)}, version
    waiting = [] if caller.kind == "person" else told(in_the_way(house, reading, found))
    rests = house.today + timedelta(days=house.erasing.rests_days)
    return {**view(found), **weighed(house, person), "in_the_way": waiting,
            "rests_until": rests if found.erasure is None else found.erasure.not_before}, version


def view(person: Person) -> dict[str, Any]:
    """What stands about it, without anything that is counted."""
    one = person.erasure
    return {
        "person": person.person, "restricted": person.is_restricted, "forgotten": person.is_forgotten,
        "erasure": None if one is None else {
            "basis": one.basis, "document": one.document, "asked_on": one.asked_on, "not_before": one.not_before,
            "proposed_by": one.hand.actor, "evidence": list(one.evidence),
        },
    }


def propose(house: House, caller: Caller, person: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Propose it; from here on nothing is registered about the person."""
    if fields["asked_on"] > house.today:
        words = f"申请或公文的日期 {fields['asked_on']} 还没有到；请写今日或以前的日期。"
        raise BadFields([Fault("/asked_on", "day_to_come", words)])
    if (no := _unready(house, caller, asked)) is not None:
        return no

    def decide(reading: Reading, role: str, found: Person, by: Actor) -> Decision:
        command = erasure.ProposeErasure(
            role=role, basis=fields["basis"], document=fields["document"], asked_on=fields["asked_on"],
            not_before=house.today + timedelta(days=house.erasing.rests_days), words=fields["words"],
            evidence=tuple(fields.get("evidence", ())))
        decided = erasure.decide_erasure_proposal(found, command, by)
        return decided if isinstance(decided, Refusal) else _held_up(house, reading, found) or decided

    return upon_person(house, caller, person, asked, (HUMAN_RESOURCES,), decide)


def withdraw(house: House, caller: Caller, person: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Take it back: the person what they had asked for, or human resources of the place."""
    if caller.kind == "person":
        if caller.id != person:
            return Refusal.because("not_your_own")
        command = erasure.WithdrawErasure(asking=PersonId(person), words=fields["words"])

        def decide(reading: Reading) -> Decision:
            return erasure.decide_erasure_withdrawal(reading.person(person), command)

        return do(house.ledger, caller.by("person"), asked, decide, upon=person, show=view)

    def decide_it(reading: Reading, role: str, found: Person, by: Actor) -> Decision:
        return erasure.decide_erasure_withdrawal(
            found, erasure.WithdrawErasure(role=role, words=fields["words"]), by)

    return upon_person(house, caller, person, asked, (HUMAN_RESOURCES,), decide_it, show=view)


def destroy(
    house: House, caller: Caller, person: str, fields: dict[str, Any], asked: Asked
) -> tuple[Done, dict[str, Any]] | Refusal:
    """Destroy the key, for good, and say when no copy of it is left."""
    actor = _destroying(house, caller)
    if isinstance(actor, Refusal):
        return actor
    if (no := _unready(house, caller, asked)) is not None:
        return no

    def decide(reading: Reading) -> Decision:
        found, by = reading.person(person), present(reading, caller)
        if found is None or _beyond(found, by):
            return Refusal.because("erasure_absent")
        command = erasure.DestroyKey(role=SECURITY_ADMINISTRATOR, document=fields["document"], on=house.today,
                                     final_after=final_after(house))
        decided = erasure.decide_key_destruction(found, command, by)
        return decided if isinstance(decided, Refusal) else _held_up(house, reading, found) or decided

    done = do(house.ledger, by_actor(caller, actor, SECURITY_ADMINISTRATOR), asked, decide, upon=person, show=view,
              record=partial(house.ledger.destroy_key, person))
    if isinstance(done, Refusal):
        return done
    if done.receipt is not None:
        purge(house, person)
    event = done.drafts[0].event
    assert isinstance(event, KeyDestroyed)
    return done, {"final_after": event.final_after}


def listed(
    house: House, caller: Caller, *, as_of: int, after: tuple[Any, ...] | None, limit: int
) -> Page[dict[str, Any]] | Refusal:
    """What was proposed where an office is, the last that changed first: document, days and state, and no name."""
    actor = acting(house, caller)
    if isinstance(actor, Refusal):
        return actor
    roles = [role for role in (HUMAN_RESOURCES, SECURITY_ADMINISTRATOR) if standing(actor, role) is None]
    if not roles:
        return standing(actor, SECURITY_ADMINISTRATOR) or Refusal.because("not_for_reading")
    reading, reader = Reading(house.ledger), house.answers.file("people", as_of)[0]
    found: list[Erasure] = []
    before = after[0] if after else as_of + 1
    while len(found) <= limit:
        rows = read_erasures(reader, as_of, before=before, limit=_READ_AT_ONCE)
        found += [one for one in rows if _is_within(reading, one.person, actor, roles)]
        if len(rows) < _READ_AT_ONCE:
            break
        before = rows[-1].event
    page = found[:limit]
    return Page(tuple(one._asdict() for one in page), (page[-1].event,) if len(found) > limit else None, as_of)


def _is_within(reading: Reading, person: str, actor: Actor, roles: list[str]) -> bool:
    found = reading.person(person)
    return found is not None and any(standing(actor, role, persons.matter_of(found)) is None for role in roles)


def _may_see(house: House, caller: Caller, found: Person | None) -> Refusal | None:
    """Let human resources and a security administrator of the place look, and record that they did."""
    actor = acting(house, caller)
    if isinstance(actor, Refusal):
        return actor
    if standing(actor, SECURITY_ADMINISTRATOR) is None:
        role = SECURITY_ADMINISTRATOR
        if found is None or _beyond(found, actor) or (found.erasure is None and not found.is_forgotten):
            return Refusal.because("erasure_absent")
    else:
        role = HUMAN_RESOURCES
        if no := in_sight(actor, () if found is None else places(found, house.today), "person_absent"):
            return no
        assert found is not None, "what is not there is in nobody's sight"
        if no := standing(actor, role, persons.matter_of(found)):
            return no
    record_looks(house, by_actor(caller, actor, role), (found.person,), PURPOSE, what=("erasure",), route="persons")
    return None


def _destroying(house: House, caller: Caller) -> Actor | Refusal:
    actor = acting(house, caller)
    return actor if isinstance(actor, Refusal) else standing(actor, SECURITY_ADMINISTRATOR) or actor


def _beyond(found: Person, by: Actor) -> bool:
    return standing(by, SECURITY_ADMINISTRATOR, persons.matter_of(found)) is not None


def _unready(house: House, caller: Caller, asked: Asked) -> Refusal | None:
    """Say that a code is to be shown first, or that the answers do not know everything yet."""
    stale = None if asked.dry_run else fresh(house, caller, of_tokens=True)
    return stale if stale is not None else settled(house)


def _held_up(house: House, reading: Reading, found: Person) -> Refusal | None:
    """What it waits for: of all there is about the person and their claims, so that nothing comes in between."""
    behind = everything_of(house, reading, found.person) or everything_of(
        house, reading, *house.answers.claims_of(found.person))  # A case may name a claim alone.
    if behind is not None:
        return behind
    waiting = in_the_way(house, reading, found)
    return Refusal.because("erasure_held_up", in_the_way=told(waiting)) if waiting else None


def _done(house: House, person: str) -> dict[str, Any]:
    """When the key was destroyed, and whether any copy of it may still be left."""
    events = [(position, decode(leaf)) for position, leaf in house.ledger.store.stream(person)]
    position, envelope = next(one for one in reversed(events) if isinstance(one[1].event, KeyDestroyed))
    event, here = envelope.event, house.ledger.vault.destruction(person)
    assert isinstance(event, KeyDestroyed)
    return {
        "destroyed": {
            "event": position, "at": written_time(envelope.recorded_at), "basis": event.basis,
            "is_final": here is not None and here.is_final,
            "final_from": None if here is None else written_time(here.final_from),
        },
        "final_after": event.final_after, "backups": [] if here is not None and here.is_final else backups(house),
    }


