"""Rewrapping: every key under another master key, without touching one event of the log.

First each key is opened under the present master key, wrapped under the next, opened again and compared; what came of
it is put beside it, some hundred in a commit, so that a rewrap that was stopped goes on where it was. Then one
transaction exchanges them all and names the next master key as the present one. Before it the present one opens
everything, after it the next one does, and there is nothing in between. The first part harms no service that runs;
for the second none may, since it would go on wrapping new keys under a master key that is no longer the present one
(`ledger.keys.ring` refuses that, too).

The former master key is kept until the last backup under it is gone. `tests/ledger/test_key_rewrap.py` kills it.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from ledger.errors import LedgerError
from ledger.keys.file import KeyFile, Master, in_one, present_master
from ledger.keys.makes import make_beside
from ledger.keys.master import MasterKey, Owned, WrongKey
from ledger.stores.portable import Asked

AT_ONCE: Final = 256
Progress = Callable[[int, int], None]


class Unfaithful(LedgerError):
    """The next master key does not give back what it was given."""

    code = "master_key_unfaithful"

    def __init__(self, make: str, owner: str) -> None:
        super().__init__(
            f"新的主密钥 {make} 包裹 {owner} 的密钥之后，打开所得与原来不同。"
            "未作更换，原主密钥仍有效。请检查该密钥服务。"
        )


class Rewrapped(NamedTuple):
    """What a rewrap came to: the keys exchanged, and which master key they were under and are under."""

    keys: int
    former: Master
    present: Master


def finished(file: KeyFile, following: MasterKey) -> Master | None:
    """Whether it is done: asked first, since a run that was stopped after the switch is run again to end it."""
    with file.used() as connection:
        present = present_master(connection)
        if present is None or present.make != make_beside(following.make, file.folder):
            return None
        file.wipe(connection, f"密钥已全部改由 {present.make} 包裹")
        return present


def prepare(file: KeyFile, present: MasterKey, following: MasterKey, progress: Progress) -> int:
    """Wrap under the next master key every key that is not yet; gives how many are ready.

    May run beside a service: what that destroys meanwhile is destroyed here, too, and what it makes is prepared at the
    switch.
    """
    _begin(file, following)
    with file.used() as connection:
        total = connection.execute("SELECT count(*) FROM keys").fetchone()[0]
        ready: int = connection.execute("SELECT count(*) FROM rewrapped").fetchone()[0]
    progress(ready, total)
    after = ""
    while waiting := _waiting(file, after):
        after = waiting[-1].owner
        wrapped = _wrapped_again(waiting, present, following)
        with file.changed() as connection:
            ready += _keep(connection, waiting, wrapped)
        progress(ready, max(total, ready))
    return ready


def switch(file: KeyFile, present: MasterKey, following: MasterKey, progress: Progress) -> Rewrapped:
    """Exchange all keys in one transaction, wrapping first what is still missing; nobody else may have the folder.

    `progress` is called once more with all done right before the commit.
    """
    with file.used() as connection:
        with in_one(connection):
            former = present_master(connection)
            assert former is not None, "a vault that was opened knows its master key"
            for waiting in _rest(connection):
                _keep(connection, waiting, _wrapped_again(waiting, present, following))
            changed = connection.execute(
                "UPDATE keys SET wrapped = r.wrapped FROM rewrapped r WHERE r.owner = keys.owner").rowcount
            total = connection.execute("SELECT count(*) FROM keys").fetchone()[0]
            assert changed == total, "each key has what takes its place"
            connection.execute("DELETE FROM rewrapped")
            now = time.time_ns() // 1_000
            connection.execute("UPDATE masters SET since = ? WHERE since IS NULL", (now,))
            successor = present_master(connection)
            assert successor is not None and successor.serial > former.serial, "it was prepared"
            progress(total, total)
        file.wipe(connection, f"密钥已全部改由 {successor.make} 包裹")
    return Rewrapped(total, former, successor)


def _begin(file: KeyFile, following: MasterKey) -> None:
    """Name what is being prepared; what an earlier run prepared for another master key is dropped."""
    make = make_beside(following.make, file.folder)
    with file.changed() as connection:
        present = present_master(connection)
        assert present is not None and present.make != make, "it is not done yet"
        named = connection.execute("SELECT make FROM masters WHERE since IS NULL").fetchall()
        if named == [(make,)] and _is_opened(connection, following):
            return
        connection.execute("DELETE FROM rewrapped")
        connection.execute("DELETE FROM masters WHERE since IS NULL")
        connection.execute("INSERT INTO masters VALUES (?, ?, NULL)", (present.serial + 1, make))


def _is_opened(connection: Asked, following: MasterKey) -> bool:
    """Whether what was prepared is this master key's: a file of that name may have been made anew since."""
    row = connection.execute("SELECT owner, wrapped FROM rewrapped LIMIT 1").fetchone()
    try:
        return row is None or bool(following.unwrap([Owned(*row)]))
    except WrongKey:
        return False


def _waiting(file: KeyFile, after: str) -> list[Owned]:
    with file.used() as connection:
        return _unprepared(connection, after)


def _rest(connection: Asked) -> Iterator[list[Owned]]:
    """What is not prepared, or was for bytes that are no longer those of the key."""
    after = ""
    while waiting := _unprepared(connection, after):
        after = waiting[-1].owner
        yield waiting


def _unprepared(connection: Asked, after: str) -> list[Owned]:
    rows = connection.execute(
        "SELECT k.owner, k.wrapped, r.of FROM keys k LEFT JOIN rewrapped r USING (owner)"
        " WHERE k.owner > ? ORDER BY k.owner", (after,))
    found: list[Owned] = []
    for owner, wrapped, of in rows:
        if of != _digest(wrapped):
            found.append(Owned(owner, wrapped))
            if len(found) == AT_ONCE:
                break
    rows.close()  # Or a reader would linger and hold up whoever wipes the journal.
    return found


def _wrapped_again(waiting: list[Owned], present: MasterKey, following: MasterKey) -> list[bytes]:
    keys = present.unwrap(waiting)
    wrapped = following.wrap([Owned(owner, key) for (owner, _), key in zip(waiting, keys, strict=True)])
    again = following.unwrap([Owned(owner, each) for (owner, _), each in zip(waiting, wrapped, strict=True)])
    for (owner, _), before, after in zip(waiting, keys, again, strict=True):
        if before != after:
            raise Unfaithful(following.make, owner)
    return wrapped


def _keep(connection: Asked, waiting: list[Owned], wrapped: list[bytes]) -> int:
    """Put beside each key what will take its place, unless it was destroyed meanwhile."""
    rows = [(each, _digest(old), owner) for (owner, old), each in zip(waiting, wrapped, strict=True)]
    return connection.executemany(
        "INSERT INTO rewrapped SELECT owner, ?, ? FROM keys WHERE owner = ? "
        "ON CONFLICT (owner) DO UPDATE SET wrapped = excluded.wrapped, of = excluded.of", rows).rowcount


def _digest(wrapped: bytes) -> bytes:
    return hashlib.sha256(wrapped).digest()
