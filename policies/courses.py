"""What the law of a place asks of its courses: how many a year, how study time is measured, what a pass is worth.

W 8 lets a person choose one course a year, W 9 does not record time that was spent offline for too long, W 10 gives a
pass eighteen hours: the numbers stand in the duties of the rulebook. Where no rulebook of the place has one, it is the
publishing office's to say.

Reading: what W 10 gives, and W 8's one choice a year, hold for the subject whose hours the same article registers.

`tests/policies/test_course_authority.py` shows it.
"""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from ledger.vocabulary import HoursCenti
from policies.authority import ANYONE, GENERAL
from policies.law import Law
from policies.rulebook import Duty, Rulebook


class CourseLaw(NamedTuple):
    """What the law says of the courses of a place; None where it says nothing."""

    one_a_year: bool | None = None
    gap_seconds: int | None = None
    challenge_minutes: int | None = None
    heartbeat_seconds: int | None = None
    hours_centi: HoursCenti | None = None


def course_law(law: Law, day: date, region: str, sector: str | None, category: str) -> CourseLaw:
    """Read it from the closest rulebook that says how a course is studied."""
    layer = law.layer(law.interval(day.toordinal()), region, sector or GENERAL, None)
    for book in layer.books:
        if (time := _first(book, "study_time")) is None:
            continue
        hours = _passed(book, category)
        choice = _first(book, "enrolment")
        return CourseLaw(
            one_a_year=None if hours is None or choice is None else choice.more.get("courses_per_year") == 1,
            gap_seconds=time.more.get("gap_seconds"),
            challenge_minutes=time.more.get("challenge_minutes"),
            heartbeat_seconds=time.more.get("heartbeat_seconds"),
            hours_centi=hours,
        )
    return CourseLaw()


def _first(book: Rulebook, kind: str) -> Duty | None:
    return next((duty for duty in book.duties if duty.kind == kind), None)


def _passed(book: Rulebook, category: str) -> HoursCenti | None:
    """What a pass is worth where the article that registers the subject says so (W 10)."""
    articles = {row.article for row in book.registrars
                if row.automatic and category in row.categories and row.person == ANYONE}
    hours: Any = next((duty.more["hours"] for duty in book.duties
                       if duty.kind == "exam" and duty.article in articles and "hours" in duty.more), None)
    return None if hours is None else HoursCenti(hours)  # Read with its file, in hundredths.
