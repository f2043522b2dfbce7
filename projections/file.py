"""The file of one projection: its rows and the position up to which they speak, always changed in one transaction.

`<folder>/<name>.<version>.db`, made with sqlite-utils. A kill at any time leaves rows and position at one commit; what
a power failure takes back, it takes back from both, and the follower goes on from there. The leaf at the position is
remembered by its hash, so that a file that ran ahead of a restored ledger, or followed another one, is recognised.

Rows of an open act wait as positions beside the rows. They are read again and applied when the act is closed.

`tests/projections/test_follower.py` shows it.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, NamedTuple

import msgspec
from sqlite_utils import Database

from ledger.envelope import decode
from ledger.events.act import ActAbandoned, ActClosed
from ledger.ledger import Ledger, Recorded
from projections.errors import NotBuilt, Unreadable
from projections.projection import Effect, Projection

APPLICATION_ID: Final = 0x58535052  # "XSPR"
_CACHE_KIB: Final = 8 * 1024
_AT_ONCE: Final = 500

_CORRUPT: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_ITS_OWN: Final = frozenset({"projection", "waiting"})


class Batch(NamedTuple):
    """Events that follow one another, with the leaf of the last."""

    events: Sequence[Recorded]
    last_leaf: bytes

    @property
    def position(self) -> int:
        """Where it ends."""
        return self.events[-1].position


def path_of(folder: Path, projection: Projection, *, building: bool = False) -> Path:
    """Name the file of a projection."""
    return folder / f"{projection.name}.{projection.version}{'.building' if building else ''}.db"


def is_damage(error: BaseException) -> bool:
    """Say whether an error means that the file itself is broken, rather than the disk, the code or the moment."""
    return isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", 0) & 0xFF in _CORRUPT


def discard(path: Path) -> None:
    """Delete a file with what SQLite keeps beside it; first itself: without its journal it would be another one."""
    for end in ("", "-wal", "-shm"):
        path.with_name(path.name + end).unlink(missing_ok=True)


class ProjectionFile:
    """An open file that its one owner writes."""

    def __init__(self, projection: Projection, path: Path) -> None:
        self.projection, self.path = projection, path
        self.connection = sqlite3.connect(path, timeout=30, check_same_thread=False, cached_statements=256)
        try:
            self.db = Database(self.connection)
            self._prepare()
            self.position, self._leaf_sha256 = self._where()
        except BaseException:
            self.connection.close()
            raise

    def _prepare(self) -> None:
        connection = self.connection
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")  # A power failure may take back the newest; it is made again.
        connection.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")
        if connection.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID:
            return
        with self.db.atomic():
            self.db.table("projection").create(
                {"name": str, "version": int, "position": int, "leaf_sha256": str}, pk="name", strict=True
            )
            self.db.table("waiting").create({"position": int, "act": str}, pk="position", strict=True)
            self.db.table("waiting").create_index(["act"])
            self.projection.create(self.db)
            connection.execute(
                "INSERT INTO projection VALUES (?, ?, 0, '')", (self.projection.name, self.projection.version)
            )
            connection.execute(f"PRAGMA application_id={APPLICATION_ID}")

    def _where(self) -> tuple[int, str]:
        row = self.connection.execute("SELECT position, leaf_sha256 FROM projection").fetchone()
        return row[0], row[1]

    def fits(self, ledger: Ledger) -> bool:
        """Say whether the file follows this log: it is not ahead of it, and where it stands the leaf is the same."""
        if self.position == 0:
            return True
        leaf = ledger.store.leaves(self.position - 1, 1)
        return bool(leaf) and hashlib.sha256(leaf[0]).hexdigest() == self._leaf_sha256

    def is_sound(self) -> bool:
        """Say whether SQLite finds the file whole."""
        return bool(self.connection.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok")

    def apply(self, batch: Batch, ledger: Ledger) -> None:
        """Take a batch that begins right after the position; all of it or nothing."""
        assert batch.events[0].position == self.position + 1, "the batch does not follow"
        digest = hashlib.sha256(batch.last_leaf).hexdigest()
        with self.db.atomic():
            self.projection.apply(self.connection, self._effects(batch.events, ledger))
            self.connection.execute(
                "UPDATE projection SET position = ?, leaf_sha256 = ?", (batch.position, digest)
            )
        self.position, self._leaf_sha256 = batch.position, digest

    def _effects(self, events: Sequence[Recorded], ledger: Ledger) -> Iterator[Effect]:
        """Give events where they take effect; those of an act when it is closed."""
        cares = self.projection.cares_about
        for position, envelope in events:
            event, act = envelope.event, envelope.by.act
            if act is not None and str(envelope.stream) != act:
                if cares(event):
                    self.connection.execute("INSERT INTO waiting (position, act) VALUES (?, ?)", (position, act))
            elif isinstance(event, ActClosed):
                yield from self._released(position, event.act, ledger)
            elif isinstance(event, ActAbandoned):
                self.connection.execute("DELETE FROM waiting WHERE act = ?", (event.act,))
            elif cares(event):
                yield Effect(position, position, envelope)

    def _released(self, position: int, act: str, ledger: Ledger) -> Iterator[Effect]:
        """Give every row of an act that is closed here, in the order in which they were written."""
        after = 0
        query = f"SELECT position FROM waiting WHERE act = ? AND position > ? ORDER BY position LIMIT {_AT_ONCE}"
        while rows := [row for (row,) in self.connection.execute(query, (act, after))]:
            for row in rows:
                yield Effect(position, row, decode(ledger.store.leaves(row - 1, 1)[0]))
            after = rows[-1]
        self.connection.execute("DELETE FROM waiting WHERE act = ?", (act,))

    def replace_with(self, other: ProjectionFile) -> None:
        """Take over the whole content of another file, in one transaction that no reader sees half of."""
        other.connection.backup(self.connection)
        self.position, self._leaf_sha256 = self._where()

    def fold_log(self) -> None:
        """Bring everything into the one file, so that it may be moved; nobody else reads it."""
        busy = self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        if busy:
            raise Unreadable(self.path, sqlite3.OperationalError("another process reads the file that is being built"))


class Content(NamedTuple):
    """What a file says and up to where: the digest of every row of every table."""

    position: int
    sha256: str
    rows: int


def content(connection: sqlite3.Connection) -> Content:
    """Digest a file's content: tables by name, rows in the order of all their columns."""
    digest, count = hashlib.sha256(), 0
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name"
    for (table,) in connection.execute(query).fetchall():
        width = len(connection.execute(f"SELECT * FROM {table} LIMIT 0").description)
        digest.update(msgspec.json.encode(table))
        for row in connection.execute(f"SELECT * FROM {table} ORDER BY {', '.join(map(str, range(1, width + 1)))}"):
            digest.update(msgspec.json.encode(row))
            count += table not in _ITS_OWN
    position = connection.execute("SELECT position FROM projection").fetchone()[0]
    return Content(position, digest.hexdigest(), count)


