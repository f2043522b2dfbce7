"""The checker on a ledger in PostgreSQL: the same rules, the same words, every changed byte found where it is."""

from __future__ import annotations

import random
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from ledger_kit import LI, House, check, closed_large_house, closed_small_house, fill, open_house, row
from postgres_kit import NotRunnable, Server, running

from ledger.copies.copying import copy
from ledger.copies.sides import in_file, in_postgres
from ledger.fsck.checker import Report, fsck
from ledger.fsck.postgres import PostgresSource
from ledger.fsck.problem import Problem
from ledger.stores.errors import SchemaBehind, Unreadable
from ledger.vocabulary import ClaimId
from tests.waiting import until

PORTION = 256


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    return closed_small_house(tmp_path_factory.mktemp("fsck") / "small")


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> House:
    return closed_large_house(tmp_path_factory.mktemp("fsck") / "large")


def moved(house: House, conninfo: str) -> None:
    """Put the same rows into PostgreSQL."""
    with in_file(house.file) as source, in_postgres(conninfo, "ledger", writing=True) as there:
        copy(source, there)


def check_there(house: House, conninfo: str, **rest: Any) -> Report:
    return check(house, PostgresSource(conninfo), **rest)  # type: ignore[arg-type]


class Tampering:
    """A ledger that is changed, checked and put right again, by someone with the database and no scruples."""

    def __init__(self, house: House, conninfo: str) -> None:
        self.house, self.conninfo, self.tried = house, conninfo, 0
        self.connection = psycopg.connect(conninfo, autocommit=True, options="-c search_path=ledger")
        for (table,) in self.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'ledger'"):
            self.connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")  # type: ignore[arg-type]

    def rows(self, query: str) -> list[Any]:
        return self.connection.cursor(binary=True).execute(query).fetchall()  # type: ignore[arg-type]

    def changed(self, statement: str, new: tuple[Any, ...], old: tuple[Any, ...]) -> Report:
        """Run the statement with `new`, check, and run it with `old`."""
        self.tried += 1
        assert self.connection.execute(statement, new).rowcount == 1  # type: ignore[arg-type]
        report = check_there(self.house, self.conninfo)
        self.connection.execute(statement, old)  # type: ignore[arg-type]
        return report


@pytest.fixture(scope="module")
def pattern(house: House, postgres_server: Server) -> str:
    """The small ledger in a database, of which others are copies."""
    conninfo = postgres_server.new_database()
    moved(house, conninfo)
    return conninfo


@pytest.fixture
def small(pattern: str, postgres_server: Server) -> Iterator[str]:
    """The small ledger in a database of the test's own."""
    conninfo = postgres_server.copy_of(pattern)
    yield conninfo
    postgres_server.drop_database(conninfo)


@pytest.fixture
def tampering(house: House, small: str) -> Iterator[Tampering]:
    tampering = Tampering(house, small)
    yield tampering
    assert check_there(house, small).holds, "all was put right again"
    tampering.connection.close()


def first(report: Report) -> Problem:
    assert report.problems, "nothing was found"
    return report.problems[0]


# What holds


def test_a_sound_ledger_holds_and_is_counted_as_in_a_file(house: House, small: str) -> None:
    assert check_there(house, small) == check(house) == Report(18, check(house).root, 2, 9, 0, 7, ())
    assert check_there(house, small, keys=None, policy=None) == check(house, keys=None, policy=None)


def test_an_empty_ledger_holds(postgres: str) -> None:
    assert fsck(PostgresSource(postgres), processes=1).holds


@pytest.mark.parametrize("processes", [1, 2])
def test_one_process_and_two_say_the_same_as_of_a_file(large: House, postgres: str, processes: int) -> None:
    moved(large, postgres)
    sound = check_there(large, postgres, processes=processes, portion=PORTION)
    tampering = Tampering(large, postgres)
    tampering.connection.execute("UPDATE events SET leaf = leaf || ' '::bytea WHERE position = 900")
    changed = check_there(large, postgres, processes=processes, portion=PORTION)
    tampering.connection.close()

    assert sound == check(large, portion=PORTION)
    assert (first(changed).position, first(changed).code) == (900, "leaf_malformed")


