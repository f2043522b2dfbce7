"""A file that is being made is no answer yet, and whatever becomes of its process it goes on or is begun anew."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing, nullcontext
from pathlib import Path

import pytest
from projection_kit import NINGBO, House, close_house, exam, living, open_house
from test_follower import Counter, lived, made_up_to, say

from ledger.ledger import Ledger
from projections.answers import projections
from projections.entries import Entries
from projections.files import batch as batches
from projections.files.batch import read_batch
from projections.files.build import opened
from projections.files.content import content
from projections.files.file import ProjectionFile
from projections.files.places import path_of
from projections.files.projection import Effect, Rows
from projections.following.follower import Follower
from projections.people import People
from tests.forked import PYTHON, Popen

MAKER = """
import itertools, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from projection_kit import open_house
from projections.files import file
from projections.entries import Entries
from projections.files.build import opened
from projections.files.batch import read_batch
file._GATHERED = 4
words, passed, halts = sys.argv[4], itertools.count(-int(sys.argv[5])), sys.argv[6] == "halts"
house = open_house(Path(sys.argv[1]), start=False)
made = opened(Entries(), Path(sys.argv[3]), house.ledger, made=True)

def about_to(statement):
    if statement.startswith(words) and next(passed) == 0:
        print("here", flush=True)
        if halts:
            sys.stdin.read()

made.connection.set_trace_callback(about_to)
while batch := read_batch(house.ledger, made.position, 3):
    made.apply(batch, house.ledger)
