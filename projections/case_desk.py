"""The fold of a case's desk: who works on it, what was noted, asked for, done to many, and what followed from it.

Its tables lie in the file of `projections/cases.py`: whatever happens to a case moves its version. What followed is
every act that names the case, upon an entry or upon somebody's right to apply, and what was said to have followed; the
rows of a bulk act among it from the act's closing on. Words are not here: they are sealed, and read from the log by
whoever may (`api/cases/investigating/case_desk.py`). `case_desk_reading.py` asks it.

`tests/projections/test_case_desk_answers.py` shows it.
"""

from __future__ import annotations

import json
from typing import Any, Final

import msgspec

from ledger.events.application import ApplicantDisqualified, TitleRevoked
from ledger.events.case import (
    ConsequenceNamed,
    DeadlineSet,
    FindingsTaken,
    MaterialReceived,
    MaterialRequested,
    MaterialRequestEnded,
    MemberNamed,
    MemberReleased,
    NoteAdded,
)
from ledger.events.case_bulk import BulkAbandoned, BulkClosed, BulkListed, BulkOpened
from ledger.events.claim import ClaimFrozen, ClaimReinstated, ClaimReleased, ClaimRevoked
from projections.files.projection import Effect, Handler, Rows, Table

TABLES: Final = {
    "requests": Table(
        {**dict.fromkeys(("case_id", "party", "due", "status", "received", "files"), str),
         **dict.fromkeys(("number", "event", "requested_at", "ended_event"), int)},
        ("case_id", "number", "from_position"), (("status", "due"),)),
    "notes": Table({"event": int, "case_id": str, "actor": str, "noted_at": int}, ("event",), (("case_id",),),
                   dated=False),
    "bulks": Table(
        {**dict.fromkeys(("act", "case_id", "effect", "list_sha256", "basis", "chosen", "state", "actor"), str),
         **dict.fromkeys(("rows", "opened_event", "opened_at", "ended_event", "ended_at"), int)},
        ("act", "from_position"), (("case_id",),)),
    "followed": Table(
        {**dict.fromkeys(("case_id", "what", "about", "person", "act"), str), "event": int, "position": int},
        ("event",), (("case_id", "position"), ("act",), ("about",)), dated=False),
}


def happens(rows: Rows, effect: Effect, **values: Any) -> None:
    """Let a case stand otherwise, and be one event older."""
    rows.change("cases", effect.position, {"case_id": effect.event.case}, lambda former: {
        **values, "events": f"{former('events')[:-1]}, {effect.recorded}]"})  # A list in JSON grows at its end.


def _members(rows: Rows, effect: Effect, members: dict[str, None]) -> None:
    happens(rows, effect, members=json.dumps(list(members)))


def _now(rows: Rows, effect: Effect, column: str) -> list[Any]:
    found = rows.now("cases", (column,), {"case_id": effect.event.case})
    return json.loads(found[0][0]) if found else []


def _member_named(rows: Rows, effect: Effect) -> None:
    event: MemberNamed = effect.event
    _members(rows, effect, dict.fromkeys((*_now(rows, effect, "members"), event.actor)))


def _member_released(rows: Rows, effect: Effect) -> None:
    event: MemberReleased = effect.event
    _members(rows, effect, dict.fromkeys(one for one in _now(rows, effect, "members") if one != event.actor))


def _noted(rows: Rows, effect: Effect) -> None:
    event: NoteAdded = effect.event
    happens(rows, effect)
    rows.insert("notes", {"event": effect.recorded, "case_id": event.case, "actor": event.hand.actor,
                          "noted_at": effect.envelope.recorded_at})


def _due(rows: Rows, effect: Effect) -> None:
    event: DeadlineSet = effect.event
    happens(rows, effect, due=event.due.isoformat())


def _findings(rows: Rows, effect: Effect) -> None:
    event: FindingsTaken = effect.event
    happens(rows, effect, taken=json.dumps([*_now(rows, effect, "taken"), *event.findings]))


def _requested(rows: Rows, effect: Effect) -> None:
    event: MaterialRequested = effect.event
    happens(rows, effect)
    rows.begin("requests", effect.position, {
        "case_id": event.case, "number": event.number, "party": event.party, "due": event.due.isoformat(),
        "status": "open", "received": "[]", "files": "[]", "event": effect.recorded, "ended_event": None,
        "requested_at": effect.envelope.recorded_at})


