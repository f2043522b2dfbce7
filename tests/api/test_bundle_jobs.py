"""The bundle of a large case is made in the background, for one person, once; nothing of it lies open or stays."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from api.cases.investigating import bundle_jobs
from api.cases.investigating.bundle_jobs import tidy_bundles
from api.operational.callers import Caller
from api.service.bulk_runner import BUNDLES, TRIES_MOST, BulkRunner
from ledger.events.access import AccessRecorded
from ledger.offline.case_file import MANIFEST, parse_manifest
from ledger.offline.verify import verify_file
from tests.api.command_kit import answering, xueshi
from tests.api.house_kit import BODY, Someone, Town, house_in
from tests.api.test_bulk_jobs import over, told
from tests.api.test_case_bundle import FOR, NAME, TITLE, Place, files_of, placed
from tests.waiting import until


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with house_in(tmp_path_factory.mktemp("bundle-jobs") / "data") as town:
        yield placed(town)


@contextmanager
def running(town: Town) -> Iterator[BulkRunner]:
    runner = BulkRunner(town.house, work=BUNDLES)
    runner.start()
    try:
        yield runner
    finally:
        runner.stop()


def asked(place: Place, **more: object) -> BODY:
    answer = place.watch.post(f"/v1/cases/{place.case}/bundles", {**FOR, **more})
    assert answer.status_code == 202, answer.get_data(as_text=True)
    assert answer.headers["Location"] == f"/v1/jobs/{answer.get_json()['job']}"
    found: BODY = answer.get_json()
    return found


def made(place: Place, **more: object) -> BODY:
    job = asked(place, **more)["job"]
    with running(place.town):
        done = over(place.watch, job)
    assert done["state"] == "done", done
    return done


def no(whom: Someone, job: str) -> str:
    return str(whom.get(f"/v1/jobs/{job}/bundle.zip").get_json()["code"])


def folder_of(place: Place, job: str) -> Path:
    return place.town.house.register.folder.replays / job


def test_it_is_queued_told_made_and_fetched_once_and_it_verifies(place: Place, tmp_path: Path) -> None:
    job = asked(place)
    assert (job["kind"], job["state"], job["question"]["case"]) == ("case_bundle", "queued", place.case)
    assert no(place.watch, job["job"]) == "bundle_unfinished"
    with running(place.town):
        done = over(place.watch, job["job"])
    assert done["result"] == f"/v1/jobs/{job['job']}/bundle.zip" and done["cost"]["entries"] > 10

    answer = place.watch.get(done["result"])
    assert (answer.status_code, answer.content_type) == (200, "application/zip")
    assert int(answer.headers["Content-Length"]) == len(answer.data)
    (tmp_path / "bundle.zip").write_bytes(answer.data)
    assert verify_file(tmp_path / "bundle.zip", place.policy).kind == "bundle"
    direct = place.watch.get(f"/v1/cases/{place.case}/bundle.zip", **FOR, as_of=str(job["question"]["as_of"])).data
    assert files_of(answer.data).keys() == files_of(direct).keys()
    assert parse_manifest(files_of(answer.data)[MANIFEST]).events == parse_manifest(files_of(direct)[MANIFEST]).events

    assert no(place.watch, job["job"]) == "bundle_cleared"
    after = told(place.watch, job["job"])
    assert (after["is_cleared"], after["result"]) == (True, None)
    assert not folder_of(place, job["job"]).exists()


def test_on_the_disk_it_lies_sealed_for_its_owner_alone(place: Place) -> None:
    job = made(place)["job"]
    (path,) = folder_of(place, job).iterdir()

    lies = path.read_bytes()
    assert len(lies) > 10_000 and path.stat().st_mode & 0o777 == 0o600
    assert folder_of(place, job).stat().st_mode & 0o777 == 0o700
    for words in (NAME, TITLE, place.person.id, place.case):
        assert words.encode() not in lies


def test_it_is_given_to_whom_it_was_made_for_and_to_nobody_else(place: Place) -> None:
    job = made(place)["job"]
    for whom in (place.colleague, place.town.officer(place.town.unit("温州监督局", "330300", "general"),
                                                     "supervisor", "3303")):
        assert no(whom, job) == "job_absent" and whom.get(f"/v1/jobs/{job}").status_code == 404
        assert whom.post(f"/v1/jobs/{job}/cancellation").status_code == 404
    assert no(place.person, job) == "official_needed" and no(place.town.nobody, job) == "login_required"
    refused = place.colleague.post(f"/v1/cases/{place.case}/bundles", FOR)
    assert refused.get_json()["code"] == "not_a_member"


def test_of_a_replay_there_is_no_bundle_also_for_who_makes_rules_and_supervises(place: Place) -> None:
    town = place.town
    both = town.officer(town.unit("省某厅", "330000", "general"), "policy_office", "33")
    town.founder.did(f"/v1/actors/{both.id}/scopes", {"role": "supervisor", "region": "33"}, version=2)
    replay = both.post("/v1/replays", {"under": "now", "against": "then"}).get_json()["job"]

    assert both.get(f"/v1/jobs/{replay}/bundle.zip").status_code == 404 and no(both, replay) == "job_absent"


def test_what_is_recorded_is_that_it_was_fetched_with_everyone_in_it_and_the_purpose(place: Place) -> None:
    log = place.town.house.register.access
    done = made(place)
    before = log.store.size()
    place.watch.get(done["result"])

    seen = [one.envelope.event for one in log.read(before, 100)]
    told_of = {(one.subject, one.purpose, one.what) for one in seen if isinstance(one, AccessRecorded)}
    assert {(one, "court_referral", ("case_bundle",)) for one in (place.case, place.person.id)} <= told_of


def test_a_line_that_broke_on_the_way_costs_nothing_and_it_is_fetched_again(place: Place) -> None:
    done = made(place)
    job = place.town.house.jobs.find(done["job"])
    assert job is not None
    begun = bundle_jobs.fetch(place.town.house, Caller("actor", place.watch.id), job)
    assert isinstance(begun, bundle_jobs.Fetched)
    portions = begun.portions
    assert next(portions).startswith(b"PK")
    portions.close()  # type: ignore[attr-defined]
    assert len(place.watch.get(done["result"]).data) == begun.size


def test_whoever_was_released_from_the_case_meanwhile_gets_nothing(place: Place) -> None:
    town = place.town
    bureau = town.unit("市监督二处", "330200", "general")
    second = town.officer(bureau, "supervisor", "3302")
    case = f"/v1/cases/{place.case}"
    version = town.house.ledger.store.version(place.case)
    place.watch.did(f"{case}/members", {"actor": second.id}, version=version)
    job = second.post(f"{case}/bundles", FOR).get_json()["job"]
    with running(town):
        assert over(second, job)["state"] == "done"
    later = second.post(f"{case}/bundles", FOR).get_json()["job"]
    place.watch.did(f"{case}/members/{second.id}/release", {"words": "调离"},
                    version=town.house.ledger.store.version(place.case))

    assert no(second, job) == "job_absent"
    with running(town):
        until(lambda: not town.house.jobs.open_of("case_bundle"))
    failed = town.house.jobs.find(later)
    assert failed is not None and failed.outcome is not None
    assert (failed.state, failed.outcome["code"]) == ("failed", "not_a_member")


def test_nobody_fetched_it_in_time_so_it_is_gone_and_so_is_what_was_left_of_others(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    house, job = place.town.house, made(place)["job"]
    tidy_bundles(house)
    assert folder_of(place, job).exists(), "its time is not over"
    over = house.now
    monkeypatch.setattr(bundle_jobs, "until", lambda _: over)
    assert no(place.watch, job) == "bundle_cleared", "not even before it was tidied away"
    stray = house.register.folder.replays / "job_0000000000000000000000"
    stray.mkdir()
    (stray / "bundle.sealed.new").write_bytes(b"left by a process that is gone")
    tidy_bundles(house)
    assert not folder_of(place, job).exists() and not stray.exists()


class Gate:
    """Holds whoever makes a bundle at the first event that is written, until it is told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.reached, self.open = threading.Event(), threading.Event()
        pack = bundle_jobs.pack

        def held(*given: object) -> None:
            self.reached.set()
            assert self.open.wait(60)
            pack(*given)  # type: ignore[arg-type]

        monkeypatch.setattr(bundle_jobs, "pack", held)


