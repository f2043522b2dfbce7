"""A city whose office publishes courses and holds exams, and people who study there while the clock is moved. No test.

    with school_in(tmp_path / "data") as school:
        course = school.course()
        li = school.learner()
        enrolment = school.completed(li, course)
        exam = school.exam(seats=2)
        booking = school.booked(li, enrolment, exam)
        school.pass_days(30)
        school.office.did(...)

The place is Wenzhou unless said otherwise, where eighteen hours are registered with a pass (W 10).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from tests.api.house_kit import BODY, Someone, Town, house_in

PEOPLE = "human_resources"
SECOND_US = 1_000_000
MINUTES = 3   # What a course asks here.


@dataclass
class School:
    """The city, its office, a unit that belongs to it, and a clock that the test moves."""

    town: Town
    office: Someone
    second: Someone
    works: BODY
    shift: list[int]
    region: str

    def pass_seconds(self, seconds: int) -> None:
        self.shift[0] += seconds * SECOND_US

    def pass_days(self, days: int) -> None:
        self.pass_seconds(86_400 * days)

    def pass_until(self, month: int, day: int) -> None:
        """Go on to the next such day; where it is that day, or has just been, days to come are of the same year."""
        today = self.town.house.today
        then = date(today.year, month, day)
        self.pass_days(((then if then >= today else date(today.year + 1, month, day)) - today).days)

    def day(self, after: int = 0) -> str:
        return (self.town.house.today + timedelta(days=after)).isoformat()

    def course_body(self, **fields: Any) -> BODY:
        return {"region": self.region, "year": self.town.house.today.year, "category": "general_public",
                "code": f"ai-{next(self.town.numbers)}", "title": "人工智能与社会", "minutes": MINUTES, "hours": "18",
                **fields}

    def course(self, **fields: Any) -> BODY:
        return self.office.did("/v1/courses", self.course_body(**fields))

    def learner(self, name: str = "李明", works: BODY | None = None) -> Someone:
        person = self.town.person(name)
        self.town.belongs(person, works or self.works, "2020-01-01")
        return person

    def enrolled(self, person: Someone, course: BODY) -> BODY:
        return person.did("/v1/enrolments", {"course": course["course"]})

    def studied(self, person: Someone, enrolment: BODY, minutes: int = MINUTES) -> BODY:
        """Study a while without a break, and end."""
        at = f"/v1/enrolments/{enrolment['enrolment']}"
        nonce = person.did(f"{at}/study-sessions")["nonce"]
        for _ in range(minutes):
            self.pass_seconds(60)
            nonce = person.did(f"{at}/heartbeats", {"nonce": nonce})["nonce"]
        return person.did(f"{at}/study-sessions/end")

    def completed(self, person: Someone, course: BODY) -> BODY:
        done = self.studied(person, self.enrolled(person, course))
        assert done["status"] in ("completed", "registered"), done
        return done

    def exam_body(self, **fields: Any) -> BODY:
        return {"region": self.region, "year": self.town.house.today.year, "category": "general_public",
                "day": self.day(20), "starts": "09:00", "ends": "10:00", "place": "人事考试中心", "seats": 10,
                "pass_mark": "60", "book_until": self.day(10), **fields}

    def exam(self, **fields: Any) -> BODY:
        return self.office.did("/v1/exams", self.exam_body(**fields))

    def booked(self, person: Someone, enrolment: BODY, exam: BODY, **fields: Any) -> BODY:
        return person.did("/v1/bookings", {"exam": exam["exam"], "enrolment": enrolment["enrolment"], **fields})


@contextmanager
def school_in(folder: Path, region: str = "330300", sector: str = "general") -> Iterator[School]:
    """Open a school in a folder."""
    shift = [0]
    with house_in(folder, lambda: time.time_ns() // 1_000 + shift[0]) as town:
        bureau = town.unit("市人力社保局", region, "general")
        office, second = (town.officer(bureau, PEOPLE, region[:4]) for _ in range(2))
        yield School(town, office, second, town.unit("某院", f"{region[:4]}02", sector), shift, region)
