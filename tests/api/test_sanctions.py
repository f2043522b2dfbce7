"""Sanctions over HTTP: taken by the words of a rulebook or a document, on what was false; given back by another."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.api.house_kit import BODY, Someone, in_the_instant
from tests.api.petition_kit import TITLE, WHY, Bureau, act, bureau_in, no

NATIONAL = {"document": "人社部发〔2024〕56号", "article": "虚假承诺", "until": "2029-11-19"}
FALSE = {"cause": "falsified", **WHY}


@pytest.fixture(scope="module")
def bureau(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bureau]:
    with bureau_in(tmp_path_factory.mktemp("bureau") / "data") as bureau:
        yield bureau


def told(answer: object) -> BODY:
    found: BODY = answer.get_json()  # type: ignore[attr-defined]
    return found


def lift(whom: Someone, one: BODY, **more: object) -> BODY:
    return told(whom.post(f"/v1/sanctions/{one['application']}/lifting", {"basis": "decided_in_error", **WHY, **more},
                          version=one["version"]))


def test_an_application_is_lost_by_what_was_false_once_the_entry_no_longer_stands(bureau: Bureau) -> None:  # N 10
    li, claims = bureau.applicant(years=(2026,))
    one, grounds = bureau.file(li), {**FALSE, "claims": [claims[2026]]}

    assert no(bureau.people, one, "disqualification", FALSE)["code"] == "sanction_baseless"
    standing = no(bureau.people, one, "disqualification", grounds)
    assert (standing["code"], standing["seen"]["status"]) == ("tainted_entry_stands", "approved")
    bureau.revoked(claims[2026])
    lost = act(bureau.people, one, "disqualification", grounds)

    taken = lost["disqualified"]
    assert (lost["status"], taken["rulebook"], taken["article"], taken["lasts"], taken["until"]) == (
        "disqualified", "ningbo-industry/2019-01-01", "第十条", "this_application", None)
    assert bureau.file(li)["status"] == "filed", "for the application alone: it bars nothing that is to come (AMB-06)"
    (seen,) = li.saw(f"/v1/persons/{li.id}/applications")["disqualifications"]
    assert (seen["claims"], seen["application"]) == ([claims[2026]], one["application"])


def test_whoever_took_the_right_does_not_give_it_back(bureau: Bureau) -> None:  # D14
    li, claims = bureau.applicant(years=(2026,))
    grounds = {**FALSE, "claims": [bureau.revoked(claims[2026])]}
    lost = act(bureau.people, bureau.file(li), "disqualification", grounds)
    path = f"/v1/sanctions/{lost['application']}"

    assert lift(bureau.people, lost)["code"] == "same_hand"
    assert lift(bureau.away, lost)["code"] == "application_absent"
    assert bureau.colleague.get(path).get_json()["code"] == "purpose_missing"
    seen = bureau.colleague.get(path, purpose="sanction_review")
    assert seen.headers["ETag"] == f'"v{lost["version"]}"'
    assert lift(bureau.colleague, lost)["disqualified"]["lifted_on"] == "2026-11-20"
    again = told(bureau.colleague.get(path, purpose="sanction_review"))
    assert lift(bureau.colleague, again)["code"] == "not_disqualified"


def test_a_shortage_is_postponed_where_the_text_postpones_and_costs_no_right(bureau: Bureau) -> None:  # N 9, not P 16
    li, _ = bureau.applicant()
    one = bureau.file(li)
    short = {"cause": "short", **WHY}

    assert no(bureau.people, one, "disqualification", short)["code"] == "application_not_short"
    found = no(bureau.people, act(bureau.people, one, "assessment", {"minimum_years": 2}), "disqualification", short)
    assert (found["code"], found["seen"]["article"], found["seen"]["quote"]) == (
        "postponement_instead", "第九条", "未达到要求的，申报时间作相应延长")


def test_a_term_rests_on_a_text_that_gives_one_and_bars_what_is_to_come(bureau: Bureau) -> None:  # AMB-06
    li, claims = bureau.applicant(years=(2026,))
    path, grounds = f"/v1/persons/{li.id}/disqualifications", {**FALSE, "claims": [bureau.revoked(claims[2026])]}
    apply = {"person": li.id, "level": "senior", "title_obtained_on": TITLE["obtained_on"], "minimum_years": 2}

    assert told(bureau.people.post(path, grounds))["code"] == "no_such_consequence", "none of the five has a term"
    half = told(bureau.people.post(path, {**grounds, "document": "人社部发〔2024〕56号"}))
    assert (half["status"], half["errors"][0]["pointer"]) == (422, "/article")
    assert told(bureau.people.post(path, {**grounds, **NATIONAL, "until": "2020-01-01"}))["code"] == "term_unfit"
    taken = bureau.people.did(path, {**grounds, **NATIONAL})
    assert (taken["disqualified"]["lasts"], taken["disqualified"]["until"], taken["goal"]) == (
        "term", "2029-11-19", None)
    barred = told(li.post("/v1/applications", apply))
    assert (barred["code"], barred["seen"]["until"]) == ("applicant_barred", "2029-11-19")
    assert lift(bureau.colleague, taken)["status"] == "lifted"
    assert li.post("/v1/applications", apply).status_code == 201


def test_nobody_applies_or_is_granted_anything_in_the_instant_in_which_the_right_is_taken(bureau: Bureau) -> None:
    """Two streams, and neither is the other's: what was looked for and not found must still not be there."""
    li, claims = bureau.applicant(years=(2023, 2025, 2026))
    path, grounds = f"/v1/persons/{li.id}/disqualifications", {**FALSE, "claims": [bureau.revoked(claims[2023])]}
    assessed = bureau.assessed(li)

    def barred() -> BODY:
        return bureau.people.did(path, {**grounds, **NATIONAL})

    with in_the_instant(bureau.town, barred):
        assert no(bureau.committee, assessed, "grant", {"obtained_on": "2026-11-20"})["code"] == "applicant_barred"
    seen = li.saw(f"/v1/persons/{li.id}/applications")["disqualifications"]
    taken = told(bureau.colleague.get(f"/v1/sanctions/{seen[-1]['application']}", purpose="sanction_review"))
    assert lift(bureau.colleague, taken)["status"] == "lifted"
    asked = {"person": li.id, "level": "deputy", "title_obtained_on": TITLE["obtained_on"], "minimum_years": 2}
    with in_the_instant(bureau.town, barred):
        assert told(li.post("/v1/applications", asked))["code"] == "applicant_barred"


