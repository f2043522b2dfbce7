"""Beside each operation of the description, how it was once really asked for and answered (`examples.json`).

The file is what a story sent that the tests tell (`tests/api/test_described_examples.py`), with two of each list and
long answers begun. Whoever writes a program against the doors begins with what has worked, and the page of the
description tries it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("examples.json")


def shown(described: dict[str, Any]) -> dict[str, Any]:
    """Put the examples into a description."""
    for name, example in json.loads(FILE.read_text("utf-8")).items():
        method, path = name.split(" ")
        address = described["paths"].get(path, {})
        if method.lower() in address:  # One that is gone is told by the tests.
            _put(address, address[method.lower()], example)
    return described


def _put(address: dict[str, Any], operation: dict[str, Any], example: dict[str, Any]) -> None:
    sent = {"path": example.get("path", {}), "query": example.get("query", {}),
            "header": {"If-Match": example.get("if_match")}}
    for parameter in (*address.get("parameters", ()), *operation.get("parameters", ())):
        value = sent[parameter["in"]].get(parameter["name"])
        if value is not None:
            parameter.setdefault("example", _typed(value, parameter["schema"].get("type")))
    if "body" in example:
        operation["requestBody"]["content"][example["body_type"]]["example"] = example["body"]
    if "answer" in example:
        operation["responses"][str(example["status"])]["content"][example["answer_type"]]["example"] = example["answer"]


def _typed(value: str, kind: str | list[str] | None) -> Any:
    """What an address says, as the description's schema has it."""
    return json.loads(value) if kind in ("integer", "boolean") else [value] if kind == "array" else value
