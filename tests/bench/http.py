"""The service under load: a real process with waitress, asked over real connections by a generator beside it.

A person's years are asked for at a fixed rate, whether or not the last answer has come, and each answer is timed from
when it was due: a generator that waits would hide the very delays it looks for. Claims are submitted as fast as 64
connections get their answers; each is durable and in the tree when it is answered. Both share the machine's cores.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import subprocess
import sysconfig
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.api.house_kit import Someone, house_in, study
from tests.bench import Figure

XUESHI = str(Path(sysconfig.get_path("scripts")) / "xueshi")
CONNECTIONS = 64
CLAIMS = 6_400
RATE = 300
SECONDS = 10
ENTRIES = 12


def rows() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        token, person = _furnish(data)
        with _serving(data) as port:
            took = _at_rate(port, token, f"/v1/persons/{person}/years/2026")
            for percent, most in ((50, None), (99, 20_000)):
                micros = took[len(took) * percent // 100] // 1_000
                yield Figure(f"a person's year of {ENTRIES} entries, {RATE} requests/s, p{percent}", micros, "µs", most)
            body = json.dumps({
                "person": person, "study": study(), "details": {"title": "某次培训"},
                "evidence": [{"kind": "certificate", "sha256": "ab" * 32}],
            }).encode()
            name = f"claims submitted, durable and proven, {CONNECTIONS} connections"
            yield Figure(name, _submitted(port, token, body), "claims/s")


def _furnish(data: Path) -> tuple[str, str]:
    """A register with one person and a year to ask about."""
    with house_in(data) as town:
        works, person = town.unit("某厂", "330203", "industry"), town.person()
        town.belongs(person, works, "2020-01-01")
        officer: Someone = town.officer(works, "unit", "330203", unit=works["unit"])
        for month in range(1, ENTRIES + 1):
            officer.act(person.submit(study(date=f"2026-{month:02d}-01")), "approval")
        assert person.token is not None
        return person.token, person.id


@contextmanager
def _serving(data: Path) -> Iterator[int]:
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "XUESHI_LOG_LEVEL": "error"}
    process = subprocess.Popen([XUESHI, "serve", "--data", str(data), "--port", "0"], env=environment, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        assert process.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:(\d+)", process.stdout.readline())
        assert found is not None, "the service says where it is"
        yield int(found[1])
    finally:
        process.terminate()
        process.wait()


def _at_rate(port: int, token: str, path: str) -> list[int]:
    """Nanoseconds from when each request was due to its whole answer, sorted."""
    took: list[int] = []
    begin = time.perf_counter_ns() + 100_000_000
    due = iter([begin + number * 1_000_000_000 // RATE for number in range(RATE * SECONDS)])
    lock = threading.Lock()

    def ask() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        while True:
            with lock:
                when = next(due, None)
            if when is None:
                return
            time.sleep(max(0, when - time.perf_counter_ns()) / 1e9)
            connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 200, answer.status
            took.append(time.perf_counter_ns() - when)

    _together(16, lambda _: ask())
    return sorted(took)


def _submitted(port: int, token: str, body: bytes) -> int:
    """Claims a second."""
    def submit(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        for count in range(CLAIMS // CONNECTIONS):
            connection.request("POST", "/v1/claims", body, {
                "Authorization": f"Bearer {token}", "Content-Type": "application/json",
                "Idempotency-Key": f"bench-{number}-{count}-{begin}",
            })
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 201, answer.status

    begin = time.perf_counter_ns()
    _together(CONNECTIONS, submit)
    return CLAIMS * 1_000_000_000 // (time.perf_counter_ns() - begin)


def _together(many: int, work: Callable[[int], Any]) -> None:
    failed: list[BaseException] = []

    def guarded(number: int) -> None:
        try:
            work(number)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=guarded, args=(number,)) for number in range(many)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
