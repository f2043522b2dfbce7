"""`xueshi access`: who saw whose personal data, and for what, for those who supervise and the audit administrator."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import click

from api.commands.asking import PURPOSE, Asking, Id, asks
from api.commands.options import as_json_option, data_option, opened
from api.terminal.exits import Exit, Stop
from api.words.codes import purpose as purpose_words
from api.words.telling import PAGE, next_page, role, table, with_options


@click.group()
def access() -> None:
    """查阅日志：谁为何看过谁的个人信息，每条可出具证明"""


@access.command("list")
@asks()
@click.option("--actor", type=Id("actor"), help="这个经办账号看过的；与 --person 恰给其一")
@click.option("--person", type=Id("person"), help="看过这个人的")
@click.option("--from", "first", help="从这一天起（YYYY-MM-DD）")
@click.option("--to", "last", help="到这一天为止（YYYY-MM-DD）")
@click.option("--for", "wanted", help="只看以此目的查阅的，代码如 investigation")
@with_options(PAGE)
@PURPOSE
def list_(asking: Asking, first: str | None, last: str | None, wanted: str | None, **query: Any) -> int:
    """列出查阅，新的在前；本次查阅也留痕"""
    return asking.get("/v1/access", _tell, {**query, "from": first, "to": last, "for": wanted})


def _tell(body: dict[str, Any]) -> None:
    rows = [(one["position"], one["at"][:19].replace("T", " "), one["reader"], role(one["role"]), one["subject"],
             "、".join(one["what"]), purpose_words(one["purpose"])) for one in body["items"]]
    table(("序号", "时间", "谁", "角色", "看了谁", "看了什么", "目的"), rows, empty="没有这样的查阅。")
    if body["behind"]:
        click.echo(f"还有 {body['behind']} 条没有读到；稍后再查。", err=True)
    anchor = body["anchor"]
    if anchor is not None and not anchor["holds"]:
        click.echo(f"查阅日志与账本事件 {anchor['event']} 所记的根不符：它被改动或截断过。", err=True)
    if (gone := body["pruned"]) is not None:
        words = f"保存 {gone['months']} 个月：{gone['before'][:10]} 以前的第 1 至 {gone['upto']} 条已期满清除"
        click.echo(f"{words}（账本事件 {gone['event']}）。", err=True)
    next_page(body)


@access.command()
@data_option
@as_json_option
def prune(data_folder: Path | None, as_json: bool) -> int:
    """清除期满的查阅记录：期限见设置 access_months，至少六个月

    先记入账本，再逐批清除，中断可再运行；所留的只是每条的哈希，其余的证明照常。
    服务每小时自己清除一批，平时不必运行本命令；用 PostgreSQL 而服务不是表的所有者时，
    须授权它调用清除的函数（cut_access）。
    """
    from api.beside.access_keeping import keep_for
    from api.settings import load

    with opened(data_folder) as register:
        done = keep_for(register, months=load({"data_folder": data_folder}).access_months,
                        now=time.time_ns() // 1_000, at_once=True)
        if done is None:
            raise Stop(Exit.REFUSED, "access_not_pruned", "服务正在写入日志自己的流，没有清除任何一条", "请再运行一次")
    if as_json:
        click.echo(json.dumps(done._asdict(), ensure_ascii=False))
    elif not done.cut:
        click.echo("没有期满的查阅记录。")
    else:
        click.echo(f"✓ 清除了 {done.cut:,} 条期满的查阅记录，到第 {done.upto:,} 条为止；已记入账本。")
    return Exit.HOLDS
