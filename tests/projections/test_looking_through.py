"""Large files that nobody left in order are followed at once, and read through for damage beside that."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from projection_kit import NINGBO, close_house, living, open_house
from structlog.testing import capture_logs

from projections.answers import projections
from projections.files import marker
from projections.files.places import path_of
from projections.following import looking_through
from projections.people import People
from tests.waiting import until

ALL = sorted(path_of(Path(), one).name for one in projections())
ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n"


@pytest.fixture(autouse=True)
def every_file_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking_through, "AT_ONCE_BYTES", 0)


@pytest.fixture
def killed(tmp_path: Path) -> Path:
    """A register whose follower was killed, as far as its files tell."""
    with living(tmp_path / "house") as house:
        for _ in range(40):
            house.unit(NINGBO, "industry")
        house.followed()
    (tmp_path / "house" / "answers" / marker.NAME).unlink()
    return tmp_path / "house"


@pytest.fixture
def said() -> Iterator[list[Any]]:
    with capture_logs() as lines:
        yield lines


def checked(said: list[Any]) -> list[str]:
    return sorted(line["file"] for line in said if line["event"] == "projection_checked")


def vouched_for(folder: Path) -> list[str]:
    return sorted(json.loads((folder / "answers" / marker.NAME).read_text("utf-8")))


def found_sound(folder: Path) -> bool:
    return (folder / "answers" / "follower.lock").read_text("ascii").endswith("sound")


def content(path: Path) -> list[Any]:
    with closing(sqlite3.connect(path)) as file:
        return file.execute("SELECT * FROM units ORDER BY unit").fetchall()


def test_they_are_followed_at_once_and_known_to_be_whole_when_each_was_read(killed: Path, said: list[Any]) -> None:
    house = open_house(killed)
    house.numbers = count(900)
    house.unit(NINGBO, "industry")
    house.followed()
    until(lambda: found_sound(killed), "the check has not ended")
    close_house(house)

    assert checked(said) == ALL
    assert vouched_for(killed) == ALL
    close_house(open_house(killed))
    assert checked(said) == ALL, "once"


def test_while_it_is_read_it_answers_and_who_stops_before_the_end_vouches_for_nothing(
    killed: Path, said: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking_through, "_CHECK", ENDLESS)
    house = open_house(killed)
    house.numbers = count(900)
    house.unit(NINGBO, "industry")
    house.followed()
    assert not found_sound(killed), "whoever comes after a death now looks through them again"
    close_house(house)

    assert checked(said) == []
    assert vouched_for(killed) == []


def test_a_page_that_the_disk_lost_is_found_and_the_file_made_anew(killed: Path, said: list[Any]) -> None:
    path = path_of(killed / "answers", People())
    lost = bytearray(path.read_bytes())
    page = int.from_bytes(lost[16:18], "big")
    with closing(sqlite3.connect(path)) as file:
        (root,) = file.execute("SELECT rootpage FROM sqlite_master WHERE name = 'units'").fetchone()
    before = content(path)
    lost[(root - 1) * page:root * page] = bytes(page)
    path.write_bytes(lost)

    house = open_house(killed)
    house.followed()
    until(lambda: any(line["event"] == "projection_built" for line in said), "it is not made anew")
    house.followed()
    close_house(house)

    assert ("people", "damaged") in [
        (line["projection"], line["because"]) for line in said if line["event"] == "projection_discarded"]
    assert [line["file"] for line in said if line["event"] == "projection_checked" and not line["sound"]] == [path.name]
    assert content(path) == before
