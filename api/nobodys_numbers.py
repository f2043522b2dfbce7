"""Numbers of people and units that there are not: well formed, and so that they can be nobody's."""

from typing import Final

from ledger.identifiers.resident_id import check_character
from ledger.identifiers.unit_code import check_character as unit_check_character

NOBODYS_AREA: Final = "330000"
"""No person is born in a province itself: no number that begins so is anybody's."""


def resident_id(born: str, number: int) -> str:
    """Make a number that could be somebody's but for its area."""
    body = f"{NOBODYS_AREA}{born}{number:03d}"
    return body + check_character(body)


def credit_code(number: int, kind: str) -> str:
    """Make a unit's code; no organisation is registered in that area either."""
    body = f"{'11' if kind == 'department' else '91'}{NOBODYS_AREA}{number:09d}"
    return body + unit_check_character(body)
