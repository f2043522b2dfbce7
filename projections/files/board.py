"""The board: what the follower tells the other processes of its host, and what they ask of it.

Three things, none of which an answer rests on:

    a bell            whoever waits for a position rings it, and the follower makes no pause; whoever has written
                      after a while tells by it that there is more
    follower.said     what the files do not say of themselves: which projection fails, which is being built
    <name>.wanted     somebody wants a projection made anew; whoever follows next does it

`tests/projections/test_standby.py` shows it.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import structlog

_SAID: Final = "follower.said"
_WANTED: Final = ".wanted"
_HURRY: Final = b"."
_MORE: Final = b"+"


class Failed(NamedTuple):
    """The event that a projection cannot take, and the kind of error."""

    position: int
    because: str


NEAR_EVENTS: Final = 20_000
"""So few events are made in about a second, whatever was measured of the first of them."""
FAR_S: Final = 5


class Progress(NamedTuple):
    """How far a build is: events taken of events there are, events a second, and seconds left if that stays."""

    done: int
    total: int
    rate: int
    seconds_left: int | None

    @classmethod
    def measured(cls, done: int, total: int, *, began_ns: int, before: int = 0) -> Progress:
        """Say how far it is, of what was begun then (on the clock that only grows) with so many done before."""
        rate = (done - before) * 1_000_000_000 // max(1, time.monotonic_ns() - began_ns)
        return cls(done, total, rate, (total - done) // rate if rate else None)

    @property
    def is_far(self) -> bool:
        """Say whether it is not worth waiting for: who asks of it is told how far it is, who asks of others is not."""
        is_long = self.seconds_left is None or self.seconds_left > FAR_S
        return is_long and self.total - self.done > NEAR_EVENTS


class Said(NamedTuple):
    """What the follower says of one projection."""

    building: Progress | None
    failure: Failed | None


class Bell:
    """A socket without a file, known by the folder's place on its disk; where there is none, everyone polls."""

    def __init__(self, folder: Path, whose: str = "follower") -> None:
        found = folder.stat()
        self._name = f"\0xueshi-{whose}/{found.st_dev}/{found.st_ino}".encode()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._thread: threading.Thread | None = None

    def ring(self) -> None:
        """Have the follower hurry, whichever process that is. Nobody need be there, and who is busy has heard it."""
        self._say(_HURRY)

    def tell(self) -> None:
        """Tell the follower that there is more to take; it takes its time."""
        self._say(_MORE)

    def _say(self, what: bytes) -> None:
        with suppress(OSError):
            self._socket.sendto(what, socket.MSG_DONTWAIT, self._name)

    def answer(self, hurried: Callable[[], object], told: Callable[[], object]) -> None:
        """Of the follower: call these whenever it rings, until it is taken down."""
        try:
            self._socket.bind(self._name)
        except OSError as error:
            structlog.get_logger().warning("bell_unheard", exc_info=error)
            return

        def listen() -> None:
            while said := self._socket.recv(1):  # Nothing comes when it is taken down.
                told() if said == _MORE else hurried()

        self._thread = threading.Thread(target=listen, name="bell", daemon=True)
        self._thread.start()

    def take_down(self) -> None:
        """Listen no more."""
        if self._thread is not None:
            self._socket.shutdown(socket.SHUT_RDWR)
            self._thread.join()
        self._socket.close()


class Board:
    """What is written down beside the files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / _SAID
        self._written: bytes = b""
        self._seen: tuple[int, dict[str, Said]] = (0, {})

    def say(self, said: Mapping[str, Said]) -> None:
        """Of the follower: say it to whoever asks, if it is not what was said last."""
        text = msgspec.json.encode(said)
        if text == self._written:
            return
        beside = self._path.with_name(f"{_SAID}.new")
        with suppress(OSError):  # On a full disk it is not said, and said when there is room.
            beside.write_bytes(text)
            beside.replace(self._path)
            self._written = text

    def said(self) -> dict[str, Said]:
        """What the follower said last; nothing when nobody ever did."""
        try:
            found = self._path.stat()
            if self._seen[0] != found.st_ino ^ found.st_mtime_ns:
                read = msgspec.json.decode(self._path.read_bytes(), type=dict[str, Said])
                self._seen = found.st_ino ^ found.st_mtime_ns, read
        except (OSError, msgspec.DecodeError):
            return {}
        return self._seen[1]

    def want(self, name: str) -> None:
        """Ask for a projection to be made anew."""
        (self._folder / f"{name}{_WANTED}").touch(mode=0o600)

    def wanted(self) -> set[str]:
        """Of the follower: take what is wanted."""
        found = {path.name.removesuffix(_WANTED) for path in self._folder.glob(f"*{_WANTED}")}
        for name in found:
            (self._folder / f"{name}{_WANTED}").unlink(missing_ok=True)
        return found
