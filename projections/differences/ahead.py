"""What lies ahead of the file of differences, counted by how many people may have to be judged for it.

One event may be of one person or of everyone: the closing of a roster lets all its rows take effect, a rulebook moves
whomever it is about. So neither a piece of work nor a wait is measured in events. Any process can count, from the log
and from up to where the file speaks, whichever process keeps it.

`tests/projections/test_differences_ahead.py` shows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ledger.envelope import Envelope, decode_each
from ledger.events.act import ActClosed
from ledger.events.rulebook import RulebookEnacted
from ledger.ledger import Ledger

NEAR_PEOPLE: Final = 200
"""So many are judged in a tenth of a second, and in some tenths beside others who want the processor."""


def is_near(ledger: Ledger, at: int, position: int) -> bool:
    """Say whether a file that speaks up to one position will soon speak of another, whoever keeps it."""
    if position - at > NEAR_PEOPLE:  # An event is of one person at least.
        return False
    return sum(_people(one, at + past) for past, one in enumerate(_between(ledger, at, position), 1)) <= NEAR_PEOPLE


def piece(ledger: Ledger, at: int, upto: int) -> Sequence[Envelope]:
    """The next events to be taken in one commit: of so few people, or one event of more."""
    events = _between(ledger, at, min(upto, at + NEAR_PEOPLE))
    people = 0
    for taken, one in enumerate(events):
        people += _people(one, at + taken + 1)
        if people > NEAR_PEOPLE:
            return events[:max(1, taken)]
    return events


def _between(ledger: Ledger, at: int, upto: int) -> Sequence[Envelope]:
    return decode_each(ledger.store.leaves(at, upto - at)) if upto > at else []


def _people(one: Envelope, position: int) -> int:
    if isinstance(one.event, ActClosed):
        return one.event.rows
    if isinstance(one.event, RulebookEnacted):
        return position  # Everyone: at most as many as there are events before.
    return 1
