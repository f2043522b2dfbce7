"""Jobs of every kind, to whoever may see them: replays to the policy office, what a case does to who works on it.

To everybody else of either office there is no such job; to whoever is of neither, none at all.

`tests/api/test_bulk_jobs.py` and `tests/api/test_replays.py` show it.
"""

from __future__ import annotations

from typing import Any

from api.callers import Caller
from api.cases import bulk_jobs, replays
from api.cases.doing import Asked
from api.cases.replays import Listed
from api.cases.standing import POLICY_OFFICE, SUPERVISOR, acting
from api.house import House
from api.jobs import CASE_BULK, Job
from ledger.errors import Refusal
from ledger.streams.standing import standing


def see(house: House, caller: Caller, job: str) -> dict[str, Any] | Refusal:
    """A job as it stands."""
    found = _of_case(house, caller, job)
    if found is None:
        return replays.see(house, caller, job)
    return found if isinstance(found, Refusal) else _view(house, found)


def cancel(house: House, caller: Caller, job: str, asked: Asked) -> dict[str, Any] | Refusal:
    """End a job that is not over; one that was cancelled stays so."""
    found = _of_case(house, caller, job)
    if found is None:
        return replays.cancel(house, caller, job, asked)
    ended = found if isinstance(found, Refusal) else replays.cancelled(house, caller, found, asked)
    return ended if isinstance(ended, Refusal) else _view(house, ended)


def own(house: House, caller: Caller, *, before: str | None, limit: int) -> Listed | Refusal:
    """The jobs that somebody asked for, newest first."""
    actor = acting(house, caller)
    if isinstance(actor, Refusal):
        return actor
    no = standing(actor, POLICY_OFFICE)
    if no is not None and standing(actor, SUPERVISOR) is not None:
        return no
    found = house.jobs.of(caller.id, before=before, limit=limit + 1)
    return Listed([_view(house, one) for one in found[:limit]], found[limit - 1].job if len(found) > limit else None)


def _of_case(house: House, caller: Caller, job: str) -> Job | Refusal | None:
    """A job that a case has, or why not; None where whoever makes rules is answered, or nobody of either office."""
    actor = acting(house, caller)
    if isinstance(actor, Refusal) or standing(actor, SUPERVISOR) is not None:
        return None
    found = house.jobs.find(job)
    if found is not None and found.kind == CASE_BULK:
        return bulk_jobs.find(house, caller, found)
    return None if standing(actor, POLICY_OFFICE) is None else Refusal.because("job_absent")


def _view(house: House, job: Job) -> dict[str, Any]:
    if job.kind != CASE_BULK:
        return replays.view(house, job)
    asked = job.asked
    return {**replays.job_view(house, job), "result": f"/v1/cases/{asked['case']}/bulk/{asked['act']}",
            "error": replays.error_of(job, "批量处理停下了，尚未生效"), "ledger": bulk_jobs.LEDGER}
