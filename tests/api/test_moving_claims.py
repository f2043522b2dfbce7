"""A person moves while claims wait or stand: who holds each, and by which law it is judged (AMB-28)."""

from __future__ import annotations

import pytest

from tests.api.house_kit import BODY, Someone, Town, study

HERE, THERE = "ningbo-industry/2019-01-01", "zhejiang-environment/2018-07-15"
WORDS: BODY = {"words": "已核对"}


@pytest.fixture(scope="module")
def station(town: Town) -> BODY:
    return town.unit("某站", "330402", "environment")


@pytest.fixture(scope="module")
def clerk(town: Town, station: BODY) -> Someone:
    return town.officer(station, "unit", "330402", unit=station["unit"])


def of(someone: Someone, claim: BODY) -> bool:
    """Whether a claim waits with somebody."""
    return claim["claim"] in {one["id"] for one in someone.saw("/v1/work", limit=200)["items"]}


def test_a_trial_says_who_holds_each_claim_and_what_the_new_law_makes_of_it(
    person: Someone, officer: Someone, station: BODY
) -> None:
    early = officer.act(person.submit(study(date="2026-02-02")), "approval")
    late = person.submit(study(date="2026-04-02"))
    gone = person.act(person.submit(study(date="2026-04-03")), "withdrawal")

    would = person.post(f"/v1/persons/{person.id}/transfers", {"to_unit": station["unit"], "starts": "2026-03-01"},
                        dry_run="true").get_json()["would"]

    told = {one["claim"]: (one["held_by"]["role"], one["held_by"]["region"], one["law_moves"], one["assessed"])
            for one in would["claims"]}
    assert told == {
        early["claim"]: ("unit", "330203", False, {"before": "8", "after": "8"}),
        late["claim"]: ("unit", "330203", True, {"before": "8", "after": "12"}),
    }
    assert gone["claim"] not in told


def test_what_waits_stays_with_the_old_office_and_is_judged_where_its_person_belonged_on_its_day(
    town: Town, person: Someone, officer: Someone, clerk: Someone, station: BODY
) -> None:
    """The transfer is confirmed after the claims came in, and begins before one of them."""
    early, late = (person.submit(study(date=day)) for day in ("2026-02-02", "2026-04-02"))
    town.belongs(person, station, "2026-03-01")

    assert of(officer, late) and not of(clerk, late)
    assert clerk.refused(late, "approval", {})["code"] == "outside_scope"
    early, late = (officer.act(claim, "approval") for claim in (early, late))
    assert [(one["ruling"]["rulebook"], one["ruling"]["assessed"]) for one in (early, late)] == [
        (HERE, "8"), (THERE, "12")]
    assert person.submit(study(date="2026-05-02"))["steps"] == ["unit", "sector_authority"]


def test_what_stands_stays_as_it_was_decided_and_the_office_that_decided_has_to_look(
    town: Town, person: Someone, officer: Someone, clerk: Someone, station: BODY
) -> None:
    claim = officer.act(person.submit(study(date="2026-04-02")), "approval")
    town.belongs(person, station, "2026-03-01")

    year = person.year(2026)
    assert (year["decided"]["total"], year["evaluated"]["total"], year["differs"]) == ("8", "12", True)
    corrected = {"study": study(date="2026-04-02"), "details": {"title": "某次培训"}, "evidence": claim["evidence"]}
    assert clerk.refused(claim, "correction", corrected)["code"] == "outside_scope"
    claim = officer.act(claim, "correction", corrected)
    assert (claim["ruling"]["rulebook"], claim["ruling"]["assessed"]) == (THERE, "12")
    assert not person.year(2026)["differs"]


def test_an_appeal_is_heard_where_the_claim_was_submitted_wherever_its_person_is_now(
    town: Town, person: Someone, officer: Someone, station: BODY
) -> None:
    claim = officer.act(person.submit(study(date="2026-02-02")), "refusal", WORDS)
    town.belongs(person, station, "2026-03-01")

    appealed = person.act(claim, "appeal", WORDS)["appeal"]

    assert (appealed["office"], appealed["region"]) == ("sector_authority", "330203")
