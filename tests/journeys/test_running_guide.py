"""The guide to running it is done, in its order, on a real register; `api/deploy` speaks of things that exist."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from click import Group, Option

from api.cli import cli
from api.doctor.checks import Level
from api.doctor.log_checks import service_log
from api.settings import Settings
from tests.house.test_readme_shell import missing_line, run, steps

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "api" / "operators-running.md"
TEXT = GUIDE.read_text("utf-8")
DEPLOY = ROOT / "api" / "deploy"
UNITS = sorted((*DEPLOY.glob("*.service"), *DEPLOY.glob("*.timer")))


def test_every_command_of_the_guide_does_what_it_shows(tmp_path: Path) -> None:
    for script, expected in steps(TEXT):
        ended = run(script, tmp_path)

        assert ended.returncode == 0, f"{script}\n{ended.stdout}"
        assert missing_line(expected, ended.stdout) is None, f"{script}\n{ended.stdout}"


def commands_of(unit: Path) -> Iterator[list[str]]:
    for line in unit.read_text("utf-8").splitlines():
        if line.startswith("ExecStart="):
            words = shlex.split(line.partition("=")[2])
            words = shlex.split(words[-1]) if words[0] == "/bin/sh" else words
            assert words[0].endswith("/bin/xueshi"), line
            yield words[1:]


@pytest.mark.parametrize("unit", [unit for unit in UNITS if unit.suffix == ".service"], ids=lambda unit: unit.name)
def test_what_a_unit_starts_is_a_command_with_these_options(unit: Path) -> None:
    for words in commands_of(unit):
        command: object = cli
        while words and isinstance(command, Group):
            command, words = command.get_command(None, words[0]), words[1:]  # type: ignore[arg-type]
        known = {one for each in command.params if isinstance(each, Option) for one in each.opts}  # type: ignore[attr-defined]

        assert {word for word in words if word.startswith("--")} <= known


@pytest.mark.parametrize("unit", [unit for unit in UNITS if unit.suffix == ".timer"], ids=lambda unit: unit.name)
def test_what_a_timer_starts_lies_beside_it(unit: Path) -> None:
    assert unit.with_suffix(".service").is_file()


def test_what_is_fetched_from_another_ledger_is_brought_to_the_service_where_it_listens() -> None:
    unit = (DEPLOY / "xueshi-fetch@.service").read_text("utf-8")
    assert f"XUESHI_SERVER=http://127.0.0.1:{Settings().listen_port}\n" in unit


@pytest.mark.requires_system("systemd-analyze")
def test_systemd_finds_nothing_wrong_but_that_it_is_not_installed_here() -> None:
    told = subprocess.run(["systemd-analyze", "verify", *map(str, UNITS)], capture_output=True, text=True, check=False,
                          timeout=60).stderr

    assert [line for line in told.splitlines() if "/srv/xueshi/" not in line] == []


def test_the_journals_own_settings_keep_lines_as_long_as_the_doctor_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.doctor.log_checks._JOURNAL", DEPLOY / "journald@xueshi.conf")

    assert service_log("info")[0] is Level.OK
