"""A year's life in the ledger: it is closed once, after its last day (年度关账).

Closing forbids nothing. The regulations let an error be put right at any time, so what is decided later about a closed
year is recorded as ever; it stands apart from what was closed, and says so wherever it is told.

`tests/ledger/streams/test_year_stream.py` shows it.
"""

from __future__ import annotations

from ledger.errors import Refusal
from ledger.events.base import Draft
from ledger.events.year import YearClosed, YearEvent
from ledger.streams.decision import Command, Decision, State
from ledger.streams.standing import Actor, Matter, standing
from ledger.vocabulary import HoursCenti


class Closing(State):
    """A year as it was closed."""

    year: int
    closed: YearClosed


class CloseYear(Command):
    """Fix the totals of a year. `regions`: every place that the register has entries of."""

    year: int
    role: str
    this_year: int
    regions: tuple[str, ...]
    as_of: int
    root: str
    format: str
    totals_root: str
    people: int
    entries: int
    total_centi: HoursCenti
    still_open: int
    document: str | None = None


def decide_closing(closing: Closing | None, command: CloseYear, by: Actor) -> Decision:
    """Close it: by an office whose place holds all places of the register, after the year's last day, once."""
    if no := standing(by, command.role):
        return no
    for region in command.regions:
        if no := standing(by, command.role, Matter(region)):
            return no
    if closing is not None:
        return Refusal.because("year_closed", year=closing.year, as_of=closing.closed.as_of)
    if command.year >= command.this_year:
        return Refusal.because("year_not_over", year=command.year)
    if command.entries == 0:
        return Refusal.because("year_empty", year=command.year)
    closed = YearClosed(
        year=command.year, as_of=command.as_of, root=command.root, format=command.format,
        totals_root=command.totals_root, people=command.people, entries=command.entries,
        total_centi=command.total_centi, still_open=command.still_open, document=command.document,
    )
    return (Draft(closed),)


def evolve(closing: Closing | None, event: YearEvent) -> Closing:
    """Accept what happened: the first close is the close."""
    assert isinstance(event, YearClosed), "nothing else happens to a year"
    return closing or Closing(event.year, event)
