"""Somebody's data is stored and nothing else, and goes on being processed after: by human resources of their place."""

from __future__ import annotations

import pytest

from tests.api.house_kit import BODY, Someone, Town, study

BASIS, WORDS = {"basis": "申〔2026〕8号"}, {"words": "本人书面申请停止处理"}


@pytest.fixture
def office(town: Town) -> Someone:
    return town.officer(town.unit("台州市人社局", "331000", "general"), "human_resources", "3310")


@pytest.fixture
def works(town: Town) -> BODY:
    return town.unit("椒江的厂", "331002", "industry")


def at(whom: Someone, act: str = "") -> str:
    return f"/v1/persons/{whom.id}" + (act and f"/{act}")


def test_what_waits_of_somebody_who_is_restricted_rests_and_goes_on_after(
    town: Town, office: Someone, works: BODY
) -> None:
    """PIPL 47: stored, and nothing else."""
    li = town.person()
    town.belongs(li, works, "2024-01-01")
    claim = li.submit(study(route="exam", subjects=1, date="2026-02-01"))

    would = office.post(at(li, "restrictions"), {**BASIS, **WORDS}, dry_run="true").get_json()["would"]
    assert would["effects"] == {"claims": [claim["claim"]], "transfers": [], "applications": []}
    assert not li.saw(at(li))["restricted"], "a trial writes nothing"
    assert office.did(at(li, "restrictions"), {**BASIS, **WORDS})["restricted"]

    again = office.post(at(li, "restrictions"), {**BASIS, **WORDS})
    assert (again.status_code, again.get_json()["code"]) == (409, "already_restricted")
    body = {"person": li.id, "study": study(date="2026-03-02"), "details": {"title": "另一次"}, "evidence": []}
    assert li.post("/v1/claims", body).get_json()["code"] == "person_restricted"
    withdrawn = li.post(f"/v1/claims/{claim['claim']}/withdrawal", version=claim["version"])
    assert withdrawn.get_json()["code"] == "person_restricted"

    assert not office.did(at(li, "restriction-liftings"), BASIS)["restricted"]
    li.did(f"/v1/claims/{claim['claim']}/withdrawal", version=claim["version"])
    assert office.post(at(li, "restriction-liftings"), BASIS).get_json()["code"] == "not_restricted"


def test_a_restriction_that_a_proposal_to_forget_them_needs_ends_with_that_alone(
    town: Town, office: Someone, works: BODY
) -> None:
    li = town.person()
    town.belongs(li, works, "2024-01-01")
    office.did(at(li, "erasure"), {"basis": "request", "document": "申〔2026〕7号", "asked_on": "2026-11-18", **WORDS})

    lifted = office.post(at(li, "restriction-liftings"), BASIS)

    assert (lifted.status_code, lifted.get_json()["code"]) == (409, "erasure_proposed")
    assert li.saw(at(li))["restricted"]


def test_only_human_resources_of_the_place_restrict_and_nobody_their_own_record(
    town: Town, office: Someone, works: BODY
) -> None:
    """D07."""
    li = town.person()
    town.belongs(li, works, "2024-01-01")
    far = town.officer(town.unit("衢州市人社局", "330800", "general"), "human_resources", "3308")
    clerk = town.officer(works, "unit", "331002", unit=works["unit"])
    own = town.officer(works, "human_resources", "3310", person=li.id)
    body = {**BASIS, **WORDS}

    assert far.post(at(li, "restrictions"), body).get_json()["code"] == "person_absent"
    assert clerk.post(at(li, "restrictions"), body).get_json()["code"] == "role_not_held"
    assert own.post(at(li, "restrictions"), body).get_json()["code"] == "own_record"
    assert li.post(at(li, "restrictions"), body).get_json()["code"] == "official_needed"
