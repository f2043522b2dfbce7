"""A hand-over in parts is taken in one after another while the answers still follow; what does not belong waits."""

from __future__ import annotations

from typing import Any

import pytest
from province_kit import Three, entries

from api.callers import Caller
from api.cases import hand_overs
from api.cases.hand_overs import Made
from api.house import House
from ledger.errors import Refusal
from projections.files import Files


@pytest.fixture
def waits(apart: Three, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How often the province waits for its answers, which are where they were when this began."""
    asked, house, settled = list[int](), apart.province.town.house, House.settled
    assert house.settled() is None
    at = house.answers.position()

    def noted(self: House, *given: Any) -> Refusal | None:
        if self is house:
            asked.append(self.ledger.store.size())
        return settled(self, *given)

    monkeypatch.setattr(House, "settled", noted)
    position = Files.position
    monkeypatch.setattr(Files, "position", lambda self: at if self is house.answers else position(self))
    return asked


def parts_of(there: Three, number: int) -> list[bytes]:
    house = there.city.town.house
    caller = house.tokens.caller(there.city.people.token, now=house.now, trace="t")
    assert isinstance(caller, Caller)
    found, size = list[bytes](), None
    for part in range(1, number + 1):
        made = hand_overs.make(house, caller, 0, part=part, size=size, at_once=1)
        assert isinstance(made, Made)
        size = made.header.size
        found.append(made.content)
    return found


def test_no_part_waits_until_the_one_before_is_followed(apart: Three, waits: list[int]) -> None:
    lis = [apart.living() for _ in range(3)]
    for li in lis:
        apart.city.counted(li.in_city)
    for part in parts_of(apart, 3):
        assert apart.province.took(part)["outcome"]["accepted"] == 1
    assert not waits
    assert [len(entries(li.in_province)) for li in lis] == [1, 1, 1]


def test_the_next_hand_over_waits_until_it_is_known_that_the_last_was_accepted(
    apart: Three, waits: list[int]
) -> None:
    li = apart.living()
    apart.city.counted(li.in_city)
    apart.province.took(apart.city.file())
    size = apart.city.size()
    apart.city.counted(li.in_city, date="2026-05-01")
    assert not waits
    assert apart.province.took(apart.city.file(size))["outcome"]["accepted"] == 1
    assert waits
