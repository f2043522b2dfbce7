"""People, where they belonged, their transfers, and units, as they are asked about: each as of a position.

`tests/projections/test_people.py` shows it.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any, Final, NamedTuple

from projections.files.projection import HOLDS
from projections.files.reader import Reader

# What was entered


class Affiliation(NamedTuple):
    """Where a person belongs from a day on, as entered by an event."""

    starts: str
    unit: str
    region: str
    sector: str
    major: str | None
    standing: str | None
    transfer: str | None
    event: int


class Departure(NamedTuple):
    """A last day with a unit, as entered by an event."""

    unit: str
    ends: str
    event: int


class Title(NamedTuple):
    """A professional title, as entered by an event."""

    obtained_on: str
    level: str
    series: str | None
    event: int


class Transfer(NamedTuple):
    """A unit transfer as it stands, with every event of it."""

    transfer: str
    person: str
    to_unit: str
    from_unit: str | None
    starts: str
    major: str | None
    standing: str | None
    status: str
    events: tuple[int, ...]


class Person(NamedTuple):
    """A person as the register knows them: opaque, whatever is personal is sealed elsewhere."""

    person: str
    origin: str
    name_uncertain: bool
    restricted: bool
    forgotten: bool
    event: int
    affiliations: tuple[Affiliation, ...]
    departures: tuple[Departure, ...]
    titles: tuple[Title, ...]
    transfers: tuple[Transfer, ...]


class DatedName(NamedTuple):
    """What a unit is called from a day on; the first name has no first day."""

    starts: str | None
    name: str
    event: int


class Seat(NamedTuple):
    """Where a unit is, and in which sector, from a day on; the first seat has no first day."""

    starts: str | None
    region: str
    sector: str
    event: int


class Unit(NamedTuple):
    """A unit as it stands."""

    unit: str
    credit_code: str
    kinds: tuple[str, ...]
    status: str
    into_unit: str | None
    ended_on: str | None
    event: int
    names: tuple[DatedName, ...]
    seats: tuple[Seat, ...]

    def name_on(self, day: str) -> str:
        """Say what the unit was called on a day."""
        return next(one.name for one in reversed(self.names) if one.starts is None or one.starts <= day)

    def seat_on(self, day: str) -> Seat:
        """Say where the unit was on a day."""
        return next(one for one in reversed(self.seats) if one.starts is None or one.starts <= day)


# Reading

_AFFILIATIONS: Final = (
    f"SELECT {', '.join(Affiliation._fields)} FROM affiliations WHERE person = :key AND {HOLDS} ORDER BY starts"
)
_DEPARTURES: Final = (
    f"SELECT {', '.join(Departure._fields)} FROM departures WHERE person = :key AND {HOLDS} ORDER BY ends, event"
)
_MOVES: Final = " UNION ".join(
    f"SELECT {column} FROM {table} WHERE person = :key AND {column} IS NOT NULL"
    for table in ("affiliations", "departures") for column in ("from_position", "to_position")
)
_TITLES: Final = (
    f"SELECT {', '.join(Title._fields)} FROM titles WHERE person = :key AND {HOLDS} ORDER BY obtained_on, event"
)
_TRANSFERS: Final = f"SELECT {', '.join(Transfer._fields)} FROM transfers WHERE {{}} = :key AND {HOLDS} ORDER BY 1"
_PERSON: Final = (
    "SELECT person, origin, name_uncertain, restricted, forgotten, event FROM persons "
    f"WHERE person = :key AND {HOLDS}"
)
_UNIT: Final = (
    f"SELECT unit, credit_code, kinds, status, into_unit, ended_on, event FROM units WHERE unit = :key AND {HOLDS}"
)
_AMONG: Final = "person IN (SELECT value FROM json_each(:persons))"
_AFFILIATIONS_OF_ALL: Final = (
    f"SELECT person, {', '.join(Affiliation._fields)} FROM affiliations WHERE {_AMONG} AND {HOLDS} ORDER BY starts"
)
_DEPARTURES_OF_ALL: Final = (
    f"SELECT person, {', '.join(Departure._fields)} FROM departures WHERE {_AMONG} AND {HOLDS} ORDER BY ends, event"
)
_MOVES_OF_ALL: Final = " UNION ".join(
    f"SELECT person, {column} FROM {table} WHERE {_AMONG} AND {column} IS NOT NULL"
    for table in ("affiliations", "departures") for column in ("from_position", "to_position")
)
_OF_UNIT: Final = "SELECT {} FROM {} WHERE unit = :key AND from_position <= :as_of ORDER BY event"


def read_affiliations(reader: Reader, person: str, as_of: int) -> list[Affiliation]:
    """Every affiliation of a person as it stood, by first day."""
    return [Affiliation._make(row) for row in reader.rows(_AFFILIATIONS, {"key": person, "as_of": as_of})]


def read_departures(reader: Reader, person: str, as_of: int) -> list[Departure]:
    """Every last day of a person as it stood."""
    return [Departure._make(row) for row in reader.rows(_DEPARTURES, {"key": person, "as_of": as_of})]


def read_moves(reader: Reader, person: str) -> list[int]:
    """The positions from each of which on something else was known of where a person belongs, in order."""
    return sorted(position for (position,) in reader.rows(_MOVES, {"key": person}))


class Whereabouts(NamedTuple):
    """What was entered of where a person belongs, and at which positions something else was entered."""

    affiliations: list[Affiliation]
    departures: list[Departure]
    moves: list[int]


def read_whereabouts_of_all(reader: Reader, persons: Collection[str], as_of: int) -> dict[str, Whereabouts]:
    """Every affiliation and every last day of several people at once, as they stood, and every move whenever it was."""
    asked = {"persons": json.dumps(list(persons)), "as_of": as_of}
    found = {person: Whereabouts([], [], []) for person in persons}
    for person, *row in reader.rows(_AFFILIATIONS_OF_ALL, asked):
        found[person].affiliations.append(Affiliation._make(row))
    for person, *row in reader.rows(_DEPARTURES_OF_ALL, asked):
        found[person].departures.append(Departure._make(row))
    for person, position in reader.rows(_MOVES_OF_ALL, asked):
        found[person].moves.append(position)
    return found


def is_registered(reader: Reader, person: str, as_of: int) -> bool:
    """Say whether the register knew a person."""
    return bool(reader.rows(_PERSON, {"key": person, "as_of": as_of}))


def read_transfer(reader: Reader, transfer: str, as_of: int) -> Transfer | None:
    """Give a transfer as it stood."""
    found = reader.rows(_TRANSFERS.format("transfer"), {"key": transfer, "as_of": as_of})
    return _transfer(found[0]) if found else None


def read_person(reader: Reader, person: str, as_of: int) -> Person | None:
    """Give a person as the register knew them."""
    key = {"key": person, "as_of": as_of}
    found = reader.rows(_PERSON, key)
    if not found:
        return None
    name, origin, uncertain, restricted, forgotten, event = found[0]
    return Person(
        name, origin, bool(uncertain), bool(restricted), bool(forgotten), event,
        tuple(read_affiliations(reader, person, as_of)),
        tuple(read_departures(reader, person, as_of)),
        tuple(Title(day, level, series or None, at) for day, level, series, at in reader.rows(_TITLES, key)),
        tuple(map(_transfer, reader.rows(_TRANSFERS.format("person"), key))),
    )


class Erasure(NamedTuple):
    """What was proposed about forgetting somebody, and what came of it."""

    person: str
    status: str              # proposed, withdrawn, destroyed
    basis: str
    document: str
    asked_on: str
    not_before: str
    final_after: str | None
    event: int               # By which it stands as it does.


def read_erasures(reader: Reader, as_of: int, *, before: int, limit: int) -> list[Erasure]:
    """What was proposed of anybody, as it stood, the last that changed first; those below an event."""
    query = (f"SELECT {', '.join(Erasure._fields)} FROM erasures WHERE {HOLDS} AND event < :before "
             "ORDER BY event DESC LIMIT :limit")
    return [Erasure._make(row) for row in reader.rows(query, {"as_of": as_of, "before": before, "limit": limit})]


def read_unit(reader: Reader, unit: str, as_of: int) -> Unit | None:
    """Give a unit as it stood, with every name and seat it has had."""
    key = {"key": unit, "as_of": as_of}
    found = reader.rows(_UNIT, key)
    if not found:
        return None
    name, credit_code, kinds, status, into, ended_on, event = found[0]
    return Unit(
        name, credit_code, tuple(json.loads(kinds)), status, into, ended_on, event,
        tuple(DatedName._make(row) for row in reader.rows(_OF_UNIT.format("starts, name, event", "unit_names"), key)),
        tuple(Seat._make(row)
              for row in reader.rows(_OF_UNIT.format("starts, region, sector, event", "unit_seats"), key)),
    )


def _transfer(row: tuple[Any, ...]) -> Transfer:
    return Transfer._make((*row[:-1], tuple(json.loads(row[-1]))))
