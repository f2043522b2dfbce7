"""A city's own register, whose records are taken over once a year (P 14): most are accepted, and compared in summer.

The first file that comes in is of the wrong period and given up; it comes again, which only an import that was given
up allows. Every row is a claim of its own with where it stood; what no rulebook rules is set aside, and so is the last
row of each file, of somebody who is not in this register.

The first row of each file says something else a while later without a new version of its record, which no honest
source does; the second says something else, too, but as the next version (D15).
"""

from __future__ import annotations

from datetime import date
from functools import reduce
from typing import Final

from msgspec.structs import replace

from api.demo.calendar import DAY, Calendar
from api.demo.claims import Someone
from api.demo.country import HUMAN_RESOURCES, Country, Hand
from api.demo.dice import Dice, digest_of
from api.demo.law import LawOfTheDay, year_of
from api.demo.pen import Pen, decided
from api.demo.people import People
from api.demo.plants import Plants
from ledger.events.base import By, Draft
from ledger.events.imports import ImportId, SetAside
from ledger.events.source import Source
from ledger.events.study import Evidence, Ruling, Study, StudyDetails
from ledger.streams import act as acts
from ledger.streams import claim as claims
from ledger.streams import claim_register as register
from ledger.streams import claim_review as review
from ledger.streams import imports
from ledger.streams.claim import Claim
from ledger.streams.imports import Import
from ledger.vocabulary import ActId, Category, ClaimId

_SYSTEM: Final = "ningbo"
_REGION: Final = "330200"
_ROWS_MOST: Final = 25
_HOURS_CENTI: Final = 400
_LATER_CENTI: Final = 2_000
_WHY: Final = {"unruled": "ruling_needed", "refused": "not_countable"}
"""Why a row is set aside, by what the law says of it."""


