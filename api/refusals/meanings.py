"""What every code means that is no refusal: those of our packages' errors, and those of a field or of a row of a list.

An error's own text says what was found; this says what, why and the cure in words that hold for every case of the code.
Codes that share why and cure stand together as kin. `tests/api/test_problem_pages.py` finds a code without its words.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any

from api.refusals.refusals import Line


@cache
def lines() -> dict[str, Line]:
    """Give every such code with its status and sentences."""
    faults = _table("faults.toml")
    found = {
        code: Line(one["status"], what, one["why"], one["cure"])
        for one in (*_table("errors.toml")["kin"], *faults["kin"]) for code, what in one["what"].items()
    }
    return found | _identifiers(**faults["identifier"])


def line_of(code: str) -> Line | None:
    """Say what a code means, if it is one of these."""
    return lines().get(code)


def _identifiers(status: int, what: dict[str, str], why: dict[str, str], cure: str) -> dict[str, Line]:
    """A fault of an identifier is told by what it is and by the reason; an error only by what it is."""
    of_errors = {code: Line(status, said, "号码、代码和姓名都有固定的写法。", cure) for code, said in what.items()}
    return of_errors | {
        f"{code}_{reason}": Line(status, said, because, cure)
        for code, said in what.items() for reason, because in why.items()
    }


def _table(name: str) -> dict[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath(name).read_text(encoding="utf-8"))
