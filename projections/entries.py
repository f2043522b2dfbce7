"""Claims as answers: every version of a claim's standing, of its facts and of what was decided on it.

A version holds between two positions, so that a claim as of any position is a read. Facts stand once for each event
that stated them, decisions once for each event that made them; a version points at both. Order of registration is the
position of the first approval, which no correction moves.

Where a claim was submitted stays with it, wherever its person moves (AMB-28): that is what offices list them by.

Most of what is stated is under review, perhaps endorsed, and then decided. That is one row, which goes on: it holds
from its last event on, says since when it had been stated, and its events say what was between (`entries_reading.py`).

`tests/projections/test_entries.py` shows it, and holds it against `ledger.streams.claim` on random lives.
"""

from __future__ import annotations

import json
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, ClassVar, Final

import msgspec

from ledger.events.claim import (
    ClaimApproved,
    ClaimAssigned,
    ClaimCorrected,
    ClaimEndorsed,
    ClaimFrozen,
    ClaimRefused,
    ClaimReinstated,
    ClaimReleased,
    ClaimReopened,
    ClaimReturned,
    ClaimRevised,
    ClaimRevoked,
    ClaimSubmitted,
    ClaimUpheld,
    ClaimWithdrawn,
)
from ledger.events.claim_appeal import (
    ClaimAppealAllowed,
    ClaimAppealDismissed,
    ClaimAppealed,
    ClaimAppealWithdrawn,
)
from ledger.events.study import Ruling
from ledger.vocabulary import LOCAL
from projections.files.projection import Effect, Handler, Projection, Rows, Table

IS_RARE: Final = "status NOT IN ('approved', 'under_review')"
"""What most claims are, and were while they waited: of all others a province has few."""

_CLAIMS: Final = Table(
    {"claim": str, "person": str, "status": str, "revision": int, "endorsed": int, "origin": str, "submitted_on": str,
     "registered": int, "registered_event": int, "study_event": int, "decision_event": int, "events": str,
     "since_position": int},
    ("claim", "from_position"), (("person",),), found_by=("claim",), few=((("status", "claim"), IS_RARE),),
    goes_on=("status", "endorsed", "registered", "registered_event", "decision_event", "events"))
(_STATUS, _REVISION, _ENDORSED, _REGISTERED, _REGISTERED_EVENT, _STUDY_EVENT, _DECISION_EVENT, _EVENTS, _SINCE,
 _FROM) = _CLAIMS.places(
    "status", "revision", "endorsed", "registered", "registered_event", "study_event", "decision_event", "events",
    "since_position", "from_position")

_stating = msgspec.json.Encoder().encode
_DAY_US: Final = 86_400_000_000
_AHEAD_US: Final = int(LOCAL.utcoffset(None).total_seconds()) * 1_000_000


@lru_cache(maxsize=4_096)
def _listed(texts: tuple[str, ...]) -> str:
    return json.dumps(texts, ensure_ascii=False)


@lru_cache(maxsize=4_096)
def _day(since_1970: int) -> str:
    return (date(1970, 1, 1) + timedelta(days=since_1970)).isoformat()


