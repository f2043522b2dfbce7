"""Pages: some of an answer in order, as of one position, and where the following page begins.

`tests/projections/test_timeline.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

_T = TypeVar("_T")
_U = TypeVar("_U")


class Page(NamedTuple, Generic[_T]):
    """Some of what was found; `next` is what the following page begins after, if there is one."""

    items: tuple[_T, ...]
    next: tuple[Any, ...] | None
    as_of: int

    def of(self, items: Sequence[_U]) -> Page[_U]:
        """The same page told in other words."""
        return Page(tuple(items), self.next, self.as_of)


def paged(rows: Sequence[_T], limit: int, as_of: int, place: Callable[[_T], tuple[Any, ...]]) -> Page[_T]:
    """Make a page of rows of which one more than the limit was asked for."""
    kept = tuple(rows[:limit])
    return Page(kept, place(kept[-1]) if len(rows) > limit else None, as_of)
