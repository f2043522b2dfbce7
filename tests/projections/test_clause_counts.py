"""How often each clause decided: counted by the digest that decisions cite, as of any position, up to a bound."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from projection_kit import NINGBO, House, any_book, living, seminar

from projections.clause_counts import Count, Counted, count_clauses

BOOK = any_book("ningbo-industry/2019-01-01").digest


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with living(tmp_path / "house") as made:
        yield made


@pytest.fixture
def decided(house: House) -> list[int]:
    """The sizes of the log after each of three decisions, of which another followed the first."""
    person: Any = house.person(unit=house.unit(NINGBO, "industry"))
    sizes = []
    for day in ("2021-05-03", "2022-05-03", "2023-05-03"):
        house.registered(person, seminar(day))
        sizes.append(house.size)
    return sizes


def test_a_clause_is_counted_each_time_that_a_decision_rests_on_it(house: House, decided: list[int]) -> None:
    assert count_clauses(house.followed(), BOOK) == Counted(
        {"第六条（一）": Count(3, 7200)}, 3, True, decided[-1])  # type: ignore[arg-type]
    assert count_clauses(house.followed(), "0" * 64).by_clause == {}
    assert count_clauses(house.followed(), "0" * 64).among == 3


def test_as_of_a_position_only_what_was_decided_by_then_counts(house: House, decided: list[int]) -> None:
    assert [count_clauses(house.followed(), BOOK, as_of).by_clause["第六条（一）"].decisions for as_of in decided] == [
        1, 2, 3]
    assert count_clauses(house.followed(), BOOK, decided[0] - 1).among == 0


def test_beyond_the_bound_the_newest_are_counted_and_it_is_said(house: House, decided: list[int]) -> None:
    found = count_clauses(house.followed(), BOOK, most=2)

    assert (found.by_clause["第六条（一）"].decisions, found.among, found.is_every) == (2, 2, False)
