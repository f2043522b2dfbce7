"""A first title: there is none from which years could be counted, two of them in a row are asked all the same (N 9)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from exam_kit import ROLE, apply, compliant, disqualify, on_application
from projection_kit import HANGZHOU, NINGBO, House, living

from ledger.streams import application as applications
from ledger.vocabulary import PersonId
from projections.applications import application_of
from projections.basis import read_axes
from projections.eligibility import Question, assessment_of, eligibility

FIRST = Question(applied_on=date(2026, 5, 20), minimum_years=5, level="assistant", is_first=True)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with living(tmp_path / "house") as made:
        yield made


def graduate(house: House, years: range = range(2024, 2026), region: str = NINGBO) -> PersonId:
    """Somebody who belongs since 2018, has no title, and met these years."""
    person = house.person(unit=house.unit(region, "industry"))
    for year in years:
        compliant(house, person, year)
    return person


def ask(house: House, person: str, question: Question = FIRST) -> Any:
    return eligibility(house.followed(), person, question, read_axes())


def test_two_years_in_a_row_leave_open_what_no_title_could_be_counted_from(house: House) -> None:
    found = ask(house, graduate(house))

    assert (found["eligible"], found["title"]) == (None, None)
    assert found["hours"]["consecutive"] == [2024, 2025]
    (reason,) = found["reasons"]
    assert "第九条（一）：“任现专业技术职务后" in reason and "首次申报没有现职称" in reason
    assert "不作结论" in reason and reason.endswith("（二）符合")
    assert found["hours"]["why"][0]["rulebook"] == "ningbo-industry/2019-01-01"


def test_the_years_that_are_listed_begin_where_the_person_first_belonged(house: House) -> None:
    hours = ask(house, graduate(house))["hours"]

    assert [one["year"] for one in hours["years"]] == list(range(2018, 2027))
    assert [one["year"] for one in hours["years"] if one["met"]] == [2024, 2025] and hours["years_met"] == 2
    assert "首次申报，没有现职称，年数无从起算；首次归属以来 2018—2026 年" in hours["why"][0]["arithmetic"]


def test_without_two_years_in_a_row_a_first_application_falls_short_and_is_told_when_it_could_do(house: House) -> None:
    found = ask(house, graduate(house, range(2025, 2026)))

    assert found["eligible"] is False
    assert found["reasons"][0] == "第九条（二）：2025、2026 或 2024、2025 年没有连续两年达标"
    assert not any("（一）" in one for one in found["reasons"]), "five years since a title were never asked for"
    assert found["hours"]["earliest"] == 2026


def test_where_no_rulebook_speaks_of_titles_the_count_alone_is_given(house: House) -> None:
    found = ask(house, graduate(house, region=HANGZHOU))

    assert (found["eligible"], found["title"]) == (None, None)
    assert found["reasons"] == ["申报之日适用的细则没有规定申报职称的学时年数；只列年数，不作结论"]
    assert ask(house, graduate(house), FIRST._replace(committee="outside"))["eligible"] is None


def test_whoever_is_barred_may_not_apply_for_a_first_title_either(house: House) -> None:  # P 16
    person = graduate(house)
    claim = house.followed().registered(person)[0].claim
    disqualify(house, person, (claim,), starts="2026-01-01", until="2028-12-31")

    assert ask(house, person)["eligible"] is False


def test_a_first_application_is_answered_without_a_title_and_granted_it_is_the_one_to_count_from(house: House) -> None:
    person = graduate(house)
    name = apply(house, person, "2026-05-20", None)
    made = assessment_of(ask(house, person))
    assert (made.eligible, made.article, made.consecutive) == (None, "第九条", (2024, 2025))
    on_application(house, name, person, applications.decide_assessment,
                   applications.AssessApplication(role=ROLE, assessment=made))
    on_application(house, name, person, applications.decide_grant,
                   applications.GrantApplication(role=ROLE, obtained_on=date(2026, 6, 1)))

    one = application_of(house.followed(), name)
    assert one is not None
    assert (one.status, one.title_obtained_on, one.obtained_on) == ("granted", None, "2026-06-01")
    later = ask(house, person, Question(date(2027, 5, 20), 5))
    assert later["title"]["obtained_on"] == "2026-06-01"
