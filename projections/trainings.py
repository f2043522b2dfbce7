"""Trainings as answers: plans and who has not acknowledged them, classes as filed and as held, rosters, cards.

What an organiser filed and what was held stand side by side, so that whoever asks (`trainings_reading.py`) sees what
differs: held outside the plan, for more people than planned or than the room holds, on other days, filed so many days
before the start (D06). Whether that was too late is law, which is asked apart (`projections/filings.py`). A class that
was held waits until a list of it is registered (W 13): the organiser has done its part, and nobody has the hours yet.

`tests/projections/test_trainings.py` shows it.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, ClassVar, NamedTuple

import msgspec

from ledger.events.act import ActChunkWritten
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
    ClassRosterReturned,
    PlanAcknowledged,
    PlanEvaluated,
    PlanEvaluationCorrected,
    PlanFiled,
    PlanReturned,
)
from ledger.vocabulary import LOCAL
from projections.files.projection import Effect, Projection, Rows, Table


class Acknowledgement(NamedTuple):
    """A recipient put the plan on file."""

    recipient: str
    office: str
    event: int


class Evaluation(NamedTuple):
    """A recipient judged how a plan was carried out, on what it saw by that day; put right, on a document."""

    recipient: str
    office: str
    grade: str
    classes_held: int
    attended: int
    event: int
    on: str
    document: str | None = None


_text = msgspec.json.encode
_filed = msgspec.json.Decoder(ClassFiled).decode


def _change(rows: Rows, table: str, effect: Effect, key: dict[str, Any], **values: Any) -> None:
    """Let what holds under a key hold otherwise, and remember the event."""
    for (events,) in rows.now(table, ("events",), key):
        told = json.dumps([*json.loads(events), effect.recorded])
        rows.change(table, effect.position, key, {**values, "events": told})


def _plan_filed(rows: Rows, effect: Effect) -> None:
    event: PlanFiled = effect.event
    filed = {"status": "filed", "filed": _text(event).decode(), "acknowledged": "[]",
             "seeks_funding": int(any(one.seeks_funding for one in event.items))}
    if known := rows.now("plans", ("revision",), {"plan": event.plan}):
        _change(rows, "plans", effect, {"plan": event.plan}, revision=known[0][0] + 1, **filed)
        return
    rows.begin("plans", effect.position, {
        "plan": event.plan, "organiser": event.organiser, "year": event.year, "revision": 1, "first": effect.recorded,
        "evaluations": "[]", "corrected": "[]", "events": json.dumps([effect.recorded]), **filed,
    })


def _plan_acknowledged(rows: Rows, effect: Effect) -> None:
    event: PlanAcknowledged = effect.event
    for acknowledged, filed in rows.now("plans", ("acknowledged", "filed"), {"plan": event.plan}):
        done = [*json.loads(acknowledged), Acknowledgement(event.recipient, event.office, effect.recorded)]
        on_file = set(json.loads(filed)["recipients"]) <= {one[0] for one in done}
        _change(rows, "plans", effect, {"plan": event.plan}, acknowledged=json.dumps(done),
                status="acknowledged" if on_file else "filed")


def _plan_returned(rows: Rows, effect: Effect) -> None:
    _change(rows, "plans", effect, {"plan": effect.event.plan}, status="returned")


def _plan_evaluated(rows: Rows, effect: Effect) -> None:
    """Judged, or put right: what the same recipient said before is kept beside what it says now."""
    event: PlanEvaluated | PlanEvaluationCorrected = effect.event
    one = Evaluation(event.recipient, event.office, event.grade, event.classes_held, event.attended, effect.recorded,
                     _day(effect), getattr(event, "document", None))
    for evaluations, corrected in rows.now("plans", ("evaluations", "corrected"), {"plan": event.plan}):
        said = json.loads(evaluations)
        former = [each for each in said if each[0] == event.recipient]
        _change(rows, "plans", effect, {"plan": event.plan}, status="evaluated",
                evaluations=json.dumps([*(each for each in said if each not in former), one]),
                corrected=json.dumps([*json.loads(corrected), *former]))


def _day(effect: Effect) -> str:
    """The day on which it was recorded."""
    return datetime.fromtimestamp(effect.envelope.recorded_at // 1_000_000, LOCAL).date().isoformat()


def _class_filed(rows: Rows, effect: Effect) -> None:
    event: ClassFiled = effect.event
    key = {"training_class": event.training_class}
    filed = {
        "status": "announced" if event.recipient is None else "filed", "filed": _text(event).decode(),
        "recorded_on": _day(effect),
        "plan": event.plan, "year": event.starts.year, "number": None, "office": None,
    }
    if known := rows.now("classes", ("revision",), key):
        _change(rows, "classes", effect, key, revision=known[0][0] + 1, **filed)
        return
    rows.begin("classes", effect.position, {
        **key, "organiser": event.organiser, "revision": 1, "held": None, "attended": 0,
        "list_returned": None, "first": effect.recorded,
        "events": json.dumps([effect.recorded]), **filed,
    })


def _class_accepted(rows: Rows, effect: Effect) -> None:
    event: ClassAccepted = effect.event
    _change(rows, "classes", effect, {"training_class": event.training_class}, status="accepted", number=event.number,
            office=event.office)


def _class_refused(rows: Rows, effect: Effect) -> None:
    event: ClassRefused = effect.event
    _change(rows, "classes", effect, {"training_class": event.training_class}, status="refused", office=event.office)


def _class_held(rows: Rows, effect: Effect) -> None:
    event: ClassHeld = effect.event
    key = {"training_class": event.training_class}
    rows.end("unregistered", effect.position, key)
    for organiser, filed in rows.now("classes", ("organiser", "filed"), key):
        said = _filed(filed)
        rows.begin("unregistered", effect.position, {
            **key, "organiser": organiser, "region": said.region, "sector": said.sector,
            "category": said.category.value, "since_at": effect.envelope.recorded_at, "event": effect.recorded,
        })
    _change(rows, "classes", effect, {"training_class": event.training_class}, status="held",
            held=_text(event).decode(), attended=event.attended, list_returned=None)


def _roster_returned(rows: Rows, effect: Effect) -> None:
    """It waits on, now for its organiser."""
    event: ClassRosterReturned = effect.event
    _change(rows, "classes", effect, {"training_class": event.training_class}, list_returned=event.list_sha256)


def _roster_opened(rows: Rows, effect: Effect) -> None:
    event: ClassRosterOpened = effect.event
    rows.begin("rosters", effect.position, {
        "act": event.act, "training_class": event.training_class, "status": "open", "rows": event.rows, "rows_done": 0,
        "list_sha256": event.list_sha256, "first": effect.recorded, "events": json.dumps([effect.recorded]),
    })


def _roster_written(rows: Rows, effect: Effect) -> None:
    """An act says how far it is; most acts are none of a class's."""
    event: ActChunkWritten = effect.event
    rows.change("rosters", effect.position, {"act": event.act}, {"rows_done": event.rows_done})


