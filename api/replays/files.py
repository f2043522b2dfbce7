"""The files of a report that speak of people: an office that makes rules reads none of them, whatever door it takes.

`tests/api/test_replays.py` shows it.
"""

from __future__ import annotations

from typing import Final

_OF_PEOPLE: Final = ("person_years", "entries", "titles")


def is_of_people(name: str) -> bool:
    """Say whether a file has rows of people."""
    return name.rpartition(".")[0] in _OF_PEOPLE
