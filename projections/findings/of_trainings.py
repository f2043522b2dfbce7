"""What happens to plans, classes, rosters, cards and imports, as traces.

A class has what was filed and what was held side by side; a roster and an import name the act that holds their rows.

`tests/projections/findings/test_traces.py` shows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ledger.events.base import Event
from ledger.events.imports import ImportAbandoned, ImportClosed, ImportOpened
from ledger.events.training import (
    CardIssued,
    CardVoided,
    ClassAccepted,
    ClassFiled,
    ClassHeld,
    ClassRefused,
    ClassRosterAbandoned,
    ClassRosterClosed,
    ClassRosterOpened,
    PlanAcknowledged,
    PlanEvaluated,
    PlanFiled,
    PlanReturned,
)
from projections.files.projection import Effect, Handler, Rows


def _plan_filed(rows: Rows, effect: Effect) -> None:
    """Filed anew it begins anew."""
    event: PlanFiled = effect.event
    rows.end("plan", effect.position, {"plan": event.plan})
    rows.begin("plan", effect.position, {
        "plan": event.plan, "organiser": event.organiser, "region": event.region, "status": "filed",
        "filed_on": event.filed_on.isoformat(), "year": event.year, "filed_at": effect.envelope.recorded_at,
        "event": effect.recorded})


def _plan_becomes(status: str) -> Handler:
    def handle(rows: Rows, effect: Effect) -> None:
        rows.change("plan", effect.position, {"plan": effect.event.plan}, {"status": status})

    return handle


def _class_filed(rows: Rows, effect: Effect) -> None:
    event: ClassFiled = effect.event
    key, at = {"class": event.training_class}, effect.envelope.recorded_at
    filed: dict[str, Any] = {
        "plan": event.plan, "organiser": event.organiser, "region": event.region, "sector": event.sector,
        "status": "announced" if event.recipient is None else "filed", "category": event.category.value,
        "route": event.route, "level": event.level, "filed_on": event.filed_on.isoformat(),
        "starts": event.starts.isoformat(), "ends": event.ends.isoformat(), "filed_by": event.hand.actor,
        "item": event.item, "filed_at": at, "days_half": event.days_half, "planned": event.headcount,
        "places": event.room, "event": effect.recorded}
    if rows.change("class", effect.position, key, lambda former: {**filed, "revision": former("revision") + 1}):
        return
    nothing = dict.fromkeys((
        "accepted_office", "held_starts", "held_ends", "held_by", "accepted_at", "held_at", "held_days_half",
        "attended", "passed", "signed", "held_event"))
    rows.begin("class", effect.position, {**key, **filed, **nothing, "first_filed_at": at, "revision": 1})


def _class(rows: Rows, effect: Effect, values: Mapping[str, Any]) -> None:
    rows.change("class", effect.position, {"class": effect.event.training_class}, values)


def _class_accepted(rows: Rows, effect: Effect) -> None:
    event: ClassAccepted = effect.event
    _class(rows, effect, {"status": "accepted", "accepted_office": event.office,
                          "accepted_at": effect.envelope.recorded_at})


def _class_refused(rows: Rows, effect: Effect) -> None:
    _class(rows, effect, {"status": "refused"})


def _class_held(rows: Rows, effect: Effect) -> None:
    event: ClassHeld = effect.event
    _class(rows, effect, {
        "status": "held", "held_starts": event.starts.isoformat(), "held_ends": event.ends.isoformat(),
        "held_by": event.hand.actor, "held_at": effect.envelope.recorded_at, "held_days_half": event.days_half,
        "attended": event.attended, "passed": event.passed, "held_event": effect.recorded,
        "signed": int(any(one.kind == "attendance" for one in event.evidence))})


def _roster_opened(rows: Rows, effect: Effect) -> None:
    event: ClassRosterOpened = effect.event
    held = rows.now("class", ("attended",), {"class": event.training_class})
    rows.begin("roster", effect.position, {
        "act": event.act, "class": event.training_class, "organiser": event.organiser, "status": "open",
        "opened_by": effect.envelope.by.actor, "opened_at": effect.envelope.recorded_at, "closed_at": None,
        "rows": event.rows, "attended": held[0][0] if held else None, "event": effect.recorded, "closed_event": None})


def _roster_closed(rows: Rows, effect: Effect) -> None:
    event: ClassRosterClosed = effect.event
    rows.change("roster", effect.position, {"act": event.act}, {
        "status": "closed", "closed_at": effect.envelope.recorded_at, "rows": event.rows,
        "closed_event": effect.recorded})


def _roster_abandoned(rows: Rows, effect: Effect) -> None:
    event: ClassRosterAbandoned = effect.event
    rows.change("roster", effect.position, {"act": event.act}, {"status": "abandoned"})


def _card_issued(rows: Rows, effect: Effect) -> None:
    event: CardIssued = effect.event
    rows.begin("card", effect.position, {
        "card": event.card, "person": event.person, "class": event.training_class, "organiser": event.organiser,
        "result": event.result, "status": "issued", "attended_half": event.attended_half,
        "hours_centi": event.hours_centi, "event": effect.recorded})


def _card_voided(rows: Rows, effect: Effect) -> None:
    rows.change("card", effect.position, {"card": effect.event.card}, {"status": "voided"})


def _import_opened(rows: Rows, effect: Effect) -> None:
    event: ImportOpened = effect.event
    rows.begin("batch", effect.position, {
        "batch": event.batch, "system": event.system, "region": event.region, "sector": event.sector,
        "act": event.act, "status": "open", "rows": event.rows, "accepted": None,
        "opened_at": effect.envelope.recorded_at, "closed_at": None, "event": effect.recorded})


def _import_closed(rows: Rows, effect: Effect) -> None:
    event: ImportClosed = effect.event
    rows.change("batch", effect.position, {"batch": event.batch}, lambda former: {
        "status": "closed", "act": event.act or former("act"), "accepted": event.accepted,
        "closed_at": effect.envelope.recorded_at})


def _import_abandoned(rows: Rows, effect: Effect) -> None:
    rows.change("batch", effect.position, {"batch": effect.event.batch}, {"status": "abandoned"})


HANDLERS: Final[Mapping[type[Event], Handler]] = {
    PlanFiled: _plan_filed,
    PlanAcknowledged: _plan_becomes("acknowledged"),
    PlanReturned: _plan_becomes("returned"),
    PlanEvaluated: _plan_becomes("evaluated"),
    ClassFiled: _class_filed,
    ClassAccepted: _class_accepted,
    ClassRefused: _class_refused,
    ClassHeld: _class_held,
    ClassRosterOpened: _roster_opened,
    ClassRosterClosed: _roster_closed,
    ClassRosterAbandoned: _roster_abandoned,
    CardIssued: _card_issued,
    CardVoided: _card_voided,
    ImportOpened: _import_opened,
    ImportClosed: _import_closed,
    ImportAbandoned: _import_abandoned,
}
