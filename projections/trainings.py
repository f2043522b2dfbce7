"""Trainings as answers: plans and who has not acknowledged them, classes as filed and as held, rosters, cards.

What an organiser filed and what was held stand side by side, so that whoever asks sees what differs: held outside the
plan, for more people than planned or than the room holds, on other days, filed so many days before the start (D06).
Whether that was too late is law, which is asked apart (`projections/filings.py`). A class that was held waits until
a list of it is registered (W 13): the organiser has done its part, and nobody has the hours yet.

A card is found by its number through the register of reserved names, never through a column: no number stands here.

`tests/projections/test_trainings.py` shows it.
"""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple

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
    PlanAcknowledged,
    PlanEvaluated,
    PlanFiled,
    PlanReturned,
    card_name,
)
from ledger.vocabulary import LOCAL, UnitId
from projections.files.projection import HOLDS, Effect, Projection, Rows, Table
from projections.pages import Page, paged
from projections.reach import reaches

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ledger.events.actor import Scope
    from projections.opened import Files


class Acknowledgement(NamedTuple):
    """A recipient put the plan on file."""

    recipient: str
    office: str
    event: int


class Evaluation(NamedTuple):
    """A recipient judged how a plan was carried out, on what it saw."""

    recipient: str
    office: str
    grade: str
    classes_held: int
    attended: int
    event: int


class Carried(NamedTuple):
    """What came of a plan, by the classes that were filed under it."""

    classes_filed: int
    classes_held: int
    attended: int


