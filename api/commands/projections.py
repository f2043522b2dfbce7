"""`xueshi projections`: how far the tables are that questions are answered from."""

from __future__ import annotations

from typing import Any

import click

from api.commands.asking import Asking, asks
from api.words.telling import table


@click.group()
def projections() -> None:
    """查询所用的投影：处理到哪里、落后多少、重建进度"""


@projections.command("list")
@asks()
def list_(asking: Asking) -> int:
    """列出每个投影的进度；停在出错的事件之前的，说明是哪一个

    没有服务在运行时，这个命令自己打开账本，不能用的文件随即重建：先说明是哪些、为什么。
    """
    if asking.server is None:
        from api.doctor.projection_check import made_anew
        from api.settings import load

        if told := made_anew(load({"data_folder": asking.data_folder})):
            click.echo(f"! {told}", err=True)
    return asking.get("/v1/projections", _tell)


def _tell(body: dict[str, Any]) -> None:
    table(("投影", "已处理到", "落后", "状态"),
          [(one["name"], one["position"], one["behind"], _state(one)) for one in body["items"]])
    click.echo(f"账本现有 {body['log_size']} 个事件。")


def _state(one: dict[str, Any]) -> str:
    if (failure := one["failure"]) is not None:
        cure = "xueshi findings run --whole" if one["name"] == "findings" else f"xueshi rebuild {one['name']}"
        return f"停在事件 {failure['position']} 之前（{failure['because']}）；重建：{cure}"
    if (building := one["building"]) is not None:
        left = "" if building["seconds_left"] is None else f"，约剩 {building['seconds_left']} 秒"
        return f"正在重建 {building['done']}/{building['total']}，每秒 {building['rate']} 个{left}"
    return "正常" if not one["behind"] else "正在追赶"
