"""A claim (学时申报): one study of one person, from submission through review to whatever follows its registration.

    under_review   → under_review (endorsed, assigned, revised), returned, withdrawn, refused, approved
    returned       → under_review (revised), withdrawn
    approved       → approved (corrected, upheld), frozen, revoked
    frozen         → approved (released), revoked
    revoked        → approved (reinstated)
    refused        → under_review (reopened on appeal)
    withdrawn: the end

A refusal, a revocation and an assessment may each be appealed against, once (`ledger.streams.claim_appeal`).

Follows the steps that the law of the place named at submission (W 12 skips the unit, N 8 ends at it; W 10, W 13 and
W 14 register at once), P 17 and W 16 (whoever decides answers for it), E 10 (the year is locked once registered). What
the study is worth comes in with the command as a `Ruling`; nothing here asks the law, and `is_registered` says that the
claim stands in the register, not that its hours count.

D07: nobody endorses, decides or undoes what is their own. D14: one hand takes one step of a walk, and whoever revoked
does not reinstate, under this account or another of theirs.

Reading: a hold is upon what is registered; revoking ends it, so what is later reinstated comes back without one.
Reading: a step is named after the role that takes it.

Decisions stand in `ledger.streams.claim_review`, `claim_register` and `claim_appeal`; this is the state that both rest
on. `tests/ledger/streams/test_claim_matrix.py` shows every command in every state.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any, Final

from msgspec.structs import replace

from ledger.errors import Refusal
from ledger.events.base import Hand
from ledger.events.claim import (
    ClaimApproved,
    ClaimAssigned,
    ClaimCorrected,
    ClaimEndorsed,
    ClaimEvent,
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
from ledger.events.study import Evidence, Ruling, Study
from ledger.streams.decision import Beheaded, State, spoken
from ledger.streams.person import Person, closed_to_processing
from ledger.streams.standing import Actor, Matter, standing
from ledger.vocabulary import ActorId, ClaimId, PersonId


class Status(StrEnum):
    """Where a claim is in life. Nothing leads out of withdrawn, and out of refused an appeal alone."""

    UNDER_REVIEW = "under_review"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"
    REFUSED = "refused"
    APPROVED = "approved"
    FROZEN = "frozen"
    REVOKED = "revoked"


class Appeal(State):
    """The last appeal, and what came of it; None while nothing has."""

    made: ClaimAppealed
    outcome: str | None = None  # withdrawn, dismissed, reopened, reinstated, remitted, corrected or overtaken.


class Claim(State):
    """A claim as it stands: what was submitted, which stays, and what has come of it."""

    submitted: ClaimSubmitted
    study: Study
    evidence: tuple[Evidence, ...]
    steps: tuple[str, ...]
    status: Status = Status.UNDER_REVIEW
    revision: int = 1
    endorsed: tuple[Hand, ...] = ()  # One for each step that was taken in this revision.
    assigned: ActorId | None = None  # Who looks after the step that is due; None: whoever comes first.
    ruling: Ruling | None = None     # The one in force: of the approval, or of the last correction.
    year: int | None = None
    revoked_by: Hand | None = None
    upheld: ClaimUpheld | None = None  # The last time that an office let a difference stand; a correction ends it.
    appeal: Appeal | None = None
    appealed: tuple[int, ...] = ()   # The decisions that an appeal was answered about.

    @property
    def claim(self) -> ClaimId:
        """Name the claim."""
        return self.submitted.claim

    @property
    def person(self) -> PersonId:
        """Name the claimant."""
        return self.submitted.person

    @property
    def step_due(self) -> str:
        """Name the step that is to be taken now."""
        return self.steps[min(len(self.endorsed), len(self.steps) - 1)]

    @property
    def is_at_last_step(self) -> bool:
        """Say whether the step that is due decides."""
        return len(self.endorsed) >= len(self.steps) - 1

    @property
    def is_open(self) -> bool:
        """Say whether it waits to be decided: with an office, or returned to its person."""
        return self.status is Status.UNDER_REVIEW or self.status is Status.RETURNED

    @property
    def is_registered(self) -> bool:
        """Say whether it stands in the register, on hold or not. Whether its hours count is not asked here."""
        return self.status is Status.APPROVED or self.status is Status.FROZEN

    @property
    def matter(self) -> Matter:
        """Take the claim, where it was submitted, as the matter of an act (AMB-28: it stays with that office)."""
        return Matter(self.submitted.region, self.submitted.sector, self.study.category, self.submitted.unit)


def by_office(claim: Claim | None, person: Person, role: str, by: Actor) -> Claim | Refusal:
    """Give a claim that this hand may act upon, or say why not."""
    if claim is None:
        return Refusal.because("claim_absent")
    assert person.person == claim.person, "the caller brought another person"
    if no := standing(by, role, claim.matter):
        return no
    if by.person == claim.person:
        return Refusal.because("own_claim", actor=by.actor)
    return closed_to_processing(person) or claim


def by_claimant(claim: Claim | None, person: Person, asking: PersonId) -> Claim | Refusal:
    """Give a claim that is this person's own to change, or say why not."""
    if claim is None:
        return Refusal.because("claim_absent")
    assert person.person == claim.person, "the caller brought another person"
    if asking != claim.person:
        return Refusal.because("not_the_claimant")
    return closed_to_processing(person) or claim


