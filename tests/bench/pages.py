"""Every screen of the console on the server: what each role reaches by links, of the sample and of a million entries.

A few pages of each screen are found by following links, then each is opened again and again; what counts is the slower
end of each screen. The browser's own time is not in it. Of what is written while it is read (`api.console.as_read`) it
is the time to the first lines: such a file is whole by design, and nobody waits for its end to see that it comes. A
screen that takes longer than is promised has a row of its own.
"""

from __future__ import annotations

import os
import statistics
import time
import tracemalloc
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import Flask
from flask.testing import FlaskClient

from api.demo.history import Told
from api.demo.making import make
from api.register.folder import Folder
from api.sample import begin, prepare, shown
from api.service.composed import composed
from api.settings import load
from api.telling import logs
from tests.bench import Figure
from tests.console.crawl_kit import HERE, crawled, logged_in

PEOPLE = int(os.environ.get("XUESHI_BENCH_PAGES_PEOPLE", "28000"))
YEARS = (2017, 2025)
ROUNDS = 5
LEAST = 60
"""So many openings of each screen: the worst of ten says nothing about ninety-five in a hundred."""
OFFICES = ("浙江省人力资源和社会保障局经办一", "温州市生态环境局经办一")
"""Of a demo: one that sees the whole province, and one that sees a sector of a city."""


def rows() -> Iterator[Figure]:
    logs.configure("error", "plain")
    with TemporaryDirectory() as name, _sample(Path(name) / "data") as (app, tokens):
        yield from _told(app, tokens, "the sample", 100_000)
    with TemporaryDirectory() as name, _large(Path(name) / "data") as (app, tokens, entries):
        yield from _told(app, tokens, f"{entries:,} entries", 200_000)


@contextmanager
def _sample(folder: Path) -> Iterator[tuple[Flask, list[str]]]:
    options = {"data_folder": folder}
    has_history = begin(load(options), lambda done, total: None)
    prepare(load(options), upon_history=has_history)
    with composed(load(options)) as app:
        yield app, [token for _, _, token in shown(Folder(folder).sample_accounts)]


@contextmanager
def _large(folder: Path) -> Iterator[tuple[Flask, list[str], int]]:
    made = os.environ.get("XUESHI_BENCH_PAGES_FOLDER")  # One that was made before: it takes minutes.
    folder = Path(made) if made else folder
    if not made:
        make(folder, Told(PEOPLE, *YEARS, seed=1))
    lines = Folder(folder).sample_accounts.read_text("utf-8").splitlines()
    person = next(at for at, line in enumerate(lines) if line.strip().startswith("per_"))
    tokens = [lines[lines.index(name) + 2].strip() for name in OFFICES] + [lines[person + 1].strip()]
    with composed(load({"data_folder": folder})) as app:
        house = app.extensions["house"]
        house.answers.wait_for(house.ledger.store.size(), 3_600_000)
        ((entries,),) = house.answers.file("entries", None)[0].rows("SELECT count(DISTINCT claim) FROM claims", {})
        yield app, tokens, entries


def _told(app: Flask, tokens: list[str], what: str, most: int) -> Iterator[Figure]:
    pages: dict[str, list[tuple[FlaskClient, str]]] = defaultdict(list)
    for token in tokens:
        client = logged_in(app, token)
        for one in crawled(app, client, of_each=2):
            if one.status == 200:
                pages[one.screen].append((client, one.address))
    took = {screen: [_taken(*page) for page, _ in zip(cycle(found), range(max(LEAST, ROUNDS * len(found))))]
            for screen, found in pages.items()}
    held = {screen: max(_peak(*page) for page in found) for screen, found in pages.items()}
    slow = {screen: sorted(times)[len(times) * 95 // 100] for screen, times in took.items()}
    worst = max(slow, key=slow.__getitem__)
    every = sorted(one for times in took.values() for one in times)
    yield Figure(f"{len(took)} screens of {what}, half of all openings", int(statistics.median(every)), "µs")
    yield Figure("the same, 95 of a hundred of all", every[len(every) * 95 // 100], "µs", most=most)
    yield Figure(f"the same, 95 of a hundred of the slowest screen, {worst}", slow[worst], "µs", most=most)
    beyond = sorted(((taken, screen) for screen, taken in slow.items() if taken > most), reverse=True)
    yield Figure("screens of these beyond that", len(beyond), "screens")
    for taken, screen in beyond:
        yield Figure(f"beyond it: {screen}", taken, "µs", most=most)
    largest = max(held, key=held.__getitem__)
    yield Figure(f"the most memory that one opening takes, to its last byte, {largest}", held[largest] >> 10, "KiB")


def _taken(client: FlaskClient, address: str) -> int:
    began = time.perf_counter_ns()
    answer = client.get(address, headers=HERE)
    micros = (time.perf_counter_ns() - began) // 1_000
    answer.close()
    return micros


def _peak(client: FlaskClient, address: str) -> int:
    """The most memory of Python's that is held while an answer is written to its end."""
    tracemalloc.start()
    try:
        answer = client.get(address, headers=HERE)
        for _ in answer.iter_encoded():
            pass
        answer.close()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
