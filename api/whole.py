"""Whole numbers as people type them: in an address, a form, a cell of a list, a fact on a command line.

Of other digits than 0 to 9 Python makes numbers too, and of some thousands of them an error: neither comes this far.
`tests/api/test_whole_numbers.py` shows it.
"""

from __future__ import annotations

from typing import Final

_DIGITS: Final = 15


def whole(text: str, digits: int = _DIGITS) -> int | None:
    """Read a whole number of at most so many digits; None where it is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= digits else None


def whole_or_as_typed(text: str, digits: int = _DIGITS) -> int | str:
    """The same; what is none stays as it was typed, for whoever says what is wrong with it."""
    number = whole(text, digits)
    return text if number is None else number
