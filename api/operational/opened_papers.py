"""Which papers of a claim an office has opened, and when last: to be seen beside the claim while it is decided.

Who saw whose papers is in the access log, which is proven and read by nobody in passing. This is the same for the eyes
of whoever decides, by ids alone: operational, and gone after a while. What an approver says they opened is theirs to
say (P 17, W 16); here they see what the system saw. `tests/console/test_claim_papers.py` shows it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from api.operational.place import Operational

if TYPE_CHECKING:
    from api.operational.place import Place

KEPT_S: Final = 90 * 86_400
"""Longer than a claim waits at a step."""

_SECOND: Final = 1_000_000
SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS opened_paper (
    claim     TEXT NOT NULL,
    sha256    TEXT NOT NULL,
    actor     TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    PRIMARY KEY (claim, sha256, actor)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS opened_paper_by_time ON opened_paper (opened_at);
"""


class OpenedPapers(Operational):
    """The table, used by every thread of a process under one lock; several processes may open the file at once."""

    def __init__(self, place: Place) -> None:
        super().__init__(place, SCHEMA)

    def note(self, claim: str, sha256: str, actor: str, *, now: int) -> None:
        """Say that somebody has just opened a paper."""
        with self._writing(claim) as file:
            file.execute("INSERT INTO opened_paper VALUES (?, ?, ?, ?) ON CONFLICT (claim, sha256, actor) "
                         "DO UPDATE SET opened_at = excluded.opened_at", (claim, sha256, actor, now))

    def of(self, claim: str) -> dict[str, dict[str, int]]:
        """Give for each paper of a claim who opened it, and when last in microseconds."""
        with self._using() as file:
            rows = file.execute(
                "SELECT sha256, actor, opened_at FROM opened_paper WHERE claim = ? ORDER BY opened_at", (claim,))
            found: dict[str, dict[str, int]] = {}
            for sha256, actor, opened_at in rows.fetchall():
                found.setdefault(sha256, {})[actor] = opened_at
        return found

    def tidy(self, *, now: int) -> None:
        """Forget what was opened long ago."""
        with self._writing() as file:
            file.execute("DELETE FROM opened_paper WHERE opened_at <= ?", (now - KEPT_S * _SECOND,))
