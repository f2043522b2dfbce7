"""What would be without a class that never happened: one entry of each of 400 people, everyone with 30 entries, a
statement and a title that was granted on them.

The other way is to revoke, and to ask everyone's years before and after: here the asking alone is measured, of the
years alone.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from api.telling import logs
from ledger.events.application import (
    ApplicationAssessed,
    ApplicationFiled,
    ApplicationGranted,
    ApplicationId,
    Assessment,
    Goal,
)
from ledger.events.base import Draft, Hand
from ledger.events.statement import StatementId, StatementIssued, StatementText
from ledger.ids import new_id
from ledger.keys.master import FileMasterKey
from ledger.keys.vault import Vault
from ledger.ledger import Ledger
from ledger.vocabulary import PersonId
from policies.shelf import shipped
from projections.answers import Answers, projections
from projections.basis import Axes
from projections.following.follower import Follower
from projections.without import without
from tests.bench import Figure, Race
from tests.bench.claims import ACTOR, BY, UNIT
from tests.bench.years import LATEST, register

PEOPLE = 400
SECONDS_MOST = 1.0


def rows() -> Iterator[Race | Figure]:
    logs.configure("warning")
    with TemporaryDirectory() as name:
        folder = Path(name)
        ledger = Ledger.in_file(folder / "ledger.db", Vault(folder / "people.db", FileMasterKey.create(folder / "key")))
        people = list(register(ledger, PEOPLE))
        for person in people:
            _papers(ledger, person)
        follower = Follower(ledger, folder / "answers", projections())
        follower.start()
        assert follower.wait_for(ledger.store.size(), 120)
        answers = Answers(ledger, folder / "answers", book=shipped().book, now=lambda: time.time_ns() // 1_000)
        claims = [answers.registered(person)[0].claim for person in people]
        what = f"without one entry of each of {PEOPLE} people: years, statements, titles"
        yield Figure(f"{what}; first asked", _seconds(answers, claims), "s", most=SECONDS_MOST)
        yield Figure(f"{what}; asked again", min(_seconds(answers, claims) for _ in range(3)), "s", most=SECONDS_MOST)
        yield Race(what, "people", PEOPLE, lambda: without(answers, claims, Axes()),
                   lambda: [answers.years(person, Axes()) for person in (*people, *people)],
                   "their years alone, asked before and after", least=2, rounds=3)
        follower.stop()
        ledger.close()


def _seconds(answers: Answers, claims: list[str]) -> float:
    begin = time.perf_counter()
    told = without(answers, claims, Axes())
    took = time.perf_counter() - begin
    counts = [told["summary"][name] for name in ("persons_changed", "statements", "applications", "titles")]
    assert counts == [PEOPLE] * 4, counts
    return took


def _papers(ledger: Ledger, person: PersonId) -> None:
    """A statement of all six years, and a title that was granted on four of them."""
    at, books = ledger.store.size(), tuple(book.digest for book in shipped().books)
    now_ms = time.time_ns() // 1_000_000
    years, used = tuple(range(LATEST - 5, LATEST + 1)), tuple(range(LATEST - 5, LATEST - 1))
    statement = StatementIssued(
        statement=StatementId(new_id("statement", now_ms=now_ms)), person=person, sha256="a" * 64,
        code=new_id("statement", now_ms=now_ms)[4:], as_of=at, log_size=at, law="then", rulebooks=books, years=years)
    application = ApplicationId(new_id("application", now_ms=now_ms))
    goal = Goal(level="senior", applied_on=date(LATEST + 1, 5, 20), title_obtained_on=date(LATEST - 6, 11, 30),
                minimum_years=4)
    made = Assessment(eligible=True, years_met=4, years=used, consecutive=used[:2], reasons=(), as_of=at,
                      rulebooks=books)
    hand = Hand(actor=ACTOR)
    ledger.record([
        Draft(statement, StatementText(text="正文\n")),
        Draft(ApplicationFiled(application=application, person=person, goal=goal, unit=UNIT, region="330203",
                               sector="industry")),
        Draft(ApplicationAssessed(application=application, person=person, assessment=made, hand=hand)),
        Draft(ApplicationGranted(application=application, person=person, obtained_on=date(LATEST + 1, 7, 1),
                                 hand=hand)),
    ], by=BY)
