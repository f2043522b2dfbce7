"""With whom a plan and a class are filed, and who registers a roster, as the shipped rulebooks say it."""

from __future__ import annotations

from datetime import date

import pytest

from policies.authority import NobodyRegisters, Office, class_recipients, plan_recipients, roster_offices
from policies.law import Law
from policies.shelf import shipped

DAY = date(2026, 3, 1)


@pytest.fixture(scope="module")
def law() -> Law:
    return Law(shipped().books)


def told(offices: tuple[Office, ...]) -> list[tuple[str, str | None, str, str]]:
    return [(one.role, one.level, one.region, one.article) for one in offices]


def test_a_plan_is_filed_with_both_departments_of_the_organisers_own_level(law: Law) -> None:
    """P 11."""
    assert told(plan_recipients(law, DAY, "330203", "industry")) == [
        ("human_resources", "own", "330203", "第十一条"), ("sector_authority", "own", "330203", "第十一条")]
    assert [one.region for one in plan_recipients(law, DAY, "330000", "environment")] == ["33", "33"]


def test_a_base_of_ningbos_industry_files_with_the_city_alone(law: Law) -> None:
    """N 7: 市级及以上继续教育基地、经认定的培训机构报市经济和信息化委员会备案."""
    found = class_recipients(law, DAY, "330203", "industry", "professional", "filed_training", "recognised_organiser")

    assert told(found) == [("sector_authority", "municipal", "3302", "第七条")]
    assert found[0].quote.startswith("市级及以上继续教育基地")


@pytest.mark.parametrize("who", ["unit", None])
def test_an_employer_of_ningbos_industry_files_with_the_city_or_with_human_resources(
    law: Law, who: str | None
) -> None:
    """N 7: 用人单位按人事隶属关系报所在地人社部门或市级主管部门备案. Of what is on file nobody is told apart."""
    found = class_recipients(law, DAY, "330203", "industry", "professional", "filed_training", who)

    assert told(found) == [("sector_authority", "municipal", "3302", "第七条"),
                           ("human_resources", "own", "330203", "第七条")]
    assert not found[0].is_of_level("330203") and found[0].is_of_level("3302")


def test_a_class_of_wenzhou_is_filed_with_the_citys_department_that_registers_its_roster(law: Law) -> None:
    """W 13."""
    found = class_recipients(law, DAY, "330302", "general", "professional", "training")

    assert told(found) == [("sector_authority", "municipal", "3303", "第十三条")]
    assert found == roster_offices(law, DAY, "330302", "general", "professional")


def test_where_no_row_speaks_of_rosters_whoever_registers_the_subject_registers_them(law: Law) -> None:
    """N 8: a recognised organiser, or the unit."""
    assert [one.role for one in roster_offices(law, DAY, "330203", "industry", "professional")] == [
        "recognised_organiser", "unit"]
    assert told(roster_offices(law, DAY, "330402", "environment", "professional"))[0][0] == "sector_authority"


def test_what_a_system_registers_has_no_roster(law: Law) -> None:
    """N 8: the general public subject is automatic there. Elsewhere nothing is said at all."""
    for region, category in (("330203", "general_public"), ("440100", "professional")):
        with pytest.raises(NobodyRegisters):
            roster_offices(law, DAY, region, "industry", category)
