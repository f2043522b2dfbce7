"""The embedded store: one SQLite file in WAL mode, synchronous=FULL, one writer thread, own reading connections.

It subclasses the library's recorder, datastore, pool and factory. Of the library's write path only the seams are kept:
its deferred BEGIN loses races after a read (80-91 % "database is locked" with several processes), its pool holds
readers up behind writers and can lose the writer's lock for good, its implicit rowids are reused after a truncation.

Several processes may write one file: each transaction takes the write lock first and reads the head before it judges.

`tests/ledger/stores/` shows it; `ledger/stores/admission.py` decides who wins.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, Literal, cast

from eventsourcing.sqlite import (
    SQLiteApplicationRecorder,
    SQLiteConnection,
    SQLiteConnectionPool,
    SQLiteDatastore,
    SQLiteFactory,
)
from eventsourcing.utils import Environment

from ledger.envelope import SealedPart, decode
from ledger.proof.frontier import Frontier
from ledger.proof.tiles import Tile
from ledger.stores.admission import Admission, Seen, Standing, wanted
from ledger.stores.append import Append, Outcome, Receipt, Reservation, StoreFailed
from ledger.stores.errors import NotALedger, Unreadable
from ledger.stores.names import Held, NameBook
from ledger.stores.recorder import AppendingRecorder, StoredCheckpoint
from ledger.stores.requests import MONTHS_KEPT, KeyFilter, month_of
from ledger.stores.tree import read_frontier, read_tile
from ledger.stores.writer import GroupWriter

APPLICATION_ID: Final = 0x58534C47  # "XSLG": told apart from any other SQLite file before a table is touched.
SCHEMA_VERSION: Final = 1
BUSY_TIMEOUT_S: Final = 30.0
CACHE_KIB: Final = 64 * 1024
_IN_MAX: Final = 500  # Values in one IN list; lists are padded to powers of two so that few statements are prepared.


class LedgerPool(SQLiteConnectionPool):
    """Makes connections as a ledger needs them."""

    cache_kib = CACHE_KIB

    def _create_connection(self) -> SQLiteConnection:
        return SQLiteConnection(self.connect(), max_age=self.max_age)

    def connect(self, *, writing: bool = False) -> sqlite3.Connection:
        """Open the file; a reading connection cannot write, whatever is asked of it."""
        connection = sqlite3.connect(
            self.db_name, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False, cached_statements=256
        )
        connection.execute("PRAGMA synchronous=FULL")  # NORMAL is 5 times faster and may forget what was acknowledged.
        connection.execute(f"PRAGMA cache_size=-{self.cache_kib if writing else self.cache_kib // 8}")
        connection.execute("PRAGMA temp_store=MEMORY")
        if not writing:
            connection.execute("PRAGMA query_only=ON")
        return connection


class LedgerDatastore(SQLiteDatastore):
    """The library's datastore around a ledger's pool."""

    pool: LedgerPool

    def __init__(self, path: str) -> None:
        self.pool = LedgerPool(db_name=path)
        self.single_row_tracking = True
        self.originator_id_type: Literal["uuid", "text"] = "text"


class SQLiteRecorder(AppendingRecorder, SQLiteApplicationRecorder):
    """The ledger in one SQLite file."""

    datastore: LedgerDatastore

    def __init__(self, datastore: LedgerDatastore, events_table_name: str = "events") -> None:
        super().__init__(datastore, events_table_name)
        self._local = threading.local()
        self._readers: list[sqlite3.Connection] = []
        self._readers_lock = threading.Lock()
        self._write: sqlite3.Connection | None = None
        self._write_lock = threading.Lock()  # The writer thread and maintenance share one connection, never at once.
        self._frontier = Frontier()
        self._last_recorded_at = 0
        self._months: set[int] = set()  # Those that hold keys, as far as known when the file was opened.
        self._filters: dict[int, KeyFilter] = {}
        self._writer: GroupWriter | None = None
        self._closed = False

    # Making and opening

    def create_table(self) -> None:
        """Create the tables in a new file, or check that the file is a ledger of this version."""
        path = Path(self.datastore.pool.db_name)
        try:
            with self._writing() as connection:
                found = connection.execute("PRAGMA application_id").fetchone()[0]
                version = connection.execute("PRAGMA user_version").fetchone()[0]
                tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
                if (found, version) == (APPLICATION_ID, SCHEMA_VERSION):
                    return
                if found or version or tables:
                    raise NotALedger(path, application_id=found, version=version)
                connection.execute("PRAGMA journal_mode=WAL")
                script = files("ledger.stores").joinpath("schema.sql").read_text("utf-8")
                connection.executescript(
                    f"BEGIN IMMEDIATE; {script} PRAGMA application_id={APPLICATION_ID}; "
                    f"PRAGMA user_version={SCHEMA_VERSION}; COMMIT;"
                )
        except sqlite3.Error as error:
            raise Unreadable(path, error) from error

    def close(self) -> None:
        """Commit what is queued, then let go of the file."""
        if self._writer is not None:
            self._writer.close()
        with self._write_lock:
            self._closed = True
            if self._write is not None:
                self._write.close()
                self._write = None
        with self._readers_lock:
            for connection in self._readers:
                connection.close()
            self._readers.clear()

    # Writing

    def append(self, append: Append) -> Receipt:
        if self._writer is None:
            with self._write_lock:
                if self._writer is None:
                    self._writer = GroupWriter(self._commit)
        return self._writer.submit(append)

    def _commit(self, appends: Sequence[Append]) -> Sequence[Outcome]:
        """Judge and write a batch in one transaction. Only after COMMIT does the new edge become the edge."""
        with self._writing() as connection:
            try:
                connection.execute("BEGIN IMMEDIATE")
                try:
                    outcomes, frontier, last = self._judge_and_write(connection, appends)
                    connection.execute("COMMIT")
                except BaseException:
                    self._forget(connection)
                    raise
            except sqlite3.Error as error:
                raise StoreFailed(error, cure=_cure(error)) from error
            self._frontier, self._last_recorded_at = frontier, last
            return outcomes

    def _judge_and_write(
        self, connection: sqlite3.Connection, appends: Sequence[Append]
    ) -> tuple[list[Outcome], Frontier, int]:
        size = connection.execute("SELECT max(position) FROM events").fetchone()[0] or 0
        if size != self._frontier.size:  # First use, another process wrote, or a commit whose end is unknown.
            self._frontier = read_frontier(_Tree(connection), size)
            self._last_recorded_at = _recorded_at(connection, size)
        now = time.time_ns() // 1000
        standing = self._look_up(connection, appends, month_of(now))
        admission = Admission(standing, size=size, last_recorded_at=self._last_recorded_at, now=now)
        outcomes = [admission.admit(append) for append in appends]
        if not admission.rows.leaves:
            return outcomes, self._frontier, self._last_recorded_at
        frontier = admission.complete(self._frontier)
        rows = admission.rows
        connection.executemany("INSERT INTO events VALUES (?, ?)", rows.leaves)
        connection.executemany("INSERT INTO streams VALUES (?, ?, ?)", rows.streams)
        if rows.sealed:
            connection.executemany("INSERT INTO sealed VALUES (?, ?, ?)", rows.sealed)
        if rows.tiles:
            connection.executemany("INSERT INTO tiles VALUES (?, ?, ?, ?)",
                                   [(tile.level, tile.index, tile.root, tile.hashes) for tile in rows.tiles])
        if rows.requests:
            connection.executemany(
                "INSERT INTO requests VALUES (?, ?, ?, ?, ?, ?)",
                [(month_of(seen.recorded_at), key, seen.fingerprint, seen.status, seen.first, seen.events)
                 for key, seen in rows.requests])
        if gone := standing.names.gone():
            connection.executemany("DELETE FROM names WHERE name = ?", [(name,) for name in gone])
        if new := standing.names.new():
            connection.executemany("INSERT INTO names VALUES (?, ?, ?, ?, ?)",
                                   [(*held.reservation, held.position) for held in new])
        return outcomes, frontier, admission.last_recorded_at

    def _look_up(self, connection: sqlite3.Connection, appends: Sequence[Append], month: int) -> Standing:
        asked = wanted(appends)
        standing = Standing()
        for some in _portions(asked.streams):
            query = f"SELECT stream, max(version) FROM streams WHERE stream IN ({_marks(some)}) GROUP BY stream"
            standing.versions.update(connection.execute(query, some).fetchall())
        if asked.requests:
            standing.seen = self._seen(connection, asked.requests, month)
        if asked.names or asked.holders or asked.owners:
            standing.names = NameBook(_held(connection, asked.names, asked.holders, asked.owners))
        return standing

    def _seen(self, connection: sqlite3.Connection, keys: Sequence[bytes], this_month: int) -> dict[bytes, Seen]:
        found: dict[bytes, Seen] = {}
        for month in {this_month, this_month - 1} | self._months:  # Another process adds to this month or the last.
            keys_filter = self._filters.get(month)
            asked = list(keys) if keys_filter is None else [key for key in keys if keys_filter.may_hold(key)]
            for some in _portions(asked):
                query = (
                    "SELECT key, fingerprint, status, first, events FROM requests "
                    f"WHERE month = ? AND key IN ({_marks(some)})"
                )
                for key, fingerprint, status, first, events in connection.execute(query, [month, *some]):
                    found[key] = Seen(fingerprint, status, first, events, _recorded_at(connection, first))
        return found

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._write_lock:
            if self._closed:
                raise StoreFailed(RuntimeError("closed"), cure="存储已关闭，本次未写入；请重新启动服务后重试。")
            if self._write is None:
                self._write = self.datastore.pool.connect(writing=True)
                self._load_filters(self._write)
            yield self._write

    def _forget(self, connection: sqlite3.Connection) -> None:
        """After a failure trust nothing in memory: roll back, close, and read everything anew next time."""
        try:
            connection.rollback()
        finally:
            connection.close()
            self._write, self._frontier = None, Frontier()

    def save_checkpoint(self, checkpoint: StoredCheckpoint) -> None:
        try:
            with self._writing() as connection:
                connection.execute("INSERT OR IGNORE INTO checkpoints (size, note) VALUES (?, ?)", checkpoint)
        except sqlite3.Error as error:
            raise StoreFailed(error, cure=_cure(error)) from error

    # The months of requests

    def _load_filters(self, connection: sqlite3.Connection) -> None:
        if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'request_filters'").fetchone():
            self._months = {month for (month,) in connection.execute("SELECT DISTINCT month FROM requests")}
            self._filters = {month: KeyFilter(bits) for month, bits in
                             connection.execute("SELECT month, bits FROM request_filters")}

    def tidy_requests(self, now: int) -> None:
        """Build the filters of months that are over, and drop the keys older than 13 months."""
        this_month = month_of(now)
        with self._writing() as connection:
            oldest = this_month - MONTHS_KEPT
            connection.execute("DELETE FROM requests WHERE month < ?", (oldest,))
            connection.execute("DELETE FROM request_filters WHERE month < ?", (oldest,))
            over = [(month, count) for month, count in connection.execute(
                "SELECT month, count(*) FROM requests WHERE month < ? GROUP BY month", (this_month,))]
        for month, count in over:
            if month in self._filters:
                continue
            keys = (row[0] for row in self._reader().execute("SELECT key FROM requests WHERE month = ?", (month,)))
            built = KeyFilter.of(keys, count=count)  # On a reading connection: nobody waits while it is built.
            with self._writing() as connection:
                connection.execute("INSERT OR REPLACE INTO request_filters VALUES (?, ?)", (month, bytes(built)))
                self._filters[month] = built

    # Reading

    def _reader(self) -> sqlite3.Connection:
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self.datastore.pool.connect()
            with self._readers_lock:
                self._readers.append(connection)
        return cast("sqlite3.Connection", connection)

    def size(self) -> int:
        return self._reader().execute("SELECT max(position) FROM events").fetchone()[0] or 0

    def leaves(self, after: int, limit: int) -> list[bytes]:
        rows = self._reader().execute(
            "SELECT leaf FROM events WHERE position > ? AND position <= ? ORDER BY position", (after, after + limit))
        return [leaf for (leaf,) in rows.fetchall()]

    def sealed(self, position: int) -> SealedPart | None:
        row = self._reader().execute("SELECT salt, ciphertext FROM sealed WHERE position = ?", (position,)).fetchone()
        return None if row is None else SealedPart(*row)

    def stream(self, stream: str, *, after: int = 0) -> list[tuple[int, bytes]]:
        return self._reader().execute(
            "SELECT e.position, e.leaf FROM streams s JOIN events e ON e.position = s.position "
            "WHERE s.stream = ? AND s.version > ? ORDER BY s.version", (stream, after)).fetchall()

    def version(self, stream: str) -> int:
        row = self._reader().execute("SELECT max(version) FROM streams WHERE stream = ?", (stream,)).fetchone()
        return row[0] or 0

    def position_at(self, recorded_at: int) -> int:
        low, high = 0, self.size()
        connection = self._reader()
        while low < high:  # Times only grow with the position, so no index is needed to find one.
            middle = (low + high + 1) // 2
            low, high = (middle, high) if _recorded_at(connection, middle) < recorded_at else (low, middle - 1)
        return low

    def holder(self, name: bytes) -> Reservation | None:
        row = self._reader().execute("SELECT name, kind, holder, owner FROM names WHERE name = ?", (name,)).fetchone()
        return None if row is None else Reservation(*row)

    def names(self) -> Iterator[Held]:
        """Every reserved name, for the checker."""
        for *reservation, position in self._reader().execute("SELECT * FROM names ORDER BY position"):
            yield Held(Reservation(*reservation), position)

    def read_tile(self, tile: Tile) -> bytes:
        return read_tile(_Tree(self._reader()), tile)

    def frontier(self, size: int | None = None) -> Frontier:
        return read_frontier(_Tree(self._reader()), self.size() if size is None else size)

    def max_notification_id(self) -> int:  # The library promises an int here and int | None above: 0 says both.
        return self.size()

    def checkpoints(self) -> list[StoredCheckpoint]:
        return [StoredCheckpoint(*row) for row in
                self._reader().execute("SELECT size, note FROM checkpoints ORDER BY serial")]


class LedgerFactory(SQLiteFactory):
    """The library's factory for a ledger in SQLite: set PERSISTENCE_MODULE to this class's topic."""

    application_recorder_class: type[SQLiteApplicationRecorder] = SQLiteRecorder

    def __init__(self, env: Environment | dict[str, str] | None) -> None:
        super().__init__(env)
        self.datastore.close()
        self.datastore = LedgerDatastore(self.env.get(self.SQLITE_DBNAME) or "")


class _Tree:
    """Reads what the tree is made of, in one connection's view."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def leaves(self, first: int, last: int) -> list[bytes]:
        rows = self._connection.execute(
            "SELECT leaf FROM events WHERE position BETWEEN ? AND ? ORDER BY position", (first, last))
        return [leaf for (leaf,) in rows]

    def tile_roots(self, level: int, first: int, last: int) -> list[bytes]:
        rows = self._connection.execute(
            "SELECT root FROM tiles WHERE level = ? AND number BETWEEN ? AND ? ORDER BY number", (level, first, last))
        return [root for (root,) in rows]

    def full_tile(self, level: int, number: int) -> bytes | None:
        row = self._connection.execute(
            "SELECT hashes FROM tiles WHERE level = ? AND number = ?", (level, number)).fetchone()
        return None if row is None else cast("bytes", row[0])


