"""The close of a year: what the register said of everyone's hours in it, fixed for ever."""

from __future__ import annotations

from ledger.events.base import Event, Open
from ledger.ids import PREFIXES
from ledger.vocabulary import HoursCenti, StreamId


class YearEvent(Event):
    """The base of all events of a year's stream; a year concerns everyone, and so nobody in particular."""

    year: Open[int]

    @property
    def stream(self) -> StreamId:
        return stream_of(self.year)

    def subjects(self) -> tuple[str, ...]:
        return ()


class YearClosed(YearEvent, tag="year.closed/1"):
    """The totals of a year as decided by the events up to `as_of`, as one root (年度关账).

    What is decided later is no less valid, and stands apart: both can be proven.
    """

    as_of: Open[int]          # The events that the totals rest on.
    root: Open[str]           # The log's root at that size.
    format: Open[str]         # xueshi-year-totals/1: how a line is written.
    totals_root: Open[str]    # The Merkle root over one line a person, in the order of their ids.
    people: Open[int]
    entries: Open[int]
    total_centi: Open[HoursCenti]
    still_open: Open[int]     # Claims of the year that were not decided then.
    document: Open[str | None] = None


def stream_of(year: int) -> StreamId:
    """The stream of a year."""
    return StreamId(f"{PREFIXES['year']}{year:04d}")
