"""Trainings and imports, asked about: plans and classes by whoever is logged in, cards by those they are about.

A plan and a class are what an organisation made public; a card is a person's. Whoever looks at another's cards, alone
or on the list of a class, is recorded before they see. An import concerns nobody by itself and is for officials.

`tests/api/test_http_trainings.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from api.callers import Caller
from api.cases import reasons
from api.cases.doing import Reading
from api.cases.standing import (
    absent,
    acting,
    by_actor,
    logged_in,
    look,
    look_at,
    looking,
    may_see,
    places,
    seeing_scopes,
)
from api.house import House
from ledger.access import record_accesses
from ledger.errors import Refusal
from ledger.events.claim import Evidence
from ledger.events.imports import ImportProved
from ledger.events.training import CardNumber
from ledger.ids import kind_of
from ledger.streams.standing import Matter
from ledger.vocabulary import UnitId, format_hours
from projections import imports as _imports
from projections import trainings as _trainings
from projections.basis import Axes
from projections.filings import duties_under
from projections.imports import Import
from projections.pages import Page
from projections.trainings import Card, Plan, TrainingClass

_After = tuple[Any, ...] | None
_ROUTE, _CARDS = "trainings", ("cards",)

# Plans and classes


def plan(house: House, caller: Caller, name: str, *, as_of: int) -> dict[str, Any] | Refusal:
    """A plan, and who has not acknowledged it."""
    if no := logged_in(house, caller):
        return no
    found = _trainings.plan(house.answers, name, as_of=as_of)
    if found is None:
        return Refusal.because("plan_absent")
    return {**plan_view(found), "reason": reasons.at(house, found.events[-1], found.filed.region, found.filed.sector)}


def plans(
    house: House, caller: Caller, *, organiser: str | None, year: int | None, status: str | None, as_of: int,
    after: _After, limit: int, newest_first: bool = False,
) -> Page[dict[str, Any]] | Refusal:
    """Plans in the order in which they were filed, or in the other."""
    if no := logged_in(house, caller):
        return no
    page = _trainings.plans(
        house.answers, organiser=organiser, year=year, status=status, as_of=as_of, after=after, limit=limit,
        newest_first=newest_first)
    return page.of([plan_view(one) for one in page.items])


def training_class(house: House, caller: Caller, name: str, axes: Axes) -> dict[str, Any] | Refusal:
    """A class, and what the law of the axes demands of its filing."""
    if no := logged_in(house, caller):
        return no
    if axes.as_of is None and (behind := house.settled()) is not None:
        return behind
    found = _trainings.training_class(house.answers, name, as_of=house.answers.settle(axes))
    if found is None:
        return Refusal.because("class_absent")
    duties, basis = duties_under(house.answers, found, axes)
    why = reasons.at(house, found.events[-1], found.filed.region, found.filed.sector)
    return {**class_view(found), "reason": why, "duties": [one._asdict() for one in duties], "basis": basis.as_json()}


def classes(
    house: House, caller: Caller, *, organiser: str | None, plan: str | None, year: int | None, status: str | None,
    as_of: int, after: _After, limit: int, newest_first: bool = False,
) -> Page[dict[str, Any]] | Refusal:
    """Classes in the order in which they were filed, or in the other."""
    if no := logged_in(house, caller):
        return no
    page = _trainings.classes(
        house.answers, organiser=organiser, plan=plan, year=year, status=status, as_of=as_of, after=after,
        limit=limit, newest_first=newest_first)
    return page.of([class_view(one) for one in page.items])


def said(house: House, caller: Caller, name: str, *, as_of: int) -> list[dict[str, Any]]:
    """What an organiser was told of its plan or class: for its own people and for the offices it was filed with."""
    see = _trainings.plan if kind_of(name) == "plan" else _trainings.training_class
    found = see(house.answers, name, as_of=as_of)
    actor = acting(house, caller)
    if found is None or isinstance(actor, Refusal):
        return []
    if actor.organisation != found.organiser and may_see(actor, _matter(found)) is not None:
        return []
    told = reasons.said(house, name, found.filed.region, found.filed.sector)
    return [one for one in told if one["event"] <= as_of]


def _matter(found: Plan | TrainingClass) -> Matter:
    if isinstance(found, TrainingClass):
        return matter_of_class(found)
    return Matter(found.filed.region, found.filed.sector, None, UnitId(found.organiser))


def may_see_people(house: House, caller: Caller, name: str) -> Refusal | None:
    """Say why somebody may not look at who was at a class; nobody is seen by asking that."""
    asking = looking(house, caller)
    if isinstance(asking, Refusal):
        return asking
    held = _trainings.training_class(house.answers, name)
    return Refusal.because("class_absent") if held is None else may_see(asking, matter_of_class(held))


# Cards


def card(house: House, caller: Caller, name: str, purpose: str | None, *, as_of: int) -> dict[str, Any] | Refusal:
    """A card, to whom it is about or to an office for a purpose."""
    return _one_card(house, caller, _trainings.cards(house.answers, card=name, as_of=as_of), purpose)


def card_of_number(
    house: House, caller: Caller, organiser: UnitId, number: str, purpose: str | None, *, as_of: int
) -> dict[str, Any] | Refusal:
    """The card that bears a number, as someone read it from paper."""
    found = _trainings.card_of_number(house.answers, organiser, number, as_of=as_of)
    return _one_card(house, caller, [] if found is None else [found], purpose)


def _one_card(house: House, caller: Caller, found: list[Card], purpose: str | None) -> dict[str, Any] | Refusal:
    """A card that the caller may look at; of another person's not even that there is one."""
    one = next((each for each in found if caller.kind != "person" or each.person == caller.id), None)
    if one is None:
        return absent(house, caller, "card_absent")
    no = look(house, caller, person=one.person, matters=_sights(house, one), purpose=purpose, what=_CARDS,
              route=_ROUTE, otherwise="card_absent")
    return no if no is not None else card_view(house, one)


