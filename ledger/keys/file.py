"""The file of the vault: one SQLite file beside the ledger, whose rows outlive every program that reads them.

    keys         who has a key, wrapped by the master key
    destroyed    whose key was destroyed, and when
    marked       whose destruction may stand in the log and is not done here yet
    masters      under which master key all of them are wrapped, and were; without a time: what a rewrap prepares
    rewrapped    what a rewrap has prepared: the key under the next master key, and a digest of what it stands for
    backups      every copy of this file that was handed out, until when it may be kept, and when it was removed

Times are microseconds since 1970. `tests/ledger/test_vault.py` shows it.
"""

from __future__ import annotations

import os
import platform
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from ledger.durable import sync
from ledger.errors import LedgerError
from ledger.stores.errors import is_cut_off
from ledger.stores.journal import keep_journal
from ledger.stores.portable import Asked

APPLICATION_ID: Final = 0x58534B56  # "XSKV": a ledger's file given by mistake is left as it is.
VERSION: Final = 3  # 1 knew no marks, 2 no master keys and no backups; opening upgrades, and loses nothing.
_ANCIENT: Final = {"keys", "destroyed"}
TABLES: Final = {
    "keys": "owner TEXT PRIMARY KEY, wrapped BLOB NOT NULL, created INTEGER NOT NULL",
    "destroyed": "owner TEXT PRIMARY KEY, at INTEGER NOT NULL",
    "marked": "owner TEXT PRIMARY KEY",
    "masters": "serial INTEGER PRIMARY KEY, make TEXT NOT NULL, since INTEGER",
    "rewrapped": "owner TEXT PRIMARY KEY, wrapped BLOB NOT NULL, of BLOB NOT NULL",
    "backups": "name TEXT PRIMARY KEY, place TEXT NOT NULL, taken INTEGER NOT NULL, expires INTEGER NOT NULL,"
               " master INTEGER NOT NULL, removed INTEGER",
}


class VaultFailed(LedgerError):
    """The vault's file cannot be read or written, or is not a vault."""

    code = "vault_failed"

    _CURE = "请检查该文件夹是否存在、是否可写、磁盘是否已满；若文件损坏，请保留原件，并从密钥库自己的备份恢复。"

    def __init__(self, path: Path, cause: object, *, cure: str = _CURE) -> None:
        self.path, self.cause = path, cause
        super().__init__(f"密钥库 {path} 无法读写（{cause}）。{cure}")
        self.told = ("密钥库不能读写，没有写入半份内容。请稍后以原来的键重试；"
                     "一直如此的，请管理员查看服务日志，运行 xueshi doctor。")


class Master(NamedTuple):
    """A master key that the file knows of."""

    serial: int
    make: str
    since: int


class Copy(NamedTuple):
    """A copy of the file that was handed out."""

    name: str
    place: str
    taken: int
    expires: int
    master: int
    removed: int | None


class Destruction(NamedTuple):
    """When a key was destroyed here, and since when no copy of it is left.

    Final only when each copy that held it is known to be removed: until then `final_from` is when the last may go.
    """

    owner: str
    at: int
    final_from: int
    is_final: bool


