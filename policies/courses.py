"""What the law of a place asks of its courses: how many a year, how study time is measured, what a pass is worth.

W 8 lets a person choose one course a year, W 9 does not record time that was spent offline for too long, W 10 gives a
pass eighteen hours: the numbers stand in the duties of the rulebook. Where no rulebook of the place has one, it is the
publishing office's to say.

Reading: what W 10 gives, and W 8's one choice a year, hold for the subject whose hours the same article registers.

`tests/policies/test_course_authority.py` shows it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from ledger.vocabulary import HoursCenti
from policies.authority import ANYONE, GENERAL
from policies.coverage import sentences
from policies.law import Law
from policies.rulebook import Duty, Rulebook
from policies.soundness import fold


class CourseLaw(NamedTuple):
    """What the law says of the courses of a place; None where it says nothing."""

    one_a_year: bool | None = None
    gap_seconds: int | None = None
    challenge_minutes: int | None = None
    heartbeat_seconds: int | None = None
    hours_centi: HoursCenti | None = None
    on_site: Duty | None = None     # The words that want the exam to be sat on site (W 10).
    rulebook: str | None = None     # Which of the place's says all this.


def course_law(law: Law, day: date, region: str, sector: str | None, category: str) -> CourseLaw:
    """Read it from the closest rulebook that says how a course is studied."""
    layer = law.layer(law.interval(day.toordinal()), region, sector or GENERAL, None)
    for book in layer.books:
        if (time := _first(book, "study_time")) is None:
            continue
        exam = _exam(book, category)
        hours = None if exam is None else HoursCenti(exam.more["hours"])  # Read with its file, in hundredths.
        choice = _first(book, "enrolment")
        return CourseLaw(
            one_a_year=None if hours is None or choice is None else choice.more.get("courses_per_year") == 1,
            gap_seconds=time.more.get("gap_seconds"),
            challenge_minutes=time.more.get("challenge_minutes"),
            heartbeat_seconds=time.more.get("heartbeat_seconds"),
            hours_centi=hours,
            on_site=_in_full(book, exam) if exam is not None and exam.more.get("on_site") else None,
            rulebook=book.id,
        )
    return CourseLaw()


def _in_full(book: Rulebook, duty: Duty) -> Duty:
    """A duty with the rest of the sentence that it quotes: what a person reads does not break off at a comma."""
    return duty if book.text is None else replace(duty, quote=_to_the_end(book.text, duty.quote))


@lru_cache(maxsize=64)
def _to_the_end(text: str, quote: str) -> str:
    words = fold(quote)
    return next((one[one.index(words):] for one in sentences(text) if words in one), quote)


def _first(book: Rulebook, kind: str) -> Duty | None:
    return next((duty for duty in book.duties if duty.kind == kind), None)


def _exam(book: Rulebook, category: str) -> Duty | None:
    """How a subject is examined and what a pass is worth, by the article that registers it (W 10)."""
    articles = {row.article for row in book.registrars
                if row.automatic and category in row.categories and row.person == ANYONE}
    return next((duty for duty in book.duties
                 if duty.kind == "exam" and duty.article in articles and "hours" in duty.more), None)