def _sights(house: House, one: Card) -> Iterable[Matter | None]:
    """From where a card is seen: where its person belongs or belonged, and from its class, on whose list it stands."""
    if (person := Reading(house.ledger).person(one.person)) is not None:
        yield from places(person, house.today)
    if (held := _trainings.training_class(house.answers, one.training_class)) is not None:
        yield matter_of_class(held)


def matter_of_class(held: TrainingClass) -> Matter:
    """Take a class as the matter of an act: whoever it was filed with may look at its list."""
    return Matter(held.filed.region, held.filed.sector, held.filed.category.value, held.filed.organiser)


def cards_of_person(
    house: House, caller: Caller, person: str, purpose: str | None, *, as_of: int
) -> list[dict[str, Any]] | Refusal:
    """Every card of a person, void ones too."""
    if no := look_at(house, caller, person, purpose, what=_CARDS, route=_ROUTE):
        return no
    return [card_view(house, one) for one in _trainings.cards(house.answers, person=person, as_of=as_of)]


def cards_of_class(
    house: House, caller: Caller, name: str, purpose: str | None, *, as_of: int
) -> list[dict[str, Any]] | Refusal:
    """Every card of a class, to its organiser and to the offices it was filed with; each person is recorded as seen."""
    asking = looking(house, caller)
    if isinstance(asking, Refusal):
        return asking
    held = _trainings.training_class(house.answers, name, as_of=as_of)
    if held is None:
        return Refusal.because("class_absent")
    if no := may_see(asking, matter_of_class(held)):
        return no
    if purpose is None:
        return Refusal.because("purpose_missing")
    found = _trainings.cards(house.answers, training_class=name, as_of=as_of)
    if found:
        record_accesses(
            house.register.access, by=by_actor(caller, asking, seeing_scopes(asking)[0].role),
            subjects=tuple(dict.fromkeys(one.person for one in found)), purpose=purpose, what=_CARDS, route=_ROUTE,
            now_ms=house.now // 1_000)
    return [card_view(house, one) for one in found]


# Imports


def import_of(house: House, caller: Caller, batch: str, *, as_of: int) -> dict[str, Any] | Refusal:
    """An import, to an official."""
    if isinstance(asking := acting(house, caller), Refusal):
        return asking
    found = _imports.import_of(house.answers, batch, as_of=as_of)
    return Refusal.because("import_absent") if found is None else import_view(found) | _progress(house, found)


def _progress(house: House, one: Import) -> dict[str, Any]:
    """How many rows of one that is being written stand by now: whoever waits for it asks again."""
    act = None if one.status != "open" or one.opened.act is None else house.ledger.load_act(one.opened.act)[0]
    return {"progress": None if act is None else {"done": act.rows_done, "total": act.rows}}


def imports(
    house: House, caller: Caller, *, system: str | None, as_of: int, after: _After, limit: int,
    newest_first: bool = False,
) -> Page[dict[str, Any]] | Refusal:
    """Imports in the order in which they were opened, or in the other, to an official."""
    if isinstance(asking := acting(house, caller), Refusal):
        return asking
    page = _imports.imports(house.answers, system=system, as_of=as_of, after=after, limit=limit,
                            newest_first=newest_first)
    return page.of([import_view(one) for one in page.items])


# How they are shown


def plan_view(one: Plan) -> dict[str, Any]:
    """A plan, with what came of it and what it rests on."""
    filed = one.filed
    return {
        "plan": one.plan,
        "organiser": one.organiser,
        "year": one.year,
        "status": one.status,
        "version": len(one.events),
        "revision": one.revision,
        "region": filed.region,
        "sector": filed.sector,
        "filed_on": filed.filed_on,
        "recipients": list(filed.recipients),
        "acknowledged": [each._asdict() for each in one.acknowledged],
        "missing": list(one.missing),
        "items": [
            {"number": item.number, "title": item.title, "route": item.route, "level": item.level,
             "days": _days(item.days_half), "headcount": item.headcount, "month": item.month}
            for item in filed.items
        ],
        "carried": one.carried._asdict(),
        "evaluations": [each._asdict() for each in one.evaluations],
        "last_year": [each._asdict() for each in one.last_year],
        "evidence": _evidence(filed.evidence),
        "events": list(one.events),
    }


def class_view(one: TrainingClass) -> dict[str, Any]:
    """A class as it was filed and as it was held."""
    filed, held = one.filed, one.held
    return {
        "training_class": one.training_class,
        "organiser": one.organiser,
        "organiser_name": filed.organiser_name,
        "title": filed.title,
        "status": one.status,
        "version": len(one.events) + sum(len(each.events) for each in one.rosters),
        "revision": one.revision,
        "category": filed.category,
        "route": filed.route,
        "level": filed.level,
        "region": filed.region,
        "sector": filed.sector,
        "lessons": [{"title": each.title, "hours": format_hours(each.hours_centi)} for each in filed.lessons],
        "starts": filed.starts,
        "ends": filed.ends,
        "days": _days(filed.days_half),
        "headcount": filed.headcount,
        "room": filed.room,
        "location": filed.location,
        "filed_on": filed.filed_on,
        "recorded_on": one.recorded_on,
        "lead_days": one.lead_days,
        "recipient": filed.recipient,
        "number": one.number,
        "office": one.office,
        "plan": filed.plan,
        "item": filed.item,
        "approval": filed.approval,
        "evidence": _evidence(filed.evidence),
        "held": None if held is None else {
            "starts": held.starts, "ends": held.ends, "days": _days(held.days_half), "attended": held.attended,
            "passed": held.passed, "evidence": _evidence(held.evidence),
        },
        "rosters": [each._asdict() for each in one.rosters],
        "cards": one.cards,
        "events": list(one.events),
    }


def card_view(house: House, one: Card) -> dict[str, Any]:
    """A card with its number; None where its key is destroyed."""
    issued = house.ledger.at(one.events[0])
    opened = None if issued is None else house.ledger.opened(issued)
    return {
        "card": one.card,
        "number": opened.number if isinstance(opened, CardNumber) else None,
        "person": one.person,
        "training_class": one.training_class,
        "organiser": one.organiser,
        "status": one.status,
        "version": len(one.events),
        "attended_days": _days(one.attended_half),
        "hours": format_hours(one.hours_centi),
        "result": one.result,
        "events": list(one.events),
    }


def import_view(one: Import) -> dict[str, Any]:
    """An import with the outcome of its rows."""
    opened, closed = one.opened, one.closed
    return {
        "batch": one.batch,
        "version": len(one.events),
        "system": opened.system,
        "status": one.status,
        "file_sha256": opened.file_sha256,
        "rows": opened.rows,
        "starts": opened.starts,
        "ends": opened.ends,
        "region": opened.region,
        "sector": opened.sector,
        "outcome": None if closed is None else {
            "accepted": closed.accepted, "rejected": closed.rejected, "duplicates": closed.duplicates,
            "result_sha256": closed.result_sha256, "act": closed.act,
        },
        "why": one.why,
        "reconciliations": [each._asdict() for each in one.reconciliations],
        "proved": None if one.proved is None else _proved(one.proved),
        "contradictions": [{"size": each.size, "root": each.root, "accepted_root": each.accepted_root,
                            "checkpoint": each.checkpoint, "accepted": each.accepted} for each in one.contradictions],
        "events": list(one.events),
    }


def _proved(one: ImportProved) -> dict[str, Any]:
    return {"origin": one.origin, "since": one.since, "size": one.size, "root": one.root, "part": one.part,
            "parts": one.parts, "checkpoint": one.checkpoint, "carried_by": one.carried_by}


def _days(half: int) -> str:
    return format_hours(half * 50)


def _evidence(papers: Iterable[Evidence]) -> list[dict[str, Any]]:
    return [{"kind": one.kind, "sha256": one.sha256, "issued_on": one.issued_on} for one in papers]
