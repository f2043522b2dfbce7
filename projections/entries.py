"""Claims as answers: every version of a claim's standing, of its facts and of what was decided on it.

A version holds between two positions, so that a claim as of any position is a read. Facts stand once for each event
that stated them, decisions once for each event that made them; a version points at both. Order of registration is the
position of the first approval, which no correction moves.

`tests/projections/test_entries.py` shows it, and holds it against `ledger.streams.claim` on random lives.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, ClassVar, Final, NamedTuple

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
    Ruling,
    Study,
)
from ledger.events.claim_appeal import (
    ClaimAppealAllowed,
    ClaimAppealDismissed,
    ClaimAppealed,
    ClaimAppealWithdrawn,
)
from ledger.vocabulary import LOCAL
from policies.assess import OVERRIDDEN, RULED, Override
from projections.files.projection import HOLDS, Effect, Handler, Projection, Rows, Table
from projections.files.reader import Reader


class Decision(NamedTuple):
    """What was decided: the hours an office saw, and the law that gave them."""

    event: int
    assessed_centi: int
    status: str
    rulebook: str | None
    digest: str | None
    clauses: tuple[str, ...]
    flags: tuple[str, ...]
    year: int | None

    @property
    def override(self) -> Override | None:
        """What an authority gave where the row leaves it room: the document stands last of what the ruling rests on."""
        if self.status != RULED or OVERRIDDEN not in self.flags:
            return None
        return Override(self.assessed_centi, self.clauses[-1])


class Source(NamedTuple):
    """Where an imported claim stood before, and when it was recorded there, if that is known."""

    system: str
    recorded_at: str | None


class Version(NamedTuple):
    """A claim between two positions."""

    claim: str
    person: str
    status: str
    revision: int
    endorsed: int
    origin: str
    submitted_on: str          # The local date of the event.
    registered: int | None     # Where its first approval took effect,
    registered_event: int | None   # and where that stands.
    events: tuple[int, ...]    # Every event of it so far.
    study: Study
    study_event: int
    decision: Decision | None
    from_position: int
    to_position: int | None
    source: Source | None = None


# Folding

_CLAIMS: Final = Table(
    {"claim": str, "person": str, "status": str, "revision": int, "endorsed": int, "origin": str, "submitted_on": str,
     "registered": int, "registered_event": int, "study_event": int, "decision_event": int, "events": str},
    ("claim", "from_position"), (("person",),))
(_STATUS, _REVISION, _ENDORSED, _REGISTERED, _REGISTERED_EVENT, _STUDY_EVENT, _DECISION_EVENT, _EVENTS) = (
    _CLAIMS.places("status", "revision", "endorsed", "registered", "registered_event", "study_event", "decision_event",
                   "events"))

_study = msgspec.json.Decoder(Study).decode
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
        None, effect.recorded, None, f"[{effect.recorded}]", effect.position, None])
    if (source := event.source) is not None:
        rows.insert("sources", {"claim": event.claim, "system": source.system, "recorded_at": source.recorded_at})


def _followed(rows: Rows, effect: Effect) -> list[Any] | None:
    """The version of a claim that holds from here on, to be altered; it names this event, too."""
    claim = rows.dated["claims"].succeed(effect.event.claim, effect.position)
    if claim is not None:
        claim[_EVENTS] = f"{claim[_EVENTS][:-1]}, {effect.recorded}]"  # A list in JSON grows at its end.
    return claim


def _only_named(rows: Rows, effect: Effect) -> None:
    _followed(rows, effect)


def _becomes(status: str) -> Handler:
    def handle(rows: Rows, effect: Effect) -> None:
        claim = _followed(rows, effect)
        if claim is not None:
            claim[_STATUS] = status

    return handle


def _endorsed(rows: Rows, effect: Effect) -> None:
    claim = _followed(rows, effect)
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
    claim = _followed(rows, effect)
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
    version: ClassVar = 2
    weight: ClassVar = 8
    tables: ClassVar = {
        "claims": _CLAIMS,
        "studies": Table({"event": int, "study": str}, ("event",), dated=False),
        "decisions": Table(
            {"event": int, "assessed_centi": int, "status": str, "rulebook": str, "digest": str, "clauses": str,
             "flags": str, "year": int}, ("event",), dated=False),
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


# Reading

_VERSION: Final = (
    "SELECT v.claim, v.person, v.status, v.revision, v.endorsed, v.origin, v.submitted_on, v.registered, "
    "v.registered_event, v.events, v.from_position, v.to_position, s.event, s.study, d.event, d.assessed_centi, "
    "d.status, d.rulebook, d.digest, d.clauses, d.flags, d.year, o.system, o.recorded_at "
    "FROM claims v JOIN studies s ON s.event = v.study_event LEFT JOIN decisions d ON d.event = v.decision_event "
    "LEFT JOIN sources o ON o.claim = v.claim "
)
_STOOD: Final = (
    f"{_VERSION} WHERE v.person {{}} AND v.status IN ('approved', 'frozen', 'revoked') AND {HOLDS} "
    "ORDER BY v.registered, v.registered_event"
)
_OF_ONE, _OF_ALL = _STOOD.format("= :person"), _STOOD.format("IN (SELECT value FROM json_each(:persons))")
_OF_PERSON: Final = "SELECT DISTINCT claim FROM claims WHERE person = :person ORDER BY claim"
_CLAIM: Final = f"{_VERSION} WHERE v.claim = :claim AND v.from_position <= :as_of ORDER BY v.from_position"


_REVOKED: Final = (
    "SELECT events FROM claims WHERE claim = :claim AND from_position <= :as_of AND from_position > (SELECT "
    "max(from_position) FROM claims WHERE claim = :claim AND from_position <= :as_of AND status <> 'revoked') "
    "ORDER BY from_position LIMIT 1"
)


def read_registered(reader: Reader, person: str, as_of: int) -> list[Version]:
    """Every claim of a person that stood in the register, revoked ones too, in the order of registration."""
    return [_read(row) for row in reader.rows(_OF_ONE, {"person": person, "as_of": as_of})]


def read_registered_of_all(reader: Reader, persons: Iterable[str], as_of: int) -> list[Version]:
    """The same of several people at once, each one's in the order of registration."""
    return [_read(row) for row in reader.rows(_OF_ALL, {"persons": json.dumps(list(persons)), "as_of": as_of})]


