"""One process at a time has a data folder: commands wait for each other, ask a service that has it, trust no ghost."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest

from api.register.occupancy import ADDRESS_FILE, Served, occupying
from api.terminal.exits import Exit, Stop
from tests.api.command_kit import CLEAN, XUESHI, served, xueshi
from tests.forked import PYTHON, Popen, run

HOLDER = "import sys, time; from pathlib import Path; from api.register.occupancy import occupying\n" \
    "with occupying(Path('.')) as publish:\n  publish(sys.argv[1]) if sys.argv[1] else None\n" \
    "  print('has it', flush=True); time.sleep(60)"


def holder(folder: Path, address: str = "") -> subprocess.Popen[str]:
    """Another process that has the folder."""
    process = Popen([str(PYTHON), "-c", HOLDER, address], cwd=folder, stdout=subprocess.PIPE, text=True, env=CLEAN)
    assert process.stdout is not None
    assert process.stdout.readline() == "has it\n"
    return process


def test_where_it_is_served_is_known_for_as_long_as_it_is(tmp_path: Path) -> None:
    with holder(tmp_path, "http://127.0.0.1:8040") as other:
        with pytest.raises(Served) as found, occupying(tmp_path):
            pass
        assert found.value.address == "http://127.0.0.1:8040"
        assert (tmp_path / ADDRESS_FILE).stat().st_mode & 0o777 == 0o600
        other.send_signal(signal.SIGKILL)

    assert (tmp_path / ADDRESS_FILE).read_text("ascii") != "", "it had no time to tidy up"
    with occupying(tmp_path, wait_ms=0):
        assert (tmp_path / ADDRESS_FILE).read_text("ascii") == ""


def test_a_command_that_cannot_have_the_folder_says_so_after_a_while(tmp_path: Path) -> None:
    with holder(tmp_path) as other:
        with pytest.raises(Stop) as stop, occupying(tmp_path, wait_ms=100):
            pass
        other.kill()

    assert (stop.value.status, stop.value.code) == (Exit.WORLD_IS_WRONG, "register_busy")


def test_commands_at_the_same_time_all_come_to_their_answer(tmp_path: Path) -> None:
    assert xueshi(tmp_path, "init").returncode == 0
    running = [
        Popen([XUESHI, "rulebook", "list"], cwd=tmp_path, env=CLEAN, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    said = [process.communicate(timeout=60)[0] for process in running]

    assert [process.returncode for process in running] == [0] * 3
    assert len(set(said)) == 1


def test_a_second_service_on_a_folder_is_refused_and_told_where_the_first_is(tmp_path: Path) -> None:
    with served(tmp_path):
        address = (tmp_path / "data" / ADDRESS_FILE).read_text("ascii").strip()
        for more in ((), ("--sample",)):
            second = run([XUESHI, "serve", "--port", "0", *more], cwd=tmp_path, env=CLEAN, text=True)

            assert (second.returncode, "[already_serving]" in second.stderr) == (3, True)
            assert address in second.stderr


def test_a_folder_that_cannot_be_written_is_told_and_is_no_crash(tmp_path: Path) -> None:
    (tmp_path / "data" / ADDRESS_FILE).mkdir(parents=True)
    for command in (("serve", "--port", "0"), ("restore", str(tmp_path))):
        refused = xueshi(tmp_path, *command)
        assert refused.returncode == 3 and "[data_folder_unusable]" in refused.stderr, refused.stderr
