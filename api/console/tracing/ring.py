"""What entries share as a picture: what was begun with in the middle, what it shares around it, each as large as many.

Rows of nodes stand left and right of the middle on a flat ring; places across are hundredths of a percent of the width
and those down are points, so that it fits any window with its text as large as the page's. Of each node the outer disc
is as large as there are entries, the inner one as there are people, by doublings. The table beside it says the same in
words. Pure. `tests/console/test_pivot_screens.py` shows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from api.console.tracing.lanes import percent

_ROW: Final = 92        # From one row of nodes to the next,
_ABOVE: Final = 44      # and above the first: the largest disc and its line.
_NEAR: Final = 1_900    # So far from the middle at the ends of the ring,
_WIDE: Final = 1_200    # and so much further at its waist.
_MIDDLE: Final = 5_000
_BEYOND: Final = (400, 9_600)
_LEAST: Final = 7


class Node(NamedTuple):
    """Something that is shared: by how many entries, how many people, and how many more things those share."""

    name: str
    claims: int
    persons: int
    is_more: bool
    is_telling: bool
    further: int
    link: str


def ring(nodes: Sequence[Node]) -> dict[str, Any] | None:
    """Where everything stands; None where there is nothing to show."""
    if not nodes:
        return None
    rows = -(-len(nodes) // 2)
    high = rows * _ROW + _ABOVE
    return {
        "high": high, "x": percent(_MIDDLE), "y": high // 2,
        "nodes": [_placed(node, at // 2, rows, is_right=at % 2 == 0) for at, node in enumerate(nodes)],
    }


def _placed(node: Node, row: int, rows: int, *, is_right: bool) -> dict[str, Any]:
    side = 1 if is_right else -1
    place, whole = 2 * row + 1, 2 * rows
    across = _MIDDLE + side * (_NEAR + _WIDE * 4 * place * (whole - place) // (whole * whole))
    y, size = _ABOVE + row * _ROW, _size(node.claims)
    return {
        **node._asdict(), "x": percent(across), "y": y, "size": size,
        "inner": min(size - 3, _size(node.persons) - 2) if node.persons else 0,
        "beyond": percent(_BEYOND[is_right]), "many": f"{node.claims:,}{' 以上' if node.is_more else ''}",
    }


def _size(many: int) -> int:
    """The radius of a disc: two points more each time that they double."""
    return _LEAST + 2 * many.bit_length() if many else _LEAST
