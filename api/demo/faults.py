"""What people and officers do that detectors are to find, and beside it what only looks like it.

Of D01 to D07, D09, D12 and D14 nothing else is in the history. What is a matter of measure (D08 in a busy office, D11,
D16) may have come about by chance besides.

Planted elsewhere: D10 where people study (`sitting`), D13 where classes are held (`hollow`), D15 where records of other
systems come in (`imports`). Of D15 that is all: what else it looks for no ledger takes that is written by the rules.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from typing import Any, Final

from msgspec.structs import replace

from api.demo.calendar import SECOND, Calendar, moment
from api.demo.claims import Claims, Paper, Someone, Way
from api.demo.country import Country, Hand, Organisation, Seat
from api.demo.dice import Dice, digest_of
from api.demo.people import People
from api.demo.plants import REGISTERED, Plant, Plants
from api.demo.rosters import Rosters
from api.demo.studies import IDLE, Claimed
from ledger.events.study import Evidence, Study, StudyDetails
from ledger.streams.claim import Status
from ledger.vocabulary import Category, PersonId
from policies.assess import REFUSED

_ISSUER: Final = "浙江省继续教育证书中心（虚构）"
_COUNT_MOST: Final = 60
_UNIT_LEAST: Final = 5


class Faults:
    """Plants, spread over the years."""

    def __init__(
        self, plants: Plants, calendar: Calendar, dice: Dice, country: Country, claims: Claims, people: People,
        rosters: Rosters,
    ) -> None:
        self._plant = plants.put
        self._calendar, self._dice, self._country = calendar, dice, country
        self._claims, self._people, self._rosters = claims, people, rosters

    def point_out(self) -> None:
        """Say what is honest of all that happened besides, since it looks like a fault."""
        for act, made, there in self._rosters.held[:_COUNT_MOST]:
            plant = self._plant("D08", False, "统一登记的班次：许多条在同一刻登记，本来如此")
            plant.persons, plant.acts, plant.further = [one.id for one in there], [act], list(made)

    def announce(self, first: date, last: date, people: int) -> None:
        """Put the plants into the calendar: some of each, in each of them a fault and what only looks like one."""
        spring: list[Callable[[bool], None]] = [
            self._one_certificate, self._one_file, self._one_output, self._two_places, self._more_days_than_fit,
            self._filed_late, self._each_other, self._at_night, self._issued_too_early, self._raised_afterwards,
        ]
        winter: list[Callable[[bool], None]] = [self._in_two_years, self._moved_for_the_year, self._all_at_the_end]
        for _ in range(min(_COUNT_MOST, 1 + people // 1_000)):
            for plant in (*spring, *winter):
                for fault in (True, False):
                    year = first.year + self._dice.below(last.year - first.year + 1)
                    day = date(year, 5, 10) + timedelta(days=self._dice.below(110))
                    if plant == self._in_two_years:
                        day = date(max(year, first.year + 1), 1, 12) + timedelta(days=self._dice.below(9))
                    elif plant == self._all_at_the_end:  # What is decided in January is still of the history.
                        day = date(max(first.year + fault, min(year, last.year - 1)), *((1, 12) if fault else (12, 18)))
                    elif plant in winter:
                        day = date(year, 11, 20)
                    self._calendar.at(self._calendar.office_time(day), plant, fault)
        if last.year - first.year > 1:
            self._calendar.at(moment(date(first.year + 1, 1, 10), 9), self._by_plan)

    # The cast

    def _some(self, count: int, *sectors: str, ago: int = 14, habit: str | None = None) -> list[Someone]:
        """So many people of one place, who may act today and have claimed nothing of the last days; or none."""
        before = self._calendar.today - timedelta(days=ago)
        seats = [seat for seat, _ in self._country.seats if not sectors or seat.sector in sectors]
        for seat in self._dice.shuffled(seats):
            there: dict[int, Someone] = {}
            for one in self._dice.shuffled(self._people.by_seat[seat][-400:]):
                was = one.state.affiliation_on(before) is not None
                fits = was and (habit is None or one.habit == habit)
                if len(there) < count and fits and one.since < before and self._people.is_at(one, seat):
                    there[one.number] = one
            if len(there) == count:
                for one in there.values():
                    one.since = self._calendar.today
                return list(there.values())
        return []

    def _submit(
        self, plant: Plant, whose: Someone, study: Study, details: StudyDetails, papers: tuple[Evidence, ...] = (),
        way: Way | None = None,
    ) -> Paper | None:
        """Let someone claim; nothing happens to it by chance."""
        own = Evidence(kind="certificate", sha256=self._dice.digest(), issued_on=study.evidence_on)
        assert whose.unit is not None, "whoever plays a part belongs somewhere"
        claimed = Claimed(study, details, papers or (own,))
        paper = self._claims.submit(whose, whose.unit, claimed, 1_200, way or Way(then=_nothing))
        if paper is not None:
            plant.papers.append(paper)
            plant.persons.append(whose.id)
        return paper

    def _training(self, days: int = 2, ago: int = 8, **more: Any) -> Study:
        """A training that ended so many days ago, which every sector has in some way."""
        ends = self._calendar.today - timedelta(days=ago)
        given = {"starts": ends - timedelta(days=days - 1), "ends": ends, "days_half": 2 * days, "evidence_on": ends}
        return Study(category=Category.PROFESSIONAL, route="training", level="provincial", **{**given, **more})

    # The plants, each once as a fault and once as what only looks like one

    def _one_certificate(self, fault: bool) -> None:
        number = f"XF{self._calendar.today.year}{self._dice.below(10**8):08d}"
        plant = self._plant("D01", fault, "两人用同一个证书编号" if fault else "同班各有自己的编号，只是前面相同")
        for place, whose in enumerate(self._some(2, "environment", "natural_resources", "general")):
            own = number if fault else f"{number}-{place + 1}"
            self._submit(plant, whose, self._training(), StudyDetails(
                title="专业技术培训班", certificate_issuer=_ISSUER, certificate_number=own))

    def _one_file(self, fault: bool) -> None:
        plant = self._plant("D02", fault, "两人交了同一份证书文件" if fault else "同班交同一份通知，证书各是各的")
        shared = digest_of(f"{self._calendar.today} {self._dice.digest()}")
        for whose in self._some(2, "environment", "natural_resources", "general"):
            own = Evidence(kind="certificate", sha256=self._dice.digest())
            same = Evidence(kind="certificate" if fault else "notice", sha256=shared)
            papers = (same,) if fault else (own, same)
            self._submit(plant, whose, self._training(), StudyDetails(title="业务培训"), papers)

    def _one_output(self, fault: bool) -> None:
        plant = self._plant("D03", fault, "同一篇论文有两个第一作者" if fault else "同一篇论文的第一、第二作者")
        output = f"out_{self._dice.digest()[:16]}"
        on = self._calendar.today - timedelta(days=20)
        for place, whose in enumerate(self._some(2, "environment", "natural_resources", "industry")):
            study = Study(category=Category.PROFESSIONAL, route="paper", level="core", evidence_on=on, output=output,
                          rank=1 if fault else place + 1, participants=3)
            self._submit(plant, whose, study, StudyDetails(title="一种方法及其应用"))

    def _two_places(self, fault: bool) -> None:
        plant = self._plant("D04", fault, "同几天参加了两个培训" if fault else "同一天上、下午各半天的两个培训")
        for whose in self._some(1, "environment", "natural_resources", "general"):
            for title in ("监测技术培训", "数据处理培训"):
                study = self._training(3) if fault else self._training(1, days_half=1)
                self._submit(plant, whose, study, StudyDetails(title=title, location=f"虚构{title[:2]}中心"))

    def _more_days_than_fit(self, fault: bool) -> None:
        plant = self._plant("D05", fault, "申报的天数多于起止之间的天数" if fault else "起止之间正好是申报的天数")
        for whose in self._some(1, "environment", "natural_resources", "general"):
            self._submit(plant, whose, self._training(2, days_half=10 if fault else 4), StudyDetails(title="技术研修"))

    def _filed_late(self, fault: bool) -> None:
        """Only where a rulebook asks for a filing (N 7); before it is in force, this is put off by a year."""
        plant = self._plant("D06", fault, "开班之后才备案" if fault else "正好提前三十天备案")
        plant.wanted = (Status.REFUSED,) if fault else REGISTERED
        study = self._training(3)
        assert study.starts is not None
        filed_on = study.starts + timedelta(days=1) if fault else study.starts - timedelta(days=30)
        study = replace(study, route="filed_training", level=None, filed_on=filed_on)
        for whose in self._some(1, "industry"):
            if (self._claims.worth(whose, study).status == REFUSED) == fault:
                self._submit(plant, whose, study, StudyDetails(title="备案培训班"))
                return
        self._calendar.in_office(365, self._filed_late, fault)

    def _each_other(self, fault: bool) -> None:
        """Two officers who are people of the register, and whose claims the other approves."""
        plant = self._plant("D07", fault, "两个经办人互相认定" if fault else "经办人认定同单位另一人的申报")
        both = self._some(2, "environment")
        if len(both) < 2:
            return
        first, second = (self._as_officer(one) for one in both)
        plant.actors = [first.state.actor, second.state.actor] if fault else [first.state.actor]
        pairs = [(both[1], first), (both[0], second)] if fault else [(both[1], first)]
        for whose, hand in pairs:
            self._submit(plant, whose, self._training(), StudyDetails(title="业务研修"),
                         way=Way(hand=hand, then=_nothing))

    def _as_officer(self, whose: Someone) -> Hand:
        """Give someone an account of the office that decides where they belong."""
        assert whose.unit is not None
        walk = self._claims.walk(whose, Category.PROFESSIONAL)
        house = self._country.office(walk.steps[-1], whose.unit.seat, whose.unit)
        return self._country.appoint_person(self._calendar.now, house, PersonId(whose.id))

    def _at_night(self, fault: bool) -> None:
        told = "深夜几十秒一件，没有打开材料" if fault else "上班时间一件接一件，材料都打开过"
        plant = self._plant("D08", fault, told)
        there = self._some(2, "environment", ago=16) or self._some(2, ago=16)
        day = self._calendar.today + timedelta(days=25)
        start = moment(day, 2) if fault else self._calendar.office_time(day)
        hand: Hand | None = None
        for number in range(8 if there else 0):
            whose = there[number % 2]
            assert whose.unit is not None
            walk = self._claims.walk(whose, Category.PROFESSIONAL)
            hand = hand or self._country.office(walk.steps[-1], whose.unit.seat, whose.unit).hands[0]
            if hand.state.organisation == whose.unit.state.unit and whose.unit is not there[0].unit:
                continue  # Where units decide themselves, each of them has hands of its own.
            at = start + number * (20 if fault else 600) * SECOND
            way = Way(hand=hand, decide_at=at, opens_evidence=not fault, then=_nothing)
            self._submit(plant, whose, self._training(1, 2 + number), StudyDetails(title="专题讲座"), way=way)
        plant.actors = [] if hand is None else [hand.state.actor]

    def _in_two_years(self, fault: bool) -> None:
        plant = self._plant("D09", fault, "同一次活动报了两年" if fault else "每年一期的两次活动")
        day = self._calendar.today
        occasion = f"occ_{self._dice.digest()[:16]}"
        for whose in self._some(1, "environment", "natural_resources", "general", ago=30):
            for number, ago in enumerate((day.day + 3, 3)):
                key = occasion if fault else f"{occasion}-{number}"
                study = self._training(2, ago, occasion=key)
                if whose.state.affiliation_on(study.evidence_on) is not None:
                    self._submit(plant, whose, study, StudyDetails(title="冬季专业培训"))

    def _all_at_the_end(self, fault: bool) -> None:
        """Someone who puts forward nothing all year, and in December what they have had papers of since spring."""
        if fault:
            plant = self._plant("D11", True, "年末几天里补报了大半年的学时")
            self._in_december(plant, self._some(1, "environment", habit=IDLE))
            return
        plant = self._plant("D11", False, "年末报了刚结束的一项")
        for whose in self._some(1, "environment", "industry"):
            self._degree_course(plant, whose, 1, ago=5)

    def _by_plan(self) -> None:
        """The people of a unit do the same, all of them: it was agreed so."""
        by_unit: dict[str, dict[int, Someone]] = {}
        for seat, found in self._people.by_seat.items():
            for one in found[-400:] if seat.sector == "environment" else ():
                if one.unit is not None and one.since < self._calendar.today and self._people.is_at(one, seat):
                    by_unit.setdefault(one.unit.state.unit, {})[one.number] = one
        largest = max(by_unit.values(), key=len, default={})
        if len(largest) >= _UNIT_LEAST:
            plant = self._plant("D11", False, "全单位按计划在年末统一申报")
            self._in_december(plant, list(largest.values()))

    def _in_december(self, plant: Plant, those: list[Someone]) -> None:
        for whose in those:
            whose.since = date(self._calendar.today.year, 12, 31)
            at = self._calendar.office_time(date(self._calendar.today.year, 12, 18))
            self._calendar.at(at, self._catch_up, plant, whose, whose.unit)

    def _catch_up(self, plant: Plant, whose: Someone, unit: Organisation) -> None:
        at = whose.state.affiliation_on(self._calendar.today)
        if whose.is_open and whose.unit is unit and at is not None and at.unit == unit.state.unit:
            for number in range(7):
                self._degree_course(plant, whose, number, ago=130 + 18 * number)

    def _degree_course(self, plant: Plant, whose: Someone, number: int, *, ago: int) -> None:
        on = self._calendar.today - timedelta(days=ago)
        study = Study(category=Category.PROFESSIONAL, route="degree_course", courses=2, evidence_on=on)
        if whose.state.affiliation_on(on) is not None:
            self._submit(plant, whose, study, StudyDetails(title=f"在职研究生课程（{number + 1}）"))

    def _issued_too_early(self, fault: bool) -> None:
        plant = self._plant("D12", fault, "结业之前已发证" if fault else "结业当天发证")
        for whose in self._some(1, "environment", "natural_resources", "general"):
            study = self._training(5, 6)
            assert study.ends is not None
            early = study.ends - timedelta(days=3)
            self._submit(plant, whose, replace(study, evidence_on=early) if fault else study,
                         StudyDetails(title="结业培训班"))

    def _raised_afterwards(self, fault: bool) -> None:
        plant = self._plant("D14", fault, "认定之后把天数改多" if fault else "认定之后把天数改少")
        before: list[int] = []

        def amend(paper: Paper) -> None:
            days = 10 if fault else 2
            study, ruling = paper.state.study, paper.state.ruling
            assert ruling is not None
            before.append(ruling.assessed_centi)
            assert study.ends is not None
            later = replace(study, days_half=days, starts=study.ends - timedelta(days=days // 2 - 1))
            self._calendar.in_office(30, self._claims.correct, paper, later)

        plant.holds = lambda: all(  # Where a document gave the hours, more days are no more hours.
            paper.state.revision > 1 and paper.state.ruling is not None
            and (paper.state.ruling.assessed_centi > was) == fault
            for paper, was in zip(plant.papers, before, strict=True))
        for whose in self._some(1, "environment", ago=40):
            self._submit(plant, whose, self._training(2, 30), StudyDetails(title="进修班"), way=Way(then=amend))

    def _moved_for_the_year(self, fault: bool) -> None:
        """What is asked of a year follows from where one belongs on its last day."""
        plant = self._plant("D16", fault, "年底前转出、年后转回" if fault else "年底前转出，没有再回来")
        away = next(seat for seat, _ in self._country.seats if seat.region == "330402")
        for whose in self._some(1, "general", "natural_resources"):
            assert whose.unit is not None
            home = whose.unit.seat
            plant.holds = partial(_has_moved, whose, len(whose.state.affiliations) + 1 + fault)
            self._ask(plant, whose, away)
            if fault:
                self._calendar.in_office(80, self._ask, plant, whose, home)

    def _ask(self, plant: Plant, whose: Someone, seat: Seat) -> None:
        transfer = self._people.ask(whose, seat, self._calendar.today)
        if transfer is not None:
            plant.persons.append(whose.id)
            plant.transfers.append(transfer)


def _has_moved(whose: Someone, places: int) -> bool:
    return len(whose.state.affiliations) >= places


def _nothing(paper: Paper) -> None:
    """What becomes of a plant once it stands: it stays."""
