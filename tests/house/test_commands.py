"""A command that nobody can find out about does not exist: each has help, and a document that names it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from api.cli import COMMANDS, cli
from api.settings import NAMES, Settings

ROOT = Path(__file__).parents[2]


def commands(group: click.Group, path: str = "xueshi") -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group, info_name=path)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield f"{path} {name}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")


ALL = dict(commands(cli))
TOLD = "".join((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "api/commands.md"))


@pytest.mark.parametrize("path", ALL)
def test_each_command_has_help(path: str) -> None:
    assert (ALL[path].help or "").strip()


@pytest.mark.parametrize("path", ALL)
def test_each_option_and_argument_has_help(path: str) -> None:
    silent = [
        each.name
        for each in ALL[path].params
        if isinstance(each, click.Option) and not (each.help or "").strip()
    ]

    assert silent == []


@pytest.mark.parametrize("path", [path for path, command in ALL.items() if not isinstance(command, click.Group)])
def test_a_document_names_each_command(path: str) -> None:
    assert re.search(rf"(?<!\w){re.escape(path)}(?![\w-])", TOLD), f"no document names `{path}`"


@pytest.mark.parametrize("path", [path for path, command in ALL.items() if not isinstance(command, click.Group)])
def test_a_document_names_each_option(path: str) -> None:
    options = [max(each.opts, key=len) for each in ALL[path].params if isinstance(each, click.Option)]

    assert [each for each in options if each not in TOLD] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_the_line_in_the_table_is_the_first_line_of_the_commands_own_help(name: str) -> None:
    own = ALL[f"xueshi {name}"].help or ""

    assert COMMANDS[name].text == own.strip().splitlines()[0].rstrip("。")


@pytest.mark.parametrize("name", NAMES)
def test_each_setting_is_a_line_of_the_table_with_its_default(name: str) -> None:
    default = getattr(Settings(), name)
    shown = str(default).lower() if isinstance(default, bool) else str(default)

    assert f"| `{name}` | `{shown}` | " in (ROOT / "api" / "settings.md").read_text(encoding="utf-8")


def rows() -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Of each row of the table of commands: whose it is, and the options that its last cell names."""
    for line in (ROOT / "api" / "commands.md").read_text(encoding="utf-8").splitlines():
        cells = line.split(" | ")
        told = [one for one in re.findall(r"`(xueshi [a-z -]+[a-z])", cells[0]) if one in ALL]
        if told and len(cells) > 2:
            yield tuple(told), tuple(re.findall(r"`(--[a-z0-9-]+)", cells[-1]))


@pytest.mark.parametrize(("told", "options"), list(rows()), ids=lambda one: " ".join(one[:1]))
def test_each_option_that_a_row_names_is_one_of_its_commands(told: tuple[str, ...], options: tuple[str, ...]) -> None:
    known = {name for path in told for each in ALL[path].params
             for name in (*each.opts, *each.secondary_opts)}

    assert [each for each in options if each not in known] == []


def test_whoever_may_ask_for_the_law_of_now_may_ask_again_by_the_basis_of_the_answer() -> None:
    """What is in force now is that of a length of the log: without it the same question is another one later."""
    asks = {path: {name for each in command.params for name in each.opts} for path, command in ALL.items()}
    questions = {path: names for path, names in asks.items() if {"--law", "--as-of"} <= names and "--key" not in names}

    assert {"xueshi years show", "xueshi unit years", "xueshi eligibility"} <= questions.keys()
    assert [path for path, names in questions.items() if "--log-size" not in names] == []
