"""Accounts as of any position: for whom each acts, what it may act upon, and how it stands."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from projection_kit import HANGZHOU, NINGBO, House, living

from ledger.events.actor import Official, Scope
from ledger.streams import actor as actors
from ledger.streams import unit as units
from ledger.streams.standing import Actor
from ledger.vocabulary import ActorId, UnitId
from projections.accounts import Account, accounts

CITY = Scope(role="human_resources", region="3302")
DAY = "2026-01-01"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with living(tmp_path / "house") as made:
        yield made


def appointed(house: House, organisation: UnitId, *scopes: Scope) -> ActorId:
    actor = ActorId(house.new("actor"))
    unit = house.load(organisation, units.evolve)
    house.record(actors.decide_appointment(None, actors.AppointActor(
        actor=actor, account=actor, official=Official(name="王某"), role="founder", person=None), unit, None))
    for scope in scopes:
        command = actors.GrantScope(scope=scope, role="founder")
        house.record(actors.decide_grant(stands(house, actor), command, None, ()))
    return actor


def stands(house: House, actor: ActorId) -> Actor:
    found: Actor = house.load(actor, actors.evolve)
    return found


def listed(house: House, scope: Scope = CITY, **asked: Any) -> list[Account]:
    return list(accounts(house.followed(), [scope], day=DAY, **asked).items)


def test_an_account_is_listed_with_what_it_may_act_upon_and_since_which_event(house: House) -> None:
    works = house.unit(NINGBO, "industry")
    held = Scope(role="unit", region=NINGBO, unit=works)
    actor = appointed(house, works, held)
    one = next(one for one in listed(house) if one.actor == actor)

    assert (one.organisation, one.region, one.sector, one.status) == (works, NINGBO, "industry", "active")
    assert [each.scope for each in one.scopes] == [held]
    assert (one.event, one.since, one.scopes[0].event) == (house.size - 1, house.size - 1, house.size)


def test_a_scope_that_was_withdrawn_is_seen_as_of_before_only(house: House) -> None:
    works = house.unit(NINGBO, "industry")
    broad, narrow = Scope(role="sector_authority", region="3302"), Scope(
        role="sector_authority", region="3302", sector="industry")
    actor = appointed(house, works, broad, narrow)
    before = house.size
    house.record(actors.decide_scope_withdrawal(
        stands(house, actor), actors.WithdrawScope(scope=broad, role="founder"), None))

    def held(as_of: int | None = None) -> list[Scope]:
        return [each.scope for one in listed(house, as_of=as_of) if one.actor == actor for each in one.scopes]

    assert held() == [narrow]
    assert held(before) == [broad, narrow]


def test_whoever_is_suspended_or_dismissed_is_listed_as_that(house: House) -> None:
    works = house.unit(NINGBO, "industry")
    unit = house.load(works, units.evolve)
    one, two = appointed(house, works), appointed(house, works)
    house.record(actors.decide_suspension(stands(house, one), actors.SuspendActor(role="founder"), unit, None))
    suspended = house.size
    house.record(actors.decide_dismissal(stands(house, two), actors.DismissActor(role="founder"), unit, None))

    assert {each.actor: (each.status, each.since) for each in listed(house) if each.organisation == works} == {
        one: ("suspended", suspended), two: ("dismissed", house.size)}
    assert [each.actor for each in listed(house, status="dismissed")] == [two]


def test_a_scope_shows_the_accounts_that_it_reaches_a_page_at_a_time(house: House) -> None:
    here, there = house.unit(NINGBO, "industry"), house.unit(HANGZHOU, "industry")
    first, second, away = appointed(house, here), appointed(house, here), appointed(house, there)
    seen = {one.actor for one in listed(house)}
    assert {first, second} <= seen
    assert away not in seen
    own = Scope(role="unit", region=NINGBO, unit=here)
    assert [one.actor for one in listed(house, own)] == [first, second]
    assert listed(house, Scope(role="sector_authority", region="3302", sector="environment")) == []
    assert [one.actor for one in listed(house, organisation=here, limit=1)] == [first]
    page = accounts(house.followed(), [own], day=DAY, limit=1)
    assert page.next is not None
    assert [one.actor for one in listed(house, own, after=page.next[0])] == [second]
    assert accounts(house.followed(), [], day=DAY).items == ()
