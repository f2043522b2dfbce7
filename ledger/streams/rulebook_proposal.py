"""What becomes of a proposed rulebook: another hand enacts or refuses it, the same hand takes it back.

Four eyes: what one hand proposed, another decides upon, by account and by the person behind it. Several proposals may
stand beside each other until one is enacted. Whatever ended without that may be proposed anew, the same bytes too: the
reason may have lain outside them (papers that were missing, a day that was too early), and a file that has to differ
would only be given a meaningless difference. It is then a proposal like any other, and again another hand decides.

`tests/ledger/streams/test_rulebook_proposal_stream.py` shows it.
"""

from __future__ import annotations

from ledger.errors import Refusal
from ledger.events.base import Draft
from ledger.events.rulebook import ProposalRefused, ProposalWithdrawn, RulebookProposed
from ledger.streams.decision import Command, Decision, spoken
from ledger.streams.rulebook import EnactRulebook, Rulebook, decide_enactment
from ledger.streams.standing import Actor, standing


class EnactProposal(Command):
    """Put in force what another proposed."""

    role: str
    digest: str


class RefuseProposal(Command):
    """Say that what another proposed is not enacted, and why."""

    role: str
    digest: str
    words: str


class WithdrawProposal(Command):
    """Take back what oneself proposed, and say why."""

    role: str
    digest: str
    words: str


def decide_proposal(rulebook: Rulebook | None, command: EnactRulebook, by: Actor) -> Decision:
    """Propose the next revision; the same bytes stand once at a time."""
    enacted = decide_enactment(rulebook, command, by)
    if isinstance(enacted, Refusal):
        return enacted
    before = None if rulebook is None else rulebook.proposed(command.digest)
    if before is not None and before.ended is None:
        return Refusal.because("already_proposed", digest=command.digest)
    proposed = RulebookProposed(
        rulebook=command.rulebook, family=command.family, in_force_from=command.in_force_from,
        revision=command.revision, digest=command.digest, document=command.document, hand=by.hand,
    )
    return (Draft(proposed),)


def decide_enactment_of_proposal(rulebook: Rulebook | None, command: EnactProposal, by: Actor | None) -> Decision:
    """Enact what another hand proposed. `by` None: whoever installed the system, who proposes nothing."""
    put = _standing(rulebook, command, by)
    if isinstance(put, Refusal):
        return put
    if by is not None and by.is_same_hand(put.hand):
        return Refusal.because("same_hand", actor=by.actor)
    enact = EnactRulebook(
        family=put.family, in_force_from=put.in_force_from, revision=put.revision, digest=put.digest,
        document=put.document, role=command.role,
    )
    return decide_enactment(rulebook, enact, by)


def decide_proposal_refusal(rulebook: Rulebook | None, command: RefuseProposal, by: Actor | None) -> Decision:
    """Refuse what another hand proposed; also what has been overtaken and could not be enacted any more."""
    put = _standing(rulebook, command, by)
    if isinstance(put, Refusal):
        return put
    if no := _enacted(rulebook, put):
        return no
    if by is not None and by.is_same_hand(put.hand):
        return Refusal.because("own_proposal", actor=by.actor)
    if (words := spoken(command.words)) is None:
        return Refusal.because("words_missing")
    return (Draft(ProposalRefused(rulebook=put.rulebook, digest=put.digest, proposed_by=put.hand.actor), words),)


def decide_proposal_withdrawal(rulebook: Rulebook | None, command: WithdrawProposal, by: Actor) -> Decision:
    """Take back what one's own hand proposed; whoever else finds it wrong refuses it."""
    put = _standing(rulebook, command, by)
    if isinstance(put, Refusal):
        return put
    if no := _enacted(rulebook, put):
        return no
    if not by.is_same_hand(put.hand):
        return Refusal.because("not_the_proposer", actor=by.actor)
    if (words := spoken(command.words)) is None:
        return Refusal.because("words_missing")
    return (Draft(ProposalWithdrawn(rulebook=put.rulebook, digest=put.digest, proposed_by=put.hand.actor), words),)


def _standing(
    rulebook: Rulebook | None, command: EnactProposal | RefuseProposal | WithdrawProposal, by: Actor | None
) -> RulebookProposed | Refusal:
    """The proposal of these bytes, unless it ended; whether it was enacted is the caller's to ask."""
    if by is not None and (no := standing(by, command.role)):
        return no
    found = None if rulebook is None else rulebook.proposed(command.digest)
    if found is None:
        return Refusal.because("proposal_absent", digest=command.digest)
    if found.ended == "refused":
        return Refusal.because("proposal_refused", digest=command.digest)
    if found.ended == "withdrawn":
        return Refusal.because("proposal_withdrawn", digest=command.digest)
    return found.put


def _enacted(rulebook: Rulebook | None, put: RulebookProposed) -> Refusal | None:
    assert rulebook is not None, "what was proposed has a stream"
    if put.digest not in rulebook.digests:
        return None
    return Refusal.because("revision_enacted", revision=put.revision, digest=put.digest)
