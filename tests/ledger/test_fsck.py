"""The checker finds every byte that was changed behind the ledger's back, names where, and is never itself confused."""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from ledger_kit import (
    BY,
    LI,
    House,
    check,
    closed_large_house,
    closed_small_house,
    drop_triggers,
    fill,
    open_house,
    row,
    settle,
    settle_file,
    small_house,
    tampered,
)

from ledger.errors import LedgerError
from ledger.events.base import Draft
from ledger.events.person import KeyDestroyed
from ledger.fsck.checker import Report, fsck
from ledger.fsck.pool import CheckBroken
from ledger.fsck.portion import KeyFiles
from ledger.fsck.problem import Problem
from ledger.fsck.source import SQLiteView
from ledger.fsck.state import CannotResume
from ledger.keys.file import VaultFailed
from ledger.keys.master import FileMasterKey, WrongKey
from ledger.ledger import Deciding
from ledger.stores.errors import NotALedger, OtherSchema, Unreadable
from ledger.vocabulary import ClaimId, StreamId
from tests.waiting import until

PORTION = 256


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    return closed_small_house(tmp_path_factory.mktemp("fsck") / "small")


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> House:
    return closed_large_house(tmp_path_factory.mktemp("fsck") / "large")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return tmp_path / "copy.db"


def first(report: Report) -> Problem:
    assert report.problems, "nothing was found"
    return report.problems[0]


def places(data: bytes, step: int, start: int = 0) -> range:
    return range(start % step, len(data), step)


def flipped(data: bytes, place: int, bit: int | None = None) -> bytes:
    changed = bytearray(data)
    changed[place] ^= 1 << (place * 5 % 8 if bit is None else bit)
    return bytes(changed)


class Tampering:
    """A copy that is changed, checked and put right again, over and over."""

    def __init__(self, house: House, copy: Path) -> None:
        self.house, self.copy = house, tampered(house.file, copy)
        self.connection = sqlite3.connect(copy, isolation_level=None)
        self.connection.execute("PRAGMA synchronous=OFF")
        self.tried = 0

    def rows(self, query: str) -> list[Any]:
        return self.connection.execute(query).fetchall()

    def changed(self, statement: str, new: tuple[Any, ...], old: tuple[Any, ...]) -> Report:
        """Run the statement with `new`, check, and run it with `old`."""
        self.tried += 1
        assert self.connection.execute(statement, new).rowcount == 1
        report = check(self.house, self.copy)
        self.connection.execute(statement, old)
        return report


@pytest.fixture
def tampering(house: House, copy: Path) -> Iterator[Tampering]:
    tampering = Tampering(house, copy)
    yield tampering
    assert check(house, copy).holds, "all was put right again"
    tampering.connection.close()


# What holds


def test_a_sound_ledger_holds_and_is_counted(house: House) -> None:
    report = check(house)
    assert report == Report(18, report.root, 2, 9, 0, 7, ())


@pytest.mark.parametrize("processes", [1, 2])
def test_one_process_and_two_say_the_same(large: House, copy: Path, processes: int) -> None:
    changed = tampered(large.file, copy, ("UPDATE events SET leaf = leaf || ' ' WHERE position = 900", ()))
    for file in (large.file, changed):
        reports = {check(large, file, processes=1, portion=portion) for portion in (PORTION, 4 * PORTION)}
        reports.add(check(large, file, processes=processes, portion=PORTION))
        assert len(reports) == 1


def test_an_empty_ledger_holds(tmp_path: Path) -> None:
    house = open_house(tmp_path / "house")
    assert check(house).holds
    house.signer().checkpoint()
    assert check(house) == Report(0, check(house).root, 1, 0, 0, 0, ())


def test_a_ledger_that_is_being_written_is_not_mistaken_for_a_changed_one(tmp_path: Path) -> None:
    house = open_house(tmp_path / "house")
    settle(house)
    fill(house.store, 600)

    def meanwhile(done: int, total: int) -> None:
        house.record(row(house, ClaimId(f"clm_row_{done}"), LI, done))
        fill(house.store, 300, start=10_000 * done)
        house.signer().checkpoint()

    report = check(house, portion=PORTION, progress=meanwhile)
    assert (report.size, report.problems) == (612, ())


