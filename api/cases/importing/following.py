"""An entry of another ledger, followed: what is to be done here so that it stands as it stands there (P 14, AMB-05).

What that ledger decided is taken over as decided, with whoever decided it and the rulebook that they had: P 14 has it
brought in, not approved again. Corrections, holds, revocations and reinstatements follow by the position of the event
that decided them, whichever of them came between two hand-overs. What was put right here since goes first, until the
other ledger has seen it: else two corrections would undo each other in turn. What was held or undone here by a decision
of our own stays so until that is taken back here.

Reading: an entry that a person carried from one ledger to another is the first one's, whose word alone changes it. It
comes in once, by whichever of them hands it over first.

`tests/province/test_province.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from api.cases.importing.import_records import ROW, Known, Read, number_of
from ledger.acts.imports import Followed, Step
from ledger.events.source import Source
from ledger.events.study import Evidence
from ledger.streams.claim import Claim, Status
from ledger.streams.claim_register import CorrectClaim, FreezeClaim, ReinstateClaim, ReleaseClaim, RevokeClaim
from ledger.streams.claim_review import RegisterClaim, SubmitClaim
from ledger.streams.person import Person
from ledger.vocabulary import ClaimId, PersonId

BASIS = "source_revoked"
_FREEZE, _RELEASE = "来源的账已冻结，随之冻结。", "来源的账已解冻，随之解冻。"
_REVOKE, _REINSTATE = "来源的账已撤销，随之撤销。", "来源的账已恢复，随之恢复。"


class Terms(NamedTuple):
    """As what whoever brings it in acts, on which day, and up to where the source has seen what was changed here."""

    role: str
    today: date
    seen: int


def steps(terms: Terms, one: Read, there: Claim, claim: ClaimId, person: Person, known: Known | None) -> Followed | str:
    """What leads from what stands here to what stands there, or the code of why nothing does."""
    if known is None:
        if there.status is Status.REVOKED:
            return "revoked_there"
        began = _registered(terms, one, there, claim, person)
        hold = () if there.status is not Status.FROZEN else (_frozen(terms, one.source),)
        return Followed(claim, PersonId(person.person), (began, *hold))
    if known.claim is None or known.source is None:
        return "duplicate"
    if known.claim.person != person.person:
        return "person_differs"
    if (no := _not_newer(one.source, known.source)) is not None:
        return no
    if known.changed > terms.seen:
        return "changed_here"
    agreed = known.claim.status is there.status and (there.status is Status.APPROVED or known.digest == one.digest)
    if known.held and not agreed:
        return "decided_here"  # Of a hold or a revocation of ours no version of theirs makes nothing.
    found = tuple(_from(terms, one, there, known))
    return Followed(known.claim.claim, known.claim.person, found) if found else "duplicate"


def _not_newer(comes: Source, stands: Source) -> str | None:
    """Say why what comes is no newer than what stands. Of two ways the first ledger's own goes before."""
    if comes.system == stands.system:
        order = number_of(comes) - number_of(stands)
        return None if order > 0 else "duplicate" if order == 0 else "source_older"
    if stands.first is not None and (comes.system, comes.record) == (stands.first.system, stands.first.record):
        return None if number_of(comes) > number_of(stands.first) else "duplicate"
    return "duplicate"


def _from(terms: Terms, one: Read, there: Claim, known: Known) -> Iterator[Step]:
    assert known.claim is not None, "what is followed stands here"
    status, source = known.claim.status, one.source
    if known.digest != one.digest:  # Only what counts can be put right.
        if status is Status.FROZEN:
            yield ReleaseClaim(role=terms.role, words=_RELEASE, source=source)
        if status is Status.REVOKED:
            yield ReinstateClaim(role=terms.role, basis=BASIS, words=_REINSTATE, source=source)
        yield _corrected(terms, one, there)
        status = Status.APPROVED
    if status is there.status:
        return
    if status is Status.REVOKED:
        yield ReinstateClaim(role=terms.role, basis=BASIS, words=_REINSTATE, source=source)
        status = Status.APPROVED
    if there.status is Status.REVOKED:
        yield RevokeClaim(role=terms.role, basis=BASIS, words=_REVOKE, source=source)
    elif there.status is Status.FROZEN:
        yield _frozen(terms, source)
    elif status is Status.FROZEN:
        yield ReleaseClaim(role=terms.role, words=_RELEASE, source=source)


def _registered(terms: Terms, one: Read, there: Claim, claim: ClaimId, person: Person) -> RegisterClaim:
    ruling, year = there.ruling, there.year
    assert ruling is not None, "what was registered was decided"
    return RegisterClaim(ruling=ruling, year=one.study.evidence_on.year if year is None else year,
                         submission=SubmitClaim(
        claim=claim, person=PersonId(person.person), on=terms.today, study=one.study, details=one.details,
        steps=(terms.role,), evidence=_papers(one, there), origin="import", source=one.source, role=terms.role))


def _corrected(terms: Terms, one: Read, there: Claim) -> CorrectClaim:
    ruling, year = there.ruling, there.year
    assert ruling is not None, "what was registered was decided"
    return CorrectClaim(
        role=terms.role, study=one.study, details=one.details, ruling=ruling,
        year=one.study.evidence_on.year if year is None else year, year_because="source_corrected",
        evidence=_papers(one, there), source=one.source)


def _frozen(terms: Terms, source: Source) -> FreezeClaim:
    return FreezeClaim(role=terms.role, words=_FREEZE, source=source)


def _papers(one: Read, there: Claim) -> tuple[Evidence, ...]:
    """The row itself, and the papers that were shown there: by their digests the same paper is known elsewhere."""
    return (Evidence(kind=ROW, sha256=one.digest), *(paper for paper in there.evidence if paper.kind != ROW))
