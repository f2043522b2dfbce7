"""A register of really decided events, of which patterns are asked. No test lives here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from projection_kit import NINGBO, House, close_house, open_house

from ledger.events.source import Source
from ledger.events.study import Evidence, Ruling, Study, StudyDetails
from ledger.events.training import ClassId
from ledger.streams import claim as claims
from ledger.streams import claim_register as register
from ledger.streams import claim_review as review
from ledger.streams import person as persons
from ledger.streams import training_class as classes
from ledger.vocabulary import Category, ClaimId, PersonId, RulebookId, UnitId
from projections.files.batch import read_batch
from projections.files.build import opened
from projections.files.places import path_of
from projections.files.reader import Reader
from projections.findings.findings_file import FindingsFile
from projections.findings.found import FIELDS, Finding, read
from projections.findings.patterns import patterns
from projections.findings.traces import Traces
from projections.findings.upkeep import Upkeep

OFFICE = "sector_authority"
TITLE = "智能制造技术培训班"


class Told(NamedTuple):
    """A finding, read."""

    about: str
    claims: tuple[str, ...]
    persons: tuple[str, ...]
    region: str | None
    events: tuple[int, ...]
    counter: dict[str, Any]
    figures: dict[str, Any]


def training(starts: str, ends: str, days_half: int, route: str = "training", **rest: Any) -> Study:
    """A training on these days, with the evidence of its last one unless it is said otherwise."""
    given: dict[str, Any] = {"evidence_on": date.fromisoformat(ends), "level": None, **rest}
    if route == "training":
        given["level"] = given["level"] or "municipal"
    return Study(category=Category.PROFESSIONAL, route=route, starts=date.fromisoformat(starts),
                 ends=date.fromisoformat(ends), days_half=days_half, **given)


def paper(sha256: str, kind: str = "certificate", issued_on: str | None = None) -> Evidence:
    """A paper whose digest is a letter or two."""
    return Evidence(kind=kind, sha256=sha256 * (64 // len(sha256)),
                    issued_on=None if issued_on is None else date.fromisoformat(issued_on))


class Register:
    """The register, with files that stand behind its papers, and patterns asked of it."""

    def __init__(self, house: House, folder: Path) -> None:
        self.house, self.folder = house, folder
        self.files: dict[str, bytes] = {}
        self.unit = house.unit(NINGBO, "industry")

    def person(self, unit: UnitId | None = None, starts: str = "2018-01-01") -> PersonId:
        return self.house.person(unit=unit or self.unit, starts=starts)

    def claim(self, person: PersonId, study: Study, *papers: Evidence, **details: Any) -> ClaimId:
        """One that waits for the office."""
        command = self._submission(person, study, papers, details)
        self.house.record(review.decide_submission(None, command, self.house.load(person, persons.evolve)))
        return command.claim

    def registered(
        self, person: PersonId, study: Study, *papers: Evidence, origin: str = "batch", source: Source | None = None,
        act: Any = None, assessed_centi: int = 600, status: str = "manual", **details: Any,
    ) -> ClaimId:
        """One that an office put in and approved."""
        command = self._submission(person, study, papers, details, origin=origin, source=source, role=OFFICE)
        book = (None, None) if status == "manual" else (RulebookId("ningbo-industry/2019-01-01"), "a" * 64)
        ruling = Ruling(assessed_centi=assessed_centi, status=status, rulebook=book[0], digest=book[1],
                        clauses=("甬经信〔2021〕9号",))
        given = review.RegisterClaim(submission=command, ruling=ruling, year=study.year or study.evidence_on.year)
        self.house.record(review.decide_registration(
            None, given, self.house.load(person, persons.evolve), self.house.officer), act=act)
        return command.claim

    def _submission(
        self, person: PersonId, study: Study, papers: tuple[Evidence, ...], details: dict[str, Any], **rest: Any
    ) -> review.SubmitClaim:
        return review.SubmitClaim(
            claim=ClaimId(self.house.new("clm")), person=person, on=date(2022, 12, 31), study=study,
            details=StudyDetails(**{"title": TITLE, **details}), steps=(OFFICE,), evidence=papers, **rest)

    def correct(self, claim: ClaimId, study: Study, source: Source | None = None, **details: Any) -> None:
        state = self.house.load(claim, claims.evolve)
        command = register.CorrectClaim(
            role=OFFICE, study=study, details=StudyDetails(**{"title": TITLE, **details}),
            ruling=state.ruling, year=state.year, source=source)
        self.house.on_claim(claim, register.decide_correction, command)

    def revise(self, claim: ClaimId, study: Study, *papers: Evidence, **details: Any) -> None:
        person = self.house.load(self.house.load(claim, claims.evolve).person, persons.evolve)
        command = review.ReviseClaim(person=person.person, study=study, steps=(OFFICE,), evidence=papers,
                                     details=StudyDetails(**{"title": TITLE, **details}))
        self.house.record(review.decide_revision(self.house.load(claim, claims.evolve), command, person))

    def withdraw(self, claim: ClaimId) -> None:
        state = self.house.load(claim, claims.evolve)
        self.house.record(review.decide_withdrawal(
            state, review.WithdrawClaim(person=state.person), self.house.load(state.person, persons.evolve)))

    def refuse(self, claim: ClaimId) -> None:
        self.house.on_claim(claim, review.decide_refusal, review.RefuseClaim(role=OFFICE, words="不实"))

    def study_of_class(self, name: ClassId, route: str) -> Study:
        """What somebody says who was there from the first day to the last, as it was filed."""
        filed = self.house.load(name, classes.evolve).filed
        return training(filed.starts.isoformat(), filed.ends.isoformat(), 10, route, training_class=name)

    # Asking

    def asked(self, pattern: str, *about: str) -> list[Told]:
        """What a pattern finds in everything that names one of these claims or people."""
        ledger = self.house.ledger
        self.folder.mkdir(exist_ok=True)
        with closing(opened(Traces(), path_of(self.folder, Traces()), ledger)) as traces:
            while batch := read_batch(ledger, traces.position):
                traces.apply(batch, ledger)
        upkeep = Upkeep(ledger, self.folder, lambda _, sha256: self.files.get(sha256))
        upkeep.run([patterns()[pattern]], whole=True)
        while upkeep.unread():
            upkeep.run([patterns()[pattern]])
        upkeep.stop()
        query = f"SELECT {', '.join(FIELDS)} FROM finding WHERE pattern = ? AND to_position IS NULL"
        rows = Reader(FindingsFile(), self.folder).rows(query, (pattern,))
        return [told for told in map(_told, map(read, rows)) if {*told.claims, *told.persons} & {*about}]


def _told(one: Finding) -> Told:
    return Told(one.about, one.claims, one.persons, one.region, one.events, dict(one.counter), dict(one.figures))


@contextmanager
def kept(folder: Path) -> Iterator[Register]:
    """A settled register that nobody follows: patterns read files of their own."""
    house = open_house(folder / "house", start=False)
    try:
        house.settle()
        house.enact("ningbo-industry/2019-01-01")
        yield Register(house, folder / "files")
    finally:
        close_house(house)
