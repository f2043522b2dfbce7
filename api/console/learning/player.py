"""The study player: a session begins, gives signs of life, is asked whether anybody is there, and ends (W 9).

The server counts; the page says what it has counted, what it left out and why. A sign of life is a form like any other:
without a script one presses its button, with one (`api/static/study.js`) it is sent by itself, as the same form. Each
bears the nonce that the last answer gave, so of two windows one counts, and the other says so: with the script it is
the one that was opened last.

What is asked can be answered for as long as the course's gap allows (its publisher's or the law's to say, W 9): who is
slower loses the time since the question and nothing else, and is asked again as often as they like (WCAG 2.2.1).
`tests/console/test_course_screens.py` shows it, with a real browser too.
"""

from __future__ import annotations

from typing import Any, Final

import marshmallow as ma
from flask import request

from api.cases.doing import Asked, Done, Reading
from api.cases.learning import courses, studying
from api.console import sending
from api.console.learning.learning import bar
from api.console.screen import Asking, Page, Shown, onward
from api.operational.addresses import address_of_asker
from api.operational.study_sessions import Whereabouts
from api.routes.schemas.courses import HeartbeatBody
from api.words.year_page import moment as written
from ledger.errors import Refusal

_DEVICE_MOST: Final = 200
_ELSEWHERE: Final = {
    "study_nonce_wrong": "这门课程已在另一个窗口继续，以那个窗口为准，这个窗口不再计时。已计入的时间都在。",
    "study_not_open": "这次学习已经结束：别处另开了学习，或者太久没有报到。已计入的整分钟数已登记。",
}


def study(asking: Asking, enrolment: str) -> Shown:
    """The page of a session: what is counted, or how to begin."""
    return _page(asking, enrolment)


def begin(asking: Asking, enrolment: str) -> Shown:
    """Begin a session; what the same person has going on elsewhere ends before."""
    where = Whereabouts(address_of_asker() or None, request.headers.get("User-Agent", "")[:_DEVICE_MOST] or None)
    begun = studying.begin(asking.house, asking.caller, enrolment, where, sending.asked(asking.house, asking.caller))
    return begun if isinstance(begun, Refusal) else onward(_at(enrolment))


def beat(asking: Asking, enrolment: str) -> Shown:
    """Take a sign of life, with an answer where something was asked."""
    sent = {name: value for name in ("nonce", "answer") if (value := request.form.get(name, "").strip())}
    try:
        fields = HeartbeatBody().load(sent)
    except ma.ValidationError:
        return _page(asking, enrolment, fault="应答是一个数字，如 8。", status=422)
    found = studying.beat(asking.house, asking.caller, enrolment, fields, sending.asked(asking.house, asking.caller))
    if isinstance(found, Refusal):
        if found.code not in _ELSEWHERE:
            return found
        return _page(asking, enrolment, elsewhere=found.code, status=409)
    if "answer" in fields:
        return onward(f"{_at(enrolment)}?answered={'no' if found['question'] else 'yes'}")
    return onward(_at(enrolment))


def end(asking: Asking, enrolment: str) -> Shown:
    """End the session; what was counted is recorded, and with the last minute the course is completed."""
    done = studying.end(asking.house, asking.caller, enrolment, sending.asked(asking.house, asking.caller))
    if isinstance(done, Refusal):
        return _page(asking, enrolment, elsewhere=done.code, status=409) if done.code in _ELSEWHERE else done
    event = done.receipt.positions[0] if isinstance(done, Done) and done.receipt is not None else None
    return onward(f"/enrolments/{enrolment}?{'brief=1' if event is None else f'done={event}'}")


def _at(enrolment: str) -> str:
    return f"/enrolments/{enrolment}/study"


def _page(asking: Asking, enrolment: str, *, elsewhere: str = "", fault: str = "", status: int = 200) -> Shown:
    house, caller = asking.house, asking.caller
    going = studying.going_on(house, caller, enrolment)
    if isinstance(going, Refusal):
        return going
    own = courses.own_enrolment(Reading(house.ledger), enrolment, caller)
    rules = studying.begin(house, caller, enrolment, Whereabouts(), Asked(dry_run=True))
    if isinstance(own, Refusal):
        return own
    if isinstance(rules, Refusal):
        return onward(f"/enrolments/{enrolment}") if rules.code == "enrolment_not_open" else rules
    chosen = courses.course_of(Reading(house.ledger), own.course)
    assert chosen is not None, "an enrolment is in a course that was published"
    total = own.minutes + (0 if going is None else going["minutes"])
    told = {"recorded": own.minutes, "total": total, **rules}
    return Page("study.html", {
        "id": enrolment, "title": chosen.published.title, "told": told, "elsewhere": _ELSEWHERE.get(elsewhere),
        "can_take_over": elsewhere == "study_nonce_wrong" and going is not None, "fault": fault,
        "going": None if elsewhere else going, "bar": bar(total, rules["minutes_needed"]),
        "left_out": [] if going is None else _left_out(going, rules), "answered": request.args.get("answered"),
        "last": "" if going is None else written(going["last_at"])[11:19],
    }, {**told, "session": None if going is None else {name: value for name, value in going.items()
                                                       if name != "nonce"}}, status=status)


def _left_out(going: dict[str, Any], rules: dict[str, Any]) -> list[str]:
    """What of this session did not count, and why."""
    gap, told = rules["gap_seconds"], []
    if going["missed_seconds"]:
        told.append(f"{lasted(going['missed_seconds'])}：两次报到相隔超过 {gap} 秒（离开、断网或休眠）")
    if going["forfeited_seconds"]:
        told.append(f"{lasted(going['forfeited_seconds'])}：提问之后没有在 {gap} 秒内答对")
    return told


def lasted(seconds: int) -> str:
    """A length of time in words."""
    minutes, rest = divmod(seconds, 60)
    return " ".join(filter(None, (f"{minutes} 分" if minutes else "", f"{rest} 秒" if rest or not minutes else "")))
