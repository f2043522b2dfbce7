"""What the guide to witnesses tells to do is done, in its order: it cannot rot."""

from __future__ import annotations

from pathlib import Path

from api.commands.log import log
from api.commands.witness import witness
from api.commands.year import year
from tests.house.test_readme_shell import missing_line, run, steps

GUIDE = Path(__file__).parents[2] / "api" / "operators-witness.md"
TEXT = GUIDE.read_text("utf-8")


def test_every_command_of_the_guide_does_what_it_shows(tmp_path: Path) -> None:
    shown = steps(TEXT)
    assert len(shown) == 2
    for script, expected in shown:
        ended = run(script, tmp_path)

        assert ended.returncode == 0, f"{script}\n{ended.stdout}"
        assert missing_line(expected, ended.stdout) is None, f"{script}\n{ended.stdout}"


def test_it_names_every_command_of_a_witness_and_of_the_close() -> None:
    for group, name in ((witness, "witness"), (year, "year")):
        missing = [one for one in group.commands if f"xueshi {name} {one}" not in TEXT]
        assert missing in ([], ["list"]), missing
    assert "forks" in log.commands and "xueshi log forks" in TEXT
