"""Lives: people register, are matched to a unit, study some days of each year, move, obtain titles, leave.

Each person has one next thing to do in the calendar, and a year's plan from the first visit of the year on, so what is
kept for a person does not grow with the history.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from typing import Final

from api.demo.calendar import SECOND, Calendar, moment
from api.demo.claims import Claims, Someone
from api.demo.country import HUMAN_RESOURCES, Country, Hand, Organisation, Seat
from api.demo.dice import Dice
from api.demo.pen import Pen, decided
from api.demo.studies import IDLE, LAX, STEADY, Claimed, Sketch, Studies
from api.nobodys_numbers import resident_id
from ledger.events.base import By
from ledger.events.person import Affiliation, Identity, KeyDestroyed
from ledger.ledger import Deciding
from ledger.streams import erasure
from ledger.streams import person as persons
from ledger.streams import person_career as careers
from ledger.streams import transfer as transfers
from ledger.streams.decision import Decision
from ledger.vocabulary import PersonId, StreamId, TransferId

MAJORS: Final = ("测绘地理信息", "地质勘查", "土地工程", "国土空间规划", "海洋工程与技术")
_BLASTING: Final = "爆破工程"
_SURNAMES: Final = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜"
_GIVEN: Final = "若知望景书清予安思嘉承远舒云晓星致和子墨锦言亦诗行之怀瑾雨桐浩然明轩宇泽昕瑶佳怡俊杰文博雅静"
_FIRST_BORN: Final = date(1960, 1, 1)
_BORN_WITHIN: Final = 14_000
_HABITS: Final = (STEADY,) * 11 + (LAX,) * 6 + (IDLE,) * 3
_LEVELS: Final = ("assistant", "intermediate", "senior")
_SERIES: Final = "engineering"
_VISITS: Final = 4
_RESTS: Final = 30  # Days between a proposal to forget somebody and the destruction.
KNOWN_MOST: Final = 200

# Of a thousand people, in a year.
MOVES, LEAVES, TITLED, MENDED = 30, 12, 60, 10
BACK_DATED: Final = 250  # Of a thousand moves.

# What is rare comes in turn instead of by chance, so that a small history has it, too: one in so many.
RESTRICTED, MISMATCHED = 400, 300              # Years of people.
TAKEN_BACK, TURNED_DOWN = 60, 40               # Requests for a unit.
UNTITLED, NOT_LEFT, AT_REST_FOR_EVER = 25, 10, 2  # Titles, departures, restrictions.


class People:
    """Everyone, and what each does next."""

    def __init__(
        self, pen: Pen, calendar: Calendar, dice: Dice, country: Country, claims: Claims, studies: Studies
    ) -> None:
        self._pen, self._calendar, self._dice = pen, calendar, dice
        self._country, self._claims, self._studies = country, claims, studies
        self._draw = [seat for seat, weight in country.seats for _ in range(weight)]
        self.registered = 0
        self._turns: Counter[str] = Counter()
        self.by_seat: dict[Seat, list[Someone]] = {seat: [] for seat, _ in country.seats}
        self.gone: list[Someone] = []
        self.known: list[tuple[str, Someone]] = []  # The first by name, who get a token.

    # Coming

    def register(self, seat: Seat | None = None) -> Someone:
        """Someone enters the register, and asks to be matched to a unit of this place, or of any."""
        number, now = self.registered, self._calendar.now
        self.registered += 1
        person = PersonId(self._dice.id("person", now))
        identity = self._identity(number)
        command = persons.RegisterPerson(person=person, identity=identity)
        events = self._pen.write(now, persons.decide_person_registration(None, command), _themselves(person))
        whose = Someone(number, persons.evolve(None, events[0]), self._dice.one_of(_HABITS))
        if len(self.known) < KNOWN_MOST:
            self.known.append((identity.name, whose))
        self._calendar.at(now + 600 * SECOND, self.ask, whose, seat or self._dice.one_of(self._draw), None)
        return whose

    def _identity(self, number: int) -> Identity:
        dice = self._dice
        born = _FIRST_BORN + timedelta(days=number % _BORN_WITHIN)
        name = dice.one_of(_SURNAMES) + dice.one_of(_GIVEN) + (dice.one_of(_GIVEN) if dice.happens(800) else "")
        return Identity(
            name=name, name_normalised=name, id_kind="resident_id",
            id_number=resident_id(f"{born:%Y%m%d}", number // _BORN_WITHIN),
        )

    def ask(self, whose: Someone, seat: Seat, starts: date | None) -> TransferId | None:
        """Ask to belong to a unit of a place from a day on."""
        if not whose.is_open or whose.asks:
            return None
        dice, today, now = self._dice, self._calendar.today, self._calendar.now
        houses = self._country.units[seat]
        house = dice.one_of(houses)
        first = not whose.state.affiliations
        starts = starts or (date(today.year, 1, 1) if first else today)
        while whose.state.affiliation_from(starts) is not None:
            starts += timedelta(days=1)
        there = whose.state.affiliation_on(starts)
        if there is not None and there.unit == house.state.unit:  # Nobody asks for where they are.
            house = houses[houses.index(house) - 1]
            if there.unit == house.state.unit:
                return None
        transfer = TransferId(dice.id("transfer", now))
        major, standing = self._major(seat)
        command = transfers.RequestTransfer(
            transfer=transfer, person=whose.state.person, starts=starts, major=major, standing=standing)
        decision = transfers.decide_request(None, command, whose.state, house.state)
        events = self._pen.write(now, decision, _themselves(whose.state.person))
        asked, whose.asks = transfers.evolve(None, events[0]), True
        if self._is_turn("taken back", TAKEN_BACK):
            self._calendar.at(now + 1_200 * SECOND, self._take_back, whose, asked, seat)
        else:
            self._calendar.in_office(dice.between(1, 6), self._answer, whose, asked, house)
        return transfer

    def is_at(self, whose: Someone, seat: Seat) -> bool:
        """Say whether someone belongs to a unit of this place today, and may act."""
        at = whose.state.affiliation_on(self._calendar.today)
        return (at is not None and whose.is_open and whose.unit is not None and whose.unit.seat == seat
                and at.unit == whose.unit.state.unit)

    def _major(self, seat: Seat) -> tuple[str | None, str | None]:
        if seat.sector != "natural_resources":
            return None, None
        if seat.region == "330000" and self._dice.happens(400):
            return (_BLASTING, "provincial_blasting") if self._dice.happens(500) \
                else (self._dice.one_of(MAJORS), "talent_market")
        return self._dice.one_of(MAJORS), None

    def _take_back(self, whose: Someone, asked: transfers.Transfer, seat: Seat) -> None:
        command = transfers.WithdrawTransfer(person=whose.state.person)
        decision = transfers.decide_transfer_withdrawal(asked, command, whose.state)
        self._pen.write(self._calendar.now, decision, _themselves(whose.state.person), {asked.transfer: 1})
        whose.asks = False
        self._calendar.at_home(self._dice.between(1, 5), self.ask, whose, seat, None)

    def _answer(self, whose: Someone, asked: transfers.Transfer, house: Organisation) -> None:
        """The receiving unit answers; from here on the person studies."""
        if not whose.is_open:
            return
        hand, now, whose.asks = self._dice.one_of(house.hands), self._calendar.now, False
        if self._is_turn("turned down", TURNED_DOWN):
            refusing = transfers.RefuseTransfer(role="unit", words="未在本单位人员名单中，请核对")
            decision = transfers.decide_transfer_refusal(asked, refusing, whose.state, house.state, hand.state)
            self._pen.write(now, decision, hand.by("unit"), {asked.transfer: 1})
            self._calendar.at_home(self._dice.between(2, 9), self.ask, whose, house.seat, None)
            return
        decision = transfers.decide_confirmation(
            asked, transfers.ConfirmTransfer(role="unit"), whose.state, house.state, hand.state)
        self._change(whose, decision, hand.by("unit"), {asked.transfer: 1})
        is_new = whose.unit is None
        self._belongs(whose, house)
        if is_new:
            self._come_again(whose, self._dice.between(2, 40))

    def _belongs(self, whose: Someone, house: Organisation) -> None:
        whose.unit = house
        self.by_seat[house.seat].append(whose)

    # Studying

    def _come_again(self, whose: Someone, days: int) -> None:
        whose.visits += 1
        self._calendar.at_home(days, self._visit, whose, whose.visits)

    def _visit(self, whose: Someone, number: int) -> None:
        """Claim what was studied since the last time, and come again."""
        today, dice = self._calendar.today, self._dice
        at = whose.state.affiliation_on(today)
        if number != whose.visits or not whose.is_open or at is None or whose.unit is None:
            return  # Whoever comes back begins anew.
        if at.unit != whose.unit.state.unit:
            self._come_again(whose, 30)
            return
        if whose.year < today.year and not (whose.plan and today.month <= 2 and whose.year == today.year - 1):
            self._begin_year(whose, at)
        visits_left = max(1, _VISITS - (today.month - 1) * _VISITS // 12)
        due = len(whose.plan) if whose.year < today.year else -(-len(whose.plan) // visits_left)
        for number, (sketch, claimed) in enumerate(self._studied(whose, due)):
            self._calendar.at(self._calendar.now + dice.between(60, 400) * number * SECOND,
                              self._claim, whose, claimed, sketch.fallback_centi)
        self._come_again(whose, self._until_next(whose, today))

    def _studied(self, whose: Someone, due: int) -> list[tuple[Sketch, Claimed]]:
        """Take so much of the plan as has room since the last visit, one study after the other."""
        first = max(date(whose.year, 1, 1), whose.state.affiliations[0].starts, whose.since + timedelta(days=1))
        last = min(self._calendar.today - timedelta(days=1), date(whose.year, 12, 31))
        free, found, kept = last, [], list(whose.plan[due:])
        for sketch in whose.plan[:due]:
            days = self._studies.days_of(sketch, first, free)
            if days is None:
                kept.append(sketch)
                continue
            free = days[0] - timedelta(days=1)
            claimed = self._studies.claimed(sketch, *days, last)
            if whose.state.affiliation_on(claimed.study.evidence_on) is not None:
                found.append((sketch, claimed))
        whose.plan, whose.since = tuple(kept), max(last, whose.since)
        return found

    def _claim(self, whose: Someone, claimed: Claimed, fallback: int) -> None:
        at = whose.state.affiliation_on(self._calendar.today)
        if whose.is_open and at is not None and whose.unit is not None and at.unit == whose.unit.state.unit:
            self._claims.submit(whose, whose.unit, claimed, fallback)

    def _until_next(self, whose: Someone, today: date) -> int:
        """Days to the next visit: four a year while something is left of the plan, then not before the next."""
        dice = self._dice
        to_next_year = (date(today.year + 1, 1, 8) - today).days
        if whose.year < today.year:
            return dice.between(5, 60)
        if not whose.plan:
            return to_next_year + dice.below(100)
        return min(dice.between(50, 110), to_next_year + dice.below(40))

    def _begin_year(self, whose: Someone, at: Affiliation) -> None:
        dice, year = self._dice, self._calendar.today.year
        habit = whose.habit if dice.happens(850) else dice.one_of(_HABITS)
        whose.year = year
        whose.plan = self._studies.plan(year, at.region, at.sector, at.major, habit)
        for rare, every in ((self._be_restricted, RESTRICTED), (self._be_matched_anew, MISMATCHED)):
            if self._is_turn(rare.__name__, every):
                self._calendar.in_office(dice.between(3, 120), rare, whose)
                return
        drawn = dice.below(1_000)
        for step, often in ((self._move, MOVES), (self._leave, LEAVES), (self._be_titled, TITLED),
                            (self._be_mended, MENDED)):
            if drawn < often:
                self._calendar.in_office(dice.between(3, 240), step, whose)
                return
            drawn -= often

    # What else happens to people

    def _move(self, whose: Someone) -> None:
        """Ask for another unit, of any place; now and then for a day that has long passed."""
        today = self._calendar.today
        if not whose.is_open or whose.state.affiliation_on(today) is None:
            return
        starts = today.replace(day=1)
        if self._dice.happens(BACK_DATED):
            starts = today - timedelta(days=self._dice.between(40, 150))
        starts = max(starts, whose.state.affiliations[-1].starts + timedelta(days=1))
        if starts <= today:
            self.ask(whose, self._dice.one_of(self._draw), starts)

    def _office(self, whose: Someone) -> Hand:
        return self._dice.one_of(self._country.human_resources(whose.state.affiliations[-1].region).hands[:2])

    def _leave(self, whose: Someone) -> None:
        """A last day with a unit; some of those were none, some come back, the others are gone."""
        today = self._calendar.today
        at = whose.state.affiliation_on(today)
        if at is None or not whose.is_open:
            return
        command = careers.RecordDeparture(role=HUMAN_RESOURCES, unit=at.unit, ends=today)
        self._decide(whose, lambda by: careers.decide_departure(whose.state, command, by))
        if self._is_turn("not left", NOT_LEFT):
            undoing = careers.VoidDeparture(role=HUMAN_RESOURCES, unit=at.unit, ends=today)
            self._calendar.in_office(4, self._decide, whose,
                                     lambda by: careers.decide_departure_void(whose.state, undoing, by))
            self._come_again(whose, 10)
        elif self._dice.happens(500):
            whose.unit = None
            self._calendar.at_home(self._dice.between(20, 200), self.ask, whose, self._dice.one_of(self._draw), None)
        else:
            self.gone.append(whose)

    def _be_titled(self, whose: Someone) -> None:
        level, series = self._dice.one_of(_LEVELS), _SERIES
        obtained_on = self._calendar.today - timedelta(days=self._dice.between(10, 90))
        command = careers.RecordTitle(role=HUMAN_RESOURCES, level=level, obtained_on=obtained_on, series=series,
                                      evidence=(self._dice.digest(),))
        if self._decide(whose, lambda by: careers.decide_title(whose.state, command, by)) \
                and self._is_turn("untitled", UNTITLED):
            undoing = careers.VoidTitle(role=HUMAN_RESOURCES, level=level, obtained_on=obtained_on, series=series)
            self._calendar.in_office(6, self._decide, whose,
                                     lambda by: careers.decide_title_void(whose.state, undoing, by))

    def _be_mended(self, whose: Someone) -> None:
        """A name was misspelt, and a phone number missing."""
        identity = self._identity(whose.number)
        phone = f"1990{self._dice.below(10**7):07d}"
        command = persons.CorrectPerson(
            role=HUMAN_RESOURCES, fields=("name", "phone"), words="按身份证更正",
            identity=Identity(name=identity.name, name_normalised=identity.name, id_kind=identity.id_kind,
                              id_number=identity.id_number, phone=phone))
        self._decide(whose, lambda by: persons.decide_person_correction(whose.state, command, by))

    def _be_restricted(self, whose: Someone) -> None:
        """The person asks that their data rest; some change their mind."""
        command = persons.RestrictPerson(role=HUMAN_RESOURCES, basis="requested", words="本人申请停止处理")
        if self._decide(whose, lambda by: persons.decide_restriction(whose.state, command, by)) \
                and self._is_turn("at rest", AT_REST_FOR_EVER):
            lifting = persons.LiftRestriction(role=HUMAN_RESOURCES, basis="request_withdrawn")
            self._calendar.in_office(self._dice.between(10, 90), self._let_go_on, whose, lifting)

    def _let_go_on(self, whose: Someone, lifting: persons.LiftRestriction) -> None:
        office = self._office(whose)
        decision = persons.decide_restriction_lift(whose.state, lifting, office.state)
        self._change(whose, decision, office.by(HUMAN_RESOURCES))
        self._come_again(whose, 3)

    def _be_matched_anew(self, whose: Someone) -> None:
        """The affiliation had been entered with a wrong major or unit: struck out, and entered as it was."""
        last = whose.state.affiliation_on(self._calendar.today)
        if last is None or whose.unit is None or whose.unit.state.unit != last.unit:
            return
        voiding = careers.VoidAffiliation(role=HUMAN_RESOURCES, starts=last.starts)
        entering = careers.AffiliatePerson(role=HUMAN_RESOURCES, affiliation=last)
        self._decide(whose, lambda by: careers.decide_affiliation_void(whose.state, voiding, by))
        unit = whose.unit.state
        self._decide(whose, lambda by: careers.decide_affiliation(whose.state, entering, unit, by), last.region)

    def forget(self, whose: Someone) -> None:
        """Somebody who left long ago asks to be forgotten: one hand proposes it, and another does it a month later."""
        one = self._office(whose)
        hands = self._country.human_resources(whose.state.affiliations[-1].region).hands[:2]
        other = next(hand for hand in hands if hand is not one)
        today = self._calendar.today
        command = erasure.ProposeErasure(
            role=HUMAN_RESOURCES, basis="request", document=f"{today.year}-{whose.number}", asked_on=today,
            not_before=today + timedelta(days=_RESTS), words="本人申请删除个人信息")
        self._change(whose, erasure.decide_erasure_proposal(whose.state, command, one.state), one.by(HUMAN_RESOURCES))
        self._calendar.at(moment(today + timedelta(days=_RESTS), 10), self._destroy, whose, other)

    def _destroy(self, whose: Someone, other: Hand) -> None:
        today, standing = self._calendar.today, whose.state.erasure
        assert standing is not None, "nobody here thinks better of it"
        command = erasure.DestroyKey(role=HUMAN_RESOURCES, document=standing.document, on=today,
                                     final_after=today + timedelta(days=30))
        drafts = decided(erasure.decide_key_destruction(whose.state, command, other.state))
        event = drafts[0].event
        assert isinstance(event, KeyDestroyed)
        version = {StreamId(whose.id): whose.version}
        self._pen.destroy_key(self._calendar.now, whose.id, lambda: Deciding(drafts, version),
                              other.by(HUMAN_RESOURCES))
        whose.state, whose.version = persons.evolve(whose.state, event), whose.version + 1

    def _is_turn(self, what: str, every: int) -> bool:
        """Say of the first of a kind that it is its turn, and of one in so many after it."""
        self._turns[what] += 1
        return self._turns[what] % every == 1

    # Recording

    def _decide(
        self, whose: Someone, decide: Callable[..., Decision], region: str | None = None
    ) -> bool:
        """Let the human resources of the person's place decide; nothing happens to whose data rest."""
        if not whose.is_open or not (region or whose.state.affiliations):
            return False
        place = region or whose.state.affiliations[-1].region
        office = self._dice.one_of(self._country.human_resources(place).hands[:2])
        self._change(whose, decide(office.state), office.by(HUMAN_RESOURCES))
        return True

    def _change(self, whose: Someone, decision: Decision, by: By, versions: dict[str, int] | None = None) -> None:
        """Record what happened to a person, beside what happened to others."""
        for event in self._pen.write(self._calendar.now, decision, by, {**(versions or {}), whose.id: whose.version}):
            if event.stream == whose.id:
                whose.state, whose.version = persons.evolve(whose.state, event), whose.version + 1


def _themselves(person: PersonId) -> By:
    return By(actor=person, role="person")


def evenly(first: date, last: date, number: int, count: int) -> int:
    """When one of so many things happens that are spread over days."""
    begins, ends = moment(first, 8), moment(last, 18)
    return begins + (ends - begins) * number // max(1, count)
