"""A database server as the PostgreSQL store sees one: sessions, one lock, a commit that may be answered late or never.

The store is the real one, from the batch it is handed to the words it says when a connection is lost; only what it
sends to the server is done here, on the tables of the memory store. What a server may do with a statement is drawn:
carry it out and lose the answer, lose it on the way, or carry it out much later, when nobody waits for it any more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from itertools import count
from random import Random
from types import SimpleNamespace
from typing import Any, ClassVar, Final

import psycopg
from psycopg.errors import DiskFull, UniqueViolation
from pytest import MonkeyPatch

from ledger.stores import postgres, postgres_line
from ledger.stores.admission import LATER_MAX, Later, Rows, Standing, Wanted
from ledger.stores.append import Append, Outcome
from ledger.stores.memory import MemoryFactory, MemoryRecorder, _Tree
from ledger.stores.names import NameBook
from ledger.stores.postgres import PostgresRecorder
from ledger.stores.postgres_line import WritingLine
from ledger.stores.postgres_rows import Edge, Looked
from ledger.stores.recorder import AppendingRecorder
from ledger.stores.tree import read_frontier
from tests.simulation.disk import Gone
from tests.simulation.parts import Broken

FAULTS: Final = (
    "lost_on_the_way",   # The connection is cut, and the statement with it.
    "lost_answer",       # It was carried out, and the answer is lost.
    "lost_and_late",     # It will be carried out, or not, while others go on; unless somebody ends its session.
    "lost_looking",      # The connection is cut at the look-up.
    "disk_full",         # The server says no.
    "unreplicated",      # It stands, and the server says that no standby has it.
    "failover_before",   # The primary is gone before it carried it out, a standby takes its place,
    "failover_after",    # and after it.
    "down",              # Nobody answers, for longer than a batch waits.
    "died_before",       # The process is gone before the statement,
    "died_after",        # and after it, before anyone was answered.
)


@dataclass(eq=False)
class Attempt:
    """A batch that a process tries to write: what the model said of it when it was carried out, and what was told."""

    appends: Sequence[Append]
    verdicts: list[tuple[Any, ...]] | None = None
    promised_not: bool = False


@dataclass(eq=False)
class Sent:
    """A statement on its way, of a session that nobody listens to any more."""

    session: str
    size: int
    rows: Rows
    names: NameBook
    attempt: Attempt


@dataclass
class Server:
    """All that is common to the processes."""

    rng: Random
    tables: MemoryRecorder = field(default_factory=MemoryRecorder)
    fault: str | None = None
    met: list[str] = field(default_factory=list)
    late: list[Sent] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)
    holds: Session | None = None
    monotonic: float = 0
    down_until: float = 0
    died: bool = False
    carried_out: Callable[[Attempt], None] = lambda attempt: None
    meanwhile: Callable[[], None] = lambda: None
    writing: VirtualRecorder | None = None    # Whose batch is being judged and written.

    def take(self, *faults: str) -> str | None:
        """Meet the fault that was set, if it is one of these."""
        if self.fault not in faults:
            return None
        fault, self.fault = self.fault, None
        self.met.append(fault or "")
        return fault

    def carry_out(self, sent: Sent) -> bool:
        """What the writing statement does: it compares the size, and writes all of it or nothing."""
        tables = self.tables
        if tables.size() != sent.size:
            return False
        for _, leaf in sent.rows.leaves:
            tables._leaves.append(leaf)
        for stream, version, position in sent.rows.streams:
            held = tables._streams.setdefault(stream, [])
            if version != len(held) + 1:
                raise Broken(f"{stream} goes on with version {version} after {len(held)}")
            held.append(position)
        tables._sealed.update({position: _sealed(part) for position, *part in sent.rows.sealed})
        tables._tiles.update({(tile.level, tile.index): (tile.root, tile.hashes) for tile in sent.rows.tiles})
        for key, seen in sent.rows.requests:
            if key in tables._requests:
                raise UniqueViolation("requests_pkey")
            tables._requests[key] = seen
        new = sent.names.new()
        for name in set(sent.names.gone()) - {held.reservation.name for held in new}:
            del tables._names[name]
        tables._names.update({held.reservation.name: held for held in new})
        self.carried_out(sent.attempt)
        return True

    def arrive(self, *, session: str | None = None) -> None:
        """What was on its way comes through or not; of one session, or of all."""
        for sent in [one for one in self.late if session in (None, one.session)]:
            self.late.remove(sent)
            if self.rng.random() < 0.5:
                self.carry_out(sent)

    def fail_over(self) -> None:
        """Another server is the primary now: whatever was under way on the old one is nowhere."""
        self.late.clear()
        self.holds = None
        for session in self.sessions:
            session.closed = True
        self.sessions.clear()
        self.down_until = self.monotonic + self.rng.choice((0.0, 3.0, 40.0))


@dataclass(eq=False)
class Session:
    """A connection of the store that writes."""

    server: Server
    name: str
    closed: bool = False

    def execute(self, query: bytes, values: Sequence[Any] = (), **_: Any) -> Any:
        self._demand_open()
        server = self.server
        if b"pg_terminate_backend" in query:
            if server.rng.random() < 0.1:
                return _Found([(False,)])    # It is not gone after ten seconds.
            server.arrive(session=values[0])
            return _Found([(True,)] if server.rng.random() < 0.5 else [])
        if query in (b"COMMIT", b"ROLLBACK") and server.holds is self:
            server.holds = None
        elif b"FOR UPDATE" in query:
            if server.holds not in (None, self):
                raise Broken("two sessions have the lock")
            server.arrive()    # Whoever has it now is waited for.
            server.holds = self
        return _Found([])

    def pipeline(self) -> Any:
        return nullcontext()

    def rollback(self) -> None:
        self.execute(b"ROLLBACK")

    def add_notice_handler(self, hear: Any) -> None:
        """What it says of a standby is said to the line itself."""

    def close(self) -> None:
        self.closed = True
        if self.server.holds is self:
            self.server.holds = None
        if self in self.server.sessions:
            self.server.sessions.remove(self)

    def lose(self) -> psycopg.OperationalError:
        self.close()
        return psycopg.OperationalError("server closed the connection unexpectedly")

    def _demand_open(self) -> None:
        if self.closed or self.server.monotonic < self.server.down_until:
            raise self.lose()


class _Found(list[Any]):
    def fetchall(self) -> list[Any]:
        return list(self)

    def fetchone(self) -> Any:
        return self[0] if self else None


class VirtualRecorder(PostgresRecorder):
    """The PostgreSQL store before a server that is none. What is read is read from the server's tables."""

    def __init__(self, server: Server, clock: Callable[[], int]) -> None:
        AppendingRecorder.__init__(self)
        self.server, self.clock = server, clock
        self._schema, self._target = "ledger", SimpleNamespace(schema="ledger", shown="virtual", words=RuntimeError)
        self.datastore = SimpleNamespace(vault="")    # Whose it is, real services show (test_two_folders).
        self._line = WritingLine(self._target, self._begin)    # type: ignore[arg-type]
        self._months = SimpleNamespace(load=lambda connection: None, places=lambda *_: None)    # type: ignore[assignment]
        self._write_lock = nullcontext()    # type: ignore[assignment]
        self._edge, self._contended_until = Edge(), 0
        self._writer = self._listener = None
        self._lock, self._channel, self._own = b"SELECT FROM ledger.turn FOR UPDATE", "events", "own"
        self._closed = False
        self.attempt = Attempt(())

    def _judge(self, connection: Any, appends: Sequence[Append], *, is_locked: bool) -> Any:
        self.server.writing = self
        return super()._judge(connection, appends, is_locked=is_locked)

    def _commit(self, appends: Sequence[Append]) -> Sequence[Outcome]:
        self.attempt = Attempt(appends)
        return super()._commit(appends)

    def close(self) -> None:
        self._line.close()

    def wake_on_commit(self, wake: Callable[[], object]) -> None:
        """Nobody sleeps here."""

    def save_checkpoint(self, checkpoint: Any) -> None:
        self.server.tables.save_checkpoint(checkpoint)

    def tidy_requests(self, now: int) -> None:
        """The months are PostgreSQL's own."""


