"""The follower: one process of a host keeps every projection up to date with the log.

It wakes on each commit of its own process and polls as well, since another process may write and a lost wake-up must
put nobody to sleep; after a round that found something it looks again without being woken. It reads in batches; each
projection takes a batch in one transaction of its own file. A projection that fails says so, stops before the event it
cannot take, tries again each second, and holds up no other.

A projection without a file, of a new version, ahead of the log or damaged is built anew beside whatever is there, a
batch in turn with the others, and put in place when it has caught up. A build that was stopped goes on where it was.
Files are checked for damage at the start, unless an orderly stop left them as they are (`projections/marker.py`).

`tests/projections/test_follower.py` shows it, with a kill in the middle.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Final, NamedTuple

import structlog

from ledger.durable import sync
from ledger.lease import FileLease
from projections import marker
from projections.board import Bell, Board, Failed, Progress, Said
from projections.errors import AlreadyFollowed, ProjectionError, ProjectionFailed, UnknownProjection
from projections.file import Batch, Log, ProjectionFile, discard, is_damage, is_doubted, path_of
from projections.former import remove_older
from projections.projection import Projection
from projections.reached import Reached, Telling, take_back

EVENTS_AT_ONCE: Final = 1_000
POLL_MS: Final = 20
PAUSE_MS: Final = 20
"""At most so often while nobody waits: a round is a commit in each file, and a busy log has an event each moment."""
RETRY_MS: Final = 1_000
BUSY_PERCENT: Final = 3
"""It is busy when following has lately taken so much of a core, some 600 events a second: then whoever answers, in
the same interpreter, and it are in each other's way."""
BUSY_OVER_MS: Final = 1_000
LOOK_MS: Final = 200
"""So often it is looked whether the files are still there: whoever deletes one means it to be made anew."""
_SOUND: Final = " sound"


Clock = Callable[[], int]
"""Nanoseconds that only grow: when a projection that failed is tried again, and files are looked at."""


class Lag(NamedTuple):
    """How far one projection is behind the log, and what keeps it, if anything does."""

    position: int
    behind: int
    building: Progress | None
    failure: ProjectionFailed | None


