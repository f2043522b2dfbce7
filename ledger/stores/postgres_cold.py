"""A ledger in PostgreSQL as `ledger.stores.cold` reads and changes it: rows whose bodies lie in archives.

While bodies are away the record of the step that made the table `archives` says that no older program may work on the
schema: it would take a stub for an event. `tests/ledger/test_moved_year.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from ledger.stores.cold import PLACES, Place
from ledger.stores.postgres_arrays import Bigint, Bigints, Bytes, Texts
from ledger.stores.postgres_connections import Connection
from ledger.stores.postgres_portable import numbered
from ledger.stores.recorder import Room

STEP: Final = 2
"""The migration that makes the table: with bodies away it is beside none before it."""
_FORBIDDING: Final = ("events", "sealed")


class SchemaRows:
    """The rows of a schema; every connection looks for tables in its own."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def rows(self, query: str, *values: int) -> Iterator[Any]:
        return iter(self._connection.execute(numbered(query), [Bigint(value) for value in values], binary=True))

    def archives(self) -> list[Place]:
        return [Place(*row) for row in self._connection.execute(PLACES.encode(), binary=True)]


class SchemaChange(SchemaRows):
    """A transaction that changes them."""

    def enter(self, place: Place) -> None:
        self._connection.execute(
            b"INSERT INTO archives VALUES ($1, $2, $3, ($4::text[])[1], ($4::text[])[2]) ON CONFLICT (first) DO UPDATE "
            b"SET last = excluded.last, year = excluded.year, folder = excluded.folder, manifest = excluded.manifest",
            (*map(Bigint, place[:3]), Texts([place.folder, place.manifest])))
        self._connection.execute(b"UPDATE migrations SET beside = $1 WHERE number = $1", (Bigint(STEP),))

    def leave(self, place: Place) -> None:
        self._connection.execute(b"DELETE FROM archives WHERE first = $1", (Bigint(place.first),))
        if not self.archives():
            self._connection.execute(b"UPDATE migrations SET beside = $1 - 1 WHERE number = $1", (Bigint(STEP),))

    def move_out(self, stubs: Sequence[tuple[int, bytes]]) -> None:
        with self._allowing():
            self._replace(stubs)
            self._connection.execute(
                b"DELETE FROM sealed WHERE position = ANY ($1)", (Bigints([at for at, _ in stubs]),))

    def bring_in(self, leaves: Sequence[tuple[int, bytes]], parts: Sequence[tuple[int, bytes, bytes]]) -> None:
        with self._allowing():
            self._replace(leaves)
            positions, salts, ciphertexts = zip(*parts, strict=True) if parts else ((), (), ())
            self._connection.execute(
                b"INSERT INTO sealed SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::bytea[])",
                (Bigints(positions), Bytes(salts), Bytes(ciphertexts)))

    def cut(self, leaves: Sequence[tuple[int, bytes]]) -> None:
        positions, bodies = zip(*leaves, strict=True)  # What stood there the server clears away with its next vacuum.
        self._connection.execute(b"SELECT cut_access($1, $2)", (Bigints(positions), Bytes(bodies)))

    def _replace(self, leaves: Sequence[tuple[int, bytes]]) -> None:
        positions, bodies = zip(*leaves, strict=True)
        self._connection.execute(
            b"UPDATE events e SET leaf = r.leaf FROM unnest($1::bigint[], $2::bytea[]) AS r(position, leaf) "
            b"WHERE e.position = r.position", (Bigints(positions), Bytes(bodies)))

    @contextmanager
    def _allowing(self) -> Iterator[None]:
        """Take the triggers that forbid it away and put them back, in one transaction: nobody writes in between."""
        for table in _FORBIDDING:
            self._connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER stays".encode())
        yield
        for table in _FORBIDDING:
            self._connection.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER stays".encode())


def may_cut(connection: Connection) -> bool:
    """Say whether whoever is connected may let entries of an access log go: the owner, and whom it was granted."""
    row = connection.execute(
        b"SELECT coalesce(has_function_privilege(to_regprocedure('cut_access(bigint[],bytea[])'), 'execute'), false)"
    ).fetchone()
    return row is not None and bool(row[0])


def compacted(connection: Connection, *, whole: bool) -> Room:
    """Have the server take stock of what was let go of: rows to come use it, and only a `whole` writing anew gives it
    back to the disk, in which the tables are closed to everybody until it is done."""
    before = _bytes(connection)
    connection.execute(b"VACUUM (FULL, ANALYZE) events, sealed" if whole else b"VACUUM (ANALYZE) events, sealed")
    return Room(before, _bytes(connection))


def _bytes(connection: Connection) -> int:
    """What the tables take on the disk with their indexes."""
    query = b"SELECT (pg_total_relation_size('events') + pg_total_relation_size('sealed'))::int8"
    row = connection.execute(query, binary=True).fetchone()
    assert row is not None, "such a query has one row"
    return int(row[0])
