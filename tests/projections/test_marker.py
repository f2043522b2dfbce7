"""After an orderly stop no file is checked for damage again; after a kill each is, and whatever anyone touched."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest
from projection_kit import NINGBO, House, close_house, living, open_house
from structlog.testing import capture_logs

from projections.answers import projections
from projections.files import marker
from projections.files.places import path_of
from projections.files.rebuilding import rebuild_all
from projections.following.follower import Follower
from projections.people import People

ALL = sorted(path_of(Path(), one).name for one in projections())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A register whose follower stopped in order."""
    with living(tmp_path / "house") as house:
        house.unit(NINGBO, "industry")
        house.followed()
    return tmp_path / "house"


@pytest.fixture
def stopped(folder: Path) -> Iterator[House]:
    house = open_house(folder, start=False)
    house.numbers = count(900)
    yield house
    close_house(house)


def checked(house: House) -> list[str]:
    """Which files are checked for damage when they are followed again, until another orderly stop."""
    follower = Follower(house.ledger, house.folder / "answers", projections())
    with capture_logs() as lines:
        follower.start()
        assert follower.wait_for(house.size, 60)
        follower.stop()
    return sorted(line["file"] for line in lines if line["event"] == "projection_checked")


def test_after_an_orderly_stop_no_file_is_checked(stopped: House) -> None:
    assert (stopped.folder / "answers" / marker.NAME).exists()
    assert checked(stopped) == []
    stopped.unit(NINGBO, "industry")
    assert checked(stopped) == [], "also what it has followed meanwhile was left in order"


def test_what_a_rebuild_put_in_place_is_not_read_through_again(stopped: House) -> None:
    answers = stopped.folder / "answers"
    (answers / marker.NAME).unlink()
    rebuild_all(stopped.ledger, answers, [People()], lambda *_: None)
    assert checked(stopped) == [one for one in ALL if not one.startswith("people.")]

    rebuild_all(stopped.ledger, answers, [People()], lambda *_: None)
    assert checked(stopped) == [], "what was left in order before is still as it was left"


def test_a_rebuild_that_was_stopped_vouches_for_nothing_of_its_own(stopped: House) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rebuild_all(stopped.ledger, stopped.folder / "answers", [People()], stop)

    assert checked(stopped) == [one for one in ALL if one.startswith("people.")]


def test_while_it_follows_there_is_no_marker(folder: Path) -> None:
    house = open_house(folder)

    assert not (folder / "answers" / marker.NAME).exists()
    close_house(house)
    assert (folder / "answers" / marker.NAME).exists()


def test_a_reader_that_still_has_the_files_open_is_in_nobodys_way(stopped: House) -> None:
    stopped.answers.position()

    assert checked(stopped) == []
    stopped.unit(NINGBO, "industry")
    assert checked(stopped) == []
    assert checked(stopped) == []


KILLED = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from projection_kit import open_house
house = open_house(Path(sys.argv[1]))
assert house.follower.wait_for(house.size, 60)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_after_a_kill_every_file_is_checked(stopped: House) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(stopped.folder), str(Path(__file__).parent)],
        cwd=Path(__file__).parents[2], stdout=subprocess.DEVNULL, check=False,
    )

    assert killed.returncode == -signal.SIGKILL
    assert checked(stopped) == ALL
    assert checked(stopped) == []


def test_a_file_that_somebody_wrote_to_is_checked_and_no_other(stopped: House) -> None:
    path = path_of(stopped.folder / "answers", People())
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE units SET status = 'else'")

    assert checked(stopped) == [path.name]


def test_a_file_that_was_put_in_its_place_is_checked_though_its_time_and_size_are_the_same(stopped: House) -> None:
    path = path_of(stopped.folder / "answers", People())
    shutil.copy2(path, path.with_suffix(".copy"))
    path.with_suffix(".copy").replace(path)

    assert checked(stopped) == [path.name]


@pytest.mark.parametrize("text", ["", '{"people.1.db": [[1, 2', "\x00" * 40])
def test_half_a_marker_is_none(stopped: House, text: str) -> None:
    (stopped.folder / "answers" / marker.NAME).write_text(text)

    assert checked(stopped) == ALL


def test_a_start_that_fails_leaves_no_marker(stopped: House) -> None:
    folder = stopped.folder / "answers"
    path = path_of(folder, People())
    away = path.rename(path.with_suffix(".away"))
    path.mkdir()  # No file can be opened there.
    with pytest.raises(sqlite3.OperationalError):
        Follower(stopped.ledger, folder, projections()).start()

    assert not (folder / marker.NAME).exists()
    path.rmdir()
    away.replace(path)
    assert checked(stopped) == ALL
