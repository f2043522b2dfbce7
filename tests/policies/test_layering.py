"""Hours come from the most specific rulebook that has the route; requirements and conditions add up (AMB-01)."""

from __future__ import annotations

from datetime import date

import pytest

from policies.law import Law
from policies.shelf import shipped

LAW = Law(shipped().books)
DAY = LAW.interval(date(2022, 5, 5).toordinal())


def held(region: str, sector: str) -> list[str]:
    return [book.key for book in LAW.layer(DAY, region, sector, None).books]


@pytest.mark.parametrize(
    ("region", "sector", "keys"),
    [
        ("330203", "industry", ["N", "P"]),
        ("330203", "environment", ["E", "P"]),
        ("330203", "general", ["P"]),
        ("330302", "environment", ["E", "W", "P"]),
        ("330302", "natural_resources", ["R", "W", "P"]),
        ("330302", "industry", ["W", "P"]),
        ("330106", "industry", ["P"]),
        ("330000", "environment", ["E", "P"]),
        ("310101", "environment", []),
    ],
)
def test_local_sector_before_provincial_sector_before_local_general_before_provincial_general(
    region: str, sector: str, keys: list[str]
) -> None:
    assert held(region, sector) == keys


@pytest.mark.parametrize(
    ("region", "sector", "strictest"),
    [
        ("330302", "environment", (90, 60, 18)),
        ("330302", "natural_resources", (90, 65, 18)),
        ("330203", "natural_resources", (90, 65, 18)),
        ("330203", "industry", (90, 60, 12)),
        ("330106", "general", (90, 60, 0)),
    ],
)
def test_every_applicable_requirement_applies_so_the_strictest_wins(
    region: str, sector: str, strictest: tuple[int, int, int]
) -> None:
    due = LAW.due(date(2022, 12, 31).toordinal(), region, sector, None, 2022)
    need = {
        name: max((one.minimum.hours_centi for one in due if one.minimum.name == name), default=0) // 100
        for name in ("total", "professional", "general_public")
    }
    assert tuple(need.values()) == strictest


@pytest.mark.parametrize(
    ("year", "keys"),
    [
        (2016, set()),
        (2017, {"P"}),
        (2018, {"P"}),
        (2019, {"P", "E"}),
        (2020, {"P", "E"}),
        (2021, {"P", "E", "W"}),
    ],
)
def test_a_rulebook_judges_from_its_first_judged_year_on(year: int, keys: set[str]) -> None:
    due = LAW.due(date(year, 12, 31).toordinal(), "330302", "environment", None, year)
    assert {one.rulebook.key for one in due} == keys
