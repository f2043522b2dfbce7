"""What becomes of a proposed rulebook: enacted or refused by another hand, taken back by its own, proposed anew."""

from __future__ import annotations

from datetime import date

import pytest
from msgspec.structs import replace
from stream_cast import actor, event, outcome, refusal

from ledger.events.actor import Scope
from ledger.events.base import Words
from ledger.streams import rulebook_proposal as proposals
from ledger.streams.rulebook import EnactRulebook, Rulebook, decide_enactment, evolve
from ledger.streams.standing import Actor
from ledger.vocabulary import PersonId

ROLE = "rulebook_registrar"
BY = replace(actor("law", Scope(role=ROLE, region="33")), person=PersonId("per_law"))
SECOND_ACCOUNT = replace(actor("second", Scope(role=ROLE, region="33")), person=PersonId("per_law"))
OTHER = actor("other", Scope(role=ROLE, region="33"))
PUT = EnactRulebook(
    family="ningbo-industry", in_force_from=date(2027, 1, 1), revision=1, digest="1" * 64, document="某文", role=ROLE)
ENACT = proposals.EnactProposal(role=ROLE, digest=PUT.digest)
REFUSE = proposals.RefuseProposal(role=ROLE, digest=PUT.digest, words="  第六条（九）写成了 5 学时 ")
WITHDRAW = proposals.WithdrawProposal(role=ROLE, digest=PUT.digest, words="附件不是最后一稿")


@pytest.fixture
def proposed() -> Rulebook:
    return evolve(None, event(proposals.decide_proposal(None, PUT, BY)))


def refused(state: Rulebook) -> Rulebook:
    return evolve(state, event(proposals.decide_proposal_refusal(state, REFUSE, OTHER)))


def test_what_one_hand_proposed_another_enacts(proposed: Rulebook) -> None:
    assert (proposed.digests, proposed.in_force_from) == ((), None)
    assert outcome(proposals.decide_proposal(proposed, PUT, OTHER)) == "already_proposed"
    assert outcome(proposals.decide_proposal(proposed, replace(PUT, digest="2" * 64), OTHER)) == "RulebookProposed"
    for hand in (BY, SECOND_ACCOUNT):
        assert outcome(proposals.decide_enactment_of_proposal(proposed, ENACT, hand)) == "same_hand"
    assert outcome(proposals.decide_enactment_of_proposal(None, ENACT, OTHER)) == "proposal_absent"
    for founder_too in (OTHER, None):
        done = evolve(proposed, event(proposals.decide_enactment_of_proposal(proposed, ENACT, founder_too)))
        assert done.digests == (PUT.digest,)
        assert outcome(proposals.decide_enactment_of_proposal(done, ENACT, founder_too)) == "revision_enacted"


@pytest.mark.parametrize("hand", [OTHER, None], ids=["another official", "whoever installed it"])
def test_another_hand_refuses_what_was_proposed_and_says_why_under_seal(
    proposed: Rulebook, hand: Actor | None
) -> None:
    (draft,) = proposals.decide_proposal_refusal(proposed, REFUSE, hand)  # type: ignore[misc]

    assert draft.sealed == Words(words="第六条（九）写成了 5 学时")
    assert draft.event.subjects() == ("rul_ningbo-industry/2027-01-01", BY.actor), "the proposer is told of it"
    gone = evolve(proposed, draft.event)
    assert [one.ended for one in gone.proposals] == ["refused"] and gone.digests == ()
    assert outcome(proposals.decide_enactment_of_proposal(gone, ENACT, OTHER)) == "proposal_refused"
    assert outcome(proposals.decide_proposal_refusal(gone, REFUSE, OTHER)) == "proposal_refused"
    assert outcome(proposals.decide_proposal_withdrawal(gone, WITHDRAW, BY)) == "proposal_refused"


def test_nobody_refuses_their_own_proposal_and_nobody_takes_back_another_s(proposed: Rulebook) -> None:
    for hand in (BY, SECOND_ACCOUNT):
        assert outcome(proposals.decide_proposal_refusal(proposed, REFUSE, hand)) == "own_proposal"
        assert outcome(proposals.decide_proposal_withdrawal(proposed, WITHDRAW, hand)) == "ProposalWithdrawn"
    assert outcome(proposals.decide_proposal_withdrawal(proposed, WITHDRAW, OTHER)) == "not_the_proposer"


