"""Files that are made at once: each event is read once and handed to everyone who cares about its kind.

Files that are followed take a batch one after the other, so that none holds up another, and each finds out of every
event whether it cares. Here that is looked up once for all, and an event is let go of while it is still at hand.

`tests/projections/test_rebuilding.py` holds it against files that were followed.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Final

from ledger.envelope import decode
from projections.files.batch import Batch, Log
from projections.files.file import OF_ACTS, ProjectionFile
from projections.files.projection import Effect, Handler
from projections.tables.rows import Rows


class Together:
    """Files that stand at one position and go on together."""

    def __init__(self, files: Sequence[ProjectionFile]) -> None:
        self.files: Final = tuple(files)
        self._caring: dict[bytes, list[tuple[Handler, Rows]]] = {}
        for file in files:
            for kind, handler in file.handlers.items():
                self._caring.setdefault(kind, []).append((handler, file.rows))

    def apply(self, batch: Batch, ledger: Log) -> None:
        """Take a batch that begins right after the position; where one cannot, each is what it last wrote."""
        assert all(batch.after == file.position for file in self.files), "the batch does not follow"
        with ExitStack() as stack:
            for file in self.files:
                stack.enter_context(file.or_back())
            self._take(batch, ledger)
            for file in self.files:
                file.reach(batch)

    def _take(self, batch: Batch, ledger: Log) -> None:
        """Hand over events where they take effect, as `ProjectionFile.apply` does for itself."""
        caring = self._caring
        for file in self.files:
            file.withhold(batch)
        for place, kind in batch.free:
            handlers = caring.get(kind)
            if handlers is not None or kind in OF_ACTS:
                position, envelope = batch.after + place + 1, decode(batch.leaves[place])
                effect = Effect(position, position, envelope, envelope.event)
                for handler, rows in handlers or ():
                    handler(rows, effect)
                if kind in OF_ACTS:
                    for file in self.files:
                        file.end_act(kind, effect, batch, ledger)
