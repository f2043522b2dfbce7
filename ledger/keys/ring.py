"""The ring: one key a person (or unit, or actor), wrapped by a master key, kept outside the ledger's database.

A key is durable before its owner's first event is. Destroying it is how a person is forgotten: the ciphertext stays,
every proof stays valid, and what was sealed reads as 已销毁. Units and actors have keys of their own because the name
of a contact or an official is personal too.

The file is `ledger.keys.file`'s, the master key comes through `ledger.keys.master`: it can be exchanged without
touching one event (`ledger.keys.rewrap`), and a ring that finds it exchanged under its feet wraps nothing more.
`tests/ledger/test_vault.py` shows it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ledger.envelope import Random
from ledger.errors import LedgerError
from ledger.keys.file import SOME, Destruction, KeyFile, in_one, present_master, recorded_make, some_in
from ledger.keys.makes import make_beside
from ledger.keys.master import KEY_BYTES, MasterKey, Owned, WrongKey
from ledger.stores.portable import Asked

if TYPE_CHECKING:
    from ledger.keys.makes import Place

_CACHED_MAX: Final = 8_192
_ASKED_AT_ONCE: Final = 500


class KeyGone(LedgerError):
    """Someone wants to seal under a destroyed key."""

    code = "key_destroyed"

    def __init__(self, owner: str) -> None:
        self.owner = owner
        super().__init__(f"{owner} 的密钥已销毁，不能再为其登记个人信息。如属误办，请以新的登记开始。")


class MasterExchanged(LedgerError):
    """The master key was exchanged by another process since this one opened the vault."""

    code = "master_key_exchanged"

    def __init__(self, path: Path) -> None:
        super().__init__(f"密钥库 {path} 的主密钥在本进程启动之后已经更换。没有写入任何内容；请重新启动服务。")


class KeyRing:
    """Makes keys, keeps them, forgets them; who seals and opens with them is the vault."""

    def __init__(self, place: Place, master: MasterKey, *, random: Random = os.urandom) -> None:
        self.random = random  # Of keys, nonces and salts: another one is for histories that nobody lived.
        self._master = master
        self._cache: dict[str, AESGCM] = {}
        self._changes_seen = 0
        self.file = open_keys(place)
        self.path = self.file.path
        try:
            self._serial = self._recognised()
        except BaseException:
            self.close()
            raise

    def _recognised(self) -> int:
        """See that the master key opens what is here, and remember which one it is."""
        with self.file.used() as connection:
            present = present_master(connection)
            some = [Owned(*row) for row in connection.execute(SOME)]
            _demand_opened(some, self._master, self.path, present and present.make)
            if present is not None:
                return present.serial
            with in_one(connection):
                make = make_beside(self._master.make, self.file.folder)
                connection.execute(
                    "INSERT INTO masters VALUES (1, ?, ?) ON CONFLICT DO NOTHING", (make, time.time_ns() // 1_000))
            return 1

    def close(self) -> None:
        self._cache.clear()
        self._master.close()
        self.file.close()

    def prepare(self, owners: Iterable[str]) -> None:
        """Make the keys that are missing durable, all in one commit: before the first event, never after.

        Each is opened again before it is relied on: what a key service could wrap but not open would be lost.
        """
        wanted = dict.fromkeys(owners)
        if not wanted:
            return
        with self.file.used() as connection:
            self._drop_what_others_changed(connection)
            self._fetch(connection, wanted)  # Whoever prepares is about to seal.
            missing = [owner for owner in wanted if owner not in self._cache]
            stored = {owner for (owner,) in _each_of(connection, "SELECT owner FROM keys", missing)}
            missing = [owner for owner in missing if owner not in stored]  # A damaged one is told when it is needed.
            if not missing:
                self.file.settle(connection)
                return
            _refuse_destroyed(connection, missing)
            keys = [Owned(owner, self.random(KEY_BYTES)) for owner in missing]
            wrapped = [Owned(owner, each) for owner, each in zip(missing, self._master.wrap(keys), strict=True)]
            if self._master.unwrap(wrapped) != [key for _, key in keys]:
                raise WrongKey("刚刚包裹的密钥")
            now = time.time_ns() // 1_000
            with in_one(connection):
                self._demand_same_master(connection)
                _refuse_destroyed(connection, missing)  # By another process, while ours were being wrapped.
                added = connection.executemany(
                    "INSERT INTO keys VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                    [(owner, each, now) for owner, each in wrapped])
            if added.rowcount == len(missing) <= _CACHED_MAX - len(self._cache):  # Nobody else's key stands there.
                self._cache.update((owner, AESGCM(key)) for owner, key in keys)

    def secret(self, name: str) -> bytes:
        """Give a secret of the system's own (the index key), made at its first use."""
        owner = f"system:{name}"
        self.prepare([owner])
        with self.file.used() as connection:
            return self._unwrapped(connection, owner)

    def mark(self, owner: str) -> None:
        """Note that an owner's destruction may stand in the log from now on: whoever opens the ledger next looks."""
        with self.file.used() as connection:
            connection.execute("INSERT INTO marked VALUES (?) ON CONFLICT DO NOTHING", (owner,))

    def marked(self) -> list[str]:
        """List the owners whose destruction may stand in the log and is not done here. A mark decides nothing."""
        with self.file.used() as connection:
            return [owner for (owner,) in connection.execute("SELECT owner FROM marked ORDER BY owner")]

    def destroy(self, owner: str) -> None:
        """Forget an owner's key here and now; doing it twice changes nothing. Backups of it expire on their own."""
        with self.file.used() as connection:
            self._cache.pop(owner, None)
            with in_one(connection):
                self.file.forget(connection, owner)
            self.file.wipe(connection, f"{owner} 的密钥已销毁")
            connection.execute("DELETE FROM marked WHERE owner = ?", (owner,))  # Not before the last copy is gone.

    def is_destroyed(self, owner: str) -> bool:
        """Say whether an owner's key was destroyed."""
        with self.file.used() as connection:
            return _is_destroyed(connection, owner)

    def lacks(self, owners: Iterable[str]) -> set[str]:
        """Of whom there is neither a key nor the knowledge that it was destroyed."""
        wanted = set(owners)
        with self.file.used() as connection:
            for table in ("keys", "destroyed"):
                wanted -= {owner for (owner,) in _each_of(connection, f"SELECT owner FROM {table}", wanted)}
        return wanted

    def destruction(self, owner: str) -> Destruction | None:
        """Say when an owner's key was destroyed, and since or from when no copy of it is left."""
        found = self.file.destructions(owner)
        return found[0] if found else None

    def _look_up(self, owners: Collection[str]) -> Collection[str]:
        """Look keys up together, to be remembered for what comes next; gives whose were destroyed."""
        with self.file.used() as connection:
            self._drop_what_others_changed(connection)
            self._fetch(connection, owners)
            return {owner for owner, in _each_of(connection, "SELECT owner FROM destroyed", owners)}

    def _fetch(self, connection: Asked, owners: Iterable[str]) -> None:
        """Unwrap keys together, to be remembered for what comes next. One that is absent is told when it is needed."""
        wanted = [owner for owner in owners if owner not in self._cache]
        wrapped = [Owned(*row) for row in _each_of(connection, "SELECT owner, wrapped FROM keys", wanted)]
        try:
            keys = self._master.unwrap(wrapped) if wrapped else []
        except LedgerError:  # So is one that is damaged.
            self._demand_same_master(connection)
            return
        if len(self._cache) + len(keys) > _CACHED_MAX:
            self._cache.clear()
        self._cache.update((one.owner, AESGCM(key)) for one, key in zip(wrapped, keys, strict=True))

    def _key(self, owner: str) -> AESGCM:
        key = self._cache.get(owner)
        if key is not None:
            return key
        with self.file.used() as connection:
            if len(self._cache) >= _CACHED_MAX:
                self._cache.clear()
            key = self._cache[owner] = AESGCM(self._unwrapped(connection, owner))
            return key

    def _unwrapped(self, connection: Asked, owner: str) -> bytes:
        wrapped = _stored(connection, owner)
        if wrapped is None:
            _refuse_destroyed(connection, [owner])
            raise WrongKey(f" {owner} 的个人信息：密钥库里没有这把密钥")
        try:
            (key,) = self._master.unwrap([Owned(owner, wrapped)])
        except LedgerError:
            self._demand_same_master(connection)
            raise
        return key

    def _demand_same_master(self, connection: Asked) -> None:
        present = present_master(connection)
        if present is None or present.serial != self._serial:
            raise MasterExchanged(self.path)

    def _drop_what_others_changed(self, connection: Asked) -> None:
        """Another process may have destroyed a key that is remembered here."""
        changes = self.file.changes(connection)
        if changes != self._changes_seen:
            self._cache.clear()
            self._changes_seen = changes


