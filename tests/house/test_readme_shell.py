"""What a README shows, happens: every block marked `sh` is run, and what it prints is compared with what is shown.

Convention: the `sh` blocks of one document are run in order, in one temporary folder, each as one script under
`sh -eu` that must end with 0. A block marked `output` right after one holds lines that must appear in its output, in
that order; `…` in a line stands for any text, a line of only `…` for any lines. What must not be run (it serves for
ever, or installs) is marked `text`.
"""

from __future__ import annotations

import os
import re
import subprocess
import sysconfig
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

from tests.forked import programs

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Step(NamedTuple):
    script: str
    expected: str


def steps(text: str) -> list[Step]:
    """Each `sh` block with the `output` block that follows it directly."""
    found = []
    blocks = list(BLOCK.finditer(text))
    for block, after in zip_longest(blocks, blocks[1:]):
        if block[1] != "sh":
            continue
        is_shown = after is not None and after[1] == "output" and not text[block.end() : after.start()].strip()
        found.append(Step(block[2], after[2] if is_shown and after else ""))
    return found


def missing_line(expected: str, printed: str) -> str | None:
    """The first line that is shown and was not printed, in order; None when all were."""
    rest = iter(printed.splitlines())
    for line in expected.splitlines():
        pattern = ".*".join(re.escape(piece) for piece in line.rstrip().split("…"))
        if line.strip(" …") and not any(re.fullmatch(pattern, each.rstrip()) for each in rest):
            return line
    return None


def run(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": os.pathsep.join((str(programs()), sysconfig.get_path("scripts"), os.environ["PATH"])),
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "PYTHONHASHSEED": "0",
        "XUESHI_REPOSITORY": str(ROOT),
    }
    return subprocess.run(
        ["sh", "-eu", "-c", script], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=100, check=False,
    )


def test_every_shell_block_does_what_it_shows(tmp_path: Path) -> None:
    for script, expected in steps((ROOT / "README.md").read_text(encoding="utf-8")):
        ended = run(script, tmp_path)

        assert ended.returncode == 0, f"{script}\n{ended.stdout}"
        assert missing_line(expected, ended.stdout) is None, f"{script}\n{ended.stdout}"


def test_no_other_document_shows_what_no_test_runs() -> None:
    """A guide that needs more than an empty folder is run by a test of its own, which names it."""
    showing = {page.name for room in ("ledger", "policies", "projections", "api", "tests")
               for page in (ROOT / room).rglob("*.md") if steps(page.read_text(encoding="utf-8"))}
    running = [text for path in (ROOT / "tests").rglob("test_*_guide.py")
               if "import missing_line, run, steps" in (text := path.read_text(encoding="utf-8"))]

    assert len(showing) >= 5
    assert {name for name in showing if not any(f'"{name}"' in text for text in running)} == set()


def test_a_line_that_is_shown_and_not_printed_is_seen() -> None:
    assert missing_line("a\n…\nc d\n", "a\nb\nc d\n") is None
    assert missing_line("took … ms\n", "took 12 ms\n") is None
    assert missing_line("b\na\n", "a\nb\n") == "a"
    assert missing_line("x\n", "xy\n") == "x"


def test_an_output_block_belongs_to_the_shell_block_right_before_it() -> None:
    text = "```sh\nls\n```\n```output\na\n```\n```sh\npwd\n```\nprose\n```output\nb\n```\n```text\nrm\n```\n"

    assert steps(text) == [Step("ls\n", "a\n"), Step("pwd\n", "")]
