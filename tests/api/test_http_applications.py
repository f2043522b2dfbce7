"""Applications, sanctions and eligibility over HTTP: what was decided, what stands, and what the law answers."""

from __future__ import annotations

import pytest

from ledger.events.access import AccessRecorded
from tests.api.house_kit import BODY
from tests.api.learning_kit import Scene


def refused(answer: object) -> str:
    code: str = answer.get_json()["code"]  # type: ignore[attr-defined]
    return code


def may_apply(scene: Scene, **query: object) -> BODY:
    given = {"applied_on": "2026-05-20", "minimum_years": 5, **query}
    return scene.li.saw(f"/v1/persons/{scene.li.id}/eligibility", **given)


def test_an_application_tells_what_was_decided_with_rulebook_and_reasons(scene: Scene) -> None:
    found = scene.li.saw(f"/v1/applications/{scene.made.application}")

    assert (found["status"], found["earliest_year"], found["level"]) == ("postponed", 2030, "senior")
    decided = found["decided"]
    assert (decided["eligible"], decided["article"], decided["reasons"]) == (
        False, "第九条", ["达标年份 0 年，需 5 年"])
    assert decided["event"] in found["events"]
    assert scene.li.saw(f"/v1/applications/{scene.made.application}", as_of=found["as_of"]) == found
    first = scene.li.saw(f"/v1/applications/{scene.made.application}", as_of=found["events"][0])
    assert (first["status"], first["decided"]) == ("filed", None)


def test_a_persons_sanctions_say_since_when_until_when_and_on_what(scene: Scene) -> None:
    found = scene.li.saw(f"/v1/persons/{scene.li.id}/applications")

    assert [one["application"] for one in found["applications"]] == [scene.made.application]
    (taken,) = found["disqualifications"]
    assert (taken["starts"], taken["until"], taken["lifted_on"]) == ("2026-06-01", "2029-05-31", None)
    assert (taken["document"], taken["claims"]) == ("人社部发〔2024〕56号", [scene.made.claim])
    assert found["revoked_titles"] == []


def test_the_law_answers_and_a_term_bars(scene: Scene) -> None:
    before, barred = may_apply(scene), may_apply(scene, applied_on="2026-06-01")

    assert (before["eligible"], before["hours"]["years_met"]) == (False, 0)
    assert before["reasons"][0].startswith("第九条（一）")
    assert before["title"]["obtained_on"] == "2020-11-30"
    assert barred["reasons"][0].startswith("人社部发〔2024〕56号 虚假承诺：自 2026-06-01 至 2029-05-31 取消申报资格")
    assert [one["bars"] for one in (*before["sanctions"], *barred["sanctions"])] == [False, True]
    assert may_apply(scene, law="set:wenzhou/2020-11-27")["eligible"] is None
    assert may_apply(scene, committee="outside")["eligible"] is None


def test_the_basis_of_an_answer_gives_it_again(scene: Scene) -> None:
    found = may_apply(scene, law="now", level="senior")

    assert may_apply(scene, as_of=found["basis"]["as_of"], level="senior", law="now") == found
    assert found["level"] == "senior"


def test_who_is_barred_on_a_day_is_told_to_the_offices_of_the_place_and_each_is_recorded(scene: Scene) -> None:
    elsewhere = scene.town.officer(scene.town.unit("温州某局", "330300", "general"), "human_resources", "3303")

    (found,) = scene.made.officer.saw("/v1/sanctions", on="2026-06-01", purpose="sanction_check")["items"]
    assert (found["person"], found["name"], found["application"], found["until"]) == (
        scene.li.id, "李*", scene.made.sanction, "2029-05-31")
    for on in ("2026-05-31", "2029-06-01"):
        assert scene.made.officer.saw("/v1/sanctions", on=on, purpose="sanction_check")["items"] == []
    assert elsewhere.saw("/v1/sanctions", on="2026-06-01", purpose="sanction_check")["items"] == []
    assert refused(scene.made.officer.get("/v1/sanctions", on="2026-06-01")) == "purpose_missing"
    assert refused(scene.li.get("/v1/sanctions", on="2026-06-01")) == "not_for_reading"
    assert refused(scene.town.nobody.get("/v1/sanctions", on="2026-06-01")) == "login_required"
    events = [one.envelope.event for one in scene.town.house.register.access.read(limit=1_000)]
    assert [one.subject for one in events if isinstance(one, AccessRecorded)
            and one.purpose == "sanction_check"] == [scene.li.id]


