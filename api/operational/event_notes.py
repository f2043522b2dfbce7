"""What an investigator notes beside events: a star, some words; for themselves, or for those who work on a case too.

Operational and not proven: a note is a thought on the way, no finding, and is changed and dropped as thoughts are. What
is to stand for ever is written into the case (`api.cases.investigating.case_desk`). Words are sealed under the key of
whoever the event is about, so that they go with them; of an event that is nobody's, under the writer's.

`tests/console/test_event_note_screens.py` shows it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, NamedTuple

from api.operational.place import Operational
from ledger.keys.master import WrongKey
from ledger.keys.vault import Absent, Vault

if TYPE_CHECKING:
    from api.operational.place import Place

NOTES_MOST: Final = 2_000
WORDS_MOST: Final = 500
SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS event_note (
    writer   TEXT NOT NULL,
    event    INTEGER NOT NULL,
    case_id  TEXT NOT NULL,
    is_star  INTEGER NOT NULL,
    saved_at INTEGER NOT NULL,
    owner    TEXT NOT NULL,
    sealed   BLOB NOT NULL,
    PRIMARY KEY (writer, event)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS event_note_by_event ON event_note (event);
"""


class Note(NamedTuple):
    """What somebody noted beside one event."""

    writer: str
    event: int
    case_id: str    # For those who work on this case, too; empty: for the writer alone.
    is_star: bool
    saved_at: int   # Microseconds since 1970.
    words: str


class Full(NamedTuple):
    """Somebody has noted as much as anybody may."""

    notes: int


class EventNotes(Operational):
    """The table, used by every thread of a process under one lock; several processes may open the file at once."""

    def __init__(self, place: Place, vault: Vault) -> None:
        self._vault = vault
        super().__init__(place, SCHEMA)

    def save(self, note: Note, *, owner: str) -> Full | None:
        """Keep it in the place of what its writer noted there before; one without star and words is dropped."""
        if not note.words and not note.is_star:
            self.drop(note.writer, note.event)
            return None
        self._vault.prepare([owner])  # Of whoever was forgotten it raises KeyGone.
        sealed = self._vault.seal_bytes(owner, note.words.encode(), place=_place(note.writer, note.event))
        with self._writing(note.writer) as file:
            (count,) = file.execute("SELECT COUNT(*) FROM event_note WHERE writer = ? AND event <> ?",
                                    (note.writer, note.event)).fetchone()
            if count >= NOTES_MOST:
                return Full(count)
            file.execute(
                "INSERT INTO event_note VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (writer, event) DO UPDATE SET "
                "case_id = excluded.case_id, is_star = excluded.is_star, saved_at = excluded.saved_at, "
                "owner = excluded.owner, sealed = excluded.sealed",
                (note.writer, note.event, note.case_id, int(note.is_star), note.saved_at, owner, sealed))
        return None

    def drop(self, writer: str, event: int) -> None:
        """Drop what somebody noted."""
        with self._using(writer) as file:
            file.execute("DELETE FROM event_note WHERE writer = ? AND event = ?", (writer, event))

    def beside(self, events: Iterable[int]) -> list[Note]:
        """Everything noted beside these events, by whomever: whose it is to be shown to is not said here."""
        found: list[Note] = []
        with self._using() as file:
            for event in dict.fromkeys(events):
                rows = file.execute(f"{_SELECT} WHERE event = ? ORDER BY saved_at", (event,)).fetchall()
                found += [note for row in rows if (note := self._opened(row)) is not None]
        return found

    def every(self, writer: str) -> list[Note]:
        """Everything that somebody noted, the last saved first."""
        with self._using() as file:
            rows = file.execute(f"{_SELECT} WHERE writer = ? ORDER BY saved_at DESC, event", (writer,)).fetchall()
        return [note for row in rows if (note := self._opened(row)) is not None]

    def tidy(self) -> None:
        """Drop what nobody can read any more."""
        with self._writing() as file:
            owners = file.execute("SELECT DISTINCT owner FROM event_note").fetchall()
            file.executemany("DELETE FROM event_note WHERE owner = ?",
                             [row for row in owners if self._vault.is_destroyed(row[0])])

    def _opened(self, row: tuple[str, int, str, int, int, str, bytes]) -> Note | None:
        writer, event, case_id, is_star, saved_at, owner, sealed = row
        try:
            words = self._vault.open_bytes(owner, sealed, place=_place(writer, event))
        except WrongKey:  # The file or the vault came back from a copy: what cannot be read is as good as not there.
            return None
        return None if isinstance(words, Absent) else Note(
            writer, event, case_id, bool(is_star), saved_at, words.decode())


_SELECT: Final = "SELECT writer, event, case_id, is_star, saved_at, owner, sealed FROM event_note"


def _place(writer: str, event: int) -> str:
    return f"event-note/{json.dumps([writer, event])}"
