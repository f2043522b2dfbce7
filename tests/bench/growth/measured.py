"""What a register of so many people costs: made, read again, asked; each in processes of their own, by processor time.

Wall-clock time depends on who else uses the machine, so seconds are those of processors, children included, and
percentiles of pages those of the thread that answers. Bytes are what files have when everything is at rest.
"""

from __future__ import annotations

import resource
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from flask.testing import FlaskClient

from api.register.folder import Folder
from api.serve import leave_alone_what_stands
from api.service.composed import composed
from api.settings import load
from api.telling import logs
from tests.bench.http import XUESHI

LAST_YEAR = 2025
_ASKED = 200
_AGAIN = 2
_STEPS = 6
_LASTED = ", seconds"
_OFFICES = ("浙江省人力资源和社会保障局经办一", "温州市人力资源和社会保障局经办一")
Progress = Callable[[str], None]


class Measured(NamedTuple):
    """All of one register. Seconds of processors, bytes, and microseconds of pages."""

    people: int
    years: int
    events: int
    entries: int
    append_s: float
    build_s: float
    coded_s: float
    replay_s: float
    fsck_s: float
    ledger_bytes: int
    keys_bytes: int
    answers_bytes: int
    coded_bytes: int
    by_answer: dict[str, int]
    pages: dict[str, tuple[int, int]]   # By name: p50 and p99, in microseconds.

    @property
    def person_years(self) -> int:
        return self.people * self.years


def measure(folder: Path, people: int, years: int, progress: Progress) -> Measured:
    """Make a register of so many people and years in a folder, and measure it; what was done before, by a run that was
    broken off, is not done again."""
    steps = _Steps(folder, people, progress)
    span, report = f"{LAST_YEAR - years + 1}-{LAST_YEAR}", str(folder.with_name(f"{folder.name}-report"))
    append_s = steps.took("the history", lambda: _cpu_of(
        "demo", "--people", str(people), "--years", span, "--seed", "1", at=folder))
    build_s = steps.took("the answers", lambda: _cpu_of("rebuild", at=folder))
    coded_s = steps.took("the coded ledger", lambda: _least_cpu_of("rebuild", "coded", at=folder))
    replay_s = steps.took("a replay", lambda: _least_cpu_of(
        "replay", "--under", "set:zhejiang/2016-08-01", "--out", report, at=folder))
    fsck_s = steps.took("fsck", lambda: _least_cpu_of("fsck", at=folder))
    events, entries, pages = steps.took("pages", lambda: _pages(folder))
    answers = {path.name.partition(".")[0]: path.stat().st_size
               for path in sorted((folder / "projections").glob("*.db"))}
    return Measured(
        people, years, events, entries, append_s, build_s, coded_s, replay_s, fsck_s,
        _bytes(folder, "ledger.db*"), _bytes(folder / "keys", "people.db*"), sum(answers.values()),
        _bytes(folder / "projections", "coded*"), answers, {name: (half, most) for name, (half, most) in pages.items()})


class _Steps:
    """What was found and how long each took, kept in a file after each step."""

    def __init__(self, folder: Path, people: int, progress: Progress) -> None:
        self._path, self._people, self._progress = folder.with_name(f"{folder.name}.json"), people, progress
        self._found: dict[str, Any] = _kept(self._path)
        self._before = _before(folder.parent, people)
        self._began = 0

    def took(self, step: str, work: Callable[[], Any]) -> Any:
        self._began += 1
        if step not in self._found:
            self._progress(f"{self._people:,} people: {step} ({self._began} of {_STEPS}){self._told(step)}")
            begun_ns = time.monotonic_ns()
            self._found[step] = work()
            self._found[f"{step}{_LASTED}"] = (time.monotonic_ns() - begun_ns) // 1_000_000_000
            self._path.write_bytes(msgspec.json.encode(self._found))
        return self._found[step]

    def _told(self, step: str) -> str:
        """How long it may take: in proportion to the next smaller register that lies beside."""
        people, lasted = self._before[0], self._before[1].get(f"{step}{_LASTED}", 0)
        return f", some {max(1, lasted * self._people // people // 60)} min" if lasted else ""


def _before(folder: Path, people: int) -> tuple[int, dict[str, Any]]:
    sizes = [int(one.stem) for one in folder.glob("*.json") if one.stem.isdecimal() and int(one.stem) < people]
    return (max(sizes), _kept(folder / f"{max(sizes)}.json")) if sizes else (1, {})


