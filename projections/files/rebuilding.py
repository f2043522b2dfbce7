"""Rebuilding while nobody follows, and comparing what stands with what the log says.

`rebuild` makes projections from nothing beside the files that stand, says how they differ from what stood and puts them
in their place; it takes the lock of the folder. Where an older program follows there, whose files have other names, it
makes what the newer one will find, and changes nothing of what stands (`former.py`).

Each event is read once for all that a process makes, and where there is much to read there are as many
processes as cores. `compare` makes one beside and touches nothing: the file that stands is read in one snapshot, at
whatever position it has, so it may be followed meanwhile. Both can be stopped at any time: what stands, stands.

`tests/projections/test_rebuilding.py` shows it.
"""

from __future__ import annotations

import os
import select
import signal
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any, Final, NamedTuple

from ledger.lease import FileLease
from ledger.ledger import Ledger
from ledger.uncollected import uncollected
from projections.errors import AlreadyFollowed, NotBuilt, ProjectionFailed, RebuildDied, Unreadable
from projections.files import marker
from projections.files.batch import EVENTS_AT_ONCE, Batch, read_batch
from projections.files.build import Build, opened
from projections.files.content import Content, content, stands
from projections.files.file import ProjectionFile
from projections.files.former import Changes, Former, Incomparable, changes, former_of, remove_older
from projections.files.ownership import Ownership
from projections.files.places import discard, path_of
from projections.files.projection import Projection
from projections.files.reached import followed, take_back
from projections.files.together import Together

Progress = Callable[[int, int], None]
Told = Callable[[str, int, int], None]
"""Is told of which projection how many events were taken, and of how many."""
Found = Callable[[Changes | Incomparable], None]
"""Is told how what was made differs from what stood, before it takes its place."""
Opener = Callable[[], AbstractContextManager[Ledger]]
"""Opens the ledger in a process of its own; it is sent there, so it is a function of a module, or a partial of one."""

WORTH_A_PROCESS: Final = 20_000
"""So many events take about as long as a process takes to start."""


def rebuild(ledger: Ledger, folder: Path, projection: Projection, progress: Progress) -> int:
    """Make a projection anew and put it in place; gives the position. Raises AlreadyFollowed or ProjectionFailed."""
    made = rebuild_all(ledger, folder, [projection], lambda _, done, total: progress(done, total))
    return made[projection.name]


def rebuild_all(
    ledger: Ledger, folder: Path, projections: Sequence[Projection], told: Told, *, elsewhere: Opener | None = None,
    processes: int | None = None, found: Found | None = None,
) -> dict[str, int]:
    """Make several anew; gives each one's position. With `elsewhere` other processes do it where the log is long.

    With `found` each is compared with what stood before it takes its place. Raises AlreadyFollowed where somebody
    follows these very files.
    """
    with _allowed(folder, projections) as owns:
        if owns:
            take_back(folder)
        if processes is None:
            processes = len(os.sched_getaffinity(0)) if ledger.store.size() >= WORTH_A_PROCESS else 1
        shares = shared_out(projections, processes)
        if elsewhere is None or len(shares) < 2:
            return _made(ledger, folder, projections, told, found, owns=owns)
        return _made_elsewhere(elsewhere, ledger, folder, shares, told, found, owns=owns)


def lacking(folder: Path, projections: Sequence[Projection]) -> list[Projection]:
    """Those of which no file stands, and that whoever follows there has in another version or not at all."""
    try:
        Ownership(folder).release()
    except AlreadyFollowed:
        pass
    else:
        return []
    known = followed(folder)
    paths = [path_of(folder, one) for one in projections]
    return [one for one, path in zip(projections, paths, strict=True)
            if known and path.name not in known and not path.exists()]


@contextmanager
def _allowed(folder: Path, projections: Sequence[Projection]) -> Iterator[bool]:
    """Have the folder for oneself; or, while a program of other versions follows, the right to make what it has not."""
    try:
        ownership = Ownership(folder)
    except AlreadyFollowed:
        if set(projections) != set(lacking(folder, projections)):
            raise
        preparing = FileLease(folder / "prepare.lock")
        if not preparing.try_take():
            raise
        try:
            yield False
        finally:
            preparing.release()
        return
    made = {path_of(folder, one).name for one in projections}
    whole = marker.take(folder) - made
    try:
        yield True
        whole |= made
    finally:
        marker.leave(folder, whole)
        ownership.release()


