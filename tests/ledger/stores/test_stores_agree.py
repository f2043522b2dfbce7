"""Triplets: whatever is asked of it, every store answers as the store in memory does, and that as a plain model."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from hash_only_checker import check, check_postgres
from store_kit import (
    Clock,
    event,
    free,
    name,
    open_memory,
    open_postgres,
    open_sqlite,
    outcome_of,
    request,
    stream,
)

from ledger.errors import LedgerError
from ledger.stores.append import (
    Abandoning,
    Append,
    Closing,
    Forgetting,
    Freeing,
    Guard,
    NameChange,
    Receipt,
    RequestKey,
    Reservation,
)
from ledger.stores.recorder import AppendingRecorder

Told = tuple[object, ...]


class Model:
    """The contract in its simplest words: dictionaries that are copied before each append and put back when it lost."""

    def __init__(self) -> None:
        self.versions: dict[str, int] = {}
        self.names: dict[bytes, tuple[str, str, str, str | None, str | None]] = {}
        self.done: dict[bytes, tuple[bytes, Told]] = {}
        self.size = 0

    def append(self, append: Append) -> Told:
        request = append.request
        if request is not None and request.key in self.done:
            body, told = self.done[request.key]
            return (*told[:-1], True) if body == request.fingerprint else ("idempotency_key_reused", told[1])
        versions, names = dict(self.versions), dict(self.names)
        told = self._try(append)
        if told[0] != "receipt":
            self.versions, self.names = versions, names
        elif request is not None:
            self.done[request.key] = (request.fingerprint, told)
        return told

    def _try(self, append: Append) -> Told:
        for guard in append.guards:
            if self.versions.get(guard.stream, 0) != guard.version:
                return "guard_moved", guard.stream, guard.version, self.versions.get(guard.stream, 0)
        for each in append.events:
            actual = self.versions.get(each.stream, 0)
            if each.version != actual + 1:
                return "stream_moved", each.stream, each.version - 1, actual
            self.versions[each.stream] = each.version
        for change in append.names:
            if (lost := self._change(change)) is not None:
                return lost
        first, self.size = self.size + 1, self.size + len(append.events)
        return "receipt", first, len(append.events), False

    def _change(self, change: NameChange) -> Told | None:
        if isinstance(change, Reservation):
            new = (change.kind, change.holder, change.owner, change.act, None)
            kind, holder, owner, act, _ = self.names.get(change.name, new)
            if holder != change.holder:
                return "name_taken", change.kind, holder
            is_let_go = act is not None and change.act is None
            self.names[change.name] = new if is_let_go else (kind, holder, owner, act, None)
            return None
        kept = {}
        for key, (kind, holder, owner, act, freed_by) in self.names.items():
            is_freed = isinstance(change, Freeing) and holder == change.holder and kind in change.kinds
            if (
                (isinstance(change, Forgetting) and owner == change.owner)
                or (isinstance(change, Closing) and freed_by == change.act)
                or (isinstance(change, Abandoning) and act == change.act)
                or (is_freed and change.act in (None, act))
            ):
                continue
            freed_by = change.act if is_freed else freed_by
            freed_by = None if isinstance(change, Abandoning) and freed_by == change.act else freed_by
            kept[key] = kind, holder, owner, act, freed_by
        self.names = kept
        return None


def told(outcome: Receipt | LedgerError) -> Told:
    if isinstance(outcome, Receipt):
        return "receipt", outcome.first, outcome.events, outcome.replayed
    fields = ("stream", "expected", "actual", "kind", "holder", "first")
    return outcome.code, *(getattr(outcome, field) for field in fields if hasattr(outcome, field))


def any_append(rng: random.Random, versions: dict[str, int]) -> Append:
    """An append that is likely to win, and has every way to lose."""
    seen, events = dict(versions), []
    for _ in range(rng.choice((1, 1, 2, 3, 70))):
        number = rng.randrange(12) if rng.random() < 0.5 else rng.randrange(10_000)
        seen[stream(number)] = version = seen.get(stream(number), 0) + 1
        wrong = rng.random() < 0.01
        events.append(event(number, version + rng.choice((-1, 1)) if wrong and version > 1 else version,
                            sealed=rng.randbytes(20) if rng.random() < 0.3 else None))
    guards = tuple(Guard(stream(number), versions.get(stream(number), 0) + (rng.random() < 0.05))
                   for number in rng.sample(range(12), rng.randrange(3)))
    return Append(tuple(events), guards, tuple(any_changes(rng)), any_request(rng))


def any_changes(rng: random.Random) -> list[NameChange]:
    changes: list[NameChange] = []
    for _ in range(rng.choice((0, 0, 1, 2, 4))):
        holder, owner = rng.randrange(6), f"per_{rng.randrange(4)}"
        kind = rng.choice(("certificate", "id_number"))
        act = rng.choice((None, "act_1", "act_2"))
        changes.append(rng.choice((
            name(str(rng.randrange(20)), holder, kind=kind, owner=owner, act=act),
            name(str(rng.randrange(20)), holder, kind=kind, owner=owner, act=act),
            free(holder, *rng.sample(("certificate", "id_number"), rng.randrange(1, 3)), act=act),
            rng.choice((Forgetting(owner), Closing(act or "act_1"), Abandoning(act or "act_2"))),
        )))
    return changes


def any_request(rng: random.Random) -> RequestKey | None:
    return request(str(rng.randrange(60)), f"body {rng.randrange(2)}") if rng.random() < 0.4 else None


Opened = tuple[Callable[[Clock], AppendingRecorder], Callable[[], object]]


@pytest.fixture(params=["sqlite", "postgres"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Opened:
    """How a store that outlasts its process is opened, and how a sceptic checks it."""
    if request.param == "sqlite":
        path = tmp_path / "ledger.sqlite"
        return partial(open_sqlite, path), partial(check, path)
    conninfo = request.getfixturevalue("new_log")()
    return partial(open_postgres, conninfo, "ledger"), partial(check_postgres, conninfo, "ledger")


def live(kept: Opened, seed: int, appends: int, reopen: Callable[[random.Random], bool]) -> None:
    rng, clock, model = random.Random(seed), Clock(), Model()
    open_it, check_it = kept
    memory, store = open_memory(Path(), clock), open_it(clock)
    codes: set[object] = set()
    for step in range(appends):
        clock.set(1_700_000_000 + step * 40_000 - rng.choice((0, 0, 0, 5_000_000)))
        append = any_append(rng, model.versions)
        expected = model.append(append)
        codes.add(expected[0])
        assert told(outcome_of(memory, append)) == expected
        assert told(outcome_of(store, append)) == expected
        if reopen(rng):
            store.tidy_requests(clock.ns // 1_000)
            store.close()
            store = open_it(clock)
    assert codes == {"receipt", "guard_moved", "stream_moved", "name_taken", "idempotency_key_reused"}
    assert memory.leaves(0, model.size + 1) == store.leaves(0, model.size + 1)
    assert list(memory.names()) == list(store.names())
    assert {held.reservation.name: (*held.reservation[1:], held.freed_by) for held in store.names()} == model.names
    assert memory.frontier() == store.frontier()
    assert memory.frontier().root() == store.frontier().root()
    for number in range(12):
        assert memory.stream(stream(number)) == store.stream(stream(number))
    for position in range(1, model.size + 1):
        assert memory.sealed(position) == store.sealed(position)
    store.close()
    check_it()


@pytest.mark.parametrize("seed", range(3))
def test_a_random_life_is_told_alike_by_every_store_and_a_model(kept: Opened, seed: int) -> None:
    live(kept, seed, 250, lambda rng: rng.random() < 0.03)


@pytest.mark.torture
@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("seed", range(100, 140))
def test_many_random_lives(kept: Opened, seed: int) -> None:
    live(kept, seed, 500, lambda rng: rng.random() < 0.02)
