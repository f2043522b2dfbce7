"""People and units as answers: who is in the register, where they belonged when, who asked to move, which units.

Only pseudonymous ids are kept of people; names of units are public facts. Where somebody belonged on a day is not
stored but computed from what was entered (`ledger.streams.person`): so an affiliation entered late, or struck out,
answers as if it had been entered in time, or never.

`tests/projections/test_people.py` shows it.
"""

from __future__ import annotations

import json
from typing import Any, ClassVar, Final

from ledger.events.person import (
    AffiliationVoided,
    DepartureVoided,
    ErasureProposed,
    ErasureWithdrawn,
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
from projections.files.projection import Effect, Projection, Rows, Table

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


def _erasure_proposed(rows: Rows, effect: Effect) -> None:
    event: ErasureProposed = effect.event
    rows.end("erasures", effect.position, {"person": event.person})  # One that was withdrawn before.
    rows.begin("erasures", effect.position, {
        "person": event.person, "status": "proposed", "basis": event.basis, "document": event.document,
        "asked_on": event.asked_on.isoformat(), "not_before": event.not_before.isoformat(), "final_after": None,
        "event": effect.recorded,
    })


def _erasure_becomes(status: str) -> Any:
    def handle(rows: Rows, effect: Effect) -> None:
        event, values = effect.event, {"status": status, "event": effect.recorded}
        if isinstance(event, KeyDestroyed):
            values["final_after"] = event.final_after.isoformat()
            rows.change("persons", effect.position, {"person": event.person}, {"forgotten": True})
        rows.change("erasures", effect.position, {"person": event.person}, values)

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
    version: ClassVar = 5  # 4 did not index where people belong.
    weight: ClassVar = 2
    tables: ClassVar = {
        "persons": Table(_columns(("name_uncertain", "restricted", "forgotten", "event"), "person", "origin"),
                         ("person", "from_position")),
        "affiliations": Table(_columns(("event",), "person", *_TEXTS), ("person", "starts", "from_position"),
                              (("unit", "person"), ("region", "from_position"))),
        "departures": Table(_columns(("event",), "person", "unit", "ends"),
                            ("person", "unit", "ends", "from_position")),
        "titles": Table(_columns(("event",), "person", "obtained_on", "level", "series"),
                        ("person", "obtained_on", "level", "series", "from_position")),
        "transfers": Table(_columns((), "transfer", "person", "to_unit", "from_unit", "starts", "major", "standing",
                                    "status", "events"), ("transfer", "from_position"), (("person",),)),
        "erasures": Table(_columns(("event",), "person", "status", "basis", "document", "asked_on", "not_before",
                                   "final_after"), ("person", "from_position")),
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
        ErasureProposed: _erasure_proposed,
        ErasureWithdrawn: _erasure_becomes("withdrawn"),
        KeyDestroyed: _erasure_becomes("destroyed"),
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
