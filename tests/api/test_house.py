"""The house at its first start and at every other: the law is enacted once, tokens stay, answers follow."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from api import house as house_module
from ledger.events.rulebook import RulebookEnacted
from policies.shelf import shipped
from tests.api.house_kit import house_in


def test_the_shipped_rulebooks_are_enacted_in_one_append_at_the_first_start_and_never_again(tmp_path: Path) -> None:
    with house_in(tmp_path / "data") as town:
        first = town.house.ledger.store.size()
        events = [town.house.ledger.at(position) for position in range(2, first + 1)]
        enacted = [one.envelope.event for one in events if one is not None]
        assert all(isinstance(event, RulebookEnacted) for event in enacted)
        assert [event.digest for event in enacted] == [book.digest for book in shipped().books]
        times = [one.envelope.recorded_at for one in events if one is not None]
        assert times == list(range(times[0], times[0] + len(times))), "what is recorded at once is a microsecond apart"
        tokens = (town.house.register.founder_token, town.house.register.reader_token)
    with house_in(tmp_path / "data") as town:
        assert town.house.ledger.store.size() == first
        assert (town.house.register.founder_token, town.house.register.reader_token) == tokens
        body = town.nobody.saw("/readyz")
        assert {one["check"]: one["level"] for one in body["checks"]} == {
            "home": "ok", "log_time": "ok", "projections": "ok", "differences": "ok", "findings": "ok",
            "rulebooks": "ok"}


def test_a_version_that_is_shipped_later_is_told_and_not_enacted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = shipped()
    fewer = type(shelf).of([book for book in shelf.books if book.family != "wenzhou"])
    with monkeypatch.context() as past:
        past.setattr(house_module, "shipped", lambda: fewer)
        with house_in(tmp_path / "data") as town:
            assert town.house.ledger.store.size() == 5
    with house_in(tmp_path / "data") as town:
        assert town.house.ledger.store.size() == 5
        (finding,) = [check.ask() for check in town.house.checks() if check.name == "rulebooks"]
        assert (finding[0], "wenzhou/2020-11-27" in finding[1]) == ("warn", True)
        assert town.nobody.get("/readyz").status_code == 200


def now_less(seconds: int) -> int:
    return time.time_ns() // 1_000 - seconds * 1_000_000


def test_a_clock_behind_the_last_event_is_told(tmp_path: Path) -> None:
    """It was set back, or had been set forward: times in the log only grow, and stand still until it has caught up."""
    with house_in(tmp_path / "data") as town:
        for behind_s, level in ((0, "ok"), (60, "ok"), (86_400, "warn")):
            late = replace(town.house, clock=partial(now_less, behind_s))
            (finding,) = [check.ask() for check in late.checks() if check.name == "log_time"]
            assert finding[0] == level, finding
        assert "秒" in finding[1] and "校准" in finding[2]


def test_enacted_bytes_lie_in_the_archive_by_their_digest(tmp_path: Path) -> None:
    with house_in(tmp_path / "data") as town:
        rulebooks = town.nobody.saw("/v1/rulebooks")["items"]
        assert [one["id"] for one in rulebooks] == [book.id for book in shipped().books]
        for one in rulebooks:
            assert (tmp_path / "data" / "rulebooks" / f"{one['digest']}.toml").is_file()


def test_the_founders_token_is_its_owners_file(tmp_path: Path) -> None:
    with house_in(tmp_path / "data") as town:
        path = tmp_path / "data" / "keys" / "founder.token"
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.read_text().strip() == town.house.register.founder_token


def test_answers_can_be_deleted_and_come_back_the_same(tmp_path: Path) -> None:
    with house_in(tmp_path / "data") as town:
        unit = town.unit("某厂", "330203", "industry")
        person = town.person()
        town.belongs(person, unit, "2020-01-01")
        before = person.years()
    for path in (tmp_path / "data" / "projections").glob("*.db*"):
        path.unlink()
    with house_in(tmp_path / "data") as town:
        person.client = town.client()
        assert person.years() == before
