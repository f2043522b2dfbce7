"""Faults: a process is killed, its disk is full, a write or an fsync fails. What was acknowledged stays whole.

Each fault happens in a process of its own (`fault_child.py`), which says what was acknowledged after it was. Then the
file is checked by `hash_only_checker.py`, which knows nothing of ours, the store is opened again, and every request
that was under way is asked for once more under its own key: it is answered if it was done, and done if it was not.

A kill does not empty the page cache, so this shows what happens to processes; loss of power rests on SQLite's own tests
and on synchronous=FULL, which `test_sqlite_store.py` looks at.
"""

from __future__ import annotations

import random
import resource
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fault_child import planned, said, start
from fault_kit import check_after
from store_kit import open_sqlite, outcome_of, stream

from ledger.stores.append import Receipt, StoreFailed
from ledger.stores.sqlite import LedgerDatastore, SQLiteRecorder
from ledger.stores.sqlite_file import LedgerPool

WRITES = "pwrite64,fdatasync,fsync,ftruncate"


# Killed


def kill_at_a_random_moment(path: Path, seed: int, rounds: int) -> None:
    """Each round goes on where the killed one stopped: what it asks for again is answered, then it writes on."""
    rng = random.Random(seed)
    done_before = 0
    for _round in range(rounds):
        child = start(path, 64, 10_000)
        assert child.stdout is not None
        first = child.stdout.readline() if _round % 2 == 0 else b""  # Else it may die while it opens the file.
        threading.Timer(rng.uniform(0.1 if first else 0.35, 1.1), child.send_signal, [signal.SIGKILL]).start()
        output = first + child.stdout.read()
        child.stdout.close()
        assert child.wait(60) == -signal.SIGKILL
        checked = check_after(path, said(output), threads=64)
        assert len(checked.leaves) >= done_before
        done_before = len(checked.leaves)
    assert done_before, "at least one round wrote before it died"


def test_killed_in_the_middle_of_64_writers_nothing_acknowledged_is_lost_and_nothing_is_half(tmp_path: Path) -> None:
    kill_at_a_random_moment(tmp_path / "ledger.sqlite", seed=1, rounds=3)


@pytest.mark.torture
@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("seed", range(2, 7))
def test_killed_again_and_again(tmp_path: Path, seed: int) -> None:
    kill_at_a_random_moment(tmp_path / "ledger.sqlite", seed, rounds=10)


# One system call fails, or is the last


def inject(path: Path, calls: str, what: str, when: int, *, threads: int = 1, appends: int = 20) -> list[list[Any]]:
    """Run a child under strace with a fault at the nth of some calls on its files; each thread is counted apart."""
    fault = f"inject={calls}:{what}:when={when}"
    files = [word for end in ("", "-wal", "-shm", "-journal") for word in ("-P", f"{path}{end}")]
    strace = ("strace", "-f", "-qq", "-o", str(trace_of(path)), *files, "-e", f"trace={calls}", "-e", fault)
    child = start(path, threads, appends, *strace, stderr=subprocess.DEVNULL)
    output, _ = child.communicate(timeout=60)
    return said(output)


def trace_of(path: Path) -> Path:
    return path.with_suffix(".strace")


def was_met(path: Path) -> bool:
    """Say whether there was an nth call to fail or to be killed at."""
    trace = trace_of(path).read_text("utf-8", "replace")
    return "INJECTED" in trace or "killed by SIGKILL" in trace


def check_fault(path: Path, lines: list[list[Any]], *, threads: int = 1, appends: int = 20) -> None:
    """A failed call fails those who waited for it and nobody after them: asked again, all appends were done."""
    if lines and lines[0][0] == "unopened":
        assert lines == [["unopened", "store_unreadable"]]
    else:
        assert lines[-1] == ["over"]
        assert len([line for line in lines if line[0] == "done"]) == threads * appends
    check_after(path, lines, threads=threads)


@pytest.mark.requires_system("strace")
@pytest.mark.parametrize(("calls", "what", "when"), [
    ("fdatasync,fsync", "error=EIO", 3), ("fdatasync,fsync", "error=ENOSPC", 12),
    ("pwrite64", "error=EIO", 40), ("pwrite64", "error=ENOSPC", 120),
])
def test_a_failing_write_or_fsync_fails_that_append_alone_and_its_key_tells_the_truth(
    tmp_path: Path, calls: str, what: str, when: int
) -> None:
    lines = inject(tmp_path / "ledger.sqlite", calls, what, when)

    assert was_met(tmp_path / "ledger.sqlite")
    check_fault(tmp_path / "ledger.sqlite", lines)


@pytest.mark.requires_system("strace")
def test_a_failing_fsync_under_a_crowd_fails_those_who_waited_for_it_and_no_others(tmp_path: Path) -> None:
    lines = inject(tmp_path / "ledger.sqlite", "fdatasync", "error=EIO", 6, threads=16, appends=10)

    assert was_met(tmp_path / "ledger.sqlite")
    check_fault(tmp_path / "ledger.sqlite", lines, threads=16, appends=10)


