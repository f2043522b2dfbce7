"""Looks: who saw whose data, when and for what purpose, so that it can be asked by account and by person.

Folded from the access log, which is a log of its own (`ledger.access.log`): so the file stands beside those of the
ledger and is kept up by the keeper each hour and by whoever asks, one at a time. It says what that log says in ids and
codes; deleting it costs a new reading. Of a long log that was never asked about a piece is read for each question, and
it is said how far it speaks.

`tests/projections/test_looks.py` shows it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar, Final, NamedTuple

from ledger.events.access import AccessRecorded
from ledger.lease import FileLease
from ledger.ledger import Ledger
from projections.errors import AlreadyFollowed, NotBuilt
from projections.files import rebuilding
from projections.files.batch import read_batch
from projections.files.build import opened
from projections.files.places import discard, path_of
from projections.files.projection import Effect, Projection, Rows, Table
from projections.files.reader import Reader
from projections.files.rebuilding import Progress
from projections.pages import Page, paged

AT_ONCE: Final = 2_000
EVENTS_MOST: Final = 40_000
"""So many are read for one question: a second or two."""


def _seen(rows: Rows, effect: Effect) -> None:
    event: AccessRecorded = effect.event
    by = effect.envelope.by
    rows.lasting["look"].enter((
        effect.recorded, effect.envelope.recorded_at, event.reader, by.role, by.organisation, event.subject,
        event.purpose, json.dumps(event.what), event.route))


class Looks(Projection):
    """The fold."""

    name: ClassVar = "looks"
    version: ClassVar = 1
    tables: ClassVar = {
        "look": Table(
            {"position": int, "at": int, "reader": str, "role": str, "organisation": str, "subject": str,
             "purpose": str, "what": str, "route": str}, ("position",), (("reader",), ("subject",)), dated=False)}
    handlers: ClassVar = {AccessRecorded: _seen}


class Look(NamedTuple):
    """Somebody saw something of somebody's."""

    position: int      # In the access log.
    at: int
    reader: str
    role: str
    organisation: str | None
    subject: str
    purpose: str
    what: tuple[str, ...]
    route: str | None


class Asked(NamedTuple):
    """By whom or of whom, between which times, and for which purpose."""

    reader: str | None = None
    subject: str | None = None
    first: int = 0
    last: int = (1 << 63) - 1
    purpose: str | None = None


def keep_up(log: Ledger, folder: Path, most: int = EVENTS_MOST) -> int:
    """Read what came since, at most so much, unless somebody else is about it; gives up to where the file speaks."""
    reader, size = Reader(Looks(), folder), log.store.size()
    at = _position(reader)
    if at == size:
        return at
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lease = FileLease(folder / f"{Looks.name}.lock")
    if not lease.try_take():
        return at
    try:
        path = path_of(folder, Looks())
        # What is damaged is found where it is read; to look through all of it would cost more than the question.
        file = opened(Looks(), path, log, untouched=frozenset({path.name}))
        try:
            until = min(log.store.size(), file.position + most)
            while file.position < until:
                batch = read_batch(log, file.position, min(AT_ONCE, until - file.position))
                assert batch is not None, "so many were there a moment ago"
                file.apply(batch, log)
        finally:
            file.close()
    finally:
        lease.release()
    return _position(reader)


def drop(log: Ledger, folder: Path, upto: int) -> bool:
    """Forget those that were taken out of the log up to a position; False where somebody else is about the file."""
    path = path_of(folder, Looks())
    if not path.exists():
        return True
    lease = FileLease(folder / f"{Looks.name}.lock")
    if not lease.try_take():
        return False
    try:
        file = opened(Looks(), path, log, untouched=frozenset({path.name}))
        try:
            file.connection.execute("PRAGMA secure_delete=ON")
            file.connection.execute("DELETE FROM look WHERE position <= ?", (upto,))
            file.connection.commit()
        finally:
            file.close()
    finally:
        lease.release()
    return True


def rebuild(log: Ledger, folder: Path, tell: Progress) -> int:
    """Make it anew from the whole access log; gives the position. Raises AlreadyFollowed."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lease = FileLease(folder / f"{Looks.name}.lock")
    if not lease.try_take():
        raise AlreadyFollowed(folder, process="")
    try:
        discard(path_of(folder, Looks()))
    finally:
        lease.release()
    size, at = log.store.size(), 0
    while at < size:  # In pieces, each of which stands.
        tell(at, size)
        reached = keep_up(log, folder)
        if reached == at:  # Somebody else goes on with it.
            raise AlreadyFollowed(folder, process="")
        at = reached
    tell(size, size)
    return at


def compare(log: Ledger, folder: Path, tell: Progress) -> tuple[int, str, str]:
    """What stands, and what the access log says as of the same position: the position and both digests."""
    found = rebuilding.compare(log, folder, Looks(), tell)
    return found.stands.position, found.stands.sha256, found.should.sha256


def looks(
    folder: Path, asked: Asked, *, upto: int, after: int | None = None, limit: int = 50
) -> Page[Look]:
    """Some of them, the newest first, of those up to a position of the access log."""
    given = [name for name in ("reader", "subject", "purpose") if getattr(asked, name) is not None]
    parts = ["position <= :upto", "at >= :first", "at <= :last", *(f"{name} = :{name}" for name in given)]
    values: dict[str, Any] = {**asked._asdict(), "upto": upto if after is None else min(upto, after - 1),
                              "limit": limit + 1}
    rows = Reader(Looks(), folder).rows(
        f"SELECT * FROM look WHERE {' AND '.join(parts)} ORDER BY position DESC LIMIT :limit", values)
    return paged(list(map(_read, rows)), limit, upto, lambda one: (one.position,))


def look_at(folder: Path, position: int) -> Look | None:
    """One of them, by where it stands in the access log."""
    rows = Reader(Looks(), folder).rows("SELECT * FROM look WHERE position = ?", (position,))
    return _read(rows[0]) if rows else None


def _read(row: tuple[Any, ...]) -> Look:
    *said, what, route = row
    return Look._make((*said, tuple(json.loads(what)), route))


def _position(reader: Reader) -> int:
    try:
        return reader.position()
    except NotBuilt:
        return 0
