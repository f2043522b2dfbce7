"""Of which kind a difference is, and that a year differs only where an entry brings something else to it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from projection_kit import HANGZHOU, NINGBO, WENZHOU, House, any_book, exam, living, open_house, seminar
from test_random_histories import live, steps

from ledger.events.study import Ruling, Study
from ledger.vocabulary import Category


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with living(tmp_path / "house") as made:
        yield made


@pytest.fixture
def ningbo(house: House) -> Any:
    return house.person(unit=house.unit(NINGBO, "industry"))


def manual(centi: int) -> Ruling:
    return Ruling(assessed_centi=centi, status="manual")


def kinds(house: House, person: Any, year: int = 2021, **axes: str) -> list[tuple[str, str, str]]:
    return [(one["kind"], one["decided"], one["evaluated"]) for one in house.year(person, year, **axes)["differences"]]


def test_what_the_law_cannot_read_is_unreadable(house: House, ningbo: Any) -> None:
    strange = Study(category=Category.PROFESSIONAL, route="metaverse", evidence_on=date(2021, 3, 1))
    house.registered(ningbo, strange, ruling=manual(800))

    assert kinds(house, ningbo) == [("unreadable", "8", "0")]


def test_a_transfer_entered_later_is_of_belonging(house: House, ningbo: Any) -> None:
    house.registered(ningbo, exam("2021-09-01"))
    house.affiliate(ningbo, house.unit(HANGZHOU, "environment"), "2021-07-01")

    # N 6(8) gave 6 a subject, E 8(2) gives 30 an exam.
    assert kinds(house, ningbo) == [("belonging", "6", "30")]


def test_where_the_law_would_have_moved_it_all_the_same_it_is_of_worth(house: House, ningbo: Any) -> None:
    house.registered(ningbo, exam("2021-09-01"), ruling=Ruling(
        assessed_centi=900, status="ruled", rulebook="ningbo-industry/2019-01-01",  # type: ignore[arg-type]
        digest=any_book("ningbo-industry/2019-01-01").digest, clauses=("第六条（八）",)))

    assert kinds(house, ningbo) == [("worth", "9", "6")]
    house.affiliate(ningbo, house.unit(HANGZHOU, "environment"), "2021-07-01")
    assert kinds(house, ningbo) == [("worth", "9", "30")], "not even where the office believed it to be was it worth 9"


def test_a_rulebook_enacted_after_the_year_it_judges_is_of_worth(tmp_path: Path) -> None:
    house = open_house(tmp_path / "house")
    try:
        house.settle()
        house.enact("zhejiang/2016-08-01")
        person = house.person(unit=house.unit(NINGBO, "industry"))
        house.registered(person, exam("2021-03-01"), ruling=manual(900))
        house.enact("ningbo-industry/2019-01-01")

        assert kinds(house, person) == [("worth", "9", "6")]
    finally:
        house.follower.stop()
        house.ledger.close()
        house.vault.close()


def test_which_of_two_is_kept_and_what_a_cap_leaves_are_told_apart(house: House, ningbo: Any) -> None:
    house.registered(ningbo, exam("2021-03-01", 1, occasion="o1"))
    house.registered(ningbo, exam("2021-04-01", 2, occasion="o1"), ruling=manual(300))

    # As decided the first, of 6, is kept; by the law the second, of 12.
    assert kinds(house, ningbo) == [("duplicate", "6", "0"), ("worth", "0", "12")]


def test_what_a_cap_leaves_is_of_room(house: House, ningbo: Any) -> None:
    for day in ("2021-05-03", "2021-06-03"):
        house.registered(ningbo, seminar(day), ruling=manual(2400))

    assert kinds(house, ningbo) == [("room", "24", "12")]


def test_the_same_hours_of_another_class_differ_too(house: House) -> None:
    person = house.person(unit=house.unit(WENZHOU, "natural_resources"), starts="2021-01-01")
    study = exam("2021-09-01", 2)
    ruled = house.ruling(person, study)
    # R sorts what it rules into classes, and its cycle asks for one; hours that were confirmed by hand have none.
    house.registered(person, study, ruling=manual(ruled.assessed_centi))
    (kind, decided, evaluated), = kinds(house, person)

    assert (kind, decided) == ("class", evaluated)
    assert house.year(person, 2021)["differs"]


@settings(max_examples=8, derandomize=True, deadline=None)
@given(steps)
def test_a_year_that_differs_follows_from_an_entry_that_does(history: list[Any]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder, living(Path(folder) / "house") as house:
        for person in live(house, history):
            years = house.years(person)["years"]
            moved = [year["year"] for year in years if year["differences"]]
            for year in years:
                assert year["differs"] == (year["year"] in moved) or (year["differs"] and min(moved) < year["year"])
