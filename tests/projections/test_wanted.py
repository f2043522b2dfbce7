"""Work is narrowed and put in order in SQL as it would be in Python, whatever is asked for."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from projection_kit import HANGZHOU, NINGBO, House, exam, living

from ledger.events.actor import Scope
from ledger.streams import claim_review as review
from ledger.streams.claim import Claim
from ledger.streams.decision import Decision
from ledger.streams.person import Person
from ledger.streams.standing import Actor
from projections.wanted import EVERYTHING, NOBODY, Wanted

EVERYWHERE = (Scope(role="sector_authority", region="33"), Scope(role="unit", region="33"))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Work of several kinds, units and years, some of it given to one hand."""
    with living(tmp_path_factory.mktemp("wanted") / "house") as made:
        chance = random.Random(7)
        units = [made.unit(region, "industry") for region in (NINGBO, HANGZHOU)]
        people = [made.person(unit=units[at % 2]) for at in range(4)]
        for at in range(40):
            day = f"{chance.choice((2019, 2020, 2021))}-03-0{1 + at % 9}"
            claim = made.submit(people[at % 4], exam(day), steps=(chance.choice(("unit", "sector_authority")),))
            if at % 3 == 0:
                made.on_claim(claim, _given, None)
        made.followed()
        yield made


def _given(claim: Claim, _: object, person: Person, by: Actor) -> Decision:
    """Give a claim to whoever acts."""
    return review.decide_assignment(claim, review.AssignClaim(role=claim.step_due), person, by, by)


def pages(house: House, wanted: Wanted, limit: int) -> list[str]:
    found, after = [], None
    while True:
        page = house.answers.work(EVERYWHERE, after=after, limit=limit, wanted=wanted)
        found += [one.id for one in page.items]
        if (after := page.next) is None:
            return found


def test_sql_and_python_keep_the_same_in_the_same_order(house: House) -> None:
    every = house.answers.work(EVERYWHERE, limit=500).items
    chance = random.Random(11)
    assert len(every) > 35
    seen = 0
    for _ in range(120):
        one = chance.choice(every)
        wanted = Wanted(
            kind=chance.choice((None, None, "claim", "unit")), category=chance.choice((None, one.category)),
            unit=chance.choice((None, None, one.unit)), holder=chance.choice((None, None, NOBODY, one.holder)),
            not_holder=chance.choice((None, None, None, "acr_else")),
            studied_before=chance.choice((None, None, 2020, 2021)), papers=chance.choice((None, None, one.papers)),
            claims=chance.choice((None, None, frozenset(kept.id for kept in every[::2]))),
            since_from=chance.choice((None, None, one.since_at)), since_below=chance.choice((None, None, one.since_at)),
            by=chance.choice(("since", "unit", "category")), backwards=chance.choice((False, True)),
        )
        expected = [kept.id for kept in sorted(filter(wanted.keeps, every), key=wanted.place,
                                               reverse=wanted.backwards)]
        assert pages(house, wanted, chance.choice((1, 3, 50))) == expected, wanted
        seen += bool(expected)
    assert seen > 40, "most questions have an answer"


def test_everything_is_what_is_asked_for_unless_asked_otherwise(house: House) -> None:
    every = house.answers.work(EVERYWHERE, limit=500).items

    assert all(map(EVERYTHING.keeps, every))
    assert [one.since for one in every] == sorted(one.since for one in every)
