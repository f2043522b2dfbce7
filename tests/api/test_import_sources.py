"""From where records may come: systems that an office registered, and of each only what it may register (P 14, R 6)."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

import pytest

from ledger.events.base import By, Draft
from ledger.events.imports import ImportClosed, ImportId, ImportOpened
from tests.api.command_kit import answering, xueshi
from tests.api.house_kit import BODY, Someone, Town, resident_id

SOURCE = {"system": "classroom", "name": "公需课堂", "kind": "classroom", "region": "330200",
          "categories": ["general_public"]}


class Here(NamedTuple):
    town: Town
    office: Someone
    away: Someone
    number: str


@pytest.fixture(scope="module")
def here(town: Town, works: BODY) -> Iterator[Here]:
    number = resident_id(next(town.numbers))
    made = town.nobody.did("/v1/persons", {"name": "周宁", "id_kind": "resident_id", "id_number": number})
    town.belongs(Someone(town.client(), made["token"], made["person"]), works, "2020-01-01")
    office = town.officer(town.unit("市人社局", "330200", "general"), "human_resources", "3302")
    away = town.officer(town.unit("邻市人社局", "330300", "general"), "human_resources", "3303")
    yield Here(town, office, away, number)


def sent(here: Here, system: str, record: str, **study: Any) -> BODY:
    facts = {"category": "general_public", "route": "course", "date": "2026-05-04", "hours": "4",
             "completed_by": "exam", **study}
    row = {"record": record, "version": 1, "id_number": here.number, "name": "周宁", "study": facts,
           "details": {"title": f"网络课程 {record}"}}
    file = base64.b64encode(json.dumps(row, ensure_ascii=False).encode()).decode()
    return {"system": system, "file": file, "region": "330200", "starts": "2026-01-01", "ends": "2026-12-31"}


def codes(here: Here, body: BODY) -> list[str]:
    would = here.office.post("/v1/imports", body, dry_run="true").get_json()["would"]
    return [one["code"] for one in would["set_aside"]]


def closing(system: str) -> BODY:
    return {"system": system, "why": "replaced"}


def refused(here: Here, path: str, body: BODY, whom: Someone | None = None, **more: Any) -> tuple[int, str]:
    answer = (whom or here.office).post(path, body, **more)
    return answer.status_code, answer.get_json()["code"]


def test_from_a_system_that_nobody_registered_nothing_is_taken_over(here: Here) -> None:
    """A mistyped code would be a second system, whose records nobody holds against those of the first."""
    size = here.town.house.ledger.store.size()
    for trial in ({"dry_run": "true"}, {}):
        assert refused(here, "/v1/imports", sent(here, "nignbo", "m-1"), **trial) == (404, "import_source_absent")
    told = here.office.post("/v1/imports", sent(here, "nignbo", "m-1")).get_json()

    assert "登记" in told["detail"] and told["seen"] == {"system": "nignbo"}
    assert here.town.house.ledger.store.size() == size


def test_a_source_sends_what_it_was_registered_for_and_nothing_else(here: Here) -> None:
    made = here.office.did("/v1/import-sources", SOURCE)
    assert (made["status"], made["categories"]) == ("open", ["general_public"])

    assert codes(here, sent(here, "classroom", "c-1")) == []
    seminar = {"category": "professional", "route": "advanced_seminar", "level": "municipal", "days": "1"}
    other = sent(here, "classroom", "c-2", **seminar)
    file = json.loads(base64.b64decode(other["file"]))
    for left in ("hours", "completed_by"):
        del file["study"][left]
    other["file"] = base64.b64encode(json.dumps(file, ensure_ascii=False).encode()).decode()
    assert codes(here, other) == ["category_not_of_source"]


def test_a_platform_sends_only_what_was_studied_on_it(here: Here) -> None:
    """R 6: hours of the blasting trades come from the platform of that trade."""
    blasting = "浙江省爆破行业网络学习平台"
    here.office.did("/v1/import-sources", {**SOURCE, "system": "blasting", "kind": "sector_platform",
                                           "name": blasting, "platform": blasting})

    assert codes(here, sent(here, "blasting", "b-1", platform="另一平台")) == ["platform_not_of_source"]
    assert codes(here, sent(here, "blasting", "b-2")) == []


def test_a_closed_source_sends_nothing_until_it_is_registered_anew(here: Here) -> None:
    here.office.sends("changing")
    here.office.did("/v1/imports", sent(here, "changing", "o-1"))
    closed = here.office.did("/v1/import-source-closings", closing("changing"))
    assert (closed["status"], closed["why"]) == ("closed", "replaced")

    assert refused(here, "/v1/imports", sent(here, "changing", "o-2")) == (409, "import_source_closed")
    again = here.office.post("/v1/imports", sent(here, "changing", "o-1"))
    assert (again.status_code, again.get_json()["status"]) == (201, "closed"), "what was taken over keeps its receipt"
    assert refused(here, "/v1/import-source-closings", closing("changing")) == (409, "import_source_closed")
    here.office.did("/v1/import-sources", {**SOURCE, "system": "changing"})
    listed, = (one for one in here.office.saw("/v1/import-sources")["items"] if one["system"] == "changing")
    assert (listed["status"], listed["categories"], listed["why"]) == ("open", ["general_public"], None)


def test_an_office_registers_systems_of_its_own_place_and_takes_no_others_code(here: Here) -> None:
    here.office.sends("ours")
    theirs = {**SOURCE, "system": "ours", "region": "330300"}
    assert refused(here, "/v1/import-sources", theirs, here.away) == (403, "outside_scope")
    assert refused(here, "/v1/import-sources", {**SOURCE, "system": "new"}, here.away) == (403, "outside_scope")
    assert refused(here, "/v1/import-source-closings", closing("ours"), here.away) == (403, "outside_scope")
    assert refused(here, "/v1/import-sources", {**SOURCE, "system": "ours"}) == (409, "import_source_exists")
    assert refused(here, "/v1/import-source-closings", closing("none")) == (404, "import_source_absent")


@pytest.mark.parametrize(("field", "value"), [
    ("kind", "rumour"), ("categories", []), ("categories", ["professional", "professional"]), ("system", "大写"),
    ("region", "33"), ("name", ""),
])
def test_what_is_badly_written_is_told_at_its_field(here: Here, field: str, value: Any) -> None:
    answer = here.office.post("/v1/import-sources", {**SOURCE, "system": "bad", field: value})

    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["pointer"].startswith(f"/{field}")


def test_a_system_that_an_older_register_took_records_from_goes_on_and_is_of_that_place(here: Here) -> None:
    ledger, batch = here.town.house.ledger, ImportId(here.town.house.new_id("import"))
    ledger.record([
        Draft(ImportOpened(batch=batch, system="of-old", file_sha256="0" * 64, rows=1, starts=date(2020, 1, 1),
                           ends=date(2020, 12, 31), region="330200")),
        Draft(ImportClosed(batch=batch, accepted=0, rejected=1, duplicates=0, result_sha256="0" * 64)),
    ], by=By(actor="acr_office", role="human_resources"))

    assert codes(here, sent(here, "of-old", "e-1")) == []
    theirs = {**SOURCE, "system": "of-old", "region": "330300"}
    assert refused(here, "/v1/import-sources", theirs, here.away) == (403, "outside_scope")


def test_on_a_terminal_it_is_registered_listed_and_closed(here: Here, tmp_path: Any) -> None:
    with answering(here.town.app) as address:
        def at(*arguments: str) -> tuple[int, str]:
            ended = xueshi(tmp_path, "import", *arguments, "--server", address, XUESHI_TOKEN=str(here.office.token))
            return ended.returncode, ended.stdout + ended.stderr

        made = at("register-source", "--system", "typed", "--name", "某系统", "--kind", "local_system", "--region",
                  "330200", "--category", "general_public", "--category", "professional")
        listed, closed, again = (at("sources"), at("close-source", "typed", "--why", "mistaken"),
                                 at("close-source", "typed", "--why", "mistaken"))
    assert made[0] == listed[0] == closed[0] == 0, (made, listed, closed)
    assert "已登记来源" in made[1] and "某系统" in listed[1] and "使用中" in listed[1] and "mistaken" in closed[1]
    assert again[0] == 1 and "[import_source_closed]" in again[1]
