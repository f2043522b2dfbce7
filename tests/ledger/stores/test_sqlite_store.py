"""The SQLite store itself: what its file refuses, who else may write it, and what is said when it cannot be used."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from fault_child import said, start
from hash_only_checker import check
from store_kit import closed_under_load, event, free, name, one, open_sqlite, outcome_of, request, stream

from ledger.errors import LedgerError
from ledger.stores.admission import wanted
from ledger.stores.append import Abandoning, Append, Forgetting, NameTaken, Receipt, StoreFailed
from ledger.stores.errors import NotALedger, OtherSchema, Unreadable
from ledger.stores.recorder import StoredCheckpoint
from ledger.stores.sqlite import SQLiteRecorder
from ledger.stores.sqlite_file import SCHEMA_VERSION, SCHEMA_WITH_ARCHIVES
from ledger.stores.sqlite_rows import held


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite"


@pytest.fixture
def full(path: Path) -> Iterator[SQLiteRecorder]:
    """A store with something in every table that must never change."""
    store = open_sqlite(path)
    store.append(Append(tuple(event(number, sealed=b"x") for number in range(300)), names=(name("c", 1),)))
    store.save_checkpoint(StoredCheckpoint(300, b"note"))
    yield store
    store.close()


# What never changes


@pytest.mark.parametrize("table", ["events", "sealed", "streams", "tiles", "checkpoints"])
@pytest.mark.parametrize("change", ["DELETE FROM {table}", "UPDATE {table} SET {column} = {column}",
                                    "REPLACE INTO {table} SELECT * FROM {table}"])
def test_a_row_of_the_log_can_be_neither_changed_nor_deleted(
    full: SQLiteRecorder, path: Path, table: str, change: str
) -> None:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA recursive_triggers=ON")
    column = connection.execute(f"SELECT * FROM {table}").description[-1][0]
    before = connection.execute(f"SELECT * FROM {table}").fetchall()
    assert before

    with pytest.raises(sqlite3.IntegrityError, match="never"):
        connection.execute(change.format(table=table, column=column))

    assert connection.execute(f"SELECT * FROM {table}").fetchall() == before
    connection.close()


def test_every_commit_waits_for_the_disk(full: SQLiteRecorder) -> None:
    """WAL with synchronous=FULL: what was acknowledged outlasts a loss of power, as far as the disk is honest."""
    for writing in (True, False):
        connection = full.datastore.pool.connect(writing=writing)
        assert connection.execute("PRAGMA synchronous").fetchone()[0] == 2
        assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        connection.close()


def test_a_reading_connection_cannot_write(full: SQLiteRecorder) -> None:
    connection = full.datastore.pool.connect()
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        connection.execute("DELETE FROM names")
    connection.close()


# Reserved names


def test_of_a_long_list_of_names_each_commit_writes_only_short_rows_anew(path: Path) -> None:
    """Of a name's five trees one is met at random, so all of it is written: of whole rows that is 2.5 times as much."""
    store = open_sqlite(path)
    for block in range(30_000, 0, -1_000):
        store.append(Append((event(block),), names=tuple(name(str(block + each), block) for each in range(1_000))))
        if block == 2_000:
            with closing(sqlite3.connect(path)) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert path.with_name(f"{path.name}-wal").stat().st_size < 2_500_000
    store.close()


