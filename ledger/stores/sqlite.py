"""The embedded store: one SQLite file in WAL mode, synchronous=FULL, one writer thread, own reading connections.

It subclasses the library's recorder, datastore, pool and factory. Of the library's write path only the seams are kept:
its deferred BEGIN loses races after a read (80-91 % "database is locked" with several processes), its pool holds
readers up behind writers and can lose the writer's lock for good, its implicit rowids are reused after a truncation.

Several processes may write one file: each transaction takes the write lock first and reads the head before it judges.

`sqlite_reading.py` is what is asked of it, `sqlite_file.py` what the file is; `ledger/stores/admission.py` decides who
wins. `tests/ledger/stores/` shows it.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from eventsourcing.sqlite import SQLiteApplicationRecorder, SQLiteFactory
from eventsourcing.utils import Environment

from ledger.durable import make_private
from ledger.proof.frontier import Frontier
from ledger.stores.admission import LATER_MAX, Admission, Later, Seen, Standing, answer, wanted
from ledger.stores.append import Append, Outcome, Receipt, RequestKey, StoreFailed
from ledger.stores.errors import NotALedger, OtherSchema, Unreadable, is_cut_off
from ledger.stores.names import NameBook
from ledger.stores.recorder import Room, StoredCheckpoint
from ledger.stores.requests import MONTHS_KEPT, KeyFilter, month_of
from ledger.stores.sqlite_cold import FileChange, compacted
from ledger.stores.sqlite_file import BUSY_TIMEOUT_S, CACHE_KIB, LedgerDatastore, make_ledger
from ledger.stores.sqlite_reading import SQLiteReading
from ledger.stores.sqlite_rows import Tree, held, later, marks, portions, size_of, time_at
from ledger.stores.tree import caught_up
from ledger.stores.turn import Turn
from ledger.stores.writer import GroupWriter

__all__ = ["LedgerDatastore", "LedgerFactory", "SQLiteRecorder"]

_DROPPED_AT_ONCE: Final = 10_000
_MONTHS: Final = """
    WITH RECURSIVE months(month) AS (
        SELECT min(month) FROM requests
        UNION ALL
        SELECT (SELECT min(month) FROM requests WHERE month > months.month) FROM months WHERE month IS NOT NULL
    )
    SELECT month FROM months WHERE month IS NOT NULL
"""  # One step of the index a month; DISTINCT would read the keys of all thirteen.


class SQLiteRecorder(SQLiteReading):
    """The ledger in one SQLite file."""

    def __init__(
        self,
        datastore: LedgerDatastore,
        events_table_name: str = "events",
        *,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        super().__init__(datastore, events_table_name)
        self.clock = clock
        self._write: sqlite3.Connection | None = None
        self._turn = Turn(f"{datastore.pool.db_name}-turn", timeout_s=BUSY_TIMEOUT_S)
        self._write_lock = threading.Lock()  # The writer thread and maintenance share one connection, never at once.
        self._frontier = Frontier()
        self._last_recorded_at = 0
        self._months: frozenset[int] = frozenset()  # Those that held keys when it last became another month.
        self._months_read_in = 0
        self._filters: dict[int, KeyFilter] = {}
        self._writer: GroupWriter | None = None

    # Making and opening

    def create_table(self) -> None:
        """Create the tables in a new file, or check that the file is a ledger of this version."""
        path = Path(self.datastore.pool.db_name)
        if is_cut_off(path):
            raise Unreadable(path, sqlite3.DatabaseError("file is cut off within its header"))
        make_private(path)
        try:
            with self._writing() as connection:
                make_ledger(connection, path)
        except sqlite3.Error as error:
            self.close()
            raise Unreadable(path, error) from error
        except (NotALedger, OtherSchema):
            self.close()
            raise

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
        self._lender.close()

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
        size = size_of(connection)
        if size != self._frontier.size:  # First use, another process wrote, or a commit whose end is unknown.
            self._frontier = caught_up(Tree(connection), self._frontier, size)
            self._last_recorded_at = time_at(connection, size)
        now = max(self.clock() // 1000, self._last_recorded_at + 1)  # A key's month is the log's, not a clock's.
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
        for some in portions(asked.streams):
            query = f"SELECT stream, max(version) FROM streams WHERE stream IN ({marks(some)}) GROUP BY stream"
            standing.versions.update(connection.execute(query, some).fetchall())
        if asked.requests:
            standing.seen = self._seen(connection, asked.requests, month)
        if asked.asks_names:
            standing.names = NameBook(held(connection, asked))
        if asked.after is not None:
            standing.later = Later(asked.after, later(connection, asked.after, LATER_MAX))
        return standing

    def _seen(self, connection: sqlite3.Connection, keys: Sequence[bytes], this_month: int) -> dict[bytes, Seen]:
        found: dict[bytes, Seen] = {}
        if this_month != self._months_read_in:
            self._months = frozenset(month for (month,) in connection.execute(_MONTHS))
            self._months_read_in = this_month
        for month in {this_month, this_month - 1} | self._months:  # Another process adds to this month or the last.
            keys_filter = self._filters.get(month)
            asked = list(keys) if keys_filter is None else [key for key in keys if keys_filter.may_hold(key)]
            for some in portions(asked):
                query = (
                    "SELECT key, fingerprint, status, first, events FROM requests "
                    f"WHERE month = ? AND key IN ({marks(some)})"
                )
                for key, fingerprint, status, first, events in connection.execute(query, [month, *some]):
                    found[key] = Seen(fingerprint, status, first, events, time_at(connection, first))
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

    def may_cut(self) -> bool:
        return True

    @contextmanager
    def changing(self) -> Iterator[FileChange]:
        with _failing_clearly(), self._writing() as connection, self._turn.taken():
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield FileChange(connection)
                connection.execute("COMMIT")
            except BaseException:
                self._forget(connection)
                raise

    def compact(self, *, whole: bool = False) -> Room:
        """Write the file anew, which is all that SQLite can do: `whole` or not, whoever writes meanwhile waits."""
        with _failing_clearly(), self._writing() as connection, self._turn.taken():
            return compacted(connection, Path(self.datastore.pool.db_name))

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
            month = month_of(max(self.clock() // 1000, time_at(connection, size_of(connection))))
            return answer(request, self._seen(connection, [request.key], month))


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


class LedgerFactory(SQLiteFactory):
    """The library's factory for a ledger in SQLite: set PERSISTENCE_MODULE to this class's topic."""

    SQLITE_CACHE_KIB = "SQLITE_CACHE_KIB"

    application_recorder_class: type[SQLiteApplicationRecorder] = SQLiteRecorder

    def __init__(self, env: Environment | dict[str, str] | None) -> None:
        super().__init__(env)
        self.datastore.close()
        cache_kib = int(self.env.get(self.SQLITE_CACHE_KIB) or CACHE_KIB)
        self.datastore = LedgerDatastore(self.env.get(self.SQLITE_DBNAME) or "", cache_kib=cache_kib)
