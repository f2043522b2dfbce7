"""What a check tells: one thing that is wrong, where, by a stable code, in Chinese words."""

from __future__ import annotations

from typing import Final, NamedTuple

from ledger.proof.text import show

PROBLEMS_MAX: Final = 100


class Problem(NamedTuple):
    """One thing that is wrong: where, a stable code, and Chinese words."""

    position: int | None
    code: str
    words: str


def shown(value: object) -> str:
    """Show what should be an id and may be anything."""
    return value if isinstance(value, str) and value.isascii() and value.isprintable() else show(repr(value))
