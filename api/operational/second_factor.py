"""A second factor of our own: one-time codes by the clock (RFC 6238), and codes on paper for when the device is gone.

The secret is sealed under its holder's key, as everything that is theirs, and cannot be read without the vault. A code
counts for its half minute and the one before and after it, once: whoever saw it typed has nothing. Of a code on paper,
which holds 120 bits, only the SHA-256 is kept; each serves once. A secret that was offered counts for nothing until a
code of it has been given back, so nobody is locked out by an app that was never set up.

SHA-1 and six digits are what every authenticator understands; as an HMAC, SHA-1 is not broken. How often a code may be
tried is counted with the passwords (`api.operational.accounts`). `tests/api/test_second_factor.py` shows it.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from base64 import b32decode, b32encode
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from api.operational.place import Operational
from ledger.keys.master import WrongKey
from ledger.keys.ring import KeyGone
from ledger.keys.vault import Absent, Vault

if TYPE_CHECKING:
    from collections.abc import Iterable

    from api.operational.place import Place
    from api.settings import Settings
    from ledger.stores.portable import Asked

STEP_S: Final = 30
DIGITS: Final = 6
PAPER_CODES: Final = 10
FRESH_S: Final = 15 * 60  # So long whoever showed it need not show it again, for what is grave.
ISSUER: Final = "学时账"
_SECOND: Final = 1_000_000
_OFFERED_S: Final = 3_600
_SECRET_BYTES: Final = 20  # RFC 4226, section 4, R6.
_PAPER_CHARS: Final = 24

LEFT_FREE: Final = frozenset({"unit"})
"""Roles whose acts bind nobody outside their own unit: of these, as of persons, one is demanded only where of all."""

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS second_factor (
    holder     TEXT PRIMARY KEY,
    sealed     BLOB,
    since      INTEGER NOT NULL,
    last_step  INTEGER NOT NULL,
    offered    BLOB,
    offered_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS paper_code (
    sha256  BLOB PRIMARY KEY,
    holder  TEXT NOT NULL,
    is_over INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS paper_code_by_holder ON paper_code (holder);
CREATE TABLE IF NOT EXISTS halfway (
    browser    BLOB PRIMARY KEY,
    holder     TEXT NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
"""

HALFWAY_S: Final = 600
"""So long whoever has shown the first factor may take to show the second."""


class Rule(NamedTuple):
    """Of whom this installation demands a second factor, and whether a provider's word for one will do."""

    demands_of_offices: bool = False
    sign_on_counts: bool = False
    demands_of_all: bool = False

    def demands(self, roles: Iterable[str]) -> bool:
        """Say whether somebody who holds these roles has to have one."""
        return self.demands_of_all or (
            self.demands_of_offices and any(role not in LEFT_FREE for role in roles))


def rule_of(settings: Settings) -> Rule:
    """What the settings say; `auto`: demanded where others reach the service over TLS, not on one's own machine."""
    demanded, is_open = settings.second_factor, settings.public_address.startswith("https:")
    of_all = demanded == "everyone"
    return Rule(of_all or demanded == "offices" or (demanded == "auto" and is_open), settings.sign_on_second_factor,
                of_all)


class Has(NamedTuple):
    """What a holder has: since when, and how many codes on paper are left; None and 0 of whoever has none."""

    since: int | None
    paper_left: int


class Offered(NamedTuple):
    """A secret to be put into an authenticator: as text, and as the address that a QR code holds."""

    secret: str
    address: str


