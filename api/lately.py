"""Events of a few rare kinds that came lately, read once by each process.

Answers follow the log, and after a large act they are behind for a while. Whoever asks them only of rulebooks and
imports need not wait until everything else was followed, unless one of those came since: a register that takes in one
part after another would otherwise wait for each to be followed before it looked at the next.

`tests/api/test_lately.py` shows it.
"""

from __future__ import annotations

import threading
from typing import Final

from ledger.envelope import decode, wire_type_in
from ledger.events.base import Event
from ledger.ledger import Ledger

_KINDS: Final = (b"import.", b"rulebook.")
_AT_ONCE: Final = 5_000
_KEPT: Final = 1_000


class Lately:
    """What came of these kinds since a position."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._reading = threading.Lock()
        self._from = self._upto = 0  # Between which positions it has looked.
        self._found: list[tuple[int, Event]] = []

    def since(self, position: int) -> list[Event]:
        """The events of these kinds past a position, oldest first."""
        with self._reading:
            if not self._from <= position <= self._upto:
                self._from = self._upto = position
                self._found.clear()
            self._read_on()
            return [event for at, event in self._found if at > position]

    def _read_on(self) -> None:
        store = self._ledger.store
        while leaves := store.leaves(self._upto, _AT_ONCE):
            for at, leaf in enumerate(leaves, self._upto + 1):
                if wire_type_in(leaf).startswith(_KINDS):
                    self._found.append((at, decode(leaf).event))
            self._upto += len(leaves)
        if len(self._found) > _KEPT:
            self._from = self._found[-_KEPT][0]
            del self._found[:-_KEPT + 1]
