"""A class with its plan, roster, cards and an import, put into a town's ledger by real decisions. No test lives here.

They are dated in the past, which no door lets anybody write.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from ledger.acts.rosters import Roster, open_roster
from ledger.errors import Refusal
from ledger.events.base import By
from ledger.events.imports import ImportId
from ledger.events.study import Ruling
from ledger.events.training import CardId, ClassId, Lesson, PlanId, PlanItem
from ledger.streams import actor as actors
from ledger.streams import imports
from ledger.streams import person as persons
from ledger.streams import training_card as cards
from ledger.streams import training_class as classes
from ledger.streams import training_class_filing as class_filing
from ledger.streams import training_plan as plans
from ledger.streams import training_plan_answers as plan_answers
from ledger.streams import unit as units
from ledger.streams.training_roster import RegisterRow
from ledger.vocabulary import ActorId, Category, ClaimId, PersonId, UnitId
from tests.api.house_kit import BODY, Someone, Town, house_in

ORGANISER, PEOPLE, SECTOR = "recognised_organiser", "human_resources", "sector_authority"
NUMBER = "甬学2026-017"


class Training(NamedTuple):
    """What there is, by id."""

    school: BODY
    teacher: Someone
    officer: Someone
    plan: PlanId
    training_class: ClassId
    card: CardId
    batch: ImportId


def training_in(town: Town, person: Someone) -> Training:
    """A plan that one department has acknowledged, a class of it filed ten days before its start, held, registered."""
    school, bureau = (town.unit(name, "330200", "industry") for name in ("甬江学院", "经信部门"))
    teacher = town.officer(school, ORGANISER, "3302", unit=school["unit"])
    officer = town.officer(bureau, SECTOR, "3302")
    helper = town.officer(bureau, PEOPLE, "3302")
    desk = _Desk(town)
    plan, name = PlanId(desk.new("plan")), ClassId(desk.new("class"))
    card, batch = CardId(desk.new("card")), ImportId(desk.new("import"))
    unit = desk.load(school["unit"], units.evolve)
    item = PlanItem(number=1, title="智能制造", route="filed_training", days_half=4, headcount=30)
    desk.do(teacher, ORGANISER, lambda by: plans.decide_plan_filing(None, plans.FilePlan(
        plan=plan, role=ORGANISER, year=2026, sector="industry", recipients=(PEOPLE, SECTOR), items=(item,),
        filed_on=date(2025, 12, 1)), unit, by))
    desk.do(helper, PEOPLE, lambda by: plan_answers.decide_acknowledgement(
        desk.load(plan, plans.evolve), plan_answers.AcknowledgePlan(role=PEOPLE), by))
    programme = class_filing.Programme(
        title="智能制造", category=Category.PROFESSIONAL, route="filed_training", sector="industry",
        lessons=(Lesson(title="数字孪生", hours_centi=1_200),), starts=date(2026, 3, 11), ends=date(2026, 3, 12),
        days_half=4, headcount=30, room=40, recipient=SECTOR, plan=plan, item=1)
    desk.do(teacher, ORGANISER, lambda by: class_filing.decide_class_filing(None, class_filing.FileClass(
        training_class=name, role=ORGANISER, programme=programme, filed_on=date(2026, 3, 1)), unit,
        desk.load(plan, plans.evolve), by))
    desk.do(officer, SECTOR, lambda by: classes.decide_acceptance(
        desk.load(name, classes.evolve), classes.AcceptClass(role=SECTOR, number="甬备2026-7"), by))
    desk.do(teacher, ORGANISER, lambda by: classes.decide_holding(
        desk.load(name, classes.evolve), classes.RecordHolding(
            role=ORGANISER, on=date(2026, 3, 20), starts=date(2026, 3, 11), ends=date(2026, 3, 12), days_half=4,
            attended=1, passed=1), by))
    desk.register(name, officer, person)
    desk.do(teacher, ORGANISER, lambda by: cards.decide_card_issue(
        None, cards.IssueCard(card=card, role=ORGANISER, number=NUMBER, attended_half=4, hours_centi=1_200,
                              result="passed"),
        desk.load(name, classes.evolve), desk.load(person.id, persons.evolve), by))
    desk.do(helper, PEOPLE, lambda by: imports.decide_import_opening(None, imports.OpenImport(
        batch=batch, role=PEOPLE, system="ningbo", file_sha256="e" * 64, rows=3, starts=date(2025, 1, 1),
        ends=date(2025, 12, 31), region="330200"), None, by))
    desk.do(helper, PEOPLE, lambda by: imports.decide_import_closing(
        desk.load(batch, imports.evolve), imports.CloseImport(
            role=PEOPLE, accepted=0, rejected=2, duplicates=1, result_sha256="9" * 64), None, by))
    return Training(school, teacher, officer, plan, name, card, batch)


class Trained(NamedTuple):
    """A town in which somebody attended a class, for which its city's office registered them."""

    town: Town
    li: Someone
    made: Training


