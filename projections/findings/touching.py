"""Touched: the keys whose facts changed since a position, in the temporary table that every pattern begins at.

    claim, person, actor, class, organiser, course, unit, system     by their ids or names
    act            a roster's or an import's: all its rows
    actor_month    an account and a month in which it decided anything: acr_.../2026-03, by the clock here
    unit_year      a unit and a year for which people of it claim: unt_.../2026

Everything that a pattern may rest on begins a row of traces, or ends one; so does what it rests on by way of another
key: with a person's affiliations their claims are touched, with a class its claims. A number that a class or a card
comes to have touches the claims that show it.

`tests/projections/findings/test_findings_run.py` shows it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

SLICE: Final = 50_000
"""So many keys are asked about at once where everything is."""
_MONTH: Final = "strftime('%Y-%m', at / 1000000 + 28800, 'unixepoch')"
_NEW: Final = "from_position > :after"
_ENDED: Final = "to_position > :after"

_WHOLE: Final[dict[str, tuple[str, ...]]] = {
    "claim": ("SELECT claim FROM claim WHERE to_position IS NULL",),
    "person": ("SELECT person FROM person WHERE to_position IS NULL", "SELECT DISTINCT person FROM claim"),
    "actor": ("SELECT actor FROM actor WHERE to_position IS NULL", "SELECT DISTINCT actor FROM step"),
    "actor_month": (f"SELECT DISTINCT actor || '/' || {_MONTH} FROM step",),
    "class": ("SELECT class FROM class WHERE to_position IS NULL", "SELECT DISTINCT training_class FROM claim"),
    "organiser": ("SELECT DISTINCT organiser FROM class", "SELECT DISTINCT organiser FROM plan",
                  "SELECT DISTINCT organiser FROM claim"),
    "course": ("SELECT course FROM course", "SELECT DISTINCT course FROM session"),
    "unit": ("SELECT DISTINCT unit FROM claim", "SELECT DISTINCT unit FROM affiliation"),
    "unit_year": ("SELECT DISTINCT unit || '/' || year FROM claim WHERE to_position IS NULL",),
    "system": ("SELECT DISTINCT system FROM source", "SELECT DISTINCT system FROM batch"),
    "act": ("SELECT act FROM roster WHERE to_position IS NULL", "SELECT act FROM batch WHERE to_position IS NULL"),
}
"""Every key of a kind."""


def _new(column: str, *tables: str) -> tuple[str, ...]:
    return tuple(f"SELECT {column} FROM {table} WHERE {_NEW}" for table in tables)


def _in(queries: Sequence[str]) -> str:
    return f"({' UNION '.join(queries)})"


def _of_moved(column: str) -> str:
    """What is said of claims that moved, now and before."""
    return f"SELECT {column} FROM claim WHERE claim IN {_in(_new('claim', 'claim'))}"


_CLASSES: Final = _new("class", "class", "roster", "card")
_BELONGING: Final = (
    *_new("person", "person", "affiliation", "departure"), f"SELECT person FROM affiliation WHERE {_ENDED}",
    f"SELECT person FROM departure WHERE {_ENDED}")
_STUDIED: Final = _new("enrolment", "session", "booking", "completion")
_NUMBERED: Final = (*_new("class", "class"), *_new("card", "card"))
_HOLDS: Final = "to_position IS NULL"


_SINCE: Final[dict[str, tuple[str, ...]]] = {
    "claim": (
        *_new("claim", "claim", "step", "registered", "source"),
        f"SELECT claim FROM claim WHERE {_HOLDS} AND person IN {_in(_BELONGING)}",
        f"SELECT claim FROM claim WHERE {_HOLDS} AND training_class IN {_in(_CLASSES)}",
        f"SELECT claim FROM registered WHERE enrolment IN {_in(_STUDIED)}",
        "SELECT k.claim FROM clue n CROSS JOIN clue k ON k.kind = 'certificate_number' AND k.value = n.value "
        f"WHERE n.kind IN ('class_number', 'card_number') AND n.claim IN {_in(_NUMBERED)}"),
    "person": (
        _of_moved("person"), *_BELONGING, *_new("actor_person", "step"),
        *_new("person", "transfer", "session", "completion", "registered", "booking", "card", "application",
              "actor")),
    "actor": (
        *_new("actor", "step", "change", "actor"), _of_moved("decided_by"), _of_moved("submitted_by")),
    "actor_month": _new(f"actor || '/' || {_MONTH}", "step"),
    "class": (*_CLASSES, _of_moved("training_class")),
    "organiser": (*_new("organiser", "class", "plan", "roster", "card"), _of_moved("organiser")),
    "course": _new("course", "course", "session", "completion", "registered", "booking"),
    "unit": (
        _of_moved("unit"), *_new("unit", "affiliation", "application"), *_new("from_unit", "transfer"),
        *_new("to_unit", "transfer"), f"SELECT unit FROM affiliation WHERE {_ENDED}"),
    "unit_year": (_of_moved("unit || '/' || year"),),
    "system": _new("system", "source", "batch"),
    "act": (*_new("act", "roster", "batch", "change"), _of_moved("act")),
}
"""Of a kind the keys whose facts changed."""


def prepare(connection: sqlite3.Connection) -> None:
    """Make the table that patterns begin at, and the list of everything it is filled from."""
    connection.execute("CREATE TEMP TABLE touched (kind TEXT, id TEXT, PRIMARY KEY (kind, id)) WITHOUT ROWID")
    connection.execute("CREATE TEMP TABLE every_key (number INTEGER PRIMARY KEY, kind TEXT, id TEXT)")


def touch_since(connection: sqlite3.Connection, after: int) -> None:
    """Touch everything whose facts changed past a position."""
    connection.execute("DELETE FROM touched")
    for kind, queries in _SINCE.items():
        for query in queries:
            connection.execute(_filling(kind, query), {"after": after})


def touch(connection: sqlite3.Connection, kind: str, ids: Iterable[str]) -> None:
    """Touch these as well."""
    connection.executemany("INSERT OR IGNORE INTO touched VALUES (?, ?)", ((kind, one) for one in ids))


def touched_by_kind(connection: sqlite3.Connection) -> dict[str, set[str]]:
    """Every key that is touched."""
    found: dict[str, set[str]] = {}
    for kind, id_ in connection.execute("SELECT kind, id FROM touched"):
        found.setdefault(kind, set()).add(id_)
    return found


@contextmanager
def touched_too(connection: sqlite3.Connection, keys: Iterable[tuple[str, str]]) -> Iterator[None]:
    """Let these keys be touched, too, while one question is asked."""
    new = set(keys) - set(connection.execute("SELECT kind, id FROM touched"))
    connection.executemany("INSERT INTO touched VALUES (?, ?)", new)
    try:
        yield
    finally:
        connection.executemany("DELETE FROM touched WHERE kind = ? AND id = ?", new)


def list_everything(connection: sqlite3.Connection, kinds: Iterable[str]) -> dict[str, range]:
    """List every key of some kinds, in order; gives the numbers under which those of each kind stand."""
    connection.execute("DELETE FROM every_key")
    numbers, first = {}, 1
    for kind in dict.fromkeys(kinds):
        connection.execute(f"INSERT INTO every_key (kind, id) WITH found(id) AS ({' UNION '.join(_WHOLE[kind])}) "
                           f"SELECT '{kind}', id FROM found WHERE id IS NOT NULL ORDER BY id")
        (last,) = connection.execute("SELECT coalesce(max(number), 0) FROM every_key").fetchone()
        numbers[kind] = range(first, last + 1)
        first = last + 1
    return numbers


def touch_slice(connection: sqlite3.Connection, numbers: range) -> None:
    """Touch these of everything, and nothing else."""
    connection.execute("DELETE FROM touched")
    connection.execute("INSERT INTO touched SELECT kind, id FROM every_key WHERE number BETWEEN ? AND ?",
                       (numbers.start, numbers.stop - 1))


def touch_no_key(connection: sqlite3.Connection) -> None:
    """Let something be touched that is no key: for whoever asks about everything."""
    connection.execute("DELETE FROM touched")
    connection.execute("INSERT INTO touched VALUES ('everything', '')")


def _filling(kind: str, query: str) -> str:
    return f"INSERT OR IGNORE INTO touched SELECT '{kind}', * FROM ({query})"  # What is null is no key.
