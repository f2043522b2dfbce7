"""The law over HTTP: shown to everyone, enacted by the policy office, and a year judged before and after."""

from __future__ import annotations

import hashlib

import pytest
from werkzeug.test import TestResponse

from policies.shelf import SHIPPED, TEXTS
from tests.api.house_kit import BODY, Someone, Town, study

AMENDED = "2026-03-01"
ENACTED = (SHIPPED / "ningbo-industry" / "2019-01-01.toml").read_text("utf-8")
TEXT = next(TEXTS.glob("N-*")).read_text("utf-8")


@pytest.fixture(scope="module")
def office(town: Town) -> Someone:
    return town.officer(town.unit("某政策部门", "330200", "general"), "policy_office", "33")


@pytest.fixture(scope="module")
def second(town: Town) -> Someone:
    """Another hand of the policy office: what one proposes, the other enacts."""
    return town.officer(town.unit("某政策部门二处", "330200", "general"), "policy_office", "33")


def enacted_by(second: Someone, proposed: BODY, **more: object) -> TestResponse:
    digest = hashlib.sha256(sixth()["source"].encode()).hexdigest()
    return second.post(f"/v1/rulebook-proposals/{digest}/enactment", version=proposed["version"], **more)


def sixth() -> BODY:
    """A sixth rulebook: the one of Ningbo anew, in force from a day of this year on."""
    source = "\n".join(
        f"in_force_from = {AMENDED}" if line.startswith("in_force_from") else line for line in ENACTED.splitlines()
    )
    return {"source": source + "\n", "text": TEXT}


def test_everyone_reads_which_rulebooks_are_enacted_and_their_words(town: Town) -> None:
    listed = town.nobody.saw("/v1/rulebooks")["items"]
    one = town.nobody.saw("/v1/rulebooks/wenzhou/2020-11-27")
    words = town.nobody.saw("/v1/words")

    assert len(listed) == 5
    assert hashlib.sha256(one["source"].encode()).hexdigest() == one["digest"]
    assert "温州" in one["text"]
    third = sorted(each["event"] for each in listed)[2]
    earlier = town.nobody.saw("/v1/rulebooks", as_of=str(third))
    assert earlier.pop("items") == [each for each in listed if each["event"] <= third]
    assert earlier == town.house.answers.reflects(third)
    assert words["sectors"]["environment"] == "环保"
    assert {"route", "levels", "quantity"} <= words["routes"][0].keys()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda body: body | {"source": "family = "}, "rulebook_unreadable"),
        (lambda body: body | {"text": "另一份原文"}, "rulebook_unreadable"),
        (lambda body: body | {"source": body["source"] + "draft = true\n"}, "rulebook_unreadable"),
        (lambda body: {"source": "draft = true\n" + body["source"], "text": body["text"]}, "rulebook_is_draft"),
    ],
)
def test_what_cannot_be_law_is_refused_with_every_reason(
    town: Town, office: Someone, change: object, code: str
) -> None:
    size = town.house.ledger.store.size()
    assert callable(change)

    answer = office.post("/v1/rulebook-proposals", change(sixth()))

    assert (answer.status_code, answer.get_json()["code"]) == (422, code)
    assert town.house.ledger.store.size() == size


def test_only_the_policy_office_proposes(town: Town) -> None:
    other = town.officer(town.unit("某局", "330200", "general"), "human_resources", "33")

    assert other.post("/v1/rulebook-proposals", sixth()).get_json()["code"] == "role_not_held"
    assert other.post("/v1/rulebook-proposals", {"source": "?", "text": "?"}).status_code == 403, "not even read"
    assert town.person().post("/v1/rulebook-proposals", sixth()).status_code == 403
    assert town.nobody.post("/v1/rulebook-proposals", sixth()).status_code == 401


@pytest.mark.parametrize(("region", "limits"), [("3303", {}), ("330203", {}), ("33", {"sector": "environment"})])
def test_an_office_makes_no_rules_beyond_its_own_place_and_sector(
    town: Town, office: Someone, region: str, limits: dict[str, str]
) -> None:
    elsewhere = town.officer(town.unit("某部门", "330300", "general"), "policy_office", region, **limits)

    no = elsewhere.post("/v1/rulebook-proposals", sixth(), dry_run="true")

    assert (no.status_code, no.get_json()["code"]) == (403, "outside_scope")
    assert office.post("/v1/rulebook-proposals", sixth(), dry_run="true").status_code == 200


