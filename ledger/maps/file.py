"""The file that keeps the completeness map at hand: made from the log, thrown away at will, believed by nobody.

It reads the log on as it grows, in small commits, and hashes only when a statement asks: then what has changed since
the last one, so that a statement costs what has happened in between and not the size of the register. Whoever is asked
does it, one at a time by SQLite's own lock. A file of another log, ahead of a restored one or of another key is emptied
and made anew. No proof is handed out unchecked: what the file has lost or got wrong of a person shows then, and it is
made anew. Where somebody has written to it with every hash in its place, whoever issues a statement sees that it lists
less than the timeline has (`api.cases.statement.statements`). What it got wrong of somebody else shows in an audit
(`ledger.fsck.maps`), which makes its own.

`tests/ledger/test_map_file.py` shows it.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

from ledger.envelope import decode
from ledger.errors import LedgerError
from ledger.events.log import MapCommitted
from ledger.maps.entries import MapKey, committed
from ledger.maps.nodes import entries_below, hash_changed, kept
from ledger.maps.people import Broken, events_of, take
from ledger.maps.tables import TABLES, State, connected, counted, discard, is_damage, state_of
from ledger.proof.map_proof import (
    Absence,
    MapUnproven,
    Presence,
    check_absence,
    check_presence,
)
from ledger.proof.map_tree import way_to
from ledger.proof.merkle import hash_leaf
from ledger.stores.recorder import AppendingRecorder
from ledger.vocabulary import StreamId

CHUNK: Final = 50_000  # In one commit: of a register whose people are named at random, each rewrites most pages.
BEHIND_MOST: Final = 200_000   # More than some seconds' work is not done while somebody waits.
UNHASHED_MOST: Final = 1_000   # So many events are hashed in a tenth of a second; more are not left to whoever asks,
BUSY_MOST: Final = 100_000     # unless more come in each second: what is hashed now would be hashed again.
_Result = TypeVar("_Result")
Tell = Callable[[int], object]
"""Is told how far the log was read, after each commit."""


class MapFailed(LedgerError):
    """The file cannot be written or read; it holds nothing that the log does not say."""

    code = "map_failed"

    def __init__(self, path: Path, cause: object) -> None:
        self.path, self.cause = path, cause
        super().__init__(
            f"完整性地图的文件 {path} 无法读写（{cause}）。请检查该文件夹是否可写、磁盘是否已满；"
            "文件可以删除，会从账本重建。"
        )


class MapBehind(LedgerError):
    """The map is being made from a long log: a statement has to wait for it."""

    code = "map_behind"

    def __init__(self, behind: int) -> None:
        self.behind = behind
        super().__init__(f"完整性地图正在从账本重建，还差 {behind} 个事件，暂不能出具情况表。请稍候再试。")
        self.told = str(self)


class Proved(NamedTuple):
    """What a map says of one person, which map, and the event that committed to it, where there is one already."""

    size: int
    root: bytes
    people: int
    proof: Presence | Absence
    event: int | None


class MapFile:
    """The open file of one log."""

    def __init__(self, path: Path, store: AppendingRecorder, key: MapKey) -> None:
        self.path, self._store, self._key = path, store, key
        self._lock = threading.Lock()
        self._reached, self._is_owed = 0, False
        self._connection = self._opened()

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def keep_up(self, stopped: Callable[[], bool] = lambda: False) -> None:
        """Read what the log has more, and hash where much has gathered; for whoever has time."""
        self._mended(lambda: self._keep_up(stopped))

    def proof_of(self, person: str, known: int) -> Proved:
        """What a map of at least this size says of a person; the last one that was made, where it is of that size."""
        return self._mended(lambda: self._proof_of(person, known))

    def commitment(self, proved: Proved, stream: StreamId) -> MapCommitted:
        """The event that commits to the map, in a stream that is new."""
        return committed(stream, self._key, size=proved.size, root=proved.root, people=proved.people)

    def remember(self, proved: Proved, event: int) -> None:
        """Note where the map was committed to, for the next statement that rests on it."""
        self._mended(lambda: self._remember(proved.size, event))

    def content(self, upto: int | None = None, tell: Tell = lambda _: None) -> tuple[int, int, bytes]:
        """Its size, how many people it has, and its root, with all that stands in the log now, or up to a size."""
        return self._mended(lambda: self._content(upto, tell))

    def empty(self) -> None:
        """Forget everything, in one transaction: whoever has the file open reads on from the beginning."""
        self._mended(self._empty)

    def _keep_up(self, stopped: Callable[[], bool]) -> None:
        moved = self._store.size() - self._reached
        if moved == 0 and not self._is_owed:  # Most rounds: nothing is locked to find that out.
            return
        state = self._read_on(stopped)
        self._reached = state.position
        behind = state.position - state.hashed
        self._is_owed = behind > UNHASHED_MOST
        is_busy = moved > UNHASHED_MOST and behind < BUSY_MOST
        if not self._is_owed or is_busy or stopped():
            return
        with self._changed() as connection:
            self._hash(connection, self._fitting(connection))
        self._is_owed = False

    def _empty(self) -> None:
        with self._changed() as connection:
            self._emptied(connection)

    def _remember(self, size: int, event: int) -> None:
        with self._changed() as connection:
            connection.execute("UPDATE state SET committed_size = ?, committed_event = ? WHERE hashed = ?",
                               (size, event, size))

    def _content(self, upto: int | None, tell: Tell) -> tuple[int, int, bytes]:
        self._read_on(upto=upto, tell=tell)
        with self._changed() as connection:
            state = self._hash(connection, self._fitting(connection))
            return state.hashed, state.people, kept(connection, 1).hash

    # Reading the log

    def _read_on(
        self, stopped: Callable[[], bool] = lambda: False, upto: int | None = None, tell: Tell = lambda _: None
    ) -> State:
        while True:
            with self._changed() as connection:
                state = self._fitting(connection)
                most = CHUNK if upto is None else max(0, min(CHUNK, upto - state.position))
                leaves = self._store.leaves(state.position, most)
                if not leaves or stopped():
                    return state
                last = take(connection, state.position, leaves)
                connection.execute("UPDATE state SET position = ?, leaf_hash = ?", (state.position + len(leaves), last))
            tell(state.position + len(leaves))

    def _fitting(self, connection: sqlite3.Connection) -> State:
        """How far the file is; emptied first where it is not of this log and key."""
        state = state_of(connection)
        if state is not None and state.key == self._key.commitment:
            if state.position == 0:
                return state
            leaves = self._store.leaves(state.position - 1, 1)
            if leaves and hash_leaf(leaves[0]) == state.leaf_hash:
                return state
        return self._emptied(connection)

    def _emptied(self, connection: sqlite3.Connection) -> State:
        for table in TABLES:
            connection.execute(f"DELETE FROM {table}")
        fresh = State(0, b"", 0, 0, self._key.commitment, 0, 0)
        connection.execute("INSERT INTO state VALUES (?, ?, ?, ?, ?, ?, ?)", fresh)
        return fresh

    # Hashing and proving

    def _hash(self, connection: sqlite3.Connection, state: State) -> State:
        if state.hashed == state.position:
            return state
        hash_changed(connection, self._key, after=state.hashed)
        people = counted(connection)
        connection.execute("UPDATE state SET hashed = position, people = ?", (people,))
        return state._replace(hashed=state.position, people=people)

    def _proof_of(self, person: str, known: int) -> Proved:
        with self._changed() as connection:
            state = self._fitting(connection)
            if state.hashed >= known:
                return self._proved(connection, state, person)
        if (behind := self._store.size() - state.hashed) > BEHIND_MOST:
            raise MapBehind(behind)
        self._read_on()
        with self._changed() as connection:
            state = self._hash(connection, self._fitting(connection))
            if state.hashed < known:
                raise MapFailed(self.path, "账本在读取时被换成了较短的副本")
            return self._proved(connection, state, person)

    def _proved(self, connection: sqlite3.Connection, state: State, person: str) -> Proved:
        if state.hashed == state.position and state.people != counted(connection):
            raise Broken  # What is committed to says how many there are; who was read since is in neither.
        root = kept(connection, 1).hash
        proof = self._shown(connection, person, state.hashed, root)
        return Proved(state.hashed, root, state.people, proof, self._event_of(state, root))

    def _shown(self, connection: sqlite3.Connection, person: str, size: int, root: bytes) -> Presence | Absence:
        """Make the proof and check it, as its bearer will."""
        key = self._key.key_of(person)
        way = way_to(key, lambda place: kept(connection, place), lambda place: entries_below(connection, place))
        events = tuple(events_of(connection, person, size))
        is_there = way.found is not None and way.found.key == key
        if is_there != bool(events):
            raise Broken
        try:
            if not is_there:
                absence = Absence(key, way.siblings, way.found)
                check_absence(root, absence)
                return absence
            presence = Presence(key, self._key.blind_of(person, len(events)), way.siblings, events)
            check_presence(root, size, person, presence)
        except MapUnproven as error:
            raise Broken from error
        return presence

    def _event_of(self, state: State, root: bytes) -> int | None:
        """The event that committed to this very map, as the log says."""
        if state.committed_size != state.hashed or state.committed_event == 0:
            return None
        leaves = self._store.leaves(state.committed_event - 1, 1)
        event = decode(leaves[0]).event if leaves else None
        if not isinstance(event, MapCommitted):
            return None
        same = committed(StreamId(event.map), self._key, size=state.hashed, root=root, people=state.people)
        return state.committed_event if event == same else None

    # The file

    def _opened(self) -> sqlite3.Connection:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            return connected(self.path)
        except sqlite3.Error as error:
            if not is_damage(error):
                raise MapFailed(self.path, error) from error
        discard(self.path)
        return connected(self.path)

    def _mended(self, work: Callable[[], _Result]) -> _Result:
        """Do it; where the file turns out to be wrong, once more on an empty one, and where it is damaged on a new one.

        Another process may have it open, so only what SQLite itself cannot read is deleted. A full disk is no damage.
        """
        try:
            try:
                return work()
            except Broken:
                self._empty()
            except sqlite3.Error as error:
                if not is_damage(error):
                    raise
                self._begin_anew()
            return work()
        except (sqlite3.Error, Broken) as error:
            raise MapFailed(self.path, str(error) or "内容前后不一") from error

    def _begin_anew(self) -> None:
        with self._lock:
            self._connection.close()
            discard(self.path)
            self._connection = self._opened()

    @contextmanager
    def _changed(self) -> Iterator[sqlite3.Connection]:
        """One transaction, beside which no other process changes the file."""
        with self._lock:
            connection = self._connection
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                connection.rollback()
                raise
