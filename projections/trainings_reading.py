"""Trainings as they are asked about: plans, classes, their rosters, cards; each as of a position.

A card is found by its number through the register of reserved names, never through a column: no number stands here.

`tests/projections/test_trainings.py` shows it.
"""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from ledger.events.training import ClassFiled, ClassHeld, PlanFiled, card_name
from ledger.vocabulary import UnitId
from projections.files.projection import HOLDS
from projections.pages import Page, paged
from projections.reach import reaches
from projections.trainings import Acknowledgement, Evaluation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ledger.events.actor import Scope
    from projections.opened import Files

_MOST: Final = -1  # Of what belongs to one plan, class or person everything is told.

Whose = str | tuple[str, ...] | None
"""Of one organiser, of each of some, or of any."""

_plan = msgspec.json.Decoder(PlanFiled).decode
_filed = msgspec.json.Decoder(ClassFiled).decode
_held = msgspec.json.Decoder(ClassHeld).decode


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
    corrected: tuple[Evaluation, ...]  # As they were before they were put right, the oldest first.
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
    list_returned: str | None  # The list that was sent back and not handed in anew.
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


def _rows(
    files: Files, table: str, columns: str, wanted: dict[str, Any], as_of: int | None, *,
    after: tuple[int] | None = None, limit: int = _MOST, newest_first: bool = False,
) -> tuple[list[tuple[Any, ...]], int]:
    """What stands of a table, where these columns have these values, in the order in which it came to be."""
    reader, at = files.file("trainings", as_of)
    given = {name: json.dumps(value) if isinstance(value, tuple) else value
             for name, value in wanted.items() if value is not None}
    place = [] if after is None else ["first < :after" if newest_first else "first > :after"]
    where = " AND ".join([HOLDS, *place, *(
        f"{name} IN (SELECT value FROM json_each(:{name}))" if isinstance(wanted[name], tuple) else f"{name} = :{name}"
        for name in given)])
    order = "DESC" if newest_first else "ASC"
    query = f"SELECT {columns} FROM {table} WHERE {where} ORDER BY first {order} LIMIT :limit"
    values = {**given, "as_of": at, "limit": limit} | ({} if after is None else {"after": after[0]})
    return reader.rows(query, values), at


def plan(files: Files, name: str, *, as_of: int | None = None) -> Plan | None:
    """A plan as it stood."""
    found, at = _plans(files, {"plan": name}, as_of)
    return next((_with_year(files, one, at) for one in found), None)


def plans(
    files: Files, *, organiser: Whose = None, year: int | None = None, status: str | None = None,
    seeks_funding: bool | None = None, as_of: int | None = None, after: tuple[int] | None = None, limit: int = 50,
    newest_first: bool = False,
) -> Page[Plan]:
    """Plans in the order in which they were first filed, or in the other."""
    wanted = {"organiser": organiser, "year": year, "status": status,
              "seeks_funding": None if seeks_funding is None else int(seeks_funding)}
    found, at = _plans(files, wanted, as_of, after=after, limit=limit + 1, newest_first=newest_first)
    return paged([_with_year(files, one, at) for one in found], limit, at, lambda one: (one.events[0],))


def unevaluated(
    files: Files, scopes: Iterable[Scope], *, before: int, as_of: int | None = None, limit: int
) -> list[Plan]:
    """Plans on file of years before one, which the role of a scope that reaches them has not evaluated; oldest first.

    Of what was filed only its place and sector are asked here: whether an office is of the right level the law says.
    """
    reader, at = files.file("trainings", as_of)
    values: dict[str, Any] = {"as_of": at, "before": before, "limit": limit}
    within = []
    for number, scope in enumerate(scopes):
        values |= {f"role{number}": scope.role, f"region{number}": f"{scope.region}%", f"sector{number}": scope.sector}
        within.append(
            f"json_extract(filed, '$.region') LIKE :region{number} "
            f"AND coalesce(:sector{number}, json_extract(filed, '$.sector')) = json_extract(filed, '$.sector') "
            f"AND :role{number} IN (SELECT value FROM json_each(filed, '$.recipients')) "
            f"AND NOT EXISTS (SELECT 1 FROM json_each(evaluations) WHERE json_extract(value, '$[0]') = :role{number})")
    if not within:
        return []
    query = (f"SELECT plan FROM plans WHERE {HOLDS} AND year < :before AND status IN ('acknowledged', 'evaluated') "
             f"AND (({') OR ('.join(within)})) ORDER BY year, first LIMIT :limit")
    return [one for name, in reader.rows(query, values) if (one := plan(files, name, as_of=at)) is not None]


