"""Replays over HTTP: who may ask, what is settled when they do, what is answered while and after it is done."""

from __future__ import annotations

import hashlib
import json
import shutil
import threading
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from api.cases.law.kept_reports import room
from api.cases.law.replay_reports import tidy_replays
from api.operational.jobs import KEPT_S, Job
from api.replays.runner import REPORT
from api.routes import replays as doors
from ledger.events.base import By, Draft, Hand
from ledger.events.rulebook import Impact, ImpactReportRecorded, ProposalRefused, RulebookEvent, RulebookProposed
from ledger.stores.append import RequestKey
from ledger.vocabulary import ActorId, RulebookId
from policies.shelf import DRAFTS
from tests.api.command_kit import answering, xueshi
from tests.api.house_kit import BODY, Someone, Town, house_in, study
from tests.api.replay_kit import over, running

DRAFT = "hangzhou-credits/2025-06-06"
PROVINCE = "set:zhejiang/2016-08-01"
ASKED = {"under": "now", "against": PROVINCE}


class Clock:
    """Time as it goes, and as much later as a test wants it."""

    later_s = 0

    def __call__(self) -> int:
        return time.time_ns() // 1_000 + self.later_s * 1_000_000


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, clock: Clock) -> Iterator[Town]:
    with house_in(tmp_path_factory.mktemp("replays") / "data", clock) as town:
        yield town


@pytest.fixture(scope="module")
def people(town: Town) -> dict[str, Someone]:
    """Two people of two cities, each with hours that the province alone would not give them, and the offices there."""
    found = {}
    for name, region, of in (("ningbo", "330203", "3302"), ("wenzhou", "330302", "3303")):
        works, bureau = town.unit(f"{name} 厂", region, "industry"), town.unit(f"{name} 局", region, "general")
        found[name] = town.person()
        town.belongs(found[name], works, "2020-01-01")
        office = town.officer(bureau, "human_resources", of)
        decides = town.officer(works, "unit", region, unit=works["unit"]) if name == "ningbo" else office
        facts = study() if name == "ningbo" else study(confirmed_hours="12", document="温人社发〔2017〕264号")
        role = decides if name == "ningbo" else town.officer(bureau, "sector_authority", of)
        role.act(found[name].submit(facts), "approval")
        found[f"{name}_office"] = office
    return found


@pytest.fixture(scope="module")
def office(town: Town) -> Someone:
    return town.officer(town.unit("省政策处", "330000", "general"), "policy_office", "33")


@pytest.fixture(scope="module")
def done(town: Town, people: dict[str, Someone], office: Someone) -> BODY:
    """A replay of the five against the province alone, as it stands when it is done."""
    job = office.post("/v1/replays", ASKED).get_json()
    with running(town):
        found = over(office, job["job"])
    assert found["state"] == "done", found
    return found


def held(someone: Someone, method: str, path: str, body: Any = None, **headers: str) -> Any:
    """Ask with further headers."""
    return someone.client.open(path, method=method, json=body, headers={**someone.headers(), **headers})


# Asking


def test_a_trial_says_what_it_costs_and_on_what_it_rests_and_queues_nothing(
    town: Town, people: dict[str, Someone], office: Someone
) -> None:
    size = town.house.ledger.store.size()
    tried = office.post("/v1/replays", ASKED, dry_run="true")

    assert tried.status_code == 200
    would = tried.get_json()["would"]
    assert would["cost"] | {"seconds": 0} == {"entries": 2, "people": 2, "seconds": 0}
    assert (would["rules"], "不写入账本" in would["ledger"]) == ("sound", True)
    question = would["question"]
    assert (question["as_of"], question["region"], question["sector"]) == (size, "330000", None), "its own place"
    assert [len(question[side]["rulebooks"]) for side in ("under", "against")] == [5, 1]
    assert (office.saw("/v1/jobs")["items"], town.house.ledger.store.size()) == ([], size)


