"""The bundle of a large case (移送材料), made in the background: queued, told, stopped, fetched once when it is done.

    ask(house, caller, case, fields, asked)    queue it, as of a position that is settled here
    find(house, caller, job)                   to whoever asked for it and still works on the case
    run(house, job, goes_on, tell)             what the runner does; None: it is not over, and is made anew
    fetch(house, caller, job)                  what was made, to whom it was made for, recorded with everyone in it

What is made is personal data: it lies sealed from its first byte on (`api.evidence.sealed`), in no backup, and goes
with the last byte that was sent of it, else after `bundle_hours`, or as soon as nobody may have it. What a killed
process left of one opens for nobody and is made anew. Nobody sees anything before it is fetched: that is what is
recorded.

`tests/api/test_bundle_jobs.py` shows it, also with what a killed process leaves.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from api.cases.cases import let_in, seen, supervising, works_on
from api.cases.doing import Asked
from api.cases.investigating import bulk_jobs
from api.cases.investigating.bundle import names_of, pack, redacted
from api.cases.investigating.bundle_contents import EVENTS_MOST, count_events, gathered, opened_case, too_many
from api.cases.law.replays import Submitted
from api.evidence.sealed import Sealing, bytes_in, opened
from api.house import House
from api.operational.callers import Caller
from api.operational.jobs import CASE_BUNDLE, DONE, OPEN, Full, Job, Outcome
from ledger.errors import Refusal

LEDGER: Final = "只读取账本，不写入。做成的材料密封存放，只给提交它的人，取走之后或到期即删。"
WHAT: Final = "case_bundle"
_NAME: Final = "bundle.sealed"
_OF_VAULT: Final = "case_bundles"
_LENGTH: Final = 8
_EVENTS_A_SECOND: Final = 1_500
"""Of 30,023 events the processor took 9 s; beside others, on two cores at a load of 7, it took 23 to 30."""
_TELL_S: Final = 0.5  # not hours: seconds
_HOUR: Final = 3_600 * 1_000_000

Tell = Callable[[str, int, int], None]


class Stopped(Exception):
    """It is not to be made any more, or not by this process."""


class Fetched(NamedTuple):
    """What was made: its names, its length, and what it holds; it is dropped after the last of them."""

    name: str
    words: str
    size: int
    portions: Iterator[bytes]


def ask(
    house: House, caller: Caller, case: str, fields: dict[str, Any], asked: Asked
) -> Submitted | dict[str, Any] | Refusal:
    """Queue it, or of a trial say what it would hold; what can never be made is refused here."""
    if asked.key is not None and (stands := house.jobs.asked_by(asked.key)) is not None:
        return Submitted(stands, is_replayed=True)
    purpose, as_of = fields["purpose"], fields["as_of"]
    redaction = redacted(fields.get("redact", ()), persons=fields.get("redact_persons", False))
    entered = opened_case(house, caller, case, purpose, as_of=as_of, what=WHAT)
    if isinstance(entered, Refusal):
        return entered
    _, shown = entered
    chosen = sorted(set(fields.get("events", ())))
    events = count_events(house, shown, as_of=as_of, chosen=chosen)
    if (no := too_many(events, EVENTS_MOST)) is not None:
        return no
    question = {"case": case, "as_of": as_of, "purpose": purpose, "events": chosen,
                "redact": list(redaction.fields), "redact_persons": redaction.persons}
    cost = {"entries": events, "people": len(shown["persons"]), "seconds": 1 + events // _EVENTS_A_SECOND}
    if asked.key is None:
        return {"question": question, "cost": cost, "ledger": LEDGER}
    job = Job(house.new_id("job"), caller.id, str(shown["region"]), shown["sector"], asked.trace or "",
              {"kind": CASE_BUNDLE, **question}, question, cost, house.now)
    made = house.jobs.add(job, asked.key)
    if isinstance(made, Full):
        return Refusal.because("jobs_full", waiting=made.waiting)
    return Submitted(made, is_replayed=made.job != job.job)


def find(house: House, caller: Caller, job: Job) -> Job | Refusal:
    """A job, to whoever asked for it and works on its case: to others there is none."""
    actor = supervising(house, caller)
    if isinstance(actor, Refusal):
        return actor
    is_theirs = job.owner == caller.id and works_on(house, actor, job.asked["case"])
    return job if is_theirs else Refusal.because("job_absent")


# Made


def run(house: House, job: Job, goes_on: Callable[[], bool], tell: Tell) -> Outcome | None:
    """Make it for whoever asked, if they still may have it; what is made stands in its place before it is said to."""
    while house.settled() is not None:  # After a start the answers follow the log first.
        if not goes_on():
            return None
    asked, caller = job.asked, Caller("actor", job.owner, job.trace or None)
    entered = opened_case(house, caller, asked["case"], asked["purpose"], as_of=asked["as_of"], what=WHAT)
    if isinstance(entered, Refusal):
        return bulk_jobs.refused(entered)
    actor, shown = entered
    told = _looking(goes_on, tell)
    redaction = redacted(asked["redact"], persons=asked["redact_persons"])
    place = place_of(house, job.job)
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        contents = gathered(house, caller, shown, asked["purpose"], as_of=asked["as_of"], chosen=asked["events"],
                            redaction=redaction, tell=told)
        if isinstance(contents, Refusal):
            return bulk_jobs.refused(contents)
        file = Sealing(place, _secret(house), job.job)
        try:
            people = msgspec.json.encode(contents.people)  # Who is recorded when it is fetched.
            file.write(len(people).to_bytes(_LENGTH, "big") + people)
            pack(house, contents, actor, asked["purpose"], file, told)
            told("prove", len(contents.events), len(contents.events))
            file.finish()
        except BaseException:
            file.drop()
            raise
    except Stopped:
        return None
    return Outcome(DONE, {"bytes": bytes_in(place) - _LENGTH - len(people), "events": len(contents.events),
                          "until": house.now + house.bundle_hours * _HOUR})


def _looking(goes_on: Callable[[], bool], tell: Tell) -> Tell:
    """Look at each portion whether it is still to be made, and tell how far it is now and then."""
    last = 0.0

    def told(step: str, done: int, total: int) -> None:
        nonlocal last
        if not goes_on():
            raise Stopped
        if (at := time.monotonic()) - last >= _TELL_S:
            last = at
            tell(step, done, total)

    return told


# Fetched


def fetch(house: House, caller: Caller, job: Job) -> Fetched | Refusal:
    """Hand it out, recorded before the first byte, for the purpose for which it was asked."""
    if job.state != DONE:
        return Refusal.because("bundle_unfinished", state=job.state)
    place = place_of(house, job.job)
    if not is_there(house, job):
        return Refusal.because("bundle_cleared")
    entered = let_in(house, caller, job.asked["case"], job.asked["purpose"], what=WHAT)
    if isinstance(entered, Refusal):
        return entered
    stream = opened(place, _secret(house), job.job)
    begun = next(stream)
    ends = _LENGTH + int.from_bytes(begun[:_LENGTH], "big")
    while len(begun) < ends:
        begun += next(stream)
    seen(house, caller, entered.actor, msgspec.json.decode(begun[_LENGTH:ends], type=list[str]),
         job.asked["purpose"], WHAT)

    def portions() -> Iterator[bytes]:
        yield begun[ends:]
        yield from stream
        drop(house, job.job)  # Not where the line broke before: then it can be fetched again.

    is_redacted = job.asked["redact_persons"] or job.asked["redact"]
    words, name = names_of(job.asked["case"], is_redacted=is_redacted)
    return Fetched(name, words, bytes_in(place) - ends, portions())


def until(job: Job) -> int | None:
    """Until when what was made may be fetched, in microseconds since 1970."""
    return None if job.outcome is None else job.outcome.get("until")


def is_there(house: House, job: Job) -> bool:
    """Say whether it can be fetched."""
    return job.state == DONE and not job.is_cleared and house.now < (until(job) or 0) and \
        place_of(house, job.job).is_file()


def place_of(house: House, job: str) -> Path:
    """Where it lies."""
    return house.register.folder.replays / job / _NAME


def drop(house: House, job: str) -> None:
    """Leave nothing of what was made, nor of what was begun."""
    place = place_of(house, job)
    for path in (place, place.with_name(f"{_NAME}.new")):
        path.unlink(missing_ok=True)
    with suppress(OSError):
        place.parent.rmdir()
    house.jobs.cleared(job)


def tidy_bundles(house: House) -> None:
    """Drop what nobody fetched in time, and what was left of jobs that were stopped or are not known any more."""
    folders = {path.parent for path in house.register.folder.replays.glob(f"job_*/{_NAME}*")}
    for folder in folders:
        job = house.jobs.find(folder.name)
        if job is None or not (job.state in OPEN or is_there(house, job)):
            drop(house, folder.name)


def _secret(house: House) -> bytes:
    return house.ledger.vault.secret(_OF_VAULT)
