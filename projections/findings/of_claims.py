"""What happens to claims, as traces: each claim as it stands, its papers, every decision upon it, every later change.

A row of an act counts from where the act is closed, as everywhere; `step.at` is when it was recorded itself.

`tests/projections/findings/test_traces.py` shows it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache, partial
from typing import Any, Final

import msgspec

from ledger.events.base import Event
from ledger.events.claim import (
    ClaimApproved,
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
    Evidence,
    Ruling,
    Source,
    Study,
)
from ledger.events.claim_appeal import ClaimAppealAllowed, ClaimAppealDismissed
from projections.findings.tables import CLAIM
from projections.projection import Effect, Handler, Rows

_AT: Final = {name: place for place, name in enumerate(CLAIM.columns)}
_STUDY: Final = CLAIM.places(
    "category", "route", "level", "major", "starts", "ends", "days_half", "hours_centi", "minutes", "characters",
    "subjects", "courses", "evidence_on", "year", "occasion", "output", "rank", "participants", "joint_first",
    "organiser", "organiser_level", "training_class", "filing", "filed_on", "platform", "document", "completed_by",
    "approved_by")
_OF_STUDY: Final = slice(_STUDY[0], _STUDY[0] + len(_STUDY))
assert tuple(range(_STUDY[0], _STUDY[0] + len(_STUDY))) == _STUDY, "what a study says stands together"

(_PERSON, _STATUS, _YEAR, _ASSESSED, _PAPERS, _OPENED, _DUE_AT, _REVISION) = CLAIM.places(
    "person", "status", "year", "assessed_centi", "papers", "opened", "due_at", "revision")

_stating = msgspec.json.Encoder().encode


@lru_cache(maxsize=4_096)
def _listed(texts: tuple[str, ...]) -> str:
    return json.dumps(texts, ensure_ascii=False)


@lru_cache(maxsize=65_536)
def _day(day: date) -> str:
    return day.isoformat()


def day_or_none(day: date | None) -> str | None:
    """Write a day as every table here does."""
    return None if day is None else _day(day)


def person_of(rows: Rows, actor: str) -> str | None:
    """Say who is behind a hand: people act as themselves, an account's person is said where it was appointed."""
    if actor.startswith("per_"):
        return actor
    account = rows.dated["actor"].holds(actor)
    return None if account is None else account[1]


def _said(study: Study) -> list[Any]:
    """What a study says, in the order of its columns."""
    return [
        study.category.value, study.route, study.level, study.major, day_or_none(study.starts), day_or_none(study.ends),
        study.days_half, study.hours_centi, study.minutes, study.characters, study.subjects, study.courses,
        _day(study.evidence_on), study.year or study.evidence_on.year, study.occasion, study.output, study.rank,
        study.participants, int(study.joint_first), study.organiser, study.organiser_level, study.training_class,
        study.filing, day_or_none(study.filed_on), study.platform, study.document, study.completed_by,
        study.approved_by]


def _show(rows: Rows, effect: Effect, evidence: tuple[Evidence, ...]) -> int:
    """Let these be the papers of a claim, each once; those that it showed before stay as old as they are."""
    event, papers = effect.event, rows.dated["paper"]
    shown = {one.sha256: one for one in reversed(evidence)}
    if not isinstance(event, ClaimSubmitted):
        for (sha256,) in rows.now("paper", ("sha256",), {"claim": event.claim}):
            if sha256 in shown:
                del shown[sha256]
            else:
                papers.cease((event.claim, sha256), effect.position)
    for sha256, one in shown.items():
        papers.hold((event.claim, sha256), [
            event.claim, sha256, event.person, one.kind, day_or_none(one.issued_on), effect.recorded, effect.position,
            None])
    return len({one.sha256 for one in evidence})


def _from(rows: Rows, effect: Effect, source: Source, study: Study) -> None:
    rows.lasting["source"].enter((
        effect.recorded, source.system, source.record, source.version, hashlib.sha256(_stating(study)).hexdigest(),
        effect.event.claim, source.recorded_at, effect.envelope.recorded_at, effect.position, None))


def _submitted(rows: Rows, effect: Effect) -> None:
    event: ClaimSubmitted = effect.event
    source, by, at = event.source, effect.envelope.by, effect.envelope.recorded_at
    row = [
        event.claim, event.person, event.unit, event.region, event.sector, event.origin, "under_review",
        *_said(event.study), None, None, None, at, effect.recorded, by.actor, by.organisation, effect.recorded,
        None, None, None, None, None, None, None, None, by.act, 1, _show(rows, effect, event.evidence), None, at,
        effect.position, None]
    if source is not None:
        row[_AT["source_system"]:_AT["source_version"] + 1] = source.system, source.record, source.version
        _from(rows, effect, source, event.study)
    rows.dated["claim"].hold(event.claim, row)


def _step(rows: Rows, effect: Effect, claim: list[Any], what: str, *, opened: int | None = None,
          assessed: int | None = None) -> None:
    """Write down who decided what, and how long that had waited."""
    event, by, at = effect.event, effect.envelope.by, effect.envelope.recorded_at
    due = claim[_DUE_AT]
    rows.lasting["step"].enter((
        effect.recorded, event.claim, event.person, by.actor, person_of(rows, by.actor), by.organisation, by.role, what,
        by.act, by.correlation, at, None if due is None else at - due, claim[_PAPERS], opened, assessed,
        effect.position, None))


