"""A year whose bodies were moved into its archive: every answer is what it was, and a kill loses nothing."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from ledger_kit import FIRST, LI, House, check, fill, open_house, plain_event, small_house

from ledger import archive as archives
from ledger import archive_moving as moving
from ledger import archive_writing
from ledger.archive import Archive, first_moment
from ledger.archive_writing import compare, write
from ledger.copying import PartlyArchived, in_file
from ledger.fsck import fsck
from ledger.proof.tiles import Tile
from ledger.proving import prove_event, prove_growth
from ledger.stores import cold
from ledger.stores.append import Append
from ledger.stores.errors import OtherSchema
from ledger.stores.memory import MemoryRecorder
from ledger.verify import verify_file

NOW = first_moment(2028) + 1
FILLED = 600


@pytest.fixture(scope="module", autouse=True)
def _small_files() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for module in (archives, archive_writing):
            patch.setattr(module, "EVENTS_A_FILE", 256)
            patch.setattr(module, "GROUP", 64)
        patch.setattr(moving, "PORTION", 100)
        yield


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A house with 18 events of 2025, 600 of 2026 and 300 of 2027, and beside it the archives of the first two."""
    root = tmp_path_factory.mktemp("moved")
    house = small_house(root / "house")
    clock: Any = house.store._clock  # type: ignore[attr-defined]
    for year, begin, many in ((2026, 0, FILLED), (2027, FILLED, 300)):
        clock.ns = first_moment(year) * 1_000
        fill(house.store, many, start=begin)
    note = house.signer().checkpoint()
    for year in (2025, 2026):
        (root / str(year)).mkdir()
        write(house.store, note, year, root / str(year), now=NOW)
    house.close()
    return root


@pytest.fixture
def root(kept: Path, tmp_path: Path) -> Path:
    return shutil.copytree(kept, tmp_path / "root")


@pytest.fixture
def house(root: Path) -> Iterator[House]:
    cold.SHELF.forget()
    house = open_house(root / "house")
    yield house
    house.close()


