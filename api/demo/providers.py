"""Training companies of the last year: one whose classes were never held, and beside it two honest ones (D13).

The hollow one fills every room, lets everyone pass, has no list that anybody signed, and its people put their claims
forward in one minute, for far more hours than anybody else's. Of the honest ones one is as generous and new, with a
single class from which nothing follows; the other holds as many classes, and lets everyone pass who was there and
signed. All of them file in time and hold what they filed: only beside the others is it seen what one is.

`tests/api/demo/test_demo_faults.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, Final, NamedTuple

from api.demo.calendar import MINUTE, Calendar, moment, working_day
from api.demo.claims import Claims, Someone, Way
from api.demo.country import AUTHORITY, HUMAN_RESOURCES, Country, Hand
from api.demo.dice import Dice
from api.demo.pen import Pen
from api.demo.people import People
from api.demo.plants import Plant, Plants
from api.demo.rosters import Known
from api.demo.studies import Claimed
from api.demo.trainings import ORGANISER, Planned
from ledger.events.study import Evidence, Study, StudyDetails
from ledger.events.training import ClassId, Lesson, PlanId, PlanItem
from ledger.streams import training_class as classes
from ledger.streams import training_class_filing as class_filing
from ledger.streams import training_plan as plans
from ledger.streams import training_plan_answers as plan_answers
from ledger.vocabulary import Category

_SECTORS: Final = ("environment", "general")
_TITLE: Final = "专业技术能力提升班"
_HEADCOUNT: Final = 60
_PEOPLE: Final = (4, 8)         # Least and most.
_BEGINS: Final = (8, 20)        # Month and day of the first class; one follows a week.
_CLAIMS_ON: Final = (9, 30)
_MOST: Final = 6
_PEOPLE_FOR_ONE: Final = 20_000


class _Kind(NamedTuple):
    """What a company is like."""

    fault: bool
    name: str
    words: str
    classes: int
    days: int
    signs: bool       # Whether lists are signed, and rooms as full as they are.
    at_once: bool     # Whether all claims come in one minute.


_KINDS: Final = (
    _Kind(True, "浙江省远望人才培训中心", "班从未举办：班班满员、全部合格、无签到，同一分钟申报", 4, 5, False, True),
    _Kind(False, "浙江省初心培训学校", "只办过一个班，全部合格：班次太少，说明不了什么", 1, 5, False, True),
    _Kind(False, "浙江省笃行培训学校", "班次不少、全部合格，但都有签到，各人各自申报", 4, 2, True, False),
)


class Company(NamedTuple):
    """A company, and what was planted with it."""

    kind: _Kind
    sector: str
    planned: Planned
    plant: Plant
    held: list[Known]
    people: list[Someone]

    @property
    def hand(self) -> Hand:
        """Whoever acts for it."""
        return self.planned.house.hands[0]


class Providers:
    """Their year."""

    def __init__(
        self, plants: Plants, pen: Pen, calendar: Calendar, ids: Dice, dice: Dice, country: Country, people: People,
        claims: Claims,
    ) -> None:
        self._plants, self._pen, self._calendar, self._ids, self._dice = plants, pen, calendar, ids, dice
        self._country, self._people, self._claims = country, people, claims

    def announce(self, year: int, people: int) -> None:
        """Put them into the calendar of a year."""
        for number in range(min(_MOST, 1 + people // _PEOPLE_FOR_ONE)):
            sector = _SECTORS[number % len(_SECTORS)]
            for place, kind in enumerate(_KINDS):
                at = moment(working_day(date(year, 1, 21)), 9, 10 * number + place)
                self._calendar.at(at, self._found, kind, sector, number)

    def _found(self, kind: _Kind, sector: str, number: int) -> None:
        """Recognise a company, whose plan of the year is put on file by both departments."""
        now, year = self._calendar.now, self._calendar.today.year
        house = self._country.recognise(now, f"{kind.name}{'甲乙丙丁戊己'[number]}", sector)
        company = Company(kind, sector, Planned(house, year, number),
                          self._plants.put("D13", kind.fault, kind.words), [], [])
        company.plant.organisers.append(house.state.unit)
        items = tuple(
            PlanItem(number=one, title=_TITLE, route="training", level="provincial", days_half=2 * kind.days,
                     headcount=_HEADCOUNT, month=self._starts(one).month) for one in range(1, kind.classes + 1))
        filing = plans.FilePlan(
            plan=PlanId(self._ids.id("plan", now)), role=ORGANISER, year=year, sector=sector,
            recipients=(HUMAN_RESOURCES, AUTHORITY), items=items, filed_on=self._calendar.today)
        planned = company.planned
        planned.happens(self._pen, now, plans.decide_plan_filing(None, filing, house.state, company.hand.state),
                        company.hand.by(ORGANISER))
        people = self._country.human_resources("330000").hands[0]
        for role, hand in ((HUMAN_RESOURCES, people), (AUTHORITY, self._authority(sector))):
            planned.happens(self._pen, now, plan_answers.decide_acknowledgement(
                planned.state, plan_answers.AcknowledgePlan(role=role), hand.state), hand.by(role))
        first = self._starts(1)
        self._at(working_day(first - timedelta(days=50)), self._file, company)
        self._at(first - timedelta(days=2), self._choose, company)
        for one in range(kind.classes):
            self._at(working_day(self._starts(one + 1) + timedelta(days=kind.days)), self._hold, company, one)
        self._at(date(year, *_CLAIMS_ON), self._claim, company)

    def _at(self, day: date, act: Callable[..., object], *about: Any) -> None:
        self._calendar.at(moment(day, 10) + self._dice.below(60) * MINUTE, act, *about)

    def _starts(self, number: int) -> date:
        """The Monday on which a class begins."""
        day = date(self._calendar.today.year, *_BEGINS) + timedelta(days=7 * (number - 1))
        return working_day(day - timedelta(days=day.weekday()))

    def _authority(self, sector: str) -> Hand:
        return self._country.holding(AUTHORITY, "33", sector).hands[0]

    # Its classes

    def _file(self, company: Company) -> None:
        """File every class more than thirty days ahead; all of them are put on file."""
        kind, now, own, office = company.kind, self._calendar.now, company.hand, self._authority(company.sector)
        for item in company.planned.there.filed.items:
            starts = self._starts(item.number)
            programme = class_filing.Programme(
                title=item.title, category=Category.PROFESSIONAL, route=item.route, level=item.level,
                sector=company.sector, lessons=(Lesson(title=item.title, hours_centi=800 * kind.days),),
                starts=starts, ends=starts + timedelta(days=kind.days - 1), days_half=item.days_half,
                headcount=item.headcount, room=_HEADCOUNT, location="虚构会议中心", recipient=AUTHORITY,
                plan=company.planned.there.plan, item=item.number)
            filing = class_filing.FileClass(training_class=ClassId(self._ids.id("class", now)), role=ORGANISER,
                                            programme=programme, filed_on=self._calendar.today)
            known = Known()
            known.happens(self._pen, now, class_filing.decide_class_filing(
                None, filing, company.planned.house.state, company.planned.state, own.state), own.by(ORGANISER))
            accepting = classes.AcceptClass(role=AUTHORITY, number=f"虚备〔{starts.year}〕{filing.training_class[-6:]}")
            known.happens(self._pen, now, classes.decide_acceptance(known.state, accepting, office.state),
                          office.by(AUTHORITY))
            company.held.append(known)

    def _choose(self, company: Company) -> None:
        """Find people of the sector who have claimed nothing of these weeks, and will claim nothing else of them."""
        least, most = _PEOPLE
        first, today = self._starts(1), self._calendar.today
        those = {one.number: one for seat, found in self._people.by_seat.items() if seat.sector == company.sector
                 for one in found[-200:] if one.since < first and self._people.is_at(one, seat)}
        chosen = self._dice.shuffled(list(those.values()))[:most]
        if len(chosen) >= least:
            company.people.extend(chosen)
        for one in company.people:
            one.since = date(today.year, *_CLAIMS_ON)

    def _hold(self, company: Company, number: int) -> None:
        known, hand, kind, there = company.held[number], company.hand, company.kind, len(company.people)
        filed = known.there.filed
        papers = ("summary", "attendance") if kind.signs else ("summary",)
        attended = 5 * there + number if kind.signs else _HEADCOUNT
        if not there:
            return
        holding = classes.RecordHolding(
            role=ORGANISER, on=self._calendar.today, starts=filed.starts, ends=filed.ends, days_half=filed.days_half,
            attended=attended, passed=attended,
            evidence=tuple(Evidence(kind=one, sha256=self._dice.digest()) for one in papers))
        known.happens(self._pen, self._calendar.now, classes.decide_holding(known.state, holding, hand.state),
                      hand.by(ORGANISER))

    def _claim(self, company: Company) -> None:
        """Let everyone claim what they were in, or are said to have been in."""
        for number, known in enumerate(company.held):
            for place, whose in enumerate(company.people):
                wait = 0 if company.kind.at_once else (3 * place + 1) * 60 + 7 * number
                self._calendar.at(self._calendar.now + wait * MINUTE, self._submit, company, known, whose)

    def _submit(self, company: Company, known: Known, whose: Someone) -> None:
        filed = known.there.filed
        if whose.unit is None or not whose.is_open or whose.state.affiliation_on(self._calendar.today) is None:
            return
        study = Study(
            category=Category.PROFESSIONAL, route=filed.route, level=filed.level, evidence_on=filed.ends,
            starts=filed.starts, ends=filed.ends, days_half=filed.days_half, organiser=filed.organiser_name,
            training_class=filed.training_class)
        own = Evidence(kind="certificate", sha256=self._dice.digest(), issued_on=filed.ends)
        claimed = Claimed(study, StudyDetails(title=filed.title), (own,))
        paper = self._claims.submit(whose, whose.unit, claimed, 1_200, Way(then=lambda paper: None))
        if paper is not None:
            company.plant.papers.append(paper)
            company.plant.persons.append(whose.id)
