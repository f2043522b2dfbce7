"""A history from its first day to its last: what stands at the beginning, who comes, and every day in order."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Final, NamedTuple

from api.cases.holders.actors import hidden_account
from api.demo.calendar import Calendar, moment
from api.demo.claims import Claims
from api.demo.country import Country
from api.demo.courses import Courses
from api.demo.dice import Dice
from api.demo.faults import Faults
from api.demo.imports import Imports
from api.demo.law import LawOfTheDay
from api.demo.pen import Pen
from api.demo.people import People, evenly
from api.demo.petitions import Petitions
from api.demo.plants import Plants
from api.demo.providers import Providers
from api.demo.rosters import Rosters
from api.demo.sitting import Sitters
from api.demo.statements import PEOPLE_MOST, Statements
from api.demo.studies import Studies
from api.demo.trainings import Trainings
from api.register.register import SYSTEM
from api.terminal.progress import Progress
from ledger.events.base import Draft
from ledger.events.log import LogOpened
from ledger.ledger import Ledger
from policies.archive import Archive

ORIGIN: Final = "demo.invalid/xueshi"
_PEOPLE_A_UNIT: Final = 25
_EARLY: Final = 45        # Of a hundred people, who come in the first months.
_PEOPLE_A_CHANGE: Final = 2_000


class Told(NamedTuple):
    """What the history is made from: the same gives the same."""

    people: int
    first_year: int
    last_year: int
    seed: int

    @property
    def first(self) -> date:
        """The first day."""
        return date(self.first_year, 1, 1)

    @property
    def last(self) -> date:
        """The last day."""
        return date(self.last_year, 12, 31)


class History:
    """Everything a history is written with, and its days one after the other."""

    def __init__(self, ledger: Ledger, archive: Archive, told: Told, dice: Dice) -> None:
        self.told = told
        self.plants = Plants()
        self.pen, self.calendar = Pen(ledger), Calendar(dice, told.first, told.last)
        self.law = LawOfTheDay(self.pen, archive)
        key = ledger.vault.secret("requests")
        self.country = Country(self.pen, self.calendar, dice, lambda name: hidden_account(key, name))
        self.studies = Studies(dice, self.law)
        self.claims = Claims(self.pen, self.calendar, dice, self.law, self.country)
        self.people = People(self.pen, self.calendar, dice, self.country, self.claims, self.studies)
        self.rosters = Rosters(self.pen, self.calendar, dice, self.law, self.country, self.people)
        self.trainings = Trainings(self.pen, self.calendar, dice, self.country, self.people)
        self.imports = Imports(
            self.plants, self.pen, self.calendar, dice, self.law, self.country, self.people)
        self.courses = Courses(
            self.pen, self.calendar, dice, Dice(-1 - told.seed), self.law, self.country, self.people,
            Sitters(self.plants, Dice(-2 - told.seed)))
        self.faults = Faults(
            self.plants, self.calendar, dice, self.country, self.claims, self.people, self.rosters)
        self.providers = Providers(self.plants, self.pen, self.calendar, dice, Dice(-3 - told.seed), self.country,
                                   self.people, self.claims)
        self._dice, self._archive = dice, archive

    def play(self, progress: Progress) -> None:
        """Let every day happen."""
        self._begin()
        days = (self.told.last - self.told.first).days + 1
        for day in range(days):
            self.calendar.work_off()
            progress(day + 1, days)
        self.faults.point_out()
        self.pen.flush()

    def hand_out_statements(self, folder: Path) -> None:
        """Decide and hand out some, where the answers that it rests on are soon made, in this folder."""
        if self.told.people <= PEOPLE_MOST:
            evening = Petitions(self.pen, self.calendar, self._dice, self.country)
            everyone = [one for found in self.people.by_seat.values() for one in found]
            evening.decide(list({one.number: one for one in everyone}.values()), self.courses.registered,
                           self._archive, folder)
            papers = Statements(self.pen, self.calendar, self._dice, self.country, ORIGIN)
            papers.hand_out([whose for _, whose in self.people.known], self._archive, folder)

    def _begin(self) -> None:
        told, calendar = self.told, self.calendar
        at = moment(told.first, 0, 1)
        self.pen.write(at, (Draft(LogOpened(origin=ORIGIN)),), SYSTEM)
        for day, books in self.law.days(told.first, told.last).items():
            calendar.at(moment(day, 0, 2), lambda books=books: self.law.enact(calendar.now, books))
        calendar.at(moment(told.first, 9), lambda: self.country.open(calendar.now))
        self._settle_units()
        self._let_people_come()
        self.country.live_on(told.first, told.last, 1 + told.people // _PEOPLE_A_CHANGE)
        self.rosters.announce(told.first, told.last)
        self.trainings.announce(told.first, told.last)
        self.imports.announce(told.first, told.last)
        self.courses.announce(told.first, told.last)
        self.faults.announce(told.first, told.last, told.people)
        self.providers.announce(told.last_year, told.people)
        for year in range(told.first_year + 2, told.last_year + 1):
            calendar.at(moment(date(year, 6, 15), 10), self._forget_some)

    def _settle_units(self) -> None:
        """Units of every place, in its first weeks."""
        seats = [seat for seat, weight in self.country.seats for _ in range(weight)]
        wanted = [seat for seat, _ in self.country.seats]
        wanted += [self._dice.one_of(seats) for _ in range(self.told.people // _PEOPLE_A_UNIT - len(wanted))]
        for number, seat in enumerate(wanted):
            at = evenly(self.told.first + timedelta(days=1), self.told.first + timedelta(days=9), number, len(wanted))
            self.calendar.at(at, lambda seat=seat: self.country.settle(seat, self.calendar.now))

    def _let_people_come(self) -> None:
        """Nearly half in the first months, the others by and by."""
        told = self.told
        early = told.people * _EARLY // 100
        first = told.first + timedelta(days=12)
        for last, count in ((first + timedelta(days=90), early), (told.last - timedelta(days=75), told.people - early)):
            self.calendar.at(moment(first, 8), self._come, first, last, 0, count)
            first = last

    def _come(self, first: date, last: date, number: int, count: int) -> None:
        """One comes, and then the next."""
        if number < count:
            self.people.register()
            self.calendar.at(evenly(first, last, number + 1, count), self._come, first, last, number + 1, count)

    def _forget_some(self) -> None:
        """The keys of few who left are destroyed each year."""
        for whose in self.people.gone[: 1 + self.told.people // 20_000]:
            self.people.gone.remove(whose)
            if whose.is_open:
                self.people.forget(whose)
