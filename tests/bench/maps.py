"""Completeness maps: what a statement waits for, what a file carries, what an audit of a million events takes.

The register has 100,000 people whom a million events name at random, as claims do. A statement comes after ten further
events; its peer makes the tree anew, as whoever kept no map would have to. The audit runs beside `fsck` of the same
file, with a map at each 10,000 events.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from ledger.envelope import Encoded, encode
from ledger.events.base import Draft
from ledger.events.claim import ClaimWithdrawn
from ledger.fsck.checker import fsck
from ledger.fsck.maps import audit
from ledger.fsck.portion import KeyFiles
from ledger.fsck.source import SQLiteSource
from ledger.ids import new_id
from ledger.keys.master import FileMasterKey
from ledger.keys.vault import Vault
from ledger.maps.entries import MapKey
from ledger.maps.file import MapFile
from ledger.proof.map_proof import Presence, format_presence
from ledger.proof.map_tree import Entry, subtree
from ledger.stores.append import Append
from ledger.stores.sqlite import SQLiteRecorder
from ledger.vocabulary import ClaimId, PersonId
from tests.bench import Figure, Race
from tests.bench.claims import BY, our_store

PEOPLE = 100_000
MILLION = 1_000_000
_MAPS_EVERY = 10_000
_AT_ONCE = 1_000


class _Register:
    """A log, and the map that follows it."""

    def __init__(self, store: SQLiteRecorder, folder: Path, key: MapKey) -> None:
        self.store = store
        self.made = MapFile(folder / "map.db", store, key)
        self._chosen, self._numbers = random.Random(7), count()
        self.people = [self._id("person") for _ in range(PEOPLE)]

    def _id(self, kind: str) -> str:
        return new_id(kind, now_ms=next(self._numbers), randbits=self._chosen.getrandbits)

    def named(self, people: list[str]) -> None:
        """Append an event for each of these people."""
        for first in range(0, len(people), _AT_ONCE):
            self.store.append(Append(tuple(map(self._event, people[first:first + _AT_ONCE]))))

    def _event(self, person: str) -> Encoded:
        withdrawn = ClaimWithdrawn(claim=ClaimId(self._id("claim")), person=PersonId(person))
        return encode(withdrawn.stream, 1, Draft(withdrawn), BY, None)

    def anyone(self, many: int) -> list[str]:
        return self._chosen.choices(self.people, k=many)

    def state(self) -> Presence:
        """What a statement waits for: the proof for somebody, of all that stands now."""
        found = self.made.proof_of(self.people[7], self.store.size()).proof
        assert isinstance(found, Presence)
        return found

    def commit(self) -> None:
        event = self.made.commitment(self.made.proof_of(self.people[7], self.store.size()), self._id("log"))
        self.store.append(Append((encode(event.stream, 1, Draft(event), BY, None),)))


def rows() -> Iterator[Race | Figure]:
    """A statement after ten events, the size of its list, an audit beside fsck."""
    with our_store() as store, TemporaryDirectory() as name:
        folder = Path(name)
        keys = KeyFiles(folder / "people.db", folder / "master.key")
        vault = Vault(keys.vault, FileMasterKey.create(folder / "master.key"))
        key = MapKey(vault.secret("index"))
        register = _Register(store, folder, key)
        register.named(register.people)
        while store.size() < MILLION:
            register.named(register.anyone(_MAPS_EVERY))
            register.commit()

        def after_ten() -> None:
            register.named(register.anyone(10))

        entries = sorted(key.entry(person, 10, bytes(32)) for person in register.people)
        yield Race("a statement's proof of completeness, ten events after the last", "proofs", 1,
                   lambda _: register.state(), lambda _: _anew(entries), "the tree made anew", least=20,
                   fresh=(after_ten, lambda: None))
        yield Figure("the same, p50", _median_ms(register), "ms", 20)
        yield Figure("a list of ten events with its way to the root, as text", len(format_presence(register.state())),
                     "bytes")
        path = Path(store.datastore.pool.db_name)
        assert audit(SQLiteSource(path), keys, processes=2).holds
        yield Race("fsck --map of a million events with 90 maps", "events", MILLION,
                   lambda: audit(SQLiteSource(path), keys, processes=2), lambda: fsck(path, processes=2),
                   "fsck of the same", rounds=2)
        register.made.close()
        vault.close()


def _anew(entries: list[Entry]) -> bytes:
    return subtree(entries).hash


def _median_ms(register: _Register) -> float:
    took = []
    for _ in range(50):
        register.named(register.anyone(10))
        begin = time.perf_counter_ns()
        register.state()
        took.append(time.perf_counter_ns() - begin)
    return statistics.median(took) / 1_000_000
