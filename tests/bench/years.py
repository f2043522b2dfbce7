"""A person's years with every reason: 30 entries over six years in two sectors, as the page asks for them.

Each question is asked of another person than the one before, so that nothing but the law is remembered.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import date
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec.structs import replace

from api.telling import logs
from ledger.events.base import Draft, Event
from ledger.events.claim import ClaimApproved, ClaimSubmitted
from ledger.events.person import Affiliation, Identity, PersonAffiliated, PersonRegistered
from ledger.events.rulebook import RulebookEnacted
from ledger.events.study import Ruling, Study, StudyDetails
from ledger.ids import new_id
from ledger.keys.master import FileMasterKey
from ledger.keys.vault import Vault
from ledger.ledger import Ledger
from ledger.vocabulary import Category, ClaimId, PersonId, RulebookId, UnitId
from policies.shelf import shipped
from projections.answers import Answers, projections
from projections.basis import Axes
from projections.differences.bulk import Everyone
from projections.following.follower import Follower
from tests.bench import Figure, Race
from tests.bench.claims import BY, UNIT

PEOPLE = 300
ENTRIES = 30
LATEST = 2024
MOVED = ((date(2018, 1, 1), "330203", "industry"), (date(2022, 7, 1), "330106", "environment"))


def rows() -> Iterator[Race | Figure]:
    logs.configure("warning")
    with TemporaryDirectory() as name:
        folder = Path(name)
        ledger = Ledger.in_file(folder / "ledger.db", Vault(folder / "people.db", FileMasterKey.create(folder / "key")))
        people = list(register(ledger, PEOPLE))
        follower = Follower(ledger, folder / "answers", projections())
        follower.start()
        assert follower.wait_for(ledger.store.size(), 60)
        answers = Answers(ledger, folder / "answers", book=shipped().book, now=lambda: time.time_ns() // 1_000)
        for words, year in (("all years", None), ("one year", LATEST)):
            took = _took(answers, people, year)
            for percent in (50, 99):
                value = took[len(took) * percent // 100] // 1_000
                yield Figure(f"a person's {words}, {ENTRIES} entries, every reason, p{percent}", value, "µs")
        one = answers.years(people[0], Axes())
        yield Race("the same answer written as JSON", "answers", 100,
                   lambda: [json.dumps(one, ensure_ascii=False) for _ in range(100)], rounds=3)
        at, judge = answers.judge.position(), answers.judge
        yield Race("who differs, as decided from as evaluated, of everyone", "entries", PEOPLE * ENTRIES,
                   lambda: Everyone(ledger, folder / "answers", judge, at),
                   lambda: [judge.both(person, at) for person in people], "one by one, with reasons", rounds=3)
        follower.stop()
        ledger.close()


def _took(answers: Answers, people: list[PersonId], year: int | None) -> list[int]:
    took = []
    for person in (*people, *people):
        begin = time.perf_counter_ns()
        answers.years(person, Axes(), year)
        took.append(time.perf_counter_ns() - begin)
    return sorted(took[len(people):])


def register(ledger: Ledger, people: int) -> Iterator[PersonId]:
    """Enact the five rulebooks and register so many people, each with their entries."""
    for book in shipped().books:
        _record(ledger, RulebookEnacted(rulebook=RulebookId(book.id), family=book.family, revision=book.revision,
                                        in_force_from=book.in_force_from, digest=book.digest, document="文"))
    book = shipped().book("ningbo-industry/2019-01-01")
    for number in range(people):
        person = PersonId(new_id("person", now_ms=time.time_ns() // 1_000_000))
        identity = Identity(name="李明", name_normalised="李明", id_kind="resident_id", id_number=str(number))
        drafts = [Draft(PersonRegistered(person=person), identity)]
        for starts, region, sector in MOVED:
            one = Affiliation(unit=UnitId(UNIT), starts=starts, region=region, sector=sector)
            drafts.append(Draft(PersonAffiliated(person=person, affiliation=one)))
        for entry, study in zip(range(ENTRIES), cycle(_studies()), strict=False):
            claim = ClaimId(new_id("claim", now_ms=time.time_ns() // 1_000_000))
            year = LATEST - 5 + entry % 6
            dated = replace(study, evidence_on=date(year, 1 + entry % 12, 3))
            ruling = Ruling(assessed_centi=600, status="ruled", rulebook=RulebookId(book.id), digest=book.digest,
                            clauses=("第六条（八）",))
            drafts += [
                Draft(ClaimSubmitted(claim=claim, person=person, unit=UNIT, region="330203", sector="industry",
                                     study=dated, steps=("unit",)), StudyDetails(title="论氨氮在线监测")),
                Draft(ClaimApproved(claim=claim, person=person, step="unit", ruling=ruling, year=year)),
            ]
        ledger.record(drafts, by=BY)
        yield person


def _studies() -> list[Study]:
    day = date(2021, 1, 1)
    return [
        Study(category=Category.PROFESSIONAL, route="overseas", days_half=6, evidence_on=day),
        Study(category=Category.PROFESSIONAL, route="exam", subjects=2, evidence_on=day),
        Study(category=Category.GENERAL_PUBLIC, route="course", hours_centi=450, completed_by="exam", evidence_on=day),
        Study(category=Category.PROFESSIONAL, route="paper", level="core", rank=1, evidence_on=day),
        Study(category=Category.PROFESSIONAL, route="training", level="provincial", days_half=4, evidence_on=day),
    ]


def _record(ledger: Ledger, event: Event) -> None:
    ledger.record([Draft(event)], by=BY)
