"""Standing: which actor may act in a role, upon which matter."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from stream_cast import BUREAU, OFFICER, WANG, WORKS, actor

from ledger.events.actor import Scope
from ledger.events.base import Hand
from ledger.streams.standing import Matter, Status, covers, standing
from ledger.vocabulary import ActorId

REGIONS = ["", "33", "3302", "330203", "3303"]
scopes = st.builds(
    Scope,
    role=st.just("reviewer"),
    region=st.sampled_from(REGIONS),
    sector=st.sampled_from([None, "industry", "environment"]),
    category=st.sampled_from([None, "professional", "general_public"]),
    unit=st.sampled_from([None, WORKS]),
)
matters = st.builds(
    Matter,
    region=st.sampled_from(["330203", "330304", "330000", "110101"]),
    sector=st.sampled_from([None, "industry", "environment"]),
    category=st.sampled_from([None, "professional", "general_public"]),
    unit=st.sampled_from([None, WORKS]),
)


@pytest.mark.parametrize(
    ("scope", "reached"),
    [
        (Scope(role="r", region="33"), True),
        (Scope(role="r", region="330203"), True),
        (Scope(role="r", region="330204"), False),
        (Scope(role="r", region="3302", sector="industry"), True),
        (Scope(role="r", region="3302", sector="environment"), False),
        (Scope(role="r", region="3302", category="professional"), True),
        (Scope(role="r", region="3302", category="general_public"), False),
        (Scope(role="r", region="3302", unit=WORKS), True),
        (Scope(role="r", region="3302", unit=BUREAU), False),
    ],
)
def test_a_scope_reaches_what_meets_every_limit_it_sets(scope: Scope, reached: bool) -> None:
    assert covers(scope, Matter("330203", "industry", "professional", WORKS)) is reached


def test_a_limit_is_not_met_by_a_matter_that_says_nothing_of_it() -> None:
    assert not covers(Scope(role="r", region="33", sector="industry"), Matter("330203"))


@given(scopes, scopes, matters)
@settings(derandomize=True, max_examples=500)
def test_a_grant_that_is_covered_reaches_nothing_that_the_granters_scope_does_not(
    own: Scope, granted: Scope, matter: Matter
) -> None:
    if covers(own, Matter.of(granted)) and covers(granted, matter):
        assert covers(own, matter)


def test_two_narrow_scopes_do_not_add_up_to_a_wide_one() -> None:
    by = actor("x", Scope(role="r", region="3302", category="professional"), Scope(role="r", region="3303"))
    no = standing(by, "r", Matter("330203", None, "general_public"))

    assert no is not None and no.code == "outside_scope"


def test_a_role_is_held_without_a_matter_and_not_once_suspended_or_dismissed() -> None:
    role = OFFICER.scopes[0].role
    codes = [getattr(standing(replace(OFFICER, status=status), role), "code", None) for status in Status]

    assert dict(zip(Status, codes, strict=True)) == {
        Status.ACTIVE: None,
        Status.SUSPENDED: "actor_suspended",
        Status.DISMISSED: "actor_dismissed",
    }


def test_a_hand_is_the_same_under_another_account_of_the_same_person_only() -> None:
    first, second = actor("first", person=WANG), actor("second", person=WANG)
    nobody, no_one = actor("nobody"), actor("no_one")

    assert first.is_same_hand(second.hand)
    assert nobody.is_same_hand(nobody.hand)
    assert not nobody.is_same_hand(no_one.hand)
    assert not first.is_same_hand(Hand(actor=ActorId("acr_other")))
