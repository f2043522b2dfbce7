"""What follows from a shortage or a falsification, as the shipped rulebooks and the national draft say it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from policies.law import Law
from policies.sanctions import (
    CANCELLED,
    FALSIFIED,
    POSTPONED,
    SHORT,
    Place,
    for_application,
    for_title,
    for_what_is_to_come,
)
from policies.shelf import drafts, shipped

DAY = date(2026, 3, 1)
NINGBO = Place(DAY, "330203", "industry")
PROVINCE = Place(DAY, "330000", "environment")


@pytest.fixture(scope="module")
def law() -> Law:
    return Law(shipped().books)


@pytest.mark.parametrize(("place", "cause", "told"), [
    (NINGBO, SHORT, (POSTPONED, "ningbo-industry/2019-01-01", "第九条")),
    (NINGBO, FALSIFIED, (CANCELLED, "ningbo-industry/2019-01-01", "第十条")),
    (PROVINCE, SHORT, (CANCELLED, "zhejiang-environment/2018-07-15", "第十三条")),
    (Place(DAY, "330302", "general"), SHORT, (CANCELLED, "zhejiang/2016-08-01", "第十六条")),
    (Place(DAY, "330302", "general"), FALSIFIED, (CANCELLED, "wenzhou/2020-11-27", "第十五条")),
    (Place(DAY, "330100", "natural_resources", "测绘地理信息"), FALSIFIED,
     (CANCELLED, "zhejiang-natural-resources/2021-01-01", "第十条")),
])
def test_the_closest_rulebook_that_speaks_of_it_says_what_becomes_of_an_application(
    law: Law, place: Place, cause: str, told: tuple[str, str, str]
) -> None:
    found = for_application(law, place, cause)

    assert found is not None
    assert (found.effect, found.rulebook, found.article) == told


def test_a_title_is_taken_where_the_text_takes_it_and_nowhere_else(law: Law) -> None:
    """N 10."""
    found = for_title(law, NINGBO, FALSIFIED)

    assert found is not None
    assert (found.article, found.quote) == ("第十条", "已参加评审取得资格的取消其资格")
    assert for_title(law, PROVINCE, FALSIFIED) is None and for_title(law, NINGBO, SHORT) is None
    assert for_application(law, Place(date(2016, 7, 31), "330302", "general"), FALSIFIED) is None, "before P"


def test_none_of_the_five_bars_for_a_term_and_the_national_rule_does_for_three_years_to_the_day(law: Law) -> None:
    """AMB-06."""
    national = replace(drafts().book("national-title-supervision/2024-07-25"), off=False)  # It is off as it is shipped.
    found = for_what_is_to_come(Law((*shipped().books, national)), PROVINCE, FALSIFIED)

    assert for_what_is_to_come(law, PROVINCE, FALSIFIED) is None
    assert found is not None and found.article == "虚假承诺"
    assert found.until(date(2026, 6, 1)) == date(2029, 5, 31)
    assert found.until(date(2024, 2, 29)) == date(2027, 2, 28)
    assert found.until(date(2025, 3, 1)) == date(2028, 2, 29)
