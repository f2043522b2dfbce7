"""A province in December, small: whatever comes at once, no write is lost, everyone is answered and nobody starves.

The whole of it is `python -m tests.bench.december`. Here nothing is said about how fast it is.
"""

from __future__ import annotations

import asyncio
import random
import time
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from tests.bench.december.buckets import Buckets
from tests.bench.december.clients import Clients, Written
from tests.bench.december.place import furnished
from tests.bench.december.promises import promises
from tests.bench.december.run import run
from tests.bench.december.scripts import Scripts
from tests.bench.december.shape import Due, shape
from tests.bench.december.told import drawing, page
from tests.bench.http import serving

SMALL = [{"name": "warm", "seconds": 1, "times": 1}, {"name": "opening", "seconds": 5, "times": 4},
         {"name": "rush", "seconds": 3, "times": 30}]


def test_in_december_no_write_is_lost_and_everyone_hears_something(tmp_path: Path) -> None:
    small = shape(Fraction(1, 100), SMALL)
    place = furnished(tmp_path / "data", small)

    ran = run(place, small, workers=1)
    kept = promises(ran, place)

    assert [f"{one.words}: {one.seen}" for one in kept if not one.is_kept] == []
    counts = ran.clients.counts
    assert sum(counts["bookings"].outcomes[name] for name in ("done", "refused")) == small.tries == 150
    assert counts["bookings"].outcomes["done"] == small.seats == 90, "each seat is taken, and by one"
    assert counts["claims"].outcomes["done"] and counts["looks"].outcomes["done"]
    told = page(ran, place, kept)
    assert "| opening | bookings | 150 |" in told and "broken" not in told
    assert "| 同一秒开放报名，150 人抢 90 个座位 | 一半人 " in told, "whoever plans reads the answer first"
    assert drawing(ran).count("<polyline") >= 8


def test_a_batch_of_december_approves_all_that_waits_at_the_unit_and_leaves_nothing_for_a_look_alone(
    tmp_path: Path
) -> None:
    small = shape(Fraction(1, 100), SMALL)
    place = furnished(tmp_path / "data", small)

    async def played(port: int) -> list[Written]:
        clients = Clients(port, time.perf_counter_ns())
        scripts = Scripts(clients, place, small)
        for kind in ("claims", "approvals"):  # By somebody of each unit, and then at each.
            for _ in place.clerks:
                await scripts.play(Due(clients.now_ns(), kind))
        clients.close()
        return clients.written

    with serving(place.data, 1) as (port, _):
        written = asyncio.run(played(port))
    claimed, approved = ({one.stream for one in written if one.kind == kind} for kind in ("claims", "approvals"))
    assert len(claimed) == len(place.clerks) and approved == claimed


def test_the_shape_is_worked_out_from_seven_million_people_and_the_factor_scales_all_of_it() -> None:
    whole, tenth = shape(Fraction(1)), shape(Fraction(1, 10))

    # 7,000,000 people, 12 looks a year, 40 % in December, over 31 days; 12 % of a day in its hour, 3 times in a minute.
    assert round(whole.per_second["looks"] * 1_000) == round(7_000_000 * 12 * 0.4 / 31 * 0.12 / 3_600 * 3 * 1_000)
    assert all(tenth.per_second[kind] * 10 == whole.per_second[kind] for kind in whole.per_second)
    assert (whole.tries, tenth.tries, tenth.seats) == (15_000, 1_500, 900)
    assert sum(tenth.crowd()) == tenth.tries and tenth.crowd()[0] == tenth.in_first_second
    due = list(tenth.due())
    assert all(before.at_ns <= after.at_ns for before, after in pairwise(due))
    assert due == list(tenth.due(1)) != list(tenth.due(2))


def test_what_is_counted_in_buckets_is_known_to_three_in_a_hundred() -> None:
    dice, counted = random.Random(1), Buckets()
    values = sorted(int(dice.lognormvariate(9, 2)) for _ in range(5_000))
    for value in values:
        counted.add(value)

    for share in (0.001, 0.5, 0.95, 0.99, 0.999, 1):
        exact = values[max(0, -(-int(share * 5_000 * 1_000) // 1_000) - 1)]
        assert exact <= counted.at(share) <= exact * 1.04 + 1
    assert (counted.count, counted.most, Buckets().at(0.5)) == (5_000, values[-1], 0)