def shared_out(projections: Sequence[Projection], processes: int) -> list[list[Projection]]:
    """Share projections out so that each process has about as much to do: the heaviest first, to whoever has least."""
    shares: list[list[Projection]] = [[] for _ in range(max(1, processes))]
    for projection in sorted(projections, key=lambda one: -one.weight):
        min(shares, key=lambda share: sum(one.weight for one in share)).append(projection)
    return [share for share in shares if share]


@uncollected()
def _made(
    ledger: Ledger, folder: Path, projections: Sequence[Projection], told: Told, found: Found | None, *, owns: bool
) -> dict[str, int]:
    """Make some beside what stands, each event read once for all of them, and put them in place."""
    builds: list[Build] = []
    word = "building" if owns else "prepared"   # A follower that begins meanwhile makes its own.
    try:
        for projection in projections:
            discard(path_of(folder, projection, word))
            builds.append(Build(projection, folder, ledger, word=word))
        size = ledger.store.size()

        def progress(done: int, _: int) -> None:
            for projection in projections:
                told(projection.name, done, size)

        files = [build.file for build in builds]
        if found is not None:
            _compare_on_the_way(files, folder, ledger, progress, found)
        fill(files, ledger, size, progress)
        return {build.file.projection.name: _put(build, folder, ledger, owns=owns) for build in builds}
    except BaseException:
        for build in builds:
            build.file.let_go()  # Nothing of it is kept.
            discard(build.path)
        raise


def _compare_on_the_way(
    files: Sequence[ProjectionFile], folder: Path, ledger: Ledger, progress: Progress, found: Found
) -> None:
    """Stop where something stands that is to be replaced, and say how what was made up to there differs from it."""
    formers = [former_of(folder, file.projection, path_of(folder, file.projection), ledger) for file in files]
    for former in formers:
        if isinstance(former, Incomparable):
            found(former)
    held = [(former, file) for former, file in zip(formers, files, strict=True) if isinstance(former, Former)]
    for position in sorted({former.position for former, _ in held}):
        fill(files, ledger, position, progress)
        for former, file in held:
            if former.position == position:
                found(changes(former, file.connection, file.projection.version))


def _put(build: Build, folder: Path, ledger: Ledger, *, owns: bool) -> int:
    projection = build.file.projection
    path = path_of(folder, projection)
    if not owns:
        return build.put_beside(path)
    if not path.exists():
        file = build.put_in_place(path)
    else:
        # Every page of it is written over, so nobody needs to know whether it was whole.
        file = opened(projection, path, ledger, untouched=frozenset({path.name}))
        build.put_into(file)
    file.close()
    remove_older(folder, projection)
    return file.position


def fill(files: Sequence[ProjectionFile], ledger: Ledger, upto: int, progress: Progress) -> None:
    """Have files that stand at one position take everything up to another."""
    position, together = files[0].position, Together(files)
    progress(position, upto)
    while position < upto:
        batch = read_batch(ledger, position, min(EVENTS_AT_ONCE, upto - position))
        if batch is None:
            break  # The file is ahead of the log: the positions will differ, and that is the finding.
        _take(together, batch, ledger)
        position = batch.position
        progress(position, upto)
    for file in files:
        file.write()


def _take(together: Together, batch: Batch, ledger: Ledger) -> None:
    try:
        together.apply(batch, ledger)
    except sqlite3.Error:
        raise
    except Exception:  # Which was it, and at which event? Each went back to what it had written, and takes single ones.
        for file in together.files:
            while file.position < batch.position and (single := read_batch(ledger, file.position, 1)) is not None:
                try:
                    file.apply(single, ledger)
                except Exception as error:
                    raise ProjectionFailed(file.projection.name, position=single.position, cause=error) from error


# In other processes


class _Failed(NamedTuple):
    """What a process says of an event that a projection could not take."""

    name: str
    position: int
    because: str


