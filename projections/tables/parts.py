"""Rows of a dated table by the values of some columns of their identities, as long as they are gathered.

`tests/projections/test_rows.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from mmap import MAP_ANONYMOUS, MAP_PRIVATE, mmap
from typing import Any, Final

from projections.tables.gathered import Row

SLOTS: Final = 1 << 24
"""What was ever written is remembered by hash, so that most of what never was need not be asked for."""


def slots() -> mmap:
    """A mark for each slot, none of them set. There are many tables, and few grow large: only pages that are written
    are had, and all that are only looked at are one page, which the processor has at hand.
    """
    return mmap(-1, SLOTS, flags=MAP_PRIVATE | MAP_ANONYMOUS)


class OfPart:
    """Rows by the values of some columns: those that were gathered, and whether the file may hold any."""

    def __init__(self, part: Callable[[Any], tuple[Any, ...]], *, is_new: bool) -> None:
        self._part = part
        self._written: mmap | None = slots() if is_new else None
        self._found: dict[tuple[Any, ...], list[Row]] = {}
        self._looked_at = 0

    def gathered(self, fresh: Sequence[Row], values: tuple[Any, ...]) -> Sequence[Row]:
        """Those of some values among rows that are not in the file; of more and more of them, until they are."""
        for row in fresh[self._looked_at:]:
            self._found.setdefault(self._part(row), []).append(row)
        self._looked_at = len(fresh)
        return self._found.get(values, ())

    def may_be_written(self, values: tuple[Any, ...]) -> bool:
        """Say whether the file may hold any of some values."""
        return self._written is None or bool(self._written[hash(values) % SLOTS])

    def write(self, fresh: Sequence[Row]) -> None:
        """Take rows as written."""
        if (written := self._written) is not None:
            for part in map(self._part, fresh):
                written[hash(part) % SLOTS] = 1
        self._found, self._looked_at = {}, 0
