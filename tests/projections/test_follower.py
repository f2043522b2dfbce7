"""The follower keeps every projection at the log's head, whatever is killed, deleted, damaged or taken back."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

import pytest
from projection_kit import BY, NINGBO, House, any_book, close_house, exam, living, open_house
from sqlite_utils import Database

from ledger.events.base import Draft
from ledger.events.log import LogOpened
from ledger.ledger import Ledger
from projections.answers import Answers, projections
from projections.entries import Entries
from projections.errors import AlreadyFollowed, NotBuilt, ProjectionFailed, UnknownProjection, Unreadable
from projections.files import board
from projections.files.batch import read_batch
from projections.files.build import Build
from projections.files.content import content
from projections.files.file import ProjectionFile
from projections.files.places import doubt, path_of
from projections.files.projection import Effect, Projection, Rows, Table
from projections.files.reader import Reader
from projections.files.rebuilding import compare
from projections.following.follower import Follower
from projections.following.track import LOOK_MS, Track
from projections.people import People
from projections.people_reading import read_unit
from projections.tables import waiting
from projections.work import Work
from tests.forked import PYTHON, Popen
from tests.waiting import takes_less, until


class Counter(Projection):
    """Counts what the log says of itself; a test may have it fail."""

    name: ClassVar = "counter"
    version: ClassVar = 1
    tables: ClassVar = {"seen": Table({"event": int, "word": str}, ("event",), dated=False)}
    fails_at: int = 0

    def __init__(self) -> None:
        self.handlers = {LogOpened: self._seen}  # type: ignore[misc]

    def _seen(self, rows: Rows, effect: Effect) -> None:
        if effect.recorded == self.fails_at:
            raise ValueError("not today")
        rows.insert("seen", {"event": effect.recorded, "word": effect.event.origin})


def say(ledger: Ledger, count: int = 1) -> None:
    """Record events that only the counter cares about."""
    for _ in range(count):
        event = LogOpened(origin="x")
        ledger.record([Draft(event)], by=BY, versions={event.stream: ledger.store.version(event.stream)})


def lived(house: House) -> None:
    """A few people with a few claims."""
    unit = house.unit(NINGBO, "industry")
    for number in range(3):
        person = house.person(unit=unit)
        claim = house.registered(person, exam(f"2021-0{number + 1}-01"))
        house.registered(person, exam("2022-03-01"))
        house.revoke(claim)


def contents(folder: Path) -> dict[str, Any]:
    """The content of every file."""
    found = {}
    for projection in projections():
        with closing(sqlite3.connect(path_of(folder, projection))) as connection:
            found[projection.name] = content(connection)
    return found


def test_what_is_committed_is_answered_soon(tmp_path: Path) -> None:
    with living(tmp_path / "house") as house:
        house.followed()
        unit = house.unit(NINGBO, "industry")

        assert house.follower.wait_for(house.size, 60)
        assert house.answers.unit(unit).seats[0].region == NINGBO
        assert set(house.answers.lag().values()) == {0}


def test_nobody_is_told_of_an_event_before_readers_see_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Taken into memory is not written: who waits for a position reads from the file."""
    house, told = open_house(tmp_path), []
    write = ProjectionFile._write

    def watched(file: ProjectionFile) -> None:
        reads = Reader(Counter(), tmp_path / "projections").position()
        told.append(house_follower.position("counter") <= reads)
        write(file)

    house_follower = Follower(house.ledger, tmp_path / "projections", [Counter()])
    house_follower.start()
    say(house.ledger)
    assert house_follower.wait_for(house.ledger.store.size(), 60)
    monkeypatch.setattr(ProjectionFile, "_write", watched)
    for _ in range(3):
        say(house.ledger)
        assert house_follower.wait_for(house.ledger.store.size(), 60)
    house_follower.stop()
    close_house(house)

    assert told[:3] == [True] * 3


def test_a_commit_of_another_process_is_found_by_polling(tmp_path: Path) -> None:
    with living(tmp_path / "house") as house:
        house.followed()
        other = Ledger.in_file(house.folder / "ledger.db", house.vault)
        say(other)
        other.close()

        assert house.follower.wait_for(house.size, 60)


def test_a_position_that_does_not_come_is_waited_for_no_longer_than_asked(tmp_path: Path) -> None:
    with living(tmp_path / "house") as house:
        came: list[bool] = []
        assert takes_less(1, lambda: came.append(house.follower.wait_for(house.size + 1, 0)))
        assert takes_less(1, lambda: came.append(house.answers.wait_for(house.size + 1, 10)))
        assert not any(came)