def test_only_the_policy_office_asks_and_only_within_its_place_and_sector(
    town: Town, people: dict[str, Someone]
) -> None:
    bureau = town.unit("某局", "330200", "general")
    local = town.officer(bureau, "policy_office", "3302", sector="industry")

    assert town.nobody.post("/v1/replays", ASKED).get_json()["code"] == "login_required"
    assert people["ningbo"].post("/v1/replays", ASKED).get_json()["code"] == "official_needed"
    assert town.founder.post("/v1/replays", ASKED).get_json()["code"] == "official_needed"
    assert people["ningbo_office"].post("/v1/replays", ASKED).get_json()["code"] == "role_not_held"
    own = local.post("/v1/replays", ASKED, dry_run="true").get_json()["would"]["question"]
    assert (own["region"], own["sector"]) == ("330200", "industry")
    within = local.post("/v1/replays", {**ASKED, "region": "330203"}, dry_run="true").get_json()["would"]["question"]
    assert (within["region"], within["sector"]) == ("330203", "industry")
    for beyond in ({"region": "330300"}, {"region": "330000"}, {"sector": "environment"}):
        no = local.post("/v1/replays", {**ASKED, **beyond})
        assert (no.status_code, no.get_json()["code"]) == (403, "outside_scope"), beyond


def drafts_of(name: str, **changes: Any) -> BODY:
    source = DRAFTS / f"{name}.toml"
    cases = source.with_name(source.stem + ".cases.toml")
    return {"source": source.read_text("utf-8"), "cases": cases.read_text("utf-8"), **changes}


def test_a_draft_that_is_sent_along_stands_beside_the_law_in_force_like_one_that_is_named(office: Someone) -> None:
    sent, named = (office.post("/v1/replays", body, dry_run="true").get_json()["would"]["question"]
                   for body in ({"drafts": [drafts_of(DRAFT)]}, {"under": f"now+{DRAFT}"}))

    assert sent == named
    assert sent["under"]["law"] == f"now+{DRAFT}" and len(sent["under"]["rulebooks"]) == 6


@pytest.mark.parametrize(("body", "place", "word"), [
    ({"drafts": [{"source": drafts_of(DRAFT)["source"]}]}, "/drafts", "没有案例文件"),
    ({"drafts": [drafts_of(DRAFT, source="family = ")]}, "/drafts/0/source", "TOML"),
    ({"drafts": [drafts_of(DRAFT), drafts_of(DRAFT)]}, "/drafts/1/source", "写了两次"),
    ({"drafts": [drafts_of(DRAFT, text="原文")]}, "/drafts/0/text", "文件名"),
    ({"drafts": []}, "/drafts", ""),
    ({"drafts": [drafts_of(DRAFT)], "under": "now"}, "/under", "只写一个"),
    ({}, "/under", "只写一个"),
    ({"under": "drafts"}, "/under", "应为"), ({"under": "now+../../etc"}, "/under", "应为"),
    ({"under": "now", "region": "331999"}, "/region", "区划"),
])
def test_what_cannot_be_replayed_is_refused_before_any_work_with_its_place(
    office: Someone, body: BODY, place: str, word: str
) -> None:
    no = office.post("/v1/replays", body)

    assert no.status_code == 422, no.get_data(as_text=True)
    fault = no.get_json()["errors"][0]
    assert fault["pointer"] == place and word in fault["detail"]
    assert "/tmp" not in no.get_data(as_text=True), "where it was looked at is nobody's business"
    assert office.saw("/v1/jobs")["items"] == []


@pytest.mark.parametrize(("more", "code"), [
    ({"under": "set:nobody/2020-01-01"}, "law_unknown"), ({"as_of": "2999-01-01"}, "as_of_in_future"),
    ({"as_of": "soon"}, "as_of_malformed"), ({"sector": "industrial"}, "sector_unknown"),
])
def test_what_no_law_and_no_day_is_named_by_is_refused_before_any_work(
    office: Someone, more: BODY, code: str
) -> None:
    no = office.post("/v1/replays", {**ASKED, **more})
    assert (no.status_code, no.get_json()["code"]) == (422, code)


# While it waits


