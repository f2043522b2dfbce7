"""Cases, acted in: opened, entries held, a finding recorded, referred, closed (P 17, W 16).

Whoever supervises the place acts; whoever a case concerns does not, and neither does a colleague of an account that it
is about: the texts give such a case to the office above or to the supervisory organ, never to the office itself. To
all of them, as to those of other places, there is no such case. Whom and what a case names has to be within the sight
of whoever opens it: naming an id must not confirm that it is somebody's.

What is answered says how many are concerned and not who, as a list does. `tests/api/test_case_acts.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from api.cases.cases import is_about
from api.cases.claiming.claims import sights
from api.cases.doing import Asked, Done, Reading, do
from api.cases.standing import SUPERVISOR, acting, by_actor, in_sight, places, present
from api.house import House
from api.operational.callers import Caller
from api.refusals.faults import BadFields, Fault
from ledger.errors import Refusal
from ledger.events.base import Draft
from ledger.events.case import CaseEvent, CaseId, Concerned
from ledger.streams import case as cases
from ledger.streams.case import Case
from ledger.streams.claim import Claim, Status
from ledger.streams.claim import evolve as evolve_claim
from ledger.streams.decision import Decision
from ledger.streams.person import Person
from ledger.streams.person import evolve as evolve_person
from ledger.streams.standing import Actor, Matter, standing
from ledger.vocabulary import PersonId

Also = Callable[[Reading, Case, Actor], Decision]
"""What is recorded in the same transaction as the opening of a case."""


def open_case(
    house: House, caller: Caller, fields: dict[str, Any], asked: Asked, *, also: Also | None = None,
    upon: str | None = None,
) -> Done | Refusal:
    """Have something looked into, on what somebody saw; `upon`: the record whose version the request names."""
    actor = acting(house, caller)
    if isinstance(actor, Refusal):
        return actor
    case = CaseId(house.new_id("case"))
    matter = Matter(fields["region"], fields.get("sector"))
    named = Concerned(**{name: tuple(fields.get(name, ())) for name in ("claims", "persons", "actors", "organisers")})
    command = cases.OpenCase(
        case=case, kind=fields["kind"], region=matter.region, concerned=named, words=fields["words"], role=SUPERVISOR,
        sector=matter.sector, pattern=fields.get("pattern"), findings=tuple(fields.get("findings", ())),
        due=fields.get("due"),
    )

    def decide(reading: Reading) -> Decision:
        by = present(reading, caller)
        found = reading.states(named.claims, evolve_claim)  # Thousands are read together; of strange ones some are not.
        reading.states([one.person for one in found.values() if one is not None], evolve_person)
        if no := standing(by, SUPERVISOR, matter) or strange(house, reading, named, by):
            return no
        _within_time(house, command)
        claims = _claims(reading, named.claims)
        drafts = cases.decide_opening(None, command, claims, by)
        if not isinstance(drafts, Refusal) and is_about(reading, by, named.actors, (), ()):
            return Refusal.because("own_case", actor=by.actor)
        reading.fresh(case)
        if also is None or isinstance(drafts, Refusal):
            return drafts
        more = also(reading, _opened(drafts), by)
        return more if isinstance(more, Refusal) else (*drafts, *more)

    return do(house.ledger, by_actor(caller, actor, SUPERVISOR), asked, decide, upon=upon)


def _opened(drafts: tuple[Draft, ...]) -> Case:
    """The case that its first events make."""
    opened: Case | None = None
    for one in drafts:
        assert isinstance(one.event, CaseEvent), "an opening is of the case alone"
        opened = cases.evolve(opened, one.event)
    assert opened is not None, "an opening is at least one event"
    return opened


def hold(house: House, caller: Caller, case: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Freeze entries of it; without a list, every one that it names."""

    def decide(reading: Reading, found: Case, by: Actor) -> Decision:
        wanted = fields.get("claims", found.concerned.claims)
        if strange := [one for one in wanted if one not in found.concerned.claims]:
            return Refusal.because("claim_not_of_case", claims=strange)
        claims = _claims(reading, wanted)
        command = cases.HoldClaims(role=SUPERVISOR, words=fields["words"])
        return cases.decide_hold(found, command, claims, _claimants(reading, claims), by)

    return in_case(house, caller, case, asked, decide)