def _kept(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(path.read_bytes()) if path.exists() else {}
    return found


def _bytes(folder: Path, *patterns: str) -> int:
    found = {path for pattern in patterns for path in folder.glob(pattern)}
    files = {one for path in found for one in (path.rglob("*") if path.is_dir() else (path,)) if one.is_file()}
    return sum(path.stat().st_size for path in files)


def _cpu_of(*arguments: str, at: Path) -> float:
    """The seconds of processors that a command took, of all its processes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([XUESHI, *arguments, "--data", str(at)], capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0, f"{arguments}: {done.stdout[-500:]} {done.stderr[-500:]}"
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _least_cpu_of(*arguments: str, at: Path) -> float:
    """What can be done again is done again: who else uses the caches makes it dearer, and nobody makes it cheaper.

    A replay of 25,000 people took 9.5 seconds of processors at a load of 40, and 4.9 at one of 20.
    """
    took = []
    for _ in range(_AGAIN):
        if "--out" in arguments:
            shutil.rmtree(arguments[arguments.index("--out") + 1], ignore_errors=True)  # Else it is there already.
        took.append(_cpu_of(*arguments, at=at))
    return min(took)


class _Page(NamedTuple):
    name: str
    paths: list[str]
    token: str


def _pages(folder: Path) -> tuple[int, int, dict[str, tuple[int, int]]]:
    logs.configure("error", "plain")
    with composed(load({"data_folder": folder}), serves=False) as app:
        house = app.extensions["house"]
        size = house.ledger.store.size()
        assert house.answers.wait_for(size, 3_600_000) and house.differing.wait_for(size, 3_600)
        reader = house.answers.file("entries", None)[0]
        ((entries,),) = reader.rows("SELECT count(DISTINCT claim) FROM claims", {})
        leave_alone_what_stands()  # As a service: else one page in a hundred waits while all that was read is walked.
        found = {page.name: _timed(app.test_client(), page) for page in _asked(folder, house)}
        return size, entries, found


def _asked(folder: Path, house: Any) -> Iterator[_Page]:
    tokens = _tokens(folder)
    officer = tokens[_OFFICES[0]]
    reader = house.answers.file("people", None)[0]
    everyone = [person for (person,) in reader.rows("SELECT DISTINCT person FROM affiliations ORDER BY person", {})]
    people = everyone[:: max(1, len(everyone) // _ASKED)][:_ASKED]
    why = "purpose=annual_review"
    yield _Page("a person's year", [f"/v1/persons/{one}/years/{LAST_YEAR}?{why}" for one in people], officer)
    yield _Page("a person's all years", [f"/v1/persons/{one}/years?{why}" for one in people], officer)
    yield _Page("what waits, of the province", ["/v1/work?limit=50"] * 40, officer)
    yield _Page("what waits, of a city", ["/v1/work?limit=50"] * 40, tokens[_OFFICES[1]])
    yield _Page("workload by office", ["/v1/workload?region=33"] * 20, officer)
    yield _Page("a unit's years", [f"/v1/units/{one}/years?{why}&limit=50" for one in _units(house)], officer)
    yield _Page("duplicates", ["/v1/duplicates?limit=50&" + why] * 20, officer)


def _units(house: Any) -> list[str]:
    reader = house.answers.file("people", None)[0]
    return [unit for (unit,) in reader.rows("SELECT DISTINCT unit FROM affiliations LIMIT 40", {})]


def _tokens(folder: Path) -> dict[str, str]:
    lines = [line.strip() for line in Folder(folder).sample_accounts.read_text("utf-8").splitlines()]
    return {lines[at]: lines[at + 2] for at in range(2, len(lines) - 2, 3)}


def _timed(client: FlaskClient, page: _Page) -> tuple[int, int]:
    headers, took = {"Authorization": f"Bearer {page.token}"}, list[int]()
    for number, path in enumerate([*page.paths[:3], *page.paths]):
        began = time.thread_time_ns()
        answer = client.get(path, headers=headers)
        if number >= 3:
            took.append((time.thread_time_ns() - began) // 1_000)
        assert answer.status_code == 200, f"{path}: {answer.get_data(as_text=True)[:500]}"
    took.sort()
    return took[len(took) // 2], took[len(took) * 99 // 100]

