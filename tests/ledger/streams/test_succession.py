"""A unit goes up in another or ceases: whoever takes over may do what its accounts could, and they may no more."""

from __future__ import annotations

from datetime import date

from ledger.events.actor import Scope, ScopeGranted, ScopeWithdrawn
from ledger.events.base import Draft
from ledger.streams.standing import Actor, Status
from ledger.streams.succession import ORGANISER, acts_for, passed_on
from ledger.streams.unit import DatedName, Seat, Unit
from ledger.vocabulary import ActorId, UnitId

OLD, OLDER, NEW = UnitId("unt_old"), UnitId("unt_older"), UnitId("unt_new")
OWN, BEFORE = Scope(role="unit", region="330106", unit=OLD), Scope(role="unit", region="330105", unit=OLDER)
HEIRS = Scope(role="unit", region="330108", unit=NEW)


def unit(name: UnitId, *regions: str) -> Unit:
    seats = tuple(Seat(date(2020 + at, 1, 1), region, "industry") for at, region in enumerate(regions))
    return Unit(name, "-", ("employer",), (DatedName(date.min, "某厂"),), seats)


def hand(name: str, *scopes: Scope, status: Status = Status.ACTIVE) -> Actor:
    return Actor(ActorId(name), OLD, None, status, scopes)


def told(drafts: tuple[Draft, ...]) -> list[tuple[str, str, Scope]]:
    found = []
    for draft in drafts:
        assert isinstance(draft.event, ScopeGranted | ScopeWithdrawn)
        found.append((draft.event.actor, "+" if isinstance(draft.event, ScopeGranted) else "-", draft.event.scope))
    return found


def test_what_the_accounts_could_do_for_the_unit_and_for_those_before_it_passes_on() -> None:
    clerk, heir = hand("clerk", OWN, BEFORE), hand("heir", HEIRS)

    assert told(passed_on(unit(OLD, "330106"), [clerk], [heir])) == [
        ("clerk", "-", OWN), ("clerk", "-", BEFORE), ("heir", "+", OWN), ("heir", "+", BEFORE)]


def test_a_unit_without_an_account_where_it_was_is_acted_for_in_each_of_its_places() -> None:
    moved = unit(OLD, "330106", "330302")

    assert [scope.region for _, _, scope in told(passed_on(moved, [], [hand("heir", HEIRS)]))] == ["330106", "330302"]
    assert [scope.region for _, sign, scope in told(passed_on(moved, [hand("clerk", OWN)], [hand("heir", HEIRS)]))
            if sign == "+"] == ["330106", "330302"]


def test_nobody_is_granted_what_they_hold_and_other_roles_stay() -> None:
    other = Scope(role="organiser", region="330106")

    assert told(passed_on(unit(OLD, "330106"), [hand("clerk", OWN, other)], [hand("heir", HEIRS, OWN)])) == [
        ("clerk", "-", OWN)]


def test_of_a_suspended_account_it_is_taken_and_one_that_was_dismissed_is_left() -> None:
    suspended = hand("away", OWN, status=Status.SUSPENDED)

    assert told(passed_on(unit(OLD, "330106"), [suspended], ())) == [("away", "-", OWN)]
    assert passed_on(unit(OLD, "330106"), [hand("gone", OWN, status=Status.DISMISSED)], ()) == ()


def test_only_who_is_active_and_takes_its_steps_acts_for_a_unit() -> None:
    assert acts_for(hand("heir", HEIRS), unit(NEW, "330108"))
    assert not acts_for(hand("heir", HEIRS, status=Status.SUSPENDED), unit(NEW, "330108"))
    assert not acts_for(hand("heir", OWN), unit(NEW, "330108"))


def test_an_organisers_scope_passes_on_for_the_organiser_alone_and_only_to_whoever_organises() -> None:
    city = Scope(role="recognised_organiser", region="3302")
    narrow = Scope(role="recognised_organiser", region="3302", unit=OLD)
    teacher, heir = hand("teacher", city), hand("heir", HEIRS, Scope(role="recognised_organiser", region="3301"))

    assert told(passed_on(unit(OLD, "330203"), [teacher], [heir], ORGANISER)) == [
        ("teacher", "-", city), ("heir", "+", narrow)]
    assert acts_for(heir, unit(NEW, "330108"), ORGANISER)
    assert not acts_for(hand("clerk", HEIRS), unit(NEW, "330108"), ORGANISER)
    assert told(passed_on(unit(OLD, "330203"), [], [heir], ORGANISER, seats=False)) == []
