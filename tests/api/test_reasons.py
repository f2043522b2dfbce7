"""Whoever is sent back or refused is told why by a code, in words, and with the words of law of their place."""

from __future__ import annotations

from api.cases.doing import Reading
from api.law_of import law_now
from ledger.envelope import decode
from ledger.events.base import By
from ledger.ledger import Deciding
from ledger.streams import claim_review as review
from policies.reasons import reasons
from tests.api.house_kit import BODY, Someone, Town, credit_code, study


def test_the_codes_are_for_everyone_to_read_with_the_rulebooks_they_rest_on(town: Town) -> None:
    every = town.nobody.saw("/v1/reasons")["items"]
    of_claims = town.nobody.saw("/v1/reasons", kind="claim.refused")["items"]

    assert [(one["kind"], one["code"]) for one in every] == [
        (kind, one.code) for kind, listed in reasons().items() for one in listed]
    assert {one["kind"] for one in of_claims} == {"claim.refused"}
    filed = next(one for one in of_claims if one["code"] == "not_filed")
    assert filed["rules"] == [{
        "rulebook": "ningbo-industry/2019-01-01", "document": "甬经信组〔2018〕244号", "article": "第七条",
        "quote": "按规定报备后才能按标准登记相应的继续教育学时"}]
    assert {rule["rulebook"] for one in every for rule in one["rules"]} == {
        book.id for book in law_now(town.house.answers).books}


def test_a_claimant_reads_why_it_came_back_and_what_to_do(town: Town, person: Someone, officer: Someone) -> None:
    claim = officer.act(person.submit(study()), "return", {"reason": "evidence_missing", "words": "缺日程安排表"})

    said, = person.saw(f"/v1/claims/{claim['claim']}")["said"]
    assert (said["type"], said["words"], said["reason"]["code"]) == (
        "claim.returned", "缺日程安排表", "evidence_missing")
    assert said["reason"]["cure"] == "请补上条文要求的佐证材料后重新提交。"
    assert [(rule["rulebook"], rule["article"]) for rule in said["reason"]["rules"]] == [
        ("ningbo-industry/2019-01-01", "第八条")]  # Wenzhou's words are not for Ningbo.
    line = person.saw(f"/v1/persons/{person.id}/timeline", kinds="claim.returned")["items"][-1]
    assert line["by"]["reason"] == "evidence_missing"
    assert decode(town.house.ledger.store.stream(claim["claim"])[-1][1]).by.reason == "evidence_missing"


def test_a_code_that_is_not_on_the_list_is_answered_with_the_list(person: Someone, officer: Someone) -> None:
    claim = person.submit(study())

    of_another_kind = officer.refused(claim, "refusal", {"reason": "evidence_missing", "words": "x"})
    fault, = of_another_kind["errors"]

    assert (of_another_kind["status"], fault["pointer"]) == (422, "/reason")
    assert all(one.code in fault["detail"] for one in reasons()["claim.refused"])
    assert officer.refused(claim, "refusal", {"reason": "falsified"})["errors"][0]["pointer"] == "/words"


def test_whoever_gives_no_code_leaves_it_to_the_words(person: Someone, officer: Someone) -> None:
    claim = officer.act(person.submit(study()), "refusal", {"words": "见说明"})

    said, = person.saw(f"/v1/claims/{claim['claim']}")["said"]
    assert (said["reason"]["code"], said["reason"]["rules"]) == ("other", [])


def test_what_was_recorded_before_there_were_codes_is_read_without_one(
    town: Town, person: Someone, officer: Someone
) -> None:
    """As a former program recorded it: the same event, its envelope without a reason."""
    claim, reading = person.submit(study()), Reading(town.house.ledger)
    found, who, by = reading.claim(claim["claim"]), reading.person(person.id), reading.actor(officer.id)
    assert who is not None and by is not None
    drafts = review.decide_return(found, review.ReturnClaim(role="unit", words="请补充"), who, by)
    town.house.ledger.decide(lambda: Deciding(drafts, reading.versions, tuple(reading.guards)),
                             by=By(actor=by.actor, role="unit"))

    said, = person.saw(f"/v1/claims/{claim['claim']}")["said"]
    assert (said["words"], said["reason"]) == ("请补充", None)


def test_the_same_act_of_others_is_told_by_code_too(town: Town, works: BODY) -> None:
    """A unit that is turned away, and a transfer that the unit refuses."""
    office = town.officer(town.unit("某局", "330200", "general"), "human_resources", "3302")
    unit = town.nobody.did("/v1/units", {"credit_code": credit_code(9_001), "name": "某店", "region": "330203",
                                         "sector": "industry", "contact": {"name": "联系人"}})
    office.did(f"/v1/units/{unit['unit']}/rejection", {"reason": "code_differs", "words": "代码有误"},
               version=unit["version"])
    person, clerk = town.person(), town.officer(works, "unit", "330203", unit=works["unit"])
    asked = person.did(f"/v1/persons/{person.id}/transfers", {"to_unit": works["unit"], "starts": "2026-01-01"})
    clerk.did(f"/v1/transfers/{asked['transfer']}/refusal", {"reason": "not_employed", "words": "查无此人"},
              version=asked["version"])

    assert town.nobody.saw(f"/v1/units/{unit['unit']}")["reason"]["title"] == "统一社会信用代码与名称不符"
    assert town.nobody.saw(f"/v1/units/{works['unit']}")["reason"] is None
    said, = person.saw(f"/v1/transfers/{asked['transfer']}")["said"]
    assert (said["words"], said["reason"]["code"]) == ("查无此人", "not_employed")
    assert [rule["article"] for rule in said["reason"]["rules"]] == ["第十三条"]
