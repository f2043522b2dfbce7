"""The sentences that go with refusal codes: what was found, why that is so, what to do.

A code is for programs and for ever; its sentences are for people and may be put better. They stand in `refusals.toml`,
one line a code. `tests/ledger/streams/test_refusals.py` finds a code without a sentence and a sentence without a code.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import NamedTuple


class Sentences(NamedTuple):
    """What a refusal tells a person."""

    what: str
    why: str
    cure: str

    def __str__(self) -> str:
        return f"{self.what}{self.why}{self.cure}"


@cache
def sentences() -> dict[str, Sentences]:
    """Give the sentences of every refusal of the ledger, by code."""
    text = resources.files(__package__).joinpath("refusals.toml").read_text(encoding="utf-8")
    return {code: Sentences(**line) for code, line in tomllib.loads(text).items()}
