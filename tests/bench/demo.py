"""A demo's history, from nothing to a signed checkpoint: people over two years, on one core.

The fixed beginning (offices, units, the first plans of each place) is in it, so more people are written faster.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from api.demo.history import Told
from api.demo.making import make
from tests.bench import Figure

PEOPLE = 10_000
LEAST = 20_000


def rows() -> Iterator[Figure]:
    with TemporaryDirectory() as folder:
        began = time.perf_counter()
        made = make(Path(folder) / "data", Told(people=PEOPLE, first_year=2019, last_year=2020, seed=1))
        seconds = time.perf_counter() - began
    yield Figure(f"a demo of {PEOPLE:,} people over two years", made.events / seconds, "events/s", least=LEAST)
