"""What happens when a claimant does not accept a decision about a claim (申诉): heard by another office, in the claim.

It stands in the claim's own stream: against what it is, by whom and by when it is to be answered, what came of it.
P 17 has the superior department order mistakes to be put right; the terms are a reading of the rulebook (AMB-32).
`tests/ledger/streams/test_claim_appeal.py` shows it.
"""

from __future__ import annotations

from datetime import date

from ledger.events.base import Hand, Open, Pseudonym, Words
from ledger.events.claim import ClaimEvent
from ledger.events.study import Evidence
from ledger.vocabulary import Category, RulebookId, UnitId


class ClaimAppealed(ClaimEvent, tag="claim.appealed/1"):
    """The claimant does not accept what was decided, and says why."""

    sealed_as = Words

    against: Open[str]         # refusal, revocation or assessment.
    decision: Open[int]        # Where the decision stands in the log,
    decided_by: Pseudonym[Hand]  # and whose it was: another decides now.
    office: Open[str]          # The role that hears it,
    region: Open[str]          # for this area, as a prefix of two, four or six digits.
    due: Open[date]            # By when it is to be answered,
    rulebook: Open[RulebookId]  # as this one says,
    article: Open[str]         # by these words of it.
    unit: Pseudonym[UnitId]    # The matter, as it was submitted.
    sector: Open[str]
    category: Open[Category]
    evidence: Open[tuple[Evidence, ...]] = ()


class ClaimAppealWithdrawn(ClaimEvent, tag="claim.appeal_withdrawn/1"):
    """The claimant took it back; within the term they may appeal again."""


class ClaimAppealDismissed(ClaimEvent, tag="claim.appeal_dismissed/1"):
    """What was decided stays (维持)."""

    sealed_as = Words

    hand: Pseudonym[Hand]


class ClaimAppealAllowed(ClaimEvent, tag="claim.appeal_allowed/1"):
    """What was decided does not stay. What it comes to follows in the same append, or is the registrar's to put right.

    A refusal is reopened, a revocation reinstated; of an assessment the registrar, whose the ruling is, is told to
    correct it.
    """

    sealed_as = Words

    effect: Open[str]  # reopened, reinstated or remitted.
    step: Open[str]    # Whose turn it is, where the claim was submitted.
    region: Open[str]
    hand: Pseudonym[Hand]
