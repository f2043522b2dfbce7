"""What a case does to many entries in the background: told, stopped, killed in the middle, gone on with, once each."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from api.cases.investigating import bulk_jobs
from api.service.bulk_runner import TRIES_MOST, BulkRunner
from ledger.acts import case_bulk
from ledger.acts.case_bulk import Bulk
from ledger.events.claim import ClaimRevoked
from tests.api.case_kit import WHY, Desk, desk_in
from tests.api.house_kit import BODY, Someone, Town, house_in
from tests.waiting import until

FOUND = {"finding": "substantiated", **WHY}
REVOKE = {"act": "revoke", "basis": "falsified", **WHY}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with house_in(tmp_path_factory.mktemp("bulk-jobs") / "data") as town:
        yield town


@pytest.fixture
def desk(town: Town, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Three entries, a chunk each, two members, and what was found."""
    monkeypatch.setattr("api.cases.investigating.case_bulk.CHUNK", 1)
    desk = desk_in(town, 3)
    desk.act(desk.first, "members", {"actor": desk.second.id})
    desk.act(desk.first, "finding", FOUND)
    return desk


def begun(desk: Desk, key: str = "a-key-of-a-bulk-act-0001") -> tuple[BODY, BODY]:
    """The body that was sent, and what was answered at once."""
    body: BODY = {**REVOKE, "list_sha256": desk.would(desk.first, "bulk", REVOKE)["list_sha256"]}
    headers = {**desk.first.headers(version=desk.version(), key=key), "Prefer": "wait=0"}
    answer = desk.first.client.post(f"/v1/cases/{desk.case}/bulk", json=body, headers=headers)
    assert answer.status_code == 202, answer.get_data(as_text=True)
    found: BODY = answer.get_json()
    return body, found


@contextmanager
def running(town: Town) -> Iterator[BulkRunner]:
    runner = BulkRunner(town.house)
    runner.start()
    try:
        yield runner
    finally:
        runner.stop()


def told(whom: Someone, job: str) -> BODY:
    return whom.saw(f"/v1/jobs/{job}")


def over(whom: Someone, job: str) -> BODY:
    found: BODY = until(lambda: (one := told(whom, job))["ended_at"] and one)
    return found


def revoked(desk: Desk) -> Counter[str]:
    events = (one.envelope.event for one in desk.town.house.ledger.read(limit=20_000))
    return Counter(one.claim for one in events if isinstance(one, ClaimRevoked) and one.claim in desk.claims)


def effects(desk: Desk, whom: Someone | None = None) -> list[BODY]:
    """What is in force of it, as everybody is answered."""
    found: list[BODY] = desk.saw(whom or desk.first, "/followed")["items"]
    return found


