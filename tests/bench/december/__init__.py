"""A province in December: professionals, offices, rosters, seats that open at one second, a replay, an investigation.

`python -m tests.bench.december` lets it happen once on this machine; the benchmarks let it happen too and keep rows of
it. The shape stands in `shape.toml`; what has to hold whatever the machine is in `promises.py`, and a small form of it
among the tests (`tests/api/test_december.py`).
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import structlog

from tests.bench import Figure
from tests.bench.december.place import furnished
from tests.bench.december.promises import promises, within
from tests.bench.december.run import run
from tests.bench.december.shape import shape

WORKERS = 2


def rows() -> Iterator[Figure]:
    """What the busiest minute of December comes to here, and whether everything held that has to."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    told = shape()
    with tempfile.TemporaryDirectory() as folder:
        place = furnished(Path(folder) / "data", told)
        ran = run(place, told, workers=WORKERS)
        kept = promises(ran, place)
    share = f"{float(told.factor):.3g} of a province in December"
    for name in ("steady", "opening", "rush"):
        stretch = told.stretch(name)
        for kind in ("looks", "claims", "bookings"):
            found = within(ran, kind, stretch.begins, stretch.ends)
            if found.count:
                yield Figure(f"{share}, {name}: {kind}, {found.count:,} asked, first answer p99",
                             found.at(0.99) // 1_000, "ms")
    yield Figure(f"{share}: promises broken, of {len(kept)}", sum(not one.is_kept for one in kept), "promises", most=0)
