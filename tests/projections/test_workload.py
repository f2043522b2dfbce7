"""How much waits with each office, since when; and the same of any day that is past."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from projection_kit import HANGZHOU, NINGBO, House, exam, living

from ledger.events.actor import Scope
from projections.workload import Load, days_waited, workload

PROVINCE = [Scope(role=role, region="33") for role in ("sector_authority", "unit", "human_resources")]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with living(tmp_path / "house") as made:
        yield made


def loads(house: House, *scopes: Scope, **more: object) -> list[Load]:
    return workload(house.followed(), scopes or PROVINCE, **more)[0]  # type: ignore[arg-type]


def test_what_waits_is_counted_office_by_office_with_the_oldest_of_each(house: House) -> None:
    works, other = house.unit(NINGBO, "industry"), house.unit(HANGZHOU, "industry")
    li, wang = house.person(unit=works), house.person(unit=other)
    first = house.submit(li, exam("2021-03-01"))
    at = house.size
    for _ in range(2):
        house.submit(li, exam("2021-03-01"))
    elsewhere = house.submit(wang, exam("2021-03-01"))

    assert [(one.role, one.region, one.kind, one.waiting, one.oldest) for one in loads(house)] == [
        ("sector_authority", NINGBO, "claim", 3, first), ("sector_authority", HANGZHOU, "claim", 1, elsewhere)]
    assert loads(house)[0].since == at
    house.approve(first)
    assert [one.waiting for one in loads(house)] == [2, 1]
    assert loads(house)[0].since == at + 1
    assert [one.waiting for one in loads(house, as_of=at)] == [1]


def test_what_waits_for_units_is_told_for_a_place_and_of_one_county_unit_by_unit(house: House) -> None:
    works, other, alone = (house.unit(place, "industry") for place in (NINGBO, NINGBO, HANGZHOU))
    for unit in (works, works, other, alone):
        house.request(house.person(), unit, "2022-01-01")

    for as_of in (None, house.size):
        assert [(one.region, one.kind, one.unit, one.units, one.waiting) for one in loads(house, as_of=as_of)] == [
            (NINGBO, "transfer", None, 2, 3), (HANGZHOU, "transfer", alone, 1, 1)]
        assert [(one.role, one.kind, one.unit, one.units, one.waiting)
                for one in loads(house, region=NINGBO, as_of=as_of)] == [
            ("unit", "transfer", works, 1, 2), ("unit", "transfer", other, 1, 1)]


def test_an_overview_of_a_province_has_no_more_lines_the_more_units_have_work(house: House) -> None:
    lines = set()
    for _ in range(3):
        for _ in range(4):
            house.request(house.person(), house.unit(NINGBO, "industry"), "2022-01-01")
        lines.add(len(loads(house)))

    assert lines == {1} and loads(house)[0].units == 12


def test_an_overview_is_of_a_region_within_the_scopes_and_of_every_role_for_whoever_watches(house: House) -> None:
    for region in (NINGBO, HANGZHOU):
        house.submit(house.person(unit=house.unit(region, "industry")), exam("2021-03-01"))
    supervisor = Scope(role="supervisor", region="33")

    assert [one.region for one in loads(house, region="3302")] == [NINGBO]
    assert [one.region for one in loads(house, Scope(role="sector_authority", region="3301"))] == [HANGZHOU]
    assert loads(house, supervisor) == []
    assert {one.region for one in loads(house, supervisor, every_role=True)} == {NINGBO, HANGZHOU}
    assert workload(house.answers, [])[0] == []


def test_no_unit_is_counted_for_its_own_people(house: House) -> None:
    new = house.unit(NINGBO, "industry", verified=False)

    assert [one.kind for one in loads(house)] == ["unit"]
    assert loads(house, organisation=new) == []


def test_days_are_legal_days() -> None:
    just_before_midnight = 1_767_225_600_000_000 - 8 * 3_600_000_000 - 1  # 2025-12-31 23:59:59 at +08:00.

    assert days_waited(just_before_midnight, date(2026, 1, 1)) == 1
    assert days_waited(just_before_midnight + 1, date(2026, 1, 1)) == 0
