"""The file of differences, kept up: who was touched is judged again, and everyone when a rulebook is enacted.

One process of a host has it, by lock, beside whoever follows. A round takes the people whom events since the last one
name, judges each at every point at which something of theirs changed, and commits rows and position together; so the
rows are those of the history, however rounds fell. Where a rulebook was enacted, the kernel finds who differs
(`bulk.py`) and these are judged with reasons, with everyone who differed before. A file that is new, of
another log or far behind is made whole at once: whoever differs now is followed back to since when.

Whoever asks waits for what is near (`ahead.py`), and whichever process keeps the file makes no pause then: it is
rung as the follower is. For what is far, or a file that stands still, nobody waits.

A disagreement between the two ways stops the file where it stands, is logged as an error and shown by every check.

A kill leaves rows and position of one commit. `tests/projections/test_differences.py` shows it.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Final

import structlog

from ledger.envelope import Envelope
from ledger.events.act import ActClosed
from ledger.ids import PREFIXES
from ledger.lease import FileLease
from ledger.ledger import Ledger
from projections.differences.ahead import is_near, piece
from projections.differences.kept import Kept, content, position_in
from projections.differences.person import NOTHING, Judge
from projections.differences.queue import DifferencesFile
from projections.differences.search import EACH_MOST, Search
from projections.errors import AlreadyFollowed, NotBuilt, ProjectionFailed, Unreadable
from projections.files.board import Bell, Progress
from projections.files.places import discard, is_doubted, path_of
from projections.files.reader import Reader
from projections.following.kept_up import KeptUp
from projections.following.rush import Rush, rest_s

POLL_MS: Final = 200
"""So often it is looked what there is to judge, while nobody waits for it."""
_LOOK_MS: Final = 10
TRY_MS: Final = 200
RETRY_S: Final = 60
"""After a failure: a disagreement will not mend itself, and to find it again may cost a look at everyone."""
EVENTS_IN_A_RUSH: Final = 50
"""Taken in some hundredths of a second, of people who have claimed two dozen times."""
FAR_EVENTS: Final = 100_000
"""Beyond it everyone is judged at once, which costs less than so many one by one."""
REST: Final = 2
"""After a round it rests so many times as long as it took, for the sake of whoever asks and records meanwhile: until
one of them waits for it."""
REST_MOST_S: Final = 1

Tell = Callable[[int, int], None]


class Stopped(Exception):
    """Whoever asked for a long piece of work asks for it no longer. What stands, stands."""


class Upkeep(KeptUp):
    """Keeps the file while it runs, or waits until whoever does is gone."""

    def __init__(self, ledger: Ledger, folder: Path, judge: Judge, *, each_most: int = EACH_MOST) -> None:
        super().__init__("differences", ledger, Reader(DifferencesFile(), folder))
        self._folder, self.judge, self._each_most = folder, judge, each_most
        self._lease: FileLease | None = None
        self._kept: Kept | None = None
        self._awaited = threading.Event()
        self._bell: Bell | None = None
        self._is_heard = False   # This process keeps the file, and is rung by whoever waits in another.
        self._in_vain_at = -1    # Where the file stood while somebody waited to no purpose.
        self._rush = Rush()
        self._began = 0

    def start(self) -> None:
        """Keep the file from now on, or ring whoever does."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._bell = Bell(self._folder, DifferencesFile.name)
        super().start()

    def stop(self) -> None:
        """Let go of the file; a long piece of work ends where it is."""
        self._stopping.set()
        self._awaited.set()
        if self._thread is not None:
            self._thread.join()
        bell, self._bell = self._bell, None
        if bell is not None:
            bell.take_down()
        self._let_go()

    def wait_for(self, position: int, timeout_s: int = 5) -> bool:
        """Wait until the file speaks of a position; False if not in time."""
        until = time.monotonic_ns() + timeout_s * 1_000_000_000
        while (reached := self.position()) < position and time.monotonic_ns() < until:
            self._awaited.set()
            if (bell := self._bell) is not None and not self._is_heard:
                bell.ring()
            time.sleep(_LOOK_MS / 1_000)  # not hours: seconds
        return reached >= position

    def wait_if_near(self, position: int, timeout_s: int) -> bool:
        """The same where it is a matter of moments: not for what is far, nor where the last wait moved nothing."""
        before = self.position()
        if before >= position:
            return True
        if before == self._in_vain_at or not is_near(self._ledger, before, position):
            return False
        if self.wait_for(position, timeout_s):
            return True
        if self.position() == before:  # It fails, or nobody keeps it: whoever comes next learns nothing more.
            self._in_vain_at = before
        return False

    # While nobody serves

    def rebuild(self, tell: Tell) -> int:
        """Make the file anew as of where the projections are; gives the position. Raises AlreadyFollowed."""
        if not self._try_take():
            raise AlreadyFollowed(self._folder, process="")
        try:
            if not (at := self.judge.position()):
                raise NotBuilt("people")
            self._make(self._open(), at, tell)
            return at
        finally:
            self._let_go()

    def compare(self, tell: Tell) -> tuple[int, str, str]:
        """What stands, and what is made anew as of the same position: the position and both digests."""
        path = path_of(self._folder, DifferencesFile())
        if not path.exists():
            raise NotBuilt(DifferencesFile.name)
        beside = path.with_name(f"{path.stem}.compare.db")
        discard(beside)
        try:
            with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as snapshot:
                snapshot.execute("BEGIN")
                position, stands = position_in(snapshot), content(snapshot)
            if not position:  # Whoever was to make it was stopped.
                raise NotBuilt(DifferencesFile.name)
            fresh = Kept(self._ledger, beside)
            with closing(fresh):
                self._make(fresh, position, tell)
                return position, stands, content(fresh.connection)
        except sqlite3.Error as error:
            raise Unreadable(path, error) from error
        finally:
            discard(beside)

    # The thread

    def _follow(self) -> None:
        while not self._stopping.is_set():
            is_awaited, is_kept = self._awaited.is_set(), False
            pause_s = TRY_MS / 1_000  # not hours: seconds
            self._awaited.clear()  # Before it is looked: what is waited for from now on may not be in it.
            try:
                began, is_rush = time.monotonic_ns(), self._rush.is_on(self.judge.position()) and not is_awaited
                if is_kept := self.catch_up(is_rush=is_rush):
                    took_ns = time.monotonic_ns() - began
                    self._failure = None
                    self._answer()
                    rest = min(REST_MOST_S, REST * took_ns / 1_000_000_000)  # not hours: seconds
                    pause_s = rest_s(took_ns) if is_rush else rest + POLL_MS / 1_000  # not hours: seconds
            except (Stopped, NotBuilt):  # What it reads is being made.
                pass
            except Exception as error:
                structlog.get_logger().error("differences_failed", exc_info=error)
                self._failure = ProjectionFailed(DifferencesFile.name, position=self.position() + 1, cause=error)
                pause_s, is_kept = RETRY_S, False
                self._close()  # The next try looks through the file before it believes it.
            # Who waits for what is near costs little; a failure, and another's lock, are not gone sooner for it.
            if not self._stopping.is_set():  # Asked behind `clear`: else a stop would wait for the pause.
                (self._awaited if is_kept else self._stopping).wait(pause_s)

    def _answer(self) -> None:
        """Be rung from now on by whoever waits in another process."""
        if self._bell is not None and not self._is_heard:
            self._is_heard = True
            self._bell.answer(self._awaited.set, self._awaited.set)

    def _try_take(self) -> bool:
        if self._lease is None:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lease = FileLease(self._folder / "differences.lock")
        return self._lease.try_take()

    def _close(self) -> None:
        if self._kept is not None:
            self._kept.close()
            self._kept = None

    def _let_go(self) -> None:
        self._close()
        if self._lease is not None:
            self._lease.release()

    def _open(self) -> Kept:
        """The file, opened and looked through once; anew where somebody has taken it away."""
        path = path_of(self._folder, DifferencesFile())
        if self._kept is None or not self._kept.is_there() or is_doubted(path):
            self._close()
            self._kept = Kept(self._ledger, path)
            for other in self._folder.glob(f"{DifferencesFile.name}.[0-9]*.db"):
                if other.name.count(".") == path.name.count(".") and other != path:
                    discard(other)   # Of another version: what it said is said here.
        return self._kept

    # The work

    def catch_up(self, *, is_rush: bool = False) -> bool:
        """Go on as far as the projections are, a piece at a time; False where another process has the file.

        In a rush it is one small piece; what fell far behind meanwhile is made whole after it.
        """
        if not self._try_take():
            return False
        if upto := self.judge.position():
            kept = self._open()
            if is_rush and kept.position:
                upto = min(upto, kept.position + EVENTS_IN_A_RUSH)
            while kept.position < upto and not self._stopping.is_set():
                self._advance(kept, upto)
        return True

    def _advance(self, kept: Kept, upto: int) -> None:
        """Take a piece of what came since, in one commit."""
        at = kept.position
        if at == 0 or upto - at > FAR_EVENTS:
            self._make(kept, upto, _in_silence)
            return
        enacted = next((one for one in self.judge.enactments() if at < one <= upto), upto + 1)
        if enacted == at + 1:
            self._under_another_law(kept, enacted)
            return
        events = piece(self._ledger, at, min(upto, enacted - 1))
        upto = at + len(events)
        kept.write(upto, dict(self.judge.between(self._touched(events, at), after=at, upto=upto)))

    def _make(self, kept: Kept, at: int, tell: Tell) -> None:
        """Make it whole as of a position: what was before it is not known."""
        with self._long_work():
            kept.make(at, self._search(tell).found(at))

    def _under_another_law(self, kept: Kept, at: int) -> None:
        with self._long_work():
            differ = self._search(_in_silence).who_differ(at)
            kept.write(at, {person: [(at, differ.get(person, NOTHING))] for person in {*differ, *kept.people()}})

    def _search(self, tell: Tell) -> Search:
        return Search(self._ledger, self._folder, self.judge, partial(self._go_on, tell=tell),
                      each_most=self._each_most)

    @contextmanager
    def _long_work(self) -> Iterator[None]:
        self._began = time.monotonic_ns()
        try:
            yield
        finally:
            self._building = None

    def _go_on(self, done: int, total: int, tell: Tell) -> None:
        """Say how many people are judged, and end here if nobody wants it any more."""
        tell(done, total)
        self._building = Progress.measured(done, total, began_ns=self._began)
        if self._stopping.is_set():
            raise Stopped

    def _touched(self, events: Sequence[Envelope], after: int) -> list[str]:
        """Whom these events, past a position, may have changed; those of an act when it is closed."""
        if any(isinstance(one.event, ActClosed) for one in events):  # Its rows may stand far before.
            from projections.replay.reading import Snapshot, changed_since

            with Snapshot(self._folder) as snapshot:
                return changed_since(snapshot, after)
        prefix = PREFIXES["person"]
        return sorted({subject for one in events for subject in one.subjects if subject.startswith(prefix)})


def _in_silence(done: int, total: int) -> None:
    """Tell nobody how far it is."""