def test_progress_is_told_portion_by_portion(large: House) -> None:
    seen: list[tuple[int, int]] = []
    check(large, portion=PORTION, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(256, 1_300), (512, 1_300), (768, 1_300), (1_024, 1_300), (1_280, 1_300), (1_300, 1_300)]


def test_a_batch_of_rows_with_certificates_holds(tmp_path: Path) -> None:
    house = open_house(tmp_path / "house")
    settle(house)
    rows = [draft for number in range(5) for draft in row(house, ClaimId(f"clm_row_{number}"), LI, number)]
    house.record(tuple(rows))
    assert check(house).names == 11


def test_a_forgotten_person_leaves_a_ledger_that_holds(tmp_path: Path) -> None:
    house = small_house(tmp_path / "house")
    destroyed = Draft(KeyDestroyed(person=LI, basis="request", final_after=date(2026, 7, 1)))
    version = house.store.version(LI)
    house.ledger.destroy_key(LI, lambda: Deciding((destroyed,), {StreamId(LI): version}), by=BY)
    house.signer().checkpoint()
    report = check(house)
    assert (report.holds, report.sealed, report.names) == (True, 9, 5), report
    file = settle_file(house)
    returned = tampered(file, tmp_path / "copy.db", (
        "INSERT INTO names VALUES (x'00', 'id_number', 'per_li', 'per_li', NULL, 9, NULL)", ()))
    assert first(check(house, returned))[:2] == (9, "name_mismatch"), "a forgotten number must not come back"


def test_a_redacted_copy_holds_and_says_so(house: House, copy: Path) -> None:
    tampered(house.file, copy, ("DELETE FROM sealed", ()))
    report = check(house, copy, keys=None)
    assert (report.holds, report.sealed, report.redacted, report.names) == (True, 0, 9, None)
    with_vault = check(house, copy)
    assert (with_vault.holds, with_vault.names) == (True, 0)


def test_without_vault_or_key_the_rest_is_still_checked(house: House, copy: Path) -> None:
    report = check(house, keys=None, policy=None)
    assert (report.holds, report.names) == (True, None)
    tampered(house.file, copy, ("UPDATE checkpoints SET note = x'00' WHERE serial = 2", ()))
    assert first(check(house, copy, keys=None, policy=None)).code == "checkpoint_invalid"


# Every byte


def every_leaf_byte(tampering: Tampering, step: int, bits: list[int | None]) -> None:
    for position, leaf in tampering.rows("SELECT position, leaf FROM events"):
        for place in places(leaf, step, start=position):
            for bit in bits:
                report = tampering.changed("UPDATE events SET leaf = ? WHERE position = ?",
                                           (flipped(leaf, place, bit), position), (leaf, position))
                found = first(report)
                earlier = 0 if position <= 12 else 12  # Between two checkpoints a root says no more than that.
                if found.code == "time_backwards":  # A time set forward makes the next one late.
                    assert found.position in (position, position + 1)
                elif found.position is None:
                    assert found.code == "log_forked" and f"事件 {earlier + 1} 至" in found.words
                else:
                    assert found.position == position, (found, leaf, place)


def test_a_changed_byte_of_a_leaf_is_found_where_it_is(tampering: Tampering) -> None:
    every_leaf_byte(tampering, 16, [None])


def sealed_changes(tampering: Tampering, step: int, bits: list[int | None]) -> None:
    for position, salt, ciphertext in tampering.rows("SELECT * FROM sealed"):
        for column, value in (("salt", salt), ("ciphertext", ciphertext)):
            for place in places(value, step, start=position):
                for bit in bits:
                    report = tampering.changed(f"UPDATE sealed SET {column} = ? WHERE position = ?",
                                               (flipped(value, place, bit), position), (value, position))
                    assert first(report)[:2] == (position, "sealed_mismatch")


