"""A sceptic's checker of a ledger: the standard library and a driver, nothing of ours, everything from the rows.

It rebuilds streams, root and tiles from the leaves and compares every other table with them. The names and requests
tables cannot be rebuilt without keys; what they point at must exist.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg


class Checked:
    """What stands in a file that was found whole."""

    def __init__(self, leaves: list[bytes], requests: dict[bytes, tuple[int, int]]) -> None:
        self.leaves = leaves
        self.requests = requests
        self.streams: dict[str, list[int]] = {}
        for position, leaf in enumerate(leaves, 1):
            self.streams.setdefault(json.loads(leaf)[1], []).append(position)

    def root(self, size: int) -> bytes:
        """The root of the first leaves."""
        return _levels([hashlib.sha256(b"\0" + leaf).digest() for leaf in self.leaves[:size]])[-1][0]


def check(path: Path) -> Checked:
    """Re-read every row of an SQLite ledger; an AssertionError names what does not fit."""
    connection = sqlite3.connect(path)
    try:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return _check(lambda query: connection.execute(query).fetchall())
    finally:
        connection.close()


def check_postgres(conninfo: str, schema: str = "ledger") -> Checked:
    """The same of a ledger in PostgreSQL, all of it as it was at one moment."""
    with psycopg.connect(conninfo, options=f"-c search_path={schema}") as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        return _check(lambda query: connection.cursor(binary=True).execute(query).fetchall())  # type: ignore[arg-type]


def _check(rows_of: Callable[[str], list[Any]]) -> Checked:
    rows = rows_of("SELECT position, leaf FROM events ORDER BY position")
    streams = rows_of("SELECT stream, version, position FROM streams ORDER BY position")
    sealed = {position: (salt, text) for position, salt, text in rows_of("SELECT * FROM sealed")}
    tiles = rows_of("SELECT level, number, root, hashes FROM tiles ORDER BY level, number")
    requests = rows_of("SELECT key, first, events FROM requests")
    names = rows_of("SELECT holder, position FROM names")
    checkpoints = rows_of("SELECT size FROM checkpoints")
    assert [position for position, _ in rows] == list(range(1, len(rows) + 1)), "positions without a gap"
    leaves = [leaf for _, leaf in rows]
    _check_leaves(leaves, streams, sealed)
    assert tiles == _tiles_of([hashlib.sha256(b"\0" + leaf).digest() for leaf in leaves]), "tiles as rebuilt"
    checked = Checked(leaves, {key: (first, events) for key, first, events in requests})
    assert len(checked.requests) == len(requests), "a key stands once"
    assert all(first >= 1 and first + events - 1 <= len(leaves) for _, first, events in requests)
    assert all(position <= len(leaves) and holder in checked.streams for holder, position in names)
    assert all(size <= len(leaves) for (size,) in checkpoints)
    return checked


def _check_leaves(
    leaves: list[bytes], streams: list[tuple[str, int, int]], sealed: dict[int, tuple[bytes, bytes]]
) -> None:
    versions: dict[str, int] = {}
    expected, before = [], 0
    for position, leaf in enumerate(leaves, 1):
        form, stream, version, recorded_at, _, _, _, _, digest = json.loads(leaf)
        assert form == "xueshi/1"
        assert version == versions.get(stream, 0) + 1, f"version at {position}"
        assert recorded_at > before, f"time at {position}"
        versions[stream], before = version, recorded_at
        expected.append((stream, version, position))
        found = sealed.pop(position, None)
        bound = None if found is None else b64encode(hashlib.sha256(b"".join(found)).digest()).decode()
        assert digest == bound, f"sealed part at {position}"
    assert streams == expected
    assert not sealed, "a sealed part without a leaf"


def _levels(hashes: list[bytes]) -> list[list[bytes]]:
    levels = [hashes]
    while len(levels[-1]) > 1:
        row = levels[-1]
        above = [hashlib.sha256(b"\1" + row[i] + row[i + 1]).digest() for i in range(0, len(row) - 1, 2)]
        levels.append(above + row[len(row) - len(row) % 2:])
    return levels if hashes else [[hashlib.sha256(b"").digest()]]


def _tiles_of(hashes: list[bytes]) -> list[tuple[int, int, bytes, bytes]]:
    tiles, level = [], 0
    while len(hashes) >= 256:
        above = []
        for number in range(len(hashes) // 256):
            part = hashes[number * 256:number * 256 + 256]
            above.append(_levels(part)[-1][0])
            tiles.append((level, number, above[-1], b"".join(part)))
        hashes, level = above, level + 1
    return tiles
