"""A test that wants a program of the system is skipped without it, except in CI, where it fails."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SUITE = """
import pytest

@pytest.mark.requires_system("no-such-program")
def test_wants_a_program(): pass

@pytest.mark.requires_system("sh")
def test_wants_what_is_there(): pass

def test_skips_itself(): pytest.skip("for no good reason")

@pytest.mark.xfail(strict=True)
def test_is_known_to_fail(): assert False
"""


def closing_line(folder: Path, **environment: str) -> str:
    (folder / "test_some.py").write_text(SUITE)
    for name in ("conftest.py", "memory_kit.py"):
        (folder / name).write_text((ROOT / "tests" / name).read_text(encoding="utf-8"))
    (folder / "pytest.ini").write_text("[pytest]\nmarkers = requires_system\n")
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"], cwd=folder, text=True, capture_output=True,
        env={"PATH": os.environ["PATH"], "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **environment}, check=False,
    )
    return ended.stdout.strip().splitlines()[-1]


def test_without_ci_a_missing_program_is_a_skip(tmp_path: Path) -> None:
    assert closing_line(tmp_path).startswith("1 passed, 2 skipped, 1 xfailed")


@pytest.mark.parametrize("value", ["true", "1"])
def test_in_ci_every_skip_is_a_failure(tmp_path: Path, value: str) -> None:
    line = closing_line(tmp_path, CI=value)

    # What fails before the test begins, pytest calls an error.
    assert line.startswith("1 failed, 1 passed, 1 xfailed, 1 error")
