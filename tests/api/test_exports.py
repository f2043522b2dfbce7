"""Lists taken away whole: all that may be seen and no more, as of one position, in a file that a spreadsheet opens."""

from __future__ import annotations

import csv
import io

import pytest
from python_calamine import CalamineWorkbook
from werkzeug.test import TestResponse

from api.cases import exports
from tests.api.house_kit import BODY, Someone, Town, study


def cells(answer: TestResponse) -> list[list[str]]:
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"), newline=""), strict=True))


def test_what_waits_is_taken_away_as_of_a_position_and_says_so(
    town: Town, person: Someone, officer: Someone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "_AT_ONCE", 2)  # Page after page.
    claims = [person.submit(study(date=f"2026-0{month}-02"))["claim"] for month in (2, 3, 4)]
    at = town.house.ledger.store.size()
    person.submit(study(date="2026-05-02"))
    answer = officer.get("/v1/work.csv", as_of=str(at))
    found = cells(answer)

    assert f'filename="work-as-of-{at}.csv"' in answer.headers["Content-Disposition"]
    assert found[0][0] == "待办" and found[1][1].endswith(f"序号 #{at}")
    rows = {row[0]: row for row in found[4:]}
    assert rows.keys() >= set(claims) and rows[claims[0]][1:4] == ["学时申报", "", "用人单位"]
    listed = officer.saw("/v1/work", as_of=str(at), limit=200)["items"]
    assert [row[0] for row in found[4:]] == [one["id"] for one in listed], "what the list shows, and no more"


def test_the_workbook_holds_the_same(officer: Someone) -> None:
    answer, text = officer.get("/v1/work.xlsx"), cells(officer.get("/v1/work.csv"))
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.get_data()))

    rows = book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    assert [[str(cell).removesuffix(".0") for cell in row] for row in rows] == text


def test_imports_and_how_they_add_up_are_taken_away_by_officials(town: Town, works: BODY, person: Someone) -> None:
    source = town.officer(town.unit("市人社局", "330200", "general"), "human_resources", "3302")
    source.sends("ningbo")
    body = {"system": "ningbo", "file": "e30=", "region": "330200", "starts": "2026-01-01", "ends": "2026-12-31"}
    batch = source.did("/v1/imports", body)["batch"]

    assert [row[:2] for row in cells(source.get("/v1/imports.csv", system="ningbo"))[5:]] == [[batch, "ningbo"]]
    last = cells(source.get("/v1/imports/report.csv"))[-1]
    assert last == ["ningbo", town.house.today.isoformat(), "1", "1", "0", "0", "1", "0", "0", "0"]
    for place in ("/v1/imports.csv", "/v1/imports/report.xlsx"):
        assert person.get(place).get_json()["code"] == "official_needed"


def test_a_list_that_is_longer_than_a_sheet_is_refused_and_not_cut(
    person: Someone, officer: Someone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "_AT_ONCE", 1)
    monkeypatch.setattr(exports, "ROWS_MOST", 1)
    for month in (6, 7, 8):
        person.submit(study(date=f"2026-0{month}-02"))

    assert officer.get("/v1/work.csv").get_json()["code"] == "list_too_long"


def test_of_a_list_of_claims_that_is_too_long_nobody_was_looked_at(
    town: Town, person: Someone, officer: Someone, monkeypatch: pytest.MonkeyPatch
) -> None:
    for month in (9, 10, 11):
        person.submit(study(date=f"2025-{month:02}-02"))
    everyone = len(officer.saw("/v1/claims", purpose="annual_review", limit=200)["items"])
    access = town.house.register.access.store
    before = access.size()

    monkeypatch.setattr(exports, "_AT_ONCE", 1)
    monkeypatch.setattr(exports, "ROWS_MOST", everyone - 2)
    assert officer.get("/v1/claims.csv", purpose="annual_review").get_json()["code"] == "list_too_long"
    assert access.size() == before
    assert officer.get("/v1/claims.csv").get_json()["code"] == "purpose_missing"
    monkeypatch.setattr(exports, "ROWS_MOST", everyone)
    assert len(cells(officer.get("/v1/claims.csv", purpose="annual_review"))) == everyone + 4
    assert access.size() > before