def test_a_changed_byte_of_a_sealed_part_is_found_where_it_is(tampering: Tampering) -> None:
    sealed_changes(tampering, 5, [None])
    for position, salt, ciphertext in tampering.rows("SELECT * FROM sealed"):
        report = tampering.changed(
            "UPDATE sealed SET salt = ?, ciphertext = ? WHERE position = ?",
            (salt + ciphertext[:1], ciphertext[1:], position), (salt, ciphertext, position))
        assert first(report)[:2] == (position, "sealed_mismatch"), "a byte moved from one to the other"


def column_changes(value: Any, step: int, bits: list[int | None]) -> Iterator[Any]:
    """Every way in which a value is a little other: a bit of a number, a byte of text or of bytes."""
    if value is None:
        yield from ("act_1", "", b"", 0)
    elif isinstance(value, int):
        yield from (value ^ 1 << bit for bit in range(0, 62, 1 if step == 1 else 7))
        yield from ("text", b"\0", -1, value + (1 << 61) - 1)
    elif isinstance(value, str):
        for place in places(value.encode(), step):
            for bit in bits:
                raw = flipped(value.encode(), place, bit)
                yield raw.decode() if raw.isascii() else raw  # Bytes in a column of text, too.
    else:
        for place in places(value, step):
            yield from (flipped(value, place, bit) for bit in bits)


COLUMNS = [
    ("streams", "stream", ("version", "position")), ("streams", "version", ("stream", "position")),
    ("streams", "position", ("stream", "version")), ("names", "name", ("holder", "kind")),
    ("names", "kind", ("name",)), ("names", "holder", ("name",)), ("names", "owner", ("name",)),
    ("names", "act", ("name",)), ("names", "position", ("name",)), ("names", "freed_by", ("name",)),
    ("checkpoints", "size", ("serial",)), ("checkpoints", "note", ("serial",)),
    ("checkpoints", "serial", ("note",)),
]


def every_column_byte(
    tampering: Tampering, table: str, column: str, others: tuple[str, ...], step: int, bits: list[int | None]
) -> None:
    key = " AND ".join(f"{other} = ?" for other in others)
    for value, *where in tampering.rows(f"SELECT {column}, {', '.join(others)} FROM {table}"):
        for changed in column_changes(value, step, bits):
            try:
                report = tampering.changed(
                    f"UPDATE {table} SET {column} = ? WHERE {key}", (changed, *where), (value, *where))
            except sqlite3.Error:
                continue  # The schema's own refusal: a second row of one key.
            expected = {"streams": ("index", "version_gap"), "names": ("name_mismatch",),
                        "checkpoints": ("checkpoint_", "log_")}[table]
            assert first(report).code.startswith(expected), report.problems
            if table == "streams":
                position = value if column == "position" else where[-1]
                assert position in {problem.position for problem in report.problems}, report.problems


@pytest.mark.parametrize(("table", "column", "others"), COLUMNS, ids=[f"{each[0]}-{each[1]}" for each in COLUMNS])
def test_a_changed_value_beside_the_events_is_found(
    tampering: Tampering, table: str, column: str, others: tuple[str, ...]
) -> None:
    every_column_byte(tampering, table, column, others, 5, [None])


@pytest.mark.torture
def test_every_byte_of_every_row_of_a_small_ledger_is_found(house: House, copy: Path, record_property) -> None:
    tampering = Tampering(house, copy)
    every_leaf_byte(tampering, 1, [None, 0])
    sealed_changes(tampering, 1, [None, 0])
    for table, column, others in COLUMNS:
        every_column_byte(tampering, table, column, others, 1, [None])
    record_property("tried", tampering.tried)
    assert check(house, copy).holds


