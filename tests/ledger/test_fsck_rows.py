"""The checker asks many rows at once whether all is well; whatever it says is what asking each of them says."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ledger_kit import House, closed_large_house

from ledger.fsck.rows import Parts, Reader
from ledger.fsck.source import DAMAGE_OF_SQLITE, SQLiteSource

Rows = list[tuple[Any, ...]]


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> tuple[Rows, Rows]:
    house: House = closed_large_house(tmp_path_factory.mktemp("rows") / "large")
    with SQLiteSource(house.file).opened() as view:
        return list(view.events(0)), list(view.sealed(0, 10_000))


def breaking_off(rows: Rows, after: int) -> Iterator[Any]:
    yield from rows[:after]
    raise sqlite3.DatabaseError("database disk image is malformed")


def told(reader: Reader, go: Callable[[Reader], object]) -> tuple[Any, ...]:
    broke_off = False
    try:
        go(reader)
    except sqlite3.DatabaseError:
        broke_off = True
    return (broke_off, reader.expected, reader.hashes, reader.problems, reader.first_time, reader.last_time,
            reader.index_sum, reader.sealed, reader.redacted)


def at_once(events: Iterator[Any], sealed: Iterator[Any]) -> tuple[Any, ...]:
    return told(Reader(0, None, DAMAGE_OF_SQLITE), lambda reader: reader.read(events, sealed))


def one_by_one(events: Iterator[Any], sealed: Iterator[Any]) -> tuple[Any, ...]:
    def walk(reader: Reader) -> None:
        parts = Parts(sealed, DAMAGE_OF_SQLITE)
        for row in events:
            if not reader.walk([row], parts):
                return

    return told(Reader(0, None, DAMAGE_OF_SQLITE), walk)


def changed(leaf: bytes, chosen: random.Random) -> bytes:
    place = chosen.randrange(len(leaf))
    return leaf[:place] + bytes([leaf[place] ^ 1 << chosen.randrange(8)]) + leaf[place + 1:]


def damage(events: Rows, sealed: Rows, chosen: random.Random) -> None:
    """One thing that may happen to a ledger."""
    place, other = chosen.randrange(len(events)), chosen.randrange(len(events))
    part, (position, leaf) = chosen.randrange(len(sealed)), events[place]
    kind = chosen.randrange(9)
    if kind == 0:
        events[place] = (position, changed(leaf, chosen))
    elif kind == 1:
        events[place] = (position, leaf.decode("utf-8", "replace"))
    elif kind == 2:
        events[place], events[other] = (position, events[other][1]), (events[other][0], leaf)
    elif kind == 3:
        del events[place]
    elif kind == 4:
        events[place] = (position, leaf + b"\n")
    elif kind == 5:
        del sealed[part]
    elif kind == 6:
        sealed[part] = (sealed[part][0], sealed[part][1] + sealed[part][2][:1], sealed[part][2][1:])
    elif kind == 7:
        sealed[part] = (*sealed[part][:2], changed(sealed[part][2], chosen))
    elif position not in {row[0] for row in sealed}:
        sealed.append((position, *sealed[part][1:]))
        sealed.sort()


def test_sound_rows_are_taken_at_once_and_give_what_each_gives(rows: tuple[Rows, Rows]) -> None:
    events, sealed = rows
    found = at_once(iter(events), iter(sealed))

    assert found == one_by_one(iter(events), iter(sealed))
    assert found[:2] == (False, 1_301)
    assert found[3] == [] and found[7] == len(sealed) > 3


def test_whatever_is_changed_many_at_once_say_what_each_says(rows: tuple[Rows, Rows]) -> None:
    wrong = 0
    for seed in range(30):
        chosen = random.Random(seed)
        events, sealed = list(rows[0]), list(rows[1])
        for _ in range(chosen.choice((1, 1, 2, 5))):
            damage(events, sealed, chosen)
        found = at_once(iter(events), iter(sealed))
        assert found == one_by_one(iter(events), iter(sealed)), seed
        wrong += bool(found[3]) or found[8] > 0
    assert wrong > 20


def test_a_store_that_breaks_off_is_read_as_far_as_it_goes_either_way(rows: tuple[Rows, Rows]) -> None:
    events, sealed = rows
    for kept in (0, 1, 255, 256, 257, 700, 1_299, 1_300):
        found = at_once(breaking_off(events, kept), iter(sealed))
        assert found == one_by_one(breaking_off(events, kept), iter(sealed))
        assert found[:2] == (True, kept + 1)
    for kept in range(len(sealed) + 1):
        found = at_once(iter(events), breaking_off(sealed, kept))
        assert found == one_by_one(iter(events), breaking_off(sealed, kept))
        assert found[:2] == (True, sealed[kept - 1][0] if kept else 1), "told where the last part was that it gave"