def test_a_file_with_names_by_their_hashes_is_gone_on_with_and_put_in_order_when_it_is_compacted(path: Path) -> None:
    """As every file was made until now."""
    store = open_sqlite(path)
    store.append(one(1, names=(name("a", 1), name("b", 1, kind="card"))))
    store.close()
    with closing(sqlite3.connect(path)) as connection:
        shown = connection.execute("SELECT sql FROM sqlite_master WHERE tbl_name = 'names' AND sql > ''").fetchall()
        connection.execute("ALTER TABLE names RENAME TO others")
        connection.execute(shown[0][0] + " WITHOUT ROWID")
        connection.execute("INSERT INTO names SELECT * FROM others")
        connection.execute("DROP TABLE others")
        for (index,) in shown[1:]:
            connection.execute(index.split(" WHERE kind")[0])
        connection.commit()
    assert ("names", 1) in rowless(path)

    store = open_sqlite(path)
    store.append(one(2, names=(free(1), name("a", 2), name("0", 2))))
    held = list(store.names())
    assert [(one.reservation.holder, one.position) for one in held] == [(stream(1), 1), (stream(2), 2), (stream(2), 2)]
    store.compact()
    assert list(store.names()) == held
    assert isinstance(outcome_of(store, one(3, names=(name("a", 3),))), NameTaken)
    store.append(one(3, names=(free(2), name("a", 3))))
    store.close()
    assert ("names", 0) in rowless(path)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute(
            "SELECT sql FROM sqlite_master WHERE tbl_name = 'names' AND type = 'index' AND sql > ''"
        ).fetchall() == shown[1:]
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_names_are_found_by_an_index_whatever_is_asked(full: SQLiteRecorder) -> None:
    """Whose they are, whose row dropped them: to go through a million of them would keep everyone waiting."""
    asked = wanted([one(1, names=(name("c", 1), free(1), Forgetting("per_x"), Abandoning("act_x")))])
    with closing(full.datastore.pool.connect()) as connection:
        queries: list[str] = []
        connection.set_trace_callback(queries.append)
        assert list(held(connection, asked))
        connection.set_trace_callback(None)
        plans = [connection.execute(f"EXPLAIN QUERY PLAN {query}").fetchall()[0][-1] for query in queries]
    assert [plan.split("INDEX ")[-1].split()[0] for plan in plans] == [
        "sqlite_autoindex_names_1", "names_by_holder", "names_by_owner", "names_by_act", "names_by_freeing"]


def rowless(path: Path) -> list[tuple[str, int]]:
    """Each table, and whether its rows stand in a tree of its key."""
    with closing(sqlite3.connect(path)) as connection:
        return [(name, wr) for _, name, _, _, wr, _ in connection.execute("PRAGMA table_list")]


# Several processes


