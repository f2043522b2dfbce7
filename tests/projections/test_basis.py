"""The axes are read strictly, what they name is settled exactly, and what cannot be answered says why."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from projection_kit import NINGBO, House, any_book, close_house, living, open_house

from policies.rulebook import Rulebook
from projections.answers import Answers
from projections.basis import Axes, Basis, Moment, axes_of, microseconds, position_of, read_axes, written_time
from projections.errors import (
    AsOfBeforeLedger,
    AsOfInFuture,
    AsOfMalformed,
    LawChanged,
    LawMalformed,
    LawUnknown,
    NotFollowedYet,
    ValidOnMalformed,
)

DRAFT = "hangzhou-credits/2025-06-06"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with living(tmp_path / "house") as made:
        yield made


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-11-21T10:00:00+08:00", datetime(2026, 11, 21, 2, tzinfo=UTC)),
        ("2026-11-21t02:00:00z", datetime(2026, 11, 21, 2, tzinfo=UTC)),
        ("2026-11-21T02:00:00.5Z", datetime(2026, 11, 21, 2, 0, 0, 500_000, tzinfo=UTC)),
        ("2026-11-20T21:00:00.000001-05:00", datetime(2026, 11, 21, 2, 0, 0, 1, tzinfo=UTC)),
    ],
)
def test_a_time_is_read_with_its_offset(text: str, at: datetime) -> None:
    assert read_axes(as_of=text).as_of == Moment(text, microseconds(at), None)


def test_a_bare_date_is_the_end_of_that_day_here() -> None:
    midnight = datetime(2026, 11, 21, 16, tzinfo=UTC)

    assert read_axes(as_of="2026-11-21").as_of == Moment("2026-11-21", microseconds(midnight), date(2026, 11, 21))


@pytest.mark.parametrize("text", [
    "", "-1", "+1", "01", "1.0", "１", "now", "2026-11-21T10:00:00", "2026-11-21 10:00:00+08:00",
    "2026-11-21T10:00:00 08:00", "2026-13-01", "2026-02-30", "20261121T100000Z", "2026-W01-1",
    "2026-11-21T25:00:00Z", "2026-11-21T10:00:00.1234567Z", "1" * 19, "2026-11-21T10:00:00+99:00",
])
def test_any_other_as_of_is_refused_with_its_forms(text: str) -> None:
    with pytest.raises(AsOfMalformed, match="应为事件位置") as told:
        read_axes(as_of=text)
    assert told.value.code == "as_of_malformed"


@pytest.mark.parametrize("text", ["", "2026-2-3", "2026-02-30", "41", "20260203"])
def test_any_valid_on_but_a_date_is_refused(text: str) -> None:
    with pytest.raises(ValidOnMalformed):
        read_axes(valid_on=text)


@pytest.mark.parametrize("text", ["", "Then", "later", "set:", "set:a,", "set:,a", "wenzhou/2020-11-27",
                                  "set:" + ",".join(map(str, range(65)))])
def test_any_other_law_is_refused(text: str) -> None:
    with pytest.raises(LawMalformed):
        read_axes(law=text)


def test_a_set_names_each_rulebook_once_in_the_order_given() -> None:
    assert read_axes(law="set:b,a,b").law_set == ("b", "a")
    assert read_axes(law="now").law_set is None


def test_a_recorded_time_is_written_as_people_here_read_it() -> None:
    assert written_time(1_767_225_600_000_001) == "2026-01-01T08:00:00.000001+08:00"


def test_as_of_a_time_is_the_last_event_recorded_before_it(house: House) -> None:
    answers = house.followed()
    recorded_at = house.ledger.at(5).envelope.recorded_at  # type: ignore[union-attr]
    written = written_time(recorded_at)

    assert answers.settle(read_axes(as_of=written)) == 4
    assert answers.basis(read_axes(as_of="5")).as_of_time == written


def test_as_of_a_date_is_the_last_event_of_that_day(house: House) -> None:
    house.clock.on("2026-03-01")
    house.unit(NINGBO, "industry")
    march = house.size
    house.clock.on("2026-03-02")
    house.unit(NINGBO, "industry")
    answers = house.followed()

    assert answers.settle(read_axes(as_of="2026-03-01")) == march
    assert answers.settle(read_axes(as_of="2026-03-02")) == house.size, "today's end has not come: all that is known"
    with pytest.raises(AsOfBeforeLedger, match="2026-01-01T08:00:00"):
        answers.settle(read_axes(as_of="2025-01-01"))


@pytest.mark.parametrize("text", ["2026-03-03", "2026-03-02T12:00:05+08:00", "1000000"])
def test_the_future_is_not_known_yet(house: House, text: str) -> None:
    house.clock.on("2026-03-02")

    with pytest.raises(AsOfInFuture, match="尚未到来") as told:
        house.followed().settle(read_axes(as_of=text))
    assert told.value.code == "as_of_in_future"


def test_an_empty_log_answers_too(tmp_path: Path) -> None:
    house = open_house(tmp_path / "house")
    assert house.follower.wait_for(0)
    assert house.answers.wait_for(0)
    basis = house.answers.basis(Axes()).as_json()

    assert (basis["as_of"], basis["as_of_time"], basis["log_size"], basis["rulebooks"]) == (0, None, 0, [])
    close_house(house)


def test_a_position_that_nobody_follows_yet_is_refused_after_a_while(house: House) -> None:
    house.followed()
    house.follower.stop()
    house.unit(NINGBO, "industry")
    house.answers._wait_ms = 20

    with pytest.raises(NotFollowedYet) as told:
        house.answers.settle(read_axes(as_of=str(house.size)))
    assert (told.value.code, told.value.wanted) == ("projection_behind", house.size)


def test_a_basis_cites_size_and_root_of_the_log(house: House) -> None:
    basis = house.followed().basis(read_axes(as_of="7"))

    assert (basis.as_of, basis.log_size) == (7, 7)
    assert basis.root == house.ledger.store.frontier(7).root()
    assert house.answers.basis(read_axes(as_of="7", law="now")).log_size == house.size


def test_the_axes_of_a_basis_lead_to_it_again(house: House) -> None:
    answers: Any = house.followed()
    for axes in (read_axes(), read_axes(as_of="9", law="now"), read_axes(valid_on="2021-02-03")):
        basis = answers.basis(axes).as_json()
        assert answers.basis(axes_of(basis)).as_json() == basis


@pytest.mark.parametrize("asks", [
    lambda basis: axes_of(basis.as_json()),
    lambda basis: read_axes(law=f"set:{DRAFT}@{basis.rulebooks[0].digest}"),
])
def test_a_draft_that_was_changed_is_not_taken_for_the_one_of_an_old_basis(
    house: House, asks: Callable[[Basis], Axes]
) -> None:
    draft = any_book(DRAFT)
    changed = replace(draft, digest="f" * 64)

    def answers(*kept: Rulebook) -> Answers:
        """Under its id the first of them is found, under its digest each that is kept."""
        books = {**{book.digest: book for book in kept}, DRAFT: kept[0]}
        return Answers(
            house.ledger, house.folder / "answers", book=books.__getitem__, now=lambda: house.clock.ns // 1_000)

    house.followed()
    before = answers(draft).basis(read_axes(law=f"set:{DRAFT}"))
    assert answers(changed).basis(read_axes(law=f"set:{DRAFT}")).digests == ("f" * 64,)
    assert answers(changed, draft).basis(asks(before)).digests == before.digests == (draft.digest,)
    with pytest.raises(LawChanged) as told:
        answers(changed).basis(asks(before))
    assert (told.value.code, told.value.found) == ("law_changed", "f" * 64)
    other = "zhejiang/2016-08-01"
    with pytest.raises(LawChanged):
        answers(draft).basis(read_axes(law=f"set:{other}@{draft.digest}"))
    with pytest.raises(LawUnknown):
        answers(draft).basis(read_axes(law=f"set:nobody/2020-01-01@{'0' * 64}"))


def test_times_are_found_without_a_float() -> None:
    size, times = 5, [10, 20, 30, 40, 50]

    def position_at(before: int) -> int:
        return sum(time < before for time in times)

    assert position_of(Moment("t", 31, None), size=size, now=100, position_at=position_at) == 3
    assert position_of(3, size=size, now=100, position_at=position_at) == 3
