"""A second factor on the command line: set up, shown, taken away; no code stands in a list of processes."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from api.operational.second_factor import PAPER_CODES, code_at
from tests.api.command_kit import made, xueshi
from tests.api.house_kit import credit_code


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("factor")
    assert xueshi(folder, "init").returncode == 0
    return folder


def test_it_is_set_up_on_the_command_line_and_taken_away_by_the_installation(folder: Path) -> None:
    unit = str(made(folder, "unit", "register", "--name", "某局", "--region", "330402", "--sector", "general",
                    "--contact", "某人", "--credit-code", credit_code(1))["unit"])
    made(folder, "unit", "verify", unit)
    actor = str(made(folder, "actor", "appoint", unit, "--account", "clerk", "--name", "某人")["actor"])
    token = str(made(folder, "actor", "token", actor)["token"])

    offered = xueshi(folder, "account", "factor-enrol", XUESHI_TOKEN=token)
    secret = next(line.split()[-1] for line in offered.stdout.splitlines() if "密钥" in line.split()[:1])
    now = time.time_ns() // 1_000
    taken = xueshi(folder, "account", "factor-confirm", stdin=f"{code_at(secret, now)}\n", XUESHI_TOKEN=token)
    assert taken.returncode == 0, taken.stderr
    papers = [line for line in taken.stdout.splitlines() if line.count("-") == 5]
    assert len(papers) == PAPER_CODES
    wrong = xueshi(folder, "account", "factor-check", stdin="000000\n", XUESHI_TOKEN=token)
    assert (wrong.returncode, "[factor_wrong]" in wrong.stderr) == (1, True)
    shown = xueshi(folder, "account", "factor-check", stdin=f"{papers[0]}\n", XUESHI_TOKEN=token)
    assert shown.returncode == 0 and f"还有 {PAPER_CODES - 1} 个" in shown.stdout

    (founder,) = folder.rglob("founder.token")
    reset = xueshi(folder, "account", "factor-reset", actor, "--reason", "lost", "--token-file", str(founder))
    assert reset.returncode == 0, reset.stderr
    assert "未启用" in xueshi(folder, "account", "factor", XUESHI_TOKEN=token).stdout