def test_a_check_that_was_stopped_goes_on_in_the_same_words(large: House, postgres: str, tmp_path: Path) -> None:
    moved(large, postgres)
    state = tmp_path / "fsck.state"

    def stop(done: int, _total: int) -> None:
        if done == 3 * PORTION:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check_there(large, postgres, portion=PORTION, state_file=state, progress=stop)
    seen: list[int] = []
    report = check_there(large, postgres, portion=PORTION, state_file=state, resume=True, processes=1,
                         progress=lambda done, _: seen.append(done))

    assert report == check(large, portion=PORTION)
    assert seen[-3:] == [4 * PORTION, 5 * PORTION, 1_300]


def test_a_ledger_that_is_being_written_is_not_mistaken_for_a_changed_one(tmp_path: Path, postgres: str) -> None:
    from ledger.ledger import Ledger

    house = open_house(tmp_path / "house")
    house.ledger.close()
    house.ledger = Ledger.in_postgres(postgres, house.vault)
    from ledger_kit import settle

    settle(house)
    fill(house.store, 600)

    def meanwhile(done: int, total: int) -> None:
        house.record(row(house, ClaimId(f"clm_row_{done}"), LI, done))
        fill(house.store, 300, start=10_000 * done)
        house.signer().checkpoint()

    report = check_there(house, postgres, portion=PORTION, progress=meanwhile)
    assert (report.size, report.problems) == (612, ())
    house.close()


# Every byte


def flipped(data: bytes, place: int) -> bytes:
    changed = bytearray(data)
    changed[place] ^= 1 << place * 5 % 8
    return bytes(changed)


def changes_of(value: Any, rng: random.Random, many: bool) -> Iterator[Any]:
    """Values that are a little other: a byte of bytes, a letter of text, a bit of a number."""
    if value is None:
        yield from ("act_1", "")
    elif isinstance(value, int):
        yield from (value ^ 1 << bit for bit in ((0, 1, 5, 17, 30) if many else (0, 17)))
    elif isinstance(value, str):
        for place in range(len(value)) if many else (0, len(value) - 1):
            yield value[:place] + chr(ord(value[place]) ^ 1) + value[place + 1:]
    else:
        for place in range(len(value)) if many else rng.sample(range(len(value)), 2):
            yield flipped(value, place)


COLUMNS = [
    ("events", "leaf", ("position",)), ("events", "position", ("leaf",)),
    ("sealed", "salt", ("position",)), ("sealed", "ciphertext", ("position",)), ("sealed", "position", ("salt",)),
    ("streams", "stream", ("version", "position")), ("streams", "version", ("stream", "position")),
    ("streams", "position", ("stream", "version")),
    ("names", "name", ("holder", "kind")), ("names", "kind", ("name",)), ("names", "holder", ("name",)),
    ("names", "owner", ("name",)), ("names", "act", ("name",)), ("names", "position", ("name",)),
    ("names", "freed_by", ("name",)),
    ("checkpoints", "size", ("serial",)), ("checkpoints", "note", ("serial",)), ("checkpoints", "serial", ("note",)),
]
EXPECTED = {
    "events": ("leaf_malformed", "event_", "time_backwards", "index_mismatch", "sealed_", "log_", "name_", "tile_"),
    "sealed": ("sealed_",), "streams": ("index", "version_gap"), "names": ("name_mismatch",),
    "checkpoints": ("checkpoint_", "log_"),
}


def change_column(tampering: Tampering, table: str, column: str, others: tuple[str, ...], *, many: bool) -> None:
    rng = random.Random(f"{table}.{column}")
    key = " AND ".join(f"{other} = %s" for other in others)
    rows = tampering.rows(f"SELECT {column}, {', '.join(others)} FROM {table} ORDER BY {others[0]}")
    for value, *where in rows if many else rng.sample(rows, min(len(rows), 3)):
        for changed in changes_of(value, rng, many):
            try:
                report = tampering.changed(
                    f"UPDATE {table} SET {column} = %s WHERE {key}", (changed, *where), (value, *where))
            except psycopg.Error:
                continue  # The schema's own refusal: a second row of one key.
            assert first(report).code.startswith(EXPECTED[table]), report.problems
            if table in ("streams", "sealed") and column != "position":
                position = where[-1] if table == "streams" else where[0]
                assert position in {problem.position for problem in report.problems}, report.problems


