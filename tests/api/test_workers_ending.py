"""How the service in several processes begins and ends: what keeps it from starting, and that nothing is cut off."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import threading
from pathlib import Path

import pytest
from postgres_kit import Server

from api.client import Client
from api.register.register import open_register
from api.settings import Settings
from tests.api import workers_kit as kit
from tests.api.workers_kit import Fresh, alive, events, serving
from tests.forked import PYTHON, run
from tests.journeys.register_kit import ENVIRONMENT, XUESHI
from tests.waiting import until


def test_what_keeps_it_from_starting_is_told_once_in_its_own_words(
    tmp_path: Path, postgres_server: Server, postgres: str
) -> None:
    empty = postgres_server.new_database(migrated=False)
    unmigrated = kit.started(tmp_path, empty)
    assert (unmigrated.returncode, "xueshi migrate" in unmigrated.stderr) == (3, True), unmigrated.stderr
    elsewhere = postgres.replace(f":{postgres_server.port}/", ":1/")
    nobody = kit.started(tmp_path, elsewhere)
    assert (nobody.returncode, "[store_unreadable]" in nobody.stderr) == (3, True), nobody.stderr
    wrong = kit.started(tmp_path, postgres.replace(postgres_server.password, "canary"))
    assert (wrong.returncode, "[store_unreadable]" in wrong.stderr) == (3, True), wrong.stderr

    for ended in (unmigrated, nobody, wrong):
        assert ended.stdout == ""
        assert "canary" not in ended.stderr
        assert postgres_server.password not in ended.stderr
        assert "Traceback" not in ended.stderr


def test_a_database_with_a_ledger_is_not_served_with_other_keys(tmp_path: Path, postgres: str) -> None:
    open_register(Settings(data_folder=tmp_path / "data", database=postgres), create=True).close()
    (tmp_path / "data").rename(tmp_path / "elsewhere")

    ended = kit.started(tmp_path, postgres)

    assert (ended.returncode, "[keys_missing]" in ended.stderr) == (3, True), ended.stderr
    assert not (tmp_path / "data" / "keys" / "master.key").exists()


def test_a_taken_port_is_told_with_its_cure(tmp_path: Path, postgres: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number = taken.getsockname()[1]
        ended = run(
            [XUESHI, "serve", "--port", str(number)], cwd=tmp_path, env={**ENVIRONMENT, "XUESHI_DATABASE": postgres},
            text=True)
    assert (ended.returncode, f"--port {number + 1}" in ended.stderr) == (3, True), ended.stderr


@pytest.mark.parametrize("which", [signal.SIGINT, *(
    pytest.param(each, marks=pytest.mark.torture) for each in (signal.SIGTERM, signal.SIGHUP))])
def test_it_stops_when_told_and_ends_with_zero(tmp_path: Path, postgres: str, which: signal.Signals) -> None:
    with serving(tmp_path, postgres) as service:
        processes = [door.process for door in service.doors()]
        os.killpg(service.master.pid, which)  # As a terminal sends it: to all of them.

        assert service.master.wait(timeout=60) == 0
        until(lambda: not any(map(alive, processes)))
        assert (tmp_path / "data" / "serve.address").read_text() == ""
        assert "Traceback" not in service.log
        assert [one["level"] for one in events(service.log) if one["level"] not in ("info", "warning")] == []


# The service as it is, with one slow address more.
SLOW = """
import time
from contextlib import contextmanager
from flask import Blueprint
from api import serve
from api.settings import load

doors = Blueprint("doors", __name__)

@doors.get("/slow")
def slow():
    with open("begun", "a") as file:
        file.write(".")
    time.sleep(1)
    return "x" * 3_000_000

as_it_is = serve.composed

@contextmanager
def composed(settings):
    with as_it_is(settings) as app:
        app.register_blueprint(doors)
        yield app

serve.composed = composed
serve.serve(load({"listen_port": 0}), lambda address: print(address, flush=True))
"""


def test_an_answer_that_was_begun_is_finished_before_it_stops(tmp_path: Path, postgres: str) -> None:
    with serving(tmp_path, postgres, arguments=[str(PYTHON), "-c", SLOW],
                 PYTHONPATH=str(Path(__file__).parents[2])) as service:
        answers: list[tuple[int, int]] = []

        def ask() -> None:
            reply = Client(Fresh(service.address)).get("/slow")
            answers.append((reply.status, len(reply.body)))

        asking = [threading.Thread(target=ask) for _ in range(4)]
        for one in asking:
            one.start()
        begun = tmp_path / "begun"
        until(lambda: begun.exists() and begun.read_text() == "....")
        service.master.send_signal(signal.SIGTERM)
        for one in asking:
            one.join()

        assert service.master.wait(timeout=60) == 0
    assert answers == [(200, 3_000_000)] * 4


def test_whoever_has_knocked_before_it_stops_is_let_in_and_answered(tmp_path: Path, postgres: str) -> None:
    with serving(tmp_path, postgres) as service:
        processes = [door.process for door in service.doors()]
        service.close()
        for process in processes:
            os.kill(process, signal.SIGSTOP)
        until(lambda: all(said_of(process, r"State:\s*(T)") for process in processes))
        waiting = [http.client.HTTPConnection("127.0.0.1", service.port, timeout=60) for _ in range(8)]
        for one in waiting:
            one.request("GET", "/livez")
        service.master.send_signal(signal.SIGTERM)
        until(lambda: all(int(said_of(process, r"ShdPnd:\s*(\w+)"), 16) & TERM for process in processes))
        for process in processes:
            os.kill(process, signal.SIGCONT)

        assert [one.getresponse().status for one in waiting] == [200] * 8
        assert service.master.wait(timeout=60) == 0


TERM = 1 << (signal.SIGTERM - 1)


def said_of(process: int, pattern: str) -> str:
    """What the system says of a process."""
    found = re.search(pattern, Path(f"/proc/{process}/status").read_text())
    return found[1] if found is not None else ""


def test_the_sample_is_entered_before_the_first_process_serves(tmp_path: Path, postgres: str) -> None:
    with serving(tmp_path, postgres, arguments=kit.command("--sample")) as service:
        assert service.town().nobody.client.get("/readyz").ok
        assert (tmp_path / "data" / "sample-accounts.txt").exists()
