"""What a witness remembers: of each log the last checkpoint that it cosigned, and what contradicts that.

One SQLite file. The new size replaces the old one only where the old one still stands, and is on the disk before the
cosignature leaves the house: else two requests at once, or a loss of power, could make one witness see two histories
(C2SP tlog-witness). Several processes may use one file. A file that is gone is never made anew: whoever forgot what
they signed must not go on under the same key.

`tests/witness/test_witness.py` shows it, with two processes and with one that dies in between.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import ClassVar, Final, NamedTuple

from ledger.durable import sync
from ledger.errors import LedgerError
from ledger.lender import Lender

SUSPECTS_MAX: Final = 16    # Of each log: whoever replays old notes with false proofs fills no disk.
_WAIT_S: Final = 10
_FORM: Final = 1
_SEEN: Final = "SELECT origin, size, root, note, at FROM seen"
_TABLES: Final = (
    "CREATE TABLE seen (origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL, note BLOB NOT NULL,"
    " at INTEGER NOT NULL) STRICT",
    "CREATE TABLE suspects (id INTEGER PRIMARY KEY, origin TEXT NOT NULL, seen BLOB NOT NULL, offered BLOB NOT NULL,"
    " at INTEGER NOT NULL, UNIQUE (origin, seen, offered)) STRICT",
)


class StateMissing(LedgerError):
    """There is a witness's key and not what it remembers."""

    code: ClassVar[str] = "witness_state_missing"

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(
            f"见证人的记录 {path} 不存在：不知道已为哪些检查点联署，不能用原来的密钥继续。"
            "请放回原文件（不可用较旧的副本）；确已丢失的，请另建见证人（xueshi witness init），换用新密钥并公布。"
        )


class StateUnusable(LedgerError):
    """The file cannot be read or written: nothing is cosigned."""

    code: ClassVar[str] = "witness_state_unusable"

    def __init__(self, path: Path, reason: object) -> None:
        self.path = path
        super().__init__(f"见证人的记录 {path} 不可用（{reason}），本次不联署。请检查磁盘空间、权限和文件是否完整。")


class Seen(NamedTuple):
    """The last checkpoint of a log that was cosigned, as a note with the cosignature, and when (POSIX seconds)."""

    origin: str
    size: int
    root: bytes
    note: bytes
    at: int


class Suspect(NamedTuple):
    """Two notes that a log has signed and that were not shown to belong to one history."""

    origin: str
    seen: bytes
    offered: bytes
    at: int


class State:
    """The file, used by every thread."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            raise StateMissing(path)
        self.path = path
        self._lender = Lender(self._opened)
        with self._connected() as connection:
            form = connection.execute("PRAGMA user_version").fetchone()[0]
        if form != _FORM:
            raise StateUnusable(path, f"格式 {form}，本程序所知为 {_FORM}")

    @classmethod
    def create(cls, path: Path) -> State:
        """Make the file; raises FileExistsError where there is one.

        It gets its name when it is whole: half of one would be taken for what a witness remembers, beside a new key.
        """
        half = path.with_name(f"{path.name}.{token_hex(4)}.new")
        try:
            half.touch(mode=0o600, exist_ok=False)
            connection = sqlite3.connect(half, isolation_level=None)
            try:
                connection.execute("BEGIN")
                for table in _TABLES:
                    connection.execute(table)
                connection.execute(f"PRAGMA user_version = {_FORM}")
                connection.execute("COMMIT")
                # Last: what stands ahead is carried over when it is closed, and nobody is told that this failed.
                connection.execute("PRAGMA journal_mode = WAL")
            finally:
                connection.close()
            os.link(half, path)  # Unlike a rename, never over another.
        except sqlite3.Error as error:
            raise StateUnusable(path, error) from error
        finally:
            for end in ("", "-wal", "-shm"):
                half.with_name(half.name + end).unlink(missing_ok=True)
        sync(path.parent)
        return cls(path)

    def seen(self, origin: str) -> Seen | None:
        """What was last cosigned of a log."""
        with self._connected() as connection:
            row = connection.execute(f"{_SEEN} WHERE origin = ?", (origin,)).fetchone()
        return None if row is None else Seen(*row)

    def all_seen(self) -> list[Seen]:
        """What was last cosigned of each log."""
        with self._connected() as connection:
            return [Seen(*row) for row in connection.execute(f"{_SEEN} ORDER BY origin")]

    def replace(self, before: Seen | None, now: Seen) -> bool:
        """Let `now` take the place of `before`, durably; False where something else stands there by now."""
        with self._connected() as connection:
            connection.execute("BEGIN IMMEDIATE")
            row = connection.execute("SELECT size, root FROM seen WHERE origin = ?", (now.origin,)).fetchone()
            if row != (None if before is None else (before.size, before.root)):
                connection.execute("ROLLBACK")
                return False
            connection.execute("INSERT OR REPLACE INTO seen VALUES (?, ?, ?, ?, ?)", now)
            connection.execute("COMMIT")  # synchronous = FULL: it returns when the disk has it.
        return True

    def suspect(self, suspect: Suspect) -> None:
        """Keep what contradicts; the oldest of too many make room."""
        with self._connected() as connection:
            connection.execute("BEGIN IMMEDIATE")
            values = "(origin, seen, offered, at) VALUES (?, ?, ?, ?)"
            connection.execute(f"INSERT OR IGNORE INTO suspects {values}", suspect)
            newest = "SELECT id FROM suspects WHERE origin = ? ORDER BY id DESC LIMIT ?"
            connection.execute(f"DELETE FROM suspects WHERE origin = ? AND id NOT IN ({newest})",
                               (suspect.origin, suspect.origin, SUSPECTS_MAX))
            connection.execute("COMMIT")

    def suspects(self) -> list[Suspect]:
        """All that contradicts, the oldest first."""
        with self._connected() as connection:
            return [Suspect(*row) for row in
                    connection.execute("SELECT origin, seen, offered, at FROM suspects ORDER BY id")]

    def close(self) -> None:
        """Let go of the file."""
        self._lender.close()

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        try:
            connection = self._lender.take()
            try:
                yield connection
            except BaseException:
                connection.close()  # What it had begun is undone, and holds up nobody.
                raise
            self._lender.give_back(connection)
        except sqlite3.Error as error:
            raise StateUnusable(self.path, error) from error

    def _opened(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"{self.path.resolve().as_uri()}?mode=rw", uri=True, isolation_level=None, timeout=_WAIT_S,
            check_same_thread=False)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        return connection