def _read(name: str) -> Any:
    def read(self: VirtualRecorder, *values: Any, **named: Any) -> Any:
        return getattr(self.server.tables, name)(*values, **named)
    return read


for _name in ("size", "leaves", "sealed", "stream", "version", "position_at", "holder", "names", "read_tile",
              "checkpoints", "last_checkpoint", "answered"):
    setattr(VirtualRecorder, _name, _read(_name))
for _name in ("streams", "sealed_at", "holders"):
    setattr(VirtualRecorder, _name, getattr(AppendingRecorder, _name))


def _frontier(self: VirtualRecorder, size: int | None = None) -> Any:
    return read_frontier(_Tree(self.server.tables), self.size() if size is None else size)


VirtualRecorder.frontier = _frontier    # type: ignore[method-assign]


class VirtualFactory(MemoryFactory):
    """Makes stores of the server that a world has just named."""

    server: ClassVar[Server]
    clock: ClassVar[Callable[[], int]]

    def application_recorder(self) -> Any:
        return VirtualRecorder(VirtualFactory.server, VirtualFactory.clock)


# What the store sends, as the server does it


def _look_up(
    connection: Session, schema: str, asked: Wanted, *, places: Any, known: int, catching_up: bool,
    first: bytes | None = None,
) -> Looked:
    server, tables = connection.server, connection.server.tables
    if first is not None:
        connection.execute(b"BEGIN")
        connection.execute(first)
    connection._demand_open()
    if server.take("lost_looking"):
        raise connection.lose()
    standing = Standing(
        versions={stream: tables.version(stream) for stream in asked.streams},
        seen={key: tables._requests[key] for key in asked.requests if key in tables._requests},
        names=NameBook(held for held in tables._names.values() if _is_asked(held, asked)),
        later=Later() if asked.after is None else Later(asked.after, tables.leaves(asked.after, LATER_MAX)))
    return Looked(tables.size(), standing, tables.leaves(known, 512) if catching_up else [])


