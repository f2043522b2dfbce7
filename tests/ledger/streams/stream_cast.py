"""The people, units and papers that the tests of streams play with, and how they read a decision and a table."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from ledger.errors import Refusal
from ledger.events.actor import Official, Scope
from ledger.events.base import Draft, Event, Words
from ledger.events.person import Affiliation, Identity
from ledger.events.study import Evidence, Ruling, Study, StudyDetails
from ledger.events.unit import Contact
from ledger.streams import unit as units
from ledger.streams.decision import Decision
from ledger.streams.person import Person
from ledger.streams.standing import Actor
from ledger.streams.unit import Unit
from ledger.vocabulary import ActorId, Category, ClaimId, PersonId, RulebookId, UnitId

LI, WANG, ZHAO = PersonId("per_li"), PersonId("per_wang"), PersonId("per_zhao")
WORKS, BUREAU, ELSEWHERE = UnitId("unt_works"), UnitId("unt_bureau"), UnitId("unt_elsewhere")
CLAIM = ClaimId("clm_1")
DAY = date(2026, 5, 20)

UNIT_STEP, LAST_STEP = "unit_reviewer", "sector_registrar"
STEPS = (UNIT_STEP, LAST_STEP)

AT_WORKS = Affiliation(unit=WORKS, starts=date(2020, 3, 1), region="330203", sector="industry")
PERSON = Person(LI, affiliations=(AT_WORKS,))

STUDY = Study(category=Category.PROFESSIONAL, route="paper", evidence_on=date(2026, 4, 2), level="core", rank=1)
DETAILS = StudyDetails(title="论氨氮在线监测", certificate_issuer="某刊", certificate_number="2026-0042")
PAPERS = (Evidence(kind="cover", sha256="a" * 64), Evidence(kind="text", sha256="b" * 64))
RULING = Ruling(
    assessed_centi=800,
    status="ruled",
    rulebook=RulebookId("ningbo-industry/2019-01-01"),
    digest="c" * 64,
    clauses=("第六条（七）",),
)
WHY = "见附件"

IDENTITY = Identity(name="李　明", name_normalised="李明", id_kind="resident_id", id_number="330102199003070019")
CONTACT = Contact(name="王芳")
OFFICIAL = Official(name="赵敏")


def actor(name: str, *scopes: Scope, organisation: UnitId = BUREAU, person: PersonId | None = None) -> Actor:
    """Make an active actor with scopes."""
    return Actor(ActorId(f"acr_{name}"), organisation, person, scopes=scopes)


CLERK = actor("clerk", Scope(role=UNIT_STEP, region="330203", unit=WORKS), organisation=WORKS, person=WANG)
OFFICER = actor("officer", Scope(role=LAST_STEP, region="3302", sector="industry"), person=ZHAO)
COLLEAGUE = actor("colleague", Scope(role=LAST_STEP, region="3302"), person=PersonId("per_qian"))


def unit(name: UnitId = WORKS, status: units.Status = units.Status.VERIFIED, region: str = "330203") -> Unit:
    """Make a unit that has not changed since it was registered."""
    names, seats = (units.DatedName(date.min, "甬江机械厂"),), (units.Seat(date.min, region, "industry"),)
    return Unit(name, "91330100MA27XYA111", ("employer",), names, seats, status)


def outcome(decision: Decision) -> str:
    """Read a decision as a table's cell: event names joined by a plus, or the refusal's code."""
    if isinstance(decision, Refusal):
        return decision.code
    return "+".join(type(draft.event).__name__ for draft in decision)


def drafts(decision: Decision) -> tuple[Draft, ...]:
    """Take what was decided; a refusal fails the test and shows itself."""
    assert not isinstance(decision, Refusal), decision
    return decision


def events(decision: Decision) -> list[Any]:
    """Take the events of what was decided."""
    return [draft.event for draft in drafts(decision)]


def event(decision: Decision) -> Any:
    """Take the one event of what was decided."""
    (only,) = events(decision)
    return only


def refusal(decision: Decision) -> Refusal:
    """Take the refusal; a decision that went through fails the test and shows itself."""
    assert isinstance(decision, Refusal), decision
    return decision


def read_table(text: str) -> dict[tuple[str, str], str]:
    """Read a text table into its cells by row and column; a ragged line is a mistake."""
    head, *lines = [line.split() for line in text.strip().splitlines() if line.strip()]
    cells = {}
    for name, *row in lines:
        assert len(row) == len(head), f"{name} has {len(row)} cells for {len(head)} columns"
        cells |= {(name, column): cell for column, cell in zip(head, row, strict=True)}
    return cells


def sealed_fits(made: Iterable[Draft]) -> bool:
    """Say whether each draft seals what its event declares: words may be left out where they may, nothing else."""
    for one in made:
        declared = type(one.event).sealed_as
        if declared is None or (one.sealed is None and declared is Words):
            if one.sealed is not None:
                return False
        elif type(one.sealed) is not declared:
            return False
    return True


def streams(made: Iterable[Event]) -> set[str]:
    """List the streams that events belong to."""
    return {one.stream for one in made}
