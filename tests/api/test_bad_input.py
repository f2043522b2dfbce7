"""What must hold of whatever is sent to any door: asked of every operation that the description has.

Each test ends with the log as long as it began: what is refused is not half registered. The table of bad input in
`api/http.md` names the tests for each kind; the last test here reads it.
"""

from __future__ import annotations

import ast
import gzip
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from api.refusals import problems
from api.routes.door import PUBLIC_MOST
from tests.api.house_kit import BODY, Someone, Town, study

ROOT = Path(__file__).parents[2]
DESCRIBED = json.loads((ROOT / "api" / "openapi.json").read_text("utf-8"))
SCHEMAS = DESCRIBED["components"]["schemas"]
OPERATIONS = {f"{method.upper()} {path}": operation for path, methods in DESCRIBED["paths"].items()
              for method, operation in methods.items() if method in ("get", "post", "put", "delete")}
INJECTED = (
    "' OR '1'='1", "'; DROP TABLE credential; --", "1 UNION SELECT sha256 FROM credential", "{{ 7 * 7 }}", "${7*7}",
    "%s%n%x", "$(id)", "`id`", "| id", "../../keys/founder.token", "..\\..\\keys\\founder.token",
    "%2e%2e%2fkeys%2ffounder.token", "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>",
    "=HYPERLINK(\"http://x\")", "a\r\nSet-Cookie: x=y", "a\nevent: x", "a\x00b", "\u202e\u200b", "\ud7ff\uffff",
    "a" * 5_000,
)


@pytest.fixture(scope="module")
def person(town: Town, works: BODY) -> Someone:
    person = town.person()
    town.belongs(person, works, "2020-01-01")
    return person


@pytest.fixture(autouse=True)
def _nothing_is_written(town: Town, officer: Someone, person: Someone) -> Iterator[None]:
    size = town.house.ledger.store.size()
    yield
    assert town.house.ledger.store.size() == size, "something was registered"


def asked(client: FlaskClient, operation: str, someone: Someone, **more: Any) -> TestResponse:
    """Ask for an operation with ids that are well shaped and nobody's."""
    method, path = operation.split(" ")
    path = re.sub(r"\{(\w+)\}", lambda name: shaped(operation, name[1]), path)
    headers = {**someone.headers(version=1), **more.pop("headers", {})}
    return client.open(path, method=method, headers=headers, **more)


def shaped(operation: str, name: str) -> str:
    path = operation.split(" ")[1]
    listed = [*OPERATIONS[operation].get("parameters", []), *DESCRIBED["paths"][path].get("parameters", [])]
    schema = next(one["schema"] for one in listed if one["name"] == name)
    if schema["type"] == "integer":
        return "2024"
    pattern = schema.get("pattern", "x")
    if found := re.search(r"([a-z]{3}_)\[", pattern):
        return found[1] + "0" * 22
    size = re.search(r"\{(\d+)\}", pattern)
    return "0" * int(size[1]) if size else "none"


def faults(answer: TestResponse) -> set[str]:
    return {one.get("pointer", one.get("parameter")) for one in answer.get_json().get("errors", ())}


def taking(kind: str) -> list[str]:
    return [name for name, one in OPERATIONS.items() if kind in one.get("requestBody", {}).get("content", {})]


def asking_for(parameter: str) -> list[str]:
    return [name for name, operation in OPERATIONS.items()
            if any(one["name"] == parameter and one["in"] == "query" for one in operation.get("parameters", ()))]


# Mass assignment


def test_no_body_takes_a_name_that_is_not_declared(officer: Someone) -> None:
    sent = {"undeclared": True, "status": "approved", "assessed": "90", "recorded_at": "2026-01-01", "actor": "acr_x"}
    for name in taking("application/json"):
        answer = asked(officer.client, name, officer, json=sent)
        assert (answer.status_code, "/undeclared" in faults(answer)) == (422, True), (name, answer.get_json())


def test_every_object_and_text_and_list_that_is_sent_has_its_bounds() -> None:
    unbounded: list[str] = []

    def walk(schema: BODY, place: str) -> None:
        if "$ref" in schema:
            schema = SCHEMAS[schema["$ref"].rpartition("/")[2]]
        types = schema.get("type", [])
        types = types if isinstance(types, list) else [types]
        if "object" in types and "properties" in schema and schema.get("additionalProperties") is not False:
            unbounded.append(f"{place}: any name")
        if "array" in types and "maxItems" not in schema:
            unbounded.append(f"{place}: any number")
        if "string" in types and not schema.keys() & {"maxLength", "enum", "pattern", "format"}:
            unbounded.append(f"{place}: any text")
        for name, inner in schema.get("properties", {}).items():
            walk(inner, f"{place}/{name}")
        for inner in (schema.get("items"), *schema.get("allOf", ()), *schema.get("anyOf", ())):
            if inner:
                walk(inner, place)

    for name in taking("application/json"):
        if "/drafts/" not in name:  # A draft is what somebody has typed so far: it is bounded as a whole.
            walk(OPERATIONS[name]["requestBody"]["content"]["application/json"]["schema"], name)
    assert unbounded == []


