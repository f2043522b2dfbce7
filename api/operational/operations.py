"""Operational state: tokens, sessions, sign-ons. It says who may knock, never what happened; it is not proven.

`operations.db`, with its own schema and its own backup. Of a token only its SHA-256 is kept, so nobody who reads the
file can use what it holds. A holder has one token at a time: a new one takes the place of the last, which is how one
that was lost or seen is made worthless, with all that was opened by it. Beside it they may have tokens with a name, one
for each program that acts for them; such a one takes the place of the last of its name alone. What was withdrawn is
kept as such, so that repeating an old request cannot bring its token back to life.

A token is derived from the request that asked for it, so that a repeated request is answered with the same token; it
cannot be derived from anything that is stored.

A link says that whoever is somebody at a provider of single sign-on is this holder here. It ends with the token and the
password under which it was made, since whoever had those may have made it. Of a sign-on that has been begun, nothing
is kept but that it was, by which browser and in which session; it can be finished once, and links nobody whose session
has ended since. `tests/api/test_operations.py` shows it.
"""

from __future__ import annotations

import hashlib
import hmac
import sqlite3
from base64 import urlsafe_b64encode
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from api.operational.place import Operational
from ledger.errors import LedgerError

if TYPE_CHECKING:
    from api.operational.place import Place
    from ledger.stores.portable import Asked

PREFIX: Final = "xsl_"
LENGTH: Final = len(PREFIX) + 43

