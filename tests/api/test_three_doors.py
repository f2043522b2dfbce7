"""The same question at the library, over HTTP and on the command line: the same bytes, and the same clear no."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from api.cases.years import answered
from projections.basis import Axes, axes_of, read_axes
from tests.api.command_kit import xueshi
from tests.api.house_kit import house_in, study

DESCRIBED = json.loads((Path(__file__).parents[2] / "api" / "openapi.json").read_text("utf-8"))
NEVER = (1 << 53) - 1
DRAFT = "set:zhejiang/2016-08-01,hangzhou-credits/2025-06-06"
REFUSED = (
    ({"as_of": "999999"}, 422, 1, "as_of_in_future"),
    ({"as_of": "2999-01-01"}, 422, 1, "as_of_in_future"),
    ({"as_of": "2001-01-01"}, 422, 1, "as_of_before_ledger"),
    ({"as_of": "0"}, 422, 1, "as_of_before_ledger"),
    ({"as_of": "yesterday"}, 422, 2, "as_of_malformed"),
    ({"valid_on": "2021-02-30"}, 422, 2, "valid_on_malformed"),
    ({"law": "set:atlantis/2020-01-01"}, 422, 1, "law_unknown"),
    ({"law": "tomorrow"}, 422, 2, "law_malformed"),
    ({"law": "now", "log_size": str(NEVER)}, 422, 1, "as_of_in_future"),
    ({"as_of": "9999-12-31"}, 422, 1, "as_of_in_future"),
)


class Asked(NamedTuple):
    """One question, and what HTTP and the library said."""

    query: dict[str, str]
    over_http: bytes
    library: bytes


class Doors(NamedTuple):
    folder: Path
    person: str
    token: str
    asked: list[Asked]
    no: list[tuple[int, str]]
    differences: bytes


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    folder = tmp_path_factory.mktemp("doors")
    with house_in(folder / "data") as town:
        works, station = town.unit("某厂", "330203", "industry"), town.unit("监测站", "330106", "environment")
        person = town.person()
        town.belongs(person, works, "2018-01-01")
        clerk = town.officer(works, "unit", "330203", unit=works["unit"])
        for day in ("2026-03-01", "2026-09-01"):
            approved = clerk.act(person.submit(study(route="exam", subjects=1, date=day)), "approval")
        half = approved["events"][0]
        town.belongs(person, station, "2026-07-01")
        clerk.act(approved, "freeze", {"words": "核查"})
        head = str(town.house.ledger.store.size())
        asked = [
            _ask(town.house, person, {**query, "as_of": as_of})
            for as_of in (str(half), head)
            for query in ({}, {"valid_on": "2026-06-30"}, {"law": DRAFT}, {"law": "set:wenzhou/2020-11-27"},
                          {"law": "now", "log_size": str(half + 1)})
        ]
        no = [(answer.status_code, answer.get_json()["code"])
              for query, *_ in REFUSED for answer in [person.get(f"/v1/persons/{person.id}/years", **query)]]
        listed = person.get("/v1/differences", as_of=head)
        assert listed.status_code == 200, listed.get_data(as_text=True)
        assert person.token is not None
        found = Doors(folder, person.id, person.token, asked, no, listed.data)
    yield found


def _ask(house: Any, person: Any, query: dict[str, str]) -> Asked:
    over_http = person.get(f"/v1/persons/{person.id}/years", **query)
    assert over_http.status_code == 200, over_http.get_data(as_text=True)
    return Asked(query, over_http.data, msgspec.json.encode(answered(house, person.id, read(query))))


def read(query: dict[str, str]) -> Axes:
    return read_axes(query.get("as_of"), query.get("valid_on"), query.get("law"),
                     int(query["log_size"]) if "log_size" in query else None)


def options(query: dict[str, str]) -> list[str]:
    return [part for name, value in query.items() for part in (f"--{name.replace('_', '-')}", value)]


def test_the_same_question_gives_the_same_bytes_at_every_door(doors: Doors) -> None:
    for query, over_http, library in doors.asked:
        told = xueshi(doors.folder, "years", "show", doors.person, *options(query), "--json", "--data", "data",
                      XUESHI_TOKEN=doors.token)

        assert told.returncode == 0, told.stderr
        assert told.stdout.encode() == over_http == library, query


def test_the_answers_differ_where_the_axes_do(doors: Doors) -> None:
    assert len({one.library for one in doors.asked}) == len(doors.asked)
    for one in doors.asked:
        basis = json.loads(one.library)["basis"]
        assert {name: basis[name] for name in ("valid_on", "law")} == {
            "valid_on": one.query.get("valid_on"), "law": one.query.get("law", "then")}
        assert str(basis["as_of"]) == one.query["as_of"]
        assert axes_of(basis).law == basis["law"]
        if "log_size" in one.query:  # An old basis is asked again, however long the log has grown since.
            assert basis["log_size"] == max(int(one.query["log_size"]), basis["as_of"])


def test_what_cannot_be_answered_is_the_same_clear_no_at_every_door(doors: Doors) -> None:
    assert doors.no == [(status, code) for _, status, _, code in REFUSED]
    for query, _, exit_status, code in REFUSED:
        told = xueshi(doors.folder, "years", "show", doors.person, *options(query), "--data", "data",
                      XUESHI_TOKEN=doors.token)

        assert (told.returncode, told.stdout) == (exit_status, ""), told.stderr
        assert f"[{code}]" in told.stderr


def test_a_list_of_differences_too_has_the_same_bytes_on_the_command_line(doors: Doors) -> None:
    head = json.loads(doors.differences)["as_of"]
    told = xueshi(doors.folder, "differences", "list", "--as-of", str(head), "--json", "--data", "data",
                  XUESHI_TOKEN=doors.token)

    assert told.stdout.encode() == doors.differences
    (row,) = json.loads(told.stdout)["items"]
    assert (row["kind"], row["decided"]["counted"], row["evaluated"]["counted"]) == ("belonging", "6", "30")
    for command, words in (("list", "认定 6，评定 30"), ("years", "2026")):
        shown = xueshi(doors.folder, "differences", command, "--data", "data", XUESHI_TOKEN=doors.token)
        assert words in shown.stdout, shown.stderr
    counted = xueshi(doors.folder, "differences", "offices", "--data", "data", XUESHI_TOKEN=doors.token)
    assert (counted.returncode, "[official_needed]" in counted.stderr) == (1, True)


def test_every_question_whose_answer_weighs_hours_takes_all_three_axes() -> None:
    schemas, weighing = DESCRIBED["components"]["schemas"], {}
    for path, methods in DESCRIBED["paths"].items():
        if "get" not in methods or not path.startswith("/v1/persons/"):
            continue
        content = methods["get"]["responses"].get("200", {}).get("content", {}).get("application/json", {})
        schema = schemas.get(content.get("schema", {}).get("$ref", "").rpartition("/")[2], {})
        if "basis" in schema.get("properties", {}):
            weighing[path] = {one["name"] for one in methods["get"].get("parameters", ()) if one.get("in") == "query"}

    assert {"/v1/persons/{person}/years", "/v1/persons/{person}/years/{year}"} <= weighing.keys()
    assert [path for path, names in weighing.items() if not {"as_of", "valid_on", "law"} <= names] == []