def _moved(rows: Rows, effect: Effect, what: str, before: tuple[Any, Any], after: tuple[Any, Any]) -> None:
    """Write down what a change came to: hours and year before it, hours and year after it."""
    event, by = effect.event, effect.envelope.by
    rows.lasting["change"].enter((
        effect.recorded, event.claim, event.person, by.actor, what, by.act, effect.envelope.recorded_at, before[0],
        after[0], before[1], after[1], effect.position, None))


_COUNTS: Final = frozenset({"approved", "frozen"})


def _worth(claim: list[Any]) -> tuple[int | None, int]:
    """Which hours stand of a claim, and for which year; what is revoked is worth nothing, what is open unknown."""
    if claim[_ASSESSED] is not None and claim[_STATUS] not in _COUNTS:
        return 0, claim[_YEAR]
    return claim[_ASSESSED], claim[_YEAR]


def _becomes(
    rows: Rows, effect: Effect, *, what: str, status: str | None = None, due: bool | None = None, step: bool = True,
    moves: bool = False,
) -> None:
    """A claim comes to stand otherwise. `due`: from here on a step waits, or none does."""
    claim = rows.dated["claim"].succeed(effect.event.claim, effect.position)
    if claim is None:
        return
    if step:
        _step(rows, effect, claim, what)
    before = _worth(claim)
    if status is not None:
        claim[_STATUS] = status
    if due is not None:
        claim[_DUE_AT] = effect.envelope.recorded_at if due else None
    if moves:
        _moved(rows, effect, what, before, _worth(claim))


def _decided(claim: list[Any], effect: Effect, ruling: Ruling) -> None:
    by = effect.envelope.by
    claim[_AT["decided_event"]:_AT["flags"] + 1] = (
        effect.recorded, effect.envelope.recorded_at, by.actor, by.role, by.organisation, ruling.assessed_centi,
        ruling.status, _listed(ruling.flags))


def _approved(rows: Rows, effect: Effect) -> None:
    event: ClaimApproved = effect.event
    claim = rows.dated["claim"].succeed(event.claim, effect.position)
    if claim is None:
        return
    papers = rows.dated["paper"]
    opened = sum(papers.holds((event.claim, sha256)) is not None for sha256 in set(event.opened_evidence))
    _step(rows, effect, claim, "approved", opened=opened, assessed=event.ruling.assessed_centi)
    _decided(claim, effect, event.ruling)
    claim[_STATUS], claim[_OPENED], claim[_DUE_AT] = "approved", opened, None
    if event.year is not None:
        claim[_YEAR] = event.year


def _states(claim: list[Any], effect: Effect, study: Study) -> None:
    claim[_OF_STUDY] = _said(study)
    claim[_AT["study_event"]] = effect.recorded
    claim[_REVISION] += 1


def _revised(rows: Rows, effect: Effect) -> None:
    event: ClaimRevised = effect.event
    claim = rows.dated["claim"].succeed(event.claim, effect.position)
    if claim is None:
        return
    before = _worth(claim)
    _states(claim, effect, event.study)
    claim[_STATUS], claim[_DUE_AT] = "under_review", effect.envelope.recorded_at
    claim[_PAPERS] = _show(rows, effect, event.evidence)
    _moved(rows, effect, "revised", before, _worth(claim))


def _corrected(rows: Rows, effect: Effect) -> None:
    """A correction that says nothing of the year leaves it; one that shows no papers leaves those that are shown."""
    event: ClaimCorrected = effect.event
    claim = rows.dated["claim"].succeed(event.claim, effect.position)
    if claim is None:
        return
    _step(rows, effect, claim, "corrected", assessed=event.ruling.assessed_centi)
    before = _worth(claim)
    _states(claim, effect, event.study)
    _decided(claim, effect, event.ruling)
    claim[_YEAR] = before[1] if event.year is None else event.year
    if event.evidence:
        claim[_PAPERS] = _show(rows, effect, event.evidence)
    if event.source is not None:
        claim[_AT["source_version"]] = event.source.version
        _from(rows, effect, event.source, event.study)
    _moved(rows, effect, "corrected", before, _worth(claim))


def _only_a_step(rows: Rows, effect: Effect, *, what: str) -> None:
    """It was decided upon, and stands as it stood."""
    claim = rows.dated["claim"].holds(effect.event.claim)
    if claim is not None:
        _step(rows, effect, claim, what)


def _as(what: str, **how: Any) -> Callable[[Rows, Effect], None]:
    return partial(_becomes, what=what, **how)


HANDLERS: Final[Mapping[type[Event], Handler]] = {
    ClaimSubmitted: _submitted,
    ClaimEndorsed: _as("endorsed", due=True),
    ClaimReturned: _as("returned", status="returned", due=False, moves=True),
    ClaimRevised: _revised,
    ClaimWithdrawn: _as("withdrawn", status="withdrawn", due=False, step=False, moves=True),
    ClaimApproved: _approved,
    ClaimRefused: _as("refused", status="refused", due=False),
    ClaimReopened: _as("reopened", status="under_review", due=True, moves=True),
    ClaimCorrected: _corrected,
    ClaimFrozen: _as("frozen", status="frozen", moves=True),
    ClaimReleased: _as("released", status="approved", moves=True),
    ClaimRevoked: _as("revoked", status="revoked", moves=True),
    ClaimReinstated: _as("reinstated", status="approved", moves=True),
    ClaimUpheld: partial(_only_a_step, what="upheld"),
    ClaimAppealDismissed: partial(_only_a_step, what="appeal_dismissed"),
    ClaimAppealAllowed: partial(_only_a_step, what="appeal_allowed"),
}
