"""A thread's connection ends with the thread, and in the process that opened it."""

from __future__ import annotations

import os
import sqlite3
import threading
from pathlib import Path

import pytest

from ledger.own_connection import OwnConnection


def is_open(connection: sqlite3.Connection) -> bool:
    try:
        return connection.execute("SELECT 1").fetchone() == (1,)
    except sqlite3.ProgrammingError:
        return False


@pytest.fixture
def connection(tmp_path: Path) -> sqlite3.Connection:
    return sqlite3.connect(tmp_path / "some.db", check_same_thread=False)


def test_a_thread_that_is_over_leaves_no_connection_open(connection: sqlite3.Connection) -> None:
    local = threading.local()
    thread = threading.Thread(target=lambda: setattr(local, "own", OwnConnection(connection)))
    thread.start()
    thread.join()

    assert not is_open(connection)


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork.*:DeprecationWarning")
def test_a_child_closes_no_connection_of_its_parents_threads(connection: sqlite3.Connection) -> None:
    """In the child that thread is gone, and with it what it held; to close it there may wait for ever."""
    local, held, over = threading.local(), threading.Event(), threading.Event()

    def hold() -> None:
        local.own = OwnConnection(connection)
        held.set()
        over.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    child = os.fork()
    if child == 0:
        os._exit(0 if is_open(connection) else 1)
    _, status = os.waitpid(child, 0)
    over.set()
    thread.join()

    assert os.waitstatus_to_exitcode(status) == 0
    assert not is_open(connection)