def _is_asked(held: Any, asked: Wanted) -> bool:
    name, _, holder, owner, act = held.reservation
    return (name in asked.names or holder in asked.holders or owner in asked.owners or act in asked.abandoned
            or held.freed_by in asked.ended)


def _write(connection: Session, schema: str, size: int, rows: Rows, names: NameBook, *, notice: Any) -> _Found:
    server, is_locked = connection.server, connection.server.holds is connection
    store = server.writing
    assert store is not None, "a batch was judged before"
    sent = Sent(connection.name, size, rows, names, store.attempt)
    if not is_locked:
        server.meanwhile()    # Between the look-up and the statement others may be faster.
        connection._demand_open()
        if server.rng.random() < 0.3:
            server.arrive()
    fault = server.take(*FAULTS)
    if fault in ("lost_on_the_way", "down"):
        server.down_until = server.monotonic + (60 if fault == "down" else 0)
        raise connection.lose()
    if fault == "lost_and_late":
        server.late.append(sent)
        raise connection.lose()
    if fault == "disk_full":
        raise DiskFull("could not extend file")
    if fault in ("failover_before", "died_before"):
        _end(server, fault)
        raise connection.lose()
    if server.tables.size() != size and not is_locked and server.rng.random() < 0.3:
        raise UniqueViolation("events_pkey")    # A commit between its view of the data and its lock.
    found = _Found([("",)] if server.carry_out(sent) else [])
    if fault in ("failover_after", "died_after"):
        _end(server, fault)
        raise connection.lose()
    if fault == "lost_answer":
        raise connection.lose()
    if fault == "unreplicated" and found:
        store._line.is_unreplicated = True
    elif not is_locked and server.rng.random() < 0.2:
        server.meanwhile()    # It is answered late.
    return found


def _end(server: Server, fault: str) -> None:
    if fault.startswith("died"):
        server.died = True
        raise Gone
    server.fail_over()


def _caught_up(connection: Session, schema: str, edge: Edge, looked: Looked) -> Edge:
    from ledger.envelope import decode

    if looked.size == edge.frontier.size:
        return edge
    tables = connection.server.tables
    last = decode(tables._leaves[looked.size - 1]).recorded_at if looked.size else 0
    return Edge(read_frontier(_Tree(tables), looked.size), last)


def _tree(connection: Session, schema: str) -> _Tree:
    connection._demand_open()
    return _Tree(connection.server.tables)


def _connect_again(target: Any, settings: dict[str, str], *, end: float) -> Session:
    server = VirtualFactory.server
    if server.monotonic < server.down_until:
        if server.down_until > end:
            server.monotonic = end + 1
            raise psycopg.OperationalError("connection refused")
        server.monotonic = server.down_until
    server.monotonic += 0.01
    session = Session(server, settings["application_name"])
    server.sessions.append(session)
    return session


@contextmanager
def virtual() -> Iterator[None]:
    """While the block lasts the PostgreSQL store speaks to virtual servers alone."""
    numbers = count(1)
    time = SimpleNamespace(monotonic=lambda: VirtualFactory.server.monotonic, time_ns=lambda: 0)
    with MonkeyPatch.context() as patch:
        patch.setattr(postgres, "look_up", _look_up)
        patch.setattr(postgres, "caught_up", _caught_up)
        patch.setattr(postgres, "Tree", _tree)
        patch.setattr(postgres, "rows_of", SimpleNamespace(write=_write))
        patch.setattr(postgres, "time", time)
        patch.setattr(postgres_line, "time", time)
        patch.setattr(postgres_line, "connect_again", _connect_again)
        patch.setattr(postgres_line, "secrets", SimpleNamespace(token_hex=lambda _: str(next(numbers))))
        yield


def is_virtual() -> bool:
    """Say whether it does now."""
    return postgres.look_up is _look_up


def _sealed(part: Sequence[bytes]) -> Any:
    from ledger.envelope import SealedPart

    return SealedPart(*part)