Kind = Literal["token", "session"]
SESSION_SECONDS: Final = 8 * 3600
IDLE_SECONDS: Final = 30 * 60      # So long a session waits for its holder.
_NOTED_SECONDS: Final = 60         # That somebody was there is written down no more often than this.
SIGN_ON_SECONDS: Final = 600  # So long somebody may take to log in at the provider.

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS credential (
    sha256     BLOB PRIMARY KEY,
    kind       TEXT NOT NULL CHECK (kind IN ('token', 'session')),
    holder     TEXT NOT NULL,
    issued_at  INTEGER NOT NULL,
    expires_at INTEGER,
    withdrawn  INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS credential_by_holder ON credential (holder, kind);
CREATE TABLE IF NOT EXISTS link (
    identity  BLOB PRIMARY KEY,
    holder    TEXT NOT NULL UNIQUE,
    linked_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sign_on (
    browser    BLOB PRIMARY KEY,
    session    BLOB,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS second_shown (
    sha256   BLOB PRIMARY KEY,
    shown_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
"""


NAMED: Final = "ALTER TABLE credential ADD COLUMN name TEXT NOT NULL DEFAULT ''"


class Credential(NamedTuple):
    """Whose it is, until when, and when a second factor was last shown with it; 0: never."""

    holder: str
    kind: Kind
    expires_at: int | None
    shown_at: int = 0
    digest: bytes = b""


class Listed(NamedTuple):
    """A credential as its holder sees it: what it is called by is no part of it and opens nothing."""

    credential: str
    kind: Kind | Literal["link"]
    name: str
    issued_at: int
    expires_at: int | None


class SignOn(NamedTuple):
    """What a browser set out for: to log in, or in which session, by its digest, to be linked."""

    session: bytes | None


class Operations(Operational):
    """The file, used by every thread of a process under one lock: a look-up takes ten microseconds.

    Nothing of it is remembered, so what one process withdraws is worthless in all of them at once.
    """

    def __init__(self, place: Place, key: bytes) -> None:
        self._key = key
        super().__init__(place, SCHEMA)
        self._add_names()

    def _add_names(self) -> None:
        """Bring a file that was made before tokens had names up to date; another process may be doing it too."""
        if self._file is None:
            return
        try:
            self._file.execute("SELECT name FROM credential LIMIT 0")
        except sqlite3.OperationalError:
            with suppress(sqlite3.OperationalError):  # It was the other.
                self._file.execute(NAMED)

    def issue(
        self, holder: str, *, request: bytes, now: int, kind: Kind = "token", lasts_s: int | None = None, name: str = ""
    ) -> str:
        """Give a holder a token, derived from the request that asks; the same request gives the same."""
        with self._writing() as file:
            return self._issued(file, holder, request=request, now=now, kind=kind, lasts_s=lasts_s, name=name)

    def issue_all(self, holders: Sequence[str], *, random: Callable[[int], bytes], now: int) -> list[str]:
        """Give each of many a token in one commit: the disk is waited for once. Each is a request of its own."""
        with self._writing() as file:
            return [self._issued(file, holder, request=random(16), now=now) for holder in holders]

    def _issued(
        self, file: Asked, holder: str, *, request: bytes, now: int, kind: Kind = "token", lasts_s: int | None = None,
        name: str = "",
    ) -> str:
        secret = hmac.digest(self._key, b"\0".join((kind.encode(), holder.encode(), request)), "sha256")
        token = PREFIX + urlsafe_b64encode(secret).rstrip(b"=").decode()
        expires = None if lasts_s is None else now + lasts_s * 1_000_000
        row = (_hidden(token), kind, holder, now, expires, name)
        fresh = file.execute(
            "INSERT INTO credential VALUES (?, ?, ?, ?, ?, 0, ?) ON CONFLICT DO NOTHING", row).rowcount
        if fresh and kind == "token":  # All else ends too: whoever had the old token may have opened it.
            file.execute(
                "UPDATE credential SET withdrawn = 1 WHERE holder = ? AND sha256 <> ? AND (name = ? OR ? = '')",
                (holder, row[0], name, name))
            if not name:
                file.execute("DELETE FROM link WHERE holder = ?", (holder,))
        return token

    def find(self, token: str, *, now: int) -> Credential | None:
        """Say whose token it is; None for one that was never given, has expired or was withdrawn."""
        if len(token) != LENGTH or not token.startswith(PREFIX) or not token.isascii():
            return None
        with self._using() as file:
            row = file.execute(
                "SELECT holder, kind, expires_at, COALESCE(shown_at, 0), c.sha256 FROM credential c "
                "LEFT JOIN second_shown s ON s.sha256 = c.sha256 WHERE c.sha256 = ? AND withdrawn = 0",
                (_hidden(token),)).fetchone()
        found = None if row is None else Credential(*row)
        return None if found is None or (found.expires_at is not None and found.expires_at <= now) else found

    def begin_session(self, holder: str, *, request: bytes, now: int, shown: bool = False) -> str:
        """Open a session: it ends when its holder has asked nothing for a while, and after some hours in any case.

        `shown`: with a second factor.
        """
        session = self.issue(holder, request=request, now=now, kind="session", lasts_s=IDLE_SECONDS)
        if shown:
            self.shown(_hidden(session), now=now)
        return session

    def shown(self, digest: bytes, *, now: int) -> None:
        """Note that the holder of a credential has just shown a second factor."""
        with self._using() as file:
            file.execute("INSERT INTO second_shown VALUES (?, ?) ON CONFLICT (sha256) "
                         "DO UPDATE SET shown_at = excluded.shown_at", (digest, now))

    def session(self, token: str, *, now: int) -> Credential | None:
        """Say whose session it is; its holder is there, so it stays open."""
        found = self.find(token, now=now)
        if found is None or found.kind != "session" or found.expires_at is None:
            return None
        if found.expires_at < now + (IDLE_SECONDS - _NOTED_SECONDS) * 1_000_000:
            # A full disk, or a standby that is away, keeps nobody from reading.
            with suppress(sqlite3.OperationalError, LedgerError), self._using() as file:
                file.execute(
                    "UPDATE credential SET expires_at = CASE WHEN issued_at + ? < ? THEN issued_at + ? ELSE ? END "
                    "WHERE sha256 = ? AND withdrawn = 0 AND expires_at = ?",
                    (SESSION_SECONDS * 1_000_000, until := now + IDLE_SECONDS * 1_000_000, SESSION_SECONDS * 1_000_000,
                     until, _hidden(token), found.expires_at))
        return found

    def withdraw(self, token: str) -> None:
        """Make a token or a session worthless."""
        with self._using() as file:
            file.execute("UPDATE credential SET withdrawn = 1 WHERE sha256 = ?", (_hidden(token),))

    def every(self, holder: str, *, now: int) -> list[Listed]:
        """What opens anything in a holder's name, oldest first."""
        with self._using() as file:
            rows = file.execute(
                "SELECT substr(sha256, 1, 8), kind, name, issued_at, expires_at FROM credential "
                "WHERE holder = ? AND withdrawn = 0 AND (expires_at IS NULL OR expires_at > ?) "
                "UNION ALL SELECT substr(identity, 1, 8), 'link', '', linked_at, NULL FROM link "
                "WHERE holder = ? ORDER BY issued_at, 1", (holder, now, holder)).fetchall()
        return [Listed(begins.hex(), *rest) for begins, *rest in rows]

    def end(self, holder: str, credential: str) -> bool:
        """Make one of a holder's worthless, by what it is called; False where they have none that is called so."""
        begins = _named(credential)
        with self._writing() as file:
            ended = file.execute(
                "UPDATE credential SET withdrawn = 1 WHERE holder = ? AND substr(sha256, 1, 8) = ? "
                "AND withdrawn = 0", (holder, begins)).rowcount
            unlinked = file.execute(
                "DELETE FROM link WHERE holder = ? AND substr(identity, 1, 8) = ?",
                (holder, begins)).rowcount
        return ended + unlinked > 0

    def end_sessions(self, holder: str) -> int:
        """Make every session of a holder worthless, with what they were linked to, and say how many there were."""
        with self._writing() as file:
            ended = file.execute(
                "UPDATE credential SET withdrawn = 1 WHERE holder = ? AND kind = 'session' AND withdrawn = 0",
                (holder,)).rowcount
            file.execute("DELETE FROM link WHERE holder = ?", (holder,))
        return ended

    def forget(self, holder: str) -> None:
        """Leave nothing that opens anything in a holder's name, nor what it was called; no request makes it anew."""
        with self._writing() as file:
            file.execute("UPDATE credential SET withdrawn = 1, name = '' WHERE holder = ?", (holder,))
            file.execute("DELETE FROM link WHERE holder = ?", (holder,))

    # Single sign-on

    def begin_sign_on(self, browser: str, session: str | None, *, now: int) -> None:
        """Remember that a browser has set out to say who it is; in a session, to be linked to its holder."""
        with self._using() as file:
            file.execute("INSERT INTO sign_on VALUES (?, ?, ?) ON CONFLICT (browser) "
                         "DO UPDATE SET session = excluded.session, expires_at = excluded.expires_at", (
                _hidden(browser), None if session is None else _hidden(session), now + SIGN_ON_SECONDS * 1_000_000))

    def finish_sign_on(self, browser: str, *, now: int) -> SignOn | None:
        """What it had set out for, once; None where it had not, or took too long."""
        with self._using() as file:
            row = file.execute("DELETE FROM sign_on WHERE browser = ? RETURNING session, expires_at",
                                     (_hidden(browser),)).fetchone()
        return SignOn(row[0]) if row is not None and row[1] > now else None

    def derived(self, what: str, browser: str) -> str:
        """What a browser's sign-on is to be known by: of what it holds itself, nobody else can tell."""
        secret = hmac.digest(self._key, f"{what}\0{browser}".encode(), "sha256")
        return urlsafe_b64encode(secret).rstrip(b"=").decode()

    def link(self, session: bytes, issuer: str, subject: str, *, now: int) -> str | None:
        """Link a session's holder to who they are at a provider, in place of any other, and say who they are here.

        Empty where that is already somebody else; None where the session has ended.
        """
        identity = self._identity(issuer, subject)
        with self._writing() as file:  # A password that is changed now ends the session, or the link.
            row = file.execute(
                "SELECT holder FROM credential WHERE sha256 = ? AND kind = 'session' AND withdrawn = 0 "
                "AND expires_at > ?", (session, now)).fetchone()
            holder = None if row is None else str(row[0])
            if holder is not None and file.execute(
                    "SELECT 1 FROM link WHERE identity = ? AND holder <> ?", (identity, holder)).fetchone():
                holder = ""
            if holder:
                file.execute("DELETE FROM link WHERE holder = ?", (holder,))
                file.execute("INSERT INTO link VALUES (?, ?, ?)", (identity, holder, now))
        return holder

    def linked(self, issuer: str, subject: str) -> str | None:
        """Whose they are, here."""
        with self._using() as file:
            row = file.execute("SELECT holder FROM link WHERE identity = ?",
                                     (self._identity(issuer, subject),)).fetchone()
        return None if row is None else str(row[0])

    def _identity(self, issuer: str, subject: str) -> bytes:
        """Who somebody is elsewhere, unreadable: a subject may be an ID number."""
        return hmac.digest(self._key, f"identity\0{issuer}\0{subject}".encode(), "sha256")

    def tidy(self, *, now: int) -> None:
        """Drop sessions that have expired; of a token that has, the request that made it must not make it anew."""
        with self._writing() as file:
            file.execute("DELETE FROM credential WHERE expires_at <= ? AND kind = 'session'", (now,))
            file.execute("DELETE FROM second_shown WHERE sha256 NOT IN (SELECT sha256 FROM credential)")
            file.execute("DELETE FROM sign_on WHERE expires_at <= ?", (now,))


def _named(credential: str) -> bytes:
    """What a credential's digest begins with; of what nobody is called, nothing."""
    try:
        return bytes.fromhex(credential) if credential == credential.lower() else b""
    except ValueError:
        return b""


def _hidden(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
