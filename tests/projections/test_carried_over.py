"""What was written ahead of a file is carried over beside the rounds, which wait for no disk meanwhile."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest
from projection_kit import living
from test_follower import Counter, made_up_to, say

import projections.files.carrying
from projections.files.carrying import Carrier
from projections.files.content import stands
from projections.files.file import ProjectionFile
from projections.files.places import path_of
from projections.following.follower import Follower
from tests.waiting import until


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A little is much."""
    monkeypatch.setattr(projections.files.carrying, "_MUCH", 10)


def seen(file: ProjectionFile, numbers: count[int], rows: int) -> None:
    """Write so many rows of words."""
    for _ in range(rows):
        file.rows.insert("seen", {"event": next(numbers), "word": "x" * 100})
    file.rows.write()
    file.connection.commit()


def test_what_was_written_ahead_is_carried_over_once_it_is_much(tmp_path: Path) -> None:
    numbers = count(1)
    with closing(ProjectionFile(Counter(), tmp_path / "live.db")) as file:
        for rows, is_much in ((100, False), (7_000, True), (100, False)):
            seen(file, numbers, rows)
            before = file.path.stat().st_size

            assert file.ahead.is_much == is_much
            if is_much:
                file.ahead.carry_over()
                assert file.path.stat().st_size > before + 100_000


@pytest.mark.usefixtures("soon")
def test_what_was_carried_over_beside_its_writer_is_written_over_from_the_front(tmp_path: Path) -> None:
    numbers = count(1)
    with closing(ProjectionFile(Counter(), tmp_path / "live.db")) as file:
        ahead = file.path.with_name(f"{file.path.name}-wal")
        seen(file, numbers, 1_000)
        length = ahead.stat().st_size
        for _ in range(10):
            file.ahead.carry_over()
            seen(file, numbers, 1_000)

        assert ahead.stat().st_size < 3 * length
        assert file.connection.execute("SELECT count(*) FROM seen").fetchone()[0] == 11_000


@pytest.mark.usefixtures("soon")
def test_rounds_go_on_while_a_file_is_carried_over_and_nothing_else_is_begun(tmp_path: Path) -> None:
    with living(tmp_path / "house") as house:
        house.follower.stop()
        follower = Follower(house.ledger, tmp_path, [Counter()])
        follower.start()
        say(house.ledger, 3)
        until(lambda: follower._tracks["counter"].live)
        live = follower._tracks["counter"].live
        assert live is not None
        assert follower._carrier is not None
        try:
            with live.ahead._carrying:  # As long as this takes, the disk does.
                say(house.ledger, 20)
                until(lambda: follower._carrier and not follower._carrier.is_free)
                for _ in range(3):
                    say(house.ledger, 20)
                    assert follower.wait_for(house.size, 60)
                assert not follower._carrier.is_free
            until(lambda: follower._carrier and follower._carrier.is_free)
        finally:
            follower.stop()
        assert stands(path_of(tmp_path, Counter()), house.ledger) == made_up_to(
            house.ledger, Counter(), house.size, tmp_path / "fresh.db")


def test_a_file_is_let_go_of_only_when_nothing_of_it_is_being_carried_over(tmp_path: Path) -> None:
    file = ProjectionFile(Counter(), tmp_path / "live.db")
    seen(file, count(1), 100)
    letting_go = threading.Thread(target=file.let_go)
    with file.ahead._carrying:
        letting_go.start()
        letting_go.join(0.05)

        assert letting_go.is_alive()
        assert file.connection.execute("SELECT count(*) FROM seen").fetchone()[0] == 100, "it is open"
    letting_go.join()
    carrier = Carrier()
    carrier.carry_over(file.ahead)  # It was handed over a moment before: there is nothing to do any more.
    carrier.end()
    assert carrier.is_free
    with pytest.raises(sqlite3.ProgrammingError):
        file.connection.execute("SELECT 1")
    assert not file.path.with_name(f"{file.path.name}-wal").exists()
