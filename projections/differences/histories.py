"""What is known of several people at every position between two, read at once: what a round judges.

To ask of each person at each point by itself is six questions; here it is as many for two hundred people. Between the
points of a person nothing of theirs moves (`person.py`).

`tests/projections/test_differences.py` holds what is judged of it against each person asked for alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, Final

from projections.entries_reading import Version, read_stood_between
from projections.files.reader import Reader
from projections.people_reading import Affiliation, Departure
from projections.years import History, history_of

AT_ONCE: Final = 200
"""People: of some dozens of entries each, some MB."""

_Row = tuple[Any, int, int | None]
_AMONG: Final = "person IN (SELECT value FROM json_each(:persons))"
_STOOD: Final = "from_position <= :upto AND (to_position IS NULL OR to_position > :after)"
# A claim that is not in the register moves nothing, however often it is revised.
_MOVED: Final = {"claims": " AND status IN ('approved', 'frozen', 'revoked')", "affiliations": "", "departures": ""}
_ORDER: Final = {"affiliations": "starts", "departures": "ends, event"}


def histories(
    people: Reader, entries: Reader, persons: Sequence[str], *, after: int, upto: int, valid_on: date | None = None
) -> Iterator[tuple[str, list[tuple[int, History]]]]:
    """Each person with what is known of them at each point past a position, some people at a time."""
    for begin in range(0, len(persons), AT_ONCE):
        asked = {"persons": json.dumps(persons[begin:begin + AT_ONCE]), "after": after, "upto": upto}
        points = _points(people, entries, asked)
        some = list(points)
        stood: dict[str, list[Version]] = {person: [] for person in some}
        for one in read_stood_between(entries, some, after, upto):
            stood[one.person].append(one)
        asked["persons"] = json.dumps(some)
        affiliations = _held(people, "affiliations", Affiliation, asked)
        departures = _held(people, "departures", Departure, asked)
        for person, positions in points.items():
            yield person, [(at, history_of(
                people, entries, person, _as_of(affiliations.get(person, ()), at),
                _as_of(departures.get(person, ()), at), [one for one in stood[person] if _holds(one, at)], at, valid_on,
            )) for at in sorted(positions)]


def _points(people: Reader, entries: Reader, asked: dict[str, Any]) -> dict[str, set[int]]:
    """Where something of each of them changed; of nobody of whom nothing did."""
    found: dict[str, set[int]] = {}
    for reader, tables in ((entries, ["claims"]), (people, ["affiliations", "departures"])):
        query = " UNION ".join(
            f"SELECT person, {column} FROM {table} WHERE {_AMONG} AND {column} > :after AND {column} <= :upto"
            f"{_MOVED[table]}" for table in tables for column in ("from_position", "to_position"))
        for person, at in reader.rows(query, asked):
            found.setdefault(person, set()).add(at)
    return found


def _held(
    people: Reader, table: str, make: type[Affiliation] | type[Departure], asked: dict[str, Any]
) -> dict[str, list[_Row]]:
    """Rows of each person, in order, with the positions between which each holds."""
    query = (f"SELECT person, from_position, to_position, {', '.join(make._fields)} FROM {table} "
             f"WHERE {_AMONG} AND {_STOOD} ORDER BY {_ORDER[table]}")
    found: dict[str, list[_Row]] = {}
    for person, first, last, *row in people.rows(query, asked):
        found.setdefault(person, []).append((make._make(row), first, last))
    return found


def _as_of(rows: Sequence[_Row], at: int) -> list[Any]:
    return [one for one, first, last in rows if first <= at and (last is None or last > at)]


def _holds(one: Version, at: int) -> bool:
    return one.from_position <= at and (one.to_position is None or one.to_position > at)
