"""An organiser in a small register, its plan, its classes, rosters and cards, really decided. No test lives here."""

from __future__ import annotations

from datetime import date
from typing import Any

from projection_kit import NINGBO, House

from ledger.acts.rosters import Roster, open_roster
from ledger.errors import Refusal
from ledger.events.actor import Official, Scope
from ledger.events.base import By
from ledger.events.study import Evidence
from ledger.events.training import CardId, ClassId, Lesson, PlanId, PlanItem
from ledger.events.unit import Contact
from ledger.streams import actor as actors
from ledger.streams import person as persons
from ledger.streams import training_card as cards
from ledger.streams import training_class as classes
from ledger.streams import training_class_filing as class_filing
from ledger.streams import training_plan as plans
from ledger.streams import training_plan_answers as plan_answers
from ledger.streams import unit as units
from ledger.streams.training_roster import RegisterRow, ReturnRoster, decide_roster_return, study_of
from ledger.vocabulary import ActorId, Category, ClaimId, PersonId, UnitId

ORGANISER, PEOPLE, SECTOR = "recognised_organiser", "human_resources", "sector_authority"
TEACHER, OFFICER, COLLEAGUE = ActorId("acr_teacher"), ActorId("acr_officer"), ActorId("acr_colleague")


class School:
    """An organiser with one account, who files, holds and certifies; the offices of the register answer it."""

    def __init__(self, house: House, *, kind: str = "organiser", region: str = NINGBO) -> None:
        self.house = house
        self.unit = UnitId(house.new("unt"))
        command = units.RegisterUnit(unit=self.unit, credit_code=f"code-{self.unit}", name="甬江学院", region=region,
                                     sector="industry", contact=Contact(name="王芳"), kinds=(kind,))
        house.record(units.decide_unit_registration(None, command))
        house.record(units.decide_verification(
            house.load(self.unit, units.evolve), units.VerifyUnit(role=PEOPLE), house.officer))
        appoint = actors.AppointActor(actor=TEACHER, account="account-teacher", official=Official(name="钱进"),
                                      role="system_administrator")
        house.record(actors.decide_appointment(None, appoint, house.load(self.unit, units.evolve), None))
        scope = Scope(role=ORGANISER, region="33", unit=self.unit)
        grant = actors.GrantScope(scope=scope, role="system_administrator")
        house.record(actors.decide_grant(self.teacher, grant, None))

    @property
    def teacher(self) -> Any:
        return self.house.load(TEACHER, actors.evolve)

    def _record(self, decision: Any) -> int:
        by = By(actor=TEACHER, role=ORGANISER, organisation=self.unit)
        return self.house.record(decision, by=by)[-1]

    def _answered(self, decision: Any) -> int:
        return self.house.record(decision, by=By(actor=OFFICER, role=SECTOR))[-1]

    # Plans

    def plan(self, year: int = 2026, items: int = 1) -> PlanId:
        plan = PlanId(self.house.new("pln"))
        foreseen = tuple(
            PlanItem(number=number, title=f"高研班{number}", route="filed_training", days_half=10, headcount=60)
            for number in range(1, items + 1))
        command = plans.FilePlan(plan=plan, role=ORGANISER, year=year, sector="industry", recipients=(PEOPLE, SECTOR),
                                 items=foreseen, filed_on=date(year - 1, 12, 1))
        self._record(plans.decide_plan_filing(None, command, self.house.load(self.unit, units.evolve), self.teacher))
        return plan

    def acknowledge(self, plan: PlanId, role: str, by: Any = None) -> int:
        state = self.house.load(plan, plans.evolve)
        command = plan_answers.AcknowledgePlan(role=role)
        return self._answered(plan_answers.decide_acknowledgement(state, command, by or self.house.officer))

    def on_file(self, plan: PlanId) -> PlanId:
        self.acknowledge(plan, PEOPLE)
        self.acknowledge(plan, SECTOR, self.house.colleague)
        return plan

    def send_back(self, plan: PlanId) -> int:
        command = plan_answers.ReturnPlan(role=SECTOR, words="请补充师资")
        return self._answered(plan_answers.decide_plan_return(
            self.house.load(plan, plans.evolve), command, self.house.officer))

    def evaluate(self, plan: PlanId, grade: Any = "qualified", role: str = SECTOR) -> int:
        command = plan_answers.EvaluatePlan(
            role=role, on=self._judged_on(plan), grade=grade, classes_held=1, attended=2, words="实施良好")
        return self._answered(plan_answers.decide_evaluation(
            self.house.load(plan, plans.evolve), command, self.house.officer))

    def correct(self, plan: PlanId, grade: Any = "excellent", role: str = SECTOR) -> int:
        command = plan_answers.CorrectEvaluation(role=role, grade=grade, classes_held=2, attended=9, words="漏计一班",
                                                 document="甬经信函〔2027〕3号")
        return self._answered(plan_answers.decide_evaluation_correction(
            self.house.load(plan, plans.evolve), command, None, self.house.officer))

    def _judged_on(self, plan: PlanId) -> date:
        return date(self.house.load(plan, plans.evolve).filed.year + 1, 1, 6)

    # Classes

    def file(self, starts: str = "2026-05-11", filed_on: str = "2026-03-01", *, plan: PlanId | None = None,
             **programme: Any) -> ClassId:
        name = ClassId(self.house.new("cls"))
        command = class_filing.FileClass(training_class=name, role=ORGANISER, filed_on=date.fromisoformat(filed_on),
                                         programme=self._programme(starts, plan, **programme))
        state = None if plan is None else self.house.load(plan, plans.evolve)
        self._record(class_filing.decide_class_filing(
            None, command, self.house.load(self.unit, units.evolve), state, self.teacher))
        return name

    def refile(self, name: ClassId, starts: str, filed_on: str) -> int:
        command = class_filing.RefileClass(role=ORGANISER, filed_on=date.fromisoformat(filed_on),
                                           programme=self._programme(starts, None))
        return self._record(class_filing.decide_class_refiling(
            self.load(name), command, self.house.load(self.unit, units.evolve), None, self.teacher))

    def _programme(self, starts: str, plan: PlanId | None, **programme: Any) -> class_filing.Programme:
        first = date.fromisoformat(starts)
        given: dict[str, Any] = {
            "title": "智能制造", "category": Category.PROFESSIONAL, "route": "filed_training", "sector": "industry",
            "lessons": (Lesson(title="数字孪生", hours_centi=3_000),), "days_half": 10, "headcount": 60, "room": 80,
            "recipient": SECTOR, "plan": plan, "item": None if plan is None else 1,
        }
        return class_filing.Programme(starts=first, ends=date.fromordinal(first.toordinal() + 4), **(given | programme))

    def load(self, name: ClassId) -> Any:
        return self.house.load(name, classes.evolve)

    def accept(self, name: ClassId, number: str = "甬备2026-7") -> int:
        command = classes.AcceptClass(role=SECTOR, number=number)
        return self._answered(classes.decide_acceptance(self.load(name), command, self.house.officer))

    def refuse(self, name: ClassId) -> int:
        command = classes.RefuseClass(role=SECTOR, words="内容不属于继续教育")
        return self._answered(classes.decide_class_refusal(self.load(name), command, self.house.officer))

    def hold(self, name: ClassId, *, attended: int = 2, starts: date | None = None,
             evidence: tuple[Evidence, ...] = ()) -> int:
        filed = self.load(name).filed
        first = starts or filed.starts
        command = classes.RecordHolding(
            role=ORGANISER, on=date(2027, 1, 1), starts=first, ends=filed.ends,
            days_half=min(filed.days_half, 2 * ((filed.ends - first).days + 1)), attended=attended, passed=attended,
            evidence=evidence)
        return self._record(classes.decide_holding(self.load(name), command, self.teacher))

    def held(self, **programme: Any) -> ClassId:
        """A class that was filed, accepted and held."""
        name = self.file(**programme)
        self.accept(name, f"甬备-{name}")
        self.hold(name)
        return name

    def send_list_back(self, name: ClassId) -> int:
        command = ReturnRoster(role=SECTOR, words="两人没有到班")
        return self._answered(decide_roster_return(self.load(name), command, self.house.officer))

    # Rosters and cards

    def roster(self, name: ClassId, rows: int, list_sha256: str = "d" * 64) -> Roster:
        opened = open_roster(self.house.ledger, name, rows=rows, list_sha256=list_sha256, actor=OFFICER, role=SECTOR,
                             now_ms=self.house.clock.ns // 1_000_000, chunk=1)
        assert isinstance(opened, Roster), opened
        return opened

    def row(self, roster: Roster, person: PersonId, *, card_number: str | None = None) -> ClaimId:
        claim = ClaimId(self.house.new("clm"))
        study = study_of(self.load(roster.training_class), 10)
        command = RegisterRow(claim=claim, person=person, on=date(2022, 12, 31), role=SECTOR, days_half=10,
                              ruling=self.house.ruling(person, study), year=study.evidence_on.year,
                              card_number=card_number)
        written = roster.write([command])
        assert not isinstance(written, Refusal), written
        return claim

    def card(self, name: ClassId, person: PersonId, number: str) -> CardId:
        card = CardId(self.house.new("crd"))
        command = cards.IssueCard(card=card, role=ORGANISER, number=number, attended_half=10, hours_centi=3_000,
                                  result="passed")
        self._record(cards.decide_card_issue(
            None, command, self.load(name), self.house.load(person, persons.evolve), self.teacher))
        return card

    def void(self, card: CardId) -> int:
        state = self.house.load(card, cards.evolve)
        command = cards.VoidCard(role=ORGANISER, words="姓名印错")
        return self._record(cards.decide_card_voiding(
            state, command, self.house.load(state.person, persons.evolve), self.teacher))
