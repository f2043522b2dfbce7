"""Applications for titles as answers: what was applied for, what was decided on the hours, how it stands.

What an office decided stands as it was decided, with its rulebook, digest and reasons; what the law makes of the same
person and day under any axes is `projections/eligibility.py`. A sanction that no application came before is not an
application: it stands in `projections/sanctions.py` alone.

`tests/projections/test_applications.py` shows it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple

import msgspec

from ledger.events.actor import Scope
from ledger.events.application import (
    ApplicantDisqualified,
    ApplicationAssessed,
    ApplicationFiled,
    ApplicationGranted,
    ApplicationPostponed,
    ApplicationWithdrawn,
    Assessment,
    DisqualificationLifted,
)
from projections.files.projection import HOLDS, Effect, Projection, Rows, Table
from projections.pages import Page, paged
from projections.reach import reaches

if TYPE_CHECKING:
    from projections.opened import Files


class Decided(NamedTuple):
    """What an office decided on the hours, and the event in which it did."""

    assessment: Assessment
    event: int


class Application(NamedTuple):
    """An application as it stands."""

    application: str
    person: str
    status: str
    level: str
    series: str | None
    committee: str
    applied_on: str
    title_obtained_on: str | None  # None: a first title.
    minimum_years: int
    unit: str
    region: str
    sector: str
    statement: str | None
    earliest_year: int | None
    obtained_on: str | None    # Of the title that was granted.
    decided: Decided | None
    events: tuple[int, ...]


# Folding


def _filed(rows: Rows, effect: Effect) -> None:
    event: ApplicationFiled = effect.event
    goal = event.goal
    rows.begin("applications", effect.position, {
        "application": event.application, "person": event.person, "status": "filed", "level": goal.level,
        "series": goal.series, "committee": goal.committee, "applied_on": goal.applied_on.isoformat(),
        "title_obtained_on": goal.title_obtained_on and goal.title_obtained_on.isoformat(),
        "minimum_years": goal.minimum_years,
        "unit": event.unit, "region": event.region, "sector": event.sector, "statement": event.statement,
        "earliest_year": None, "obtained_on": None, "assessed": None, "events": json.dumps([effect.recorded]),
    })


def _becomes(rows: Rows, effect: Effect, **values: Any) -> None:
    rows.change("applications", effect.position, {"application": effect.event.application}, lambda former: {
        **values, "events": f"{former('events')[:-1]}, {effect.recorded}]"})  # A list in JSON grows at its end.


def _assessed(rows: Rows, effect: Effect) -> None:
    event: ApplicationAssessed = effect.event
    rows.insert("assessments", {
        "event": effect.recorded, "assessment": msgspec.json.encode(event.assessment).decode(),
    })
    _becomes(rows, effect, status="assessed", assessed=effect.recorded)


def _postponed(rows: Rows, effect: Effect) -> None:
    event: ApplicationPostponed = effect.event
    _becomes(rows, effect, status="postponed", earliest_year=event.earliest_year)


def _granted(rows: Rows, effect: Effect) -> None:
    event: ApplicationGranted = effect.event
    _becomes(rows, effect, status="granted", obtained_on=event.obtained_on.isoformat())


def _withdrawn(rows: Rows, effect: Effect) -> None:
    _becomes(rows, effect, status="withdrawn")


def _disqualified(rows: Rows, effect: Effect) -> None:
    _becomes(rows, effect, status="disqualified")


def _lifted(rows: Rows, effect: Effect) -> None:
    _becomes(rows, effect, status="lifted")


class Applications(Projection):
    """The fold."""

    name: ClassVar = "applications"
    version: ClassVar = 3
    tables: ClassVar = {
        "applications": Table(
            {"application": str, "person": str, "status": str, "level": str, "series": str, "committee": str,
             "applied_on": str, "title_obtained_on": str, "minimum_years": int, "unit": str, "region": str,
             "sector": str, "statement": str, "earliest_year": int, "obtained_on": str,
             "assessed": int, "events": str},
            ("application", "from_position"), (("person",), ("status", "region"))),
        "assessments": Table({"event": int, "assessment": str}, ("event",), dated=False),
    }
    handlers: ClassVar = {
        ApplicationFiled: _filed,
        ApplicationAssessed: _assessed,
        ApplicationPostponed: _postponed,
        ApplicationGranted: _granted,
        ApplicationWithdrawn: _withdrawn,
        ApplicantDisqualified: _disqualified,
        DisqualificationLifted: _lifted,
    }


# Reading

_PLAIN: Final = Application._fields[:-2]
_BY: Final = (
    f"SELECT {', '.join('a.' + name for name in _PLAIN)}, d.assessment, a.assessed, a.events FROM applications a "
    f"LEFT JOIN assessments d ON d.event = a.assessed WHERE a.{{}} AND {HOLDS} ORDER BY a.application"
)
_WITHIN: Final = _BY.replace("a.{}", "a.application > :after AND {}") + " LIMIT :limit"
_SIGHTS: Final = ("sector", "unit")
"""What limits a scope, beside the region; its category is left aside, as of a person's whole record."""

_assessment = msgspec.json.Decoder(Assessment).decode


def application_of(files: Files, application: str, *, as_of: int | None = None) -> Application | None:
    """One application."""
    return next(iter(_read(files, "application = :key", application, as_of)), None)


def applications_of(files: Files, person: str, *, as_of: int | None = None) -> list[Application]:
    """Every application of a person, oldest first."""
    return _read(files, "person = :key", person, as_of)


def applications_of_all(files: Files, persons: Iterable[str], *, as_of: int | None = None) -> list[Application]:
    """Every application of several people, oldest first."""
    return _read(files, "person IN (SELECT value FROM json_each(:key))", json.dumps(list(persons)), as_of)


def applications_within(
    files: Files, scopes: Iterable[Scope], *, status: str | None = None, as_of: int | None = None, after: str = "",
    limit: int = 50,
) -> Page[Application]:
    """Which applications were filed within scopes, oldest first."""
    reader, at = files.file("applications", as_of)
    values: dict[str, Any] = {"as_of": at, "after": after, "limit": limit + 1, "status": status}
    reached = [f"({reaches(number, scope, values, limits=_SIGHTS, table='a')})" for number, scope in enumerate(scopes)]
    if not reached:
        return paged([], limit, at, lambda one: ())
    wanted = f"({' OR '.join(reached)}) AND (:status IS NULL OR a.status = :status)"
    found = [_application(row) for row in reader.rows(_WITHIN.format(wanted), values)]
    return paged(found, limit, at, lambda one: (one.application,))


def _read(files: Files, by: str, key: str, as_of: int | None) -> list[Application]:
    reader, at = files.file("applications", as_of)
    return [_application(row) for row in reader.rows(_BY.format(by), {"key": key, "as_of": at})]


def _application(row: tuple[Any, ...]) -> Application:
    *plain, assessment, event, events = row
    decided = None if assessment is None else Decided(_assessment(assessment), event)
    return Application._make((*plain, decided, tuple(json.loads(events))))
