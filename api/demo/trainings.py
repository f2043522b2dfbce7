"""Organisers and what they hold: a plan a year, its classes, a card for whoever was there (P 11, P 12, P 15).

The plan is filed in January with both departments of the province, mostly acknowledged by both, and evaluated a year
later, before the next one is filed. Of its two classes the spring one is held and certified; the autumn one is changed
after it was filed, or not put on file. Every class here is filed in time: what is filed late is planted by `faults`.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

from msgspec.structs import replace

from api.demo.calendar import Calendar
from api.demo.country import AUTHORITY, HUMAN_RESOURCES, Country, Hand, Organisation
from api.demo.dice import Dice
from api.demo.pen import Pen
from api.demo.people import People
from api.demo.rosters import Known
from api.demo.studies import words
from ledger.events.base import By
from ledger.events.study import Evidence
from ledger.events.training import CardId, ClassId, Lesson, PlanId, PlanItem
from ledger.streams import training_card as cards
from ledger.streams import training_class as classes
from ledger.streams import training_class_filing as class_filing
from ledger.streams import training_plan as plans
from ledger.streams import training_plan_answers as plan_answers
from ledger.streams.decision import Decision
from ledger.vocabulary import Category

ORGANISER: Final = "recognised_organiser"
_RECIPIENTS: Final = (HUMAN_RESOURCES, AUTHORITY)
_GRADES: Final[tuple[plan_answers.Grade, ...]] = ("qualified", "excellent", "qualified", "unqualified")
_CARDS_MOST: Final = 12
_DAYS: Final = 3


class Planned:
    """A plan, and the version of its stream."""

    __slots__ = ("attended", "held", "house", "number", "state", "version", "year")

    def __init__(self, house: Organisation, year: int, number: int) -> None:
        self.house, self.year, self.number = house, year, number
        self.held = self.attended = 0
        self.state: plans.Plan | None = None
        self.version = 0

    @property
    def there(self) -> plans.Plan:
        """The plan; there is one once it was filed."""
        assert self.state is not None, "a plan begins with its filing"
        return self.state

    def happens(self, pen: Pen, at: int, decision: Decision, by: By) -> None:
        """Record what was decided about it."""
        versions = {} if self.state is None else {str(self.state.plan): self.version}
        for event in pen.write(at, decision, by, versions):
            self.state, self.version = plans.evolve(self.state, event), self.version + 1


class Trainings:
    """Every organiser's years."""

    def __init__(self, pen: Pen, calendar: Calendar, dice: Dice, country: Country, people: People) -> None:
        self._pen, self._calendar, self._dice = pen, calendar, dice
        self._country, self._people = country, people
        self._plans = self._cards = 0

    def announce(self, first: date, last: date) -> None:
        """Put the plans of all years into the calendar."""
        for year in range(first.year, last.year + 1):
            day = date(year, 1, 15)
            self._calendar.at(self._calendar.office_time(day), self._every_plan, year)

    def _every_plan(self, year: int) -> None:
        for sector, house in self._country.organisers.items():
            self._plans += 1
            self._plan(Planned(house, year, self._plans), sector)

    def _authority(self, sector: str) -> Organisation:
        return self._country.holding(AUTHORITY, "33", sector)

    def _plan(self, planned: Planned, sector: str) -> None:
        """File a plan of two classes; one in five is sent back once."""
        topics = words()["topics"][sector]
        items = tuple(
            PlanItem(number=number, title=f"{self._dice.one_of(topics)}高级研修班", route="advanced_seminar",
                     level="provincial", days_half=2 * _DAYS, headcount=60, month=month, seeks_funding=number == 1)
            for number, month in ((1, 4), (2, 10)))
        hand = planned.house.hands[0]
        command = plans.FilePlan(
            plan=PlanId(self._dice.id("plan", self._calendar.now)), role=ORGANISER, year=planned.year, sector=sector,
            recipients=_RECIPIENTS, items=items, filed_on=self._calendar.today, evidence=(self._paper("plan"),))
        self._of(planned, hand, ORGANISER,
                 plans.decide_plan_filing(None, command, planned.house.state, hand.state))
        if planned.number % 5 == 2:
            self._calendar.in_office(4, self._send_back, planned, sector)
        else:
            self._calendar.in_office(4, self._acknowledge, planned, sector)
        self._calendar.at(self._calendar.office_time(date(planned.year, 2, 20)), self._file, planned, sector, 1)
        self._calendar.at(self._calendar.office_time(date(planned.year, 8, 20)), self._file, planned, sector, 2)
        self._calendar.at(self._calendar.office_time(date(planned.year + 1, 1, 6)), self._evaluate, planned, sector)

    def _of(self, planned: Planned, hand: Hand, role: str, decision: Decision) -> None:
        planned.happens(self._pen, self._calendar.now, decision, hand.by(role))

    def _send_back(self, planned: Planned, sector: str) -> None:
        hand, own = self._authority(sector).hands[0], planned.house.hands[0]
        back = plan_answers.ReturnPlan(role=AUTHORITY, words="请补充师资和经费预算")
        self._of(planned, hand, AUTHORITY, plan_answers.decide_plan_return(planned.state, back, hand.state))
        anew = plans.RefilePlan(role=ORGANISER, items=planned.there.filed.items, filed_on=self._calendar.today,
                                evidence=(self._paper("plan"),))
        self._of(planned, own, ORGANISER, plans.decide_plan_refiling(planned.state, anew, own.state))
        self._calendar.in_office(4, self._acknowledge, planned, sector)

    def _acknowledge(self, planned: Planned, sector: str) -> None:
        """Both departments put it on file; one in seven plans the second never does."""
        people, authority = self._country.human_resources("330000").hands[0], self._authority(sector).hands[0]
        for role, hand in ((HUMAN_RESOURCES, people), (AUTHORITY, authority)):
            if role == AUTHORITY and planned.number % 7 == 3:
                return
            command = plan_answers.AcknowledgePlan(role=role)
            self._of(planned, hand, role, plan_answers.decide_acknowledgement(planned.state, command, hand.state))

    def _evaluate(self, planned: Planned, sector: str) -> None:
        """The department of the sector judges what came of a plan that was on file."""
        if planned.there.status is not plans.Status.ACKNOWLEDGED:
            return
        hand = self._authority(sector).hands[1]
        command = plan_answers.EvaluatePlan(
            role=AUTHORITY, on=self._calendar.today, grade=_GRADES[planned.number % len(_GRADES)],
            classes_held=planned.held, attended=planned.attended, words="已对照计划核对举办的班次、考勤和考核记录")
        self._of(planned, hand, AUTHORITY, plan_answers.decide_evaluation(planned.state, command, hand.state))

    # Classes

    def _file(self, planned: Planned, sector: str, number: int) -> None:
        """File a class of the plan, more than thirty days before it begins."""
        item = planned.there.filed.items[number - 1]
        starts = self._calendar.today + timedelta(days=45)
        programme = class_filing.Programme(
            title=item.title, category=Category.PROFESSIONAL, route=item.route, level=item.level, sector=sector,
            lessons=(Lesson(title=item.title, hours_centi=800 * _DAYS),), starts=starts,
            ends=starts + timedelta(days=_DAYS - 1), days_half=item.days_half, headcount=item.headcount, room=80,
            location="虚构培训中心", recipient=AUTHORITY, plan=planned.there.plan, item=number,
            approval=f"虚构批〔{planned.year}〕{planned.number}号")
        command = class_filing.FileClass(
            training_class=ClassId(self._dice.id("class", self._calendar.now)), role=ORGANISER, programme=programme,
            filed_on=self._calendar.today, evidence=(self._paper("approval"), self._paper("plan")))
        known, hand = Known(), planned.house.hands[0]
        known.happens(self._pen, self._calendar.now, class_filing.decide_class_filing(
            None, command, planned.house.state, planned.state, hand.state), hand.by(ORGANISER))
        if number == 2:
            self._calendar.in_office(5, self._change_or_refuse, known, planned, sector, programme)
        else:
            self._calendar.in_office(5, self._accept, known, planned, sector)

    def _change_or_refuse(self, known: Known, planned: Planned, sector: str, programme: class_filing.Programme) -> None:
        """What is to be held in another room is filed anew; one in four is not put on file."""
        if self._dice.below(4) == 0:
            hand = self._authority(sector).hands[0]
            command = classes.RefuseClass(role=AUTHORITY, words="内容与本行业专业科目无关")
            self._about(known, hand, AUTHORITY, classes.decide_class_refusal(known.state, command, hand.state))
            return
        hand = planned.house.hands[0]
        anew = class_filing.RefileClass(
            role=ORGANISER, programme=replace(programme, room=120), filed_on=self._calendar.today,
            evidence=known.there.filed.evidence)
        self._about(known, hand, ORGANISER, class_filing.decide_class_refiling(
            known.state, anew, planned.house.state, planned.state, hand.state))
        self._calendar.in_office(5, self._accept, known, planned, sector)

    def _accept(self, known: Known, planned: Planned, sector: str) -> None:
        hand = self._authority(sector).hands[1]
        command = classes.AcceptClass(role=AUTHORITY, number=f"虚备〔{planned.year}〕{known.there.training_class[-6:]}")
        self._about(known, hand, AUTHORITY, classes.decide_acceptance(known.state, command, hand.state))
        over = known.there.filed.ends + timedelta(days=4)
        self._calendar.at(self._calendar.office_time(over), self._hold, known, planned, sector)

    def _hold(self, known: Known, planned: Planned, sector: str) -> None:
        """Say who was there, and certify it to them."""
        filed = known.there.filed
        those = [one for seat, found in self._people.by_seat.items() if seat.sector == sector for one in found[-100:]]
        there = list({one.number: one for one in self._dice.shuffled(those)
                      if one.is_open and one.state.affiliation_on(filed.starts) is not None}.values())[:_CARDS_MOST]
        if not there:
            return
        hand = planned.house.hands[0]
        holding = classes.RecordHolding(
            role=ORGANISER, on=self._calendar.today, starts=filed.starts, ends=filed.ends, days_half=filed.days_half,
            attended=len(there), passed=len(there),
            evidence=tuple(map(self._paper, ("summary", "roster", "attendance"))))
        self._about(known, hand, ORGANISER, classes.decide_holding(known.state, holding, hand.state))
        planned.held, planned.attended = planned.held + 1, planned.attended + len(there)
        for whose in there:
            self._certify(known, whose, hand)

    def _certify(self, known: Known, whose: Any, hand: Hand) -> None:
        """Hand out a card; one in forty was misprinted, and another takes its place."""
        self._cards += 1
        times = 2 if self._cards % 40 == 7 else 1
        for time in range(times):
            card = CardId(self._dice.id("card", self._calendar.now))
            filed = known.there.filed
            command = cards.IssueCard(
                card=card, role=ORGANISER, number=f"{filed.starts:%Y}-{self._cards:06d}{'补' * time}",
                attended_half=filed.days_half, hours_centi=800 * _DAYS, result="passed")
            (issued,) = self._pen.write(self._calendar.now, cards.decide_card_issue(
                None, command, known.state, whose.state, hand.state), hand.by(ORGANISER))
            if time < times - 1:
                void = cards.VoidCard(role=ORGANISER, words="姓名印错")
                self._pen.write(self._calendar.now, cards.decide_card_voiding(
                    cards.evolve(None, issued), void, whose.state, hand.state), hand.by(ORGANISER), {card: 1})

    def _about(self, known: Known, hand: Hand, role: str, decision: Decision) -> None:
        known.happens(self._pen, self._calendar.now, decision, hand.by(role))

    def _paper(self, kind: str) -> Evidence:
        return Evidence(kind=kind, sha256=self._dice.digest())
