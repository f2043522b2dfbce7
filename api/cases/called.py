"""What waits, by what it is called: an id tells nobody which of ten transfers to open first.

Plans, classes and units are called by what is public of them. Whose application or transfer something is and where it
leads is told as lists tell of people: to themselves, or masked, for a purpose, once it is recorded. What a claim is
called is sealed, and read where the claim is opened. `tests/api/test_work_called.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from api.cases.belonging.unit_years import identities
from api.cases.looked import record_looks
from api.cases.standing import acting, by_actor, seeing_scopes
from api.house import House
from api.operational.callers import Caller
from api.words.telling import title_name
from ledger.errors import Refusal
from projections import applications, trainings_reading
from projections.answers import Page
from projections.wanted import Place, Waiting

SEEN: Final = ("work", "identity")
"""What is seen of somebody whose work is listed."""


class Called(NamedTuple):
    """What one thing is called. None: it is not told here."""

    title: str | None = None
    name: str | None = None    # Whose it is.
    starts: str | None = None  # Of a class or a transfer, its first day.
    route: str | None = None


class Part(NamedTuple):
    """A page of what waits, each with what it is called."""

    items: tuple[tuple[Waiting, Called], ...]
    next: Place | None
    as_of: int
    differences_as_of: int | None

    @classmethod
    def of(cls, page: Page, each: Sequence[Called]) -> Part:
        """A page as it was read, told."""
        return cls(tuple(zip(page.items, each, strict=True)), page.next, page.as_of, page.differences_as_of)


def called(
    house: House, caller: Caller, items: Sequence[Waiting], purpose: str | None, *, as_of: int | None
) -> list[Called] | Refusal:
    """Say what each is called, and record who was told whose it is."""
    if caller.kind != "person":
        if purpose is None:
            return [Called() if one.person is not None else title_of(house, one, as_of) for one in items]
        if no := record_seen(house, caller, _people(items), purpose, what=SEEN, route="work"):
            return no
    return told(house, items, as_of=as_of)


def told(house: House, items: Sequence[Waiting], *, as_of: int | None) -> list[Called]:
    """The same to whoever may be told everything, which stands recorded."""
    names = {person: said["name"] for person, said in identities(house, _people(items))}
    return [title_of(house, one, as_of)._replace(name=names.get(one.person or "")) for one in items]


def _people(items: Sequence[Waiting]) -> list[str]:
    return list(dict.fromkeys(one.person for one in items if one.person is not None))


def record_seen(
    house: House, caller: Caller, people: Sequence[str], purpose: str, *, what: tuple[str, ...], route: str
) -> Refusal | None:
    """Record of everybody whom a list of work tells about that they were seen by whoever reads it."""
    actor = acting(house, caller)
    if isinstance(actor, Refusal):
        return actor
    if people:
        role = (seeing_scopes(actor) or actor.scopes)[0].role
        record_looks(house, by_actor(caller, actor, role), people, purpose, what=what, route=route)
    return None


def title_of(house: House, one: Waiting, as_of: int | None) -> Called:
    """What it is called without the person whom it is about, as it was then."""
    told = _TITLES.get(one.kind)
    return Called() if told is None else told(house, one.id, as_of)


def _plan(house: House, id_: str, as_of: int | None) -> Called:
    plan = trainings_reading.plan(house.answers, id_, as_of=as_of)
    return Called(plan and f"{plan.year} 年度培训计划，{len(plan.filed.items)} 项")


def _class(house: House, id_: str, as_of: int | None) -> Called:
    held = trainings_reading.training_class(house.answers, id_, as_of=as_of)
    return Called() if held is None else Called(
        held.filed.title, starts=held.filed.starts.isoformat(), route=held.filed.route)


def _unit(house: House, id_: str, as_of: int | None) -> Called:
    return Called(_unit_name(house, id_, as_of))


def _transfer(house: House, id_: str, as_of: int | None) -> Called:
    moves = house.answers.transfer(id_, as_of)
    if moves is None:
        return Called()
    left = "首次归属" if moves.from_unit is None else _unit_name(house, moves.from_unit, as_of)
    return Called(f"{left} → {_unit_name(house, moves.to_unit, as_of)}", starts=moves.starts)


def _application(house: House, id_: str, as_of: int | None) -> Called:
    goal = applications.application_of(house.answers, id_, as_of=as_of)
    return Called(goal and title_name(goal.level, goal.series))


def _unit_name(house: House, id_: str, as_of: int | None) -> str | None:
    found = house.answers.unit(id_, as_of)
    return found and found.names[-1].name


_TITLES: Final[Mapping[str, Callable[[House, str, int | None], Called]]] = {
    "plan": _plan, "class": _class, "unit": _unit, "transfer": _transfer, "application": _application,
}