def test_deleted_files_are_made_again_with_the_same_content(tmp_path: Path) -> None:
    with living(tmp_path / "house") as house:
        lived(house)
        house.followed()
    before = contents(tmp_path / "house" / "answers")
    for file in (tmp_path / "house" / "answers").glob("*.db"):
        file.unlink()

    again = open_house(tmp_path / "house")
    assert again.follower.wait_for(again.size, 60)
    close_house(again)

    assert contents(tmp_path / "house" / "answers") == before
    assert all(before[name].rows >= 5 for name in ("people", "work", "entries", "laws"))


def test_the_second_follower_of_a_folder_is_told_who_is_the_first(tmp_path: Path) -> None:
    with living(tmp_path / "house") as house:
        second = Follower(house.ledger, house.folder / "answers", projections())

        with pytest.raises(AlreadyFollowed, match=str(os.getpid())) as told:
            second.start()
        assert told.value.code == "follower_running"


def test_the_files_are_free_again_when_the_follower_stops(tmp_path: Path) -> None:
    with living(tmp_path / "house") as house:
        house.followed()
        house.follower.stop()
        second = Follower(house.ledger, house.folder / "answers", projections())
        second.start()

        assert second.wait_for(house.size, 60)
        second.stop()


def test_a_file_ahead_of_a_restored_ledger_is_made_anew(tmp_path: Path) -> None:
    with living(tmp_path / "house") as house:
        house.followed()
        with closing(sqlite3.connect(tmp_path / "early.db")) as backup, \
                closing(sqlite3.connect(house.folder / "ledger.db")) as now:
            now.backup(backup)
        early = house.size
        lived(house)
        house.followed()
    for end in ("", "-wal", "-shm"):
        (tmp_path / "house" / f"ledger.db{end}").unlink(missing_ok=True)
    (tmp_path / "early.db").rename(tmp_path / "house" / "ledger.db")

    restored = open_house(tmp_path / "house")
    assert restored.follower.wait_for(early, 60)
    assert {restored.follower.position(one.name) for one in projections()} == {early}
    restored.numbers = count(900)
    # It went on otherwise, past where the files once stood: they follow the log that is there.
    lived(restored)
    assert restored.follower.wait_for(restored.size, 60)
    close_house(restored)


def test_a_file_of_another_log_of_the_same_length_is_made_anew(tmp_path: Path) -> None:
    for name in ("one", "two"):
        with living(tmp_path / name) as house:
            house.unit(NINGBO, "industry", name=name)
            house.followed()
            unit, size = house.new("unt"), house.size
    (tmp_path / "one" / "answers").rename(tmp_path / "gone")
    (tmp_path / "two" / "answers").rename(tmp_path / "one" / "answers")

    house = open_house(tmp_path / "one")
    assert house.follower.wait_for(size, 60)
    before = f"unt_{int(unit[4:]) - 1:022d}"
    assert house.answers.unit(before).name_on("2026-01-01") == "one"
    close_house(house)


def _deleted(path: Path) -> None:
    path.unlink()


def _replaced(path: Path) -> None:
    shutil.copy(path, path.with_suffix(".other"))
    path.with_suffix(".other").replace(path)


