"""The benchmarks, ours and a peer's side by side: `python -m tests.bench [--rounds N] [--only NAME]... [--write]`.

What is written is a table for each benchmark, which names the commit that was measured: `--only` writes those anew and
leaves the others as they are, each with the commit and the day of its own.

Every other module of this folder has a function `rows()` that yields a `Race` for each comparison and a `Figure` for a
number that has no peer. It is a generator: what a race needs is set up before the yield and torn down after it, and a
figure may be worked out from what the race before it left. Rounds are interleaved, ours and the peer's, the first of
each pair in turn, so that a machine that slows down slows down both; the median is what counts, the range says how
much to believe it.
"""

from __future__ import annotations

import argparse
import functools
import gc
import importlib
import os
import pkgutil
import platform
import sqlite3
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from tests.torture import commit

HERE = Path(__file__).parent
RESULTS = HERE / "results.md"
HEADING = """\
# Benchmarks: the last results

A table for each benchmark, with the commit and the day: `make bench` writes all anew, `python -m tests.bench
--only NAME --write` that one. Medians, with the lowest and highest round; trust ratios.
"""
COLUMNS = "| work | unit | ours | peer | ratio | target | |\n|---|---|---:|---:|---:|---:|---|"
STOPPED = "This run has not come to its end."


@dataclass(frozen=True, slots=True)
class Race:
    """One comparison: each side does `amount` units of the same work. `least` is the ratio we promise, if any."""

    name: str
    unit: str
    amount: int
    ours: Callable[..., object]
    peer: Callable[..., object] | None = None
    peer_name: str = ""
    least: float | None = None
    rounds: int | None = None
    """Instead of the harness's own number, where one round is long."""
    fresh: tuple[Callable[[], object], Callable[[], object]] | None = None
    """What makes each side's argument anew before every round, unmeasured: an id cannot be appended twice."""
    enough: int | None = None
    """So many units a second keep the promise whatever the ratio, where it says so."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A number without a peer: a size, a percentile, a rate. `most` or `least` is the bound we promise, if any."""

    name: str
    value: float
    unit: str
    most: float | None = None
    least: float | None = None


@dataclass(frozen=True, slots=True)
class Ran:
    """What came out of a race: units a second in each round."""

    race: Race
    ours: list[float]
    peer: list[float]

    @property
    def ratios(self) -> list[float]:
        return [ours / peer for ours, peer in zip(self.ours, self.peer, strict=True)] if self.peer else []

    @property
    def is_missed(self) -> bool:
        race = self.race
        if race.enough is not None and statistics.median(self.ours) >= race.enough:
            return False
        return race.least is not None and statistics.median(self.ratios) < race.least


def run(race: Race, rounds: int) -> Ran:
    """Interleave the rounds; one of each side first, unmeasured."""
    sides = [_fed(race, index, side) for index, side in enumerate((race.ours, race.peer)) if side is not None]
    speeds: dict[int, list[float]] = {0: [], 1: []}
    for side in sides:
        side()()
    for number in range(race.rounds or rounds):
        order = list(enumerate(sides))
        for index, side in order if number % 2 == 0 else reversed(order):
            speeds[index].append(race.amount / seconds(side()))
    return Ran(race, speeds[0], speeds[1])


def _fed(race: Race, index: int, side: Callable[..., object]) -> Callable[[], Callable[[], object]]:
    if race.fresh is None:
        return lambda: side
    make = race.fresh[index]
    return lambda: functools.partial(side, make())


def seconds(work: Callable[[], object]) -> float:
    gc.collect()
    gc.disable()
    try:
        begin = time.perf_counter()
        work()
        return time.perf_counter() - begin
    finally:
        gc.enable()


