"""Differences between as decided and as evaluated, listed and counted for whoever has to look at them.

An office sees those that it decided, whoever supervises or keeps the register those of every office of their region, a
person their own. A list shows hours of people, so it wants a purpose and each of them is recorded as seen; a count
names nobody. What is answered is what is known by now: after a rulebook was enacted that may be a while ago, and the
answer says up to where.

`tests/api/test_http_differences.py` shows it.
"""

from __future__ import annotations

from typing import Any, Final

from api.callers import Caller
from api.cases.standing import HUMAN_RESOURCES, POLICY_OFFICE, SUPERVISOR, acting, by_actor, looking, seeing_scopes
from api.house import House
from ledger.access import record_accesses
from ledger.errors import Refusal
from ledger.streams.actor import SEPARATED
from ledger.streams.standing import Actor, standing
from projections.differences import Filters, Reach, read_entries, read_offices, read_years, within
from projections.pages import Page

WAIT_S: Final = 2
_WATCH: Final = frozenset({HUMAN_RESOURCES, SUPERVISOR})
_READ: Final = {"entries": read_entries, "years": read_years}


def listed(
    house: House, caller: Caller, what: str, filters: Filters, purpose: str | None, *, as_of: int | None,
    after: tuple[Any, ...] | None, limit: int,
) -> Page[dict[str, Any]] | Refusal:
    """A page of entries or of person-years that differ; `as_of` of None: as far as they are known."""
    if caller.kind == "person":
        own = filters._replace(person=caller.id)
        return _page(house, what, None, own, as_of, after, limit)
    actor = looking(house, caller)
    if isinstance(actor, Refusal):
        return actor
    scopes = seeing_scopes(actor)
    if not scopes:
        return Refusal.because("not_for_reading")
    if no := standing(actor, scopes[0].role):
        return no
    if purpose is None:
        return Refusal.because("purpose_missing")
    page = _page(house, what, _reach(actor), filters, as_of, after, limit)
    people = tuple(dict.fromkeys(one["person"] for one in page.items))
    if people:
        record_accesses(
            house.register.access, by=by_actor(caller, actor, scopes[0].role), subjects=people, purpose=purpose,
            what=("years",), route="differences", now_ms=house.now // 1_000)
    return page


def counted(house: House, caller: Caller, filters: Filters, as_of: int | None) -> dict[str, Any] | Refusal:
    """How many of them wait for which office; whoever makes the rules sees all of their region."""
    actor = acting(house, caller)
    if isinstance(actor, Refusal):
        return actor
    held = [one for one in actor.scopes if one.role not in SEPARATED]
    if no := standing(actor, held[0].role if held else HUMAN_RESOURCES):
        return no
    at = known(house, as_of)
    items = read_offices(house.answers.differences, _reach(actor, rules_too=True), filters, as_of=at)
    return {"waiting": sum(one["waiting"] for one in items), "upheld": sum(one["upheld"] for one in items),
            "items": items, "law": "then", **house.answers.reflects(at)}


def known(house: House, as_of: int | None) -> int:
    """The position to answer as of; what was recorded a moment ago is waited for a little."""
    await_differences(house, house.ledger.store.size() if as_of is None else as_of)
    return within(house.answers.differences, as_of)


def await_differences(house: House, position: int) -> None:
    """Wait a little until they are known up to a position, so that whoever asks as of it again is told the same."""
    if house.differing.lag().building is None:  # Else it will take a while, and the answer says up to where it speaks.
        house.differing.wait_for(position, WAIT_S)


def _page(
    house: House, what: str, reach: Reach | None, filters: Filters, as_of: int | None, after: tuple[Any, ...] | None,
    limit: int,
) -> Page[dict[str, Any]]:
    at = known(house, as_of) if after is None or as_of is None else as_of
    return _READ[what](house.answers.differences, reach, filters, as_of=at, after=after, limit=limit)


def _reach(actor: Actor, *, rules_too: bool = False) -> Reach:
    watch = _WATCH | {POLICY_OFFICE} if rules_too else _WATCH
    held = [one for one in actor.scopes if one.role not in SEPARATED]
    return Reach(tuple(one for one in held if one.role not in watch),
                 tuple(one for one in held if one.role in watch))