class Ownership:
    """The lock on a folder of projections: of all processes of this host, one has it.

    `were_sound`: whoever had it before found every file whole or made it, and died since. A death tears no file apart,
    only a loss of power may; so whoever has been waiting since then need not look through them again.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path = folder / "follower.lock"
        self._lease = FileLease(self._path)
        if not self._lease.try_take():
            raise AlreadyFollowed(folder, process=self._said().removesuffix(_SOUND))
        self.were_sound: Final = self._said().endswith(_SOUND)
        self._note(str(os.getpid()))

    def found_sound(self) -> None:
        """Note that every file is whole."""
        self._note(f"{os.getpid()}{_SOUND}")

    def release(self) -> None:
        """Let another have it. The file stays: removing it would let two hold two files of one name."""
        self._note("")
        self._lease.release()

    def _note(self, text: str) -> None:
        with suppress(OSError):  # On a full disk nothing is noted, and whoever comes next checks.
            self._path.write_text(text, "ascii")

    def _said(self) -> str:
        return self._path.read_text("ascii").strip()


class Build:
    """A projection that is being made from nothing, beside whatever stands in its place."""

    def __init__(
        self, projection: Projection, folder: Path, ledger: Log, *, untouched: frozenset[str] = frozenset(),
        word: str = "building",
    ) -> None:
        self.path = path_of(folder, projection, word)
        # Of one that was stopped, what was done is kept.
        self.file = opened(projection, self.path, ledger, untouched=untouched, made=True)
        self._began, self._from = time.monotonic_ns(), self.file.position

    def progress(self, total: int) -> Progress:
        """Say how far it is."""
        done = self.file.position
        took_ms = max(1, (time.monotonic_ns() - self._began) // 1_000_000)
        rate = (done - self._from) * 1_000 // took_ms
        return Progress(done, total, rate, (total - done) // rate if rate else None)

    def put_in_place(self, path: Path) -> ProjectionFile:
        """Make it the file where there is none."""
        projection = self.file.projection
        self.file.finish()
        self.file.close()
        self.path.replace(path)
        sync(path.parent)
        return ProjectionFile(projection, path)

    def put_beside(self, path: Path) -> int:
        """Make it the file for whoever follows next, unless that one has begun to follow meanwhile and has its own."""
        self.file.finish()
        self.file.close()
        with suppress(FileExistsError):
            path.hardlink_to(self.path)
            sync(path.parent)
        discard(self.path)
        return self.file.position

    def put_into(self, live: ProjectionFile) -> None:
        """Give its content to the file that stands, in one transaction."""
        self.file.finish()
        live.replace_with(self.file)
        self.file.close()
        discard(self.path)


def opened(
    projection: Projection, path: Path, ledger: Log, *, untouched: frozenset[str] = frozenset(), made: bool = False
) -> ProjectionFile:
    """Open a file that fits the log; one that does not, or is damaged, is discarded with a line in the log.

    Those that are `untouched` since an orderly stop are not checked for damage.
    """
    because = "damaged"
    is_trusted = path.name in untouched or not path.exists()
    try:
        file = ProjectionFile(projection, path, made=made)
        if not file.is_own:
            because = "other_version"
        elif not file.is_whole:
            because = "torn"
        elif is_trusted or _is_sound(file):
            if file.fits(ledger):
                return file
            because = "ahead_of_log" if file.position > ledger.store.size() else "other_log"
        file.connection.close()
    except sqlite3.Error as error:
        if not is_damage(error):
            if error.sqlite_errorcode != sqlite3.SQLITE_ERROR:
                raise
            because = "other_version"  # It has not the tables that are asked for.
    structlog.get_logger().warning("projection_discarded", projection=projection.name, because=because)
    discard(path)
    return ProjectionFile(projection, path, made=made)


def _is_sound(file: ProjectionFile) -> bool:
    """Check a file for damage, and say how long it took: a start that is slow should say why."""
    began = time.monotonic_ns()
    sound = file.is_sound()
    millis = (time.monotonic_ns() - began) // 1_000_000
    structlog.get_logger().info("projection_checked", file=file.path.name, sound=sound, millis=millis)
    return sound


def known(name: str, names: Collection[str]) -> None:
    """Demand that there is a projection of a name."""
    if name not in names:
        raise UnknownProjection(name, tuple(names))


def read_batch(ledger: Log, after: int, limit: int = EVENTS_AT_ONCE) -> Batch | None:
    """Read the events past a position; None when there are none."""
    leaves = ledger.store.leaves(after, limit)
    if not leaves:
        return None
    return Batch(after, leaves)


class _Track:
    """One projection on its way: the file that stands, the build beside it, and what went wrong last."""

    def __init__(
        self, projection: Projection, folder: Path, ledger: Log, untouched: frozenset[str],
        clock: Clock = time.monotonic_ns,
    ) -> None:
        self.projection, self.folder, self.ledger, self.clock = projection, folder, ledger, clock
        self.path = path_of(folder, projection)
        self.live: ProjectionFile | None = None
        self.told = 0  # Up to where readers know it to speak.
        self.build: Build | None = None
        self.failure: ProjectionFailed | None = None
        self.retry_at_ns = self.look_at_ns = 0
        if self.path.exists():
            file = opened(projection, self.path, ledger, untouched=untouched)
            if file.position or not ledger.store.size():
                self._stands(file)
                discard(path_of(folder, projection, "building"))  # Of a rebuild that was stopped.
                return
            file.close()
            discard(self.path)
        self.build = Build(projection, folder, ledger, untouched=untouched)

    def rebuild(self) -> None:
        """Begin to make it anew, beside what stands."""
        if self.build is None:
            discard(path_of(self.folder, self.projection, "building"))
            self.build = Build(self.projection, self.folder, self.ledger)

    def step(self, read: Callable[[int], Batch | None], size: int) -> bool:
        """Take the next batch, and the build's; say whether there is more to take at once."""
        if self.failure is not None and self.clock() < self.retry_at_ns:
            return False
        try:
            self._look()
            for file in self._files():
                if file.position < size and (batch := read(file.position)) is not None:
                    self._take(file, batch)
            if self.build is not None and self.build.file.position >= size:
                self._swap(self.build)
            self.failure = None
        except _Damaged as damaged:
            self._begin_anew(damaged.file)
        except ProjectionFailed as failed:
            self.failure = failed
            self.retry_at_ns = self.clock() + RETRY_MS * 1_000_000
            structlog.get_logger().error(
                "projection_failed", projection=failed.name, position=failed.position, exc_info=failed.cause
            )
            return False
        return any(file.position < size for file in self._files())

    def _look(self) -> None:
        """See now and then that the files are still there, and whole as far as their length says."""
        if self.clock() >= self.look_at_ns:
            self.look_at_ns = self.clock() + LOOK_MS * 1_000_000
            for file in self._files():
                _demand_there(file)

    def _files(self) -> list[ProjectionFile]:
        return [file for file in (self.live, None if self.build is None else self.build.file) if file is not None]

    def _take(self, file: ProjectionFile, batch: Batch) -> None:
        try:
            file.apply(batch, self.ledger)
        except Exception as error:
            if is_damage(error):
                raise _Damaged(file) from error
            if len(batch.leaves) == 1:
                raise ProjectionFailed(file.projection.name, position=batch.position, cause=error) from error
            if file.position == batch.after:  # Else it went back to what was written, and comes here again.
                for single in batch.parts(1):  # Which one was it? What stands before it is taken.
                    self._take(file, single)

    def _begin_anew(self, file: ProjectionFile) -> None:
        structlog.get_logger().warning("projection_discarded", projection=self.projection.name, because="damaged")
        file.connection.close()
        discard(file.path)
        if file is self.live:
            self.live, self.told = None, 0
        if self.build is None or file is self.build.file:
            self.build = Build(self.projection, self.folder, self.ledger)

    def _swap(self, build: Build) -> None:
        _demand_there(build.file)
        if self.live is None:
            self._stands(build.put_in_place(self.path))
        else:
            build.put_into(self.live)
        self.build = None
        structlog.get_logger().info("projection_built", projection=self.projection.name, position=build.file.position)

    @property
    def reached(self) -> tuple[int, int]:
        """Say which file stands, by its number on the disk, and up to where it speaks; 0 and 0 for none."""
        return (0, 0) if self.live is None else (self.live.inode, self.live.spoken)

    def lag(self, size: int) -> Lag:
        build = self.build
        return Lag(self.told, size - self.told, None if build is None else build.progress(size), self.failure)

    def is_far(self, size: int) -> bool:
        """Say whether nothing stands yet, nor will soon."""
        build = self.build
        return self.live is None and build is not None and build.progress(size).is_far

    def said(self, size: int) -> Said:
        failure = None if self.failure is None else Failed(self.failure.position, self.failure.because)
        return Said(None if self.build is None else self.build.progress(size), failure)

    def close(self) -> None:
        for file in self._files():
            file.close()

    def come_back(self, read: Callable[[int], Batch | None], size: int) -> None:
        """Take what the file was told to speak of by whoever died: nobody is told less than before."""
        told = 0 if self.live is None else min(size, Reached(self.path).position(self.live.inode))
        while self.live is not None and self.live.position < told and self.failure is None:
            self.step(read, size)

    def _stands(self, file: ProjectionFile) -> None:
        self.live, file.is_told = file, True
        for name in remove_older(self.folder, self.projection):
            structlog.get_logger().info("projection_removed", file=name)


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


