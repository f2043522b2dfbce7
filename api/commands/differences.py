"""`xueshi differences`: where what was decided and what the law says part, for whom, why, and whose it is to look."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import click

from api.commands.asking import PURPOSE, Asking, Id, Show, asks
from api.words.telling import AXES, LOG_SIZE, PAGE, axes, next_page, role, table, with_options, word

KINDS = {
    "unreadable": "细则读不懂", "belonging": "隶属关系", "worth": "学时", "duplicate": "重复", "room": "上限",
    "class": "归类",
}
_BEING_WEIGHED = "differences_being_weighed"
_MET = {True: "达标", False: "未达标", None: "未定"}
_WHICH = (
    click.option("--region", help="区划代码前缀，如 3302"),
    click.option("--sector", help="行业，如 industry"),
    click.option("--year", type=click.IntRange(1950, 2099), help="年度"),
    click.option("--kind", type=click.Choice(list(KINDS)), help="哪一类原因"),
    *AXES,
    LOG_SIZE,
)
_PEOPLE = (
    click.option("--person", type=Id("person"), help="只看一个人的"),
    PURPOSE,
    *PAGE,
)


@click.group()
def differences() -> None:
    """认定与评定的差异：列出、说明、计数"""


@differences.command("list")
@asks()
@with_options(_WHICH)
@with_options(_PEOPLE)
def list_(asking: Asking, **query: Any) -> int:
    """列出两个数字不同的学习、原因和该核查的部门，最久的在前"""
    return _ask(asking, "/v1/differences", _tell_entries, query)


@differences.command()
@asks()
@with_options(_WHICH)
@with_options(_PEOPLE)
def years(asking: Asking, **query: Any) -> int:
    """列出两个数字不同的个人年度"""
    return _ask(asking, "/v1/differences/years", _tell_years, query)


@differences.command()
@asks()
@with_options(_WHICH)
def offices(asking: Asking, **query: Any) -> int:
    """各部门有多少差异待核查"""
    return _ask(asking, "/v1/differences/offices", _tell_offices, query)


def _ask(asking: Asking, path: str, show: Show, query: Mapping[str, Any]) -> int:
    """Ask, and ask the very same again while everyone is being weighed; a Ctrl-C ends the waiting."""
    asked = dict(query)
    with asking.client() as client:
        while (reply := client.get(path, asked)).status == 503 and reply.json.get("code") == _BEING_WEIGHED:
            asked |= {name: reply.json["seen"][name] for name in ("as_of", "log_size")}
            click.echo(reply.json["detail"].partition("。")[0] + "……", err=True)
            time.sleep(int(reply.headers["retry-after"]))
    return asking.tell(reply, show)


def _tell_entries(body: dict[str, Any]) -> None:
    axes(body["basis"])
    for one in body["items"]:
        office, decided, evaluated = one["office"], one["decided"], one["evaluated"]
        mark = "" if one["upheld"] is None else f"　已维持（事件 {one['upheld']}）"
        click.echo(f"{one['claim']}  {one['year']} 年度  认定 {decided['counted']}，评定 {evaluated['counted']}  "
                   f"{KINDS[one['kind']]}{mark}")
        click.echo(f"  {one['person']}  {role(office['role'])} {office['region']} {word('sector', office['sector'])}，"
                   f"{word('category', office['category'])}  自事件 {one['since']}（{one['since_at'][:10]}）起")
        click.echo(f"  {one['because']}")
    _tell_end(body, "没有差异。")


def _tell_years(body: dict[str, Any]) -> None:
    axes(body["basis"])
    if body["items"]:
        table(("人员", "年度", "地区", "认定", "评定", "认定时", "评定为", "项数", "起始事件"), [
            (one["person"], one["year"], one["region"], one["decided"]["total"], one["evaluated"]["total"],
             _MET[one["decided"]["met"]], _MET[one["evaluated"]["met"]], one["entries"], one["since"])
            for one in body["items"]])
    _tell_end(body, "没有差异。")


def _tell_offices(body: dict[str, Any]) -> None:
    axes(body["basis"])
    table(("部门", "地区", "行业", "待核查", "已维持", "最早的起始事件", "原因"), [
        (role(one["role"]), one["region"], word("sector", one["sector"]), one["waiting"], one["upheld"], one["since"],
         "、".join(f"{KINDS[kind]} {many}" for kind, many in one["kinds"].items()))
        for one in body["items"]], empty="没有差异。")


def _tell_end(body: Mapping[str, Any], empty: str) -> None:
    if not body["items"]:
        click.echo(empty)
    next_page(body)
