"""A replay on a cluster: what the kernel costs there, and what another worker brings.

A standalone master and workers of one core each on loopback. The same people are judged under two laws by one thread
here and by the workers' tasks, in turn. Kernel seconds are on both sides what `spread.clocked` says: processors'
seconds within the kernel and its tables, machine code loaded and memory there; not what a machine's other work has it
wait. What Spark itself takes to cut, convert and collect is told apart and promised by nobody.

Then a billion entries are judged under the same two laws, which go out compiled, as a replay sends them; but they are
made where they are judged, part by part, with no disk and no driver between: that shows how the plan grows with
workers. Of a machine that would need too long there are fewer, and the row says how many. However many workers there
are, entries count the same hours under each law. It runs in the environment that has Spark (`make bench`), or measures
nothing.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests import spark_kit
from tests.bench import Figure

ENTRIES = 4_000_000
TURNS, ROUNDS = 3, 5
PART = 1_000_000
BILLION = 1_000_000_000
MOST_S = 150
"""So long may one worker take for the entries that are made: by what it did of some of them."""
SOME = 32
PARTS_A_TASK = 8


def rows() -> Iterator[Figure]:
    if (reason := spark_kit.missing()) is not None:
        print(f"spark: {reason}", file=sys.stderr)
        return
    with _cluster(2) as compared:
        both = compared("compare")
    many = f"{both['entries']:,} entries under two laws"
    ratios = [there / here for here, there in zip(both["here"], both["there"], strict=True)]
    yield Figure(f"Spark, 2 workers: kernel seconds of all tasks by those of one thread here, {many}; middle of "
                 f"{TURNS} turns ({min(ratios):.2f}–{max(ratios):.2f})", statistics.median(ratios), "x", most=1.5)
    for name, unit, seconds in (("kernel here", "ms", both["here"]), ("kernel there", "ms", both["there"]),
                                ("all that workers' Python did with the parts", "ms", both["parts"]),
                                ("from the columns here to the results here, Spark's start included", "s",
                                 both["whole"])):
        yield Figure(f"the same: {name}", statistics.median(seconds) * (1e3 if unit == "ms" else 1), unit)
    yield from _grown()


def _grown() -> Iterator[Figure]:
    first: dict[str, Any] = {}
    for workers in _doubled(os.cpu_count() or 1):
        with _cluster(workers) as asked:
            told = asked("make", first.get("parts", 0))
        first = first or told
        assert told["hours"] == first["hours"], "a worker more changes nobody's hours"
        named = f"Spark, {workers} worker{'s' * (workers > 1)}: {told['entries']:,} entries made and judged"
        yield Figure(named, told["entries"] / told["took"], "entries/s")
        if workers > 1:
            yield Figure(f"the same, {workers} workers by 1", first["took"] / told["took"], "x")
        yield Figure("the same: kernel an entry, both laws", told["kernel_ns"] / told["entries"], "ns")


def _doubled(cores: int) -> list[int]:
    """One worker and two, and as often twice as many as there are cores for."""
    return [1 << at for at in range(max(2, cores.bit_length()))]


class _cluster:  # noqa: N801 - it is used as a function
    """A cluster; gives what asks it one thing, in a process of the environment that has Spark."""

    def __init__(self, workers: int) -> None:
        self._folder = TemporaryDirectory()
        self._cluster = spark_kit.cluster(Path(self._folder.name), workers)

    def __enter__(self) -> Callable[..., dict[str, Any]]:
        master = self._cluster.__enter__()
        return lambda what, *more: _child(what, master, *more)

    def __exit__(self, *error: Any) -> None:
        self._cluster.__exit__(*error)
        self._folder.cleanup()


def _child(what: str, *arguments: Any) -> dict[str, Any]:
    program = f"import tests.bench.spark as bench; bench.say(bench.{what}(*{arguments!r}))"
    done = subprocess.run([spark_kit.PYTHON, "-c", program], cwd=spark_kit.ROOT, stdout=subprocess.PIPE, text=True,
                          env={**spark_kit.environment(), "NUMBA_NUM_THREADS": "1"}, check=True)  # As a worker has it.
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


# In the environment that has Spark


def say(found: dict[str, Any]) -> None:
    print(json.dumps(found))


def told(step: str, done: int, total: int) -> None:
    """Nobody is told how far it is."""


def compare(master: str) -> dict[str, Any]:
    """The kernel here and there, in turn: each time its middle round here, then one replay on the cluster."""
    import numpy as np

    from policies.law import Law
    from policies.shelf import shipped
    from projections.replay.cluster import Cluster
    from projections.replay.spread import clocked
    from tests.bench.replay import history

    coded = history(ENTRIES, Law(shipped().books))
    compiled = _compiled(coded)
    ours, _ = clocked(coded, compiled)   # Loads the machine code.
    found: dict[str, Any] = {"entries": coded.entries, "here": [], "there": [], "parts": [], "whole": []}
    for _ in range(TURNS):
        found["here"].append(statistics.median(clocked(coded, compiled)[1] for _ in range(ROUNDS)) / 1e9)
        with TemporaryDirectory() as name:
            cluster = Cluster(Path(name), master)
            began = time.perf_counter()
            theirs = cluster(coded, compiled, told)
            found["whole"].append(time.perf_counter() - began)
        assert all(one.dtype == two.dtype and np.array_equal(one, two) for mine, other in zip(ours, theirs, strict=True)
                   for one, two in zip(mine, other, strict=True)), "a cluster comes to the same, to the last hundredth"
        found["there"].append(cluster.kernel_ns / 1e9)
        found["parts"].append(cluster.part_ns / 1e9)
    return found


def _compiled(coded: Any) -> tuple[Any, Any]:
    """The law in force and the one with the drafts, over the same people."""
    from policies.law import Law
    from policies.shelf import drafts, shipped
    from projections.replay.compiled import compile_over

    old = compile_over(Law(shipped().books), coded)
    return old, compile_over(Law([*shipped().books, *drafts().books]), coded, old)


def make(master: str, parts: int) -> dict[str, Any]:
    """So many parts made and judged, or as many as fit: when workers have what they need, by what some took."""
    from projections.replay.cluster import session

    with TemporaryDirectory() as name, session(master, Path(name)) as spark:
        sent = spark.sparkContext.broadcast(_laws())
        _asked(spark, sent, SOME)   # Each worker loads what it needs.
        if not parts:
            parts = max(SOME, min(BILLION // PART, int(MOST_S * SOME / _asked(spark, sent, SOME)["took"])))
        return {"parts": parts, **_asked(spark, sent, parts)}


def _asked(spark: Any, sent: Any, parts: int) -> dict[str, Any]:
    began = time.perf_counter()
    came = spark.range(0, parts, 1, -(-parts // PARTS_A_TASK)).mapInArrow(
        making(sent), "entries long, old_hours long, new_hours long, kernel_ns long").toArrow().to_pydict()
    took = time.perf_counter() - began
    assert len(came["entries"]) == parts, "each part came once"
    return {"took": took, "entries": sum(came["entries"]), "kernel_ns": sum(came["kernel_ns"]),
            "hours": [sum(came["old_hours"]), sum(came["new_hours"])]}


def _laws() -> Any:
    """Both laws, compiled over every case on every day on which a stretch of either begins: what any part may hold."""
    import numpy as np

    from policies.law import Law
    from policies.shelf import drafts, shipped
    from projections.replay.spread import Laws
    from tests.bench.replay import FIRST, LAST, history

    law = Law([*shipped().books, *drafts().books])
    coded, begin, end = history(PART, law), date(FIRST, 1, 1).toordinal(), date(LAST, 12, 31).toordinal()
    days = sorted({begin, *(edge for one in (law, Law(shipped().books)) for edge in one.edges if begin < edge <= end)})
    cases = len(coded.cases)
    every = replace(coded, case=np.tile(np.arange(cases, dtype=np.int32), len(days)),
                    day=np.repeat(np.array(days, dtype=np.int32), cases))
    return Laws.of(every, _compiled(every))


def making(sent: Any) -> Callable[[Iterator[Any]], Iterator[Any]]:
    """What a worker does with the numbers of its parts: make each, judge it, say what came of it."""

    def make_and_judge(batches: Iterator[Any]) -> Iterator[Any]:
        import pyarrow as pa

        for batch in batches:
            found = [_part(number, sent.value) for number in batch.column("id").to_pylist()]
            yield pa.RecordBatch.from_pylist(found)

    return make_and_judge


def _part(number: int, laws: Any) -> dict[str, int]:
    from projections.replay.spread import clocked
    from tests.bench.replay import drawn

    coded = drawn(PART, laws.cases(), number)
    results, kernel_ns = clocked(coded, laws.compiled)
    hours: Sequence[int] = [int(one.counted.sum(dtype="int64")) for one in results]
    return {"entries": coded.entries, "old_hours": hours[0], "new_hours": hours[1], "kernel_ns": kernel_ns}
