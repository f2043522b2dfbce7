"""What the guide to PostgreSQL tells to do is done, in its order, with a real server: it cannot rot."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from postgres_kit import Server

from tests.house.test_readme_shell import missing_line, run, steps

TEXT = (Path(__file__).parents[2] / "api" / "operators-postgresql.md").read_text("utf-8")


@pytest.fixture
def folder(tmp_path: Path, postgres_server: Server) -> Iterator[Path]:
    """Where the first chapter has been followed: a database of its own, and its address in the settings."""
    database = postgres_server.new_database(migrated=False)
    (tmp_path / "data").mkdir(mode=0o700)
    (tmp_path / "data" / "xueshi.toml").write_text(f'database = "{database}"\nworkers = 2\n')
    yield tmp_path
    with suppress(FileNotFoundError, ProcessLookupError):  # Whatever a failed step has left running.
        os.kill(int((tmp_path / "serve.pid").read_text()), signal.SIGTERM)


def test_every_command_of_the_guide_does_what_it_shows(folder: Path) -> None:
    done = 0
    for script, expected in steps(TEXT):
        ended = run(script, folder)

        assert ended.returncode == 0, f"{script}\n{ended.stdout}"
        assert missing_line(expected, ended.stdout) is None, f"{script}\n{ended.stdout}"
        done += 1
    assert done == 6