@pytest.mark.parametrize(
    "query", [{"undeclared": "1"}, {"dryrun": "true"}, [("dry_run", "true"), ("dry_run", "false")]], ids=str)
def test_no_address_takes_a_name_that_is_not_declared_or_one_twice(officer: Someone, query: Any) -> None:
    """A misspelt `dry_run` would be for real; of two, somebody else may have read the other."""
    for name in OPERATIONS:
        kinds = OPERATIONS[name].get("requestBody", {}).get("content", {})
        json_ = {"json": {}} if "application/json" in kinds else {}
        answer = asked(officer.client, name, officer, query_string=query, **json_)
        assert answer.status_code == 422, (name, query, answer.get_json())
        assert "application/json" in kinds or faults(answer) & {"undeclared", "dryrun", "dry_run"}, name


def test_a_million_wrong_names_are_told_as_the_first_hundred(officer: Someone) -> None:
    wrong = {f"{number:x}": 1 for number in range(10_000)} | {"x" * 10_000: 1}
    body = officer.client.post("/v1/claims", json=wrong, headers=officer.headers())
    address = officer.get("/v1/work", **wrong)

    for answer in (body, address):
        assert (answer.status_code, len(answer.get_json()["errors"])) == (422, problems.FAULTS_MOST + 1)
        assert answer.get_json()["errors"][-1]["code"] == "more" and len(answer.data) < 20_000


def test_of_whoever_has_not_said_who_they_are_little_is_read(town: Town) -> None:
    """What is open to everyone takes little; of what is not, nothing is said about what was sent."""
    stranger = Someone(town.client(), "xsl_" + "a" * 43)
    for name, operation in OPERATIONS.items():
        if name.startswith("POST") and {} in operation["security"]:
            answer = asked(town.client(), name, town.nobody, json={"name": "x" * PUBLIC_MOST})
            assert (answer.status_code, answer.get_json()["code"]) == (413, "content_too_large"), name
        elif name in taking("application/json"):
            for nobody, code in ((town.nobody, "login_required"), (stranger, "token_unknown")):
                answer = asked(town.client(), name, nobody, data=b"[" * 100, content_type="application/json")
                assert (answer.status_code, answer.get_json()["code"]) == (401, code), name


# Injection


