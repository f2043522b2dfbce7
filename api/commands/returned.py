"""Files that are sent to be checked, and the file that a trial of one gives back.

`tests/api/test_import_commands.py` and `tests/api/test_filing_commands.py` show it.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from api.commands.asking import Asking
from api.commands.files import read_bytes, write_new
from api.terminal.exits import Exit, Stop

_Command = TypeVar("_Command", bound=Callable[..., Any])


def workbook_option(words: str) -> Callable[[_Command], _Command]:
    """Where to put what a trial gives back."""
    return click.option("--workbook", type=click.Path(dir_okay=False, path_type=Path), help=words)


def demand_trial(asking: Asking, workbook: Path | None) -> None:
    """Refuse to promise a file that only a trial gives back."""
    if workbook is not None and not asking.dry_run:
        cure = "退回的文件只在试办时给出，请加 --dry-run"
        raise Stop(Exit.BAD_INPUT, "bad_usage", "--workbook 须与 --dry-run 同用", cure)


def encoded(file: Path) -> str:
    """A file as it is sent."""
    return base64.b64encode(read_bytes(file)).decode("ascii")


def keep_returned(workbook: Path | None, content: str | None) -> None:
    """Write what a trial gave back, if it gave anything and was asked for it."""
    if workbook is not None and content is not None:
        write_new(workbook, base64.b64decode(content))
        click.echo(f"退回的文件已写入 {workbook}。")
