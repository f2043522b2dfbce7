"""`xueshi years`: a person's years as decided and as evaluated, each number with its events and its clause."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from api.commands.asking import PURPOSE, Asking, Id, asks
from api.commands.claim_told import study_line
from api.words.telling import AXES, LOG_SIZE, axes, minimums, state, steps, table, with_options

_TOTALS = (("专业", "professional"), ("行业公需", "sector_public"), ("一般公需", "general_public"), ("合计", "total"))
_MET = {True: "✓ 达标", False: "✗ 未达标", None: "… 未定"}


@click.group()
def years() -> None:
    """个人年度学时：认定时的，和按细则评定的"""


@years.command()
@asks()
@click.argument("person", type=Id("person"))
@click.argument("year", type=click.IntRange(1950, 2099), required=False)
@with_options((*AXES, LOG_SIZE))
@PURPOSE
@click.option("--why", is_flag=True, help="逐步列出每个数字的条款、原文和算式")
def show(asking: Asking, person: str, year: int | None, why: bool, **query: Any) -> int:
    """查看一个人的各年度学时，或某一年度"""
    place = f"/v1/persons/{person}/years" + (f"/{year}" if year else "")
    return asking.get(place, lambda body: tell(body, why=why), query)


def tell(body: dict[str, Any], *, why: bool = False) -> None:
    """Tell the years, and first of what they rest on."""
    axes(body["basis"])
    for year in body["years"]:
        if year["entries"]:
            _tell_year(year, why=why)
        else:
            click.echo(f"\n{year['year']} 年度  {_MET[year['evaluated']['met']]}　没有登记的学时。")
    if not body["years"]:
        click.echo("没有登记的学时。")


def _tell_year(year: Mapping[str, Any], *, why: bool) -> None:
    decided, evaluated = year["decided"], year["evaluated"]
    click.echo(f"\n{year['year']} 年度  {_MET[evaluated['met']]}")
    if (closed := year.get("closed")) is not None:
        since = f"其后更正 {closed['changed']} 项，标有“关账后更正”" if closed["changed"] else "其后没有更正"
        click.echo(f"  已关账（事件 {closed['event']}，合计据事件 {closed['as_of']}），{since}")
    kinds = [("认定", decided), ("评定", evaluated)] if year["differs"] else [("", evaluated)]
    table(("  ", *(name for name, _ in _TOTALS)),
          [(f"  {kind}", *(sums[code] for _, code in _TOTALS)) for kind, sums in kinds])
    for words, met in minimums(evaluated["minimums"]):
        click.echo(f"  {_MET[met][0]} {words}")
    for one in year["differences"]:
        click.echo(f"  ! {one['entry']} 认定 {one['decided']}，评定 {one['evaluated']}：{one['because']}")
    for entry in year["entries"]:
        _tell_entry(entry, why=why)


def _tell_entry(entry: Mapping[str, Any], *, why: bool) -> None:
    decided, evaluated = entry["decided"], entry["evaluated"]
    rests = _rests(decided, evaluated)
    mark = "" if entry["status"] == "approved" else f"  {state(entry['status'])}"
    mark += "  关账后更正" if entry.get("after_close") else ""
    events = "、".join(map(str, entry["events"]))
    click.echo(f"  {study_line(entry)}{mark}")
    click.echo(f"    {entry['claim']}  核定 {decided['assessed']}  计入 {evaluated['counted']}  {rests}  事件 {events}")
    if entry.get("title"):
        click.echo(f"    {entry['title']}")
    if why:
        steps(evaluated["why"], indent="      ")


def _rests(decided: Mapping[str, Any], evaluated: Mapping[str, Any]) -> str:
    """What a number rests on: a clause, or the document by which an office confirmed it."""
    if evaluated["rulebook"] is not None:
        return f"{evaluated['rulebook']} {evaluated['clause']}"
    return "　".join(("主管部门确认", *decided["clauses"])) if decided["status"] == "manual" else "没有适用的条款"
