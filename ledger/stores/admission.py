"""Who wins: the one place that admits appends, in order, against what stands. Pure; every store uses it.

The store looks up, in its own transaction, all that a batch of appends will ask about (`Standing`). Each append is then
judged alone and either changes the picture for those after it or leaves no trace. What is admitted comes out as rows,
numbered without a gap, with times that only grow and the tree hashes they complete. Because judging precedes writing,
no append ever has to be taken back, and one statement a table writes a whole batch.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from ledger.proof.frontier import Frontier, FullTile
from ledger.stores import cold
from ledger.stores.append import (
    Abandoning,
    Append,
    Closing,
    Conflict,
    Forgetting,
    Freeing,
    GuardMoved,
    KeyReused,
    NamedSince,
    NothingSince,
    Outcome,
    Receipt,
    RequestKey,
    Reservation,
    StreamMoved,
)
from ledger.stores.names import NameBook

LATER_MAX: Final = 512  # What was recorded while somebody decided is less, or is read and decided again.


class Seen(NamedTuple):
    """What is kept of a request that was done."""

    fingerprint: bytes
    status: int
    first: int
    events: int
    recorded_at: int


class Later(NamedTuple):
    """The leaves past a position, at most `LATER_MAX`: what may have come since a decision was begun."""

    after: int = 0
    leaves: Sequence[bytes] = ()


@dataclass(slots=True)
class Standing:
    """What stands, as far as a batch asks: filled by the store, then kept up to date while the batch is judged."""

    versions: dict[str, int] = field(default_factory=dict)  # 0 or absent: the stream does not exist yet.
    seen: dict[bytes, Seen] = field(default_factory=dict)
    names: NameBook = field(default_factory=lambda: NameBook(()))
    later: Later = field(default_factory=Later)


@dataclass(slots=True)
class Rows:
    """What an admitted batch writes, table by table; the names are in the book."""

    leaves: list[tuple[int, bytes]] = field(default_factory=list)
    streams: list[tuple[str, int, int]] = field(default_factory=list)
    sealed: list[tuple[int, bytes, bytes]] = field(default_factory=list)
    requests: list[tuple[bytes, Seen]] = field(default_factory=list)
    tiles: Sequence[FullTile] = ()


class Admission:
    """Judges the appends of one transaction, in the order in which they came."""

    def __init__(self, standing: Standing, *, size: int, last_recorded_at: int, now: int) -> None:
        self._standing = standing
        self._size = self._position = size
        self._time = max(now, last_recorded_at + 1)  # A clock set back cannot turn the order around.
        self.last_recorded_at = last_recorded_at
        """The time of the last event there is, admitted here or before."""
        self.rows = Rows()

    def not_before(self, time: int) -> None:
        """Let what is admitted from here on bear no earlier time; that times only grow holds all the same."""
        self._time = max(self._time, time)

    def admit(self, append: Append) -> Outcome:
        """Judge one append; either everything of it joins the rows, or nothing."""
        standing = self._standing
        if append.request is not None:
            try:
                if (receipt := answer(append.request, standing.seen)) is not None:
                    return receipt
            except KeyReused as reused:
                return reused
        if (moved := self._moved(append)) is not None:
            return moved
        if append.names and (taken := standing.names.change(append.names, position=self._position + 1)) is not None:
            return taken
        return self._take(append)

    def _moved(self, append: Append) -> Conflict | None:
        versions = self._standing.versions
        for guard in append.guards:
            if isinstance(guard, NothingSince):
                if (at := self._named_at(guard)) is not None:
                    return NamedSince(guard.named, position=at)
            elif (actual := versions.get(guard.stream, 0)) != guard.version:
                return GuardMoved(guard.stream, expected=guard.version, actual=actual)
        ahead: dict[str, int] = {}
        for event in append.events:
            actual = ahead[event.stream] if event.stream in ahead else versions.get(event.stream, 0)
            if event.version != actual + 1:
                return StreamMoved(event.stream, expected=event.version - 1, actual=actual)
            ahead[event.stream] = event.version
        return None

    def _named_at(self, guard: NothingSince) -> int | None:
        """Where it was named first since; of so much that it was not all looked at, where that ends."""
        later = self._standing.later
        named = f'"{guard.named}"'.encode()  # An id is one word in quotes, wherever in a leaf it stands.
        for position, leaf in enumerate(later.leaves, later.after + 1):
            if position > guard.position and (named in leaf or cold.is_stub(leaf)):
                return position
        if (seen := later.after + len(later.leaves)) < self._size:
            return seen + 1
        return next((position for position, leaf in self.rows.leaves if named in leaf), None)

    def _take(self, append: Append) -> Receipt:
        rows, versions, time, position = self.rows, self._standing.versions, self._time, self._position
        receipt = Receipt(position + 1, len(append.events), time, append.request.status if append.request else 201)
        for event in append.events:
            position += 1
            rows.leaves.append((position, event.leaf(time)))
            rows.streams.append((event.stream, event.version, position))
            if event.sealed is not None:
                rows.sealed.append((position, event.sealed.salt, event.sealed.ciphertext))
            versions[event.stream] = event.version
            time += 1
        self._time, self._position, self.last_recorded_at = time, position, time - 1
        if append.request is not None:
            seen = Seen(append.request.fingerprint, receipt.status, receipt.first, receipt.events, receipt.recorded_at)
            self._standing.seen[append.request.key] = seen
            rows.requests.append((append.request.key, seen))
        return receipt

    def complete(self, frontier: Frontier) -> Frontier:
        """Hash what was admitted: returns the tree's new right edge and puts the tiles it completes into the rows."""
        sha256 = hashlib.sha256
        edge, self.rows.tiles = frontier.append([sha256(b"\0" + leaf).digest() for _, leaf in self.rows.leaves])
        return edge


