"""Run the exhaustive tests and keep what they did as a table.

    python -m tests.torture                                          # all of them: the table is written anew
    python -m tests.torture --only ledger tests/fuzz/test_fuzz.py    # some rooms or files: their rows are

A test says how much it tried with `record_property("tried", n)`; the table holds that, the time, the outcome and the
commit of each. The table is written also when a test fails: the last result is the last result.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "tests" / "torture-results.md"
TIMEOUT_SECONDS = 3600

Rows = dict[tuple[str, str], str]
"""Lines of the table by room and what they say."""


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description="the exhaustive tests, as a table")
    parser.add_argument("--only", nargs="+", metavar="ROOM", help="rooms (ledger) or files; other lines stay")
    parser.add_argument("pytest", nargs="*", help="words for pytest, after --; a run with such is not kept")
    options = parser.parse_args(arguments)
    paths = [each if "/" in each else f"tests/{each}" for each in options.only or ()]
    for path in paths:
        if not (ROOT / path.partition("::")[0]).exists():
            parser.error(f"{path}: no such room or file of tests")
    made = commit(RESULTS)    # Before: it is the code that ran.
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        status = subprocess.run(
            [
                sys.executable, "-m", "pytest", "-m", "torture", f"--timeout={TIMEOUT_SECONDS}",
                f"--junitxml={report}", "-o", "junit_family=xunit1",
                "-vv",    # Names: a long run should say what it is at.
                *paths, *options.pytest,
            ],
            cwd=ROOT, check=False,
        ).returncode
        if status in (0, 1) and not options.pytest:    # What pytest was told besides may have left out anything.
            rows = found(report.read_text(encoding="utf-8"), made)
            RESULTS.write_text(table({**(kept() if paths else {}), **rows}), encoding="utf-8")
    return 0 if status == 5 else status    # 5: there is none yet.


def commit(table: Path) -> str:
    """The commit whose code is run; that the table itself was written since changes nothing of it."""
    named = _git("describe", "--always")
    is_dirty = _git("status", "--porcelain", "--untracked-files=no", "--", ".", f":!{table.relative_to(ROOT)}")
    return f"{named or 'no commit'}{'-dirty' if is_dirty else ''}, {datetime.now(UTC):%m-%d}"


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def found(report: str, made: str) -> Rows:
    """A line for each test of a report, its cases added up."""
    cases: dict[tuple[str, str], list[ElementTree.Element]] = {}
    for case in ElementTree.fromstring(report).iter("testcase"):
        name = case.get("name", "").partition("[")[0].removeprefix("test_").replace("_", " ")
        room = case.get("classname", "").removeprefix("tests.").split(".")[0]
        cases.setdefault((room, name), []).append(case)
    return {(room, name): line(room, name, each, made) for (room, name), each in cases.items()}


def kept(results: Path = RESULTS, root: Path = ROOT) -> Rows:
    """The lines that stand; one whose test is gone does not."""
    rows = {}
    tests: dict[str, str] = {}
    for each in results.read_text(encoding="utf-8").splitlines() if results.exists() else ():
        cells = re.fullmatch(r"\| ([a-z]+) \| ([^|]+) \|[^|]*\|[^|]*\|[^|]*\|[^|]*\|[^|]*\|", each)
        if cells is None:
            continue
        room, name = cells.groups()
        if room not in tests:
            files = sorted((root / "tests" / room).rglob("test_*.py"))
            tests[room] = "".join(path.read_text(encoding="utf-8") for path in files)
        if f"def test_{name.replace(' ', '_')}(" in tests[room]:
            rows[room, name] = each
    return rows


def table(rows: Rows) -> str:
    """The lines as Markdown, ordered by room and name."""
    return "\n".join([
        "# Torture: the last result", "",
        "Written by `make torture`, or in parts (`python -m tests.torture --only ledger`); each line is the exhaustive "
        "form of a test, with the commit it was run at.", "",
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {platform.system()} "
        f"{platform.machine()}, {os.cpu_count()} cores.", "",
        "| room | what | cases | tried | seconds | outcome | at |", "|---|---|---:|---:|---:|---|---|",
        *(each for _, each in sorted(rows.items())), "",
    ])


def line(room: str, name: str, cases: list[ElementTree.Element], made: str) -> str:
    tried = [each.get("value", "0") for case in cases for each in case.iterfind("./properties/property[@name='tried']")]
    amount = f"{sum(map(int, tried)):,}" if tried else ""
    seconds = sum(float(case.get("time", "0")) for case in cases)
    return f"| {room} | {name} | {len(cases):,} | {amount} | {seconds:,.1f} | {outcome(cases)} | {made} |"


def outcome(cases: list[ElementTree.Element]) -> str:
    failed = sum(case.find("failure") is not None or case.find("error") is not None for case in cases)
    skipped = sum(case.find("skipped") is not None for case in cases)
    return f"**{failed} failed**" if failed else f"{skipped} skipped" if skipped else "holds"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
