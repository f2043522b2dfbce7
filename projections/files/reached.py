"""How far each projection speaks, where every process of the host reads it without opening a file.

The follower writes it down once what it says is committed, so it is never more than the files hold. It may be more than
a file itself says: of events that change nothing in it nothing is written there. What it tells is good for this run of
the machine, for the very file it was told of, and until the next follower tells everything anew: who comes after a kill
first takes what its files were told to speak of, so nobody is told less than before. Whoever finds nothing here asks
the file.

`tests/projections/test_reached.py` shows it.
"""

from __future__ import annotations

import mmap
import os
import struct
import zlib
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final
from weakref import WeakValueDictionary

import msgspec

_NAME: Final = "follower.reached"
_BYTES: Final = 4_096
_HEAD: Final = struct.Struct("QQ")  # The run of the machine, and how many bytes of names follow.
_TOLD: Final = 2_048  # From here on the file and the position of each name, in order.
_ONE: Final = struct.Struct("QQ")
_NUMBER: Final = struct.Struct("Q")


@cache
def this_run() -> int:
    """A number of this run of the machine, other than 0; each time another where the machine gives it no name."""
    try:
        name = Path("/proc/sys/kernel/random/boot_id").read_bytes()
    except OSError:
        name = os.urandom(16)
    return zlib.crc32(name) >> 1 | 1  # SQLite keeps it as a number of 31 bits.


class Telling:
    """Of the follower: what it tells."""

    def __init__(self, folder: Path, reached: Mapping[str, tuple[int, int]]) -> None:
        """Take the place of whatever was told, with the number and the position of each file by its name.

        At once: whoever found nothing told would ask a file, which says less where events changed nothing in it.
        """
        self._path, self._names = folder / _NAME, {name: at for at, name in enumerate(reached)}
        names = msgspec.json.encode(list(reached))
        assert _HEAD.size + len(names) <= _TOLD
        assert _TOLD + _ONE.size * len(reached) <= _BYTES
        written = (_HEAD.pack(this_run(), len(names)) + names).ljust(_TOLD, b"\0")
        written += b"".join(_ONE.pack(inode, position) for inode, position in reached.values())
        beside = self._path.with_name(f"{_NAME}.new")
        beside.write_bytes(written.ljust(_BYTES, b"\0"))
        beside.chmod(0o600)
        beside.replace(self._path)
        with self._path.open("r+b") as file:
            self._told = mmap.mmap(file.fileno(), _BYTES)
        self._inode = self._path.stat().st_ino

    def tell(self, name: str, inode: int, position: int) -> None:
        """Say that everything up to a position is in a file, committed; 0 that nobody may rely on what was said."""
        at = _TOLD + self._names[name] * _ONE.size
        if _NUMBER.unpack_from(self._told, at)[0] != inode:
            _NUMBER.pack_into(self._told, at, 0)  # No moment in which the new file has the old one's position.
            _NUMBER.pack_into(self._told, at + _NUMBER.size, position)
            _NUMBER.pack_into(self._told, at, inode)
        else:
            _NUMBER.pack_into(self._told, at + _NUMBER.size, position)

    def is_there(self) -> bool:
        """Say whether it is still found under its name."""
        try:
            return self._path.stat().st_ino == self._inode
        except FileNotFoundError:
            return False

    def close(self) -> None:
        """Tell nothing any more."""
        self._told.close()


def take_back(folder: Path) -> None:
    """Have nothing told of a folder's files any more: whoever owns them may make them anew."""
    (folder / _NAME).unlink(missing_ok=True)


def untell(path: Path) -> None:
    """Have nothing told of one file any more: what comes to lie there may get its number on the disk."""
    told = Reached(path)
    with suppress(FileNotFoundError):
        if (place := told.place()) is not None:
            with path.with_name(_NAME).open("r+b") as file:
                file.seek(place)
                file.write(bytes(_ONE.size))


class _Open:
    """What is told, mapped into this process, once for all who ask."""

    def __init__(self, path: str, inode: int) -> None:
        self.inode = inode
        with open(path, "rb") as file:  # noqa: PTH123 - a text is what it is known by
            self.told = mmap.mmap(file.fileno(), _BYTES, prot=mmap.PROT_READ)
        run, length = _HEAD.unpack_from(self.told)
        names = msgspec.json.decode(self.told[_HEAD.size:_HEAD.size + length], type=list[str])
        self.places = {name: _TOLD + at * _ONE.size for at, name in enumerate(names)} if run == this_run() else {}


_OPEN: Final[WeakValueDictionary[str, _Open]] = WeakValueDictionary()


class Reached:
    """Of everyone else: what the follower told of one file."""

    def __init__(self, path: Path) -> None:
        """Look for what is told of the file at a path."""
        self._path, self._name = os.fspath(path.with_name(_NAME)), path.name
        self._open: _Open | None = None

    def position(self, inode: int) -> int:
        """Say up to where the file was told to speak, if it is the one that was told of; 0 where nothing was."""
        place = self.place()
        if place is None or self._open is None:
            return 0
        told_of, position = _ONE.unpack_from(self._open.told, place)
        return position if told_of == inode else 0

    def place(self) -> int | None:
        """Say where it stands what is told of the file."""
        return None if (found := self._looked()) is None else found.places.get(self._name)

    def everything(self) -> bytes | None:
        """Give all that is told just now, of every file: where it is what it was, nobody was told anything since."""
        return None if (found := self._looked()) is None else found.told[_TOLD:]

    def _looked(self) -> _Open | None:
        try:
            found = os.stat(self._path).st_ino  # noqa: PTH116 - asked of each file a thousand times a second
            if self._open is None or self._open.inode != found:
                self._open = _opened(self._path, found)
        except (OSError, ValueError, struct.error, msgspec.DecodeError):
            return None
        return self._open


def followed(folder: Path) -> frozenset[str]:
    """Name the files that are told of: those that whoever follows keeps at the log's head."""
    told = Reached(folder / "-")
    told.place()
    return frozenset() if told._open is None else frozenset(told._open.places)


def _opened(path: str, inode: int) -> _Open:
    found = _OPEN.get(path)
    if found is None or found.inode != inode:
        found = _OPEN[path] = _Open(path, inode)
    return found