print("here", flush=True)
sys.stdin.read()
"""


def beginning(house: House, path: Path, upto: int) -> ProjectionFile:
    """A file of entries that was made up to a position."""
    file = opened(Entries(), path, house.ledger, made=True)
    batch = read_batch(house.ledger, 0, upto)
    assert batch is not None
    file.apply(batch, house.ledger)
    return file


def killed(house: House, path: Path, before: str, passed: int, *, halts: bool = True) -> int:
    """Kill whoever makes a file when a statement is due, or right after; what is left is whole, up to where it says."""
    with Popen(
        [str(PYTHON), "-c", MAKER, str(house.folder), str(Path(__file__).parent), str(path), before, str(passed),
         "halts" if halts else "goes on"], text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2],
    ) as process:
        assert process.stdout is not None
        assert "here\n" in iter(process.stdout.readline, ""), "after lines of the log, if any"
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    with closing(opened(Entries(), path, house.ledger, made=True)) as file:
        assert content(file.connection) == made_up_to(
            house.ledger, Entries(), file.position, path.with_name("fresh.db"))
        return file.position


def many(house: House, people: int) -> None:
    unit = house.unit(NINGBO, "industry")
    for _ in range(people):
        house.registered(house.person(unit=unit), exam("2021-03-01"))


BEGINS, ENDS, SAYS = "UPDATE projection SET position = -1", "COMMIT", "UPDATE projection SET position = "
"""How a piece is written: the file says that it is torn, takes the piece, says how far it is."""


def test_whoever_makes_a_file_may_be_killed(tmp_path: Path) -> None:
    path = tmp_path / "entries.building.db"
    with living(tmp_path / "house") as house:
        house.follower.stop()
        many(house, 40)

        kept = killed(house, path, BEGINS, 5)
        further = killed(house, path, BEGINS, 5)

        assert 0 < kept < further < house.size, "what was written between two pieces is gone on from"
        assert killed(house, path, ENDS, 2) == 0, "in the midst of a piece it is begun anew"
        assert killed(house, path, SAYS, 7) == 0, "and where it has a piece and does not say so"


@pytest.mark.torture
def test_whoever_makes_a_file_may_be_killed_many_times(tmp_path: Path, record_property) -> None:
    record_property("tried", 60)
    rng = random.Random(20261121)
    with living(tmp_path / "house") as house:
        house.follower.stop()
        many(house, 400)
        reached = [killed(house, tmp_path / "entries.building.db", rng.choice((BEGINS, ENDS, SAYS, "INSERT")),
                          rng.randrange(40), halts=rng.random() < 0.5) for _ in range(60)]
        assert len(set(reached)) > 10


def test_a_file_that_was_torn_while_it_was_made_is_begun_anew(tmp_path: Path) -> None:
    with living(tmp_path / "house") as house:
        lived(house)
        path = tmp_path / "entries.building.db"
        beginning(house, path, 5).close()
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("SELECT position FROM projection").fetchone() == (5,)
            connection.execute("UPDATE projection SET position = -1")
            connection.commit()

        with closing(opened(Entries(), path, house.ledger, made=True)) as file:
            assert file.position == 0


@pytest.mark.parametrize("ends", ["rows", "position"])
def test_a_disk_that_fails_while_a_piece_is_written_leaves_what_is_whole_or_begun_anew(
    tmp_path: Path, ends: str
) -> None:
    """Where the piece is in the file and how far it goes is not, it would be taken twice."""
    def refused(action: int, one: str | None, two: str | None, *_: object) -> int:
        is_met = (one, two) == ("projection", "leaf_sha256") if ends == "position" else action == sqlite3.SQLITE_INSERT
        return sqlite3.SQLITE_DENY if is_met else sqlite3.SQLITE_OK

    with living(tmp_path / "house") as house:
        lived(house)
        path = tmp_path / "entries.building.db"
        file = opened(Entries(), path, house.ledger, made=True)
        batch = read_batch(house.ledger, 0, house.size)
        assert batch is not None
        file.apply(batch, house.ledger)
        file.connection.set_authorizer(refused)
        with pytest.raises(sqlite3.DatabaseError):
            file.finish()
        file.connection.set_authorizer(None)
        file.close()

        with closing(opened(Entries(), path, house.ledger, made=True)) as again:
            assert again.position == 0
            again.apply(batch, house.ledger)
            again.finish()


@pytest.mark.parametrize("other", [lambda run: run ^ 2, lambda run: 0], ids=["another run", "no run"])
def test_what_an_earlier_run_of_the_machine_made_is_begun_anew(tmp_path: Path, other: Callable[[int], int]) -> None:
    """Nothing was synced, so of what was written before a power failure the disk may hold any part."""
    with living(tmp_path / "house") as house:
        lived(house)
        path = tmp_path / "entries.building.db"
        beginning(house, path, 5).close()
        with closing(opened(Entries(), path, house.ledger, made=True)) as file:
            assert file.position == 5
        with closing(sqlite3.connect(path)) as connection:
            (run,) = connection.execute("PRAGMA user_version").fetchone()
            connection.execute(f"PRAGMA user_version={other(run)}")

        with closing(opened(Entries(), path, house.ledger, made=True)) as file:
            assert file.position == 0


def test_a_row_that_cannot_be_written_stops_a_build_before_its_event(tmp_path: Path) -> None:
    """What is gathered is written late: the event that it came from is found all the same."""
    house = open_house(tmp_path / "house", start=False)
    say(house.ledger, 8)
    follower = Follower(house.ledger, tmp_path / "files", [Twice()])
    follower.start()

    assert not follower.wait_for(8, 10)
    (failure,) = follower.failures()
    assert (failure.position, failure.because) == (6, "IntegrityError")  # type: ignore[attr-defined]
    follower.stop()
    close_house(house)


class Twice(Counter):
    """A projection that enters the fifth row again with the sixth event."""

    def _seen(self, rows: Rows, effect: Effect) -> None:
        rows.insert("seen", {"event": min(effect.recorded, 5), "word": "x"})


def test_what_is_put_in_place_is_finished(tmp_path: Path) -> None:
    with living(tmp_path / "house") as house:
        lived(house)
        house.followed()
        for projection in projections():
            with closing(sqlite3.connect(path_of(house.folder / "answers", projection))) as connection:
                found = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'index'")}
                wanted = {f"idx_{name}_{'_'.join(index)}" for name, table in projection.tables.items()
                          for index in (*table.indexes, *table.holding)}
                assert wanted <= found
                assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
                assert connection.execute("PRAGMA user_version").fetchone() == (0,)


@pytest.mark.parametrize("done", [ProjectionFile.finish, ProjectionFile.close, ProjectionFile.let_go])
def test_a_file_that_is_done_keeps_none_of_its_rows_in_memory(
    tmp_path: Path, done: Callable[[ProjectionFile], None]
) -> None:
    """Rows and their file know each other: whoever waits for somebody to look for circles has all of it meanwhile."""
    with living(tmp_path / "house") as house:
        lived(house)
        file = beginning(house, tmp_path / "entries.building.db", house.size)
        file.write()
        claims, searched = file.rows.dated["claims"], []
        (claim, *_), *_ = file.connection.execute("SELECT claim FROM claims WHERE to_position IS NULL").fetchall()
        file.connection.set_trace_callback(searched.append)
        assert claims.holds(claim) is not None
        assert not searched, "it is remembered as long as events are taken"

        done(file)
        searched.clear()
        with pytest.raises(sqlite3.ProgrammingError) if done != ProjectionFile.finish else nullcontext():
            assert claims.holds(claim) is not None
            assert searched, "and is looked for where it stands from then on"
        file.let_go()


def test_a_file_that_is_being_made_and_one_that_is_followed_hold_the_same(tmp_path: Path) -> None:
    with living(tmp_path / "house") as house:
        lived(house)
        made, live = ProjectionFile(People(), tmp_path / "made.db", made=True), ProjectionFile(
            People(), tmp_path / "live.db")
        for file, at_once in ((made, house.size), (live, 1)):
            while batch := read_batch(house.ledger, file.position, at_once):
                file.apply(batch, house.ledger)
            file.write()
        found = content(made.connection)
        assert found == content(live.connection)
        assert found.rows > 5
        made.close()
        live.close()


@pytest.mark.parametrize("kept", [4_000, 5], ids=["few", "more-than-are-kept"])
def test_the_rows_of_an_act_are_read_once_for_all_files_when_it_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: int
) -> None:
    monkeypatch.setattr(batches, "_AT_HAND_MOST", kept)
    monkeypatch.setattr(batches, "BLOCK", 2)
    with living(tmp_path / "house") as house:
        person = house.person(unit=house.unit(NINGBO, "industry"))
        act = house.roster(4)
        for day in ("2021-03-01", "2021-03-02", "2021-03-03", "2021-03-04"):
            house.row(act, person, exam(day))
        before = house.size
        act.close()
        files = [ProjectionFile(one, tmp_path / f"{one.name}.db") for one in projections()]
        first = read_batch(house.ledger, 0, before)
        last = read_batch(house.ledger, before)
        assert first is not None
        assert last is not None
        log = Counted(house.ledger)

        for file in files:
            file.apply(first, log)  # type: ignore[arg-type]
            assert not log.asked, "rows of an act that is open wait"
        for file in files:
            file.apply(last, log)  # type: ignore[arg-type]
            file.write()

        again = [at for at in log.asked if log.asked.count(at) > 1]
        assert log.asked
        assert bool(again) == (kept < 8), "of four rows, submitted and approved"
        for file in files:
            assert content(file.connection) == made_up_to(
                house.ledger, file.projection, house.size, tmp_path / f"{file.projection.name}.fresh.db")
            file.let_go()


class Counted:
    """A log that notes what is asked of it."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger, self.store = ledger, self
        self.asked: list[tuple[int, int]] = []

    def leaves(self, after: int, limit: int) -> list[bytes]:
        self.asked.append((after, limit))
        return self.ledger.store.leaves(after, limit)
