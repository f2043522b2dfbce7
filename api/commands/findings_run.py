"""`xueshi findings run`: the patterns asked about the register, and how much each of them finds.

A service asks them by itself, a little behind. This asks at once, about what moved since or about everything, beside a
service or without one; it decides nothing about anybody, and whatever people decided stays as it is.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from api.commands.options import as_json_option, data_option, opened
from api.terminal.exits import Exit, Stop
from api.words.telling import table

if TYPE_CHECKING:
    from api.register.register import Register
    from api.terminal.progress import Progress
    from projections.findings.patterns import Pattern

SEVERITIES: Final = {"critical": "重大", "high": "高", "medium": "中", "low": "低"}


@click.command()
@click.argument("names", metavar="[规则]...", nargs=-1)
@click.option("--whole", "is_whole", is_flag=True, help="检查全部历史，不论检查过没有")
@data_option
@as_json_option
def run(names: tuple[str, ...], is_whole: bool, data_folder: Path | None, as_json: bool) -> int:
    """按规则检查登记簿，列出每条规则现有多少线索

    规则写编号，如 D01 D08，省略时为全部。只检查上次以来有变动的；新的或改过的规则检查全部历史。服务运行时也可用。
    中途停止（Ctrl-C）的，查完的规则有效，其余不变。检出的只是线索，须由人核查（xueshi findings list）。
    """
    from api.telling import logs
    from api.terminal.progress import bar, bars
    from projections.catching_up import catch_up
    from projections.errors import ProjectionError
    from projections.findings.patterns import chosen

    logs.configure("warning")
    try:
        wanted = chosen(names)
    except ProjectionError as error:
        raise Stop(Exit.BAD_INPUT, error.code, str(error)) from error
    with opened(data_folder) as register:
        try:
            with bar("投影追上账本", quiet=as_json) as progress:
                catch_up(register.ledger, register.folder.projections, progress)
            with bars(quiet=as_json) as line:
                told = _run(register, wanted, line, is_whole=is_whole)
        except ProjectionError as error:
            raise Stop(Exit.WORLD_IS_WRONG, error.code, str(error)) from error
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False))
        return Exit.HOLDS
    table(("规则", "程度", "线索", "新增", "变化", "消失", "名称"), [
        (one["pattern"], SEVERITIES[str(one["severity"])],
         *(f"{one[name]:,}" for name in ("findings", "begun", "changed", "ended")), one["title"])
        for one in told["patterns"]], empty="没有规则。")  # type: ignore[attr-defined]
    click.echo(f"✓ 检查到事件 {told['position']:,}，用时 {told['millis'] / 1_000:.1f} 秒。"  # type: ignore[operator]
               + (f"另有 {told['unread_papers']:,} 份材料待读，由服务陆续读取。" if told["unread_papers"] else ""))
    return Exit.HOLDS


def _run(
    register: Register, wanted: Iterable[Pattern], line: Callable[[str], Progress], *, is_whole: bool
) -> dict[str, object]:
    """Ask them, and say what it came to."""
    from api.evidence.files import EvidenceFiles, FolderShelf
    from api.house import paper
    from projections.findings.upkeep import Upkeep

    every = {one.id: one for one in wanted}
    lines: dict[str, Progress] = {}

    def tell(pattern: str, done: int, total: int) -> None:
        if pattern not in lines:
            lines[pattern] = line(f"{pattern} {every[pattern].title}" if pattern in every else "摘取痕迹")
        lines[pattern](done, total)

    evidence = EvidenceFiles(FolderShelf(register.folder.evidence), register.ledger.vault)
    upkeep = Upkeep(register.ledger, register.folder.projections, partial(paper, evidence))
    began = time.monotonic_ns()
    try:
        came = upkeep.run([*every.values()], whole=is_whole, tell=tell, at_once=len(os.sched_getaffinity(0)))
        return {
            "position": upkeep.asked_at, "millis": (time.monotonic_ns() - began) // 1_000_000,
            "patterns": [{**one._asdict(), "version": every[one.pattern].version, "title": every[one.pattern].title,
                          "severity": every[one.pattern].severity} for one in came],
            "unread_papers": upkeep.unread(),
        }
    finally:
        upkeep.stop()
