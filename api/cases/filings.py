"""Trainings, done: a year's plan and its classes filed, put on file, held and evaluated; cards issued and voided.

With whom something is filed is read from the duties of the rulebooks in force where the organiser sits (P 11, N 7,
W 13); whoever answers does so in one of those roles, at the level that the text names. A plan or a class is filed on
the day on which it comes in, never on one that somebody wrote down: the thirty days before its start are counted from
that (N 7, AMB-24). What the law makes of a late filing is told in a trial, and of what was filed by `GET`.

`tests/api/test_training_filings.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, Final, TypeVar

from api.callers import Caller
from api.cases.doing import Asked, Done, Reading, do
from api.cases.faults import BadFields, Fault
from api.cases.standing import HUMAN_RESOURCES, UNIT, absent, acting, by_actor, of_another_level, present, role_for
from api.cases.study import evidence_view, read_evidence
from api.house import House
from api.law_of import law_now
from ledger.errors import Refusal
from ledger.events.training import CardId, ClassId, Lesson, PlanId, PlanItem
from ledger.streams import training_card as cards
from ledger.streams import training_class as classes
from ledger.streams import training_plan as plans
from ledger.streams.decision import Decision
from ledger.streams.standing import Actor, Matter
from ledger.streams.training_plan import of_organiser
from ledger.streams.unit import Unit
from ledger.vocabulary import Category, format_hours
from policies.authority import Office, class_recipients, plan_recipients
from projections import trainings as known
from projections.filings import filing_duties

ORGANISING: Final = ("recognised_organiser", UNIT, "sector_authority", HUMAN_RESOURCES)
"""Who may hold a class: bases, institutions, universities, firms (P 11), and departments themselves (W 14)."""

_What = TypeVar("_What")
_Filed = tuple[_What, Matter, tuple[str, ...], tuple[Office, ...]]
"""What was filed, as a matter, with which roles, and the offices that the law names."""


# Plans


def file_plan(house: House, caller: Caller, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Report what is going to be held in a year, to whom the law says (P 11)."""
    plan = PlanId(house.new_id("plan"))

    def decide(reading: Reading, role: str, by: Actor) -> Decision:
        organiser = reading.unit(by.organisation)
        sector = _sector(house, fields, organiser)
        command = plans.FilePlan(
            plan=plan, role=role, year=fields["year"], sector=sector, items=_items(fields), filed_on=house.today,
            recipients=tuple(one.role for one in _of_plan(house, organiser, sector)), evidence=read_evidence(fields),
        )
        reading.fresh(plan)
        return plans.decide_plan_filing(None, command, organiser, by)

    return _organising(house, caller, asked, decide)


