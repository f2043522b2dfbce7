"""What a replay that was asked for came to: its sums and its files, until they are cleared away.

Of people it tells nothing here: their rows are read for a purpose (`api.cases.law.replay_rows`).
`tests/api/test_replays.py` shows it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, NamedTuple

from api.cases.law.kept_reports import waits_for
from api.cases.law.replays import LEDGER, kept, visible
from api.house import House
from api.operational.callers import Caller
from api.operational.jobs import DONE, REPLAY_CHECK, Job
from api.replays.files import is_of_people
from api.replays.runner import REPORT, clear
from ledger.errors import Refusal

SUMS: Final = "SHA256SUMS"
_TYPES: Final = {"json": "application/json", "html": "text/html; charset=utf-8", "csv": "text/csv; charset=utf-8",
                 "toml": "application/toml; charset=utf-8", SUMS: "text/plain; charset=us-ascii"}


def report(house: House, caller: Caller, job: str) -> dict[str, Any] | Refusal:
    """What a replay came to: the sums, and its files."""
    found = made(house, caller, job)
    if isinstance(found, Refusal):
        return found
    assert found.outcome is not None, "it is done"
    folder = place_of(house, job)
    digests: dict[str, str | None] = {**sums_of(folder), SUMS: None}
    files = [{"name": name, "bytes": (folder / name).stat().st_size, "sha256": sha256, "href": _href(job, name)}
             for name, sha256 in digests.items()]
    return {"job": job, **found.outcome, "question": found.question, "files": files, **kept(house, found),
            "ledger": LEDGER}


class File(NamedTuple):
    """A file of a report."""

    name: str
    content: bytes
    media_type: str


def file(house: House, caller: Caller, job: str, name: str) -> File | Refusal:
    """One file of a report that speaks of nobody."""
    found = made(house, caller, job)
    if isinstance(found, Refusal):
        return found
    folder = place_of(house, job)
    if name not in (*sums_of(folder), SUMS) or is_of_people(name):
        return Refusal.because("replay_file_absent", name=name)
    return File(name, (folder / name).read_bytes(), _TYPES[name.rpartition(".")[2]])


def place_of(house: House, job: str) -> Path:
    """Where the report of a job lies."""
    return house.register.folder.replays / job / REPORT


def settled(house: House, job: Job) -> Refusal | None:
    """Say why there is no report to read, if there is none."""
    if job.state != DONE:
        return Refusal.because("replay_unfinished", state=job.state)
    is_there = (place_of(house, job.job) / SUMS).is_file()  # Reports are in no copy of a register; its jobs are.
    return None if is_there and not job.is_cleared else Refusal.because("replay_cleared")


def made(house: House, caller: Caller, job: str) -> Job | Refusal:
    """A job whose report is there to be read; of a check there is none."""
    found = visible(house, caller, job)
    if not isinstance(found, Refusal) and found.kind == REPLAY_CHECK:
        return Refusal.because("job_absent")
    return found if isinstance(found, Refusal) else settled(house, found) or found


def sums_of(folder: Path) -> dict[str, str]:
    """The digest of each file of a report."""
    lines = (folder / SUMS).read_text("ascii").splitlines()
    return {name: sha256 for sha256, _, name in (line.partition("  ") for line in lines)}


def _href(job: str, name: str) -> str | None:
    """Where a file is read; what speaks of people, in rows and for a purpose."""
    if not is_of_people(name):
        return f"/v1/replays/{job}/files/{name}"
    kind = name.rpartition(".")[0].replace("_", "-")
    return f"/v1/replays/{job}/{kind}" if name.endswith(".ndjson") else None


# Tidying


def tidy_replays(house: House) -> None:
    """Clear away reports that were kept for their time, and folders that no row knows of any more."""
    if house.settled() is not None:
        return  # Whether a report was announced is not known just now: an hour from now is soon enough.
    for job in house.jobs.past(now=house.now):
        found = house.jobs.find(job)
        if found is not None and waits_for(house, found):
            continue
        clear(house.register.folder.replays / job)
        house.jobs.cleared(job)
    house.jobs.forget(now=house.now)
    for place in house.register.folder.replays.glob("job_*"):
        if house.jobs.find(place.name) is None:
            clear(place)
            (place / "lock").unlink(missing_ok=True)
            place.rmdir()
