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
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
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

from ledger.durable import make_private
from ledger.envelope import SealedPart, decode
from ledger.proof.frontier import Frontier
from ledger.proof.tiles import Tile
from ledger.stores import cold
from ledger.stores.admission import Admission, Seen, Standing, Wanted, answer, wanted
from ledger.stores.append import Append, Outcome, Receipt, RequestKey, Reservation, StoreFailed
from ledger.stores.errors import NotALedger, OtherSchema, Unreadable, is_cut_off
from ledger.stores.journal import keep_journal
from ledger.stores.names import Held, NameBook
from ledger.stores.recorder import AppendingRecorder, StoredCheckpoint
from ledger.stores.requests import MONTHS_KEPT, KeyFilter, month_of
from ledger.stores.tree import read_frontier, read_tile
from ledger.stores.turn import Turn
from ledger.stores.writer import GroupWriter

APPLICATION_ID: Final = 0x58534C47  # "XSLG": told apart from any other SQLite file before a table is touched.
SCHEMA_VERSION: Final = 2
SCHEMA_WITH_ARCHIVES: Final = 3  # While bodies lie in archives: a program that knows of none must not open the file.
BUSY_TIMEOUT_S: Final = 30
CACHE_KIB: Final = 64 * 1024
PAGE_BYTES: Final = 16_384  # Leaves of 500 to 900 bytes: read half again as fast as from 4,096, batches a third faster.
_IN_MAX: Final = 500  # Values in one IN list; lists are padded to powers of two so that few statements are prepared.

_DROPPED_AT_ONCE: Final = 10_000
_MONTHS: Final = """
    WITH RECURSIVE months(month) AS (
        SELECT min(month) FROM requests
        UNION ALL
        SELECT (SELECT min(month) FROM requests WHERE month > months.month) FROM months WHERE month IS NOT NULL
    )
    SELECT month FROM months WHERE month IS NOT NULL
"""  # One step of the index a month; DISTINCT would read the keys of all thirteen.


