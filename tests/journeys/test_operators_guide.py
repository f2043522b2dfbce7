"""What the operator's guide tells to do is done, in its order, on a real register: it cannot rot."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.house.test_readme_shell import missing_line, run, steps

GUIDE = Path(__file__).parents[2] / "api" / "operators-guide.md"
TEXT = GUIDE.read_text("utf-8")


def test_every_command_of_the_guide_does_what_it_shows(tmp_path: Path) -> None:
    for script, expected in steps(TEXT):
        ended = run(script, tmp_path)

        assert ended.returncode == 0, f"{script}\n{ended.stdout}"
        assert missing_line(expected, ended.stdout) is None, f"{script}\n{ended.stdout}"


def test_every_command_that_the_guide_names_is_one() -> None:
    from click import Group, Option

    from api.cli import cli

    named = set(re.findall(r"`(xueshi [^`]+)`", TEXT))
    assert len(named) > 15
    for text in named:
        group: object = cli
        words = text.split()[1:]
        while words and isinstance(group, Group):
            command = group.commands.get(words[0]) or group.get_command(None, words[0])  # type: ignore[arg-type]
            assert command is not None, text
            group, words = command, words[1:]
        options = {one for each in group.params if isinstance(each, Option) for one in each.opts}  # type: ignore[attr-defined]
        assert {word for word in words if word.startswith("--")} <= options, text


@pytest.mark.parametrize("part", [
    "账本", "查阅日志", "主密钥", "密钥库", "签名密钥", "已公布的检查点", "`operations.db`", "细则文件夹", "投影",
])
def test_each_part_of_a_register_has_its_line_in_the_table_of_losses(part: str) -> None:
    table = TEXT.partition("## 九")[2]
    assert any(part in line.split("|")[1] for line in table.splitlines() if line.startswith("| "))
