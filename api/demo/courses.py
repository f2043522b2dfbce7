"""Public courses, in each city whose systems register by themselves (W 7 to W 11, N 8): published, chosen, studied.

In February a city publishes a course of the year and plans three sessions of exams (`api/demo/exams.py`). Some of its
people enrol and study on two evenings (`api/demo/sitting.py`); one takes the choice back. Chance comes from
dice of its own, so that a change here changes nothing else in a history.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

from api.demo.calendar import Calendar, moment, working_day
from api.demo.claims import Someone
from api.demo.country import HUMAN_RESOURCES, Country, Hand, Organisation
from api.demo.dice import Dice
from api.demo.exams import Learner, Round, Sessions
from api.demo.law import LawOfTheDay
from api.demo.pen import Pen
from api.demo.people import People
from api.demo.sitting import Sitters
from api.demo.studies import words
from api.register.register import SYSTEM
from ledger.events.course import CourseId, EnrolmentId
from ledger.streams import course as courses
from ledger.streams import course_hours
from ledger.streams import enrolment as enrolments
from ledger.streams.course import Course
from ledger.streams.decision import Decision
from ledger.vocabulary import Category, ClaimId

_LEARNERS_MOST: Final = 12
_LEARNERS_LEAST: Final = 6
_EVENINGS: Final = (55, 50)   # Minutes of study that count; together what the course asks, and a little more.
_MINUTES: Final = 100
_HOURS_CENTI: Final = 1_800   # W 10
_CANCELS: Final = 0           # The first who enrols in a city takes it back.


class Courses:
    """A course a year in each city."""

    def __init__(
        self, pen: Pen, calendar: Calendar, ids: Dice, dice: Dice, law: LawOfTheDay, country: Country, people: People,
        sitters: Sitters,
    ) -> None:
        self._pen, self._calendar, self._ids, self._dice = pen, calendar, ids, dice
        self._law, self._country, self._people = law, country, people
        self._sitters = sitters
        self._sessions = Sessions(pen, calendar, ids, dice, self._give_hours)
        self.registered: list[tuple[Someone, ClaimId]] = []

    def announce(self, first: date, last: date) -> None:
        """Put one course a year for each city into the calendar."""
        for year in range(first.year, last.year + 1):
            for city in sorted({seat.region[:4] for seat, _ in self._country.seats}):
                self._calendar.at(moment(working_day(date(year, 2, 20)), 9), self._open, year, city)

    def _open(self, year: int, city: str) -> None:
        """Publish and plan, where the law lets a system register and there are enough to learn."""
        there = {one.number: one for seat, found in self._people.by_seat.items() if seat.region.startswith(city)
                 for one in found[-200:] if self._people.is_at(one, seat) and self._registers_itself(one)}
        learners = self._dice.shuffled(list(there.values()))[:_LEARNERS_MOST]
        if len(learners) < _LEARNERS_LEAST:
            return
        house = self._country.human_resources(f"{city}00")
        round_ = self._sessions.planned(house, self._published(house, f"{city}00", year), len(learners))
        those = [Learner(number, whose) for number, whose in enumerate(learners)]
        self._sitters.cast(those, year)
        for who in those:
            day = self._sitters.enrols_on(who, date(year, 3, 1) + timedelta(days=self._dice.below(20)))
            self._calendar.at(self._sessions.evening(day), self._enrol, who, round_)

    def _registers_itself(self, whose: Someone) -> bool:
        at = whose.state.affiliation_on(self._calendar.today)
        return at is not None and self._law.walk(at, self._calendar.today, Category.GENERAL_PUBLIC.value).automatic

    def _published(self, house: Organisation, region: str, year: int) -> Course:
        """The course of the year; a second one is published and withdrawn before anybody chooses it."""
        titles, hand = words()["general_public"]["titles"], house.hands[0]
        made = []
        for number in range(2):
            command = courses.PublishCourse(
                course=CourseId(self._ids.id("course", self._calendar.now)), role=HUMAN_RESOURCES, region=region,
                year=year, code=f"XF{region[:4]}{year}-{number + 1}", title=titles[(year + number) % len(titles)],
                category=Category.GENERAL_PUBLIC, minutes=_MINUTES, hours_centi=_HOURS_CENTI, one_a_year=True)
            made.append(courses.evolve(None, self._by(hand, courses.decide_publication(None, command, hand.state))[0]))
        kept, gone = made
        withdraw = courses.WithdrawCourse(role=HUMAN_RESOURCES, on=self._calendar.today)
        self._by(hand, courses.decide_course_withdrawal(gone, withdraw, hand.state), {gone.course: 1})
        return kept

    def _by(self, hand: Hand, decision: Decision, versions: dict[str, int] | None = None) -> list[Any]:
        return self._pen.write(self._calendar.now, decision, hand.by(HUMAN_RESOURCES), versions)

    # Learning

    def _enrol(self, who: Learner, round_: Round) -> None:
        if not who.whose.is_open:
            return
        person, today = who.whose.state, self._calendar.today
        command = enrolments.Enrol(
            enrolment=EnrolmentId(self._ids.id("enrolment", self._calendar.now)), person=person.person, on=today)
        self._studies(who, enrolments.decide_enrolment(None, command, person, round_.course))
        if who.number == _CANCELS:
            cancel = enrolments.CancelEnrolment(person=person.person)
            self._studies(who, enrolments.decide_cancellation(who.enrolment, cancel, person))
            return
        for evening, minutes in enumerate(_EVENINGS, 1):
            self._calendar.at(self._sessions.evening(today + timedelta(days=3 * evening)), self._study, who, evening,
                              minutes)
        day = today + timedelta(days=3 * len(_EVENINGS) + 1)
        self._calendar.at(self._sessions.evening(day), self._complete, who, round_)

    def _study(self, who: Learner, evening: int, minutes: int) -> None:
        """An evening before the screen."""
        if not who.whose.is_open:
            return
        command = self._sitters.session(who, evening, self._calendar.now, minutes)
        self._studies(who, enrolments.decide_study(who.enrolment, command, who.whose.state))

    def _complete(self, who: Learner, round_: Round) -> None:
        if not who.whose.is_open or who.enrolment is None or who.enrolment.minutes < _MINUTES:
            return
        command = enrolments.CompleteCourse(on=self._calendar.today)
        self._studies(who, enrolments.decide_completion(who.enrolment, command, who.whose.state, round_.course))
        self._sessions.expect(who, round_)

    def _studies(self, who: Learner, decision: Decision) -> None:
        """What a system sees of someone's study, and what they choose."""
        known: dict[str, int] = {} if who.enrolment is None else {who.enrolment.enrolment: who.version}
        for event in self._pen.write(self._calendar.now, decision, who.by, known):
            who.enrolment, who.version = enrolments.evolve(who.enrolment, event), who.version + 1

    def _give_hours(self, who: Learner, round_: Round) -> None:
        """The system registers what it saw, where the law still lets it."""
        one, whose, today, seat = who.enrolment, who.whose, self._calendar.today, who.seat
        assert one is not None and seat is not None, "whoever passed was enrolled and seated"
        study = course_hours.study_of(one, round_.course, seat.state)
        if not self._registers_itself(whose) or whose.state.affiliation_on(study.evidence_on) is None:
            return
        command = course_hours.RegisterCourseHours(
            claim=ClaimId(self._ids.id("claim", self._calendar.now)), on=today, step="system",
            title=round_.course.published.title, ruling=self._law.ruling(whose.state, study, today))
        decision = course_hours.decide_course_hours(one, command, whose.state, round_.course, seat.state)
        events = self._pen.write(self._calendar.now, decision, SYSTEM, {one.enrolment: who.version})
        who.enrolment, who.version = enrolments.evolve(one, events[-1]), who.version + 1
        self.registered.append((whose, command.claim))
        self._sitters.registered(who, command.claim)