def test_what_was_taken_back_is_neither_enacted_nor_refused(proposed: Rulebook) -> None:
    gone = evolve(proposed, event(proposals.decide_proposal_withdrawal(proposed, WITHDRAW, BY)))

    assert [one.ended for one in gone.proposals] == ["withdrawn"]
    assert outcome(proposals.decide_enactment_of_proposal(gone, ENACT, OTHER)) == "proposal_withdrawn"
    assert outcome(proposals.decide_proposal_refusal(gone, REFUSE, OTHER)) == "proposal_withdrawn"
    assert outcome(proposals.decide_proposal_withdrawal(gone, WITHDRAW, BY)) == "proposal_withdrawn"


def test_the_same_bytes_are_proposed_anew_and_then_whoever_refused_them_may_not_enact_their_own(
    proposed: Rulebook,
) -> None:
    anew = evolve(refused(proposed), event(proposals.decide_proposal(refused(proposed), PUT, OTHER)))

    assert [one.ended for one in anew.proposals] == ["refused", None]
    assert outcome(proposals.decide_proposal(anew, PUT, BY)) == "already_proposed"
    assert outcome(proposals.decide_enactment_of_proposal(anew, ENACT, OTHER)) == "same_hand"
    assert outcome(proposals.decide_enactment_of_proposal(anew, ENACT, BY)) == "RulebookEnacted"
    again = evolve(anew, event(proposals.decide_proposal_refusal(anew, REFUSE, BY)))
    assert [one.ended for one in again.proposals] == ["refused", "refused"]


def test_the_refusal_of_one_leaves_another_that_stands_beside_it(proposed: Rulebook) -> None:
    mended = replace(PUT, digest="2" * 64)
    both = evolve(proposed, event(proposals.decide_proposal(proposed, mended, BY)))
    one_left = refused(both)

    assert [one.ended for one in one_left.proposals] == ["refused", None]
    enact = replace(ENACT, digest=mended.digest)
    assert outcome(proposals.decide_enactment_of_proposal(one_left, enact, OTHER)) == "RulebookEnacted"


def test_what_was_enacted_is_not_refused_but_what_it_overtook_may_be(proposed: Rulebook) -> None:
    enacted = evolve(proposed, event(proposals.decide_enactment_of_proposal(proposed, ENACT, OTHER)))
    overtaken = evolve(proposed, event(decide_enactment(proposed, replace(PUT, digest="2" * 64), OTHER)))

    assert refusal(proposals.decide_proposal_refusal(enacted, REFUSE, OTHER)).code == "revision_enacted"
    assert refusal(proposals.decide_proposal_withdrawal(enacted, WITHDRAW, BY)).code == "revision_enacted"
    assert outcome(proposals.decide_enactment_of_proposal(overtaken, ENACT, OTHER)) == "revision_enacted"
    assert outcome(proposals.decide_proposal_refusal(overtaken, REFUSE, OTHER)) == "ProposalRefused"
    assert outcome(proposals.decide_proposal_withdrawal(overtaken, WITHDRAW, BY)) == "ProposalWithdrawn"


@pytest.mark.parametrize("words", ["", "  \n"])
def test_a_proposal_ends_with_words_or_not_at_all(proposed: Rulebook, words: str) -> None:
    assert outcome(proposals.decide_proposal_refusal(proposed, replace(REFUSE, words=words), OTHER)) == "words_missing"
    assert outcome(proposals.decide_proposal_withdrawal(proposed, replace(WITHDRAW, words=words), BY)) \
        == "words_missing"


def test_what_nobody_proposed_is_not_refused_and_without_the_role_nothing_is_done(proposed: Rulebook) -> None:
    nobody = actor("nobody")

    assert outcome(proposals.decide_proposal_refusal(None, REFUSE, OTHER)) == "proposal_absent"
    assert outcome(proposals.decide_proposal_withdrawal(None, WITHDRAW, BY)) == "proposal_absent"
    assert {
        outcome(proposals.decide_proposal(None, PUT, nobody)),
        outcome(proposals.decide_enactment_of_proposal(proposed, ENACT, nobody)),
        outcome(proposals.decide_proposal_refusal(proposed, REFUSE, nobody)),
        outcome(proposals.decide_proposal_withdrawal(proposed, WITHDRAW, nobody)),
    } == {"role_not_held"}
