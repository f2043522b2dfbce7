"""Of several processes one follows and the others stand by: they answer the same, and one of them takes over."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from itertools import groupby
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from projection_kit import NINGBO, House, exam, living, open_house
from test_follower import Counter, made_up_to, say

from ledger.errors import LedgerError
from ledger.stores.sqlite import LedgerFactory
from projections.answers import projections
from projections.errors import ProjectionFailed, UnknownProjection
from projections.files.content import stands
from projections.files.places import path_of
from projections.files.reader import Reader
from projections.following import follower
from projections.following.standby import Standby
from projections.people import People
from tests.forked import PYTHON, Popen
from tests.waiting import takes_less, until

KIT = Path(__file__).parent


@contextmanager
def two(house: House, *more: Any) -> Iterator[tuple[Standby, Standby]]:
    """One that follows and one that stands by, on the same files."""
    both = tuple(Standby(house.ledger, house.folder / "answers", [*projections(), *more]) for _ in range(2))
    for one in both:
        one.start()
    try:
        yield both[0], both[1]
    finally:
        for one in reversed(both):
            one.stop()


def test_the_first_follows_and_the_second_answers_beside_it(tmp_path: Path) -> None:
    with living(tmp_path / "house") as house:
        house.follower.stop()
        with two(house) as (first, second):
            unit = house.unit(NINGBO, "industry")

            assert (first.follows, second.follows) == (True, False)
            assert second.wait_for(house.size, 60)
            assert house.answers.unit(unit) is not None
            assert second.position("people") == house.size
            assert {name: lag.behind for name, lag in second.lag().items()} == dict.fromkeys(first.lag(), 0)
            assert second.failures() == []
            with pytest.raises(UnknownProjection):
                second.position("persons")


def test_what_is_written_is_read_beside_the_follower_without_its_pauses(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follower, "PAUSE_MS", 600_000)  # Whoever waited for one would wait ten minutes.
    with living(tmp_path / "house") as house:
        house.follower.stop()
        with two(house) as (_, second):
            for _ in range(40):
                say(house.ledger)
                assert second.wait_for(house.size, 60)


def test_what_is_written_beside_a_follower_at_rest_is_taken_at_once_though_nobody_asks(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follower, "POLL_MS", 600_000)  # It would look again in ten minutes.
    with living(tmp_path / "house") as house:
        house.follower.stop()
        apart = LedgerFactory({"SQLITE_DBNAME": str(tmp_path / "house" / "ledger.db")}).application_recorder()
        first = Standby(SimpleNamespace(store=apart), house.folder / "answers", projections())
        second = Standby(house.ledger, house.folder / "answers", projections())
        first.start()
        second.start()
        try:
            assert (first.follows, second.follows) == (True, False)
            for _ in range(30):
                say(house.ledger)
                until(lambda: second.position("people") == house.size)
        finally:
            second.stop()
            first.stop()
            apart.close()


def test_many_wait_beside_the_follower_and_each_is_told(tmp_path: Path) -> None:
    with living(tmp_path / "house") as house:
        house.follower.stop()
        with two(house) as (_, second):
            missed: list[int] = []

            def write_and_wait() -> None:
                for _ in range(10):
                    with suppress(LedgerError):  # Another was first.
                        say(house.ledger)
                    if not second.wait_for(size := house.ledger.store.size(), 60):
                        missed.append(size)

            threads = [threading.Thread(target=write_and_wait) for _ in range(8)]
            for one in threads:
                one.start()
            for one in threads:
                one.join()
    assert missed == []


def test_a_position_that_does_not_come_is_waited_for_no_longer_than_asked(tmp_path: Path) -> None:
    with living(tmp_path / "house") as house:
        house.follower.stop()
        with two(house) as (_, second):
            came: list[bool] = []
            assert takes_less(4, lambda: came.append(second.wait_for(house.size + 1, 0)))
            assert takes_less(4, lambda: came.append(second.wait_for(house.size + 1, 1)))
            assert not any(came)


def test_while_somebody_waits_no_file_is_asked_until_something_was_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is looked a thousand times a second: to ask each file each time is a fifth of a core."""
    asked, position = [], Reader.position

    def counted(of: Reader) -> int:
        asked.append(of.name)
        return position(of)

    with living(tmp_path / "house") as house:
        house.follower.stop()
        with two(house) as (_, second):
            say(house.ledger)
            assert second.wait_for(house.size, 60)
            monkeypatch.setattr(Reader, "position", counted)

            assert not second.wait_for(house.size + 1, 1)
            assert len(asked) <= 10 * len(projections()), "some of a thousand looks, when something was told late"

            say(house.ledger)
            assert second.wait_for(house.size, 60)


