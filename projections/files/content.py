"""What a file says, as a digest: by it two files are held against each other, and one against the log.

`tests/projections/test_rebuilding.py` shows it.
"""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from projections.files.batch import Log
from projections.files.reached import Reached
from projections.tables import waiting

ITS_OWN: Final = frozenset({"projection", waiting.NAME})
"""Tables that every file has besides those of its projection."""


class Content(NamedTuple):
    """What a file says and up to where: the digest of every row of every table."""

    position: int
    sha256: str
    rows: int


def content(connection: sqlite3.Connection, told: tuple[int, str] | None = None) -> Content:
    """Digest a file's content: tables by name, rows in the order of all their columns.

    Where it was `told` to speak further than it says itself, that position and its leaf stand for its own.
    """
    digest, count = hashlib.sha256(), 0
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name"
    for (table,) in connection.execute(query).fetchall():
        width = len(connection.execute(f"SELECT * FROM {table} LIMIT 0").description)
        digest.update(msgspec.json.encode(table))
        for row in connection.execute(f"SELECT * FROM {table} ORDER BY {', '.join(map(str, range(1, width + 1)))}"):
            if table == "projection":
                row = row[:2] + told if told is not None and told[0] > row[2] else row
                position = row[2]
            digest.update(msgspec.json.encode(row))
            count += table not in ITS_OWN
    return Content(position, digest.hexdigest(), count)


def stands(path: Path, ledger: Log) -> Content:
    """Digest what readers find in the file at a path, at one moment and as far as they are told that it speaks."""
    told = Reached(path).position(path.stat().st_ino)  # Before the snapshot is taken, so that it holds all of that.
    leaf = ledger.store.leaves(told - 1, 1) if told else []
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as snapshot:
        snapshot.execute("BEGIN")
        return content(snapshot, (told, hashlib.sha256(leaf[0]).hexdigest()) if leaf else None)
