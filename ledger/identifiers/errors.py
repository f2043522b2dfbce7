"""What is wrong with an identifier, said without repeating it.

The value of an identifier is personal (PIPL 28), and error texts travel into logs, tickets and screenshots.
So an error here carries a stable reason, the position of the first bad character and the cure, never the
value, no part of it, and never the check digit that would have been right: that would turn a typing error
into a valid number of somebody else.

`tests/ledger/identifiers/test_identifier_privacy.py` shows it.
"""

from __future__ import annotations

from typing import ClassVar

from ledger.errors import LedgerError


class BadIdentifier(LedgerError):
    """An identifier that cannot be what it is said to be. `reason` is stable, the text holds the cure."""

    code: ClassVar[str] = "bad_identifier"

    def __init__(self, reason: str, text: str, position: int | None = None) -> None:
        self.reason, self.text, self.position = reason, text, position
        super().__init__(reason, text, position)  # All three, so that the error survives pickling.

    def __str__(self) -> str:
        return self.text


class BadIdNumber(BadIdentifier):
    """Of a person's document.

    Reasons: empty, length, character, format, date, future_date, check_digit, other_kind, unknown_kind.
    """

    code: ClassVar[str] = "bad_id_number"


class BadUnitCode(BadIdentifier):
    """Of a unit. Reasons: empty, length, character, region_digits, check_digit."""

    code: ClassVar[str] = "bad_unit_code"


class BadName(BadIdentifier):
    """Of a person. Reasons: empty, length, control_character."""

    code: ClassVar[str] = "bad_name"


class BadPhone(BadIdentifier):
    """Reasons: empty, character, format."""

    code: ClassVar[str] = "bad_phone"


class BadRegion(BadIdentifier):
    """Reasons: unknown_region, not_yet, before_ledger, prefix. A region is public: this text may name its code."""

    code: ClassVar[str] = "bad_region"
