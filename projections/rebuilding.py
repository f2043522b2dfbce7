"""Rebuilding while nobody follows, and comparing what stands with what the log says.

`rebuild` makes a projection from nothing beside the file that stands and puts it in its place; it takes the lock of
the folder. `compare` makes it beside and touches nothing: the file that stands is read in one snapshot, at whatever
position it has, so it may be followed meanwhile. Both can be stopped at any time: what stands, stands.

`tests/projections/test_rebuilding.py` shows it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from ledger.ledger import Ledger
from projections.errors import NotBuilt, Unreadable
from projections.file import Content, ProjectionFile, content, discard, path_of
from projections.follower import EVENTS_AT_ONCE, Build, Ownership, opened, read_batch
from projections.projection import Projection

Progress = Callable[[int, int], None]


def rebuild(ledger: Ledger, folder: Path, projection: Projection, progress: Progress) -> int:
    """Make a projection anew and put it in place; gives the position. Raises AlreadyFollowed."""
    ownership = Ownership(folder)
    try:
        discard(path_of(folder, projection, building=True))
        build = Build(projection, folder, ledger)
        try:
            _fill(build.file, ledger, ledger.store.size(), progress)
        except BaseException:
            build.file.connection.close()  # Nothing of it is kept.
            discard(build.path)
            raise
        path = path_of(folder, projection)
        if not path.exists():
            file = build.put_in_place(path)
        else:
            file = opened(projection, path, ledger)
            build.put_into(file)
        file.close()
        return file.position
    finally:
        ownership.release()


class Comparison(NamedTuple):
    """What stands, and what the log says should."""

    name: str
    stands: Content
    should: Content

    @property
    def holds(self) -> bool:
        """Say whether they are the same."""
        return self.stands == self.should


def compare(ledger: Ledger, folder: Path, projection: Projection, progress: Progress) -> Comparison:
    """Compare a file with what is made from nothing up to the same position; raises NotBuilt or Unreadable."""
    path = path_of(folder, projection)
    if not path.exists():
        raise NotBuilt(projection.name)
    beside = path.with_name(f"{projection.name}.{projection.version}.compare.db")
    discard(beside)
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as snapshot:
            snapshot.execute("BEGIN")
            stands = content(snapshot)
        fresh = ProjectionFile(projection, beside, made=True)
        with closing(fresh.connection):
            _fill(fresh, ledger, stands.position, progress)
            return Comparison(projection.name, stands, content(fresh.connection))
    except sqlite3.Error as error:
        raise Unreadable(path, error) from error
    finally:
        discard(beside)


def _fill(file: ProjectionFile, ledger: Ledger, upto: int, progress: Progress) -> None:
    """Take everything up to a position."""
    progress(file.position, upto)
    while file.position < upto:
        batch = read_batch(ledger, file.position, min(EVENTS_AT_ONCE, upto - file.position))
        if batch is None:
            return  # The file is ahead of the log: the positions will differ, and that is the finding.
        file.apply(batch, ledger)
        progress(file.position, upto)
    file.write()