def test_a_changed_tile_is_found_where_it_is_and_told_from_a_changed_event(large: House, copy: Path) -> None:
    tampering = Tampering(large, copy)
    rng = random.Random(20261121)
    for number, root, hashes in tampering.rows("SELECT number, root, hashes FROM tiles WHERE level = 0"):
        for place in [0, 8_191, *rng.sample(range(8_192), 3)]:
            found = first(tampering.changed("UPDATE tiles SET hashes = ? WHERE level = 0 AND number = ?",
                                            (flipped(hashes, place), number), (hashes, number)))
            assert found[:2] == (number * 256 + place // 32 + 1, "tile_mismatch") and "瓦片被改动" in found.words
        for place in range(0, 32, 7):
            found = first(tampering.changed("UPDATE tiles SET root = ? WHERE level = 0 AND number = ?",
                                            (flipped(root, place), number), (root, number)))
            assert found[:2] == (number * 256 + 1, "tile_mismatch")
        for column, value in (("level", 0), ("number", number)):
            for changed in (value ^ 8, value + 2**40, "text", b"x", -1):
                found = first(tampering.changed(
                    f"UPDATE tiles SET {column} = ? WHERE root = ?", (changed, root), (value, root)))
                assert found[:2] == (number * 256 + 1, "tile_mismatch") and "缺失" in found.words
    for position in (1, 255, 256, 257, 700, 1_280):
        ((leaf,),) = tampering.rows(f"SELECT leaf FROM events WHERE position = {position}")
        other = leaf.replace(b"A", b"B", 1) if b"A" in leaf else leaf.replace(b"routine", b"rueitno")
        found = first(tampering.changed(
            "UPDATE events SET leaf = ? WHERE position = ?", (other, position), (leaf, position)))
        assert found[:2] == (position, "tile_mismatch") and "是事件被改动" in found.words, found


def test_the_whole_tree_is_rebuilt_above_the_first_level(tmp_path: Path) -> None:
    house = open_house(tmp_path / "house")
    fill(house.store, 66_000)
    house.signer().checkpoint()
    tampering = Tampering(house, tampered(settle_file(house), tmp_path / "copy.db"))
    assert check(house, tampering.copy, portion=16 * PORTION).holds
    ((root, hashes),) = tampering.rows("SELECT root, hashes FROM tiles WHERE level = 1")
    for column, value, place, position in (("hashes", hashes, 32 * 5, 5 * 256 + 1), ("root", root, 3, 1)):
        found = first(tampering.changed(
            f"UPDATE tiles SET {column} = ? WHERE level = 1", (flipped(value, place),), (value,)))
        assert found[:2] == (position, "tile_mismatch")
    tampering.connection.execute("DELETE FROM tiles WHERE level = 1")
    assert first(check(house, tampering.copy))[:2] == (1, "tile_mismatch")


# Rows taken, put in and moved


CUTS: list[tuple[str, list[str], int | None, str]] = [
    ("an event taken", ["DELETE FROM events WHERE position = 7"], 7, "event_missing"),
    ("the first event taken", ["DELETE FROM events WHERE position = 1"], 1, "event_missing"),
    ("the tail taken", ["DELETE FROM events WHERE position > 15"], 16, "log_behind"),
    ("the tail taken with its index and parts", [
        f"DELETE FROM {table} WHERE position > 15" for table in ("events", "sealed", "streams")], 16, "log_behind"),
    ("all events taken", ["DELETE FROM events"], 1, "log_behind"),
    ("an event far away", ["UPDATE events SET position = 9000000000000000000 WHERE position = 18"],
     18, "event_missing"),
    ("an event before the first", ["INSERT INTO events VALUES (-3, x'00')"], -3, "event_misplaced"),
    ("an event at nought", ["INSERT INTO events VALUES (0, (SELECT leaf FROM events WHERE position = 1))"],
     0, "event_misplaced"),
    ("an event put in at the end", ["INSERT INTO events SELECT 19, leaf FROM events WHERE position = 18"],
     19, "time_backwards"),
    ("two events swapped", [
        "UPDATE events SET position = 99 WHERE position = 4", "UPDATE events SET position = 4 WHERE position = 6",
        "UPDATE events SET position = 6 WHERE position = 99"], 4, "index_mismatch"),
    ("two events swapped with their index", [
        "UPDATE events SET position = 99 WHERE position = 4", "UPDATE events SET position = 4 WHERE position = 6",
        "UPDATE events SET position = 6 WHERE position = 99", "UPDATE streams SET position = 99 WHERE position = 4",
        "UPDATE streams SET position = 4 WHERE position = 6", "UPDATE streams SET position = 6 WHERE position = 99"],
     4, "version_gap"),
    ("a time set back", [
        "UPDATE events SET leaf = replace(cast(leaf AS TEXT), ',17600000', ',16600000') WHERE position = 9"],
     9, "leaf_malformed"),
    ("a time set back, in bytes", [
        "UPDATE events SET leaf = cast(replace(cast(leaf AS TEXT), ',17600000', ',16600000') AS BLOB) "
        "WHERE position = 9"],
     9, "time_backwards"),
    ("a leaf of nothing", ["UPDATE events SET leaf = x'' WHERE position = 9"], 9, "leaf_malformed"),
    ("a leaf of a number", ["UPDATE events SET leaf = 7 WHERE position = 9"], 9, "leaf_malformed"),
    ("a part of text", ["UPDATE sealed SET ciphertext = 'text' WHERE position = 9"], 9, "sealed_mismatch"),
    ("a salt of a number", ["UPDATE sealed SET salt = 5 WHERE position = 9"], 9, "sealed_mismatch"),
    ("a part beside an open event", ["INSERT INTO sealed SELECT 2, salt, ciphertext FROM sealed WHERE position = 9"],
     2, "sealed_mismatch"),
    ("a part without event", ["INSERT INTO sealed VALUES (19, x'00', x'00')"], 19, "sealed_without_event"),
    ("an index row taken", ["DELETE FROM streams WHERE position = 8"], 8, "index_mismatch"),
    ("an index row put in", ["INSERT INTO streams VALUES ('clm_more', 1, 8)"], 8, "index_mismatch"),
    ("an index row past the end", ["INSERT INTO streams VALUES ('clm_more', 1, 19)"], 19, "index_without_event"),
    ("an index row of text", ["INSERT INTO streams VALUES ('clm_more', 1, 'x')"], None, "index_without_event"),
    ("an index row that is no UTF-8", ["INSERT INTO streams VALUES (cast(x'ff' AS TEXT), 1, 8)"],
     8, "index_mismatch"),
    ("an index row twice", ["INSERT INTO streams SELECT stream, 9, 8 FROM streams WHERE position = 8"],
     8, "version_gap"),
    ("all of the index taken", ["DELETE FROM streams"], 1, "index_mismatch"),
    ("a name taken", ["DELETE FROM names WHERE holder = 'per_li'"], 9, "name_mismatch"),
    ("all names taken", ["DELETE FROM names"], 1, "name_mismatch"),
    ("a name put in", ["INSERT INTO names VALUES (x'aa', 'certificate', 'clm_x', 'per_x', NULL, 3, NULL)"],
     3, "name_mismatch"),
    ("a name of no type", ["INSERT INTO names VALUES (7, x'ff', cast(x'ff' AS TEXT), 1.5, x'ff', 'x', 2)"],
     None, "name_mismatch"),
    ("a checkpoint taken", ["DELETE FROM checkpoints WHERE serial = 1"], None, "checkpoint_mismatch"),
    ("a checkpoint of text", ["UPDATE checkpoints SET note = 'text' WHERE serial = 1"], None, "checkpoint_invalid"),
    ("a tile too many", ["INSERT INTO tiles VALUES (0, 0, x'00', x'00')"], None, "tile_without_events"),
]


@pytest.mark.parametrize(("statements", "position", "code"), [cut[1:] for cut in CUTS], ids=[cut[0] for cut in CUTS])
def test_rows_taken_put_in_or_moved_are_found(
    house: House, copy: Path, statements: list[str], position: int | None, code: str
) -> None:
    tampered(house.file, copy, *((statement, ()) for statement in statements))
    report = check(house, copy)
    assert (position, code) in {problem[:2] for problem in report.problems}, report.problems
    assert first(report).position == position, report.problems
    assert all(problem.words.isprintable() and problem.words.encode() for problem in report.problems)


def test_rows_of_no_event_are_looked_for_at_both_ends_and_not_among_all_that_were_read(large: House) -> None:
    with closing(sqlite3.connect(large.file)) as connection:
        view, steps = SQLiteView(connection), [0]

        def step() -> None:
            steps[0] += 1

        connection.set_progress_handler(step, 1)
        size = view.size()
        for table in ("events", "sealed"):
            steps[0] = 0
            assert view.stray(table, size) is None
            assert steps[0] < 100 < size


def test_a_tail_taken_with_its_checkpoints_is_found_by_the_one_that_was_published(house: House, copy: Path) -> None:
    """Nothing inside the file can tell: that is why the last checkpoint lies outside it."""
    tampered(house.file, copy, *((f"DELETE FROM {table} WHERE position > 12", ())
                                 for table in ("events", "sealed", "streams", "names")),
             ("DELETE FROM checkpoints WHERE size > 12", ()))
    assert check(house, copy).holds
    published = (house.folder / "ledger.published").read_bytes()
    assert first(check(house, copy, published=published))[:2] == (13, "log_behind")
    assert check(house, published=published).holds
    assert first(check(house, copy, seen=published))[:2] == (13, "log_behind"), "whoever it was that saw it"
    assert first(check(house, published=b"garbage")).code == "checkpoint_invalid"
    root = published.split(b"\n")[2]
    told = first(check(house, published=published, seen=published.replace(root, b64encode(bytes(32))), policy=None))
    assert told.code == "log_forked" and "两种历史" in told.words


def test_of_many_problems_the_first_comes_first_and_the_list_ends(large: House, copy: Path) -> None:
    tampered(large.file, copy, ("UPDATE events SET leaf = cast(leaf || ' ' AS BLOB) WHERE position > 300", ()))
    report = check(large, copy, portion=PORTION)
    assert (first(report)[:2], len(report.problems)) == ((301, "leaf_malformed"), 100)


# Going on after a stop


class Stopped(Exception):
    """Somebody pressed a key."""


@pytest.mark.parametrize("fault", [None, 300, 1_100], ids=["sound", "before", "after"])
def test_a_check_that_was_stopped_goes_on_and_says_what_a_whole_one_says(
    large: House, copy: Path, tmp_path: Path, fault: int | None
) -> None:
    statement = "UPDATE events SET leaf = cast(leaf || ' ' AS BLOB) WHERE position = ?"
    tampered(large.file, copy, *([] if fault is None else [(statement, (fault,))]))
    state = tmp_path / "fsck.state"
    told: list[int] = []

    def stop(done: int, total: int) -> None:
        told.append(done)
        if done == 768:
            raise Stopped

    given = {"keys": None, "portion": PORTION, "state_file": state}
    with pytest.raises(Stopped):
        check(large, copy, **given, progress=stop)
    assert state.exists()
    resumed = check(large, copy, **given, resume=True, progress=lambda done, total: told.append(done))
    assert resumed == check(large, copy, keys=None)
    assert told == [256, 512, 768, 1_024, 1_280, 1_300]
    assert not state.exists()


NAME_FAULTS: list[tuple[str, ...]] = [
    (),
    ("DELETE FROM names WHERE holder = 'per_li'",),
    ("INSERT INTO names VALUES (x'aa', 'certificate', 'clm_x', 'per_x', NULL, 3, NULL)",),
    ("UPDATE sealed SET ciphertext = x'0011' WHERE position = 9",),
    ("UPDATE sealed SET salt = 'text' WHERE position = 9",),
    ("DELETE FROM sealed WHERE position = 9",),
    ("UPDATE events SET leaf = cast(leaf || ' ' AS BLOB) WHERE position = 9",),
    ("UPDATE events SET leaf = 7 WHERE position = 9",),
]


ALTERNATELY = [(fault, bool(number % 2), 1 + number // 2 % 2) for number, fault in enumerate(NAME_FAULTS)]
EVERY_WAY = [(fault, keys, processes) for fault in NAME_FAULTS for keys in (True, False) for processes in (1, 2)]


@pytest.mark.parametrize(("statements", "keys_before", "processes"), [
    *ALTERNATELY, *(pytest.param(*each, marks=pytest.mark.torture) for each in EVERY_WAY if each not in ALTERNATELY),
])
def test_a_check_that_goes_on_says_of_names_what_a_whole_one_says(
    large: House, copy: Path, tmp_path: Path, statements: tuple[str, ...], keys_before: bool, processes: int
) -> None:
    """All names of this ledger stand before the stop; the events that reserve and free them are read again."""
    tampered(large.file, copy, *((statement, ()) for statement in statements))
    whole = check(large, copy, portion=PORTION)
    assert whole.holds is not bool(statements[0:1]) or "DELETE FROM sealed" in statements[0]

    def stop(done: int, total: int) -> None:
        if done == 512:
            raise Stopped

    given: dict[str, Any] = {"portion": PORTION, "state_file": tmp_path / "fsck.state"}
    with pytest.raises(Stopped):
        check(large, copy, **given, keys=large.keys if keys_before else None, progress=stop)
    assert check(large, copy, **given, resume=True, processes=processes) == whole


def test_a_check_that_was_killed_goes_on_and_finds_a_name_that_was_put_in(
    large: House, copy: Path, tmp_path: Path
) -> None:
    tampered(large.file, copy, (NAME_FAULTS[2][0], ()))
    state = tmp_path / "fsck.state"
    script = (
        "import multiprocessing, os, signal, sys\n"
        "from pathlib import Path\n"
        "from ledger.fsck.checker import fsck\nfrom ledger.fsck.portion import KeyFiles\n"
        "def kill(done, total):\n"
        "    if done == 768:\n"
        "        pids = [str(one.pid) for one in multiprocessing.active_children()]\n"
        "        state.with_name('pids').write_text(' '.join(pids))\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "file, state, vault, master = map(Path, sys.argv[1:])\n"
        "if __name__ == '__main__':\n"
        f"    fsck(file, keys=KeyFiles(vault, master), state_file=state, portion={PORTION}, processes=1,"
        " progress=kill)\n"
    )
    child = tmp_path / "child.py"
    child.write_text(script)
    killed = subprocess.run(
        [sys.executable, str(child), str(copy), str(state), *map(str, large.keys)], check=False,
        cwd=Path(__file__).parents[2], env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])})
    assert killed.returncode == -signal.SIGKILL
    assert check(large, copy, portion=PORTION, state_file=state, resume=True) == check(large, copy, portion=PORTION)
    left = state.with_name("pids").read_text().split()
    assert left
    until(lambda: not any(map(lives, left)), "a process of the check outlived it")


