"""The log as a feed (CloudEvents 1.0): what happened past a position, for systems that go on from where they were.

An event is told thinly: its kind, the record and where to read it. Whoever wants more asks for the record, with a
purpose, and that is recorded; a feed that carried facts would tell everyone's without anybody having asked. An
official is told of what they could ask for: records of a place within their sight, whatever is a person's who belongs
or belonged there, moves into and out of their units. The reader of the log is told of everything. What belongs to a
larger act names it: it counts from the act's own closing, if that comes.

Reading: of accounts, of cases and of who looked at what nothing is told to officials. A case is for the supervisors who
opened it, and whoever follows the feed may be whom it concerns.

Whoever waits is told as soon as something within their sight is recorded, or after so many seconds that there is
nothing. Only so many wait at once; everyone else is answered at once, since a waiting request holds a thread.

`tests/api/test_feed.py` shows it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import Any, Final, NamedTuple

from api.cases.standing import looking, may_look, may_see, places
from api.house import House
from api.operational.callers import Caller
from ledger.envelope import Envelope, decode, decode_each
from ledger.errors import Refusal
from ledger.events.base import wire_type
from ledger.ids import PREFIXES, kind_of
from ledger.streams import person as persons
from ledger.streams.person import Person
from ledger.streams.standing import Actor, Matter
from ledger.streams.unit import evolve as evolve_unit
from ledger.streams.unit import matter_of
from projections.basis import written_time

WAIT_MOST_S: Final = 9  # A service that stops waits ten seconds for what has begun.
WAITERS_MOST: Final = 8
_LOOK_S: Final = 0.2  # not hours: seconds
_READ_MOST: Final = 5_000
_AT_ONCE: Final = 500

_OF_EVERYONE: Final = frozenset({"rulebook", "act"})
_OF_A_PLACE: Final = frozenset({"claim", "unit", "plan", "class", "import", "course", "exam"})
"""Records whose first event says where they belong."""
_OF_A_PERSON: Final = frozenset({"person", "claim", "card", "enrolment", "booking", "statement", "application"})
"""Records that are seen from wherever their person belongs or belonged."""
_OF_TWO_UNITS: Final = "transfer"
_READ_AT: Final = {"class": "classes"} | {
    kind: f"{kind}s" for kind in ("person", "claim", "unit", "plan", "import", "course", "exam", "transfer", "card",
                                  "statement", "application", "case", "actor", "enrolment", "booking")}

_slots = BoundedSemaphore(WAITERS_MOST)


class Told(NamedTuple):
    """Events to be told, and the position up to which the log was looked through."""

    items: list[dict[str, Any]]
    position: int


def feed(house: House, caller: Caller, *, after: int, limit: int, wait_s: int) -> Told | Refusal:
    """What happened past a position within somebody's sight; without anything, wait for it for a while."""
    actor = None if caller.kind == "reader" else looking(house, caller)
    if isinstance(actor, Refusal):
        return actor
    if actor is not None and (no := may_look(actor)) is not None:
        return no
    if after > (size := house.ledger.store.size()):  # Waiting there would pass over what is recorded up to it.
        return Refusal.because("position_beyond_log", after=after, size=size)
    told = _told(house, actor, after, limit)
    with _slot(wait_s) as may_wait:
        ends = time.monotonic() + (wait_s if may_wait else 0)
        while not told.items and time.monotonic() < ends:
            if house.ledger.store.size() > told.position:
                told = _told(house, actor, told.position, limit)
            else:
                time.sleep(_LOOK_S)
    return told


@contextmanager
def _slot(wait_s: int) -> Iterator[bool]:
    taken = wait_s > 0 and _slots.acquire(blocking=False)
    try:
        yield taken
    finally:
        if taken:
            _slots.release()


