"""`xueshi work`: what waits, for an office by its scopes or for a person by what they have under way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from api.commands.asking import PURPOSE, Asking, Id, asks
from api.commands.files import FILE
from api.words.telling import AS_OF, PAGE, next_page, role, table, with_options, word

_KINDS = {"claim": "学时申报", "transfer": "单位变更", "unit": "单位核验", "difference": "差异核查",
          "plan": "培训计划备案", "class": "培训班备案", "application": "职称申报学时审核",
          "appeal": "学时申诉", "correction": "申诉后更正"}


@click.group()
def work() -> None:
    """待办：经办人权限之内的，或本人在办的"""


@work.command("list")
@asks()
@click.option("--role", "as_role", help="只看以此角色办理的")
@with_options((AS_OF, *PAGE))
@PURPOSE
@with_options(FILE)
def list_(
    asking: Asking, as_role: str | None, as_of: str | None, cursor: str | None, limit: int | None,
    purpose: str | None, form: str | None, out: Path | None,
) -> int:
    """列出待办，等得最久的在前；给出 --purpose 才有姓名；--form 取全部，写成文件"""
    query = {"role": as_role, "as_of": as_of, "purpose": purpose}
    if form is not None:
        return asking.fetch(f"/v1/work.{form}", out, query)
    return asking.get("/v1/work", _tell, {**query, "cursor": cursor, "limit": limit})


@work.command()
@asks()
@click.argument("person", type=Id("person"))
@with_options((AS_OF, *PAGE))
@PURPOSE
def of(
    asking: Asking, person: str, as_of: str | None, cursor: str | None, limit: int | None, purpose: str | None
) -> int:
    """列出一个人在办的事项：在谁手里、从何时起"""
    query = {"as_of": as_of, "cursor": cursor, "limit": limit, "purpose": purpose}
    return asking.get(f"/v1/persons/{person}/work", _tell, query)


@work.command()
@asks()
@click.option("--region", help="区划代码前缀，如 3303")
@with_options((AS_OF,))
def overview(asking: Asking, region: str | None, as_of: str | None) -> int:
    """各部门、各单位待办多少，最久的等了多久；单位按地区合计，查询一县（六位代码）时逐个列出"""
    return asking.get("/v1/workload", _tell_loads, {"region": region, "as_of": as_of})


def _tell(body: dict[str, Any]) -> None:
    rows = [
        (one["id"], _KINDS.get(one["kind"], one["kind"]), one["title"] or "", one["name"] or "", role(one["role"]),
         one["region"],
         word("category", one["category"]) if one.get("category") else "", str(one["since_at"])[:10], one["days"])
        for one in body["items"]
    ]
    table(("编号", "事项", "名称", "姓名", "待谁办理", "地区", "科目", "起于", "天数"), rows, empty="没有待办。")
    next_page(body)


def _tell_loads(body: dict[str, Any]) -> None:
    rows = [
        (one["waiting"], one["days"], str(one["since_at"])[:10], _KINDS.get(one["kind"], one["kind"]),
         role(one["role"]), one["region"], word("sector", one["sector"]),
         one["unit"] or (f"{one['units']} 个" if one["units"] else ""))
        for one in body["items"]
    ]
    table(("件数", "最久天数", "起于", "事项", "待谁办理", "地区", "行业", "单位"), rows, empty="没有待办。")
    if rows:
        click.echo(f"共 {body['waiting']} 件，天数算到 {body['counted_on']}。")
