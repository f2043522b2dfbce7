"""Replays over HTTP: asked for by the policy office, done as a job, read as sums by the office and as rows by others.

What a draft would change is the policy office's to ask, within its place and sector; whom it would change is not, since
that office looks at nobody (GB/T 22239): the sums are its, the rows of people those officials' whose sight holds them
(`api/cases/law/replay_rows.py`). Everything that an answer rests on is settled when it is asked for, so that a job that
a restart delays asks the same. Nothing of it is written to the ledger.

`tests/api/test_replays.py` shows it.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from api.cases.doing import Asked
from api.cases.law.kept_reports import waits_for
from api.cases.standing import POLICY_OFFICE, acting
from api.house import House
from api.operational.callers import Caller
from api.operational.jobs import CANCELLED, DONE, OPEN, QUEUED, REPLAY, REPLAY_CHECK, Full, Job
from api.refusals.faults import BadFields, Fault
from api.refusals.problems import type_of
from api.replays.laws import Laws, UnsoundRules
from api.replays.runner import write_drafts
from ledger.errors import Refusal
from ledger.events.actor import Scope
from ledger.stores.append import RequestKey
from ledger.streams.standing import Actor, Matter, standing
from policies.errors import UnreadableRulebook
from policies.form import read_form
from projections.basis import written_time
from projections.entries import Entries
from projections.files.reader import Reader
from projections.people import People

LEDGER: Final = "重放不写入账本。要预告细则的影响，另把 report.json 提交到 /v1/impact-reports。"
CHECKED: Final = "核对不写入账本。"

_ID: Final = re.compile(r"[a-z][a-z0-9-]{0,59}/[0-9]{4}-[0-9]{2}-[0-9]{2}(\.[0-9]{1,3})?")
_TEXT_NAME: Final = re.compile(r"[^\W.][\w.（）()〔〕 -]{0,99}")
_SECOND: Final = 1_000_000
_BEGINS_S: Final = 4                  # Until a child has begun: code, log, files.
_ENTRIES_A_SECOND: Final = 40_000     # Read, judged and told, where nothing is known from the last time.


class Understood(NamedTuple):
    """What is asked, as somebody of an office may ask it."""

    asked: dict[str, Any]
    question: dict[str, Any]
    matter: Matter


class Submitted(NamedTuple):
    """A job, and whether the same request had asked for it before."""

    job: Job
    is_replayed: bool


def submit(house: House, caller: Caller, fields: dict[str, Any], asked: Asked) -> Submitted | dict[str, Any] | Refusal:
    """Queue a replay, or of a trial say what it would be and cost."""
    actor = _office(house, caller)
    if isinstance(actor, Refusal):
        return actor
    if (stands := asked_before(house, asked)) is not None:
        return stands
    if (behind := house.settled()) is not None:
        return behind
    understood = _understood(house, actor, fields)
    if isinstance(understood, Refusal):
        return understood
    cost = cost_of(house)
    if asked.key is None:
        return {"question": understood.question, "cost": cost, "rules": "sound", "ledger": LEDGER}
    job = Job(
        house.new_id("job"), caller.id, understood.matter.region, understood.matter.sector, asked.trace or "",
        understood.asked, understood.question, cost, house.now)
    return queued(house, job, asked.key)


def asked_before(house: House, asked: Asked) -> Submitted | None:
    """What this very request had asked for."""
    stands = None if asked.key is None else house.jobs.asked_by(asked.key)
    return None if stands is None else Submitted(stands, is_replayed=True)


def queued(house: House, job: Job, key: RequestKey) -> Submitted | Refusal:
    """Put a job at the end of the queue, unless its owner has too many there."""
    stands = house.jobs.add(job, key)
    if isinstance(stands, Full):
        return Refusal.because("jobs_full", waiting=stands.waiting)
    return Submitted(stands, is_replayed=stands.job != job.job)


def _office(house: House, caller: Caller) -> Actor | Refusal:
    actor = acting(house, caller)
    return actor if isinstance(actor, Refusal) else standing(actor, POLICY_OFFICE) or actor


def own_place(house: House, caller: Caller) -> Scope | Refusal:
    """The place and sector that whoever makes rules asks about where they name none, or why they may not ask."""
    actor = _office(house, caller)
    return actor if isinstance(actor, Refusal) else _own(actor)


def _own(actor: Actor) -> Scope:
    return next(scope for scope in actor.scopes if scope.role == POLICY_OFFICE)


def _understood(house: House, actor: Actor, fields: Mapping[str, Any]) -> Understood | Refusal:
    from projections.replay.report import prefix_of

    own = _own(actor)
    region, sector = fields.get("region", f"{own.region:0<6}"), fields.get("sector", own.sector)
    matter = Matter(prefix_of(region), sector)
    if no := standing(actor, POLICY_OFFICE, matter):
        return no
    valid_on = fields.get("valid_on")
    drafts = _read(fields["drafts"]) if "drafts" in fields else []
    asked = {
        "under": fields.get("under"), "against": fields["against"], "as_of": fields.get("as_of"),
        "valid_on": None if valid_on is None else valid_on.isoformat(), "region": region, "sector": sector,
        "log_size": house.answers.position(),
    }
    laws = Laws()
    with tempfile.TemporaryDirectory(prefix="xueshi-drafts-") as folder:
        if drafts:
            asked["under"] = str(write_drafts(Path(folder), drafts))
            _examine(laws, asked["under"])
        question = laws.question(house.answers, asked)
    asked |= {"as_of": str(question.as_of), "drafts": drafts or None}
    return Understood(asked, question.as_json(), matter)


def _read(drafts: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Which rulebooks these are; raises BadFields where one is none."""
    found: list[dict[str, Any]] = []
    for number, draft in enumerate(drafts):
        place = f"/drafts/{number}"
        try:
            plain, _ = read_form(f"drafts/{number}", draft["source"].encode())
        except UnreadableRulebook as error:
            raise BadFields(Fault(f"{place}/source", "rules_unsound", one) for one in error.problems) from None
        version = f"{plain['family']}/{plain['in_force_from']}"
        name = version if plain.get("revision", 1) == 1 else f"{version}.{plain['revision']}"
        if not _ID.fullmatch(name) or any(one["id"] == name for one in found):
            words = f"{name[:80]} 的 family 太长，或同一版细则写了两次。"
            raise BadFields([Fault(f"{place}/source", "rules_unsound", words)])
        text_name = plain.get("text")
        if draft.get("text") is not None and not (isinstance(text_name, str) and _TEXT_NAME.fullmatch(text_name)):
            words = "附了原文，而细则中的 text 没有写它的文件名，或写的不是文件名。"
            raise BadFields([Fault(f"{place}/text", "rules_unsound", words)])
        found.append({"id": name, **draft, "text_name": text_name})
    return found


