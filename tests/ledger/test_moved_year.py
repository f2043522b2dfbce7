"""A year whose bodies were moved into its archive: every answer is what it was, and a kill loses nothing.

Whatever is shown here is shown of a ledger in a file and of one in PostgreSQL.
"""

from __future__ import annotations

import json
import math
import os
import shutil
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from ledger_kit import FIRST, LI, House, fill, plain_event, small_house
from moved_kit import FILLED, NOW, Kept, copied, in_database, make

from ledger import archive as archives
from ledger.archive import Archive, first_moment
from ledger.copies import archive_moving as moving
from ledger.copies import archive_writing
from ledger.copies.archive_writing import compare, write
from ledger.copies.copying import OtherContent, copy
from ledger.copies.sides import in_file, in_postgres
from ledger.file_digest import sha256_of
from ledger.offline.verify import verify_file
from ledger.proof.tiles import Tile
from ledger.proving import prove_event, prove_growth
from ledger.stores import cold, postgres_schema
from ledger.stores.append import Append, RequestKey
from ledger.stores.errors import OtherSchema, SchemaAhead
from ledger.stores.memory import MemoryRecorder
from ledger.stores.postgres_cold import SchemaChange
from ledger.stores.recorder import CannotMove
from ledger.stores.sqlite_cold import FileChange