class _Own:
    """A thread's own reading connection, closed when the thread is over: a server may make a thread a request."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def __del__(self) -> None:
        self.connection.close()


class LedgerPool(SQLiteConnectionPool):
    """Makes connections as a ledger needs them."""

    cache_kib = CACHE_KIB
    factory: type[sqlite3.Connection] = sqlite3.Connection

    def _create_connection(self) -> SQLiteConnection:
        return SQLiteConnection(self.connect(), max_age=self.max_age)

    def connect(self, *, writing: bool = False) -> sqlite3.Connection:
        """Open the file; a reading connection cannot write, whatever is asked of it."""
        connection = sqlite3.connect(
            self.db_name, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False, cached_statements=256,
            factory=self.factory,
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

    def __init__(self, path: str, *, cache_kib: int = CACHE_KIB) -> None:
        self.pool = LedgerPool(db_name=path)
        self.pool.cache_kib = cache_kib
        self.single_row_tracking = True
        self.originator_id_type: Literal["uuid", "text"] = "text"


class SQLiteRecorder(AppendingRecorder, SQLiteApplicationRecorder):
    """The ledger in one SQLite file."""

    datastore: LedgerDatastore

    def __init__(
        self,
        datastore: LedgerDatastore,
        events_table_name: str = "events",
        *,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        super().__init__(datastore, events_table_name)
        self._clock = clock
        self._local = threading.local()
        self._readers: weakref.WeakSet[_Own] = weakref.WeakSet()
        self._readers_lock = threading.Lock()
        self._write: sqlite3.Connection | None = None
        self._turn = Turn(f"{datastore.pool.db_name}-turn", timeout_s=BUSY_TIMEOUT_S)
        self._write_lock = threading.Lock()  # The writer thread and maintenance share one connection, never at once.
        self._frontier = Frontier()
        self._last_recorded_at = 0
        self._months: frozenset[int] = frozenset()  # Those that held keys when it last became another month.
        self._months_read_in = 0
        self._filters: dict[int, KeyFilter] = {}
        self._writer: GroupWriter | None = None
        self._closed = False

    # Making and opening

    def create_table(self) -> None:
        """Create the tables in a new file, or check that the file is a ledger of this version."""
        path = Path(self.datastore.pool.db_name)
        if is_cut_off(path):
            raise Unreadable(path, sqlite3.DatabaseError("file is cut off within its header"))
        make_private(path)
        try:
            with self._writing() as connection:
                if not self._is_ledger(connection):
                    connection.execute(f"PRAGMA page_size={PAGE_BYTES}")  # Of a new file only, and before its journal.
                    mode = keep_journal(connection)
                    if mode != "wal":  # SQLite says so and no more: the disk failed, or it is a network folder.
                        raise sqlite3.OperationalError(f"the journal stays in mode {mode}")
                    connection.execute("BEGIN IMMEDIATE")
                    if not self._is_ledger(connection):  # Another process may have made it while this one waited.
                        script = files("ledger.stores").joinpath("schema.sql").read_text("utf-8")
                        for statement in _statements(script):
                            connection.execute(statement)
                        connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
                        connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
                    connection.execute("COMMIT")
        except sqlite3.Error as error:
            self.close()
            raise Unreadable(path, error) from error
        except (NotALedger, OtherSchema):
            self.close()
            raise

    def _is_ledger(self, connection: sqlite3.Connection) -> bool:
        """Say whether the file is a ledger; False: it is new. Raises for anything else, as `demand_ledger` does."""
        is_new = not any(
            connection.execute(question).fetchone()[0]
            for question in ("PRAGMA application_id", "PRAGMA user_version", "SELECT count(*) FROM sqlite_master"))
        if not is_new:
            demand_ledger(connection, Path(self.datastore.pool.db_name))
        return not is_new

    def close(self) -> None:
        """Commit what is queued, then let go of the file."""
        if self._writer is not None:
            self._writer.close()
        with self._write_lock:
            self._closed = True
            if self._write is not None:
                self._write.close()
                self._write = None
            self._turn.close()
        with self._readers_lock:
            for own in list(self._readers):
                own.connection.close()
            self._readers.clear()

    # Writing

    def append(self, append: Append) -> Receipt:
        if self._writer is None:
            with self._write_lock:
                if self._writer is None:
                    self._writer = GroupWriter(self._commit, watch=self._wrote)
        return self._writer.submit(append)

    def _commit(self, appends: Sequence[Append]) -> Sequence[Outcome]:
        """Judge and write a batch in one transaction. Only after COMMIT does the new edge become the edge."""
        with _failing_clearly(), self._writing() as connection, self._turn.taken():
            connection.execute("BEGIN IMMEDIATE")
            try:
                outcomes, frontier, last = self._judge_and_write(connection, appends)
                connection.execute("COMMIT")
            except BaseException:
                self._forget(connection)
                raise
            self._frontier, self._last_recorded_at = frontier, last
            self._committed()
            return outcomes

    def _judge_and_write(
        self, connection: sqlite3.Connection, appends: Sequence[Append]
    ) -> tuple[list[Outcome], Frontier, int]:
        size = connection.execute("SELECT max(position) FROM events").fetchone()[0] or 0
        if size != self._frontier.size:  # First use, another process wrote, or a commit whose end is unknown.
            self._frontier = read_frontier(Tree(connection), size)
            self._last_recorded_at = _recorded_at(connection, size)
        now = max(self._clock() // 1000, self._last_recorded_at + 1)  # A key's month is the log's, not a clock's.
        standing = self._look_up(connection, appends, month_of(now))
        admission = Admission(standing, size=size, last_recorded_at=self._last_recorded_at, now=now)
        outcomes = self._admit(admission, appends)
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
            connection.executemany("INSERT INTO names VALUES (?, ?, ?, ?, ?, ?, ?)",
                                   [(*held.reservation, held.position, held.freed_by) for held in new])
        return outcomes, frontier, admission.last_recorded_at

    def _admit(self, admission: Admission, appends: Sequence[Append]) -> list[Outcome]:
        """Judge one after the other; whoever writes a history that is not the present's says here when each was."""
        return [admission.admit(append) for append in appends]

    def _look_up(self, connection: sqlite3.Connection, appends: Sequence[Append], month: int) -> Standing:
        asked = wanted(appends)
        standing = Standing()
        for some in _portions(asked.streams):
            query = f"SELECT stream, max(version) FROM streams WHERE stream IN ({_marks(some)}) GROUP BY stream"
            standing.versions.update(connection.execute(query, some).fetchall())
        if asked.requests:
            standing.seen = self._seen(connection, asked.requests, month)
        if asked.names or asked.holders or asked.owners or asked.ended:
            standing.names = NameBook(_held(connection, asked))
        return standing

    def _seen(self, connection: sqlite3.Connection, keys: Sequence[bytes], this_month: int) -> dict[bytes, Seen]:
        found: dict[bytes, Seen] = {}
        if this_month != self._months_read_in:
            self._months = frozenset(month for (month,) in connection.execute(_MONTHS))
            self._months_read_in = this_month
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
                connection = self.datastore.pool.connect(writing=True)
                try:
                    self._load_filters(connection)  # Before it is used: a month not known is a key not found.
                except BaseException:
                    connection.close()
                    raise
                self._write = connection
            yield self._write

    def _forget(self, connection: sqlite3.Connection) -> None:
        """After a failure trust nothing in memory: roll back, close, and read everything anew next time."""
        self._write, self._frontier = None, Frontier()
        try:
            connection.rollback()
        finally:
            connection.close()

    @contextmanager
    def maintaining(self) -> Iterator[sqlite3.Connection]:
        """One transaction in which rows are put otherwise, never two at once; what it raises undoes all of it."""
        with _failing_clearly(), self._writing() as connection, self._turn.taken():
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                self._forget(connection)
                raise

    @contextmanager
    def rewriting(self) -> Iterator[sqlite3.Connection]:
        """The writing connection outside of a transaction, for what SQLite does to the whole file."""
        with _failing_clearly(), self._writing() as connection, self._turn.taken():
            yield connection

    def save_checkpoint(self, checkpoint: StoredCheckpoint) -> None:
        with _failing_clearly(), self._writing() as connection:
            connection.execute("INSERT OR IGNORE INTO checkpoints (size, note) VALUES (?, ?)", checkpoint)

    # The months of requests

    def _load_filters(self, connection: sqlite3.Connection) -> None:
        self._months_read_in = 0
        if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'request_filters'").fetchone():
            self._filters = {month: KeyFilter(bits) for month, bits in
                             connection.execute("SELECT month, bits FROM request_filters")}

    def tidy_requests(self, now: int) -> None:
        """Build the filters of months that are over, and drop the keys older than 13 months.

        A month is over once the log has grown past it. The clock alone could be wrong, and a filter made too early
        would deny the keys that came after it.
        """
        this_month = month_of(min(now, self.last_recorded_at()))
        self._drop_requests(before=this_month - MONTHS_KEPT)
        for month in [month for (month,) in self._rows(_MONTHS) if month < this_month and month not in self._filters]:
            count = self._rows("SELECT count(*) FROM requests WHERE month = ?", (month,))[0][0]
            keys = (row[0] for row in self._rows_one_by_one("SELECT key FROM requests WHERE month = ?", (month,)))
            built = KeyFilter.of(keys, count=count)  # On a reading connection: nobody waits while it is built.
            with _failing_clearly(), self._writing() as connection:
                connection.execute("INSERT OR REPLACE INTO request_filters VALUES (?, ?)", (month, bytes(built)))
                self._filters[month] = built

    def _drop_requests(self, *, before: int) -> None:
        slice_of_it = f"SELECT month, key FROM requests WHERE month < ? LIMIT {_DROPPED_AT_ONCE}"
        dropped = _DROPPED_AT_ONCE
        while dropped == _DROPPED_AT_ONCE:  # In slices, so that whoever wants to write waits for one of them at most.
            with _failing_clearly(), self._writing() as connection:
                dropped = connection.execute(
                    f"DELETE FROM requests WHERE (month, key) IN ({slice_of_it})", (before,)).rowcount
        with _failing_clearly(), self._writing() as connection:
            connection.execute("DELETE FROM request_filters WHERE month < ?", (before,))
            self._filters = {month: kept for month, kept in self._filters.items() if month >= before}
            self._months_read_in = 0

    def answered(self, request: RequestKey) -> Receipt | None:
        with self._reading() as connection:
            month = month_of(max(self._clock() // 1000, self.last_recorded_at()))
            return answer(request, self._seen(connection, [request.key], month))

    # Reading

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """Give the thread's own connection; what goes wrong with it is said clearly."""
        try:
            own: _Own | None = getattr(self._local, "own", None)
            if own is None or self._closed:
                with self._readers_lock:
                    if self._closed:
                        raise sqlite3.ProgrammingError("the store is closed")
                    own = self._local.own = _Own(self.datastore.pool.connect())
                    self._readers.add(own)
            yield own.connection
        except sqlite3.Error as error:
            raise Unreadable(Path(self.datastore.pool.db_name), error) from error

    def _rows(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        with self._reading() as connection:
            return connection.execute(query, values).fetchall()

    def _rows_one_by_one(self, query: str, values: Sequence[Any] = ()) -> Iterator[Any]:
        with self._reading() as connection:
            yield from connection.execute(query, values)

    def size(self) -> int:
        return self._rows("SELECT max(position) FROM events")[0][0] or 0

    def last_recorded_at(self) -> int:
        """The time of the last event; 0 where there is none."""
        with self._reading() as connection:
            return _recorded_at(connection, self.size())

    def leaves(self, after: int, limit: int) -> list[bytes]:
        with self._reading() as connection:
            return Tree(connection).leaves(after + 1, after + limit)

    def sealed(self, position: int) -> SealedPart | None:
        return self.sealed_at([position]).get(position)

    def stream(self, stream: str, *, after: int = 0) -> list[tuple[int, bytes]]:
        with self._reading() as connection:
            return cold.whole(connection, lambda: self._rows(
                "SELECT e.position, e.leaf FROM streams s JOIN events e ON e.position = s.position "
                "WHERE s.stream = ? AND s.version > ? ORDER BY s.version", (stream, after)))

    def streams(self, streams: Sequence[str]) -> dict[str, list[tuple[int, bytes]]]:
        found: dict[str, list[tuple[int, bytes]]] = {stream: [] for stream in streams}
        for some in _portions(list(found)):
            ask = partial(
                self._rows,
                "SELECT s.stream, e.position, e.leaf FROM streams s JOIN events e ON e.position = s.position "
                f"WHERE s.stream IN ({_marks(some)}) ORDER BY s.stream, s.version", some)
            with self._reading() as connection:
                for stream, position, leaf in cold.whole(connection, ask, at=1):
                    found[stream].append((position, leaf))
        return found

    def sealed_at(self, positions: Sequence[int]) -> dict[int, SealedPart]:
        query = "SELECT position, salt, ciphertext FROM sealed WHERE position IN"
        found = {position: SealedPart(salt, ciphertext) for some in _portions(list(positions))
                 for position, salt, ciphertext in self._rows(f"{query} ({_marks(some)})", some)}
        if len(found) < len(positions):  # Nothing is sealed there, or the copy was redacted, or it lies in an archive.
            with self._reading() as connection:
                found |= cold.sealed(connection, [position for position in positions if position not in found])
        return found

    def version(self, stream: str) -> int:
        return self._rows("SELECT max(version) FROM streams WHERE stream = ?", (stream,))[0][0] or 0

    def position_at(self, recorded_at: int) -> int:
        low, high = 0, self.size()
        with self._reading() as connection:
            while low < high:  # Times only grow with the position, so no index is needed to find one.
                middle = (low + high + 1) // 2
                low, high = (middle, high) if _recorded_at(connection, middle) < recorded_at else (low, middle - 1)
        return low

    def holder(self, name: bytes) -> Reservation | None:
        rows = self._rows("SELECT name, kind, holder, owner, act FROM names WHERE name = ?", (name,))
        return Reservation(*rows[0]) if rows else None

    def holders(self, names: Sequence[bytes]) -> dict[bytes, Reservation]:
        query = "SELECT name, kind, holder, owner, act FROM names WHERE name IN"
        return {row[0]: Reservation(*row) for some in _portions(list(names))
                for row in self._rows(f"{query} ({_marks(some)})", some)}

    def names(self) -> Iterator[Held]:
        for *reservation, position, freed_by in self._rows_one_by_one("SELECT * FROM names ORDER BY position, name"):
            yield Held(Reservation(*reservation), position, freed_by)

    def read_tile(self, tile: Tile) -> bytes:
        with self._reading() as connection:
            return read_tile(Tree(connection), tile)

    def frontier(self, size: int | None = None) -> Frontier:
        with self._reading() as connection:
            return read_frontier(Tree(connection), self.size() if size is None else size)

    def max_notification_id(self) -> int:  # The library promises an int here and int | None above: 0 says both.
        return self.size()

    def archives(self) -> list[cold.Place]:
        """The archives that hold bodies of events."""
        with self._reading() as connection:
            return cold.places(connection)

    def checkpoints(self) -> list[StoredCheckpoint]:
        return [StoredCheckpoint(*row) for row in self._rows("SELECT size, note FROM checkpoints ORDER BY serial")]

    def last_checkpoint(self) -> StoredCheckpoint | None:
        rows = self._rows("SELECT size, note FROM checkpoints ORDER BY serial DESC LIMIT 1")
        return StoredCheckpoint(*rows[0]) if rows else None


class LedgerFactory(SQLiteFactory):
    """The library's factory for a ledger in SQLite: set PERSISTENCE_MODULE to this class's topic."""

    SQLITE_CACHE_KIB = "SQLITE_CACHE_KIB"

    application_recorder_class: type[SQLiteApplicationRecorder] = SQLiteRecorder

    def __init__(self, env: Environment | dict[str, str] | None) -> None:
        super().__init__(env)
        self.datastore.close()
        cache_kib = int(self.env.get(self.SQLITE_CACHE_KIB) or CACHE_KIB)
        self.datastore = LedgerDatastore(self.env.get(self.SQLITE_DBNAME) or "", cache_kib=cache_kib)


class Tree:
    """Reads what the tree is made of, in one connection's view."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def leaves(self, first: int, last: int) -> list[bytes]:
        query = "SELECT leaf FROM events WHERE position BETWEEN ? AND ? ORDER BY position"
        leaves = [leaf for (leaf,) in self._connection.execute(query, (first, last))]
        if cold.STUB_BYTES not in map(len, leaves):
            return leaves
        query = "SELECT position, leaf FROM events WHERE position BETWEEN ? AND ? ORDER BY position"
        ask = self._connection.execute
        return [leaf for _, leaf in cold.whole(self._connection, lambda: ask(query, (first, last)).fetchall())]

    def tile_roots(self, level: int, first: int, last: int) -> list[bytes]:
        rows = self._connection.execute(
            "SELECT root FROM tiles WHERE level = ? AND number BETWEEN ? AND ? ORDER BY number", (level, first, last))
        return [root for (root,) in rows]

    def full_tile(self, level: int, number: int) -> bytes | None:
        row = self._connection.execute(
            "SELECT hashes FROM tiles WHERE level = ? AND number = ?", (level, number)).fetchone()
        return None if row is None else cast("bytes", row[0])


def demand_ledger(connection: sqlite3.Connection, path: Path) -> None:
    """See that a file is a ledger of this version; raises NotALedger or OtherSchema."""
    found = connection.execute("PRAGMA application_id").fetchone()[0]
    if found != APPLICATION_ID:
        raise NotALedger(path, application_id=found)
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version not in (SCHEMA_VERSION, SCHEMA_WITH_ARCHIVES):
        raise OtherSchema(path, version=version, expected=SCHEMA_VERSION)


def _recorded_at(connection: sqlite3.Connection, position: int) -> int:
    if position == 0:
        return 0
    row = connection.execute("SELECT leaf FROM events WHERE position = ?", (position,)).fetchone()
    return cold.time_of(row[0]) if cold.is_stub(row[0]) else decode(row[0]).recorded_at


def _held(connection: sqlite3.Connection, asked: Wanted) -> Iterator[Held]:
    columns: tuple[tuple[str, list[Any]], ...] = (
        ("name", asked.names), ("holder", asked.holders), ("owner", asked.owners),
        ("act", asked.abandoned), ("freed_by", asked.ended),
    )
    for column, values in columns:
        for some in _portions(values):
            query = f"SELECT * FROM names WHERE {column} IN ({_marks(some)})"
            for *reservation, position, freed_by in connection.execute(query, some):
                yield Held(Reservation(*reservation), position, freed_by)


def _portions(values: list[Any]) -> Iterator[list[Any]]:
    """Cut a list for IN (...), each portion padded with its last value to a power of two."""
    for start in range(0, len(values), _IN_MAX):
        some = values[start:start + _IN_MAX]
        yield some + [some[-1]] * ((1 << (len(some) - 1).bit_length()) - len(some))


def _marks(values: Sequence[Any]) -> str:
    return ",".join("?" * len(values))


def _statements(script: str) -> Iterator[str]:
    """Cut a script; `executescript` would commit the transaction that it is to be part of."""
    statement = ""
    for part in script.split(";")[:-1]:
        statement += part + ";"
        if sqlite3.complete_statement(statement):  # A trigger has semicolons of its own.
            yield statement
            statement = ""


@contextmanager
def _failing_clearly() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StoreFailed(error, cure=_cure(error)) from error


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