def test_when_the_first_stops_the_second_follows_and_whoever_waits_is_answered(tmp_path: Path) -> None:
    with living(tmp_path / "house") as house:
        house.follower.stop()
        with two(house) as (first, second):
            first.stop()
            unit = house.unit(NINGBO, "industry")

            assert second.wait_for(house.size, 60)
            assert second.follows
            assert house.answers.unit(unit) is not None


def test_a_rebuild_that_is_asked_for_beside_the_follower_reaches_it(tmp_path: Path) -> None:
    with living(tmp_path / "house") as house:
        unit = house.unit(NINGBO, "industry")
        house.followed()
        house.follower.stop()
        with two(house) as (_, second):
            with closing(sqlite3.connect(path_of(house.folder / "answers", People()))) as connection:
                connection.execute("UPDATE units SET status = 'wrong'")
                connection.commit()
            assert house.answers.unit(unit).status == "wrong"

            second.rebuild("people")

            until(lambda: house.answers.unit(unit).status == "verified")
            with pytest.raises(UnknownProjection):
                second.rebuild("persons")


def test_a_rebuild_that_nobody_could_begin_is_begun_by_who_follows_next(tmp_path: Path) -> None:
    with living(tmp_path / "house") as house:
        house.followed()
        house.follower.stop()
        (house.folder / "answers" / "people.wanted").touch()
        (house.folder / "answers" / "gone.wanted").touch()  # Of a version that had such a projection.
        with closing(sqlite3.connect(path_of(house.folder / "answers", People()))) as connection:
            connection.execute("UPDATE units SET status = 'wrong'")
            connection.commit()
        reader = Reader(People(), house.folder / "answers")
        with two(house):
            until(lambda: not reader.rows("SELECT 1 FROM units WHERE status = 'wrong'"))

        assert reader.rows("SELECT 1 FROM units WHERE status = 'wrong'") == []
        assert list((house.folder / "answers").glob("*.wanted")) == []


def test_what_keeps_the_follower_is_told_beside_it_and_nobody_waits_for_what_cannot_come(tmp_path: Path) -> None:
    house = open_house(tmp_path / "house", start=False)
    counter = Counter()
    counter.fails_at = 3
    say(house.ledger, 4)
    with two(house, counter) as (_, second):
        began = time.monotonic()
        assert not second.wait_for(4, 90)
        assert time.monotonic() - began < 45, "that it fails is known"

        (failure,) = second.failures()
        assert isinstance(failure, ProjectionFailed)
        assert (failure.name, failure.position, failure.because) == ("counter", 3, "ValueError")
        assert second.lag()["counter"].failure is not None
        assert second.lag()["people"].failure is None
    house.ledger.close()
    house.vault.close()


# Processes that are killed

PROCESS = """
import os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from projection_kit import open_house
from ledger.events.catalogue import CURRENT
from projections.answers import projections
from projections.files.projection import Projection, Table
from projections.following.standby import Standby

house = open_house(Path(sys.argv[1]), start=False)
journal = os.open(house.folder / "journal", os.O_WRONLY | os.O_APPEND | os.O_CREAT)

class Journal(Projection):
    name, version, tables = "counter", 1, {"seen": Table({"event": int, "word": str}, ("event",), dated=False)}

    def __init__(self):
        self.handlers = dict.fromkeys(CURRENT.values(), self._noted)

    def _noted(self, rows, effect):
        os.write(journal, f"{os.getpid()}\\n".encode())

standby = Standby(house.ledger, house.folder / "answers", [*projections(), Journal()])
standby.start()
print("stands", flush=True)
for line in sys.stdin:
    wanted = line.strip()
    print(standby.follows if wanted == "follows" else standby.wait_for(int(wanted), 60), flush=True)
"""


