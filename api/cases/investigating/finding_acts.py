"""Findings, acted upon: taken up, given on, ruled out, substantiated, referred; a case opened on them (P 17, W 16).

Whoever supervises the place acts, upon the facts that they were shown: the request names their digest, and where it is
no longer that of what is found, they look again. To whomever a finding concerns there is none, and neither is there to
the colleagues of an account that it is about. What is answered says how it stands, and not whom it is about.

`tests/api/test_http_findings.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import chain
from typing import Any, Final

from api.cases.cases import is_about
from api.cases.claiming.assignment import MOST as COLLEAGUES_MOST
from api.cases.claiming.assignment import Colleague, names_of
from api.cases.doing import Asked, Done, Reading, do
from api.cases.investigating import inquiries
from api.cases.standing import SUPERVISOR, acting, by_actor, present
from api.house import House
from api.operational.callers import Caller
from api.refusals.faults import BadFields, Fault
from ledger.errors import Refusal
from ledger.events.base import Draft
from ledger.events.finding import FindingId, Upon
from ledger.ids import PREFIXES
from ledger.streams import case_work
from ledger.streams import finding as findings
from ledger.streams.case import NAMED_MOST, Case
from ledger.streams.decision import Decision
from ledger.streams.finding import Finding
from ledger.streams.standing import Actor, Matter, standing
from ledger.vocabulary import ActorId, PersonId, UnitId
from projections.errors import NotBuilt
from projections.findings.found import Finding as Found
from projections.findings.found import finding_of
from projections.findings.worklist import OF_ORGANISERS, OF_STAFF

EVENTS_MOST: Final = 1_500
PERSONS_MOST: Final = 800
OTHERS_MOST: Final = 200
"""So much of what it rests on an event names: a leaf holds 65,535 bytes. The digest is of all of it."""
CASE_EVENTS_MOST: Final = 500

Make = Callable[[Finding | None, dict[str, Any], Actor, Reading], Decision]


def take_up(house: House, caller: Caller, finding: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Look into it oneself, until a day."""
    def make(known: Finding | None, given: dict[str, Any], by: Actor, _: Reading) -> Decision:
        _to_come(house, fields)
        return findings.decide_taking_up(known, findings.TakeUp(**given, due=fields["due"]), by)

    return _upon(house, caller, finding, fields, asked, make)