def test_an_organiser_of_the_region_learns_of_no_application_and_no_sanction(scene: Scene) -> None:
    school = scene.town.unit("宁波培训中心", "330200", "general")
    guest = scene.town.officer(school, "recognised_organiser", "3302")

    assert guest.saw("/v1/applications", purpose="title_application")["items"] == []
    assert guest.saw("/v1/sanctions", on="2026-06-01", purpose="title_application")["items"] == []
    assert scene.made.officer.saw("/v1/applications", purpose="title_application")["items"] != []
    assert refused(guest.get(f"/v1/persons/{scene.li.id}", purpose="title_application")) == "person_absent"


@pytest.mark.parametrize(("query", "parameter"), [
    ({"applied_on": "2026-05-20"}, "minimum_years"), ({"minimum_years": 5}, "applied_on"),
    ({"applied_on": "20260520", "minimum_years": 5}, "applied_on"),
    ({"applied_on": "2026-05-20", "minimum_years": 99}, "minimum_years"),
    ({"applied_on": "2026-05-20", "minimum_years": 5, "committee": "elsewhere"}, "committee"),
])
def test_a_question_that_cannot_be_read_says_which_part(scene: Scene, query: BODY, parameter: str) -> None:
    answer = scene.li.get(f"/v1/persons/{scene.li.id}/eligibility", **query)

    assert answer.status_code == 422
    assert [one["parameter"] for one in answer.get_json()["errors"]] == [parameter]


def test_without_a_title_the_answer_says_what_is_missing(scene: Scene) -> None:
    wang = scene.town.person("王芳")
    answer = wang.get(f"/v1/persons/{wang.id}/eligibility", applied_on="2026-05-20", minimum_years=5)

    assert (answer.status_code, refused(answer)) == (422, "title_unknown")
    given = wang.saw(f"/v1/persons/{wang.id}/eligibility", applied_on="2026-05-20", minimum_years=0,
                     title_obtained_on="2020-11-30")
    assert given["eligible"] is None, "who belongs nowhere is under no rulebook that speaks of it"


def test_of_anothers_application_not_even_that_there_is_one_and_an_office_is_recorded(scene: Scene) -> None:
    wang = scene.town.person("王芳")
    path, own = f"/v1/applications/{scene.made.application}", f"/v1/persons/{scene.li.id}"

    assert refused(wang.get(path)) == "application_absent"
    assert refused(scene.li.get(f"/v1/applications/app_{'0' * 22}")) == "application_absent"
    assert refused(wang.get(f"{own}/applications")) == "not_your_own"
    assert refused(scene.town.nobody.get(path)) == "login_required"
    asked = {"applied_on": "2026-05-20", "minimum_years": 5}
    assert refused(scene.made.officer.get(f"{own}/eligibility", **asked)) == "purpose_missing"
    scene.made.officer.saw(path, purpose="title_review")
    scene.made.officer.saw(f"{own}/eligibility", **asked, purpose="title_review")
    events = [one.envelope.event for one in scene.town.house.register.access.read(limit=1_000)]
    seen = [(one.subject, one.what) for one in events
            if isinstance(one, AccessRecorded) and one.purpose == "title_review"]
    assert seen == [(scene.li.id, ("applications",)), (scene.li.id, ("eligibility",))]
