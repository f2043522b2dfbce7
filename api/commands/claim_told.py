"""A claim, its study, what it is worth and what happened to it, as the commands tell them."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Any

import click

from api.commands import reasons
from api.evidence.types import PAPER_KINDS
from api.words.codes import ALIKE
from api.words.telling import minimums, next_page, pairs, role, state, steps, table, verdict, word

_APPEALS = {"open": "待答复", "withdrawn": "已撤回", "dismissed": "维持原决定", "reopened": "重新审核",
            "reinstated": "已恢复", "remitted": "责令更正", "corrected": "已更正", "overtaken": "原决定已另行改变"}


def tell_list(body: dict[str, Any]) -> None:
    """Tell a page of a list of claims."""
    rows = [(one["claim"], one["name"] or "", state(one["status"]), one["year"], word("category", one["category"]),
             word("route", one["route"]), one["date"], one["submitted_on"], one["assessed"] or "", one["unit"],
             f"{role(one['waits']['role'])}，自 {one['waits']['since'][:10]}" if one["waits"] else "")
            for one in body["items"]]
    heads = ("申报", "姓名", "状态", "年度", "科目", "途径", "佐证日期", "提交日期", "核定学时", "单位", "在谁手里")
    table(heads, rows, empty="没有申报。")
    next_page(body)


def tell(body: dict[str, Any]) -> None:
    """Tell of a claim, and of a trial what it will be worth and why, clause by clause."""
    about, due = body["study"], body.get("step_due")
    walk = " → ".join(("✓ " if number < body["steps_taken"] else "") + role(step)
                      for number, step in enumerate(body["steps"]))
    pairs((
        # Of the trial of a new one there is none to come back to.
        ("申报编号", None if "walk" in body and body["version"] == 1 else body["claim"]),
        ("项目", (body.get("details") or {}).get("title")),
        ("学习", study_line(about)),
        ("状态", state(body["status"]) + (f"，待{role(due)}办理" if due else "")),
        ("环节", walk),
        ("指定给", body.get("assigned")),
    ))
    tell_ended("原单位", body.get("unit_ended"))
    if body.get("ruling"):
        _tell_ruling(body["ruling"])
    if body.get("year") and not isinstance(body["year"], Mapping):
        pairs([("计入年度", body["year"])])
    if body.get("appeal"):
        about = body["appeal"]
        pairs([("申诉", f"{_APPEALS[about['status']]}，由{role(about['office'])}（{about['region']}）办理，"
                       f"{about['due']} 前答复，{about['rulebook']} {about['article']}")])
    if "files" in body:
        _tell_shown(body)
    for one in body.get("said", ()):
        click.echo(f"  {one['recorded_at'][:10]}  {role(one['role'])}：{one['words']}")
        reasons.tell(one.get("reason"), indent="    ")
    if isinstance(body.get("year"), Mapping):
        _tell_year(body["year"])
    for (rulebook, article), asked in groupby(body.get("papers", ()), lambda one: (one["rulebook"], one["article"])):
        click.echo(f"  应附  {'、'.join(one['document'] for one in asked)}  {rulebook} {article}")
    for other in body.get("duplicates", ()):
        stands = f"，{state(other['status'])}" if "status" in other else ""
        click.echo(f"  ! 与 {other['claim']}（{other['date']}{stands}）{ALIKE[other['by']]}；同一学习只计一次")


def _tell_shown(body: Mapping[str, Any]) -> None:
    """What is told of a claim that is looked at: its papers, by what they are fetched, and how to appeal."""
    names = {one["sha256"]: one["name"] or "" for one in body["files"]}
    for one in body["evidence"]:
        held = names.get(one["sha256"], "只登记了摘要，文件不在本系统")
        click.echo(f"  佐证  {PAPER_KINDS.get(one['kind'], one['kind'])}  {held or '（未写文件名）'}  {one['sha256']}")
    remedy = body.get("remedy")
    if remedy and not remedy["made"]:
        where = f"由{role(remedy['office'])}（{remedy['region']}）办理；依据 {remedy['document']} {remedy['article']}"
        click.echo(f"  若不同意，可在 {remedy['until']} 之前（含当日）申诉，{where}")


def study_line(about: Mapping[str, Any]) -> str:
    """A study in one line."""
    level = word("level", about["level"]) if about.get("level") else None
    named = (("days", "天"), ("hours", "学时"), ("minutes", "分钟"), ("subjects", "科"), ("courses", "门"),
             ("characters", "字"))
    amounts = [f"{about[name]} {unit}" for name, unit in named if about.get(name) is not None]
    rank = f"排名 {about['rank']}" if about.get("rank") else None
    parts = (word("category", about["category"]), word("route", about["route"]), level, *amounts, rank, about["date"])
    return "，".join(part for part in parts if part)


def _tell_ruling(ruling: Mapping[str, Any]) -> None:
    rests = " ".join([ruling["rulebook"] or "主管部门确认", *ruling["clauses"]])
    more = f"（条文一般给 {ruling['ordinary']}，由主管部门认定）" if "ordinary" in ruling else ""
    pairs([("核定", f"{ruling['assessed']} 学时{more}，{verdict(ruling['status'])}，{rests}")])
    steps(ruling.get("why", ()), indent="    ")
    if room := ruling.get("room"):
        click.echo(f"    {room['article']}“{room['quote']}”：主管部门有理由、有文件可认定至 {room['most']} 学时")


def _tell_year(year: Mapping[str, Any]) -> None:
    before = (year["before"] or {}).get("total", "0")
    click.echo(f"  {year['year']} 年度：计入 {year['counted']} 学时，合计由 {before} 变为 {year['after']['total']}")
    for words, _ in minimums(year["missing"]):
        click.echo(f"    尚缺  {words}")


def tell_events(body: dict[str, Any]) -> None:
    """Tell what happened to a claim, an event a line."""
    rows = [
        (one["position"], one["recorded_at"][:19].replace("T", " "), one["event"].get("type", ""), one["version"],
         role(one["by"]["role"]), one["by"]["actor"])
        for one in body["items"]
    ]
    table(("序号", "记录时间", "事件", "版本", "角色", "经办"), rows)


def tell_ended(noun: str, ended: Mapping[str, Any] | None) -> None:
    """Who goes on with what a unit had in hand that is no more."""
    if ended is not None:
        heir = "人力社保部门" if ended["unit"] is None else f"{ended['unit']} 的经办"
        pairs([(noun, f"自 {ended['since']} 起已不存续，由{heir}办理")])