def refile_plan(house: House, caller: Caller, plan: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Report it anew, mended or changed."""

    def decide(reading: Reading, role: str, by: Actor) -> Decision:
        command = plans.RefilePlan(
            role=role, items=_items(fields), filed_on=house.today, evidence=read_evidence(fields))
        return plans.decide_plan_refiling(plan_of(reading, plan), command, by)

    return _organising(house, caller, asked, decide, upon=plan, show=plan_view)


def acknowledge(house: House, caller: Caller, plan: str, asked: Asked) -> Done | Refusal:
    """Put it on file for one recipient."""
    return _to_plan(house, caller, plan, asked, lambda found, role, by: plans.decide_acknowledgement(
        found, plans.AcknowledgePlan(role=role), by))


def send_plan_back(house: House, caller: Caller, plan: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Send it back to be mended."""
    return _to_plan(house, caller, plan, asked.because(fields), lambda found, role, by: plans.decide_plan_return(
        found, plans.ReturnPlan(role=role, words=fields["words"]), by))


def evaluate(house: House, caller: Caller, plan: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Judge how it was carried out, on what stands in the register of it (P 12)."""
    if (behind := house.settled()) is not None:
        return behind
    seen = known.plan(house.answers, plan)
    carried = known.Carried(0, 0, 0) if seen is None else seen.carried
    return _to_plan(house, caller, plan, asked, lambda found, role, by: plans.decide_evaluation(
        found, plans.EvaluatePlan(role=role, grade=fields["grade"], classes_held=carried.classes_held,
                                  attended=carried.attended, words=fields["words"]), by))


def last_year(house: House, plan: plans.Plan) -> list[dict[str, Any]]:
    """How the plan of the year before was judged: what this year's filing rests on (P 12)."""
    house.settled()
    page = known.plans(house.answers, organiser=plan.organiser, year=plan.filed.year - 1)
    return [judged._asdict() for one in page.items for judged in one.evaluations]


def _to_plan(
    house: House, caller: Caller, plan: str, asked: Asked,
    decide_it: Callable[[plans.Plan, str, Actor], Decision],
) -> Done | Refusal:
    """Answer a plan as one of its recipients, at the level that the law names."""

    def offices(reading: Reading) -> _Filed[plans.Plan] | Refusal:
        found = plan_of(reading, plan)
        if found is None:
            return Refusal.because("plan_absent")
        filed = found.filed
        named = plan_recipients(law_now(house.answers), filed.filed_on, filed.region, filed.sector)
        return found, found.matter, filed.recipients, named

    return _answering(house, caller, asked, plan, offices, decide_it, plan_view)


# Classes


def file_class(house: House, caller: Caller, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Report a class before it is held; late is late, and taken all the same (AMB-24)."""
    name = ClassId(house.new_id("class"))

    def decide(reading: Reading, role: str, by: Actor) -> Decision:
        organiser = reading.unit(by.organisation)
        command = classes.FileClass(
            training_class=name, role=role, programme=_programme(house, fields, organiser), filed_on=house.today,
            evidence=read_evidence(fields),
        )
        reading.fresh(name)
        return classes.decide_class_filing(None, command, organiser, _plan_named(reading, fields), by)

    return _organising(house, caller, asked, decide)


def refile_class(house: House, caller: Caller, name: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Report it anew, changed: from today on, and to be accepted anew (D06)."""

    def decide(reading: Reading, role: str, by: Actor) -> Decision:
        found = class_of(reading, name)
        if found is None:
            return Refusal.because("class_absent")
        organiser = reading.unit(found.organiser)
        command = classes.RefileClass(
            role=role, programme=_programme(house, fields, organiser), filed_on=house.today,
            evidence=read_evidence(fields),
        )
        return classes.decide_class_refiling(found, command, organiser, _plan_named(reading, fields), by)

    return _organising(house, caller, asked, decide, upon=name, show=class_view)


def accept(house: House, caller: Caller, name: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Put it on file under a number."""
    return _to_class(house, caller, name, asked, lambda found, role, by: classes.decide_acceptance(
        found, classes.AcceptClass(role=role, number=fields["number"]), by))


def refuse(house: House, caller: Caller, name: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Do not put it on file, and say why."""
    return _to_class(house, caller, name, asked.because(fields), lambda found, role, by: classes.decide_class_refusal(
        found, classes.RefuseClass(role=role, words=fields["words"]), by))


def hold(house: House, caller: Caller, name: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Say that it took place, and how, with the papers that are handed in afterwards (W 13)."""

    def decide(reading: Reading, role: str, by: Actor) -> Decision:
        command = classes.RecordHolding(
            role=role, on=house.today, starts=fields["starts"], ends=fields["ends"], days_half=fields["days"],
            attended=fields["attended"], passed=fields["passed"], evidence=read_evidence(fields),
        )
        return classes.decide_holding(class_of(reading, name), command, by)

    return _organising(house, caller, asked, decide, upon=name, show=class_view)


def duties(house: House, found: classes.TrainingClass) -> list[dict[str, Any]]:
    """What the law as of now demands of a class's filing, and how late it would be."""
    filed = found.filed
    one = known.TrainingClass(found.training_class, found.organiser, found.status, found.revision, filed, house.today,
                              found.number, None, found.held, (), (), 0)
    return [duty._asdict() for duty in filing_duties(law_now(house.answers), one)]


def _to_class(
    house: House, caller: Caller, name: str, asked: Asked,
    decide_it: Callable[[classes.TrainingClass, str, Actor], Decision],
) -> Done | Refusal:
    """Answer a class as its recipient, at the level that the law names."""

    def offices(reading: Reading) -> _Filed[classes.TrainingClass] | Refusal:
        found = class_of(reading, name)
        if found is None:
            return Refusal.because("class_absent")
        filed = found.filed
        named = class_recipients(law_now(house.answers), filed.starts, filed.region, filed.sector,
                                 filed.category.value, filed.route)
        return found, found.matter, (filed.recipient,) if filed.recipient else (), named

    return _answering(house, caller, asked, name, offices, decide_it, class_view)


def _programme(house: House, fields: dict[str, Any], organiser: Unit | None) -> classes.Programme:
    """The programme as it was sent, in the words of the law, filed with an office that the law names."""
    words = law_now(house.answers).vocabulary
    _by_the_words("/route", fields["route"], words.routes)
    if fields.get("level") is not None:
        _by_the_words("/level", fields["level"], words.levels)
    sector, category = _sector(house, fields, organiser), Category(fields["category"])
    taken = {name: fields[name] for name in ("title", "route", "starts", "ends", "headcount", "level", "room",
                                             "location", "plan", "item", "approval") if name in fields}
    return classes.Programme(
        **taken, category=category, sector=sector, days_half=fields["days"],
        lessons=tuple(Lesson(title=one["title"], hours_centi=one["hours"]) for one in fields["lessons"]),
        recipient=_recipient(house, fields, organiser, sector, category.value),
    )


def _recipient(
    house: House, fields: dict[str, Any], organiser: Unit | None, sector: str, category: str
) -> str | None:
    """With whom it is filed: as was asked, where the law names that office; without a word the first that it names."""
    given: str | None = fields.get("recipient")
    if organiser is None or (given is None and classes.DEPARTMENT in organiser.kinds):
        return given  # A department's own class is filed with nobody (W 14).
    seat = organiser.seat_on(house.today)
    named = class_recipients(law_now(house.answers), fields["starts"], seat.region, sector, category, fields["route"])
    roles = [one.role for one in named]
    if given is not None:
        _by_the_words("/recipient", given, roles)
    return given or roles[0]


def _plan_named(reading: Reading, fields: dict[str, Any]) -> plans.Plan | None:
    return None if fields.get("plan") is None else plan_of(reading, fields["plan"])


# Cards


def issue_card(house: House, caller: Caller, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Certify to a person what they attended (P 15); the number is the organiser's own and nobody else's."""
    card = CardId(house.new_id("card"))

    def decide(reading: Reading, role: str, by: Actor) -> Decision:
        held = class_of(reading, fields["training_class"])
        if held is None:
            return Refusal.because("class_absent")
        if no := of_organiser(held.organiser, role, by):  # Before the person: whether there is one is theirs to know.
            return no
        command = cards.IssueCard(
            card=card, role=role, number=fields["number"], attended_half=fields["attended_days"],
            hours_centi=fields["hours"], result=fields["result"],
        )
        reading.fresh(card)
        return cards.decide_card_issue(None, command, held, reading.person(fields["person"]), by)

    return _organising(house, caller, asked, decide)


def void_card(house: House, caller: Caller, card: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Say that it should not have been issued; to another organiser there is no such card."""

    def decide(reading: Reading, role: str, by: Actor) -> Decision:
        found = reading.state(card, cards.evolve)
        if found is None or found.issued.organiser != by.organisation:
            return absent(house, caller, "card_absent")
        person = reading.person(found.person)
        assert person is not None, "a card is a person's"
        return cards.decide_card_voiding(found, cards.VoidCard(role=role, words=fields["words"]), person, by)

    return _organising(house, caller, asked, decide, upon=card, show=card_view)


# Who acts


def _organising(
    house: House, caller: Caller, asked: Asked, decide_it: Callable[[Reading, str, Actor], Decision], *,
    upon: str | None = None, show: Callable[[Any], dict[str, Any]] | None = None,
) -> Done | Refusal:
    """Do something for the organisation that one acts for."""
    actor = acting(house, caller)
    if isinstance(actor, Refusal):
        return actor
    role = role_for(actor, ORGANISING, None)

    def decide(reading: Reading) -> Decision:
        return decide_it(reading, role, present(reading, caller))

    return do(house.ledger, by_actor(caller, actor, role), asked, decide, upon=upon, show=show)


def _answering(
    house: House, caller: Caller, asked: Asked, upon: str,
    offices: Callable[[Reading], _Filed[Any] | Refusal],
    decide_it: Callable[[Any, str, Actor], Decision], show: Callable[[Any], dict[str, Any]],
) -> Done | Refusal:
    """Answer an organiser in the role of an office to which something was filed."""
    actor = acting(house, caller)
    if isinstance(actor, Refusal):
        return actor
    seen = offices(Reading(house.ledger))
    if isinstance(seen, Refusal):
        return seen
    _, matter, roles, _ = seen
    role = role_for(actor, roles or ORGANISING, matter)

    def decide(reading: Reading) -> Decision:
        found = offices(reading)
        if isinstance(found, Refusal):
            return found
        state, matter, _, named = found
        by = present(reading, caller)
        drafts = decide_it(state, role, by)
        return drafts if isinstance(drafts, Refusal) else of_another_level(named, matter, role, by) or drafts

    return do(house.ledger, by_actor(caller, actor, role), asked, decide, upon=upon, show=show)


def _of_plan(house: House, organiser: Unit | None, sector: str) -> tuple[Office, ...]:
    if organiser is None:
        return ()
    return plan_recipients(law_now(house.answers), house.today, organiser.seat_on(house.today).region, sector)


def plan_of(reading: Reading, plan: str) -> plans.Plan | None:
    """Read a plan."""
    return reading.state(plan, plans.evolve)


def class_of(reading: Reading, name: str) -> classes.TrainingClass | None:
    """Read a class."""
    return reading.state(name, classes.evolve)


def _sector(house: House, fields: dict[str, Any], organiser: Unit | None) -> str:
    """The sector that was sent, or else the organiser's own."""
    if fields.get("sector") is not None:
        _by_the_words("/sector", fields["sector"], law_now(house.answers).vocabulary.sectors)
        return str(fields["sector"])
    return "" if organiser is None else organiser.seat_on(house.today).sector


def _by_the_words(pointer: str, given: str, known_words: Iterable[str]) -> None:
    """The words of a filing decide with whom it is filed and which clause counts it: a misspelt one would do so too."""
    words = tuple(known_words)
    if given not in words:
        raise BadFields([Fault(pointer, "not_by_the_words_of_the_law", f"应为 {'、'.join(words)} 之一。")])


def _items(fields: dict[str, Any]) -> tuple[PlanItem, ...]:
    return tuple(
        PlanItem(number=one["number"], title=one["title"], route=one["route"], days_half=one["days"],
                 headcount=one["headcount"], level=one.get("level"), month=one.get("month"))
        for one in fields["items"]
    )


# How they are shown


def plan_view(plan: plans.Plan) -> dict[str, Any]:
    """A plan as it stands after a decision; what came of it is a question of its own."""
    filed = plan.filed
    return {
        "plan": plan.plan, "organiser": plan.organiser, "year": filed.year, "status": plan.status,
        "revision": plan.revision, "region": filed.region, "sector": filed.sector, "filed_on": filed.filed_on,
        "recipients": list(filed.recipients), "missing": list(plan.missing),
        "evaluated": [one.recipient for one in plan.evaluated], "items": len(filed.items),
    }


def class_view(found: classes.TrainingClass) -> dict[str, Any]:
    """A class as it stands after a decision."""
    filed, held = found.filed, found.held
    return {
        "training_class": found.training_class, "organiser": found.organiser, "title": filed.title,
        "status": found.status, "revision": found.revision, "filed_on": filed.filed_on,
        "lead_days": _lead_days(filed.filed_on, filed.starts), "recipient": filed.recipient, "number": found.number,
        "plan": filed.plan, "item": filed.item, "starts": filed.starts, "ends": filed.ends,
        "days": _days(filed.days_half), "headcount": filed.headcount,
        "held": None if held is None else {
            "starts": held.starts, "ends": held.ends, "days": _days(held.days_half), "attended": held.attended,
            "passed": held.passed, "evidence": evidence_view(held.evidence),
        },
        "rosters": [one._asdict() for one in found.rosters],
    }


def card_view(card: cards.Card) -> dict[str, Any]:
    """A card without its number, which is sealed."""
    issued = card.issued
    return {
        "card": card.card, "person": card.person, "training_class": issued.training_class,
        "organiser": issued.organiser, "status": card.status, "attended_days": _days(issued.attended_half),
        "hours": format_hours(issued.hours_centi), "result": issued.result,
    }


def _lead_days(filed_on: date, starts: date) -> int:
    return (starts - filed_on).days


def _days(half: int) -> str:
    return format_hours(half * 50)
