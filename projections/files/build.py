"""Files that are made beside what stands, and files that are opened; one of another log or version, or damaged, anew.

`tests/projections/test_follower.py` and `tests/projections/test_making.py` show it.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import suppress
from pathlib import Path

import structlog

from ledger.durable import sync
from projections.files.batch import Log
from projections.files.board import Progress
from projections.files.file import ProjectionFile
from projections.files.places import discard, is_damage, path_of
from projections.files.projection import Projection


class Build:
    """A projection that is being made from nothing, beside whatever stands in its place."""

    def __init__(
        self, projection: Projection, folder: Path, ledger: Log, *, untouched: frozenset[str] = frozenset(),
        word: str = "building",
    ) -> None:
        self.path = path_of(folder, projection, word)
        # Of one that was stopped, what was done is kept.
        self.file = opened(projection, self.path, ledger, untouched=untouched, made=True)
        self._began, self._from = time.monotonic_ns(), self.file.position

    def progress(self, total: int) -> Progress:
        """Say how far it is."""
        return Progress.measured(self.file.position, total, began_ns=self._began, before=self._from)

    def put_in_place(self, path: Path) -> ProjectionFile:
        """Make it the file where there is none."""
        projection = self.file.projection
        self.file.finish()
        self.file.close()
        self.path.replace(path)
        sync(path.parent)
        return ProjectionFile(projection, path)

    def put_beside(self, path: Path) -> int:
        """Make it the file for whoever follows next, unless that one has begun to follow meanwhile and has its own."""
        self.file.finish()
        self.file.close()
        with suppress(FileExistsError):
            path.hardlink_to(self.path)
            sync(path.parent)
        discard(self.path)
        return self.file.position

    def put_into(self, live: ProjectionFile) -> None:
        """Give its content to the file that stands, in one transaction."""
        self.file.finish()
        live.replace_with(self.file)
        self.file.close()
        discard(self.path)


def opened(
    projection: Projection, path: Path, ledger: Log, *, untouched: frozenset[str] = frozenset(), made: bool = False
) -> ProjectionFile:
    """Open a file that fits the log; one that does not, or is damaged, is discarded with a line in the log.

    Those that are `untouched` since an orderly stop are not checked for damage.
    """
    because = "damaged"
    is_trusted = path.name in untouched or not path.exists()
    try:
        file = ProjectionFile(projection, path, made=made)
        if not file.is_own:
            because = "other_version"
        elif not file.is_whole:
            because = "torn"
        elif is_trusted or _is_sound(file):
            if file.fits(ledger):
                return file
            because = "ahead_of_log" if file.position > ledger.store.size() else "other_log"
        file.let_go()
    except sqlite3.Error as error:
        if not is_damage(error):
            if error.sqlite_errorcode != sqlite3.SQLITE_ERROR:
                raise
            because = "other_version"  # It has not the tables that are asked for.
    structlog.get_logger().warning("projection_discarded", projection=projection.name, because=because)
    discard(path)
    return ProjectionFile(projection, path, made=made)


def _is_sound(file: ProjectionFile) -> bool:
    """Check a file for damage, and say how long it took: a start that is slow should say why."""
    began = time.monotonic_ns()
    sound = file.is_sound()
    millis = (time.monotonic_ns() - began) // 1_000_000
    structlog.get_logger().info("projection_checked", file=file.path.name, sound=sound, millis=millis)
    return sound
