"""A small register that lives: units, people, rulebooks and claims, really decided, followed and answered.

What an approval is worth is what the shipped rulebooks say of it, unless a test says otherwise. No test lives here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

from ledger.acts.running import Act, open_act
from ledger.errors import Refusal
from ledger.events.actor import Official, Scope
from ledger.events.base import By, Draft
from ledger.events.person import Affiliation, Identity
from ledger.events.study import Ruling, Study, StudyDetails
from ledger.events.unit import Contact
from ledger.keys.master import FileMasterKey
from ledger.keys.vault import Vault
from ledger.ledger import Ledger
from ledger.streams import actor as actors
from ledger.streams import claim as claims
from ledger.streams import claim_register as register
from ledger.streams import claim_review as review
from ledger.streams import person as persons
from ledger.streams import person_career as careers
from ledger.streams import rulebook as rulebooks
from ledger.streams import transfer as transfers
from ledger.streams import unit as units
from ledger.vocabulary import ActorId, Category, ClaimId, PersonId, TransferId, UnitId, format_hours
from policies.assess import OVERRIDDEN, Override
from policies.rulebook import Rulebook
from policies.shelf import Shelf, drafts, shipped
from projections.answers import Answers, projections
from projections.basis import read_axes
from projections.belonging import belongings
from projections.books import Books
from projections.entries_reading import Decision
from projections.following.follower import Follower
from projections.judging import judge
from projections.people_reading import Affiliation as Stated

SECONDS = 1_767_225_600  # 2026-01-01 00:00 in UTC.
BY = By(actor="acr_officer", role="sector_authority")
EVERYTHING = ("sector_authority", "unit", "human_resources", "policy_office", "system_administrator")
DETAILS = StudyDetails(title="论氨氮在线监测")

WENZHOU, NINGBO, HANGZHOU = "330302", "330203", "330106"
FIVE = tuple(book.id for book in shipped().books)


def seminar(day: str, days_half: int = 10, level: str = "municipal", **rest: Any) -> Study:
    """A municipal seminar of five days in Ningbo counts 24 (N 6(1)), four days the same; a cap of 36 a year."""
    return Study(category=Category.PROFESSIONAL, route="advanced_seminar", level=level, days_half=days_half,
                 evidence_on=date.fromisoformat(day), **rest)


def exam(day: str, subjects: int = 1, **rest: Any) -> Study:
    """A qualifying exam: 6 a subject in Ningbo (N 6(8)), 30 in the environment sector (E 8(2))."""
    return Study(category=Category.PROFESSIONAL, route="exam", subjects=subjects,
                 evidence_on=date.fromisoformat(day), **rest)


def course(day: str, hours_centi: int = 1_800, category: Category = Category.GENERAL_PUBLIC, **rest: Any) -> Study:
    """A public course, completed by exam."""
    return Study(category=category, route="course", hours_centi=hours_centi, completed_by="exam",
                 evidence_on=date.fromisoformat(day), **rest)


class Clock:
    """Nanoseconds since 1970 that a test sets; each event a millisecond later."""

    def __init__(self, seconds: int = SECONDS) -> None:
        self.ns = seconds * 1_000_000_000

    def __call__(self) -> int:
        self.ns += 1_000_000
        return self.ns

    def on(self, day: str) -> None:
        """Let it be noon of a day in +08:00."""
        days = date.fromisoformat(day).toordinal() - date(1970, 1, 1).toordinal()
        self.ns = (days * 24 + 4) * 3_600 * 10**9


def any_book(name: str) -> Rulebook:
    """A rulebook in force or a draft, by digest or id."""
    return Shelf.of((*shipped().books, *drafts().books)).book(name)


@dataclass
class House:
    """A register in a folder."""

    folder: Path
    ledger: Ledger
    vault: Vault
    clock: Clock
    follower: Follower
    answers: Answers
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    # Writing

    def record(self, decision: tuple[Draft, ...] | Refusal, *, act: Act | None = None, by: By = BY) -> range:
        """Record what was decided on the streams as they now are, alone or as a row of an act."""
        assert not isinstance(decision, Refusal), decision
        versions = {draft.event.stream: self.ledger.store.version(draft.event.stream) for draft in decision}
        if act is not None:
            written = act.write(decision, rows=1, versions=versions)
            assert not isinstance(written, Refusal), written
            return written.positions
        return self.ledger.record(decision, by=by, versions=versions).positions

    def load(self, stream: str, evolve: Callable[[Any, Any], Any]) -> Any:
        return self.ledger.load(stream, evolve).state

    def new(self, prefix: str) -> str:
        return f"{prefix}_{next(self.numbers):022d}"

    def settle(self) -> None:
        """An office that may do everything everywhere."""
        office = self.unit("330000", "general", verified_by=None)
        for name in ("officer", "colleague"):
            actor = ActorId(f"acr_{name}")
            appoint = actors.AppointActor(actor=actor, account=f"account-{name}", official=Official(name="赵敏"),
                                          role="system_administrator")
            self.record(actors.decide_appointment(None, appoint, self.load(office, units.evolve), None))
            for role in EVERYTHING[:4]:
                grant = actors.GrantScope(scope=Scope(role=role, region="33"), role="system_administrator")
                self.record(actors.decide_grant(self.load(actor, actors.evolve), grant, None))

    @property
    def officer(self) -> Any:
        return self.load("acr_officer", actors.evolve)

    @property
    def colleague(self) -> Any:
        return self.load("acr_colleague", actors.evolve)

    def enact(self, *names: str) -> None:
        """Enact rulebooks by id."""
        for name in names:
            book = any_book(name)
            command = rulebooks.EnactRulebook(
                family=book.family, in_force_from=book.in_force_from, revision=book.revision, digest=book.digest,
                document="文", role="policy_office")
            state = self.load(f"rul_{book.family}/{book.in_force_from.isoformat()}", rulebooks.evolve)
            self.record(rulebooks.decide_enactment(state, command, self.officer))

    def unit(self, region: str, sector: str, *, name: str = "甬江机械厂", verified_by: Any = "officer",
             verified: bool = True) -> UnitId:
        unit = UnitId(self.new("unt"))
        command = units.RegisterUnit(unit=unit, credit_code=f"code-{unit}", name=name, region=region, sector=sector,
                                     contact=Contact(name="王芳"))
        self.record(units.decide_unit_registration(None, command))
        if verified:
            by = None if verified_by is None else self.officer
            self.record(units.decide_verification(
                self.load(unit, units.evolve), units.VerifyUnit(role="human_resources"), by))
        return unit

    def person(self, *, unit: UnitId | None = None, starts: str = "2018-01-01", major: str | None = None) -> PersonId:
        person = PersonId(self.new("per"))
        identity = Identity(name="李明", name_normalised="李明", id_kind="resident_id", id_number=f"id-{person}")
        self.record(persons.decide_person_registration(None, persons.RegisterPerson(person=person, identity=identity)))
        if unit is not None:
            self.affiliate(person, unit, starts, major)
        return person

    def affiliate(self, person: PersonId, unit: UnitId, starts: str, major: str | None = None) -> int:
        state = self.load(unit, units.evolve)
        day = date.fromisoformat(starts)
        seat = state.seat_on(day)
        one = Affiliation(unit=unit, starts=day, region=seat.region, sector=seat.sector, major=major)
        command = careers.AffiliatePerson(role="human_resources", affiliation=one)
        return self.record(careers.decide_affiliation(
            self.load(person, persons.evolve), command, state, self.officer))[-1]

    def leave(self, person: PersonId, unit: UnitId, ends: str) -> int:
        command = careers.RecordDeparture(role="human_resources", unit=unit, ends=date.fromisoformat(ends))
        return self.record(careers.decide_departure(self.load(person, persons.evolve), command, self.officer))[-1]

    def request(self, person: PersonId, to: UnitId, starts: str) -> TransferId:
        transfer = TransferId(self.new("trf"))
        command = transfers.RequestTransfer(transfer=transfer, person=person, starts=date.fromisoformat(starts))
        self.record(transfers.decide_request(
            None, command, self.load(person, persons.evolve), self.load(to, units.evolve)))
        return transfer

    # Claims

    def submit(self, person: PersonId, study: Study, *, steps: tuple[str, ...] = ("sector_authority",),
               on: str = "2022-12-31") -> ClaimId:
        claim = ClaimId(self.new("clm"))
        command = review.SubmitClaim(claim=claim, person=person, on=date.fromisoformat(on), study=study,
                                     details=DETAILS, steps=steps)
        self.record(review.decide_submission(None, command, self.load(person, persons.evolve)))
        return claim

    def ruling(self, person: PersonId, study: Study, override: Override | None = None) -> Ruling:
        """What the five rulebooks say of a study where the person belongs, and an authority where there is room."""
        state = self.load(person, persons.evolve)
        known = [Stated(one.starts.isoformat(), one.unit, one.region, one.sector, one.major, None, None, 1)
                 for one in state.affiliations]
        version = claims_version(person, study)
        if override is not None:
            version = version._replace(decision=Decision(
                0, override.hours, "ruled", None, None, (override.document,), (OVERRIDDEN,), None))
        digests = tuple(book.digest for book in shipped().books)
        made = judge(Books(any_book), digests, belongings(known, []), [version]).ruled.weighed[0].ruling
        document, ordinary = (), None
        if override is not None and OVERRIDDEN in made.flags and made.room is not None:
            document, ordinary = (override.document,), made.room.ordinary
        return Ruling(
            assessed_centi=made.assessed, status=made.status, rulebook=made.rulebook,
            digest=None if made.book is None else made.book.digest,
            clauses=() if made.article is None else (made.article, *document), flags=made.flags,
            ordinary_centi=ordinary)

    def approve(self, claim: ClaimId, *, year: int | None = None, ruling: Ruling | None = None,
                override: Override | None = None) -> int:
        state = self.load(claim, claims.evolve)
        person = self.load(state.person, persons.evolve)
        why = None if override is None else "课程较多"
        command = review.ApproveClaim(
            role=state.step_due, ruling=ruling or self.ruling(state.person, state.study, override),
            year=year or state.study.year or state.study.evidence_on.year, words=why)
        return self.record(review.decide_approval(state, command, person, self.officer))[-1]

    def registered(self, person: PersonId, study: Study, **rest: Any) -> ClaimId:
        """A claim that was submitted and approved."""
        claim = self.submit(person, study)
        self.approve(claim, **rest)
        return claim

    def on_claim(self, claim: ClaimId, decide: Callable[..., Any], command: Any, *, by: Any = None,
                 act: Act | None = None) -> int:
        """Do something else to a claim."""
        state = self.load(claim, claims.evolve)
        person = self.load(state.person, persons.evolve)
        return self.record(decide(state, command, person, by or self.officer), act=act)[-1]

    def revoke(self, claim: ClaimId) -> int:
        return self.on_claim(claim, register.decide_revocation,
                             register.RevokeClaim(role="sector_authority", basis="第十条", words="材料不实"))

    def reinstate(self, claim: ClaimId) -> int:
        return self.on_claim(claim, register.decide_reinstatement,
                             register.ReinstateClaim(role="sector_authority", basis="复核", words="属实"),
                             by=self.colleague)

    def freeze(self, claim: ClaimId) -> int:
        return self.on_claim(claim, register.decide_freeze,
                             register.FreezeClaim(role="sector_authority", words="核查"))

    def correct(self, claim: ClaimId, study: Study, *, year: int | None = None, title: str = DETAILS.title) -> int:
        state = self.load(claim, claims.evolve)
        wanted = year or study.year or study.evidence_on.year
        command = register.CorrectClaim(
            role="sector_authority", study=study, details=StudyDetails(title=title),
            ruling=self.ruling(state.person, study), year=wanted,
            year_because=None if wanted == state.year else "clerical_error")
        return self.on_claim(claim, register.decide_correction, command)

    def roster(self, rows: int) -> Act:
        """Open an act of chunks of one row."""
        act = open_act(
            self.ledger, kind="roster", rows=rows, list_sha256="a" * 64, by=BY, now_ms=SECONDS * 1_000, chunk=1)
        assert isinstance(act, Act), act
        return act

    def row(self, act: Act, person: PersonId, study: Study) -> ClaimId:
        """Write a row of a roster: submitted and approved at once, within an act."""
        claim = ClaimId(self.new("clm"))
        submission = review.SubmitClaim(
            claim=claim, person=person, on=date(2022, 12, 31), study=study, details=DETAILS, origin="batch",
            role="sector_authority", steps=("sector_authority",))
        command = review.RegisterClaim(submission=submission, ruling=self.ruling(person, study),
                                       year=study.evidence_on.year)
        self.record(review.decide_registration(None, command, self.load(person, persons.evolve), self.officer),
                    act=act)
        return claim

    # Asking

    @property
    def size(self) -> int:
        return self.ledger.store.size()

    def followed(self) -> Answers:
        """The answers, once they have taken everything."""
        assert self.follower.wait_for(self.size, 60), self.follower.lag()
        return self.answers

    def years(self, person: PersonId, year: int | None = None, **axes: str) -> Any:
        return self.followed().years(person, read_axes(**axes), year)

    def year(self, person: PersonId, year: int, **axes: str) -> Any:
        (only,) = self.years(person, year, **axes)["years"]
        return only

    def total(self, person: PersonId, year: int, **axes: str) -> tuple[str, str]:
        """A year's total as decided and as evaluated."""
        found = self.year(person, year, **axes)
        return found["decided"]["total"], found["evaluated"]["total"]


