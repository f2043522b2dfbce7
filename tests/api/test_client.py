"""One client with two ends: whatever a command asks, a server and this process give the same answer."""

from __future__ import annotations

import hashlib
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.client import Client, Remote, Reply, connected
from api.commands.asking import problem
from api.commands.study import evidence
from api.register.occupancy import ADDRESS_FILE
from api.settings import Settings
from api.terminal.exits import Exit, Stop
from tests.api import command_kit
from tests.api.command_kit import made, xueshi
from tests.api.house_kit import credit_code, resident_id

UNIT = ("unit", "register", "--name", "某厂", "--region", "330203", "--sector", "industry", "--contact", "某人")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("register")
    assert xueshi(folder, "init").returncode == 0
    assert xueshi(folder, "rulebook", "list").returncode == 0  # The first opening enacts what is shipped.
    return folder


@pytest.fixture
def served(folder: Path) -> Iterator[Path]:
    """A folder with a service running on it, in a process of its own."""
    with command_kit.served(folder):
        yield folder


def test_without_a_server_a_command_opens_the_folder_itself(folder: Path) -> None:
    unit = made(folder, *UNIT, "--credit-code", credit_code(1))
    shown = xueshi(folder, "unit", "show", str(unit["unit"]))

    assert "某厂" in shown.stdout
    assert "待核验" in shown.stdout


def test_a_service_that_runs_on_the_folder_is_found_and_asked(served: Path) -> None:
    unit = made(served, *UNIT, "--credit-code", credit_code(2))
    with connected(Settings(data_folder=served / "data")) as client:
        found = client.get(f"/v1/units/{unit['unit']}")

        assert isinstance(client.transport, Remote)
    assert found.json["name"] == "某厂"


def test_both_ends_answer_byte_for_byte_the_same(served: Path) -> None:
    unit = str(made(served, *UNIT, "--credit-code", credit_code(3))["unit"])
    address = (served / "data" / ADDRESS_FILE).read_text("ascii").strip()
    with connected(Settings(), address) as client:
        over_http = client.get(f"/v1/units/{unit}").body
    by_command = xueshi(served, "unit", "show", unit, "--json").stdout
    absent = xueshi(served, "unit", "show", "unt_" + "0" * 22, "--json", "--server", address)

    assert by_command.encode() == over_http
    assert (absent.returncode, json.loads(absent.stdout)["code"]) == (1, "unit_absent")


def test_an_address_that_was_left_behind_by_a_killed_service_is_not_believed(folder: Path) -> None:
    (folder / "data" / ADDRESS_FILE).write_text("http://127.0.0.1:1\n")

    listed = xueshi(folder, "rulebook", "list", "--json")

    assert listed.returncode == 0, listed.stderr
    assert len(json.loads(listed.stdout)["items"]) == 5, "the folder's own answer"


def test_a_folder_without_a_register_is_an_error_with_a_cure(tmp_path: Path) -> None:
    ended = xueshi(tmp_path, "rulebook", "list")

    assert ended.returncode == Exit.WORLD_IS_WRONG
    assert "xueshi init" in ended.stderr
    assert ended.stderr.strip().endswith("[no_register]")


