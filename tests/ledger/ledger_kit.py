"""Small ledgers with everything about them: vault, signing key, a file, people and claims through their lives.

What happens in them is decided by the real decisions of `ledger.streams`, at times that a clock of ours gives.
"""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from ledger.envelope import Encoded, encode
from ledger.errors import Refusal
from ledger.events.actor import Official, Scope
from ledger.events.base import By, Draft
from ledger.events.claim import ClaimWithdrawn
from ledger.events.person import Affiliation, Identity
from ledger.events.study import Evidence, Ruling, Study, StudyDetails
from ledger.events.unit import Contact
from ledger.fsck.checker import Report, fsck
from ledger.fsck.portion import KeyFiles
from ledger.keys.master import FileMasterKey
from ledger.keys.vault import Vault
from ledger.ledger import Ledger
from ledger.proof.keys import parse_skey, parse_vkey
from ledger.proof.policy import Policy, trust
from ledger.signing.signer import Signer, create_signing_key
from ledger.stores.append import Append
from ledger.stores.recorder import AppendingRecorder
from ledger.streams import actor as actors
from ledger.streams import claim as claims
from ledger.streams import claim_register as register
from ledger.streams import claim_review as review
from ledger.streams import person as persons
from ledger.streams import person_career as careers
from ledger.streams import unit as units
from ledger.vocabulary import ActorId, Category, ClaimId, PersonId, RulebookId, StreamId, UnitId

ORIGIN = "register.example/log"
BY = By(actor="acr_officer", role="registrar", reason="routine")

BUREAU, WORKS = UnitId("unt_bureau"), UnitId("unt_works")
OFFICER, CLERK = ActorId("acr_officer"), ActorId("acr_clerk")
LI, WANG = PersonId("per_li"), PersonId("per_wang")
FIRST, SECOND = ClaimId("clm_first"), ClaimId("clm_second")

RULING = Ruling(
    assessed_centi=800, status="ruled", rulebook=RulebookId("ningbo-industry/2019-01-01"), digest="c" * 64,
    clauses=("第六条（七）",),
)
STUDY = Study(category=Category.PROFESSIONAL, route="paper", evidence_on=date(2026, 4, 2), level="core", rank=1)


class Clock:
    """Nanoseconds since 1970 that a test sets."""

    def __init__(self, seconds: int = 1_760_000_000) -> None:
        self.ns = seconds * 1_000_000_000

    def __call__(self) -> int:
        self.ns += 1_000_000
        return self.ns


def identity(number: int) -> Identity:
    return Identity(
        name=f"李　明{number}", name_normalised=f"李明{number}", id_kind="resident_id", id_number=f"3301{number:014d}"
    )


def details(number: object) -> StudyDetails:
    return StudyDetails(title="论氨氮在线监测", certificate_issuer="某刊", certificate_number=f"2026-{number}")


@dataclass
class House:
    """A data folder and the ledger in it."""

    folder: Path
    vault: Vault
    ledger: Ledger

    @property
    def file(self) -> Path:
        return self.folder / "ledger.db"

    @property
    def store(self) -> AppendingRecorder:
        return self.ledger.store

    @property
    def keys(self) -> KeyFiles:
        return KeyFiles(self.folder / "people.db", self.folder / "master.key")

    def signer(self) -> Signer:
        return Signer(self.store, origin=ORIGIN, folder=self.folder)

    @property
    def policy(self) -> Policy:
        return trust(*(parse_vkey(line) for line in self.signer().vkeys))

    def record(self, decision: tuple[Draft, ...] | Refusal, *, by: By = BY, **rest: Any) -> range:
        """Record what was decided on the streams as they now are."""
        assert not isinstance(decision, Refusal), decision
        versions = {draft.event.stream: self.store.version(draft.event.stream) for draft in decision}
        return self.ledger.record(decision, by=by, versions=versions, **rest).positions

    def load(self, stream: str, evolve: Callable[[Any, Any], Any]) -> Any:
        return self.ledger.load(stream, evolve).state

    def person(self, person: PersonId) -> persons.Person:
        return self.load(person, persons.evolve)

    def actor(self, actor: ActorId) -> Any:
        return self.load(actor, actors.evolve)

    def claim(self, claim: ClaimId) -> claims.Claim:
        return self.load(claim, claims.evolve)

    def close(self) -> None:
        self.ledger.close()
        self.vault.close()


def open_house(folder: Path, clock: Clock | None = None) -> House:
    """Make a data folder with an empty ledger in it, or open the one that is there."""
    folder.mkdir(exist_ok=True)
    master = folder / "master.key"
    vault = Vault(folder / "people.db", FileMasterKey(master) if master.exists() else FileMasterKey.create(master))
    ledger = Ledger.in_file(folder / "ledger.db", vault)
    ledger.store.clock = clock or Clock()
    if not (folder / "ledger.signing.key").exists():
        create_signing_key(folder, ORIGIN)
    return House(folder, vault, ledger)


def settle(house: House) -> None:
    """Two units, an officer and a clerk, two people who belong to the works: 13 events."""
    for unit, code in ((BUREAU, "11330200MB0000001A"), (WORKS, "91330100MA27XYA111")):
        command = units.RegisterUnit(
            unit=unit, credit_code=code, name="甬江机械厂", region="330203", sector="industry",
            contact=Contact(name="王芳"))
        house.record(units.decide_unit_registration(None, command))
        known = house.load(unit, units.evolve)
        house.record(units.decide_verification(known, units.VerifyUnit(role="registrar"), None))
    for actor, unit, role in ((OFFICER, BUREAU, "registrar"), (CLERK, WORKS, "unit_reviewer")):
        appoint = actors.AppointActor(
            actor=actor, account=f"account-{actor}", official=Official(name="赵敏"), role=role)
        house.record(actors.decide_appointment(None, appoint, house.load(unit, units.evolve), None))
        scope = Scope(role=role, region="3302")
        house.record(actors.decide_grant(house.actor(actor), actors.GrantScope(scope=scope, role=role), None))
    for number, person in enumerate((LI, WANG)):
        enter(house, person, number)


