"""What is on the desk of a case, as answers: who works on it, what was noted, asked for, done to many, and followed.

The folds here are those of `projections.cases`, whose file holds the tables: whatever happens to a case moves its
version. What followed is every act that names the case, upon an entry or upon somebody's right to apply, and what was
said to have followed; the rows of a bulk act among it from the act's closing on. Words are not here: they are sealed,
and read from the log by whoever may (`api/cases/investigating/case_desk.py`).

`tests/projections/test_case_desk_answers.py` shows it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

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
from projections.files.projection import HOLDS, Effect, Handler, Rows, Table
from projections.pages import Page, paged

if TYPE_CHECKING:
    from projections.opened import Files


class Request(NamedTuple):
    """Material that was asked for; `received` are the events with which something of it came."""

    case_id: str
    number: int
    party: str | None
    due: str
    status: str            # open, complete, withdrawn, not_provided
    event: int
    requested_at: int      # In microseconds.
    received: tuple[int, ...]
    files: tuple[str, ...]
    ended_event: int | None

    def is_overdue(self, today: str) -> bool:
        """Say whether it is waited for longer than was said."""
        return self.status == "open" and self.due < today


class Note(NamedTuple):
    """Something that was noted down: where its words stand in the log."""

    event: int
    case_id: str
    actor: str
    noted_at: int


class BulkAct(NamedTuple):
    """What is or was done to many entries at once."""

    act: str
    case_id: str
    effect: str            # hold, release, revoke, reinstate
    rows: int
    list_sha256: str
    basis: str | None
    chosen: dict[str, Any]
    state: str             # open, closed, abandoned
    actor: str
    opened_event: int
    opened_at: int
    ended_event: int | None
    ended_at: int | None


class Followed(NamedTuple):
    """One thing that followed from a case."""

    event: int
    case_id: str
    what: str              # held, released, revoked, reinstated, disqualified, title_revoked, named
    about: str             # The claim, or the application that holds the sanction.
    person: str | None
    act: str | None        # The bulk act of which it is a row.


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


# Folding


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


# Reading


def requests_of(files: Files, case: str, *, as_of: int | None = None) -> list[Request]:
    """What was asked for in a case, in order."""
    reader, at = files.file("cases", as_of)
    query = f"SELECT {', '.join(Request._fields)} FROM requests WHERE case_id = :case AND {HOLDS} ORDER BY number"
    return [_request(row) for row in reader.rows(query, {"case": case, "as_of": at})]


def overdue(files: Files, member: str, today: str, *, as_of: int | None = None) -> list[Request]:
    """What is waited for longer than was said, in the open cases that somebody works on; the longest first."""
    reader, at = files.file("cases", as_of)
    query = (f"SELECT {', '.join(Request._fields)} FROM requests WHERE status = 'open' AND due < :today AND {HOLDS} "
             "AND case_id IN (SELECT case_id FROM cases, json_each(cases.members) WHERE cases.status = 'open' "
             f"AND {HOLDS} AND json_each.value = :member) ORDER BY due, case_id, number")
    return [_request(row) for row in reader.rows(query, {"today": today, "as_of": at, "member": member})]


def notes_of(files: Files, case: str, *, as_of: int | None = None) -> list[Note]:
    """What was noted down in a case, in order."""
    reader, at = files.file("cases", as_of)
    query = f"SELECT {', '.join(Note._fields)} FROM notes WHERE case_id = :case AND event <= :as_of ORDER BY event"
    return [Note._make(row) for row in reader.rows(query, {"case": case, "as_of": at})]


def bulks_of(files: Files, case: str, *, as_of: int | None = None) -> list[BulkAct]:
    """What was done to many entries of a case at once, in order."""
    reader, at = files.file("cases", as_of)
    query = f"SELECT {', '.join(BulkAct._fields)} FROM bulks WHERE case_id = :case AND {HOLDS} ORDER BY opened_event"
    return [_bulk(row) for row in reader.rows(query, {"case": case, "as_of": at})]


def followed_of(
    files: Files, case: str, *, act: str | None = None, as_of: int | None = None, after: tuple[int, int] = (0, 0),
    limit: int = 50,
) -> Page[Followed]:
    """What followed from a case, in the order in which it took effect; or the rows of one of its acts."""
    reader, at = files.file("cases", as_of)
    query = (f"SELECT {', '.join(Followed._fields)}, position FROM followed WHERE case_id = :case "
             "AND (:act IS NULL OR act = :act) AND position <= :as_of AND (position, event) > (:position, :event) "
             "ORDER BY position, event LIMIT :limit")
    values = {"case": case, "act": act, "as_of": at, "position": after[0], "event": after[1], "limit": limit + 1}
    page = paged(list(reader.rows(query, values)), limit, at, lambda row: (row[-1], row[0]))
    return page.of([Followed._make(row[:-1]) for row in page.items])


def _request(row: tuple[Any, ...]) -> Request:
    found = Request._make(row)
    return found._replace(received=tuple(json.loads(row[7])), files=tuple(json.loads(row[8])))


def _bulk(row: tuple[Any, ...]) -> BulkAct:
    found = BulkAct._make(row)
    return found._replace(chosen=json.loads(row[6]))
