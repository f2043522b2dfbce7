"""How far files speak is told beside them: never more than they hold, of no other file, in no other run."""

from __future__ import annotations

import sqlite3
import struct
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

from projection_kit import NINGBO, living

from projections.answers import projections
from projections.files.places import discard, path_of
from projections.files.reached import Reached, Telling, take_back
from projections.files.reader import Reader
from projections.files.rebuilding import compare
from projections.following.follower import Follower
from projections.laws import Laws

NAMES = ("people.2.db", "laws.1.db")
NOTHING = (0, 0)


def test_what_is_told_of_a_file_is_read_for_that_file_alone(tmp_path: Path) -> None:
    telling = Telling(tmp_path, dict.fromkeys(NAMES, NOTHING))
    people, laws = (Reached(tmp_path / name) for name in NAMES)
    telling.tell(NAMES[0], 7, 100)
    telling.tell(NAMES[1], 8, 90)

    assert (people.position(7), laws.position(8)) == (100, 90)
    assert people.position(8) == 0, "another file lies there now"
    telling.tell(NAMES[0], 9, 120)
    assert (people.position(7), people.position(9)) == (0, 120)
    assert Reached(tmp_path / "work.3.db").position(7) == 0, "nothing was told of it"


def test_the_next_follower_tells_everything_anew(tmp_path: Path) -> None:
    people = Reached(tmp_path / NAMES[0])
    Telling(tmp_path, dict.fromkeys(NAMES, NOTHING)).tell(NAMES[0], 7, 100)
    assert people.position(7) == 100

    after = Telling(tmp_path, dict.fromkeys(NAMES[::-1], NOTHING))
    assert people.position(7) == 0
    after.tell(NAMES[0], 7, 200)
    assert people.position(7) == 200


def test_whoever_follows_next_leaves_no_moment_in_which_nothing_is_told(tmp_path: Path) -> None:
    Telling(tmp_path, {NAMES[0]: (7, 100)})

    assert Reached(tmp_path / NAMES[0]).position(7) == 100


def test_nothing_is_told_where_it_was_taken_back_or_of_another_run_of_the_machine(tmp_path: Path) -> None:
    telling = Telling(tmp_path, dict.fromkeys(NAMES, NOTHING))
    telling.tell(NAMES[0], 7, 100)
    path = tmp_path / "follower.reached"
    told = path.read_bytes()
    (run,) = struct.unpack_from("Q", told)
    path.unlink()
    path.write_bytes(struct.pack("Q", run + 1) + told[8:])
    assert Reached(tmp_path / NAMES[0]).position(7) == 0

    path.unlink()
    path.write_bytes(told)
    assert Reached(tmp_path / NAMES[0]).position(7) == 100
    take_back(tmp_path)
    assert Reached(tmp_path / NAMES[0]).position(7) == 0


def test_half_of_it_tells_nothing(tmp_path: Path) -> None:
    for said in (b"", b"\0" * 15, struct.pack("QQ", 1, 9_999), b"\xff" * 4_096):
        (tmp_path / "follower.reached").unlink(missing_ok=True)
        (tmp_path / "follower.reached").write_bytes(said)
        assert Reached(tmp_path / NAMES[0]).position(7) == 0


def test_of_a_file_that_is_deleted_nothing_is_told_before_another_lies_there(tmp_path: Path) -> None:
    telling, path = Telling(tmp_path, dict.fromkeys(NAMES, NOTHING)), tmp_path / NAMES[0]
    path.touch()
    telling.tell(NAMES[0], inode := path.stat().st_ino, 100)
    telling.tell(NAMES[1], 8, 90)
    discard(path)

    assert Reached(path).position(inode) == 0
    assert Reached(tmp_path / NAMES[1]).position(8) == 90


def own(path: Path) -> Any:
    """What the file says of itself."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT position FROM projection").fetchone()[0]


def test_a_file_that_events_do_not_change_is_not_written_and_speaks_of_them(tmp_path: Path) -> None:
    with living(tmp_path / "house") as house:
        house.followed()
        folder = house.folder / "answers"
        path = path_of(folder, Laws())
        before, modified = own(path), path.with_name(f"{path.name}-wal").stat().st_mtime_ns
        for _ in range(3):
            house.unit(NINGBO, "industry")
            house.followed()

        assert (own(path), path.with_name(f"{path.name}-wal").stat().st_mtime_ns) == (before, modified)
        assert Reader(Laws(), folder).position() == house.size > before
        found = compare(house.ledger, folder, Laws(), lambda *_: None)
        assert found.holds
        assert found.stands.position == house.size
        house.follower.stop()
        assert own(path) == house.size, "what nobody tells any more it says itself"


def test_after_a_kill_nobody_is_told_less_than_before(tmp_path: Path) -> None:
    """As a kill leaves it: what was told stands, and the file itself says less."""
    with living(tmp_path / "house") as house:
        house.followed()
        folder = house.folder / "answers"
        path, told_at = path_of(folder, Laws()), folder / "follower.reached"
        with closing(sqlite3.connect(path)) as connection:
            before = connection.execute("SELECT position, leaf_sha256 FROM projection").fetchone()
        house.unit(NINGBO, "industry")
        house.followed()
        told, size = told_at.read_bytes(), house.size
        house.follower.stop()
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("UPDATE projection SET position = ?, leaf_sha256 = ?", before)
        told_at.write_bytes(told)
        reader, stopping = Reader(Laws(), folder), threading.Event()
        assert reader.position() == size > before[0]

        seen: list[int] = []

        def watch() -> None:
            while not stopping.is_set():
                seen.append(reader.position())

        watching = threading.Thread(target=watch)
        watching.start()
        follower = Follower(house.ledger, folder, projections())
        follower.start()
        assert follower.position("laws") == size
        stopping.set()
        watching.join()
        follower.stop()
        assert seen
        assert min(seen) == size
