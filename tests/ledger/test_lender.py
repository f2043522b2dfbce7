"""A file is read by as many connections as threads ask of it at once, and a few stay open."""

from __future__ import annotations

import sqlite3
import threading
from functools import partial
from pathlib import Path

import pytest

from ledger.lender import KEPT_MOST, Lender, turn_all
from tests.children import ended


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

    def child() -> bool:
        own = lender.take()
        lender.close()
        return own is idle or not is_open(idle)

    assert ended(child) == 0
    assert lender.take() is idle


def test_what_a_crowd_left_open_is_closed_when_nobody_needed_it_for_a_turn(lender: Lender) -> None:
    crowd = [lender.take() for _ in range(KEPT_MOST)]
    for connection in crowd:
        lender.give_back(connection)
    lender.turn()
    assert all(map(is_open, crowd)), "the crowd was there in this turn"

    lender.give_back(lender.take())
    lender.turn()

    assert [one for one in crowd if is_open(one)] == crowd[-1:], "the one that was asked by"
    assert lender.take() is crowd[-1]


def test_as_many_stay_open_as_were_needed_at_once(lender: Lender) -> None:
    crowd = [lender.take() for _ in range(KEPT_MOST)]
    for connection in crowd:
        lender.give_back(connection)
    lender.turn()
    for connection in [lender.take(), lender.take()]:
        lender.give_back(connection)

    lender.turn()

    assert list(map(is_open, crowd)) == [False] * (KEPT_MOST - 2) + [True, True]


def test_of_a_file_that_nobody_asks_one_connection_stays_open(lender: Lender) -> None:
    connection = lender.take()
    lender.give_back(connection)
    for _ in range(3):
        lender.turn()

    assert is_open(connection)
    assert lender.take() is connection


def test_a_turn_of_a_process_is_one_of_each_of_its_lenders(tmp_path: Path) -> None:
    lenders = [Lender(partial(sqlite3.connect, tmp_path / f"{number}.db")) for number in range(2)]
    crowds = [[lender.take() for _ in range(2)] for lender in lenders]
    for lender, crowd in zip(lenders, crowds, strict=True):
        for connection in crowd:
            lender.give_back(connection)

    turn_all()
    turn_all()

    assert [list(map(is_open, crowd)) for crowd in crowds] == [[False, True]] * 2
    del lender, lenders
    turn_all()  # Who has gone is asked nothing.