class Gate:
    """Lets so many chunks through, and holds the next until it is told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, chunks: int) -> None:
        self.left, self.reached, self.open = chunks, threading.Event(), threading.Event()
        write = Bulk.write

        def held(bulk: Bulk) -> Any:
            if not self.left:
                self.reached.set()
                assert self.open.wait(60)
            else:
                self.left -= 1
            return write(bulk)

        monkeypatch.setattr(case_bulk.Bulk, "write", held)


def test_what_a_request_does_not_wait_for_is_done_in_the_background_and_told(desk: Desk) -> None:
    _, going = begun(desk, "a-key-of-a-bulk-act-0100")
    job = told(desk.first, going["job"])
    assert (job["kind"], job["state"], job["question"]["act"], job["cost"]["entries"]) == (
        "case_bulk", "queued", going["act"], 3)
    assert desk.saw(desk.second, f"/bulk/{going['act']}")["job"] == going["job"]
    with running(desk.town):
        done = over(desk.second, going["job"])

    assert (done["state"], done["result"]) == ("done", f"/v1/cases/{desk.case}/bulk/{going['act']}")
    assert desk.statuses() == ["revoked"] * 3 and set(revoked(desk).values()) == {1}
    one = desk.saw(desk.second, f"/bulk/{going['act']}")
    assert (one["state"], one["rows_done"], one["job"]) == ("closed", 3, None)
    assert desk.first.saw("/v1/jobs")["items"][0]["job"] == going["job"]


def test_the_same_request_again_is_the_same_job_and_once_done_the_same_answer(desk: Desk) -> None:
    key = "a-key-of-a-bulk-act-0200"
    body, going = begun(desk, key)
    headers = {**desk.first.headers(version=1, key=key), "Prefer": "wait=0"}
    again = desk.first.client.post(f"/v1/cases/{desk.case}/bulk", json=body, headers=headers)
    assert (again.status_code, again.get_json()["job"]) == (202, going["job"])
    with running(desk.town):
        over(desk.first, going["job"])
    third = desk.first.post(f"/v1/cases/{desk.case}/bulk", body, key=key, version=1)
    assert (third.status_code, third.headers["Idempotent-Replayed"]) == (201, "true")
    assert set(revoked(desk).values()) == {1}


def test_whoever_stops_it_leaves_it_in_force_for_nobody_and_another_member_goes_on(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, going = begun(desk, "a-key-of-a-bulk-act-0300")
    gate = Gate(monkeypatch, 1)
    with running(desk.town):
        assert gate.reached.wait(60)
        progress = told(desk.first, going["job"])["progress"]
        assert (progress["step"], progress["done"], progress["total"]) == ("write", 1, 3)
        ended = desk.second.post(f"/v1/jobs/{going['job']}/cancellation")
        assert (ended.status_code, ended.get_json()["cancelled_by"]) == (201, desk.second.id)
        gate.open.set()
        until(lambda: desk.saw(desk.first, f"/bulk/{going['act']}")["rows_done"] == 2)
        gate.left = 9
        left = desk.saw(desk.first, f"/bulk/{going['act']}")
        assert (left["state"], left["job"]) == ("open", None), "the chunk that was being written is the last"
        assert effects(desk) == []
        headers = {**desk.second.headers(version=desk.version()), "Prefer": "wait=0"}
        more = desk.second.client.post(
            f"/v1/cases/{desk.case}/bulk/{going['act']}/resumption", json={}, headers=headers)
        assert (more.status_code, more.get_json()["rows_done"]) == (202, 2)
        assert over(desk.first, more.get_json()["job"])["state"] == "done"
    assert desk.statuses() == ["revoked"] * 3 and set(revoked(desk).values()) == {1}


def test_of_what_is_given_up_meanwhile_the_job_is_over_and_nothing_stands(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, going = begun(desk, "a-key-of-a-bulk-act-0400")
    gate = Gate(monkeypatch, 1)
    with running(desk.town):
        assert gate.reached.wait(60)
        desk.act(desk.second, f"bulk/{going['act']}/abandonment", {})
        gate.open.set()
        assert over(desk.first, going["job"])["state"] == "cancelled"
    assert desk.statuses() == ["approved"] * 3


def test_a_service_that_stops_puts_it_back_and_one_that_was_killed_is_followed_by_the_next(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, going = begun(desk, "a-key-of-a-bulk-act-0500")
    gate, jobs = Gate(monkeypatch, 1), desk.town.house.jobs
    with running(desk.town) as runner:
        assert gate.reached.wait(60)
        runner._stopping.set()
        gate.open.set()
    waiting = jobs.find(going["job"])
    assert waiting is not None and (waiting.state, waiting.tries) == ("queued", 0)

    jobs.begin(going["job"], now=desk.town.house.now)  # So a killed process leaves it: running, and nobody runs it.
    gate.left = 9
    with running(desk.town):
        assert over(desk.first, going["job"])["state"] == "done"
    assert desk.statuses() == ["revoked"] * 3 and set(revoked(desk).values()) == {1}


def test_a_request_and_a_runner_that_write_at_once_double_nothing(desk: Desk) -> None:
    _, going = begun(desk, "a-key-of-a-bulk-act-0600")
    with running(desk.town):
        answer = desk.second.post(f"/v1/cases/{desk.case}/bulk/{going['act']}/resumption", version=desk.version())
        assert answer.status_code in (201, 202, 409, 412), answer.get_data(as_text=True)
        over(desk.first, going["job"])
    assert desk.statuses() == ["revoked"] * 3 and set(revoked(desk).values()) == {1}


def test_of_two_members_who_begin_at_once_one_does_and_the_other_is_told(desk: Desk) -> None:
    body: BODY = {**REVOKE, "list_sha256": desk.would(desk.first, "bulk", REVOKE)["list_sha256"]}
    version, both, answers = desk.version(), threading.Barrier(2), dict[str, Any]()

    def begin(whom: Someone) -> None:
        both.wait(60)
        answers[whom.id] = whom.post(f"/v1/cases/{desk.case}/bulk", body, version=version)

    hands = [threading.Thread(target=begin, args=(whom,)) for whom in (desk.first, desk.second)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    codes = sorted(one.status_code for one in answers.values())
    assert codes[0] in (201, 202) and codes[1] in (409, 412), codes
    with running(desk.town):
        until(lambda: not desk.town.house.jobs.open_of("case_bulk"))
    assert desk.statuses() == ["revoked"] * 3 and set(revoked(desk).values()) == {1}


def test_an_entry_that_changed_since_it_was_shown_stops_the_job_and_it_says_why(desk: Desk) -> None:
    _, going = begun(desk, "a-key-of-a-bulk-act-0700")
    desk.first.act(desk.people[2].saw(f"/v1/claims/{desk.claims[2]}"), "freeze", WHY)
    with running(desk.town):
        failed = over(desk.first, going["job"])
    assert (failed["state"], failed["error"]["code"]) == ("failed", "list_changed")
    assert "名单" in failed["error"]["detail"] and effects(desk) == []


def test_whoever_asked_and_may_no_more_has_nothing_done_in_their_name(desk: Desk) -> None:
    _, going = begun(desk, "a-key-of-a-bulk-act-0800")
    desk.act(desk.second, f"members/{desk.first.id}/release", WHY)
    with running(desk.town):
        failed = over(desk.second, going["job"])
    assert (failed["state"], failed["error"]["code"], effects(desk, desk.second)) == ("failed", "not_a_member", [])


def test_to_whoever_does_not_work_on_the_case_there_is_no_such_job(desk: Desk) -> None:
    _, going = begun(desk, "a-key-of-a-bulk-act-0900")
    for whom in (desk.third, desk.away):
        answer = whom.get(f"/v1/jobs/{going['job']}")
        assert (answer.status_code, answer.get_json()["code"]) == (404, "job_absent")
        assert whom.post(f"/v1/jobs/{going['job']}/cancellation").status_code == 404
    assert desk.third.get("/v1/jobs/job_0000000000000000000000").get_json()["code"] == "job_absent"
    assert desk.third.saw("/v1/jobs")["items"] == []
    desk.town.house.jobs.cancel(going["job"], by="x", now=desk.town.house.now)


def test_what_breaks_again_and_again_is_told_as_broken(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    _, going = begun(desk, "a-key-of-a-bulk-act-1000")
    monkeypatch.setattr("api.service.bulk_runner._REST_S", 0)

    def broken(*_: object) -> None:
        raise OSError("no space")

    monkeypatch.setattr(bulk_jobs, "run", broken)
    with running(desk.town):
        failed = over(desk.first, going["job"])
    assert (failed["state"], failed["error"]["code"]) == ("failed", "bulk_broke")
    found = desk.town.house.jobs.find(going["job"])
    assert found is not None and found.tries == TRIES_MOST + 1