class Imports:
    """One file a year."""

    def __init__(
        self, plants: Plants, pen: Pen, calendar: Calendar, dice: Dice, law: LawOfTheDay, country: Country,
        people: People,
    ) -> None:
        self._plants = plants
        self._pen, self._calendar, self._dice = pen, calendar, dice
        self._law, self._country, self._people = law, country, people

    def announce(self, first: date, last: date) -> None:
        """Put a file a year into the calendar, the first one at the end of the first year."""
        for year in range(first.year, last.year + 1):
            self._calendar.at(self._calendar.office_time(date(year, 12, 2)), self._come, year, year == first.year)

    def _come(self, year: int, is_first: bool) -> None:
        """A file of the year's study at the city's own platform comes in."""
        there = [one for seat, found in self._people.by_seat.items() if seat.region.startswith(_REGION[:4])
                 for one in found[-200:] if self._people.is_at(one, seat)]
        study = Study(category=Category.PROFESSIONAL, route="courseware", evidence_on=date(year, 11, 15),
                      hours_centi=_HOURS_CENTI, platform="宁波网络平台（虚构）")
        known = {one.number: one for one in self._dice.shuffled(there)
                 if one.state.affiliation_on(study.evidence_on) is not None}
        rows = list(known.values())[:_ROWS_MOST]
        if not rows:
            return
        hand = self._country.human_resources(_REGION).hands[0]
        file = digest_of("\n".join((str(year), *(one.id for one in rows))))
        rulings = [self._law.ruling(whose.state, study, self._calendar.today) for whose in rows]
        aside = [SetAside(row=number, record=_record(year, number), version="1", code=_WHY[ruling.status])
                 for number, ruling in enumerate(rulings, 1) if ruling.status in _WHY]
        last = len(rows) + 1
        aside.append(SetAside(row=last, record=_record(year, last), version="1", code="person_unknown"))
        if is_first:
            batch = self._open(hand, year, file, last, aside)
            command = imports.AbandonImport(role=HUMAN_RESOURCES, why="wrong_period")
            self._pen.write(self._calendar.now, imports.decide_import_abandonment(batch, command, hand.state),
                            hand.by(HUMAN_RESOURCES), {batch.batch: 2})
        ruled = [(number, whose, ruling) for number, (whose, ruling) in enumerate(zip(rows, rulings, strict=True), 1)
                 if ruling.status not in _WHY]
        self._take(self._open(hand, year, file, last, aside), ruled, study, hand)

    def _open(self, hand: Hand, year: int, file: str, rows: int, aside: list[SetAside]) -> Import:
        command = imports.OpenImport(
            batch=ImportId(self._dice.id("import", self._calendar.now)), role=HUMAN_RESOURCES, system=_SYSTEM,
            file_sha256=file, rows=rows, starts=date(year, 1, 1), ends=date(year, 11, 30), region=_REGION,
            set_aside=tuple(aside))
        opened, *others = self._pen.write(
            self._calendar.now, imports.decide_import_opening(None, command, None, hand.state),
            hand.by(HUMAN_RESOURCES))
        return reduce(imports.evolve, others, imports.evolve(None, opened))

    def _take(self, batch: Import, ruled: list[tuple[int, Someone, Ruling]], study: Study, hand: Hand) -> None:
        """Write the rows that the law rules, in an act that begins and ends with the import."""
        now, by = self._calendar.now, hand.by(HUMAN_RESOURCES)
        drafts: list[Draft] = []
        known: list[tuple[Someone, Claim]] = []
        for number, whose, ruling in ruled:
            submission = review.SubmitClaim(
                claim=ClaimId(self._dice.id("claim", now)), person=whose.state.person, on=self._calendar.today,
                study=study, details=StudyDetails(title="网络平台学习（导入）"), steps=(HUMAN_RESOURCES,),
                origin="import", role=HUMAN_RESOURCES,
                source=Source(system=_SYSTEM, record=_record(study.evidence_on.year, number), version="1"))
            command = review.RegisterClaim(submission=submission, ruling=ruling, year=year_of(study))
            made = decided(review.decide_registration(None, command, whose.state, hand.state))
            drafts += made
            submitted, approved = (one.event for one in made)
            known.append((whose, claims.evolve(claims.evolve(None, submitted), approved)))  # type: ignore[arg-type]
        accepted = len(drafts) // 2
        act = self._written(drafts, accepted, by) if accepted else None
        closing = imports.CloseImport(
            role=HUMAN_RESOURCES, accepted=accepted, rejected=len(batch.set_aside), duplicates=0,
            result_sha256=self._dice.digest(), act=None if act is None else act.act)
        versions: dict[str, int] = {batch.batch: 2}
        if act is not None:
            versions[act.act] = 2
        decision = imports.decide_import_closing(batch, closing, act, hand.state)
        closed = imports.evolve(batch, self._pen.write(now, decision, by, versions)[0])
        self._calendar.in_office(180, self._compare, closed, hand)
        for version, (whose, claim) in enumerate(known[:2], 1):
            self._calendar.at(now + 30 * DAY, self._say_otherwise, whose, claim, str(version), hand)

    def _written(self, drafts: list[Draft], rows: int, by: By) -> acts.Act:
        """An act with all its rows, still open."""
        now, listed = self._calendar.now, self._dice.digest()
        opening = acts.OpenAct(act=ActId(self._dice.id("act", now)), kind="import", rows=rows, chunk=rows,
                               list_sha256=listed)
        inside = replace(by, act=opening.act)
        (opened,) = self._pen.write(now, acts.decide_opening(None, opening), inside)
        act = acts.evolve(None, opened)
        chunk = decided(acts.decide_chunk(act, acts.WriteChunk(rows=rows, list_sha256=listed)))
        events = self._pen.write(now, (*drafts, *chunk), inside, {opening.act: 1})
        return acts.evolve(act, events[-1])

    def _say_otherwise(self, whose: Someone, claim: Claim, version: str, hand: Hand) -> None:
        """Take over what the source says by now of one record: under the version that was known, or under the next."""
        was, fault = claim.submitted.source, version == "1"
        assert was is not None, "what came in says from where"
        if not whose.is_open:
            return
        study = replace(claim.study, hours_centi=_LATER_CENTI if fault else _HOURS_CENTI // 2)
        command = register.CorrectClaim(
            role=HUMAN_RESOURCES, study=study, details=StudyDetails(title="网络平台学习（导入）"), year=year_of(study),
            ruling=self._law.ruling(whose.state, study, self._calendar.today),
            evidence=(Evidence(kind="row", sha256=self._dice.digest()),), source=replace(was, version=version))
        self._pen.write(self._calendar.now, register.decide_correction(claim, command, whose.state, hand.state),
                        hand.by(HUMAN_RESOURCES), {claim.claim: 2})
        plant = self._plants.put("D15", fault, "来源同一条记录，版本未变，内容变了" if fault else "来源更正后的新版本")
        plant.persons, plant.further = [whose.id], [claim.claim]

    def _compare(self, batch: Import, hand: Hand) -> None:
        """Compare what was taken over with what the source says by now."""
        assert batch.closed is not None, "what is open is not compared"
        command = imports.ReconcileImport(
            role=HUMAN_RESOURCES, snapshot_sha256=self._dice.digest(), snapshot_on=self._calendar.today,
            compared=batch.closed.accepted, differences=min(batch.closed.accepted, self._dice.below(2)))
        self._pen.write(self._calendar.now, imports.decide_reconciliation(batch, command, hand.state),
                        hand.by(HUMAN_RESOURCES), {batch.batch: 3})


def _record(year: int, number: int) -> str:
    """A record as its own system calls it."""
    return f"{year}-{number}"
