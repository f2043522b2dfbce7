"""Cases, acted in over HTTP and on the command line: who opens one, what is held, what comes of it, and who may not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.api.command_kit import Ended, answering, xueshi
from tests.api.house_kit import BODY, Someone, Town, study

WATCH = "supervisor"
WHY = {"words": "签到表有两处笔迹相同"}


class Place(NamedTuple):
    """A county where Li's hours are registered, and who watches over it."""

    town: Town
    li: Someone
    clerk: Someone
    bureau: BODY
    watch: Someone


@pytest.fixture(scope="module")
def place(town: Town, works: BODY) -> Place:
    li = town.person()
    town.belongs(li, works, "2020-01-01")
    clerk = town.officer(works, "unit", "330203", unit=works["unit"])
    bureau = town.unit("市监督局", "330200", "general")
    return Place(town, li, clerk, bureau, town.officer(bureau, WATCH, "3302"))


def registered(place: Place, day: str) -> str:
    return str(place.clerk.act(place.li.submit(study(date=day)), "approval", {})["claim"])


def opened(place: Place, *claims: str, **more: object) -> BODY:
    return place.watch.did("/v1/cases", {"kind": "falsification", "region": "330203", "claims": list(claims),
                                         **WHY, **more})


def act(whom: Someone, case: BODY, what: str, body: BODY | None = None) -> BODY:
    return whom.did(f"/v1/cases/{case['case']}/{what}", body, version=case["version"])


def no(whom: Someone, case: BODY, what: str, body: BODY | None = None) -> str:
    answer = whom.post(f"/v1/cases/{case['case']}/{what}", body, version=case["version"])
    assert answer.status_code >= 400, answer.get_data(as_text=True)
    return str(answer.get_json()["code"])


def status(place: Place, claim: str) -> str:
    return str(place.li.saw(f"/v1/claims/{claim}")["status"])


def test_what_is_ruled_out_is_released_as_the_case_is_closed(place: Place) -> None:
    first, second = registered(place, "2026-02-02"), registered(place, "2026-02-09")
    case = opened(place, first, second, pattern="D01/1", findings=[1], due="2099-01-31")
    assert (case["status"], case["finding"], case["counts"]["persons"]) == ("open", "pending", 1)
    assert place.li.id not in str(case), "a write answers how many are concerned, not who"

    assert no(place.watch, case, "closing") == "finding_missing"
    held = act(place.watch, case, "hold", {**WHY, "claims": [first]})
    assert (held["counts"]["held"], status(place, first), status(place, second)) == (1, "frozen", "approved")
    found = act(place.watch, held, "finding", {"finding": "ruled_out", **WHY})
    closed = act(place.watch, found, "closing")

    assert (closed["status"], status(place, first)) == ("closed", "approved")
    seen = place.watch.get(f"/v1/cases/{case['case']}", purpose="case_review")
    assert seen.headers["ETag"] == f'"v{closed["version"]}"'
    assert (seen.get_json()["released"], seen.get_json()["claims"]) == ([first], [first, second])
    assert no(place.watch, closed, "finding", {"finding": "pending", **WHY}) == "case_closed"


def test_what_is_substantiated_is_decided_on_before_its_case_is_closed(place: Place) -> None:
    claim = registered(place, "2026-03-02")
    case = act(place.watch, opened(place, claim), "hold", WHY)
    case = act(place.watch, case, "finding", {"finding": "substantiated", "basis": "第十六条", **WHY})

    assert no(place.watch, case, "closing") == "claims_undecided"
    place.watch.act(place.li.saw(f"/v1/claims/{claim}"), "revocation", {"basis": "falsified", **WHY})
    assert act(place.watch, case, "closing")["status"] == "closed"
    assert status(place, claim) == "revoked"


def test_what_was_referred_takes_no_other_finding(place: Place) -> None:
    case = opened(place, registered(place, "2026-03-09"))
    referred = act(place.watch, case, "referral", {"to": "市监察机关", "document": "甬人社移〔2026〕3号", **WHY})

    assert referred["finding"] == "referred"
    assert no(place.watch, referred, "finding", {"finding": "ruled_out", **WHY}) == "case_referred"
    seen = place.watch.saw(f"/v1/cases/{case['case']}", purpose="case_review")
    assert seen["referred_to"] == "市监察机关"


def test_a_trial_writes_nothing_and_a_version_that_is_past_decides_nothing(place: Place) -> None:
    case = opened(place, registered(place, "2026-03-16"))
    tried = place.watch.post(f"/v1/cases/{case['case']}/hold", WHY, dry_run="true")
    assert (tried.status_code, tried.get_json()["would"]["counts"]["held"]) == (200, 1)
    act(place.watch, case, "hold", WHY)

    assert no(place.watch, case, "finding", {"finding": "pending", **WHY}) == "stale_version"
    assert place.watch.post(f"/v1/cases/{case['case']}/closing").get_json()["code"] == "precondition_required"


