"""Idempotency keys by month: found for 13 months, with a filter or without, whatever a clock says meanwhile."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from store_kit import Clock, one, open_postgres, open_sqlite, request

from ledger.stores.append import Receipt
from ledger.stores.recorder import AppendingRecorder
from ledger.stores.requests import MONTHS_KEPT, KeyFilter, month_of


def seconds(month: int, day: int = 15) -> float:
    """The start of a day in a month counted from January 2026."""
    return datetime(2026 + month // 12, month % 12 + 1, day, tzinfo=UTC).timestamp()


def micros(month: int, day: int = 15) -> int:
    return int(seconds(month, day)) * 1_000_000


class Life:
    """A store and its clock: requests are made in one month and repeated in another."""

    def __init__(
        self, open_it: Callable[[Clock], AppendingRecorder], ask: Callable[..., list[tuple[Any, ...]]]
    ) -> None:
        self.clock, self.made, self.rows = Clock(), 0, ask
        self._open = open_it
        self.store = self.another()

    def another(self) -> AppendingRecorder:
        return self._open(self.clock)

    def do(self, key: str) -> Receipt:
        self.made += 1
        return self.store.append(one(self.made, request=request(key)))

    def reopen(self) -> None:
        self.store.close()
        self.store = self.another()

    def months(self, table: str) -> list[int]:
        found = self.rows(f"SELECT DISTINCT month FROM {table} ORDER BY month")
        return [month - month_of(micros(0)) for (month,) in found]


@pytest.fixture(params=["sqlite", "postgres"])
def life(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Life]:
    if request.param == "sqlite":
        path = tmp_path / "ledger.sqlite"
        life = Life(partial(open_sqlite, path), partial(ask_sqlite, path))
    else:
        conninfo = request.getfixturevalue("new_log")()
        life = Life(partial(open_postgres, conninfo, "ledger"), partial(ask_postgres, conninfo, "ledger"))
    yield life
    life.store.close()


def ask_sqlite(path: Path, query: str, *values: bytes) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        return connection.execute(query, values).fetchall()


def ask_postgres(conninfo: str, schema: str, query: str, *values: bytes) -> list[tuple[Any, ...]]:
    with psycopg.connect(conninfo, autocommit=True, options=f"-c search_path={schema}") as connection:
        found = connection.execute(query.replace("?", "%s"), values or None)  # type: ignore[call-overload]
        return found.fetchall() if found.description else []


@pytest.mark.parametrize("reopened", [False, True], ids=["by the same process", "by the next process"])
@pytest.mark.parametrize("tidied", [False, True], ids=["without filters", "with filters"])
@pytest.mark.parametrize("later", [0, 1, 2, 5, 12, 13])
def test_a_key_is_found_until_13_months_after_its_own(life: Life, later: int, tidied: bool, reopened: bool) -> None:
    life.clock.set(seconds(0))
    first = life.do("k")
    life.clock.set(seconds(later))
    life.do("another")  # The log has grown past the month.
    if tidied:
        life.store.tidy_requests(micros(later))
        assert life.months("request_filters") == ([0] if later else [])
    if reopened:
        life.reopen()

    assert life.store.answered(request("k")) == first._replace(replayed=True)
    assert life.do("k") == first._replace(replayed=True)
    assert life.store.size() == 2


def test_keys_of_many_months_are_all_found_by_a_process_that_outlived_them(life: Life) -> None:
    """A process opened in an empty month learns of every month it writes in, and of those another process wrote in."""
    other = life.another()
    receipts = {}
    for month in range(12):
        life.clock.set(seconds(month))
        receipts[f"mine {month}"] = life.do(f"mine {month}")
        receipts[f"other {month}"] = other.append(one(f"other {month}", request=request(f"other {month}")))
        if month % 4 == 3:
            life.store.tidy_requests(micros(month))

    for key, receipt in receipts.items():
        for store in (life.store, other):
            assert store.append(one(f"again {key}", request=request(key))) == receipt._replace(replayed=True)
    other.close()


def test_a_key_older_than_13_months_is_dropped_with_its_filter(life: Life) -> None:
    for month in (0, 1, 2):
        life.clock.set(seconds(month))
        life.do(f"k{month}")
    life.clock.set(seconds(MONTHS_KEPT + 1))
    life.do("now")
    life.store.tidy_requests(micros(MONTHS_KEPT))
    assert life.months("requests") == [0, 1, 2, MONTHS_KEPT + 1]

    life.store.tidy_requests(micros(MONTHS_KEPT + 1))

    assert life.months("requests") == [1, 2, MONTHS_KEPT + 1]
    assert life.months("request_filters") == [1, 2]
    assert not life.do("k0").replayed, "after 13 months the key is new again"
    assert life.do("k1").replayed


def test_more_keys_than_one_slice_holds_are_dropped_too(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("sqlite", "postgres_months"):
        monkeypatch.setattr(f"ledger.stores.{module}._DROPPED_AT_ONCE", 4)
    life.clock.set(seconds(0))
    for number in range(13):
        life.do(f"k{number}")
    life.clock.set(seconds(20))
    life.do("now")

    life.store.tidy_requests(micros(20))

    assert life.months("requests") == [20]


def test_a_clock_set_back_by_months_does_not_hide_a_key(life: Life) -> None:
    """The log's time stays where it was, and keys are kept in the log's months."""
    life.clock.set(seconds(9))
    first = life.do("k")
    life.clock.set(seconds(1))
    second = life.do("l")
    life.reopen()

    assert life.do("k") == first._replace(replayed=True)
    assert life.do("l") == second._replace(replayed=True)


def test_a_clock_set_forward_while_tidying_builds_no_filter_for_a_month_that_is_not_over(life: Life) -> None:
    """Such a filter would deny every key that comes after it, and those requests would be done twice."""
    life.clock.set(seconds(0))
    life.do("k")

    life.store.tidy_requests(micros(1))
    assert life.months("request_filters") == []

    life.clock.set(seconds(0, 20))
    late = life.do("late")
    life.reopen()
    assert life.do("late") == late._replace(replayed=True)


def test_a_clock_far_ahead_drops_no_key_that_the_log_itself_does_not_call_old(life: Life) -> None:
    life.clock.set(seconds(0))
    first = life.do("k")

    life.store.tidy_requests(micros(600))

    assert life.do("k") == first._replace(replayed=True)


def test_a_false_alarm_of_a_filter_matters_to_nobody(life: Life) -> None:
    """A filter of ones says "look" to every key: slower, and never an answer."""
    life.clock.set(seconds(0))
    life.do("k")
    life.clock.set(seconds(2))
    life.do("now")
    life.store.tidy_requests(micros(2))
    life.rows("UPDATE request_filters SET bits = ?", b"\xff" * 8)
    life.reopen()

    assert not life.do("new").replayed
    assert life.do("k").replayed


def test_tidying_an_empty_ledger_does_nothing(life: Life) -> None:
    life.store.tidy_requests(micros(5))

    assert life.months("requests") == life.months("request_filters") == []


def test_tidying_again_changes_nothing(life: Life) -> None:
    for month in (0, 3):
        life.clock.set(seconds(month))
        life.do(f"k{month}")
    life.store.tidy_requests(micros(3))
    before = life.rows("SELECT * FROM request_filters")

    life.store.tidy_requests(micros(3))

    assert life.rows("SELECT * FROM request_filters") == before


@given(st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=300), st.integers(0, 200))
def test_a_filter_never_says_no_to_a_key_it_holds(keys: list[bytes], miscounted: int) -> None:
    """Not even when the count it was built for was wrong, and not after it was stored and read."""
    built = KeyFilter.of(keys, count=max(1, len(keys) - miscounted))

    assert all(built.may_hold(key) for key in keys)
    read = KeyFilter(bytes(built))
    assert all(read.may_hold(key) for key in keys)


def test_a_filter_says_no_to_nearly_all_other_keys() -> None:
    keys = [request(f"in {number}").key for number in range(5_000)]
    built = KeyFilter.of(keys, count=len(keys))

    alarms = sum(built.may_hold(request(f"out {number}").key) for number in range(20_000))

    assert alarms < 20_000 // 200
    assert len(bytes(built)) * 8 <= 32 * len(keys)


@pytest.mark.parametrize(("when", "month"), [
    (datetime(2026, 1, 1, tzinfo=UTC), 2026 * 12), (datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC), 2026 * 12 + 11),
    (datetime(1970, 1, 1, tzinfo=UTC), 1970 * 12),
])
def test_months_are_numbered_without_a_gap_over_the_turn_of_the_year(when: datetime, month: int) -> None:
    assert month_of(int(when.timestamp()) * 1_000_000) == month


def test_a_months_last_and_next_first_key_are_both_found_when_a_batch_ran_over_midnight(life: Life) -> None:
    life.clock.ns = int(seconds(1, 1)) * 1_000_000_000 - 1_000
    last, first = life.do("last"), life.do("first")
    assert (month_of(last.recorded_at), month_of(first.recorded_at)) == (month_of(micros(0)), month_of(micros(1)))

    assert life.do("last").replayed
    assert life.do("first").replayed