@pytest.mark.parametrize(("table", "column", "others"), COLUMNS, ids=[f"{each[0]}-{each[1]}" for each in COLUMNS])
def test_a_changed_value_in_any_column_is_found(
    tampering: Tampering, table: str, column: str, others: tuple[str, ...]
) -> None:
    change_column(tampering, table, column, others, many=False)
    assert tampering.tried


@pytest.mark.torture
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize(("table", "column", "others"), COLUMNS, ids=[f"{each[0]}-{each[1]}" for each in COLUMNS])
def test_every_byte_of_every_row_in_postgres_is_found(
    tampering: Tampering, table: str, column: str, others: tuple[str, ...], record_property: Any
) -> None:
    change_column(tampering, table, column, others, many=True)
    record_property("tried", tampering.tried)


def test_a_changed_tile_is_found_where_it_is_and_told_from_a_changed_event(large: House, postgres: str) -> None:
    moved(large, postgres)
    tampering = Tampering(large, postgres)
    for number, root, hashes in tampering.rows("SELECT number, root, hashes FROM tiles WHERE level = 0 AND number < 3"):
        for place in (0, 4_000, 8_191):
            found = first(tampering.changed("UPDATE tiles SET hashes = %s WHERE level = 0 AND number = %s",
                                            (flipped(hashes, place), number), (hashes, number)))
            assert found[:2] == (number * 256 + place // 32 + 1, "tile_mismatch")
            assert "瓦片被改动" in found.words
        found = first(tampering.changed("UPDATE tiles SET root = %s WHERE level = 0 AND number = %s",
                                        (flipped(root, 7), number), (root, number)))
        assert found[:2] == (number * 256 + 1, "tile_mismatch")
    [(leaf,)] = tampering.rows("SELECT leaf FROM events WHERE position = 700")
    other = leaf.replace(b"routine", b"rueitno")
    found = first(tampering.changed(
        "UPDATE events SET leaf = %s WHERE position = %s", (other, 700), (leaf, 700)))
    assert found[:2] == (700, "tile_mismatch")
    assert "是事件被改动" in found.words
    tampering.connection.close()


# Rows taken, put in and moved

CUTS: list[tuple[str, list[str], int | None, str]] = [
    ("an event taken", ["DELETE FROM events WHERE position = 7"], 7, "event_missing"),
    ("the tail taken", ["DELETE FROM events WHERE position > 15"], 16, "log_behind"),
    ("all events taken", ["TRUNCATE events"], 1, "log_behind"),
    ("an event before the first", ["INSERT INTO events VALUES (-3, 'x')"], -3, "event_misplaced"),
    ("an event put in at the end", ["INSERT INTO events SELECT 19, leaf FROM events WHERE position = 18"],
     19, "time_backwards"),
    ("two events swapped", [
        "UPDATE events SET position = 99 WHERE position = 4", "UPDATE events SET position = 4 WHERE position = 6",
        "UPDATE events SET position = 6 WHERE position = 99"], 4, "index_mismatch"),
    ("a leaf of nothing", ["UPDATE events SET leaf = '' WHERE position = 9"], 9, "leaf_malformed"),
    ("a part without event", ["INSERT INTO sealed VALUES (19, 'x', 'x')"], 19, "sealed_without_event"),
    ("an index row taken", ["DELETE FROM streams WHERE position = 8"], 8, "index_mismatch"),
    ("an index row put in", ["INSERT INTO streams VALUES ('clm_more', 1, 8)"], 8, "index_mismatch"),
    ("an index row past the end", ["INSERT INTO streams VALUES ('clm_more', 1, 19)"], 19, "index_without_event"),
    ("all of the index taken", ["TRUNCATE streams"], 1, "index_mismatch"),
    ("a name taken", ["DELETE FROM names WHERE holder = 'per_li'"], 9, "name_mismatch"),
    ("a name put in", ["INSERT INTO names VALUES ('x', 'certificate', 'clm_x', 'per_x', NULL, 3, NULL)"],
     3, "name_mismatch"),
    ("a checkpoint taken", ["DELETE FROM checkpoints WHERE serial = 1"], None, "checkpoint_mismatch"),
    ("a checkpoint of nothing", ["UPDATE checkpoints SET note = '' WHERE serial = 1"], None, "checkpoint_invalid"),
    ("a tile too many", ["INSERT INTO tiles VALUES (0, 0, 'x', 'x')"], None, "tile_without_events"),
]


@pytest.mark.parametrize(("statements", "position", "code"), [cut[1:] for cut in CUTS], ids=[cut[0] for cut in CUTS])
def test_rows_taken_put_in_or_moved_are_found(
    house: House, small: str, statements: list[str], position: int | None, code: str
) -> None:
    tampering = Tampering(house, small)
    for statement in statements:
        tampering.connection.execute(statement)  # type: ignore[arg-type]
    tampering.connection.close()

    report = check_there(house, small)

    assert (position, code) in {problem[:2] for problem in report.problems}, report.problems
    assert first(report).position == position, report.problems


# What cannot be read


def test_a_database_without_a_ledger_and_a_server_that_is_away_are_told_apart(
    house: House, postgres_server: Server
) -> None:
    empty = postgres_server.new_database(migrated=False)
    with pytest.raises(SchemaBehind):
        check_there(house, empty)
    with pytest.raises(Unreadable) as away:
        check_there(house, postgres_server.conninfo("postgres", port=1))
    assert postgres_server.password not in str(away.value)
    postgres_server.drop_database(empty)


@pytest.fixture(scope="module")
def own_server() -> Iterator[Server]:
    """A server whose files may be damaged."""
    try:
        with running() as server:
            yield server
    except NotRunnable as reason:
        pytest.skip(str(reason))


@pytest.mark.parametrize("table", ["events", "streams"])
def test_a_page_damaged_on_disk_is_reported_and_never_confuses_the_checker(
    large: House, own_server: Server, table: str
) -> None:
    damage_on_disk(large, own_server, table, ["a page's head is gone", "some bits are turned"])


def test_a_server_that_ends_over_a_page_while_it_is_checked_is_not_taken_for_one_that_is_away(
    large: House, postgres_server: Server
) -> None:
    """To wait and ask again would be of no use: it would end over the same page."""
    conninfo = postgres_server.new_database()
    moved(large, conninfo)

    def end(done: int, total: int) -> None:
        with psycopg.connect(conninfo) as beside:
            beside.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                           "WHERE datname = current_database() AND pid <> pg_backend_pid()")

    with pytest.raises(Unreadable, match=r"terminated by signal.*从备份恢复"):
        check_there(large, conninfo, portion=PORTION, progress=end)
    postgres_server.drop_database(conninfo)


