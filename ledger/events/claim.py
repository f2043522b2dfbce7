"""What happens to a claim: one study of one person, from submission through decision to whatever follows it.

Also each row of a roster and each imported row is a claim; `origin` says so.
"""

from __future__ import annotations

from ledger.events.base import Event, Hand, Name, Open, Pseudonym, Sealed, Words
from ledger.events.source import Source, source_names
from ledger.events.study import ROSTER_CARD, Evidence, Ruling, Study, StudyDetails, certificate_name, roster_card_name
from ledger.vocabulary import ActorId, ClaimId, PersonId, StreamId, UnitId


class ClaimEvent(Event):
    """The base of all events of a claim's stream."""

    claim: Pseudonym[ClaimId]
    person: Pseudonym[PersonId]

    @property
    def stream(self) -> StreamId:
        return StreamId(self.claim)

    def subjects(self) -> tuple[str, ...]:
        return (self.person,)


class _HoldsCertificate(ClaimEvent):
    """Events whose sealed part may bring a certificate number, which one person may use only once."""

    sealed_as = StudyDetails

    def names(self, sealed: Sealed | None) -> tuple[Name, ...]:
        assert isinstance(sealed, StudyDetails)
        if sealed.certificate_number is None:
            return ()
        return (certificate_name(sealed.certificate_issuer, sealed.certificate_number, self.person),)


def _cards(organiser: UnitId | None, sealed: Sealed | None) -> tuple[Name, ...]:
    """The name of the card that a roster's row shows, among those of its organiser."""
    assert isinstance(sealed, StudyDetails)
    number = sealed.certificate_number
    return () if number is None or organiser is None else (roster_card_name(organiser, number),)


class ClaimSubmitted(_HoldsCertificate, tag="claim.submitted/1"):
    """A study was put forward for registration, by the person or as a row of a roster or an import."""

    unit: Pseudonym[UnitId]  # Where the person belongs on the day of submission,
    region: Open[str]        # and so who may look at it: pending claims stay with them when the person moves.
    sector: Open[str]
    study: Open[Study]
    steps: Open[tuple[str, ...]]  # Who looks at it, in order, as the law of the place says (W 12, N 8).
    evidence: Open[tuple[Evidence, ...]] = ()
    origin: Open[str] = "self"    # self, batch, auto, import
    source: Open[Source | None] = None
    card_of: Pseudonym[UnitId | None] = None  # Of a roster's row: whose card the certificate is (P 15).

    def subjects(self) -> tuple[str, ...]:
        return (self.person, self.unit)

    def names(self, sealed: Sealed | None) -> tuple[Name, ...]:
        return (*super().names(sealed), *_cards(self.card_of, sealed), *source_names(self.source))


class ClaimEndorsed(ClaimEvent, tag="claim.endorsed/1"):
    """A step before the last found nothing against it."""

    step: Open[str]
    hand: Pseudonym[Hand]  # Whoever endorsed does not approve.


class ClaimAssigned(ClaimEvent, tag="claim.assigned/1"):
    """The step that is due was given to one hand of the office, or back to all of them (转办).

    It says who looks after it and takes nothing from anyone: whoever could take the step still can, because nobody's
    hours wait for somebody who is away. With the step it ends.
    """

    sealed_as = Words

    step: Open[str]
    to: Pseudonym[ActorId | None] = None

    def subjects(self) -> tuple[str, ...]:
        return (self.person,) if self.to is None else (self.person, self.to)


class ClaimReturned(ClaimEvent, tag="claim.returned/1"):
    """Sent back to be mended (退回修改): same claim, next revision."""

    sealed_as = Words

    step: Open[str]


class ClaimRevised(_HoldsCertificate, tag="claim.revised/1"):
    """The claimant mended what was returned, or changed it before anyone had looked."""

    study: Open[Study]
    steps: Open[tuple[str, ...]]
    evidence: Open[tuple[Evidence, ...]] = ()

    def freed(self) -> frozenset[str]:
        return frozenset({"certificate"})


