"""The register that December comes to: a city's people with units, a course that they completed, and its offices.

People are entered by what was decided about them long ago and not through the doors: it is December that is measured.
"""

from __future__ import annotations

import base64
import io
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import xlsxwriter

from api.evidence.files import About
from ledger.events.base import Draft
from ledger.events.course import CourseCompleted, EnrolmentId, PersonEnrolled
from ledger.events.person import Affiliation, Identity, PersonAffiliated, PersonRegistered
from ledger.identifiers.resident_id import check_character
from ledger.vocabulary import Category, PersonId, UnitId
from tests.api.house_kit import BODY, SHA, Someone, Town, house_in
from tests.api.paper_kit import PDF
from tests.bench.claims import BY
from tests.bench.december.shape import Shape

CITY, DISTRICT = "330200", "330203"
UNITS = 8
_AT_ONCE = 400
_DAY_US = 24 * 3600 * 1_000_000
_LEAST_PEOPLE = 200
_SEATS = 500


class Learner(NamedTuple):
    """Someone who has completed the course, with the token that they bear."""

    person: str
    token: str
    enrolment: str
    unit: int


class Class(NamedTuple):
    """A class that was held, and the workbook of those who were there."""

    place: str
    version: int
    workbook: str


class Place(NamedTuple):
    """Everyone who will ask, and for what."""

    data: Path
    people: list[Learner]
    clerks: list[str]        # Tokens, one for each unit.
    registrar: str
    policy: str
    supervisor: str
    exams: list[str]
    classes: list[Class]
    positions: int           # What stood before anybody asked.


def furnished(data: Path, shape: Shape) -> Place:
    """Make the register."""
    shift = [0]
    with _opened(data, shift) as town:
        bureau, school = town.unit("市人力社保局", CITY, "general"), town.unit("市学院", CITY, "industry")
        works = [town.unit(f"第{number + 1}厂", DISTRICT, "industry") for number in range(UNITS)]
        clerks = [town.officer(one, "unit", DISTRICT, unit=one["unit"]) for one in works]
        office = town.officer(bureau, "human_resources", "3302")
        sector = town.officer(town.unit("市经信局", CITY, "industry"), "sector_authority", "3302")
        watch = town.officer(town.unit("市监督局", CITY, "general"), "supervisor", "3302")
        policy = town.officer(town.unit("省政策处", "330000", "general"), "policy_office", "33")
        teacher, registrar = (town.officer(school, "recognised_organiser", "3302") for _ in range(2))
        today = town.house.today
        course = office.did("/v1/courses", {
            "region": CITY, "year": today.year, "category": "general_public", "code": "december", "title": "公需科目",
            "minutes": 3, "hours": "18"})
        exams = [str(office.did("/v1/exams", {
            "region": CITY, "year": today.year, "category": "general_public", "place": f"第{number + 1}考点",
            "day": (today + timedelta(days=30)).isoformat(), "starts": "09:00", "ends": "10:00", "seats": seats,
            "pass_mark": "60", "book_until": (today + timedelta(days=20)).isoformat()})["exam"])
            for number, seats in enumerate(_sessions(shape.seats))]
        rosters = len([at for at in shape.once["rosters"] if at < shape.seconds])
        people = _people(town, max(_LEAST_PEOPLE, shape.tries), works, course, today)
        shown = _attendees(town, shape.roster_rows, works[0]) if rosters else []
        classes = [_held(town, shift, teacher, sector, shown, number) for number in range(rosters)]
        house = town.house
        size = house.ledger.store.size()
        assert house.follower.wait_for(size, 600) and house.differing.wait_for(size, 600)
        house.map_file.keep_up()
        tokens = [str(one.token) for one in (registrar, policy, watch)]
        return Place(data, people, [str(one.token) for one in clerks], *tokens, exams, classes, size)


