"""What click says in English, in Chinese: the headings of a help page and the common slips in a command line.

`tests/api/test_cli.py` shows it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final

import click

_WORDS: Final = {
    "Options": "选项",
    "Commands": "命令",
    "Show this message and exit.": "显示本说明",
    "[required]": "[必填]",
    "required]": "必填]",
    "[default:": "[默认",
    "INTEGER RANGE": "整数",
    "INTEGER": "整数",
    "TEXT": "文字",
    "DIRECTORY": "文件夹",
    "FILE": "文件",
    "PATH": "路径",
}
_SAID: Final = re.compile("|".join(rf"(?<!\w){re.escape(word)}(?!\w)" for word in _WORDS))


class ChineseFormatter(click.HelpFormatter):
    """A help page with Chinese headings."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """Write `用法：xueshi ...`."""
        args = args.replace("[OPTIONS]", "[选项]").replace("COMMAND [ARGS]...", "命令 ...")
        super().write_usage(prog, args, "用法：")

    def write_heading(self, heading: str) -> None:
        """Write a heading."""
        super().write_heading(_chinese(heading))

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Write the lines under a heading in columns: a Chinese character is two wide, click counts one."""
        lines = [(_chinese(name), _chinese(text)) for name, text in rows]
        wide = max((_columns(name) for name, _ in lines), default=0)
        for name, text in lines:
            padding = " " * (wide - _columns(name) + col_spacing)
            self.write(f"{'':{self.current_indent}}{name}{padding}{text}\n")


def _chinese(text: str) -> str:
    return _SAID.sub(lambda found: _WORDS[found[0]], text)


def _columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text)


_MORE: Final = re.compile(r"Got unexpected extra arguments? \((.*)\)")
"""What click says of words that no argument takes; it has no class of its own for them."""
_AT_PATH: Final = re.compile(r"\w+ '(.*)' (does not exist|is a \w+)\.", re.DOTALL)


def slip(error: click.ClickException) -> str:
    """Say what is wrong with a command line; click's own words where the case is rare."""
    match error:
        case click.NoSuchOption():
            near = f"，是否想写 {'、'.join(error.possibilities)}" if error.possibilities else ""
            return f"没有选项 {error.option_name}{near}"
        case click.NoSuchCommand():
            group = error.ctx.command if error.ctx is not None else None
            known = group.list_commands(error.ctx) if isinstance(group, click.Group) and error.ctx is not None else []
            return f"没有命令 {error.command_name}，可用的命令：{'、'.join(known)}"
        case click.UsageError() if (more := _MORE.match(error.message)) is not None:
            return f"多出 {more[1]}"
        case click.BadOptionUsage():
            # Click says it of an option without its value, and of a flag that was given one.
            has_value = "does not take a value" in error.message
            return f"{error.option_name} 是开关，后面不写值" if has_value else f"{error.option_name} 后面缺少它的值"
        case click.MissingParameter():
            meant = error.param.help if isinstance(error.param, click.Option) else None
            return f"缺少 {_called(error)}" + (f"：{meant}" if meant else "")
        case click.BadParameter():
            return f"{_called(error)} 的值不能用，{_wanted(error)}"
        case _:
            return error.format_message()


def usage_of(error: click.ClickException) -> str:
    """The command whose help page tells how it is called."""
    ctx = getattr(error, "ctx", None)
    return f"{ctx.command_path if ctx is not None else 'xueshi'} --help"


def _called(error: click.BadParameter) -> str | Sequence[str] | None:
    """What the help calls it: an option as it is typed, an argument by its place."""
    if error.param is None:
        return error.param_hint
    return error.param.opts[0] if isinstance(error.param, click.Option) else error.param.human_readable_name


def _wanted(error: click.BadParameter) -> str:
    match error.param.type if error.param else None:
        case click.IntRange(min=int(least), max=int(most)):
            return f"应为 {least} 到 {most} 的整数"
        case click.IntRange(min=least, max=most):
            return f"应为不小于 {least} 的整数" if most is None else f"应为不大于 {most} 的整数"
        case click.Choice(choices=choices):
            return f"应为以下之一：{'、'.join(map(str, choices))}"
        case click.Path(file_okay=False):
            return f"应为已有的文件夹{_found(error)}"
        case click.Path():
            return f"应为已有的文件{_found(error)}"
        case _:
            return error.message


def _found(error: click.BadParameter) -> str:
    """What lies at a path instead, in click's words for it."""
    told = _AT_PATH.fullmatch(error.message)
    if told is None:
        return ""
    return f"：没有 {told[1]}" if told[2] == "does not exist" else f"：{told[1]} 不是"
