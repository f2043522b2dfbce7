"""`xueshi year`: the close of a year, and what was decided about it since."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from api.commands.asking import Asking, Id, asks
from api.commands.files import OUT, hand_over
from api.words.telling import STATES, pairs, table


@click.group()
def year() -> None:
    """年度关账：固定一年的合计，此后的更正单独列出"""


@year.command()
@asks(writes=True)
@click.argument("number", metavar="YEAR", type=click.IntRange(2000, 2100))
@click.option("--document", help="公布该年度合计的文件")
def close(asking: Asking, number: int, document: str | None) -> int:
    """关账（人力社保部门）：先加 --dry-run 看合计和尚未办结的申报"""
    body = {"year": number, **({} if document is None else {"document": document})}
    return asking.post("/v1/year-closings", _tell, body, done=f"已关账 {number} 年度")


@year.command("list")
@asks()
@click.option("--as-of", help="按当时所知：事件序号、带时区的时间或日期")
def list_(asking: Asking, as_of: str | None) -> int:
    """列出已关账的年度"""
    return asking.get("/v1/year-closings", lambda body: table(
        ("年度", "人数", "条数", "核定学时", "所据事件", "关账时间"),
        [(one["year"], one["people"], one["entries"], one["total"], one["as_of"], one["recorded_at"])
         for one in body["items"]], empty="还没有关账的年度。"), {"as_of": as_of})


@year.command()
@asks()
@click.argument("number", metavar="YEAR", type=click.IntRange(2000, 2100))
def show(asking: Asking, number: int) -> int:
    """一年的关账（人力社保部门）：当时的合计、现在的合计、关账后的更正"""
    return asking.get(f"/v1/year-closings/{number}", _tell_now)


@year.command()
@asks()
@click.argument("number", metavar="YEAR", type=click.IntRange(2000, 2100))
@click.argument("person", type=Id("person"))
@OUT
def line(asking: Asking, number: int, person: str, out: Path | None) -> int:
    """本人在关账中的一行；--out 写成文件，任何人可用 xueshi verify 离线核验"""
    def tell(body: dict[str, Any]) -> None:
        if out is None:
            _tell_line(body)
        else:
            hand_over(body["file"].encode(), out, f"核验：xueshi verify {out} --key 公钥")
            _fetch_times(asking, body, out)

    return asking.get(f"/v1/year-closings/{number}/persons/{person}", tell)


def _tell(body: dict[str, Any]) -> None:
    pairs([("年度", body["year"]), ("人数", body["people"]), ("条数", body["entries"]), ("核定学时", body["total"]),
           ("合计的根", body["totals_root"]), ("所据事件", body["as_of"]), ("文件", body["document"])])
    if body["still_open"]:
        click.echo(f"  注意：还有 {body['still_open']} 项该年度的申报没有办结，办结后将列为关账后更正。")


def _tell_now(body: dict[str, Any]) -> None:
    _tell(body)
    now = body["now"]
    click.echo(f"  由账本重算关账时的合计：{'一致' if body['holds'] else '不一致，请运行 xueshi fsck'}。")
    click.echo(f"  现在（事件 {now['as_of']}）：{now['people']} 人，{now['entries']} 条，{now['total']} 学时；"
               f"关账后更正 {body['changed_claims']} 项，涉及 {body['changed_people']} 人。")
    table(("申报", "当时", "学时", "现在", "学时"), [
        (one["claim"], _state(one["status_before"]), one["hours_before"], _state(one["status_after"]),
         one["hours_after"]) for one in body["changes"]], empty="没有更正。")


def _fetch_times(asking: Asking, body: dict[str, Any], out: Path) -> None:
    """Put the times of the close beside the line, where `xueshi verify` looks for them."""
    with asking.client() as client:
        for name in body["time_stamps"]:
            reply = client.get(f"/log/checkpoints/{body['checkpoint']}/{name}.tsr")
            if reply.ok:
                beside = out.with_name(f"{out.name}.{name}.tsr")
                hand_over(reply.body, beside, "关账的时间：核验时加 --tsa 机构的 CA 证书")


def _tell_line(body: dict[str, Any]) -> None:
    pairs([("年度", body["year"]), ("人员", body["person"]), ("核定学时", body["hours"]["total"]),
           ("行", body["line"].rstrip()), ("序号", body["index"]), ("合计的根", body["totals_root"]),
           ("关账的事件", body["event"])])


def _state(status: str | None) -> str:
    return "不在该年度" if status is None else STATES.get(status, status)