def _received(rows: Rows, effect: Effect) -> None:
    event: MaterialReceived = effect.event
    happens(rows, effect)
    over = {"status": "complete", "ended_event": effect.recorded} if event.is_complete else {}
    rows.change("requests", effect.position, {"case_id": event.case, "number": event.number}, lambda former: {
        **over, "received": json.dumps([*json.loads(former("received")), effect.recorded]),
        "files": json.dumps(list(dict.fromkeys((*json.loads(former("files")), *event.files))))})


def _ended(rows: Rows, effect: Effect) -> None:
    event: MaterialRequestEnded = effect.event
    happens(rows, effect)
    rows.change("requests", effect.position, {"case_id": event.case, "number": event.number},
                {"status": event.why, "ended_event": effect.recorded})


def _bulk_opened(rows: Rows, effect: Effect) -> None:
    event: BulkOpened = effect.event
    happens(rows, effect)
    chosen = {} if event.chosen is None else msgspec.to_builtins(event.chosen)
    rows.begin("bulks", effect.position, {
        "act": event.act, "case_id": event.case, "effect": event.effect, "rows": event.rows,
        "list_sha256": event.list_sha256, "basis": event.basis, "chosen": json.dumps(chosen), "state": "open",
        "actor": event.hand.actor, "opened_event": effect.recorded, "opened_at": effect.envelope.recorded_at,
        "ended_event": None, "ended_at": None})


def _bulk_ended(state: str) -> Handler:
    def ended(rows: Rows, effect: Effect) -> None:
        happens(rows, effect)
        rows.change("bulks", effect.position, {"act": effect.event.act}, {
            "state": state, "ended_event": effect.recorded, "ended_at": effect.envelope.recorded_at})

    return ended


def _follows(rows: Rows, effect: Effect, case: str | None, what: str, about: str, person: str | None) -> None:
    """Note what followed from a case, if there is one; what was said to have followed may be said once more."""
    if case is not None:
        rows.insert("followed", {"event": effect.recorded, "case_id": case, "what": what, "about": about,
                                 "person": person, "act": effect.envelope.by.act, "position": effect.position})


def _frozen(rows: Rows, effect: Effect) -> None:
    event: ClaimFrozen = effect.event
    _follows(rows, effect, event.case, "held", event.claim, event.person)
    if event.case is not None and effect.envelope.by.act is not None:  # Of a single hold the case says so itself.
        rows.insert("named", {"case_id": event.case, "kind": "held", "party": event.claim,
                              "position": effect.position, "nth": effect.recorded})


def _released(rows: Rows, effect: Effect) -> None:
    event: ClaimReleased = effect.event
    _follows(rows, effect, event.case, "released", event.claim, event.person)


def _revoked(rows: Rows, effect: Effect) -> None:
    event: ClaimRevoked = effect.event
    _follows(rows, effect, event.case, "revoked", event.claim, event.person)


def _reinstated(rows: Rows, effect: Effect) -> None:
    """Reinstating names no case, since its words are for the claimant: only the act of a case leads to it."""
    event: ClaimReinstated = effect.event
    if (act := effect.envelope.by.act) is not None:
        for (case,) in rows.now("bulks", ("case_id",), {"act": act}):
            _follows(rows, effect, case, "reinstated", event.claim, event.person)


def _disqualified(rows: Rows, effect: Effect) -> None:
    event: ApplicantDisqualified = effect.event
    _follows(rows, effect, event.sanction.case, "disqualified", event.application, event.person)


def _title_revoked(rows: Rows, effect: Effect) -> None:
    event: TitleRevoked = effect.event
    _follows(rows, effect, event.sanction.case, "title_revoked", event.application, event.person)


def _named(rows: Rows, effect: Effect) -> None:
    event: ConsequenceNamed = effect.event
    happens(rows, effect)
    _follows(rows, effect, event.case, "named", event.application, None)


HANDLERS: Final[dict[Any, Handler]] = {
    MemberNamed: _member_named, MemberReleased: _member_released, NoteAdded: _noted, DeadlineSet: _due,
    FindingsTaken: _findings, MaterialRequested: _requested, MaterialReceived: _received, MaterialRequestEnded: _ended,
    BulkOpened: _bulk_opened, BulkListed: lambda rows, effect: happens(rows, effect), BulkClosed: _bulk_ended("closed"),
    BulkAbandoned: _bulk_ended("abandoned"), ClaimFrozen: _frozen, ClaimReleased: _released, ClaimRevoked: _revoked,
    ClaimReinstated: _reinstated, ApplicantDisqualified: _disqualified, TitleRevoked: _title_revoked,
    ConsequenceNamed: _named,
}