def claims_version(person: PersonId, study: Study) -> Any:
    """A claim nobody has decided on, as the judge takes it."""
    from projections.entries_reading import Decision, Version

    nothing = Decision(0, 0, "unruled", None, None, (), (), None)
    return Version("clm_new", person, "approved", 1, 0, "auto", "2026-01-01", 1, 1, (), study, 0, nothing, 1, None)


def counted(found: Any, claim: ClaimId) -> tuple[str, str]:
    """What an entry counts for, as decided and as evaluated."""
    (entry,) = [one for one in found["entries"] if one["claim"] == claim]
    return entry["decided"]["counted"], entry["evaluated"]["counted"]


def open_house(folder: Path, *, start: bool = True) -> House:
    """Make a register, or open the one that is there."""
    folder.mkdir(exist_ok=True)
    master = folder / "master.key"
    vault = Vault(folder / "people.db", FileMasterKey(master) if master.exists() else FileMasterKey.create(master))
    ledger = Ledger.in_file(folder / "ledger.db", vault)
    clock = Clock()
    ledger.store.clock = clock
    follower = Follower(ledger, folder / "answers", projections())
    answers = Answers(ledger, folder / "answers", book=any_book, now=lambda: clock.ns // 1_000)
    if start:
        follower.start()
    return House(folder, ledger, vault, clock, follower, answers)


def close_house(house: House) -> None:
    house.follower.stop()
    house.ledger.close()
    house.vault.close()


@contextmanager
def living(folder: Path, *, under: tuple[str, ...] = FIVE) -> Iterator[House]:
    """A settled register under the five rulebooks, or others, or none."""
    house = open_house(folder)
    try:
        house.settle()
        house.enact(*under)
        yield house
    finally:
        close_house(house)


def hours(centi: int) -> str:
    return format_hours(centi)
