"""A service on a bad day: its disk turns read-only, fills up or fails; its clock is wrong.

The disk of a running service cannot be remounted under the files that it holds open, so strace answers for it what the
kernel answers on such a day; where a command begins on one, it really is mounted so.
"""

from __future__ import annotations

import http.client
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.api.command_kit import CLEAN, XUESHI
from tests.api.house_kit import BODY, resident_id, study
from tests.faults.failing_kit import wait_for_strace
from tests.faults.faulted_register import Scene, made_in
from tests.forked import Popen
from tests.waiting import until

WRITING = "pwrite64,write,ftruncate,fallocate,fsync,fdatasync,rename,unlink,mkdir"


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    yield made_in(tmp_path_factory.mktemp("bad_days"))


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: BODY


class Service:
    """A running service, asked over HTTP."""

    def __init__(self, process: subprocess.Popen[str], port: int, told: Path) -> None:
        self.process, self.port, self.told = process, port, told

    def ask(
        self, method: str, path: str, body: BODY | None = None, *, token: str | None = None, key: str = "",
        version: int | None = None,
    ) -> Answer:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        headers |= {"Idempotency-Key": f"the-key-of-request-{key}-0001"} if key else {}
        headers |= {"Authorization": f"Bearer {token}"} if token else {}
        headers |= {} if version is None else {"If-Match": f'"v{version}"'}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()},
                          json.loads(text) if (text := answer.read())[:1] == b"{" else {"text": text.decode()})
        finally:
            connection.close()

    def act(self, path: str, body: BODY, token: str, key: str, version: int | None = None) -> Answer:
        return self.ask("POST", path, body, token=token, key=key, version=version)

    def register(self, number: int) -> Answer:
        body = {"name": "王芳", "id_kind": "resident_id", "id_number": resident_id(9_000 + number)}
        return self.ask("POST", "/v1/persons", body, key=f"person-{number}")

    def check(self, name: str) -> str:
        found = self.ask("GET", "/readyz").body["checks"]
        return next(str(each["level"]) for each in found if each["check"] == name)


def at(when: str) -> dict[str, str]:
    """What has a process believe that it is then: the library alone, since the program would outlive its signals.

    The monotonic clock stays what it is: where it is moved, as the program does, every wait with a limit that Python
    begins (`sem_clockwait`, which the library does not know) ends when that time has really come, and nothing answers.
    Where it stays, `time.sleep` alone breaks, and is put right by a file of ours.
    """
    library = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
    return {"LD_PRELOAD": str(library), "FAKETIME": when, "FAKETIME_DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1",
            "PYTHONPATH": str(Path(__file__).with_name("clockwork"))}


@contextmanager
def served(folder: Path, **environment: str) -> Iterator[Service]:
    """Serve the register of a folder."""
    told = folder / "stderr"
    with told.open("w") as stderr:
        process = (subprocess.Popen if "LD_PRELOAD" in environment else Popen)(
            [XUESHI, "serve", "--port", "0"], cwd=folder, stdout=subprocess.PIPE, stderr=stderr, text=True,
            env={**CLEAN, "XUESHI_CHECKPOINT_SECONDS": "1", **environment})
    try:
        assert process.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:(\d+)", process.stdout.readline())
        assert found, told.read_text()
        yield Service(process, int(found[1]), told)
        if process.poll() is None:
            process.terminate()
            ended = process.wait(timeout=60)
            assert ended == 0, told.read_text()[-2_000:]
    finally:
        process.kill()
        process.communicate()


@contextmanager
def failing(service: Service, folder: Path, error: str) -> Iterator[None]:
    """While the block lasts the data folder answers each change with an error; reading goes on."""
    names = [folder, *folder.rglob("*")]
    names += [path.with_name(path.name + end) for path in names for end in ("-wal", "-shm", "-journal", ".new")]
    files = [word for path in names for word in ("-P", str(path))]
    what = ["-e", f"trace={WRITING}", "-e", f"inject={WRITING}:error={error}"]
    strace = subprocess.Popen(
        ["strace", "-f", "-qq", "-o", "/dev/null", *files, *what, "-p", str(service.process.pid)],
        stderr=subprocess.PIPE)
    try:
        wait_for_strace(service.process.pid, strace)
        yield
    finally:
        strace.terminate()
        strace.wait(60)
        assert strace.stderr is not None
        strace.stderr.close()


