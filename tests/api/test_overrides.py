"""Hours past what a row ordinarily gives: by the department that the law names, with reason and document, or not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.api.command_kit import answering, xueshi
from tests.api.house_kit import BODY, Someone, Town, study

DOCUMENT = "甬人社函〔2026〕9号"
GIVEN: BODY = {"hours": "30", "reason": "批准的课程为五天三十学时", "document": DOCUMENT}
ASKED: BODY = {"confirmed_hours": "30", "document": DOCUMENT}


def seminar(**more: str) -> BODY:
    """Five days of a municipal class: ordinarily 24 (N 6(1))."""
    return study(route="advanced_seminar", level="municipal", days="5", **more)


@pytest.fixture(scope="module")
def county(town: Town) -> Someone:
    return town.officer(town.unit("海曙某局", "330203", "industry"), "sector_authority", "330203")


def test_an_authority_gives_more_than_is_ordinary_and_everyone_is_told_why(
    person: Someone, officer: Someone, county: Someone
) -> None:
    """Whoever asks for it with a document goes on to the department: N 8 ends at the employer, who has none to give."""
    would = person.post("/v1/claims", person.claim(seminar(**ASKED)), dry_run="true").get_json()["would"]
    claim = officer.act(person.submit(seminar(**ASKED)), "endorsement")
    claim = county.act(claim, "approval", {"override": GIVEN})

    assert [one["role"] for one in would["walk"]] == ["unit", "sector_authority"]
    assert (would["ruling"]["assessed"], would["ruling"]["room"]) == ("24", {
        "ordinary": "24", "most": "30", "article": "第六条（一）", "quote": "每班次一般不超过 24 个学时"})
    ruling = claim["ruling"]
    assert [ruling[name] for name in ("status", "assessed", "ordinary", "clauses", "flags")] == [
        "ruled", "30", "24", ["第六条（一）", DOCUMENT], ["override"]]
    said = person.saw(f"/v1/claims/{claim['claim']}")["said"]
    assert [(one["type"], one["words"]) for one in said] == [("claim.approved", GIVEN["reason"])]
    year = person.year(2026)
    entry = year["entries"][0]
    assert (year["differs"], entry["decided"]["counted"], entry["evaluated"]["counted"]) == (False, "30", "30")
    assert f"以{DOCUMENT}认定：24 → 30" in entry["evaluated"]["why"][2]["arithmetic"]
    made = person.did(f"/v1/persons/{person.id}/statements", {"years": [2026]})
    paper = person.get(f"/v1/statements/{made['statement']}/file").get_data(as_text=True)
    assert f"第六条（一） {DOCUMENT}，主管部门认定" in paper and paper.count(DOCUMENT) == 1


def test_without_it_the_same_claim_is_worth_what_is_ordinary(
    person: Someone, officer: Someone, county: Someone
) -> None:
    claim = county.act(officer.act(person.submit(seminar(**ASKED)), "endorsement"), "approval")

    assert (claim["ruling"]["assessed"], claim["ruling"]["flags"], "ordinary" in claim["ruling"]) == ("24", [], False)


def test_an_employer_gives_none_and_keeps_what_is_ordinary(person: Someone, officer: Someone) -> None:
    claim = person.submit(seminar())
    no = officer.refused(claim, "approval", {"override": GIVEN})

    assert (no["status"], no["code"], no["seen"]["role"]) == (403, "confirmation_not_theirs", "sector_authority")
    assert officer.act(claim, "approval")["ruling"]["assessed"] == "24"


@pytest.mark.parametrize("hours", ["24", "30.5", "36"])
def test_past_what_the_days_give_the_arithmetic_says_no(
    person: Someone, officer: Someone, county: Someone, hours: str
) -> None:
    claim = officer.act(person.submit(seminar(**ASKED)), "endorsement")
    no = county.refused(claim, "approval", {"override": {**GIVEN, "hours": hours}})

    assert (no["status"], no["code"], no["seen"]["ordinary"], no["seen"]["most"]) == (
        422, "override_out_of_bounds", "24", "30")
    assert [step["arithmetic"] for step in no["seen"]["why"]][:2] == [
        "5 天 × 6 = 30", "每班次一般不超过 24：30 → 24"]


def test_where_the_words_leave_no_room_they_are_quoted(town: Town) -> None:
    """E 8(1) says nothing of 一般; neither does what no rulebook rules."""
    works = town.unit("某环保公司", "330302", "environment")
    person, clerk = town.person(), town.officer(works, "unit", "330302", unit=works["unit"])
    town.belongs(person, works, "2020-01-01")
    bureau = town.officer(town.unit("温州某局", "330300", "environment"), "sector_authority", "3303")
    claim = person.submit(study(days="5"))
    claim = clerk.act(claim, "endorsement") if claim["step_due"] == "unit" else claim
    no = bureau.refused(claim, "approval", {"override": GIVEN})

    assert (no["status"], no["code"]) == (422, "override_no_room")
    assert any("每天可分别认定" in step["quote"] for step in no["seen"]["why"] if step["quote"])


def test_a_correction_may_give_it_or_take_it_back(person: Someone, officer: Someone, county: Someone) -> None:
    claim = county.act(officer.act(person.submit(seminar(**ASKED)), "endorsement"), "approval")
    anew = {key: value for key, value in person.claim(seminar(**ASKED)).items() if key != "person"}

    claim = county.act(claim, "correction", {**anew, "override": GIVEN})
    assert claim["ruling"]["assessed"] == "30"
    seen = person.saw(f"/v1/claims/{claim['claim']}")
    assert [(one["type"], one["words"]) for one in seen["said"]] == [("claim.corrected", GIVEN["reason"])]
    assert "override_reason" not in seen["details"]
    assert county.act(claim, "correction", anew)["ruling"]["assessed"] == "24"


@pytest.mark.parametrize(("body", "pointer"), [
    ({"override": {**GIVEN, "document": None}}, "/override/document"),
    ({"override": {name: GIVEN[name] for name in ("hours", "document")}}, "/override/reason"),
    ({"override": GIVEN, **ASKED}, "/override"),
])
def test_it_wants_reason_and_document_and_nothing_beside_it(
    person: Someone, officer: Someone, body: BODY, pointer: str
) -> None:
    assert officer.refused(person.submit(seminar()), "approval", body)["errors"][0]["pointer"] == pointer


def test_the_command_gives_it_and_tells_what_was_ordinary(
    tmp_path: Path, town: Town, person: Someone, officer: Someone, county: Someone
) -> None:
    claim = officer.act(person.submit(seminar(**ASKED)), "endorsement")["claim"]
    with answering(town.app) as server:
        def run(*arguments: str) -> tuple[int, str]:
            ended = xueshi(tmp_path, "claim", "approve", claim, *arguments, XUESHI_TOKEN=str(county.token),
                           XUESHI_SERVER=server)
            return ended.returncode, ended.stdout + ended.stderr

        assert run("--words", "五天")[0] == 2
        assert "/override/document" in run("--override", "30", "--words", "五天")[1]
        status, told = run("--override", "30", "--words", "五天", "--document", DOCUMENT)
    assert status == 0, told
    assert f"30 学时（条文一般给 24，由主管部门认定），认定，ningbo-industry/2019-01-01 第六条（一） {DOCUMENT}" in told
