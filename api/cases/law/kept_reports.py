"""How long the report of a replay stays: a month; once it is announced, until it can be held against what happened.

An announced report waits for each rulebook that it was recorded on: until that is enacted and the report was checked,
or until its proposal was refused or taken back. A draft that nobody has proposed yet is waited for as well. What no
longer waits is kept for its month, like any other. `tests/api/test_replays.py` shows it.
"""

from __future__ import annotations

from typing import NamedTuple

from api.house import House
from api.operational.jobs import DONE, REPLAY, REPLAY_CHECK, Job
from api.replays.runner import REPORT
from projections.laws import ImpactReport


class Room(NamedTuple):
    """How many reports lie here, how large they are, and how many of them are kept because they were announced."""

    reports: int
    bytes: int
    announced: int
    announced_bytes: int


def waits_for(house: House, job: Job) -> list[str]:
    """The rulebooks for whose sake a report is kept longer than its month; none for one that was not announced."""
    if job.kind != REPLAY or job.state != DONE or job.is_cleared or job.outcome is None:
        return []
    digest = job.outcome.get("digest", "")
    waiting = [one.rulebook for one in house.answers.impact_reports(digest=digest) if _waits(house, one)]
    return list(dict.fromkeys(waiting))


def _waits(house: House, one: ImpactReport) -> bool:
    if any(each.digest == one.rulebook_digest for each in house.answers.rulebooks()):
        return not any(job.kind == REPLAY_CHECK and job.state == DONE for job in house.jobs.about(one.digest))
    proposals = house.answers.proposals(one.rulebook_digest)
    return not proposals or proposals[-1].ended is None  # Proposed anew it is waited for anew.


def room(house: House) -> Room:
    """What lies here."""
    sizes: dict[str, int] = {}
    for place in house.register.folder.replays.glob(f"job_*/{REPORT}"):
        sizes[place.parent.name] = sum(each.stat().st_size for each in place.iterdir() if each.is_file())
    jobs = (house.jobs.find(name) for name in sizes)
    announced = [one.job for one in jobs if one is not None and waits_for(house, one)]
    return Room(len(sizes), sum(sizes.values()), len(announced), sum(sizes[name] for name in announced))
