"""`xueshi case simulate`: what would be without the entries of a case, before anything is decided (P 16, N 10)."""

from __future__ import annotations

from typing import Any, Final

import click

from api.commands.asking import PURPOSE, Asking, Id, asks
from api.words.telling import AXES, LOG_SIZE, axes, table, with_options

_MET: Final = {True: "✓", False: "✗", None: "…"}
_SHOWN_MOST: Final = 50


@click.command()
@asks()
@click.argument("case", type=Id("case"))
@click.option("--claim", "claims", multiple=True, type=Id("claim"), help="所涉的哪几项，可重复；不写即全部")
@click.option("--only", type=click.Choice(["all", "held"]), help="只看本案冻结过的（held）")
@click.option("--held", type=click.Choice(["counted", "left_out"]), help="同一些人其他冻结的学时：计（默认）或不计")
@with_options((*AXES, LOG_SIZE))
@PURPOSE
def simulate(asking: Asking, case: str, claims: tuple[str, ...], **query: Any) -> int:
    """如果案件所涉的学时不计：各人年度、情况表、职称申报和职称会怎样；不改动任何内容"""
    asked = {"claims": ",".join(claims) or None, **query}
    return asking.get(f"/v1/cases/{case}/simulation", _tell, asked)


def _tell(body: dict[str, Any]) -> None:
    told = body["summary"]
    axes(body["basis"])
    other = "其他冻结的学时照计" if body["held"] == "counted" else "其他冻结的学时也不计"
    click.echo(f"如果 {told['claims']} 项学时不计（其中现在计入的 {told['counting']} 项；{other}）：")
    click.echo(f"  {told['persons']} 人，{told['persons_changed']} 人的年度有变化，"
               f"{told['persons_falling']} 人有年度由达标变为不达标")
    click.echo(f"  有效情况表 {told['statements']} 份，其中 {told['statements_newly']} 份此前没有变动")
    click.echo(f"  已审核的职称申报 {told['applications']} 件，{told['applications_falling']} 件不再成立；"
               f"授予的职称 {told['titles']} 项，{told['titles_falling']} 项失去依据")
    table(("年度", "人数", "达标", "不计后", "少计（评定）", "少计（认定）"),
          [(one["year"], one["persons"], one["met"], one["met_without"], one["lost"]["evaluated"],
            one["lost"]["decided"]) for one in told["years"]], empty="没有年度因此变化。")
    rows = [(one["person"], one["name"], year["year"], _hours(year, "evaluated"), _hours(year, "decided"))
            for one in body["persons"] for year in one["years"]]
    if rows:
        table(("人员", "姓名", "年度", "评定合计", "认定合计"), rows[:_SHOWN_MOST])
    if len(rows) > _SHOWN_MOST:
        click.echo(f"还有 {len(rows) - _SHOWN_MOST} 行；全部见 --json。")
    for one in body["statements"]:
        note = "" if one["is_so"] else "（此前已有变动）"
        click.echo(f"  情况表 {one['statement']} 事件 #{one['events'][0]}，{one['person']}{note}")
    for one in body["applications"]:
        becomes = "依然成立" if one["holds"] else "不再成立" if one["is_so"] else "此前已不成立"
        click.echo(f"  职称申报 {one['application']} 审核 #{one['assessed']['event']}，{one['person']}：{becomes}")


def _hours(year: dict[str, Any], side: str) -> str:
    stands, rest = year["stands"][side], year["without"][side]
    return f"{stands['total']}{_MET[stands['met']]} → {rest['total']}{_MET[rest['met']]}"