def enter(house: House, person: PersonId, number: int) -> None:
    """Register a person and affiliate them with the works."""
    house.record(persons.decide_person_registration(
        None, persons.RegisterPerson(person=person, identity=identity(number))))
    at_works = Affiliation(unit=WORKS, starts=date(2020, 3, 1), region="330203", sector="industry")
    command = careers.AffiliatePerson(role="registrar", affiliation=at_works)
    house.record(careers.decide_affiliation(
        house.person(person), command, house.load(WORKS, units.evolve), house.actor(OFFICER)))


def submit(house: House, claim: ClaimId, person: PersonId, certificate: object) -> None:
    """Put a claim forward."""
    house.record(review.decide_submission(None, submission(claim, person, certificate), house.person(person)))


def submission(claim: ClaimId, person: PersonId, certificate: object, **rest: Any) -> review.SubmitClaim:
    paper = Evidence(kind="cover", sha256=hashlib.sha256(str(certificate).encode()).hexdigest())
    given = {"steps": ("unit_reviewer", "registrar"), "evidence": (paper,)} | rest
    return review.SubmitClaim(
        claim=claim, person=person, on=date(2026, 5, 20), study=STUDY, details=details(certificate), **given)


def row(house: House, claim: ClaimId, person: PersonId, certificate: object) -> tuple[Draft, ...]:
    """Decide a row of a roster: submitted and approved at once."""
    command = review.RegisterClaim(
        submission=submission(claim, person, certificate, origin="batch", role="registrar", steps=("registrar",)),
        ruling=RULING, year=2026)
    decided = review.decide_registration(None, command, house.person(person), house.actor(OFFICER))
    assert not isinstance(decided, Refusal), decided
    return decided


def live(house: House) -> None:
    """One claim approved and frozen, one withdrawn, each with its certificate: 6 events."""
    submit(house, FIRST, LI, "0042")
    endorse = review.EndorseClaim(role="unit_reviewer")
    house.record(review.decide_endorsement(house.claim(FIRST), endorse, house.person(LI), house.actor(CLERK)))
    approve = review.ApproveClaim(role="registrar", ruling=RULING, year=2026)
    house.record(review.decide_approval(house.claim(FIRST), approve, house.person(LI), house.actor(OFFICER)))
    freeze = register.FreezeClaim(role="registrar", words="核查中")
    house.record(register.decide_freeze(house.claim(FIRST), freeze, house.person(LI), house.actor(OFFICER)))
    submit(house, SECOND, WANG, "0043")
    withdraw = review.WithdrawClaim(person=WANG)
    house.record(review.decide_withdrawal(house.claim(SECOND), withdraw, house.person(WANG)))


def small_house(folder: Path) -> House:
    """A signed ledger of 18 events, two checkpoints, every kind of row but tiles."""
    house = open_house(folder)
    settle(house)
    house.signer().checkpoint()
    live(house)
    house.signer().checkpoint()
    return house


def plain_event(number: int, version: int = 1) -> Encoded:
    """A small open event of a stream of its own."""
    claim = ClaimId(f"clm_{number:08d}")
    return encode(StreamId(claim), version, Draft(ClaimWithdrawn(claim=claim, person=LI)), BY, None)


def closed_small_house(folder: Path) -> House:
    """A closed ledger of 18 events, its file alone."""
    house = small_house(folder)
    settle_file(house)
    return house


def closed_large_house(folder: Path) -> House:
    """A closed ledger of 1,300 events: five full tiles, and checkpoints at 12, 18, 700 and the end."""
    house = small_house(folder)
    fill(house.store, 682)
    house.signer().checkpoint()
    fill(house.store, 600, start=1_000)
    house.signer().checkpoint()
    settle_file(house)
    return house


def fill(store: AppendingRecorder, events: int, start: int = 0) -> None:
    """Append many small events."""
    for first in range(start, start + events, 1_000):
        last = min(first + 1_000, start + events)
        store.append(Append(tuple(plain_event(number) for number in range(first, last))))


def tampered(file: Path, copy: Path, *statements: tuple[str, tuple[Any, ...]]) -> Path:
    """Copy a ledger's file and change it as someone with the file and no scruples would."""
    shutil.copyfile(file, copy)
    with closing(sqlite3.connect(copy)) as connection:
        drop_triggers(connection)
        for statement, values in statements:
            assert connection.execute(statement, values).rowcount != 0, f"nothing was changed: {statement}"
        connection.commit()
    return copy


def drop_triggers(connection: sqlite3.Connection) -> None:
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")


def settle_file(house: House) -> Path:
    """Close a house so that its file alone holds the ledger, and can be copied."""
    house.close()
    with closing(sqlite3.connect(house.file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("PRAGMA journal_mode=DELETE")
    return house.file


def check(house: House, file: Path | None = None, **rest: Any) -> Report:
    """Check a ledger with all that there is to check it by, in this process."""
    given: dict[str, Any] = {"policy": house_policy(house.folder), "keys": house.keys, "processes": 1} | rest
    return fsck(file or house.file, **given)


def house_policy(folder: Path, name: str = "ledger") -> Policy:
    """Trust the house's own key, also when the house is closed."""
    return trust(*(parse_skey(line).public() for line in (folder / f"{name}.signing.key").read_text().splitlines()))

