"""`xueshi access`: who saw whose personal data, and for what, for those who supervise and the audit administrator."""

from __future__ import annotations

from typing import Any

import click

from api.commands.asking import PURPOSE, Asking, Id, asks
from api.commands.telling import PAGE, next_page, role, table, with_options


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
             "、".join(one["what"]), one["purpose"]) for one in body["items"]]
    table(("序号", "时间", "谁", "角色", "看了谁", "看了什么", "目的"), rows, empty="没有这样的查阅。")
    if body["behind"]:
        click.echo(f"还有 {body['behind']} 条没有读到；稍后再查。", err=True)
    anchor = body["anchor"]
    if anchor is not None and not anchor["holds"]:
        click.echo(f"查阅日志与账本事件 {anchor['event']} 所记的根不符：它被改动或截断过。", err=True)
    next_page(body)
