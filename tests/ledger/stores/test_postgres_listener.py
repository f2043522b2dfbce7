"""Woken by what other processes commit: soon where the notice comes, and again after whatever cut the line."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from store_kit import one, open_postgres

from ledger.stores.postgres import PostgresRecorder
from tests.waiting import until

LISTENING = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'"


class Follower:
    """Follows as followers do: sleeps until it is woken or the time is over, then reads what is new."""

    def __init__(self, store: PostgresRecorder, *, poll_s: float) -> None:
        self.seen, self.woken = 0, 0
        self._store, self._poll_s = store, poll_s
        self._wake, self._over = threading.Event(), False
        store.wake_on_commit(self.wake)
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def wake(self) -> None:
        self.woken += 1
        self._wake.set()

    def _run(self) -> None:
        while not self._over:
            self._wake.wait(self._poll_s)
            self._wake.clear()
            self.seen += len(self._store.leaves(self.seen, 1_000))

    def close(self) -> None:
        self._over = True
        self._wake.set()
        self._thread.join(60)


@pytest.fixture
def mine(postgres: str) -> Iterator[PostgresRecorder]:
    store = open_postgres(postgres)
    yield store
    store.close()


@pytest.fixture
def theirs(postgres: str) -> Iterator[PostgresRecorder]:
    """The same ledger as another process has it."""
    store = open_postgres(postgres)
    yield store
    store.close()


@pytest.fixture
def follow(mine: PostgresRecorder) -> Iterator[Callable[..., Follower]]:
    made: list[Follower] = []

    def make(poll_s: float) -> Follower:
        made.append(Follower(mine, poll_s=poll_s))
        return made[-1]

    yield make
    for follower in made:
        follower.close()


def listening(conninfo: str) -> list[Any]:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        return connection.execute(LISTENING).fetchall()


def test_what_another_process_commits_wakes_at_once(
    postgres: str, theirs: PostgresRecorder, follow: Callable[..., Follower]
) -> None:
    follower = follow(poll_s=60)
    until(lambda: follower.woken and listening(postgres))

    for number in range(1, 6):
        theirs.append(one(number))
        until(lambda number=number: follower.seen == number, seconds=30)  # type: ignore[misc]


def test_ones_own_commit_wakes_once(
    postgres: str, mine: PostgresRecorder, theirs: PostgresRecorder, follow: Callable[..., Follower]
) -> None:
    follower = follow(poll_s=60)
    until(lambda: follower.woken == 1 and listening(postgres))
    for number in range(10):
        mine.append(one(number))
    theirs.append(one("theirs"))

    until(lambda: follower.seen == 11 and follower.woken >= 1 + 10 + 1)
    time.sleep(0.1)
    assert follower.woken == 1 + 10 + 1


def test_when_the_listening_session_is_ended_events_are_followed_and_it_listens_again(
    postgres: str, theirs: PostgresRecorder, follow: Callable[..., Follower]
) -> None:
    follower = follow(poll_s=60)
    until(lambda: follower.woken and listening(postgres))

    for round_ in range(1, 4):
        [(session,)] = listening(postgres)
        with psycopg.connect(postgres, autocommit=True) as connection:
            connection.execute("SELECT pg_terminate_backend(%s, 5000)", (session,))
        theirs.append(one(f"while nobody listened {round_}"))
        until(lambda round_=round_: follower.seen == round_, seconds=30)  # type: ignore[misc]
        until(lambda session=session: listening(postgres) not in ([], [(session,)]))  # type: ignore[misc]


def test_without_any_notice_events_are_followed_by_polling(
    theirs: PostgresRecorder, follow: Callable[..., Follower], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.stores.postgres_listener.connect", refuse)
    follower = follow(poll_s=0.05)
    theirs.append(one(1))

    until(lambda: follower.seen == 1)
    assert follower.woken == 0


def refuse(*_: object) -> None:
    raise psycopg.OperationalError("no")


def test_nobody_listens_where_nobody_asked_to_be_woken(postgres: str, mine: PostgresRecorder) -> None:
    mine.append(one(1))

    assert listening(postgres) == []
    assert "ledger-listener" not in {thread.name for thread in threading.enumerate()}


def test_closing_ends_the_listening_at_once(mine: PostgresRecorder) -> None:
    mine.wake_on_commit(lambda: None)
    begin = time.monotonic()

    mine.close()

    assert time.monotonic() - begin < 15
    assert "ledger-listener" not in {thread.name for thread in threading.enumerate()}
