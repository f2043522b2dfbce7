"""What the guide on backup and restore tells to do is done, in its order, on a real register."""

from __future__ import annotations

import re
from pathlib import Path

from tests.house.test_readme_shell import missing_line, run, steps

TEXT = (Path(__file__).parents[2] / "api" / "operators-backup.md").read_text("utf-8")


def test_every_command_of_the_guide_does_what_it_shows(tmp_path: Path) -> None:
    for script, expected in steps(TEXT):
        ended = run(script, tmp_path)

        assert ended.returncode == 0, f"{script}\n{ended.stdout}"
        assert missing_line(expected, ended.stdout) is None, f"{script}\n{ended.stdout}"


def test_every_file_of_a_backup_and_of_the_way_out_is_named() -> None:
    from ledger.copies.dumping import DUMP
    from ledger.copies.manifest import MANIFEST
    from ledger.copies.restore import ASIDE

    for name in (MANIFEST, DUMP, ASIDE, "operations/", "rulebooks/", "ledger.former", "moved.json"):
        assert name in TEXT


def test_every_command_that_the_guide_names_is_one() -> None:
    from click import Group

    from api.cli import cli

    named = set(re.findall(r"`(xueshi [a-z][^`]*)`", TEXT))
    assert len(named) >= 8
    for text in named:
        group: object = cli
        for word in text.split()[1:]:
            if not isinstance(group, Group) or not re.fullmatch(r"[a-z-]+", word):
                break
            group = group.get_command(None, word)  # type: ignore[arg-type]
            assert group is not None, text
