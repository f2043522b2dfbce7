"""`xueshi exam`: the catalogue of courses, the plan of exams with its seats, and what a person studied and sat."""

from __future__ import annotations

from typing import Any, Final

import click

from api.commands import sitting
from api.commands.asking import PURPOSE, Asking, Id, asks
from api.commands.course import ENROLMENT_STATES
from api.commands.sitting import BOOKING_STATES, EXAM_STATES
from api.terminal.exits import Exit, Stop
from api.words.telling import pairs, table, with_options, word

_PLACES: Final = {"exm_": "/v1/exams", "crs_": "/v1/courses"}
_BY: Final = {"exam": "考试", "completion": "学完"}

_AS_OF = click.option("--as-of", help="按当时所知：事件序号、带时区的时间或日期")
_WHICH: Final = (
    click.option("--year", type=click.IntRange(1950, 2099), help="只看一个年度的"),
    click.option("--region", help="只看此地区及其下的（两位、四位或六位区划代码）"),
    click.option("--category", type=click.Choice(["sector_public", "general_public"]), help="只看一个科目的"),
    _AS_OF,
    click.option("--cursor", help="从上一页给出的位置继续"),
    click.option("--limit", type=click.IntRange(1, 200), help="最多列出多少条"),
)


@click.group()
def exam() -> None:
    """考试：场次和座位、报名、到场和成绩；课程目录，个人的选课和成绩"""


for _command in sitting.COMMANDS:
    exam.add_command(_command)


@exam.command("list")
@asks()
@with_options(_WHICH)
def list_(asking: Asking, **query: Any) -> int:
    """列出考试场次和空余座位，按日期"""
    return asking.get("/v1/exams", _tell_exams, query)


@exam.command()
@asks()
@with_options(_WHICH)
def courses(asking: Asking, **query: Any) -> int:
    """列出课程目录，按年度"""
    return asking.get("/v1/courses", _tell_courses, query)


@exam.command()
@asks()
@click.argument("record")
@_AS_OF
def show(asking: Asking, record: str, as_of: str | None) -> int:
    """查看一个考试场次（exm_）或一门课程（crs_）"""
    place = _PLACES.get(record[:4])
    if place is None or len(record) != 26 or not (record.isascii() and record[4:].isalnum()):
        cure = "应为以 exm_ 或 crs_ 开头、共 26 位的编号"
        raise Stop(Exit.BAD_INPUT, "bad_usage", f"读不懂编号 {record[:60]}", cure)
    tell = _tell_exam if record.startswith("exm_") else _tell_course
    return asking.get(f"{place}/{record}", tell, {"as_of": as_of})


@exam.command()
@asks()
@click.argument("person", type=Id("person"))
@_AS_OF
@PURPOSE
def person(asking: Asking, person: str, as_of: str | None, purpose: str | None) -> int:
    """查看一个人的选课、学习、考试报名和成绩"""
    return asking.get(f"/v1/persons/{person}/courses", _tell_person, {"as_of": as_of, "purpose": purpose})


def _more(body: dict[str, Any]) -> None:
    if body.get("next_cursor"):
        click.echo(f"还有。下一页：--cursor {body['next_cursor']}")


def _tell_exams(body: dict[str, Any]) -> None:
    rows = [(one["exam"], one["day"], f"{one['starts']}–{one['ends']}", f"{one['free']}/{one['seats']}",
             one["book_until"], EXAM_STATES.get(one["status"], one["status"]), one["region"], one["place"])
            for one in body["items"]]
    table(("场次", "日期", "时间", "空余", "报名截止", "状态", "地区", "地点"), rows, empty="没有考试场次。")
    _more(body)


def _tell_courses(body: dict[str, Any]) -> None:
    rows = [(one["course"], one["year"], word("category", one["category"]), one["minutes"], one["hours"],
             one["region"], "、".join(map(str, one["years_before"])), one["title"]) for one in body["items"]]
    table(("课程", "年度", "科目", "分钟", "学时", "地区", "此前年度", "名称"), rows, empty="没有课程。")
    _more(body)


def _tell_exam(body: dict[str, Any]) -> None:
    pairs((
        ("场次", body["exam"]), ("日期", f"{body['day']} {body['starts']}–{body['ends']}"), ("地点", body["place"]),
        ("状态", EXAM_STATES.get(body["status"], body["status"])), ("课程年度", body["year"]),
        ("科目", word("category", body["category"])), ("报名截止", body["book_until"]),
        ("座位", f"共 {body['seats']}，已占 {body['taken']}，空余 {body['free']}"), ("合格线", body["pass_mark"]),
        ("到场", f"{body['attended']} 人，缺考 {body['absent']} 人"),
        ("成绩", f"合格 {body['passed']} 人，不合格 {body['failed']} 人"),
        ("再考", "缺考或不合格的可以再考" if body["resits"] else "当年不再考"),
    ))


def _tell_course(body: dict[str, Any]) -> None:
    pairs((
        ("课程", body["course"]), ("名称", body["title"]), ("课件代码", body["code"]), ("年度", body["year"]),
        ("科目", word("category", body["category"])), ("时长", f"{body['minutes']} 分钟"), ("学时", body["hours"]),
        ("选课", "这类课程每年选一门" if body["one_a_year"] else "不限"), ("停止选课", body["withdrawn_on"]),
        ("此前年度", "、".join(map(str, body["years_before"])) or "没有：是新课件"),
    ))


def _tell_person(body: dict[str, Any]) -> None:
    table(("选课", "课程", "年度", "状态", "分钟", "应答", "学完", "登记依据", "学时登记"), [
        (one["enrolment"], one["course"], one["year"], ENROLMENT_STATES.get(one["status"], one["status"]),
         one["minutes"], f"{one['answered']}/{one['challenges']}", one["completed_on"],
         _BY.get(one["completed_by"], one["completed_by"]), one["claim"]) for one in body["enrolments"]
    ], empty="没有选课。")
    if body["bookings"]:
        table(("报名", "场次", "座位", "状态", "分数", "公布"), [
            (one["booking"], one["exam"], one["seat"], BOOKING_STATES.get(one["status"], one["status"]),
             one["score"], one["announced_on"]) for one in body["bookings"]])
