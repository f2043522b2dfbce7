"""Clues made from nothing: beside their place, in great pieces, as following makes them; stopped, they go on.

What is compared and what is kept is shown in `test_clues.py`.
"""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from pattern_kit import Register, kept, paper, training

from projections.files.content import content
from projections.findings.clues import Clues

DAYS = ("2021-03-01", "2021-03-02", 4)


@pytest.fixture
def there(tmp_path: Path) -> Iterator[Register]:
    with kept(tmp_path) as made:
        yield made


def lives(there: Register, people: int) -> None:
    """Some claim, some state it again, or take it back, or are entered by an act that is closed, or that is not."""
    closed, opened = there.house.roster(1), there.house.roster(2)
    for number in range(people):
        who = there.person()
        claim = there.claim(who, training(*DAYS), paper("ab"), certificate_number=f"XF2021-{number:04d}",
                            address="192.0.2.7")
        if number % 2:
            there.revise(claim, training(*DAYS), paper("cd"), certificate_number=f"XF2022-{number:04d}")
        if number % 4 == 3:
            there.withdraw(claim)
        corrected = there.registered(who, training("2021-04-01", "2021-04-02", 4), certificate_number=f"XF24-{number}")
        there.correct(corrected, training("2021-04-01", "2021-04-01", 2), certificate_number="XF2023-0001")
        if number in (1, 2):
            there.registered(who, training("2021-05-01", "2021-05-02", 4), act=closed if number == 1 else opened)
    closed.close()


def said(path: Path) -> tuple[str, list[str]]:
    """What a file says, and by what it is looked up."""
    with closing(sqlite3.connect(path)) as file:
        query = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY sql"
        return content(file).sha256, [sql for (sql,) in file.execute(query)]


def made(there: Register) -> tuple[str, list[str]]:
    """What is said when everything is taken now, from nothing or from what was left."""
    with Clues(there.house.ledger, there.folder) as clues:
        assert clues.catch_up() == there.house.size
    assert not list(there.folder.glob("*.building.db*"))
    return said(clues.path)


def anew(there: Register) -> tuple[str, list[str]]:
    for path in there.folder.glob("clues.*"):
        path.unlink()
    return made(there)


def test_made_from_nothing_it_is_to_the_last_row_what_following_makes(there: Register) -> None:
    lives(there, 8)
    with Clues(there.house.ledger, there.folder) as clues:
        for position in range(1, there.house.size + 1):  # The first piece makes the file, the others follow.
            clues.catch_up(position)
    followed = said(clues.path)

    assert anew(there) == followed


def test_nobody_is_answered_from_what_is_being_made_and_what_was_stopped_goes_on(there: Register) -> None:
    lives(there, 8)
    with Clues(there.house.ledger, there.folder) as clues, pytest.raises(InterruptedError):
        clues.catch_up(there.house.size // 2, interrupted)
    assert not clues.path.exists()
    with Clues(there.house.ledger, there.folder) as clues:
        assert clues.position == there.house.size // 2
    gone_on = made(there)

    assert anew(there) == gone_on


def interrupted(_done: int, _total: int) -> None:
    raise InterruptedError


MAKER = """
import sys
sys.path[:0] = sys.argv[3:]
from pathlib import Path
from projection_kit import open_house
from projections.files import file
from projections.findings import clues
file._GATHERED, clues.EVENTS_AT_ONCE = 1, 5  # Of so short a log nothing else would be written before the end.
house = open_house(Path(sys.argv[1]), start=False)
def tell(done, total):
    if done > total // 2:
        print("makes", flush=True)
        sys.stdin.read()
clues.Clues(house.ledger, Path(sys.argv[2])).catch_up(tell=tell)
"""


def test_killed_in_the_making_it_comes_out_the_same(there: Register) -> None:
    lives(there, 8)
    folder = Path(__file__).parent
    with subprocess.Popen(
        [sys.executable, "-c", MAKER, str(there.house.folder), str(there.folder), str(folder), str(folder.parent)],
        text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=folder.parents[2],
    ) as process:
        assert process.stdout is not None
        assert "makes\n" in iter(process.stdout.readline, ""), "after lines of the log, if any"
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    with Clues(there.house.ledger, there.folder) as left:
        assert there.house.size // 2 < left.position < there.house.size and not left.path.exists()
    gone_on = made(there)

    assert anew(there) == gone_on


def test_made_anew_beside_what_stands_it_asks_no_paper_again_of_what_it_told(there: Register) -> None:
    there.files["ab" * 32] = b"\xff\xd8\xff\xda\0\x04AB" + bytes(9_000) + b"\xff\xd9"
    lives(there, 4)
    with Clues(there.house.ledger, there.folder, lambda _, sha256: there.files.get(sha256)) as clues:
        clues.catch_up()
        clues.read_papers(3)  # Some are left for later.
        stood, left = said(clues.path), clues.unread
        lives_on = there.claim(there.person(), training(*DAYS), paper("ab"))
        with pytest.raises(InterruptedError):
            clues.rebuild(there.house.size, interrupted)
        assert said(clues.path) == stood

        assert clues.rebuild(there.house.size, lambda *_: None) == there.house.size
        assert (clues.unread, clues.due()[-1]) == (left + 1, lives_on)
        position, stands, should = clues.compare(lambda *_: None)
        assert (position, stands) == (there.house.size, should)
        while clues.read_papers(9):
            pass
        read_through = said(clues.path)
    assert not list(there.folder.glob("clues.*.compare.db*"))
    for path in there.folder.glob("clues.*"):
        path.unlink()
    with Clues(there.house.ledger, there.folder, lambda _, sha256: there.files.get(sha256)) as clues:
        clues.catch_up()
        while clues.read_papers(9):
            pass
    assert said(clues.path) == read_through


def test_what_an_older_program_kept_goes_when_the_new_file_stands(there: Register) -> None:
    older = there.folder / "clues.0.db"
    lives(there, 1)
    there.folder.mkdir(exist_ok=True)
    older.write_bytes(b"of people whose keys may be gone")
    made(there)

    assert not older.exists()
