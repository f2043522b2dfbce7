"""Standing by: of several processes on one host one follows the log, the others answer from the same files beside it.

Every process that answers has a `Standby`. The first that starts becomes the follower; each other one looks at the
files for what it is asked, and a few times a second whether the lock on them is free. When the follower's process ends,
however it ends, one of the others takes its place; which one is the kernel's choice, and never two.

Whoever waits for a position beside the follower rings its bell, and is told within a millisecond or two of its commit;
whoever writes beside one that may be at rest tells it so.

Where much happens and a process can be had for it (`apart`), that process follows: whoever answers lets go of the files
once it stands ready, and stands by. When it dies it is succeeded like any other.

`tests/projections/test_standby.py` and `test_apart.py` show it, with processes that are killed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import structlog

from projections.errors import AlreadyFollowed, NotBuilt, ProjectionError, ProjectionFailed, Unreadable
from projections.files.batch import Log
from projections.files.board import Bell, Board, Said
from projections.files.projection import Projection
from projections.files.reached import Reached
from projections.files.reader import Reader
from projections.following.apart import Apart
from projections.following.follower import PAUSE_MS, Follower, known
from projections.following.track import Lag

TRY_MS: Final = 200
"""So often the lock is tried: what a death may cost whoever waits for an answer."""
LOOK_MS: Final = 1
"""So often the files are looked at while somebody waits, once for all who do."""
_NEVER: Final = 1 << 63


class _Seen(NamedTuple):
    """Up to where projections were seen to speak, and which event one cannot take.

    That a file has gone since is its reader's to tell.
    """

    everything: int
    near: int           # Without those that are far from being made; once they stand, they speak of all that was seen.
    stuck_before: int

    def upto(self, *, far_too: bool) -> int:
        """Up to where, for whoever waits for what is far as well or does not."""
        return self.everything if far_too else self.near


class Standby:
    """Follows the log, or waits to: the same questions are answered either way."""

    def __init__(
        self, ledger: Log, folder: Path, projections: Sequence[Projection], *, apart: Apart | None = None
    ) -> None:
        self._ledger, self._folder, self._projections = ledger, folder, tuple(projections)
        self._apart = apart
        self._readers = {projection.name: Reader(projection, folder) for projection in projections}
        self._reading = threading.Lock()  # One look serves all.
        self._board = Board(folder)
        self._told = Reached(folder / "-")
        self._looked_at: tuple[bytes, dict[str, Said]] | None = None  # What was told when `_seen` was seen.
        self._bell: Bell | None = None
        self._follower: Follower | None = None
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._asked = threading.Event()  # Somebody waits for a position: look.
        self._moved = threading.Condition()
        self._waiting = 0
        self._seen = _Seen(0, 0, _NEVER)
        self._wrote_at_ns = 0

    def start(self) -> None:
        """Follow if nobody does, stand by otherwise."""
        follows = self._take_over(succeeding=False)
        self._bell = Bell(self._folder)
        self._ledger.store.wake_on_commit(self._wrote)
        if not follows or self._apart is not None:
            self._thread = threading.Thread(target=self._watch, name="standby", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Follow no more, nor wait to."""
        self._stopping.set()
        self._asked.set()
        if self._thread is not None:
            self._thread.join()
        if self._follower is not None:
            self._follower.stop()
        if self._apart is not None:
            self._apart.let_go()
        if self._bell is not None:
            self._bell.take_down()

    @property
    def follows(self) -> bool:
        """Say whether this process is the one that follows, or the one that it had called for it."""
        return self._follower is not None or (self._apart is not None and self._apart.follows)

    # What others ask, from any thread

    def position(self, name: str) -> int:
        """Say up to where a projection speaks."""
        known(name, self._readers)
        if (follower := self._follower) is not None:
            return follower.position(name)
        return self._position(name)

    def wait_for(self, position: int, timeout_s: int = 5, *, far_too: bool = True) -> bool:
        """Wait until every projection has taken an event; False when one has not in time, or cannot.

        What is far from being made need not be waited for: whoever asks of it is told so.
        """
        until = time.monotonic_ns() + timeout_s * 1_000_000_000
        while True:
            left_s = -(-max(0, until - time.monotonic_ns()) // 1_000_000_000)
            if (follower := self._follower) is not None:
                there = follower.wait_for(position, left_s, far_too=far_too)
            else:
                there = (position <= self._seen.upto(far_too=far_too) or position <= self._look().upto(far_too=far_too)
                         or self._wait(position, left_s, far_too=far_too))
            if there or follower is self._follower or not left_s:
                return there
            # Who follows has changed while it waited.

    def rebuild(self, name: str) -> None:
        """Make a projection anew in the background, whoever follows; what stands goes on answering."""
        known(name, self._readers)
        if (follower := self._follower) is not None:
            follower.rebuild(name)
        else:
            self._board.want(name)
            self._ring()

    def lag(self) -> dict[str, Lag]:
        """Say for each projection how far it is."""
        if (follower := self._follower) is not None:
            return follower.lag()
        size, said = self._ledger.store.size(), self._board.said()
        return {name: self._lag(name, size, said.get(name, Said(None, None))) for name in self._readers}

    def _lag(self, name: str, size: int, said: Said) -> Lag:
        position = self.position(name)
        return Lag(position, size - position, said.building, _failure(name, said))

    def failures(self) -> list[ProjectionError]:
        """List what keeps projections from following."""
        if (follower := self._follower) is not None:
            return follower.failures()
        return [failure for name, said in self._board.said().items() if (failure := _failure(name, said))]

    # Beside the follower

    def _position(self, name: str) -> int:
        try:
            return self._readers[name].position()
        except (NotBuilt, Unreadable):  # Whoever follows makes it anew.
            return 0

    def _wait(self, position: int, timeout_s: int, *, far_too: bool) -> bool:
        """Have the files looked at until they speak of a position, or nobody can tell, or this process follows."""
        with self._moved:
            self._waiting += 1
            self._asked.set()
        self._ring()
        with self._moved:
            self._moved.wait_for(
                lambda: self._seen.upto(far_too=far_too) >= position or self._seen.stuck_before <= position
                or self._follower or self._stopping.is_set(),
                timeout_s,
            )
            self._waiting -= 1
            if not self._waiting:
                self._asked.clear()
        return position <= self._seen.upto(far_too=far_too)

    def _look(self) -> _Seen:
        with self._reading:
            said_of, told = self._board.said(), self._told.everything()
            before = self._looked_at
            if before is not None and before[0] == told and before[1] is said_of:
                return self._seen  # Nearly always: to ask of each file is a tenth of a core for as long as one waits.
            far = {name for name, said in said_of.items() if said.building is not None and said.building.is_far}
            reached = [self._position(name) for name in self._readers]
            near = min((one for name, one in zip(self._readers, reached, strict=True) if one or name not in far),
                       default=self._ledger.store.size())
            failed = [said.failure.position for name, said in said_of.items()
                      if said.failure is not None and name not in far]
            seen = self._seen
            self._seen = _Seen(max(seen.everything, min(reached)), max(seen.near, near), min(failed, default=_NEVER))
            self._looked_at = None if told is None or far else (told, said_of)  # What is far is passed over by the log.
        return self._seen

    def _ring(self) -> None:
        if self._bell is not None:
            self._bell.ring()

    def _wrote(self) -> None:
        """Of a commit of this process: tell whoever follows in another one, unless that is at it anyway."""
        before, self._wrote_at_ns = self._wrote_at_ns, time.monotonic_ns()
        if self._follower is None and self._wrote_at_ns - before > PAUSE_MS * 1_000_000 and self._bell is not None:
            self._bell.tell()

    # The thread

    def _watch(self) -> None:
        while not self._stopping.is_set():
            if (follower := self._follower) is None:
                self._stand_by()
                if self._tried():
                    self._tell()
            elif self._apart is None:
                return
            else:
                self._stopping.wait(TRY_MS / 1_000)  # not hours: seconds
                if follower.is_busy and self._apart.stands_ready():
                    self._move_out(follower)
        self._tell()

    def _stand_by(self) -> None:
        """Look at the files for those who wait, until the lock is to be tried again."""
        told = self._seen
        until = time.monotonic_ns() + TRY_MS * 1_000_000
        while not self._stopping.is_set() and (left := until - time.monotonic_ns()) > 0:
            if self._asked.wait(left / 1_000_000_000):  # not hours: seconds
                self._look()
                if told != (told := self._seen):  # Nobody is woken to be told nothing.
                    self._tell()
                self._stopping.wait(LOOK_MS / 1_000)  # not hours: seconds

    def _move_out(self, follower: Follower) -> None:
        """Let go of the files: the process that waits for them tries for the lock more often than anybody else."""
        self._follower = None  # From here on whoever asks looks at the files.
        try:
            follower.stop()
        except Exception as error:  # The disk is full: the files say what they hold, and are looked through.
            structlog.get_logger().error("follower_failed", exc_info=error)
        structlog.get_logger().info("follower_moved_out")

    def _tell(self) -> None:
        with self._moved:
            self._moved.notify_all()

    def _tried(self) -> bool:
        try:
            return self._take_over(succeeding=True)
        except Exception as error:  # The log cannot be read now, or the disk is full: the next try may go well.
            structlog.get_logger().error("follower_failed", exc_info=error)
            return False

    def _take_over(self, *, succeeding: bool) -> bool:
        follower = Follower(self._ledger, self._folder, self._projections)
        try:
            follower.start(succeeding=succeeding)
        except AlreadyFollowed:
            return False
        self._follower = follower
        if succeeding:
            structlog.get_logger().info("follower_succeeded")
        return True


def _failure(name: str, said: Said) -> ProjectionFailed | None:
    failed = said.failure
    return None if failed is None else ProjectionFailed(name, position=failed.position, cause=failed.because)
