"""Hours that no rulebook gives are an authority's to confirm; an employer that registers is none."""

from __future__ import annotations

import pytest

from tests.api.house_kit import BODY, SHA, Someone, Town, study

PATENT: BODY = {"category": "professional", "route": "patent", "level": "invention", "rank": 1, "date": "2026-04-02"}
WORD: BODY = {"confirmed_hours": "12", "document": "甬经信〔2026〕示例 1 号"}


@pytest.fixture(scope="module")
def county(town: Town) -> Someone:
    return town.officer(town.unit("海曙某局", "330203", "industry"), "sector_authority", "330203")


@pytest.fixture(scope="module")
def beside(town: Town) -> Someone:
    return town.officer(town.unit("江北某局", "330205", "industry"), "sector_authority", "330205")


@pytest.mark.parametrize("facts", [PATENT, {**PATENT, **WORD}])
def test_what_no_rulebook_gives_goes_on_from_the_employer_to_the_department(
    person: Someone, officer: Someone, county: Someone, facts: BODY
) -> None:
    """N has no rate for a patent. N 8 leaves the register to the employer, P 7 the subject to the department."""
    would = person.post("/v1/claims", person.claim(facts), dry_run="true").get_json()["would"]
    claim = person.submit(facts)

    assert [(one["role"], one["article"]) for one in would["walk"]] == [
        ("unit", "第八条"), ("sector_authority", "第七条")]
    assert claim["steps"] == ["unit", "sector_authority"]
    assert officer.refused(claim, "approval", WORD)["code"] == "confirmation_not_theirs"
    claim = county.act(officer.act(claim, "endorsement"), "approval", WORD)
    assert (claim["ruling"]["status"], claim["ruling"]["assessed"]) == ("manual", "12")


def test_what_a_rulebook_gives_still_ends_at_the_employer(person: Someone, officer: Someone) -> None:
    claim = person.submit(study())

    assert claim["steps"] == ["unit"]
    assert officer.act(claim, "approval")["ruling"]["status"] == "ruled"


def test_a_correction_by_the_employer_gives_no_hours_of_its_own_either(person: Someone, officer: Someone) -> None:
    claim = officer.act(person.submit(study()), "approval")

    papers = [{"kind": "certificate", "sha256": SHA}]
    no = officer.refused(
        claim, "correction", {"study": PATENT, "details": {"title": "一种焊枪"}, "evidence": papers, **WORD})

    assert (no["code"], no["seen"]["role"], no["seen"]["region"]) == ("confirmation_not_theirs", "sector_authority",
                                                                      "330203")
    assert "专业科目" in no["seen"]["quote"]


def test_the_department_that_confirms_is_that_of_the_place(
    person: Someone, officer: Someone, beside: Someone
) -> None:
    claim = officer.act(person.submit(PATENT), "endorsement")

    assert beside.refused(claim, "approval", WORD)["code"] == "claim_absent"


def test_a_review_that_begins_anew_goes_the_whole_way_again(
    town: Town, person: Someone, officer: Someone, county: Someone
) -> None:
    city = town.officer(town.unit("宁波某局", "330200", "industry"), "sector_authority", "3302")
    claim = county.act(officer.act(person.submit(PATENT), "endorsement"), "refusal", {"words": "没有证书"})
    claim = person.act(claim, "appeal", {"words": "证书在附件中"})

    assert claim["appeal"]["region"] == "3302"
    assert city.act(claim, "appeal-allowance", {"words": "有证书"})["steps"] == ["unit", "sector_authority"]
