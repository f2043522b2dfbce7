"""The ledger as it is read: what is of a stream, what happened in order, what was sealed, who holds a name.

`tests/ledger/test_ledger.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import takewhile
from typing import Any, Generic, NamedTuple, TypeVar, cast

from eventsourcing.application import Application

from ledger.envelope import Envelope, decode, decode_each
from ledger.errors import LedgerError
from ledger.events.act import ActEvent
from ledger.events.base import Name, Sealed
from ledger.keys.vault import Absent, Vault
from ledger.lookup import Lookup
from ledger.stores.append import Guard
from ledger.stores.recorder import AppendingRecorder
from ledger.streams.act import Act, Status
from ledger.streams.act import evolve as evolve_act
from ledger.streams.decision import rebuild
from ledger.vocabulary import StreamId

_State = TypeVar("_State")


class Recorded(NamedTuple):
    """An event and where it stands."""

    position: int
    envelope: Envelope


class Loaded(NamedTuple, Generic[_State]):
    """A stream's state, the version a decision must name, and the open act that holds it, if any.

    `guards` are what an append names when its decision rests on this state: the stream, and the act that holds it,
    whose closing changes the state without a new version of the stream.
    """

    state: _State | None
    version: int
    held_by: str | None = None
    guards: tuple[Guard, ...] = ()


class Held(LedgerError):
    """A larger act is writing to the stream and is not closed yet."""

    code = "held_by_act"

    def __init__(self, stream: str, act: str) -> None:
        self.stream, self.act = stream, act
        super().__init__(f"{stream} 正由批次 {act} 处理，批次尚未关闭。请等批次关闭或放弃后再办理。")


class LedgerReading(Application[str]):
    """What reading asks of a ledger; `Ledger` opens one, and records."""

    vault: Vault
    lookup: Lookup

    @property
    def store(self) -> AppendingRecorder:
        """The recorder, by the name of what it is to us."""
        return cast("AppendingRecorder", self.recorder)

    def load(
        self, stream: str, evolve: Callable[[_State | None, Any], _State], *, as_of: int | None = None
    ) -> Loaded[_State]:
        """Fold a stream, now or as it stood at a position.

        Events of an act count only once it is closed; while it is open it holds the stream.
        """
        return self._folded(stream, _until(as_of, self.store.stream(stream)), evolve, {}, as_of)

    def load_each(
        self, streams: Sequence[str], evolve: Callable[[_State | None, Any], _State]
    ) -> dict[str, Loaded[_State]]:
        """The same of many streams of one kind, read together."""
        acts: dict[str, tuple[Act | None, int]] = {}
        return {stream: self._folded(stream, leaves, evolve, acts)
                for stream, leaves in self.store.streams(streams).items()}

    def _folded(
        self, stream: str, leaves: Iterable[tuple[int, bytes]], evolve: Callable[[_State | None, Any], _State],
        acts: dict[str, tuple[Act | None, int]], as_of: int | None = None,
    ) -> Loaded[_State]:
        state: _State | None = None
        held_by: Guard | None = None
        envelopes = decode_each([leaf for _, leaf in leaves])
        for envelope in envelopes:
            act = envelope.by.act
            if act is not None and str(envelope.stream) != act:
                found, version_of_act = acts.get(act) or acts.setdefault(act, self.load_act(act, as_of=as_of))
                if found is None or found.status is Status.OPEN:
                    held_by = Guard(StreamId(act), version_of_act)
                elif found.status is Status.ABANDONED:
                    continue
            if held_by is None:  # What follows stands as it stood before the act.
                state = evolve(state, envelope.event)
        version = envelopes[-1].version if envelopes else 0
        own = Guard(StreamId(stream), version)
        if held_by is None:
            return Loaded(state, version, None, (own,))
        return Loaded(state, version, held_by.stream, (own, held_by))

    def load_free(self, stream: str, evolve: Callable[[_State | None, Any], _State]) -> Loaded[_State]:
        """Fold a stream that is to be decided upon; raises Held while an open act is writing to it."""
        return _free(stream, self.load(stream, evolve))

    def load_each_free(
        self, streams: Sequence[str], evolve: Callable[[_State | None, Any], _State]
    ) -> dict[str, Loaded[_State]]:
        """The same of many streams of one kind, read together."""
        return {stream: _free(stream, loaded) for stream, loaded in self.load_each(streams, evolve).items()}

    def load_act(self, act: str, *, as_of: int | None = None) -> tuple[Act | None, int]:
        """Fold an act's own stream, whose events take force at once; the version with it."""
        events = [event for _, leaf in _until(as_of, self.store.stream(act))
                  if isinstance(event := decode(leaf).event, ActEvent)]
        return rebuild(evolve_act, events), len(events)

    def read(self, after: int = 0, limit: int = 1_000) -> list[Recorded]:
        """The events past a position, in order, at most so many."""
        return [Recorded(position, envelope)
                for position, envelope in enumerate(decode_each(self.store.leaves(after, limit)), after + 1)]

    def at(self, position: int) -> Recorded | None:
        """The event at a position."""
        found = self.read(position - 1, 1) if position >= 1 else []
        return found[0] if found else None

    def opened(self, recorded: Recorded) -> Sealed | Absent | None:
        """What an event says of people in clear, if its key is still there."""
        return self.vault.open(recorded.envelope, self.store.sealed(recorded.position))

    def opened_each(self, recorded: Sequence[Recorded]) -> list[Sealed | Absent | None]:
        """The same of many events, read together; the keys of their owners with them."""
        parts = self.store.sealed_at([one.position for one in recorded])
        return self.vault.open_all([(one.envelope, parts.get(one.position)) for one in recorded])

    def find(self, name: Name) -> StreamId | None:
        """Which stream holds a name: the person of an ID number, the unit of a code.

        An open act holds the names of its rows already; whoever loads such a stream is told that it is held.
        """
        held = self.store.holder(self.lookup.hidden(name))
        return None if held is None else held.holder

    def find_all(self, names: Iterable[Name]) -> dict[Name, StreamId]:
        """The same of many names, those that are held."""
        hidden = {self.lookup.hidden(name): name for name in names}
        return {hidden[one]: held.holder for one, held in self.store.holders(list(hidden)).items()}

    def find_each(
        self, kind: str, name_of: Callable[[str], Name], owners: Iterable[str] | None = None
    ) -> list[tuple[int, StreamId]]:
        """Which streams hold a name that is another one for each owner, and since which event, oldest first.

        Each reservation of the kind is tried with its own owner, some microseconds each, of a province some seconds;
        where it is known which owners may hold it, theirs alone are looked up. Nothing sealed is opened.
        """
        hidden = self.lookup.hidden
        if owners is not None:
            return [(position, held.holder)
                    for held, position, _ in self.store.held([hidden(name_of(owner)) for owner in set(owners)])]
        return [(position, held.holder) for held, position, _ in self.store.names()
                if held.kind == kind and held.name == hidden(name_of(held.owner))]


def _until(position: int | None, leaves: Iterable[tuple[int, bytes]]) -> Iterable[tuple[int, bytes]]:
    return leaves if position is None else takewhile(lambda leaf: leaf[0] <= position, leaves)


def _free(stream: str, loaded: Loaded[_State]) -> Loaded[_State]:
    if loaded.held_by is not None:
        raise Held(stream, loaded.held_by)
    return loaded
