"""Standard input, where a command reads it: closed, broken off or in another encoding, it ends with what to do.

A folder as standard input is Python's own affair: it ends before a line of ours runs, with status 1 and never 0.
`tests/api/test_standard_input.py` shows it.
"""

from __future__ import annotations

import sys
from typing import BinaryIO, Final

from api.terminal.exits import Exit, Stop
from api.terminal.unreadable import reason

_CURE: Final = "请核对输入的来源，如 命令 < 文件"


def stream() -> BinaryIO:
    """Give it as bytes, to be gone through once."""
    if sys.stdin is None:
        raise Stop(Exit.WORLD_IS_WRONG, "stream_closed", "标准输入是关着的", _CURE)
    return sys.stdin.buffer


def whole() -> bytes:
    """Read all of it."""
    try:
        return stream().read()
    except OSError as error:
        raise _unreadable(error) from error


def text() -> str:
    """Read all of it as UTF-8."""
    return _decoded(whole())


def line() -> str:
    """Read its first line, without the end."""
    try:
        return _decoded(stream().readline()).rstrip("\r\n")
    except OSError as error:
        raise _unreadable(error) from error


def is_terminal() -> bool:
    """Say whether somebody sits there who can be asked."""
    return sys.stdin is not None and sys.stdin.isatty()


def _decoded(found: bytes) -> str:
    try:
        return found.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Stop(Exit.BAD_INPUT, "not_utf8", "标准输入不是 UTF-8 文字", "请另存为 UTF-8 后再试") from None


def _unreadable(error: OSError) -> Stop:
    return Stop(Exit.BAD_INPUT, "file_unreadable", f"读不出标准输入（{reason(error)}）", _CURE)
