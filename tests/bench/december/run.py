"""One run: the service started, December let in, what the machine does looked at each second, the service stopped."""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, NamedTuple

from ledger.durable import sync
from tests.bench.december.clients import ANSWERED_WITHIN_S, Clients
from tests.bench.december.place import Place
from tests.bench.december.scripts import Scripts, request
from tests.bench.december.shape import Shape
from tests.bench.http import serving

_PAGE = os.sysconf("SC_PAGE_SIZE")
_TICKS = os.sysconf("SC_CLK_TCK")
_LINE = re.compile(rb"^(xueshi_\w+)(?:\{[^}]*?\"([^\"]*)\"\})? ([0-9.e+]+)$", re.MULTILINE)
_AHEAD_NS = 1_000_000_000


class Sample(NamedTuple):
    """What was seen in a second."""

    second: int
    log_events: int
    behind: int          # Events, of the projection that is behind most.
    waiting: int         # Requests that no thread has taken up yet.
    memory_bytes: int
    cpu_ms: int
    disk_bytes: int
    under_way: int       # Requests that the clients wait for.
    late_ms: int         # How late the clients themselves are: beyond some tens of it, it is them that is measured.


class Ran(NamedTuple):
    """What came of it."""

    shape: Shape
    workers: int
    clients: Clients
    samples: list[Sample]
    load: tuple[float, float]    # Of the machine, before and after.


def run(place: Place, shape: Shape, *, workers: int, progress: Callable[[int, int], None] = lambda *_: None) -> Ran:
    """Let December happen to a service on the register."""
    before = os.getloadavg()[0]
    with serving(place.data, workers) as (port, process):
        clients, samples = asyncio.run(_december(port, process, place, shape, progress))
    sync(place.data)
    return Ran(shape, workers, clients, samples, (before, os.getloadavg()[0]))


async def _december(
    port: int, process: int, place: Place, shape: Shape, progress: Callable[[int, int], None]
) -> tuple[Clients, list[Sample]]:
    warm = Clients(port, time.perf_counter_ns())
    for _ in range(4):  # The first answer makes a law of the rulebooks, once for a process's life.
        await warm.ask("warm", request("GET", f"/v1/persons/{place.people[0].person}/years", place.people[0].token), 0)
    warm.close()
    clients = Clients(port, time.perf_counter_ns() + _AHEAD_NS)
    scripts, samples = Scripts(clients, place, shape), list[Sample]()
    running, late = set[asyncio.Task[None]](), [0]
    watching = asyncio.create_task(_watch(clients, process, place.data, shape, samples, late, progress))
    for due in shape.due():
        while (left := due.at_ns - clients.now_ns()) > 0:
            await asyncio.sleep(left / 1_000_000_000)  # not hours: seconds
        late[0] = max(late[0], -left // 1_000_000)
        _begin(running, scripts.play(due))
    while running and clients.now_ns() < (shape.seconds + 2 * ANSWERED_WITHIN_S) * 1_000_000_000:
        await asyncio.wait(running, timeout=1)
    for task in running:
        task.cancel()
    clients.counts["all"].outcomes["not_over"] += len(running)
    watching.cancel()
    clients.close()
    return clients, samples


def _begin(running: set[asyncio.Task[None]], work: Coroutine[Any, Any, None]) -> None:
    task = asyncio.create_task(work)
    running.add(task)

    def over(done: asyncio.Task[None]) -> None:
        running.discard(done)
        if not done.cancelled():
            done.result()  # A fault in a script is no result.

    task.add_done_callback(over)


async def _watch(
    clients: Clients, process: int, data: Path, shape: Shape, samples: list[Sample], late: list[int],
    progress: Callable[[int, int], None],
) -> None:
    """Ask each second how the service is, as a monitor would, and look at its processes."""
    for second in range(shape.seconds + 3 * ANSWERED_WITHIN_S):
        while (left := second * 1_000_000_000 - clients.now_ns()) > 0:
            await asyncio.sleep(left / 1_000_000_000)  # not hours: seconds
        answer = await clients.ask("watch", request("GET", "/metrics"), second * 1_000_000_000)
        told = _LINE.findall(b"" if answer is None else answer.body)
        behind = max((int(float(value)) for name, _, value in told if name == b"xueshi_projection_behind_events"),
                     default=-1)
        log = next((int(float(value)) for name, _, value in told if name == b"xueshi_log_events"), -1)
        waiting = sum(int(float(value)) for name, _, value in told if name == b"xueshi_lane_waiting")
        processes = _all_of(process)
        samples.append(Sample(
            second, log, behind, waiting, sum(map(_resident, processes)), sum(map(_cpu_ms, processes)),
            _bytes_in(data), clients.under_way, late[0]))
        late[0] = 0
        progress(min(second, shape.seconds), shape.seconds)


def _all_of(process: int) -> list[int]:
    """A process and all that it began."""
    try:
        children = Path(f"/proc/{process}/task/{process}/children").read_text("ascii").split()
    except OSError:
        return []
    return [process, *(each for child in children for each in _all_of(int(child)))]


def _resident(process: int) -> int:
    try:
        return int(Path(f"/proc/{process}/statm").read_text("ascii").split()[1]) * _PAGE
    except OSError:
        return 0


def _cpu_ms(process: int) -> int:
    try:
        fields = Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()
    except OSError:
        return 0
    return (int(fields[11]) + int(fields[12])) * 1_000 // _TICKS


def _bytes_in(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size
        except OSError:  # It went away meanwhile.
            continue
    return total