def _roster_closed(rows: Rows, effect: Effect) -> None:
    key = {"training_class": effect.event.training_class}
    rows.end("unregistered", effect.position, key)
    rows.change("classes", effect.position, key, {"list_returned": None})  # Another list stands in its place.
    _change(rows, "rosters", effect, {"act": effect.event.act}, status="closed")


def _roster_abandoned(rows: Rows, effect: Effect) -> None:
    _change(rows, "rosters", effect, {"act": effect.event.act}, status="abandoned")


def _card_issued(rows: Rows, effect: Effect) -> None:
    event: CardIssued = effect.event
    rows.begin("cards", effect.position, {
        "card": event.card, "person": event.person, "training_class": event.training_class,
        "organiser": event.organiser, "status": "issued", "attended_half": event.attended_half,
        "hours_centi": event.hours_centi, "result": event.result, "first": effect.recorded,
        "events": json.dumps([effect.recorded]),
    })


def _card_voided(rows: Rows, effect: Effect) -> None:
    _change(rows, "cards", effect, {"card": effect.event.card}, status="voided")


class Trainings(Projection):
    """The fold."""

    name: ClassVar = "trainings"
    version: ClassVar = 6  # 5 did not say which list was sent back.
    tables: ClassVar = {
        "plans": Table(
            {"plan": str, "organiser": str, "year": int, "status": str, "revision": int, "filed": str,
             "acknowledged": str, "evaluations": str, "corrected": str,
             "seeks_funding": int, "first": int, "events": str},
            ("plan", "from_position"), (("organiser", "year"), ("first",))),
        "classes": Table(
            {"training_class": str, "organiser": str, "plan": str, "year": int, "status": str, "revision": int,
             "filed": str, "recorded_on": str, "number": str, "office": str, "held": str, "attended": int,
             "list_returned": str, "first": int, "events": str},
            ("training_class", "from_position"), (("organiser", "year"), ("plan",), ("first",))),
        "rosters": Table(
            {"act": str, "training_class": str, "status": str, "rows": int, "rows_done": int, "list_sha256": str,
             "first": int, "events": str},
            ("act", "from_position"), (("training_class",),)),
        "unregistered": Table(  # Held, and nobody who was there has the hours yet.
            {"training_class": str, "organiser": str, "region": str, "sector": str, "category": str, "since_at": int,
             "event": int},
            ("training_class", "from_position"), (("organiser",), ("region",))),
        "cards": Table(
            {"card": str, "person": str, "training_class": str, "organiser": str, "status": str,
             "attended_half": int, "hours_centi": int, "result": str, "first": int, "events": str},
            ("card", "from_position"), (("person",), ("training_class",))),
    }
    handlers: ClassVar = {
        PlanFiled: _plan_filed,
        PlanAcknowledged: _plan_acknowledged,
        PlanReturned: _plan_returned,
        PlanEvaluated: _plan_evaluated,
        PlanEvaluationCorrected: _plan_evaluated,
        ClassFiled: _class_filed,
        ClassAccepted: _class_accepted,
        ClassRefused: _class_refused,
        ClassHeld: _class_held,
        ClassRosterReturned: _roster_returned,
        ClassRosterOpened: _roster_opened,
        ActChunkWritten: _roster_written,
        ClassRosterClosed: _roster_closed,
        ClassRosterAbandoned: _roster_abandoned,
        CardIssued: _card_issued,
        CardVoided: _card_voided,
    }
