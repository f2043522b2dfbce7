"""`xueshi training`: plans, classes and cards, to be read; what is done stands in `api/commands/filing.py`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import click

from api.commands import filing, reasons, training_files
from api.commands.asking import PURPOSE, Asking, Id, asks
from api.commands.claim_told import tell_ended
from api.commands.files import FILE, OUT
from api.terminal.exits import Exit, Stop
from api.words.codes import CLASS_FILES, PLAN_FILES
from api.words.telling import (
    CARD_STATES,
    CLASS_STATES,
    LOG_SIZE,
    PLAN_STATES,
    RESULTS,
    ROSTER_STATES,
    filed,
    funded,
    grades,
    pairs,
    role,
    table,
    with_options,
    word,
)

_PLACES: Final = {"pln_": "/v1/plans", "cls_": "/v1/classes", "crd_": "/v1/cards"}
_EFFECTS: Final = {None: "及时", "late_filing": "计入并标注", "not_filed": "不计"}

_AS_OF = click.option("--as-of", help="按当时所知：事件序号、带时区的时间或日期")


@click.group()
def training() -> None:
    """培训：年度计划、班次、名单、学时登记卡"""


for _command in filing.COMMANDS:
    training.add_command(_command)


@training.command("list")
@asks()
@click.option("--plans", is_flag=True, help="列出年度计划（默认列出班次）")
@click.option("--organiser", type=Id("unit"), help="只看一个办班单位的")
@click.option("--year", type=click.IntRange(1950, 2099), help="只看一个年度的")
@click.option("--plan", type=Id("plan"), help="只看一个计划之下的班次")
@click.option("--seeks-funding", is_flag=True, help="与 --plans 同用：只看有项目申请财政资助的")
@click.option("--status", type=click.Choice([*PLAN_STATES, *(one for one in CLASS_STATES if one != "filed")]),
              help="只看这种状态的，如 filed（待备案）")
@_AS_OF
@click.option("--cursor", help="从上一页给出的位置继续")
@click.option("--limit", type=click.IntRange(1, 200), help="最多列出多少条")
@with_options(FILE)
def list_(
    asking: Asking, plans: bool, plan: str | None, seeks_funding: bool, form: str | None, out: Path | None,
    **query: Any
) -> int:
    """列出班次或年度计划，按申报先后；--form 取全部，写成文件"""
    if plans and plan is not None:
        raise Stop(Exit.BAD_INPUT, "bad_usage", "--plans 与 --plan 不能同时使用", "查看一个计划请用 training show")
    if seeks_funding and not plans:
        raise Stop(Exit.BAD_INPUT, "bad_usage", "--seeks-funding 只用于计划", "请加上 --plans")
    if plans and query["status"] not in (None, *PLAN_STATES):
        raise Stop(Exit.BAD_INPUT, "bad_usage", f"计划没有 {query['status']} 这种状态", "、".join(PLAN_STATES))
    noun, tell = ("plans", _tell_plans) if plans else ("classes", _tell_classes)
    query |= {"seeks_funding": "true" if seeks_funding else None} if plans else {"plan": plan}
    if form is not None:
        whole = {name: value for name, value in query.items() if name not in ("cursor", "limit")}
        return asking.fetch(f"/v1/{noun}.{form}", out, whole)
    return asking.get(f"/v1/{noun}", tell, query)


@training.command()
@asks()
@click.argument("training_class", type=Id("class"))
@click.option("--form", type=click.Choice(["csv", "xlsx"]), default="csv", help="文件的格式（默认 csv）")
@OUT
@_AS_OF
@PURPOSE
def registered(asking: Asking, training_class: str, form: str, out: Path | None, **query: Any) -> int:
    """取一个班次按名单登记的人员：学时、卡号、考核和现状，写成文件"""
    return asking.fetch(f"/v1/classes/{training_class}/roster.{form}", out, query)


@training.command()
@asks()
@click.argument("record")
@_AS_OF
@click.option("--law",
              help="班次用：按哪些细则看备案是否及时：各日期当时有效的（then）、现行的（now）或恰为这些（set:甲,乙）")
@LOG_SIZE
@PURPOSE
def show(
    asking: Asking, record: str, as_of: str | None, law: str | None, log_size: int | None, purpose: str | None
) -> int:
    """查看一个计划（pln_）、班次（cls_）或登记卡（crd_）"""
    place = _PLACES.get(record[:4])
    if place is None or len(record) != 26 or not (record.isascii() and record[4:].isalnum()):
        cure = "应为以 pln_、cls_ 或 crd_ 开头、共 26 位的编号"
        raise Stop(Exit.BAD_INPUT, "bad_usage", f"读不懂编号 {record[:60]}", cure)
    query: dict[str, Any] = {"as_of": as_of}
    if record.startswith("cls_"):
        query |= {"law": law, "log_size": log_size}
    elif record.startswith("crd_"):
        query["purpose"] = purpose
    return asking.get(f"{place}/{record}", _TELLS[record[:4]], query)


@training.command()
@asks()
@click.option("--person", type=Id("person"), help="一个人的")
@click.option("--class", "training_class", type=Id("class"), help="一个班次的")
@click.option("--organiser", type=Id("unit"), help="出具的办班单位，与 --number 同用")
@click.option("--number", help="卡号")
@_AS_OF
@PURPOSE
def cards(
    asking: Asking, person: str | None, training_class: str | None, organiser: str | None, number: str | None,
    as_of: str | None, purpose: str | None,
) -> int:
    """查学时登记卡：一个人的、一个班次的，或凭卡号"""
    by_number = organiser is not None and number is not None
    if (person is not None) + (training_class is not None) + by_number != 1 or (organiser is None) != (number is None):
        cure = "请给出 --person、--class，或 --organiser 和 --number"
        raise Stop(Exit.BAD_INPUT, "bad_usage", "没有说明查谁的登记卡", cure)
    query = {"as_of": as_of, "purpose": purpose}
    if by_number:
        return asking.get("/v1/cards", _tell_card, {**query, "organiser": organiser, "number": number})
    place = f"/v1/persons/{person}" if person is not None else f"/v1/classes/{training_class}"
    return asking.get(f"{place}/cards", _tell_cards, query)


def _tell_plans(body: dict[str, Any]) -> None:
    rows = [(one["plan"], one["year"], one["organiser"], PLAN_STATES.get(one["status"], one["status"]), _missing(one),
             len(one["items"]), funded(one["items"]), grades(one["last_year"]), grades(one["evaluations"]))
            for one in body["items"]]
    table(("计划", "年度", "办班单位", "状态", "尚待备案", "项目", "申请资助", "上年度评估", "评估"), rows)
    _more(body)


def _tell_classes(body: dict[str, Any]) -> None:
    rows = [(one["training_class"], one["starts"], one["days"], CLASS_STATES.get(one["status"], one["status"]),
             one["lead_days"], one["number"], one["organiser_name"], one["title"]) for one in body["items"]]
    table(("班次", "开班", "天数", "状态", "提前天数", "备案号", "办班单位", "名称"), rows)
    _more(body)


def _more(body: Mapping[str, Any]) -> None:
    if body.get("next_cursor"):
        click.echo(f"还有。下一页：--cursor {body['next_cursor']}")


def _missing(one: Mapping[str, Any]) -> str:
    return "、".join(map(role, one["missing"]))


def _tell_plan(body: dict[str, Any]) -> None:
    carried = body["carried"]
    pairs((
        ("计划", body["plan"]), ("办班单位", body["organiser"]), ("年度", body["year"]),
        ("状态", PLAN_STATES.get(body["status"], body["status"])), ("申报", body["filed_on"]),
        ("已备案", "、".join(role(one["recipient"]) for one in body["acknowledged"])), ("尚待备案", _missing(body)),
        ("实施", f"申报 {carried['classes_filed']} 班，举办 {carried['classes_held']} 班，"
                 f"参加 {carried['attended']} 人"),
        ("评估", grades(body["evaluations"])), ("上年度评估", grades(body["last_year"])),
    ))
    tell_ended("原举办单位", body["unit_ended"])
    for one in body["corrected"]:
        click.echo(f"  {one['on']} 的评估已更正，原为 {grades([one])}，举办 {one['classes_held']} 班，"
                   f"参加 {one['attended']} 人（事件 {one['event']}）")
    reasons.tell(body["reason"])
    _tell_said(body["said"])
    training_files.tell_files(body, PLAN_FILES)
    table(("序号", "天数", "人数", "途径", "财政资助", "项目"),
          [(one["number"], one["days"], one["headcount"], word("route", one["route"]),
            "申请" if one["seeks_funding"] else "", one["title"])
           for one in body["items"]])


def _tell_said(said: list[Mapping[str, Any]]) -> None:
    for one in said:
        click.echo(f"  {one['recorded_at'][:10]} {role(one['role'])}：{one['words']}（事件 {one['event']}）")


def _tell_class(body: dict[str, Any]) -> None:
    held = body["held"]
    room = "" if body["room"] is None else f"，场地 {body['room']} 人"
    was = None if held is None else (f"{held['starts']} 至 {held['ends']}，{held['days']} 天，"
                                     f"参加 {held['attended']} 人，合格 {held['passed']} 人")
    pairs((
        ("班次", body["training_class"]), ("名称", body["title"]), ("办班单位", body["organiser_name"]),
        ("状态", CLASS_STATES.get(body["status"], body["status"])), ("途径", word("route", body["route"])),
        ("申报", f"{filed(body)}，{body['recorded_on']} 记录"),
        ("受理", body["recipient"] and role(body["recipient"])),
        ("备案号", body["number"]), ("计划", body["plan"]), ("批准文号", body["approval"]),
        ("拟办", f"{body['starts']} 至 {body['ends']}，{body['days']} 天，{body['headcount']} 人{room}"), ("实办", was),
        ("课程", "、".join(f"{one['title']} {one['hours']} 学时" for one in body["lessons"])),
        ("登记卡", body["cards"] or None),
    ))
    tell_ended("原举办单位", body["unit_ended"])
    reasons.tell(body["reason"])
    _tell_said(body["said"])
    for duty in body["duties"]:
        late = f"迟 {duty['late_by']} 天，" if duty["late_by"] else ""
        click.echo(f"  备案期限 {duty['rulebook']} {duty['article']}：提前 {duty['days']} 天；{late}"
                   f"{_EFFECTS.get(duty['effect'], duty['effect'])}")
    filing.tell_papers(body["papers"])
    training_files.tell_files(body, CLASS_FILES)
    table(("名单批次", "状态", "已写", "行数"),
          [(one["act"], ROSTER_STATES.get(one["status"], one["status"]), one["rows_done"], one["rows"])
           for one in body["rosters"]], empty="没有登记名单。")


def _tell_card(body: dict[str, Any]) -> None:
    pairs((
        ("登记卡", body["card"]), ("卡号", body["number"]), ("人员", body["person"]), ("班次", body["training_class"]),
        ("办班单位", body["organiser"]), ("状态", CARD_STATES.get(body["status"], body["status"])),
        ("出勤", f"{body['attended_days']} 天"), ("学时", body["hours"]), ("考核", _result(body["result"])),
    ))


def _tell_cards(body: dict[str, Any]) -> None:
    rows = [(one["card"], one["person"], one["training_class"], one["attended_days"], one["hours"],
             _result(one["result"]), CARD_STATES.get(one["status"], one["status"]), one["number"])
            for one in body["items"]]
    table(("登记卡", "人员", "班次", "出勤", "学时", "考核", "状态", "卡号"), rows, empty="没有登记卡。")


def _result(code: str) -> str:
    return RESULTS.get(code, code)


_TELLS: Final = {"pln_": _tell_plan, "cls_": _tell_class, "crd_": _tell_card}
