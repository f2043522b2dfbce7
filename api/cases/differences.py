"""Differences between as decided and as evaluated, listed and counted for whoever has to look at them.

An office sees those that it decided, whoever supervises or keeps the register those of every office of their region, a
person their own. A list shows hours of people, so it wants a purpose and each of them is recorded as seen; a count
names nobody.

What differs under the law that was in force on each date is known from a file that is kept up: after a rulebook was
enacted it may speak of a while ago, and the answer says up to where. Under other axes, or of a time before that file
was made, people are weighed anew: one at once, everyone within seconds or minutes, and until then it is said how far
it is. Every answer echoes its basis.

`tests/api/test_http_differences.py` shows it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final, NamedTuple

from api.cases.looked import record_looks
from api.cases.standing import HUMAN_RESOURCES, POLICY_OFFICE, SUPERVISOR, acting, by_actor, looking, seeing_scopes
from api.house import House
from api.operational.callers import Caller
from ledger.errors import Refusal
from ledger.streams.actor import SEPARATED
from ledger.streams.standing import Actor, standing
from projections.basis import THEN, Axes, Basis
from projections.differences.queue import Filters, Reach, Rows, read_entries, read_offices, read_years, within

WAIT_S: Final = 1
"""So long whoever asks waits at most for what is near: on a quiet machine it is there in a tenth of it."""
WEIGHING_S: Final = 5
"""So long whoever asks is kept waiting while everyone is weighed for them."""
_WATCH: Final = frozenset({HUMAN_RESOURCES, SUPERVISOR})
_READ: Final = {"entries": read_entries, "years": read_years}


class Listed(NamedTuple):
    """A page, and what it rests on; each further page is of the same basis."""

    items: tuple[dict[str, Any], ...]
    next: tuple[Any, ...] | None
    as_of: int
    basis: Basis


def listed(
    house: House, caller: Caller, what: str, filters: Filters, purpose: str | None, *, axes: Axes,
    after: tuple[Any, ...] | None, limit: int, seen: tuple[str, ...] = ("years",),
) -> Listed | Refusal:
    """A page of entries or of person-years that differ; without `as_of`: as far as they are known.

    `seen`: what whoever asks shows of people beside the numbers, as it is recorded.
    """
    if caller.kind == "person":
        own = filters._replace(person=caller.id)
        return _page(house, what, None, own, axes, after, limit)
    actor = looking(house, caller)
    if isinstance(actor, Refusal):
        return actor
    scopes = seeing_scopes(actor)
    if not scopes:
        return Refusal.because("not_for_reading")
    if purpose is None:
        return Refusal.because("purpose_missing")
    page = _page(house, what, _reach(actor), filters, axes, after, limit)
    record_looks(house, by_actor(caller, actor, scopes[0].role), (one["person"] for one in page.items), purpose,
                 what=seen, route="differences")
    return page


def counted(house: House, caller: Caller, filters: Filters, axes: Axes) -> dict[str, Any] | Refusal:
    """How many of them wait for which office; whoever makes the rules sees all of their region."""
    actor = acting(house, caller)
    if isinstance(actor, Refusal):
        return actor
    held = [one for one in actor.scopes if one.role not in SEPARATED]
    if no := standing(actor, held[0].role if held else HUMAN_RESOURCES):
        return no
    rows, basis = _weighed(house, axes, None)
    items = read_offices(rows, _reach(actor, rules_too=True), filters, as_of=basis.as_of)
    return {"waiting": sum(one["waiting"] for one in items), "upheld": sum(one["upheld"] for one in items),
            "items": items, **said_of(basis), **house.answers.reflects(basis.as_of)}


def said_of(basis: Basis) -> dict[str, Any]:
    """What an answer says of its axes."""
    return {"law": basis.law, "basis": basis.as_json()}


def await_differences(house: House, position: int) -> None:
    """Wait a little until they are known up to a position, so that whoever asks as of it again is told the same.

    Nobody waits for what will take a while: the answer says up to where it speaks. A roster of thousands is judged in
    seconds, in a rush they fall behind on purpose, and each office that looks at its work would wait in vain, in a
    place that others need.
    """
    house.differing.wait_if_near(position, WAIT_S)


def _page(
    house: House, what: str, reach: Reach | None, filters: Filters, axes: Axes, after: tuple[Any, ...] | None,
    limit: int,
) -> Listed:
    if after is not None:  # The head at which `now` was settled goes along from page to page.
        axes, after = replace(axes, head=after[0]), after[1:]
    rows, basis = _weighed(house, axes, filters.person)
    page = _READ[what](rows, reach, filters, as_of=basis.as_of, after=after, limit=limit)
    following = None if page.next is None else (basis.log_size, *page.next)
    return Listed(page.items, following, page.as_of, basis)


def _weighed(house: House, axes: Axes, person: str | None) -> tuple[Rows, Basis]:
    """Where the answer is read, and what it rests on: what is kept up, or what is weighed for these axes."""
    answers = house.answers
    if axes.valid_on is None and axes.law == THEN:
        as_of = None if axes.as_of is None else answers.settle(axes)
        await_differences(house, house.ledger.store.size() if as_of is None else as_of)
        if (at := within(answers.differences, as_of)) is not None:
            return answers.differences, answers.basis(replace(axes, as_of=at))
    basis = answers.basis(axes)
    if person is not None:
        return answers.asked_differences.of_person(basis, person), basis
    return answers.asked_differences.of_everyone(basis, WEIGHING_S), basis


def _reach(actor: Actor, *, rules_too: bool = False) -> Reach:
    watch = _WATCH | {POLICY_OFFICE} if rules_too else _WATCH
    held = [one for one in actor.scopes if one.role not in SEPARATED]
    return Reach(tuple(one for one in held if one.role not in watch),
                 tuple(one for one in held if one.role in watch))