class Process:
    """A process of its own that answers."""

    def __init__(self, house: House) -> None:
        self.child = Popen(
            [str(PYTHON), "-c", PROCESS, str(house.folder), str(KIT)], text=True, cwd=KIT.parents[1],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )
        self.log: list[str] = []
        assert self._said("stands") == "stands"

    def ask(self, wanted: object) -> str:
        """Ask it something."""
        assert self.child.stdin is not None
        print(wanted, file=self.child.stdin, flush=True)
        return self._said("True", "False")

    def _said(self, *words: str) -> str:
        """What it says to that; lines of its log come in between."""
        assert self.child.stdout is not None
        for line in self.child.stdout:
            if line.strip() in words:
                return line.strip()
            self.log.append(line)
        raise AssertionError("".join(self.log))

    def kill(self) -> None:
        self.child.send_signal(signal.SIGKILL)
        self.child.wait()
        for pipe in (self.child.stdin, self.child.stdout):
            assert pipe is not None
            pipe.close()


def who_follows(standing: list[Process]) -> Process:
    """The one that does: whoever has just taken over says so a moment after its files do."""
    (one,) = until(lambda: len(found := [each for each in standing if each.ask("follows") == "True"]) == 1 and found)
    return one


def killed_again_and_again(house: House, kills: int) -> list[int]:
    """Kill whoever follows, under load; say how long each took until another had caught up."""
    standing = [Process(house) for _ in range(3)]
    unit = house.unit(NINGBO, "industry")
    stopping = threading.Event()

    def write() -> None:
        while not stopping.is_set():
            house.registered(house.person(unit=unit), exam("2021-03-01"))

    writing = threading.Thread(target=write)
    writing.start()
    took_ms = []
    try:
        for _ in range(kills):
            time.sleep(0.3)
            follows = who_follows(standing)
            follows.kill()
            standing.remove(follows)
            began = time.monotonic_ns()
            assert standing[0].ask(house.ledger.store.size()) == "True"
            took_ms.append((time.monotonic_ns() - began) // 1_000_000)
            standing.append(Process(house))
    finally:
        stopping.set()
        writing.join()
    assert [one.ask(house.size) for one in standing] == ["True"] * 3
    for one in standing:
        one.kill()
    return took_ms


def look_at(house: House, took_ms: list[int], *, most_ms: int) -> None:
    folder = house.folder / "answers"
    for projection in projections():
        found = stands(path_of(folder, projection), house.ledger)
        assert found == made_up_to(house.ledger, projection, house.size, folder.parent / "fresh.db"), projection.name
    writers = (house.folder / "journal").read_text().split()
    turns = [writer for writer, _ in groupby(writers)]
    assert len(turns) == len(set(turns)), "whoever was succeeded wrote again"
    assert len(turns) >= len(took_ms) + 1, "each that followed wrote"
    assert sorted(took_ms)[len(took_ms) // 2] < most_ms, took_ms


def test_when_the_follower_is_killed_another_follows_and_nothing_is_lost_or_written_by_two(tmp_path: Path) -> None:
    with living(tmp_path / "house") as house:
        house.follower.stop()
        look_at(house, killed_again_and_again(house, 3), most_ms=5_000)  # Others are at work beside it.


def test_whoever_stood_by_looks_through_no_file_again_and_whoever_starts_after_a_kill_through_all(
    tmp_path: Path,
) -> None:
    with living(tmp_path / "house") as house:
        house.followed()
        house.follower.stop()
        first, second = Process(house), Process(house)
        assert (first.ask("follows"), second.ask("follows")) == ("True", "False")
        first.kill()
        assert second.ask(house.size) == "True"
        say(house.ledger)
        assert second.ask(house.size) == "True"
        assert second.ask("follows") == "True"
        assert not any("projection_checked" in line for line in second.log)
        second.kill()

        third = Process(house)
        assert sum("projection_checked" in line for line in third.log) == len(projections()) + 1
        third.kill()


@pytest.mark.torture
def test_a_follower_that_is_killed_many_times_is_always_succeeded_by_one(tmp_path: Path, record_property: Any) -> None:
    record_property("tried", 25)
    with living(tmp_path / "house") as house:
        house.follower.stop()
        look_at(house, killed_again_and_again(house, 25), most_ms=1_000)