def _made_elsewhere(
    elsewhere: Opener, ledger: Ledger, folder: Path, shares: Sequence[Sequence[Projection]], told: Told,
    found: Found | None, *, owns: bool,
) -> dict[str, int]:
    """Make the heaviest share here, which need not begin anew as a process must, and each other one elsewhere."""
    others = _Others(told, found)
    try:
        for share in shares[1:]:
            others.call(_work, elsewhere, folder, share, owns=owns, compares=found is not None)

        def told_here(name: str, done: int, total: int) -> None:
            while others.listen(0):
                pass
            told(name, done, total)

        positions = _made(ledger, folder, shares[0], told_here, found, owns=owns)
        while others.are_working:
            others.listen(None)
        return positions | others.positions
    finally:
        others.end()
        for share in shares[1:]:
            for projection in share:
                discard(path_of(folder, projection, "building" if owns else "prepared"))  # Of one that was stopped.


class _Others:
    """The processes that were called, and what they say."""

    def __init__(self, told: Told, found: Found | None) -> None:
        self._told, self._found = told, found
        self._working: dict[Connection, SpawnProcess] = {}
        self.positions: dict[str, int] = {}

    @property
    def are_working(self) -> bool:
        return bool(self._working)

    def call(self, work: Callable[..., None], *args: Any, **options: bool) -> None:
        spawn = get_context("spawn")
        ours, theirs = spawn.Pipe(duplex=False)
        process = spawn.Process(target=work, args=(*args, theirs), kwargs=options, daemon=True)
        process.start()
        theirs.close()
        self._working[ours] = process

    def listen(self, timeout_s: int | None) -> bool:
        """Take one thing of each that said something, if any did; raises what one says went wrong, or RebuildDied."""
        ready = wait(list(self._working), timeout_s)
        for ours in ready:
            assert isinstance(ours, Connection)
            try:
                said = ours.recv()
            except EOFError:
                raise RebuildDied from None
            if isinstance(said, Mapping):
                self.positions |= said
                self._working.pop(ours).join()
            elif isinstance(said, Changes | Incomparable):
                assert self._found is not None
                self._found(said)
            elif isinstance(said, _Failed):
                raise ProjectionFailed(said.name, position=said.position, cause=said.because)
            else:
                self._told(*said)
        return bool(ready)

    def end(self) -> None:
        for process in self._working.values():
            process.kill()
            process.join()


def _work(
    elsewhere: Opener, folder: Path, share: Sequence[Projection], tell: Connection, *, owns: bool, compares: bool
) -> None:
    """What a process of its own does; when nobody listens any more it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # A Ctrl-C is its parent's: it ends this one in its own time.

    def told(*said: Any) -> None:
        if select.select([], [tell], [], 0)[1]:  # Whoever listens is at work as well: nothing waits for being told.
            tell.send(said)

    with elsewhere() as ledger:
        try:
            found = tell.send if compares else None
            tell.send(_made(ledger, folder, share, told, found, owns=owns))
        except ProjectionFailed as failed:
            tell.send(_Failed(failed.name, failed.position, failed.because))
        except BrokenPipeError:
            return


# Comparing


class Comparison(NamedTuple):
    """What stands, and what the log says should."""

    name: str
    stands: Content
    should: Content

    @property
    def holds(self) -> bool:
        """Say whether they are the same."""
        return self.stands == self.should


@uncollected()
def compare(ledger: Ledger, folder: Path, projection: Projection, progress: Progress) -> Comparison:
    """Compare a file with what is made from nothing up to the same position; raises NotBuilt or Unreadable."""
    path = path_of(folder, projection)
    if not path.exists():
        raise NotBuilt(projection.name)
    beside = path_of(folder, projection, "compare")
    discard(beside)
    try:
        standing = stands(path, ledger)
        fresh = ProjectionFile(projection, beside, made=True)
        try:
            fill([fresh], ledger, standing.position, progress)
            return Comparison(projection.name, standing, content(fresh.connection))
        finally:
            fresh.let_go()
    except sqlite3.Error as error:
        raise Unreadable(path, error) from error
    finally:
        discard(beside)
