"""No command that writes is forgotten: a fault was put into it at every call, or it is said why not and what shows it.

The commands are those of `api/commands.md` under "This machine, and files": those of the register go through the doors
of the service, whose appends are an operation of their own.
"""

from __future__ import annotations

import re
from pathlib import Path

from tests.faults.test_failing_calls import OPERATIONS

ROOT = Path(__file__).parents[2]
TABLE = (ROOT / "api" / "commands.md").read_text("utf-8").partition("## The register")[0]

FAULTED = {
    "init": "first start", "log checkpoint": "checkpoint", "log continue-as": "another name",
    "year close": "close of a year", "witness init": "first start of a witness", "witness serve": "cosigning",
    "events export": "export of the log", "fsck": "check", "backup": "backup", "restore": "restore",
    "rebuild": "rebuild", "findings run": "findings", "archive write": "archive", "archive move": "bodies that move",
    "archive bring-back": "bodies that come back", "archive compact": "room that is given back",
    "export parquet": "export", "replay": "replay", "keys backup": "backup of the keys",
    "keys restore": "restore of the keys", "keys rewrap": "rewrap of the keys",
    "keys sign-with-new": "another signing key", "keys retire": "a signing key that is retired",
    "serve": "append",
}
"""The operation by which it is tried."""

SHOWN = {
    "demo": "tests/api/demo/test_demo.py::test_killed_it_says_so_and_what_someone_put_beside_it_is_not_removed",
    "move": "tests/api/test_move_command.py::test_killed_it_leaves_the_files_in_use_and_the_target_closed_and_goes_on",
}
"""Its target is a database, or a folder that nothing opens before it is whole: the test that kills it."""

ONE_FILE = {"log served-here", "log prove", "year line", "archive prove", "archive relocate", "keys expire",
            "witness trust", "witness forks"}
"""It replaces one file as a whole, or writes one row: by `ledger.durable` or one transaction, which others try."""

READING = {
    "log show", "log key", "log forks", "year list", "year show", "witness key", "witness status", "events schema",
    "verify", "standby", "archive check", "archive list", "keys show", "keys learn", "doctor", "config show",
    "evaluate", "rules list", "rules show", "rules check", "rules diff", "rules try",
}


def test_every_command_that_writes_was_tried_with_a_fault_at_every_call_or_it_is_said_what_shows_it() -> None:
    named = re.findall(r"`xueshi ([a-z]+(?: [a-z-]+)?)", TABLE)
    groups = {word for word, _, rest in (name.partition(" ") for name in named) if rest}
    commands = {name if name.partition(" ")[0] in groups else name.partition(" ")[0] for name in named}

    assert commands == {*FAULTED, *SHOWN, *ONE_FILE, *READING}
    assert set(FAULTED.values()) <= set(OPERATIONS)


def test_what_is_shown_elsewhere_is_shown_there() -> None:
    for named in SHOWN.values():
        path, _, test = named.partition("::")
        assert f"def {test}(" in (ROOT / path).read_text("utf-8"), named
