"""The commands of the Makefile: each explains itself, and CI runs what a developer runs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = ("run", "install", "test", "torture", "bench", "lint", "lock", "clean", "help")


def make(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", *arguments], cwd=ROOT, env={**os.environ, "MAKEFLAGS": "", "MAKELEVEL": "", **variables},
        capture_output=True, text=True, check=False,
    )


@pytest.mark.parametrize("target", TARGETS)
def test_help_lists_each_command(target: str) -> None:
    assert re.search(rf"^  make {target} +\S", make("help").stdout, re.MULTILINE)


def test_no_command_is_hidden_from_help() -> None:
    declared = re.search(r"^\.PHONY: (.+)$", MAKEFILE, re.MULTILINE)

    assert declared is not None
    assert sorted(declared[1].split()) == sorted(TARGETS)


def test_ci_runs_the_rules_and_every_test() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()

    assert [line for line in script if line.startswith("make ")] == ["make lint", "make test"]


def test_a_python_without_ensurepip_is_answered_with_the_line_that_mends_it(tmp_path: Path) -> None:
    """Debian splits `ensurepip` off; `python -m venv` then fails in a way that helps nobody."""
    poor = tmp_path / "python3.11"
    poor.write_text('#!/bin/sh\ncase "$2" in *ensurepip*) exit 1;; *print*) echo python3.11-venv;; esac\n')
    poor.chmod(0o755)

    ended = make(str(tmp_path / "venv" / "bin" / "python"), f"PYTHON={poor}", f"VENV={tmp_path}/venv")

    assert ended.returncode != 0
    assert "sudo apt-get install -y python3.11-venv" in ended.stderr


def test_an_old_python_is_refused_by_name(tmp_path: Path) -> None:
    old = tmp_path / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)

    ended = make(str(tmp_path / "venv" / "bin" / "python"), f"PYTHON={old}", f"VENV={tmp_path}/venv")

    assert ended.returncode != 0
    assert "需要 Python 3.11" in ended.stderr


def test_what_is_installed_is_checked_against_hashes_and_resolves_nothing() -> None:
    installs = [line for line in MAKEFILE.splitlines() if "install" in line and line.startswith("\t@$(PIP)")]

    assert len(installs) == 4
    assert all("--no-deps" in line for line in installs)
    assert all("--require-hashes" in line or "--no-build-isolation --editable ." in line for line in installs)


def test_every_extra_that_an_installer_may_ask_for_is_locked() -> None:
    names = re.search(r"^define NAMES_OF_EXTRAS\n(.+?)\nendef$", MAKEFILE, re.DOTALL | re.MULTILINE)
    assert names is not None
    held = re.findall(r"--constraint (\S+)", MAKEFILE[MAKEFILE.index("\ninstall:"):MAKEFILE.index("\ntest:")])
    locked = {one for lock in held for one in
              re.findall(r"^([a-z0-9-]+)==", (ROOT / lock).read_text("utf-8"), re.MULTILINE)}

    def asked(*extras: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-c", names[1], *extras], cwd=ROOT, capture_output=True, text=True,
                              check=False)

    offered = asked("pdf", "witness", "telemetry", "columns", "fast", "spark")
    assert offered.returncode == 0 and {one.partition("[")[0] for one in offered.stdout.split()} <= locked
    assert "没有这样的组件：pdff。可选：pdf witness" in asked("pdf", "pdff").stderr
