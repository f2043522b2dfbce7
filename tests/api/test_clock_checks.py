"""A clock that was set, or a log that shows that it was, is told by the doctor, by the service and to a monitor."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from api.doctor import clock_checks
from api.doctor.checks import Level
from api.doctor.clock_checks import clock, log_times
from api.register import home as homes
from api.register.folder import Folder
from api.register.home import note, noted
from api.settings import Settings
from ledger.clock import WRITTEN
from tests.api.house_kit import house_in
from tests.api.test_clock_leap import registering
from tests.ledger.stores.store_kit import one, open_postgres, open_sqlite


def test_a_clock_behind_the_data_is_seen(tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite").touch()
    assert clock(tmp_path)[0] is Level.OK

    ahead = time.time() + 3600
    os.utime(tmp_path / "ledger.sqlite", (ahead, ahead))
    assert clock(tmp_path)[0] is Level.FAIL


def started(folder: Path, *, ago_s: int) -> None:
    """The service was started by a clock that has been set since, forward by so many seconds."""
    note(Folder(folder), 1)
    home = json.loads((folder / "home.json").read_bytes())
    (folder / "home.json").write_text(json.dumps({**home, "clock_s": home["clock_s"] - ago_s}))


@pytest.mark.parametrize(("by_s", "word"), [(0, ""), (20, ""), (3_600, "拨快了 3,6"), (-3_600, "拨慢了 3,")])
def test_a_clock_that_was_set_since_the_service_was_started_is_told_until_the_next_start(
    tmp_path: Path, by_s: int, word: str
) -> None:
    started(tmp_path, ago_s=by_s)

    level, told, cure = clock(tmp_path)
    assert (level is Level.WARN) == bool(word) and word in told
    assert not word or "快照" in cure
    note(Folder(tmp_path), 1)
    assert clock(tmp_path)[0] is Level.OK


def test_another_start_of_the_system_tells_nothing_of_the_clock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started(tmp_path, ago_s=3_600)
    monkeypatch.setattr(homes, "_BOOT", tmp_path / "of another start")
    (tmp_path / "of another start").write_text("b\n")

    assert clock(tmp_path)[0] is Level.OK


def test_a_note_of_an_earlier_version_says_nothing_of_the_clock(tmp_path: Path) -> None:
    note(Folder(tmp_path), 1)
    home = json.loads((tmp_path / "home.json").read_bytes())
    (tmp_path / "home.json").write_text(json.dumps({
        name: value for name, value in home.items() if name not in ("boot", "clock_s")}))

    assert noted(Folder(tmp_path)) is not None
    assert clock(tmp_path)[0] is Level.OK


def test_a_monitor_reads_by_how_much_the_clock_was_set_whichever_way(tmp_path: Path) -> None:
    with house_in(tmp_path / "data") as town:
        started(tmp_path / "data", ago_s=-7_200)
        told = town.nobody.get("/metrics").get_data(as_text=True)

    (line,) = [line for line in told.splitlines() if line.startswith("xueshi_clock_set_seconds")]
    assert 7_190 < float(line.split()[1]) < 7_210


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_months_in_which_nothing_was_recorded_are_told_with_their_days(
    tmp_path: Path, kind: str, request: pytest.FixtureRequest
) -> None:
    database = request.getfixturevalue("postgres") if kind == "postgres" else ""
    settings = Settings(data_folder=tmp_path, database=database)

    def recorded(day: int) -> tuple[Level, str, str]:
        def now() -> int:
            return int((WRITTEN + timedelta(days=day)).timestamp()) * 1_000_000_000

        store = open_postgres(database, clock=now) if database else open_sqlite(Folder(tmp_path).ledger, clock=now)
        store.append(one(f"on day {day}"))
        store.close()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(clock_checks.time, "time_ns", now)
            return log_times(settings)

    for day in (0, 30, 60):
        assert recorded(day) == (Level.OK, "系统时钟不早于账本的最后一个事件", ""), "a month of holidays is no gap"
    level, told, cure = recorded(150)
    assert level is Level.WARN and "90 天没有登记" in told and "空白" in cure
    assert all((WRITTEN + timedelta(days=one)).date().isoformat() in told for one in (60, 150))


@pytest.mark.parametrize(("version", "expected"), [(1, "建立它的程序版本"), (9, "请升级本程序")])
def test_a_ledger_of_another_format_is_told_with_its_own_cure(tmp_path: Path, version: int, expected: str) -> None:
    open_sqlite(Folder(tmp_path).ledger).close()
    with closing(sqlite3.connect(Folder(tmp_path).ledger)) as connection:
        connection.execute(f"PRAGMA user_version={version}")

    level, told, cure = log_times(Settings(data_folder=tmp_path))

    assert level is Level.FAIL and "另一格式" in told and expected in cure


def later(days: int) -> object:
    now = time.time_ns() + timedelta(days=days) // timedelta(microseconds=1) * 1_000
    return lambda: now


def test_a_clock_before_the_last_event_or_years_after_it_is_told_from_outside_too(tmp_path: Path) -> None:
    settings = Settings(data_folder=tmp_path / "data")
    assert log_times(settings) == (Level.OK, "账本尚未建立", "")
    with house_in(tmp_path / "data") as town:
        registering(town, 1)
    for days, expected in ((-1, Level.WARN), (0, Level.OK), (3_650, Level.FAIL)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(clock_checks.time, "time_ns", later(days))
            level, told, cure = log_times(settings)
        assert level is expected, told
        assert level is Level.OK or cure