def test_a_sixth_rulebook_rules_from_its_day_on_and_a_year_is_judged_before_and_after(
    town: Town, office: Someone, second: Someone
) -> None:
    works, person = town.unit("某厂", "330203", "industry"), town.person()
    town.belongs(person, works, "2020-01-01")
    officer = town.officer(works, "unit", "330203", unit=works["unit"])
    early, late = (officer.act(person.submit(study(date=day)), "approval") for day in ("2026-02-01", "2026-04-01"))
    before = str(town.house.ledger.store.size())
    tried = office.post("/v1/rulebook-proposals", sixth(), dry_run="true")
    assert (tried.status_code, tried.get_json()["would"]["rulebook"]) == (200, f"ningbo-industry/{AMENDED}")
    assert len(town.nobody.saw("/v1/rulebooks")["items"]) == 5

    proposed = office.did("/v1/rulebook-proposals", sixth())
    assert len(town.nobody.saw("/v1/rulebooks")["items"]) == 5, "it rules nothing yet"
    own = enacted_by(office, proposed)
    assert (own.status_code, own.get_json()["code"]) == (403, "same_hand")
    answer = enacted_by(second, proposed)
    enacted = answer.get_json()
    assert answer.status_code == 201, enacted

    assert (enacted["rulebook"], enacted["revision"]) == (f"ningbo-industry/{AMENDED}", 1)
    assert town.nobody.saw(f"/v1/rulebooks/{enacted['rulebook']}")["event"] == enacted["events"][0]
    now = {entry["claim"]: entry["evaluated"]["rulebook"] for entry in person.year(2026)["entries"]}
    then = {entry["claim"]: entry["evaluated"]["rulebook"] for entry in person.year(2026, as_of=before)["entries"]}
    assert now == {early["claim"]: "ningbo-industry/2019-01-01", late["claim"]: f"ningbo-industry/{AMENDED}"}
    assert set(then.values()) == {"ningbo-industry/2019-01-01"}
    basis = person.years(as_of=before)["basis"]
    assert (basis["as_of"], basis["law"], len(basis["rulebooks"])) == (int(before), "then", 5)
    assert len(person.years(as_of=before, law="now")["basis"]["rulebooks"]) == 6
    assert all(entry["decided"]["rulebook"] == "ningbo-industry/2019-01-01" for entry in person.year(2026)["entries"])
    newest = officer.act(person.submit(study(date="2026-05-01")), "approval")
    assert newest["ruling"]["rulebook"] == enacted["rulebook"]


def test_what_is_enacted_is_neither_proposed_nor_enacted_twice(office: Someone, second: Someone) -> None:
    (proposal,) = second.saw("/v1/rulebook-proposals")["items"]
    version = second.saw(f"/v1/rulebook-proposals/{proposal['digest']}")["version"]

    again = office.post("/v1/rulebook-proposals", sixth())
    twice = enacted_by(second, {"version": version})

    assert [(one.status_code, one.get_json()["code"]) for one in (again, twice)] == [(409, "revision_enacted")] * 2
    assert proposal["enacted"] is not None and proposal["proposed_by"] == office.id


def test_what_nobody_proposed_is_not_enacted_and_a_trial_says_what_to_look_at(
    town: Town, office: Someone, second: Someone
) -> None:
    strange = second.post(f"/v1/rulebook-proposals/{'e' * 64}/enactment", version=1)
    later = sixth() | {"source": sixth()["source"].replace(AMENDED, "2026-04-01")}
    would = office.post("/v1/rulebook-proposals", later, dry_run="true").get_json()["would"]
    mine = office.did("/v1/rulebook-proposals", later)
    twice = second.post("/v1/rulebook-proposals", later)

    assert (strange.status_code, strange.get_json()["code"]) == (404, "proposal_absent")
    assert would["findings"] and all(one["weight"] in ("error", "notice") for one in would["findings"])
    assert (twice.status_code, twice.get_json()["code"]) == (409, "already_proposed")
    assert town.person().get("/v1/rulebook-proposals").status_code == 403
    digest = mine["proposed"][0]
    shown = second.saw(f"/v1/rulebook-proposals/{digest}")
    assert (shown["source"], shown["text"], shown["enacted"]) == (later["source"], later["text"], None)
    stale = second.post(f"/v1/rulebook-proposals/{digest}/enactment", version=9)
    assert (stale.status_code, stale.get_json()["code"]) == (412, "stale_version")
    done = town.founder.did(f"/v1/rulebook-proposals/{digest}/enactment", version=mine["version"])
    assert done["digests"] == [digest], "whoever installed the system is another hand than any office's"


def test_a_year_can_be_asked_for_under_exactly_these_rulebooks(town: Town) -> None:
    works, person = town.unit("某院", "330203", "industry"), town.person()
    town.belongs(person, works, "2020-01-01")

    answer = person.years(law="set:zhejiang/2016-08-01")

    assert [one["id"] for one in answer["basis"]["rulebooks"]] == ["zhejiang/2016-08-01"]