def _recorded_at(connection: sqlite3.Connection, position: int) -> int:
    if position == 0:
        return 0
    row = connection.execute("SELECT leaf FROM events WHERE position = ?", (position,)).fetchone()
    return decode(row[0]).recorded_at


def _held(connection: sqlite3.Connection, names: Sequence[bytes], holders: Sequence[str],
          owners: Sequence[str]) -> Iterator[Held]:
    for column, values in (("name", names), ("holder", holders), ("owner", owners)):
        for some in _portions(list(values)):
            query = f"SELECT name, kind, holder, owner, position FROM names WHERE {column} IN ({_marks(some)})"
            for *reservation, position in connection.execute(query, some):
                yield Held(Reservation(*reservation), position)


def _portions(values: list[Any]) -> Iterator[list[Any]]:
    """Cut a list for IN (...), each portion padded with its last value to a power of two."""
    for start in range(0, len(values), _IN_MAX):
        some = values[start:start + _IN_MAX]
        yield some + [some[-1]] * ((1 << (len(some) - 1).bit_length()) - len(some))


def _marks(values: Sequence[Any]) -> str:
    return ",".join("?" * len(values))


def _cure(error: sqlite3.Error) -> str:
    words = str(error)
    if "full" in words:
        return "磁盘已满：本次未写入。请清出空间后以同一个键重试；已确认的记录不受影响。"
    if "readonly" in words:
        return "数据文件夹只读：本次未写入。请检查文件夹权限与挂载方式。"
    if "locked" in words or "busy" in words:
        return "另一进程长时间占用数据库：本次未写入。请确认只有一个服务在使用该文件夹，然后重试。"
    if "malformed" in words or "corrupt" in words or "not a database" in words:
        return "数据库文件已损坏：请停止服务，保留现有文件作为证据，运行 xueshi fsck，并从备份恢复。"
    return "本次是否写入尚不确定：请检查磁盘后以同一个 Idempotency-Key 重试，已写入的会得到原来的答复。"