def clean(scene: Scene) -> int:
    """What the checker says of it: how many events there are."""
    status, told, stderr = scene.ran("fsck", "--processes", "1", "--json")
    assert status == 0, told + stderr
    return int(json.loads(told)["size"])


def refused_for_now(answer: Answer) -> None:
    assert answer.status == 503 and int(answer.headers["retry-after"]) > 0, answer
    assert answer.body["code"] in ("store_failed", "vault_failed", "disk_failed"), answer


@pytest.mark.requires_system("strace")
@pytest.mark.timeout(300)
@pytest.mark.parametrize("error", [
    "EROFS", *(pytest.param(each, marks=pytest.mark.torture) for each in ("ENOSPC", "EIO"))])
def test_on_a_disk_that_turned_read_only_it_goes_on_answering_and_writes_again_by_itself(
    scene: Scene, error: str
) -> None:
    scene.fresh()
    token = scene.lived.tokens["person"]
    with served(scene.place) as service:
        first = service.register(1)
        assert first.status == 201
        with failing(service, scene.data, error):
            for number in (1, 2, 3):
                answer = service.register(number)
                if number == 1:
                    assert answer.status in (201, 503), "what was done may be answered again"
                else:
                    refused_for_now(answer)
            assert service.ask("GET", "/livez").status == 200
            years = service.ask("GET", f"/v1/persons/{scene.lived.person}/years", token=token)
            assert years.status == 200, years
        until(lambda: service.register(2).status == 201, "it writes no more")
        assert service.register(3).status == 201
        assert service.register(1).body["person"] == first.body["person"], "what was acknowledged is answered again"
        until(lambda: service.check("checkpoints") == "ok", "it signs no more")
        assert "internal_server_error" not in service.told.read_text()
    assert clean(scene) >= scene.lived.size + 3


@contextmanager
def mounted(folder: Path, size: str) -> Iterator[Path]:
    """A small disk of its own."""
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], check=False).returncode:
        pytest.skip("mounting a small disk needs root")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.torture
@pytest.mark.timeout(600)
def test_a_service_whose_disk_fills_up_says_so_and_goes_on_when_there_is_room(scene: Scene, tmp_path: Path) -> None:
    with mounted(tmp_path / "disk", "40m") as disk:
        there = Scene(scene.origin, disk / "there", scene.lived)
        there.fresh()
        with served(there.place) as service:
            done = []
            fill = disk / "fill"
            with fill.open("wb") as file:  # Somebody else's file takes what is left.
                left = shutil.disk_usage(disk).free
                file.write(bytes(max(0, left - 600_000)))
            answers = iter(range(1, 5_000))
            for number in answers:
                answer = service.register(number)
                if answer.status != 201:
                    break
                done.append(answer.body["person"])
            refused_for_now(answer)
            (disk / "last").write_bytes(bytes(shutil.disk_usage(disk).free))
            assert service.check("folder") == "fail", "no room in the folder"
            assert service.ask("GET", "/livez").status == 200
            (disk / "last").unlink()
            fill.unlink()
            assert service.check("folder") == "ok"
            until(lambda: service.register(number).status == 201, "it writes no more")
            assert [service.register(each + 1).body["person"] for each in range(len(done))] == done
        assert clean(there) >= scene.lived.size + len(done) + 1


@pytest.mark.torture
def test_on_a_disk_that_is_mounted_read_only_each_command_says_so_and_reading_ones_read(
    scene: Scene, tmp_path: Path
) -> None:
    with mounted(tmp_path / "disk", "40m") as disk:
        there = Scene(scene.origin, disk / "there", scene.lived)
        there.fresh()
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        told = {command: there.ran(*command.split()) for command in ("serve", "log checkpoint", "rebuild", "fsck")}
        backup = there.ran("backup", str(tmp_path / "kept"))
        subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)

        for command in ("serve", "log checkpoint", "rebuild"):
            status, _, stderr = told[command]
            assert status == 3 and re.search(r"只读|read-?only|Read-only|readonly", stderr), (command, told[command])
            assert "internal_error" not in stderr, (command, told[command])
        for ended in (told["fsck"], backup):
            assert "internal_error" not in ended[2] and ended[0] in (0, 3), ended
        assert there.ran("log", "checkpoint")[0] == 0, "writable again, it is what it was"
        assert clean(there) >= scene.lived.size


