"""What each refusal is to the outside: its HTTP status, and the sentences that go with the doors' own codes.

One table for every code there is. Those of the ledger are listed by status, since their sentences stand beside them;
the doors' own have status and sentences in one place. `tests/api/test_http_refusals.py` finds a code that is missing.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import NamedTuple

from ledger.streams import refusals as of_the_ledger


class Line(NamedTuple):
    """A refusal as people are told it."""

    status: int
    what: str
    why: str
    cure: str

    @property
    def title(self) -> str:
        """What was found, without its full stop."""
        return self.what.removesuffix("。")

    @property
    def detail(self) -> str:
        """The whole: what was found, why that is so, what to do."""
        return f"{self.what}{self.why}{self.cure}"


@cache
def lines() -> dict[str, Line]:
    """Give every refusal by its code."""
    table = tomllib.loads(resources.files(__package__).joinpath("refusals.toml").read_text(encoding="utf-8"))
    sentences = of_the_ledger.sentences()
    listed = {code: Line(int(status), *sentences[code]) for status, codes in table["ledger"].items() for code in codes}
    return listed | {code: Line(**line) for code, line in table["doors"].items()}
