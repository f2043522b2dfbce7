"""`xueshi claim shared`: what an entry shares with others, or who has something that entries may have."""

from __future__ import annotations

from typing import Any, Final

import click

from api.commands.asking import PURPOSE, Asking, Id, asks
from api.words.telling import AS_OF, PAGE, next_page, state, table, with_options

NAMES: Final = {
    "certificate": "证书编号", "number": "编号", "evidence": "佐证文件", "picture": "图像", "document": "生成时刻",
    "device": "设备", "address": "网络地址", "class": "培训班", "organiser": "主办单位", "approver": "认定账号",
    "hour": "认定钟点",
}


@click.command("shared")
@asks()
@click.argument("claim", type=Id("claim"), required=False)
@click.option("--finding", help="不从一项申报查起，而从一条线索的各项申报查起")
@click.option("--dimension", type=click.Choice(list(NAMES)), help="只看这样相同的")
@click.option("--value", help="不从一项申报查起，而从一个值查起：与 --dimension 一起给出，取自上一次的结果")
@with_options((AS_OF, *PAGE))
@PURPOSE
def shared(asking: Asking, claim: str | None, finding: str | None, value: str | None, **query: Any) -> int:
    """与一项申报共用证书、文件、设备、培训班、主办单位、认定账号和钟点的（监督部门）"""
    if sum(one is not None for one in (claim, finding, value)) != 1 or (value is not None
                                                                       and query["dimension"] is None):
        raise click.UsageError("请给出一项申报、一条线索（--finding），或 --dimension 和 --value。")
    if value is not None:
        return asking.get("/v1/shared", _tell, {"value": value, **query})
    began = f"claims/{claim}" if finding is None else f"findings/{finding}"
    return asking.get(f"/v1/{began}/shared", _tell, query)


def _tell(body: dict[str, Any]) -> None:
    if not body["compares_sealed"]:
        click.echo("密封的内容还没有整理：证书编号、设备和网络地址这次没有比较。", err=True)
    rows = [(NAMES[one["dimension"]], one["value"], f"{one['claims']}{' 以上' if one['is_more'] else ''}",
             one["persons"], _why(one)) for one in body["dimensions"]]
    table(("相同之处", "值", "申报", "人员", "说明"), rows, empty="没有可比的。")
    if body["further"]:
        click.echo()
        table(("再往外一步", "值", "申报", "人员"),
              [(NAMES[one["dimension"]], one["value"], one["claims"], one["persons"]) for one in body["further"]])
    click.echo()
    members = [(one["claim"], one["name"] or "", one["person"], state(one["status"]),
                "、".join(dict.fromkeys(NAMES[each["dimension"]] for each in one["shares"]))) for one in body["items"]]
    table(("申报", "姓名", "人员", "状态", "相同"), members, empty="权限之内没有。")
    next_page(body)


def _why(one: dict[str, Any]) -> str:
    if one["is_telling"]:
        return "没有相同的理由"
    return "".join(guard["words"] for guard in one["guards"])
