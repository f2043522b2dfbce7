"""A year is closed once, when it is over, by an office whose place holds every place of the register."""

from __future__ import annotations

from msgspec.structs import replace

from ledger.errors import Refusal
from ledger.events.actor import Scope
from ledger.events.year import YearClosed
from ledger.streams import year as years
from ledger.streams.decision import rebuild
from ledger.streams.standing import Actor, Status
from ledger.vocabulary import ActorId, HoursCenti, UnitId

OFFICE = Actor(ActorId("acr_office"), UnitId("unt_office"), None,
               scopes=(Scope(role="human_resources", region="33"),))
CLOSE = years.CloseYear(
    year=2025, role="human_resources", this_year=2026, regions=("330203", "330301"), as_of=100, root="r",
    format="xueshi-year-totals/1", totals_root="t", people=2, entries=3, total_centi=HoursCenti(1_200), still_open=1,
    document="某文件")


def outcome(closing: years.Closing | None, command: years.CloseYear = CLOSE, by: Actor = OFFICE) -> str:
    decided = years.decide_closing(closing, command, by)
    return decided.code if isinstance(decided, Refusal) else type(decided[0].event).__name__


def closed() -> YearClosed:
    decided = years.decide_closing(None, CLOSE, OFFICE)
    assert not isinstance(decided, Refusal)
    (draft,) = decided
    assert isinstance(draft.event, YearClosed) and draft.event.stream == "yrs_2025" and draft.event.subjects() == ()
    return draft.event


def test_a_year_that_is_over_is_closed_with_its_totals() -> None:
    event = closed()
    assert (event.as_of, event.totals_root, event.people, event.still_open) == (100, "t", 2, 1)
    assert event.document == "某文件"


def test_it_is_closed_once() -> None:
    closing = rebuild(years.evolve, [closed()])
    assert closing is not None and outcome(closing) == "year_closed"
    again = years.evolve(closing, replace(closing.closed, as_of=999))
    assert again.closed.as_of == 100  # The first close is the close.


def test_a_year_that_has_days_left_stays_open() -> None:
    for this_year in (2024, 2025):
        assert outcome(None, replace(CLOSE, this_year=this_year)) == "year_not_over"


def test_of_a_year_without_hours_there_is_nothing_to_fix() -> None:
    assert outcome(None, replace(CLOSE, entries=0)) == "year_empty"


def test_an_office_of_one_city_does_not_close_the_year_of_another() -> None:
    city = replace(OFFICE, scopes=(Scope(role="human_resources", region="3302"),))
    assert outcome(None, by=city) == "outside_scope"
    assert outcome(None, replace(CLOSE, regions=("330203",)), city) == "YearClosed"


def test_only_the_human_resources_closes_a_year() -> None:
    assert outcome(None, by=replace(OFFICE, scopes=(Scope(role="policy_office", region="33"),))) == "role_not_held"
    assert outcome(None, by=replace(OFFICE, status=Status.SUSPENDED)) == "actor_suspended"
