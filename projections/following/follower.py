"""The follower: one process of a host keeps every projection up to date with the log.

It wakes on each commit of its own process and when another tells it that it wrote, and polls as well, since a lost
wake-up must put nobody to sleep; after a round that found something it looks again without being woken. It reads in
batches; each projection takes a batch in one transaction of its own file. A projection that fails says so, stops before
the event it cannot take, tries again each second, and holds up no other.

A projection without a file, of a new version, ahead of the log or damaged is built anew beside whatever is there, a
batch in turn with the others, and put in place when it has caught up. A build that was stopped goes on where it was.
Files are checked for damage at the start, unless an orderly stop left them as they are
(`projections/files/marker.py`); large ones while they are followed (`projections/following/looking_through.py`).

`tests/projections/test_follower.py` shows it, with a kill in the middle.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import structlog

from projections.errors import ProjectionError, UnknownProjection
from projections.files import marker
from projections.files.batch import Batch, Log, read_batch
from projections.files.board import Bell, Board, Said
from projections.files.carrying import Carrier
from projections.files.ownership import Ownership
from projections.files.places import path_of
from projections.files.projection import Projection
from projections.files.reached import Telling, take_back
from projections.following.looking_through import LookingThrough, is_large
from projections.following.track import RETRY_MS, Clock, Lag, Track

POLL_MS: Final = 100
"""So often it is looked what other processes have written that did not ring: a commit of this one wakes it."""
PAUSE_MS: Final = 20
"""At most so often a round begins while nobody waits: it is a commit in each file, and a busy log has an event each
moment."""
REST_MS: Final = 4
"""Between two rounds at least, however long the first took: whoever writes and answers wants its core as well."""
BUSY_PERCENT: Final = 3
"""It is busy when following has lately taken so much of a core, some 600 events a second: then whoever answers, in
the same interpreter, and it are in each other's way."""
BUSY_OVER_MS: Final = 1_000


def known(name: str, names: Collection[str]) -> None:
    """Demand that there is a projection of a name."""
    if name not in names:
        raise UnknownProjection(name, tuple(names))


class _Worked:
    """How much of a core a thread has lately taken."""

    def __init__(self) -> None:
        self.percent = 0
        self._since: tuple[int, int] | None = None

    def note(self) -> None:
        """Of that thread: say that time has passed."""
        now, used = time.monotonic_ns(), time.thread_time_ns()
        if self._since is None:
            self._since = now, used
        elif (passed := now - self._since[0]) > BUSY_OVER_MS * 1_000_000:
            self.percent = (used - self._since[1]) * 100 // passed
            self._since = now, used