def test_two_processes_write_one_file_in_turn_and_each_goes_on_from_the_others_end(path: Path) -> None:
    """Each append of ours is answered by one of the child's, which has a tree of its own to bring up to date."""
    program = (
        "import sys; from pathlib import Path; from store_kit import event, one, open_sqlite, request\n"
        "store = open_sqlite(Path(sys.argv[1]))\n"
        "for line in sys.stdin:\n"
        "    number = int(line)\n"
        "    receipt = store.append(one(f'child-{number}', request=request(f'child-{number}')))\n"
        "    print(receipt.first, store.frontier().root().hex(), flush=True)\n"
        "store.close()\n"
    )
    store = open_sqlite(path)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)}
    child = subprocess.Popen([sys.executable, "-c", program, str(path)], env=environment, text=True,
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdin is not None
    assert child.stdout is not None
    ours = 0
    for number in range(120):
        ours += store.append(Append(tuple(event(f"{number}-{part}") for part in range(number % 5 + 1)))).events
        child.stdin.write(f"{number}\n")
        child.stdin.flush()
        first, root = child.stdout.readline().split()
        assert int(first) == ours + number + 1
        assert store.frontier().root().hex() == root
        assert store.answered(request(f"child-{number}")) is not None, "its key counts here too"
    child.stdin.close()
    child.stdout.close()
    assert child.wait(60) == 0
    store.close()
    assert len(check(path).leaves) == ours + 120


def test_processes_that_start_at_once_on_a_new_file_make_one_ledger_and_share_it(path: Path) -> None:
    children = [start(path, 2, 10) for _ in range(6)]
    outputs = [child.communicate(timeout=60)[0] for child in children]

    lines = [line for output in outputs for line in said(output)]

    assert [line for line in lines if line[0] not in ("done", "over")] == []
    assert sum(line == ["over"] for line in lines) == 6
    assert sum(line[0] == "done" and not line[-1] for line in lines) == 20, "each request was done by one of the six"
    check(path)


# Files that are something else


def test_another_sqlite_file_is_not_a_ledger_and_is_left_as_it_is(path: Path) -> None:
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE notes (text)")
    other.commit()
    other.close()
    before = path.read_bytes()

    with pytest.raises(NotALedger) as refused:
        open_sqlite(path)

    assert (refused.value.code, refused.value.application_id) == ("not_a_ledger", 0)
    assert path.read_bytes() == before


def test_a_ledger_of_another_make_is_not_opened(path: Path) -> None:
    open_sqlite(path).close()
    other = sqlite3.connect(path)
    other.execute("PRAGMA application_id=7")
    other.close()

    with pytest.raises(NotALedger) as refused:
        open_sqlite(path)

    assert refused.value.application_id == 7
    assert str(path) in str(refused.value)


@pytest.mark.parametrize(
    ("version", "cure"), [(SCHEMA_VERSION - 1, "不作转换"), (SCHEMA_WITH_ARCHIVES + 1, "请升级本程序")])
def test_a_ledger_of_an_older_or_newer_form_is_refused_and_left_as_it_is(path: Path, version: int, cure: str) -> None:
    open_sqlite(path).close()
    other = sqlite3.connect(path)
    other.execute(f"PRAGMA user_version={version}")
    other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    other.close()
    before = path.read_bytes()

    with pytest.raises(OtherSchema, match=cure) as refused:
        open_sqlite(path)

    assert (refused.value.code, refused.value.version) == ("ledger_of_other_version", version)
    assert path.read_bytes() == before


def test_a_file_of_garbage_is_said_to_be_unreadable(path: Path) -> None:
    path.write_bytes(b"not a database, " * 4096)

    with pytest.raises(Unreadable) as refused:
        open_sqlite(path)

    assert refused.value.code == "store_unreadable"
    assert str(path) in str(refused.value)
    assert path.read_bytes() == b"not a database, " * 4096


@pytest.mark.parametrize("keep", [1, 99, 100, 511, 4_096, 5_000, 0.3, 0.6, 0.95], ids=str)
def test_a_truncated_file_is_an_error_of_ours_wherever_it_was_cut(
    full: SQLiteRecorder, path: Path, keep: float
) -> None:
    """Opening it, reading it or writing to it: whichever first meets the missing part says so; nothing is made up."""
    leaves = full.leaves(0, 300)
    full.close()
    whole = path.read_bytes()
    path.write_bytes(whole[:keep if isinstance(keep, int) else int(len(whole) * keep)])

    with pytest.raises((Unreadable, StoreFailed)) as refused:
        store = open_sqlite(path)
        try:
            for position in range(300):
                assert store.leaves(position, 1) == leaves[position:position + 1]
            for number in range(300):
                assert store.version(event(number).stream) == 1
            store.frontier()
            store.append(one("new", names=(name("d", 1),), request=request("k")))
        finally:
            store.close()

    assert refused.value.code in ("store_unreadable", "store_failed")
    assert "备份" in str(refused.value), "the cure stands in the text"


def test_a_file_cut_to_nothing_beside_its_journal_is_not_taken_for_a_new_one(full: SQLiteRecorder, path: Path) -> None:
    """SQLite would begin anew and delete the journal: the only evidence there is."""
    journal = path.with_name(path.name + "-wal")
    kept = journal.read_bytes()
    full.close()
    path.write_bytes(b"")
    journal.write_bytes(kept)

    with pytest.raises(Unreadable):
        open_sqlite(path)

    assert (path.read_bytes(), journal.read_bytes()) == (b"", kept)


def test_a_folder_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="nowhere"):
        open_sqlite(tmp_path / "nowhere" / "ledger.sqlite")


READ_ONLY = """
import json, os, sys
from pathlib import Path
from store_kit import one, open_sqlite
from ledger.errors import LedgerError
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)  # Root may write everywhere: be someone who may not.
try:
    store = open_sqlite(Path(sys.argv[1]))
    print(json.dumps(["opened", store.size()]), flush=True)
    store.append(one("new"))
except LedgerError as error:
    print(json.dumps([error.code, str(error)]))
"""


def as_someone_who_may_not_write(path: Path) -> list[list[object]]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)}
    found = subprocess.run([sys.executable, "-c", READ_ONLY, str(path)], env=environment, check=True,
                           capture_output=True, timeout=60)
    return [json.loads(line) for line in found.stdout.splitlines()]


