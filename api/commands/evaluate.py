"""`xueshi evaluate`: the law, without a ledger."""

from __future__ import annotations

import sys
from pathlib import Path

import click


@click.command()
@click.option(
    "--rules",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="另一文件夹中的细则（草案）；默认用随软件发布的细则",
)
@click.option("--explain", is_flag=True, help="每行加逐步的条款和算式（why）")
def evaluate(rules: Path | None, explain: bool) -> None:
    """按学时登记细则核定：读入事实，输出认定，不用账本

    从标准输入读事实（每行一个 JSON），向标准输出写认定。任一行有误则退出码为 2，
    说明行号、字段和更正办法，不输出任何认定。
    """
    from api.terminal.exits import Exit, Stop
    from policies.evaluate import main_evaluate

    if sys.stdin is None:
        raise Stop(Exit.WORLD_IS_WRONG, "stream_closed", "标准输入是关着的", "请写 xueshi evaluate < facts.ndjson")
    status = main_evaluate(sys.stdin.buffer, sys.stdout.buffer, sys.stderr, rules, explain)
    # Neither ruled nor badly written: the rulebooks or the disk. 1 would say that the question was answered with no.
    click.get_current_context().exit(status if status in (Exit.HOLDS, Exit.BAD_INPUT) else Exit.WORLD_IS_WRONG)