@pytest.mark.torture
@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("table", ["events", "events_pkey", "sealed", "streams", "streams_pkey", "tiles", "names",
                                   "checkpoints", "checkpoints_pkey"])
def test_much_damage_on_disk_never_confuses_the_checker(large: House, own_server: Server, table: str) -> None:
    damage_on_disk(large, own_server, table, ["a page's head is gone", *["some bits are turned"] * 12])


def is_up(conninfo: str) -> bool:
    try:
        psycopg.connect(conninfo).close()
    except psycopg.OperationalError:
        return False
    return True


def damage_on_disk(large: House, server: Server, table: str, damages: list[str]) -> None:
    """Someone with the disk, or the disk itself."""
    conninfo, rng = server.new_database(), random.Random(table)
    moved(large, conninfo)
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("CHECKPOINT")
        [(name,)] = connection.execute("SELECT pg_relation_filepath(%s)", (f"ledger.{table}",)).fetchall()
    file = server.data / name
    kept = file.read_bytes()
    for damage in damages:
        data = bytearray(kept)
        if damage == "a page's head is gone":
            data[-8_192:-8_192 + 24] = b"\xff" * 24
        else:
            for place in rng.sample(range(0, len(data)), 40):
                data[place] ^= 1 << rng.randrange(8)
        server.stop(signal.SIGINT)
        file.write_bytes(data)
        server.start()
        try:
            report = check_there(large, conninfo, portion=PORTION)
        except Unreadable as unreadable:
            assert "备份" in str(unreadable)
            until(lambda: is_up(conninfo), "the server never came back")  # It may have ended over the page.
        else:
            assert not report.holds or damage == "some bits are turned"  # One may fall where nothing is kept.
    server.drop_database(conninfo)
