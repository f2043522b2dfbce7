"""The file of timelines: whom every event names, on which side they stood, and where it took effect.

Kept are pointers: who, where it took effect, what kind it was, on which side they stood. What a line says is read from
the log when somebody asks, so that no copy can say anything else. A row of a larger act stands at the position where
the act was closed and names the event itself; rows of an open or an abandoned act stand nowhere, and the line of the
account that opened the act says what became of it.

`timeline_reading.py` asks it, `timeline_lines.py` says what a line says; `tests/projections/test_timeline.py` shows it.
"""

from __future__ import annotations

from typing import ClassVar, Final, NamedTuple

from ledger.events.access import AccessCut, AccessRecorded
from ledger.events.act import ActAbandoned, ActChunkWritten, ActClosed
from ledger.events.base import Event
from ledger.events.catalogue import CURRENT
from projections.event_kinds import KIND_OF
from projections.files.projection import Effect, Handler, Projection, Rows, Table

ABOUT: Final = 1   # It concerns them.
DONE: Final = 2    # Theirs was the hand.
FOR: Final = 4     # It was done on their behalf.
UNTOLD: Final = 8  # It concerns them, and they are not told.
SIDES: Final = {"about": ABOUT, "done": DONE, "on_behalf": FOR}

_PARTIES: Final = ("per_", "acr_")
"""Units are left out: what happens to one stands in its own stream, what happens to its people in theirs."""

ROOM: Final = 12
"""So many bits for the parties of one event: a leaf of 65,535 bytes does not hold 4,096 ids."""

_ELSEWHERE: Final = frozenset({ActChunkWritten, ActClosed, ActAbandoned, AccessRecorded, AccessCut})
"""What becomes of an act is told in the line of its opening; who looked at what stands in a log of its own."""


class Pointer(NamedTuple):
    """Where a line stands in the log, and on which side of it somebody is."""

    position: int
    line: int
    side: int

    @property
    def event(self) -> int:
        """Where the event itself stands."""
        return self.line >> ROOM


def _named(kind: str, *, tells_all: bool) -> Handler:
    """Write down whom an event of a kind names; most kinds tell everyone whom they concern."""
    def handle(rows: Rows, effect: Effect) -> None:
        position, recorded, envelope, event = effect
        by, sides = envelope.by, {subject: ABOUT for subject in envelope.subjects if subject.startswith(_PARTIES)}
        if not tells_all:
            sides |= {subject: ABOUT | UNTOLD for subject in event.untold() if subject.startswith(_PARTIES)}
        sides[by.actor] = sides.get(by.actor, 0) | DONE
        if by.on_behalf_of is not None:
            sides[by.on_behalf_of] = sides.get(by.on_behalf_of, 0) | FOR
        enter, line = rows.lasting["lines"].enter, recorded << ROOM
        for who, side in sides.items():
            enter((line, who, position, kind, side))
            line += 1

    return handle


class Timeline(Projection):
    """The fold."""

    name: ClassVar = "timeline"
    version: ClassVar = 2
    weight: ClassVar = 10
    tables: ClassVar = {
        # Rows come at the end of the table, and the index ends in `line`, so it gives them in their order.
        "lines": Table({"line": int, "who": str, "position": int, "kind": str, "side": int}, ("line",),
                       (("who", "position"),), dated=False),
    }
    handlers: ClassVar = {event: _named(KIND_OF[event], tells_all=event.untold is Event.untold)
                          for event in CURRENT.values() if event not in _ELSEWHERE}
