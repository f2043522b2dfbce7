"""The service's memory under a steady load of mixed requests: what it takes at first, when it is warm, and at the end.

A service answers years, claims, trials, lists, files and the feed at a rate that the machine bears, for ten minutes
(`XUESHI_BENCH_MEMORY_SECONDS` makes a trial of it shorter). The first fifth is the warm-up, in which caches that are
bounded fill; from then on the line should be flat. It is sampled each second, and each level is the median of a tenth
of the time, so that a busy moment at either end says nothing. The register itself grows meanwhile, as in life.

Resident memory is that of all processes together; what they share is counted in each of them.

Most of what grew was a connection for each of 32 threads and 17 files, with pages and statements of its own: 58 of
the 105 MB that the C library gave out in a process. Lent for a question (`ledger/lender.py`) they are 20 MB, and one
request in fifty opens another. Then came what lay free in sixteen pools (`api/memory.py`), pages that writers kept, and
findings: the claims were all of one certificate, which a detector looked at again with each that came. With twenty
others on the machine, all processes together: 428 MB after 24 s and 471 after 120 before; 348 after 50 s and 367 after
200 now. Over ten minutes alone on the machine it goes from 348 MB to 382, 288 MB an
hour; before, a trial of three minutes came to 2,020.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from heapq import merge
from itertools import cycle
from pathlib import Path
from typing import Final, NamedTuple

from tests.api.house_kit import BODY, Someone, house_in, study
from tests.bench import Figure
from tests.bench.http import CONNECTIONS, ENTRIES, YEAR, at_rate, claim_of, request, serving

SECONDS: Final = int(os.environ.get("XUESHI_BENCH_MEMORY_SECONDS", "600"))
PEOPLE: Final = 64
PAGES_BYTES: Final = os.sysconf("SC_PAGE_SIZE")
GROWS_MOST: Final = 1.05  # Flat, but for what the allocator keeps back.
AN_HOUR: Final = 3_600
STRETCH_S: Final = 20  # Then everyone connects anew: a connection that has been idle for long is closed by the service.

_Load = tuple[int, str, bytes]


class _There(NamedTuple):
    """A register of a works, and who asks."""

    people: list[Someone]
    officer: Someone
    works: BODY


def rows() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        there = _furnished(data)
        with serving(data, 2) as (port, process):
            first = _resident(process)
            ask = _Asking(there)
            with _sampled(lambda: _resident(process)) as samples:
                for _ in range(0, SECONDS, STRETCH_S):
                    ask.all_of(port, STRETCH_S)
    tenth = max(1, len(samples) // 10)
    warm, last = (statistics.median(some) for some in (samples[2 * tenth:3 * tenth], samples[-tenth:]))
    yield Figure("resident memory of a service that has answered nobody", _megabytes(first), "MB")
    yield Figure(f"the same after {SECONDS // 5} s of mixed requests", _megabytes(warm), "MB")
    yield Figure(f"the same after {SECONDS} s, {ask.asked:,} requests in all", _megabytes(last), "MB")
    yield Figure("the last as a multiple of the one before", last / warm, "x", most=GROWS_MOST)  # not hours
    yield Figure("what that comes to in an hour", _megabytes(last - warm) * AN_HOUR / (SECONDS * 0.7), "MB/h")


def _furnished(data: Path) -> _There:
    with house_in(data) as town:
        works = town.unit("某厂", "330203", "industry")
        officer = town.officer(works, "unit", "330203", unit=works["unit"])
        people = [town.person() for _ in range(PEOPLE)]
        for one in people:
            town.belongs(one, works, "2020-01-01")
        for month in range(1, ENTRIES + 1):
            officer.act(people[0].submit(study(date=f"{YEAR}-{month:02d}-01")), "approval")
        return _There(people, officer, works)


class _Asking:
    """Asks for each kind evenly, so many times a second."""

    def __init__(self, there: _There) -> None:
        self.asked = 0
        self._there, self._claims = there, 0
        self._people = cycle(there.people)

    def all_of(self, port: int, seconds: int) -> None:
        """Ask for so long."""
        there, mine = self._there, self._there.people[0]
        office = str(there.officer.token)
        year = request("GET", f"/v1/persons/{mine.id}/years/{YEAR}", str(mine.token))
        work = request("GET", "/v1/work?limit=50", office)
        file = request("GET", f"/v1/units/{there.works['unit']}/years.csv?purpose=annual_review", office)
        feed = request("GET", "/v1/feed?after=0&limit=50", office)
        kinds: list[tuple[str, int, Callable[[], bytes]]] = [
            ("a person's year", 60, lambda: year), ("years", 30, self._years), ("a claim", 20, self._claim),
            ("a trial", 10, self._trial), ("work", 10, lambda: work), ("the feed", 5, lambda: feed),
            ("a file", 1, lambda: file),
        ]
        load = list(merge(*(_evenly(kind, a_second, seconds, ask) for kind, a_second, ask in kinds)))
        self.asked += sum(map(len, at_rate(port, load, CONNECTIONS).values()))

    def _years(self) -> bytes:
        whose = next(self._people)
        return request("GET", f"/v1/persons/{whose.id}/years", str(whose.token))

    def _claim(self) -> bytes:
        whose = next(self._people)
        self._claims += 1
        return claim_of(str(whose.token), whose.id, f"memory-{self._claims}")

    def _trial(self) -> bytes:
        return self._claim().replace(b"/v1/claims ", b"/v1/claims?dry_run=true ", 1)


def _evenly(kind: str, a_second: int, seconds: int, ask: Callable[[], bytes]) -> Iterator[_Load]:
    return ((number * 1_000_000_000 // a_second, kind, ask()) for number in range(a_second * seconds))


def _resident(process: int) -> int:
    """The resident bytes of a process and of all that it began; one that ends meanwhile has none."""
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text("ascii").split()[1])
        children = Path(f"/proc/{process}/task/{process}/children").read_text("ascii").split()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return pages * PAGES_BYTES + sum(_resident(int(child)) for child in children)


@contextmanager
def _sampled(measure: Callable[[], int]) -> Iterator[list[int]]:
    """What is measured each second, until the block ends."""
    samples, over = list[int](), threading.Event()

    def sampling() -> None:
        while not over.wait(1):
            samples.append(measure())

    thread = threading.Thread(target=sampling)
    thread.start()
    try:
        yield samples
    finally:
        over.set()
        thread.join()


def _megabytes(number: float) -> float:
    return round(number / 1e6, 1)  # not hours