def test_whoever_a_case_concerns_does_nothing_in_it_and_neither_does_a_colleague(place: Place) -> None:  # D07, P 17
    claim = registered(place, "2026-04-13")
    case, town = opened(place, claim), place.town
    own = town.officer(town.unit("另一监督局", "330200", "general"), WATCH, "3302", person=place.li.id)
    accused = town.officer(place.bureau, "human_resources", "3302")
    other = town.officer(town.unit("监察机关", "330200", "general"), WATCH, "3302")
    about = {"kind": "misconduct", "region": "330200", "actors": [accused.id], **WHY}

    assert no(own, case, "hold", WHY) == "case_absent"
    refused = own.post("/v1/cases", {"kind": "falsification", "region": "330203", "claims": [claim], **WHY})
    assert (refused.status_code, refused.get_json()["code"]) == (403, "own_case")
    assert place.watch.post("/v1/cases", about).get_json()["code"] == "own_case", "its office is the watcher's own"
    made_elsewhere = other.did("/v1/cases", about)
    assert no(place.watch, made_elsewhere, "finding", {"finding": "ruled_out", **WHY}) == "case_absent"
    hidden = place.watch.get(f"/v1/cases/{made_elsewhere['case']}", purpose="case_review")
    assert hidden.get_json()["code"] == "case_absent"
    assert made_elsewhere["case"] not in str(place.watch.saw("/v1/cases"))
    assert made_elsewhere["case"] in str(other.saw("/v1/cases"))


def test_nothing_beyond_sight_is_confirmed_by_being_named(place: Place) -> None:
    town, claim = place.town, registered(place, "2026-04-20")
    away = town.officer(town.unit("温州监督局", "330300", "general"), WATCH, "3303")
    body = {"kind": "falsification", "region": "330302", **WHY}
    nobody = f"per_{'0' * 22}"

    for named, code in (({"claims": [claim]}, "claim_absent"), ({"claims": [f"clm_{'0' * 22}"]}, "claim_absent"),
                        ({"persons": [place.li.id]}, "person_absent"), ({"persons": [nobody]}, "person_absent"),
                        ({"actors": [f"acr_{'0' * 22}"]}, "actor_absent"),
                        ({"organisers": [f"unt_{'0' * 22}"]}, "unit_absent"), ({}, "case_empty")):
        assert away.post("/v1/cases", {**body, **named}).get_json()["code"] == code
    beyond = away.post("/v1/cases", {**body, "region": "330203", "persons": [place.li.id]}).get_json()
    assert beyond["code"] == "outside_scope"
    assert no(away, opened(place, claim), "hold", WHY) == "case_absent"
    other = opened(place, registered(place, "2026-04-27"))
    assert no(place.watch, other, "hold", {**WHY, "claims": [claim]}) == "claim_not_of_case"


def test_a_case_rests_on_what_has_happened_and_is_due_on_a_day_to_come(place: Place) -> None:
    answer = place.watch.post("/v1/cases", {"kind": "falsification", "region": "330203", "persons": [place.li.id],
                                            "findings": [10**9], "due": "2020-01-01", **WHY})

    assert answer.status_code == 422
    assert [(one["pointer"], one["code"]) for one in answer.get_json()["errors"]] == [
        ("/findings", "event_absent"), ("/due", "day_past")]


def test_a_case_goes_its_way_on_the_command_line(place: Place, tmp_path: Path) -> None:
    claim = registered(place, "2026-05-11")
    with answering(place.town.app) as server:

        def run(*arguments: str) -> Ended:
            return xueshi(tmp_path, "case", *arguments, XUESHI_TOKEN=str(place.watch.token), XUESHI_SERVER=server)

        def told(*arguments: str) -> str:
            ended = run(*arguments)
            assert ended.returncode == 0, ended.stdout + ended.stderr
            return ended.stdout

        case = str(json.loads(told("open", "--kind", "falsification", "--region", "330203", "--claim", claim,
                                   "--words", "存疑", "--json"))["case"])
        assert "试办" in told("hold", case, "--words", "核查", "--dry-run")
        assert "已冻结" in told("hold", case, "--words", "核查")
        assert "属实" in told("find", case, "--finding", "substantiated", "--words", "由他人代签")
        assert "移送" in told("refer", case, "--to", "市监察机关", "--words", "移送处理")
        no = run("close", case)
    assert (no.returncode, "claims_undecided" in no.stderr) == (1, True)