@pytest.fixture(scope="module", autouse=True)
def _small_files() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for module in (archives, archive_writing):
            patch.setattr(module, "EVENTS_A_FILE", 256)
            patch.setattr(module, "GROUP", 64)
        patch.setattr(moving, "PORTION", 100)
        yield


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def pattern(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """What each test has a copy of."""
    made = make(tmp_path_factory.mktemp("moved"))
    if request.param == "sqlite":
        return made
    return in_database(made, request.getfixturevalue("postgres_server").new_database())


@pytest.fixture
def kept(pattern: Kept, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kept]:
    server = request.getfixturevalue("postgres_server") if pattern.conninfo else None
    kept = copied(pattern, tmp_path / "root", server)
    yield kept
    if server is not None:
        server.drop_database(kept.conninfo)


@pytest.fixture
def house(kept: Kept) -> Iterator[House]:
    house = kept.open()
    yield house
    house.close()


def answers(kept: Kept, house: House) -> dict[str, Any]:
    """Everything that a store is asked about its events."""
    store, size = house.store, house.store.size()
    positions = range(1, size + 1)
    streams = sorted({stream for (stream,) in kept.rows("SELECT stream FROM streams")})
    return {
        "leaves": store.leaves(0, size), "some": store.leaves(250, 20), "streams": store.streams(streams),
        "one": store.stream(FIRST),
        "sealed": store.sealed_at(positions), "each": [store.sealed(at) for at in (1, 5, 18, 300)],
        "times": [store.position_at(first_moment(year)) for year in (2025, 2026, 2027)],
        "tiles": [store.read_tile(Tile(level, number)) for level in (-1, 0) for number in range(size // 256)],
        "edges": [store.frontier(at).root() for at in (1, 17, 256, 300, 700, size)],
        "proof": prove_event(store, 300, store.checkpoints()[-1].note),
        "claim": house.claim(FIRST), "person": house.person(LI),
    }


def test_every_answer_is_what_it_was_when_bodies_have_moved(house: House, kept: Kept) -> None:
    before, was = answers(kept, house), kept.all_rows()
    done = kept.move(house, 2025, 2026)

    assert done[1].events == FILLED and 0 < done[0].events < 18, "people, units and officers stay at hand"
    assert kept.stubs() == sum(one.events for one in done)
    assert answers(kept, house) == before
    report = kept.check(house)
    assert report.holds and report.size == 918 and report.redacted == 0 and report.names
    assert [compare(house.store, kept.archive(year)) for year in (2025, 2026)] == [None, None]
    assert [place.year for place in house.store.archives()] == [2025, 2026]

    back = [moving.bring_back(house.store, year) for year in (2026, 2025)]
    assert [one.events for one in back] == [one.events for one in reversed(done)]
    assert kept.all_rows() == was, "as if nothing had ever moved, triggers and all"
    assert answers(kept, house) == before and house.store.archives() == []


def test_the_register_goes_on_and_what_was_moved_is_proved_under_a_later_checkpoint(
    house: House, kept: Kept, tmp_path: Path
) -> None:
    kept.move(house, 2026)
    fill(house.store, 50, start=2_000)
    house.store.append(Append((plain_event(3, version=2),)))  # It goes on with a stream whose first event has moved.

    stream = house.store.stream(f"{plain_event(3).stream}")
    (tmp_path / "proof").write_bytes(prove_event(house.store, stream[0][0], house.signer().checkpoint()))

    assert [position for position, _ in stream] == [22, 969]
    assert verify_file(tmp_path / "proof", house.policy).events[0]["position"] == 22
    assert kept.check(house).holds


def test_what_fills_no_tile_yet_stays_since_the_edge_of_the_tree_is_made_of_it(
    house: House, kept: Kept, tmp_path: Path
) -> None:
    (tmp_path / "2027").mkdir()
    write(house.store, house.signer().checkpoint(), 2027, tmp_path / "2027", now=NOW)
    done = moving.move(house.store, Archive(tmp_path / "2027"))
    assert done.events == 3 * 256 - FILLED - 18 and done.edge == house.store.size() - 3 * 256
    assert kept.check(house).holds
    fill(house.store, 1, start=5_000)
    assert kept.check(house).holds


def test_no_event_can_be_changed_while_its_body_is_away(house: House, kept: Kept) -> None:
    kept.move(house, 2026)
    for statement in ("UPDATE events SET leaf = leaf WHERE position = 100", "DELETE FROM sealed",
                      "DELETE FROM events WHERE position = 100"):
        with pytest.raises(Exception, match="never"):
            kept.execute(statement)


def test_moving_again_changes_nothing_and_another_archive_of_the_year_is_refused(
    house: House, kept: Kept, tmp_path: Path
) -> None:
    kept.move(house, 2026)
    (again,) = kept.move(house, 2026)
    fill(house.store, 1, start=3_000)
    (tmp_path / "2026").mkdir()
    write(house.store, house.signer().checkpoint(), 2026, tmp_path / "2026", now=NOW)

    assert again.events == 0
    with pytest.raises(moving.OtherArchive, match="另一份归档"):
        moving.move(house.store, Archive(tmp_path / "2026"))
    with pytest.raises(moving.OtherArchive, match="没有移入归档"):
        moving.bring_back(house.store, 2025)


def test_the_archive_of_another_log_takes_nothing(house: House, kept: Kept, tmp_path: Path) -> None:
    other = small_house(tmp_path / "other")
    try:
        (tmp_path / "of").mkdir()
        write(other.store, other.signer().checkpoint(), 2025, tmp_path / "of", now=NOW)
    finally:
        other.close()
    with pytest.raises(moving.OtherArchive, match="另一本账"):
        moving.move(house.store, Archive(tmp_path / "of"))
    assert kept.stubs() == 0 and house.store.archives() == []


def test_a_store_that_keeps_its_bodies_refuses_by_name() -> None:
    store = MemoryRecorder()
    for asked in (store.changing, store.compact):
        with pytest.raises(CannotMove, match="内存"):
            asked()
    assert store.archives() == []


def test_a_body_that_differs_is_not_let_go(house: House, kept: Kept) -> None:
    """A sealed part that was altered in the store since: the portions before it moved, its own did not."""
    ((position,),) = kept.rows("SELECT max(position) FROM sealed WHERE position <= 18")
    change = f"UPDATE sealed SET ciphertext = {'decode($$00$$, $$hex$$)' if kept.conninfo else 'X' + repr('00')} "
    kept.execute("ALTER TABLE sealed DISABLE TRIGGER stays" if kept.conninfo else "DROP TRIGGER sealed_stays_as_it_is",
                 f"{change} WHERE position = {position}")

    with pytest.raises(moving.MovedDiffers, match=f"事件 {position} "):
        kept.move(house, 2025)
    assert kept.stubs() == 0


def test_a_body_that_the_tree_does_not_hold_is_not_brought_back_whatever_the_database_says(
    house: House, kept: Kept
) -> None:
    """Whoever has the archive and the database can make both agree; the hash of each event stands in the tree."""
    kept.move(house, 2025)
    stubs, folder = kept.stubs(), kept.root / "2025"
    path = next((folder / "events").iterdir())
    table = pq.read_table(path)
    rows = [{**row, "leaf": row["leaf"].replace(b"clm_first", b"clm_other")} for row in table.to_pylist()]
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), path)
    told = json.loads((folder / "archive.json").read_bytes())
    told["files"][f"events/{path.name}"].update(bytes=path.stat().st_size, sha256=sha256_of(path))
    (folder / "archive.json").write_bytes(archives.format_manifest(msgspec.convert(told, archives.Manifest)))
    kept.execute(f"UPDATE archives SET manifest = '{sha256_of(folder / 'archive.json')}'")
    cold.SHELF.forget()

    with pytest.raises(archives.BadArchive, match="与账本的瓦片不符"):
        moving.bring_back(house.store, 2025)
    assert kept.stubs() == stubs


@pytest.mark.parametrize(("spoil", "told"), [
    (lambda folder: shutil.rmtree(folder), "没有文件"),
    (lambda folder: (folder / "archive.json").write_bytes(b"{}"), "不是当初的"),
    (lambda folder: next((folder / "events").iterdir()).write_bytes(b"short"), "摘要不符"),
], ids=["gone", "another manifest", "a file altered"])
def test_an_archive_that_is_away_is_said_to_be_and_the_register_goes_on(
    house: House, kept: Kept, spoil: Callable[[Path], object], told: str
) -> None:
    roots = [house.store.frontier(size).root() for size in (20, 256, 300, 500)]
    kept.move(house, 2026)
    for path in sorted((kept.root / "2026" / "events").iterdir())[1:] if told == "摘要不符" else ():
        path.write_bytes(b"short")
    spoil(kept.root / "2026")
    cold.SHELF.forget()

    with pytest.raises(cold.ArchiveAway, match=told) as caught:
        house.store.leaves(100, 10)
    assert str(kept.root / "2026") in str(caught.value) and "relocate" in str(caught.value)
    with pytest.raises(cold.ArchiveAway):
        kept.check(house)
    fill(house.store, 5, start=4_000)  # Appends, checkpoints and positions by time need nothing of it.
    assert house.store.position_at(first_moment(2027)) == 18 + FILLED
    assert house.signer().checkpoint() and house.person(LI)
    assert [house.store.frontier(size).root() for size in (20, 256, 300, 500)] == roots, "of any size, the edge too"
    assert prove_growth(house.store, 20, 500)


def test_an_archive_that_was_put_elsewhere_is_found_once_that_is_said(house: House, kept: Kept) -> None:
    before = house.store.leaves(0, 900)
    kept.move(house, 2026)
    (kept.root / "2026").rename(kept.root / "cold")
    cold.SHELF.forget()

    with pytest.raises(moving.OtherArchive, match="不是本账本移出正文的那份"):
        moving.relocate(house.store, Archive(kept.root / "2025"))
    assert moving.relocate(house.store, Archive(kept.root / "cold")).folder == str(kept.root / "cold")
    assert house.store.leaves(0, 900) == before


def test_an_older_program_does_not_open_the_ledger(
    house: House, kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would take a stub for an event."""
    kept.move(house, 2026)
    if not kept.conninfo:
        assert kept.rows("PRAGMA user_version") == [(3,)]
        assert OtherSchema(house.file, version=3, expected=2).code == "ledger_of_other_version"
        return
    known = postgres_schema.steps()
    with monkeypatch.context() as older:
        older.setattr(postgres_schema, "steps", lambda package="": known[:1])
        with pytest.raises(SchemaAhead):
            kept.open()
        moving.bring_back(house.store, 2026)
        kept.open().close()  # As long as nothing is away it goes on working beside this one.


def _carried(kept: Kept, other: Kept, house: House, progress: Any = lambda done, total: None) -> None:
    """Copy the rows of a ledger into the other kind of store."""
    if kept.conninfo:
        with in_postgres(kept.conninfo, "ledger") as source, in_file(house.file, writing=True) as target:
            copy(source, target, progress)
    else:
        with in_file(house.file) as source, in_postgres(other.conninfo, "ledger", writing=True) as target:
            copy(source, target, progress)


def test_a_copy_into_the_other_store_finds_bodies_where_they_lie_also_after_it_stopped(
    house: House, kept: Kept, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.copies.copying.PORTION", 100)
    before = house.store.leaves(0, 918)
    kept.move(house, 2025, 2026)
    stubs = kept.stubs()
    house.close()
    if kept.conninfo:
        house.file.unlink()  # What the database was made from lies there.
    other = Kept(kept.root, "" if kept.conninfo else request.getfixturevalue("postgres_server").new_database())

    def stops(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _carried(kept, other, house, stops)
    assert other.rows("SELECT year FROM archives ORDER BY year") == [(2025,), (2026,)], "said before any row stands"
    _carried(kept, other, house)
    assert other.stubs() == stubs > 500
    there = other.open()
    assert there.store.leaves(0, 918) == before and other.check(there).holds
    moving.bring_back(there.store, 2026)
    moving.bring_back(there.store, 2025)
    assert other.stubs() == 0 and there.store.leaves(0, 918) == before
    there.close()


def test_a_copy_onto_a_store_whose_bodies_lie_elsewhere_is_refused(
    house: House, kept: Kept, request: pytest.FixtureRequest
) -> None:
    if kept.conninfo:
        house.close()
        house.file.unlink()
    other = Kept(kept.root, "" if kept.conninfo else request.getfixturevalue("postgres_server").new_database())
    _carried(kept, other, house)
    there = other.open()
    other.move(there, 2026)
    there.close()
    with pytest.raises(OtherContent):
        _carried(kept, other, house)


def test_an_archive_is_looked_through_before_anything_rests_on_it(house: House, kept: Kept) -> None:
    (moved,) = kept.move(house, 2026)
    steps: list[tuple[int, int]] = []
    moving.demand_there(moved.place, lambda done, total: steps.append((done, total)))
    assert steps[0] == (0, len(kept.archive(2026).manifest.files)) and steps[-1] == (1, 1)
    name = next(one for one in kept.archive(2026).manifest.files if one.startswith("events/"))
    path = kept.root / "2026" / name
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(cold.ArchiveAway, match="摘要不符"):
        moving.demand_there(moved.place)
    shutil.rmtree(kept.root / "2026")
    with pytest.raises(cold.ArchiveAway, match="没有文件"):
        moving.demand_there(moved.place)


def test_who_reads_while_bodies_move_sees_every_event_as_it_was(house: House, kept: Kept) -> None:
    """Another reader between any two portions, moving and bringing back."""
    store: Any = house.store
    before, seen = house.store.leaves(0, 918), 0

    def look(done: int, total: int) -> None:
        nonlocal seen
        seen += 1
        assert store.leaves(0, 918) == before

    moving.move(store, Archive(kept.root / "2026"), look)
    moving.bring_back(store, 2026, look)
    assert seen >= 12


def test_another_process_that_slept_while_a_year_ended_and_moved_goes_on_with_the_right_tree(
    house: House, kept: Kept, tmp_path: Path
) -> None:
    """What it has not seen is few enough to come with its look-up, and would be hashed as it comes."""
    sleeping = kept.open()
    try:
        fill(sleeping.store, 1, start=6_000)
        sleeping.store._contended_until = math.inf  # type: ignore[attr-defined]  # It met others before.
        fill(house.store, 200, start=7_000)
        (tmp_path / "2027").mkdir()
        write(house.store, house.signer().checkpoint(), 2027, tmp_path / "2027", now=NOW)
        assert moving.move(house.store, Archive(tmp_path / "2027")).events == 1024 - FILLED - 18
        fill(sleeping.store, 2, start=8_000)
        edge: Any = sleeping.store._edge.frontier if kept.conninfo else sleeping.store._frontier  # type: ignore[attr-defined]
        assert edge.root() == house.store.frontier().root(), "a wrong edge would be stored with the tile that it fills"
    finally:
        sleeping.close()
    assert kept.check(house).holds


def test_a_request_whose_events_have_moved_is_answered_as_it_was(house: House, kept: Kept) -> None:
    """Keys are kept for 13 months, and a year may move in January."""
    clock: Any = house.store.clock
    clock.ns = first_moment(2027) * 1_000
    request = RequestKey(b"k" * 32, b"f" * 32, 201)
    receipt = house.store.append(Append((plain_event(9_000),), request=request))
    kept.execute("UPDATE requests SET first = 100")  # As if it had been asked before the year was over.
    kept.move(house, 2026)

    answered = house.store.answered(request)
    assert answered is not None and (answered.first, answered.events) == (100, receipt.events)


def test_a_body_that_no_archive_is_said_to_have_is_missed_by_name(house: House, kept: Kept) -> None:
    kept.move(house, 2026)
    kept.execute("DELETE FROM archives")
    for asked in (lambda: house.store.leaves(100, 1), lambda: house.store.sealed(100),
                  lambda: house.store.stream(f"{plain_event(3).stream}")):
        with pytest.raises(cold.BodyUnplaced, match="从备份恢复"):
            asked()
    assert [(problem.position, problem.code) for problem in kept.check(house).problems][:1] == [(19, "leaf_malformed")]


def test_each_host_reads_archives_where_it_has_them_and_one_that_has_none_says_so(
    house: House, kept: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = house.store.leaves(0, 918)
    kept.move(house, 2026)
    (tmp_path / "mnt").mkdir()
    (kept.root / "2026").rename(tmp_path / "mnt" / "2026")
    cold.SHELF.forget()
    with pytest.raises(cold.ArchiveAway, match=f"本机（{socket.gethostname()}）.*archive_folder"):
        house.store.leaves(100, 10)

    monkeypatch.setenv(cold.HERE, str(tmp_path / "mnt"))
    assert house.store.leaves(0, 918) == before and kept.check(house).holds
    assert moving.bring_back(house.store, 2026).events == FILLED


def test_bringing_back_is_ended_without_the_archive_where_every_body_is_back(
    house: House, kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped before the last step, and the folder thrown away since."""
    kept.move(house, 2025)
    def stop(_change: Any, _place: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as stopped, pytest.raises(KeyboardInterrupt):
        for change in (FileChange, SchemaChange):
            stopped.setattr(change, "leave", stop)
        moving.bring_back(house.store, 2025)
    assert kept.stubs() == 0 and house.store.archives() != []
    shutil.rmtree(kept.root / "2025")
    cold.SHELF.forget()

    assert moving.bring_back(house.store, 2025).events == 0
    assert house.store.archives() == [] and kept.check(house).holds


def test_moving_and_bringing_back_at_once_stops_one_of_them_and_loses_nothing(house: House, kept: Kept) -> None:
    before, archive = house.store.leaves(0, 918), kept.archive(2026)

    def back(done: int, total: int) -> None:
        if done == 300:
            moving.bring_back(house.store, 2026)

    with pytest.raises(moving.OtherArchive, match="同时"):
        moving.move(house.store, archive, back)
    assert (kept.stubs(), house.store.leaves(0, 918)) == (0, before)

    moving.move(house.store, archive)
    with pytest.raises(moving.OtherArchive, match="同时"):
        moving.bring_back(house.store, 2026, lambda done, total: done == 300 and moving.move(house.store, archive))
    assert kept.stubs() > 0 and house.store.leaves(0, 918) == before
    assert kept.check(house).holds


def killed_in_portion(number: int, work: Callable[[], object]) -> bool:
    """Do it in a child that is killed within the transaction of its n-th portion, before it is committed."""
    child = os.fork()
    if child == 0:
        status, count = 1, 0
        try:
            for change in (FileChange, SchemaChange):
                @contextmanager
                def allowing(self: Any, own: Any = change._allowing) -> Iterator[None]:
                    nonlocal count
                    count += 1
                    with own(self):
                        yield
                    if count == number:
                        os.kill(os.getpid(), signal.SIGKILL)

                change._allowing = allowing  # type: ignore[method-assign]
            work()
            status = 0
        finally:
            os._exit(status)
    _, ended = os.waitpid(child, 0)
    assert os.WIFSIGNALED(ended) or os.waitstatus_to_exitcode(ended) == 0
    return os.WIFSIGNALED(ended)


@pytest.mark.parametrize("number", [
    2, *(pytest.param(number, marks=pytest.mark.torture) for number in (0, 1, 5))])
def test_a_kill_in_any_portion_loses_nothing_and_the_same_command_goes_on(kept: Kept, number: int) -> None:
    house = kept.open()
    before, was = answers(kept, house), kept.all_rows()
    house.close()

    def moved_all() -> None:
        with closing(kept.open()) as one:
            kept.move(one, 2025, 2026)

    def all_back() -> None:
        with closing(kept.open()) as one:
            for place in one.store.archives():
                moving.bring_back(one.store, place.year)

    for work in (moved_all, all_back):
        portions = (number,) if number else range(1, 9)
        for portion in portions:
            was_killed = killed_in_portion(portion, work)
            assert was_killed or not number
            house = kept.open()
            assert answers(kept, house) == before and kept.check(house).holds
            house.close()
        work()
    assert kept.all_rows() == was