@contextmanager
def trained(folder: Path) -> Iterator[Trained]:
    with house_in(folder / "data") as town:
        li = town.person("李明")
        town.belongs(li, town.unit("某厂", "330203", "industry"), "2020-01-01")
        yield Trained(town, li, training_in(town, li))


class _Desk:
    """Records what is decided, on the streams as they now are."""

    def __init__(self, town: Town) -> None:
        self._house, self.ledger = town.house, town.house.ledger

    def new(self, kind: str) -> str:
        return self._house.new_id(kind)

    def load(self, stream: str, evolve: Any) -> Any:
        return self.ledger.load(stream, evolve).state

    def do(self, whom: Someone, role: str, decide: Any) -> None:
        by = self.load(whom.id, actors.evolve)
        decision = decide(by)
        assert not isinstance(decision, Refusal), decision
        versions = {draft.event.stream: self.ledger.store.version(draft.event.stream) for draft in decision}
        self.ledger.record(decision, by=By(actor=by.actor, role=role, organisation=UnitId(by.organisation)),
                           versions=versions)

    def register(self, name: ClassId, officer: Someone, person: Someone) -> None:
        roster = open_roster(self.ledger, name, rows=1, list_sha256="d" * 64, actor=ActorId(officer.id), role=SECTOR,
                             now_ms=self._house.now // 1_000)
        assert isinstance(roster, Roster), roster
        row = RegisterRow(claim=ClaimId(self.new("claim")), person=PersonId(person.id), on=date(2026, 3, 20),
                          role=SECTOR, days_half=4, ruling=Ruling(assessed_centi=0, status="unruled"), year=2026,
                          card_number=NUMBER)
        for written in (roster.write([row]), roster.close()):
            assert not isinstance(written, Refusal), written


def training_bodies(training: Training, person: str) -> dict[str, BODY]:
    """What is sent to each door of trainings, by the route, so that only who sends it decides."""
    item = {"number": 1, "title": "智能制造", "route": "filed_training", "days": "2", "headcount": 30}
    programme = {
        "title": "智能制造", "category": "professional", "route": "filed_training", "starts": "2026-12-20",
        "ends": "2026-12-21", "days": "2", "headcount": 30, "lessons": [{"title": "数字孪生", "hours": "12"}],
    }
    holding = {"starts": "2026-03-11", "ends": "2026-03-12", "days": "2", "attended": 1, "passed": 1}
    words = {"words": "说明"}
    plan, one = "POST /v1/plans/<plan:plan>/", "POST /v1/classes/<class:training_class>/"
    return {
        "POST /v1/plans": {"year": 2040, "items": [item]}, f"{plan}refiling": {"items": [item]},
        f"{plan}return": words, f"{plan}evaluation": {"grade": "qualified", **words},
        f"{plan}evaluation-correction": {"grade": "qualified", "document": "甬人社函〔2027〕12号", **words},
        "POST /v1/classes": programme, f"{one}refiling": programme, f"{one}acceptance": {"number": "甬备-99"},
        f"{one}refusal": words, f"{one}roster-return": words,
        f"{one}holding": holding, f"{one}rosters": {"file": "6K+B5Lu25Y+356CBLOWnk+WQjQ0K"},
        "POST /v1/cards": {"training_class": training.training_class, "person": person, "number": "新-1",
                           "attended_days": "2", "hours": "12", "result": "passed"},
        "POST /v1/cards/<card:card>/voiding": words,
        "POST /v1/imports": {"system": "ningbo", "file": "e30=", "region": "330200", "starts": "2026-01-01",
                             "ends": "2026-12-31"},
        "POST /v1/imports/<import:batch>/abandonment": {"why": "wrong_period"},
        "POST /v1/imports/<import:batch>/fork-decision": {
            "outcome": "continued", "document": "浙人社函〔2026〕88号", "words": "备份恢复有误。"},
        "POST /v1/imports/<import:batch>/reconciliation": {"file": "e30=", "on": "2026-01-31"},
    }
