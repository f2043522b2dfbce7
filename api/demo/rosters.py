"""Classes of an authority's own, whose people are registered all at once (W 14).

Where the registrar table of the place has a row for rosters, the authority announces a class, holds it, and registers
whoever was there in an act: opened with the digest of its list, written, closed, whereupon every row counts. Few are
abandoned, and none of their rows ever does. A class to which nobody came stays announced.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

from msgspec.structs import replace

from api.demo.calendar import Calendar, working_day
from api.demo.claims import Someone
from api.demo.country import Country, Hand, Organisation, Seat
from api.demo.dice import Dice, digest_of
from api.demo.law import LawOfTheDay, year_of
from api.demo.pen import Pen, decided
from api.demo.people import People
from api.demo.studies import words
from api.law_of import confirmed
from ledger.events.base import By, Draft
from ledger.events.study import Evidence
from ledger.events.training import ClassId, Lesson
from ledger.streams import act as acts
from ledger.streams import training_class as classes
from ledger.streams import training_class_filing as class_filing
from ledger.streams import training_roster as rosters
from ledger.streams.decision import Decision
from ledger.streams.training_class import TrainingClass
from ledger.streams.training_roster import RegisterRow, decide_row, study_of
from ledger.vocabulary import ActId, Category, ClaimId
from policies.assess import REFUSED, UNRULED
from policies.rulebook import Registrar

_MONTHS: Final = (5, 10)
_ROWS_MOST: Final = 40
_ABANDONED: Final = 12  # One of so many, the third of them first.
_MUNICIPAL: Final = 4   # Digits of a city's area.
_AHEAD: Final = 50      # Days between announcing a class and registering its people.


class Known:
    """A class, and the version of its stream."""

    __slots__ = ("state", "version")

    def __init__(self) -> None:
        self.state: TrainingClass | None = None
        self.version = 0

    @property
    def there(self) -> TrainingClass:
        """The class; there is one once it was filed."""
        assert self.state is not None, "a class begins with its filing"
        return self.state

    def happens(self, pen: Pen, at: int, decision: Decision, by: By, also: dict[str, int] | None = None) -> list[Any]:
        """Record what was decided about it, and about what is decided with it."""
        stream = decided(decision)[0].event.stream
        events = pen.write(at, decision, by, {stream: self.version, **(also or {})})
        for event in events:
            if event.stream == stream:
                self.state, self.version = classes.evolve(self.state, event), self.version + 1
        return events


class Rosters:
    """Classes, twice a year in each place that has them."""

    def __init__(
        self, pen: Pen, calendar: Calendar, dice: Dice, law: LawOfTheDay, country: Country, people: People
    ) -> None:
        self._pen, self._calendar, self._dice = pen, calendar, dice
        self._law, self._country, self._people = law, country, people
        self._acts = 0
        self.held: list[tuple[ActId, list[ClaimId], list[Someone]]] = []

    def announce(self, first: date, last: date) -> None:
        """Put the classes of all years into the calendar."""
        for year in range(first.year, last.year + 1):
            for month in _MONTHS:
                for seat, _ in self._country.seats:
                    day = date(year, month, 1 + self._dice.below(25))
                    self._calendar.at(self._calendar.office_time(day - timedelta(days=_AHEAD)), self._file, seat, day)

    def _row(self, seat: Seat) -> Registrar | None:
        """What the registrar table says of rosters there."""
        law = self._law.bench.law
        layer = law.layer(law.interval(self._calendar.today.toordinal()), seat.region, seat.sector, None)
        rows = (row for book in layer.books for row in book.registrars)
        return next((row for row in rows if row.batch and "professional" in row.categories), None)

    def _file(self, seat: Seat, day: date) -> None:
        """Announce a class that is over some days before its people are registered."""
        dice, row = self._dice, self._row(seat)
        if row is None:
            return
        role = row.offices[0]
        house = self._country.holding(role, seat.region[:_MUNICIPAL], seat.sector)
        days = dice.between(1, 4)
        ends = working_day(day - timedelta(days=dice.between(3, 12)))
        topic = dice.one_of(words()["topics"][seat.sector])
        programme = class_filing.Programme(
            title=f"全市{topic}培训班（统一登记）", category=Category.PROFESSIONAL, route="training", level="municipal",
            sector=seat.sector, lessons=(Lesson(title=topic, hours_centi=800 * days),),
            starts=ends - timedelta(days=days - 1), ends=ends, days_half=2 * days, headcount=_ROWS_MOST, room=60,
        )
        filing = class_filing.FileClass(
            training_class=ClassId(dice.id("class", self._calendar.now)), role=role, programme=programme,
            filed_on=self._calendar.today,
        )
        known, hand = Known(), house.hands[1]
        known.happens(self._pen, self._calendar.now,
                      class_filing.decide_class_filing(None, filing, house.state, None, hand.state), hand.by(role))
        self._calendar.at(self._calendar.office_time(day), self._hold, seat, known, house, role)

    def _hold(self, seat: Seat, known: Known, house: Organisation, role: str) -> None:
        """Say who was at a class, if anybody was, and register them: one hand each."""
        dice, today = self._dice, self._calendar.today
        filed = known.there.filed
        found = [one for one in dice.shuffled(self._people.by_seat[seat][-400:])
                 if one.since < filed.starts and self._people.is_at(one, seat)
                 and one.state.affiliation_on(filed.ends) is not None]
        there = list({one.number: one for one in found}.values())[:dice.between(4, _ROWS_MOST)]
        if len(there) < 2:
            return
        for whose in there:
            whose.since = filed.ends
        holding = classes.RecordHolding(
            role=role, on=today, starts=filed.starts, ends=filed.ends, days_half=filed.days_half,
            attended=len(there), passed=len(there),
            evidence=(Evidence(kind="attendance", sha256=dice.digest()),))
        hand = house.hands[1]
        known.happens(self._pen, self._calendar.now,
                      classes.decide_holding(known.state, holding, hand.state), hand.by(role))
        self._register(known, there, house.hands[0], role)

    def _register(self, known: Known, there: list[Someone], hand: Hand, role: str) -> None:
        """Write the roster as an act: what is opened, its rows with their count, the end."""
        now, pen, by = self._calendar.now, self._pen, hand.by(role)
        due = [(whose, ruling) for whose in there if (ruling := self._ruling(known, whose)).status != REFUSED]
        if not due:
            return
        act, listed = ActId(self._dice.id("act", now)), digest_of("\n".join(one.id for one in there))
        opening = rosters.OpenRoster(role=role, act=act, rows=len(due), chunk=len(due), list_sha256=listed)
        events = known.happens(
            pen, now, rosters.decide_roster_opening(known.state, opening, hand.state), by, {act: 0})
        state = acts.evolve(None, events[-1])
        rows: list[Draft] = []
        made: list[ClaimId] = []
        for whose, ruling in due:
            command = RegisterRow(
                claim=ClaimId(self._dice.id("claim", now)), person=whose.state.person, on=self._calendar.today,
                role=role, days_half=known.there.filed.days_half, ruling=ruling,
                year=year_of(study_of(known.there, known.there.filed.days_half)))
            rows += decided(decide_row(known.state, None, command, whose.state, hand.state))
            made.append(command.claim)
        chunk = decided(acts.decide_chunk(state, acts.WriteChunk(rows=len(due), list_sha256=listed)))
        for event in pen.write(now, (*rows, *chunk), replace(by, act=act), {act: 1}):
            if event.stream == act:
                state = acts.evolve(state, event)
        self._acts += 1
        if self._acts % _ABANDONED == 3:
            ended = rosters.decide_roster_abandonment(
                known.state, rosters.AbandonRoster(role=role), state, hand.state)
        else:
            ended = rosters.decide_roster_closing(known.state, rosters.CloseRoster(role=role), state, hand.state)
            self.held.append((act, made, there))
        known.happens(pen, now, ended, by, {act: 2})

    def _ruling(self, known: Known, whose: Someone) -> Any:
        """What a row is worth, as the office that registers it finds or confirms."""
        today, days = self._calendar.today, known.there.filed.days_half
        ruling = self._law.ruling(whose.state, study_of(known.there, days), today)
        if ruling.status == UNRULED:
            return confirmed(200 * days, f"虚构办班〔{today.year}〕{self._dice.between(1, 40)}号")
        return ruling
