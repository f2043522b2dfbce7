"""Random lives of a claim: whatever is asked in whatever order, the state stays one that the rules allow."""

from __future__ import annotations

import operator
import random
from collections import Counter

import msgspec
from claim_cast import BY_CLAIMANT, BY_OFFICE, with_scope
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from stream_cast import CLERK, COLLEAGUE, LAST_STEP, LI, OFFICER, PERSON, UNIT_STEP, sealed_fits

from ledger.errors import Refusal
from ledger.events.claim import (
    ClaimApproved,
    ClaimEndorsed,
    ClaimReinstated,
    ClaimRevised,
    ClaimRevoked,
    ClaimSubmitted,
)
from ledger.streams.claim import Claim, Status, evolve
from ledger.streams.decision import rebuild
from ledger.streams.refusals import sentences

HANDS = [
    (CLERK, UNIT_STEP),
    (OFFICER, LAST_STEP),
    (COLLEAGUE, LAST_STEP),
    (replace(with_scope(OFFICER, region="33"), actor="acr_own", person=LI), LAST_STEP),
    (replace(with_scope(COLLEAGUE, role=LAST_STEP), actor="acr_second", person=CLERK.person), LAST_STEP),
]
PEOPLE = [PERSON, PERSON, PERSON, PERSON, replace(PERSON, is_restricted=True)]
COMMANDS = sorted(BY_OFFICE | BY_CLAIMANT)

UNIT, OFFICE = HANDS[:2]
REGISTERED = [("SubmitClaim", UNIT, PERSON), ("EndorseClaim", UNIT, PERSON), ("ApproveClaim", OFFICE, PERSON)]
REVOKED = [*REGISTERED, ("RevokeClaim", OFFICE, PERSON)]

asked = st.builds(
    operator.add,
    st.sampled_from([[], [], REGISTERED, REVOKED]),  # By chance alone not one in hundreds gets so far.
    st.lists(st.tuples(st.sampled_from(COMMANDS), st.sampled_from(HANDS), st.sampled_from(PEOPLE)),
             min_size=1, max_size=40),
)


def live(wishes: list[tuple]) -> list[tuple]:
    """Ask for everything in turn; give what happened, with whose hand did it."""
    claim: Claim | None = None
    happened = []
    for command, (by, role), person in wishes:
        before = msgspec.json.encode((claim, by, person))
        decision = (
            BY_CLAIMANT[command](claim, person) if command in BY_CLAIMANT
            else BY_OFFICE[command](claim, person, by, role)
        )
        assert msgspec.json.encode((claim, by, person)) == before, f"{command} changed what it read"
        if isinstance(decision, Refusal):
            assert decision.code in sentences()
            continue
        assert not person.is_restricted
        assert sealed_fits(decision)
        assert claim is None or claim.status not in (Status.WITHDRAWN, Status.REFUSED), f"{command} came after the end"
        for draft in decision:
            claim = evolve(claim, draft.event)
            happened.append((draft.event, None if command in BY_CLAIMANT else by, claim))
    return happened


@given(asked)
@settings(derandomize=True, max_examples=400, deadline=None)
def test_a_claim_is_registered_exactly_when_it_was_approved_and_not_since_revoked(wishes: list[tuple]) -> None:
    seen: Counter[type] = Counter()
    for event, _, claim in live(wishes):
        seen[type(event)] += 1
        balance = seen[ClaimApproved] + seen[ClaimReinstated] - seen[ClaimRevoked]
        assert balance in (0, 1)
        assert claim.is_registered == (balance == 1)
        assert claim.is_registered <= (claim.ruling is not None and claim.year is not None)
        assert (claim.revoked_by is not None) == (claim.status is Status.REVOKED)
        assert seen[ClaimSubmitted] == 1


@given(asked)
@settings(derandomize=True, max_examples=400, deadline=None)
def test_no_hand_acts_on_its_own_claim_or_confirms_what_it_did_itself(wishes: list[tuple]) -> None:
    endorsed_by: set = set()
    revoked_by = None
    for event, by, _ in live(wishes):
        people = None if by is None else by.person
        assert people != LI
        match event:
            case ClaimRevised():
                endorsed_by = set()
            case ClaimEndorsed():
                endorsed_by.add(people)
            case ClaimApproved():
                assert people not in endorsed_by
            case ClaimRevoked():
                revoked_by = people
            case ClaimReinstated():
                assert people != revoked_by
            case _:
                pass


@given(asked)
@settings(derandomize=True, max_examples=200, deadline=None)
def test_a_claim_read_back_from_its_bytes_is_the_claim_that_was_decided(wishes: list[tuple]) -> None:
    happened = live(wishes)
    if not happened:
        return
    read = [msgspec.json.decode(msgspec.json.encode(event), type=type(event)) for event, _, _ in happened]

    assert rebuild(evolve, read) == happened[-1][2]


def test_random_lives_do_reach_every_state() -> None:
    """Else the tests above could hold for want of anything happening."""
    chance = random.Random(20261121)
    reached = Counter(
        claim.status
        for _ in range(300)
        for _, _, claim in live([
            (chance.choice(COMMANDS), chance.choice(HANDS), chance.choice(PEOPLE)) for _ in range(40)
        ])
    )

    assert set(reached) == set(Status)


@given(asked, st.randoms(use_true_random=False))
@settings(derandomize=True, max_examples=200, deadline=None)
def test_evolving_refuses_nothing_whatever_the_order(wishes: list[tuple], chance: random.Random) -> None:
    events = [event for event, _, _ in live(wishes)]
    rest = events[1:]
    chance.shuffle(rest)

    assert events == [] or isinstance(rebuild(evolve, [events[0], *rest]), Claim)