def lives(pid: str) -> bool:
    """Say whether there is such a process; one that nobody waits for has ended all the same."""
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_check_whose_processes_die_says_nothing_of_the_ledger_and_can_go_on(large: House, tmp_path: Path) -> None:
    given: dict[str, Any] = {"keys": None, "portion": PORTION, "state_file": tmp_path / "fsck.state"}

    def kill(done: int, total: int) -> None:
        for child in multiprocessing.active_children():
            child.kill()
            child.join()

    with pytest.raises(CheckBroken, match="请减少 --processes"):
        check(large, **given, processes=2, progress=lambda done, total: kill(done, total) if done == 256 else None)
    assert check(large, **given, resume=True) == check(large, keys=None)


def test_a_state_that_does_not_fit_is_refused(large: House, house: House, tmp_path: Path) -> None:
    state = tmp_path / "fsck.state"
    given: dict[str, Any] = {"keys": None, "portion": PORTION, "state_file": state}

    def stop(done: int, total: int) -> None:
        raise Stopped

    with pytest.raises(CannotResume, match="没有上次检查"):
        check(large, **given, resume=True)
    with pytest.raises(Stopped):
        check(large, **given, progress=stop)
    saved = state.read_text()
    with pytest.raises(CannotResume, match="不属于这个账本"):
        check(house, **given, resume=True)
    for damaged in ("", "[]", "{}", "[" * 100_000, saved[:-9], saved.replace('"seed": ', '"seed": -'),
                    saved.replace('"position": 256', '"position": 512'), saved.replace('"form": 2', '"form": 1'),
                    saved.replace('"problems": [', '"problems": [[1],')):
        state.write_text(damaged)
        with pytest.raises(CannotResume, match="不带 --resume"):
            check(large, **given, resume=True)


