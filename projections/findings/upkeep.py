"""The file of findings, kept up beside whoever follows: a little behind, as they are for people to look at.

Each run takes one snapshot of traces and clues (`running.py`). A pattern that is new, or whose words, version or
thresholds are others, is asked about the whole past by itself.

Of the processes of a service one does it, until it ends: two in turn would each look through the whole of both files
before each run, since the other had written them, and take twice as much of the machine. Whoever runs has the lock of
the files for as long as the run lasts, so `xueshi findings run` may run beside a service.

`tests/projections/findings/test_findings_run.py` shows it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Final, TypeVar

import structlog

from ledger.lease import FileLease
from ledger.ledger import Ledger
from ledger.vocabulary import LOCAL
from projections.errors import AlreadyFollowed, NotBuilt, ProjectionFailed
from projections.files.board import NEAR_EVENTS, Progress
from projections.files.places import discard, path_of
from projections.files.reader import Reader
from projections.findings.clues import PAPERS_AT_ONCE, Clues, Papers
from projections.findings.findings_file import FindingsFile
from projections.findings.kept import Asked, Came, Kept
from projections.findings.patterns import Pattern, patterns, thresholds_on
from projections.findings.running import CLUES, Asking, Tell, run
from projections.findings.snapshot import Interrupted, Snapshot
from projections.findings.traces import Traces
from projections.following.kept_up import KeptUp
from projections.following.rush import Rush, rest_s

FAR_EVENTS: Final = 100_000
"""Beyond it everything is asked about: that costs less than looking for so much that moved."""
BEGINS_MS: Final = 1_000
"""So long after its start it looks for the first time: a service that has just begun has other things to do."""
POLL_MS: Final = 500
REST: Final = 6
"""After a run it rests so many times as long as that took, for the sake of whoever asks and records meanwhile: while
claims come without a pause, a seventh of one core."""
REST_MOST_MS: Final = 10_000
EVERYTHING_S: Final = 600
"""So often, at most, a service asks what compares everything with everything."""
RETRY_MS: Final = 60_000
WAIT_S: Final = 600
"""So long a command waits for a run of somebody else: one over the whole past may be under way."""

_Found = TypeVar("_Found")


class Upkeep(KeptUp):
    """Keeps the file while it runs, or waits until whoever does is done."""

    def __init__(
        self, ledger: Ledger, folder: Path, papers: Papers | None = None, *,
        now: Callable[[], int] = lambda: time.time_ns() // 1_000,
    ) -> None:
        super().__init__("findings", ledger, Reader(FindingsFile(), folder))
        self._folder, self._papers, self._now = folder, papers, now
        self._traces = Reader(Traces(), folder)
        self.path: Final = path_of(folder, FindingsFile())
        self._lease: FileLease | None = None     # Of the files, for as long as a run lasts.
        self._keeping: FileLease | None = None   # Of keeping them up, for as long as this process does.
        self._open: tuple[Kept, Clues] | None = None
        self._seen = (0, 0)   # What the files' own counters of changes were when they were let go of.
        self._rush = Rush()
        self._is_rush, self._rested_at = False, 0
        self._began = ("", 0, 0)   # What is being told of, since when, and how far it was then.
        self._at_work = threading.Lock()
        self.asked_at = 0     # As of where the last run asked.

    def give_up(self) -> None:
        """Let a run that is under way end where it is; of the pattern that is being asked nothing stands."""
        self._stopping.set()

    def stop(self) -> None:
        """Let go of the files, giving up what is under way."""
        self.give_up()
        if self._thread is not None:
            self._thread.join()
        self._close()
        if self._keeping is not None:
            self._keeping.release()

    def _follow(self) -> None:
        pause_ms = BEGINS_MS
        while not self._stopping.wait(pause_ms / 1_000):  # not hours: seconds
            pause_ms = POLL_MS
            began = self._rested_at = time.monotonic_ns()
            try:
                if not self._keeps():
                    continue
                self._is_rush = self._rush.is_on(self._traces.position())
                if self.catch_up():
                    self._failure = None
                    if not self._is_rush:  # Otherwise it has rested after each question.
                        pause_ms += min(REST_MOST_MS, REST * (time.monotonic_ns() - began) // 1_000_000)
            except (Interrupted, NotBuilt):  # What it reads is being made.
                pass
            except Exception as error:
                if self._stopping.is_set():  # A question that was broken off, so that nobody waits for its answer.
                    return
                structlog.get_logger().error("findings_failed", exc_info=error)
                self._failure = ProjectionFailed(FindingsFile.name, position=self.position() + 1, cause=error)
                pause_ms = RETRY_MS
                self._close()  # The next try looks through the files before it believes them.

    def _keeps(self) -> bool:
        """Say whether it is this process that keeps the file up."""
        if self._keeping is None:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._keeping = FileLease(self._folder / "findings-upkeep.lock")
        return self._keeping.try_take()

    # The work

    def catch_up(self) -> bool:
        """Ask about what moved since the last run; False where nothing did, or another process is at it."""
        if not self._is_due():
            return False
        with self._files() as files:
            if files is None:
                return False
            try:
                self._run(*files, self._due(files[0]), whole=False, tell=self._told, rest=self._rest)
            finally:
                self._building, self._began = None, ("", 0, 0)
            return True

    def _rest(self) -> None:
        """In a rush, let others go first after each question."""
        if self._is_rush:
            self._stopping.wait(rest_s(time.monotonic_ns() - self._rested_at))
        self._rested_at = time.monotonic_ns()

    def run(
        self, wanted: Sequence[Pattern], *, whole: bool = False, tell: Tell = lambda *_: None, at_once: int = 1
    ) -> list[Came]:
        """Ask about what moved, or about everything; waits while somebody else does. Raises AlreadyFollowed."""
        with self._files(WAIT_S) as files:
            if files is None:
                raise AlreadyFollowed(self._folder, process="")
            return self._run(*files, wanted, whole=whole, tell=tell, at_once=at_once)

    def rebuild_clues(self, tell: Callable[[int, int], None]) -> int:
        """Make the clues anew as of where traces are; gives the position. Raises AlreadyFollowed."""
        return self._of_clues(lambda clues: clues.rebuild(self._traces.position(), tell))

    def compare_clues(self, tell: Callable[[int, int], None]) -> tuple[int, str, str]:
        """What stands of clues, and what is made anew as of the same position: the position and both digests."""
        return self._of_clues(lambda clues: clues.compare(tell))

    def _of_clues(self, work: Callable[[Clues], _Found]) -> _Found:
        with self._files(WAIT_S) as files:
            if files is None:
                raise AlreadyFollowed(self._folder, process="")
            return work(files[1])

    def unread(self) -> int:
        """How many papers wait to be looked into."""
        with self._files(WAIT_S) as files:
            return 0 if files is None else files[1].unread

    def _is_due(self) -> bool:
        """Say whether there is anything to ask about: events, papers, or patterns that are others than they were."""
        if self._traces.position() != self.position():
            return True
        rows = self._reader.rows("SELECT pattern, fingerprint, position, run_at FROM asked")
        day, asked = self._today(), {row[0]: Asked(*row[1:]) for row in rows}
        if {id_: one.fingerprint for id_, one in asked.items()} != {
                one.id: one.fingerprint(thresholds_on(one, day)) for one in patterns().values()}:
            return True
        if any(one.looks_at_everything and asked[one.id].position < self.position() and self._is_time(asked[one.id])
               for one in patterns().values()):
            return True
        return self._papers is not None and self._open is not None and bool(self._open[1].due(1))

    def _due(self, kept: Kept) -> list[Pattern]:
        """The patterns to be asked: one that compares everything now and then, as it takes as long each time."""
        asked = kept.asked()
        return [one for one in patterns().values()
                if not one.looks_at_everything or one.id not in asked or self._is_time(asked[one.id])]

    def _is_time(self, asked: Asked) -> bool:
        return self._now() - asked.run_at >= EVERYTHING_S * 1_000_000

    def _run(
        self, kept: Kept, clues: Clues, wanted: Sequence[Pattern], *, whole: bool, tell: Tell, at_once: int = 1,
        rest: Callable[[], None] = lambda: None,
    ) -> list[Came]:
        run_at, day = self._now(), self._today()

        def piece(done: int, total: int) -> None:  # Each is one commit: what was taken, is.
            if self._stopping.is_set():
                raise Interrupted
            tell(CLUES, done, total)
            rest()

        clues.catch_up(self._traces.position(), piece)
        with Snapshot(self._folder, clues.path, self._stopping.is_set) as snapshot:
            clues.catch_up(snapshot.position, piece)
            self.asked_at = snapshot.position
            kept.note_reading(clues.due() if self._papers is not None else ())
            if self._papers is not None:
                clues.read_papers(PAPERS_AT_ONCE)
            asked = kept.asked()
            asking = []
            for pattern in wanted:
                values, last = thresholds_on(pattern, day), asked.get(pattern.id)
                is_new = last is None or last.fingerprint != pattern.fingerprint(values)
                is_far = last is not None and snapshot.position - last.position > FAR_EVENTS
                asking.append(Asking(pattern, values, None if whole or is_new or is_far or last is None
                                     else last.position))
            return run(kept, snapshot, asking, run_at=run_at, read=kept.reading(), tell=tell,
                       at_once=at_once, rest=rest)

    def _told(self, what: str, done: int, total: int) -> None:
        if self._began[0] != what:  # Taking the log is one thing, and each pattern another.
            self._began = what, time.monotonic_ns(), done
        _, began_ns, before = self._began
        if what != CLUES or total - before > NEAR_EVENTS:  # Some events are no long work.
            self._building = Progress.measured(done, total, began_ns=began_ns, before=before)

    def _today(self) -> date:
        return datetime.fromtimestamp(self._now() // 1_000_000, LOCAL).date()

    # The files

    @contextmanager
    def _files(self, wait_s: int = 0) -> Iterator[tuple[Kept, Clues] | None]:
        """Both files, while nobody else writes them; None where somebody else does for longer."""
        with self._at_work:
            if not self._take(wait_s):
                yield None
                return
            assert self._lease is not None
            try:
                yield self._opened()
                if self._open is not None:
                    self._seen = self._changes()
            except BaseException:
                self._close()  # One of them may be closed already: a disk failed while it got its name.
                raise
            finally:
                self._lease.release()

    def _take(self, wait_s: int) -> bool:
        if self._lease is None:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lease = FileLease(self._folder / "findings.lock")
        until = time.monotonic_ns() + wait_s * 1_000_000_000
        while not (taken := self._lease.try_take()) and time.monotonic_ns() < until:
            time.sleep(POLL_MS / 4_000)  # not hours: seconds
        return taken

    def _opened(self) -> tuple[Kept, Clues]:
        """The files, looked through once; anew where somebody has taken one away or written it meanwhile."""
        if self._open is not None and not (self._open[0].is_fit() and self._open[1].is_there()
                                           and self._seen == self._changes()):
            self._close()
        if self._open is None:
            clues = Clues(self._ledger, self._folder, self._papers)
            try:
                kept = Kept(self._ledger, self.path, patterns().values())
            except BaseException:
                clues.close()
                raise
            self._open = kept, clues
            for other in self._folder.glob(f"{FindingsFile.name}.[0-9]*.db"):
                if other.name.count(".") == self.path.name.count(".") and other != self.path:
                    discard(other)   # Of another version: what it said is found again.
        return self._open

    def _changes(self) -> tuple[int, int]:
        """The files' counters of what others changed in them."""
        assert self._open is not None
        kept, clues = self._open
        return kept.changes(), clues.changes()

    def _close(self) -> None:
        if self._open is not None:
            for one in self._open:
                one.close()
            self._open = None
