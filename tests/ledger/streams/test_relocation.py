"""A unit moves: its people belong to it where it is from that day on, and nobody else's record is touched."""

from __future__ import annotations

from datetime import date

from msgspec.structs import replace

from ledger.events.actor import Scope, ScopeGranted
from ledger.events.person import Affiliation, PersonAffiliated
from ledger.streams.person import Departure, Person
from ledger.streams.relocation import acting_anew, dated_anew
from ledger.streams.standing import Actor, Status
from ledger.streams.unit import MoveUnit
from ledger.vocabulary import ActorId, PersonId, UnitId

WORKS, OTHER = UnitId("unt_works"), UnitId("unt_other")
MOVE = MoveUnit(role="human_resources", region="330302", sector="industry", starts=date(2026, 3, 1))
BY = Actor(ActorId("acr_officer"), UnitId("unt_office"), PersonId("per_officer"))


def there(starts: date, unit: UnitId = WORKS, major: str | None = None, region: str = "330203",
          sector: str = "industry") -> Affiliation:
    return Affiliation(unit=unit, starts=starts, region=region, sector=sector, major=major)


def moved(person: Person, command: MoveUnit = MOVE) -> list[Affiliation]:
    found = []
    for draft in dated_anew([person], WORKS, command, BY):
        assert isinstance(draft.event, PersonAffiliated)
        found.append(draft.event.affiliation)
    return found


def li(*affiliations: Affiliation, **more: object) -> Person:
    return Person(PersonId("per_li"), affiliations, **more)  # type: ignore[arg-type]


def test_whoever_belongs_there_that_day_belongs_to_it_in_the_new_place_from_then_on() -> None:
    assert moved(li(there(date(2020, 1, 1)))) == [there(MOVE.starts, region="330302")]


def test_whoever_came_later_belonged_to_it_in_the_new_place_all_along() -> None:
    later = date(2026, 4, 1)

    assert moved(li(there(date(2020, 1, 1), OTHER), there(later))) == [there(later, region="330302")]
    assert moved(li(there(MOVE.starts))) == [there(MOVE.starts, region="330302")]


def test_whoever_had_gone_or_is_dated_anew_already_is_left_as_they_are() -> None:
    gone = li(there(date(2020, 1, 1)), departures=(Departure(WORKS, date(2026, 2, 28)),))

    assert moved(gone) == moved(li(there(date(2020, 1, 1)), there(date(2026, 2, 1), OTHER))) == []
    assert moved(li(there(date(2020, 1, 1)), there(MOVE.starts, region="330302"))) == []


def test_of_whoever_is_restricted_or_forgotten_nothing_is_processed_and_nobody_moves_themselves() -> None:
    """PIPL 47, D07."""
    one = there(date(2020, 1, 1))

    assert moved(li(one, is_restricted=True)) == moved(li(one, is_forgotten=True)) == []
    assert moved(Person(PersonId("per_officer"), (one,))) == []


def test_a_major_is_its_sectors_and_stays_only_in_it() -> None:
    """R 4."""
    one = there(date(2020, 1, 1), sector="natural_resources", major="surveying")
    same = MoveUnit(role=MOVE.role, region="330302", sector="natural_resources", starts=MOVE.starts)

    assert [each.major for each in moved(li(one), same)] == ["surveying"]
    assert [each.major for each in moved(li(one))] == [None]


def test_an_account_of_the_unit_acts_for_it_in_both_places_and_none_is_granted_twice_or_to_oneself() -> None:
    own = Scope(role="unit", region="330203", unit=WORKS)
    there_too = Scope(role="unit", region="33", unit=WORKS)
    others = (Scope(role="unit", region="330203", unit=OTHER), Scope(role="recognised_organiser", region="3302"))
    clerk, wide = (Actor(ActorId(name), WORKS, None, scopes=scopes) for name, scopes in (
        ("acr_clerk", (own, *others)), ("acr_wide", (own, there_too))))
    gone = Actor(ActorId("acr_gone"), WORKS, None, Status.DISMISSED, (own,))
    officer = replace(BY, scopes=(own,))

    (granted,) = acting_anew([clerk, wide, gone, officer], WORKS, MOVE, BY)

    assert granted.event == ScopeGranted(actor=clerk.actor, scope=Scope(role="unit", region="330302", unit=WORKS))