class SecondFactors(Operational):
    """The tables, used by every thread of a process under one lock; several processes may open the file at once."""

    def __init__(self, place: Place, key: bytes, vault: Vault, rule: Rule) -> None:
        self._key, self._vault = key, vault
        self.rule: Final = rule
        super().__init__(place, SCHEMA)

    # To have one

    def offer(self, holder: str, *, request: bytes, now: int) -> Offered:
        """Offer a secret, derived from the request that asks; what the holder has so far goes on until it is taken."""
        secret = self._derived("factor", holder, request)[:_SECRET_BYTES]
        self._vault.prepare([holder])  # Of whoever was forgotten it raises KeyGone.
        sealed = self._vault.seal_bytes(holder, secret, place=_place(holder))
        with self._writing() as file:
            file.execute("INSERT INTO second_factor VALUES (?, NULL, 0, 0, ?, ?) ON CONFLICT (holder) "
                         "DO UPDATE SET offered = excluded.offered, offered_at = excluded.offered_at",
                         (holder, sealed, now))
        return _offered(holder, secret)

    def offered(self, holder: str, *, now: int) -> Offered | None:
        """What was offered within the hour and not taken yet."""
        with self._using() as file:
            row = file.execute("SELECT offered FROM second_factor WHERE holder = ? AND offered_at > ?",
                               (holder, now - _OFFERED_S * _SECOND)).fetchone()
        secret = None if row is None else self._opened(holder, row[0])
        return None if secret is None else _offered(holder, secret)

    def take(self, holder: str, code: str, *, request: bytes, now: int) -> tuple[str, ...] | None:
        """Take what was offered, with a code of it, and give the codes on paper; None where the code is not of it."""
        with self._writing() as file:
            row = file.execute("SELECT offered FROM second_factor WHERE holder = ? AND offered_at > ?",
                               (holder, now - _OFFERED_S * _SECOND)).fetchone()
            papers = self._papers(holder, request)
            if _is_given(file, papers):  # The answer was lost, and the request came again.
                return papers
            secret = None if row is None else self._opened(holder, row[0])
            step = None if secret is None else _step_of(secret, code, now=now)
            if step is None:
                return None
            file.execute("UPDATE second_factor SET sealed = offered, offered = NULL, offered_at = 0, since = ?, "
                         "last_step = ? WHERE holder = ?", (now, step, holder))
            _give(file, holder, papers)
        return papers

    def new_papers(self, holder: str, *, request: bytes) -> tuple[str, ...]:
        """Give other codes on paper in the place of those that there were."""
        papers = self._papers(holder, request)
        with self._writing() as file:
            if not _is_given(file, papers):
                _give(file, holder, papers)
        return papers

    def drop(self, holder: str) -> bool:
        """Let a holder have none any more; False where they had none."""
        with self._writing() as file:
            had = file.execute("DELETE FROM second_factor WHERE holder = ?", (holder,)).rowcount
            file.execute("UPDATE paper_code SET is_over = 1 WHERE holder = ?", (holder,))
            file.execute("DELETE FROM halfway WHERE holder = ?", (holder,))
        return had > 0

    # To show it

    def has(self, holder: str) -> Has:
        """What a holder has."""
        with self._using() as file:
            row = file.execute("SELECT since FROM second_factor WHERE holder = ? AND sealed IS NOT NULL",
                               (holder,)).fetchone()
            (left,) = file.execute("SELECT COUNT(*) FROM paper_code WHERE holder = ? AND is_over = 0",
                                   (holder,)).fetchone()
        return Has(None, 0) if row is None else Has(int(row[0]), int(left))

    def accept(self, holder: str, code: str, *, now: int) -> Literal["clock", "paper"] | None:
        """Say whether a code is this holder's and has not served yet; from here on it has."""
        with self._writing() as file:
            row = file.execute("SELECT sealed, last_step FROM second_factor WHERE holder = ? AND sealed IS NOT NULL",
                               (holder,)).fetchone()
            if row is None or (secret := self._opened(holder, row[0])) is None:
                return None
            if (step := _step_of(secret, code, now=now)) is not None:
                fresh = file.execute("UPDATE second_factor SET last_step = ? WHERE holder = ? "
                                     "AND (last_step < ? OR last_step > ?)",  # Beyond: the clock was set back.
                                     (step, holder, step, step + 2)).rowcount
                return "clock" if fresh else None
            served = file.execute("UPDATE paper_code SET is_over = 1 WHERE sha256 = ? AND holder = ? AND is_over = 0",
                                  (_hidden(code), holder)).rowcount
        return "paper" if served else None

    # Halfway in: the first factor was shown, and opens nothing

    def set_out(self, browser: str, holder: str, *, now: int) -> None:
        """Remember that a browser has shown the first factor."""
        with self._using() as file:
            file.execute("INSERT INTO halfway VALUES (?, ?, ?)", (_hidden(browser), holder, now + HALFWAY_S * _SECOND))

    def halfway(self, browser: str, *, now: int) -> str | None:
        """Whose first factor a browser has shown, and not too long ago."""
        with self._using() as file:
            row = file.execute("SELECT holder FROM halfway WHERE browser = ? AND expires_at > ?",
                               (_hidden(browser), now)).fetchone()
        return None if row is None else str(row[0])

    def arrive(self, browser: str) -> bool:
        """Forget that it was halfway; False where it was not."""
        with self._using() as file:
            return file.execute("DELETE FROM halfway WHERE browser = ?", (_hidden(browser),)).rowcount > 0

    def turn_back(self, holder: str) -> None:
        """Forget every browser that is halfway in as somebody: their password is another now."""
        with self._using() as file:
            file.execute("DELETE FROM halfway WHERE holder = ?", (holder,))

    def tidy(self, *, now: int) -> None:
        """Drop what is over, and of whoever was forgotten everything."""
        with self._writing() as file:
            file.execute("DELETE FROM halfway WHERE expires_at <= ?", (now,))
            file.execute("UPDATE second_factor SET offered = NULL, offered_at = 0 WHERE offered_at <= ?",
                         (now - _OFFERED_S * _SECOND,))
            holders = file.execute("SELECT holder FROM second_factor").fetchall()
            gone = [row for row in holders if self._vault.is_destroyed(row[0])]
            file.executemany("DELETE FROM second_factor WHERE holder = ?", gone)
            file.executemany("DELETE FROM paper_code WHERE holder = ?", gone)
            file.execute("DELETE FROM second_factor WHERE sealed IS NULL AND offered IS NULL")

    def _opened(self, holder: str, sealed: bytes | None) -> bytes | None:
        if sealed is None:
            return None
        try:
            secret = self._vault.open_bytes(holder, sealed, place=_place(holder))
        except (WrongKey, KeyGone):  # The file or the vault came back from a copy: such a factor opens nothing.
            return None
        return None if isinstance(secret, Absent) else secret

    def _papers(self, holder: str, request: bytes) -> tuple[str, ...]:
        every = (b32encode(self._derived(f"paper {number}", holder, request)).decode()[:_PAPER_CHARS]
                 for number in range(PAPER_CODES))
        return tuple("-".join(re.findall("....", one)) for one in every)

    def _derived(self, what: str, holder: str, request: bytes) -> bytes:
        """The same request is answered with the same; from what is stored it cannot be derived."""
        return hmac.digest(self._key, b"\0".join((what.encode(), holder.encode(), request)), "sha256")