def test_a_server_that_is_not_there_is_an_error_that_says_how_to_try_again(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    ended = xueshi(tmp_path, "rulebook", "list", XUESHI_SERVER=address)

    assert ended.returncode == Exit.WORLD_IS_WRONG
    assert "--key" in ended.stderr


@pytest.mark.parametrize("address", ["ftp://x", "127.0.0.1:8040", "http://", "http://x:99999", "http://u:p@x"])
def test_an_address_that_cannot_be_one_is_bad_input(tmp_path: Path, address: str) -> None:
    with pytest.raises(Stop) as stop, connected(Settings(data_folder=tmp_path), address):
        pass

    assert (stop.value.status, stop.value.code) == (Exit.BAD_INPUT, "bad_server")


def test_a_token_leaves_this_machine_only_encrypted() -> None:
    with pytest.raises(Stop) as stop:
        Client(Remote("http://register.example"), "xsl_secret").get("/v1/work")

    assert stop.value.code == "token_in_clear"
    assert "xsl_secret" not in str(stop.value)


def test_what_answers_and_is_not_the_api_is_told_apart(tmp_path: Path) -> None:
    page = "import http.server as h; s = h.HTTPServer(('127.0.0.1', 0), h.SimpleHTTPRequestHandler);" \
        "print(s.server_port, flush=True); s.serve_forever()"
    with subprocess.Popen([sys.executable, "-c", page], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                          cwd=tmp_path) as other:
        assert other.stdout is not None
        port = other.stdout.readline().strip()
        ended = xueshi(tmp_path, "rulebook", "list", "--server", f"http://127.0.0.1:{port}")
        other.terminate()

    assert ended.returncode == Exit.WORLD_IS_WRONG
    assert "[not_this_api]" in ended.stderr


def test_a_request_repeated_with_its_key_is_done_once(folder: Path) -> None:
    command = (*UNIT, "--credit-code", credit_code(4), "--key", "a-key-of-my-own-making")
    first, again = made(folder, *command), made(folder, *command)
    told = xueshi(folder, *command)
    without = xueshi(folder, *UNIT, "--credit-code", credit_code(4))

    assert first == again
    assert "未重复登记" in told.stdout
    assert (without.returncode, "[name_taken]" in without.stderr) == (1, True)


def test_a_trial_writes_nothing(folder: Path) -> None:
    before = xueshi(folder, "log", "show").stdout
    ended = xueshi(folder, *UNIT, "--credit-code", credit_code(5), "--dry-run")

    assert "未写入任何内容" in ended.stdout
    assert xueshi(folder, "log", "show").stdout == before


def test_what_is_wrong_with_a_field_is_told_with_its_place_and_ends_with_two(folder: Path) -> None:
    ended = xueshi(folder, *UNIT[:-1], "某人", "--credit-code", "91330200000000001A")
    region = xueshi(folder, "unit", "register", "--name", "某厂", "--region", "999999", "--sector", "industry",
                    "--contact", "某人", "--credit-code", credit_code(6))

    assert (ended.returncode, region.returncode) == (2, 2)
    assert "/credit_code：" in ended.stderr
    assert "/region：没有这个区划代码" in region.stderr


def test_an_id_of_another_kind_is_told_before_anything_is_asked(tmp_path: Path) -> None:
    ended = xueshi(tmp_path, "claim", "show", "per_" + "0" * 22)

    assert ended.returncode == Exit.BAD_INPUT
    assert "应为以 clm_ 开头" in ended.stderr


def test_the_founders_token_serves_on_this_machine_where_no_other_is_given(folder: Path) -> None:
    unit = str(made(folder, *UNIT, "--credit-code", credit_code(7))["unit"])
    no = xueshi(folder, "unit", "verify", unit, XUESHI_TOKEN="xsl_" + "A" * 43)
    yes = xueshi(folder, "unit", "verify", unit)

    assert (no.returncode, "[token_unknown]" in no.stderr) == (1, True)
    assert yes.returncode == 0


def test_the_version_that_was_seen_decides_whether_a_record_may_be_acted_upon(folder: Path) -> None:
    unit = str(made(folder, *UNIT, "--credit-code", credit_code(8))["unit"])
    stale = xueshi(folder, "unit", "verify", unit, "--version", "7")

    assert (stale.returncode, "[stale_version]" in stale.stderr) == (1, True)
    assert xueshi(folder, "unit", "verify", unit, "--version", "1").returncode == 0


def test_a_number_and_a_token_need_not_stand_on_the_command_line(folder: Path) -> None:
    ended = xueshi(folder, "person", "register", "--name", "李明", "--id-number", "-", "--json",
                   stdin=f"{resident_id(9)}\n")
    person = json.loads(ended.stdout)
    (folder / "token").write_text(person["token"] + "\n")
    shown = xueshi(folder, "person", "show", person["person"], "--token-file", "token")

    assert shown.returncode == 0, shown.stderr
    assert "李*" in shown.stdout
    assert resident_id(9) not in shown.stdout + shown.stderr


def test_a_refusal_tells_the_reason_in_chinese_and_its_code(folder: Path) -> None:
    person = made(folder, "person", "register", "--name", "李明", "--id-number", resident_id(10))
    ended = xueshi(folder, "claim", "submit", str(person["person"]), "category=professional", "route=training",
                   "level=provincial", "days=2", "date=2025-05-05", "--title", "某培训",
                   XUESHI_TOKEN=str(person["token"]))

    assert ended.returncode == Exit.REFUSED
    assert ended.stderr.startswith("xueshi：")
    assert ended.stderr.strip().endswith("]")
    assert str(person["token"]) not in ended.stderr


def test_the_file_of_evidence_stays_where_it_is_and_its_digest_is_sent(folder: Path) -> None:
    (folder / "证书.pdf").write_bytes(b"paper")
    digest = hashlib.sha256(b"paper").hexdigest()
    found = evidence([f"certificate={folder}/证书.pdf", f"schedule={folder}/证书.pdf@2025-05-03"])

    assert found == [{"kind": "certificate", "sha256": digest},
                     {"kind": "schedule", "sha256": digest, "issued_on": "2025-05-03"}]


@pytest.mark.parametrize("body", [
    b"", b"[]", b"[" * 100_000, b"null", b'{"detail": "no code"}', b'{"code": "x", "errors": [{}]}',
    b'{"code": "x", "errors": 1}', b'{"code": "x", "seen": []}', b'{"code": "x", "errors": ["text"]}',
])
def test_an_answer_that_no_service_of_this_kind_gives_is_told_as_that(body: bytes) -> None:
    """A command asks other ledgers, too: what stands at an address may be anything."""
    with pytest.raises(Stop) as stopped:
        raise problem(Reply(409, {}, body))

    assert stopped.value.code == "not_this_api"
