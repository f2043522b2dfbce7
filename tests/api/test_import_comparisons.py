"""An import held against a later snapshot of its source: each way to differ is told, and nothing is put right by it."""

from __future__ import annotations

import base64
import csv
import io
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from python_calamine import CalamineWorkbook

from ledger.events.access import AccessRecorded
from ledger.events.source import record_name
from tests.api.house_kit import BODY, Someone, Town, resident_id

PERIOD = {"starts": "2026-03-01", "ends": "2026-03-31"}


class Here(NamedTuple):
    """A city's human resources whose own system sends, with somebody who studied."""

    town: Town
    source: Someone
    colleague: Someone
    person: Someone
    number: str


@pytest.fixture(scope="module")
def here(town: Town, works: BODY) -> Iterator[Here]:
    bureau = town.unit("市人社局", "330200", "general")
    number = resident_id(next(town.numbers))
    made = town.nobody.did("/v1/persons", {"name": "李明", "id_kind": "resident_id", "id_number": number})
    person = Someone(town.client(), made["token"], made["person"])
    town.belongs(person, works, "2020-01-01")
    source, colleague = (town.officer(bureau, "human_resources", "3302") for _ in range(2))
    source.sends("monthly", "moving", "paper", "ledger", "broken", "own")
    yield Here(town, source, colleague, person, number)


def row(here: Here, record: str, version: int = 1, title: str = "", **study: Any) -> BODY:
    facts = {"category": "general_public", "route": "course", "date": "2026-03-04", "hours": "4",
             "completed_by": "exam", **study}
    return {"record": record, "version": version, "id_number": here.number, "name": "李明", "study": facts,
            "details": {"title": title or f"网络课程 {record}"}}


def file(*rows: BODY) -> str:
    return base64.b64encode("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in rows).encode()).decode()


def taken(here: Here, system: str, *rows: BODY) -> BODY:
    return here.source.did("/v1/imports", {"system": system, "file": file(*rows), "region": "330200", **PERIOD})


def compared(here: Here, batch: BODY, *rows: BODY, **more: Any) -> BODY:
    body = {"file": file(*rows), "on": here.town.house.today.isoformat(), **more}
    answer = here.source.post(f"/v1/imports/{batch['batch']}/reconciliation", body, dry_run="true")
    assert answer.status_code == 200, answer.get_data(as_text=True)
    would: BODY = answer.get_json()["would"]
    return would


def what(said: BODY) -> dict[str, list[str]]:
    return {one["record"]: one["what"] for one in said["items"]}


def claim(here: Here, system: str, record: str) -> BODY:
    """What an office sees of what a record became."""
    found = here.town.house.ledger.find(record_name(system, record))
    return here.colleague.saw(f"/v1/claims/{found}", purpose="check")


def test_each_way_to_differ_is_told_and_nothing_is_written(here: Here) -> None:
    """P 14, AMB-05."""
    batch = taken(here, "monthly", *(row(here, f"a-{number}") for number in range(9)))
    corrected = claim(here, "monthly", "a-4")
    here.colleague.act(corrected, "correction", {
        "study": {**corrected["study"], "hours": "2"}, "details": {"title": "网络课程"}})
    for record in ("a-5", "a-6"):
        here.colleague.act(claim(here, "monthly", record), "revocation", {"basis": "falsified", "words": "查实"})
    here.colleague.act(claim(here, "monthly", "a-7"), "freeze", {"words": "待查"})
    taken(here, "monthly", row(here, "a-8", version=2, hours="6"))
    size = here.town.house.ledger.store.size()

    said = compared(
        here, batch, row(here, "a-0"), row(here, "a-1", version=2, hours="6"), row(here, "a-2", hours="8"),
        row(here, "a-3", title="另一门课程"), row(here, "a-4"), row(here, "a-5"), row(here, "a-8"),
        row(here, "a-10"), row(here, "a-11", date="2026-04-04"))
    assert what(said) == {
        "a-1": ["newer_there"], "a-2": ["changed_there"], "a-3": ["changed_there"], "a-4": ["corrected_here"],
        "a-5": ["revoked_here"], "a-7": ["gone_there", "frozen_here"], "a-8": ["older_there"], "a-10": ["not_here"]}
    assert (said["compared"], said["differences"], said["outside"]) == (10, 8, 1), "a-6 holds on neither side"
    assert said["counts"]["changed_there"] == 2
    fields = {one["record"]: one["fields"] for one in said["items"]}
    assert [fields[f"a-{number}"] for number in (1, 2, 3, 4)] == [["hours"], ["hours"], ["details"], ["hours"]]
    assert here.town.house.ledger.store.size() == size
    seen = [one.envelope.event for one in here.town.house.register.access.read(limit=10_000)]
    assert any(isinstance(one, AccessRecorded) and one.purpose == "import_reconciliation"
               and one.subject == here.person.id for one in seen)


def test_a_record_whose_day_was_moved_out_of_the_period_is_compared_and_not_told_as_gone(here: Here) -> None:
    batch = taken(here, "moving", row(here, "b-1"))

    said = compared(here, batch, row(here, "b-1", version=2, date="2026-04-04"))
    assert what(said) == {"b-1": ["newer_there"]} and said["items"][0]["fields"] == ["date"]


def test_all_of_it_is_taken_away_as_a_file(here: Here) -> None:
    batch = taken(here, "paper", row(here, "c-1"), row(here, "c-2"))
    newer = row(here, "c-2", version=3)
    csv_file, book = (compared(here, batch, newer, form=form)["table"] for form in ("csv", "xlsx"))
    rows = list(csv.reader(io.StringIO(base64.b64decode(csv_file["content"]).decode("utf-8-sig"), newline="")))
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(base64.b64decode(book["content"]))).get_sheet_by_index(0)

    assert [cells[:5] for cells in rows[-2:]] == [["c-2", "来源有新版本", "1", "3", "1"],
                                                  ["c-1", "来源已无此记录", "", "", "1"]]
    assert [str(cell) for cell in sheet.to_python()[-1][:2]] == ["c-1", "来源已无此记录"]
    assert csv_file["name"].endswith(".csv") and book["name"].endswith(".xlsx")