class Plan(NamedTuple):
    """A plan as it stands, with what its next year's filing rests on (P 12)."""

    plan: str
    organiser: str
    year: int
    status: str
    revision: int
    filed: PlanFiled
    acknowledged: tuple[Acknowledgement, ...]
    evaluations: tuple[Evaluation, ...]
    events: tuple[int, ...]
    carried: Carried
    last_year: tuple[Evaluation, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """The recipients that have not acknowledged it."""
        done = {one.recipient for one in self.acknowledged}
        return tuple(one for one in self.filed.recipients if one not in done)


class Roster(NamedTuple):
    """A list that is registered, or was."""

    act: str
    status: str
    rows: int
    rows_done: int
    list_sha256: str
    events: tuple[int, ...]


class TrainingClass(NamedTuple):
    """A class as it stands: as it was filed last, and as it was held."""

    training_class: str
    organiser: str
    status: str
    revision: int
    filed: ClassFiled
    recorded_on: date  # When that filing was recorded: where it is later than `filed_on`, the day was entered by hand.
    number: str | None
    office: str | None
    held: ClassHeld | None
    events: tuple[int, ...]
    rosters: tuple[Roster, ...]
    cards: int  # Those that are not void.

    @property
    def starts(self) -> date:
        """The day on which it began, or is to begin."""
        return self.filed.starts if self.held is None else self.held.starts

    @property
    def lead_days(self) -> int:
        """How many days before its start it was filed; negative where it had begun."""
        return (self.starts - self.filed.filed_on).days


class Unregistered(NamedTuple):
    """A class that was held, and of which no list is registered: since when, by the event that says it was held."""

    training_class: str
    organiser: str
    since_at: int
    event: int


class Card(NamedTuple):
    """A card as it stands, without its number."""

    card: str
    person: str
    training_class: str
    organiser: str
    status: str
    attended_half: int
    hours_centi: int
    result: str
    events: tuple[int, ...]


# Folding

_text = msgspec.json.encode
_plan = msgspec.json.Decoder(PlanFiled).decode
_filed = msgspec.json.Decoder(ClassFiled).decode
_held = msgspec.json.Decoder(ClassHeld).decode


def _change(rows: Rows, table: str, effect: Effect, key: dict[str, Any], **values: Any) -> None:
    """Let what holds under a key hold otherwise, and remember the event."""
    for (events,) in rows.now(table, ("events",), key):
        told = json.dumps([*json.loads(events), effect.recorded])
        rows.change(table, effect.position, key, {**values, "events": told})


def _plan_filed(rows: Rows, effect: Effect) -> None:
    event: PlanFiled = effect.event
    filed = {"status": "filed", "filed": _text(event).decode(), "acknowledged": "[]"}
    if known := rows.now("plans", ("revision",), {"plan": event.plan}):
        _change(rows, "plans", effect, {"plan": event.plan}, revision=known[0][0] + 1, **filed)
        return
    rows.begin("plans", effect.position, {
        "plan": event.plan, "organiser": event.organiser, "year": event.year, "revision": 1, "first": effect.recorded,
        "evaluations": "[]", "events": json.dumps([effect.recorded]), **filed,
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
    event: PlanEvaluated = effect.event
    one = Evaluation(event.recipient, event.office, event.grade, event.classes_held, event.attended, effect.recorded)
    for (evaluations,) in rows.now("plans", ("evaluations",), {"plan": event.plan}):
        _change(rows, "plans", effect, {"plan": event.plan}, status="evaluated",
                evaluations=json.dumps([*json.loads(evaluations), one]))


def _class_filed(rows: Rows, effect: Effect) -> None:
    event: ClassFiled = effect.event
    key = {"training_class": event.training_class}
    filed = {
        "status": "announced" if event.recipient is None else "filed", "filed": _text(event).decode(),
        "recorded_on": datetime.fromtimestamp(effect.envelope.recorded_at // 1_000_000, LOCAL).date().isoformat(),
        "plan": event.plan, "year": event.starts.year, "number": None, "office": None,
    }
    if known := rows.now("classes", ("revision",), key):
        _change(rows, "classes", effect, key, revision=known[0][0] + 1, **filed)
        return
    rows.begin("classes", effect.position, {
        **key, "organiser": event.organiser, "revision": 1, "held": None, "attended": 0, "first": effect.recorded,
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
            held=_text(event).decode(), attended=event.attended)


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
    rows.end("unregistered", effect.position, {"training_class": effect.event.training_class})
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
    version: ClassVar = 3  # 1 did not say when a filing was recorded, 2 not which classes wait to be registered.
    tables: ClassVar = {
        "plans": Table(
            {"plan": str, "organiser": str, "year": int, "status": str, "revision": int, "filed": str,
             "acknowledged": str, "evaluations": str, "first": int, "events": str},
            ("plan", "from_position"), (("organiser", "year"), ("first",))),
        "classes": Table(
            {"training_class": str, "organiser": str, "plan": str, "year": int, "status": str, "revision": int,
             "filed": str, "recorded_on": str, "number": str, "office": str, "held": str, "attended": int,
             "first": int, "events": str},
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
        ClassFiled: _class_filed,
        ClassAccepted: _class_accepted,
        ClassRefused: _class_refused,
        ClassHeld: _class_held,
        ClassRosterOpened: _roster_opened,
        ActChunkWritten: _roster_written,
        ClassRosterClosed: _roster_closed,
        ClassRosterAbandoned: _roster_abandoned,
        CardIssued: _card_issued,
        CardVoided: _card_voided,
    }


# Reading

_MOST: Final = -1  # Of what belongs to one plan, class or person everything is told.


def _rows(
    files: Files, table: str, columns: str, wanted: dict[str, Any], as_of: int | None, *,
    after: tuple[int] | None = None, limit: int = _MOST, newest_first: bool = False,
) -> tuple[list[tuple[Any, ...]], int]:
    """What stands of a table, where these columns have these values, in the order in which it came to be."""
    reader, at = files.file("trainings", as_of)
    given = {name: value for name, value in wanted.items() if value is not None}
    place = [] if after is None else ["first < :after" if newest_first else "first > :after"]
    where = " AND ".join([HOLDS, *place, *(f"{name} = :{name}" for name in given)])
    order = "DESC" if newest_first else "ASC"
    query = f"SELECT {columns} FROM {table} WHERE {where} ORDER BY first {order} LIMIT :limit"
    values = {**given, "as_of": at, "limit": limit} | ({} if after is None else {"after": after[0]})
    return reader.rows(query, values), at


def plan(files: Files, name: str, *, as_of: int | None = None) -> Plan | None:
    """A plan as it stood."""
    found, at = _plans(files, {"plan": name}, as_of)
    return next((_with_year(files, one, at) for one in found), None)


def plans(
    files: Files, *, organiser: str | None = None, year: int | None = None, status: str | None = None,
    as_of: int | None = None, after: tuple[int] | None = None, limit: int = 50, newest_first: bool = False,
) -> Page[Plan]:
    """Plans in the order in which they were first filed, or in the other."""
    wanted = {"organiser": organiser, "year": year, "status": status}
    found, at = _plans(files, wanted, as_of, after=after, limit=limit + 1, newest_first=newest_first)
    return paged([_with_year(files, one, at) for one in found], limit, at, lambda one: (one.events[0],))


def _plans(
    files: Files, wanted: dict[str, Any], as_of: int | None, *, after: tuple[int] | None = None,
    limit: int = _MOST, newest_first: bool = False,
) -> tuple[list[Plan], int]:
    columns = "plan, organiser, year, status, revision, filed, acknowledged, evaluations, events"
    rows, at = _rows(files, "plans", columns, wanted, as_of, after=after, limit=limit, newest_first=newest_first)
    return [
        Plan(name, organiser, year, status, revision, _plan(filed),
             tuple(Acknowledgement(*one) for one in json.loads(acknowledged)),
             tuple(Evaluation(*one) for one in json.loads(evaluations)), tuple(json.loads(events)),
             Carried(0, 0, 0), ())
        for name, organiser, year, status, revision, filed, acknowledged, evaluations, events in rows
    ], at


def _with_year(files: Files, one: Plan, at: int) -> Plan:
    """A plan with what came of it, and how the year before was judged."""
    classes, _ = _rows(files, "classes", "held IS NOT NULL, attended", {"plan": one.plan}, at)
    before, _ = _plans(files, {"organiser": one.organiser, "year": one.year - 1}, at)
    carried = Carried(len(classes), sum(was_held for was_held, _ in classes), sum(count for _, count in classes))
    return one._replace(carried=carried, last_year=tuple(judged for each in before for judged in each.evaluations))


def training_class(files: Files, name: str, *, as_of: int | None = None) -> TrainingClass | None:
    """A class as it stood."""
    found, _ = _classes(files, {"training_class": name}, as_of)
    return next(iter(found), None)


def classes(
    files: Files, *, organiser: str | None = None, plan: str | None = None, year: int | None = None,
    status: str | None = None, as_of: int | None = None, after: tuple[int] | None = None, limit: int = 50,
    newest_first: bool = False,
) -> Page[TrainingClass]:
    """Classes in the order of their first filing, or in the other; one is of the year in which it was to begin."""
    wanted = {"organiser": organiser, "plan": plan, "year": year, "status": status}
    found, at = _classes(files, wanted, as_of, after=after, limit=limit + 1, newest_first=newest_first)
    return paged(found, limit, at, lambda one: (one.events[0],))


def unregistered(
    files: Files, *, scopes: Iterable[Scope] = (), organiser: str | None = None, as_of: int | None = None, limit: int,
) -> list[Unregistered]:
    """Classes that were held and of which no list is registered, in the reach of scopes or of one organiser; those
    that have waited longest first. Whether a scope's role registers them is the law's to say."""
    reader, at = files.file("trainings", as_of)
    values: dict[str, Any] = {"as_of": at, "limit": limit, "organiser": organiser}
    within = [reaches(number, scope, values, limits=("sector", "category"), table="unregistered")
              for number, scope in enumerate(scopes)]
    where = " OR ".join(within) if organiser is None else "organiser = :organiser"
    if not where:
        return []
    query = (f"SELECT {', '.join(Unregistered._fields)} FROM unregistered WHERE {HOLDS} AND ({where}) "
             "ORDER BY since_at, training_class LIMIT :limit")
    return [Unregistered._make(row) for row in reader.rows(query, values)]


def _classes(
    files: Files, wanted: dict[str, Any], as_of: int | None, *, after: tuple[int] | None = None,
    limit: int = _MOST, newest_first: bool = False,
) -> tuple[list[TrainingClass], int]:
    columns = "training_class, organiser, status, revision, filed, recorded_on, number, office, held, events"
    rows, at = _rows(files, "classes", columns, wanted, as_of, after=after, limit=limit, newest_first=newest_first)
    found = []
    for name, organiser, status, revision, filed, recorded_on, number, office, held, events in rows:
        ((issued,),), _ = _rows(files, "cards", "count(*)", {"training_class": name, "status": "issued"}, at)
        found.append(TrainingClass(
            name, organiser, status, revision, _filed(filed), date.fromisoformat(recorded_on), number, office,
            None if held is None else _held(held), tuple(json.loads(events)), _rosters(files, name, at), issued))
    return found, at


def _rosters(files: Files, training_class: str, at: int) -> tuple[Roster, ...]:
    columns = "act, status, rows, rows_done, list_sha256, events"
    rows, _ = _rows(files, "rosters", columns, {"training_class": training_class}, at)
    return tuple(Roster._make((*rest, tuple(json.loads(events)))) for *rest, events in rows)


def cards(
    files: Files, *, card: str | None = None, person: str | None = None, training_class: str | None = None,
    as_of: int | None = None,
) -> list[Card]:
    """A card, or all of a person, of a class, of a person in a class; void ones too, oldest first."""
    assert card or person or training_class, "every card there is was never asked for"
    wanted = {"card": card, "person": person, "training_class": training_class}
    rows, _ = _rows(files, "cards", ", ".join(Card._fields), wanted, as_of)
    return [Card._make((*rest, tuple(json.loads(events)))) for *rest, events in rows]


def card_of_number(files: Files, organiser: UnitId, number: str, *, as_of: int | None = None) -> Card | None:
    """The card that bears a number of an organiser's; none once its person's key is destroyed."""
    found = files.ledger.find(card_name(organiser, number))
    return None if found is None else next(iter(cards(files, card=found, as_of=as_of)), None)
