"""The service's memory under a steady load of mixed requests: what it takes at first, when it is warm, and at the end.

A service answers years, claims, trials, lists, files and the feed at a rate that the machine bears, for ten minutes
(`XUESHI_BENCH_MEMORY_SECONDS` makes a trial of it shorter). The first fifth is the warm-up, in which caches that are
bounded fill; from then on the line should be flat. It is sampled each second, and each level is the median of a tenth
of the time, so that a busy moment at either end says nothing. The register itself grows meanwhile, as in life.

Histories stay as long as they are in life. Of one works' 64 people each would have submitted 190 trainings in the ten
minutes, and what is held while an answer is made was sixteen times as much at the end. So there are twelve such works,
whose people come to sixteen.

Resident memory is that of all processes together; what they share is counted in each of them. Code and law are loaded
before the forks, so a third of it is there once and counted three times: what the machine gives is the second figure,
in which each page is divided among those that have it (the kernel's "proportional set size"). Of files next to nothing
is in either: 13 MB of a worker's 130 are code of libraries, and SQLite reads its files without mapping them.

Most of what grew once was a connection for each of 32 threads and 17 files, with pages and statements of its own: 58 of
the 105 MB that the C library gave out in a process. Lent for a question (`ledger/lender.py`) they are 20 MB, and one
request in fifty opens another; those that a crowd left behind are closed half a minute later. Then came what lay free
in sixteen pools (`api/beside/memory.py`), pages that writers kept, and findings: the claims were all of one
certificate, which a detector looked at again with each that came. Alone on the machine, all of one works and without
the process that follows, which was not counted, it then went from 348 MB to 382; before, a trial of three minutes came
to 2,020.

Of a worker under that load, looked into from inside: between 40 s and 120 s its Python objects grew by 0.4 MB. Between
60 s and 240 s it grew by 12 MB: 2 that are used, and 9 that lie free in the C library's pools, between what is used.
The most that SQLite's pages came to for a moment went from 2.4 MB to 8.9: a look for findings had room for all that it
met of the register. The process that follows grew from 62 MB to 80 in four minutes, by rows and pages that it kept.
Both have a bound now that is soon reached (`projections/findings/snapshot.py`, `projections/files/file.py`). With a
load of twenty besides it goes from 440 MB to 463, of which that process is 65: 1.052 times as much.
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
WORKS: Final = 12
PEOPLE: Final = 64  # Of each.
GROWS_MOST: Final = 1.05  # Flat, but for what the allocator keeps back.
AN_HOUR: Final = 3_600
STRETCH_S: Final = 20  # Then everyone connects anew: a connection that has been idle for long is closed by the service.

_Load = tuple[int, str, bytes]


class _There(NamedTuple):
    """A register of some works, and who asks: everyone, and an officer of the first works."""

    people: list[Someone]
    officer: Someone
    works: BODY


class _Held(NamedTuple):
    """Bytes in memory: with what is shared counted in each process, and once."""

    resident: int
    once: int


RESIDENT: Final = "resident memory"
_COUNTED: Final[dict[str, Callable[[_Held], int]]] = {
    RESIDENT: lambda held: held.resident, "memory, what is shared counted once,": lambda held: held.once,
}


def rows() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        there = _furnished(data)
        with serving(data, 2) as (port, process):
            idle = _held(process)
            ask = _Asking(there)
            with _sampled(lambda: _held(process)) as samples:
                for _ in range(0, SECONDS, STRETCH_S):
                    ask.all_of(port, STRETCH_S)
    tenth = max(1, len(samples) // 10)
    levels = [idle], samples[2 * tenth:3 * tenth], samples[-tenth:]
    for what, of in _COUNTED.items():
        first, warm, last = (statistics.median(map(of, some)) for some in levels)
        yield Figure(f"{what} of a service that has answered nobody", _megabytes(first), "MB")
        yield Figure(f"{what} after {SECONDS // 5} s of mixed requests", _megabytes(warm), "MB")
        yield Figure(f"{what} after {SECONDS} s, {ask.asked:,} requests in all", _megabytes(last), "MB")
        most = GROWS_MOST if what == RESIDENT else None
        yield Figure(f"{what} at the end as a multiple of that", last / warm, "x", most)  # not hours
        yield Figure(f"{what} more in an hour", _megabytes(last - warm) * AN_HOUR / (SECONDS * 0.7), "MB/h")


def _furnished(data: Path) -> _There:
    with house_in(data) as town:
        works = [town.unit(f"某厂 {number}", "330203", "industry") for number in range(WORKS)]
        officer = town.officer(works[0], "unit", "330203", unit=works[0]["unit"])
        people = [town.person() for _ in range(WORKS * PEOPLE)]
        for number, one in enumerate(people):
            town.belongs(one, works[number % WORKS], "2020-01-01")
        for month in range(1, ENTRIES + 1):
            officer.act(people[0].submit(study(date=f"{YEAR}-{month:02d}-01")), "approval")
        return _There(people, officer, works[0])


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


def _held(process: int) -> _Held:
    """What a process and all that it began have in memory; one that ends meanwhile has nothing."""
    try:
        told = Path(f"/proc/{process}/smaps_rollup").read_text("ascii")
        children = [child for each in Path(f"/proc/{process}/task").glob("*/children")  # Any thread may have begun one.
                    for child in each.read_text("ascii").split()]
    except (FileNotFoundError, ProcessLookupError):
        return _Held(0, 0)
    kib = dict(line.split()[:2] for line in told.splitlines()[1:])
    held = [_Held(int(kib["Rss:"]) * 1_024, int(kib["Pss:"]) * 1_024), *(_held(int(child)) for child in children)]
    return _Held(sum(one.resident for one in held), sum(one.once for one in held))


@contextmanager
def _sampled(measure: Callable[[], _Held]) -> Iterator[list[_Held]]:
    """What is measured each second, until the block ends."""
    samples, over = list[_Held](), threading.Event()

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
