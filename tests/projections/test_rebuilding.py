"""What stands can be compared with what the log says, and made anew; whatever stops it, what stood stands."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from projection_kit import NINGBO, House, exam, living

from projections.answers import projections
from projections.entries import Entries
from projections.errors import AlreadyFollowed, NotBuilt
from projections.file import path_of
from projections.rebuilding import compare, rebuild


def lived(house: House) -> Path:
    person = house.person(unit=house.unit(NINGBO, "industry"))
    house.registered(person, exam("2021-03-01"))
    house.followed()
    return house.folder / "answers"


def spoil(folder: Path) -> None:
    with closing(sqlite3.connect(path_of(folder, Entries()))) as connection:
        connection.execute("UPDATE decisions SET assessed_centi = 9999")
        connection.commit()


def no_progress(done: int, total: int) -> None:
    """Nobody looks."""


def test_what_is_followed_is_what_the_log_says(tmp_path: Path) -> None:
    with living(tmp_path / "house") as house:
        folder = lived(house)
        for projection in projections():
            found = compare(house.ledger, folder, projection, no_progress)
            assert found.holds and found.stands.position == house.size
        assert not list(folder.glob("*.compare.db*"))


def test_one_changed_number_is_found_and_a_rebuild_puts_it_right(tmp_path: Path) -> None:
    with living(tmp_path / "house") as house:
        folder = lived(house)
        spoil(folder)
        assert not compare(house.ledger, folder, Entries(), no_progress).holds
        house.follower.stop()
        seen: list[tuple[int, int]] = []

        assert rebuild(house.ledger, folder, Entries(), lambda done, total: seen.append((done, total))) == house.size
        assert compare(house.ledger, folder, Entries(), no_progress).holds
        assert (seen[0], seen[-1]) == ((0, house.size), (house.size, house.size))


def test_nobody_rebuilds_while_another_follows(tmp_path: Path) -> None:
    with living(tmp_path / "house") as house:
        folder = lived(house)
        with pytest.raises(AlreadyFollowed):
            rebuild(house.ledger, folder, Entries(), no_progress)


def test_a_rebuild_that_is_stopped_leaves_what_stood(tmp_path: Path) -> None:
    with living(tmp_path / "house") as house:
        folder = lived(house)
        house.follower.stop()
        files = sorted(folder.iterdir())

        def stop(done: int, total: int) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            rebuild(house.ledger, folder, Entries(), stop)
        with pytest.raises(KeyboardInterrupt):
            compare(house.ledger, folder, Entries(), stop)

        assert [path for path in sorted(folder.iterdir()) if "-" not in path.name] == [
            path for path in files if "-" not in path.name]
        assert compare(house.ledger, folder, Entries(), no_progress).holds


def test_what_is_not_there_cannot_be_compared_but_can_be_made(tmp_path: Path) -> None:
    with living(tmp_path / "house") as house:
        folder = lived(house)
        house.follower.stop()
        path_of(folder, Entries()).unlink()

        with pytest.raises(NotBuilt):
            compare(house.ledger, folder, Entries(), no_progress)
        rebuild(house.ledger, folder, Entries(), no_progress)
        assert compare(house.ledger, folder, Entries(), no_progress).holds
