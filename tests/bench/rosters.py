"""A roster of 50,000 rows through the door: checked row by row in a trial, then registered as one act and in force.

The request goes to the service in this process, so that what is measured is reading the workbook, finding each person,
the law, the ledger's decision, sealing and writing; a network would add the seconds of six megabytes.
"""

from __future__ import annotations

import base64
import io
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog
import xlsxwriter

from ledger.events.base import Draft
from ledger.events.person import Affiliation, Identity, PersonAffiliated, PersonRegistered
from ledger.identifiers.resident_id import check_character
from ledger.vocabulary import PersonId, UnitId
from tests.api.house_kit import BODY, Someone, Town, house_in
from tests.bench import Figure
from tests.bench.claims import BY

PEOPLE = 50_000
_AT_ONCE = 1_000
_DAY_US = 24 * 3600 * 1_000_000


def rows() -> Iterator[Figure]:
    """Seconds for the trial and for the registration."""
    shift = [0]
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    with (TemporaryDirectory() as name,
          house_in(Path(name) / "data", lambda: time.time_ns() // 1_000 + shift[0]) as town):
        school, bureau, works = (town.unit(name, "330200", "industry") for name in ("学院", "市经信局", "某厂"))
        teacher, registrar = (town.officer(school, "recognised_organiser", "3302") for _ in range(2))
        city = town.officer(bureau, "sector_authority", "3302")
        file = {"file": base64.b64encode(_roster(town, works)).decode("ascii")}
        made = _held(town, shift, teacher, city)
        _let_it_settle(town)  # These people have been in the register for years, not since a moment ago.
        place = f"/v1/classes/{made['training_class']}/rosters"

        began = time.perf_counter()
        tried = registrar.post(place, file, dry_run="true")
        yield Figure(f"roster of {PEOPLE:,} rows checked", time.perf_counter() - began, "s", most=5)
        assert tried.get_json()["would"]["new"] == PEOPLE, tried.get_data(as_text=True)[:500]

        began = time.perf_counter()
        done = registrar.post(place, file, version=made["version"])
        yield Figure(f"roster of {PEOPLE:,} rows registered", time.perf_counter() - began, "s", most=15)
        assert done.get_json()["rosters"][0]["status"] == "closed", done.get_data(as_text=True)[:500]


def _let_it_settle(town: Town) -> None:
    """Wait until nothing is being made of what was just recorded: three threads would share the interpreter."""
    size = town.house.ledger.store.size()
    assert town.house.follower.wait_for(size, 600) and town.house.differing.wait_for(size, 600)
    town.house.map_file.keep_up()


def _roster(town: Town, works: BODY) -> bytes:
    """A workbook of people of one works, who are in the register."""
    house, file, drafts = town.house, io.BytesIO(), list[Draft]()
    at = Affiliation(unit=UnitId(works["unit"]), starts=date(2020, 1, 1), region="330200", sector="industry")
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ("证件号码", "姓名", "出勤天数", "登记卡号"))
        for number in range(PEOPLE):
            person, shown = PersonId(house.new_id("person")), _resident_id(number)
            identity = Identity(name="李明", name_normalised="李明", id_kind="resident_id", id_number=shown)
            drafts += [Draft(PersonRegistered(person=person), identity),
                       Draft(PersonAffiliated(person=person, affiliation=at))]
            sheet.write_row(number + 1, 0, (shown, "李明", 1, f"甬-{number}"))
            if len(drafts) >= _AT_ONCE or number + 1 == PEOPLE:
                house.ledger.record(drafts, by=BY)
                drafts.clear()
    return file.getvalue()


def _resident_id(number: int) -> str:
    """A number of nobody, another for each."""
    day = date(1960, 1, 1) + timedelta(days=number // 50)
    body = f"330000{day:%Y%m%d}{number % 50:03d}"
    return body + check_character(body)


def _held(town: Town, shift: list[int], teacher: Someone, city: Someone) -> BODY:
    """A class that was filed forty days before it began, accepted and held."""
    day = town.house.today - timedelta(days=1)
    held = {"starts": day.isoformat(), "ends": day.isoformat(), "days": "1"}
    shift[0] = -41 * _DAY_US
    made = teacher.did("/v1/classes", {
        "title": "大课", "category": "professional", "route": "filed_training", "headcount": PEOPLE,
        "lessons": [{"title": "数字孪生", "hours": "6"}], **held})
    shift[0] = 0
    place = f"/v1/classes/{made['training_class']}"
    city.did(f"{place}/acceptance", {"number": "甬备-1"}, version=1)
    return teacher.did(f"{place}/holding", {**held, "attended": PEOPLE, "passed": PEOPLE}, version=2)
