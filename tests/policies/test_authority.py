"""Who registers whom is read from the rulebooks: four places whose steps differ, and people with a row of their own."""

from __future__ import annotations

from datetime import date

import pytest

from policies.authority import NobodyRegisters, Office, walk
from policies.law import Law
from policies.shelf import shipped

LAW = Law(shipped().books)
DAY = date(2022, 5, 5)


def steps(
    region: str, sector: str, category: str = "professional", standing: str | None = None
) -> list[tuple[str, str]]:
    one = walk(LAW, DAY, region, sector, None, standing, category)
    return [(office.role, office.region) for office in one.steps]


@pytest.mark.parametrize(
    ("region", "sector", "wanted"),
    [
        ("330302", "general", [("sector_authority", "3303")]),                             # W 12: no step of the unit
        ("330203", "industry", [("unit", "330203")]),                                      # N 8 ends at the unit
        ("330402", "environment", [("unit", "330402"), ("sector_authority", "330402")]),   # E 11, P 13
        ("330402", "natural_resources", [("sector_authority", "330402")]),                 # R 8: the county's bureau
        ("330400", "natural_resources", [("sector_authority", "3304")]),                   # R 8: the city's bureau
        ("330106", "general", [("unit", "330106"), ("sector_authority", "330106")]),       # P 7
    ],
)
def test_a_professional_claim_walks_the_steps_of_its_place(
    region: str, sector: str, wanted: list[tuple[str, str]]
) -> None:
    assert steps(region, sector) == wanted


def test_environment_people_in_wenzhou_register_in_the_local_system_and_so_by_local_steps() -> None:
    assert steps("330302", "environment") == [("sector_authority", "3303")]


def test_general_public_hours_are_the_human_resources_departments_or_the_systems() -> None:
    assert steps("330302", "general", "general_public") == [("human_resources", "330302")]
    assert steps("330106", "general", "general_public")[-1] == ("human_resources", "330106")
    assert walk(LAW, DAY, "330203", "industry", None, None, "general_public").automatic


@pytest.mark.parametrize(
    ("standing", "wanted"),
    [
        ("provincial_institution", [("unit", "330000")]),
        ("provincial_blasting", [("blasting_association", "33")]),
        ("talent_market", [("talent_market", "33")]),
    ],
)
def test_natural_resources_name_others_for_those_who_stand_apart(
    standing: str, wanted: list[tuple[str, str]]
) -> None:
    assert steps("330000", "natural_resources", standing=standing) == wanted


def test_a_category_that_a_sector_is_silent_about_falls_to_the_rulebook_below() -> None:
    one = walk(LAW, DAY, "330402", "natural_resources", None, None, "sector_public")
    assert {office.rulebook for office in one.steps} == {"zhejiang/2016-08-01"}
    assert one.roles == ("unit", "sector_authority")


def test_each_step_carries_the_words_that_name_it() -> None:
    (office,) = walk(LAW, DAY, "330302", "general", None, None, "professional").steps
    assert (office.rulebook, office.article) == ("wenzhou/2020-11-27", "第二条")
    assert "市级行业主管部门" in office.quote


def test_where_the_text_names_a_level_only_that_level_registers_and_else_an_office_above_may() -> None:
    named = Office("sector_authority", "municipal", "3303", "x", "y", "z")
    own = Office("sector_authority", "own", "330402", "x", "y", "z")
    assert [named.is_of_level(region) for region in ("33", "3303", "330302")] == [False, True, False]
    assert [own.is_of_level(region) for region in ("33", "3304", "330402", "330411")] == [True, True, True, False]


def test_before_any_rulebook_nobody_registers() -> None:
    with pytest.raises(NobodyRegisters, match="2015-01-01 没有细则规定"):
        walk(LAW, date(2015, 1, 1), "330302", "general", None, None, "professional")


def test_before_wenzhou_had_its_own_rules_its_claims_walked_the_provinces_steps() -> None:
    one = walk(LAW, date(2020, 11, 26), "330302", "general", None, None, "professional")
    assert one.roles == ("unit", "sector_authority")
