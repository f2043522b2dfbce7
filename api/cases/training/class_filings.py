"""Classes, filed: reported before they are held, put on file or not, and said to have been held.

A class is filed on the day on which it comes in, never on one that somebody wrote down: the thirty days before its
start are counted from that (N 7, AMB-24). What the law makes of a late filing is told in a trial, and of what was filed
by `GET`. `tests/api/test_training_filings.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from api.cases.belonging.ended import gone_up_in
from api.cases.claiming.study import evidence_view, read_evidence
from api.cases.doing import Asked, Done, Reading
from api.cases.training.organising import Filed, answering, by_the_words, organising, sector_of
from api.cases.training.plan_filings import plan_of
from api.cases.training.trainings import days_of
from api.house import House
from api.law_of import law_now
from api.operational.callers import Caller
from ledger.errors import Refusal
from ledger.events.training import ClassId, Lesson
from ledger.streams import training_class as classes
from ledger.streams import training_class_filing as class_filing
from ledger.streams import training_plan as plans
from ledger.streams.decision import Decision
from ledger.streams.standing import Actor
from ledger.streams.unit import Unit
from ledger.vocabulary import Category
from policies.authority import class_recipients
from projections import trainings_reading as known
from projections.filings import filing_duties, papers_of


def file_class(house: House, caller: Caller, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Report a class before it is held; late is late, and taken all the same (AMB-24)."""
    name = ClassId(house.new_id("class"))

    def decide(reading: Reading, role: str, by: Actor) -> Decision:
        organiser = reading.unit(by.organisation)
        command = class_filing.FileClass(
            training_class=name, role=role, programme=_programme(house, fields, organiser, role), filed_on=house.today,
            evidence=read_evidence(fields),
        )
        reading.fresh(name)
        return class_filing.decide_class_filing(None, command, organiser, _plan_named(reading, fields), by)

    return organising(house, caller, asked, decide)


def refile_class(house: House, caller: Caller, name: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Report it anew, changed: from today on, and to be accepted anew (D06)."""

    def decide(reading: Reading, role: str, by: Actor) -> Decision:
        found = class_of(reading, name)
        if found is None:
            return Refusal.because("class_absent")
        organiser = gone_up_in(reading, found.organiser)
        command = class_filing.RefileClass(
            role=role, programme=_programme(house, fields, organiser, role), filed_on=house.today,
            evidence=read_evidence(fields),
        )
        return class_filing.decide_class_refiling(found, command, organiser, _plan_named(reading, fields), by)

    return organising(house, caller, asked, decide, upon=name, show=class_view)


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

    return organising(house, caller, asked, decide, upon=name, show=class_view)


def demanded(house: House, found: classes.TrainingClass) -> dict[str, list[dict[str, Any]]]:
    """What the law as of now demands of a class: filed how long before, and which papers, with what lacks."""
    one = known.TrainingClass(found.training_class, found.organiser, found.status, found.revision, found.filed,
                              house.today, found.number, None, found.held, None, (), (), 0)
    law = law_now(house.answers)
    return {"duties": [duty._asdict() for duty in filing_duties(law, one)],
            "papers": [paper._asdict() for paper in papers_of(law, one)]}


def _to_class(
    house: House, caller: Caller, name: str, asked: Asked,
    decide_it: Callable[[classes.TrainingClass, str, Actor], Decision],
) -> Done | Refusal:
    """Answer a class as its recipient, at the level that the law names."""

    def offices(reading: Reading) -> Filed[classes.TrainingClass] | Refusal:
        found = class_of(reading, name)
        if found is None:
            return Refusal.because("class_absent")
        filed = found.filed  # Whoever holds it: what is on file with an office stays that office's to answer.
        named = class_recipients(law_now(house.answers), filed.starts, filed.region, filed.sector,
                                 filed.category.value, filed.route)
        return found, found.matter, (filed.recipient,) if filed.recipient else (), named

    return answering(house, caller, asked, name, offices, decide_it, class_view)


def _programme(house: House, fields: dict[str, Any], organiser: Unit | None, role: str) -> class_filing.Programme:
    """The programme as it was sent, in the words of the law, filed with an office that the law names."""
    words = law_now(house.answers).vocabulary
    by_the_words("/route", fields["route"], words.routes)
    if fields.get("level") is not None:
        by_the_words("/level", fields["level"], words.levels)
    sector, category = sector_of(house, fields, organiser), Category(fields["category"])
    taken = {name: fields[name] for name in ("title", "route", "starts", "ends", "headcount", "level", "room",
                                             "location", "plan", "item", "approval") if name in fields}
    return class_filing.Programme(
        **taken, category=category, sector=sector, days_half=fields["days"],
        lessons=tuple(Lesson(title=one["title"], hours_centi=one["hours"]) for one in fields["lessons"]),
        recipient=_recipient(house, fields, organiser, role, sector, category.value),
    )


def _recipient(
    house: House, fields: dict[str, Any], organiser: Unit | None, role: str, sector: str, category: str
) -> str | None:
    """With whom it is filed: as was asked, where the law names that office; without a word the first that it names.

    `role`: a recognised organiser files with the city alone, an employer also with its human resources (N 7).
    """
    given: str | None = fields.get("recipient")
    if organiser is None or (given is None and class_filing.DEPARTMENT in organiser.kinds):
        return given  # A department's own class is filed with nobody (W 14).
    seat = organiser.seat_on(house.today)
    named = class_recipients(law_now(house.answers), fields["starts"], seat.region, sector, category, fields["route"],
                             role)
    roles = [one.role for one in named]
    if given is not None:
        by_the_words("/recipient", given, roles)
    return given or roles[0]


def _plan_named(reading: Reading, fields: dict[str, Any]) -> plans.Plan | None:
    return None if fields.get("plan") is None else plan_of(reading, fields["plan"])


def class_of(reading: Reading, name: str) -> classes.TrainingClass | None:
    """Read a class."""
    return reading.state(name, classes.evolve)


def class_view(found: classes.TrainingClass) -> dict[str, Any]:
    """A class as it stands after a decision."""
    filed, held = found.filed, found.held
    return {
        "training_class": found.training_class, "organiser": found.organiser, "title": filed.title,
        "status": found.status, "revision": found.revision, "filed_on": filed.filed_on,
        "lead_days": (filed.starts - filed.filed_on).days, "recipient": filed.recipient, "number": found.number,
        "plan": filed.plan, "item": filed.item, "starts": filed.starts, "ends": filed.ends,
        "days": days_of(filed.days_half), "headcount": filed.headcount,
        "held": None if held is None else {
            "starts": held.starts, "ends": held.ends, "days": days_of(held.days_half), "attended": held.attended,
            "passed": held.passed, "evidence": evidence_view(held.evidence),
        },
        "list_returned": found.list_returned, "rosters": [one._asdict() for one in found.rosters],
    }
