"""`xueshi case`: what is being looked into, for those who supervise (P 17, W 16)."""

from __future__ import annotations

from typing import Any, Final

import click

from api.commands.asking import PURPOSE, Asking, Id, asks
from api.commands.telling import pairs, table

_STATES: Final = {"open": "在办", "closed": "已办结"}
_FINDINGS: Final = {"pending": "待核查", "ruled_out": "排除", "substantiated": "属实", "referred": "移送"}

_AS_OF = click.option("--as-of", help="按当时所知：事件序号、带时区的时间或日期")


@click.group()
def case() -> None:
    """监察案件：在办和已办结的，所涉的人和学时，结论"""


@case.command("list")
@asks()
@click.option("--status", type=click.Choice(["open", "closed"]), help="只看在办的，或已办结的")
@_AS_OF
@click.option("--cursor", help="从上一页给出的位置继续")
@click.option("--limit", type=click.IntRange(1, 200), help="最多列出多少条")
def list_(asking: Asking, **query: Any) -> int:
    """列出监督权限内的案件"""
    return asking.get("/v1/cases", _tell_list, query)


@case.command()
@asks()
@click.argument("case", type=Id("case"))
@_AS_OF
@PURPOSE
def show(asking: Asking, case: str, as_of: str | None, purpose: str | None) -> int:
    """查看一个案件"""
    return asking.get(f"/v1/cases/{case}", _tell, {"as_of": as_of, "purpose": purpose})


def _tell_list(body: dict[str, Any]) -> None:
    rows = [(one["case"], one["opened_at"][:10], one["kind"], _STATES.get(one["status"], one["status"]),
             _FINDINGS.get(one["finding"], one["finding"]), one["region"], one["counts"]["claims"],
             one["counts"]["persons"], one["due"]) for one in body["items"]]
    table(("案件", "立案", "事由", "状态", "结论", "地区", "学时", "人员", "限期"), rows, empty="没有案件。")
    if body.get("next_cursor"):
        click.echo(f"还有。下一页：--cursor {body['next_cursor']}")


def _tell(body: dict[str, Any]) -> None:
    pairs((
        ("案件", body["case"]), ("事由", body["kind"]), ("规则", body["pattern"]), ("立案", body["opened_at"][:10]),
        ("状态", _STATES.get(body["status"], body["status"])),
        ("结论", _FINDINGS.get(body["finding"], body["finding"])), ("移送", body["referred_to"]),
        ("限期", body["due"]), ("地区", body["region"]),
        ("人员", "、".join(body["persons"])), ("账号", "、".join(body["actors"])),
        ("单位", "、".join(body["organisers"])), ("学时", "、".join(body["claims"])),
        ("冻结", "、".join(body["held"])), ("解冻", "、".join(body["released"])),
        ("依据", "、".join(f"事件 {one}" for one in body["findings"])),
    ))
