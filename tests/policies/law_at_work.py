"""Helpers of the law's tests: a file of facts in, the answers of the whole command out. No test lives here."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

from policies.evaluate import main_evaluate

Fact = dict[str, Any]

NINGBO: Fact = {"kind": "affiliation", "person": "p1", "from": "2018-01-01", "region": "330203", "sector": "industry"}


def raw(text: bytes, *, rules: Path | None = None, explain: bool = False) -> tuple[int, bytes, str]:
    """Exit status, standard output and standard error of one evaluation."""
    out, complaints = io.BytesIO(), io.StringIO()
    status = main_evaluate(io.BytesIO(text), out, complaints, rules, explain)
    return status, out.getvalue(), complaints.getvalue()


def written(*facts: Fact) -> bytes:
    """Facts as NDJSON."""
    return "".join(json.dumps(fact, ensure_ascii=False) + "\n" for fact in facts).encode()


def answers(*facts: Fact, rules: Path | None = None, explain: bool = False) -> list[Fact]:
    """The rulings on facts that can all be read."""
    status, out, complaints = raw(written(*facts), rules=rules, explain=explain)
    assert (status, complaints) == (0, "")
    return [json.loads(line) for line in out.decode().splitlines()]


def of_kind(kind: str, rulings: list[Fact]) -> list[Fact]:
    """The rulings of one kind."""
    return [ruling for ruling in rulings if ruling["kind"] == kind]


def entry(number: int = 1, **values: Any) -> Fact:
    """An entry of p1; a qualifying exam of one subject unless it says otherwise."""
    row: Fact = {"kind": "entry", "id": f"e{number}", "person": "p1", "date": "2021-06-01"}
    row["category"] = "professional"
    if "route" not in values:
        row |= {"route": "exam", "subjects": 1}
    return {key: value for key, value in (row | values).items() if value is not None}
