"""People and units as answers: who is in the register, where they belonged when, who asked to move, which units.

Only pseudonymous ids are kept of people; names of units are public facts. Where somebody belonged on a day is not
stored but computed from what was entered (`ledger.streams.person`): so an affiliation entered late, or struck out,
answers as if it had been entered in time, or never.

`tests/projections/test_people.py` shows it.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any, ClassVar, Final, NamedTuple

from ledger.events.person import (
    AffiliationVoided,
    DepartureVoided,
    KeyDestroyed,
    PersonAffiliated,
    PersonLeft,
    PersonRegistered,
    PersonRestricted,
    RestrictionLifted,
    TitleRecorded,
    TitleVoided,
)
from ledger.events.transfer import TransferConfirmed, TransferRefused, TransferRequested, TransferWithdrawn
from ledger.events.unit import (
    UnitClosed,
    UnitMerged,
    UnitMoved,
    UnitRegistered,
    UnitRejected,
    UnitRenamed,
    UnitVerified,
)
from projections import accounts
from projections.projection import HOLDS, Effect, Projection, Rows, Table
from projections.reader import Reader

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


_TEXTS: Final = ("starts", "unit", "region", "sector", "major", "standing", "transfer")


def _columns(numbers: tuple[str, ...], *texts: str) -> dict[str, type]:
    return {**dict.fromkeys(texts, str), **dict.fromkeys(numbers, int)}


# Folding


def _registered(rows: Rows, effect: Effect) -> None:
    event: PersonRegistered = effect.event
    rows.begin("persons", effect.position, {
        "person": event.person, "origin": event.origin, "name_uncertain": event.name_uncertain,
        "restricted": False, "forgotten": False, "event": effect.recorded,
    })


def _affiliated(rows: Rows, effect: Effect) -> None:
    event: PersonAffiliated = effect.event
    one, key = event.affiliation, {"person": event.person, "starts": event.affiliation.starts.isoformat()}
    rows.end("affiliations", effect.position, key)  # No two of a person begin on one day: the later entry stands.
    rows.begin("affiliations", effect.position, {
        **key, "unit": one.unit, "region": one.region, "sector": one.sector, "major": one.major,
        "standing": one.standing, "transfer": event.transfer, "event": effect.recorded,
    })


def _affiliation_voided(rows: Rows, effect: Effect) -> None:
    event: AffiliationVoided = effect.event
    key = {"person": event.person, "unit": event.unit, "starts": event.starts.isoformat()}
    rows.end("affiliations", effect.position, key)


def _left(rows: Rows, effect: Effect) -> None:
    event: PersonLeft = effect.event
    key = {"person": event.person, "unit": event.unit, "ends": event.ends.isoformat()}
    rows.end("departures", effect.position, key)
    rows.begin("departures", effect.position, {**key, "event": effect.recorded})


def _departure_voided(rows: Rows, effect: Effect) -> None:
    event: DepartureVoided = effect.event
    rows.end("departures", effect.position,
             {"person": event.person, "unit": event.unit, "ends": event.ends.isoformat()})


def _title_key(event: TitleRecorded | TitleVoided) -> dict[str, str]:
    # A series that was not given is a key of its own: NULL would equal nothing.
    return {"person": event.person, "obtained_on": event.obtained_on.isoformat(), "level": event.level,
            "series": event.series or ""}


def _titled(rows: Rows, effect: Effect) -> None:
    key = _title_key(effect.event)
    rows.end("titles", effect.position, key)
    rows.begin("titles", effect.position, {**key, "event": effect.recorded})


def _title_voided(rows: Rows, effect: Effect) -> None:
    rows.end("titles", effect.position, _title_key(effect.event))


def _person_becomes(**values: bool) -> Any:
    def handle(rows: Rows, effect: Effect) -> None:
        rows.change("persons", effect.position, {"person": effect.event.person}, values)

    return handle


def _transfer_requested(rows: Rows, effect: Effect) -> None:
    event: TransferRequested = effect.event
    rows.begin("transfers", effect.position, {
        "transfer": event.transfer, "person": event.person, "to_unit": event.to_unit, "from_unit": event.from_unit,
        "starts": event.starts.isoformat(), "major": event.major, "standing": event.standing, "status": "requested",
        "events": f"[{effect.recorded}]",
    })


def _transfer_becomes(status: str) -> Any:
    def handle(rows: Rows, effect: Effect) -> None:
        event, key = effect.event, {"transfer": effect.event.transfer}
        values = {"status": status}
        if isinstance(event, TransferConfirmed):
            values["starts"] = event.starts.isoformat()  # The unit may put the day right.
        rows.change("transfers", effect.position, key, lambda former: {
            **values, "events": f"{former('events')[:-1]}, {effect.recorded}]"})  # A list in JSON grows at its end.

    return handle


def _unit_registered(rows: Rows, effect: Effect) -> None:
    event: UnitRegistered = effect.event
    rows.begin("units", effect.position, {
        "unit": event.unit, "credit_code": event.credit_code, "kinds": json.dumps(event.kinds), "status": "registered",
        "into_unit": None, "ended_on": None, "event": effect.recorded,
    })
    rows.insert("unit_names", {
        "event": effect.recorded, "unit": event.unit, "starts": None, "name": event.name,
        "from_position": effect.position,
    })
    rows.insert("unit_seats", {
        "event": effect.recorded, "unit": event.unit, "starts": None, "region": event.region, "sector": event.sector,
        "from_position": effect.position,
    })


def _unit_renamed(rows: Rows, effect: Effect) -> None:
    event: UnitRenamed = effect.event
    rows.insert("unit_names", {
        "event": effect.recorded, "unit": event.unit, "starts": event.starts.isoformat(), "name": event.name,
        "from_position": effect.position,
    })


def _unit_moved(rows: Rows, effect: Effect) -> None:
    event: UnitMoved = effect.event
    rows.insert("unit_seats", {
        "event": effect.recorded, "unit": event.unit, "starts": event.starts.isoformat(), "region": event.region,
        "sector": event.sector, "from_position": effect.position,
    })


def _unit_becomes(status: str) -> Any:
    def handle(rows: Rows, effect: Effect) -> None:
        event, values = effect.event, {"status": status}
        if isinstance(event, UnitMerged):
            values |= {"into_unit": event.into, "ended_on": event.starts.isoformat()}
        if isinstance(event, UnitClosed):
            values |= {"ended_on": event.ends.isoformat()}
        rows.change("units", effect.position, {"unit": event.unit}, values)

    return handle


class People(Projection):
    """The fold."""

    name: ClassVar = "people"
    version: ClassVar = 3
    weight: ClassVar = 2
    tables: ClassVar = {
        "persons": Table(_columns(("name_uncertain", "restricted", "forgotten", "event"), "person", "origin"),
                         ("person", "from_position")),
        "affiliations": Table(_columns(("event",), "person", *_TEXTS), ("person", "starts", "from_position"),
                              (("unit", "person"),)),
        "departures": Table(_columns(("event",), "person", "unit", "ends"),
                            ("person", "unit", "ends", "from_position")),
        "titles": Table(_columns(("event",), "person", "obtained_on", "level", "series"),
                        ("person", "obtained_on", "level", "series", "from_position")),
        "transfers": Table(_columns((), "transfer", "person", "to_unit", "from_unit", "starts", "major", "standing",
                                    "status", "events"), ("transfer", "from_position"), (("person",),)),
        "units": Table(_columns(("event",), "unit", "credit_code", "kinds", "status", "into_unit", "ended_on"),
                       ("unit", "from_position")),
        "unit_names": Table(_columns(("event", "from_position"), "unit", "starts", "name"), ("event",), (("unit",),),
                            dated=False),
        "unit_seats": Table(_columns(("event", "from_position"), "unit", "starts", "region", "sector"), ("event",),
                            (("unit",),), dated=False),
        **accounts.TABLES,
    }
    handlers: ClassVar = {
        PersonRegistered: _registered,
        PersonAffiliated: _affiliated,
        AffiliationVoided: _affiliation_voided,
        PersonLeft: _left,
        DepartureVoided: _departure_voided,
        TitleRecorded: _titled,
        TitleVoided: _title_voided,
        PersonRestricted: _person_becomes(restricted=True),
        RestrictionLifted: _person_becomes(restricted=False),
        KeyDestroyed: _person_becomes(forgotten=True),
        TransferRequested: _transfer_requested,
        TransferConfirmed: _transfer_becomes("confirmed"),
        TransferRefused: _transfer_becomes("refused"),
        TransferWithdrawn: _transfer_becomes("withdrawn"),
        UnitRegistered: _unit_registered,
        UnitVerified: _unit_becomes("verified"),
        UnitRejected: _unit_becomes("rejected"),
        UnitRenamed: _unit_renamed,
        UnitMoved: _unit_moved,
        UnitMerged: _unit_becomes("merged"),
        UnitClosed: _unit_becomes("closed"),
        **accounts.HANDLERS,
    }


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