def _examine(laws: Laws, folder: str) -> None:
    try:
        laws.examine(folder)
    except UnsoundRules as unsound:
        problems = [one.replace(f"{folder}/", "").replace(folder, "drafts") for one in unsound.problems]
        raise BadFields(Fault("/drafts", "rules_unsound", one) for one in problems) from None


def cost_of(house: House) -> dict[str, Any]:
    """How much there is to judge, and how long that will take by how long it took the last time."""
    folder = house.register.folder.projections
    ((entries,),) = Reader(Entries(), folder).rows("SELECT COUNT(*) FROM decisions")
    ((people,),) = Reader(People(), folder).rows("SELECT COUNT(DISTINCT person) FROM persons")
    seconds = _BEGINS_S + entries // _ENTRIES_A_SECOND
    last = house.jobs.last_done()
    if last is not None and last.begun_at is not None and last.ended_at is not None:
        took, before = (last.ended_at - last.begun_at) // _SECOND, last.cost["entries"]
        seconds = max(1, took * entries // before if entries > before > 0 else took)
    return {"entries": entries, "people": people, "seconds": seconds}


# The job


def see(house: House, caller: Caller, job: str) -> dict[str, Any] | Refusal:
    """A job as it stands, to its office."""
    found = visible(house, caller, job)
    return found if isinstance(found, Refusal) else view(house, found)


class Listed(NamedTuple):
    """Some of somebody's jobs, newest first."""

    items: list[dict[str, Any]]
    next: str | None


def own(house: House, caller: Caller, *, before: str | None, limit: int) -> Listed | Refusal:
    """The jobs that somebody asked for."""
    actor = _office(house, caller)
    if isinstance(actor, Refusal):
        return actor
    found = house.jobs.of(caller.id, before=before, limit=limit + 1)
    items = [view(house, one) for one in found[:limit] if one.queue == REPLAY]
    return Listed(items, found[limit - 1].job if len(found) > limit else None)


def cancel(house: House, caller: Caller, job: str, asked: Asked) -> dict[str, Any] | Refusal:
    """End a job that is not over; one that was cancelled stays so."""
    found = visible(house, caller, job)
    ended = found if isinstance(found, Refusal) else cancelled(house, caller, found, asked)
    return ended if isinstance(ended, Refusal) else view(house, ended)


def cancelled(house: House, caller: Caller, found: Job, asked: Asked) -> Job | Refusal:
    """End a job of whichever kind, for somebody who may."""
    if found.state in OPEN and not asked.dry_run:
        house.jobs.cancel(found.job, by=caller.id, now=house.now)
        found = house.jobs.find(found.job) or found
    if found.state not in (*OPEN, CANCELLED):  # Also where it came to its end meanwhile.
        return Refusal.because("job_over", state=found.state)
    if found.state in OPEN:
        found = found._replace(state=CANCELLED, cancelled_by=caller.id)
    return found


def is_over(house: House, job: str) -> bool:
    """Say whether there is nothing more to wait for."""
    found = house.jobs.find(job)
    return found is None or found.state not in OPEN


def view(house: House, job: Job) -> dict[str, Any]:
    """A job as it is told."""
    told = job_view(house, job)
    if job.kind == REPLAY_CHECK:  # It has no files: what it came to stands in its row.
        result = f"/v1/replays/{job.asked['check']}/check" if job.state == DONE else None
        return {**told, "result": result, "error": error_of(job, "核对没有完成"), "ledger": CHECKED}
    result = f"/v1/replays/{job.job}" if job.state == DONE and not job.is_cleared else None
    return {**told, **kept(house, job), "result": result, "error": error_of(job, "重放没有完成"), "ledger": LEDGER}


def kept(house: House, job: Job) -> dict[str, Any]:
    """Until when its files are kept: a day; or no day yet, and for the sake of which rulebooks."""
    waits = waits_for(house, job)
    until = None if waits or job.kept_until is None else written_time(job.kept_until)
    return {"kept_until": until, "kept_for": waits}


def job_view(house: House, job: Job) -> dict[str, Any]:
    """What is told of a job of any kind."""
    times = {name: None if at is None else written_time(at) for name, at in (
        ("made_at", job.made_at), ("begun_at", job.begun_at), ("ended_at", job.ended_at),
        ("kept_until", job.kept_until))}
    return {
        "job": job.job, "kind": job.kind, "state": job.state, "asked_by": job.owner, **times,
        "ahead": house.jobs.ahead(job.job) if job.state == QUEUED else None,
        "question": job.question, "cost": job.cost, "progress": job.progress, "result": None,
        "kept_for": [], "is_cleared": job.is_cleared, "cancelled_by": job.cancelled_by, "error": None,
    }


def error_of(job: Job, title: str) -> dict[str, Any] | None:
    """Why a job came to nothing, as a problem."""
    if job.outcome is None or "code" not in job.outcome:
        return None
    return {"type": type_of(job.outcome["code"]), "title": title, "trace_id": job.trace, **job.outcome}


def visible(house: House, caller: Caller, job: str) -> Job | Refusal:
    """A job, to whoever asked for it and to the policy office of its place: another of them may have to end it."""
    actor = _office(house, caller)
    if isinstance(actor, Refusal):
        return actor
    found = house.jobs.find(job)
    if found is None or found.queue != REPLAY or (found.owner != caller.id
                         and standing(actor, POLICY_OFFICE, Matter(found.region, found.sector)) is not None):
        return Refusal.because("job_absent")
    return found
