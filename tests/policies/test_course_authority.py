"""Who publishes courses, holds exams and registers what was passed, and what a course asks, as the rulebooks say it."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.vocabulary import HoursCenti
from policies.authority import Office, course_offices, course_registrar
from policies.courses import CourseLaw, course_law
from policies.law import Law
from policies.shelf import shipped

DAY = date(2026, 3, 1)


@pytest.fixture(scope="module")
def law() -> Law:
    return Law(shipped().books)


def told(one: Office) -> tuple[str, str | None, str, str]:
    return one.role, one.level, one.region, one.article


def test_courses_are_the_citys_in_wenzhou_and_elsewhere_those_of_whoever_registers_the_subject(law: Law) -> None:
    """W 7, W 10, W 11, P 6, P 7."""
    def publishes(*place: str | None) -> tuple[str, str | None, str, str]:
        (one,) = course_offices(law, DAY, *place)  # type: ignore[arg-type]
        return told(one)

    assert publishes("330302", None, "general_public") == ("human_resources", "municipal", "3303", "第十条")
    assert publishes("330300", "general", "sector_public") == ("sector_authority", "municipal", "3303", "第二条")
    assert publishes("330200", None, "general_public") == ("human_resources", "own", "3302", "第六条")
    assert publishes("330200", "industry", "sector_public") == ("sector_authority", "own", "3302", "第七条"), \
        "a unit that registers printed certificates (N 8) publishes nothing"
    assert publishes("330402", "environment", "sector_public") == ("sector_authority", "own", "330402", "第五条")


def test_a_pass_is_registered_by_a_system_in_wenzhou_and_ningbo_and_by_the_office_elsewhere(law: Law) -> None:
    """W 10, N 8, E 5, R 4, W 11."""
    def registers(region: str, sector: str, category: str) -> tuple[str, str | None, bool]:
        one, automatic = course_registrar(law, DAY, region, sector, None, None, category)
        return one.role, one.level, automatic

    assert registers("330302", "general", "general_public") == ("human_resources", "municipal", True)
    assert registers("330302", "natural_resources", "general_public") == ("human_resources", "municipal", True)
    assert registers("330203", "industry", "general_public") == ("system", None, True)
    assert registers("330203", "industry", "sector_public") == ("unit", None, False)
    assert registers("330302", "general", "sector_public") == ("sector_authority", "municipal", False)
    assert registers("330402", "environment", "general_public") == ("human_resources", "own", False)


def test_what_a_course_asks_stands_in_the_rulebook_of_its_place(law: Law) -> None:
    """W 8, W 9, W 10; W 11 names no number."""
    found = course_law(law, DAY, "330300", None, "general_public")
    assert found._replace(on_site=None, rulebook=None) == CourseLaw(True, 120, 15, 60, HoursCenti(1_800))
    assert found.rulebook == "wenzhou/2020-11-27"
    assert found.on_site is not None and found.on_site.article == "第十条"
    assert found.on_site.quote.startswith("专业技术人员完成在线学习后，点击")
    assert found.on_site.quote.endswith("统一登记一般公需科目18学时。"), "a person reads the whole sentence"
    assert course_law(law, DAY, "330300", "general", "sector_public") == CourseLaw(
        None, 120, 15, 60, None, rulebook="wenzhou/2020-11-27")
    assert course_law(law, DAY, "330200", None, "general_public") == CourseLaw()
    assert course_law(law, date(2020, 11, 26), "330300", None, "general_public") == CourseLaw()