def find(house: House, caller: Caller, case: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Say what it comes to."""
    command = cases.RecordFinding(
        role=SUPERVISOR, finding=cases.Finding(fields["finding"]), words=fields["words"], basis=fields.get("basis"))
    return in_case(house, caller, case, asked, lambda _, found, by: cases.decide_finding(found, command, by))


def refer(house: House, caller: Caller, case: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Hand it over to whoever is competent."""
    command = cases.ReferCase(
        role=SUPERVISOR, to=fields["to"], words=fields["words"], document=fields.get("document"))
    return in_case(house, caller, case, asked, lambda _, found, by: cases.decide_referral(found, command, by))


def close(house: House, caller: Caller, case: str, asked: Asked) -> Done | Refusal:
    """End it; what was ruled out is released with it."""

    def decide(reading: Reading, found: Case, by: Actor) -> Decision:
        claims = _claims(reading, found.held)
        command = cases.CloseCase(role=SUPERVISOR)
        frozen = [one for one in claims if one.status is Status.FROZEN]  # Only these are decided upon.
        return cases.decide_case_closing(found, command, claims, _claimants(reading, frozen), by)

    return in_case(house, caller, case, asked, decide)


def in_case(
    house: House, caller: Caller, name: str, asked: Asked, decide_it: Callable[[Reading, Case, Actor], Decision]
) -> Done | Refusal:
    """Act in a case, for whom there is one; who of them is a member is the decision's to ask."""
    actor = acting(house, caller)
    if isinstance(actor, Refusal):
        return actor

    def decide(reading: Reading) -> Decision:
        by = present(reading, caller)
        if no := standing(by, SUPERVISOR):
            return no
        found = reached(reading, name, by)
        return found if isinstance(found, Refusal) else decide_it(reading, found, by)

    return do(house.ledger, by_actor(caller, actor, SUPERVISOR), asked, decide, upon=name, show=view)


def reached(reading: Reading, name: str, by: Actor) -> Case | Refusal:
    """Give a case of a place that this hand supervises; to whom it is about there is none, as to whoever reads."""
    found: Case | None = reading.state(name, cases.evolve)
    if found is None or standing(by, SUPERVISOR, found.matter) is not None:
        return Refusal.because("case_absent")
    named = found.concerned
    if is_about(reading, by, named.actors, named.persons, named.organisers):
        return Refusal.because("case_absent")
    return found


def strange(house: House, reading: Reading, named: Concerned, by: Actor) -> Refusal | None:
    """Say of what is named that it is not there, in the same words where it is beyond this hand's sight."""
    for claim in named.claims:
        if no := in_sight(by, sights(house, reading, reading.claim(claim)), "claim_absent"):
            return no
    for name in named.persons:
        person = reading.person(name)
        if no := in_sight(by, () if person is None else places(person, house.today), "person_absent"):
            return no
    if any(reading.actor(one) is None for one in named.actors):
        return Refusal.because("actor_absent")
    return Refusal.because("unit_absent") if any(reading.unit(one) is None for one in named.organisers) else None


def _within_time(house: House, command: cases.OpenCase) -> None:
    """A case rests on what has happened, and is due on a day that has not passed."""
    size, faults = house.ledger.store.size(), []
    if any(one > size for one in command.findings):
        faults.append(Fault("/findings", "event_absent", f"账本到第 {size} 个事件为止；请核对事件序号。"))
    if command.due is not None and command.due < house.today:
        faults.append(Fault("/due", "day_past", f"限期 {command.due} 已过；请写今日或以后的日期。"))
    if faults:
        raise BadFields(faults)


def _claims(reading: Reading, names: Sequence[str]) -> list[Claim]:
    found = [one for one in reading.states(names, evolve_claim).values() if one is not None]
    assert len(found) == len(set(names)), "a claim that a case names is there"
    return found


def _claimants(reading: Reading, claims: Iterable[Claim]) -> dict[PersonId, Person]:
    found = reading.states([one.person for one in claims], evolve_person)
    return {person.person: person for person in found.values() if person is not None}


def view(case: Case) -> dict[str, Any]:
    """A case as it stands after a decision."""
    opened, named = case.opened, case.concerned
    return {
        "case": case.case, "kind": opened.kind, "region": opened.region, "sector": opened.sector,
        "pattern": opened.pattern, "status": "closed" if case.is_closed else "open", "finding": str(case.finding),
        "due": case.due, "members": list(case.members),
        "counts": {"claims": len(named.claims), "persons": len(named.persons), "actors": len(named.actors),
                   "organisers": len(named.organisers), "findings": len(opened.findings), "held": len(case.held)},
    }