def read_claims_of(reader: Reader, person: str) -> list[str]:
    """The id of every claim that a person ever made, oldest first."""
    return [claim for (claim,) in reader.rows(_OF_PERSON, {"person": person})]


def read_revoked_at(reader: Reader, claim: str, as_of: int) -> int:
    """The event that revoked a claim which is revoked; an appeal against it comes later and takes nothing away."""
    (events,) = next(iter(reader.rows(_REVOKED, {"claim": claim, "as_of": as_of})))
    return int(json.loads(events)[-1])


def read_claim(reader: Reader, claim: str, as_of: int) -> list[Version]:
    """Every version of a claim up to a position, oldest first; the last may have ended since."""
    return [_read(row) for row in reader.rows(_CLAIM, {"claim": claim, "as_of": as_of})]


@lru_cache(maxsize=10_000)  # 24 MB. Of few rows many are read: a person's page is looked at again and again.
def _read(row: tuple[Any, ...]) -> Version:
    (claim, person, status, revision, endorsed, origin, submitted_on, registered, registered_event, events, first,
     last, study_event, study, event, assessed, ruled, rulebook, digest, clauses, flags, year, system, at_source) = row
    decision = None
    if event is not None:
        decision = Decision(event, assessed, ruled, rulebook, digest, _texts(clauses), _texts(flags), year)
    return Version(claim, person, status, revision, endorsed, origin, submitted_on, registered, registered_event,
                   tuple(json.loads(events)), _study(study), study_event, decision, first, last,
                   None if system is None else Source(system, at_source))


def _texts(text: str) -> tuple[str, ...]:
    return () if text == "[]" else tuple(json.loads(text))
