"""Courses and exam sessions that begin: the form of each, what it would come to, and the result.

For which places and subjects an office may do so is found by trying, and is what the form offers.
`tests/console/test_course_screens.py` and `tests/console/test_exam_screens.py` show it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import marshmallow as ma
from flask import request
from werkzeug.datastructures import MultiDict

from api.cases.doing import Done
from api.cases.learning import courses, seats
from api.console import deeds, sending, words
from api.console.form import Fault, Field, of_refusal
from api.console.learning.courses import facts as facts_of_course
from api.console.learning.exams import facts as facts_of_exam
from api.console.learning.learning import places, rules_of
from api.console.screen import Asking, Page, Shown, onward
from api.refusals.faults import BadFields
from api.routes.schemas.courses import CourseBody
from api.routes.schemas.seats import ExamBody
from ledger.errors import Refusal

_PARTS: Final = ("region", "category", "sector")
_MATTER: Final = "地区和科目"


class Kind(NamedTuple):
    """Something that begins: how it is called, where it stands, what is typed, and what it would come to."""

    address: str
    verb: str
    body: type[ma.Schema]
    run: Callable[..., Done | Refusal]
    fields: Callable[[Asking], list[Field]]
    tells: Callable[[Asking, Done], dict[str, Any]]
    note: str


def _course_fields(asking: Asking) -> list[Field]:
    return [
        Field("title", "名称", is_required=True, most=200),
        Field("code", "课件代码", hint="同一课件历年用同一代码", is_required=True, most=64),
        Field("year", "课程年度", "number", is_required=True, value=str(asking.house.today.year)),
        Field("minutes", "须学满的分钟数", "number", is_required=True),
        Field("hours", "标注的学时", "decimal", hint="当地细则有规定的从规定", is_required=True),
        Field("gap_seconds", "间隔上限（秒）", "number", hint="相隔超过的不计，不得宽于细则"),
        Field("challenge_minutes", "提问间隔（分钟）", "number", hint="不得宽于细则"),
    ]


def _exam_fields(asking: Asking) -> list[Field]:
    today = asking.house.today
    return [
        Field("year", "所考课程的年度", "number", is_required=True, value=str(today.year)),
        Field("day", "考试日期", "date", is_required=True),
        Field("starts", "开始", hint="如 09:00", is_required=True, most=5),
        Field("ends", "结束", hint="如 10:00", is_required=True, most=5),
        Field("place", "地点", is_required=True, most=200),
        Field("seats", "座位数", "number", is_required=True),
        Field("pass_mark", "合格线", "decimal", is_required=True, value="60"),
        Field("full_mark", "满分", "decimal", hint="成绩不会高于它", value="100"),
        Field("book_until", "报名截止日", "date", hint="早于考试日", is_required=True),
    ]


def _course(asking: Asking, came: Done) -> dict[str, Any]:
    found = came.state
    return {"title": found.published.title, "facts": facts_of_course(asking.house, found),
            "law": rules_of(asking.house, found.published), "before": courses.years_before(asking.house, came)}


def _exam(asking: Asking, came: Done) -> dict[str, Any]:
    view = seats.exam_view(came.state)
    return {"title": f"{view['day']} {view['starts']}–{view['ends']}", "facts": facts_of_exam(asking.house, view),
            "law": [], "before": []}


COURSE: Final = Kind("/courses", "发布课程", CourseBody, courses.publish, _course_fields, _course,
                     "发布后进入该年度的目录。可以停止选课，不能删除。")
EXAM: Final = Kind("/exams", "安排考试", ExamBody, seats.schedule, _exam_fields, _exam,
                   "安排后学完相应课程的人即可报名。可以取消场次，不能删除。")


def shown(kind: Kind) -> Callable[..., Shown]:
    """The form of something that begins."""

    def show(asking: Asking) -> Shown:
        return _form(asking, kind, MultiDict(), [])

    show.__name__ = f"shown_{kind.address[1:]}"
    return show


def sent(kind: Kind) -> Callable[..., Shown]:
    """Read what it would come to; then do it."""

    def begin(asking: Asking) -> Shown:
        typed = request.form
        fields, given = _parted(kind.fields(asking), typed)
        content, faults = deeds.read(kind.body, fields, given)
        if faults or not typed.get("matter"):
            return _form(asking, kind, typed, _at_matter(faults, typed))
        is_for_real = typed.get("step") == "do"
        try:
            came = kind.run(asking.house, asking.caller, content,
                            sending.asked(asking.house, asking.caller, dry_run=not is_for_real))
        except BadFields as bad:
            return _form(asking, kind, typed, deeds.faults_at(fields, (one._asdict() for one in bad.faults)))
        if isinstance(came, Refusal):
            return _form(asking, kind, typed, [of_refusal(came, words.documents(asking.house))])
        if came.receipt is not None:
            return onward(f"{kind.address}/{came.stream}?done={came.receipt.positions[0]}")
        if typed.get("step") != "check":
            return _form(asking, kind, typed, [])
        carried = [(name, value) for name, value in typed.items(multi=True)
                   if name not in (sending.KEY, sending.VERSION, "step")]
        return Page("course_check.html", {**kind.tells(asking, came), "kind": kind, "carried": carried})

    begin.__name__ = f"sent_{kind.address[1:]}"
    return begin


def _parted(fields: Sequence[Field], typed: MultiDict[str, str]) -> tuple[list[Field], MultiDict[str, str]]:
    """What was typed, with the place and subject in their parts."""
    given = MultiDict(typed)
    parts = zip(_PARTS, typed.get("matter", "").split("|"), strict=False)
    given.update({name: value for name, value in parts if value})
    return [*fields, *(Field(name, _MATTER) for name in _PARTS)], given


def _at_matter(faults: Sequence[Fault], typed: MultiDict[str, str]) -> list[Fault]:
    """What is wrong with its parts, said once at the field that was shown."""
    others = [one for one in faults if one.field not in _PARTS]
    return others if typed.get("matter") and others else [Fault("matter", f"{_MATTER}：请选择。"), *others]


def _form(asking: Asking, kind: Kind, typed: MultiDict[str, str], faults: Sequence[Fault]) -> Shown:
    known = tuple(places(asking))
    if not known:
        return Refusal.because("outside_scope")
    matter = Field("matter", _MATTER, "choice", known, is_required=True, value=known[0][0] if len(known) == 1 else "")
    return Page("learning_form.html", {
        "title": kind.verb, "fields": deeds.filled([matter, *kind.fields(asking)], typed, faults), "faults": faults,
        "action": f"{kind.address}/new", "back": kind.address}, status=422 if faults else 200)
