"""The running service, as a real process: it says where it is, and stops without losing an answer."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sysconfig
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from api.service.composed import composed
from api.settings import Settings
from tests.forked import PYTHON, Popen, run

XUESHI = str(Path(sysconfig.get_path("scripts")) / "xueshi")

# The service as it is, with one slow address more.
SLOW = """
import sys, time
from contextlib import nullcontext
from flask import Blueprint
from api import serve
from api.service.app import create_app
from api.settings import load

doors = Blueprint("doors", __name__)

@doors.get("/slow")
def slow():
    print("begun", flush=True)
    time.sleep(1)
    return "x" * 3_000_000

serve.composed = lambda settings: nullcontext(create_app(blueprints=[doors]))
serve.serve(load({"listen_port": 0}), lambda address: print(address, flush=True))
"""

# The service as it is; while it starts Ctrl-C comes within a `__del__`, where Python drops what is raised.
DROPPED = """
import os, signal, sys
from api import serve
from api.cli import run

signal.signal(signal.SIGINT, signal.default_int_handler)  # Also where the tests run as a shell's job, which ignores it.

class Last:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
        list(range(1_000))

def settle(then=serve.leave_alone_what_stands):
    Last()
    then()

serve.leave_alone_what_stands = settle
sys.exit(run(["serve", "--port", "0"]))
"""
TWICE = """
import os, signal, time
from contextlib import contextmanager
from api import serve
from api.service.app import create_app
from api.settings import load

@contextmanager
def composed(settings):
    yield create_app()
    with open("ledger", "wb") as ledger:  # Has the number that what wakes a turn had.
        os.kill(os.getpid(), signal.SIGINT)
        list(range(1_000))

serve.composed = composed
serve.serve(load({"listen_port": 0}), lambda address: print(address, flush=True))
"""


@contextmanager
def running(folder: Path, *command: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    with (folder / "stderr").open("w") as stderr:
        process = (Popen if command else subprocess.Popen)(
            command or (XUESHI, "serve", "--port", "0"), cwd=folder, text=True, stdout=subprocess.PIPE,
            stderr=stderr, env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
    try:
        assert process.stdout is not None
        where = re.search(r"http://127\.0\.0\.1:(\d+)", process.stdout.readline())
        assert where, (folder / "stderr").read_text()
        yield process, int(where[1])
    finally:
        process.kill()
        process.communicate()


def get(port: int, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, body


def test_it_says_where_it_is_and_is_there(tmp_path: Path) -> None:
    with running(tmp_path) as (_, port):
        assert get(port, "/livez")[0] == 200
        assert get(port, "/readyz")[0] == 200

    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700
    lines = [json.loads(line) for line in (tmp_path / "stderr").read_text().splitlines()]
    requests = [line for line in lines if line["event"] == "request"]
    assert "serving" in [line["event"] for line in lines]
    assert [each["route"] for each in requests] == ["/livez", "/readyz"]


@pytest.mark.parametrize("which", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_when_told_and_ends_with_zero(tmp_path: Path, which: signal.Signals) -> None:
    with running(tmp_path) as (process, port):
        get(port, "/livez")
        process.send_signal(which)

        assert process.wait(timeout=60) == 0
        with pytest.raises(OSError, match="refused"):
            get(port, "/livez")
    assert "stopped" in (tmp_path / "stderr").read_text()
    assert "Traceback" not in (tmp_path / "stderr").read_text()


@pytest.mark.parametrize("workers", ["1", "2"])
def test_ctrl_c_while_it_starts_ends_it_also_where_python_drops_what_is_raised(tmp_path: Path, workers: str) -> None:
    ended = subprocess.run([PYTHON, "-c", DROPPED], cwd=tmp_path, env={**os.environ, "XUESHI_WORKERS": workers},
                           capture_output=True, text=True, timeout=60, check=False)

    assert (ended.returncode, ended.stdout) == (130, ""), ended.stderr


def test_ctrl_c_once_more_while_it_ends_touches_no_file_that_was_opened_since(tmp_path: Path) -> None:
    with running(tmp_path, str(PYTHON), "-c", TWICE) as (process, _):
        process.send_signal(signal.SIGINT)

        assert process.wait(60) == 0
    assert (tmp_path / "ledger").read_bytes() == b""
    assert "Traceback" not in (tmp_path / "stderr").read_text()


def test_an_answer_that_was_begun_is_finished_before_it_stops(tmp_path: Path) -> None:
    with running(tmp_path, str(PYTHON), "-c", SLOW) as (process, port):
        answers: list[tuple[int, bytes]] = []
        asking = threading.Thread(target=lambda: answers.append(get(port, "/slow")))
        asking.start()
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        process.send_signal(signal.SIGTERM)
        asking.join(timeout=60)

        assert process.wait(timeout=60) == 0
    assert [(status, len(body)) for status, body in answers] == [(200, 3_000_000)]


def test_whoever_asks_again_and_again_is_answered_to_the_last_and_told_that_it_was(tmp_path: Path) -> None:
    with running(tmp_path) as (process, port):
        begun, last = [threading.Event() for _ in range(8)], []

        def ask(has_begun: threading.Event) -> None:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            connection.connect()
            connection.auto_open = 0  # A connection that ends without saying so is an error.
            while True:
                connection.request("GET", "/livez")
                answer = connection.getresponse()
                if answer.read() and answer.headers.get("Connection") == "close":
                    last.append(answer.status)
                    return
                has_begun.set()

        asking = [threading.Thread(target=ask, args=(one,)) for one in begun]
        for one in asking:
            one.start()
        for has_begun in begun:
            assert has_begun.wait(60)
        process.send_signal(signal.SIGTERM)
        for one in asking:
            one.join()

        assert process.wait(timeout=60) == 0
    assert last == [200] * 8


def test_whoever_has_knocked_before_it_stops_is_let_in_and_answered(tmp_path: Path) -> None:
    with running(tmp_path) as (process, port):
        get(port, "/livez")
        process.send_signal(signal.SIGSTOP)
        waiting = [http.client.HTTPConnection("127.0.0.1", port, timeout=60) for _ in range(8)]
        for one in waiting:
            one.request("GET", "/livez")
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGCONT)

        assert [one.getresponse().status for one in waiting] == [200] * 8
        assert process.wait(timeout=60) == 0


def test_a_taken_port_is_told_with_its_cure(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number = taken.getsockname()[1]
        ended = run([XUESHI, "serve", "--listen", f"127.0.0.1:{number}"], cwd=tmp_path, text=True)

    assert ended.returncode == 3
    assert f"端口 {number} 已被占用" in ended.stderr
    assert f"--port {number + 1}" in ended.stderr
    assert "[port_in_use]" in ended.stderr


def test_a_data_folder_that_cannot_be_made_is_told_with_its_cure(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    ended = run([XUESHI, "serve", "--data", "file/data"], cwd=tmp_path, text=True)

    assert ended.returncode == 3
    assert "无法建立数据文件夹 file/data" in ended.stderr


def test_other_machines_need_a_second_word(tmp_path: Path) -> None:
    ended = run([XUESHI, "serve", "--host", "0.0.0.0"], cwd=tmp_path, text=True)

    assert ended.returncode == 2
    assert "allow_remote" in ended.stderr


def test_a_service_that_ends_in_an_error_leaves_nobody_behind_on_its_closed_log(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), composed(Settings(data_folder=tmp_path / "data")):
        assert "keeper" in {thread.name for thread in threading.enumerate()}
        raise ZeroDivisionError

    assert "keeper" not in {thread.name for thread in threading.enumerate()}
