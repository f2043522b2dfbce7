"""What a register of appends is, written down as plainly as can be: lists and dictionaries, no file, no group, no hash.

It judges the same appends in the same order as the store, and what the store says must be what it says. It shares no
code with `ledger.stores.admission` but the words of the contract.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ledger.stores.append import (
    Abandoning,
    Append,
    Closing,
    Forgetting,
    Freeing,
    NothingSince,
    OfEvent,
    Receipt,
    Reservation,
)

MONTHS_KEPT = 13


class Stood(NamedTuple):
    """An event in the order of the log."""

    append: Append
    number: int

    @property
    def event(self) -> Any:
        return self.append.events[self.number]


@dataclass
class Done:
    """A request that was done."""

    fingerprint: bytes
    status: int
    first: int
    events: int
    append: Append


@dataclass
class Name:
    """Who holds a name."""

    holder: str
    kind: str
    owner: str
    act: str | None
    position: int
    freed_by: str | None = None


@dataclass
class Model:
    """Everything that stands."""

    log: list[Stood | None] = field(default_factory=list)
    versions: dict[str, int] = field(default_factory=dict)
    names: dict[bytes, Name] = field(default_factory=dict)
    requests: dict[bytes, Done] = field(default_factory=dict)

    def judge(self, append: Append) -> tuple[Any, ...]:
        """Say how it ends, as a tuple that `told` makes of what the store said; what is accepted stands."""
        if append.request is not None and (done := self.requests.get(append.request.key)) is not None:
            if done.fingerprint != append.request.fingerprint:
                return "idempotency_key_reused", done.first
            return "receipt", done.first, done.events, done.status, True
        for guard in append.guards:
            if isinstance(guard, NothingSince):
                if (at := self._named_after(guard.position, guard.named)) is not None:
                    return "named_since", guard.named, at
                continue
            stream, version = guard
            if self.versions.get(stream, 0) != version:
                return "guard_moved", stream, version, self.versions.get(stream, 0)
        versions = dict(self.versions)
        for event in append.events:
            if versions.get(event.stream, 0) != event.version - 1:
                return "stream_moved", event.stream, event.version - 1, versions.get(event.stream, 0)
            versions[event.stream] = event.version
        names = {name: Name(**vars(held)) for name, held in self.names.items()}
        if (taken := _change(names, append, len(self.log) + 1)) is not None:
            return taken
        self.versions, self.names = versions, names
        first, status = len(self.log) + 1, 201 if append.request is None else append.request.status
        self.log += [Stood(append, number) for number in range(len(append.events))]
        if append.request is not None:
            self.requests[append.request.key] = Done(
                append.request.fingerprint, status, first, len(append.events), append)
        return "receipt", first, len(append.events), status, False

    def _named_after(self, position: int, named: str) -> int | None:
        """Where somebody is named first after a position: as a word of an event, wherever in it."""
        for at, stood in enumerate(self.log[position:], position + 1):
            assert stood is not None, "nobody rests on what stood before the history"
            if named in _words(json.loads(stood.event.leaf(0))):
                return at
        return None

    def forget_requests(self, before_position: int) -> None:
        """Drop the keys of requests whose month is over since long."""
        self.requests = {key: done for key, done in self.requests.items() if done.first >= before_position}


def _words(value: Any) -> set[str]:
    if isinstance(value, dict):
        return {word for each in value.values() for word in _words(each)}
    if isinstance(value, list):
        return {word for each in value for word in _words(each)}
    return {value} if isinstance(value, str) else set()


def _change(names: dict[bytes, Name], append: Append, first: int) -> tuple[Any, ...] | None:
    number = 0
    for change in append.names:
        match change:
            case OfEvent(at):
                number = at
            case Reservation(name, kind, holder, owner, act):
                held = names.get(name)
                if held is not None and held.holder != holder:
                    return "name_taken", kind, held.holder
                if held is None or (act is None and held.act is not None):
                    names[name] = Name(holder, kind, owner, act, first + number)
                else:
                    held.freed_by = None
            case Freeing(holder, kinds, act):
                for name, held in list(names.items()):
                    if held.holder == holder and held.kind in kinds:
                        if act is None or act == held.act:
                            del names[name]
                        else:
                            held.freed_by = act
            case Forgetting(owner):
                for name in [name for name, held in names.items() if held.owner == owner]:
                    del names[name]
            case Closing(act):
                for name in [name for name, held in names.items() if held.freed_by == act]:
                    del names[name]
            case Abandoning(act):
                for name in [name for name, held in names.items() if held.act == act]:
                    del names[name]
                for held in names.values():
                    if held.freed_by == act:
                        held.freed_by = None
    return None


def told(outcome: Any) -> tuple[Any, ...]:
    """What the store said, in the model's words."""
    if isinstance(outcome, Receipt):
        return "receipt", outcome.first, outcome.events, outcome.status, outcome.replayed
    rest = {
        "idempotency_key_reused": ("first",), "guard_moved": ("stream", "expected", "actual"),
        "stream_moved": ("stream", "expected", "actual"), "name_taken": ("kind", "holder"),
        "named_since": ("named", "position"),
    }
    return (outcome.code, *(getattr(outcome, name) for name in rest[outcome.code]))


def root_of(leaves: list[bytes]) -> bytes:
    """The root of RFC 6962 2.1, level by level: neighbours are hashed, who has none goes up alone."""
    level = [hashlib.sha256(b"\0" + leaf).digest() for leaf in leaves]
    if not level:
        return hashlib.sha256(b"").digest()
    while len(level) > 1:
        pairs = [hashlib.sha256(b"\1" + level[at] + level[at + 1]).digest() for at in range(0, len(level) - 1, 2)]
        level = pairs + level[len(level) & ~1:]
    return level[0]
