"""The statements of the PostgreSQL store: looking up what a batch asks about, writing it, reading the rows.

A batch is looked up in one round trip and written by one statement. Which tables it touches is seen from the batch, so
each combination has a text of its own, prepared once a connection: a plain event pays for no table of names.

`tests/ledger/stores/` shows it; `ledger/stores/postgres.py` says when which of them runs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from functools import cache
from typing import Any, Final, NamedTuple

from psycopg import Cursor

from ledger.proof.frontier import Frontier
from ledger.stores import cold
from ledger.stores.admission import LATER_MAX, Later, Rows, Seen, Standing, Wanted
from ledger.stores.append import Reservation
from ledger.stores.names import Held, NameBook
from ledger.stores.postgres_arrays import Bigint, Bigints, Bytes, Packed, Texts
from ledger.stores.postgres_cold import SchemaRows
from ledger.stores.postgres_connections import Connection
from ledger.stores.postgres_months import Places
from ledger.stores.requests import month_of
from ledger.stores.tree import read_frontier

_CAUGHT_UP_MAX: Final = 512  # What others wrote meanwhile comes with the look-up; what is more is read tile by tile.
_NAME: Final = "name, kind, holder, owner, act, position, freed_by"
_ASKED: Final = {"name": "bytea", "holder": "text", "owner": "text", "act": "text", "freed_by": "text"}


class Edge(NamedTuple):
    """The right edge of the log as a process knows it: the tree's, and the last time given."""

    frontier: Frontier = Frontier()
    last_recorded_at: int = 0


class Looked(NamedTuple):
    """What one look-up found, and at which size of the log. Whatever came after makes the write fail."""

    size: int
    standing: Standing
    leaves: list[bytes]  # Those past the edge that was known, where they were asked for.


def look_up(
    connection: Connection, schema: str, asked: Wanted, *, places: Places | None, known: int, catching_up: bool,
    first: bytes | None = None,
) -> Looked:
    """Read the size and all that a batch asks about, in one round trip; `first` are words to send ahead."""
    alone = first is None and places is None and not (catching_up or asked.asks_names or asked.after is not None)
    with nullcontext() if alone else connection.pipeline():  # A pipeline of one costs more than it saves.
        if first is not None:
            connection.execute(b"BEGIN")
            connection.execute(first)
        log = connection.execute(_log_text(schema), (Texts(asked.streams),), binary=True)
        keys = names = since = leaves = None
        if places is not None:
            keys = _ask_keys(connection, schema, places)
        if asked.asks_names:
            names = _ask_names(connection, schema, asked)
        if asked.after is not None:
            since = connection.execute(_later_text(schema), (Bigint(asked.after), Bigint(LATER_MAX)), binary=True)
        if catching_up:
            leaves = connection.execute(_later_text(schema), (Bigint(known), Bigint(_CAUGHT_UP_MAX)), binary=True)
    row = log.fetchone()
    assert row is not None, "a row without a condition"
    standing = Standing(versions=dict(zip(asked.streams, row[1], strict=True)))
    if keys is not None:
        standing.seen = _seen(keys)
    if names is not None:
        standing.names = NameBook(_held(names))
    if since is not None and asked.after is not None:
        standing.later = Later(asked.after, [leaf for (leaf,) in since.fetchall()])
    size = row[0] or 0
    later = [leaf for (leaf,) in leaves.fetchall()][:max(0, size - known)] if leaves is not None else []
    return Looked(size, standing, later)


def caught_up(connection: Connection, schema: str, edge: Edge, looked: Looked) -> Edge:
    """The edge at the size that was found: from the leaves that came along, else read anew."""
    frontier, size = edge.frontier, looked.size
    if size == frontier.size:
        return edge
    is_at_hand = not any(map(cold.is_stub, looked.leaves))  # Of a year that was moved meanwhile the tiles are read.
    if is_at_hand and frontier.size and looked.leaves and size == frontier.size + len(looked.leaves):
        grown, _ = frontier.append([hashlib.sha256(b"\0" + leaf).digest() for leaf in looked.leaves])
        return Edge(grown, cold.recorded_at(looked.leaves[-1]))
    return Edge(read_frontier(Tree(connection, schema), size), recorded_at(connection, schema, size))


# Writing


