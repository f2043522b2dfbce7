"""The doctor says of each thing whether it is well, and gives a cure when it is not."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from api import checks
from api.checks import Check, Level, doctor_checks, found
from api.cli import run
from api.settings import load


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_whatever_is_not_well_has_a_cure() -> None:
    findings = [found(check) for check in doctor_checks(load({"listen_port": 0}))]

    assert [each.check for each in findings if each.level is not Level.OK and not each.cure] == []
    assert [each.check for each in findings if not each.message] == []


def test_asking_leaves_nothing_behind(tmp_path: Path) -> None:
    for check in doctor_checks(load({"data_folder": tmp_path / "not" / "yet"})):
        found(check)

    assert list(tmp_path.iterdir()) == []


def test_the_answer_for_programs_holds_the_same_lines(capsys: pytest.CaptureFixture[str]) -> None:
    status = run(["doctor", "--json"])
    body = json.loads(capsys.readouterr().out)

    assert status == 0
    assert body["ok"] is True
    assert [each["check"] for each in body["checks"]] == [check.name for check in doctor_checks(load())]


def test_one_failing_line_makes_the_answer_no(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    Path("occupied").write_text("a file where a folder is wanted")
    monkeypatch.setenv("XUESHI_DATA_FOLDER", "occupied")

    assert run(["doctor"]) == 1
    printed = capfd.readouterr()
    assert "fail  folder" in printed.out
    assert "XUESHI_DATA_FOLDER" in printed.out
    assert "[not_fit]" in printed.err


def test_a_taken_port_is_seen() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        level, message, cure = checks.port("127.0.0.1", taken.getsockname()[1])

    assert level is Level.WARN
    assert "已被占用" in message
    assert "--port" in cure


def test_an_address_that_is_not_ours_is_seen() -> None:
    assert checks.port("192.0.2.1", 8040)[0] is Level.FAIL    # RFC 5737: documentation only.


def test_a_clock_behind_the_data_is_seen(tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite").touch()
    assert checks.clock(tmp_path)[0] is Level.OK

    ahead = time.time() + 3600
    os.utime(tmp_path / "ledger.sqlite", (ahead, ahead))
    assert checks.clock(tmp_path)[0] is Level.FAIL


def test_a_check_that_breaks_is_a_finding() -> None:
    def breaks() -> tuple[Level, str, str]:
        raise RuntimeError("330203199002304567")

    finding = found(Check("x", breaks))

    assert (finding.level, bool(finding.cure)) == (Level.FAIL, True)
    assert "330203" not in finding.message


def test_a_system_without_fonts_is_told_how_to_get_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")

    level, _, cure = checks.fonts()

    assert level is Level.WARN
    assert "fonts-noto-cjk" in cure


def test_write_ahead_logging_is_tried_on_the_disk_itself(tmp_path: Path) -> None:
    level, message, _ = checks.wal(tmp_path)

    assert level in (Level.OK, Level.WARN)
    assert "微秒" in message


def test_a_vault_without_a_young_copy_is_warned_of_and_one_past_its_time_too(tmp_path: Path) -> None:
    asked = {check.name: check for check in doctor_checks(load())}["key_backup"]
    assert found(asked).level is Level.OK
    run(["init"])
    assert "没有密钥备份" in found(asked).message and found(asked).level is Level.WARN
    run(["keys", "backup", str(tmp_path / "safe")])
    assert found(asked).level is Level.OK
    for column, words in (("taken", "已有 9 天"), ("expires", "已到期而未删除")):
        with closing(sqlite3.connect("data/keys/people.db")) as connection:
            connection.execute(f"UPDATE backups SET {column} = ?", ((time.time_ns() // 1_000) - 9 * 86_400_000_000,))
            connection.commit()
        assert words in found(asked).message and found(asked).cure


def test_a_master_key_that_cannot_be_used_is_told_without_opening_anything() -> None:
    asked = {check.name: check for check in doctor_checks(load())}["master_key"]
    assert found(asked).level is Level.OK
    run(["init"])
    assert found(asked).message == "主密钥 file:master.key"
    Path("data/keys/master.key").chmod(0o644)
    assert found(asked).level is Level.FAIL and "他人可读" in found(asked).message
    Path("data/keys/master.key").unlink()
    assert "不存在" in found(asked).message and found(asked).cure