def test_whatever_stands_in_an_address_is_a_word_and_nothing_else(officer: Someone) -> None:
    founder = officer.client.application.extensions["house"].register.founder_token.encode()
    for number, (name, operation) in enumerate(OPERATIONS.items()):
        if not name.startswith("GET"):
            continue
        queries = [one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"]
        for at, words in enumerate(INJECTED[number % 3::3]):  # A third at each door, and each at many.
            given = {queries[at % len(queries)]: words} if queries else {}
            answer = asked(officer.client, name, officer, query_string={"purpose": "annual_review", **given}
                           if "purpose" in queries and given.keys() != {"purpose"} else given)
            assert answer.status_code < 500 and "Set-Cookie" not in answer.headers, (name, given, answer.status_code)
            assert answer.status_code == 200 or answer.mimetype == problems.MEDIA_TYPE, (name, given)
            assert founder not in answer.data


def test_a_path_is_no_way_to_a_file(town: Town, officer: Someone) -> None:
    for before in ("/", "/static/", "/log/tile/", "/log/tile/entries/", "/v1/claims/", "/v1/roster-template/"):
        for path in ("../keys/founder.token", "..%2fkeys%2ffounder.token", "%2e%2e/%2e%2e/etc/passwd", "....//x",
                     "..\\keys", "etc/passwd", "x%00.css", "file:///etc/passwd"):
            answer = officer.get(before + path)
            assert answer.status_code in (400, 401, 403, 404), before + path
            assert b"root:" not in answer.data and town.house.register.founder_token.encode() not in answer.data


def test_what_looks_like_code_is_kept_and_answered_as_it_was_written(town: Town, person: Someone) -> None:
    for words in [one for one in INJECTED if one.isprintable() and len(one) < 200]:
        answer = person.post("/v1/claims", person.claim(study(), words), dry_run="true")
        assert answer.status_code == 200, (words, answer.get_json())
    for words in ("a\r\x0bSet-Cookie: x=y", "a\x00b", "\u202e\u200b", "a" * 5_000, " ", ""):
        answer = person.post("/v1/claims", person.claim(study(), words))
        assert (answer.status_code, faults(answer)) == (422, {"/details/title"}), words


# Cursors, types, encodings, numbers


def test_a_cursor_that_was_not_given_out_opens_no_page(officer: Someone) -> None:
    forged = ("x", "", "eyJhZnRlciI6MH0", "A" * 400, "../x", "'; --", "0")
    assert len(asking_for("cursor")) >= 10
    for name in asking_for("cursor"):
        for cursor in forged:
            answer = asked(officer.client, name, officer, query_string={"cursor": cursor})
            assert answer.status_code in (403, 404, 422), (name, cursor, answer.get_json())
            if answer.status_code == 422 and answer.get_json()["code"] != "purpose_missing":
                assert answer.get_json()["code"] in ("cursor_malformed", "unprocessable_content"), (name, cursor)


def test_no_body_is_taken_for_what_it_does_not_say_it_is(officer: Someone) -> None:
    body = json.dumps({"undeclared": 1}).encode()
    for name in taking("application/json"):
        for kind in ("text/plain", "application/xml", "multipart/form-data", "application/x-www-form-urlencoded", ""):
            answer = asked(officer.client, name, officer, data=body, content_type=kind)
            assert (answer.status_code, answer.get_json()["code"]) == (415, "unsupported_media_type"), (name, kind)


def test_a_body_is_not_unpacked(officer: Someone) -> None:
    packed = gzip.compress(b" " * 1_000_000)
    for name in (one for one, operation in OPERATIONS.items() if "requestBody" in operation):
        answer = asked(officer.client, name, officer, data=packed, content_type="application/json",
                       headers={"Content-Encoding": "gzip"})
        assert (answer.status_code, answer.get_json()["code"]) == (415, "unsupported_media_type"), name


@pytest.mark.parametrize("number", ["1e400", "-1", "1.0", "9" * 5_000, "9223372036854775808", "true", "\"1\"", "[1]"])
def test_a_number_is_a_whole_one_in_its_bounds_or_refused(person: Someone, number: str) -> None:
    body = json.dumps(person.claim(study(route="paper", level="core", rank="RANK"))).replace('"RANK"', number)
    answer = person.client.post("/v1/claims", data=body, content_type="application/json", headers=person.headers())

    assert answer.status_code in (400, 422), answer.get_json()
    assert answer.status_code == 400 or "/study/rank" in faults(answer)


# The table


TABLE = re.compile(r"^## Bad input$.*?(?=^#|\Z)", re.MULTILINE | re.DOTALL)
ASKED = ("injection", "mass assignment", "path traversal", "zip bombs", "content types", "oversized", "slow", "nonces",
         "cursors", "scope", "spreadsheets", "no request")


def rows() -> list[tuple[str, str, str]]:
    found = TABLE.search((ROOT / "api" / "http.md").read_text("utf-8"))
    assert found is not None
    lines = [line for line in found[0].splitlines() if line.startswith("| ")][1:]
    return [(first, second, third) for first, second, third in (line.strip("| ").split(" | ") for line in lines)]


def test_the_table_of_bad_input_names_every_kind_and_tests_that_there_are() -> None:
    kinds = [kind for kind, _, _ in rows()]
    missing = [f"{file}::{test}" for _, _, tests in rows() for file, test in re.findall(r"`(\S+?)::(\w+)`", tests)
               if test not in functions_of(ROOT / file)]

    assert [asked for asked in ASKED if not any(asked in kind for kind in kinds)] == []
    assert missing == []
    assert all("::" in tests for _, _, tests in rows())


def functions_of(path: Path) -> set[str]:
    if not path.exists():
        return set()
    return {node.name for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.FunctionDef)}


def test_every_code_that_the_table_names_is_one_that_is_explained() -> None:
    refused = tomllib.loads((ROOT / "api" / "refusals" / "refusals.toml").read_text("utf-8"))
    known = {*problems.KINDS, *refused["doors"], *(code for codes in refused["ledger"].values() for code in codes)}
    named = {code for _, answer, _ in rows() for code in re.findall(r"`([a-z_]+)`", answer)}

    assert named - known == set()
    assert {"unprocessable_content", "cursor_malformed", "content_too_large"} <= named
