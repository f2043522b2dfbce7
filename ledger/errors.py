"""Two of the three kinds of no: a refusal is a value, an error is an exception; the third, a bug, is an assert.

A *refusal* says that the state (or, in other rooms, the law) says no: a stable English code, and what was seen. It is
returned, never raised, until a door turns it into an answer. An *error* says that the world is wrong: what was found,
what was expected, what to do; it keeps the evidence. Every error of this package is a `LedgerError` with a stable
`code`; its text is for people and is Chinese.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar


class LedgerError(Exception):
    """The world is wrong. `code` is stable and English; the text says what, where and what to do, in Chinese."""

    code: ClassVar[str] = "ledger_error"
    told: str = ""
    """What a stranger is told: without addresses, folders, and what a driver said of an account. Of what only the
    operator can mend nothing else leaves the machine; where this is empty, the words of its code do."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """The state says no. `code` is stable snake_case; `seen` holds what was found, fit to be shown."""

    code: str
    seen: dict[str, object] = field(default_factory=dict)

    @classmethod
    def because(cls, code: str, **seen: object) -> Refusal:
        """Write `Refusal.because("claim_not_open", status=claim.status)` on one line."""
        return cls(code, seen)
