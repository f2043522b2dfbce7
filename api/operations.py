"""Operational state: tokens and sessions. It says who may knock, never what happened; it is not proven.

`operations.db`, with its own schema and its own backup. Of a token only its SHA-256 is kept, so nobody who reads the
file can use what it holds. A holder has one token at a time: a new one takes the place of the last, which is how one
that was lost or seen is made worthless, with all that was opened by it. Beside it they may have tokens with a name, one
for each program that acts for them; such a one takes the place of the last of its name alone. What was withdrawn is
kept as such, so that repeating an old request cannot bring its token back to life.

A token is derived from the request that asked for it, so that a repeated request is answered with the same token; it
cannot be derived from anything that is stored. `tests/api/test_operations.py` shows it.
"""

from __future__ import annotations

import hashlib
import hmac
import sqlite3
import threading
from base64 import urlsafe_b64encode
from contextlib import suppress
from pathlib import Path
from typing import Final, Literal, NamedTuple

from ledger.stores.journal import keep_journal

PREFIX: Final = "xsl_"
LENGTH: Final = len(PREFIX) + 43

Kind = Literal["token", "session"]

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS credential (
    sha256     BLOB PRIMARY KEY,
    kind       TEXT NOT NULL CHECK (kind IN ('token', 'session')),
    holder     TEXT NOT NULL,
    issued_at  INTEGER NOT NULL,
    expires_at INTEGER,
    withdrawn  INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS credential_by_holder ON credential (holder, kind);
"""


_NAMED: Final = "ALTER TABLE credential ADD COLUMN name TEXT NOT NULL DEFAULT ''"


class Credential(NamedTuple):
    """Whose it is, and until when."""

    holder: str
    kind: Kind
    expires_at: int | None


class Listed(NamedTuple):
    """A credential as its holder sees it: what it is called by is no part of it and opens nothing."""

    credential: str
    kind: Kind
    name: str
    issued_at: int
    expires_at: int | None


class Operations:
    """The file, used by every thread of a process under one lock: a look-up takes ten microseconds.

    Nothing of it is remembered, so what one process withdraws is worthless in all of them at once.
    """

    def __init__(self, path: Path, key: bytes) -> None:
        self._key = key
        self._lock = threading.Lock()
        self._file = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
        path.chmod(0o600)
        keep_journal(self._file)
        self._file.execute("PRAGMA synchronous = FULL")
        self._file.executescript(_SCHEMA)
        self._add_names()

    def _add_names(self) -> None:
        """Bring a file that was made before tokens had names up to date; another process may be doing it too."""
        try:
            self._file.execute("SELECT name FROM credential LIMIT 0")
        except sqlite3.OperationalError:
            with suppress(sqlite3.OperationalError):  # It was the other.
                self._file.execute(_NAMED)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._file.close()

    def issue(
        self, holder: str, *, request: bytes, now: int, kind: Kind = "token", lasts_s: int | None = None, name: str = ""
    ) -> str:
        """Give a holder a token, derived from the request that asks; the same request gives the same."""
        secret = hmac.digest(self._key, b"\0".join((kind.encode(), holder.encode(), request)), "sha256")
        token = PREFIX + urlsafe_b64encode(secret).rstrip(b"=").decode()
        expires = None if lasts_s is None else now + lasts_s * 1_000_000
        row = (_hidden(token), kind, holder, now, expires, name)
        with self._lock:
            self._file.execute("BEGIN IMMEDIATE")
            try:
                fresh = self._file.execute(
                    "INSERT OR IGNORE INTO credential VALUES (?, ?, ?, ?, ?, 0, ?)", row).rowcount
                if fresh and kind == "token":  # All else ends too: whoever had the old token may have opened it.
                    self._file.execute(
                        "UPDATE credential SET withdrawn = 1 WHERE holder = ? AND sha256 <> ? AND ? IN ('', name)",
                        (holder, row[0], name))
                self._file.execute("COMMIT")
            except BaseException:
                self._file.execute("ROLLBACK")
                raise
        return token

    def find(self, token: str, *, now: int) -> Credential | None:
        """Say whose token it is; None for one that was never given, has expired or was withdrawn."""
        if len(token) != LENGTH or not token.startswith(PREFIX) or not token.isascii():
            return None
        with self._lock:
            row = self._file.execute(
                "SELECT holder, kind, expires_at FROM credential WHERE sha256 = ? AND NOT withdrawn", (_hidden(token),)
            ).fetchone()
        found = None if row is None else Credential(*row)
        return None if found is None or (found.expires_at is not None and found.expires_at <= now) else found

    def withdraw(self, token: str) -> None:
        """Make a token or a session worthless."""
        with self._lock:
            self._file.execute("UPDATE credential SET withdrawn = 1 WHERE sha256 = ?", (_hidden(token),))

    def every(self, holder: str, *, now: int) -> list[Listed]:
        """What opens anything in a holder's name, oldest first."""
        with self._lock:
            rows = self._file.execute(
                "SELECT lower(hex(substr(sha256, 1, 8))), kind, name, issued_at, expires_at FROM credential "
                "WHERE holder = ? AND NOT withdrawn AND (expires_at IS NULL OR expires_at > ?) "
                "ORDER BY issued_at, sha256", (holder, now)).fetchall()
        return [Listed(*row) for row in rows]

    def end(self, holder: str, credential: str) -> bool:
        """Make one of a holder's worthless, by what it is called; False where they have none that is called so."""
        with self._lock:
            return self._file.execute(
                "UPDATE credential SET withdrawn = 1 WHERE holder = ? AND lower(hex(substr(sha256, 1, 8))) = ? "
                "AND NOT withdrawn", (holder, credential)).rowcount > 0

    def end_sessions(self, holder: str) -> int:
        """Make every session of a holder worthless, and say how many there were."""
        with self._lock:
            return self._file.execute(
                "UPDATE credential SET withdrawn = 1 WHERE holder = ? AND kind = 'session' AND NOT withdrawn",
                (holder,)).rowcount

    def tidy(self, *, now: int) -> None:
        """Drop sessions that have expired; of a token that has, the request that made it must not make it anew."""
        with self._lock:
            self._file.execute("DELETE FROM credential WHERE expires_at <= ? AND kind = 'session'", (now,))


def _hidden(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
