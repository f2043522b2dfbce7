"""Who waits for differences: whoever asks for what is near, whichever process keeps the file, and nobody in vain."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from threading import get_ident

import pytest
from projection_kit import NINGBO, House, exam, living
from test_differences import upkeep_of

from projections.differences.kept import Kept
from projections.differences.upkeep import Upkeep
from projections.files.reader import Reader

SHORT_S, LONG_S = 0, 60
_AHEAD = "projections.differences.ahead.NEAR_PEOPLE"
_UPKEEP = "projections.differences.upkeep"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with living(tmp_path / "house") as made:
        yield made


@pytest.fixture
def upkeep(house: House) -> Iterator[Upkeep]:
    made = upkeep_of(house)
    made.catch_up()
    yield made
    made.stop()


@pytest.fixture
def waits(upkeep: Upkeep, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The positions that somebody waited for, in vain."""
    found = list[int]()

    def noted(position: int, timeout_s: int) -> bool:
        found.append(position)
        return False

    monkeypatch.setattr(upkeep, "wait_for", noted)
    return found


@pytest.fixture
def commits(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The positions that were reached, one commit after the other."""
    found, write = list[int](), Kept.write

    def noted(self: Kept, at: int, changes: object) -> None:
        found.append(at)
        write(self, at, changes)  # type: ignore[arg-type]

    monkeypatch.setattr(Kept, "write", noted)
    return found


def roster_of(house: House, rows: int) -> int:
    """A class of so many people, taken in; gives the position before all its rows took effect."""
    people = [house.person(unit=house.unit(NINGBO, "industry")) for _ in range(rows)]
    house.followed()
    act = house.roster(rows)
    for person in people:
        house.row(act, person, exam("2021-03-01"))
    before = house.size
    act.close()
    house.followed()
    return before


def test_the_closing_of_a_roster_is_as_far_as_it_has_rows(
    house: House, upkeep: Upkeep, waits: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = roster_of(house, 3)
    monkeypatch.setattr(upkeep, "position", lambda: before)
    monkeypatch.setattr(_AHEAD, 2)
    assert not upkeep.wait_if_near(house.size, SHORT_S)
    assert waits == [], "one event, and more people than two"
    monkeypatch.setattr(_AHEAD, 3)
    upkeep.wait_if_near(house.size, SHORT_S)
    assert waits == [house.size]


def test_what_came_before_a_large_roster_was_closed_does_not_wait_for_it(
    house: House, upkeep: Upkeep, commits: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_AHEAD, 2)
    before = roster_of(house, 3)
    house.person()
    house.followed()
    upkeep.catch_up()

    assert before in commits, "it was known up to there before it was begun with the roster"
    assert commits[commits.index(before) + 1] == before + 1, "and of the roster in a commit of its own"
    assert commits[-1] == house.size > before + 1
    assert all(two - one <= 2 for one, two in pairwise(commits))


def test_a_round_asks_as_much_of_many_people_as_of_one(
    house: House, upkeep: Upkeep, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, rows, here = list[str](), Reader.rows, get_ident()

    def noted(self: Reader, query: str, values: object = ()) -> object:
        if get_ident() == here:  # What follows the ledger beside it asks, too, whenever it comes to it.
            asked.append(query)
        return rows(self, query, values)

    def questions(people: int) -> int:
        before = roster_of(house, people)
        everyone = upkeep.judge.registered(house.size, 99)
        asked.clear()
        found = dict(upkeep.judge.between(everyone, after=before, upto=house.size))
        assert len(found) == people
        return len(asked)

    monkeypatch.setattr(Reader, "rows", noted)
    questions(1)  # The law is read once.
    assert questions(2) == questions(8)


def test_where_nobody_comes_nearer_only_the_first_waits(house: House, upkeep: Upkeep, waits: list[int]) -> None:
    """As while a failure keeps the file where it stands: in another process than the one that knows of it, too."""
    house.person()
    house.followed()
    assert not upkeep.wait_if_near(house.size, SHORT_S)
    assert not upkeep.wait_if_near(house.size, SHORT_S)
    assert waits == [house.size]

    upkeep.catch_up()
    house.person()
    house.followed()
    assert not upkeep.wait_if_near(house.size, SHORT_S)
    assert len(waits) == 2, "it has moved since: it may move again"


def test_whoever_waits_in_another_process_has_the_one_that_keeps_the_file_go_on(
    house: House, upkeep: Upkeep, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"{_UPKEEP}.POLL_MS", 1_000 * 3_600)
    upkeep.start()
    assert upkeep.wait_for(house.size, LONG_S)
    with upkeep_of(house) as other:
        house.person()
        house.followed()
        assert other.wait_if_near(house.size, LONG_S), "it was rung, and not only looked for now and then"


def test_a_rest_ends_when_somebody_waits(house: House, upkeep: Upkeep, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{_UPKEEP}.REST", 10**9)
    monkeypatch.setattr(f"{_UPKEEP}.REST_MOST_S", 3_600)
    upkeep.start()
    for _ in range(2):
        house.person()
        house.followed()
        assert upkeep.wait_if_near(house.size, LONG_S)