def _plans(
    files: Files, wanted: dict[str, Any], as_of: int | None, *, after: tuple[int] | None = None,
    limit: int = _MOST, newest_first: bool = False,
) -> tuple[list[Plan], int]:
    columns = "plan, organiser, year, status, revision, filed, acknowledged, evaluations, corrected, events"
    rows, at = _rows(files, "plans", columns, wanted, as_of, after=after, limit=limit, newest_first=newest_first)
    return [
        Plan(name, organiser, year, status, revision, _plan(filed),
             tuple(Acknowledgement(*one) for one in json.loads(acknowledged)),
             tuple(Evaluation(*one) for one in json.loads(evaluations)),
             tuple(Evaluation(*one) for one in json.loads(corrected)), tuple(json.loads(events)),
             Carried(0, 0, 0), ())
        for name, organiser, year, status, revision, filed, acknowledged, evaluations, corrected, events in rows
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
    files: Files, *, organiser: Whose = None, plan: str | None = None, year: int | None = None,
    status: str | None = None, as_of: int | None = None, after: tuple[int] | None = None, limit: int = 50,
    newest_first: bool = False,
) -> Page[TrainingClass]:
    """Classes in the order of their first filing, or in the other; one is of the year in which it was to begin."""
    wanted = {"organiser": organiser, "plan": plan, "year": year, "status": status}
    found, at = _classes(files, wanted, as_of, after=after, limit=limit + 1, newest_first=newest_first)
    return paged(found, limit, at, lambda one: (one.events[0],))


def unregistered(
    files: Files, *, scopes: Iterable[Scope] = (), organisers: tuple[str, ...] | None = None,
    as_of: int | None = None, limit: int,
) -> list[Unregistered]:
    """Classes that were held and of which no list is registered, in the reach of scopes or of some organisers; those
    that have waited longest first. Whether a scope's role registers them is the law's to say."""
    reader, at = files.file("trainings", as_of)
    values: dict[str, Any] = {"as_of": at, "limit": limit, "organisers": json.dumps(organisers)}
    within = [reaches(number, scope, values, limits=("sector", "category"), table="unregistered")
              for number, scope in enumerate(scopes)]
    where = " OR ".join(within) if organisers is None else "organiser IN (SELECT value FROM json_each(:organisers))"
    if not where:
        return []
    query = (f"SELECT {', '.join(Unregistered._fields)} FROM unregistered WHERE {HOLDS} AND ({where}) "
             "ORDER BY since_at, training_class LIMIT :limit")
    return [Unregistered._make(row) for row in reader.rows(query, values)]


def _classes(
    files: Files, wanted: dict[str, Any], as_of: int | None, *, after: tuple[int] | None = None,
    limit: int = _MOST, newest_first: bool = False,
) -> tuple[list[TrainingClass], int]:
    columns = ("training_class, organiser, status, revision, filed, recorded_on, number, office, held, list_returned, "
               "events")
    rows, at = _rows(files, "classes", columns, wanted, as_of, after=after, limit=limit, newest_first=newest_first)
    found = []
    for name, organiser, status, revision, filed, recorded_on, number, office, held, returned, events in rows:
        ((issued,),), _ = _rows(files, "cards", "count(*)", {"training_class": name, "status": "issued"}, at)
        found.append(TrainingClass(
            name, organiser, status, revision, _filed(filed), date.fromisoformat(recorded_on), number, office,
            None if held is None else _held(held), returned, tuple(json.loads(events)), _rosters(files, name, at),
            issued))
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
