"""How cost grows: registers of more and more people, each made, read again and asked; what grows faster than they do.

`python -m tests.bench.growth --people 2500,10000,25000 --write` writes `growth.md` with its drawing; the plan for seven
million people and ten years that rests on it is `api/operators-sizing.md`. Larger sizes only take longer: a million
people of one year are most of an hour and 35 gigabytes. The benchmarks measure two small ones and keep the exponents.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from math import log
from pathlib import Path

from tests.bench import Figure
from tests.bench.growth.measured import Measured, measure

PEOPLE = (2_500, 10_000)
YEARS = 2
MOST = 1.15
"""As the number of people to this power at most: what is proportional to them, and a logarithm for the indexes."""
FLAT = 0.35
"""A page shows as much of a large register as of a small one: it may grow by this power at most."""
LONGER = ("workload by office", "duplicates")
"""Their answers themselves are longer: more offices have something waiting, and a small register has no whole page."""


def rows() -> Iterator[Figure]:
    """The exponent of each cost from the smaller to the larger, and the sizes of the larger."""
    with tempfile.TemporaryDirectory() as name:
        small, large = (measure(Path(name) / str(people), people, YEARS, print) for people in PEOPLE)
    words = f"from {small.people:,} people to {large.people:,}"
    for cost in ("append_s", "build_s", "coded_s", "replay_s", "fsck_s", "ledger_bytes", "answers_bytes"):
        yield Figure(f"{cost}: power of the number of people, {words}", power(small, large, cost), "power", most=MOST)
    for page in large.pages:
        yield Figure(f"{page}, p50: power of the number of people, {words}", power_of_page(small, large, page), "power",
                     most=None if page in LONGER else FLAT)
    yield Figure("ledger, a person and year", large.ledger_bytes / large.person_years, "bytes")
    yield Figure("answers, a person and year", large.answers_bytes / large.person_years, "bytes")


def power(small: Measured, large: Measured, cost: str) -> float:
    """1 where twice as many people cost twice as much."""
    return round(log(getattr(large, cost) / getattr(small, cost)) / log(large.people / small.people), 2)  # not hours


def power_of_page(small: Measured, large: Measured, page: str) -> float:
    """0 where it takes as long."""
    return round(log(large.pages[page][0] / small.pages[page][0]) / log(large.people / small.people), 2)  # not hours
