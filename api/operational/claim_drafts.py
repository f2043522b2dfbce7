"""Drafts of claims: what somebody has typed so far, kept for them alone, outside the log. Operational, not proven.

What a draft says is sealed under the key of its person, so whoever reads `operations.db` or a copy of it learns that
there is one and nothing more; whose key is destroyed, their drafts are gone at once and cleared away within the hour.

A draft bears from the beginning the id of the claim that it will become. However often it is submitted, and whatever
breaks in between, it becomes that one claim and no second. `tests/api/test_claim_drafts.py` shows it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from api.evidence.files import WAITS_S
from api.operational.place import Operational
from ledger.keys.master import WrongKey
from ledger.keys.vault import Absent, Vault
from ledger.stores.portable import Asked

if TYPE_CHECKING:
    from api.operational.place import Place

DRAFTS_MOST: Final = 50
KEPT_S: Final = WAITS_S
"""As long as a paper waits for its claim: neither outlives the other without the person having come back."""

_TURN: Final = "turn"
"""Beside the parts of a claim, of which none is called so: sealed with what was typed, and no column of its own."""

_SECOND: Final = 1_000_000
SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS claim_draft (
    person   TEXT NOT NULL,
    name     TEXT NOT NULL,
    claim    TEXT NOT NULL,
    version  INTEGER NOT NULL,
    saved_at INTEGER NOT NULL,
    sealed   BLOB NOT NULL,
    PRIMARY KEY (person, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS claim_draft_by_time ON claim_draft (saved_at);
"""


class Turn(NamedTuple):
    """Which page sent a draft, and as its how-manieth sending: whoever types alone can neither outdate nor undo it."""

    page: str
    number: int


class Draft(NamedTuple):
    """A draft as it was last saved."""

    name: str
    claim: str      # What it will be when it is submitted.
    version: int
    saved_at: int   # Microseconds since 1970.
    content: dict[str, Any]
    turn: Turn | None = None  # None: no page of ours saved it.

    @property
    def kept_until(self) -> int:
        """When it is cleared away unless it is saved again."""
        return self.saved_at + KEPT_S * _SECOND


class Stale(NamedTuple):
    """The draft is another than the one that was seen."""

    stands: Draft | None


class Full(NamedTuple):
    """The person has as many drafts as anybody may."""

    drafts: int


class ClaimDrafts(Operational):
    """The table, used by every thread of a process under one lock; several processes may open the file at once."""

    def __init__(self, place: Place, vault: Vault) -> None:
        self._vault = vault
        super().__init__(place, SCHEMA)

    def save(
        self, person: str, name: str, content: dict[str, Any], *, seen: int | None, claim: str, now: int,
        turn: Turn | None = None,
    ) -> Draft | Stale | Full:
        """Keep what was typed over the version that was seen, None for a new one. What stands already stays as it is.

        `claim`: what a new draft will become. `turn`: of the page that saved it last, the order in which it sent is
        what counts, since neither the versions that it was answered nor its sendings need arrive in that order.
        """
        self._vault.prepare([person])  # Of whoever was forgotten it raises KeyGone.
        with self._writing(person) as file:
            stands = self._find(file, person, name)
            is_same = stands is not None and stands.content == content
            is_later = None if stands is None else _is_later(turn, stands.turn)
            if stands is not None and (is_later is False or (is_same and turn in (None, stands.turn))):
                return stands  # Overtaken by what the same page sent later; or sent again, since the answer was lost.
            if is_later is None and not is_same and (None if stands is None else stands.version) != seen:
                return Stale(stands)
            if stands is None:
                (count,) = file.execute("SELECT COUNT(*) FROM claim_draft WHERE person = ?", (person,)).fetchone()
                if count >= DRAFTS_MOST:
                    return Full(count)
            kept = Draft(name, claim, 1, now, content, turn) if stands is None else stands._replace(
                version=stands.version + (not is_same), saved_at=now, content=content, turn=turn)
            whole = content if turn is None else {**content, _TURN: turn}
            sealed = self._vault.seal_bytes(person, msgspec.json.encode(whole), place=_place(name))
            file.execute(
                "INSERT INTO claim_draft VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (person, name) DO UPDATE SET "
                "claim = excluded.claim, version = excluded.version, saved_at = excluded.saved_at, "
                "sealed = excluded.sealed", (person, name, kept.claim, kept.version, now, sealed))
            return kept

    def find(self, person: str, name: str) -> Draft | None:
        """Give a person's draft."""
        with self._using() as file:
            return self._find(file, person, name)

    def every(self, person: str) -> list[Draft]:
        """Give all drafts of a person, the last saved first."""
        with self._using() as file:
            rows = file.execute(f"{_SELECT} ORDER BY saved_at DESC, name", (person,)).fetchall()
        return [draft for row in rows if (draft := self._opened(person, row)) is not None]

    def papers(self, person: str) -> set[str]:
        """The digests of all papers that a person's drafts name."""
        named = (paper for draft in self.every(person) for paper in draft.content.get("evidence", ()))
        return {paper["sha256"] for paper in named if isinstance(paper, dict) and isinstance(paper.get("sha256"), str)}

    def drop(self, person: str, name: str) -> bool:
        """Drop a draft; False where there is none."""
        with self._using() as file:
            return file.execute(
                "DELETE FROM claim_draft WHERE person = ? AND name = ?", (person, name)).rowcount > 0

    def tidy(self, *, now: int) -> None:
        """Drop what nobody came back to, and what nobody can read any more."""
        with self._writing() as file:
            file.execute("DELETE FROM claim_draft WHERE saved_at <= ?", (now - KEPT_S * _SECOND,))
            people = file.execute("SELECT DISTINCT person FROM claim_draft").fetchall()
            file.executemany("DELETE FROM claim_draft WHERE person = ?",
                             [row for row in people if self._vault.is_destroyed(row[0])])

    def _find(self, file: Asked, person: str, name: str) -> Draft | None:
        row = file.execute(f"{_SELECT} AND name = ?", (person, name)).fetchone()
        return None if row is None else self._opened(person, row)

    def _opened(self, person: str, row: tuple[str, str, int, int, bytes]) -> Draft | None:
        name, claim, version, saved_at, sealed = row
        try:
            content = self._vault.open_bytes(person, sealed, place=_place(name))
        except WrongKey:  # The file or the vault came back from a copy: what cannot be read is as good as not there.
            return None
        if isinstance(content, Absent):
            return None
        whole = msgspec.json.decode(content, type=dict[str, Any])
        turn = whole.pop(_TURN, None)
        return Draft(name, claim, version, saved_at, whole, None if turn is None else Turn(*turn))


def _is_later(turn: Turn | None, last: Turn | None) -> bool | None:
    """Whether a page sent something after what stands, or at once; None: what stands is not of this page."""
    return None if turn is None or last is None or turn.page != last.page else turn.number >= last.number


_SELECT: Final = "SELECT name, claim, version, saved_at, sealed FROM claim_draft WHERE person = ?"


def _place(name: str) -> str:
    return f"claim-draft/{name}"