@pytest.fixture
def read_only_folder() -> Iterator[Path]:
    """A folder that all may enter; pytest's own let nobody in but their owner."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
        folder.chmod(0o755)


def test_a_new_ledger_in_a_read_only_folder_is_refused_with_the_cure(read_only_folder: Path) -> None:
    read_only_folder.chmod(0o555)

    [[code, text]] = as_someone_who_may_not_write(read_only_folder / "ledger.sqlite")

    assert code == "store_unreadable"
    assert "是否可写" in str(text)


def test_a_ledger_in_a_read_only_folder_refuses_to_write_and_stays_as_it_was(read_only_folder: Path) -> None:
    path = read_only_folder / "ledger.sqlite"
    store = open_sqlite(path)
    store.append(one(1))
    store.close()
    path.chmod(0o444)
    read_only_folder.chmod(0o555)

    *opened, [code, text] = as_someone_who_may_not_write(path)

    assert opened in ([], [["opened", 1]])
    assert code in ("store_unreadable", "store_failed")
    assert "可写" in str(text) or "只读" in str(text)
    assert len(check(path).leaves) == 1


# Failing and closing


def test_after_a_failure_of_the_writer_the_waiting_are_told_and_the_next_append_works(path: Path) -> None:
    """Another connection spoils the tiles table, so that completing a tile fails in the middle of a commit."""
    store = open_sqlite(path)
    store.append(Append(tuple(event(number) for number in range(250))))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("CREATE TRIGGER broken BEFORE INSERT ON tiles BEGIN SELECT RAISE(FAIL, 'no tiles today'); END")
    outcomes: list[Receipt | LedgerError] = []
    threads = [threading.Thread(target=lambda n=n: outcomes.append(outcome_of(store, one(f"t{n}")))) for n in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    failed = [outcome for outcome in outcomes if isinstance(outcome, StoreFailed)]
    assert len(failed) == len({id(error) for error in failed}), "an exception of one's own for each"
    assert len(outcomes) == 24
    assert store.size() == 250 + 24 - len(failed) < 256
    assert all("no tiles today" in str(error) for error in failed)

    other.execute("DROP TRIGGER broken")
    other.close()
    for number in range(20):
        store.append(one(f"after-{number}"))
    store.close()
    check(path)


def test_closing_under_load_answers_everyone(path: Path) -> None:
    """Whoever was queued is committed, whoever came later is told; nobody hangs, and what was acknowledged stands."""
    store = open_sqlite(path)

    acknowledged = closed_under_load(store, 32)

    assert acknowledged == set(range(1, len(check(path).leaves) + 1))


def test_what_one_process_appended_the_other_builds_on_far_behind_or_not(path: Path) -> None:
    mine, theirs = open_sqlite(path), open_sqlite(path)
    number = 0
    for behind in (1, 3, 200, 255, 256, 257, 700, 2):
        mine.append(one(f"mine-{behind}"))
        theirs.append(Append(tuple(event(number + each) for each in range(behind))))
        number += behind
    mine.append(one("last"))

    mine.close()
    theirs.close()
    check(path)


def test_whoever_is_a_little_behind_reads_what_came_since_and_no_more(full: SQLiteRecorder, path: Path) -> None:
    """Two processes in turn would otherwise read the whole edge of the tree at each commit."""
    theirs = open_sqlite(path)
    theirs.append(Append(tuple(event(f"theirs-{each}") for each in range(3))))
    theirs.close()
    asked: list[str] = []
    assert full._write is not None
    full._write.set_trace_callback(asked.append)

    full.append(one("mine"))

    assert [each for each in asked if each.startswith("SELECT leaf") and "BETWEEN" in each] == [
        "SELECT leaf FROM events WHERE position BETWEEN 301 AND 303 ORDER BY position"]
    assert not [each for each in asked if each.startswith("SELECT root")]


def test_a_closed_store_says_so_to_readers_and_writers(path: Path) -> None:
    store = open_sqlite(path)
    store.append(one(1))
    store.close()
    store.close()

    with pytest.raises(Unreadable, match="closed"):
        store.size()
    with pytest.raises(StoreFailed):
        store.append(one(2))
    with pytest.raises(StoreFailed):
        store.save_checkpoint(StoredCheckpoint(1, b"note"))


def test_of_many_threads_that_read_none_leaves_a_file_open(full: SQLiteRecorder, path: Path) -> None:
    """A server that makes a thread a request must not run out of file descriptors."""
    def open_files() -> int:
        return sum(os.path.realpath(fd) == str(path) for fd in Path("/proc/self/fd").iterdir())

    full.size()
    before = open_files()
    for _ in range(50):
        thread = threading.Thread(target=full.size)
        thread.start()
        thread.join()

    assert open_files() <= before + 1
