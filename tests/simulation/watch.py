"""What the follower makes of the log, and the same written down plainly, for every position there is."""

from __future__ import annotations

from typing import ClassVar

from ledger.envelope import Envelope
from ledger.events.act import ActAbandoned, ActChunkWritten, ActClosed, ActOpened
from ledger.events.catalogue import EVERY
from projections.files.projection import Effect, Projection, Rows, Table

CURRENT = "SELECT stream, events, last FROM standing WHERE from_position <= ? AND " \
          "(to_position IS NULL OR to_position > ?) ORDER BY stream"

UNHEEDED = (ActOpened, ActChunkWritten)
"""Events that change nothing in the file: it is told to speak further than it says itself."""


class Unlucky(Exception):
    """A projection that cannot take an event this time."""


class Standing(Projection):
    """How many events of each stream are in force, and which was the last."""

    name: ClassVar = "standing"
    version: ClassVar = 1
    tables: ClassVar = {
        "standing": Table({"stream": str, "events": int, "last": int}, ("stream", "from_position"), (("stream",),))}

    def __init__(self) -> None:
        self.unlucky = False
        self.handlers = {event: self._take for event in EVERY if event not in UNHEEDED}  # type: ignore[misc]

    def _take(self, rows: Rows, effect: Effect) -> None:
        if self.unlucky:
            self.unlucky = False
            raise Unlucky
        stream = {"stream": str(effect.envelope.stream)}
        held = rows.now("standing", ["events"], stream)
        if held:
            rows.end("standing", effect.position, stream)
        rows.begin("standing", effect.position,
                   {**stream, "events": held[0][0] + 1 if held else 1, "last": effect.recorded})


class Fold:
    """The same in dictionaries, event by event."""

    def __init__(self) -> None:
        self._position = 0
        self._standing: dict[str, tuple[int, int]] = {}
        self._waiting: dict[str, list[tuple[str, int]]] = {}

    def take(self, envelope: Envelope) -> list[tuple[str, int, int]]:
        """Take the next event, and say what stands then."""
        self._position += 1
        stream, act = str(envelope.stream), envelope.by.act
        due = [(stream, self._position)]
        if act is not None and stream != act:
            self._waiting.setdefault(act, []).extend(due)
            due = []
        elif isinstance(envelope.event, ActClosed):  # What it does to its rows is all it does.
            due = self._waiting.pop(stream, [])
        elif isinstance(envelope.event, ActAbandoned):
            self._waiting.pop(stream, None)
            due = []
        elif isinstance(envelope.event, UNHEEDED):
            due = []
        for name, recorded in due:
            self._standing[name] = self._standing.get(name, (0, 0))[0] + 1, recorded
        return sorted((name, *rest) for name, rest in self._standing.items())
