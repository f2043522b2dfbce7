"""A city with courses and exams, its pages, and a clock that the test moves. No test."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from waitress.server import create_server

from api.log_routes import log_routes
from api.page import page_routes
from api.service import create_app
from tests.api.course_kit import School, school_in


@contextmanager
def school_with_pages(folder: Path) -> Iterator[School]:
    """Open it in a folder, early in a year: what is chosen in a year is sat for and registered in it."""
    with school_in(folder) as school:
        house = school.town.house
        school.pass_days((date(house.today.year + 1, 2, 1) - house.today).days)
        school.town.app = create_app(house, blueprints=[log_routes(house.register), page_routes()])
        yield school


@contextmanager
def serving(school: School) -> Iterator[str]:
    """Its address for a real browser."""
    server = create_server(school.town.app, host="127.0.0.1", port=0, threads=4)
    threading.Thread(target=server.run, daemon=True).start()
    yield f"http://127.0.0.1:{server.effective_port}"  # type: ignore[union-attr]
    server.close()


def sum_of(question: str) -> str:
    """What a person answers to a question of the player."""
    numbers = "零一二三四五六七八九"
    left, _, rest = question.partition("加")
    return str(numbers.index(left[-1]) + numbers.index(rest[0]))