def give(house: House, caller: Caller, finding: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Have a colleague look into it."""
    def make(known: Finding | None, given: dict[str, Any], by: Actor, reading: Reading) -> Decision:
        _to_come(house, fields)
        to = reading.actor(fields["to"])
        if to is None:
            return Refusal.because("actor_absent")
        command = findings.Give(**given, due=fields["due"])
        found = in_force(house, finding)
        if found is None or not is_seen(reading, found, to):
            return Refusal.because("assignee_unfit", to=to.actor, role=SUPERVISOR)
        return findings.decide_giving(known, command, by, to)

    return _upon(house, caller, finding, fields, asked, make)


def rule_out(house: House, caller: Caller, finding: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Say that there is nothing in it."""
    def make(known: Finding | None, given: dict[str, Any], by: Actor, _: Reading) -> Decision:
        return findings.decide_ruling_out(known, findings.RuleOut(**given, words=fields["words"]), by)

    return _upon(house, caller, finding, fields, asked, make)


def substantiate(house: House, caller: Caller, finding: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Say that it is so."""
    def make(known: Finding | None, given: dict[str, Any], by: Actor, _: Reading) -> Decision:
        command = findings.Substantiate(**given, words=fields["words"], basis=fields["basis"])
        return findings.decide_substantiation(known, command, by)

    return _upon(house, caller, finding, fields, asked, make)


def refer(house: House, caller: Caller, finding: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Hand it over to whoever is competent."""
    def make(known: Finding | None, given: dict[str, Any], by: Actor, _: Reading) -> Decision:
        command = findings.ReferFinding(
            **given, words=fields["words"], to=fields["to"], document=fields.get("document"))
        return findings.decide_finding_referral(known, command, by)

    return _upon(house, caller, finding, fields, asked, make)


def open_case(house: House, caller: Caller, finding: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Open a case on it, and on others that belong to it: all that they name is what the case is about."""
    actor = acting(house, caller)
    if isinstance(actor, Refusal):
        return actor
    if no := standing(actor, SUPERVISOR):
        return no
    reading, others = Reading(house.ledger), fields.get("others", [])
    names = tuple(dict.fromkeys((finding, *others)))
    found = {name: one for name in names if (one := in_force(house, name)) and is_seen(reading, one, actor)}
    if finding not in found:
        return Refusal.because("finding_absent")
    body = {"kind": fields["kind"], "words": fields["words"], "due": fields.get("due"), **_together(found)}
    faults = [_absent(f"/others/{at}") for at, name in enumerate(others) if name not in found]
    if (many := len(body["claims"])) > NAMED_MOST:
        faults.append(Fault("/others" if others else "", "too_many_claims", (
            f"这些线索共涉及 {many} 项学时，一个案件最多写明 {NAMED_MOST} 项；请分别立案。")))
    if faults:
        raise BadFields(faults)

    def take(reading: Reading, case: Case, by: Actor) -> Decision:
        return _taken(reading, case, found, by, {finding: fields["facts_sha256"]})

    return inquiries.open_case(house, caller, body, asked, also=take, upon=finding)


def take_into_case(
    house: House, caller: Caller, case: str, fields: dict[str, Any], asked: Asked
) -> Done | Refusal:
    """Look into findings in a case that stands; each of the two streams says so."""

    def decide(reading: Reading, known: Case, by: Actor) -> Decision:
        named = {name: one for name in fields["findings"]
                 if (one := in_force(house, name)) is not None and is_seen(reading, one, by)}
        if faults := [_absent(f"/findings/{at}") for at, name in enumerate(fields["findings"]) if name not in named]:
            raise BadFields(faults)
        return _taken(reading, known, named, by, {})

    return inquiries.in_case(house, caller, case, asked, decide)


def _taken(
    reading: Reading, case: Case, found: Mapping[str, Found], by: Actor, shown: Mapping[str, str]
) -> Decision:
    """Take findings into a case: one event of the case, and one of each finding that it had not taken yet."""
    taken = case_work.decide_findings(case, case_work.TakeFindings(role=SUPERVISOR, findings=tuple(found)), by)
    if isinstance(taken, Refusal):
        return taken
    drafts: list[Draft] = [*taken]
    for name in sorted(found.keys() - set(case.findings)):
        known: Finding | None = reading.state(name, findings.evolve)
        facts = shown.get(name, found[name].facts_sha256)
        linked = findings.decide_linking(known, findings.LinkCase(**_given(found[name], facts), case=case.case), by)
        if isinstance(linked, Refusal):
            return linked
        drafts += linked
    return tuple(drafts)


def _absent(pointer: str) -> Fault:
    return Fault(pointer, "finding_absent", "没有这条线索，或已不再发现；请核对编号。")


def _together(found: Mapping[str, Found]) -> dict[str, Any]:
    """What a case on these findings is about, and where it lies: the smallest place that holds them all."""
    every = list(found.values())
    places = [(one.region or "").ljust(6, "0") for one in every]
    place = next((places[0][:size] for size in (6, 4, 2) if len({one[:size] for one in places}) == 1), "")
    sectors = {one.sector for one in every}
    named = {what: list(dict.fromkeys(chain.from_iterable(getattr(one, what) for one in every)))
             for what in ("claims", "persons", "events")}
    return {
        "region": place.ljust(6, "0"), "sector": sectors.pop() if len(sectors) == 1 else None,
        "pattern": every[0].name, "findings": sorted(named["events"])[:CASE_EVENTS_MOST],
        "claims": named["claims"], "persons": named["persons"],
        "actors": list(dict.fromkeys(chain.from_iterable(map(_suspected_actors, every)))),
        "organisers": list(dict.fromkeys(chain.from_iterable(map(_suspected_organisers, every)))),
    }


# Upon one finding


def in_force(house: House, finding: str) -> Found | None:
    """A finding, if it is still found; of a house whose patterns were not asked yet there is none."""
    try:
        found = finding_of(house.answers, finding)
    except NotBuilt:
        return None
    return found if found is not None and found.until_position is None else None


def upon(found: Found) -> Upon:
    """A finding as an event names it."""
    return Upon(
        pattern=found.name, facts_sha256=found.facts_sha256, region=found.region or "", sector=found.sector,
        events=found.events[:EVENTS_MOST], events_count=len(found.events),
        persons=tuple(map(PersonId, found.persons[:PERSONS_MOST])),
        actors=tuple(map(ActorId, found.actors[:OTHERS_MOST])),
        organisers=tuple(map(UnitId, _suspected_organisers(found)[:OTHERS_MOST])),
    )


def is_unit(organiser: str) -> bool:
    """Say whether an organiser is one of the register; others are known by what claims say of them."""
    return organiser.startswith(PREFIXES["unit"])


def is_seen(reading: Reading, found: Found, by: Actor) -> bool:
    """Say whether there is such a finding for somebody: the place is theirs to supervise, and it is not about them.

    Of most patterns the accounts that they name only decided upon what others had put forward, and the organisers only
    taught them: their colleagues may look into it.
    """
    return (standing(by, SUPERVISOR, Matter(found.region or "", found.sector)) is None
            and by.actor not in found.actors
            and not is_about(reading, by, _suspected_actors(found), found.persons, _suspected_organisers(found)))


def _suspected_actors(found: Found) -> tuple[str, ...]:
    return found.actors if found.pattern in OF_STAFF else ()


def _suspected_organisers(found: Found) -> tuple[str, ...]:
    return tuple(filter(is_unit, found.organisers)) if found.pattern in OF_ORGANISERS else ()


def takers(house: House, caller: Caller, finding: str) -> list[str]:
    """The accounts of colleagues to whom it could be given."""
    actor, found = acting(house, caller), in_force(house, finding)
    if isinstance(actor, Refusal) or found is None:
        return []
    reading, wanted = Reading(house.ledger), upon(found)
    return [name for name in house.answers.colleagues(actor.organisation, limit=COLLEAGUES_MOST)
            if name != actor.actor and (one := reading.actor(name)) is not None
            and findings.can_take(SUPERVISOR, wanted, one) and is_seen(reading, found, one)]


def named_takers(house: House, caller: Caller, finding: str) -> list[Colleague]:
    """The same by their masked names, recorded like every look at somebody."""
    actor, able = acting(house, caller), takers(house, caller, finding)
    if isinstance(actor, Refusal):
        return []
    return sorted(names_of(house, caller, actor, able).values(), key=lambda one: one.words)


def view(finding: Finding) -> dict[str, Any]:
    """A finding as it stands after a decision, upon the facts that were decided upon."""
    facts = finding.upon.facts_sha256
    return {
        "finding": finding.finding, "pattern": finding.upon.pattern, "facts_sha256": facts,
        "status": finding.status(facts).value, "owner": finding.owner, "due": finding.due,
        "cases": list(finding.cases),
    }


def _to_come(house: House, fields: Mapping[str, Any]) -> None:
    """What is due is due on a day that has not passed."""
    if fields["due"] < house.today:
        raise BadFields([Fault("/due", "day_past", f"限期 {fields['due']} 已过；请写今日或以后的日期。")])


def _given(found: Found, shown: str) -> dict[str, Any]:
    return {"role": SUPERVISOR, "finding": FindingId(found.finding), "upon": upon(found), "shown": shown}


def _upon(
    house: House, caller: Caller, finding: str, fields: dict[str, Any], asked: Asked, make: Make
) -> Done | Refusal:
    actor = acting(house, caller)
    if isinstance(actor, Refusal):
        return actor

    def decide(reading: Reading) -> Decision:
        by = present(reading, caller)
        if no := standing(by, SUPERVISOR):
            return no
        found = finding_of(house.answers, finding)
        if found is None or not is_seen(reading, found, by):
            return Refusal.because("finding_absent")
        if found.until_position is not None:
            return Refusal.because("finding_over")
        known: Finding | None = reading.state(finding, findings.evolve)
        return make(known, _given(found, fields["facts_sha256"]), by, reading)

    return do(house.ledger, by_actor(caller, actor, SUPERVISOR), asked, decide, upon=finding, show=view)

