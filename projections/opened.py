"""The files of projections as answers read them: how far they are, and each as of a position.

Any thread may ask, in the process of the follower or beside it. A question about hours without `as_of` is answered as
of the position that people, entries and laws have all reached, so that what stands in different files is of one
moment. A question about a position that the log holds and a file does not yet is waited for a little, then refused as
`projection_behind`.

`tests/projections/test_answers.py` shows it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from ledger.ledger import Ledger
from projections.basis import Axes, position_of, written_time
from projections.errors import AsOfBeforeLedger, AsOfInFuture, NotBuilt, NotFollowedYet
from projections.files.board import Board
from projections.files.projection import Projection
from projections.files.reader import Reader

OF_HOURS: Final = ("people", "entries", "laws")
"""The projections that a question about hours reads."""

_ASK_EVERY_MS: Final = 2


class Files:
    """The projections' files, each read as far as it is. `now` gives the time in microseconds."""

    def __init__(
        self, ledger: Ledger, folder: Path, projections: Iterable[Projection], *, now: Callable[[], int],
        wait_ms: int = 2_000,
    ) -> None:
        self.ledger: Final = ledger
        self._now, self._wait_ms = now, wait_ms
        self._readers: Final = {one.name: Reader(one, folder) for one in projections}
        self._of_hours: Final = tuple(self._readers[name] for name in OF_HOURS)
        self._board: Final = Board(folder)
        self._taken = 0  # Up to where every projection was seen to speak.
        # What stands at a position stays: read once while it is asked about again and again.
        self._time = lru_cache(maxsize=1_024)(self._read_time)
        self._root = lru_cache(maxsize=1_024)(self._read_root)

    # How far

    def position(self) -> int:
        """Up to where every projection speaks; one that is being made is told of when it is asked. Raises NotBuilt."""
        try:
            return min(reader.position() for reader in self._readers.values())
        except NotBuilt:
            found = [reached for reached in self._reached().values() if reached >= 0]
            if not found:
                raise
            return min(found)

    def lag(self) -> dict[str, int]:
        """How many events each projection is behind the log; one that is being built, all of them."""
        size = self.ledger.store.size()
        return {name: size - max(0, reached) for name, reached in self._reached().items()}

    def _reached(self) -> dict[str, int]:
        """Where each projection is; one that is still being built is nowhere."""
        found = {}
        for reader in self._readers.values():
            try:
                found[reader.name] = reader.position()
            except NotBuilt:
                found[reader.name] = -1
        return found

    def wait_for(self, position: int, timeout_ms: int | None = None) -> bool:
        """Wait until every projection has taken an event, also where another process follows; False if not in time."""
        return self._wait(position, timeout_ms, far_too=True)

    def _wait(self, position: int, timeout_ms: int | None, *, far_too: bool) -> bool:
        """What is far from being made need not be waited for, nor what fails: whoever asks of it is told so."""
        until = time.monotonic_ns() + (self._wait_ms if timeout_ms is None else timeout_ms) * 1_000_000
        while not (there := self._have_taken(position, far_too=far_too)) and time.monotonic_ns() < until:
            if not far_too and self._is_stuck(position):
                return False
            time.sleep(_ASK_EVERY_MS / 1_000)  # not hours: seconds
        return there

    def _is_stuck(self, position: int) -> bool:
        """Say whether one of them cannot take an event on the way there: it is tried again each second."""
        return any(said.failure is not None and said.failure.position <= position
                   and not (said.building is not None and said.building.is_far)
                   for name, said in self._board.said().items() if name in self._readers)

    def _have_taken(self, position: int, *, far_too: bool) -> bool:
        behind = {name: reached for name, reached in self._reached().items() if reached < position}
        if not behind or far_too:
            return not behind
        said = self._board.said()
        return all(reached < 0 and name in said and (building := said[name].building) is not None and building.is_far
                   for name, reached in behind.items())

    def settle(self, axes: Axes) -> int:
        """The position that the axes' `as_of` names; raises AsOfInFuture, AsOfBeforeLedger or NotFollowedYet."""
        if axes.as_of is None:  # What is asked beside hours is waited for when it is asked.
            return min(one.position() for one in self._of_hours)
        store = self.ledger.store
        position = position_of(axes.as_of, size=store.size(), now=self._now(), position_at=store.position_at)
        if not position and store.size():
            text = "0" if isinstance(axes.as_of, int) else axes.as_of.text
            raise AsOfBeforeLedger(text, began=self._time(1))
        self._demand(position)
        return position

    def _demand(self, position: int) -> None:
        """What every projection has taken once, it has taken: a file that has gone is its reader's to tell."""
        if position > self._taken:
            if not self._wait(position, None, far_too=False):
                raise NotFollowedYet(wanted=position, position=self.position())
            self._taken = position

    # As of

    def file(self, name: str, as_of: int | None = None) -> tuple[Reader, int]:
        """The file of a projection and the position to read it as of: a module's own questions are asked with these."""
        reader = self._readers[name]
        return reader, self._at(reader, as_of)

    def reflects(self, as_of: int) -> dict[str, Any]:
        """What an answer that weighs nothing rests on: the position, its time, and the root of the log up to there."""
        return {"as_of": as_of, "as_of_time": self._time(as_of), "log_size": as_of, "root": self._root(as_of).hex()}

    def _at(self, reader: Reader, as_of: int | None) -> int:
        if as_of is None:
            return reader.position()
        if as_of > reader.position():
            if as_of > (size := self.ledger.store.size()):
                raise AsOfInFuture(str(as_of), size=size)
            self._demand(as_of)
        return as_of

    def _read_time(self, position: int) -> str | None:
        found = self.ledger.at(position)
        return None if found is None else written_time(found.envelope.recorded_at)

    def _read_root(self, size: int) -> bytes:
        return self.ledger.store.frontier(size).root()
