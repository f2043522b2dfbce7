"""An enrolment in the console: how far somebody has come in a course, what comes next, its events.

Its person goes on, gives it back or has the hours registered; an office enters what was reached in the course's own
quiz, or registers the hours where the law leaves that to it. Another's is looked at for a purpose, which is recorded.
`tests/console/test_course_screens.py` shows it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from flask import request

from api.cases import events
from api.cases.doing import Asked, Reading
from api.cases.learning import course_hours, courses, results, studying
from api.console import deeds, words
from api.console.claiming.claim import done_before, told_basis
from api.console.deeds import Deed, Room, Subject
from api.console.form import Field
from api.console.learning.learning import ANNOUNCED, ENROLMENTS, bar, own_studies, rules_of, subject_of
from api.console.moment import asked_moment
from api.console.screen import Asking, Page, Shown
from api.house import House
from api.operational.study_sessions import Whereabouts
from api.routes.schemas.courses import QuizBody
from api.words.year_page import region
from ledger.errors import Refusal
from ledger.streams.claim import Status as ClaimStatus
from ledger.streams.course_hours import earned_anew
from ledger.streams.enrolment import Enrolment, evolve
from ledger.vocabulary import format_hours

PURPOSE: Final = "course_hours"


def enrolment(asking: Asking, enrolment: str) -> Shown:
    """One enrolment."""
    house, moment = asking.house, asked_moment(rest=("purpose",))
    position = moment.position(house)
    if asking.purpose is None and not asking.capacity.is_person:
        return Refusal.because("purpose_missing")
    if isinstance(subject := _see(asking, enrolment), Refusal):
        return subject
    loaded = house.ledger.load(enrolment, evolve, as_of=position)
    if (found := loaded.state) is None:
        return Refusal.because("enrolment_absent")
    if isinstance(own := own_studies(asking, position), Refusal):
        return own
    chosen = courses.course_of(Reading(house.ledger), found.course)
    assert chosen is not None, "an enrolment is in a course that was published"
    told = courses.enrolment_view(found)
    seat = next((one["seat"] for one in own["enrolments"] if one["enrolment"] == enrolment), None)
    bookings = [one for one in own["bookings"] if one["enrolment"] == enrolment]
    said = events.events_of(house, enrolment, as_of=position)["items"]
    basis = house.answers.reflects(position)
    return Page("enrolment.html", {
        "moment": moment, "basis": told_basis(basis), "told": told, "id": enrolment, "course": chosen.published,
        "state": ENROLMENTS[found.status], "subject": subject_of(told), "place": region(told["region"]),
        "bookings": bookings, "seat": seat, "hours": _hours(house, found),
        "bar": bar(found.minutes, chosen.published.minutes), "done": done_before(asking),
        "law": rules_of(house, chosen.published), "offered": _offered(asking, subject) if moment.is_now else [],
        "events": [words.event(one, {one["position"]: _about(one["event"])}) for one in reversed(said)],
        "is_brief": "brief" in request.args, "purpose": subject.purpose,
        "can_study": moment.is_now and asking.capacity.is_person and _studies(asking, enrolment),
    }, {**told, "version": loaded.version, "bookings": bookings, **basis})


def _hours(house: House, found: Enrolment) -> str:
    """How the hours stand now: registered, revoked, or to be earned anew (W 10)."""
    reading = Reading(house.ledger)
    claim = None if found.claim is None else reading.claim(found.claim)
    if claim is None or claim.status is not ClaimStatus.REVOKED:
        return "" if claim is None else "registered"
    return "anew" if earned_anew(found, courses.former_hours(reading, found)) else "revoked"


def _offered(asking: Asking, subject: Subject) -> list[deeds.Offered]:
    """What can be done; what the law stands against, and nothing that is typed would change, is not offered."""
    return [one for one in deeds.offered(asking, ROOM, subject) if one.why is None or one.deed.body is not None]


def _studies(asking: Asking, enrolment: str) -> bool:
    """Whether somebody may go on to study, by trying."""
    tried = studying.begin(asking.house, asking.caller, enrolment, Whereabouts(), Asked(dry_run=True))
    return not isinstance(tried, Refusal)


def _about(event: Mapping[str, Any]) -> str:
    """What an event says beside its name."""
    if not str(event["type"]).startswith("enrolment.study_recorded/"):
        return ""
    asked, answered = event.get("challenges", 0), event.get("answered", 0)  # None is not written down.
    return f"{event['minutes']} 分钟；提问 {asked} 次，答对 {answered} 次"


def _see(asking: Asking, enrolment: str) -> Subject | Refusal:
    purpose = None if asking.capacity.is_person else asking.purpose or PURPOSE
    seen = courses.see(asking.house, asking.caller, enrolment, purpose)
    if isinstance(seen, Refusal):
        return seen
    reading = Reading(asking.house.ledger)
    found = courses.enrolment_of(reading, enrolment)
    assert found is not None, "what was seen is there"
    chosen = courses.course_of(reading, found.course)
    title = "" if chosen is None else chosen.published.title
    return Subject(enrolment, f"/enrolments/{enrolment}", title, seen[1], _stands(found), _becomes, purpose, found)


def _stands(found: Enrolment) -> deeds.Pairs:
    quiz = "—" if found.quiz is None else (
        f"{format_hours(found.quiz.score_centi)} 分，{'合格' if found.quiz.passed else '不合格'}")
    return [("状态", ENROLMENTS[found.status]), ("已学", f"{found.minutes} 分钟"), ("课程考核", quiz),
            ("学时登记", found.claim or "—")]


def _becomes(state: Any) -> deeds.Pairs:
    """What an enrolment comes to; of hours that are registered, the claim that stands for them."""
    if isinstance(state, Enrolment):
        return _stands(state)
    return [("状态", ENROLMENTS["registered"]), ("学时登记", "一份新的学时申报")]


def _quiz(_: Asking, __: Subject) -> Sequence[Field]:
    return (Field("score", "分数", "decimal", is_required=True),
            Field("pass_mark", "合格线", "decimal", is_required=True, value="60"), ANNOUNCED)


ROOM: Final = Room(_see, deeds.named(
    Deed("cancellation", "退选", courses.cancel, look="bad", is_own=True, note="退选记为一个事件；当年可以另选一门。"),
    Deed("hours", "登记学时", course_hours.register, look="main", is_own=True,
         note="一门课程的学时只登记一次，登记后见学时申报。"),
    Deed("quiz", "登记考核成绩", results.examine, QuizBody, _quiz, lambda _, __: {"score": 0, "pass_mark": 1},
         look="main", depends=True, note="合格而由系统登记的，学时随之登记。记为事件，不能删除。"),
    Deed("registration", "登记学时", course_hours.register, look="main",
         note="一门课程的学时只登记一次；登记有误的，另行更正。"),
))