class ClaimWithdrawn(ClaimEvent, tag="claim.withdrawn/1"):
    """The claimant took it back before it was decided; the certificate may be used again."""

    def freed(self) -> frozenset[str]:
        return frozenset({"certificate"})


class ClaimApproved(ClaimEvent, tag="claim.approved/1"):
    """The last step accepted the claim and fixed what it is worth (学时认定), saying why where that is a choice."""

    sealed_as = Words

    step: Open[str]
    ruling: Open[Ruling]
    opened_evidence: Open[tuple[str, ...]] = ()  # Digests that the approver opened before deciding (P 17, W 16).
    year: Open[int | None] = None                # The year it was attributed to; locked from here on (E 10).


class ClaimRefused(ClaimEvent, tag="claim.refused/1"):
    """Refused for good (驳回), with a reason code and words."""

    sealed_as = Words

    step: Open[str]

    def freed(self) -> frozenset[str]:
        return frozenset({"certificate"})


class ClaimReopened(_HoldsCertificate, tag="claim.reopened/1"):
    """A refusal was set aside on appeal: the claim is looked at anew from the first step, and holds its certificate."""

    steps: Open[tuple[str, ...]]


class ClaimCorrected(_HoldsCertificate, tag="claim.corrected/1"):
    """A registered claim was put right (更正), with new facts and a new ruling; the former version stays to be seen."""

    study: Open[Study]
    ruling: Open[Ruling]
    evidence: Open[tuple[Evidence, ...]] = ()
    year: Open[int | None] = None
    year_because: Open[str | None] = None  # The code of the reason for which a locked year was moved.
    source: Open[Source | None] = None     # The newer version of the record that says so, where it was imported.
    card_of: Pseudonym[UnitId | None] = None  # Of a roster's row: whose card the certificate is (P 15).

    def names(self, sealed: Sealed | None) -> tuple[Name, ...]:
        return (*super().names(sealed), *_cards(self.card_of, sealed), *source_names(self.source))

    def freed(self) -> frozenset[str]:
        """Also the card's number: what was put right stood on the wrong row, and its own holder may still come."""
        return frozenset({"certificate"} if self.card_of is None else {"certificate", ROSTER_CARD})


class _Follows(ClaimEvent):
    """Events by which an imported entry may follow its `source`; what was decided here has none."""

    def names(self, sealed: Sealed | None) -> tuple[Name, ...]:
        return source_names(getattr(self, "source", None))


class ClaimFrozen(_Follows, tag="claim.frozen/1"):
    """Held while it is investigated (冻结): shown, and left out where that is asked."""

    sealed_as = Words

    case: Pseudonym[str | None] = None
    source: Open[Source | None] = None


class ClaimReleased(_Follows, tag="claim.released/1"):
    """The hold is over (解冻)."""

    sealed_as = Words

    case: Pseudonym[str | None] = None
    source: Open[Source | None] = None


class ClaimRevoked(_Follows, tag="claim.revoked/1"):
    """The registration was undone (审验不通过、撤销), with a basis; the hours no longer count and free their cap.

    The certificate stays reserved: what was revoked must not come back as a new claim, only by reinstatement.
    """

    sealed_as = Words

    basis: Open[str]
    hand: Pseudonym[Hand]  # Whoever revoked does not reinstate (D14).
    case: Pseudonym[str | None] = None
    source: Open[Source | None] = None


class ClaimUpheld(ClaimEvent, tag="claim.upheld/1"):
    """The office looked at where its decision and the law part, and what was decided stays (维持原认定).

    It changes no hours, decided or evaluated. It says that the difference was seen, with which numbers, and why it
    stays. Once the law or the register moves the numbers, it is a difference that nobody has seen yet.
    """

    sealed_as = Words

    decided_centi: Open[int]    # What counted of it as decided,
    evaluated_centi: Open[int]  # and what by the law of the position that was looked at.
    against: Open[Ruling]       # What that law says of it, and what was not followed.
    as_of: Open[int]
    hand: Pseudonym[Hand]


class ClaimReinstated(_Follows, tag="claim.reinstated/1"):
    """A revocation was undone: the hours count again as they were decided."""

    sealed_as = Words

    basis: Open[str]
    source: Open[Source | None] = None
