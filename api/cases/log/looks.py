"""The access log, asked by whoever supervises and by the audit administrator: who saw whose data, when, and what for.

It is asked of one account or of one person, for a purpose, and whose it was is recorded like any other look; whoever
merely stands on the list stands there by an id, and is not recorded again, or each look would lead to a longer one.
Nobody is told here that they themselves were looked at: it might say that something is being looked into (P 17, W 16).

Each entry is proven by the access log's own tree, whose root is recorded in the ledger daily: neither can be changed
without the other. `tests/console/test_officer_screens.py` shows it.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final, NamedTuple

from api.cases.doing import Reading
from api.cases.log.proofs import Proof, proof_of
from api.cases.looked import record_looks
from api.cases.standing import SUPERVISOR, by_actor, looking, places, reaches
from api.house import House
from api.operational.callers import Caller
from ledger.access.pruning import last_pruned
from ledger.envelope import decode
from ledger.errors import Refusal
from ledger.events.log import LOG, AccessAnchored
from ledger.ids import PREFIXES
from ledger.proof.text import encode_base64
from ledger.streams.standing import Actor, Matter, standing
from ledger.streams.unit import matter_of
from ledger.vocabulary import LOCAL
from projections import looks as _looks
from projections.basis import microseconds, written_time
from projections.looks import Asked, Look
from projections.pages import Page

AUDITOR: Final = "audit_administrator"
_ROUTE: Final = "access"
_DAY_US: Final = 86_400_000_000
_After = tuple[Any, ...] | None


class Anchor(NamedTuple):
    """Where the access log was last recorded in the ledger, and whether the log still bears it out."""

    event: int
    size: int
    holds: bool


class Gone(NamedTuple):
    """What was taken out of the access log since its time was over, and the event of the ledger that says so."""

    event: int
    upto: int               # Every entry up to here.
    before: str             # None that was recorded since is among them.
    months: int


class Listed(NamedTuple):
    """Some of the looks, of how many entries of the access log, and how that is held fast."""

    items: tuple[dict[str, Any], ...]
    next: tuple[Any, ...] | None
    as_of: int              # Up to which entry of the access log; of what came since nothing is told.
    behind: int             # So many entries have yet to be read.
    anchor: Anchor | None
    pruned: Gone | None


def looks(
    house: House, caller: Caller, *, actor: str | None, person: str | None, purpose: str | None, first: date | None,
    last: date | None, wanted: str | None, upto: int | None, after: _After, limit: int,
) -> Listed | Refusal:
    """What an account saw, or who saw what is a person's, the newest first."""
    assert (actor is None) != (person is None), "one of the two is asked about"
    asking = watching(house, caller)
    if isinstance(asking, Refusal):
        return asking
    no = _account(house, asking, actor) if actor is not None else _person(house, asking, str(person))
    if no is not None:
        return no
    if purpose is None:
        return Refusal.because("purpose_missing")
    record_looks(house, by_actor(caller, asking, _role(asking)), (str(actor or person),), purpose, what=("access",),
                 route=_ROUTE)
    folder = house.register.folder.projections
    at = _looks.keep_up(house.register.access, folder)
    asked = Asked(actor, person, 0 if first is None else _begins(first),
                  Asked().last if last is None else _begins(last) + _DAY_US - 1, wanted)
    page: Page[Look] = _looks.looks(folder, asked, upto=at if upto is None else min(upto, at),
                                    after=None if after is None else int(after[0]), limit=limit)
    items = tuple(look_view(one) for one in page.items if one.subject != asking.person)
    return Listed(items, page.next, page.as_of, house.register.access.store.size() - at, _anchor(house),
                  _gone(house))


def proof(house: House, caller: Caller, position: int) -> Proof | Refusal:
    """The proof of one entry, for whoever may see whose look it was or at whom."""
    asking = watching(house, caller)
    if isinstance(asking, Refusal):
        return asking
    folder = house.register.folder.projections
    _looks.keep_up(house.register.access, folder)
    found = _looks.look_at(folder, position)
    if found is None or found.subject == asking.person or (
            _account(house, asking, found.reader) and _person(house, asking, found.subject)):
        return Refusal.because("event_absent")
    return proof_of(house.register.access.store, house.register.access_signer, house.register.folder.keys, "access",
                    position)


def look_view(one: Look) -> dict[str, Any]:
    """What is told of a look."""
    return {**one._asdict(), "at": written_time(one.at), "what": list(one.what)}


def watching(house: House, caller: Caller) -> Actor | Refusal:
    """Give whoever may ask the access log, or say why somebody may not."""
    asking = looking(house, caller)
    if isinstance(asking, Refusal):
        return asking
    return standing(asking, _role(asking)) or asking


def _role(asking: Actor) -> str:
    return AUDITOR if any(scope.role == AUDITOR for scope in asking.scopes) else SUPERVISOR


def _account(house: House, asking: Actor, actor: str) -> Refusal | None:
    """Say why somebody may not be told what an account saw: its organisation lies beyond them."""
    reading = Reading(house.ledger)
    found = reading.actor(actor) if actor.startswith(PREFIXES["actor"]) else None
    unit = None if found is None else reading.unit(found.organisation)
    return None if unit is not None and _reaches(asking, matter_of(unit)) else Refusal.because("actor_absent")


def _person(house: House, asking: Actor, person: str) -> Refusal | None:
    """Say why somebody may not be told who looked at a person: beyond their sight, or they themselves."""
    found = Reading(house.ledger).person(person) if person.startswith(PREFIXES["person"]) else None
    if found is None or asking.person == person:
        return Refusal.because("person_absent")
    seen = any(matter is not None and _reaches(asking, matter) for matter in places(found, house.today))
    return None if seen else Refusal.because("person_absent")


def _reaches(asking: Actor, matter: Matter) -> bool:
    return any(reaches(scope, matter) for scope in asking.scopes if scope.role == _role(asking))


def _begins(day: date) -> int:
    return microseconds(datetime(day.year, day.month, day.day, tzinfo=LOCAL))


def _gone(house: House) -> Gone | None:
    found = last_pruned(house.ledger)
    return None if found is None else Gone(found[0], found[1].upto, written_time(found[1].before), found[1].months)


def _anchor(house: House) -> Anchor | None:
    """The last root of the access log that the ledger holds, held against the log as it is."""
    store = house.register.access.store
    for position, leaf in reversed(house.ledger.store.stream(LOG)):
        event = decode(leaf).event
        if isinstance(event, AccessAnchored):
            holds = event.size <= store.size() and encode_base64(store.frontier(event.size).root()) == event.root
            return Anchor(position, event.size, holds)
    return None
