"""Every screen of the console on the server: what each role reaches by links, of the sample and of a million entries.

A few pages of each screen are found by following links, then each is opened again and again; what counts is the slower
end of each screen. The browser's own time is not in it.
"""

from __future__ import annotations

import os
import statistics
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import Flask

from api import logs
from api.composed import composed
from api.demo.history import Told
from api.demo.making import make
from api.folder import Folder
from api.sample import begin, prepare, shown
from api.settings import load
from tests.bench import Figure
from tests.console.crawl_kit import HERE, crawled, logged_in

PEOPLE = int(os.environ.get("XUESHI_BENCH_PAGES_PEOPLE", "28000"))
YEARS = (2017, 2025)
ROUNDS = 5
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
        house.answers.wait_for(house.ledger.store.size(), 600_000)
        ((entries,),) = house.answers.file("entries", None)[0].rows("SELECT count(DISTINCT claim) FROM claims", {})
        yield app, tokens, entries


def _told(app: Flask, tokens: list[str], what: str, most: int) -> Iterator[Figure]:
    took: dict[str, list[int]] = defaultdict(list)
    for token in tokens:
        client = logged_in(app, token)
        found = [one for one in crawled(app, client, of_each=2) if one.status == 200]
        for one in found:
            for _ in range(ROUNDS):
                began = time.perf_counter_ns()
                client.get(one.address, headers=HERE)
                took[one.screen].append((time.perf_counter_ns() - began) // 1_000)
    slow = {screen: sorted(times)[len(times) * 95 // 100] for screen, times in took.items()}
    worst = max(slow, key=slow.__getitem__)
    every = sorted(one for times in took.values() for one in times)
    yield Figure(f"{len(took)} screens of {what}, half of all openings", int(statistics.median(every)), "µs")
    yield Figure("the same, 95 of a hundred of all", every[len(every) * 95 // 100], "µs", most=most)
    yield Figure(f"the same, 95 of a hundred of the slowest screen, {worst}", slow[worst], "µs", most=most)
    yield Figure("screens of these beyond that", sum(one > most for one in slow.values()), "screens")