def test_a_request_queues_one_job_says_when_to_ask_again_and_others_are_behind_it(
    town: Town, people: dict[str, Someone], office: Someone
) -> None:
    size = town.house.ledger.store.size()
    first = office.post("/v1/replays", ASKED, key="once-and-for-all")
    job = first.get_json()
    place = f"/v1/jobs/{job['job']}"
    assert (first.status_code, first.headers["Location"], int(first.headers["Retry-After"]) > 0) == (202, place, True)
    assert (job["state"], job["ahead"], job["result"], job["error"]) == ("queued", 0, None, None)

    again = office.post("/v1/replays", ASKED, key="once-and-for-all")
    assert (again.status_code, again.get_json()["job"], again.headers["Idempotent-Replayed"]) == (
        202, job["job"], "true")
    no = office.post("/v1/replays", {**ASKED, "region": "330200"}, key="once-and-for-all")
    assert (no.status_code, no.get_json()["code"]) == (422, "idempotency_key_reused")
    second = office.post("/v1/replays", {**ASKED, "region": "330200"}).get_json()
    assert second["ahead"] == 1
    assert town.house.ledger.store.size() == size, "nothing is written to the ledger"

    page = office.get("/v1/jobs", limit=1)
    assert [one["job"] for one in page.get_json()["items"]] == [second["job"]]
    rest = office.saw("/v1/jobs", cursor=page.get_json()["next_cursor"])
    assert ([one["job"] for one in rest["items"]], rest["next_cursor"]) == ([job["job"]], None)
    assert 'rel="next"' in page.headers["Link"]
    for one in (job, second):
        office.did(f"/v1/jobs/{one['job']}/cancellation")


def test_a_colleague_of_the_place_sees_and_ends_it_and_another_place_is_told_what_is_told_of_none(
    town: Town, people: dict[str, Someone], office: Someone
) -> None:
    colleague = town.officer(town.unit("二处", "330000", "general"), "policy_office", "33")
    away = town.officer(town.unit("温州政策处", "330300", "general"), "policy_office", "3303")
    job = office.post("/v1/replays", ASKED).get_json()["job"]
    assert colleague.saw(f"/v1/jobs/{job}")["asked_by"] == office.id
    assert colleague.saw("/v1/jobs")["items"] == [], "a list is of one's own"

    none = f"job_{'0' * 22}"
    for path in ("/v1/jobs/{}", "/v1/replays/{}", "/v1/replays/{}/files/report.json"):
        of_this, of_none = (away.get(path.format(one)) for one in (job, none))
        assert (of_this.status_code, of_this.get_json()["code"]) == (404, "job_absent")
        assert of_this.get_json()["detail"] == of_none.get_json()["detail"]
    assert away.post(f"/v1/jobs/{job}/cancellation").get_json()["code"] == "job_absent"
    rows = people["ningbo_office"].get(f"/v1/replays/{job}/entries", purpose="impact_review")
    assert (rows.status_code, rows.get_json()["code"]) == (404, "job_absent"), "of a replay without result nobody hears"
    assert office.get(f"/v1/replays/{job}").get_json()["code"] == "replay_unfinished"

    tried = colleague.post(f"/v1/jobs/{job}/cancellation", dry_run="true").get_json()
    assert (tried["would"]["state"], office.saw(f"/v1/jobs/{job}")["state"]) == ("cancelled", "queued")
    ended = colleague.did(f"/v1/jobs/{job}/cancellation")
    assert (ended["state"], ended["cancelled_by"]) == ("cancelled", colleague.id)
    assert office.did(f"/v1/jobs/{job}/cancellation")["cancelled_by"] == colleague.id, "it stays as it was"


