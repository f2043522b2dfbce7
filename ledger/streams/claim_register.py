"""A registered claim (已登记) and what may follow: corrected or upheld, frozen and released, revoked and reinstated.

Nothing is ever taken out of the register: a correction stands beside what it corrects, a revocation beside what it
undid. While a claim is frozen it can only be released or revoked. The year is locked by approval (E 10); a correction
that moves it says why. Whoever revoked does not reinstate (D14). What follows an import's source names its version.
Of a course one claim stands: what would be a second, `beside` another that is registered, is refused.

`tests/ledger/streams/test_claim_register.py` shows it.
"""

from __future__ import annotations

from ledger.errors import Refusal
from ledger.events.base import Draft
from ledger.events.claim import ClaimCorrected, ClaimFrozen, ClaimReinstated, ClaimReleased, ClaimRevoked, ClaimUpheld
from ledger.events.source import Source
from ledger.events.study import Evidence, Ruling, Study, StudyDetails
from ledger.streams.claim import Claim, Status, by_office, registered_beside, unsound
from ledger.streams.decision import Command, Decision, spoken
from ledger.streams.person import Person
from ledger.streams.standing import Actor
from ledger.streams.training_card import Card, of_another
from ledger.vocabulary import UnitId


class CorrectClaim(Command):
    """Put a registered claim right, with a new ruling on the facts as they now are."""

    role: str
    study: Study
    details: StudyDetails
    ruling: Ruling
    year: int
    year_because: str | None = None
    evidence: tuple[Evidence, ...] = ()
    source: Source | None = None  # The newer version of an imported record.
    card_of: UnitId | None = None  # Whose card is shown, where it is a row of that organiser's roster.


class UpholdClaim(Command):
    """Let stand what was decided, where the law of a position says otherwise of it."""

    role: str
    decided_centi: int
    evaluated_centi: int
    against: Ruling
    as_of: int
    words: str


class FreezeClaim(Command):
    """Hold it while it is investigated."""

    role: str
    words: str
    case: str | None = None
    source: Source | None = None


class ReleaseClaim(Command):
    """End the hold."""

    role: str
    words: str | None = None
    case: str | None = None
    source: Source | None = None


class RevokeClaim(Command):
    """Undo the registration."""

    role: str
    basis: str
    words: str
    case: str | None = None
    source: Source | None = None


class ReinstateClaim(Command):
    """Undo the revocation."""

    role: str
    basis: str
    words: str
    source: Source | None = None


def decide_correction(
    claim: Claim | None, command: CorrectClaim, person: Person, by: Actor, beside: Claim | None = None,
    card: Card | None = None,
) -> Decision:
    """Correct what is registered and not on hold. `beside`: the claim as which the corrected course stands already.

    `card`: the one that the organiser issued under the number that the row of a roster is to show.
    """
    known = _not_on_hold(claim, person, command.role, by)
    if isinstance(known, Refusal):
        return known
    if no := registered_beside(beside):
        return no
    if no := of_another(card, person.person, known.submitted.study.training_class):
        return no
    moves_year = known.year is not None and command.year != known.year
    if moves_year and not command.year_because:
        return Refusal.because("year_locked", year=known.year, wanted=command.year)
    if no := unsound(command.ruling, command.details.override_reason):
        return no
    corrected = ClaimCorrected(
        claim=known.claim,
        person=known.person,
        study=command.study,
        ruling=command.ruling,
        evidence=command.evidence or known.evidence,  # Who shows nothing new takes nothing away; it is said whole.
        year=command.year,
        year_because=command.year_because if moves_year else None,
        source=command.source,
        card_of=command.card_of,
    )
    return (Draft(corrected, command.details),)


