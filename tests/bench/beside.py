"""The service while somebody replays the whole history beside it: what a policy office asks slows no other office.

Half of the load that `http.py` measures, years and claims together, each timed from when it was due: while a process of
low priority replays a million entries over and over, and alone, before and after. What stands in the register grows by
600 claims a second, and with it what each costs, so that alone and then beside would set an older register against a
younger one. Two processes serve, and both cores are shared with the replays and the load. Claims are those of many
people, as in life, some two dozen of each at the end: of 800 each had a hundred, and what came after cost half as much
again as what came before.

The replay stands back by all that the service's own do (`api.replays.runner`): a process and a session of its own, idle
scheduling and the lowest priority for each of its threads, and rests while others are busy (`api.replays.resting`).
Each of these was found to be needed. With its threads as equals of the service p99 beside was eight times that alone.
Idle but without rests, of four times six seconds each in turn, p99 of claims was 86 ms alone and 402 beside; where the
replay slept for three times as long as it had worked, 94: the load by itself leaves a fifth of both cores, and what the
replay puts out of the caches makes each answer longer. What is left is as much as the machine differs from itself.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from heapq import merge
from itertools import cycle
from pathlib import Path

from tests.api.house_kit import Someone
from tests.bench import Figure
from tests.bench.http import CONNECTIONS, ENTRIES, YEAR, at_rate, claim_of, furnished, request, serving

YEARS_A_SECOND, CLAIMS_A_SECOND = 150, 600
ALONE_S, BESIDE_S = 30, 60
CLAIMANTS = 3_200
MOST_SLOWER = 1.5
REPLAYED = 1_000_000

_REPLAYS = f"""
from api.replays.job import stand_back
stand_back(is_idle=True)
from policies.law import Law
from policies.shelf import shipped
from projections.replay.compiled import compile_over
from projections.replay.kernel import replay
from projections.replay.replayed import room
from tests.bench.replay import history
law = Law(shipped().books)
coded = history({REPLAYED}, law)
compiled = compile_over(law, coded)
out = room(coded, compiled)
replay(coded, compiled, out=out)
print("begun", flush=True)
done = 0
while True:
    replay(coded, compiled, out=out)
    done += 1
    print(done, flush=True)
"""


def rows() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        token, person, claimants = furnished(data, CLAIMANTS)
        with serving(data, 2) as (port, _):
            ask = request("GET", f"/v1/persons/{person}/years/{YEAR}", token)
            at_rate(port, _load(ask, claimants, 5, "warm"), CONNECTIONS)
            before = at_rate(port, _load(ask, claimants, ALONE_S, "before"), CONNECTIONS)
            with _replaying() as done:
                beside = at_rate(port, _load(ask, claimants, BESIDE_S, "beside"), CONNECTIONS)
                replays = done()
            after = at_rate(port, _load(ask, claimants, ALONE_S, "after"), CONNECTIONS)
    words = f"of half the load ({YEARS_A_SECOND} years and {CLAIMS_A_SECOND} claims a second)"
    for kind, what in (("years", f"a person's year of {ENTRIES} entries"), ("claims", "a claim, durable and proven")):
        alone, amid = _p99(sorted(before[kind] + after[kind])), _p99(beside[kind])
        yield Figure(f"{what}, {words}, p99", alone // 1_000, "µs")
        yield Figure(f"the same while a million entries are replayed for {BESIDE_S} s, p99", amid // 1_000, "µs")
        yield Figure("the second as a multiple of the first", amid / alone, "x", most=MOST_SLOWER)  # not hours
    yield Figure(f"replays of a million entries in these {BESIDE_S} s", replays, "replays")


def _p99(took: list[int]) -> int:
    return took[len(took) * 99 // 100]


def _load(ask: bytes, claimants: list[Someone], seconds: int, name: str) -> list[tuple[int, str, bytes]]:
    """What is asked when, in nanoseconds from the beginning."""
    years = ((number * 1_000_000_000 // YEARS_A_SECOND, "years", ask) for number in range(YEARS_A_SECOND * seconds))
    claims = ((number * 1_000_000_000 // CLAIMS_A_SECOND, "claims",
               claim_of(str(whose.token), whose.id, f"{name}-{number}"))
              for number, whose in zip(range(CLAIMS_A_SECOND * seconds), cycle(claimants)))
    return list(merge(years, claims))


@contextmanager
def _replaying() -> Iterator[Callable[[], int]]:
    """Replays that stand back as those of the service do (`api.replays.runner`); says how many there have been."""
    process = subprocess.Popen([sys.executable, "-m", "api.replays.resting", sys.executable, "-c", _REPLAYS],
                               stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"

        def done() -> int:
            process.terminate()
            assert process.stdout is not None
            return int(process.stdout.read().split()[-1])

        yield done
    finally:
        process.terminate()
        process.wait()
