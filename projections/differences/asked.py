"""Differences under other axes than the queue's: of what had happened by a day, under any law, as of any position.

The file that is kept up knows what differs under `then`, from the position at which it was made. Whatever else is asked
is weighed anew: of one person at once, in memory; of everyone in a file of its own beside the answers, made once for a
basis and read by the very questions that read the other. It is a cache and no more: the newest are kept, any may be
deleted, and one that somebody finds unreadable is made anew.

    differences-asked/<digest of the basis>/differences.<version>.db

To weigh everyone may take minutes, so it goes on while whoever asked is told how far it is. One is made at a time on a
host. A kill leaves a hidden folder, which the next one takes away.

`tests/projections/test_differences_asked.py` shows it.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
import threading
import time
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from ledger.lease import FileLease
from ledger.ledger import Ledger
from projections.basis import THEN, Basis
from projections.differences.kept import Kept, begin, times_of
from projections.differences.person import Dated, Judge
from projections.differences.queue import DifferencesFile
from projections.differences.search import EACH_MOST, Search
from projections.entries import Entries
from projections.errors import ProjectionError
from projections.files.places import is_doubted, path_of
from projections.files.reader import Reader
from projections.laws import Laws
from projections.people import People

NAME: Final = "differences-asked"
KEPT_MOST: Final = 16
_LOOK_MS: Final = 20
_FOLDS: Final = (DifferencesFile, People, Entries, Laws)
"""What an answer follows from: a file that another version of one of these made is another one."""


class BeingWeighed(ProjectionError):
    """Everyone is being weighed under these axes, or under those of somebody who asked before."""

    code = "differences_being_weighed"
    retry_after: Final = 2

    def __init__(self, done: int, total: int, basis: Basis) -> None:
        self.done, self.total = done, total
        self.seen: Final = {"as_of": basis.as_of, "log_size": basis.log_size}   # Else the next question is another one.
        told = f"已评定 {done} / {total} 人" if total else "刚刚开始"
        super().__init__(
            f"正在按所问的时间和规则逐人评定差异（{told}）。请稍后以同一位置（as_of={basis.as_of}、log_size={basis.log_size}）"
            "再问，得到的就是这一份；只问一个人（person）的，可以立即得到。")
        self.told = str(self)


class Stopped(Exception):
    """The house is being closed: nobody waits any more."""


class Weighed:
    """What differs of one person, in memory, for the questions that read a file."""

    def __init__(self, ledger: Ledger, at: int, found: Iterable[Dated]) -> None:
        self._at = at
        self._connection = sqlite3.connect(":memory:", isolation_level=None)
        from sqlite_utils import Database

        DifferencesFile().create(Database(self._connection))
        recorded_at = times_of(ledger)
        for one in found:
            begin(self._connection, recorded_at, one)

    def rows(self, query: str, values: Any = ()) -> list[tuple[Any, ...]]:
        """Ask."""
        return self._connection.execute(query, values).fetchall()

    def position(self) -> int:
        """Up to where it speaks."""
        return self._at


class _Work:
    """One file on its way."""

    def __init__(self, folder: Path) -> None:
        self.folder: Final = folder
        self.over = threading.Event()
        self.error: BaseException | None = None
        self.done = self.total = 0


class AskedDifferences:
    """Weighs what is asked, and keeps what was weighed."""

    def __init__(self, ledger: Ledger, folder: Path, judge: Judge, *, each_most: int = EACH_MOST) -> None:
        self._ledger, self._folder, self._judge, self._each_most = ledger, folder, judge, each_most
        self._root: Final = folder / NAME
        self._beginning = threading.Lock()
        self._stopping = threading.Event()
        self._lease: FileLease | None = None
        self._work: _Work | None = None

    def of_person(self, basis: Basis, person: str) -> Weighed:
        """What differs of one person on a basis."""
        judge, at = self._judging(basis), basis.as_of
        now = judge.differences(person, at)
        return Weighed(self._ledger, at, judge.since(person, at, now) if now.entries or now.years else ())

    def of_everyone(self, basis: Basis, wait_s: int) -> Reader:
        """What differs of everyone on a basis; raises BeingWeighed where that takes longer than one waits."""
        folder = self._root / self._key(basis)
        path, until = path_of(folder, DifferencesFile()), time.monotonic_ns() + wait_s * 1_000_000_000
        if is_doubted(path):
            shutil.rmtree(folder, ignore_errors=True)
        while not path.exists():
            work = self._begin(basis, folder)
            if work is None:   # Another process makes one: perhaps this one.
                time.sleep(_LOOK_MS / 1_000)  # not hours: seconds
            else:
                work.over.wait(max(0, until - time.monotonic_ns()) / 1_000_000_000)  # not hours: seconds
                if work.error is not None and work.folder == folder:
                    raise work.error
            if time.monotonic_ns() >= until and not path.exists():
                done, total = (0, 0) if work is None or work.folder != folder else (work.done, work.total)
                raise BeingWeighed(done, total, basis)
        folder.touch()  # The one that was not asked of for longest goes first.
        return Reader(DifferencesFile(), folder)

    def __enter__(self) -> AskedDifferences:
        return self

    def __exit__(self, *_: object) -> None:
        """End what is being made where it is."""
        self._stopping.set()
        if (work := self._work) is not None:
            work.over.wait()

    def _judging(self, basis: Basis) -> Judge:
        return self._judge.under(basis.valid_on, None if basis.law == THEN else basis.digests)

    def _key(self, basis: Basis) -> str:
        """Equal names, equal answers: of this log up to there, of these days, under this law, by these folds."""
        valid_on = None if basis.valid_on is None else basis.valid_on.isoformat()
        root = self._ledger.store.frontier(basis.as_of).root().hex()
        said = [[(one.name, one.version) for one in _FOLDS], basis.as_of, root, valid_on,
                THEN if basis.law == THEN else basis.digests]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:32]

    # Making

    def _begin(self, basis: Basis, folder: Path) -> _Work | None:
        """What this process makes: another one's question until it is answered, then this; None where it may not."""
        with self._beginning:
            if (work := self._work) is not None and not work.over.is_set():
                return work
            if self._stopping.is_set():
                raise Stopped
            if self._lease is None:
                self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._lease = FileLease(self._folder / f"{NAME}.lock")
            if not self._lease.try_take():
                return None
            self._work = work = _Work(folder)
            threading.Thread(target=self._run, args=(work, basis), name=NAME, daemon=True).start()
            return work

    def _run(self, work: _Work, basis: Basis) -> None:
        try:
            self._make(work, basis)
        except BaseException as error:
            work.error = error
        finally:
            assert self._lease is not None
            self._lease.release()
            work.over.set()

    def _make(self, work: _Work, basis: Basis) -> None:
        for left in self._root.glob(".*"):   # Of one that was killed.
            shutil.rmtree(left)
        beside = work.folder.with_name(f".{work.folder.name}")
        beside.mkdir(mode=0o700)

        def go_on(done: int, total: int) -> None:
            work.done, work.total = done, total
            if self._stopping.is_set():
                raise Stopped

        search = Search(self._ledger, self._folder, self._judging(basis), go_on, each_most=self._each_most)
        with closing(Kept(self._ledger, path_of(beside, DifferencesFile()))) as kept:
            kept.make(basis.as_of, search.found(basis.as_of))
        shutil.rmtree(work.folder, ignore_errors=True)   # Of which somebody took the file away.
        beside.rename(work.folder)
        kept_now = sorted(self._root.iterdir(), key=lambda one: one.stat().st_mtime_ns, reverse=True)
        for old in kept_now[KEPT_MOST:]:
            shutil.rmtree(old, ignore_errors=True)
