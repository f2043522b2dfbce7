"""A file is read by as many connections as threads ask of it at once, and a few stay open."""

from __future__ import annotations

import os
import sqlite3
import threading
from functools import partial
from pathlib import Path

import pytest

from ledger.lender import KEPT_MOST, Lender


def is_open(connection: sqlite3.Connection) -> bool:
    try:
        return connection.execute("SELECT 1").fetchone() == (1,)
    except sqlite3.ProgrammingError:
        return False


@pytest.fixture
def lender(tmp_path: Path) -> Lender:
    return Lender(partial(sqlite3.connect, tmp_path / "some.db", check_same_thread=False))


def test_one_after_the_other_is_lent_the_same_connection(lender: Lender) -> None:
    lent = []
    for _ in range(3):
        connection = lender.take()
        thread = threading.Thread(target=lender.give_back, args=(connection,))
        thread.start()
        thread.join()
        lent.append(connection)

    assert lent[0] is lent[1] is lent[2]


def test_nobody_waits_for_a_connection_and_no_two_have_the_same(lender: Lender) -> None:
    lent = [lender.take() for _ in range(3 * KEPT_MOST)]

    assert len(set(map(id, lent))) == 3 * KEPT_MOST
    assert all(map(is_open, lent))


def test_when_a_crowd_has_gone_a_few_connections_stay_open(lender: Lender) -> None:
    lent = [lender.take() for _ in range(3 * KEPT_MOST)]
    for connection in lent:
        lender.give_back(connection)

    assert sum(map(is_open, lent)) == KEPT_MOST
    assert lender.take() is lent[-1], "the one that somebody used last"


def test_what_is_lent_when_the_lender_closes_is_closed_when_it_is_given_back(lender: Lender) -> None:
    idle, lent = lender.take(), lender.take()
    lender.give_back(idle)

    lender.close()
    assert not is_open(idle)
    assert is_open(lent), "somebody is asking"
    lender.give_back(lent)
    assert not is_open(lent)


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork.*:DeprecationWarning")
def test_a_child_neither_uses_nor_closes_its_parents_connections(lender: Lender) -> None:
    """To close one there may wait for ever, for a lock that a thread of the parent's held."""
    idle = lender.take()
    lender.give_back(idle)
    child = os.fork()
    if child == 0:
        own = lender.take()
        lender.close()
        os._exit(0 if own is not idle and is_open(idle) else 1)
    _, status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(status) == 0
    assert lender.take() is idle
