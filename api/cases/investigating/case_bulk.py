"""The same to many entries of a case at once: shown first, then done as it was shown, in force as one or never (P 17).

    act(house, caller, case, fields, asked) -> Done | Going | Preview | Refusal     a trial is a preview
    resume(house, caller, case, act, asked) -> Done | Going | Refusal               goes on with what was stopped
    abandon(house, caller, case, act, fields, asked) -> Done | Refusal              fields: words?

Fields: `act` (hold, release, revoke, reinstate), `words`, `basis` for the last two; which entries: `claims`, or a
choice (`api.cases.investigating.case_choosing`), or neither for every entry of the case; `list_sha256` as the preview
said. What the trial shows is `api.cases.investigating.case_bulk_shown`'s. The entries that would be refused are passed
over by the act.

A request works for `PATIENCE_MS`, or for as long as it says, up to `PATIENCE_MOST_MS`. What is left then is `Going`,
with how far it is, and a job that goes on with it in the background (`api.cases.investigating.bulk_jobs`); any member
may also go on with `resume`, also after a kill, since list, words and basis stand in the log. `Done.state` is a
`ledger.streams.case.Case`; every effect is listed by `api.cases.investigating.case_desk.followed(..., act=...)`.

`tests/api/test_case_bulk.py` shows it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from api.cases.doing import Asked, Done, Reading, do, done
from api.cases.factor_shown import fresh
from api.cases.investigating.case_bulk_shown import Preview as Preview  # By these names doors know what they show.
from api.cases.investigating.case_bulk_shown import Row as Row
from api.cases.investigating.case_bulk_shown import enter, list_as_it_stands, second_of, stale
from api.cases.investigating.case_bulk_shown import preview as preview
from api.cases.investigating.inquiries import in_case, reached
from api.cases.standing import SUPERVISOR, acting, by_actor, present
from api.house import House
from api.operational.callers import Caller
from ledger.acts.case_bulk import CHUNK, Bulk, open_bulk, resume_bulk
from ledger.errors import Refusal
from ledger.events.case import CaseId
from ledger.stores.append import Conflict
from ledger.streams import case_bulk as bulks
from ledger.streams.case import Case
from ledger.streams.decision import Decision
from ledger.streams.standing import Actor
from ledger.vocabulary import ActId, ActorId

PATIENCE_MS: Final = 2_000
PATIENCE_MOST_MS: Final = 20_000
"""So long a request writes: some thousand entries; and so long where the caller would rather wait (`Prefer: wait`)."""

_TRIES: Final = 5


class Going(NamedTuple):
    """An act that is open, with rows still to be written."""

    case: CaseId
    version: int             # Of the case.
    act: ActId
    rows: int
    rows_done: int
    deed: str
    job: str | None = None   # What goes on with it in the background.

    def view(self) -> dict[str, Any]:
        """How far it is."""
        return {"case": self.case, "act": self.act, "state": "open", "rows": self.rows, "rows_done": self.rows_done,
                "version": self.version, "job": self.job}


def act(
    house: House, caller: Caller, case: str, fields: dict[str, Any], asked: Asked, *, patience_ms: int = PATIENCE_MS
) -> Done | Going | Preview | Refusal:
    """Do it to the list as it was shown; of a trial, show it."""
    if asked.dry_run:
        return preview(house, caller, case, fields)
    if asked.key is not None and (receipt := house.ledger.store.answered(asked.key)) is not None:
        return done(house.ledger, receipt)
    if fields["act"] == "revocation" and (old := fresh(house, caller)) is not None:
        return old
    began = time.monotonic()
    entered = enter(house, caller, case, version=None)
    if isinstance(entered, Refusal):
        return entered
    open_one = entered.case.bulk_open
    asked_for = (fields.get("list_sha256"), fields["act"], fields.get("basis"))
    if open_one is not None and asked_for == (
            open_one.opened.list_sha256, open_one.opened.effect, open_one.opened.basis):
        # The same again: it was stopped on its way, and goes on with the words with which it began.
        return _going_on(house, caller, case, open_one.opened.act, asked, began, patience_ms)
    if asked.version is not None and asked.version != entered.version:
        return stale(entered)
    shown = list_as_it_stands(house, caller, case, fields)
    if isinstance(shown, Refusal):
        return shown
    if fields.get("list_sha256") != shown.list_sha256:
        return Refusal.because("list_changed", list_sha256=shown.list_sha256, rows=len(shown.taken))
    command = bulks.OpenBulk(
        role=SUPERVISOR, act=ActId(house.new_id("act")), deed=shown.deed, words=fields["words"],
        claims=tuple(row.claim for row in shown.taken), versions=tuple(row.version for row in shown.taken),
        list_sha256=shown.list_sha256, chunk=CHUNK, basis=fields.get("basis"), chosen=shown.chosen)
    opened = open_bulk(house.ledger, CaseId(case), command, actor=ActorId(caller.id))
    if isinstance(opened, Refusal):
        return opened
    return _written(house, caller, opened, asked, began, patience_ms)


def resume(
    house: House, caller: Caller, case: str, act: str, asked: Asked, *, patience_ms: int = PATIENCE_MS
) -> Done | Going | Refusal:
    """Go on with an act that was stopped, by whichever member."""
    if asked.key is not None and (receipt := house.ledger.store.answered(asked.key)) is not None:
        return done(house.ledger, receipt)
    entered = enter(house, caller, case, version=asked.version)
    if isinstance(entered, Refusal):
        return entered
    return _going_on(house, caller, case, act, asked, time.monotonic(), 0 if asked.dry_run else patience_ms)


def abandon(
    house: House, caller: Caller, case: str, act: str, fields: dict[str, Any], asked: Asked
) -> Done | Refusal:
    """Give an act up: none of its rows ever takes effect."""
    command = bulks.AbandonBulk(role=SUPERVISOR, words=fields.get("words"))

    def decide(reading: Reading, found: Case, by: Actor) -> Decision:
        return bulks.decide_bulk_abandonment(found, reading.act(act), command, by)

    return in_case(house, caller, case, asked, decide)


# What is done


def _going_on(
    house: House, caller: Caller, case: str, act: str, asked: Asked, began: float, patience_ms: int
) -> Done | Going | Refusal:
    bulk = resume_bulk(house.ledger, CaseId(case), act, actor=ActorId(caller.id), role=SUPERVISOR)
    return bulk if isinstance(bulk, Refusal) else _written(house, caller, bulk, asked, began, patience_ms)


def _written(
    house: House, caller: Caller, bulk: Bulk, asked: Asked, began: float, patience_ms: int
) -> Done | Going | Refusal:
    """Write what is left of the list for as long as there is patience, at least some of it, and close."""
    first = None if patience_ms == 0 else bulk.rows_done

    def goes_on(now: Bulk) -> bool:
        return now.rows_done == first or (time.monotonic() - began) * 1_000 < patience_ms

    written = write_on(house, caller, bulk, goes_on)
    if isinstance(written, Refusal):
        return written
    if written.rows_next:
        version = house.ledger.store.version(written.case)
        return Going(written.case, version, written.act.id, written.opened.rows, written.rows_done,
                     written.opened.effect)
    return close(house, caller, written, asked)


def write_on(house: House, caller: Caller, bulk: Bulk, goes_on: Callable[[Bulk], bool]) -> Bulk | Refusal:
    """Write the list chunk by chunk until it is written, or nobody wants to go on; gives how it stands then."""
    tries = _TRIES
    while bulk.rows_next and goes_on(bulk):
        try:
            written = bulk.write()
        except Conflict:  # Somebody else goes on with it, too, or wrote to one of its people: read again.
            again = resume_bulk(house.ledger, bulk.case, bulk.act.id, actor=ActorId(caller.id), role=SUPERVISOR)
            if isinstance(again, Refusal):
                return again
            tries = tries - 1 if again.rows_done == bulk.rows_done else _TRIES
            if not tries:
                raise
            bulk = again
            continue
        if isinstance(written, Refusal):
            return written
    return bulk


def close(house: House, caller: Caller, bulk: Bulk, asked: Asked) -> Done | Refusal:
    """Put every row in force at once."""
    actor = acting(house, caller)
    if isinstance(actor, Refusal):
        return actor

    def decide(reading: Reading) -> Decision:
        by = present(reading, caller)
        found = reached(reading, bulk.case, by)
        if isinstance(found, Refusal):
            return found
        command = bulks.CloseBulk(role=SUPERVISOR)
        decided = bulks.decide_bulk_closing(found, reading.act(bulk.act.id), command, by)
        return decided if isinstance(decided, Refusal) else second_of(house, reading, bulk) or decided

    return do(house.ledger, by_actor(caller, actor, SUPERVISOR), asked._replace(version=None), decide)
