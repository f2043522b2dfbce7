"""An appeal is heard above whoever decided, or by the department that answers for them, within the terms of a duty."""

from __future__ import annotations

from datetime import date

import pytest

from policies.appeals import AppealLaw, appeal_law
from policies.authority import walk
from policies.law import Law
from policies.shelf import shipped

LAW = Law(shipped().books)
DAY = date(2022, 3, 1)


def heard(region: str, sector: str, decided_by: str, *, category: str = "professional", standing: str | None = None,
          major: str | None = None, reach: str | None = None) -> AppealLaw | None:
    return appeal_law(LAW, DAY, region, sector, major, category, decided_by=decided_by, reach=reach,
                      walk=walk(LAW, DAY, region, sector, major, standing, category))


@pytest.mark.parametrize(("region", "sector", "standing", "decided_by", "role", "area"), [
    ("330402", "environment", None, "sector_authority", "sector_authority", "3304"),  # A county's: the city's.
    ("330400", "environment", None, "sector_authority", "sector_authority", "33"),
    ("330000", "environment", None, "sector_authority", "sector_authority", "33"),    # The province's: itself.
    ("330402", "environment", None, "unit", "sector_authority", "330402"),            # A unit's: its department.
    ("330203", "industry", None, "unit", "sector_authority", "330203"),               # N 8.
    ("330302", "environment", None, "sector_authority", "sector_authority", "33"),    # W 2: it was the city's.
    ("330000", "natural_resources", "provincial_institution", "unit", "sector_authority", "33"),  # R 8.
    ("330102", "natural_resources", "talent_market", "talent_market", "sector_authority", "33"),
    ("330402", "environment", None, "supervisor", "sector_authority", "330402"),
])
def test_who_hears_is_above_whoever_decided(
    region: str, sector: str, standing: str | None, decided_by: str, role: str, area: str
) -> None:
    found = heard(region, sector, decided_by, standing=standing)

    assert found is not None
    assert (found.office.role, found.office.region, found.office.article) == (role, area, "第十七条")
    assert "上级主管部门" in found.office.quote


@pytest.mark.parametrize(("reach", "area"), [("33", "33"), ("3304", "33"), ("330402", "3304"), (None, "3304")])
def test_who_decides_for_a_wider_place_is_heard_above_that(reach: str | None, area: str) -> None:
    """AMB-32: 省级部门作出的，由该部门另派人员复核; what a province's supervision took a city does not give back."""
    found = heard("330402", "environment", "sector_authority", reach=reach)

    assert found is not None and found.office.region == area


def test_general_public_hours_are_heard_by_human_resources() -> None:
    found = heard("330402", "environment", "human_resources", category="general_public")

    assert found is not None and (found.office.role, found.office.region) == ("human_resources", "3304")


def test_the_terms_are_those_of_the_duty_and_its_reading_says_why() -> None:
    found = heard("330203", "industry", "unit")

    assert found is not None and (found.days, found.answer_days) == (60, 60)
    (reading,) = (one for book in shipped().books for one in book.readings if one.id == "AMB-32")
    assert (reading.parameter, reading.value) == ("duty.第十七条.days", found.days)


def test_an_office_above_may_hear_and_one_below_may_not() -> None:
    found = heard("330402", "environment", "sector_authority")

    assert found is not None
    assert [found.office.is_of_level(region) for region in ("33", "3304", "330402")] == [True, True, False]


def test_where_no_rulebook_says_so_nobody_hears() -> None:
    without = Law(tuple(book for book in shipped().books if all(duty.kind != "appeal" for duty in book.duties)))
    steps = walk(LAW, DAY, "330203", "industry", None, None, "professional")

    assert appeal_law(without, DAY, "330203", "industry", None, "professional", walk=steps, decided_by="unit") is None
