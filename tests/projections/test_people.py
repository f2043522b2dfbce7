"""People and units as of any position: what was entered, when it was known, and never who it is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from msgspec.structs import replace
from projection_kit import HANGZHOU, NINGBO, WENZHOU, House, living

from ledger.streams import person as persons
from ledger.streams import person_career as careers
from ledger.streams import transfer as transfers
from ledger.streams import unit as units
from ledger.streams.standing import Actor
from ledger.vocabulary import UnitId
from projections.errors import AsOfInFuture


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with living(tmp_path / "house") as made:
        yield made


def test_a_person_is_known_from_the_position_of_registration_on(house: House) -> None:
    person = house.person()
    at = house.size
    answers = house.followed()
    found = answers.person(person)

    assert found is not None
    assert (found.person, found.origin, found.event, found.affiliations) == (person, "self", at, ())
    assert answers.person(person, at - 1) is None
    assert answers.person("per_nobody") is None


def test_a_position_in_the_future_is_refused(house: House) -> None:
    with pytest.raises(AsOfInFuture):
        house.followed().person("per_x", house.size + 1)


def test_an_affiliation_is_known_from_its_event_and_holds_from_its_day(house: House) -> None:
    one, two = house.unit(NINGBO, "industry"), house.unit(HANGZHOU, "environment")
    person = house.person(unit=two, starts="2020-01-01")
    before = house.size
    late = house.affiliate(person, one, "2019-01-01")
    answers = house.followed()

    def known(as_of: int | None = None) -> list[tuple[str, str, int]]:
        found = answers.person(person, as_of)
        assert found is not None
        return [(affiliation.starts, affiliation.unit, affiliation.event) for affiliation in found.affiliations]

    assert known(before) == [("2020-01-01", two, before)]
    assert known() == [("2019-01-01", one, late), ("2020-01-01", two, before)]


def test_what_was_struck_out_stays_to_be_seen_as_of_before(house: House) -> None:
    works = house.unit(NINGBO, "industry")
    person = house.person(unit=works)
    house.leave(person, works, "2021-06-30")
    titled = careers.RecordTitle(role="human_resources", level="engineer", obtained_on=date(2018, 11, 30))
    house.record(careers.decide_title(house.load(person, persons.evolve), titled, house.officer))
    before = house.size
    for decide, command in (
        (careers.decide_departure_void,
         careers.VoidDeparture(role="human_resources", unit=works, ends=date(2021, 6, 30))),
        (careers.decide_title_void,
         careers.VoidTitle(role="human_resources", level="engineer", obtained_on=date(2018, 11, 30))),
        (careers.decide_affiliation_void, careers.VoidAffiliation(role="human_resources", starts=date(2018, 1, 1))),
    ):
        house.record(decide(house.load(person, persons.evolve), command, house.officer))  # type: ignore[operator]
    answers = house.followed()
    now, then = answers.person(person), answers.person(person, before)

    assert now is not None and then is not None
    assert (now.affiliations, now.departures, now.titles) == ((), (), ())
    assert [one.ends for one in then.departures] == ["2021-06-30"]
    assert [(one.level, one.series) for one in then.titles] == [("engineer", None)]
    assert len(then.affiliations) == 1


def test_a_restriction_holds_until_it_is_lifted(house: House) -> None:
    person = house.person()
    for decide, command in (
        (persons.decide_restriction, persons.RestrictPerson(role="human_resources", basis="PIPL 47")),
        (persons.decide_restriction_lift, persons.LiftRestriction(role="human_resources", basis="PIPL 47")),
    ):
        house.record(decide(house.load(person, persons.evolve), command, house.officer))  # type: ignore[operator]
    answers, size = house.followed(), house.size

    states = [answers.person(person, at).restricted for at in (size - 2, size - 1, size)]  # type: ignore[union-attr]
    assert states == [False, True, False]


def test_a_transfer_is_followed_to_its_end(house: House) -> None:
    works = house.unit(NINGBO, "industry")
    person = house.person()
    transfer = house.request(person, works, "2022-01-01")
    asked = house.size
    answer = transfers.RefuseTransfer(role="unit", words="查无此人")
    state = house.load(transfer, transfers.evolve)
    house.record(transfers.decide_transfer_refusal(
        state, answer, house.load(person, persons.evolve), house.load(works, units.evolve),
        _of(house, works)))
    answers = house.followed()

    assert answers.transfer(transfer, asked).status == "requested"  # type: ignore[union-attr]
    found = answers.transfer(transfer)
    assert found is not None and (found.status, found.events) == ("refused", (asked, asked + 1))
    assert answers.person(person).transfers == (found,)  # type: ignore[union-attr]
    assert answers.transfer("trf_none") is None


def test_a_confirmed_transfer_has_the_day_that_the_unit_put_right(house: House) -> None:
    works = house.unit(NINGBO, "industry")
    person = house.person()
    transfer = house.request(person, works, "2022-01-01")
    command = transfers.ConfirmTransfer(role="unit", starts=date(2022, 2, 1))
    house.record(transfers.decide_confirmation(
        house.load(transfer, transfers.evolve), command, house.load(person, persons.evolve),
        house.load(works, units.evolve), _of(house, works)))
    answers = house.followed()
    found = answers.person(person)

    assert found is not None
    assert [(one.status, one.starts) for one in found.transfers] == [("confirmed", "2022-02-01")]
    assert [(one.starts, one.transfer) for one in found.affiliations] == [("2022-02-01", transfer)]


def _of(house: House, unit: UnitId) -> Actor:
    """The officer as one who acts for a unit."""
    return replace(house.officer, organisation=unit)


def test_names_and_seats_of_a_unit_are_dated(house: House) -> None:
    works = house.unit(NINGBO, "industry", name="甬江机械厂")
    first = house.size
    for decide, command in (
        (units.decide_renaming, units.RenameUnit(role="human_resources", name="甬江机械公司", starts=date(2021, 3, 1))),
        (units.decide_move,
         units.MoveUnit(role="human_resources", region=WENZHOU, sector="industry", starts=date(2022, 1, 1))),
        (units.decide_closing, units.CloseUnit(role="human_resources", ends=date(2023, 1, 1))),
    ):
        house.record(decide(house.load(works, units.evolve), command, house.officer))  # type: ignore[operator]
    answers = house.followed()
    now, then = answers.unit(works), answers.unit(works, first)

    assert now is not None and then is not None
    assert [now.name_on(day) for day in ("2021-02-28", "2021-03-01")] == ["甬江机械厂", "甬江机械公司"]
    assert [now.seat_on(day).region for day in ("2021-12-31", "2022-01-01")] == [NINGBO, WENZHOU]
    assert (now.status, now.ended_on) == ("closed", "2023-01-01")
    assert (then.status, len(then.names), len(then.seats)) == ("verified", 1, 1)
    state = house.load(works, units.evolve)
    assert [(one.name, one.starts or str(date.min)) for one in now.names] == [
        (one.name, str(one.starts)) for one in state.names]