class Follower:
    """Owns the files of all projections in a folder, for as long as it runs."""

    def __init__(
        self, ledger: Log, folder: Path, projections: Sequence[Projection], *, clock: Clock = time.monotonic_ns
    ) -> None:
        self._ledger, self._folder, self._projections = ledger, folder, tuple(projections)
        self._clock = clock
        self._tracks: dict[str, Track] = {}
        self._ownership: Ownership | None = None
        self._thread: threading.Thread | None = None
        self._woken = threading.Event()
        self._awaited = threading.Event()  # Somebody waits for a position: no pause now.
        self._stopping = threading.Event()
        self._moved = threading.Condition()
        self._wanted: set[str] = set()
        self._read: tuple[int, Batch | None] = (-1, None)
        self._seen = 0  # How long the log was when it was looked at last.
        self._board = Board(folder)
        self._telling: Telling | None = None
        self._bell: Bell | None = None
        self._carrier: Carrier | None = None
        self._looking: LookingThrough | None = None
        self._worked = _Worked()
        self._turns = deque(projection.name for projection in self._projections)

    def start(self, *, succeeding: bool = False) -> None:
        """Take the files and follow; raises AlreadyFollowed. Builds go on in the background.

        Whoever is `succeeding` has waited for another's death: what that one had found whole is not checked again.
        """
        later = self._open(succeeding=succeeding, may_be_later=is_large)
        try:
            assert self._ownership is not None, "it was taken just now"
            if later:
                self._looking = LookingThrough(later, self._ownership.found_sound)
            self._bell = Bell(self._folder)
            self._bell.answer(self._rung, self._woken.set)
        except BaseException:
            self._let_go()
            raise
        self._ledger.store.wake_on_commit(self._woken.set)
        self._carrier = Carrier()
        self._thread = threading.Thread(target=self._run, name="follower", daemon=True)
        self._thread.start()

    def open(self, *, succeeding: bool = False) -> None:
        """Take the files, and leave it to the caller to `step`; nobody's bell is answered."""
        self._open(succeeding=succeeding, may_be_later=lambda _: False)

    def _open(self, *, succeeding: bool, may_be_later: Callable[[Path], bool]) -> list[Path]:
        """Take the files; gives those of which nobody knows yet whether they are whole."""
        assert self._ownership is None, "a follower is started once"
        self._ownership = ownership = Ownership(self._folder)
        try:
            untouched = marker.take(self._folder)
            if succeeding and ownership.were_sound:
                untouched |= {path.name for path in self._folder.glob("*.db")}
            unknown = {path for path in (path_of(self._folder, one) for one in self._projections)
                       if path.name not in untouched and may_be_later(path)}
            untouched |= {path.name for path in unknown}
            for projection in self._projections:
                self._tracks[projection.name] = Track(
                    projection, self._folder, self._ledger, untouched, self._clock)
            size = self._ledger.store.size()
            for track in self._tracks.values():
                track.come_back(self._batch, size)
            with suppress(OSError):  # On a full disk nothing is told yet; each round tries it again.
                self._tell()
            self._board.say(self._said(size))
            self._wanted |= self._board.wanted() & self._tracks.keys()
        except BaseException:
            self._let_go()
            raise
        standing = {track.path for track in self._tracks.values() if track.live is not None}
        later = sorted(unknown & standing)
        if not later:
            ownership.found_sound()
        return later

    def step(self) -> bool:
        """Of one that was opened and not started: a round, as its thread would make it; say whether more is there."""
        is_more = self._round()
        self._carry_over()
        return is_more

    def stop(self) -> None:
        """End after the batch at hand, and let go of the files."""
        self._stopping.set()
        self._hurry()
        if self._thread is not None:
            self._thread.join()
        for name in self._wanted:
            self._board.want(name)  # What was not begun is whoever's who follows next.
        self._let_go(orderly=True)
        with self._moved:
            self._moved.notify_all()  # Nothing more comes from here.

    def _let_go(self, *, orderly: bool = False) -> None:
        if self._bell is not None:
            self._bell.take_down()
            self._bell = None
        if self._carrier is not None:
            self._carrier.end()
            self._carrier = None
        unknown = frozenset[str]()
        if self._looking is not None:
            unknown, self._looking = self._looking.stop(), None
        for track in self._tracks.values():
            track.close()
        if self._telling is not None:  # The files say it themselves from now on.
            take_back(self._folder)
            self._telling.close()
            self._telling = None
        if self._ownership is not None:
            if orderly:
                marker.leave(self._folder, {path.name for path in self._folder.glob("*.db")} - unknown)
            self._ownership.release()
            self._ownership = None

    # What others ask, from any thread

    def position(self, name: str) -> int:
        """Say up to where a projection speaks."""
        return self._track(name).told  # What no reader was told of yet, none sees.

    def wait_for(self, position: int, timeout_s: int = 5, *, far_too: bool = True) -> bool:
        """Wait until every projection has taken an event; False when one has not in time, or cannot.

        What is far from being made need not be waited for: whoever asks of it is told so.
        """
        def passed_over(track: Track) -> bool:
            return not far_too and track.is_far(position)

        def there() -> bool:
            return all(track.told >= position or passed_over(track) for track in self._tracks.values())

        def never() -> bool:
            return any(track.failure is not None and track.failure.position <= position and not passed_over(track)
                       for track in self._tracks.values())

        if there():  # Nearly always: nobody need be woken to be told so.
            return True
        self._hurry()
        with self._moved:
            self._moved.wait_for(lambda: there() or never() or self._stopping.is_set(), timeout_s)
        return there()

    def rebuild(self, name: str) -> None:
        """Make a projection anew in the background; until then the one that stands goes on answering."""
        self._track(name)
        self._wanted.add(name)
        self._woken.set()

    def lag(self) -> dict[str, Lag]:
        """Say for each projection how far it is."""
        size = self._ledger.store.size()
        return {name: track.lag(size) for name, track in self._tracks.items()}

    @property
    def is_busy(self) -> bool:
        """Say whether it takes much of a core, and could be stopped without undoing what somebody asked for."""
        rebuilt = any(track.live is not None and track.build is not None for track in self._tracks.values())
        return self._worked.percent >= BUSY_PERCENT and not self._wanted and not rebuilt

    def failures(self) -> list[ProjectionError]:
        """List what keeps projections from following."""
        return [track.failure for track in self._tracks.values() if track.failure is not None]

    def _hurry(self) -> None:
        self._awaited.set()
        self._woken.set()

    def _rung(self) -> None:
        """Another process waits for a position, or wants something made anew."""
        self._wanted |= self._board.wanted() & self._tracks.keys()
        self._hurry()

    def _track(self, name: str) -> Track:
        known(name, self._tracks)
        return self._tracks[name]

    # The thread

    def _run(self) -> None:
        is_moving = was_moving = False
        while not self._stopping.is_set():
            if not is_moving:  # Those who write without a pause do not ring: once more it is looked soon.
                self._woken.wait((PAUSE_MS if was_moving else POLL_MS) / 1_000)  # not hours: seconds
            was_moving, began = is_moving, time.monotonic_ns()
            self._awaited.clear()  # Before the size is read: what is waited for from now on may not be in it.
            self._woken.clear()
            try:
                size = self._seen
                while self._round() and not self._stopping.is_set():
                    self._carry_over()
                is_moving = self._seen > size
                self._carry_over()
            except Exception as error:  # The log could not be read, or a file not made: the next round may go well.
                structlog.get_logger().error("follower_failed", exc_info=error)
                self._stopping.wait(RETRY_MS / 1_000)  # not hours: seconds
            if is_moving and not self._stopping.is_set():  # Asked behind `clear`: else a stop would wait for the pause.
                left_ns = began + PAUSE_MS * 1_000_000 - time.monotonic_ns()
                self._awaited.wait(max(left_ns / 1_000_000_000, REST_MS / 1_000))  # not hours: seconds

    def _round(self) -> bool:
        self._worked.note()
        size = self._seen = self._ledger.store.size()
        while self._wanted:
            self._tracks[self._wanted.pop()].rebuild()
        moved = [track.step(self._batch, size) for track in self._tracks.values()]
        self._read = -1, None  # What was read for all of them is wanted by none until more is recorded.
        self._tell()
        self._board.say(self._said(size))
        with self._moved:
            self._moved.notify_all()
        return any(moved)

    def _carry_over(self) -> None:
        """Have done for one file what waits for the disk; the next time it is last."""
        if self._carrier is not None and not self._carrier.is_free:
            return
        for _ in range(len(self._turns)):
            self._turns.rotate(-1)
            live = self._tracks[self._turns[-1]].live
            if live is not None and live.ahead.is_much:
                if self._carrier is None:
                    live.ahead.carry_over()
                else:
                    self._carrier.carry_over(live.ahead)
                return

    def _tell(self) -> None:
        """Tell readers how far each file speaks, now that it does."""
        reached = {track.file_name: track.reached for track in self._tracks.values()}
        if self._telling is None or not self._telling.is_there():
            self._telling = Telling(self._folder, reached)
        for track, (name, (inode, position)) in zip(self._tracks.values(), reached.items(), strict=True):
            self._telling.tell(name, inode, position)
            track.told = position

    def _said(self, size: int) -> dict[str, Said]:
        return {name: track.said(size) for name, track in self._tracks.items()}

    def _batch(self, after: int) -> Batch | None:
        """Read once for all that stand at one place."""
        if self._read[0] != after or self._read[1] is None:
            self._read = after, read_batch(self._ledger, after)
        return self._read[1]
