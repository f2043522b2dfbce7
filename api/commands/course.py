"""`xueshi course`: courses published and withdrawn, chosen, studied, their hours registered.

A session of study is one command after another: `begin` gives a nonce, each `beat` takes it and gives the next, `end`
records what the server has counted. `tests/api/test_course_commands.py` shows it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import click

from api.commands.asking import PURPOSE, Asking, Id, acts_upon, asks
from api.commands.claim_told import tell as tell_claim
from api.commands.files import READ, read_json
from api.words.telling import pairs, word

ENROLMENT_STATES: Final = {
    "enrolled": "学习中", "completed": "已学完", "registered": "已登记学时", "cancelled": "已退选",
}


@click.group()
def course() -> None:
    """公需科目课程，办理：发布、停止选课、选课、学习、登记学时"""


@course.command()
@asks(writes=True)
@click.argument("file", type=READ)
def publish(asking: Asking, file: Path) -> int:
    """发布课程（部门）：JSON 文件，或 -；计时和学时以当地细则为准"""
    return asking.post("/v1/courses", _tell_course, read_json(file), done="已发布")


@course.command()
@acts_upon("course")
def withdraw(asking: Asking, course: str) -> int:
    """停止选课（部门）：已选的可继续学完"""
    place = f"/v1/courses/{course}"
    return asking.post(f"{place}/withdrawal", _tell_course, upon=place, done="已停止选课")


@course.command()
@asks(writes=True)
@click.argument("course", type=Id("course"))
def enrol(asking: Asking, course: str) -> int:
    """选课（本人）：历年已学的课程不能再选"""
    return asking.post("/v1/enrolments", _tell_enrolment, {"course": course}, done="已选课")


@course.command()
@asks()
@click.argument("enrolment", type=Id("enrolment"))
@PURPOSE
def show(asking: Asking, enrolment: str, purpose: str | None) -> int:
    """查看一项选课：学到哪里"""
    return asking.get(f"/v1/enrolments/{enrolment}", _tell_enrolment, {"purpose": purpose})


@course.command()
@acts_upon("enrolment")
def cancel(asking: Asking, enrolment: str) -> int:
    """退选（本人）：尚未开始学习的"""
    place = f"/v1/enrolments/{enrolment}"
    return asking.post(f"{place}/cancellation", _tell_enrolment, upon=place, done="已退选")


@course.command()
@asks(writes=True)
@click.argument("enrolment", type=Id("enrolment"))
def begin(asking: Asking, enrolment: str) -> int:
    """开始学习（本人）：此前未结束的学习随之结束"""
    return asking.post(f"/v1/enrolments/{enrolment}/study-sessions", _tell_begun, done="已开始学习")


@course.command()
@asks(writes=True)
@click.argument("enrolment", type=Id("enrolment"))
@click.option("--nonce", required=True, help="上一次答复给出的随机数")
@click.option("--answer", help="对提问的应答")
def beat(asking: Asking, enrolment: str, nonce: str, answer: str | None) -> int:
    """发一次心跳（本人）：时间由服务器计，有提问的带上应答"""
    body = {"nonce": nonce} | ({} if answer is None else {"answer": answer})
    return asking.post(f"/v1/enrolments/{enrolment}/heartbeats", _tell_beat, body, done="已收到")


@course.command()
@asks(writes=True)
@click.argument("enrolment", type=Id("enrolment"))
def end(asking: Asking, enrolment: str) -> int:
    """结束学习（本人）：登记计入的分钟，学满的即为学完"""
    return asking.post(f"/v1/enrolments/{enrolment}/study-sessions/end", _tell_enrolment, done="已结束学习")


@course.command()
@acts_upon("enrolment")
@click.option("--score", required=True, help="分数，如 71.5")
@click.option("--pass-mark", required=True, help="合格线，如 60")
@click.option("--announced-on", help="成绩公布之日（YYYY-MM-DD），不写即今天")
def quiz(asking: Asking, enrolment: str, **given: str | None) -> int:
    """登记课程考核的成绩（部门）：规定须现场考试的除外"""
    place = f"/v1/enrolments/{enrolment}"
    body = {name: value for name, value in given.items() if value is not None}
    return asking.post(f"{place}/quiz", _tell_enrolment, body, upon=place, done="已登记成绩", purpose="exam_results")


@course.command()
@acts_upon("enrolment")
def register(asking: Asking, enrolment: str) -> int:
    """登记学时：由规定的部门；由系统自动登记的，本人也可提出"""
    place = f"/v1/enrolments/{enrolment}"
    return asking.post(f"{place}/hours", tell_claim, upon=place, done="已登记学时", purpose="course_hours")


@course.command()
@asks(writes=True)
@click.argument("file", type=READ)
def certify(asking: Asking, file: Path) -> int:
    """凭培训证明登记在别处学完的课程（规定的部门或单位）：JSON 文件，或 -"""
    return asking.post("/v1/course-certificates", tell_claim, read_json(file), done="已登记学时")


def _tell_course(body: dict[str, Any]) -> None:
    pairs((
        ("课程", body["course"]), ("名称", body["title"]), ("课件代码", body["code"]), ("年度", body["year"]),
        ("科目", word("category", body["category"])), ("时长", f"{body['minutes']} 分钟"), ("学时", body["hours"]),
        ("选课", "这类课程每年选一门" if body["one_a_year"] else "不限"),
        ("计时", f"相隔 {body['gap_seconds']} 秒以上不计，每 {body['challenge_minutes']} 分钟提问一次"),
        ("停止选课", body["withdrawn_on"]), ("此前年度", "、".join(map(str, body.get("years_before", ())))),
    ))


def _tell_enrolment(body: dict[str, Any]) -> None:
    quiz = body["quiz"]
    pairs((
        ("选课", body["enrolment"]), ("课程", body["course"]), ("年度", body["year"]),
        ("科目", word("category", body["category"])),
        ("状态", ENROLMENT_STATES.get(body["status"], body["status"])), ("已学", f"{body['minutes']} 分钟"),
        ("学完", body["completed_on"]),
        ("考核", quiz and f"{quiz['score']} 分，{'合格' if quiz['passed'] else '不合格'}"), ("学时登记", body["claim"]),
    ))


def _tell_begun(body: dict[str, Any]) -> None:
    pairs((
        ("选课", body["enrolment"]), ("须学满", f"{body['minutes_needed']} 分钟"),
        ("心跳", f"每 {body['heartbeat_seconds']} 秒一次，相隔 {body['gap_seconds']} 秒以上不计"),
        ("随机数", body.get("nonce")),
    ))


def _tell_beat(body: dict[str, Any]) -> None:
    held = f"，待应答 {body['held_minutes']} 分钟" if body["held_minutes"] else ""
    lost = "；".join(f"{words} {body[name]} 秒" for name, words in (
        ("missed_seconds", "相隔过久"), ("forfeited_seconds", "未按时答对")) if body[name])
    full = "，学满了，可以结束学习" if body["is_full"] else ""
    within = "" if body["question"] is None else f"（{body['answer_within_seconds']} 秒内应答）"
    pairs((
        ("本次已计", f"{body['minutes']} 分钟{held}{full}"), ("没有计入", lost),
        ("提问", body["question"] and f"{body['question']}{within}"),
        ("随机数", body["nonce"]),
    ))
