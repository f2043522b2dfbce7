"""Units found by what they are or were called, by code, within scopes, and as of a position."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from projection_kit import HANGZHOU, NINGBO, WENZHOU, House, living

from ledger.events.actor import Scope
from ledger.events.unit import Contact
from ledger.streams import unit as units
from ledger.vocabulary import UnitId
from projections.units import units_counted, units_found

TAIZHOU = "331002"
CODE = "91330200000000017Q"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with living(tmp_path / "house") as made:
        yield made


def names(house: House, text: str, **more: Any) -> list[str]:
    return [one.name for one in units_found(house.followed(), text, **more).items]


def test_a_unit_is_found_by_a_part_of_its_name_and_by_what_it_was_called(house: House) -> None:
    works = house.unit(NINGBO, "industry", name="象山机床厂")
    house.unit(HANGZHOU, "environment", name="西湖监测站")
    at = house.record(units.decide_renaming(
        house.load(works, units.evolve),
        units.RenameUnit(role="human_resources", name="象山重工", starts=date(2024, 1, 1)), house.officer))

    assert names(house, "重工") == names(house, "机床") == ["象山重工"]
    assert names(house, "重工", as_of=at.start - 1) == []
    assert names(house, "机床", as_of=at.start - 1) == ["象山机床厂"]
    assert names(house, "")[-2:] == ["象山重工", "西湖监测站"], "in the order of registration"
    assert names(house, "%") == names(house, "_") == [], "what is typed is text, not a pattern"


def test_a_unit_is_found_by_its_whole_code_in_either_case_and_by_no_part_of_it(house: House) -> None:
    command = units.RegisterUnit(unit=UnitId(house.new("unt")), credit_code=CODE, name="未核验的厂", region=NINGBO,
                                 sector="industry", contact=Contact(name="王芳"))
    house.record(units.decide_unit_registration(None, command))

    assert names(house, CODE) == names(house, CODE.lower()) == ["未核验的厂"]
    assert names(house, CODE[:-1]) == []


def test_scopes_and_statuses_narrow_and_a_page_goes_on_where_the_last_ended(house: House) -> None:
    for number in range(3):
        house.unit(TAIZHOU, "industry", name=f"台厂 {number}")
    house.unit(WENZHOU, "environment", name="瓯站", verified=False)
    taizhou = [Scope(role="human_resources", region="3310")]
    first = units_found(house.followed(), "", scopes=taizhou, limit=2)
    assert first.next is not None

    assert [one.name for one in first.items] == ["台厂 0", "台厂 1"]
    assert names(house, "", scopes=taizhou, after=first.next[0]) == ["台厂 2"]
    assert names(house, "", scopes=[Scope(role="sector_authority", region="33", sector="environment")]) == ["瓯站"]
    assert names(house, "", scopes=[]) == []
    assert names(house, "", status="registered") == ["瓯站"]
    assert units_counted(house.answers, "台厂") == {"verified": 3}
    assert units_counted(house.answers, "", scopes=taizhou) == {"verified": 3}
