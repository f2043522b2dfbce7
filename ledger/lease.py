"""A lease: of several processes one does what must be done by one alone, and another takes over when it is gone.

Nobody is asked to give a lease back and nothing expires by the clock: the kernel frees a file's lock when its holder
dies, the database frees a session's lock when the session ends, and both hold it for as long as the holder lives, also
when it is slow. Whoever does not hold tries again; whoever holds looks before each use.

A process may still be stopped between looking and doing. So what is done under a lease is such that a second one doing
it does no harm: a signer refuses what does not extend the last checkpoint, a follower commits rows with their position.

`tests/ledger/test_lease.py` kills the holder and asks who has it then.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from ledger.errors import LedgerError

if TYPE_CHECKING:
    from ledger.stores.postgres_connections import Connection

_SECONDS_TO_LOOK: Final = 5


class Lease(Protocol):
    """What one process of several has."""

    def try_take(self) -> bool:
        """Take it if it is free; True where it is held now, by this or an earlier call."""

    def holds(self) -> bool:
        """Say whether it is still held; once it is not, only taking it again helps."""

    def release(self) -> None:
        """Give it back, if it is held."""


class LeaseUnreachable(LedgerError):
    """The lock file cannot be opened. That the database is away is no error here: then nobody holds."""

    code = "lease_unreachable"

    def __init__(self, path: Path, cause: OSError) -> None:
        self.path, self.cause = path, cause
        super().__init__(f"无法打开锁文件 {path}（{cause.strerror}）。请检查该文件夹是否存在、是否可写。")


class FileLease:
    """A lease within one host: a lock on a file, which the kernel frees when the holder dies."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: int | None = None
        self._holder = 0
        self._lock = threading.Lock()

    def try_take(self) -> bool:
        with self._lock:
            if self._is_held():
                return True
            self._close()
            try:
                file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            except OSError as error:
                raise LeaseUnreachable(self.path, error) from error
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                os.close(file)
                return False
            self._file, self._holder = file, os.getpid()
            if not self._is_held():  # Removed while it was taken: another locks another file of that name.
                self._close()
                return False
            return True

    def holds(self) -> bool:
        with self._lock:
            return self._is_held()

    def release(self) -> None:
        with self._lock:
            self._close()

    def _is_held(self) -> bool:
        """By this process, not by the one it was forked from, and of the file that others would find."""
        if self._file is None or self._holder != os.getpid():
            return False
        try:
            return os.path.samestat(os.fstat(self._file), self.path.stat())
        except OSError:
            return False

    def _close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


class PostgresLease:
    """A lease between all processes of one database: a session's advisory lock, on a connection of its own."""

    def __init__(self, conninfo: str, name: str) -> None:
        from ledger.stores.postgres_target import Target  # The driver is an extra: SQLite does without it.

        self.name = name
        self._target = Target(conninfo, schema="")
        self._number = int.from_bytes(hashlib.sha256(f"xueshi lease: {name}".encode()).digest()[:8], signed=True)
        self._connection: Connection | None = None
        self._lock = threading.Lock()

    def try_take(self) -> bool:
        import psycopg

        from ledger.stores.postgres_connections import connect

        with self._lock:
            if self._is_held():
                return True
            try:
                connection = connect(self._target, {"statement_timeout": f"{_SECONDS_TO_LOOK}s"})
                try:
                    row = connection.execute(b"SELECT pg_try_advisory_lock($1)", (self._number,)).fetchone()
                except BaseException:
                    connection.close()
                    raise
            except psycopg.Error:  # The database is away: nobody can hold what it keeps.
                return False
            if row != (True,):
                connection.close()
                return False
            self._connection = connection
            return True

    def holds(self) -> bool:
        with self._lock:
            return self._is_held()

    def release(self) -> None:
        with self._lock:
            self._close()

    def _is_held(self) -> bool:
        """The lock lives as long as the session, so asking the session anything tells."""
        import psycopg

        if self._connection is None:
            return False
        try:
            self._connection.execute(b"SELECT 1")
            return True
        except psycopg.Error:
            self._close()
            return False

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