class KeyFile:
    """The open file: one connection under one lock, whose failures are told in words."""

    identity: str
    """Which vault of all there are now it is: a copy, in another folder or on another machine, is another."""

    def __init__(self, path: Path) -> None:
        self.path, self.folder = path, path.parent
        self._lock = threading.Lock()
        if is_cut_off(path):
            raise VaultFailed(path, "文件只剩开头的几个字节")
        try:
            path.touch(mode=0o600)  # SQLite would let everybody read a new one; the mode of an old one stays.
            self._connection = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
        except (OSError, sqlite3.Error) as error:
            raise VaultFailed(path, error) from error
        try:
            try:
                self._make_or_check(self._connection)
            except sqlite3.Error as error:
                raise VaultFailed(path, error) from error
            self.identity = _folder_here(path.parent)
        except BaseException:
            self._connection.close()
            raise

    def _make_or_check(self, connection: sqlite3.Connection) -> None:
        connection.execute("BEGIN")  # One view: another process may be making it.
        found = connection.execute("PRAGMA application_id").fetchone()[0]
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        connection.execute("COMMIT")
        if found != APPLICATION_ID and (found or tables):
            raise VaultFailed(self.path, f"不是密钥库，文件标记（application_id）{found:#x}")
        if version > VERSION:
            raise VaultFailed(self.path, f"格式版本 {version}，本程序使用 {VERSION}；请升级本程序")
        if found == APPLICATION_ID and not tables >= _ANCIENT:
            raise VaultFailed(self.path, "缺少密钥表")  # Made anew, it would say that no key was ever destroyed.
        keep_journal(connection)
        connection.executescript("PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;")
        if version == VERSION and tables >= TABLES.keys():
            return
        connection.executescript(
            "BEGIN IMMEDIATE;"
            + "".join(f"CREATE TABLE IF NOT EXISTS {name} ({columns});" for name, columns in TABLES.items())
            + f"PRAGMA application_id={APPLICATION_ID}; PRAGMA user_version={VERSION}; COMMIT;"
        )

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    @contextmanager
    def used(self) -> Iterator[Asked]:
        """Use the connection alone."""
        with self._lock:
            try:
                yield self._connection
            except sqlite3.Error as error:
                raise VaultFailed(self.path, error) from error

    @contextmanager
    def changed(self) -> Iterator[Asked]:
        """Use the connection alone, in one transaction that no other process writes beside."""
        with self.used() as connection, in_one(connection):
            yield connection

    def changes(self, connection: Asked) -> int:
        """A number that is another once somebody else has changed something."""
        number: int = connection.execute("PRAGMA data_version").fetchone()[0]
        return number

    def settle(self, connection: Asked) -> None:
        """See that what stands here is safe before something is sealed under it: in a file it is."""

    def wipe(self, connection: Asked, done: str) -> None:
        """Leave nothing in the journal of what was deleted; `done` is what stands even if this cannot be done yet."""
        held_up, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if held_up:  # A copy would linger; whoever asked asks again.
            raise VaultFailed(self.path, f"{done}，但另一进程占用日志，旧副本尚未抹去；请重做一次")

    def copied(self, target: Path) -> tuple[int, int]:
        """Copy everything in one view, as one file whole by itself that its owner alone reads; count keys and dead."""
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        with closing(sqlite3.connect(self.path, timeout=30)) as old, closing(sqlite3.connect(target)) as new:
            old.backup(new)
            new.execute("PRAGMA journal_mode=DELETE")
            if (found := new.execute("PRAGMA integrity_check").fetchone()[0]) != "ok":
                raise sqlite3.DatabaseError(found)
            counts = [new.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("keys", "destroyed")]
        sync(target)
        return counts[0], counts[1]

    def take_over(self, source: Path) -> int:
        """Take in what another file holds: for tables that no file can take the place of."""
        raise AssertionError("a file is put in place whole")

    def masters(self) -> list[Master]:
        """List the master keys that have wrapped the keys of this file, the present one last."""
        with self.used() as connection:
            return [Master(*row) for row in connection.execute(_MASTERS)]

    def prepared(self) -> tuple[str, int] | None:
        """For which master key a rewrap has prepared how many keys, where one was begun and not ended."""
        with self.used() as connection:
            row = connection.execute(
                "SELECT make, (SELECT count(*) FROM rewrapped) FROM masters WHERE since IS NULL").fetchone()
            return None if row is None else (row[0], row[1])

    def copies(self) -> list[Copy]:
        """List the copies that were handed out, the oldest first."""
        with self.used() as connection:
            return [Copy(*row) for row in connection.execute(_COPIES)]

    def count(self) -> int:
        """Count the keys."""
        with self.used() as connection:
            found: int = connection.execute("SELECT count(*) FROM keys").fetchone()[0]
            return found

    def destructions(self, owner: str | None = None) -> list[Destruction]:
        """List whose key was destroyed, all or one, the earliest first."""
        with self.used() as connection:
            rows = connection.execute(_DESTRUCTIONS, (owner, owner)).fetchall()
        return [Destruction(owner, at, max(at, until), not kept) for owner, at, until, kept in rows]

    def forget(self, connection: Asked, owner: str) -> None:
        """Take an owner's key out of every table, within a transaction, and say that it is destroyed."""
        connection.execute("DELETE FROM keys WHERE owner = ?", (owner,))
        connection.execute("DELETE FROM rewrapped WHERE owner = ?", (owner,))
        newest = connection.execute("SELECT coalesce(max(taken), 0) FROM backups").fetchone()[0]
        at = max(time.time_ns() // 1_000, newest + 1)  # Copies made before are older, whatever the clock says.
        connection.execute("INSERT INTO destroyed VALUES (?, ?) ON CONFLICT DO NOTHING", (owner, at))


_MASTERS: Final = "SELECT serial, make, since FROM masters WHERE since IS NOT NULL ORDER BY serial"
SOME: Final = "SELECT owner, wrapped FROM keys LIMIT 3"
_COPIES: Final = "SELECT * FROM backups ORDER BY taken, name"
_DESTRUCTIONS: Final = """
    SELECT d.owner, d.at, coalesce(max(coalesce(b.removed, b.expires)), 0), count(b.name) - count(b.removed)
    FROM destroyed d LEFT JOIN backups b ON b.taken <= d.at
    WHERE CAST(? AS TEXT) IS NULL OR d.owner = ?
    GROUP BY d.owner ORDER BY d.at, d.owner
"""


@contextmanager
def in_one(connection: Asked) -> Iterator[None]:
    """Do what follows in one transaction."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        connection.rollback()
        raise


def present_master(connection: Asked) -> Master | None:
    """Under which master key all keys of the file are wrapped; None where nobody has said yet."""
    rows = connection.execute(f"{_MASTERS} DESC LIMIT 1").fetchall()
    return Master(*rows[0]) if rows else None


def recorded_make(path: Path) -> str | None:
    """Read which master key a vault names, without opening it as one; None where there is none, or it names none."""
    found = _looked_up(path, f"{_MASTERS} DESC LIMIT 1")
    return Master(*found[0]).make if found else None


def some_in(path: Path) -> list[tuple[str, bytes]]:
    """Read a few wrapped keys, by which a master key is known, without opening the vault."""
    return _looked_up(path, SOME)


def copies_in(path: Path) -> list[Copy]:
    """Read which copies a vault names, without opening it as one."""
    return [Copy(*row) for row in _looked_up(path, _COPIES)]


def _folder_here(folder: Path) -> str:
    """Name a folder as no other there is now: its place on its disk, on a machine since it was started."""
    try:
        machine = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()  # In every container the same.
    except OSError:
        machine = platform.node()
    found = folder.stat()
    return f"{machine} {found.st_dev} {found.st_ino}"


def _looked_up(path: Path, query: str) -> list[tuple[Any, ...]]:
    if not path.exists():
        return []
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            return connection.execute(query).fetchall()
    except sqlite3.Error:
        return []  # Of an earlier form, or broken: opening it will say.
