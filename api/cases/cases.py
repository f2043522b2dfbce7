"""Cases, asked about: by those who work on them, never by whom they concern (P 17, W 16).

A list tells how many are concerned and not who. What a case holds is for its members, once it has any; whoever else
supervises the place is shown its head, since they may have to name a member (`ledger.streams.case_members`). To others,
and to whom it is about, there is no such case. Whoever reads says what for, and is recorded: for the case, and for each
person and each account that they are shown. Reading: a case about an account concerns its colleagues, too; the texts
give it to the office above or to the supervisory organ.

    let_in(house, caller, case, purpose, what=...)     the door of every reading of contents: an `Entered`, or why not
    case_view(case)                                    a case as it is shown to whoever was let in

`tests/api/test_http_cases.py` and `tests/api/test_case_members.py` show it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from api.cases.doing import Reading
from api.cases.looked import record_looks
from api.cases.standing import SUPERVISOR, acting, by_actor
from api.house import House
from api.operational.callers import Caller
from ledger.errors import Refusal
from ledger.streams.case import at_work, evolve
from ledger.streams.standing import Actor, Matter, standing
from projections import cases as _cases
from projections.basis import written_time
from projections.cases import NAMED, Case, is_named
from projections.pages import Page

_After = tuple[Any, ...] | None


class Entered(NamedTuple):
    """Somebody who was let in to what a case holds."""

    actor: Actor
    case: Case


def cases(
    house: House, caller: Caller, *, status: str | None, as_of: int, after: _After, limit: int
) -> Page[dict[str, Any]] | Refusal:
    """The cases within the scopes of whoever supervises, oldest first, without those that concern the asker."""
    actor = supervising(house, caller)
    if isinstance(actor, Refusal):
        return actor
    scopes = [scope for scope in actor.scopes if scope.role == SUPERVISOR]
    page = _cases.cases(
        house.answers, scopes, status=status, as_of=as_of, after="" if after is None else after[0], limit=limit)
    reading = Reading(house.ledger)
    return page.of([_line(one, actor) for one in page.items if not _is_concerned(house, reading, one, actor)])


def case(house: House, caller: Caller, name: str, purpose: str | None, *, as_of: int) -> dict[str, Any] | Refusal:
    """A case with everyone in it, for a purpose; to whoever is no member, its head."""
    found = _reached(house, caller, name, as_of)
    if isinstance(found, Refusal):
        return found
    actor, one = found
    if purpose is None:
        return Refusal.because("purpose_missing")
    is_member = _is_member(house, name, actor)
    shown: tuple[str, ...] = (name, *one.persons, *one.actors) if is_member else (name,)
    seen(house, caller, actor, shown, purpose, "case" if is_member else "case_head")
    return case_view(one) if is_member else _head_view(one, actor)


def let_in(
    house: House, caller: Caller, name: str, purpose: str | None, *, what: str, shown: Sequence[str] = ()
) -> Entered | Refusal:
    """Let a member read something of what a case holds, recorded with whom else they are shown."""
    found = _reached(house, caller, name, None, listed=False)
    if isinstance(found, Refusal):
        return found
    actor, one = found
    if not _is_member(house, name, actor):
        return Refusal.because("not_a_member", actor=actor.actor)
    if purpose is None:
        return Refusal.because("purpose_missing")
    seen(house, caller, actor, (name, *shown), purpose, what)
    return Entered(actor, one)


def seen(house: House, caller: Caller, actor: Actor, subjects: Sequence[str], purpose: str, what: str) -> None:
    """Record what somebody is about to be shown of a case, and of whom."""
    record_looks(house, by_actor(caller, actor, SUPERVISOR), subjects, purpose, what=(what,),
                 route="cases")


def _reached(
    house: House, caller: Caller, name: str, as_of: int | None, *, listed: bool = True
) -> tuple[Actor, Case] | Refusal:
    actor = supervising(house, caller)
    if isinstance(actor, Refusal):
        return actor
    if as_of is None and (behind := house.settled()) is not None:
        return behind
    found = _cases.case_of(house.answers, name, as_of=as_of, listed=listed)
    # To whom it is about not even that there is one.
    if found is None or _is_concerned(house, Reading(house.ledger), found, actor):
        return Refusal.because("case_absent")
    if standing(actor, SUPERVISOR, Matter(found.region, found.sector)) is not None:
        return Refusal.because("case_absent")
    return actor, found


def supervising(house: House, caller: Caller) -> Actor | Refusal:
    """Give the actor who asks as somebody who supervises, or say why nobody of that kind does."""
    actor = acting(house, caller)
    if isinstance(actor, Refusal):
        return actor
    return standing(actor, SUPERVISOR) or actor


def works_on(house: House, actor: Actor, name: str) -> bool:
    """Say whether somebody works on a case, as the ledger has it now: its own events are for them alone."""
    reading = Reading(house.ledger)
    known = reading.state(name, evolve)
    if known is None or isinstance(at_work(known, SUPERVISOR, actor, though_closed=True), Refusal):
        return False
    return not is_about(reading, actor, known.concerned.actors, (), ())


def _is_member(house: House, name: str, actor: Actor) -> bool:
    """As it is now, whatever moment is asked about: whoever was released reads no longer what they once could."""
    members = _cases.members_of(house.answers, name)
    return not members or actor.actor in members


def _is_concerned(house: House, reading: Reading, one: Case, actor: Actor) -> bool:
    if is_named(house.answers, one.case_id, actor.actor, actor.person, actor.organisation):
        return True
    accounts = _cases.named_in(house.answers, one.case_id, "actors").items
    return is_about(reading, actor, accounts, (), ())


def is_about(
    reading: Reading, by: Actor, actors: Collection[str], persons: Collection[str], organisers: Collection[str]
) -> bool:
    """Say whether a case is about this account, the person behind it, its organisation or a colleague's account."""
    if by.person in persons or by.organisation in organisers:
        return True
    accounts = (reading.actor(one) for one in actors)
    return any(one is not None and one.organisation == by.organisation for one in accounts)


def _line(one: Case, actor: Actor) -> dict[str, Any]:
    return {**_head(one), "access": _access(one, actor), "counts": one.counts}


def _access(one: Case, actor: Actor) -> str:
    return "contents" if not one.members or actor.actor in one.members else "head"


def case_view(one: Case) -> dict[str, Any]:
    """A case as it is shown to whoever may open it: the first of everything it names, and how many there are."""
    return {
        **_head(one), "access": "contents", "counts": one.counts,
        **{name: list(one.named[name]) for name in NAMED}, "findings": list(one.findings),
        "linked_findings": list(one.taken), "version": len(one.events),
    }


def _head_view(one: Case, actor: Actor) -> dict[str, Any]:
    nothing: dict[str, list[str]] = {name: [] for name in NAMED}
    return {**_head(one), "access": _access(one, actor), "counts": one.counts, **nothing, "findings": [],
            "linked_findings": [], "version": len(one.events)}


def _head(one: Case) -> dict[str, Any]:
    return {
        "case": one.case_id, "kind": one.kind, "region": one.region, "sector": one.sector, "pattern": one.pattern,
        "status": one.status, "finding": one.finding, "referred_to": one.referred_to, "due": one.due,
        "members": list(one.members), "opened_at": written_time(one.opened_at), "events": list(one.events),
    }
