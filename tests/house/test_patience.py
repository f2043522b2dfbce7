"""No test fails by chance for a form that can be read: who looks once, sleeps and looks, or waits too short a time.

What waits stands in `tests/waiting.py`. A line for which there is a reason says it: `# not by chance: `.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
REASON = "# not by chance: "
MAY = (Path(__file__), TESTS / "waiting.py")
PATIENCE_S = 30

OF_ITS_OWN = re.compile(r"while\b.*\bmonotonic(_ns)?\(|assert (time\.)?monotonic(_ns)?\(\) <")
TOO_SHORT = re.compile(
    r"\.(?:wait|join|acquire|communicate)\((?:timeout=)?(\d+)\)|"
    r"(?:create_connection|HTTPS?Connection|communicate|subprocess\.run|urlopen)\(.*\btimeout=(\d+)\)")
ACT = re.compile(r"\.(click|press|type|fill|check|select_option|go_back)\(.*\)$")
LOOKS_ONCE = re.compile(r"\bassert .*\.(count|is_visible|is_hidden|is_checked|is_enabled|is_disabled|all)\(\)")


def faults_in(source: str) -> list[tuple[int, str]]:
    """The lines that are right on a quick machine, and what they ought to be."""
    found, before = [], ""
    for number, line in enumerate(source.splitlines(), start=1):
        said = line.strip()
        if REASON not in line:
            if OF_ITS_OWN.search(said):
                found.append((number, "waits by itself: until() of tests/waiting.py"))
            if (short := TOO_SHORT.search(said)) and int(short[1] or short[2]) < PATIENCE_S:
                found.append((number, f"gives up before {PATIENCE_S} seconds"))
            if LOOKS_ONCE.search(said) and ACT.search(before):
                found.append((number, "looks once right after an act: expect() of Playwright"))
        before = said
    return found


def test_no_test_waits_by_itself_gives_up_soon_or_looks_once() -> None:
    found = [f"{path.relative_to(TESTS)}:{number}: {words}"
             for path in sorted(TESTS.rglob("*.py")) if path not in MAY and TESTS / "bench" not in path.parents
             for number, words in faults_in(path.read_text(encoding="utf-8"))]

    assert found == []


@pytest.mark.parametrize("wrong", [
    "while not there() and time.monotonic() < until:", "assert time.monotonic() < end, 'it never came'",
    "process.wait(timeout=10)", "thread.join(5)", "socket.create_connection(('127.0.0.1', port), timeout=5)",
    "button.click()\nassert told.count() == 0",
])
def test_what_is_right_by_luck_is_found(wrong: str) -> None:
    assert faults_in(wrong)


@pytest.mark.parametrize("right", [
    "until(lambda: there(), 'it never came')", "process.wait(timeout=60)", "thread.join(0.05)", "thread.join()",
    "button.click()\nexpect(told).to_have_count(0)", "button.click()\ntold.wait_for()\nassert told.count() == 1",
    "process.wait(timeout=5)  # not by chance: that it is still there is what is shown",
])
def test_what_waits_for_what_is_to_come_is_let_be(right: str) -> None:
    assert faults_in(right) == []
