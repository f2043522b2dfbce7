"""A claimant who does not accept a decision is heard by the office above it, by another hand, and told why."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.api.house_kit import BODY, Someone, Town, house_in, study

WHY: BODY = {"words": "天数应为五天"}
FALSE: BODY = {"basis": "falsified", "words": "经核与原件不符"}
DAY_US = 86_400_000_000


class Hall(NamedTuple):
    """A county's environment: a unit endorses, the county decides, the city hears."""

    town: Town
    clerk: Someone
    county: Someone
    city: Someone
    unit: BODY
    ahead: list[int]


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    ahead = [0]
    with house_in(tmp_path_factory.mktemp("hall") / "data", lambda: time.time_ns() // 1_000 + ahead[0]) as town:
        unit = town.unit("某站", "330402", "environment")
        bureau, above = town.unit("某局", "330402", "environment"), town.unit("某市局", "330400", "environment")
        yield Hall(town, town.officer(unit, "unit", "330402", unit=unit["unit"]),
                   town.officer(bureau, "sector_authority", "330402"),
                   town.officer(above, "sector_authority", "3304"), unit, ahead)


@pytest.fixture
def li(hall: Hall) -> Someone:
    person = hall.town.person()
    hall.town.belongs(person, hall.unit, "2020-01-01")
    return person


def decided(hall: Hall, li: Someone, what: str) -> BODY:
    """A claim that the county has approved, refused, or approved and revoked."""
    claim = hall.clerk.act(li.submit(study(), certificate_issuer="某机构", certificate_number="77"), "endorsement")
    if what == "refused":
        return hall.county.act(claim, "refusal", {"words": "证书看不清"})
    claim = hall.county.act(claim, "approval", {})
    return claim if what == "approved" else hall.county.act(claim, "revocation", FALSE)


def waits(someone: Someone) -> set[tuple[str, str]]:
    return {(one["id"], one["kind"]) for one in someone.saw("/v1/work")["items"]}


def test_what_was_revoked_stands_again_when_the_office_above_allows_the_appeal(hall: Hall, li: Someone) -> None:
    claim = decided(hall, li, "revoked")
    name = claim["claim"]
    claim = li.act(claim, "appeal", WHY)

    assert claim["appeal"] | {"decision": 0, "due": ""} == {
        "status": "open", "against": "revocation", "office": "sector_authority", "region": "3304", "decision": 0,
        "due": "", "rulebook": "zhejiang/2016-08-01", "article": "第十七条", "evidence": []}
    assert (name, "appeal") in waits(hall.city)
    assert (name, "appeal") not in waits(hall.county), "it is not theirs to hear"
    assert hall.county.refused(claim, "appeal-allowance", WHY)["code"] == "not_the_appeal_office"
    claim = hall.city.act(claim, "appeal-allowance", {"words": "原件相符"})
    assert (claim["status"], claim["appeal"]["status"]) == ("approved", "reinstated")
    assert li.year(2026)["decided"]["total"] == "12"
    assert waits(hall.city) == set()


@pytest.mark.parametrize(("reach", "region"), [("33", "33"), ("3304", "33"), ("330402", "3304")])
def test_what_supervision_revoked_is_heard_above_it_and_says_since_which_event(
    hall: Hall, li: Someone, reach: str, region: str
) -> None:
    """AMB-32: above whoever decided, for the province by its own; an appeal takes nothing away by itself."""
    watch = hall.town.officer(hall.town.unit(f"{reach} 监督处", "330100", "general"), "supervisor", reach)
    claim = watch.act(decided(hall, li, "approved"), "revocation", FALSE)
    revoked = hall.town.house.ledger.store.size()
    claim = li.act(claim, "appeal", WHY)

    assert (claim["appeal"]["office"], claim["appeal"]["region"]) == ("sector_authority", region)
    (entry,) = (one for year in li.saw(f"/v1/persons/{li.id}/years")["years"] for one in year["entries"])
    assert f"（事件 {revoked}）" in str(entry["evaluated"]["why"])
    if region == "33":
        assert hall.city.refused(claim, "appeal-dismissal", WHY)["code"] == "not_the_appeal_office"


def test_what_was_refused_is_reviewed_anew_from_the_first_step_and_holds_its_certificate(
    hall: Hall, li: Someone
) -> None:
    claim = li.act(decided(hall, li, "refused"), "appeal", WHY)

    claim = hall.city.act(claim, "appeal-allowance", {"words": "证书可辨"})

    assert (claim["status"], claim["step_due"], claim["appeal"]["status"]) == ("under_review", "unit", "reopened")
    assert (claim["claim"], "claim") in waits(hall.clerk)
    again = li.post("/v1/claims", li.claim(study(), certificate_issuer="某机构", certificate_number="77"))
    assert again.get_json()["seen"] == {"kind": "certificate"}
    assert li.saw(f"/v1/claims/{claim['claim']}")["details"]["certificate_number"] == "77"
    claim = hall.county.act(hall.clerk.act(claim, "endorsement"), "approval", {})
    assert (claim["status"], li.year(2026)["decided"]["total"]) == ("approved", "12")


def test_a_claim_tells_its_claimant_until_when_and_where_what_was_decided_is_appealed_against(
    hall: Hall, li: Someone
) -> None:
    claim = decided(hall, li, "refused")
    at = f"/v1/claims/{claim['claim']}"

    remedy = li.saw(at)["remedy"]
    assert (remedy["office"], remedy["region"], remedy["days"]) == ("sector_authority", "3304", 60)
    assert remedy["made"] is False
    assert remedy["until"] == (hall.town.house.today + timedelta(days=60)).isoformat()
    assert (remedy["article"], remedy["document"]) == ("第十七条", "浙人社发〔2016〕63号")
    assert hall.county.saw(at, purpose="review")["remedy"] is None, "it is the claimant's"
    assert li.saw(f"/v1/claims/{li.submit(study())['claim']}")["remedy"] is None, "nothing was decided"
    li.act(claim, "appeal", WHY)
    assert li.saw(at)["remedy"]["made"] is True


def test_an_assessment_goes_back_to_whoever_registered_it_to_be_corrected(hall: Hall, li: Someone) -> None:
    claim = li.act(decided(hall, li, "approved"), "appeal", WHY)
    claim = hall.city.act(claim, "appeal-allowance", {"words": "日程表为五天"})

    assert (claim["status"], claim["appeal"]["status"]) == ("approved", "remitted")
    assert (claim["claim"], "correction") in waits(hall.county)
    five = {"study": study(days="5"), "details": {"title": "五天"}, "evidence": claim["evidence"]}
    claim = hall.county.act(claim, "correction", five)
    assert (claim["ruling"]["assessed"], claim["appeal"]["status"]) == ("30", "corrected")
    assert (claim["claim"], "correction") not in waits(hall.county)


def test_a_dismissed_appeal_leaves_what_was_decided_and_is_not_made_again(hall: Hall, li: Someone) -> None:
    claim = li.act(decided(hall, li, "refused"), "appeal", WHY)
    claim = hall.city.act(claim, "appeal-dismissal", {"words": "确实不清"})

    assert (claim["status"], claim["appeal"]["status"]) == ("refused", "dismissed")
    assert li.refused(claim, "appeal", WHY)["code"] == "already_appealed"
    said = [(one["type"], one["role"], one["words"]) for one in li.saw(f"/v1/claims/{claim['claim']}")["said"]]
    assert said == [("claim.refused", "sector_authority", "证书看不清"), ("claim.appealed", "person", "天数应为五天"),
                    ("claim.appeal_dismissed", "sector_authority", "确实不清")]


def test_an_appeal_is_taken_back_by_its_claimant_and_made_again_within_the_term(hall: Hall, li: Someone) -> None:
    claim = li.act(decided(hall, li, "refused"), "appeal", WHY)
    assert li.refused(claim, "appeal", WHY)["code"] == "appeal_open"

    claim = li.act(claim, "appeal-withdrawal")

    assert claim["appeal"]["status"] == "withdrawn"
    assert hall.city.refused(claim, "appeal-dismissal", WHY)["code"] == "appeal_absent"
    assert li.act(claim, "appeal", WHY)["appeal"]["status"] == "open"


def test_the_term_ends_sixty_days_after_the_decision(hall: Hall, li: Someone) -> None:
    claim = decided(hall, li, "refused")
    hall.ahead[0] = 61 * DAY_US
    try:
        late = li.refused(claim, "appeal", WHY)
        hall.ahead[0] = 60 * DAY_US
        in_time = li.post(f"/v1/claims/{claim['claim']}/appeal", WHY, version=claim["version"], dry_run="true")
    finally:
        hall.ahead[0] = 0

    assert (late["code"], late["status"]) == ("appeal_too_late", 422)
    assert in_time.status_code == 200


def test_nobody_else_appeals_or_learns_of_it_and_nobody_hears_their_own(hall: Hall, li: Someone) -> None:
    claim = decided(hall, li, "refused")
    own = hall.town.officer(hall.unit, "sector_authority", "3304", person=li.id)
    pending = li.submit(study(date="2026-05-06"))

    assert hall.town.person().refused(claim, "appeal", WHY)["code"] == "claim_absent"
    assert hall.county.refused(claim, "appeal", WHY)["code"] == "person_needed"
    assert li.refused(pending, "appeal", WHY)["code"] == "nothing_to_appeal"
    claim = li.act(claim, "appeal", WHY)
    assert own.refused(claim, "appeal-allowance", WHY)["code"] == "own_claim"


def test_a_unit_that_registers_is_answered_for_by_the_department_of_the_place(
    tmp_path: Path, town: Town, person: Someone, officer: Someone
) -> None:
    """N 8 leaves the registration to the employer; P 7 has the sector's department answer for it."""
    bureau = town.unit("海曙某局", "330203", "industry")
    claim = officer.act(person.submit(study()), "refusal", {"words": "没有参加"})

    claim = person.act(claim, "appeal", WHY)

    assert (claim["appeal"]["office"], claim["appeal"]["region"]) == ("sector_authority", "330203")
    heard = town.officer(bureau, "sector_authority", "330203").act(claim, "appeal-allowance", {"words": "有签到单"})
    assert (heard["status"], heard["step_due"]) == ("under_review", "unit")