# What is no ledger


@pytest.mark.parametrize("content", [b"", b"garbage" * 1_000, b"SQLite format 3\0" + bytes(4_080)])
def test_a_file_that_is_no_ledger_is_told_so(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)
    with pytest.raises((NotALedger, Unreadable)):
        fsck(file, processes=1)
    assert file.read_bytes() == content


def test_no_file_a_folder_and_a_strange_name_are_told_apart(house: House, tmp_path: Path) -> None:
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(Unreadable):
            fsck(path, processes=1)
    assert list(tmp_path.iterdir()) == [], "nothing was made"
    strange = tmp_path / "账本?mode=rwc#%41 .db"
    shutil.copyfile(house.file, strange)
    assert check(house, strange).holds


def test_another_database_and_another_version_are_told_so(house: House, copy: Path) -> None:
    with closing(sqlite3.connect(copy)) as connection:
        connection.execute("CREATE TABLE events (position, leaf)")
    with pytest.raises(NotALedger):
        fsck(copy, processes=1)
    shutil.copyfile(house.file, copy)
    with closing(sqlite3.connect(copy)) as connection:
        connection.execute("PRAGMA user_version=99")
    with pytest.raises(OtherSchema, match="版本 99"):
        fsck(copy, processes=1)


@pytest.mark.parametrize("table", ["events", "sealed", "streams", "tiles", "checkpoints", "names"])
def test_a_ledger_without_one_of_its_tables_is_told_so(house: House, copy: Path, table: str) -> None:
    shutil.copyfile(house.file, copy)
    with closing(sqlite3.connect(copy)) as connection:
        drop_triggers(connection)
        connection.execute(f"DROP TABLE {table}")
    try:
        assert not check(house, copy).holds
    except LedgerError as error:
        assert isinstance(error, Unreadable)


