"""Jobs of every kind, to whoever may see them: replays to the policy office, what a case does to who works on it.

The bundle of a case is for whoever asked for it alone.

To everybody else of either office there is no such job; to whoever is of neither, none at all.

`tests/api/test_bulk_jobs.py`, `tests/api/test_bundle_jobs.py` and `tests/api/test_replays.py` show it.
"""

from __future__ import annotations

from typing import Any, Final

from api.cases.cases import supervising
from api.cases.doing import Asked
from api.cases.investigating import bulk_jobs, bundle_jobs
from api.cases.investigating.bundle_jobs import Fetched
from api.cases.law import replays
from api.cases.law.replays import Listed
from api.cases.standing import POLICY_OFFICE, SUPERVISOR, acting
from api.house import House
from api.operational.callers import Caller
from api.operational.jobs import CASE_BULK, CASE_BUNDLE, REPLAY, Job
from ledger.errors import Refusal
from ledger.streams.standing import standing
from projections.basis import written_time


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


def bundle(house: House, caller: Caller, job: str) -> Fetched | Refusal:
    """What a job made of a case, to whom it was made for."""
    found = _of_case(house, caller, job)
    if found is None:
        no = supervising(house, caller)
        return no if isinstance(no, Refusal) else Refusal.because("job_absent")  # Who makes rules too sees replays.
    if isinstance(found, Refusal):
        return found
    return bundle_jobs.fetch(house, caller, found) if found.kind == CASE_BUNDLE else Refusal.because("job_absent")


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
    if found is not None and found.kind in _FOUND:
        return _FOUND[found.kind](house, caller, found)
    return None if standing(actor, POLICY_OFFICE) is None else Refusal.because("job_absent")


_FOUND: Final = {CASE_BULK: bulk_jobs.find, CASE_BUNDLE: bundle_jobs.find}


def _view(house: House, job: Job) -> dict[str, Any]:
    if job.queue == REPLAY:
        return replays.view(house, job)
    if job.kind == CASE_BUNDLE:
        return _bundle_view(house, job)
    asked = job.asked
    return {**replays.job_view(house, job), "result": f"/v1/cases/{asked['case']}/bulk/{asked['act']}",
            "error": replays.error_of(job, "批量处理停下了，尚未生效"), "ledger": bulk_jobs.LEDGER}


def _bundle_view(house: House, job: Job) -> dict[str, Any]:
    is_there, until = bundle_jobs.is_there(house, job), bundle_jobs.until(job)
    return {**replays.job_view(house, job), "kept_until": None if until is None else written_time(until),
            "is_cleared": until is not None and not is_there,
            "result": f"/v1/jobs/{job.job}/bundle.zip" if is_there else None,
            "error": replays.error_of(job, "移送材料没有做成"), "ledger": bundle_jobs.LEDGER}