def test_it_is_stopped_on_its_way_and_nothing_of_it_stays(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    gate, job = Gate(monkeypatch), asked(place)["job"]
    with running(place.town):
        assert gate.reached.wait(60)
        assert (told(place.watch, job)["state"], len(list(folder_of(place, job).iterdir()))) == ("running", 1)
        ended = place.watch.post(f"/v1/jobs/{job}/cancellation")
        assert (ended.status_code, ended.get_json()["state"]) == (201, "cancelled")
        gate.open.set()
        until(lambda: not list(folder_of(place, job).iterdir()))
    assert no(place.watch, job) == "bundle_unfinished"


def test_what_a_killed_process_left_is_made_anew_by_the_next(place: Place, tmp_path: Path) -> None:
    house, job = place.town.house, asked(place)["job"]
    house.jobs.begin(job, now=house.now)  # So a killed process leaves it: running, half a file, and nobody runs it.
    folder_of(place, job).mkdir(mode=0o700)
    (folder_of(place, job) / "bundle.sealed.new").write_bytes(b"XSSF1\n\0\0 half")
    tidy_bundles(house)
    with running(place.town):
        assert over(place.watch, job)["state"] == "done"
    (tmp_path / "bundle.zip").write_bytes(place.watch.get(f"/v1/jobs/{job}/bundle.zip").data)
    assert verify_file(tmp_path / "bundle.zip", place.policy).kind == "bundle"


def test_what_breaks_again_and_again_is_told_and_leaves_nothing(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.service.bulk_runner._REST_S", 0)

    def broken(*_: object) -> None:
        raise OSError("no space")

    monkeypatch.setattr(bundle_jobs, "pack", broken)
    job = asked(place)["job"]
    with running(place.town):
        failed = over(place.watch, job)
    assert (failed["state"], failed["error"]["code"]) == ("failed", "bundle_broke")
    found = place.town.house.jobs.find(job)
    assert found is not None and found.tries == TRIES_MOST + 1 and not list(folder_of(place, job).iterdir())


def test_a_trial_says_what_it_would_hold_and_queues_nothing(place: Place) -> None:
    before = place.town.house.jobs.count()
    answer = place.watch.post(f"/v1/cases/{place.case}/bundles", {**FOR, "redact": ["name"]}, dry_run="true")
    would = answer.get_json()["would"]
    assert would["question"]["redact"] == ["name", "name_normalised"] and would["cost"]["entries"] > 10
    assert place.town.house.jobs.count() == before
    bad = place.watch.post(f"/v1/cases/{place.case}/bundles", {**FOR, "redact": ["nothing_such"]})
    assert bad.get_json()["code"] == "unprocessable_content"


def test_the_same_request_again_is_the_same_job(place: Place) -> None:
    key = "a-key-of-a-bundle-0001"
    one, again = (place.watch.post(f"/v1/cases/{place.case}/bundles", FOR, key=key) for _ in range(2))
    assert one.get_json()["job"] == again.get_json()["job"] and again.headers["Idempotent-Replayed"] == "true"
    place.town.house.jobs.cancel(one.get_json()["job"], by=place.watch.id, now=place.town.house.now)


def test_a_large_one_is_not_made_while_somebody_waits_and_the_command_has_it_made(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(place.town.app.config, "BUNDLE_DIRECT_MOST", 3)
    monkeypatch.setattr("api.routes.replays.RETRY_SECONDS", 0)
    answer = place.watch.get(f"/v1/cases/{place.case}/bundle.zip", **FOR)
    assert (answer.status_code, answer.get_json()["code"]) == (409, "bundle_in_background")

    out = tmp_path / "large.zip"
    with running(place.town), answering(place.town.app) as server:
        ran = xueshi(tmp_path, "case", "bundle", place.case, "--out", "large.zip", "--purpose", "court_referral",
                     "--redact-persons", XUESHI_TOKEN=str(place.watch.token), XUESHI_SERVER=server)
    assert ran.returncode == 0 and "后台" in ran.stderr, ran.stdout + ran.stderr
    assert verify_file(out, place.policy).kind == "bundle" and NAME.encode() not in out.read_bytes()