def answers(house: House) -> dict[str, Any]:
    """Everything that a store is asked about its events."""
    store, size = house.store, house.store.size()
    positions = range(1, size + 1)
    leaves = store.leaves(0, size)
    streams = sorted({str(stream) for _, (stream, *_) in zip(leaves, _listed(house.file), strict=True)})
    return {
        "leaves": leaves, "some": store.leaves(250, 20), "streams": store.streams(streams), "one": store.stream(FIRST),
        "sealed": store.sealed_at(positions), "each": [store.sealed(at) for at in (1, 5, 18, 300)],
        "times": [store.position_at(first_moment(year)) for year in (2025, 2026, 2027)],
        "tiles": [store.read_tile(Tile(level, number)) for level in (-1, 0) for number in range(size // 256)],
        "edges": [store.frontier(at).root() for at in (1, 17, 256, 300, 700, size)],
        "proof": prove_event(store, 300, store.checkpoints()[-1].note),
        "claim": house.claim(FIRST), "person": house.person(LI),
    }


def _listed(file: Path) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute("SELECT stream, version FROM streams ORDER BY position").fetchall()


def rows(file: Path) -> list[list[tuple[Any, ...]]]:
    """Every row of the file that bodies could have been taken from."""
    with closing(sqlite3.connect(file)) as connection:
        return [connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall()
                for table in ("events", "sealed", "streams", "tiles", "sqlite_master")]


def stubs(file: Path) -> int:
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute("SELECT count(*) FROM events WHERE length(leaf) = 9").fetchone()[0]


def move(house: House, root: Path, *years: int) -> list[moving.Moved]:
    return [moving.move(house.store, Archive(root / str(year))) for year in years]


def test_every_answer_is_what_it_was_when_bodies_have_moved(house: House, root: Path) -> None:
    before, was = answers(house), rows(house.file)
    done = move(house, root, 2025, 2026)

    assert done[1].events == FILLED and 0 < done[0].events < 18, "people, units and officers stay at hand"
    assert stubs(house.file) == sum(one.events for one in done)
    assert answers(house) == before
    report = check(house)
    assert report.holds and report.size == 918 and report.redacted == 0 and report.names
    assert [compare(house.store, Archive(root / str(year))) for year in (2025, 2026)] == [None, None]
    assert [place.year for place in moving.moved(house.store)] == [2025, 2026]

    back = [moving.bring_back(house.store, year) for year in (2026, 2025)]
    assert [one.events for one in back] == [one.events for one in reversed(done)]
    assert rows(house.file) == was, "as if nothing had ever moved, triggers and all"
    assert answers(house) == before and moving.moved(house.store) == []


def test_the_register_goes_on_and_what_was_moved_is_proved_under_a_later_checkpoint(
    house: House, root: Path, tmp_path: Path
) -> None:
    move(house, root, 2026)
    fill(house.store, 50, start=2_000)
    house.store.append(Append((plain_event(3, version=2),)))  # It goes on with a stream whose first event has moved.

    stream = house.store.stream(f"{plain_event(3).stream}")
    (tmp_path / "proof").write_bytes(prove_event(house.store, stream[0][0], house.signer().checkpoint()))

    assert [position for position, _ in stream] == [22, 969]
    assert verify_file(tmp_path / "proof", house.policy).events[0]["position"] == 22
    assert check(house).holds


def test_what_fills_no_tile_yet_stays_since_the_edge_of_the_tree_is_made_of_it(root: Path, tmp_path: Path) -> None:
    house = small_house(tmp_path / "short")
    try:
        (tmp_path / "2025").mkdir()
        write(house.store, house.signer().checkpoint(), 2025, tmp_path / "2025", now=NOW)
        assert moving.move(house.store, Archive(tmp_path / "2025")).events == 0
        assert check(house).holds
    finally:
        house.close()


def test_no_event_can_be_changed_while_its_body_is_away(house: House, root: Path) -> None:
    move(house, root, 2026)
    with closing(sqlite3.connect(house.file)) as other:
        for statement in ("UPDATE events SET leaf = x'00' WHERE position = 100", "DELETE FROM sealed",
                          "DELETE FROM events WHERE position = 100"):
            with pytest.raises(sqlite3.IntegrityError):
                other.execute(statement)


def test_moving_again_changes_nothing_and_another_archive_of_the_year_is_refused(
    house: House, root: Path, tmp_path: Path
) -> None:
    move(house, root, 2026)
    (again,) = move(house, root, 2026)
    fill(house.store, 1, start=3_000)
    (tmp_path / "2026").mkdir()
    write(house.store, house.signer().checkpoint(), 2026, tmp_path / "2026", now=NOW)

    assert again.events == 0
    with pytest.raises(moving.OtherArchive, match="另一份归档"):
        moving.move(house.store, Archive(tmp_path / "2026"))
    with pytest.raises(moving.OtherArchive, match="没有移入归档"):
        moving.bring_back(house.store, 2025)


def test_the_archive_of_another_log_takes_nothing(house: House, root: Path, tmp_path: Path) -> None:
    other = small_house(tmp_path / "other")
    try:
        (tmp_path / "of").mkdir()
        write(other.store, other.signer().checkpoint(), 2025, tmp_path / "of", now=NOW)
    finally:
        other.close()
    with pytest.raises(moving.OtherArchive, match="另一本账"):
        moving.move(house.store, Archive(tmp_path / "of"))
    assert stubs(house.file) == 0 and moving.moved(house.store) == []


def test_a_store_that_keeps_its_bodies_refuses_by_name(root: Path) -> None:
    with pytest.raises(moving.CannotMove, match="PostgreSQL"):
        moving.move(MemoryRecorder(), Archive(root / "2025"))
    assert moving.moved(MemoryRecorder()) == []


def test_a_body_that_differs_is_not_let_go(house: House, root: Path) -> None:
    """A sealed part that was altered in the store since: the portions before it moved, its own did not."""
    with closing(sqlite3.connect(house.file)) as other:
        other.execute("DROP TRIGGER sealed_stays_as_it_is")
        (position,) = other.execute("SELECT max(position) FROM sealed WHERE position <= 18").fetchone()
        other.execute("UPDATE sealed SET ciphertext = x'00' WHERE position = ?", (position,))
        other.commit()

    with pytest.raises(moving.MovedDiffers, match=f"事件 {position} "):
        move(house, root, 2025)
    assert stubs(house.file) == 0


@pytest.mark.parametrize(("spoil", "told"), [
    (lambda folder: shutil.rmtree(folder), "没有文件"),
    (lambda folder: (folder / "archive.json").write_bytes(b"{}"), "不是当初的"),
    (lambda folder: next((folder / "events").iterdir()).write_bytes(b"short"), "摘要不符"),
], ids=["gone", "another manifest", "a file altered"])
def test_an_archive_that_is_away_is_said_to_be_and_the_register_goes_on(
    house: House, root: Path, spoil: Callable[[Path], object], told: str
) -> None:
    roots = [house.store.frontier(size).root() for size in (20, 256, 300, 500)]
    move(house, root, 2026)
    for path in sorted((root / "2026" / "events").iterdir())[1:] if told == "摘要不符" else ():
        path.write_bytes(b"short")
    spoil(root / "2026")
    cold.SHELF.forget()

    with pytest.raises(cold.ArchiveAway, match=told) as caught:
        house.store.leaves(100, 10)
    assert str(root / "2026") in str(caught.value) and "relocate" in str(caught.value)
    with pytest.raises(cold.ArchiveAway):
        fsck(house.file)
    fill(house.store, 5, start=4_000)  # Appends, checkpoints and positions by time need nothing of it.
    assert house.store.position_at(first_moment(2027)) == 18 + FILLED
    assert house.signer().checkpoint() and house.person(LI)
    assert [house.store.frontier(size).root() for size in (20, 256, 300, 500)] == roots, "of any size, the edge too"
    assert prove_growth(house.store, 20, 500)


def test_an_archive_that_was_put_elsewhere_is_found_once_that_is_said(house: House, root: Path) -> None:
    before = house.store.leaves(0, 900)
    move(house, root, 2026)
    (root / "2026").rename(root / "cold")
    cold.SHELF.forget()

    with pytest.raises(moving.OtherArchive, match="不是本账本移出正文的那份"):
        moving.relocate(house.store, Archive(root / "2025"))
    assert moving.relocate(house.store, Archive(root / "cold")).folder == str(root / "cold")
    assert house.store.leaves(0, 900) == before


def test_a_copy_of_the_rows_alone_is_refused_and_an_older_program_does_not_open_the_file(
    house: House, root: Path
) -> None:
    move(house, root, 2026)
    with closing(sqlite3.connect(house.file)) as other:
        assert other.execute("PRAGMA user_version").fetchone() == (3,), "it would take a stub for an event"
    with pytest.raises(PartlyArchived, match="bring-back 2026"), in_file(house.file):
        pytest.fail("it was opened")
    assert OtherSchema(house.file, version=3, expected=2).code == "ledger_of_other_version"


def test_who_reads_while_bodies_move_sees_every_event_as_it_was(house: House, root: Path) -> None:
    """Another reader between any two portions, moving and bringing back."""
    store: Any = house.store
    before, seen = house.store.leaves(0, 918), 0

    def look(done: int, total: int) -> None:
        nonlocal seen
        seen += 1
        assert store.leaves(0, 918) == before

    moving.move(store, Archive(root / "2026"), look)
    moving.bring_back(store, 2026, look)
    assert seen >= 12


def _die_at_the_end(statement: str) -> None:
    if statement.startswith("CREATE TRIGGER"):
        os.kill(os.getpid(), signal.SIGKILL)


def test_moving_and_bringing_back_at_once_stops_one_of_them_and_loses_nothing(house: House, root: Path) -> None:
    before, archive = house.store.leaves(0, 918), Archive(root / "2026")

    def back(done: int, total: int) -> None:
        if done == 300:
            moving.bring_back(house.store, 2026)

    with pytest.raises(moving.OtherArchive, match="同时"):
        moving.move(house.store, archive, back)
    assert (stubs(house.file), house.store.leaves(0, 918)) == (0, before)

    moving.move(house.store, archive)
    with pytest.raises(moving.OtherArchive, match="同时"):
        moving.bring_back(house.store, 2026, lambda done, total: done == 300 and moving.move(house.store, archive))
    assert stubs(house.file) > 0 and house.store.leaves(0, 918) == before
    assert check(house).holds


def killed_in_portion(number: int, work: Callable[[], object]) -> bool:
    """Do it in a child that is killed within the transaction of its n-th portion, before it is committed."""
    child = os.fork()
    if child == 0:
        status, count = 1, 0
        try:
            own = moving._allowing

            def allowing(connection: sqlite3.Connection) -> Any:
                nonlocal count
                count += 1
                if count == number:
                    connection.set_trace_callback(_die_at_the_end)
                return own(connection)

            moving._allowing = allowing
            work()
            status = 0
        finally:
            os._exit(status)
    _, ended = os.waitpid(child, 0)
    assert os.WIFSIGNALED(ended) or os.waitstatus_to_exitcode(ended) == 0
    return os.WIFSIGNALED(ended)


@pytest.mark.parametrize("number", [1, 2, 5, pytest.param(0, marks=pytest.mark.torture)])
def test_a_kill_in_any_portion_loses_nothing_and_the_same_command_goes_on(root: Path, number: int) -> None:
    house = open_house(root / "house")
    before, was = answers(house), rows(house.file)
    house.close()

    def moved_all() -> None:
        with closing(open_house(root / "house")) as one:
            move(one, root, 2025, 2026)

    def all_back() -> None:
        with closing(open_house(root / "house")) as one:
            for place in moving.moved(one.store):
                moving.bring_back(one.store, place.year)

    for work in (moved_all, all_back):
        portions = (number,) if number else range(1, 9)
        for portion in portions:
            was_killed = killed_in_portion(portion, work)
            assert was_killed or not number
            house = open_house(root / "house")
            assert answers(house) == before and check(house).holds
            house.close()
        work()
    assert rows(root / "house" / "ledger.db") == was