def test_a_title_that_is_applied_for_twice_at_once_is_applied_for_once(bureau: Bureau) -> None:
    li, _ = bureau.applicant()
    asked = {"person": li.id, "level": "senior", "title_obtained_on": TITLE["obtained_on"], "minimum_years": 2}
    with in_the_instant(bureau.town, lambda: li.did("/v1/applications", asked)):
        assert told(li.post("/v1/applications", asked))["code"] == "application_under_way"


def test_a_title_is_revoked_by_the_text_that_takes_it_on_entries_that_were_false(bureau: Bureau) -> None:  # N 10
    li, claims = bureau.applicant(years=(2025, 2026))
    one = act(bureau.committee, bureau.assessed(li), "grant", {"obtained_on": "2026-11-20"})
    path = f"/v1/persons/{li.id}/title-revocations"
    body = {"level": "senior", "series": "engineering", "obtained_on": "2026-11-20", "claims": [claims[2025]], **WHY}

    assert told(bureau.people.post(path, body))["code"] == "tainted_entry_stands"
    bureau.revoked(claims[2025])
    lost = {**FALSE, "claims": [claims[2025]]}
    assert no(bureau.people, one, "disqualification", lost)["code"] == "application_granted"
    assert told(bureau.sector.post(path, body))["code"] == "role_not_held"
    assert told(bureau.people.post(path, {**body, "obtained_on": "2026-11-19"}))["code"] == "title_not_recorded"
    done = bureau.people.did(path, body)

    assert done["revoked_titles"] == [{"level": "senior", "series": "engineering", "obtained_on": "2026-11-20"}]
    (seen,) = li.saw(f"/v1/persons/{li.id}/applications")["revoked_titles"]
    assert (seen["article"], seen["rulebook"], seen["claims"], seen["revoked_on"]) == (
        "第十条", "ningbo-industry/2019-01-01", [claims[2025]], "2026-11-20")
    assert told(bureau.people.post(path, body))["code"] == "name_taken", "a title is taken once"
    anew = {"person": li.id, "level": "professor", "title_obtained_on": "2026-11-20", "minimum_years": 0}
    assert told(li.post("/v1/applications", anew))["code"] == "title_revoked", "nothing is built upon it"
    asked = {"applied_on": "2027-05-20", "minimum_years": 2}
    assert li.saw(f"/v1/persons/{li.id}/eligibility", **asked)["title"]["level"] == "intermediate"


def test_an_entry_of_another_and_a_case_that_found_nothing_are_no_grounds(bureau: Bureau) -> None:
    li, _ = bureau.applicant()
    wang, others = bureau.applicant(years=(2026,))
    one, taken = bureau.file(li), {**FALSE, "claims": [bureau.revoked(others[2026])]}
    case = bureau.watch.did("/v1/cases", {"kind": "falsification", "region": "330203", "persons": [li.id], **WHY})
    by_case = {**FALSE, "case": case["case"]}

    assert no(bureau.people, one, "disqualification", taken)["code"] == "claim_absent"
    assert no(bureau.people, one, "disqualification", by_case)["code"] == "case_absent", "nothing was found yet"
    bureau.watch.did(f"/v1/cases/{case['case']}/finding", {"finding": "substantiated", **WHY}, version=case["version"])
    assert no(bureau.people, bureau.file(wang), "disqualification", by_case)["code"] == "case_absent", "not of Wang"
    assert act(bureau.people, one, "disqualification", by_case)["disqualified"]["case"] == case["case"]


def test_an_application_that_rests_on_a_title_taken_since_goes_no_further(bureau: Bureau) -> None:
    li, claims = bureau.applicant(years=(2025, 2026))
    filed, path = bureau.file(li), f"/v1/persons/{li.id}/title-revocations"
    one = act(bureau.committee, filed, "assessment", {"minimum_years": 2})
    claim = bureau.revoked(claims[2025])
    bureau.people.did(path, {**TITLE, "claims": [claim], **WHY})

    assert no(bureau.committee, one, "grant", {"obtained_on": "2026-11-20"})["code"] == "title_revoked"
    assert no(bureau.committee, one, "assessment", {"minimum_years": 2})["code"] == "title_revoked"


def test_whoever_is_barred_since_they_applied_is_granted_nothing_until_it_is_lifted(bureau: Bureau) -> None:
    li, _ = bureau.applicant(years=(2025, 2026))
    one, granted = bureau.assessed(li), {"obtained_on": "2026-11-20"}
    taken = bureau.people.did(f"/v1/persons/{li.id}/disqualifications", {"cause": "short", **WHY, **NATIONAL})

    assert no(bureau.committee, one, "grant", granted)["code"] == "applicant_barred"
    lift(bureau.colleague, taken)
    assert act(bureau.committee, one, "grant", granted)["status"] == "granted"
