"""A replay on a cluster: what the kernel costs there, and what another worker brings.

A standalone master and workers of one core each on loopback. The same people are judged under two laws by one thread
here and by the workers' tasks; seconds are processors' seconds within the kernel, without loading machine code, so what
Spark itself takes to cut, convert and collect is told apart and promised by nobody. Then entries are made where they
are judged, part by part, with no disk and no driver between: that shows how the plan grows with workers; a billion of
them where there are eight cores. It runs in the environment that has Spark (`make bench`), or measures nothing.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests import spark_kit
from tests.bench import Figure

ENTRIES = 4_000_000
MADE_A_TASK = 1_000_000
TASKS = 16
BILLION = 1_000_000_000
CORES_FOR_A_BILLION = 8


def rows() -> Iterator[Figure]:
    if (reason := spark_kit.missing()) is not None:
        print(f"spark: {reason}", file=sys.stderr)
        return
    told: dict[int, Any] = {}
    for workers in (1, 2):
        with TemporaryDirectory() as name, spark_kit.cluster(Path(name), workers) as master:
            told[workers] = _child(master, TASKS, compares=workers == 2)
    both = told[2]
    many = f"{both['entries']:,} entries under two laws"
    yield Figure(f"Spark, 2 workers: kernel seconds of all tasks by those of one thread here, {many}",
                 both["there"] / both["here"], "x", most=1.5)
    yield Figure("the same: seconds from the columns here to the results here", both["whole"], "s")
    for workers, one in told.items():
        named = f"{workers} worker{'s' * (workers > 1)}"
        yield Figure(f"Spark: entries made and judged on {named}", one["rate"], "entries/s")
    yield Figure("the same, 2 workers by 1", told[2]["rate"] / told[1]["rate"], "x")
    if (cores := os.cpu_count() or 1) >= CORES_FOR_A_BILLION:
        with TemporaryDirectory() as name, spark_kit.cluster(Path(name), cores) as master:
            one = _child(master, BILLION // MADE_A_TASK, compares=False)
        yield Figure(f"a billion entries made and judged on {cores} workers", one["rate"], "entries/s")


def _child(master: str, tasks: int, *, compares: bool) -> dict[str, Any]:
    program = f"import tests.bench.spark as bench; bench.measure({master!r}, {tasks}, compares={compares})"
    done = subprocess.run([spark_kit.PYTHON, "-c", program], env=spark_kit.environment(), cwd=spark_kit.ROOT,
                          stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def measure(master: str, tasks: int, *, compares: bool) -> None:
    """Say what came of it, as a line of JSON; in the environment that has Spark."""
    print(json.dumps({**(_compared(master) if compares else {}), **_made(master, tasks)}))


def told(step: str, done: int, total: int) -> None:
    """Nobody is told how far it is."""


def _compared(master: str) -> dict[str, Any]:
    import numba
    import numpy as np

    from policies.law import Law
    from policies.shelf import drafts, shipped
    from projections.replay.cluster import Cluster
    from projections.replay.compiled import compile_over
    from projections.replay.sides import judge_both
    from tests.bench.replay import history

    law, amended = Law(shipped().books), Law([*shipped().books, *drafts().books])
    coded = history(ENTRIES, law)
    old = compile_over(law, coded)
    compiled = old, compile_over(amended, coded, old)
    numba.set_num_threads(1)
    ours, took = judge_both(coded, compiled, told), []
    for _ in range(5):
        began = time.process_time()
        ours = judge_both(coded, compiled, told)
        took.append(time.process_time() - began)
    with TemporaryDirectory() as name:
        cluster = Cluster(Path(name), master)
        began = time.perf_counter()
        theirs = cluster(coded, compiled, told)
        whole = time.perf_counter() - began
    assert all(np.array_equal(one, two) for mine, other in zip(ours, theirs, strict=True)
               for one, two in zip(mine, other, strict=True)), "a cluster comes to the same, to the last hundredth"
    return {"entries": coded.entries, "here": statistics.median(took), "there": cluster.kernel_ns / 1e9, "whole": whole}


def _made(master: str, tasks: int) -> dict[str, Any]:
    """So many parts made and judged: the second time, when workers have what they need."""
    from projections.replay.cluster import session

    with TemporaryDirectory() as name, session(master, Path(name)) as spark:
        context = spark.sparkContext
        context.parallelize(range(4), 4).map(make_and_judge).collect()
        began = time.perf_counter()
        entries = sum(context.parallelize(range(tasks), tasks).map(make_and_judge).collect())
        return {"rate": entries / (time.perf_counter() - began)}


def make_and_judge(task: int) -> int:
    """A part of a register, made and judged where it is; gives how many entries it has."""
    from policies.law import Law
    from policies.shelf import shipped
    from projections.replay.compiled import compile_over
    from projections.replay.kernel import replay
    from tests.bench.replay import history

    law = Law(shipped().books)
    coded = history(MADE_A_TASK, law, seed=task)
    replayed = replay(coded, compile_over(law, coded), fast=True)
    assert len(replayed.counted) == coded.entries
    return coded.entries
