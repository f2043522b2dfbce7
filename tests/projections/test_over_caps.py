"""What waits says beforehand that a cap of its year would cut it; and only then."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from projection_kit import NINGBO, House, course, exam, living, seminar


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with living(tmp_path / "house") as made:
        yield made


def over(house: House, *waiting: tuple[str, str], as_of: int | None = None) -> set[str]:
    answers = house.followed()
    return set(answers.over_caps.among(dict(waiting), answers.law_digests(), as_of=as_of).over)


def test_hours_that_a_full_cap_would_not_count_are_told_before_they_are_approved(house: House) -> None:
    li = house.person(unit=house.unit(NINGBO, "industry"))
    first, second, elsewhere, later = (
        house.submit(li, study) for study in (
            seminar("2021-03-01"), seminar("2021-09-01"), exam("2021-09-01"), seminar("2022-03-01")))
    asked = [(one, li) for one in (first, second, elsewhere, later)]
    assert over(house, *asked) == set(), "24 of 36 each, alone"

    before = house.size
    house.approve(first)
    assert over(house, *asked[1:]) == {second}, "24 and 24 are more than the 36 of N 6; other routes and years are not"
    assert over(house, *asked, as_of=before) == set(), "as it was known then"

    house.revoke(first)
    assert over(house, *asked[1:]) == set(), "what is revoked leaves its room to others"


def test_what_is_more_than_the_cap_by_itself_is_over_it(house: House) -> None:
    li = house.person(unit=house.unit(NINGBO, "industry"))
    many = house.submit(li, exam("2021-03-01", subjects=7))  # N 6(8): 42 of 36.

    assert over(house, (many, li)) == {many}

    before = house.size
    house.approve(many)
    assert over(house, (many, li), as_of=before) == {many}, "it waited then, whatever became of it"


def test_who_moved_is_judged_where_they_belonged(house: House) -> None:
    li = house.person(unit=house.unit(NINGBO, "industry"))
    many = house.submit(li, exam("2021-03-01", subjects=7))
    assert over(house, (many, li)) == {many}

    house.affiliate(li, house.unit("330106", "environment"), "2021-01-01")
    assert over(house, (many, li)) == set(), "E has no caps"


def test_what_nobody_has_or_the_law_does_not_rule_is_no_matter_of_a_cap(house: House) -> None:
    li = house.person(unit=house.unit("330106", "general"))
    unruled = house.submit(li, seminar("2021-03-01"))

    assert over(house, (unruled, li), (house.submit(li, course("2021-05-01")), li), ("clm_none", li)) == set()


def test_of_a_long_list_so_many_are_judged_at_a_time_and_the_rest_is_said_to_be_unknown(house: House) -> None:
    li = house.person(unit=house.unit(NINGBO, "industry"))
    waiting = {house.submit(li, exam(f"2021-03-0{day}", subjects=7)): li for day in (1, 2, 3)}
    answers = house.followed()

    told = [answers.over_caps.among(waiting, answers.law_digests(), most=2) for _ in range(2)]
    assert [(len(one.over), one.unknown) for one in told] == [(2, 1), (3, 0)]