class _Damaged(Exception):
    """SQLite finds the file broken; no answer may come from it."""

    def __init__(self, file: ProjectionFile) -> None:
        self.file = file
        super().__init__(file.path.name)


def _demand_there(file: ProjectionFile) -> None:
    """Demand that nobody has taken a file away or cut it off, nor found it unreadable."""
    try:
        is_whole = file.is_there() and (not is_doubted(file.path) or _reads_whole(file.path))
    except sqlite3.Error as error:
        if not is_damage(error):
            raise
        is_whole = False
    if not is_whole:
        raise _Damaged(file)


def _reads_whole(path: Path) -> bool:
    """Check a file as others see it: what its owner has read already it does not read again."""
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=30)) as connection:
        return bool(connection.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok")


class Follower:
    """Owns the files of all projections in a folder, for as long as it runs."""

    def __init__(
        self, ledger: Log, folder: Path, projections: Sequence[Projection], *, clock: Clock = time.monotonic_ns
    ) -> None:
        self._ledger, self._folder, self._projections = ledger, folder, tuple(projections)
        self._clock = clock
        self._tracks: dict[str, _Track] = {}
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
        self._worked = _Worked()
        self._turns = deque(projection.name for projection in self._projections)

    def start(self, *, succeeding: bool = False) -> None:
        """Take the files and follow; raises AlreadyFollowed. Builds go on in the background.

        Whoever is `succeeding` has waited for another's death: what that one had found whole is not checked again.
        """
        self.open(succeeding=succeeding)
        try:
            self._bell = Bell(self._folder)
            self._bell.answer(self._rung)
        except BaseException:
            self._let_go()
            raise
        self._ledger.store.wake_on_commit(self._woken.set)
        self._thread = threading.Thread(target=self._run, name="follower", daemon=True)
        self._thread.start()

    def open(self, *, succeeding: bool = False) -> None:
        """Take the files, and leave it to the caller to `step`; nobody's bell is answered."""
        assert self._ownership is None, "a follower is started once"
        self._ownership = ownership = Ownership(self._folder)
        try:
            untouched = marker.take(self._folder)
            if succeeding and ownership.were_sound:
                untouched |= {path.name for path in self._folder.glob("*.db")}
            for projection in self._projections:
                self._tracks[projection.name] = _Track(
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
        ownership.found_sound()

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
        for track in self._tracks.values():
            track.close()
        if self._telling is not None:  # The files say it themselves from now on.
            take_back(self._folder)
            self._telling.close()
            self._telling = None
        if self._ownership is not None:
            if orderly:
                marker.leave(self._folder)
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
        def passed_over(track: _Track) -> bool:
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

    def _track(self, name: str) -> _Track:
        known(name, self._tracks)
        return self._tracks[name]

    # The thread

    def _run(self) -> None:
        is_moving = has_carried = False
        while not self._stopping.is_set():
            if not is_moving:
                self._woken.wait(POLL_MS / 1_000)  # not hours: seconds
            self._awaited.clear()  # Before the size is read: what is waited for from now on may not be in it.
            self._woken.clear()
            try:
                size = self._seen
                while self._round() and not self._stopping.is_set():
                    self._carry_over()
                is_moving = self._seen > size
                has_carried = self._carry_over()  # It takes about as long as the pause, and instead of it.
            except Exception as error:  # The log could not be read, or a file not made: the next round may go well.
                structlog.get_logger().error("follower_failed", exc_info=error)
                self._stopping.wait(RETRY_MS / 1_000)  # not hours: seconds
            if not has_carried:
                self._awaited.wait(PAUSE_MS / 1_000)  # not hours: seconds

    def _round(self) -> bool:
        self._worked.note()
        size = self._seen = self._ledger.store.size()
        while self._wanted:
            self._tracks[self._wanted.pop()].rebuild()
        moved = [track.step(self._batch, size) for track in self._tracks.values()]
        self._tell()
        self._board.say(self._said(size))
        with self._moved:
            self._moved.notify_all()
        return any(moved)

    def _carry_over(self) -> bool:
        """Do for one file what waits for the disk, now that nobody waits for a round; the next time it is last."""
        for _ in range(len(self._turns)):
            self._turns.rotate(-1)
            live = self._tracks[self._turns[-1]].live
            if live is not None and live.carry_over():
                return True
        return False

    def _tell(self) -> None:
        """Tell readers how far each file speaks, now that it does."""
        reached = {track.path.name: track.reached for track in self._tracks.values()}
        if self._telling is None or not self._telling.is_there():
            self._telling = Telling(self._folder, reached)
        for track in self._tracks.values():
            self._telling.tell(track.path.name, *reached[track.path.name])
            track.told = reached[track.path.name][1]

    def _said(self, size: int) -> dict[str, Said]:
        return {name: track.said(size) for name, track in self._tracks.items()}

    def _batch(self, after: int) -> Batch | None:
        """Read once for all that stand at one place."""
        if self._read[0] != after or self._read[1] is None:
            self._read = after, read_batch(self._ledger, after)
        return self._read[1]
