"""Classes whose people are registered all at once, by the authority that held them (W 13, W 14).

Where the registrar table of the place has a row for rosters, a class is an act: opened with the digest of its list,
written, closed, whereupon every row counts. Few are abandoned, and none of their rows ever does.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from msgspec.structs import replace

from api.demo.calendar import Calendar, working_day
from api.demo.claims import Someone
from api.demo.country import Country, Hand, Seat
from api.demo.dice import Dice, digest_of
from api.demo.law import LawOfTheDay, year_of
from api.demo.pen import Pen, decided
from api.demo.people import People
from api.demo.studies import words
from api.law_of import confirmed
from ledger.events.base import By, Draft
from ledger.events.claim import Evidence, Study, StudyDetails
from ledger.events.person import Affiliation
from ledger.streams import act as acts
from ledger.streams import claim_review as review
from ledger.streams.decision import Decision
from ledger.vocabulary import ActId, Category, ClaimId
from policies.assess import REFUSED, UNRULED
from policies.rulebook import Registrar

_MONTHS: Final = (5, 10)
_ROWS_MOST: Final = 40
_ABANDONED: Final = 12  # One of so many, the third of them first.
_MUNICIPAL: Final = 4   # Digits of a city's area.


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
                    self._calendar.at(self._calendar.office_time(day), self._hold, seat)

    def _row(self, at: Affiliation) -> Registrar | None:
        """What the registrar table says of rosters there."""
        law = self._law.bench.law
        layer = law.layer(law.interval(self._calendar.today.toordinal()), at.region, at.sector, at.major)
        rows = (row for book in layer.books for row in book.registrars)
        return next((row for row in rows if row.batch and "professional" in row.categories), None)

    def _hold(self, seat: Seat) -> None:
        """Hold a class and register whoever was there."""
        dice, today = self._dice, self._calendar.today
        days = dice.between(1, 4)
        ends = working_day(today - timedelta(days=dice.between(3, 12)))
        starts = ends - timedelta(days=days - 1)
        found = [one for one in dice.shuffled(self._people.by_seat[seat][-400:])
                 if one.since < starts and self._people.is_at(one, seat)]
        there = list({one.number: one for one in found}.values())[:dice.between(4, _ROWS_MOST)]
        at = there[0].state.affiliation_on(today) if there else None
        row = None if at is None else self._row(at)
        if row is None or len(there) < 2:
            return
        house = self._country.holding(row.offices[0], seat.region[:_MUNICIPAL], seat.sector)
        topic = dice.one_of(words()["topics"][seat.sector])
        study = Study(
            category=Category.PROFESSIONAL, route="training", level="municipal", evidence_on=ends, ends=ends,
            starts=starts, days_half=2 * days, organiser=house.name,
            occasion=f"occ_{dice.digest()[:16]}",
        )
        for whose in there:
            whose.since = ends
        self._write(there, study, f"全市{topic}培训班（统一登记）", house.hands[0], row.offices[0])

    def _write(self, there: list[Someone], study: Study, title: str, hand: Hand, role: str) -> None:
        """Write the roster as an act: what is opened, its rows with their count, the end."""
        dice, now, today = self._dice, self._calendar.now, self._calendar.today
        act = ActId(dice.id("act", now))
        listed = digest_of("\n".join(one.id for one in there))
        rows: list[Draft] = []
        made: list[ClaimId] = []
        for whose in there:
            ruling = self._law.ruling(whose.state, study, today)
            if ruling.status == UNRULED:
                document = f"虚构办班〔{today.year}〕{dice.between(1, 40)}号"
                ruling = confirmed(200 * (study.days_half or 2), document)
            if ruling.status == REFUSED:
                continue
            claim = ClaimId(dice.id("claim", now))
            papers = (Evidence(kind="roster", sha256=listed),)
            submission = review.SubmitClaim(
                claim=claim, person=whose.state.person, on=today, study=study, details=StudyDetails(title=title),
                steps=(role,), evidence=papers, origin="batch", role=role,
            )
            command = review.RegisterClaim(submission=submission, ruling=ruling, year=year_of(study))
            rows += decided(review.decide_registration(None, command, whose.state, hand.state))
            made.append(claim)
        if not made:
            return
        by = replace(hand.by(role), act=act)
        opening = acts.OpenAct(act=act, kind="roster", rows=len(made), chunk=len(made), list_sha256=listed)
        state = self._of_act(now, None, acts.decide_opening(None, opening), by, 0)
        writing = acts.WriteChunk(rows=len(made), list_sha256=listed)
        state = self._of_act(now, state, (*rows, *decided(acts.decide_chunk(state, writing))), by, 1)
        self._acts += 1
        if self._acts % _ABANDONED == 3:
            self._of_act(now, state, acts.decide_abandonment(state, acts.AbandonAct()), by, 2)
        else:
            self._of_act(now, state, acts.decide_act_closing(state, acts.CloseAct()), by, 2)
            self.held.append((act, made, there))

    def _of_act(
        self, at: int, state: acts.Act | None, decision: Decision, by: By, version: int
    ) -> acts.Act | None:
        for event in self._pen.write(at, decision, by, {by.act: version} if by.act and version else None):
            if event.stream == by.act:
                state = acts.evolve(state, event)
        return state
