"""All patterns over a million entries, and over what the newest thousand events moved.

A made-up register of some thousand people over four years is folded as it comes, with what is planted in it, and then
stands beside itself so many times that it holds a million entries: every copy has people, officers, classes and papers
of its own. Runs are those of the service, with their snapshot, and write what they find.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlite_utils import Database

from api.demo.history import Told
from api.demo.making import make
from api.telling import logs
from ledger.keys.vault import open_vault
from ledger.ledger import Ledger
from projections.files.batch import read_batch
from projections.files.file import ProjectionFile
from projections.files.places import path_of
from projections.findings.clues import Clues
from projections.findings.findings_file import FindingsFile
from projections.findings.kept import Kept
from projections.findings.patterns import patterns, thresholds_on
from projections.findings.running import Asking, run
from projections.findings.snapshot import Snapshot
from projections.findings.traces import Traces
from tests.bench import Figure

ENTRIES = 1_000_000
TOLD = Told(people=2_000, first_year=2019, last_year=2022, seed=3)
NEWEST = 1_000
WHOLE_S, NEWEST_S = 60, 1
ROUNDS = 5

_PLAIN = frozenset((
    "region", "sector", "origin", "status", "category", "route", "level", "major", "starts", "ends", "evidence_on",
    "organiser_level", "filing", "filed_on", "platform", "document", "completed_by", "approved_by", "source_system",
    "source_version", "decided_role", "ruling_status", "flags", "kind", "issued_on", "role", "what", "since", "until",
    "left_on", "code", "completed_on", "day", "accepted", "held_starts", "held_ends", "result", "applied_on", "outcome",
    "title", "system", "version", "recorded_at", "digest"))
"""Texts that are no name of anybody or anything: the same in every copy."""
_PLACES = frozenset(("from_position", "to_position", "event", "as_of"))


def rows() -> Iterator[Figure]:
    logs.configure("warning")
    with TemporaryDirectory() as name:
        folder = Path(name)
        make(folder / "data", TOLD)
        vault = open_vault(folder / "data" / "keys" / "people.db")
        with closing(Ledger.in_file(folder / "data" / "ledger.db", vault)) as ledger:
            entries = fill(ledger, folder)
            yield from measured(ledger, folder, entries)
        vault.close()


def fill(ledger: Ledger, folder: Path) -> int:
    """Fold the log into traces and clues, and copy them until there are so many entries; gives how many there are."""
    traces = ProjectionFile(Traces(), path_of(folder, Traces()), made=True)
    while batch := read_batch(ledger, traces.position):
        traces.apply(batch, ledger)
    traces.finish()
    traces.close()
    with Clues(ledger, folder) as clues:
        clues.catch_up()
        of_clues = clues.path
    size = ledger.store.size()
    with closing(sqlite3.connect(traces.path, isolation_level=None)) as connection:
        (own,) = connection.execute("SELECT count(*) FROM claim WHERE to_position IS NULL").fetchone()
    times = -(-ENTRIES // own)
    copy(traces.path, Traces.tables, times, size)
    copy(of_clues, ("clue",), times, size)
    return int(own * times)


def copy(path: Path, tables: Iterable[str], times: int, size: int) -> None:
    """Let everything stand so many times, each under names and at positions of its own."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=OFF")
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("PRAGMA cache_size=-500000")
        indexes = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
        kept = indexes.fetchall()
        for name, _ in kept:
            connection.execute(f"DROP INDEX {name}")
        connection.execute("BEGIN")
        for table in tables:
            columns = connection.execute(f"PRAGMA table_info({table})").fetchall()
            names = ", ".join(one[1] for one in columns)
            connection.execute(f"CREATE TEMP TABLE own AS SELECT {names} FROM {table}")
            for number in range(1, times):
                told = ", ".join(_copied(one[1], one[2], number, size) for one in columns)
                connection.execute(f"INSERT INTO {table} ({names}) SELECT {told} FROM own")
            connection.execute("DROP TABLE own")
        connection.execute("UPDATE projection SET position = ?", (size * times,))
        connection.execute("COMMIT")
        for _, made in kept:
            connection.execute(made)
        Database(connection).enable_wal()


def _copied(column: str, kind: str, number: int, size: int) -> str:
    if column in _PLACES or column.endswith("_event"):
        return f"{column} + {number * size}"
    if kind != "TEXT" or column in _PLAIN:
        return column
    return f"substr({column}, 1, 4) || '{number:03d}' || substr({column}, 5)"


def measured(ledger: Ledger, folder: Path, entries: int) -> Iterator[Figure]:
    """Everything, as `xueshi findings run --whole` asks it; then what the newest events moved, as a service does."""
    kept = Kept(ledger, path_of(folder, FindingsFile()), patterns().values())
    day = date(2026, 11, 22)
    every = [Asking(one, thresholds_on(one, day), None) for one in patterns().values()]
    began = time.perf_counter()
    found = _run(kept, folder, every, at_once=len(os.sched_getaffinity(0)))
    seconds = time.perf_counter() - began
    yield Figure(f"all {len(every)} patterns over {entries:,} entries, {found:,} findings", seconds, "s", most=WHOLE_S)
    after = _position(folder) - NEWEST
    for words, is_seldom in (("patterns", False), ("what compares everything, now and then", True)):
        newer = [one._replace(since=after) for one in every if one.pattern.looks_at_everything == is_seldom]
        rounds = sorted(_seconds(lambda newer=newer: _run(kept, folder, newer)) for _ in range(ROUNDS))
        yield Figure(f"after {NEWEST:,} new events: {words}, middle one of {ROUNDS}", rounds[ROUNDS // 2], "s",
                     most=None if is_seldom else NEWEST_S)
    kept.close()


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _run(kept: Kept, folder: Path, wanted: list[Asking], at_once: int = 1) -> int:
    with Snapshot(folder, next(folder.glob("clues.*.db"))) as snapshot:
        came = run(kept, snapshot, wanted, run_at=time.time_ns() // 1_000, at_once=at_once)
    return sum(one.findings for one in came)


def _position(folder: Path) -> int:
    with closing(sqlite3.connect(path_of(folder, Traces()))) as connection:
        return int(connection.execute("SELECT position FROM projection").fetchone()[0])