@contextmanager
def _opened(data: Path, shift: list[int]) -> Iterator[Town]:
    with house_in(data, lambda: time.time_ns() // 1_000 + shift[0]) as town:
        yield town


def _sessions(seats: int) -> list[int]:
    """So many seats in sessions of the size of a school."""
    whole, rest = divmod(seats, _SEATS)
    return [_SEATS] * whole + ([rest] if rest else [])


def _resident_id(number: int) -> str:
    """A number of nobody, another for each."""
    day = date(1960, 1, 1) + timedelta(days=number // 50)
    body = f"330000{day:%Y%m%d}{number % 50:03d}"
    return body + check_character(body)


def _registered(town: Town, number: int, unit: BODY) -> tuple[PersonId, list[Draft]]:
    person, shown = PersonId(town.house.new_id("person")), _resident_id(number)
    at = Affiliation(unit=UnitId(unit["unit"]), starts=date(2020, 1, 1), region=DISTRICT, sector="industry")
    identity = Identity(name="李明", name_normalised="李明", id_kind="resident_id", id_number=shown)
    return person, [Draft(PersonRegistered(person=person), identity),
                    Draft(PersonAffiliated(person=person, affiliation=at))]


def _people(town: Town, many: int, works: list[BODY], course: BODY, today: date) -> list[Learner]:
    house, found, drafts = town.house, list[Learner](), list[Draft]()
    house.operations._file.execute("PRAGMA synchronous = OFF")  # Tokens by the thousand; nothing is measured yet.
    for number in range(many):
        unit = number % UNITS
        person, made = _registered(town, number, works[unit])
        enrolment = EnrolmentId(house.new_id("enrolment"))
        named: dict[str, Any] = {"enrolment": enrolment, "person": person, "course": course["course"]}
        drafts += [*made, Draft(PersonEnrolled(**named, code="december", year=today.year, region=CITY,
                                               category=Category.GENERAL_PUBLIC)),
                   Draft(CourseCompleted(**named, on=today, minutes=3))]
        found.append(Learner(
            person, house.operations.issue(person, request=os.urandom(16), now=house.now), enrolment, unit))
        if len(drafts) >= _AT_ONCE * 4 or number + 1 == many:
            house.ledger.record(drafts, by=BY)
            drafts.clear()
    paper = About(media_type="application/pdf", bytes=len(PDF), received_at=house.now, by="december")
    for one in found:  # A batch of approvals leaves out what nobody handed in.
        house.evidence.keep(one.person, SHA, PDF, paper)
    return found


def _attendees(town: Town, many: int, unit: BODY) -> list[str]:
    shown, drafts = list[str](), list[Draft]()
    for number in range(500_000, 500_000 + many):
        _, made = _registered(town, number, unit)
        drafts += made
        shown.append(_resident_id(number))
        if len(drafts) >= _AT_ONCE * 4:
            town.house.ledger.record(drafts, by=BY)
            drafts.clear()
    town.house.ledger.record(drafts, by=BY) if drafts else None
    return shown


def _held(town: Town, shift: list[int], teacher: Someone, city: Someone, shown: list[str], number: int) -> Class:
    """A class that was filed forty days before it began, accepted and held, and the list of who was there."""
    day = town.house.today - timedelta(days=1 + number)
    held = {"starts": day.isoformat(), "ends": day.isoformat(), "days": "1"}
    shift[0] = -(41 + number) * _DAY_US
    made = teacher.did("/v1/classes", {
        "title": "大课", "category": "professional", "route": "filed_training", "headcount": len(shown),
        "lessons": [{"title": "数字孪生", "hours": "6"}], **held})
    shift[0] = 0
    place = f"/v1/classes/{made['training_class']}"
    city.did(f"{place}/acceptance", {"number": f"甬备-{number}"}, version=1)
    made = teacher.did(f"{place}/holding", {**held, "attended": len(shown), "passed": len(shown)}, version=2)
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ("证件号码", "姓名", "出勤天数", "登记卡号"))
        for row, one in enumerate(shown):
            sheet.write_row(row + 1, 0, (one, "李明", 1, f"甬-{number}-{row}"))
    return Class(f"{place}/rosters", made["version"], base64.b64encode(file.getvalue()).decode("ascii"))
