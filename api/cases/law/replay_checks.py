"""After enactment: whether what a report announced is what happened, asked by the policy office and done as a job.

The job does what `xueshi replay --check` does (`api.replays.check`), with the report that the service still has. What
came of it stands in its row, without rows of people, so that it outlasts the report. Nothing of it is written to the
ledger. `tests/api/test_replays.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from api.cases.doing import Asked
from api.cases.law.replay_reports import made, settled
from api.cases.law.replays import CHECKED, Submitted, asked_before, cost_of, queued, visible
from api.house import House
from api.operational.callers import Caller
from api.operational.jobs import DONE, OPEN, REPLAY, REPLAY_CHECK, Job
from ledger.errors import Refusal
from projections.basis import written_time


def submit(house: House, caller: Caller, job: str, asked: Asked) -> Submitted | dict[str, Any] | Refusal:
    """Queue the check of a report, or of a trial say what it would cost."""
    found = made(house, caller, job)
    if isinstance(found, Refusal):
        return found
    if (stands := asked_before(house, asked)) is not None:
        return stands
    if (behind := house.settled()) is not None:
        return behind
    if waits := waiting(house, rulebooks_of(found.question)):
        return Refusal.because("replay_law_waits", rulebooks="、".join(waits))
    cost = cost_of(house)
    if asked.key is None:
        return {"question": found.question, "cost": cost, "ledger": CHECKED}
    assert found.outcome is not None, "it is done"
    told = {"kind": REPLAY_CHECK, "check": job, "digest": found.outcome["digest"],
            **dict.fromkeys(("under", "against", "as_of", "valid_on", "region", "sector"))}
    check = Job(house.new_id("job"), caller.id, found.region, found.sector, asked.trace or "", told, found.question,
                cost, house.now)
    return queued(house, check, asked.key)


def rulebooks_of(question: Mapping[str, Any]) -> list[str]:
    """Every rulebook that a question compares."""
    return [one["id"] for side in ("under", "against") for one in question[side]["rulebooks"]]


def waiting(house: House, rulebooks: Iterable[str]) -> list[str]:
    """Of these rulebooks those that are not enacted yet."""
    enacted = {one.id for one in house.answers.rulebooks()}
    return [one for one in dict.fromkeys(rulebooks) if one not in enacted]


class Stands(NamedTuple):
    """How a report stands: the replay that made it, where its files are still here; what checks it, or did last."""

    report: Job | None
    check: Job | None


def stands(house: House, digest: str) -> Stands:
    """How the report of a digest stands; what was ended without an answer counts for nothing."""
    about = house.jobs.about(digest)
    return Stands(
        next((one for one in about if one.kind == REPLAY and settled(house, one) is None), None),
        next((one for one in about if one.kind == REPLAY_CHECK), None),
    )


def may_ask(house: House, caller: Caller, found: Stands) -> bool:
    """Say whether somebody may have this report checked, and nobody has yet."""
    if found.report is None or found.check is not None:
        return False
    return not isinstance(visible(house, caller, found.report.job), Refusal)


def show(house: House, caller: Caller, job: str) -> dict[str, Any] | Refusal:
    """What the last check of a report came to."""
    found = visible(house, caller, job)
    if isinstance(found, Refusal):
        return found
    if found.outcome is None or found.state != DONE or found.kind != REPLAY:
        return Refusal.because("replay_check_absent")
    check = next((one for one in house.jobs.about(found.outcome["digest"])
                  if one.kind == REPLAY_CHECK and one.state == DONE), None)
    return Refusal.because("replay_check_absent") if check is None else told(check)


def told(check: Job) -> dict[str, Any]:
    """What a check that is done came to."""
    assert check.outcome is not None and check.ended_at is not None, "it is done"
    return {"job": check.job, "report": check.asked["check"], "checked_at": written_time(check.ended_at),
            **check.outcome, "question": check.question, "ledger": CHECKED}


def is_open(check: Job) -> bool:
    """Say whether a check is still to come to its end."""
    return check.state in OPEN