def answer(request: RequestKey, seen: Mapping[bytes, Seen]) -> Receipt | None:
    """Give the receipt of a request that was done before; raises KeyReused where the key was another request's."""
    found = seen.get(request.key)
    if found is None:
        return None
    if found.fingerprint != request.fingerprint:
        raise KeyReused(first=found.first)
    return Receipt(found.first, found.events, found.recorded_at, found.status, replayed=True)


class Wanted(NamedTuple):
    """All that a batch will ask the store about."""

    streams: list[str]
    requests: list[bytes]
    names: list[bytes]
    holders: list[str]
    owners: list[str]
    abandoned: list[str]  # Acts: what their rows reserved goes.
    ended: list[str]      # Those and the closed ones: what their rows freed goes, or stays.
    after: int | None     # Past which position leaves are looked into; None: nobody rests on what they do not say.

    @property
    def asks_names(self) -> bool:
        """Say whether any name has to be looked up."""
        return bool(self.names or self.holders or self.owners or self.ended)


def wanted(appends: Iterable[Append]) -> Wanted:
    """List what a store must look up before a batch can be judged, each once."""
    streams: dict[str, None] = {}
    requests: dict[bytes, None] = {}
    names: dict[bytes, None] = {}
    holders: dict[str, None] = {}
    owners: dict[str, None] = {}
    abandoned: dict[str, None] = {}
    ended: dict[str, None] = {}
    after: int | None = None
    for append in appends:
        for event in append.events:
            streams[event.stream] = None
        for guard in append.guards:
            if isinstance(guard, NothingSince):
                after = guard.position if after is None else min(after, guard.position)
            else:
                streams[guard.stream] = None
        if append.request is not None:
            requests[append.request.key] = None
        for change in append.names:
            if isinstance(change, Reservation):
                names[change.name] = None
            elif isinstance(change, Freeing):
                holders[change.holder] = None
            elif isinstance(change, Forgetting):
                owners[change.owner] = None
            elif isinstance(change, Closing | Abandoning):
                ended[change.act] = None
                if isinstance(change, Abandoning):  # Of an act that is closed every name stays: it need not be read.
                    abandoned[change.act] = None
    return Wanted(list(streams), list(requests), list(names), list(holders), list(owners), list(abandoned), list(ended),
                  after)
