"""What a history is made of: a clock, processes, people who ask, and the folder with which each begins."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Callable, Generator
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from ledger.durable import write_new
from ledger.envelope import Encoded, encode
from ledger.events.base import Draft
from ledger.events.claim import ClaimWithdrawn
from ledger.keys.master import FileMasterKey
from ledger.keys.vault import Vault
from ledger.ledger import Ledger
from ledger.stores.append import Append
from ledger.stores.writer import GroupWriter, Ticket
from ledger.vocabulary import ClaimId, StreamId
from projections.following.follower import Follower
from tests.ledger.ledger_kit import BY, LI, ORIGIN, House, create_signing_key, settle
from tests.memory_kit import temporary
from tests.simulation.disk import FailingConnection, Weather
from tests.simulation.watch import Standing

BEGINNING = 248  # What stands before a history begins: the next tile is completed in its midst.
SECOND, DAY = 10**9, 86_400 * 10**9


class Broken(AssertionError):
    """A history came to what may not be."""


class Lost(Exception):
    """The process that was asked is gone, and with it the answer."""


class Appending(NamedTuple):
    """A client waits for its append."""

    process: Process
    append: Append


class Until(NamedTuple):
    """A client waits for something to be so."""

    what: str
    is_so: Callable[[], bool]


Script = Generator[Appending | Until | None, Any, Any]


class Clock:
    """Nanoseconds since 1970, as they come."""

    def __init__(self) -> None:
        self.ns = 1_790_000_000 * SECOND
        self.steady = 0

    def __call__(self) -> int:
        return self.ns

    def monotonic(self) -> int:
        return self.steady


class Process:
    """One that writes: a ledger over the shared file, with its line of requests."""

    def __init__(self, name: str, vault: Vault, file: Path, clock: Clock, weather: Weather) -> None:
        self.name, self.weather = name, weather
        self.ledger = Ledger.in_file(file, vault)
        self.store: Any = self.ledger.store
        self.store.clock = clock
        self.store._forget(self.store._write)  # From here on it writes through the weather.
        self.store.datastore.pool.factory = type("Connection", (FailingConnection,), {"weather": weather})
        self.writer = GroupWriter(self.store._commit, driven=True)
        self.line: list[tuple[Ticket, Client]] = []

    def end(self) -> None:
        """Be gone, without a word: nothing that is queued is committed."""
        self.writer = GroupWriter(self.store._commit, driven=True)
        self.ledger.close()


class Client:
    """Somebody who asks for one thing after the other."""

    def __init__(self, name: str, script: Script) -> None:
        self.name, self.script = name, script
        self.state: Any = None
        self.is_over = False

    def go_on(self, outcome: Any = None) -> None:
        """Say how what was waited for ended, and hear what comes next."""
        try:
            if isinstance(outcome, BaseException):
                self.state = self.script.throw(outcome)
            else:
                self.state = self.script.send(outcome)
        except StopIteration:
            self.is_over = True


@cache
def template() -> Path:
    """A folder as every history begins with: units, officers, two people, and events up to near a tile's end."""
    folder = Path(tempfile.mkdtemp(prefix="simulated-", dir=temporary()))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    rng, clock = Random(0), Clock()
    write_new(folder / "master.key", _master(folder), mode=0o600)
    vault = Vault(folder / "people.db", FileMasterKey(folder / "master.key"), random=rng.randbytes)
    ledger = Ledger.in_file(folder / "ledger.db", vault)
    ledger.store.clock = clock
    create_signing_key(folder, ORIGIN)
    house = House(folder, vault, ledger)
    settle(house)
    beginning = [_filler(version) for version in range(1, BEGINNING - house.store.size() + 1)]
    house.store.append(Append(tuple(beginning)))
    follower = Follower(ledger, folder / "answers", [Standing()])
    follower.open()
    while follower.step():
        """It is made once here, and not once a history."""
    follower.stop()
    house.close()
    return folder


def _filler(version: int) -> Encoded:
    filler = ClaimId("clm_filler")
    return encode(StreamId(filler), version, Draft(ClaimWithdrawn(claim=filler, person=LI)), BY, None)


def _master(folder: Path) -> bytes:
    FileMasterKey.create(folder / "made.key")
    made = (folder / "made.key").read_bytes()
    (folder / "made.key").unlink()
    return made