def _cut_off(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(4096)


@pytest.mark.parametrize("gone", [_deleted, _replaced, _cut_off])
def test_a_file_that_goes_while_it_is_followed_is_made_anew(tmp_path: Path, gone: Callable[[Path], None]) -> None:
    folder = tmp_path / "house" / "answers"
    path = path_of(folder, People())
    with living(tmp_path / "house") as house:
        lived(house)
        house.followed()
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA wal_checkpoint")
        time.sleep(2 * LOOK_MS / 1_000)  # not hours: seconds
        size = path.stat().st_size
        gone(path)

        until(lambda: path.exists() and path.stat().st_size >= size)
        unit = house.unit(NINGBO, "industry", name="later")
        until(lambda: _told(house, unit))
        assert compare(house.ledger, folder, People(), lambda done, total: None).holds


def _told(house: House, unit: str) -> object:
    """What its file says of a unit; nothing while it is being made anew."""
    with suppress(Unreadable, NotBuilt):
        return read_unit(house.answers.file("people")[0], unit, house.size)
    return None


def test_a_file_that_somebody_could_not_read_is_looked_through_and_made_anew(tmp_path: Path) -> None:
    path = path_of(tmp_path / "house" / "answers", People())
    with living(tmp_path / "house") as house:
        lived(house)
        unit = house.unit(NINGBO, "industry", name="kept")
        house.followed()
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        inode = path.stat().st_ino
        doubt(path)
        time.sleep(2 * LOOK_MS / 1_000)  # not hours: seconds
        assert path.stat().st_ino == inode, "it was whole"
        with path.open("r+b") as file:
            file.write(b"\xee" * path.stat().st_size)

        until(lambda: _told(house, unit))
        assert path.stat().st_ino != inode
        assert compare(house.ledger, path.parent, People(), lambda done, total: None).holds


def test_what_readers_were_told_outlasts_a_batch_that_failed_and_an_orderly_stop(tmp_path: Path) -> None:
    """Of events that change nothing in a file nothing is written there: after a failure it went back past them."""
    house, counter, folder = open_house(tmp_path / "house"), Counter(), tmp_path / "files"
    say(house.ledger)
    follower = Follower(house.ledger, folder, [counter])
    follower.open()
    while follower.step():
        """Until it is built."""
    house.unit(NINGBO, "industry")
    follower.step()
    told = Reader(counter, folder).position()
    assert told == house.ledger.store.size() > 1
    counter.fails_at = told + 1
    say(house.ledger)
    follower.step()

    follower.stop()

    assert Reader(counter, folder).position() == told
    close_house(house)


def test_a_build_whose_file_goes_is_begun_anew(tmp_path: Path) -> None:
    with living(tmp_path / "house") as house:
        lived(house)
        house.followed()
        ledger, folder = house.ledger, tmp_path / "house" / "answers"
        house.follower.stop()
        build = path_of(folder, People(), "building")
        track = Track(People(), folder, ledger, frozenset())
        track.rebuild()
        read, size = (lambda after: read_batch(ledger, after, 5)), ledger.store.size()
        assert track.step(read, size) and build.exists()
        build.unlink()
        for _ in range(100):
            track.step(read, size)
        assert track.build is None and track.failure is None
        track.close()
        assert compare(ledger, folder, People(), lambda done, total: None).holds


def test_a_file_that_is_swapped_for_a_shorter_one_is_not_taken_for_cut_off(tmp_path: Path) -> None:
    path = path_of(tmp_path / "house" / "answers", People())
    with living(tmp_path / "house") as house:
        lived(house)
        house.followed()
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("CREATE TABLE bloat AS SELECT zeroblob(400000) AS zeros")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        time.sleep(2 * LOOK_MS / 1_000)  # not hours: seconds
        long, inode = path.stat().st_size, path.stat().st_ino
        house.follower.rebuild("people")
        bloat = "SELECT count(*) FROM sqlite_master WHERE name = 'bloat'"
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            until(lambda: connection.execute(bloat).fetchone() == (0,))
            time.sleep(2 * LOOK_MS / 1_000)  # not hours: seconds
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        time.sleep(2 * LOOK_MS / 1_000)  # not hours: seconds
        assert (path.stat().st_ino, path.stat().st_size < long) == (inode, True)


def test_a_file_of_another_projection_or_version_under_this_name_is_made_anew(tmp_path: Path) -> None:
    with living(tmp_path / "house") as house:
        lived(house)
        house.followed()
    folder = tmp_path / "house" / "answers"
    before = contents(folder)
    shutil.copy(path_of(folder, Work()), path_of(folder, People()))
    with closing(sqlite3.connect(path_of(folder, Entries()))) as newer:
        newer.execute("UPDATE projection SET version = version + 1")
        newer.commit()

    house = open_house(tmp_path / "house")
    assert house.follower.wait_for(house.size, 60)
    close_house(house)

    assert contents(folder) == before


@pytest.mark.parametrize("at", [0, 5000])
def test_a_damaged_file_is_made_anew(tmp_path: Path, at: int) -> None:
    with living(tmp_path / "house") as house:
        lived(house)
        house.followed()
    folder = tmp_path / "house" / "answers"
    before = contents(folder)
    path = path_of(folder, People())
    damaged = bytearray(path.read_bytes())
    damaged[at:at + 3000] = bytes(3000)
    path.write_bytes(damaged)

    house = open_house(tmp_path / "house")
    assert house.follower.wait_for(house.size, 60)
    close_house(house)

    assert contents(folder) == before


def test_a_failing_projection_says_where_and_holds_up_no_other(tmp_path: Path) -> None:
    house = open_house(tmp_path / "house", start=False)
    counter = Counter()
    say(house.ledger, 4)
    counter.fails_at = 3
    follower = Follower(house.ledger, house.folder / "answers", [counter, *projections()])
    follower.start()
    unit = house.unit(NINGBO, "industry")

    assert not follower.wait_for(house.size, 5)
    (failure,) = follower.failures()
    assert isinstance(failure, ProjectionFailed)
    assert (failure.code, failure.name, failure.position) == ("projection_failed", "counter", 3)
    assert "停在 2" in str(failure)
    assert house.answers.wait_for(house.size, 60_000), "the others go on"
    assert house.answers.unit(unit) is not None
    counter.fails_at = 0  # The cause is gone: it goes on by itself.
    until(lambda: follower.wait_for(house.size, 1))
    assert follower.failures() == []
    follower.stop()
    close_house(house)


def test_a_new_version_is_built_beside_the_old_one_and_takes_its_place(tmp_path: Path) -> None:
    house = open_house(tmp_path / "house", start=False)
    folder = house.folder / "answers"
    say(house.ledger, 5)
    first = Follower(house.ledger, folder, [Counter()])
    first.start()
    assert first.wait_for(5, 60)
    first.stop()
    newer = Counter()
    newer.version = 2  # type: ignore[misc]
    with closing(sqlite3.connect(path_of(folder, Counter()))) as old:
        assert old.execute("SELECT count(*) FROM seen").fetchone() == (5,)

        second = Follower(house.ledger, folder, [newer])
        second.start()
        assert second.wait_for(5, 60)
    second.stop()

    assert [file.name for file in folder.glob("counter.*.db*")] == ["counter.2.db"]
    close_house(house)


def test_a_stopped_build_goes_on_where_it_was(tmp_path: Path) -> None:
    house = open_house(tmp_path / "house", start=False)
    folder = house.folder / "answers"
    folder.mkdir()
    say(house.ledger, 30)
    build = Build(Counter(), folder, house.ledger)
    batch = read_batch(house.ledger, 0, 20)
    assert batch is not None
    build.file.apply(batch, house.ledger)
    progress = build.progress(30)
    build.file.close()
    later = Counter()
    later.fails_at = 20  # What was done is not done again.

    follower = Follower(house.ledger, folder, [later])
    follower.start()
    assert follower.wait_for(30, 60)
    follower.stop()

    assert (progress.done, progress.total) == (20, 30)
    with closing(sqlite3.connect(path_of(folder, later))) as connection:
        assert connection.execute("SELECT count(*) FROM seen").fetchone() == (30,)
    close_house(house)


def test_a_rebuild_goes_on_answering_and_ends_with_what_the_log_says(tmp_path: Path) -> None:
    with living(tmp_path / "house") as house:
        lived(house)
        house.followed()
        unit = house.unit(NINGBO, "industry")
        house.followed()
        with closing(sqlite3.connect(path_of(house.folder / "answers", People()))) as connection:
            connection.execute("UPDATE units SET status = 'wrong'")
            connection.commit()
        assert house.answers.unit(unit).status == "wrong"

        house.follower.rebuild("people")

        until(lambda: house.answers.unit(unit).status == "verified")
        until(lambda: house.follower.lag()["people"].building is None)
        with pytest.raises(UnknownProjection, match="people、work、entries、laws"):
            house.follower.rebuild("persons")


def test_whoever_needs_everything_waits_also_for_what_is_far_from_being_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(board, "NEAR_EVENTS", 0)   # As if the log were long.
    house = open_house(tmp_path / "house", start=False)
    say(house.ledger, 3)
    counter = Counter()
    counter.fails_at = 1
    follower = Follower(house.ledger, house.folder / "answers", [counter])
    follower.start()
    assert not follower.wait_for(3, 1)
    assert follower.wait_for(3, 60, far_too=False), "whoever asks of it is told so"
    counter.fails_at = 0
    until(lambda: follower.wait_for(3, 1))
    follower.stop()
    close_house(house)


def test_what_is_not_built_yet_says_so(tmp_path: Path) -> None:
    house = open_house(tmp_path / "house", start=False)

    with pytest.raises(NotBuilt, match="people") as told:
        house.answers.person("per_x")
    assert told.value.code == "projection_not_built"
    close_house(house)


def test_a_reader_sees_the_new_file_when_one_was_put_in_place(tmp_path: Path) -> None:
    house = open_house(tmp_path / "house", start=False)
    folder = tmp_path / "files"
    folder.mkdir()
    say(house.ledger, 3)
    reader = Reader(Counter(), folder)
    for events in (1, 3):
        build = Build(Counter(), folder, house.ledger)
        batch = read_batch(house.ledger, 0, events)
        assert batch is not None
        build.file.apply(batch, house.ledger)
        build.put_in_place(path_of(folder, Counter())).connection.close()
        assert reader.position() == events
    close_house(house)


def test_many_threads_read_while_it_follows(tmp_path: Path) -> None:
    with living(tmp_path / "house") as house:
        unit = house.unit(NINGBO, "industry")
        person = house.person(unit=unit)
        house.followed()
        wrong: list[Any] = []
        stopping = threading.Event()

        def read() -> None:
            try:
                while not stopping.is_set():
                    as_of = house.answers.position()
                    known = house.answers.person(person, as_of)
                    assert known is not None and len(known.affiliations) == 1
            except BaseException as error:
                wrong.append(error)

        readers = [threading.Thread(target=read) for _ in range(4)]
        for one in readers:
            one.start()
        for _ in range(20):
            house.registered(person, exam("2021-03-01"))
        house.followed()
        stopping.set()
        for one in readers:
            one.join()

        assert wrong == []


FOLLOWER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from projection_kit import open_house
house = open_house(Path(sys.argv[1]), start=False)
house.follower.start()
print("follows", flush=True)
sys.stdin.read()
"""


def kill_and_look(house: House, kills: int) -> None:
    """Kill a following process again and again; whenever it dies, rows and position are of one moment."""
    rng = random.Random(20261121)
    folder = house.folder / "answers"
    unit = house.unit(NINGBO, "industry")
    for _ in range(kills):
        person = house.person(unit=unit)
        with Popen(
            [str(PYTHON), "-c", FOLLOWER, str(house.folder), str(Path(__file__).parent)], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2],
        ) as process:
            assert process.stdout is not None
            assert "follows\n" in iter(process.stdout.readline, ""), "after lines of the log, if any"
            for _ in range(rng.randint(1, 12)):
                house.registered(person, exam("2021-03-01"))
            process.send_signal(signal.SIGKILL)
            assert process.wait() == -signal.SIGKILL
        for projection in projections():
            if (path := path_of(folder, projection)).exists():
                with closing(sqlite3.connect(path)) as connection:
                    found = content(connection)
                assert found == made_up_to(house.ledger, projection, found.position, folder.parent / "fresh.db")


def made_up_to(ledger: Ledger, projection: Projection, position: int, path: Path) -> Any:
    """The content of a projection that was made from nothing, up to a position, in one go."""
    for end in ("", "-wal", "-shm"):
        path.with_name(path.name + end).unlink(missing_ok=True)
    file = ProjectionFile(projection, path)
    if position:
        batch = read_batch(ledger, 0, position)
        assert batch is not None
        file.apply(batch, ledger)
    found = content(file.connection)
    file.connection.close()
    return found


def test_a_killed_follower_leaves_rows_and_position_of_one_moment(tmp_path: Path) -> None:
    with living(tmp_path / "house") as house:
        house.follower.stop()
        kill_and_look(house, 3)


@pytest.mark.torture
def test_a_follower_killed_many_times_leaves_rows_and_position_of_one_moment(tmp_path: Path, record_property) -> None:
    record_property("tried", 40)
    with living(tmp_path / "house") as house:
        house.follower.stop()
        kill_and_look(house, 40)


def test_every_table_is_made_by_sqlite_utils_and_says_its_columns(tmp_path: Path) -> None:
    """No name and no number of a person has a column: what is kept of people is pseudonymous."""
    with living(tmp_path / "house") as house:
        lived(house)
        house.followed()
        for projection in projections():
            db = Database(path_of(house.folder / "answers", projection))
            assert set(projection.tables) | {"projection", waiting.NAME} == set(db.table_names())
            assert all(db.table(name).strict for name in projection.tables)
            text = "\n".join(db.conn.iterdump())
            db.close()
            for secret in ("李明", "id-per_", "王芳", "赵敏", "论氨氮"):
                assert secret not in text


def test_answers_beside_the_follower_wait_for_it(tmp_path: Path) -> None:
    with living(tmp_path / "house") as house:
        beside = Answers(house.ledger, house.folder / "answers", book=any_book, now=lambda: 0)
        house.unit(NINGBO, "industry")

        assert beside.wait_for(house.size, 60_000)
        assert beside.position() == house.size
