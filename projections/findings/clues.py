"""The file of clues, kept up by whoever has it: the log is taken first, papers are looked into afterwards.

It is a file like that of any projection (rows and position in one transaction; an act counts when it is closed; another
log, another version or damage and it is made anew, beside its place and without indexes until it is whole), but no
neighbour of theirs: none of them may open what is sealed.
The log is taken first and papers are read afterwards, a few at a time, from a list of what is still unread: a register
whose files come to terabytes is searched by number on the first day. A file that nobody has any more, or not yet, is
left out until the clues are made from nothing.

`clue_file.py` says what a clue is; `tests/projections/findings/test_clues.py` shows it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from ledger.ledger import Ledger
from projections.errors import NotBuilt
from projections.files.batch import read_batch
from projections.files.build import Build, opened
from projections.files.content import content
from projections.files.file import ProjectionFile
from projections.files.former import remove_older
from projections.files.places import discard, path_of
from projections.findings.clue_file import ClueFile, clue_of
from projections.findings.marks import marks_of

EVENTS_AT_ONCE: Final = 2_000
PAPERS_AT_ONCE: Final = 20

Papers = Callable[[str, str], bytes | None]
"""Gives a person's file by its digest; None where there is none, or none any more."""
Tell = Callable[[int, int], None]


class Clues:
    """The file, kept up by whoever has it. It is one thread's, and one process's: that of the findings."""

    def __init__(self, ledger: Ledger, folder: Path, papers: Papers | None = None) -> None:
        self._ledger, self._papers = ledger, papers
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder, self._projection = folder, ClueFile(ledger)
        self.path: Final = path_of(folder, self._projection)
        self._build: Build | None = None
        self._file = self._opened()
        _overwrite(self._file)

    def _opened(self) -> ProjectionFile:
        """What stands; where nothing does, what is being made: of one that was stopped, what was done is kept."""
        if self.path.exists():
            file = opened(self._projection, self.path, self._ledger)
            if file.position or not self._ledger.store.size():
                remove_older(self._folder, self._projection)
                discard(path_of(self._folder, self._projection, "building"))
                return file
            file.close()
            discard(self.path)
        self._build = Build(self._projection, self._folder, self._ledger)
        return self._build.file

    def close(self) -> None:
        """Let go of it; what is being made goes on from there the next time."""
        self._file.close()

    def __enter__(self) -> Clues:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def position(self) -> int:
        """Up to where it speaks."""
        return self._file.position

    def is_there(self) -> bool:
        """Say whether it is still the file of its name."""
        return self._file.is_there()

    def changes(self) -> int:
        """The file's own counter of what others changed in it."""
        return int(self._file.connection.execute("PRAGMA data_version").fetchone()[0])

    @property
    def unread(self) -> int:
        """How many papers wait to be looked into."""
        return int(self._file.rows.connection.execute("SELECT count(*) FROM unread").fetchone()[0])

    def catch_up(self, upto: int | None = None, tell: Tell = lambda _, __: None) -> int:
        """Take the log up to a position, or as far as it goes; gives where that is.

        Where a file stands each piece is one commit. What is being made is put in place there. Whoever is told of a
        piece may raise: nothing of it is lost.
        """
        self._take(self._file, self._ledger.store.size() if upto is None else upto, tell)
        if self._build is not None and self.position:
            self._file, self._build = self._build.put_in_place(self.path), None
            _overwrite(self._file)
            remove_older(self._folder, self._projection)
        return self.position

    def _take(self, file: ProjectionFile, until: int, tell: Tell) -> None:
        while file.position < until:
            batch = read_batch(self._ledger, file.position, min(EVENTS_AT_ONCE, until - file.position))
            if batch is None:
                break
            self._projection.look_ahead(batch)
            file.apply(batch, self._ledger)
            if file.path == self.path:
                self._tidy_ahead()
            tell(file.position, until)

    def _tidy_ahead(self) -> None:
        """What is written ahead still holds what was overwritten."""
        if self._projection.has_forgotten:
            self._projection.has_forgotten = False
            self._file.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def rebuild(self, upto: int, tell: Tell) -> int:
        """Make it anew, and put that in the place of what stands; stopped on the way, what stands, stands."""
        if self._build is not None:
            return self.catch_up(upto, tell)
        build = self._made("building", upto, tell)
        build.put_into(self._file)
        self._projection.has_forgotten = True
        self._tidy_ahead()
        return self.position

    def compare(self, tell: Tell) -> tuple[int, str, str]:
        """What stands, and what is made anew as of the same position: the position and both digests."""
        if self._build is not None:
            raise NotBuilt(self._projection.name)
        stands = content(self._file.rows.connection)
        build = self._made("compare", stands.position, tell)
        should = content(build.file.connection)
        build.file.let_go()
        discard(build.path)
        return stands.position, stands.sha256, should.sha256

    def _made(self, word: str, upto: int, tell: Tell) -> Build:
        """Everything anew from the log, beside what stands; what papers told is not asked of them again."""
        discard(path_of(self._folder, self._projection, word))
        build = Build(self._projection, self._folder, self._ledger, word=word)
        try:
            _overwrite(build.file)
            self._take(build.file, upto, tell)
            build.file.write()
            with build.file.one_commit():
                _carry_over(self._file.rows.connection, build.file.rows.connection, self.position)
        except BaseException:
            build.file.let_go()
            discard(build.path)
            raise
        return build

    def due(self, most: int = PAPERS_AT_ONCE) -> list[str]:
        """The claims whose papers `read_papers` would look into next."""
        query = "SELECT claim FROM unread ORDER BY event, claim, sha256 LIMIT ?"
        return [claim for (claim,) in self._file.rows.connection.execute(query, (most,))]

    def read_papers(self, most: int = PAPERS_AT_ONCE) -> int:
        """Look into so many papers, oldest first; gives how many are left. Without files there is nothing to read."""
        connection = self._file.rows.connection
        query = "SELECT claim, sha256, person, event FROM unread ORDER BY event, claim, sha256 LIMIT ?"
        while most > 0 and (due := connection.execute(query, (min(most, PAPERS_AT_ONCE),)).fetchall()):
            found = [(row, list(self._marks(row[2], row[1]))) for row in due]
            with self._file.one_commit():
                for (claim, sha256, person, event), marks in found:
                    connection.executemany(
                        "INSERT OR IGNORE INTO clue VALUES (?, ?, ?, ?, ?)",
                        [(claim, person, kind, value, event) for kind, value in marks])
                    connection.execute("DELETE FROM unread WHERE claim = ? AND sha256 = ?", (claim, sha256))
            most -= len(due)
        return self.unread

    def _marks(self, person: str, sha256: str) -> Iterator[tuple[str, str]]:
        data = None if self._papers is None else self._papers(person, sha256)
        if data is not None:
            marks = marks_of(data)
            for kind, value in (("document", marks.document), ("picture", marks.picture)):
                if value is not None:
                    yield kind, clue_of(self._ledger.lookup, kind, value)


def _overwrite(file: ProjectionFile) -> None:
    """Have what is deleted overwritten."""
    file.connection.execute("PRAGMA secure_delete = ON")


def _carry_over(stands: sqlite3.Connection, made: sqlite3.Connection, upto: int) -> None:
    """What was read of papers that a claim still shows, and that it was read, up to where it stood."""
    made.executemany(
        "INSERT OR IGNORE INTO clue SELECT ?1, ?2, ?3, ?4, ?5 "
        "WHERE EXISTS (SELECT 1 FROM unread WHERE claim = ?1 AND event = ?5)",
        stands.execute("SELECT claim, person, kind, value, event FROM clue WHERE kind IN ('document', 'picture')"))
    made.execute("CREATE TEMP TABLE left (claim TEXT, sha256 TEXT, PRIMARY KEY (claim, sha256))")
    made.executemany("INSERT INTO left VALUES (?, ?)", stands.execute("SELECT claim, sha256 FROM unread"))
    made.execute("DELETE FROM unread WHERE event <= ? AND (claim, sha256) NOT IN (SELECT claim, sha256 FROM left)",
                 (upto,))
    made.execute("DROP TABLE left")
