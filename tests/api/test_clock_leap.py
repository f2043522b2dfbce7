"""A clock that is years ahead of everything that was ever recorded is believed by nobody but who checked it."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest

from api.beside.keeper import Keeper
from api.doctor.checks import Level
from api.register import register as registers
from api.register.register import SYSTEM, Register, open_register
from api.settings import Settings, SettingsError, load
from ledger.clock import CHECKED_DAYS, LEAP_DAYS, WRITTEN, ClockLeapt, gap_days, leapt
from ledger.events.base import Draft
from ledger.events.log import LOG, AccessAnchored
from ledger.stores.append import Receipt
from tests.api.house_kit import Town, house_in, resident_id
from tests.ledger.ledger_kit import plain_event

YEARS = 3_650


@contextmanager
def in_days(days: int) -> Iterator[str]:
    """The clock by which a register is opened and kept is so many days ahead; gives the day that it tells."""
    with pytest.MonkeyPatch.context() as patch:
        ahead = days * 86_400 * 10**9
        patch.setattr(registers, "time", SimpleNamespace(time_ns=lambda: time.time_ns() + ahead))
        yield (datetime.now(UTC) + timedelta(days=days, hours=8)).date().isoformat()


@pytest.fixture
def lived(tmp_path: Path) -> Iterator[Path]:
    with house_in(tmp_path / "data") as town:
        town.person("李明")
    yield tmp_path / "data"


def registering(town: Town, number: int) -> tuple[int, str | None]:
    answer = town.nobody.post("/v1/persons", {
        "name": "王芳", "id_kind": "resident_id", "id_number": resident_id(500 + number)})
    return answer.status_code, answer.get_json().get("code")


def test_nothing_is_recorded_by_a_clock_that_leapt_and_everything_can_still_be_proved(lived: Path) -> None:
    with in_days(YEARS), house_in(lived) as town:
        size = town.house.ledger.store.size()
        assert registering(town, 1) == (503, "clock_leapt")
        assert town.nobody.get("/log/checkpoint").status_code == 200
        assert town.house.ledger.store.size() == size and town.house.register.access.store.size() == 1
    with in_days(LEAP_DAYS - 1), house_in(lived) as town:
        assert registering(town, 1)[0] == 201, "a year in which nothing happened is nothing odd"


def test_a_service_tidies_nothing_by_such_a_clock_and_goes_on_by_itself_once_it_is_right(lived: Path) -> None:
    register = open_register(Settings(data_folder=lived))
    keeper, tidied = Keeper(register, every_s=3_600), Event()
    keeper.hourly.append(tidied.set)
    try:
        with in_days(YEARS):
            keeper.start()
            told = keeper.check()
            assert told[0] is Level.FAIL and "clock_leapt" in told[1] and "请校准系统时钟" in told[2]
            for log in (register.ledger, register.access):
                with pytest.raises(ClockLeapt):
                    log.record([], by=SYSTEM)
            assert not tidied.is_set()
        assert tidied.wait(60), "a second later it is another turn"
        assert recorded_again(register)
    finally:
        keeper.stop()
        register.close()


def recorded_again(register: Register) -> Receipt:
    """Something is recorded again."""
    anchored = AccessAnchored(origin="localhost/xueshi/access", size=1, root="x")
    return register.ledger.record([Draft(anchored)], by=SYSTEM, versions={LOG: register.ledger.store.version(LOG)})


def test_whoever_was_away_that_long_says_on_which_day_they_checked(lived: Path) -> None:
    with in_days(YEARS) as today, house_in(lived, clock_checked=today) as town:
        assert registering(town, 1)[0] == 201
    with in_days(YEARS + CHECKED_DAYS + 1), house_in(lived, clock_checked=today) as town:
        assert registering(town, 2) == (503, "clock_leapt"), "it was right then, which says nothing of today"


def test_a_register_that_slept_until_the_day_of_this_program_goes_on() -> None:
    slept: Any = Slept(-2_824)

    assert leapt(slept, microseconds(WRITTEN + timedelta(days=LEAP_DAYS)), "") is None, "that day has been"
    assert isinstance(leapt(slept, microseconds(WRITTEN + timedelta(days=LEAP_DAYS + 1)), ""), ClockLeapt)


def microseconds(time: datetime) -> int:
    return int(time.timestamp()) * 1_000_000


def test_a_day_that_is_none_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XUESHI_CLOCK_CHECKED", "20361120")
    with pytest.raises(SettingsError, match="YYYY-MM-DD"):
        load()


class Slept:
    """A log of which only times matter: an event on each day that is given, counted from this program's."""

    def __init__(self, *days: int) -> None:
        self.times = [microseconds(WRITTEN + timedelta(days=day)) for day in days]

    def last_recorded_at(self) -> int:
        return self.times[-1]

    def position_at(self, recorded_at: int) -> int:
        return bisect_left(self.times, recorded_at)

    def leaves(self, after: int, limit: int) -> list[bytes]:
        return [plain_event(1).leaf(time) for time in self.times[after:after + limit]]


@pytest.mark.parametrize(("days", "now", "is_believed"), [
    ((0, 390), 391, True), ((0, 390), 426, False),
    ((0, 150, 300), 400, True), ((0, 150, 300), 450, False),
    ((0, *range(390, 420)), 419 + 390, False), ((0, *range(390, 421)), 420 + 390, True),
    ((-900, -400, 0), 390, True), (tuple(range(0, 1_200, 30)), 1_199, True),
])
def test_leaps_that_are_each_small_enough_are_added_up_until_a_month_of_work_lies_between(
    days: tuple[int, ...], now: int, *, is_believed: bool
) -> None:
    slept: Any = Slept(*days)

    found = leapt(slept, microseconds(WRITTEN + timedelta(days=now)), "")

    assert (found is None) == is_believed
    assert found is None or "还有" in str(found)


def test_a_gap_that_ended_while_somebody_held_the_clock_to_be_right_is_no_leap() -> None:
    slept: Any = Slept(0, 380)
    checked = (WRITTEN + timedelta(days=370)).date().isoformat()

    assert isinstance(leapt(slept, microseconds(WRITTEN + timedelta(days=440)), ""), ClockLeapt)
    assert leapt(slept, microseconds(WRITTEN + timedelta(days=440)), checked) is None
    assert gap_days(slept) == 380
