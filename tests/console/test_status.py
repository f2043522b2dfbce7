"""System status: how far everything is, and when it was last backed up and checked, as the commands note it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from api.cases.law.kept_reports import room
from api.cli import cli
from api.register.folder import Folder
from api.register.last_done import last, note
from ledger.witnessing.kept import Answering, Kept
from projections.files.board import Progress
from tests.console.browser_kit import Window
from tests.console.console_kit import Browser, Cast


def test_how_far_the_log_and_its_answers_are_is_told_to_whoever_is_logged_in(cast: Cast, li: Browser) -> None:
    assert cast.town.house.settled() is None
    page, data = li.get("/status"), li.json("/status.json")

    assert data["log_size"] == cast.town.house.ledger.store.size()
    assert {one["name"] for one in data["projections"]} >= {"people", "entries", "work", "differences"}
    assert "没有记录" in page.text and "xueshi backup" in page.text
    assert "跟上" in page.text
    assert data["replays"] == room(cast.town.house)._asdict(), "other tests of this house may have left some"
    assert cast.town.client().get("/status").headers["Location"] == "/login?to=/status"


def test_of_what_is_being_made_it_is_told_how_far_it_is_and_how_long_it_still_takes(
    cast: Cast, li: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cast.town.house.detecting, "_building", Progress(1_200_000, 17_000_000, 50_000, 316))
    monkeypatch.setattr(cast.town.house.detecting, "catch_up", lambda: False)  # It would say that it is done.

    assert "1,200,000／17,000,000，每秒 50,000，约剩 6 分钟" in li.get("/status").text


def test_what_was_noted_is_told_with_its_age_and_what_came_since(cast: Cast, li: Browser) -> None:
    folder = cast.town.house.register.folder
    try:
        note(folder, "backup", size=3, holds=True)
        note(folder, "fsck", size=3, holds=False)
        page = li.get("/status")
        assert "0 天前" in page.text
        assert f"其后新增 {cast.town.house.ledger.store.size() - 3}" in page.text
        assert "有故障" in page.text
        folder.last_done("fsck").write_text("{", "utf-8")
        assert last(folder, "fsck") is None
    finally:
        for what in ("backup", "fsck"):
            folder.last_done(what).unlink(missing_ok=True)


def test_how_witnesses_answer_is_told_with_what_they_have_not_seen(cast: Cast, li: Browser) -> None:
    kept = Kept(cast.town.house.register.folder.witnessed)
    try:
        away = Answering("tsa", "authority", 0, 0, 900, "timed_out", "没有答复")
        kept.say([Answering("省厅", "witness", 1, 900), away])
        kept.keep_fork(1, 2, b"proof")
        page, data = li.get("/status"), li.json("/status.json")
        assert "见证人 省厅" in page.text and "时间戳机构 tsa" in page.text and "没有答复" in page.text
        assert f"其后新增 {cast.town.house.ledger.store.size() - 1}" in page.text
        assert "日志有两种历史" in page.text and data["outside"]["forks"] == ["fork.1-2"]
        assert [one["code"] for one in data["outside"]["each"]] == [None, "timed_out"]
    finally:
        shutil.rmtree(kept.folder)
    assert "见证人和时间戳" not in li.get("/status").text  # Where there are none, nothing is said of them.


def test_the_commands_note_what_they_did(tmp_path: Path) -> None:
    run, data = CliRunner(), str(tmp_path / "data")
    assert run.invoke(cli, ["init", "--data", data]).exit_code == 0
    assert run.invoke(cli, ["fsck", "--data", data]).exit_code == 0
    made = run.invoke(cli, ["backup", str(tmp_path / "copy"), "--data", data, "--json"])
    assert made.exit_code == 0, made.output

    checked, saved = (last(Folder(tmp_path / "data"), what) for what in ("fsck", "backup"))
    assert checked is not None and checked.holds
    assert saved is not None and saved.size == json.loads(made.stdout)["ledger"]["size"]


@pytest.mark.requires_system("chromium")
def test_the_status_is_readable_in_a_browser(cast: Cast, served: str, chromium: Any) -> None:
    window = Window(chromium, served, cast.office.token)
    assert window.faults("/status") == []
    assert window.said == []