def _told(house: House, actor: Actor | None, after: int, limit: int) -> Told:
    size, at, items = house.ledger.store.size(), after, list[dict[str, Any]]()
    ends = min(size, after + _READ_MOST)
    while at < ends:
        found = decode_each(house.ledger.store.leaves(at, min(_AT_ONCE, ends - at)))
        seen = None if actor is None else _in_sight(house, actor, found)
        for envelope in found:
            at += 1
            if seen is None or envelope.stream in seen:
                items.append(_event(house, at, envelope))
                if len(items) == limit:
                    return Told(items, at)
    return Told(items, at)


def _in_sight(house: House, actor: Actor, found: list[Envelope]) -> set[str]:
    """The streams of these events that lie within an official's sight."""
    kinds = {envelope.stream: kind_of(envelope.stream) for envelope in found}
    seen: set[str] = {stream for stream, kind in kinds.items() if kind in _OF_EVERYONE}
    for stream, first in _begun(house, [one for one, kind in kinds.items() if kind in _OF_A_PLACE]):
        if may_see(actor, _place(first)) is None:
            seen.add(stream)
    whose = {one.stream: one.subjects[0] for one in found
             if kinds[one.stream] in _OF_A_PERSON and one.stream not in seen}
    people = house.ledger.load_each(list(set(whose.values())), persons.evolve)
    known = {person for person, loaded in people.items()
             if any(may_see(actor, matter) is None for matter in _places(house, loaded.state))}
    seen |= {stream for stream, person in whose.items() if person in known}
    return seen | _moves(house, actor, [one for one, kind in kinds.items() if kind == _OF_TWO_UNITS])


def _begun(house: House, streams: list[str]) -> Iterator[tuple[str, Envelope]]:
    """How each of these records began."""
    for stream, leaves in house.ledger.store.streams(streams).items():
        yield stream, decode(leaves[0][1])


def _moves(house: House, actor: Actor, streams: list[str]) -> set[str]:
    """Transfers into or out of a unit within sight: a person who asks to come in belongs elsewhere until then."""
    sides = {stream: [one for one in (first.event.from_unit, first.event.to_unit) if one is not None]
             for stream, first in _begun(house, streams)}
    named = house.ledger.load_each(list({unit for units in sides.values() for unit in units}), evolve_unit)
    known = {unit for unit, loaded in named.items()
             if loaded.state is not None and may_see(actor, matter_of(loaded.state)) is None}
    return {stream for stream, units in sides.items() if known.intersection(units)}


def _places(house: House, person: Person | None) -> tuple[Matter | None, ...]:
    return () if person is None else places(person, house.today)


def _place(first: Envelope) -> Matter:
    """Where a record belongs, as its first event says."""
    event = first.event
    of_unit = "unit" if kind_of(first.stream) in ("claim", "unit") else "organiser"
    return Matter(event.region, getattr(event, "sector", None), unit=getattr(event, of_unit, None))


def _event(house: House, position: int, envelope: Envelope) -> dict[str, Any]:
    """An event as CloudEvents tells it, in structured form."""
    kind, by = kind_of(envelope.stream), envelope.by
    name, _, version = wire_type(envelope.event).partition("/")
    record: dict[str, Any] = {"version": envelope.version}
    if kind in _READ_AT:
        record["href"] = f"/v1/{_READ_AT[kind]}/{envelope.stream}"
    told: dict[str, Any] = {
        "specversion": "1.0", "id": str(position), "source": f"//{house.register.signer.origin}",
        "type": f"cn.xueshi.{name}.v{version}", "subject": envelope.stream,
        "time": written_time(envelope.recorded_at), "datacontenttype": "application/json",
        "sequence": f"{position:012d}", "data": record,
    }
    cause = None if by.cause is None else str(by.cause)
    extensions = {"correlationid": by.correlation, "causationid": cause, "act": by.act}
    return told | {name: value for name, value in extensions.items() if value is not None}


assert {*_OF_A_PLACE, *_OF_A_PERSON, *_OF_EVERYONE, _OF_TWO_UNITS} <= PREFIXES.keys(), "they are kinds of records"