def decide_upholding(claim: Claim | None, command: UpholdClaim, person: Person, by: Actor) -> Decision:
    """Uphold what is registered and not on hold, once for the same numbers, saying why."""
    known = _not_on_hold(claim, person, command.role, by)
    if isinstance(known, Refusal):
        return known
    before, seen = known.upheld, (command.decided_centi, command.evaluated_centi, command.against)
    if before is not None and (before.decided_centi, before.evaluated_centi, before.against) == seen:
        return Refusal.because("already_upheld", as_of=before.as_of)
    if no := unsound(command.against):
        return no
    if (words := spoken(command.words)) is None:
        return Refusal.because("words_missing")
    upheld = ClaimUpheld(
        claim=known.claim, person=known.person, decided_centi=command.decided_centi,
        evaluated_centi=command.evaluated_centi, against=command.against, as_of=command.as_of, hand=by.hand,
    )
    return (Draft(upheld, words),)


def decide_freeze(claim: Claim | None, command: FreezeClaim, person: Person, by: Actor) -> Decision:
    """Freeze once, saying why."""
    known = _registered(claim, person, command.role, by)
    if isinstance(known, Refusal):
        return known
    if known.status is Status.FROZEN:
        return Refusal.because("already_frozen")
    if (words := spoken(command.words)) is None:
        return Refusal.because("words_missing")
    frozen = ClaimFrozen(claim=known.claim, person=known.person, case=command.case, source=command.source)
    return (Draft(frozen, words),)


def decide_release(claim: Claim | None, command: ReleaseClaim, person: Person, by: Actor) -> Decision:
    """Release what is frozen."""
    known = by_office(claim, person, command.role, by)
    if isinstance(known, Refusal):
        return known
    if known.status is not Status.FROZEN:
        return Refusal.because("not_frozen", status=known.status)
    released = ClaimReleased(claim=known.claim, person=known.person, case=command.case, source=command.source)
    return (Draft(released, spoken(command.words)),)


def decide_revocation(claim: Claim | None, command: RevokeClaim, person: Person, by: Actor) -> Decision:
    """Revoke once what is registered, on hold or not, saying on what basis."""
    known = _registered(claim, person, command.role, by)
    if isinstance(known, Refusal):
        return known
    if (words := spoken(command.words)) is None:
        return Refusal.because("words_missing")
    revoked = ClaimRevoked(
        claim=known.claim, person=known.person, basis=command.basis, hand=by.hand, case=command.case,
        source=command.source,
    )
    return (Draft(revoked, words),)


def decide_reinstatement(
    claim: Claim | None, command: ReinstateClaim, person: Person, by: Actor, beside: Claim | None = None
) -> Decision:
    """Reinstate what is revoked, by another hand than the one that revoked it.

    `beside`: the claim as which the hours of its course have been registered since.
    """
    known = by_office(claim, person, command.role, by)
    if isinstance(known, Refusal):
        return known
    if known.status is not Status.REVOKED:
        return Refusal.because("not_revoked", status=known.status)
    if no := registered_beside(beside):
        return no
    is_ours = command.source is None  # What follows its source was decided there, by two hands of theirs.
    if is_ours and known.revoked_by is not None and by.is_same_hand(known.revoked_by):
        return Refusal.because("same_hand", actor=by.actor)
    if (words := spoken(command.words)) is None:
        return Refusal.because("words_missing")
    reinstated = ClaimReinstated(
        claim=known.claim, person=known.person, basis=command.basis, source=command.source)
    return (Draft(reinstated, words),)


def _registered(claim: Claim | None, person: Person, role: str, by: Actor) -> Claim | Refusal:
    """Give a registration, on hold or not, that this hand may act upon, or say why there is none."""
    known = by_office(claim, person, role, by)
    if isinstance(known, Refusal) or known.is_registered:
        return known
    if known.status is Status.REVOKED:
        return Refusal.because("already_revoked")
    return Refusal.because("claim_not_registered", status=known.status)


def _not_on_hold(claim: Claim | None, person: Person, role: str, by: Actor) -> Claim | Refusal:
    """Give a registration that this hand may act upon and that nobody holds, or say why there is none."""
    known = _registered(claim, person, role, by)
    if isinstance(known, Claim) and known.status is Status.FROZEN:
        return Refusal.because("claim_frozen")
    return known