def _local_day(microseconds: int) -> str:
    return _day((microseconds + _AHEAD_US) // _DAY_US)


def _stated(rows: Rows, effect: Effect) -> None:
    rows.lasting["studies"].enter((effect.recorded, _stating(effect.event.study).decode()))


def _decided(rows: Rows, effect: Effect, year: int | None) -> None:
    ruling: Ruling = effect.event.ruling
    rows.lasting["decisions"].enter((
        effect.recorded, ruling.assessed_centi, ruling.status, ruling.rulebook, ruling.digest, _listed(ruling.clauses),
        _listed(ruling.flags), year))


def _submitted(rows: Rows, effect: Effect) -> None:
    event: ClaimSubmitted = effect.event
    _stated(rows, effect)
    rows.dated["claims"].hold(event.claim, [
        event.claim, event.person, "under_review", 1, 0, event.origin, _local_day(effect.envelope.recorded_at), None,
        None, effect.recorded, None, f"[{effect.recorded}]", effect.position, effect.position, None])
    rows.lasting["matters"].enter((event.claim, event.region, event.sector, event.unit))
    if (source := event.source) is not None:
        rows.insert("sources", {"claim": event.claim, "system": source.system, "recorded_at": source.recorded_at})


def _followed(rows: Rows, effect: Effect) -> list[Any] | None:
    """The version of a claim that holds from here on, to be altered; it names this event, too."""
    former = rows.dated["claims"].holds(effect.event.claim)
    if former is None:
        return None
    first = former[_FROM]
    claim = rows.dated["claims"].succeed(effect.event.claim, effect.position)
    assert claim is not None
    if first != effect.position:
        claim[_SINCE] = effect.position
    return _named(claim, effect)


def _stepped(rows: Rows, effect: Effect) -> list[Any] | None:
    """The same of a step: of what was only stated and endorsed until now, the row goes on."""
    claim = rows.dated["claims"].holds(effect.event.claim)
    if (claim is None or claim[_STATUS] != "under_review" or claim[_DECISION_EVENT] is not None
            or claim[_SINCE] != claim[_STUDY_EVENT] or effect.position != effect.recorded):  # In an act, nothing tells.
        return _followed(rows, effect)
    rows.dated["claims"].go_on(effect.event.claim, effect.position)
    return _named(claim, effect)


def _named(claim: list[Any], effect: Effect) -> list[Any]:
    claim[_EVENTS] = f"{claim[_EVENTS][:-1]}, {effect.recorded}]"  # A list in JSON grows at its end.
    return claim


def _only_named(rows: Rows, effect: Effect) -> None:
    _followed(rows, effect)


def _becomes(status: str) -> Handler:
    def handle(rows: Rows, effect: Effect) -> None:
        claim = _stepped(rows, effect)
        if claim is not None:
            claim[_STATUS] = status

    return handle


def _endorsed(rows: Rows, effect: Effect) -> None:
    claim = _stepped(rows, effect)
    if claim is not None:
        claim[_ENDORSED] += 1


def _revised(rows: Rows, effect: Effect) -> None:
    _stated(rows, effect)
    claim = _followed(rows, effect)
    if claim is not None:
        claim[_STATUS], claim[_ENDORSED], claim[_STUDY_EVENT] = "under_review", 0, effect.recorded
        claim[_REVISION] += 1


def _reopened(rows: Rows, effect: Effect) -> None:
    claim = _followed(rows, effect)
    if claim is not None:
        claim[_STATUS], claim[_ENDORSED] = "under_review", 0


def _approved(rows: Rows, effect: Effect) -> None:
    event: ClaimApproved = effect.event
    _decided(rows, effect, event.year)
    claim = _stepped(rows, effect)
    if claim is not None:
        claim[_STATUS], claim[_DECISION_EVENT] = "approved", effect.recorded
        claim[_REGISTERED], claim[_REGISTERED_EVENT] = effect.position, effect.recorded


def _corrected(rows: Rows, effect: Effect) -> None:
    event: ClaimCorrected = effect.event
    year = event.year
    if year is None:  # A correction that says nothing of the year leaves it where it was.
        for (decision,) in rows.now("claims", ("decision_event",), {"claim": event.claim}):
            for (former,) in rows.now("decisions", ("year",), {"event": decision}):
                year = former
    _stated(rows, effect)
    _decided(rows, effect, year)
    claim = _followed(rows, effect)
    if claim is not None:
        claim[_STUDY_EVENT] = claim[_DECISION_EVENT] = effect.recorded
        claim[_REVISION] += 1


class Entries(Projection):
    """The fold."""

    name: ClassVar = "entries"
    version: ClassVar = 5  # Until 2 each step had a row, until 3 no place of submission, until 4 no order by status.
    weight: ClassVar = 8
    tables: ClassVar = {
        "claims": _CLAIMS,
        "studies": Table({"event": int, "study": str}, ("event",), dated=False),
        "decisions": Table(
            {"event": int, "assessed_centi": int, "status": str, "rulebook": str, "digest": str, "clauses": str,
             "flags": str, "year": int}, ("event",), dated=False),
        "matters": Table({"claim": str, "region": str, "sector": str, "unit": str}, ("claim",),
                         (("region", "claim"), ("unit", "claim")), dated=False),
        "sources": Table({"claim": str, "system": str, "recorded_at": str}, ("claim",), dated=False),
    }
    handlers: ClassVar = {
        ClaimSubmitted: _submitted,
        ClaimEndorsed: _endorsed,
        ClaimReturned: _becomes("returned"),
        ClaimRevised: _revised,
        ClaimWithdrawn: _becomes("withdrawn"),
        ClaimApproved: _approved,
        ClaimRefused: _becomes("refused"),
        ClaimCorrected: _corrected,
        ClaimAssigned: _only_named,
        ClaimUpheld: _only_named,
        ClaimFrozen: _becomes("frozen"),
        ClaimReleased: _becomes("approved"),
        ClaimRevoked: _becomes("revoked"),
        ClaimReinstated: _becomes("approved"),
        ClaimReopened: _reopened,
        ClaimAppealed: _only_named,
        ClaimAppealWithdrawn: _only_named,
        ClaimAppealDismissed: _only_named,
        ClaimAppealAllowed: _only_named,
    }
