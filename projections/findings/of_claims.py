"""What happens to claims, as traces: what each says, how it stands, its papers, every decision, what moved its hours.

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
)
from ledger.events.claim_appeal import ClaimAppealAllowed, ClaimAppealDismissed
from ledger.events.source import Source
from ledger.events.study import Evidence, Ruling, Study
from projections.files.projection import Effect, Handler, Rows
from projections.findings.tables import CLAIM

_STUDY: Final = CLAIM.places(
    "category", "route", "level", "starts", "ends", "days_half", "hours_centi", "minutes", "characters", "subjects",
    "courses", "evidence_on", "year", "occasion", "output", "rank", "participants", "joint_first", "organiser",
    "training_class", "filed_on", "platform", "document")
_OF_STUDY: Final = slice(_STUDY[0], _STUDY[0] + len(_STUDY))
assert tuple(range(_STUDY[0], _STUDY[0] + len(_STUDY))) == _STUDY, "what a study says stands together"
_YEAR, _STUDY_EVENT, _PAPERS = CLAIM.places("year", "study_event", "papers")

_STATUS, _DECIDED, _ASSESSED, _DUE_AT = CLAIM.places("status", "decided_event", "assessed_centi", "due_at")
_SINCE, _FROM = CLAIM.places("since_position", "from_position")
_OF_DECISION: Final = slice(_DECIDED, _DUE_AT)

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
        study.category.value, study.route, study.level, day_or_none(study.starts), day_or_none(study.ends),
        study.days_half, study.hours_centi, study.minutes, study.characters, study.subjects, study.courses,
        _day(study.evidence_on), study.year or study.evidence_on.year, study.occasion, study.output, study.rank,
        study.participants, int(study.joint_first), study.organiser, study.training_class, day_or_none(study.filed_on),
        study.platform, study.document]


def _show(rows: Rows, effect: Effect, evidence: tuple[Evidence, ...]) -> int:
    """Let these be the papers of a claim, each once; those that it showed before stay as old as they are."""
    event, papers = effect.event, rows.dated["paper"]
    shown = {one.sha256: one for one in reversed(evidence)}
    count = len(shown)
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
    return count


def _from(rows: Rows, effect: Effect, source: Source, study: Study) -> None:
    rows.lasting["source"].enter((
        effect.recorded, source.system, source.record, source.version, hashlib.sha256(_stating(study)).hexdigest(),
        effect.event.claim, source.recorded_at, effect.envelope.recorded_at, effect.position, None))


def _submitted(rows: Rows, effect: Effect) -> None:
    event: ClaimSubmitted = effect.event
    source, by, at = event.source, effect.envelope.by, effect.envelope.recorded_at
    if source is not None:
        _from(rows, effect, source, event.study)
    rows.dated["claim"].hold(event.claim, [
        event.claim, event.person, event.unit, event.region, event.sector, event.origin, *_said(event.study),
        None if source is None else source.system, at, effect.recorded, by.actor, by.act, effect.recorded,
        _show(rows, effect, event.evidence), "under_review", None, None, None, None, None, None, at, effect.position,
        effect.position, None])


def _stands(rows: Rows, effect: Effect) -> list[Any] | None:
    """A claim, to be altered in how it stands from here on."""
    claim = rows.dated["claim"].holds(effect.event.claim)
    if claim is not None and claim[_STATUS] == "under_review" and claim[_DECIDED] is None:
        return rows.dated["claim"].go_on(effect.event.claim, effect.position)
    return _says(rows, effect)


def _says(rows: Rows, effect: Effect, study: Study | None = None) -> list[Any] | None:
    """A claim, to be altered in whatever it says from here on."""
    former = rows.dated["claim"].holds(effect.event.claim)
    if former is None:
        return None
    first = former[_FROM]
    claim = rows.dated["claim"].succeed(effect.event.claim, effect.position)
    assert claim is not None, "it stands, so it says something"
    if first != effect.position:
        claim[_SINCE] = effect.position
    if study is not None:
        claim[_OF_STUDY], claim[_STUDY_EVENT] = _said(study), effect.recorded
    return claim


def _step(
    rows: Rows, effect: Effect, claim: list[Any], what: str, *, opened: int | None = None
) -> None:
    """Write down who decided what, and how long that had waited since it was due, before the claim is altered."""
    event, by, at, due = effect.event, effect.envelope.by, effect.envelope.recorded_at, claim[_DUE_AT]
    rows.lasting["step"].enter((
        effect.recorded, event.claim, event.person, by.actor, person_of(rows, by.actor), by.organisation, by.role, what,
        by.act, by.correlation, at, None if due is None else at - due, claim[_PAPERS], opened, effect.position, None))


_Worth = tuple[int | None, int]
"""Which hours, and for which year."""


def _moved(rows: Rows, effect: Effect, what: str, before: _Worth, after: _Worth) -> None:
    """Write down what a change came to."""
    event, by = effect.event, effect.envelope.by
    rows.lasting["change"].enter((
        effect.recorded, event.claim, event.person, by.actor, what, by.act, effect.envelope.recorded_at, before[0],
        after[0], before[1], after[1], effect.position, None))


_COUNTS: Final = frozenset({"approved", "frozen"})


def _worth(claim: list[Any]) -> _Worth:
    """Which hours stand of a claim, and for which year; what is revoked is worth nothing, what is open unknown."""
    if claim[_ASSESSED] is not None and claim[_STATUS] not in _COUNTS:
        return 0, claim[_YEAR]
    return claim[_ASSESSED], claim[_YEAR]


def _becomes(
    rows: Rows, effect: Effect, *, what: str, status: str | None = None, due: bool | None = None, step: bool = True,
    moves: bool = False,
) -> None:
    """A claim comes to stand otherwise. `due`: from here on a step waits, or none does."""
    claim = _stands(rows, effect)
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
    claim[_OF_DECISION] = (
        effect.recorded, effect.envelope.recorded_at, effect.envelope.by.actor, ruling.assessed_centi, ruling.status,
        _listed(ruling.flags))


def _approved(rows: Rows, effect: Effect) -> None:
    event: ClaimApproved = effect.event
    claim = rows.dated["claim"].holds(event.claim)
    is_of_another_year = claim is not None and event.year not in (None, claim[_YEAR])
    claim = _says(rows, effect) if is_of_another_year else _stands(rows, effect)
    if claim is None:
        return
    shows, opened = rows.dated["paper"].holds, 0
    for sha256 in set(event.opened_evidence):
        opened += shows((event.claim, sha256)) is not None
    _step(rows, effect, claim, "approved", opened=opened)
    _decided(claim, effect, event.ruling)
    claim[_STATUS], claim[_DUE_AT] = "approved", None
    if is_of_another_year:
        claim[_YEAR] = event.year


def _revised(rows: Rows, effect: Effect) -> None:
    event: ClaimRevised = effect.event
    claim = _says(rows, effect, event.study)
    if claim is not None:
        claim[_PAPERS] = _show(rows, effect, event.evidence)
        claim[_STATUS], claim[_DUE_AT] = "under_review", effect.envelope.recorded_at


def _corrected(rows: Rows, effect: Effect) -> None:
    """A correction that says nothing of the year leaves it; one that shows no papers leaves those that are shown."""
    event: ClaimCorrected = effect.event
    claim = rows.dated["claim"].holds(event.claim)
    if claim is None:
        return
    _step(rows, effect, claim, "corrected")
    before = _worth(claim)
    claim = _says(rows, effect, event.study)
    assert claim is not None
    _decided(claim, effect, event.ruling)
    claim[_YEAR] = before[1] if event.year is None else event.year
    if event.evidence:
        claim[_PAPERS] = _show(rows, effect, event.evidence)
    if event.source is not None:
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
    ClaimReturned: _as("returned", status="returned", due=False),
    ClaimRevised: _revised,
    ClaimWithdrawn: _as("withdrawn", status="withdrawn", due=False, step=False),
    ClaimApproved: _approved,
    ClaimRefused: _as("refused", status="refused", due=False),
    ClaimReopened: _as("reopened", status="under_review", due=True),
    ClaimCorrected: _corrected,
    ClaimFrozen: _as("frozen", status="frozen", moves=True),
    ClaimReleased: _as("released", status="approved", moves=True),
    ClaimRevoked: _as("revoked", status="revoked", moves=True),
    ClaimReinstated: _as("reinstated", status="approved", moves=True),
    ClaimUpheld: partial(_only_a_step, what="upheld"),
    ClaimAppealDismissed: partial(_only_a_step, what="appeal_dismissed"),
    ClaimAppealAllowed: partial(_only_a_step, what="appeal_allowed"),
}
