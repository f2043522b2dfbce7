"""Live through histories of chance: `python -m tests.simulation --seed N` shows one, `--many M` tries M from there on.

A seed that fails is printed; written into `tests/simulation/seeds.txt` it is tried again with every `make test`.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from structlog.testing import capture_logs

from tests.memory_kit import temporary
from tests.simulation.breakages import BREAKAGES, LIST_BREAKAGES, Breakage, broken
from tests.simulation.parts import template
from tests.simulation.postgres_breakages import POSTGRES_BREAKAGES
from tests.simulation.postgres_world import PostgresWorld
from tests.simulation.virtual_postgres import is_virtual, virtual
from tests.simulation.world import World

STEPS = 120


def live(
    seed: int, *, steps: int = STEPS, trace: bool = False, postgres: bool = False, lists: bool = False,
) -> World:
    """Live through one history; raises Broken where it comes to what may not be."""
    with (
        tempfile.TemporaryDirectory(prefix="simulated-", dir=temporary()) as folder, capture_logs(),
        virtual() if postgres and not is_virtual() else nullcontext(),
    ):
        world = (PostgresWorld if postgres else World)(
            seed, Path(folder), rests_on_lists=lists, say=print if trace else None)
        try:
            world.run(steps)
        finally:
            world.close()
    return world


def lived_all(
    seeds: Sequence[int], *, processes: int, steps: int = STEPS, postgres: bool = False, lists: bool = False,
) -> Iterator[tuple[int, str]]:
    """Live through many, in one process or several; of each its seed and what went wrong, or nothing."""
    how = partial(_lived, steps=steps, postgres=postgres, lists=lists)
    if processes == 1:
        yield from map(how, seeds)
        return
    template()    # Made once, before there are others.
    with get_context("fork").Pool(processes) as pool:
        yield from pool.imap_unordered(how, seeds, chunksize=10)


def _lived(seed: int, *, steps: int, postgres: bool, lists: bool) -> tuple[int, str]:
    try:
        live(seed, steps=steps, postgres=postgres, lists=lists)
    except Exception:
        return seed, traceback.format_exc()
    return seed, ""


def found_by(breakage: Breakage, *, many: int = 400, postgres: bool = False, lists: bool = False) -> int | None:
    """Say which history is the first to come upon a breakage, if any of so many does."""
    for seed in range(many):
        try:
            with virtual() if postgres else nullcontext(), broken(breakage):
                live(seed, postgres=postgres, lists=lists)
        except Exception:
            return seed
    return None


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--many", type=int, default=1)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="so many at once")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--postgres", action="store_true", help="over a server that loses connections")
    parser.add_argument("--lists", action="store_true", help="with people who rest on there being nothing else")
    parser.add_argument("--breakages", action="store_true", help="which seed is the first to find each")
    given = parser.parse_args(arguments)
    if given.breakages:
        kind = LIST_BREAKAGES if given.lists else POSTGRES_BREAKAGES if given.postgres else BREAKAGES
        for breakage in kind:
            seed = found_by(breakage, postgres=given.postgres, lists=given.lists)
            print(f"{seed!s:>6}  {breakage.__name__}", flush=True)
        return 0
    seeds = range(given.seed, given.seed + given.many)
    if given.many == 1:
        world = live(given.seed, steps=given.steps, trace=True, postgres=given.postgres, lists=given.lists)
        met = world.server.met if isinstance(world, PostgresWorld) else world.weather.met
        print(f"holds: {len(world.leaves)} events, {dict(world.counts)}, met {met}")
        return 0
    failed, began = [], time.monotonic()
    lived = lived_all(seeds, processes=given.processes, steps=given.steps, postgres=given.postgres, lists=given.lists)
    for number, (seed, wrong) in enumerate(lived, 1):
        if wrong:
            failed.append(seed)
            print(f"seed {seed}:\n{wrong}")
        if number % 100 == 0:
            minutes = (time.monotonic() - began) / 60
            print(f"{number} histories, {number / minutes:,.0f} a minute, failed: {failed or 'none'}", flush=True)
    print(f"{given.many - len(failed)} of {given.many} hold" + (f"; failed: {failed}" if failed else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
