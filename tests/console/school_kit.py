"""A city with courses and exams, its pages, and a clock that the test moves. No test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from tests.api.course_kit import School, school_in
from tests.console.console_kit import with_pages


@contextmanager
def school_with_pages(folder: Path) -> Iterator[School]:
    """Open it in a folder, early in a year: what is chosen in a year is sat for and registered in it."""
    with school_in(folder) as school:
        with_pages(school.town)
        today = school.town.house.today
        school.pass_days((date(today.year + 1, 2, 1) - today).days)
        yield school


def sum_of(question: str) -> str:
    """What a person answers to a question of the player."""
    numbers = "零一二三四五六七八九"
    left, _, rest = question.partition("加")
    return str(numbers.index(left[-1]) + numbers.index(rest[0]))
