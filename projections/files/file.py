"""The file of one projection: its rows and the position up to which they speak, always changed in one transaction.

`<folder>/<name>.<version>.db`, made with sqlite-utils. A kill at any time leaves rows and position at one commit; what
a power failure takes back, it takes back from both, and the follower goes on from there. The leaf at the position is
remembered by its hash, so that a file that ran ahead of a restored ledger, or followed another one, is recognised.

Rows of an open act wait as positions beside the rows. They are read again and applied when the act is closed.

`tests/projections/test_follower.py` shows it.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final

from ledger.durable import make_private, sync
from ledger.events.act import ActAbandoned, ActClosed
from ledger.events.base import wire_type
from projections.files.batch import Batch, Log
from projections.files.carrying import Ahead
from projections.files.content import ITS_OWN
from projections.files.projection import Effect, Projection
from projections.files.reached import this_run
from projections.tables import waiting
from projections.tables.rows import Rows

APPLICATION_ID: Final = 0x58535052  # "XSPR"
_CACHE_KIB: Final = 1024  # Of each of twenty files: what little changes at once is in it, the rest in the system's.
_MAKING_CACHE_KIB: Final = 64 * 1024
_GATHERED: Final = 50_000  # Rows, of half a kilobyte: what begins and ends among them is written once.
_REMEMBERED: Final = 50_000
_REMEMBERED_LIVE: Final = 500  # Of each of 74 tables: the newest are asked for most, and memory is dear.
_QUIET_MOST: Final = 10_000  # Events: after a kill what was left unwritten is read again, in a tenth of a second.
_AHEAD_PAGES_MOST: Final = 8_000  # Then SQLite itself carries them over, in the midst of a commit.
_TORN: Final = -1

_CLOSED: Final = wire_type(ActClosed).encode()
_ABANDONED: Final = wire_type(ActAbandoned).encode()
OF_ACTS: Final = frozenset({_CLOSED, _ABANDONED})
_found_out: Final[dict[tuple[type[Projection], bool], tuple[str, ...]]] = {}


def _statements(projection: Projection, *, is_made: bool) -> tuple[str, ...]:
    """What makes the tables of a projection. It is found out once: sqlite-utils asks the file before each step of its.

    A file that is being made has no indexes until it is finished.
    """
    kind = type(projection)
    if (known := _found_out.get((kind, is_made))) is not None:
        return known
    import sqlite_utils  # With numpy, a fifth of what a command takes to begin; most open what is there.

    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        db = sqlite_utils.Database(connection)
        db.table("projection").create(
            {"name": str, "version": int, "position": int, "leaf_sha256": str}, pk="name", strict=True
        )
        db.table(waiting.NAME).create(waiting.TABLE.every_column, pk=waiting.TABLE.pk, strict=True)
        projection.create(db)
        if not is_made:
            projection.index(db)
        made = connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid").fetchall()
    _found_out[kind, is_made] = found = tuple(sql for (sql,) in made)
    return found


class ProjectionFile:
    """An open file that its one owner writes.

    One that is `made` from nothing is no answer yet. It is written in great pieces, without most of its indexes and
    without a journal on the disk, until it is `finish`ed. While a piece is written it says that it is torn, and what
    the disk holds of it is good for this run of the machine alone: a process may be killed, and power may fail.
    """

    def __init__(self, projection: Projection, path: Path, *, made: bool = False) -> None:
        self.projection, self.path, self._is_made = projection, path, made
        make_private(path)
        self.connection = sqlite3.connect(
            path, timeout=30, isolation_level=None, check_same_thread=False, cached_statements=256)
        try:
            self._prepare()
            self.position, self._leaf_sha256 = self._where()
            self.is_own: bool = self._whose() == (projection.name, projection.version) and self._has_its_tables()
        except BaseException:
            self.connection.close()
            raise
        self.is_whole = self.position >= 0 and self._run == (this_run() if made else 0)
        self.written = self.spoken = self.position
        self.ahead: Final = Ahead(self.connection, path)
        self._is_untold = False  # A piece is in the file, and how far that goes is not.
        self.is_told = False  # Whoever owns it tells readers how far it is: it need not say so itself each time.
        self._seen: tuple[int, int] | None = None
        self.is_there()
        self._at_once = _GATHERED if made else 0
        self.handlers: Final = projection.handlers_by_kind()
        for kind in OF_ACTS:
            self.handlers.pop(kind, None)  # What they do to other events is all they do.
        self._touching: Final = OF_ACTS | self.handlers.keys()
        self._last_leaf = self._spoken_leaf = b""
        self.rows: Final = Rows(
            self.connection, {**projection.tables, waiting.NAME: waiting.TABLE}, begun=self._begin,
            remembered=_REMEMBERED if made else _REMEMBERED_LIVE, is_new=made and self.position == 0)
        self._waiting: Final = waiting.Waiting(self.connection, self.rows)

    def _prepare(self) -> None:
        connection = self.connection
        is_new = connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID
        if self._is_made:
            connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            connection.execute("PRAGMA journal_mode=MEMORY")
            connection.execute("PRAGMA synchronous=OFF")
            connection.execute(f"PRAGMA cache_size=-{_MAKING_CACHE_KIB}")
        else:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")  # A power failure may take back the newest.
            connection.execute(f"PRAGMA wal_autocheckpoint={_AHEAD_PAGES_MOST}")
            connection.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")
        if is_new:
            self._create()
        self._run: int = connection.execute("PRAGMA user_version").fetchone()[0]

    def _create(self) -> None:
        with self.one_commit():
            for statement in _statements(self.projection, is_made=self._is_made):
                self.connection.execute(statement)
            if self._is_made:
                self.connection.execute(f"PRAGMA user_version={this_run()}")
            self.connection.execute(
                "INSERT INTO projection VALUES (?, ?, 0, '')", (self.projection.name, self.projection.version)
            )
            self.connection.execute(f"PRAGMA application_id={APPLICATION_ID}")

    def _index(self) -> None:
        from sqlite_utils import Database

        self.projection.index(Database(self.connection))

    @contextmanager
    def one_commit(self) -> Iterator[None]:
        """Let everything that is written stand together or not at all."""
        self.connection.execute("BEGIN")
        try:
            yield
            self.connection.execute("COMMIT")
        except BaseException:
            self.connection.rollback()
            raise

    def _where(self) -> tuple[int, str]:
        row = self.connection.execute("SELECT position, leaf_sha256 FROM projection").fetchone()
        return row[0], row[1]

    def _whose(self) -> tuple[str, int]:
        row = self.connection.execute("SELECT name, version FROM projection").fetchone()
        return row[0], row[1]

    def _has_its_tables(self) -> bool:
        """Say whether all are there: under another file's journal a file may bear the right name and be neither."""
        there = {name for (name,) in self.connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        return there >= {*self.projection.tables, *ITS_OWN}

    @property
    def inode(self) -> int:
        """Which file it is, as long as it is there."""
        assert self._seen is not None, "it was looked at when it was opened"
        return self._seen[0]

    def is_there(self) -> bool:
        """Say whether it is still the file of its name, and not cut off since this was asked last."""
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return False
        (inode, size), self._seen = self._seen or (found.st_ino, 0), (found.st_ino, found.st_size)
        # What took its place may be shorter, and SQLite ends the file there when it gets to it.
        return inode == found.st_ino and (size <= found.st_size or self._bytes() <= found.st_size)

    def _bytes(self) -> int:
        """How long SQLite believes it to be."""
        pages, size = (self.connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
        return int(pages * size)

    def fits(self, ledger: Log) -> bool:
        """Say whether the file follows this log: it is not ahead of it, and where it stands the leaf is the same."""
        if self.position == 0:
            return True
        leaf = ledger.store.leaves(self.position - 1, 1)
        return bool(leaf) and hashlib.sha256(leaf[0]).hexdigest() == self._leaf_sha256

    def is_sound(self) -> bool:
        """Say whether SQLite finds the file whole."""
        return bool(self.connection.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok")

    # Taking events

    def apply(self, batch: Batch, ledger: Log) -> None:
        """Take a batch that begins right after the position; all of it or nothing.

        A file that is being made goes back to where it was last written when it cannot take one, and from then on
        takes each piece as it comes: so the event that cannot be taken is found.
        """
        assert batch.after == self.position, "the batch does not follow"
        if self._is_passed_by(batch):
            self.position, self._last_leaf = batch.position, batch.leaves[-1]
        else:
            with self.or_back():
                self._take(batch, ledger)
                self.reach(batch)
        if not self._is_made:
            self.spoken, self._spoken_leaf = self.position, self._last_leaf

    def _is_passed_by(self, batch: Batch) -> bool:
        """Say whether a batch leaves a file as it is that has nothing to write, as most do most of the time."""
        return (self.is_told and batch.every_kind.isdisjoint(self._touching)
                and batch.position - self.written < _QUIET_MOST)

    def reach(self, batch: Batch) -> None:
        """Stand where a batch ends that was handed over, and write it if it is time to."""
        self.position, self._last_leaf = batch.position, batch.leaves[-1]
        if self.rows.gathered >= self._at_once and not self._may_stay():
            self._write()

    def _may_stay(self) -> bool:
        """Say whether the file may be left as it is: nothing that was taken since changes it."""
        return (self.is_told and self.position - self.written < _QUIET_MOST and not self.connection.in_transaction
                and self.rows.is_written)

    def write(self) -> None:
        """Write what was taken, and how far it goes."""
        with self.or_back():
            self._write()

    def _write(self) -> None:
        if self.position == self.written:
            return
        self.rows.write()
        if self._is_made:
            self.connection.commit()
            self._is_untold = True
        digest = hashlib.sha256(self._last_leaf).hexdigest()
        self.connection.execute("UPDATE projection SET position = ?, leaf_sha256 = ?", (self.position, digest))
        self.connection.commit()
        self.written, self._leaf_sha256, self._is_untold = self.position, digest, False

    def _begin(self) -> None:
        """Begin to write, if that has not begun."""
        if self.connection.in_transaction:
            return
        if self._is_made:
            self.connection.execute("UPDATE projection SET position = ?", (_TORN,))
        self.connection.execute("BEGIN")

    @contextmanager
    def or_back(self) -> Iterator[None]:
        """Do it, or be what was last written, up to where that speaks: what changed nothing is not taken back."""
        try:
            yield
        except BaseException:
            self.position, self._at_once = max(self.written, self.spoken), 0
            self._last_leaf = self._spoken_leaf
            self.rows.forget()
            self._waiting.forget()
            self.connection.rollback()
            if self._is_made and not self._is_untold:  # Else it has more than it would say: it is torn.
                self.connection.execute("UPDATE projection SET position = ?", (self.written,))
            raise

    def _take(self, batch: Batch, ledger: Log) -> None:
        """Hand over events where they take effect; those of an act when it is closed."""
        rows, handlers = self.rows, self.handlers
        if batch.every_kind.isdisjoint(self._touching):
            return
        self.withhold(batch)
        for place, kind in batch.free:
            handler = handlers.get(kind)
            if handler is not None:
                handler(rows, batch.effect(place))
            elif kind in OF_ACTS:
                self.end_act(kind, batch.effect(place), batch, ledger)

    def withhold(self, batch: Batch) -> None:
        """Let the rows of acts wait until each is closed: before any that ends in this batch, whose rows are over."""
        for block, act, kinds in batch.held:
            if not kinds.isdisjoint(self.handlers):
                self._waiting.add(act, block)

    def end_act(self, kind: bytes, effect: Effect, batch: Batch, ledger: Log) -> None:
        """Hand over what an act held in the order in which it was written, if it is closed here, or forget it."""
        rows, act = self.rows, effect.event.act
        blocks = self._waiting.take_out(act)
        if kind != _CLOSED:
            return
        for block in blocks:
            for recorded, row_kind, envelope in batch.rows_of(ledger, act, block, self.handlers):
                self.handlers[row_kind](rows, Effect(effect.position, recorded, envelope, envelope.event))
            if rows.gathered >= _GATHERED:
                rows.write()

    # Being put in place

    def finish(self) -> None:
        """Make what was made a file like any other, that outlasts a loss of power."""
        self.write()
        self.rows.forget()  # What is remembered has done its work, and is not to be kept beside other files' indexes.
        self._index()
        self.connection.execute("PRAGMA user_version=0")
        sync(self.path)

    def replace_with(self, other: ProjectionFile) -> None:
        """Take over the whole content of another file, in one transaction that no reader sees half of."""
        other.connection.backup(self.connection)
        self.rows.forget()
        self._waiting.forget()
        self.position, self._leaf_sha256 = self._where()
        self.written = self.spoken = self.position

    def close(self) -> None:
        """Let go of it, with everything that was taken; what cannot be written now is taken again."""
        try:
            with suppress(sqlite3.Error):
                self.write()
        finally:
            self.let_go()

    def let_go(self) -> None:
        """Let go of it as it is."""
        self.rows.forget()  # Rows and file know each other: else they stand until somebody looks for such circles.
        self.ahead.close()
        self.connection.close()