def write(
    connection: Connection, schema: str, size: int, rows: Rows, names: NameBook, *, notice: tuple[str, str]
) -> Cursor[tuple[Any, ...]]:
    """Send everything of a batch in one statement: it compares and swaps the log's size, or writes nothing.

    The size is the largest position. Whoever writes has locked the one row of `turn`, and gives up at once where
    another has. That leaves one case, a commit between this statement's view of the data and its lock, and there the
    primary key lets one swap through and no second. A row with the size in it would be dead weight: each commit leaves
    a dead version, and while a backup holds them back for an hour every commit wades through all of them.
    """
    new = names.new()
    gone = sorted(set(names.gone()) - {held.reservation.name for held in new})
    values: list[Packed] = [
        Bigint(size), Bytes([leaf for _, leaf in rows.leaves]), Texts([stream for stream, _, _ in rows.streams]),
        Bigints([version for _, version, _ in rows.streams]), Texts(notice),
    ]
    parts = []
    if rows.sealed:
        parts.append("sealed")
        values += _columns("ibb", rows.sealed)
    if rows.tiles:
        parts.append("tiles")
        values += _columns("iibb", [(tile.level, tile.index, tile.root, tile.hashes) for tile in rows.tiles])
    if rows.requests:
        parts.append("requests")
        values += _columns("ibbiii", [
            (month_of(seen.recorded_at), key, seen.fingerprint, seen.status, seen.first, seen.events)
            for key, seen in rows.requests])
    if new:
        parts.append("new")
        values += _columns("bttttit", [(*held.reservation, held.position, held.freed_by) for held in new])
    if gone:
        parts.append("gone")
        values.append(Bytes(gone))
    return connection.execute(_write_text(schema, tuple(parts)), values)


def _columns(kinds: str, rows: Sequence[Sequence[Any]]) -> list[Packed]:
    """Turn rows into a column each."""
    forms = {"i": Bigints, "b": Bytes, "t": Texts}
    return [forms[kind](column) for kind, column in zip(kinds, zip(*rows, strict=True), strict=True)]


_INSERTS: Final[dict[str, tuple[str, str]]] = {
    "sealed": ("INSERT INTO {schema}.sealed SELECT a, b, c", "bigint bytea bytea"),
    "tiles": ("INSERT INTO {schema}.tiles SELECT a, b, c, d", "bigint bigint bytea bytea"),
    "requests": ("INSERT INTO {schema}.requests SELECT a, b, c, d, e, f", "bigint bytea bytea bigint bigint bigint"),
    "new": (f"INSERT INTO {{schema}}.names ({_NAME}) SELECT a, b, c, d, e, f, g",
            "bytea text text text text bigint text"),
}
_OVER: Final = (
    " ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, holder = excluded.holder, owner = excluded.owner, "
    "act = excluded.act, position = excluded.position, freed_by = excluded.freed_by"
)


@cache
def _write_text(schema: str, parts: tuple[str, ...]) -> bytes:
    place = 6
    texts = [
        f"turn AS MATERIALIZED (SELECT FROM {schema}.turn FOR UPDATE SKIP LOCKED)",
        f"mine AS MATERIALIZED (SELECT FROM turn WHERE $1 = coalesce((SELECT max(position) FROM {schema}.events), 0))",
        f"of_events AS (INSERT INTO {schema}.events SELECT $1 + n, leaf "
        "FROM mine, unnest($2::bytea[]) WITH ORDINALITY AS r(leaf, n))",
        f"of_streams AS (INSERT INTO {schema}.streams SELECT stream, version, $1 + n "
        "FROM mine, unnest($3::text[], $4::bigint[]) WITH ORDINALITY AS r(stream, version, n))",
    ]
    for part in parts:
        if part == "gone":
            texts.append(f"of_gone AS (DELETE FROM {schema}.names USING mine WHERE name = ANY (${place}::bytea[]))")
            continue
        insert, types = _INSERTS[part]
        kinds = types.split()
        arrays = ", ".join(f"${place + number}::{kind}[]" for number, kind in enumerate(kinds))
        letters = ", ".join("abcdefg"[:len(kinds)])
        over = _OVER if part == "new" else ""
        texts.append(f"of_{part} AS ({insert.format(schema=schema)} FROM mine, unnest({arrays}) AS r({letters}){over})")
        place += len(kinds)
    return f"WITH {', '.join(texts)} SELECT pg_notify(($5::text[])[1], ($5::text[])[2]) FROM mine".encode()


# Looking up


