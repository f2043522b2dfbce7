"""`xueshi exam`, what is done: sessions planned and closed, seats booked and given back, attendance and results.

A list of results is tried with `--dry-run` before it is entered. `tests/api/test_course_commands.py` shows it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import click

from api.commands.asking import PURPOSE, Asking, Id, acts_upon, asks
from api.commands.files import READ, read_json
from api.commands.returned import demand_trial, encoded, keep_returned, workbook_option
from api.words.telling import AS_OF, pairs, table

EXAM_STATES: Final = {"scheduled": "待考", "held": "已举行", "called_off": "已取消"}
BOOKING_STATES: Final = {
    "booked": "待考", "released": "已退座", "attended": "已到场", "absent": "缺考",
    "passed": "合格", "failed": "不合格",
}
_ANNOUNCED = click.option("--announced-on", help="成绩公布之日（YYYY-MM-DD），不写即今天")
_SCORE = click.option("--score", required=True, help="分数，如 71.5")


@click.command()
@asks(writes=True)
@click.argument("file", type=READ)
def schedule(asking: Asking, file: Path) -> int:
    """安排考试场次（部门）：JSON 文件，或 -"""
    return asking.post("/v1/exams", _tell_exam, read_json(file), done="已安排")


@click.command()
@acts_upon("exam")
@click.option("--because", required=True, type=click.Choice(["weather", "place", "organiser", "seats", "other"]),
              help="缘由：天气、场地、主办部门的安排、座位增减、其他")
@click.option("--day", help="改到哪一天（YYYY-MM-DD）：不早于今天，与原定的同一年度")
@click.option("--starts", help="开始（HH:MM）")
@click.option("--ends", help="结束（HH:MM）")
@click.option("--place", help="地点")
@click.option("--seats", type=click.IntRange(1), help="座位数：不少于已有人报名的最大座位号")
@click.option("--book-until", help="报名截止日（YYYY-MM-DD）")
def move(asking: Asking, exam: str, **given: Any) -> int:
    """改期、改场地、增减座位（部门）：没有写的不变；已报名的座位不变，此后可以退座"""
    place = f"/v1/exams/{exam}"
    return asking.post(f"{place}/move", _tell_exam, _known(given), upon=place, done="已变更")


@click.command()
@acts_upon("exam")
@click.option("--held/--called-off", required=True, default=None, help="已举行，各人须有结果；或取消，座位全部退回")
def close(asking: Asking, exam: str, held: bool) -> int:
    """结束场次，或取消（部门）"""
    place = f"/v1/exams/{exam}"
    return asking.post(f"{place}/closing", _tell_exam, {"held": held}, upon=place, done="已结束" if held else "已取消")


@click.command()
@asks()
@click.argument("exam", type=Id("exam"))
@AS_OF
@PURPOSE
def seats(asking: Asking, exam: str, as_of: str | None, purpose: str | None) -> int:
    """列出一个场次的报名，按座位（部门）"""
    return asking.get(f"/v1/exams/{exam}/bookings", _tell_seats, {"as_of": as_of, "purpose": purpose})


@click.command()
@asks(writes=True)
@click.argument("exam", type=Id("exam"))
@click.argument("enrolment", type=Id("enrolment"))
@click.option("--seat", type=click.IntRange(1), help="座位号；不写即由系统分配")
def book(asking: Asking, exam: str, enrolment: str, seat: int | None) -> int:
    """报名考试（本人）：学完课程之后"""
    body = {"exam": exam, "enrolment": enrolment} | ({} if seat is None else {"seat": seat})
    return asking.post("/v1/bookings", _tell_booking, body, done="已报名")


@click.command()
@asks()
@click.argument("booking", type=Id("booking"))
@PURPOSE
def booking(asking: Asking, booking: str, purpose: str | None) -> int:
    """查看一项报名：座位和成绩"""
    return asking.get(f"/v1/bookings/{booking}", _tell_booking, {"purpose": purpose})


@click.command()
@acts_upon("booking")
def release(asking: Asking, booking: str) -> int:
    """退座（本人）：报名截止之前；报名之后改期的，考完之前"""
    return _upon(asking, booking, "release", "已退座")


@click.command()
@acts_upon("booking")
@click.option("--present/--absent", required=True, default=None, help="到场，或缺考")
def attend(asking: Asking, booking: str, present: bool) -> int:
    """登记到场或缺考（部门）"""
    return _upon(asking, booking, "attendance", "已登记到场" if present else "已登记缺考", {"present": present})


@click.command()
@acts_upon("booking")
@_SCORE
@_ANNOUNCED
def result(asking: Asking, booking: str, **given: str | None) -> int:
    """登记成绩（部门）：合格而由系统登记的，学时随之登记"""
    return _upon(asking, booking, "result", "已登记成绩", _known(given))


@click.command()
@acts_upon("booking")
@_SCORE
@_ANNOUNCED
@click.option("--words", required=True, help="理由")
def correct(asking: Asking, booking: str, **given: str | None) -> int:
    """更正成绩（部门）：由另一位经办人"""
    return _upon(asking, booking, "result-correction", "已更正成绩", _known(given))


@click.command()
@acts_upon("exam")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_ANNOUNCED
@workbook_option("试办有错误时，把标红并写明原因的名单存到这里")
def results(asking: Asking, exam: str, file: Path, announced_on: str | None, workbook: Path | None) -> int:
    """按名单登记到场和成绩（部门）：XLSX、CSV 或 NDJSON；先加 --dry-run 逐行检查"""
    demand_trial(asking, workbook)
    place, body = f"/v1/exams/{exam}", _known({"file": encoded(file), "announced_on": announced_on})
    return asking.post(f"{place}/results", lambda told: _tell_results(told, workbook), body, upon=place,
                       done="已登记成绩")


COMMANDS: Final = (schedule, move, close, seats, book, booking, release, attend, result, correct, results)


def _upon(asking: Asking, booking: str, act: str, done: str, body: dict[str, Any] | None = None) -> int:
    place = f"/v1/bookings/{booking}"
    return asking.post(f"{place}/{act}", _tell_booking, body, upon=place, done=done, purpose="exam_results")


def _known(given: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if value is not None}


def _tell_exam(body: dict[str, Any]) -> None:
    counts = None if body["booked"] is None else (
        f"报名 {body['booked']} 人，到场 {body['attended']} 人，合格 {body['passed']} 人")
    pairs((
        ("场次", body["exam"]), ("日期", f"{body['day']} {body['starts']}–{body['ends']}"), ("地点", body["place"]),
        ("状态", EXAM_STATES.get(body["status"], body["status"])), ("座位", body["seats"]),
        ("变更", f"改期、改场地 {body['moves']} 次" if body["moves"] else None),
        ("报名截止", body["book_until"]), ("合格线", body["pass_mark"]), ("满分", body["full_mark"]), ("结果", counts),
    ))


def _tell_seats(body: dict[str, Any]) -> None:
    table(("座位", "报名", "人员", "状态", "分数", "公布"), [
        (one["seat"], one["booking"], one["person"], BOOKING_STATES.get(one["status"], one["status"]), one["score"],
         one["announced_on"]) for one in body["items"]], empty="没有人报名。")


def _tell_booking(body: dict[str, Any]) -> None:
    pairs((
        ("报名", body["booking"]), ("场次", body["exam"]), ("座位", body["seat"]),
        ("状态", BOOKING_STATES.get(body["status"], body["status"])), ("分数", body["score"]),
        ("公布", body["announced_on"]), ("学时登记", body.get("claim")),
    ))


def _tell_results(body: dict[str, Any], workbook: Path | None) -> None:
    pairs((
        ("到场", f"{body['present']} 人，缺考 {body['absent']} 人"),
        ("成绩", f"合格 {body['passed']} 人，不合格 {body['failed']} 人"),
        ("学时", f"随之登记 {body['registered']} 人"), ("待部门登记", "、".join(body["waiting"])),
    ))
    if "problems" in body:
        table(("行", "代码", "原因"), [(one["row"], one["code"], one["detail"]) for one in body["problems"]],
              empty="没有错误，可以登记。")
        keep_returned(workbook, body["workbook"])