def test_a_vault_that_is_absent_is_not_made_and_a_wrong_one_is_told(house: House, tmp_path: Path) -> None:
    keys = KeyFiles(tmp_path / "people.db", house.folder / "master.key")
    with pytest.raises(VaultFailed, match="不存在"):
        check(house, keys=keys)
    assert not keys.vault.exists()
    wrong = tmp_path / "master.key"
    FileMasterKey.create(wrong)
    with pytest.raises(WrongKey):
        check(house, keys=KeyFiles(house.folder / "people.db", wrong))
    wrong.chmod(0o644)
    with pytest.raises(LedgerError, match="请改为 600"):
        check(house, keys=KeyFiles(house.folder / "people.db", wrong), processes=2)


def damage_at_random(house: House, copy: Path, runs: int) -> int:
    """Flip bytes of the file itself, where SQLite keeps what it keeps; count what was found one way or the other."""
    data, rng, found = house.file.read_bytes(), random.Random(20261121), 0
    for _ in range(runs):
        damaged = bytearray(data)
        for _ in range(rng.choice((1, 1, 3, 30))):
            damaged[rng.randrange(len(damaged))] ^= 1 << rng.randrange(8)
        if rng.random() < 0.2:
            del damaged[rng.randrange(len(damaged)):]
        copy.write_bytes(damaged)
        try:
            found += not check(house, copy).holds
        except LedgerError:
            found += 1
    return found


def test_a_file_with_random_damage_never_confuses_the_checker(house: House, copy: Path) -> None:
    assert damage_at_random(house, copy, 200) > 60


@pytest.mark.torture
def test_a_file_with_much_random_damage_never_confuses_the_checker(
    house: House, large: House, copy: Path, record_property
) -> None:
    record_property("tried", 12_000)
    assert damage_at_random(house, copy, 10_000) > 3_000
    assert damage_at_random(large, copy, 2_000) > 600
