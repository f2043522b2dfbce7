"""`xueshi witness`: a witness in a process of its own, over a real socket; it ends as told and forgets nothing."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from witness_kit import LOG_KEY, ORIGIN, FakeLog

from api.cli import run
from api.witness.app import monitored_path
from api.witness.folder import WitnessFolder
from ledger.proof.cosignature import CosignatureVerifier
from ledger.proof.keys import format_vkey, parse_vkey
from ledger.proof.notes import format_note, open_note
from ledger.witnessing.witness import signatures_of

VKEY = format_vkey(LOG_KEY.public())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    assert run(["witness", "init", "witness.example/1", "--folder", str(tmp_path / "w")]) == 0
    assert run(["witness", "trust", VKEY, "--url", "http://127.0.0.1:1", "--folder", str(tmp_path / "w")]) == 0
    return tmp_path / "w"


@contextmanager
def serving(folder: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    process = subprocess.Popen(
        [sys.executable, "-c", "from api.cli import main; main()", "witness", "serve", "--folder", str(folder),
         "--port", "0"],
        stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"}, cwd=Path(__file__).parents[2])
    assert process.stdout is not None
    try:
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found is not None
        yield found[0], process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        process.stdout.close()


def asked(address: str, method: str, path: str, body: bytes | None = None) -> tuple[int, str, bytes]:
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
    connection.request(method, path, body)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, answer.headers["Content-Type"], content


def test_over_the_wire_each_answer_has_its_status(folder: Path) -> None:
    log, other = FakeLog().grown(4), FakeLog().grown(3).grown(1, "something else")
    stranger = FakeLog(type(LOG_KEY)("other.example/log", b"\3" * 32)).grown(1)
    forger = FakeLog(type(LOG_KEY)(ORIGIN, b"\4" * 32)).grown(1)
    with serving(folder) as (address, process):
        status, _, line = asked(address, "POST", "/add-checkpoint", log.body(0))
        assert status == 200
        verifier = CosignatureVerifier(parse_vkey(WitnessFolder(folder).vkey))
        assert open_note(format_note(log.text(), signatures_of(line.decode())), [verifier]).verified
        assert asked(address, "POST", "/add-checkpoint", log.body(0)) == (409, "text/x.tlog.size", b"4\n")
        for body, wanted in ((stranger.body(0), 404), (forger.body(0), 403), (other.body(4), 422), (b"", 400),
                             (b"old 9999999\n\n", 400), (b"x" * 70_000, 400)):
            assert asked(address, "POST", "/add-checkpoint", body)[0] == wanted
        assert asked(address, "POST", "/add-checkpoint", b"x" * 300_000)[0] == 413
        assert asked(address, "GET", "/add-checkpoint")[0] == asked(address, "POST", "/")[0] == 405
        assert asked(address, "GET", monitored_path(ORIGIN))[2] == log.note() + line
        assert asked(address, "GET", monitored_path("other.example/log"))[0] == 404
        assert asked(address, "GET", "/")[2].decode().strip() == WitnessFolder(folder).vkey
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    with serving(folder) as (address, _):  # It remembers what it cosigned before.
        assert asked(address, "POST", "/add-checkpoint", log.grown(1).body(0))[::2] == (409, b"4\n")


def test_a_log_that_is_trusted_later_needs_no_restart(folder: Path) -> None:
    late = FakeLog(type(LOG_KEY)("late.example/log", b"\5" * 32)).grown(1)
    with serving(folder) as (address, _):
        assert asked(address, "POST", "/add-checkpoint", late.body(0))[0] == 404
        assert run(["witness", "trust", format_vkey(late.key.public()), "--folder", str(folder)]) == 0
        assert asked(address, "POST", "/add-checkpoint", late.body(0))[0] == 200


def test_its_state_is_told_and_a_contradiction_is_not_quiet(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    here = WitnessFolder(folder)
    state = here.state()
    witness = here.witness(state)
    witness.add(FakeLog().grown(4).body(0))
    capsys.readouterr()
    assert run(["witness", "status", "--folder", str(folder)]) == 0
    assert "联署到 4 条" in capsys.readouterr().out
    witness.add(FakeLog().grown(3).grown(1, "something else").body(4))
    assert run(["witness", "status", "--json", "--folder", str(folder)]) == 1
    (log,) = json.loads(capsys.readouterr().out)["logs"]
    assert (log["origin"], log["size"], log["suspects"]) == (ORIGIN, 4, 1)
    state.close()


@pytest.mark.parametrize(("arguments", "code"), [
    (["init", "witness.example/1", "--folder", "{folder}"], "witness_exists"),
    (["init", "http://w/", "--folder", "{folder}-2"], "witness_name_unfit"),
    (["key", "--folder", "{folder}-2"], "no_witness"),
    (["trust", "nonsense", "--folder", "{folder}"], "key_malformed"),
    (["trust", VKEY, "--folder", "{folder}-2"], "no_witness"),
    (["trust", VKEY, "--url", "http://a b", "--folder", "{folder}"], "log_url_unfit"),
    (["serve", "--listen", "nowhere", "--folder", "{folder}"], "bad_address"),
    (["serve", "--listen", "0.0.0.0:0", "--folder", "{folder}"], "remote_not_allowed"),
    (["serve", "--host", "0.0.0.0", "--port", "0", "--folder", "{folder}"], "remote_not_allowed"),
    (["serve", "--listen", "127.0.0.1:0", "--port", "0", "--folder", "{folder}"], "listen_twice"),
    (["serve", "--listen", "127.0.0.1:99999", "--folder", "{folder}"], "bad_address"),
])
def test_what_cannot_be_is_told_with_its_code(
    folder: Path, arguments: list[str], code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["witness", *(each.replace("{folder}", str(folder)) for each in arguments)]) != 0
    assert f"[{code}]" in capsys.readouterr().err


def test_without_its_memory_it_does_not_serve(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "witness.db").unlink()
    assert run(["witness", "serve", "--listen", "127.0.0.1:0", "--folder", str(folder)]) == 3
    assert "[witness_state_missing]" in capsys.readouterr().err