def test_whoever_prefers_to_wait_is_answered_when_it_is_over_or_time_is_up(
    people: dict[str, Someone], office: Someone, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once = held(office, "POST", "/v1/replays", ASKED, Prefer="respond-async")
    place = at_once.headers["Location"]
    assert (at_once.status_code, at_once.headers["Preference-Applied"]) == (202, "respond-async")
    waited = held(office, "GET", place, Prefer="respond-async, wait=1")
    assert (waited.headers["Preference-Applied"], "Retry-After" in waited.headers) == ("wait=1", True)

    monkeypatch.setattr(doors, "WAIT_MOST_S", 600)
    answers: list[Any] = []
    asking = threading.Thread(target=lambda: answers.append(held(office, "GET", place, Prefer="wait=600")))
    asking.start()
    office.did(f"{place}/cancellation")
    asking.join(timeout=60)
    assert (answers[0].get_json()["state"], "Retry-After" in answers[0].headers) == ("cancelled", False)


# When it is done


def test_its_sums_and_files_are_the_offices_and_its_digest_is_that_of_the_report(
    town: Town, office: Someone, done: BODY
) -> None:
    assert (done["kind"], done["progress"], done["error"], done["ahead"]) == ("replay", None, None, None)
    told = office.saw(done["result"])
    assert (told["changed_people"], told["gained"], told["given_up"]) == (1, "8", "0")
    assert told["question"] == done["question"]
    hrefs = {one["name"]: one["href"] for one in told["files"]}
    report = office.get(hrefs["report.json"])
    assert hashlib.sha256(report.data).hexdigest() == told["digest"]
    assert json.loads(report.data)["question"] == done["question"]
    assert "attachment" in report.headers["Content-Disposition"]
    assert told["digest"] in office.get(hrefs["report.html"]).get_data(as_text=True)
    for one in told["files"]:
        if one["sha256"] is not None and one["href"] is not None and "/files/" in one["href"]:
            content = office.get(one["href"]).data
            assert (hashlib.sha256(content).hexdigest(), len(content)) == (one["sha256"], one["bytes"])

    for name in ("person_years.ndjson", "entries.csv", "lock", "..", "report.json.new"):
        assert office.get(f"{done['result']}/files/{name}").status_code == 404, name
    announced = office.post("/v1/impact-reports", {"report": report.get_data(as_text=True)}, dry_run="true")
    assert announced.status_code == 200, "recorded on purpose, as any other report"
    assert office.post(f"/v1/jobs/{done['job']}/cancellation").get_json()["code"] == "job_over"
    finished = held(office, "POST", "/v1/replays", ASKED, Prefer="wait=0")
    assert finished.status_code == 202
    office.did(f"{finished.headers['Location']}/cancellation")


def test_the_same_request_is_told_later_that_it_is_done(office: Someone, done: BODY, town: Town) -> None:
    cost = office.post("/v1/replays", ASKED, dry_run="true").get_json()["would"]["cost"]
    assert cost["seconds"] >= 1, "as long as the last one took"


def test_rows_of_people_are_for_officials_who_may_see_them_for_a_purpose_and_recorded(
    town: Town, people: dict[str, Someone], office: Someone, done: BODY
) -> None:
    seen = people["ningbo_office"]
    place = f"{done['result']}/person-years"
    assert office.get(place, purpose="impact_review").get_json()["code"] == "not_for_reading", "it looks at nobody"
    assert people["ningbo"].get(place, purpose="impact_review").get_json()["code"] == "not_for_reading"
    assert town.nobody.get(place, purpose="impact_review").get_json()["code"] == "login_required"
    assert seen.get(place).get_json()["code"] == "purpose_missing"
    before = town.house.register.access.store.size()
    assert people["wenzhou_office"].saw(place, purpose="impact_review")["items"] == []
    assert town.house.register.access.store.size() == before, "nobody was seen"

    told = seen.saw(place, purpose="impact_review")
    (row,) = told["items"]
    assert (row["person"], row["line"], row["change"]) == (people["ningbo"].id, 1, "+8")
    assert town.house.register.access.store.size() == before + 1
    files = {one["name"]: one for one in office.saw(done["result"])["files"]}
    assert (told["sha256"], told["as_of"]) == (files["person_years.ndjson"]["sha256"], done["question"]["as_of"])
    (entry,) = seen.saw(f"{done['result']}/entries", purpose="impact_review", limit=1)["items"]
    assert entry["new_clause"].startswith("ningbo-industry/2019-01-01")
    (title,) = seen.saw(f"{done['result']}/titles", purpose="impact_review")["items"]
    assert (title["kind"], title["old"]["years_met"]) == ("first", None)


# After enactment


def test_a_report_is_held_against_what_happened_by_a_job_that_keeps_no_rows_of_people(
    town: Town, office: Someone, people: dict[str, Someone], done: BODY
) -> None:
    report, size = done["job"], town.house.ledger.store.size()
    at = f"/v1/replays/{report}/check"
    assert office.get(at).get_json()["code"] == "replay_check_absent"
    assert people["ningbo_office"].post(at).get_json()["code"] == "role_not_held"
    tried = office.post(at, dry_run="true").get_json()["would"]
    assert tried["question"] == done["question"] and tried["cost"]["entries"] == 2
    begun, again = (office.post(at, key="check-it-once") for _ in range(2))
    check = begun.get_json()["job"]
    assert (begun.status_code, again.get_json()["job"], begun.headers["Location"]) == (202, check, f"/v1/jobs/{check}")
    with running(town):
        found = over(office, check)

    assert (found["kind"], found["state"], found["result"]) == ("replay_check", "done", at)
    told = office.saw(at)
    assert (told["holds"], told["differ"], told["job"], told["report"]) == (True, [], check, report)
    assert told["changed_person_years"] == 1 and told["digest"] == office.saw(f"/v1/replays/{report}")["digest"]
    assert {one["announced"] == one["enacted"] for one in told["rulebooks"]} == {True} and told["recorded"] == []
    assert town.house.ledger.store.size() == size, "nothing is written to the ledger"
    assert [one.name for one in (town.house.register.folder.replays / check).iterdir()] == ["lock"]
    assert office.get(f"/v1/replays/{check}").get_json()["code"] == "job_absent", "a check has no report of its own"
    rows = people["ningbo_office"].get(f"/v1/replays/{check}/entries", purpose="impact_review")
    assert (rows.status_code, rows.get_json()["code"]) == (404, "job_absent")


def test_what_is_not_enacted_cannot_be_checked(town: Town, office: Someone, done: BODY) -> None:
    waits = office.post("/v1/replays", {"under": f"now+{DRAFT}"}).get_json()["job"]
    assert office.post(f"/v1/replays/{waits}/check").get_json()["code"] == "replay_unfinished"
    jobs, folder, now = town.house.jobs, town.house.register.folder.replays, town.house.now
    shutil.copytree(folder / done["job"] / REPORT, folder / waits / REPORT)
    assert jobs.begin(waits, now=now) and jobs.end(waits, "done", {"digest": "f" * 64}, now=now)

    no = office.post(f"/v1/replays/{waits}/check")
    assert (no.status_code, no.get_json()["code"], DRAFT in no.get_data(as_text=True)) == (
        409, "replay_law_waits", True)


# Elsewhere


def test_commands_say_what_the_doors_say(
    town: Town, people: dict[str, Someone], office: Someone, done: BODY, tmp_path: Path
) -> None:
    with answering(town.app) as address:
        def said(whom: Someone, *arguments: str) -> str:
            ended = xueshi(tmp_path, "job", *arguments, "--server", address, XUESHI_TOKEN=str(whom.token))
            assert ended.returncode == 0, ended.stderr
            return ended.stdout

        assert done["job"] in said(office, "show", done["job"], "--wait")
        assert json.loads(said(office, "show", done["job"], "--json")) == office.saw(f"/v1/jobs/{done['job']}")
        tried = said(office, "replay", "--under", "now", "--against", PROVINCE, "--dry-run")
        assert "没有排队" in tried and "不写入账本" in tried
        assert "共增 8、共减 0" in said(office, "report", done["job"])
        rows = said(people["ningbo_office"], "rows", done["job"], "person-years", "--purpose", "impact_review")
        assert people["ningbo"].id in rows and "+8" in rows
        queued = json.loads(said(office, "replay", "--under", "now", "--json"))["job"]
        assert "已取消" in said(office, "cancel", queued)


def test_a_report_is_kept_for_a_month_then_cleared_away_and_says_so(
    town: Town, clock: Clock, office: Someone, done: BODY
) -> None:
    """What is cleared away is gone, for what comes after this test too."""
    tidy_replays(town.house)
    assert office.get(done["result"]).status_code == 200
    clock.later_s = KEPT_S + 1
    try:
        tidy_replays(town.house)
        job = office.saw(f"/v1/jobs/{done['job']}")
        gone = office.get(done["result"])
    finally:
        clock.later_s = 0
    assert (job["state"], job["result"], job["is_cleared"]) == ("done", None, True)
    assert (gone.status_code, gone.get_json()["code"]) == (404, "replay_cleared")
    assert not (town.house.register.folder.replays / done["job"] / "report").exists()


def test_an_announced_report_is_kept_until_it_was_checked_or_its_proposal_has_ended(
    town: Town, clock: Clock, office: Someone, done: BODY
) -> None:
    house, digest, drafted = town.house, "d" * 64, "e" * 64
    question = {**done["question"], "region": None}
    job = house.jobs.add(Job(house.new_id("job"), office.id, "33", None, "t", {}, question, done["cost"], house.now),
                         RequestKey(b"announced" * 4, b"same" * 8))
    assert isinstance(job, Job) and house.jobs.begin(job.job, now=house.now)
    made = house.register.folder.replays / job.job / REPORT
    made.mkdir(parents=True)
    (made / "report.json").write_text("{}")
    assert house.jobs.end(job.job, "done", {"digest": digest}, now=house.now)

    def stands(*, months: int) -> tuple[list[str], bool, bool]:
        clock.later_s = months * (KEPT_S + 1)
        try:
            tidy_replays(house)
            found = office.saw(f"/v1/jobs/{job.job}")
            return found["kept_for"], found["kept_until"] is None, found["is_cleared"]
        finally:
            clock.later_s = 0

    def recorded(*events: RulebookEvent) -> None:
        versions = {event.stream: house.ledger.store.version(event.stream) for event in events}
        house.ledger.record([Draft(event) for event in events], by=By(actor=office.id, role="policy_office"),
                            versions=versions)

    def announced(rulebook: str, of: str) -> RulebookEvent:
        nothing = Impact(**dict.fromkeys(Impact.__struct_fields__, 0))
        return ImpactReportRecorded(rulebook=RulebookId(rulebook), digest=digest, rulebook_digest=of, under=(),
                                    against=(), log_size=1, root="f" * 64, impact=nothing)

    draft, actor = RulebookId(DRAFT), ActorId(office.id)
    enacted = next(one for one in house.answers.rulebooks() if f"set:{one.id}" == PROVINCE)
    recorded(announced(DRAFT, drafted), announced(enacted.id, enacted.digest))
    assert stands(months=1) == ([DRAFT, enacted.id], True, False), "nobody has proposed it, nobody has checked it"

    recorded(RulebookProposed(rulebook=draft, digest=drafted, family="hangzhou-credits", revision=1, document="某文件",
                              in_force_from=date(2025, 6, 6), hand=Hand(actor=actor)))
    assert stands(months=20) == ([DRAFT, enacted.id], True, False), "it waits for whoever decides"
    recorded(ProposalRefused(rulebook=draft, digest=drafted, proposed_by=actor))
    check = house.jobs.add(Job(house.new_id("job"), office.id, "33", None, "t", {
        "kind": "replay_check", "check": job.job, "digest": digest}, question, done["cost"], house.now),
        RequestKey(b"checked!" * 4, b"same" * 8))
    assert isinstance(check, Job) and stands(months=1) == ([enacted.id], True, False), "what happened is still to come"
    here = room(house)
    assert (here.announced, here.announced_bytes) == (1, 2) and here.reports >= 1 and here.bytes >= 2
    assert house.jobs.begin(check.job, now=house.now)
    assert house.jobs.end(check.job, "done", {"digest": digest, "holds": True}, now=house.now)
    assert stands(months=0) == ([], False, False), "from here on like any other"
    assert stands(months=1) == ([], False, True)
