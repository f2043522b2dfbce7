"""A changed version is made beside the old one, which goes on answering; both are compared before one is swapped."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, ClassVar

import pytest
from projection_kit import House, close_house, open_house
from test_follower import Counter, say

from projections.errors import AlreadyFollowed
from projections.files.former import Changes, Former, Incomparable, TableChange, changes, others, remove_older
from projections.files.places import path_of
from projections.files.projection import Table
from projections.files.reader import Reader
from projections.files.rebuilding import rebuild_all
from projections.following.follower import Follower


class Newer(Counter):
    """Counts in capitals, and how long each word is."""

    version: ClassVar = 2
    tables: ClassVar = {"seen": Table({"event": int, "word": str, "length": int}, ("event",), dated=False)}

    def _seen(self, rows: Any, effect: Any) -> None:
        if effect.recorded == self.fails_at:
            raise KeyboardInterrupt
        if effect.recorded != 2:
            word = effect.event.origin.upper() if effect.recorded == 3 else effect.event.origin
            rows.insert("seen", {"event": effect.recorded, "word": word, "length": len(word)})


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = open_house(tmp_path / "house", start=False)
    say(made.ledger, 5)
    yield made
    close_house(made)


def folder_of(house: House) -> Path:
    return house.folder / "answers"


def following(house: House, projection: Counter) -> Follower:
    follower = Follower(house.ledger, folder_of(house), [projection])
    follower.start()
    assert follower.wait_for(house.size, 60)
    return follower


def rebuilt(house: House, projection: Counter) -> tuple[int, list[Changes | Incomparable]]:
    found: list[Changes | Incomparable] = []
    made = rebuild_all(house.ledger, folder_of(house), [projection], lambda *_: None, found=found.append)
    return made[projection.name], found


def words(folder: Path, projection: Counter) -> list[Any]:
    return Reader(projection, folder).rows("SELECT word FROM seen ORDER BY event")


def names(house: House) -> list[str]:
    return sorted(path.name for path in folder_of(house).glob("counter.*.db*") if "-" not in path.name)


def test_while_the_old_program_follows_the_new_version_is_made_beside_compared_and_found_at_the_next_start(
    house: House
) -> None:
    old = following(house, Counter())
    position, (found,) = rebuilt(house, Newer())

    assert isinstance(found, Changes) and position == 5
    assert (found.before, found.after, found.position) == (1, 2, 5)
    assert found.root == house.ledger.store.frontier(5).root().hex()
    seen, waiting = found.tables
    assert seen == TableChange("seen", 5, 4, 1, 0, 1, (), ("length",), (((2, "x"), None), ((3, "x"), (3, "X"))))
    assert waiting.is_same and not found.are_none
    say(house.ledger)   # The old one goes on answering, and following.
    assert old.wait_for(6, 60)
    assert words(folder_of(house), Counter()) == [("x",)] * 6
    assert names(house) == ["counter.1.db", "counter.2.db"]
    old.stop()
    prepared = path_of(folder_of(house), Newer()).stat().st_ino
    new = following(house, Newer())
    assert path_of(folder_of(house), Newer()).stat().st_ino == prepared, "it has only to catch up"
    assert words(folder_of(house), Newer()) == [("x",), ("X",), ("x",), ("x",), ("x",)]
    assert names(house) == ["counter.2.db"]
    new.stop()


def test_what_an_older_program_follows_is_not_touched_and_what_this_one_follows_is_refused(house: House) -> None:
    old = following(house, Counter())
    before = path_of(folder_of(house), Counter()).stat().st_ino
    with pytest.raises(AlreadyFollowed):
        rebuilt(house, Counter())
    rebuilt(house, Newer())
    with pytest.raises(AlreadyFollowed):
        rebuilt(house, Newer())   # It is there, and perhaps somebody waits to follow it.
    assert path_of(folder_of(house), Counter()).stat().st_ino == before
    old.stop()


@pytest.mark.parametrize("follows", [True, False])
def test_stopped_anywhere_the_old_one_is_whole_and_nothing_else_is_there(house: House, follows: bool) -> None:
    old = following(house, Counter())
    if not follows:
        old.stop()
    for at in (1, 3, 5):
        newer = Newer()
        newer.fails_at = at
        with pytest.raises(KeyboardInterrupt):
            rebuilt(house, newer)
        assert names(house) == ["counter.1.db"]
        assert words(folder_of(house), Counter()) == [("x",)] * 5
    if follows:
        old.stop()


def test_with_nobody_following_it_is_compared_and_takes_the_place_of_the_old_one(house: House) -> None:
    following(house, Counter()).stop()
    say(house.ledger, 2)
    position, (found,) = rebuilt(house, Newer())

    assert isinstance(found, Changes) and (found.position, position) == (5, 7), "as of where the old one stands"
    assert names(house) == ["counter.2.db"]
    assert len(words(folder_of(house), Newer())) == 6


def test_the_same_version_made_anew_is_compared_too(house: House) -> None:
    following(house, Counter()).stop()
    _, (found,) = rebuilt(house, Counter())
    assert isinstance(found, Changes) and found.are_none
    with closing(sqlite3.connect(path_of(folder_of(house), Counter()))) as spoilt:
        spoilt.execute("UPDATE seen SET word = 'y' WHERE event = 4")
        spoilt.execute("INSERT INTO seen VALUES (9, 'z')")
        spoilt.commit()
    _, (found,) = rebuilt(house, Counter())

    assert isinstance(found, Changes)
    assert found.tables[0].shown == (((4, "y"), (4, "x")), ((9, "z"), None))
    assert words(folder_of(house), Counter()) == [("x",)] * 5


@pytest.mark.parametrize(("stood", "is_sorted"), [("abc", False), ("cab", True)])
def test_rows_in_the_order_in_which_they_were_entered_are_not_sorted_and_in_another_are_the_same_too(
    tmp_path: Path, stood: str, is_sorted: bool
) -> None:
    asked: list[str] = []
    with closing(sqlite3.connect(tmp_path / "stood.db")) as before, closing(sqlite3.connect(":memory:")) as made:
        for connection, names in ((before, stood), (made, "abc")):
            connection.execute("CREATE TABLE seen (name TEXT NOT NULL, worth INTEGER)")
            connection.executemany("INSERT INTO seen VALUES (?, ?)", [(name, ord(name)) for name in names])
            connection.commit()
        made.set_trace_callback(asked.append)
        found = changes(Former("seen", tmp_path / "stood.db", 1, 3, ""), made, 1)

        assert isinstance(found, Changes) and found.are_none
        assert (found.tables[0].before, found.tables[0].after) == (3, 3)
        assert any("ORDER BY" in one for one in asked) == is_sorted


def _cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:300])


def _of_another_log(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE projection SET leaf_sha256 = 'other'")
        connection.commit()


def _ahead(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE projection SET position = 99")
        connection.commit()


def _of_another_version(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE projection SET version = 9")
        connection.commit()


@pytest.mark.parametrize(("spoil", "because"), [
    (_cut_off, "damaged"), (_of_another_log, "other_log"), (_ahead, "ahead_of_log"),
    (_of_another_version, "other_version"),
])
def test_what_cannot_be_compared_is_told_and_does_not_hold_up_the_new_one(
    house: House, spoil: Any, because: str
) -> None:
    following(house, Counter()).stop()
    spoil(path_of(folder_of(house), Counter()))
    position, (found,) = rebuilt(house, Newer())

    assert found == Incomparable("counter", 1, because) and position == 5
    assert names(house) == ["counter.2.db"]


def test_a_newer_programs_file_is_left_alone_for_when_it_comes_back(house: House) -> None:
    following(house, Newer()).stop()
    following(house, Counter()).stop()

    assert names(house) == ["counter.1.db", "counter.2.db"]
    assert list(others(folder_of(house), Counter())) == [2]
    assert remove_older(folder_of(house), Counter()) == []
    again = following(house, Newer())
    assert names(house) == ["counter.2.db"]
    again.stop()


def test_rows_whose_key_is_another_one_are_told_apart_by_all_that_both_have(house: House) -> None:
    class Keyed(Counter):
        version: ClassVar = 3
        tables: ClassVar = {"seen": Table({"event": int, "word": str}, ("event", "word"), dated=False)}

    following(house, Counter()).stop()
    _, (found,) = rebuilt(house, Keyed())
    assert isinstance(found, Changes) and found.are_none
