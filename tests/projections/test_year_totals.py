"""The totals of a year: of decisions alone, the same bytes for the same events, and each line provable by itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from projection_kit import NINGBO, House, living, seminar

from ledger.proof.merkle import Unprovable
from projections.year_totals import Line, Totals, changed_claims, changes, check_line, still_open, year_totals


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with living(tmp_path / "house") as made:
        yield made


def test_lines_stand_in_the_order_of_ids_and_each_is_proven_by_its_own_path() -> None:
    lines = tuple(Line(f"per_{number:03d}", 1, (100 * number, 0, 50)) for number in range(23))
    totals = Totals(2025, 9, lines)
    for line in lines:
        found = totals.of(line.person)
        assert found is not None
        place, own = found
        check_line(own.text, place, len(lines), totals.prove(place), totals.root)
        with pytest.raises(Unprovable):
            check_line(own.text.replace(b" 50\n", b" 51\n"), place, len(lines), totals.prove(place), totals.root)
    assert totals.of("per_023") is None and totals.of("per_0005") is None
    assert (totals.entries, totals.total_centi) == (23, sum(range(23)) * 100 + 23 * 50)


def test_a_register_of_nobody_has_the_root_of_the_empty_tree() -> None:
    assert Totals(2025, 1, ()).root == Totals(2024, 9, ()).root and Totals(2025, 1, ()).of("per_1") is None


def test_what_is_decided_counts_in_its_year_as_of_each_position(house: House) -> None:
    works = house.unit(NINGBO, "industry")
    one, other = house.person(unit=works), house.person(unit=works)
    house.registered(one, seminar("2025-05-03"))
    house.registered(other, seminar("2024-05-03"))
    entries, before = house.followed().file("entries", house.size)[0], house.size
    was = year_totals(entries, 2025, before)
    assert [(line.person, line.entries) for line in was.lines] == [(str(one), 1)]

    late = house.registered(other, seminar("2025-06-03"))
    entries = house.followed().file("entries", house.size)[0]
    now = year_totals(entries, 2025, house.size)
    assert year_totals(entries, 2025, before) == was  # For ever.
    assert [(each.person, each.before) for each in changes(was, now)] == [(str(other), None)]
    (changed,) = changed_claims(entries, 2025, before, house.size)
    assert (changed.claim, changed.before, changed.after[0]) == (late, ("", 0), "approved")
    assert changed_claims(entries, 2024, before, house.size) == [] and still_open(entries, 2025, house.size) == []
