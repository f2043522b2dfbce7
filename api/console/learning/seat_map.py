"""The seats of a session as a picture: which are free, which are taken, which is one's own; nobody's name.

Seats stand twenty in a row as they are numbered; where they stand in the room, nobody has told. One path for all seats
of a kind, so that a hall of a thousand costs a few thousand bytes. The table beside it says the same row by row, in
runs of numbers. Pure. `tests/console/test_seat_map.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

MOST: Final = 2_000
"""A session with more seats is not drawn: its table says it."""

PER_ROW: Final = 20
_STEP: Final = 16     # From one seat to the next,
_SEAT: Final = 12     # of which so much is the seat.
_LEFT: Final = 40     # Room for the number of each row's first seat.


def seat_map(seats: int, taken: Iterable[int], own: Iterable[int] = ()) -> dict[str, Any]:
    """Where each seat stands, by kind, and the rows of the table."""
    held, mine = set(taken), set(own)
    kinds = {
        "free": [seat for seat in range(1, seats + 1) if seat not in held and seat not in mine],
        "taken": sorted(held - mine), "own": sorted(mine),
    }
    rows = range(1, seats + 1, PER_ROW)
    free = set(kinds["free"])
    return {
        "paths": {kind: _path(found) for kind, found in kinds.items() if found} if seats <= MOST else {},
        "width": _LEFT + PER_ROW * _STEP, "height": len(rows) * _STEP,
        "marks": [{"y": number * _STEP + _SEAT - 2, "words": first} for number, first in enumerate(rows)],
        "rows": [{"words": f"{first}–{min(first + PER_ROW - 1, seats)}" if first < seats else f"{first}",
                  "free": runs([seat for seat in _of_row(first, seats) if seat in free]),
                  "taken": runs([seat for seat in _of_row(first, seats) if seat not in free])} for first in rows],
        **{kind: len(found) for kind, found in kinds.items()},
    }


def _of_row(first: int, seats: int) -> range:
    return range(first, min(first + PER_ROW, seats + 1))


def _path(found: Sequence[int]) -> str:
    def corner(seat: int) -> str:
        row, place = divmod(seat - 1, PER_ROW)
        return f"M{_LEFT + place * _STEP} {row * _STEP}h{_SEAT}v{_SEAT}h-{_SEAT}z"

    return "".join(map(corner, found))


def runs(numbers: Sequence[int]) -> str:
    """Numbers as one says them: 1–4、7、9–12."""
    told: list[list[int]] = []
    for number in numbers:
        if told and number == told[-1][1] + 1:
            told[-1][1] = number
        else:
            told.append([number, number])
    return "、".join(str(first) if first == last else f"{first}–{last}" for first, last in told)
