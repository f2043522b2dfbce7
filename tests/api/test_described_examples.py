"""Every operation of the description has an example, and a story that these tests tell has really sent it.

What is sent while a town is furnished and lived in is written down: of each operation the first exchange in which it
was done. `api/routes/examples.json` keeps them, and the description shows them beside each operation, so that whoever
writes a program against it begins with what works. XUESHI_WRITE_EXAMPLES=1 writes anew those that are no longer alike;
the description is written after it (`test_openapi.py`).
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from tests.api import example_chapters
from tests.api.house_kit import Town, house_in_2026
from tests.api.recording_kit import Exchange, Recording, is_alike, is_trial, shape
from tests.api.test_authority_matrix import serving

API = Path(__file__).parents[2] / "api"
FILE = API / "routes" / "examples.json"
WRITE = bool(os.environ.get("XUESHI_WRITE_EXAMPLES"))  # Read before a test is shielded from settings outside.
DESCRIBED: dict[str, Any] = json.loads((API / "openapi.json").read_text("utf-8"))
OPERATIONS = {f"{method.upper()} {path}": one for path, methods in DESCRIBED["paths"].items()
              for method, one in methods.items() if method in ("get", "post", "put", "delete")}
pytestmark = pytest.mark.timeout(600)  # Whoever asks first waits for the whole story.


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Exchange]:
    found: dict[str, Exchange] = {}
    for chapter in example_chapters.ALL:
        for name, exchange in _told_in(chapter, tmp_path_factory.mktemp(chapter.__name__) / "data").items():
            if name not in found or (is_trial(found[name]) and not is_trial(exchange)):
                found[name] = exchange
    return {name: found[name] for name in OPERATIONS if name in found}


def _told_in(chapter: Callable[[Town], None], folder: Path) -> dict[str, Exchange]:
    with house_in_2026(folder) as town:
        serving(town)
        recording = Recording(town.app)
        town.founder.client, town.nobody.client = town.client(), town.client()
        chapter(town)
        return recording.told


def test_every_operation_has_an_example_that_a_story_has_really_sent(told: dict[str, Exchange]) -> None:
    kept: dict[str, Exchange] = json.loads(FILE.read_text("utf-8")) if FILE.exists() else {}
    if WRITE:
        kept = {name: kept[name] if name in kept and _alike(kept[name], now) else now for name, now in told.items()}
        FILE.write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n", "utf-8")

    assert OPERATIONS.keys() - told.keys() == set(), "no story does this: add it to tests/api/example_chapters"
    assert kept.keys() == told.keys()
    assert [name for name, now in told.items() if not _alike(kept[name], now)] == []


def _alike(one: Exchange, other: Exchange) -> bool:
    return one.get("status") == other.get("status") and is_alike(shape(one.get("answer")), shape(other.get("answer"))) \
        and is_alike(shape(one.get("body")), shape(other.get("body")))


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_example_is_what_the_description_allows(name: str) -> None:
    example: Exchange = json.loads(FILE.read_text("utf-8"))[name]
    operation = OPERATIONS[name]

    answer = operation["responses"][str(example["status"])]
    if "answer" in example:
        schema = answer["content"][example["answer_type"]]["schema"]
        for said in _said(example, schema):
            _fits(said, schema)
    if "body" in example:
        _fits(example["body"], operation["requestBody"]["content"][example["body_type"]]["schema"])


def _said(example: Exchange, schema: dict[str, Any]) -> list[Any]:
    """What the schema is of: the answer, or each line of one that is described by its lines."""
    if "ndjson" not in example["answer_type"] or schema.get("type") == "string":
        return [example["answer"]]
    return [json.loads(line) for line in example["answer"].splitlines()]


def _fits(value: Any, schema: dict[str, Any]) -> None:
    whole = {**schema, "components": DESCRIBED["components"]}
    jsonschema_rs.Draft202012Validator(whole).validate(value)