def modules(only: list[str]) -> list[str]:
    names = sorted(each.name for each in pkgutil.iter_modules([str(HERE)]) if not each.name.startswith("__"))
    unknown = sorted(set(only) - set(names))
    if unknown:
        sys.exit(f"no benchmark is called {', '.join(unknown)}; there are: {', '.join(names)}")
    return [name for name in names if not only or name in only]


def loaded(only: list[str]) -> dict[str, ModuleType]:
    """All, before any is run: what cannot be loaded is known at once and not after a quarter of an hour."""
    return {name: importlib.import_module(f"tests.bench.{name}") for name in modules(only)}


def results(name: str, benchmark: ModuleType, rounds: int) -> Iterator[Ran | Figure]:
    for row in benchmark.rows():
        print(f"{name}: {row.name} ...", file=sys.stderr, flush=True)
        yield row if isinstance(row, Figure) else run(row, rounds)


def spread(values: list[float], digits: int = 0) -> str:
    middle, low, high = statistics.median(values), min(values), max(values)
    return f"{middle:,.{digits}f} ({low:,.{digits}f}–{high:,.{digits}f})"


def line(row: Ran | Figure) -> str:
    if isinstance(row, Ran):
        race = row.race
        peer = f"{race.peer_name}: {spread(row.peer)}" if row.peer else ""
        ratio = f"{spread(row.ratios, 2)}" if row.peer else ""
        target = f"≥ {race.least:g}" if race.least is not None else ""
        target += f" or {race.enough:,}/s" if race.enough is not None else ""
        cells = (race.name, f"{race.unit}/s", spread(row.ours), peer, ratio, target, verdict(row))
    else:
        target = f"≤ {row.most:g}" if row.most is not None else f"≥ {row.least:g}" if row.least is not None else ""
        cells = (row.name, row.unit, f"{row.value:,.6g}", "", "", target, verdict(row))
    return f"| {' | '.join(cells)} |"


def is_missed(row: Ran | Figure) -> bool:
    if isinstance(row, Ran):
        return row.is_missed
    return (row.most is not None and row.value > row.most) or (row.least is not None and row.value < row.least)


def verdict(row: Ran | Figure) -> str:
    bounds = (row.race.least,) if isinstance(row, Ran) else (row.most, row.least)
    has_target = any(bound is not None for bound in bounds)
    return "" if not has_target else "**missed**" if is_missed(row) else "met"


def measured_on(made: str) -> str:
    return (
        f"{made}: Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {platform.system()} "
        f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before."
    )


def kept(text: str) -> dict[str, str]:
    """The tables that stand in the file, by benchmark."""
    parts = [part.partition("\n") for part in text.split("\n## ")[1:]]
    return {name: table.strip() for name, _, table in parts}


def written(tables: Mapping[str, str]) -> str:
    return HEADING + "".join(f"\n## {name}\n\n{tables[name]}\n" for name in sorted(tables))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="ours and a peer's, side by side")
    parser.add_argument("--rounds", type=int, default=7, help="how often each side runs (default 7)")
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="this benchmark alone")
    parser.add_argument("--write", action="store_true", help=f"write its table in {RESULTS.name} anew")
    options = parser.parse_args()
    made, is_any_missed = commit(RESULTS), False    # Before: it is the code that ran.
    tables = kept(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    tables = {name: table for name, table in tables.items() if name in modules([])}
    for name, benchmark in loaded(options.only).items():
        lines = [measured_on(made), "", COLUMNS]
        print(f"\n## {name}\n", *lines, sep="\n", flush=True)
        for row in results(name, benchmark, options.rounds):
            is_any_missed |= is_missed(row)
            lines.append(line(row))
            print(lines[-1], flush=True)
            if options.write:    # What was measured is not lost with what is stopped.
                RESULTS.write_text(written({**tables, name: "\n".join([*lines, "", STOPPED])}), encoding="utf-8")
        tables[name] = "\n".join(lines)
        if options.write:
            RESULTS.write_text(written(tables), encoding="utf-8")
    return 1 if is_any_missed else 0