def test_that_it_was_compared_is_recorded_once_for_each_snapshot(here: Here) -> None:
    batch = taken(here, "ledger", row(here, "d-1"), row(here, "d-2"))
    place, body = f"/v1/imports/{batch['batch']}", {"file": file(row(here, "d-1")),
                                                    "on": here.town.house.today.isoformat()}
    version = here.source.saw(place)["version"]
    here.source.did(f"{place}/reconciliation", body, version=version)

    one, = here.source.saw(place)["reconciliations"]
    assert (one["compared"], one["differences"], one["snapshot_on"]) == (2, 1, body["on"])
    again = here.source.post(f"{place}/reconciliation", body, version=version + 1)
    assert (again.status_code, again.get_json()["code"]) == (409, "already_reconciled")


def test_what_cannot_be_read_is_told_and_keeps_it_from_being_recorded(here: Here) -> None:
    batch = taken(here, "broken", row(here, "e-1"))
    wrong = row(here, "e-1", category="none")

    said = compared(here, batch, wrong)
    assert (said["unread"], said["problems"][0]["code"], what(said)) == (1, "row_malformed", {"e-1": ["gone_there"]})
    place = f"/v1/imports/{batch['batch']}"
    body = {"file": file(wrong), "on": here.town.house.today.isoformat()}
    refused = here.source.post(f"{place}/reconciliation", body, version=here.source.saw(place)["version"])
    assert refused.get_json()["errors"][0]["code"] == "row_malformed"
    late = {**body, "on": (here.town.house.today + timedelta(days=1)).isoformat()}
    assert here.source.post(f"{place}/reconciliation", late, dry_run="true").get_json()["errors"][0]["pointer"] == "/on"


def test_only_whoever_brings_a_sources_records_in_compares_them(here: Here, works: BODY) -> None:
    batch = taken(here, "own", row(here, "f-1"))
    place = f"/v1/imports/{batch['batch']}/reconciliation"
    body = {"file": file(row(here, "f-1")), "on": here.town.house.today.isoformat()}
    clerk = here.town.officer(works, "unit", "330203", unit=works["unit"])
    away = here.town.officer(here.town.unit("温州市人社局", "330300", "general"), "human_resources", "3303")

    for someone, code in ((clerk, "import_absent"), (away, "import_absent"), (here.person, "official_needed")):
        assert someone.post(place, body, dry_run="true").get_json()["code"] == code