def open_keys(place: Place) -> KeyFile:
    """Open what the keys lie in."""
    if isinstance(place, Path):
        return KeyFile(place)
    from ledger.keys.database import KeyTables  # The driver is an extra: one host does without it.

    return KeyTables(place)


def demand_opened_by(master: MasterKey, place: Place) -> None:
    """See that a master key opens a vault, which is left as it lies; raises WrongKey."""
    if isinstance(place, Path):
        _demand_opened([Owned(*row) for row in some_in(place)], master, place, recorded_make(place))
        return
    with closing(open_keys(place)) as file, file.used() as connection:
        some, present = [Owned(*row) for row in connection.execute(SOME)], present_master(connection)
        _demand_opened(some, master, file.path, present and present.make)


def _demand_opened(some: Collection[Owned], master: MasterKey, path: Path, make: str | None) -> None:
    if some and not any(_opens(master, one) for one in some):  # One that was damaged is told when it is needed.
        named = "" if make is None else f"（它记载的主密钥是 {make}）"
        raise WrongKey(f"密钥库 {path}{named}")


def _opens(master: MasterKey, one: Owned) -> bool:
    try:
        return bool(master.unwrap([one]))
    except WrongKey:
        return False


def _stored(connection: Asked, owner: str) -> bytes | None:
    row = connection.execute("SELECT wrapped FROM keys WHERE owner = ?", (owner,)).fetchone()
    return None if row is None else row[0]


def _each_of(connection: Asked, query: str, owners: Iterable[str]) -> Iterator[Any]:
    """Rows of a query for many owners, a few hundred at once."""
    wanted = list(owners)
    for first in range(0, len(wanted), _ASKED_AT_ONCE):
        some = wanted[first:first + _ASKED_AT_ONCE]
        yield from connection.execute(f"{query} WHERE owner IN ({','.join('?' * len(some))})", some)


def _is_destroyed(connection: Asked, owner: str) -> bool:
    return connection.execute("SELECT 1 FROM destroyed WHERE owner = ?", (owner,)).fetchone() is not None


def _refuse_destroyed(connection: Asked, owners: Sequence[str]) -> None:
    destroyed = {owner for (owner,) in _each_of(connection, "SELECT owner FROM destroyed", owners)}
    for owner in owners:
        if owner in destroyed:
            raise KeyGone(owner)
