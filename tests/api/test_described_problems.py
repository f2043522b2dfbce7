"""Of each no that the description shows is an example that the service really says; operations name theirs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from api.refusals.problems import MEDIA_TYPE
from api.routes import described_problems
from api.routes.described_problems import TRACE
from tests.api.house_kit import BODY, Someone, Town, study

DESCRIBED: dict[str, Any] = json.loads((Path(__file__).parents[2] / "api" / "openapi.json").read_text("utf-8"))
RESPONSES: dict[str, Any] = DESCRIBED["components"]["responses"]
OPERATIONS = [(f"{method.upper()} {path}", operation) for path, methods in DESCRIBED["paths"].items()
              for method, operation in methods.items() if method in ("get", "post", "put", "delete")]


def shown(status: int) -> BODY:
    found: BODY = described_problems.said()[status]
    return found


@pytest.fixture(scope="module")
def heard(town: Town) -> dict[int, BODY]:
    """What is answered to those who meet each of them."""
    person, works = town.person(), town.unit("某厂", "330203", "industry")
    town.belongs(person, works, "2020-01-01")
    stranger = town.officer(town.unit("某局", "330300", "industry"), "human_resources", "3303")
    claim = person.submit(study())["claim"]
    at = f"/v1/claims/{claim}/withdrawal"
    nobodys = person.post("/v1/claims/clm_0000000000000000000000/withdrawal", {}, version=1)
    first, again = (person.post(at, {}, version=version) for version in (1, 2))
    assert first.status_code == 201
    asked = [
        town.nobody.get("/v1/work"), nobodys, again, person.post(at, {}, version=1), without(person, at),
        person.post("/v1/claims", person.claim({**study(), "days": "x"})),
        stranger.post("/v1/actors", {
            "organisation": works["unit"], "account": "x-01", "official": {"name": "王某"}}),
    ]
    return {one.status_code: one.get_json() for one in asked}


def without(person: Someone, place: str) -> Any:
    return person.client.post(place, json={}, headers={
        "Authorization": f"Bearer {person.token}", "Idempotency-Key": "a-key-of-my-own-1"})


@pytest.mark.parametrize("status", [401, 403, 404, 409, 412, 422, 428])
def test_what_is_shown_of_a_no_is_what_is_really_said(heard: dict[int, BODY], status: int) -> None:
    told, example = heard[status], shown(status)

    assert told.keys() == example.keys()
    for name in ("type", "title", "status", "detail", "code"):
        assert told[name] == example[name]
    assert told.get("seen", {}).keys() == example.get("seen", {}).keys()
    if status == 422:
        assert told["errors"] == example["errors"], told


def test_each_example_is_a_problem_as_it_is_described_and_not_a_words_place_holder() -> None:
    schema = {"$ref": "#/components/schemas/Problem", "components": DESCRIBED["components"]}

    for name, response in RESPONSES.items():
        example = response["content"][MEDIA_TYPE]["example"]
        jsonschema_rs.Draft202012Validator(schema).validate(example)
        assert example["trace_id"] == TRACE and not example["title"].isascii(), name
        assert not response["description"].isascii(), name


def test_who_must_have_looked_or_logged_in_is_told_of_the_no_that_follows_otherwise() -> None:
    for name, operation in OPERATIONS:
        statuses = set(operation["responses"])
        wants = {one["name"] for one in operation.get("parameters", ()) if one.get("required")}
        assert ("401" in statuses) is ({} not in operation["security"]), name
        assert ({"412", "428"} <= statuses) is ("If-Match" in wants), name
        assert ("404" in statuses) is ("{" in name), name
    assert all(one["$ref"].rpartition("/")[2] in RESPONSES for _, operation in OPERATIONS
               for one in operation["responses"].values() if "$ref" in one)
