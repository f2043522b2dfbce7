"""A hand-over in parts is taken in one after another while the answers still follow; what does not belong waits."""

from __future__ import annotations

from typing import Any

import pytest
from province_kit import Three, entries, parts_of

from api.cases.importing import import_rows as cases
from api.house import House
from ledger.acts.imports import Rows
from ledger.errors import Refusal
from projections.opened import Files


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


def test_a_part_that_was_killed_in_the_middle_goes_on_with_its_file_and_nothing_stands_twice(
    apart: Three, monkeypatch: pytest.MonkeyPatch
) -> None:
    lis, write, left = [apart.living() for _ in range(4)], Rows.write, [3]
    for li in lis:
        apart.city.counted(li.in_city)
    parts = parts_of(apart, 2, at_once=2)

    def dying(self: Rows, some: Any, *, by: Any) -> Any:
        left[0] -= 1
        if left[0] == 0:
            raise KeyboardInterrupt
        return write(self, some, by=by)

    monkeypatch.setattr(cases, "CHUNK_REGISTERED", 1)
    monkeypatch.setattr(Rows, "write", dying)
    apart.province.took(parts[0])
    with pytest.raises(KeyboardInterrupt):
        apart.province.takes(parts[1])
    assert [len(entries(li.in_province)) for li in lis] == [1, 1, 0, 0], "nothing of what is open counts"
    monkeypatch.setattr(Rows, "write", write)
    assert [apart.province.took(part)["outcome"]["accepted"] for part in parts] == [2, 2]

    assert [len(entries(li.in_province)) for li in lis] == [1, 1, 1, 1]
    assert apart.province.accepted(apart.city.origin) == apart.city.size()