@pytest.mark.requires_system("strace")
@pytest.mark.parametrize("when", [30, 61, 140])
def test_killed_at_one_certain_write_nothing_is_half(tmp_path: Path, when: int) -> None:
    lines = inject(tmp_path / "ledger.sqlite", WRITES, "signal=SIGKILL", when)

    assert was_met(tmp_path / "ledger.sqlite")
    check_after(tmp_path / "ledger.sqlite", lines, threads=1)


def each_call_in_turn(folder: Path, calls: str, what: str, judge: Callable[[Path, list[list[Any]]], None]) -> int:
    """Meet the fault at the 1st, 2nd, 3rd, ... call until there is no such call; how many there were."""
    for when in range(1, 2_000):
        path = folder / f"{when}.sqlite"
        lines = inject(path, calls, what, when, appends=8)
        if not was_met(path):
            assert lines[-1] == ["over"]
            return when - 1
        if path.exists():
            judge(path, lines)
        for left in folder.glob(f"{when}.*"):
            left.unlink()
    raise AssertionError("a run never came to its end")


@pytest.mark.torture
@pytest.mark.timeout(3_600)
@pytest.mark.requires_system("strace")
@pytest.mark.parametrize("error", ["EIO", "ENOSPC"])
@pytest.mark.parametrize(("calls", "at_least"), [("pwrite64", 100), ("fdatasync,fsync", 12), ("openat", 4)])
def test_every_single_failing_call(tmp_path: Path, calls: str, at_least: int, error: str) -> None:
    found = each_call_in_turn(
        tmp_path, calls, f"error={error}", lambda path, lines: check_fault(path, lines, appends=8))

    assert found >= at_least


@pytest.mark.torture
@pytest.mark.timeout(3_600)
@pytest.mark.requires_system("strace")
def test_killed_at_every_single_write(tmp_path: Path) -> None:
    assert each_call_in_turn(tmp_path, WRITES, "signal=SIGKILL", lambda path, lines: check_after(
        path, lines, threads=1)) > 100


# No room


class SmallPool(LedgerPool):
    """Connections to a file that may not grow past so many pages."""

    pages = 60

    def connect(self, *, writing: bool = False) -> Any:
        connection = super().connect(writing=writing)
        connection.execute(f"PRAGMA max_page_count={self.pages}")
        return connection


def test_a_full_disk_is_said_with_its_cure_and_after_it_is_cleared_writing_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    open_sqlite(path).close()
    datastore = LedgerDatastore(str(path))
    datastore.pool = SmallPool(db_name=str(path))
    store = SQLiteRecorder(datastore)
    done, number = [], 0
    while isinstance(outcome := outcome_of(store, planned(0, number)), Receipt):
        done.append(["done", 0, number, outcome.first, outcome.events, False])
        number += 1

    assert isinstance(outcome, StoreFailed)
    assert outcome.code == "store_failed"
    assert "磁盘已满" in str(outcome)
    assert "本次未写入" in str(outcome)
    assert store.version(stream(f"0-{number}-0")) == 0
    for _ in range(3):
        assert isinstance(outcome_of(store, planned(0, number)), StoreFailed), "and again, without getting worse"

    SmallPool.pages, kept = 10_000, SmallPool.pages
    try:
        assert not store.append(planned(0, number)).replayed
    finally:
        SmallPool.pages = kept
        store.close()
    check_after(path, done, threads=1)


@pytest.mark.parametrize("limit_kib", [400, pytest.param(600, marks=pytest.mark.torture)])
def test_a_file_that_may_not_grow_fails_appends_and_loses_none(tmp_path: Path, limit_kib: int) -> None:
    """A quota or a file size limit: write fails with EFBIG in the middle of a commit."""
    path = tmp_path / "ledger.sqlite"

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit_kib * 1024, limit_kib * 1024))

    child = start(path, 8, 40, preexec_fn=limit)
    output, _ = child.communicate(timeout=60)
    lines = said(output)

    assert any(line[0] == "failed" for line in lines), "the limit was met"
    assert any(line[0] == "done" for line in lines)
    assert lines[-1] == ["over"], "everyone was answered"
    check_after(path, lines, threads=8)


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], check=False)
    if mounted.returncode:
        pytest.skip("mounting a small disk needs root")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.torture
@pytest.mark.timeout(900)
@pytest.mark.parametrize("size", ["700k", "1m", "1500k", "2m", "3m"])
def test_a_disk_that_really_fills_up(tmp_path: Path, size: str) -> None:
    with small_disk(tmp_path / "disk", size) as folder:
        child = start(folder / "ledger.sqlite", 16, 150)
        output, _ = child.communicate(timeout=300)
        lines = said(output)
        assert any(line[0] == "failed" for line in lines)
        assert lines[-1] == ["over"]
        copy = tmp_path / "copy"
        copy.mkdir()
        for file in folder.iterdir():  # To where there is room: the cure that the error names.
            (copy / file.name).write_bytes(file.read_bytes())
    check_after(copy / "ledger.sqlite", lines, threads=16)
