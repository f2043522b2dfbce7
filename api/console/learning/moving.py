"""A session that moves, in the console: what its office fills in, and how who booked it before is told (W 10).

`tests/console/test_moved_screens.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from api.cases.learning import exams
from api.console.deeds import Pairs, Subject
from api.console.form import Field
from api.console.screen import Asking
from ledger.errors import Refusal
from ledger.streams.exam_session import CAUSES

CAUSE_WORDS: Final[Mapping[str, str]] = dict(zip(
    CAUSES, ("天气", "场地", "主办部门的安排", "座位增减", "其他"), strict=True))


def fields(_: Asking, subject: Subject) -> Sequence[Field]:
    """How the session stands, to be said anew."""
    stands = {name: str(subject.state[name]) for name in ("day", "starts", "ends", "place", "seats", "book_until")}
    return (
        Field("because", "缘由", "choice", tuple(CAUSE_WORDS.items()), is_required=True),
        Field("day", "考试日期", "date", hint="不早于今天，与原定的同一年度", value=stands["day"]),
        Field("starts", "开始", hint="如 09:00", most=5, value=stands["starts"]),
        Field("ends", "结束", hint="如 10:00", most=5, value=stands["ends"]),
        Field("place", "地点", most=200, value=stands["place"]),
        Field("seats", "座位数", "number", hint="不少于已有人报名的最大座位号", value=stands["seats"]),
        Field("book_until", "报名截止日", "date", hint="早于考试日", value=stands["book_until"]),
    )


def tried(asking: Asking, subject: Subject) -> Mapping[str, Any]:
    """Something else than what stands, on a day that is not past."""
    return {"because": "other", "place": "-", "day": max(subject.state["day"], asking.house.today)}


def stands(view: Mapping[str, Any]) -> Pairs:
    """When and where it is, and how many may come."""
    return [("时间和地点", when_and_where(view)), ("座位", view["seats"]), ("报名截止", str(view["book_until"]))]


def when_and_where(exam: Mapping[str, Any]) -> str:
    """What somebody has to know to come."""
    return f"{exam['day']} {exam['starts']}–{exam['ends']}，{exam['place']}"


def told(asking: Asking, bookings: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Of somebody's seats those whose session moved since they booked: what they chose, and what it is now."""
    found = []
    for one in bookings:
        exam = one["of"]
        if one["status"] == "booked" and (was := before(asking, one, exam)) is not None:
            found.append({"booking": one["booking"], "was": was, "now": when_and_where(exam),
                          "can_give_up": str(exam["day"]) >= asking.house.today.isoformat()})
    return found


def before(asking: Asking, booking: Mapping[str, Any], exam: Mapping[str, Any]) -> str | None:
    """When and where a session was when a seat in it was booked; None where it is there still."""
    if booking["moves"] >= exam["moves"]:
        return None
    was = exams.exam(asking.house, asking.caller, exam["exam"], as_of=booking["events"][0])
    if isinstance(was, Refusal) or when_and_where(was) == when_and_where(exam):  # It may have been moved back.
        return None
    return when_and_where(was)
