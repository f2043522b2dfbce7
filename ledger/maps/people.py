"""Who is named by which events, in the file of the completeness map: each event leads to the person's one before it.

Rows are added at the end alone, so a log of ten million events is read as fast as one of a thousand.
`tests/ledger/test_map_file.py` shows it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Final

from ledger.envelope import decode
from ledger.maps.entries import people_named
from ledger.proof.map_proof import Named, begin_chain, extend_chain
from ledger.proof.merkle import hash_leaves

_ASKED_AT_ONCE: Final = 500


class Broken(Exception):
    """What the file says does not hold together."""


def take(connection: sqlite3.Connection, after: int, leaves: Sequence[bytes]) -> bytes:
    """Enter whom the events past a position name; gives the hash of the last leaf."""
    hashes = hash_leaves(leaves)
    events = [(position, person, leaf_hash)
              for position, (leaf, leaf_hash) in enumerate(zip(leaves, hashes, strict=True), after + 1)
              for person in people_named(decode(leaf))]
    known = _known(connection, list({person for _, person, _ in events}))
    newest: int = connection.execute("SELECT coalesce(max(number), 0) FROM people").fetchone()[0]
    named = []
    for position, person, leaf_hash in events:
        if (row := known.get(person)) is None:
            newest += 1
            row = (newest, 0, 0, begin_chain(person))
        number, count, last, chain = row
        named.append((position, number, last, leaf_hash))
        known[person] = (number, count + 1, position, extend_chain(chain, position, leaf_hash))
    connection.executemany("INSERT INTO named VALUES (?, ?, ?, ?)", named)
    connection.executemany(
        "INSERT INTO people VALUES (?, ?, ?, ?, ?) ON CONFLICT (number) DO UPDATE SET count = excluded.count,"
        " last = excluded.last, chain = excluded.chain",
        [(number, person, *rest) for person, (number, *rest) in known.items()])
    return hashes[-1]


def events_of(connection: sqlite3.Connection, person: str, size: int) -> Iterator[Named]:
    """The events that name a person, up to a size, in order."""
    row = connection.execute("SELECT number, last FROM people WHERE person = ?", (person,)).fetchone()
    if row is None:
        return
    number, position = row
    found: list[Named] = []
    while position:
        before = connection.execute("SELECT before, leaf_hash FROM named WHERE position = ? AND person = ?",
                                    (position, number)).fetchone()
        if before is None or before[0] >= position:
            raise Broken
        if position <= size:
            found.append(Named(position, before[1]))
        position = before[0]
    yield from reversed(found)


def _known(connection: sqlite3.Connection, people: Sequence[str]) -> dict[str, tuple[int, int, int, bytes]]:
    """What stands of these people: number, count, last event, chain."""
    found: dict[str, tuple[int, int, int, bytes]] = {}
    for first in range(0, len(people), _ASKED_AT_ONCE):
        asked = people[first:first + _ASKED_AT_ONCE]
        marks = ", ".join("?" * len(asked))
        query = f"SELECT person, number, count, last, chain FROM people WHERE person IN ({marks})"
        found |= {person: (number, count, last, chain)
                  for person, number, count, last, chain in connection.execute(query, asked)}
    return found