@pytest.mark.torture
@pytest.mark.requires_system("faketime")
@pytest.mark.timeout(300)
def test_a_clock_that_was_set_forward_and_back_is_told_and_turns_nothing_around(scene: Scene) -> None:
    """A day ahead something is registered; then the clock is right again: times only grow, and the service says so."""
    scene.fresh()
    token = scene.lived.tokens["person"]
    with served(scene.place, **at("+1d")) as service:
        ahead = service.register(1)
        assert ahead.status == 201
        assert service.ask("GET", f"/v1/persons/{scene.lived.person}", token=token).status == 200, "a token has no end"
        assert service.check("log_time") == "ok"
    with served(scene.place) as service:
        after = service.register(2)
        assert after.status == 201
        assert service.register(1).body["person"] == ahead.body["person"], "its key is still known"
        assert service.check("log_time") == "warn"
    clean(scene)  # It looks at each time: later than the one before.


@pytest.mark.torture
@pytest.mark.requires_system("faketime")
@pytest.mark.timeout(300)
def test_a_clock_that_lost_its_battery_is_told_before_anybody_relies_on_it(scene: Scene) -> None:
    scene.fresh()
    with served(scene.place, **at("@2021-03-04 10:00:00")) as service:
        assert service.ask("GET", "/readyz").status == 503
        assert (service.check("clock"), service.check("log_time")) == ("fail", "warn")
        assert service.register(1).status == 201, "what happens is recorded all the same, after what happened before"
    clean(scene)


def lives(scene: Scene, service: Service, step: str) -> list[int]:
    """Somebody hands something in, an office approves it, a statement is issued, and the log is signed."""
    person, tokens = scene.lived.person, scene.lived.tokens
    facts = {"person": person, "study": study(date="2024-06-03"), "details": {"title": f"培训 {step}"},
             "evidence": [{"kind": "certificate", "sha256": "ab" * 32}]}
    claim = service.act("/v1/claims", facts, tokens["person"], f"claim-{step}")
    if claim.status != 201:
        return [claim.status]
    path, version = f"/v1/claims/{claim.body['claim']}/approval", int(claim.body["version"])
    approved = service.act(path, {}, tokens["officer"], f"approval-{step}", version)
    issued = service.act(f"/v1/persons/{person}/statements", {}, tokens["person"], f"statement-{step}")
    signed = service.ask("GET", "/log/checkpoint")
    return [claim.status, approved.status, issued.status, signed.status]


DONE = [201, 201, 201, 200]


@pytest.mark.torture
@pytest.mark.requires_system("faketime")
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("when", "clock", "log_time"), [
    ("+3d", "ok", "ok"), ("-1d", "fail", "warn"), ("-1y", "fail", "warn")])
def test_begun_under_another_clock_after_a_kill_everything_is_done_as_ever(
    scene: Scene, when: str, clock: str, log_time: str
) -> None:
    scene.fresh()
    with served(scene.place) as service:
        assert lives(scene, service, "before") == DONE
        service.process.kill()
        service.process.wait()
    with served(scene.place, **at(when)) as service:
        assert (service.check("clock"), service.check("log_time")) == (clock, log_time)
        assert lives(scene, service, "under-it") == DONE
    with served(scene.place) as service:
        assert lives(scene, service, "after") == DONE
    clean(scene)


@pytest.mark.torture
@pytest.mark.requires_system("faketime")
@pytest.mark.timeout(600)
def test_ten_years_ahead_nothing_is_written_that_could_not_be_taken_back_until_somebody_says_so(scene: Scene) -> None:
    scene.fresh()
    with served(scene.place, **at("+10y")) as service:
        assert lives(scene, service, "ahead") == [503] and service.check("checkpoints") == "fail"
        told = service.register(1)
        assert (told.status, told.body["code"]) == (503, "clock_leapt") and service.ask("GET", "/livez").status == 200
        day = re.search(r"clock_checked = .(\d{4}-\d\d-\d\d)", str(told.body["detail"]))
        assert day and day[1] > "2036"
    with served(scene.place) as service:
        assert lives(scene, service, "right") == DONE and service.check("log_time") == "ok", "nothing of it was left"
    with served(scene.place, **at("+10y"), XUESHI_CLOCK_CHECKED=day[1]) as service:
        assert lives(scene, service, "away") == DONE
    clean(scene)
