"""One projection on its way: the file that stands, the one that is made beside it, and what went wrong last.

`tests/projections/test_follower.py` shows it.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple

import structlog

from projections.errors import ProjectionFailed
from projections.files.batch import Batch, Log
from projections.files.board import Failed, Progress, Said
from projections.files.build import Build, opened
from projections.files.file import ProjectionFile
from projections.files.former import remove_older
from projections.files.places import discard, is_damage, is_doubted, path_of
from projections.files.projection import Projection
from projections.files.reached import Reached

RETRY_MS: Final = 1_000
LOOK_MS: Final = 200
"""So often it is looked whether the files are still there: whoever deletes one means it to be made anew."""

Clock = Callable[[], int]
"""Nanoseconds that only grow: when a projection that failed is tried again, and files are looked at."""


class Lag(NamedTuple):
    """How far one projection is behind the log, and what keeps it, if anything does."""

    position: int
    behind: int
    building: Progress | None
    failure: ProjectionFailed | None


class Track:
    """One projection on its way."""

    def __init__(
        self, projection: Projection, folder: Path, ledger: Log, untouched: frozenset[str],
        clock: Clock = time.monotonic_ns,
    ) -> None:
        self.projection, self.folder, self.ledger, self.clock = projection, folder, ledger, clock
        self.path = path_of(folder, projection)
        self.file_name = self.path.name
        self.live: ProjectionFile | None = None
        self.told = 0  # Up to where readers know it to speak.
        self.build: Build | None = None
        self.failure: ProjectionFailed | None = None
        self.retry_at_ns = self.look_at_ns = 0
        if self.path.exists():
            file = opened(projection, self.path, ledger, untouched=untouched)
            if file.position or not ledger.store.size():
                self._stands(file)
                discard(path_of(folder, projection, "building"))  # Of a rebuild that was stopped.
                return
            file.close()
            discard(self.path)
        self.build = Build(projection, folder, ledger, untouched=untouched)

    def rebuild(self) -> None:
        """Begin to make it anew, beside what stands."""
        if self.build is None:
            discard(path_of(self.folder, self.projection, "building"))
            self.build = Build(self.projection, self.folder, self.ledger)

    def step(self, read: Callable[[int], Batch | None], size: int) -> bool:
        """Take the next batch, and the build's; say whether there is more to take at once."""
        if self.failure is not None and self.clock() < self.retry_at_ns:
            return False
        try:
            self._look()
            for file in self._files():
                if file.position < size and (batch := read(file.position)) is not None:
                    self._take(file, batch)
            if self.build is not None and self.build.file.position >= size:
                self._swap(self.build)
            self.failure = None
        except _Damaged as damaged:
            self._begin_anew(damaged.file)
        except ProjectionFailed as failed:
            self.failure = failed
            self.retry_at_ns = self.clock() + RETRY_MS * 1_000_000
            structlog.get_logger().error(
                "projection_failed", projection=failed.name, position=failed.position, exc_info=failed.cause
            )
            return False
        return any(file.position < size for file in self._files())

    def _look(self) -> None:
        """See now and then that the files are still there, and whole as far as their length says."""
        if self.clock() >= self.look_at_ns:
            self.look_at_ns = self.clock() + LOOK_MS * 1_000_000
            for file in self._files():
                _demand_there(file)

    def _files(self) -> list[ProjectionFile]:
        return [file for file in (self.live, None if self.build is None else self.build.file) if file is not None]

    def _take(self, file: ProjectionFile, batch: Batch) -> None:
        try:
            file.apply(batch, self.ledger)
        except Exception as error:
            if is_damage(error):
                raise _Damaged(file) from error
            if len(batch.leaves) == 1:
                raise ProjectionFailed(file.projection.name, position=batch.position, cause=error) from error
            if file.position == batch.after:  # Else it went back to what was written, and comes here again.
                for single in batch.parts(1):  # Which one was it? What stands before it is taken.
                    self._take(file, single)

    def _begin_anew(self, file: ProjectionFile) -> None:
        structlog.get_logger().warning("projection_discarded", projection=self.projection.name, because="damaged")
        file.let_go()
        discard(file.path)
        if file is self.live:
            self.live, self.told = None, 0
        if self.build is None or file is self.build.file:
            self.build = Build(self.projection, self.folder, self.ledger)

    def _swap(self, build: Build) -> None:
        _demand_there(build.file)
        if self.live is None:
            self._stands(build.put_in_place(self.path))
        else:
            build.put_into(self.live)
        self.build = None
        structlog.get_logger().info("projection_built", projection=self.projection.name, position=build.file.position)

    @property
    def reached(self) -> tuple[int, int]:
        """Say which file stands, by its number on the disk, and up to where it speaks; 0 and 0 for none."""
        return (0, 0) if self.live is None else (self.live.inode, self.live.spoken)

    def lag(self, size: int) -> Lag:
        build = self.build
        return Lag(self.told, size - self.told, None if build is None else build.progress(size), self.failure)

    def is_far(self, size: int) -> bool:
        """Say whether nothing stands yet, nor will soon."""
        build = self.build
        return self.live is None and build is not None and build.progress(size).is_far

    def said(self, size: int) -> Said:
        failure = None if self.failure is None else Failed(self.failure.position, self.failure.because)
        return Said(None if self.build is None else self.build.progress(size), failure)

    def close(self) -> None:
        for file in self._files():
            file.close()

    def come_back(self, read: Callable[[int], Batch | None], size: int) -> None:
        """Take what the file was told to speak of by whoever died: nobody is told less than before."""
        told = 0 if self.live is None else min(size, Reached(self.path).position(self.live.inode))
        while self.live is not None and self.live.position < told and self.failure is None:
            self.step(read, size)

    def _stands(self, file: ProjectionFile) -> None:
        self.live, file.is_told = file, True
        for name in remove_older(self.folder, self.projection):
            structlog.get_logger().info("projection_removed", file=name)


class _Damaged(Exception):
    """SQLite finds the file broken; no answer may come from it."""

    def __init__(self, file: ProjectionFile) -> None:
        self.file = file
        super().__init__(file.path.name)


def _demand_there(file: ProjectionFile) -> None:
    """Demand that nobody has taken a file away or cut it off, nor found it unreadable."""
    try:
        is_whole = file.is_there() and (not is_doubted(file.path) or _reads_whole(file.path))
    except sqlite3.Error as error:
        if not is_damage(error):
            raise
        is_whole = False
    if not is_whole:
        raise _Damaged(file)


def _reads_whole(path: Path) -> bool:
    """Check a file as others see it: what its owner has read already it does not read again."""
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=30)) as connection:
        return bool(connection.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok")