def code_at(secret: str, now: int) -> str:
    """What an authenticator shows: of whoever sets one up without a screen, and of tests."""
    return _totp(b32decode(secret)).generate(now // _SECOND).decode()


def _is_given(file: Asked, papers: tuple[str, ...]) -> bool:
    """Whether these were given before: those that have served since do not come back by asking again."""
    return file.execute("SELECT 1 FROM paper_code WHERE sha256 = ?", (_hidden(papers[0]),)).fetchone() is not None


def _give(file: Asked, holder: str, papers: tuple[str, ...]) -> None:
    file.execute("UPDATE paper_code SET is_over = 1 WHERE holder = ?", (holder,))
    file.executemany("INSERT INTO paper_code VALUES (?, ?, 0)", [(_hidden(one), holder) for one in papers])


def _offered(holder: str, secret: bytes) -> Offered:
    return Offered(b32encode(secret).decode(), _totp(secret).get_provisioning_uri(holder, ISSUER))


def _totp(secret: bytes) -> TOTP:
    return TOTP(secret, DIGITS, SHA1(), STEP_S)  # noqa: S303 - within an HMAC, and what authenticators know


def _step_of(secret: bytes, code: str, *, now: int) -> int | None:
    """Which half minute a code is of: this one, or the one beside it, since clocks differ and people type slowly."""
    typed = _plain(code).encode()
    now_step = now // _SECOND // STEP_S
    totp = _totp(secret)
    found = [step for step in (now_step - 1, now_step, now_step + 1)
             if hmac.compare_digest(totp.generate(step * STEP_S), typed)]
    return max(found, default=None)


def _plain(code: str) -> str:
    """A code as it was meant: keyboards add spaces, people hyphens and small letters."""
    return "".join(one for one in unicodedata.normalize("NFKC", code).upper() if one.isalnum())


def _place(holder: str) -> str:
    return f"second-factor/{holder}"


def _hidden(code: str) -> bytes:
    return hashlib.sha256(_plain(code).encode()).digest()
