"""The ledger in PostgreSQL: the same rows and the same judge as in SQLite, for more than one process.

It subclasses the library's recorder, datastore and factory. Of the library's write path only the seams are kept: its
table lock serialises commits and has ANALYZE hold appends up, its sequence burns numbers, its arrays of composites cost
20 µs an event, and it repeats an insert whose COMMIT may have gone through.

A batch is looked up in one round trip, judged here, and written by one statement that commits by itself. It holds the
lock of one row for as long as it runs, and fails where the log has grown since the look-up. Then another process writes
as well: for a while each batch takes the lock first, in the order of asking, and what it looks up stays true. Pure
repetition would starve whoever is slower.

When the connection is lost nobody has said whether the last batch was committed. So the session it went to is ended,
the lock tells when the server is done with it, and the leaves, which hold 16 random bytes each, whether it stands.

`tests/ledger/stores/` shows it; `ledger/stores/README.md` tells it in order.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import Any, Final, NamedTuple

import psycopg
from eventsourcing.persistence import InfrastructureFactory
from eventsourcing.postgres import PostgresApplicationRecorder
from eventsourcing.postgres import PostgresFactory as LibraryFactory
from eventsourcing.utils import Environment
from psycopg.errors import UniqueViolation

from ledger.stores import postgres_rows as rows_of
from ledger.stores.admission import Admission, Rows, answer, wanted
from ledger.stores.append import Append, Outcome, Receipt, RequestKey, StoreFailed
from ledger.stores.errors import NotDurable
from ledger.stores.names import NameBook
from ledger.stores.postgres_alone import keep_alone
from ledger.stores.postgres_arrays import Bigint
from ledger.stores.postgres_cold import SchemaChange, compacted, may_cut
from ledger.stores.postgres_connections import LOST, Connection, connect
from ledger.stores.postgres_errors import UNREPLICATED, failed, reading_clearly, writing_clearly
from ledger.stores.postgres_line import WritingLine
from ledger.stores.postgres_listener import Listener
from ledger.stores.postgres_months import RequestMonths
from ledger.stores.postgres_reading import LedgerPostgresDatastore, PostgresReading
from ledger.stores.postgres_rows import Edge, Tree, caught_up, look_up
from ledger.stores.postgres_schema import demand_migrated
from ledger.stores.recorder import Room, StoredCheckpoint
from ledger.stores.requests import month_of
from ledger.stores.writer import GroupWriter

RECONNECT_S: Final = 15  # How long a batch waits for a server that went away; then those who ask are told.
CONTENDED_S: Final = 2  # How long the lock is taken first after another process was met.

_INCOMPLETE: Final = "数据库中的账本不完整（恢复时遗漏了表？）：本次未写入。请停止服务，从备份重新恢复。"
_NOT_WRITTEN: Final = "与数据库的连接一再中断：本次未写入。请检查数据库服务器后以同一个键重试。"
_UNCERTAIN: Final = (
    "与数据库的连接在提交时中断，本次是否写入尚不确定：请以同一个 Idempotency-Key 重试，已写入的会得到原来的答复。"
)


class _Judged(NamedTuple):
    """A batch as it was decided on, and what is to be written of it."""

    outcomes: list[Outcome]
    rows: Rows
    names: NameBook
    before: Edge
    after: Edge


class PostgresRecorder(PostgresReading):
    """The ledger in one schema of a PostgreSQL database."""

    def __init__(
        self,
        datastore: LedgerPostgresDatastore,
        events_table_name: str = "events",
        *,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        super().__init__(datastore, events_table_name=events_table_name)
        self.clock = clock
        self._line = WritingLine(self._target, self._begin)
        self._write_lock = threading.Lock()  # The writer thread and maintenance share one connection, never at once.
        self._edge = Edge()
        self._months = RequestMonths(self._schema)
        self._contended_until: float = 0
        self._writer: GroupWriter | None = None
        self._lock = f"SELECT FROM {self._schema}.turn FOR UPDATE".encode()
        self._channel = f"{self._schema}_events"
        self._own = secrets.token_hex(8)
        self._listener: Listener | None = None
        self._closed = False

    # Opening and closing

    def create_table(self) -> None:
        """See that the tables are those of this program. Opening makes none: `xueshi migrate` does."""
        try:
            with reading_clearly(self._target), connect(self._target) as connection:
                demand_migrated(connection, self._target)
                if connection.execute(b"SHOW fsync").fetchone() != ("on",):
                    raise NotDurable(self._target.shown, "fsync")
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Commit what is queued, then let go of every connection."""
        if self._writer is not None:
            self._writer.close()
        with self._write_lock:
            self._closed = True
            self._line.close()
        if self._listener is not None:
            self._listener.close()
        self.datastore.readers.close()

    def wake_on_commit(self, wake: Callable[[], object]) -> None:
        super().wake_on_commit(wake)
        with self._write_lock:
            if self._listener is None and not self._closed:
                self._listener = Listener(self._target, self._channel, self._own, self._committed)

    # Writing

    def _begin(self, connection: Connection) -> None:
        """On a new connection trust nothing in memory: another server may have taken over."""
        self._edge = Edge()
        if vault := self.datastore.vault:
            keep_alone(connection, self._target, vault)
        self._months.load(connection)  # Before it is used: a month not known is a key not found.

    def begin_writing(self) -> None:
        with writing_clearly(self._target), self._write_lock:
            self._line.connected(time.monotonic() + RECONNECT_S)

    def append(self, append: Append) -> Receipt:
        if self._writer is None:
            with self._write_lock:
                if self._writer is None:
                    self._writer = GroupWriter(self._commit, watch=self._wrote)
        return self._writer.submit(append)

    def _commit(self, appends: Sequence[Append]) -> Sequence[Outcome]:
        """Judge and write a batch; only once it stands does the new edge become the edge."""
        with writing_clearly(self._target), self._write_lock:
            judged = self._written(appends, end=time.monotonic() + RECONNECT_S)
        if judged.rows.leaves:
            self._committed()
        return judged.outcomes

    def _written(self, appends: Sequence[Append], *, end: float) -> _Judged:
        """Write a batch, again where another process was faster or a lost connection took it along."""
        is_locked = False
        while True:
            connection = self._line.connected(end)
            judged: _Judged | None = None
            is_locked = is_locked or time.monotonic() < self._contended_until
            try:
                judged = self._judge(connection, appends, is_locked=is_locked)
                if self._try(connection, judged, is_locked=is_locked):
                    self._edge = judged.after
                    if self._line.is_unreplicated:
                        self._line.drop()
                        raise StoreFailed(RuntimeError("not replicated"), cure=UNREPLICATED)
                    return judged
            except psycopg.Error as error:
                if not connection.closed:
                    self._line.roll_back()
                    raise
                self._line.drop()
                if judged is not None and self._stands(judged, error, end):
                    self._edge = judged.after
                    return judged
                if time.monotonic() > end:  # It does not stand, and the session that it was sent to is no more.
                    raise failed(self._target, error, cure=_NOT_WRITTEN) from None
                continue
            except BaseException:
                self._line.drop()  # Interrupted: trust nothing in memory.
                raise
            self._contended_until = time.monotonic() + CONTENDED_S
            is_locked = True

    def _judge(self, connection: Connection, appends: Sequence[Append], *, is_locked: bool) -> _Judged:
        asked = wanted(appends)
        while True:
            edge = self._edge
            now = max(self.clock() // 1000, edge.last_recorded_at + 1)  # A key's month is the log's, not a clock's.
            places = self._months.places(connection, month_of(now), asked.requests) if asked.requests else None
            looked = look_up(
                connection, self._schema, asked, places=places, known=edge.frontier.size, catching_up=is_locked,
                first=self._lock if is_locked else None,
            )
            self._edge = caught_up(connection, self._schema, edge, looked)
            if not asked.requests or month_of(max(now, self._edge.last_recorded_at + 1)) == month_of(now):
                break
            if is_locked:  # The months to look into were those of a log that has gone on.
                connection.execute(b"ROLLBACK")
        admission = Admission(
            looked.standing, size=looked.size, last_recorded_at=self._edge.last_recorded_at, now=now)
        outcomes = [admission.admit(append) for append in appends]
        frontier = admission.complete(self._edge.frontier) if admission.rows.leaves else self._edge.frontier
        after = Edge(frontier, admission.last_recorded_at)
        return _Judged(outcomes, admission.rows, looked.standing.names, self._edge, after)

    def _try(self, connection: Connection, judged: _Judged, *, is_locked: bool) -> bool:
        """Write and commit; False: the log has grown since it was looked at."""
        if not judged.rows.leaves:
            if is_locked:
                connection.execute(b"ROLLBACK")
            return True
        size = judged.before.frontier.size
        try:
            with connection.pipeline() if is_locked else nullcontext():
                done = rows_of.write(
                    connection, self._schema, size, judged.rows, judged.names, notice=(self._channel, self._own))
                if is_locked:
                    connection.execute(b"COMMIT")
            if (is_written := done.fetchone() is not None) or not is_locked:
                return is_written
            raise StoreFailed(RuntimeError(f"{self._schema}.turn is empty"), cure=_INCOMPLETE)
        except UniqueViolation:
            if is_locked:  # Nobody else could write: what stands there already should not.
                raise
            return False

    def _stands(self, judged: _Judged, lost: psycopg.Error, end: float) -> bool:
        """Say whether a batch whose answer was lost was committed, once the server is done with it."""
        if not judged.rows.leaves:
            return False
        session, stands = self._line.session, None
        while stands is None:
            try:
                stands = self._read_whether(judged, session, end)
            except psycopg.Error:
                is_lost = self._line.connection is None or self._line.connection.closed
                self._line.drop()
                if not is_lost or time.monotonic() > end:
                    raise failed(self._target, lost, cure=_UNCERTAIN) from None
        return stands

    def _read_whether(self, judged: _Judged, session: str, end: float) -> bool:
        """Say whether a batch stands that was sent to a session which is no more."""
        connection = self._line.end_session(session, end=end)
        connection.execute(b"BEGIN")
        connection.execute(self._lock)
        tree = Tree(connection, self._schema)
        first, last = judged.rows.leaves[0], judged.rows.leaves[-1]
        found = [tree.leaves(position, position) == [leaf] for position, leaf in (first, last)]
        connection.execute(b"COMMIT")
        assert found[0] == found[1], "a batch stands wholly or not at all"
        return found[0]

    def save_checkpoint(self, checkpoint: StoredCheckpoint) -> None:
        query = (
            f"INSERT INTO {self._schema}.checkpoints SELECT coalesce(max(serial), 0) + 1, $1, $2 "
            f"FROM {self._schema}.checkpoints ON CONFLICT (note) DO NOTHING"
        ).encode()
        self._maintain(lambda connection: connection.execute(query, (Bigint(checkpoint.size), checkpoint.note)))

    @contextmanager
    def changing(self) -> Iterator[SchemaChange]:
        with writing_clearly(self._target), self._write_lock:
            connection = self._line.connected(time.monotonic() + RECONNECT_S)
            try:
                connection.execute(b"BEGIN")
                connection.execute(self._lock)
                yield SchemaChange(connection)
                connection.execute(b"COMMIT")
            except BaseException:
                self._line.drop()  # It rolls back; whoever writes next reads the edge anew.
                raise

    def may_cut(self) -> bool:
        with writing_clearly(self._target):
            return bool(self._maintain(may_cut))

    def compact(self, *, whole: bool = False) -> Room:
        settings = {"default_transaction_read_only": "off", "statement_timeout": "0"}
        with writing_clearly(self._target), connect(self._target, settings) as connection:
            return compacted(connection, whole=whole)

    def _maintain(self, work: Callable[[Connection], Any]) -> Any:
        """Do on the writing connection what may be done twice: after a lost connection or a lost race, again."""
        end = time.monotonic() + RECONNECT_S
        with writing_clearly(self._target), self._write_lock:
            while True:
                connection = self._line.connected(end)
                try:
                    return work(connection)
                except LOST:
                    if not connection.closed or time.monotonic() > end:
                        raise
                    self._line.drop()
                except UniqueViolation:
                    if time.monotonic() > end:
                        raise

    # The months of requests

    def tidy_requests(self, now: int) -> None:
        """Build the filters of months that are over by the log's own time, and drop the keys older than 13 months."""
        this_month = month_of(min(now, self.last_recorded_at()))
        while self._maintain(lambda connection: self._months.drop_some(connection, this_month)):
            pass  # In slices, so that whoever wants to write waits for one of them at most.
        for month in self._read(lambda connection: self._months.unfiltered(connection, this_month)):
            built = self._read(partial(self._months.build, month=month))
            self._maintain(partial(self._months.keep, month=month, built=built))

    def answered(self, request: RequestKey) -> Receipt | None:
        def look(connection: Connection) -> Receipt | None:
            now = max(self.clock() // 1000, self._recorded_at_end(connection))
            places = self._months.places(connection, month_of(now), [request.key])
            return answer(request, rows_of.look_up_keys(connection, self._schema, places))

        return self._read(look)


class PostgresFactory(LibraryFactory):
    """The library's factory for a ledger in PostgreSQL: set PERSISTENCE_MODULE to this class's topic."""

    LEDGER_CONNINFO = "LEDGER_CONNINFO"
    LEDGER_SCHEMA = "LEDGER_SCHEMA"
    LEDGER_VAULT = "LEDGER_VAULT"

    application_recorder_class: type[PostgresApplicationRecorder] = PostgresRecorder

    def __init__(self, env: Environment | dict[str, str] | None) -> None:
        InfrastructureFactory.__init__(self, env)  # Past the library's own, which wants the address in five parts.
        self.datastore = LedgerPostgresDatastore(
            self.env.get(self.LEDGER_CONNINFO) or "", schema=self.env.get(self.LEDGER_SCHEMA) or "ledger",
            vault=self.env.get(self.LEDGER_VAULT) or "")
