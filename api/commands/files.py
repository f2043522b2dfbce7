"""Files that commands read and write: what cannot be read, or is there already, ends a command with what to do.

A file that is written is new and whole, or it is not there. `tests/api/test_command_files.py` shows it.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, Any, Final

import click

from api.terminal import standard_input
from api.terminal.exits import Exit, Stop
from api.terminal.unreadable import reason

READ: Final = click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)
"""A file to be read; `-` is standard input."""

OUT: Final = click.option("--out", type=click.Path(path_type=Path, dir_okay=False),
                          help="写入文件（默认输出到屏幕）；已有的文件不会被覆盖")

FILE: Final = (click.option("--form", type=click.Choice(["csv", "xlsx"]), help="取全部，写成电子表格文件"), OUT)
"""A list as a file."""


def read_bytes(file: Path) -> bytes:
    """Read a file."""
    try:
        return file.read_bytes()
    except OSError as error:
        why, cure = f"读不出 {file}（{reason(error)}）", "请核对文件名和权限"
        raise Stop(Exit.BAD_INPUT, "file_unreadable", why, cure) from None


def read_json(file: Path) -> dict[str, Any]:
    """Read a JSON object from a file, or from standard input."""
    is_stdin = str(file) == "-"
    try:
        found = json.loads(standard_input.whole() if is_stdin else read_bytes(file))
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        cure = "应为一个 JSON 对象，字段见 /openapi.json"
        raise Stop(Exit.BAD_INPUT, "bad_json", f"{'标准输入' if is_stdin else file} 不是 JSON", cure)
    return found


def write_new(file: Path, content: bytes, *, mode: int = 0o666) -> None:
    """Write a file that was not there; whoever may not read it may not while it is written either."""
    try:
        target = open(file, "xb", opener=partial(os.open, mode=mode))  # noqa: SIM115 - closed below, or taken away
    except FileExistsError:
        raise Stop(Exit.BAD_INPUT, "file_exists", f"{file} 已存在", "请另取文件名；已有的文件不会被覆盖") from None
    except OSError:
        raise _unwritable(file) from None
    try:
        with target:
            target.write(content)
    except OSError:
        file.unlink(missing_ok=True)  # Half a proof reads like a forged one.
        raise _unwritable(file) from None


@contextmanager
def written_whole(out: Path) -> Iterator[IO[bytes]]:
    """A long file, under its own name only when it is whole: before that nothing of that name is touched.

    A device or a link is no place for it: the file would take the place of the thing itself.
    """
    if out.is_symlink() or (out.exists() and not out.is_file()):
        cure = "请给出一个普通文件的名称"
        raise Stop(Exit.BAD_INPUT, "not_a_file", f"{out} 是链接或设备，不是普通文件", cure)
    temporary = out.with_name(out.name + ".part")
    try:
        target = temporary.open("wb")
    except OSError:
        raise _unwritable(out) from None
    try:
        with target:
            yield target
        temporary.replace(out)
    finally:
        temporary.unlink(missing_ok=True)


def hand_over(content: bytes, out: Path | None, then: str = "") -> int:
    """Put what was asked for into a new file, say so and what to do with it, or on the screen."""
    if out is None:
        sys.stdout.buffer.write(content)
        return Exit.HOLDS
    write_new(out, content)
    click.echo(f"✓ 已写入 {out}（{len(content)} 字节）。{then}")
    return Exit.HOLDS


def _unwritable(file: Path) -> Stop:
    return Stop(Exit.WORLD_IS_WRONG, "file_unwritable", f"写不了文件 {file}", "请核对文件夹、权限和磁盘空间")