class _Open:
    """A thread's own reading connection, closed when the thread is over."""

    def __init__(self, path: Path) -> None:
        self.file = path.stat().st_ino
        # Read-only, so that closing never tidies up a write-ahead log that meanwhile belongs to a newer file.
        self.connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=30, check_same_thread=False, cached_statements=256
        )

    def __del__(self) -> None:
        if hasattr(self, "connection"):
            self.connection.close()


class Reader:
    """Reads the file of one projection, a connection a thread; a file that was swapped is opened anew.

    One that is `shared` has a single connection; whoever shares it sees to it that one thread at a time asks.
    """

    def __init__(self, projection: Projection, folder: Path, *, shared: bool = False) -> None:
        self.name = projection.name
        self.path = path_of(folder, projection)
        self._path = str(self.path)
        self._local: Any = SimpleNamespace() if shared else threading.local()

    @property
    def connection(self) -> sqlite3.Connection:
        """Give the thread's connection to the file as it is now; raises NotBuilt."""
        own: _Open | None = getattr(self._local, "own", None)
        try:
            if own is None or own.file != os.stat(self._path).st_ino:  # noqa: PTH116 - asked ten times a question
                own = self._local.own = _Open(self.path)
        except FileNotFoundError:
            raise NotBuilt(self.name) from None
        except sqlite3.Error as error:
            raise Unreadable(self.path, error) from error
        return own.connection

    def rows(self, query: str, values: Any = ()) -> list[tuple[Any, ...]]:
        """Ask; what goes wrong is said clearly."""
        try:
            return self.connection.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise Unreadable(self.path, error) from error

    def position(self) -> int:
        """Say up to where the file speaks."""
        found = self.rows("SELECT position FROM projection")
        return int(found[0][0])
