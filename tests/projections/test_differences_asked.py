"""Differences are asked under any axes: of past days, of past positions, under other laws, of one person and of all."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from projection_kit import FIVE, HANGZHOU, NINGBO, House, any_book, close_house, exam, living, open_house
from test_differences import manual, upkeep_of
from test_random_histories import live, many_times, steps

from policies.rulebook import Rulebook
from projections.answers import Answers
from projections.basis import Axes, axes_of
from projections.books import Books
from projections.differences.asked import KEPT_MOST, NAME, AskedDifferences, BeingWeighed
from projections.differences.person import Judge
from projections.differences.queue import Filters, Rows, read_entries, read_offices, read_years

DAY = date(2021, 6, 30)
WAIT_S = 20


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with living(tmp_path / "house") as made:
        yield made


def asked_of(
    answers: Answers, folder: Path, *, each_most: int = 1_000, book: Callable[[str], Rulebook] = any_book
) -> AskedDifferences:
    judge = Judge(answers.ledger, answers._people, answers._entries, answers._laws, Books(book))
    return AskedDifferences(answers.ledger, folder, judge, each_most=each_most)


def told(rows: Rows, as_of: int) -> Any:
    every = Filters()
    return (read_entries(rows, None, every, as_of=as_of, after=None, limit=500).items,
            read_years(rows, None, every, as_of=as_of, after=None, limit=500).items,
            read_offices(rows, None, every, as_of=as_of))


def claims(rows: Rows, as_of: int) -> list[tuple[str, str, str]]:
    return [(one["claim"], one["decided"]["counted"], one["evaluated"]["counted"]) for one in told(rows, as_of)[0]]


def test_of_what_had_happened_by_a_day_only_that_differs(house: House) -> None:
    person = house.person(unit=house.unit(NINGBO, "industry"))
    first, second = (house.registered(person, exam(day), ruling=manual(900)) for day in ("2021-03-01", "2021-09-01"))
    answers = house.followed()
    asked = answers.asked_differences
    now, by_then = (answers.basis(Axes(valid_on=day)) for day in (None, DAY))

    assert claims(asked.of_everyone(now, WAIT_S), house.size) == [(first, "9", "6"), (second, "9", "6")]
    assert claims(asked.of_everyone(by_then, WAIT_S), house.size) == [(first, "9", "6")]
    (year,) = told(asked.of_everyone(by_then, WAIT_S), house.size)[1]
    assert (year["decided"]["total"], year["evaluated"]["total"]) == ("9", "6")


def test_a_transfer_that_came_later_than_the_day_moves_nothing(house: House) -> None:
    person = house.person(unit=house.unit(NINGBO, "industry"))
    claim = house.registered(person, exam("2021-09-01"))
    house.affiliate(person, house.unit(HANGZHOU, "environment"), "2021-07-01")
    answers = house.followed()
    asked = answers.asked_differences

    for valid_on, expected in ((None, [(claim, "6", "30")]), (date(2021, 9, 1), [(claim, "6", "30")]), (DAY, [])):
        basis = answers.basis(Axes(valid_on=valid_on))
        assert claims(asked.of_everyone(basis, WAIT_S), house.size) == expected
        assert claims(asked.of_person(basis, person), house.size) == expected


def test_under_another_law_each_number_is_that_laws_since_the_decision(tmp_path: Path) -> None:
    with living(tmp_path / "house") as house:
        person = house.person(unit=house.unit(NINGBO, "industry"))
        claim = house.registered(person, exam("2021-03-01"))
        decided = house.size
        answers = house.followed()
        basis = answers.basis(Axes(law="set:zhejiang/2016-08-01"))
        (row,), (year,), (office,) = told(answers.asked_differences.of_everyone(basis, WAIT_S), house.size)

        assert claims(answers.asked_differences.of_everyone(answers.basis(Axes()), WAIT_S), house.size) == []
        assert (row["claim"], row["decided"]["counted"], row["evaluated"]["counted"]) == (claim, "6", "0")
        assert (row["since"], row["evaluated"]["rulebook"]) == (decided, None), "P has no rate for it, and never had"
        assert (year["year"], office["waiting"]) == (2021, 1)


def test_now_is_the_law_of_the_head_also_for_what_was_known_before_it(tmp_path: Path) -> None:
    house = open_house(tmp_path / "house")
    house.settle()
    house.enact("zhejiang/2016-08-01")
    person = house.person(unit=house.unit(NINGBO, "industry"))
    house.registered(person, exam("2021-03-01"))
    stood = house.size
    house.enact("ningbo-industry/2019-01-01")
    answers = house.followed()
    asked = answers.asked_differences

    then, now = (answers.basis(Axes(as_of=stood, law=law)) for law in ("then", "now"))
    assert [len(claims(asked.of_everyone(basis, WAIT_S), stood)) for basis in (then, now)] == [1, 0]
    assert answers.basis(axes_of(now.as_json())) == now
    close_house(house)


def test_a_basis_that_is_asked_again_gives_the_same_whatever_has_come_since_or_was_deleted(house: House) -> None:
    people = [house.person(unit=house.unit(NINGBO, "industry")) for _ in range(2)]
    for person in people:
        house.registered(person, exam("2021-03-01"), ruling=manual(900))
    answers = house.followed()
    asked, stood = answers.asked_differences, house.size
    basis = answers.basis(Axes(valid_on=DAY, law="now"))
    first = told(asked.of_everyone(basis, WAIT_S), stood)
    house.registered(people[0], exam("2021-04-01"), ruling=manual(900))
    house.followed()
    again = answers.basis(axes_of(basis.as_json()))

    assert again == basis
    assert told(asked.of_everyone(again, WAIT_S), stood) == first
    for folder in (house.folder / "answers" / NAME).iterdir():
        (file,) = folder.glob("*.db")
        file.unlink()
    assert told(asked.of_everyone(again, WAIT_S), stood) == first


def check(history: list[Any]) -> None:
    """One by one, in bulk and one person after another: of random days, positions and laws it is the same."""
    with TemporaryDirectory() as folder:
        house = open_house(Path(folder) / "house")
        try:
            house.settle()
            house.enact(*FIVE[:2])
            live(house, history)
            house.enact(*FIVE[2:])
            live(house, [(what, number + 1, study) for what, number, study in reversed(history)])
            answers, rng = house.followed(), random.Random(len(history))
            people = [person for (person,) in answers._people.rows("SELECT DISTINCT person FROM persons")]
            one_by_one = asked_of(answers, house.folder / "answers")
            in_bulk = asked_of(answers, house.folder / "answers", each_most=0)
            for law in ("then", "now", f"set:{FIVE[1]},{FIVE[3]}"):
                axes = Axes(rng.randint(house.size // 2, house.size),
                            date(rng.randint(2018, 2024), rng.randint(1, 12), 15), law)
                basis = answers.basis(axes)
                found = told(one_by_one.of_everyone(basis, WAIT_S), basis.as_of)
                for made in (house.folder / "answers" / NAME).iterdir():
                    (made / "differences.1.db").unlink(missing_ok=True)
                assert told(in_bulk.of_everyone(basis, WAIT_S), basis.as_of) == found
                rows = [told(one_by_one.of_person(basis, person), basis.as_of) for person in people]
                assert sorted((one["claim"] for entries, _, _ in rows for one in entries)) == sorted(
                    one["claim"] for one in found[0])
                for person, (_, years, _) in zip(people, rows, strict=True):
                    assert years == tuple(one for one in found[1] if one["person"] == person)
                # The answers on each person say the same.
                for person in people:
                    answer = answers.years(person, axes)
                    differ = [] if answer is None else [
                        one["entry"] for year in answer["years"] for one in year["differences"]]
                    assert sorted(differ) == sorted(
                        one["claim"] for one in found[0] if one["person"] == person)
        finally:
            close_house(house)


@settings(max_examples=4, derandomize=True, deadline=None, phases=(Phase.generate,))
@given(steps)
def test_one_by_one_in_bulk_and_on_each_person_it_is_the_same_under_any_axes(history: list[Any]) -> None:
    check(history)


@pytest.mark.torture
def test_the_same_many_times(record_property: Any) -> None:
    many_times(check, 100, record_property, phases=(Phase.generate,))


def test_before_the_kept_file_was_made_it_is_what_that_file_would_have_said(house: House) -> None:
    person = house.person(unit=house.unit(NINGBO, "industry"))
    house.registered(person, exam("2021-03-01"), ruling=manual(900))
    answers = house.followed()
    with upkeep_of(house) as upkeep:
        assert upkeep.wait_for(house.size, 60)
        stood = house.size
        kept = told(answers.differences, stood)
        house.registered(person, exam("2021-04-01"), ruling=manual(900))

        assert told(answers.asked_differences.of_everyone(answers.basis(Axes(as_of=stood)), WAIT_S), stood) == kept


def test_whoever_asks_while_everyone_is_weighed_is_told_how_far_it_is_and_gets_it_in_the_end(
    house: House
) -> None:
    people = [house.person(unit=house.unit(NINGBO, "industry")) for _ in range(3)]
    for person in people:
        house.registered(person, exam("2021-03-01"), ruling=manual(900))
    answers = house.followed()
    is_at_it, may_go_on = threading.Event(), threading.Event()

    def slowly(name: str) -> Rulebook:
        is_at_it.set()
        assert may_go_on.wait(WAIT_S)
        return any_book(name)

    asked = asked_of(answers, house.folder / "answers", book=slowly)
    one, other = (answers.basis(Axes(valid_on=day)) for day in (DAY, date(2020, 1, 1)))
    with pytest.raises(BeingWeighed):
        asked.of_everyone(one, 0)
    assert is_at_it.wait(WAIT_S)
    with pytest.raises(BeingWeighed, match="0 / 3") as told_of:
        asked.of_everyone(one, 0)
    assert told_of.value.seen == {"as_of": house.size, "log_size": house.size}
    with pytest.raises(BeingWeighed):
        asked.of_everyone(other, 0)   # One after the other.
    may_go_on.set()
    assert len(claims(asked.of_everyone(one, WAIT_S), house.size)) == 3
    assert claims(asked.of_everyone(other, WAIT_S), house.size) == []


def test_what_a_kill_left_is_taken_away_and_of_many_the_newest_are_kept(house: House) -> None:
    answers, root = house.followed(), house.folder / "answers" / NAME
    left = root / ".0123"
    left.mkdir(parents=True)
    (left / "differences.1.db").write_bytes(b"half")
    for day in range(1, KEPT_MOST + 3):
        answers.asked_differences.of_everyone(answers.basis(Axes(valid_on=date(2021, 1, day))), WAIT_S)

    assert not left.exists()
    assert len(list(root.iterdir())) == KEPT_MOST
