"""Sessions of study that are going on: who studies what, what has been counted, which nonce comes next. Operational.

A person has one at a time, whatever number of windows is open: the next one begins where the last one has ended. Each
sign of life bears the nonce that the answer to the last one gave; a nonce opens one, so nothing can be prepared, said
twice or said for two. What was counted is durable before it is answered: a restart loses what lies between two signs
of life and nothing else. When a session ends, what it came to is recorded in the log and becomes the fact; from where
it was studied is sealed under the person's key until then and dropped after.

`tests/api/test_study_sessions.py` shows it.
"""

from __future__ import annotations

import hmac
import secrets
from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from api.operational.place import Operational
from api.operational.study_time import Question, StudyTime, beat
from ledger.keys.vault import Absent, Vault

if TYPE_CHECKING:
    from api.operational.place import Place

NONCE_LENGTH: Final = 24
KEPT_S: Final = 7 * 86_400
"""So long the end of a session is told again to whoever lost the answer."""

_SECOND: Final = 1_000_000
_DIGITS: Final = "零一二三四五六七八九"
SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS study_session (
    session    TEXT PRIMARY KEY,
    person     TEXT NOT NULL,
    enrolment  TEXT NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('open', 'ending', 'ended')),
    number     INTEGER NOT NULL,
    time       BLOB NOT NULL,
    last_at    INTEGER NOT NULL,
    sealed     BLOB,
    begun_by   BLOB NOT NULL,
    last_by    BLOB,
    ended_by   BLOB
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS study_session_of_person ON study_session (person) WHERE state <> 'ended';
CREATE INDEX IF NOT EXISTS study_session_by_time ON study_session (state, last_at);
"""
_SELECT: Final = "SELECT session, person, enrolment, state, number, time, last_by, ended_by FROM study_session"


class Whereabouts(NamedTuple):
    """From where somebody studies (D10)."""

    address: str | None = None
    device: str | None = None


class Session(NamedTuple):
    """A session as it stands."""

    session: str
    person: str
    enrolment: str
    state: str
    number: int          # How many signs of life have been taken.
    time: StudyTime
    last_by: bytes | None
    ended_by: bytes | None


class WrongNonce(NamedTuple):
    """A sign of life with a nonce that is not the next one."""


class StudySessions(Operational):
    """The table, used by every thread of a process under one lock; several processes may open the file at once."""

    def __init__(self, place: Place, key: bytes, vault: Vault) -> None:
        self._key, self._vault = key, vault
        super().__init__(place, SCHEMA)

    def nonce(self, session: Session) -> str:
        """The nonce of the next sign of life."""
        said = f"{session.session}\0{session.number}".encode()
        return urlsafe_b64encode(hmac.digest(self._key, said, "sha256")[:18]).decode()

    def begin(
        self, person: str, enrolment: str, time: StudyTime, whereabouts: Whereabouts, *, request: bytes
    ) -> Session:
        """Begin a session, or give the one that this request began, or the one that has to end first."""
        self._vault.prepare([person])
        with self._writing(person) as file:
            row = file.execute(
                f"{_SELECT} WHERE person = ? AND (begun_by = ? OR state <> 'ended') "
                "ORDER BY CASE WHEN begun_by = ? THEN 0 ELSE 1 END LIMIT 1", (person, request, request)).fetchone()
            if row is not None:
                return _session(row)
            made = Session(secrets.token_urlsafe(12), person, enrolment, "open", 0, time, None, None)
            sealed = self._vault.seal_bytes(person, msgspec.json.encode(whereabouts), place=_place(made.session))
            file.execute("INSERT INTO study_session VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL)", (
                made.session, person, enrolment, made.state, made.number, msgspec.json.encode(time), time.last_at,
                sealed, request))
        return made

    def was_begun_by(self, session: Session, request: bytes) -> bool:
        """Say whether it was this request that began it."""
        with self._using() as file:
            (found,) = file.execute("SELECT begun_by FROM study_session WHERE session = ?",
                                          (session.session,)).fetchone()
        return bool(found == request)

    def beat(
        self, person: str, enrolment: str, nonce: str, answer: str | None, *, now: int, request: bytes | None
    ) -> Session | WrongNonce | None:
        """Take a sign of life; the one that was taken last is answered again. None: nothing is going on there.

        Without a request it is only tried.
        """
        with self._writing(person) as file:
            row = file.execute(f"{_SELECT} WHERE person = ? AND enrolment = ? AND state = 'open'",
                               (person, enrolment)).fetchone()
            if row is None:
                return None
            session = _session(row)
            if request is not None and session.last_by == request:
                return session
            if not hmac.compare_digest(self.nonce(session).encode(), nonce.encode()):
                return WrongNonce()
            time = beat(session.time, now, answer, question())
            session = session._replace(number=session.number + 1, time=time, last_by=request)
            if request is not None:
                file.execute("UPDATE study_session SET number = ?, time = ?, last_at = ?, last_by = ? "
                             "WHERE session = ?", (session.number, msgspec.json.encode(time), time.last_at, request,
                                                   session.session))
        return session

    def find(self, person: str, enrolment: str, *, request: bytes | None = None) -> Session | None:
        """What is going on there; or what this request has ended."""
        with self._using() as file:
            row = file.execute(
                f"{_SELECT} WHERE person = ? AND enrolment = ? AND (state <> 'ended' OR ended_by = ?) "
                "ORDER BY CASE WHEN ended_by = ? THEN 0 ELSE 1 END LIMIT 1",
                (person, enrolment, request, request)).fetchone()
        return None if row is None else _session(row)

    def stop(self, session: Session, *, request: bytes | None = None) -> Session:
        """Count no more: what stands now is what will be recorded. `request`: who will be told of it."""
        with self._writing(session.person) as file:
            file.execute("UPDATE study_session SET state = 'ending', ended_by = coalesce(ended_by, ?) "
                         "WHERE session = ? AND state <> 'ended'", (request, session.session))
            row = file.execute(f"{_SELECT} WHERE session = ?", (session.session,)).fetchone()
        return session._replace(state="ended") if row is None else _session(row)

    def whereabouts(self, session: Session) -> Whereabouts:
        """From where it was studied; nothing of somebody whose key is gone, or when it was recorded."""
        with self._using() as file:
            row = file.execute("SELECT sealed FROM study_session WHERE session = ?",
                                     (session.session,)).fetchone()
        if row is None or row[0] is None:
            return Whereabouts()
        found = self._vault.open_bytes(session.person, row[0], place=_place(session.session))
        return Whereabouts() if isinstance(found, Absent) else msgspec.json.decode(found, type=Whereabouts)

    def ended(self, session: Session) -> None:
        """It was recorded, or there was nothing to record."""
        with self._writing(session.person) as file:
            file.execute("UPDATE study_session SET state = 'ended', sealed = NULL WHERE session = ?",
                         (session.session,))

    def left(self, *, before: int, limit: int = 200) -> list[Session]:
        """Those that nobody came back to since, and those whose end was broken off."""
        with self._using() as file:
            rows = file.execute(f"{_SELECT} WHERE state <> 'ended' AND last_at < ? ORDER BY last_at LIMIT ?",
                                      (before, limit)).fetchall()
        return [_session(row) for row in rows]

    def tidy(self, *, now: int) -> None:
        """Drop what has long been recorded."""
        with self._writing() as file:
            file.execute("DELETE FROM study_session WHERE state = 'ended' AND last_at <= ?", (now - KEPT_S * _SECOND,))


def question() -> Question:
    """Something that a person who is there answers at a glance, read out by a screen reader like any text."""
    one, other = 1 + secrets.randbelow(9), 1 + secrets.randbelow(9)
    return Question(f"{_DIGITS[one]}加{_DIGITS[other]}等于几？请填数字。", str(one + other))


def _session(row: tuple[str, str, str, str, int, bytes, bytes | None, bytes | None]) -> Session:
    found = Session._make(row)
    return found._replace(time=msgspec.json.decode(row[5], type=StudyTime))


def _place(session: str) -> str:
    return f"study-session/{session}"
