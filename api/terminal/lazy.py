"""A click group that imports a command only when it is called, so that `xueshi --help` stays quick.

The table holds for each name where the command lives and its one line of help; a test compares that line with the
command's own. `tests/api/test_cli.py` shows it.
"""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Mapping
from typing import Any, NamedTuple

import click

from api.terminal.exits import ReaderWentAway


class Lazy(NamedTuple):
    """Where a command lives (`module:attribute`) and what it does, in one line."""

    where: str
    text: str


class LazyGroup(click.Group):
    """A group over a table of `Lazy` commands."""

    def __init__(self, *args: Any, table: Mapping[str, Lazy], **options: Any) -> None:
        super().__init__(*args, **options)
        self.table = table

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the table's order, which is the order in which a newcomer meets them."""
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        """Import it now."""
        if cmd_name not in self.table:
            near = difflib.get_close_matches(cmd_name, self.table, n=1)
            hint = f"，是否想写 {near[0]}" if near else f"，可用的命令：{'、'.join(self.table)}"
            raise click.UsageError(f"没有命令 {cmd_name}{hint}", ctx)
        module, _, attribute = self.table[cmd_name].where.partition(":")
        command = getattr(importlib.import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; tell a reader that went away from an answer."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise ReaderWentAway from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """From the table alone, without importing anything."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, lazy.text) for name, lazy in self.table.items()])