@cache
def _log_text(schema: str) -> bytes:
    newest = f"coalesce((SELECT max(version) FROM {schema}.streams s WHERE s.stream = a.stream), 0)"
    versions = f"ARRAY(SELECT {newest} FROM unnest($1::text[]) WITH ORDINALITY AS a(stream, n) ORDER BY n)"
    return f"SELECT (SELECT max(position) FROM {schema}.events), {versions}".encode()


@cache
def _later_text(schema: str) -> bytes:
    return f"SELECT leaf FROM {schema}.events WHERE position > $1 ORDER BY position LIMIT $2".encode()


@cache
def _keys_text(schema: str) -> bytes:
    return (
        f"SELECT r.key, r.fingerprint, r.status, r.first, r.events, e.leaf FROM {schema}.requests r "
        f"JOIN unnest($1::bigint[], $2::bytea[]) AS a(month, key) ON r.month = a.month AND r.key = a.key "
        f"JOIN {schema}.events e ON e.position = r.first"
    ).encode()


@cache
def _names_text(schema: str, columns: tuple[str, ...]) -> bytes:
    return " UNION ALL ".join(
        f"SELECT {_NAME} FROM {schema}.names WHERE {column} = ANY (${place}::{_ASKED[column]}[])"
        for place, column in enumerate(columns, 1)
    ).encode()


def look_up_keys(connection: Connection, schema: str, places: Places) -> dict[bytes, Seen]:
    """What is kept of requests, where they may stand."""
    return _seen(_ask_keys(connection, schema, places))


def _ask_keys(connection: Connection, schema: str, places: Places) -> Cursor[tuple[Any, ...]]:
    return connection.execute(_keys_text(schema), (Bigints(places.months), Bytes(places.keys)), binary=True)


def _seen(found: Cursor[tuple[Any, ...]]) -> dict[bytes, Seen]:
    return {key: Seen(fingerprint, status, first, events, cold.recorded_at(leaf))
            for key, fingerprint, status, first, events, leaf in found}


def _ask_names(connection: Connection, schema: str, asked: Wanted) -> Cursor[tuple[Any, ...]]:
    columns: list[str] = []
    values: list[Packed] = []
    for column, some in (("name", asked.names), ("holder", asked.holders), ("owner", asked.owners),
                         ("act", asked.abandoned), ("freed_by", asked.ended)):
        if some:
            columns.append(column)
            values.append(Bytes(asked.names) if column == "name" else Texts(some))  # type: ignore[arg-type]
    return connection.execute(_names_text(schema, tuple(columns)), values, binary=True)


def _held(found: Cursor[tuple[Any, ...]]) -> Iterator[Held]:
    for *reservation, position, freed_by in found:
        yield Held(Reservation(*reservation), position, freed_by)


# Reading


def recorded_at(connection: Connection, schema: str, position: int) -> int:
    """The time of an event; 0 where there is none."""
    if position == 0:
        return 0
    row = connection.execute(
        f"SELECT leaf FROM {schema}.events WHERE position = $1".encode(), (Bigint(position),), binary=True).fetchone()
    assert row is not None, "positions have no gap"
    return cold.recorded_at(row[0])


class Tree:
    """Reads what the tree is made of. Rows never change, so it needs no view of its own: a size bounds what is read."""

    def __init__(self, connection: Connection, schema: str) -> None:
        self._connection, self._schema = connection, schema

    def leaves(self, first: int, last: int) -> list[bytes]:
        leaves = self._column("leaf", "events", "position BETWEEN $1 AND $2 ORDER BY position", first, last)
        if cold.STUB_BYTES not in map(len, leaves):
            return leaves
        rows = SchemaRows(self._connection)
        query = "SELECT position, leaf FROM events WHERE position BETWEEN ? AND ? ORDER BY position"
        return [leaf for _, leaf in cold.whole(rows, lambda: list(rows.rows(query, first, last)))]

    def tile_roots(self, level: int, first: int, last: int) -> list[bytes]:
        return self._column(
            "root", "tiles", "level = $1 AND number BETWEEN $2 AND $3 ORDER BY number", level, first, last)

    def full_tile(self, level: int, number: int) -> bytes | None:
        found = self._column("hashes", "tiles", "level = $1 AND number = $2", level, number)
        return found[0] if found else None

    def _column(self, column: str, table: str, condition: str, *values: int) -> list[bytes]:
        query = f"SELECT {column} FROM {self._schema}.{table} WHERE {condition}"
        rows = self._connection.execute(query.encode(), [Bigint(value) for value in values], binary=True)
        return [value for (value,) in rows]
