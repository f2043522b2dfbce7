"""Run the exhaustive tests and keep what they did as a table: `python -m tests.torture`.

A test says how much it tried with `record_property("tried", n)`; the table holds that, the time and the outcome of
each. The table is written also when a test fails: the last result is the last result.
"""

from __future__ import annotations

import os
import platform
import sqlite3
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "tests" / "torture-results.md"
TIMEOUT_SECONDS = 3600


def main(arguments: list[str]) -> int:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        status = subprocess.run(
            [
                sys.executable, "-m", "pytest", "-m", "torture", f"--timeout={TIMEOUT_SECONDS}",
                f"--junitxml={report}", "-o", "junit_family=xunit1",
                "-vv",    # Names: a long run should say what it is at.
                *arguments,
            ],
            cwd=ROOT, check=False,
        ).returncode
        if status in (0, 1) and not arguments:    # A part of the tests is not a result to keep.
            RESULTS.write_text(table(report.read_text(encoding="utf-8"), heading()), encoding="utf-8")
    return 0 if status == 5 else status    # 5: there is none yet.


def heading() -> str:
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.strip()
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, at {commit or 'no commit'}: Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}, {platform.system()} {platform.machine()}, {os.cpu_count()} cores."
    )


def table(report: str, made: str) -> str:
    """The report as Markdown: a line for each test, its cases added up, ordered by room and name."""
    rows: dict[tuple[str, str], list[ElementTree.Element]] = {}
    for case in ElementTree.fromstring(report).iter("testcase"):
        name = case.get("name", "").partition("[")[0].removeprefix("test_").replace("_", " ")
        room = case.get("classname", "").removeprefix("tests.").split(".")[0]
        rows.setdefault((room, name), []).append(case)
    lines = [
        "# Torture: the last result", "", "Written by `make torture`; each line is the exhaustive form of a test.", "",
        made, "", "| room | what | cases | tried | seconds | outcome |", "|---|---|---:|---:|---:|---|",
        *(line(room, name, cases) for (room, name), cases in sorted(rows.items())),
    ]
    return "\n".join(lines) + "\n"


def line(room: str, name: str, cases: list[ElementTree.Element]) -> str:
    tried = [each.get("value", "0") for case in cases for each in case.iterfind("./properties/property[@name='tried']")]
    amount = f"{sum(map(int, tried)):,}" if tried else ""
    seconds = sum(float(case.get("time", "0")) for case in cases)
    return f"| {room} | {name} | {len(cases):,} | {amount} | {seconds:,.1f} | {outcome(cases)} |"


def outcome(cases: list[ElementTree.Element]) -> str:
    failed = sum(case.find("failure") is not None or case.find("error") is not None for case in cases)
    skipped = sum(case.find("skipped") is not None for case in cases)
    return f"**{failed} failed**" if failed else f"{skipped} skipped" if skipped else "holds"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
