"""A unit's own view: its people, their years and what is missing, masked, recorded, and as a file (P 4, E 14, N 9)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from python_calamine import CalamineWorkbook

from ledger.events.access import AccessRecorded
from tests.api.command_kit import answering, xueshi
from tests.api.house_kit import BODY, Someone
from tests.api.petition_kit import Bureau, bureau_in

WHY = "annual_appraisal"


class Unit(NamedTuple):
    """A unit with somebody whose year is full, somebody who has nothing, and somebody who has left."""

    bureau: Bureau
    full: Someone
    empty: Someone
    gone: Someone
    path: str

    def saw(self, **query: object) -> BODY:
        return self.bureau.clerk.saw(self.path, purpose=WHY, **query)


@pytest.fixture(scope="module")
def unit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Unit]:
    with bureau_in(tmp_path_factory.mktemp("unit") / "data") as bureau:
        full, _ = bureau.applicant(years=(2026,))
        empty, _ = bureau.applicant()
        gone, _ = bureau.applicant(years=(2026,))
        bureau.town.belongs(gone, bureau.town.unit("另一厂", "330302", "general"), "2026-10-01")
        yield Unit(bureau, full, empty, gone, f"/v1/units/{bureau.works['unit']}/years")


def test_everyone_of_the_unit_is_told_with_their_year_and_what_is_missing(unit: Unit) -> None:
    found = unit.saw()
    by_person = {one["person"]: one for one in found["items"]}

    assert by_person.keys() == {unit.full.id, unit.empty.id}, "whoever has left is another unit's"
    assert (found["on"], found["basis"]["law"]) == ("2026-11-20", "then")
    (full,), (empty,) = (by_person[one.id]["years"] for one in (unit.full, unit.empty))
    assert (full["year"], full["met"], full["total"], full["professional"], full["lacking"]) == (
        2026, True, "90", "72", [])
    assert (empty["met"], empty["total"]) == (False, "0")
    total = next(one for one in empty["lacking"] if one["rulebook"] == "ningbo-industry/2019-01-01")
    assert (total["name"], total["need"], total["have"], total["short"], total["article"]) == (
        "total", "90", "0", "90", "第四条")


def test_it_says_of_each_year_what_the_persons_own_answer_says(unit: Unit) -> None:
    found = unit.saw(**{"from": 2024, "to": 2026})
    for one in found["items"]:
        someone = unit.full if one["person"] == unit.full.id else unit.empty
        for line in one["years"]:
            own = someone.year(line["year"])
            told = own["evaluated"]
            assert (line["met"], line["total"], line["general_public"]) == (
                told["met"], told["total"], told["general_public"])
            assert line["decided_total"] == own["decided"]["total"]
            assert [(each["name"], each["rulebook"], each["have"]) for each in line["lacking"]] == [
                (each["name"], each["rulebook"], each["have"]) for each in told["minimums"] if not each["met"]]
        assert [line["year"] for line in one["years"]] == [2024, 2025, 2026]


def test_names_are_masked_and_everyone_on_a_page_is_recorded_for_the_purpose(unit: Unit) -> None:
    def seen() -> list[tuple[str, tuple[str, ...]]]:
        events = [one.envelope.event for one in unit.bureau.town.house.register.access.read(limit=1_000)]
        return [(one.subject, one.what) for one in events
                if isinstance(one, AccessRecorded) and one.purpose == "appointment"]

    found = unit.bureau.clerk.saw(unit.path, purpose="appointment", limit=1)
    (first,) = found["items"]
    assert (first["name"], first["id_number"][6:14]) == ("李*", "*" * 8)
    assert seen() == [(first["person"], ("years", "identity"))]
    later = unit.bureau.clerk.saw(unit.path, purpose="appointment", limit=1, cursor=found["next_cursor"])
    assert (later["basis"], later["next_cursor"]) == (found["basis"], None)
    assert {one[0] for one in seen()} == {unit.full.id, unit.empty.id}


def test_the_axes_and_the_day_choose_what_is_told_and_the_same_question_gives_the_same_answer(unit: Unit) -> None:
    april = unit.saw(valid_on="2026-04-01", **{"to": 2026})
    (full,) = next(one for one in april["items"] if one["person"] == unit.full.id)["years"]
    assert (april["on"], full["total"]) == ("2026-04-01", "36"), "the seminar of March alone had happened"
    found = unit.saw(law="set:wenzhou/2020-11-27")
    assert unit.saw(law="set:wenzhou/2020-11-27", as_of=found["as_of"], on=found["on"]) == found
    assert unit.saw(as_of=1)["items"] == []


def test_whoever_has_left_is_told_of_to_the_offices_of_the_place_and_no_longer_to_the_unit(unit: Unit) -> None:
    before = {"on": "2026-09-30", "purpose": WHY}
    theirs, here = {unit.full.id, unit.empty.id}, unit.bureau.people.saw(unit.path, **before)

    assert {one["person"] for one in unit.bureau.clerk.saw(unit.path, **before)["items"]} == theirs
    assert {one["person"] for one in here["items"]} == {*theirs, unit.gone.id}
    assert unit.gone.id not in {one["person"] for one in unit.bureau.people.saw(unit.path, purpose=WHY)["items"]}


def test_only_the_unit_and_the_offices_of_its_place_ask_and_they_say_what_for(unit: Unit) -> None:
    bureau = unit.bureau
    beside = bureau.town.officer(bureau.town.unit("邻厂", "330203", "industry"), "unit", "330203",
                                 unit=bureau.town.unit("邻厂二", "330203", "industry")["unit"])

    def code(whom: Someone, **query: object) -> str:
        return str(whom.get(unit.path, **query).get_json()["code"])

    assert code(bureau.clerk) == "purpose_missing"
    assert code(beside, purpose=WHY) == code(bureau.away, purpose=WHY) == "outside_scope"
    assert code(unit.full, purpose=WHY) == "not_for_reading"
    assert code(bureau.town.nobody, purpose=WHY) == "login_required"
    assert bureau.people.get(unit.path, purpose=WHY).status_code == 200
    absent = bureau.clerk.get(f"/v1/units/unt_{'0' * 22}/years", purpose=WHY)
    assert absent.get_json()["code"] == "unit_absent"
    wide = bureau.clerk.get(unit.path, purpose=WHY, **{"from": 2010, "to": 2026}).get_json()
    assert (wide["status"], wide["errors"][0]["code"]) == (422, "years_unfit")


def test_a_file_has_a_line_for_each_person_and_year_and_says_what_it_rests_on(unit: Unit) -> None:
    query = {"purpose": WHY, "from": 2025, "to": 2026}
    answer = unit.bureau.clerk.get(f"{unit.path}.csv", **query)
    assert answer.content_type == "text/csv; charset=utf-8"
    assert answer.data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"), newline=""), strict=True))
    head = next(at for at, row in enumerate(rows) if row[0] == "人员")
    lines = [dict(zip(rows[head], row, strict=True)) for row in rows[head + 1:]]

    assert [row[0] for row in rows[:head]] == [
        "单位人员年度学时", "数据截至", "单位", "单位名称", "隶属于", "规则", "账本", "行数"]
    assert [(one["人员"], one["年度"]) for one in lines] == [
        (person, year) for person in sorted((unit.full.id, unit.empty.id)) for year in ("2025", "2026")]
    full = next(one for one in lines if (one["人员"], one["年度"]) == (unit.full.id, "2026"))
    assert (full["姓名"], full["达标"], full["合计"], full["尚缺"]) == ("李*", "是", "90", "")
    assert "0/90（ningbo-industry/2019-01-01 第四条）" in lines[0]["尚缺"] + lines[2]["尚缺"]
    book = unit.bureau.clerk.get(f"{unit.path}.xlsx", **query)
    assert book.headers["Content-Disposition"].endswith(".xlsx")
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(book.data)).get_sheet_by_index(0).to_python()
    assert len(sheet) == len(rows)


def test_the_command_tells_a_table_and_writes_the_same_file(unit: Unit, tmp_path: Path) -> None:
    works, token = unit.bureau.works["unit"], str(unit.bureau.clerk.token)
    with answering(unit.bureau.town.app) as server:

        def told(*arguments: str) -> str:
            ended = xueshi(tmp_path, "unit", "years", works, "--purpose", WHY, *arguments, XUESHI_TOKEN=token,
                           XUESHI_SERVER=server)
            assert ended.returncode == 0, ended.stdout + ended.stderr
            return ended.stdout

        table = told("--to", "2026")
        assert "已写入" in told("--to", "2026", "--form", "csv", "--out", "people.csv")
    assert unit.full.id in table and "total 0/90" in table and "李*" in table
    answer = unit.bureau.clerk.get(f"{unit.path}.csv", purpose=WHY, to=2026)
    assert (tmp_path / "people.csv").read_bytes() == answer.data