def registered_beside(other: Claim | None) -> Refusal | None:
    """Say that the hours of a course stand in the register as another claim of the same person: they do so once."""
    return None if other is None else Refusal.because("course_registered_twice", claim=other.claim)


def unsound(ruling: Ruling, words: str | None = None) -> Refusal | None:
    """Say why a ruling cannot be recorded: it must name what it rests on, since that is what was decided.

    `words`: why an authority gave more than the row ordinarily does.
    """
    if ruling.assessed_centi < 0:
        return Refusal.because("ruling_incomplete", assessed_centi=ruling.assessed_centi)
    if ruling.status == "ruled" and not (ruling.rulebook and ruling.digest and ruling.clauses):
        return Refusal.because("ruling_incomplete", rulebook=ruling.rulebook, clauses=ruling.clauses)
    if (ordinary := ruling.ordinary_centi) is None:
        return None
    if ruling.status != "ruled" or len(ruling.clauses) < 2 or ordinary >= ruling.assessed_centi:  # A row, a document.
        return Refusal.because("ruling_incomplete", ordinary_centi=ordinary, clauses=ruling.clauses)
    return None if spoken(words) else Refusal.because("words_missing")


def evolve(claim: Claim | None, event: ClaimEvent) -> Claim:
    """Accept what happened."""
    if claim is None:
        if not isinstance(event, ClaimSubmitted):
            raise Beheaded(event)
        return Claim(event, event.study, event.evidence, event.steps)
    status = _BECOMES.get(type(event))
    if status is not None:
        return replace(claim, status=status, assigned=None)
    return _EVOLVE[type(event)](claim, event)


_UNDER_REVIEW, _APPROVED, _REVOKED = Status.UNDER_REVIEW, Status.APPROVED, Status.REVOKED
"""Bound once: looking a member up in its enum costs as much as making the new state."""


def _revised(claim: Claim, event: ClaimRevised) -> Claim:
    return replace(
        claim,
        status=_UNDER_REVIEW,
        revision=claim.revision + 1,
        study=event.study,
        evidence=event.evidence,
        steps=event.steps,
        endorsed=(),
        assigned=None,
    )


def _corrected(claim: Claim, event: ClaimCorrected) -> Claim:
    return replace(
        claim,
        revision=claim.revision + 1,
        study=event.study,
        evidence=event.evidence or claim.evidence,  # What was corrected without papers is still shown by the former.
        ruling=event.ruling,
        year=claim.year if event.year is None else event.year,
        upheld=None,
        appeal=_mended(claim.appeal),
    )


def _mended(appeal: Appeal | None) -> Appeal | None:
    """What an appeal comes to when the registration is changed: what it was about no longer stands."""
    if appeal is None or appeal.outcome not in (None, "remitted"):
        return appeal
    return replace(appeal, outcome="overtaken" if appeal.outcome is None else "corrected")


def _answered(claim: Claim, outcome: str) -> Claim:
    appeal = claim.appeal
    if appeal is None:
        return claim
    return replace(claim, appeal=replace(appeal, outcome=outcome), appealed=(*claim.appealed, appeal.made.decision))


def _taken_back(claim: Claim, _: ClaimAppealWithdrawn) -> Claim:
    return claim if claim.appeal is None else replace(claim, appeal=replace(claim.appeal, outcome="withdrawn"))


_BECOMES: Final[dict[type[ClaimEvent], Status]] = {
    ClaimReturned: Status.RETURNED,
    ClaimWithdrawn: Status.WITHDRAWN,
    ClaimRefused: Status.REFUSED,
    ClaimFrozen: Status.FROZEN,
    ClaimReleased: Status.APPROVED,
}
"""Events that move the status, and end what was due with it."""

_EVOLVE: Final[dict[type[ClaimEvent], Callable[[Claim, Any], Claim]]] = {
    ClaimSubmitted: lambda claim, event: evolve(None, event),
    ClaimEndorsed: lambda claim, event: replace(
        claim, endorsed=(*claim.endorsed, event.hand), assigned=None),
    ClaimAssigned: lambda claim, event: replace(claim, assigned=event.to),
    ClaimRevised: _revised,
    ClaimApproved: lambda claim, event: replace(
        claim, status=_APPROVED, assigned=None, ruling=event.ruling, year=event.year),
    ClaimCorrected: _corrected,
    ClaimUpheld: lambda claim, event: replace(claim, upheld=event),
    ClaimRevoked: lambda claim, event: replace(
        claim, status=_REVOKED, revoked_by=event.hand, appeal=_mended(claim.appeal)),
    ClaimReinstated: lambda claim, event: replace(
        claim, status=_APPROVED, revoked_by=None, appeal=_mended(claim.appeal)),
    ClaimReopened: lambda claim, event: replace(claim, status=_UNDER_REVIEW, steps=event.steps, endorsed=()),
    ClaimAppealed: lambda claim, event: replace(claim, appeal=Appeal(event)),
    ClaimAppealWithdrawn: _taken_back,
    ClaimAppealDismissed: lambda claim, event: _answered(claim, "dismissed"),
    ClaimAppealAllowed: lambda claim, event: _answered(claim, event.effect),
}
