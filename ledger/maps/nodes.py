"""The tree of the completeness map in its file: entries by key, and above them what each place holds.

Hashing goes from what has changed upwards: the entries of the people whom new events name, their buckets whole, and
each place above them once. `tests/ledger/test_map_file.py` holds it to the tree made at once.
"""

from __future__ import annotations

import sqlite3
from typing import Final

from ledger.maps.entries import MapKey
from ledger.proof.map_tree import BUCKET_BITS, VOID, Entry, Subtree, above, bucket_of, join, keys_below, subtree

_PEOPLE_AT_ONCE: Final = 50_000
_PLACES_AT_ONCE: Final = 500
_EVERYONE: Final = "SELECT person, count, chain FROM people"
_CHANGED: Final = f"{_EVERYONE} WHERE number IN (SELECT DISTINCT person FROM named WHERE position > ?)"


def kept(connection: sqlite3.Connection, place: int) -> Subtree:
    """What a place holds; the root is place 1."""
    row = connection.execute("SELECT holds, hash FROM nodes WHERE place = ?", (place,)).fetchone()
    return VOID if row is None else Subtree(*row)


def entries_below(connection: sqlite3.Connection, place: int) -> list[Entry]:
    """The entries under a place, in order of their keys."""
    first, past = keys_below(place)
    query = "SELECT key, value FROM entries WHERE key >= ?" + (" AND key < ?" if past is not None else "")
    rows = connection.execute(f"{query} ORDER BY key", (first,) if past is None else (first, past))
    return [Entry(*row) for row in rows]


def hash_changed(connection: sqlite3.Connection, key: MapKey, *, after: int) -> None:
    """Bring the tree up to all that is named, of which what lies past a position is new to it."""
    buckets = _enter(connection, key, after)
    fresh = {place: subtree(entries_below(connection, place), BUCKET_BITS) for place in buckets}
    places = buckets
    while places and places[0] > 1:
        places = above(places)
        beside = [child for place in places for child in (2 * place, 2 * place + 1) if child not in fresh]
        stood = _kept_at(connection, beside)
        for place in places:
            left, right = (fresh.get(child) or stood.get(child, VOID) for child in (2 * place, 2 * place + 1))
            fresh[place] = join(left, right)
    connection.executemany("INSERT OR REPLACE INTO nodes VALUES (?, ?, ?)",
                           ((place, *fresh[place]) for place in sorted(fresh)))


def _kept_at(connection: sqlite3.Connection, places: list[int]) -> dict[int, Subtree]:
    """What stands at many places, asked for together."""
    found: dict[int, Subtree] = {}
    for first in range(0, len(places), _PLACES_AT_ONCE):
        asked = places[first:first + _PLACES_AT_ONCE]
        marks = ", ".join("?" * len(asked))
        query = f"SELECT place, holds, hash FROM nodes WHERE place IN ({marks})"
        found |= {place: Subtree(holds, digest) for place, holds, digest in connection.execute(query, asked)}
    return found


def _enter(connection: sqlite3.Connection, key: MapKey, after: int) -> list[int]:
    """Enter the people whom events past a position name; gives their buckets, in order."""
    buckets: set[int] = set()
    changed = connection.execute(_CHANGED, (after,)) if after else connection.execute(_EVERYONE)
    while rows := changed.fetchmany(_PEOPLE_AT_ONCE):
        entries = sorted(key.entry(*row) for row in rows)  # In order, so that pages are written once.
        connection.executemany("INSERT OR REPLACE INTO entries VALUES (?, ?)", entries)
        buckets.update(bucket_of(entry.key) for entry in entries)
    return sorted(buckets)
