"""What a case does to many entries, gone on with in the background: queued, told, stopped (P 17).

    act(...), resume(...)                               as `api.cases.investigating.case_bulk`; a `Going` has the job
    that goes on find(house, caller, job) -> Job | Refusal           to whoever works on the case run(house, job,
    goes_on, tell) -> Outcome | None    what a runner does; None: it is not over, and may be done again

The job is only who goes on: list, words and basis stand in the log. So a process that dies takes nothing with it, two
that write at once double nothing, and what is stopped leaves an act that is in force for nobody: any member goes on
with it or gives it up. Each chunk is decided on the standing of whoever asked, as it is then.

`tests/api/test_bulk_jobs.py` shows it, with a service killed in the middle.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from api.cases.cases import works_on
from api.cases.doing import Asked, Done
from api.cases.investigating import case_bulk
from api.cases.investigating.case_bulk import PATIENCE_MS, Going, Preview, close, write_on
from api.cases.standing import SUPERVISOR, acting
from api.house import House
from api.operational.callers import Caller
from api.operational.jobs import CANCELLED, CASE_BULK, DONE, FAILED, OPEN, Full, Job, Outcome
from api.refusals import refusals
from ledger.acts.case_bulk import CHUNK, Bulk, resume_bulk
from ledger.errors import Refusal
from ledger.events.case import CaseId
from ledger.stores.append import RequestKey
from ledger.streams import case as cases
from ledger.vocabulary import ActorId

LEDGER: Final = "整批写完才一并生效；停下的没有一项生效，可以继续，也可以放弃。"
_CHUNKS_A_SECOND: Final = 2


def act(
    house: House, caller: Caller, case: str, fields: dict[str, Any], asked: Asked, *, patience_ms: int = PATIENCE_MS
) -> Done | Going | Preview | Refusal:
    """Do it to the list as it was shown; what is not done while somebody waits is done in the background."""
    came = case_bulk.act(house, caller, case, fields, asked, patience_ms=patience_ms)
    return queued(house, caller, came, asked) if isinstance(came, Going) else came


def resume(
    house: House, caller: Caller, case: str, name: str, asked: Asked, *, patience_ms: int = PATIENCE_MS
) -> Done | Going | Refusal:
    """Go on with an act that was stopped; the rest in the background."""
    came = case_bulk.resume(house, caller, case, name, asked, patience_ms=patience_ms)
    return queued(house, caller, came, asked) if isinstance(came, Going) and not asked.dry_run else came


def queued(house: House, caller: Caller, going: Going, asked: Asked) -> Going:
    """Let what is left be done in the background; the same request, and the same act, have one job at a time."""
    if asked.key is None:
        return going
    stands = house.jobs.asked_by(asked.key) or open_job(house, going.act)
    if stands is not None and stands.state in OPEN:
        return going._replace(job=stands.job)
    if stands is not None and stands.asked["act"] == going.act:
        return going  # It was stopped, or could not be done: whoever wants it to go on asks anew.
    left = going.rows - going.rows_done
    case = house.ledger.load_free(CaseId(going.case), cases.evolve).state
    assert case is not None, "something is done in it"
    job = Job(
        house.new_id("job"), caller.id, case.matter.region, case.matter.sector, asked.trace or "",
        {"kind": CASE_BULK, "case": going.case, "act": going.act,
         "key": asked.key.key.hex(), "fingerprint": asked.key.fingerprint.hex()},
        {"case": going.case, "act": going.act, "effect": going.deed, "rows": going.rows},
        {"entries": left, "people": 0, "seconds": 1 + left // (CHUNK * _CHUNKS_A_SECOND)}, house.now)
    made = house.jobs.add(job, asked.key)
    return going if isinstance(made, Full) else going._replace(job=made.job)


def open_job(house: House, act: str) -> Job | None:
    """The job that goes on with an act, if one does."""
    return next((one for one in house.jobs.open_of(CASE_BULK) if one.asked["act"] == act), None)


def find(house: House, caller: Caller, job: Job) -> Job | Refusal:
    """A job, to whoever works on its case: to others there is none."""
    actor = acting(house, caller)
    if isinstance(actor, Refusal):
        return actor
    return job if works_on(house, actor, job.asked["case"]) else Refusal.because("job_absent")


def run(
    house: House, job: Job, goes_on: Callable[[], bool], tell: Callable[[int, int], None]
) -> Outcome | None:
    """Write what is left for whoever asked, and close it under their own request."""
    asked, caller = job.asked, Caller("actor", job.owner, job.trace or None)
    bulk = resume_bulk(house.ledger, CaseId(asked["case"]), asked["act"], actor=ActorId(job.owner), role=SUPERVISOR)
    if isinstance(bulk, Refusal):
        return _ended(bulk)

    def next_chunk(now: Bulk) -> bool:
        tell(now.rows_done, now.opened.rows)
        return goes_on()

    written = write_on(house, caller, bulk, next_chunk)
    if isinstance(written, Refusal):
        return _ended(written)
    if written.rows_next:
        return None
    key = RequestKey(bytes.fromhex(asked["key"]), bytes.fromhex(asked["fingerprint"]))
    closed = close(house, caller, written, Asked(key=key, trace=job.trace or None))
    return _ended(closed) if isinstance(closed, Refusal) else Outcome(DONE, _told(closed))


def _told(closed: Done) -> dict[str, Any]:
    positions = () if closed.receipt is None else closed.receipt.positions
    return {"events": list(positions)}


def _ended(no: Refusal) -> Outcome:
    """Why it goes on no more; that somebody else has done it, or given it up, is no failure."""
    if no.code == "act_ended":
        return Outcome(DONE if no.seen.get("status") == "closed" else CANCELLED, {"events": []})
    return refused(no)


def refused(no: Refusal) -> Outcome:
    """The end of a job that may not be done."""
    line = refusals.lines().get(no.code)
    return Outcome(FAILED, {
        "status": 500 if line is None else line.status, "code": no.code,
        "detail": no.code if line is None else line.detail})
