"""Passwords, the one-time codes that let somebody set one, and how often a login may be tried. Operational, not proven.

A password is kept as Argon2id with 64 MiB (RFC 9106, section 4); how many are worked out at once is bounded, so that
logins cannot take the memory of the service. Of a code only its SHA-256 is kept.

Whoever fails waits, longer each time and a quarter of an hour at most, and is never shut out: the waiting is counted
per account and address, and per address. Against many addresses that try one account there is a third count, which
holds only addresses from which nobody has logged in to it: strangers cannot keep its holder out. An attempt is counted
before the password is looked at, so that many at once are counted as many.

The tables lie beside the tokens in `operations.db`. `tests/api/test_accounts.py` shows it.
"""

from __future__ import annotations

import hashlib
import hmac
import threading
import unicodedata
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, NamedTuple

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from api.operational.addresses import network
from api.operational.guessable import is_guessable
from api.operational.place import Operational

if TYPE_CHECKING:
    from api.operational.place import Place

LEAST, MOST = 12, 128
CODE_LASTS_S: Final = 7 * 86_400
WAIT_MOST_S: Final = 900
AT_ONCE: Final = 2         # Each takes 64 MiB and a core for a tenth of a second.
BUSY_AFTER_S: Final = 3.0
_SECOND: Final = 1_000_000
_DAY: Final = 86_400 * _SECOND
_KNOWN_FOR: Final = 90 * _DAY
_FORGOTTEN_AFTER: Final = _DAY
_APART: Final = 60 * _SECOND  # Clocks of several hosts may differ by so much at most.
_FREE: Final = {"pair": 4, "address": 40, "name": 100}
"""How many failures are free before the first wait: of one account from one address, of an address, of an account."""

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS password (
    holder TEXT PRIMARY KEY,
    argon2 TEXT NOT NULL,
    set_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS setup_code (
    sha256     BLOB PRIMARY KEY,
    holder     TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    used_by    BLOB
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS attempt (
    key      BLOB PRIMARY KEY,
    failures INTEGER NOT NULL,
    last_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS known_address (
    key   BLOB PRIMARY KEY,
    until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
"""


class HashingBusy(Exception):
    """As many passwords are being worked out as may be, and none was done in time."""


class Try(NamedTuple):
    """A login that is tried: by which name, from where."""

    name: str
    address: str

    def parts(self) -> dict[str, str]:
        """What is counted, each under a key of its own."""
        place = network(self.address)
        return {"pair": f"{self.name}\0{place}", "address": place, "name": self.name}


class Accounts(Operational):
    """The tables, used by every thread of a process under one lock; several processes may open the file at once."""

    def __init__(self, place: Place, key: bytes, hasher: PasswordHasher | None = None) -> None:
        self._key = key
        self._hasher = hasher or PasswordHasher(time_cost=3, memory_cost=65_536, parallelism=1)
        self._nobodys: str | None = None  # What is worked out for a name that nobody bears.
        self._hashing = threading.BoundedSemaphore(AT_ONCE)
        super().__init__(place, SCHEMA)

    # Codes and passwords

    def give_code(self, holder: str, *, request: bytes, now: int) -> str:
        """Give a holder a code that sets one password; the same request gives the same. Earlier codes are worthless."""
        secret = hmac.digest(self._key, b"\0".join((b"code", holder.encode(), request)), "sha256")
        code = urlsafe_b64encode(secret[:24]).decode()
        with self._writing() as file:
            fresh = file.execute("INSERT INTO setup_code VALUES (?, ?, ?, NULL) ON CONFLICT DO NOTHING",
                                 (_hidden(code), holder, now + CODE_LASTS_S * _SECOND)).rowcount
            if fresh:
                file.execute("DELETE FROM setup_code WHERE holder = ? AND sha256 <> ? AND used_by IS NULL",
                             (holder, _hidden(code)))
        return code

    def holder_of(self, code: str, *, request: bytes, now: int) -> str | None:
        """Whose a code is; None of one that was never given, is over, or was used by another request."""
        with self._using() as file:
            row = file.execute(
                "SELECT holder FROM setup_code WHERE sha256 = ? AND expires_at > ? "
                "AND (used_by IS NULL OR used_by = ?)", (_hidden(code), now, request)).fetchone()
        return None if row is None else str(row[0])

    def set_password(
        self, holder: str, password: str, *, now: int, code: str | None = None, request: bytes = b""
    ) -> bool:
        """Keep a new password; with a code only if that request is the one that uses it."""
        hashed = self._hashed(password)
        with self._writing() as file:
            if code is not None and not file.execute(
                "UPDATE setup_code SET used_by = ? WHERE sha256 = ? AND holder = ? AND expires_at > ? "
                "AND (used_by IS NULL OR used_by = ?)", (request, _hidden(code), holder, now, request)).rowcount:
                return False
            file.execute("INSERT INTO password VALUES (?, ?, ?) ON CONFLICT (holder) "
                         "DO UPDATE SET argon2 = excluded.argon2, set_at = excluded.set_at", (holder, hashed, now))
        return True

    def forget(self, holder: str) -> None:
        """Leave a holder neither a password nor a code to set one with."""
        with self._writing() as file:
            file.execute("DELETE FROM password WHERE holder = ?", (holder,))
            file.execute("DELETE FROM setup_code WHERE holder = ?", (holder,))

    def has_password(self, holder: str) -> bool:
        """Say whether a holder has one."""
        with self._using() as file:
            return file.execute("SELECT 1 FROM password WHERE holder = ?", (holder,)).fetchone() is not None

    def is_password_of(self, holder: str | None, password: str) -> bool:
        """Say whether it is this holder's. For nobody, or one without any, the same work is done; the answer is no."""
        with self._using() as file:
            row = file.execute("SELECT argon2 FROM password WHERE holder = ?", (holder or "",)).fetchone()
        with self._turn():
            if self._nobodys is None:
                self._nobodys = self._hasher.hash("nobody")
            try:
                self._hasher.verify(self._nobodys if row is None else row[0], _spelled(password))
            except (VerificationError, InvalidHashError):
                return False
        return row is not None

    def _hashed(self, password: str) -> str:
        with self._turn():
            return self._hasher.hash(_spelled(password))

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._hashing.acquire(timeout=BUSY_AFTER_S):
            raise HashingBusy
        try:
            yield
        finally:
            self._hashing.release()

    # Attempts

    def begin(self, tried: Try, *, now: int) -> int:
        """Count an attempt, and let it be made (0); or say how many seconds to wait, and count none."""
        with self._writing() as file:
            known = file.execute("SELECT 1 FROM known_address WHERE key = ? AND until > ?",
                                 (self._hmac("known", tried.parts()["pair"]), now)).fetchone()
            keys = {kind: self._hmac(kind, part) for kind, part in tried.parts().items()
                    if kind != "name" or known is None}
            waits = [_left(row, _FREE[kind], now) for kind, key in keys.items()
                     if (row := file.execute("SELECT failures, last_at FROM attempt WHERE key = ?", (key,)).fetchone())]
            if left := max(waits, default=0):
                return left
            file.execute("DELETE FROM attempt WHERE last_at <= ?", (now - _FORGOTTEN_AFTER,))
            file.executemany("INSERT INTO attempt VALUES (?, 1, ?) ON CONFLICT (key) "
                             "DO UPDATE SET failures = attempt.failures + 1, last_at = excluded.last_at",
                             [(key, now) for key in keys.values()])
        return 0

    def succeeded(self, tried: Try, *, now: int) -> None:
        """Take back what was counted, and know the address."""
        parts = tried.parts()
        with self._writing() as file:
            file.execute("DELETE FROM attempt WHERE key = ?", (self._hmac("pair", parts["pair"]),))
            file.executemany("UPDATE attempt SET failures = failures - 1 WHERE key = ? AND failures > 0",
                             [(self._hmac(kind, parts[kind]),) for kind in ("address", "name")])
            file.execute("INSERT INTO known_address VALUES (?, ?) ON CONFLICT (key) "
                         "DO UPDATE SET until = excluded.until", (self._hmac("known", parts["pair"]), now + _KNOWN_FOR))

    def tidy(self, *, now: int) -> None:
        """Drop what is over."""
        with self._writing() as file:
            file.execute("DELETE FROM setup_code WHERE expires_at <= ?", (now,))
            file.execute("DELETE FROM attempt WHERE last_at <= ?", (now - _FORGOTTEN_AFTER,))
            file.execute("DELETE FROM known_address WHERE until <= ?", (now,))

    def _hmac(self, kind: str, part: str) -> bytes:
        """What is counted, unreadable: a name may be an ID number, an address is personal data."""
        return hmac.digest(self._key, f"{kind}\0{part}".encode(), "sha256")


def unfit(password: str) -> str | None:
    """Say what is wrong with a password; composition is not asked for, length is (NIST SP 800-63B, 3.1.1)."""
    spelled = _spelled(password)
    if not LEAST <= len(spelled) <= MOST:
        return f"口令应为 {LEAST} 到 {MOST} 个字符，可以是一句话。"
    if is_guessable(spelled):
        return "口令太容易猜到：除去常见的词、年份、重复和键盘上相邻的字符，所剩无几。请换成几个不相干的词，或一句话。"
    return None


def _spelled(password: str) -> str:
    """One spelling of what looks the same, whatever keyboard it was typed on."""
    return unicodedata.normalize("NFKC", password)


def _left(row: tuple[int, int], free: int, now: int) -> int:
    """How many whole seconds are still to be waited after so many failures."""
    failures, last_at = row
    if failures < free or last_at <= now - _FORGOTTEN_AFTER:
        return 0
    if last_at > now + _APART:  # The clock was set back: nobody waits for it to come there again.
        return 0
    wait: int = min(WAIT_MOST_S, 2 << min(failures - free, 20))
    return max(0, -((now - last_at - wait * _SECOND) // _SECOND))


def _hidden(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()
