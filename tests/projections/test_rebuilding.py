"""What stands can be compared with what the log says, and made anew; whatever stops it, what stood stands."""

from __future__ import annotations

import gc
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import ClassVar

import pytest
from projection_kit import NINGBO, House, exam, living, open_house
from test_follower import Counter, contents, say

from ledger.ledger import Ledger
from projections.answers import projections
from projections.entries import Entries
from projections.errors import AlreadyFollowed, NotBuilt, ProjectionFailed, RebuildDied
from projections.files.places import path_of
from projections.files.projection import Projection
from projections.files.rebuilding import compare, rebuild, rebuild_all, shared_out

ROOT = Path(__file__).parents[2]


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


@pytest.mark.parametrize("first", [0, 2, 5], ids=["from the first page", "from the third", "from the sixth"])
def test_whatever_has_become_of_what_stood_it_is_written_over(tmp_path: Path, first: int) -> None:
    """It is not read through for damage before: of a large register that took longer than some files take to make."""
    with living(tmp_path) as house:
        answers = lived(house)
        house.follower.stop()
        path, page = path_of(answers, Entries()), 4_096
        pages = path.stat().st_size // page
        assert pages > 6
        with path.open("r+b") as file:
            file.seek(first * page)
            file.write(bytes((pages - first) * page))

        assert rebuild(house.ledger, answers, Entries(), no_progress) == house.size
        assert compare(house.ledger, answers, Entries(), no_progress).holds
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_while_a_projection_is_made_or_compared_nobody_looks_for_circles(tmp_path: Path) -> None:
    """A million rows have none, and going over all of them again and again took a fifth as long as making them."""
    with living(tmp_path) as house:
        answers = lived(house)
        house.follower.stop()
        looks: set[bool] = set()

        def progress(done: int, total: int) -> None:
            looks.add(gc.isenabled())

        rebuild(house.ledger, answers, Entries(), progress)
        assert looks == {False}
        looks.clear()
        assert compare(house.ledger, answers, Entries(), progress).holds
        assert looks == {False}
        assert gc.isenabled()


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


# Together


@contextmanager
def elsewhere(folder: Path) -> Iterator[Ledger]:
    """The ledger of a house, in a process of its own."""
    house = open_house(folder, start=False)
    yield house.ledger
    house.ledger.close()
    house.vault.close()


@contextmanager
def dies(folder: Path) -> Iterator[Ledger]:
    """A process that ends before it has begun, as one ends that the system kills."""
    os._exit(9)
    yield


def test_several_processes_make_what_one_makes(tmp_path: Path) -> None:
    with living(tmp_path / "house") as house:
        folder = lived(house)
        house.follower.stop()
        before = contents(folder)
        for path in folder.glob("*.db"):
            if path.name.startswith("work"):
                path.unlink()  # Some are put over what stands, one where nothing does.
        seen: dict[str, list[tuple[int, int]]] = {one.name: [] for one in projections()}

        made = rebuild_all(
            house.ledger, folder, projections(), lambda name, *of: seen[name].append(of),
            elsewhere=partial(elsewhere, house.folder), processes=2)

        assert made == dict.fromkeys(seen, house.size)
        assert contents(folder) == before
        assert all(told[0] == (0, house.size) and told[-1] == (house.size, house.size) for told in seen.values())
        assert not list(folder.glob("*.building.db*"))


def test_the_heaviest_do_not_share_a_process() -> None:
    class Light(Projection):
        name: ClassVar = "light"

    class Heavy(Projection):
        name: ClassVar = "heavy"
        weight: ClassVar = 5

    shares = shared_out([Light(), Light(), Light(), Heavy(), Heavy()], 2)

    assert [sorted(one.name for one in share) for share in shares] == [
        ["heavy", "light", "light"], ["heavy", "light"]]
    assert shared_out([Light()], 4) != [] and len(shared_out([Light()], 4)) == 1


def test_a_process_that_dies_is_told_and_what_stood_stands(tmp_path: Path) -> None:
    with living(tmp_path / "house") as house:
        folder = lived(house)
        house.follower.stop()
        before = contents(folder)

        with pytest.raises(RebuildDied) as told:
            rebuild_all(house.ledger, folder, projections(), lambda *_: None,
                        elsewhere=partial(dies, house.folder), processes=2)

        assert told.value.code == "rebuild_died"
        assert contents(folder) == before


@pytest.mark.parametrize("processes", [1, 2])
def test_the_event_that_cannot_be_taken_is_named(tmp_path: Path, processes: int) -> None:
    with living(tmp_path / "house") as house:
        folder = lived(house)
        house.follower.stop()
        say(house.ledger, 3)
        last = house.size

        counter = Counter()
        counter.fails_at = last - 1

        with pytest.raises(ProjectionFailed) as failed:
            rebuild_all(house.ledger, folder, [*projections(), counter], lambda *_: None,
                        elsewhere=partial(elsewhere, house.folder), processes=processes)

        assert (failed.value.position, failed.value.because) == (last - 1, "ValueError")
        assert not list(folder.glob("*.building.db*"))


REBUILDER = """
import sys
from functools import partial
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, sys.argv[2])
    from projection_kit import open_house
    from projections.answers import projections
    from projections.files.rebuilding import rebuild_all
    from test_rebuilding import elsewhere
    house = open_house(Path(sys.argv[1]), start=False)
    rebuild_all(house.ledger, house.folder / "answers", projections(), lambda *_: print("makes", flush=True),
                elsewhere=partial(elsewhere, house.folder), processes=2)
    print("done", flush=True)
"""


def test_a_rebuild_that_is_killed_leaves_what_stood_and_no_process(tmp_path: Path) -> None:
    with living(tmp_path / "house") as house:
        folder = lived(house)
        house.follower.stop()
        script = tmp_path / "rebuilder.py"
        script.write_text(REBUILDER, "utf-8")
        with subprocess.Popen(
            [sys.executable, str(script), str(house.folder), str(Path(__file__).parent)], text=True,
            stdout=subprocess.PIPE, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
        ) as process:
            assert process.stdout is not None
            assert "makes\n" in iter(process.stdout.readline, "")
            process.send_signal(signal.SIGKILL)
            process.wait()
            process.stdout.read()  # Ends when the last that could write there has ended.

        for projection in projections():
            assert compare(house.ledger, folder, projection, no_progress).holds
        assert rebuild(house.ledger, folder, Entries(), no_progress) == house.size
