"""Where people belonged over time, and who belonged to a unit on a day, as it was known then and as it is known now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from projection_kit import HANGZHOU, NINGBO, House, living

from ledger.events.actor import Scope
from ledger.streams import person as persons
from ledger.streams import transfer as transfers
from ledger.streams import unit as units
from ledger.streams.standing import Actor
from projections.affiliations import affiliations_of, members_of


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with living(tmp_path / "house") as made:
        yield made


def spans(house: House, person: Any, **axes: Any) -> list[tuple[str, str, str | None, str | None]]:
    found = affiliations_of(house.followed(), person, **axes)
    assert found is not None
    return [(one["unit"], one["from"], one["to"], one["ended_by"]) for one in found]


def members(house: House, unit: Any, on: str, **more: Any) -> list[str]:
    return [one["person"] for one in members_of(house.followed(), unit, date.fromisoformat(on), **more).items]


def test_a_later_affiliation_and_a_last_day_end_an_affiliation_and_both_are_told(house: House) -> None:
    works, other = house.unit(NINGBO, "industry"), house.unit(HANGZHOU, "environment")
    li = house.person(unit=works, starts="2018-01-01")
    house.affiliate(li, other, "2020-07-01")
    left = house.leave(li, other, "2022-05-31")

    assert spans(house, li) == [
        (works, "2018-01-01", "2020-06-30", "next"), (other, "2020-07-01", "2022-05-31", "departure")]
    last = (affiliations_of(house.answers, li) or [])[-1]
    assert (last["events"][-1], last["region"], last["sector"]) == (left, HANGZHOU, "environment")
    assert spans(house, li, valid_on=date(2020, 6, 30)) == [(works, "2018-01-01", None, None)]
    assert affiliations_of(house.answers, "per_nobody") is None


def test_the_transfer_behind_an_affiliation_is_told_with_its_events(house: House) -> None:
    works, li = house.unit(NINGBO, "industry"), house.person()
    transfer = house.request(li, works, "2021-01-01")
    asked = house.size
    state = house.load(transfer, transfers.evolve)
    clerk = Actor("acr_clerk", works, None, scopes=(Scope(role="unit", region="33", unit=works),))  # type: ignore[arg-type]
    house.record(transfers.decide_confirmation(
        state, transfers.ConfirmTransfer(role="unit"), house.load(li, persons.evolve),
        house.load(works, units.evolve), clerk))
    (one,) = affiliations_of(house.followed(), li) or []

    assert (one["transfer"], one["events"]) == (transfer, [asked, *range(asked + 1, house.size + 1)])


def test_who_belonged_on_a_day_follows_from_everything_that_was_entered(house: House) -> None:
    works, other = house.unit(NINGBO, "industry"), house.unit(HANGZHOU, "environment")
    stays, goes, leaves = (house.person(unit=works, starts="2018-01-01") for _ in range(3))
    late = house.person(unit=works, starts="2023-01-01")
    house.leave(leaves, works, "2021-03-31")
    known = house.size
    house.affiliate(goes, other, "2021-01-01")  # Back-dated: entered now, true since then.

    assert members(house, works, "2020-12-31") == [stays, goes, leaves]
    assert members(house, works, "2021-03-31") == [stays, leaves]
    assert members(house, works, "2021-04-01") == [stays]
    assert members(house, works, "2023-01-01") == [stays, late]
    assert members(house, works, "2021-04-01", as_of=known) == [stays, goes], "as it was known then"
    assert members(house, other, "2021-01-01") == [goes]
    assert members(house, works, "2017-12-31") == []


def test_pages_of_members_are_whole_and_stable(house: House) -> None:
    works = house.unit(NINGBO, "industry")
    people = [house.person(unit=works) for _ in range(7)]
    gone = people.pop(3)
    house.leave(gone, works, "2018-01-01")
    page = members_of(house.followed(), works, date(2020, 1, 1), limit=3)
    seen = [one["person"] for one in page.items]
    house.leave(people[-1], works, "2019-01-01")
    house.followed()
    while page.next is not None:
        page = members_of(house.answers, works, date(2020, 1, 1), limit=3, as_of=page.as_of, after=page.next[0])
        seen += [one["person"] for one in page.items]

    assert seen == people
