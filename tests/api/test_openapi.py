"""The description of the API is a file that is committed, so that whoever changes what outsiders see, sees it.

XUESHI_WRITE_OPENAPI=1 writes it anew; where that would leave behind whoever wrote against it, only `=breaking` does.
"""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from api.routes.schemas.imports import ImportRow
from tests.api.contract_kit import broken
from tests.api.house_kit import house_in

FILE = Path(__file__).parents[2] / "api" / "openapi.json"
WRITE = os.environ.get("XUESHI_WRITE_OPENAPI")  # Read before a test is shielded from settings outside.
DESCRIBED: dict[str, Any] = json.loads(FILE.read_text("utf-8"))
OPERATIONS = {
    f"{method.upper()} {path}": operation
    for path, methods in DESCRIBED["paths"].items() for method, operation in methods.items()
    if method in ("get", "post")
}


def test_the_committed_description_is_what_the_service_says(tmp_path: Path) -> None:
    with house_in(tmp_path / "data") as town:
        said = town.nobody.saw("/openapi.json")

    written = json.dumps(said, ensure_ascii=False, indent=1) + "\n"
    breaks = broken(DESCRIBED, said)
    assert WRITE == "breaking" or breaks == [], "whoever wrote against it is left behind: XUESHI_WRITE_OPENAPI=breaking"
    if WRITE:  # How the file is written anew; the commit says why.
        FILE.write_text(written, "utf-8")
    assert FILE.read_text("utf-8") == written


UNIT, YEAR = "/v1/units", "/v1/persons/{person}/years/{year}"


def changed(how: Callable[[dict[str, Any]], object]) -> list[str]:
    """What a change of the description breaks."""
    after = json.loads(json.dumps(DESCRIBED))
    how(after)
    return broken(DESCRIBED, after)


def schemas(described: dict[str, Any], name: str) -> Any:
    return described["components"]["schemas"][name]


@pytest.mark.parametrize(("how", "told"), [
    (lambda one: one["paths"].pop(YEAR), f"GET {YEAR}: operation is gone"),
    (lambda one: schemas(one, "UnitAnswer")["properties"].pop("status"), "/status: string is gone"),
    (lambda one: schemas(one, "UnitAnswer")["required"].remove("status"), "/status always:  is gone"),
    (lambda one: schemas(one, "UnitAnswer")["properties"]["status"].update(type="integer"),
     "/status: string became integer"),
    (lambda one: schemas(one, "UnitBody")["properties"].pop("kinds"), "/kinds: array is gone"),
    (lambda one: schemas(one, "UnitBody")["required"].append("kinds"), "/kinds must: is asked for now"),
    (lambda one: schemas(one, "UnitBody")["properties"]["kinds"]["items"]["enum"].remove("employer"),
     "/kinds/*=employer: choice is gone"),
])
def test_a_change_that_leaves_whoever_wrote_against_it_behind_is_told_as_one(
    how: Callable[[dict[str, Any]], object], told: str
) -> None:
    found = changed(how)

    assert found and any(one.endswith(told) for one in found), found[:3]


def test_what_is_added_breaks_nobody() -> None:
    def add(one: dict[str, Any]) -> None:
        one["paths"]["/v1/more"] = one["paths"][UNIT]
        schemas(one, "UnitBody")["properties"]["more"] = {
            "type": "object", "properties": {"word": {"type": "string"}}, "required": ["word"]}
        schemas(one, "UnitAnswer")["properties"]["more"] = {"type": "string"}
        schemas(one, "UnitAnswer")["required"].append("more")

    assert changed(add) == []


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_says_in_chinese_what_it_does_and_how_it_fails(name: str) -> None:
    operation = OPERATIONS[name]

    assert not operation["summary"].isascii()
    assert operation["responses"]["default"] == {"$ref": "#/components/responses/DEFAULT_ERROR"}
    content = DESCRIBED["components"]["responses"]["DEFAULT_ERROR"]["content"]
    assert list(content) == ["application/problem+json"]
    assert operation["security"]


@pytest.mark.parametrize("name", [name for name in OPERATIONS if name.startswith("POST")])
def test_every_write_has_a_key_a_trial_and_where_it_decides_a_version(name: str) -> None:
    parameters = {one["name"]: one for one in OPERATIONS[name]["parameters"]}

    assert parameters["Idempotency-Key"]["required"] and "dry_run" in parameters
    creates = name.count("/") == 2 or name.split("/")[-1] in (
        "transfers", "statements", "tokens", "setup-codes", "titles", "disqualifications", "title-revocations",
        "erasure", "corrections", "departures", "departure-voidings", "affiliation-voidings", "title-voidings",
        "restrictions", "restriction-liftings")
    creates |= "/credentials/" in name  # A token is open or ended: it has no versions.
    creates |= "/second-factor" in name  # Neither has it: there is one or none.
    creates |= "/study-sessions" in name or name.endswith("/heartbeats")  # Outside the log: held by its nonces.
    creates |= "/jobs/" in name  # Outside the log: what is over stays so.
    creates |= name.endswith(("/bundles", "/check"))  # A job is asked for: nothing is decided.
    assert ("If-Match" in parameters) is not creates


def test_whatever_a_file_has_one_of_in_a_line_is_described_to_the_field() -> None:
    named = set(re.findall("每行一个 ([A-Za-z]+)", FILE.read_text("utf-8")))

    assert named == {"BulkLine", "ImportRow"} and named <= DESCRIBED["components"]["schemas"].keys()
    file = DESCRIBED["components"]["schemas"]["ImportBody"]["properties"]["file"]["example"]
    assert ImportRow().load(json.loads(base64.b64decode(file)))["study"]["route"] == "course"


def test_hours_and_days_are_strings_with_a_pattern_and_never_numbers() -> None:
    study = DESCRIBED["components"]["schemas"]["StudyBody"]["properties"]

    for name in ("hours", "confirmed_hours", "days"):
        assert (study[name]["type"], study[name]["pattern"][0]) == ("string", "^")
    assert DESCRIBED["openapi"].startswith("3.1")
