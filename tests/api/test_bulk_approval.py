"""Approvals by the batch: a line for each, what wants a look of its own left out, all at once or one by one."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.api.command_kit import xueshi
from tests.api.house_kit import BODY, SHA, Someone, Town, house_in, study

KEYS = itertools.count(1)


@pytest.fixture
def person(person: Someone) -> Someone:
    return person.hands_in()


def line(claim: BODY, **more: Any) -> BODY:
    return {"claim": claim["claim"], "version": claim["version"], **more}


def sent(by: Someone, *lines: BODY | str, key: str | None = None, **query: str) -> TestResponse:
    body = "".join((one if isinstance(one, str) else json.dumps(one)) + "\n" for one in lines)
    headers = {**by.headers(key or f"a-batch-that-is-long-enough-{next(KEYS)}"), "Content-Type": "application/x-ndjson"}
    return by.client.post("/v1/claims:bulk", data=body, headers=headers, query_string=query)


def told(answer: TestResponse) -> list[BODY]:
    assert (answer.status_code, answer.mimetype) == (200, "application/x-ndjson"), answer.get_data(as_text=True)
    return [json.loads(one) for one in answer.get_data(as_text=True).splitlines()]


def codes(lines: list[BODY]) -> list[Any]:
    assert [one["index"] for one in lines] == list(range(len(lines)))
    return [one["problem"]["code"] if "problem" in one else one["status"] for one in lines]


def status(who: Someone, claim: BODY) -> str:
    return str(who.saw(f"/v1/claims/{claim['claim']}")["status"])


def test_each_line_is_answered_with_what_the_claim_is_worth_and_its_event(person: Someone, officer: Someone) -> None:
    claims = [person.submit(study(date=f"2026-0{month}-02")) for month in (2, 3, 4)]

    lines = told(sent(officer, *(line(one, opened_evidence=[SHA]) for one in claims)))

    assert codes(lines) == [201, 201, 201]
    for claim, one in zip(claims, lines, strict=True):
        assert (one["claim"], one["version"], one["assessed"], one["year"]) == (claim["claim"], 2, "8", 2026)
        assert len(one["events"]) == 1 and not one["replayed"]
        assert status(person, claim) == "approved"


def test_it_stops_at_the_first_no_unless_it_is_told_to_go_on(person: Someone, officer: Someone) -> None:
    first, second, third = (person.submit(study(date=f"2026-0{month}-02")) for month in (2, 3, 4))
    lines = (line(first), {**line(second), "version": 7}, line(third))

    assert codes(told(sent(officer, *lines))) == [201, "stale_version", "not_tried"]
    assert codes(told(sent(officer, *lines, continue_on_failure="true"))) == ["stale_version", "stale_version", 201]
    assert [status(person, one) for one in (first, second, third)] == ["approved", "under_review", "approved"]


def test_all_at_once_is_one_append_or_nothing(person: Someone, officer: Someone) -> None:
    first, second = (person.submit(study(date=f"2026-0{month}-02")) for month in (2, 3))

    failed = told(sent(officer, line(first), {**line(second), "version": 7}, atomic="true"))
    assert codes(failed) == ["not_tried", "stale_version"]
    assert {status(person, one) for one in (first, second)} == {"under_review"}

    done = told(sent(officer, line(first), line(second), atomic="true"))
    assert codes(done) == [201, 201]
    assert done[1]["events"][0] == done[0]["events"][0] + 1


@pytest.mark.parametrize("atomic", ["true", "false"])
def test_repeated_under_its_key_it_is_answered_again_and_done_once(
    person: Someone, officer: Someone, atomic: str
) -> None:
    lines = [line(person.submit(study(date=f"2026-0{month}-02"))) for month in (2, 3)]
    key = f"a-batch-of-its-own-{atomic}"

    first = told(sent(officer, *lines, key=key, atomic=atomic))
    again = told(sent(officer, *lines, key=key, atomic=atomic))

    assert [{**one, "replayed": True} for one in first] == again
    other = told(sent(officer, *lines, line(person.submit(study(date="2026-06-02"))), key=key, atomic=atomic)
                 ) if atomic == "false" else []
    assert not other or codes(other)[0] == "idempotency_key_reused"


def test_a_trial_says_what_each_is_worth_and_writes_nothing(person: Someone, officer: Someone) -> None:
    claim = person.submit(study())

    (one,) = told(sent(officer, line(claim), dry_run="true"))

    assert (one["status"], one["assessed"], "events" in one) == (200, "8", False)
    assert status(person, claim) == "under_review"


def test_what_says_the_same_as_another_is_left_for_somebody_to_look_at(person: Someone, officer: Someone) -> None:
    first, second = (person.submit(study(occasion="o-1", days=days)) for days in ("2", "3"))

    for how in ("false", "true"):
        lines = told(sent(officer, line(first), line(second), atomic=how, dry_run="true"))
        assert codes(lines)[1] == "look_at_alone", how
        assert lines[1]["problem"]["seen"]["duplicates"] == [{"claim": first["claim"], "by": "occasion"}]


def test_what_nobody_can_have_looked_at_is_not_approved_by_the_batch(
    town: Town, works: BODY, officer: Someone
) -> None:
    zhou = town.person()
    town.belongs(zhou, works, "2020-01-01")
    claim = zhou.submit(study(date="2026-05-06"))

    (one,) = told(sent(officer, line(claim)))
    assert one["problem"]["code"] == "look_at_alone" and one["problem"]["seen"]["papers_absent"] == [SHA]
    zhou.hands_in()
    assert codes(told(sent(officer, line(claim)))) == [201]


def test_what_the_law_leaves_to_an_authority_is_not_approved_by_the_batch(town: Town) -> None:
    studio = town.unit("某文化馆", "330302", "general")
    wang = town.person()
    town.belongs(wang, studio, "2020-01-01")
    bureau = town.officer(town.unit("某局", "330300", "general"), "sector_authority", "3303")
    claim = wang.submit(study(confirmed_hours="12", document="某文件"))

    (one,) = told(sent(bureau, line(claim)))
    assert (one["problem"]["code"], one["problem"]["seen"]["status"]) == ("look_at_alone", "manual")


def test_each_claim_is_decided_by_whom_it_would_be_alone(town: Town, person: Someone, works: BODY) -> None:
    claim = person.submit(study())
    other = town.unit("另一厂", "330203", "industry")
    beside = town.officer(other, "unit", "330203", unit=other["unit"])
    own = town.officer(works, "unit", "330203", unit=works["unit"], person=person.id)

    assert [codes(told(sent(who, line(claim), atomic=how))) for who in (beside, own) for how in ("false", "true")] == [
        ["claim_absent"], ["claim_absent"], ["own_claim"], ["own_claim"]]
    assert [sent(who, line(claim)).get_json()["code"] for who in (town.nobody, person)] == [
        "login_required", "official_needed"]
    assert status(person, claim) == "under_review"


def test_a_line_that_cannot_be_read_is_told_with_its_place_and_stops_all_before_it_begins(
    person: Someone, officer: Someone
) -> None:
    good = person.submit(study())
    for bad, code in (("{", "bad_request"), ("[]", "unprocessable_content"), ('{"claim": 1}', "unprocessable_content"),
                      (json.dumps(line(good, confirmed_hours="90")), "unprocessable_content"), ("", "bad_request")):
        assert codes(told(sent(officer, line(good), bad))) == ["not_tried", code]
    assert status(person, good) == "under_review"
    assert codes(told(sent(officer, "{", line(good), continue_on_failure="true"))) == ["bad_request", 201]


def test_a_batch_has_an_end_a_type_and_a_key(officer: Someone) -> None:
    one = {"claim": f"clm_{'0' * 22}", "version": 1}
    large = sent(officer, *[one] * 501)
    assert (large.status_code, large.get_json()["code"]) == (413, "bulk_size_exceeded")
    assert large.get_json()["seen"] == {"lines": 501, "most": 500}
    assert officer.post("/v1/claims:bulk", one).status_code == 415
    assert sent(officer, one, atomic="true", continue_on_failure="true").status_code == 422
    without = officer.client.post("/v1/claims:bulk", data=json.dumps(one), headers={
        "Authorization": f"Bearer {officer.token}", "Content-Type": "application/x-ndjson"})
    assert without.get_json()["code"] == "idempotency_key_missing"


def test_the_command_sends_a_file_and_tells_a_line_for_each(tmp_path: Path) -> None:
    with house_in(tmp_path / "data") as town:
        works = town.unit("某厂", "330203", "industry")
        li = town.person().hands_in()
        town.belongs(li, works, "2020-01-01")
        clerk = town.officer(works, "unit", "330203", unit=works["unit"])
        claims = [li.submit(study(date=f"2026-0{month}-02")) for month in (2, 3)]
    assert clerk.token is not None
    (tmp_path / "batch").write_text("".join(json.dumps(line(one)) + "\n" for one in claims))

    tried = xueshi(tmp_path, "claim", "batch", "batch", "--dry-run", XUESHI_TOKEN=clerk.token)
    done = xueshi(tmp_path, "claim", "batch", "batch", "--atomic", "--json", XUESHI_TOKEN=clerk.token)
    again = xueshi(tmp_path, "claim", "batch", "batch", "--continue-on-failure", XUESHI_TOKEN=clerk.token)

    assert (tried.returncode, tried.stdout.count("可以认定 8 学时")) == (0, 2)
    assert (done.returncode, [json.loads(one)["status"] for one in done.stdout.splitlines()]) == (0, [201, 201])
    assert (again.returncode, again.stdout.count("stale_version")) == (1, 2)
