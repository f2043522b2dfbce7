"""The doctor says of each thing whether it is well, and gives a cure when it is not."""

from __future__ import annotations

import json
import socket
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from postgres_kit import Server

from api.cli import run
from api.doctor import machine_checks as machine
from api.doctor.checks import Check, Level, found
from api.doctor.database_checks import (
    Facts,
    checksums,
    clocks,
    copied,
    database_checks,
    durable,
    encoding,
    room,
    schema,
    server,
    way,
)
from api.doctor.register_checks import register_checks
from api.register.register import open_register
from api.settings import Settings, load
from api.terminal.exits import Stop
from api.witness.before_a_start import read_beforehand
from ledger.errors import LedgerError
from ledger.keys.master import FileMasterKey


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def asked(settings: Settings) -> list[Check]:
    """What is asked wherever a register is."""
    return [*machine.machine_checks(settings), *register_checks(settings)]


def test_whatever_is_not_well_has_a_cure() -> None:
    findings = [found(check) for check in asked(load({"listen_port": 0}))]

    assert [each.check for each in findings if each.level is not Level.OK and not each.cure] == []
    assert [each.check for each in findings if not each.message] == []


def test_asking_leaves_nothing_behind(tmp_path: Path) -> None:
    for check in asked(load({"data_folder": tmp_path / "not" / "yet"})):
        found(check)

    assert list(tmp_path.iterdir()) == []


def test_the_answer_for_programs_holds_the_same_lines(capsys: pytest.CaptureFixture[str]) -> None:
    status = run(["doctor", "--json"])
    body = json.loads(capsys.readouterr().out)

    assert status == 0
    assert body["ok"] is True
    assert [each["check"] for each in body["checks"]] == [check.name for check in asked(load())]


def test_it_looks_at_the_folder_that_it_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As every command: otherwise it says that all is well of another register than the one that is meant."""
    folder = tmp_path / "elsewhere"
    assert run(["doctor", "--json", "--data", str(folder)]) == 0
    assert str(folder) in next(one["message"] for one in json.loads(capsys.readouterr().out)["checks"]
                               if one["check"] == "folder")
    folder.mkdir()
    (folder / "xueshi.toml").write_text("listen_port = 8123\n")
    assert run(["config", "show", "--json", "--data", str(folder)]) == 0
    assert json.loads(capsys.readouterr().out)["listen_port"]["value"] == 8123


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
        level, message, cure = machine.port("127.0.0.1", taken.getsockname()[1])

    assert level is Level.WARN
    assert "已被占用" in message
    assert "--port" in cure


def test_an_address_that_is_not_ours_is_seen() -> None:
    assert machine.port("192.0.2.1", 8040)[0] is Level.FAIL    # RFC 5737: documentation only.


def test_a_check_that_breaks_is_a_finding() -> None:
    def breaks() -> tuple[Level, str, str]:
        raise RuntimeError("330203199002304567")

    finding = found(Check("x", breaks))

    assert (finding.level, bool(finding.cure)) == (Level.FAIL, True)
    assert "330203" not in finding.message


def test_a_system_without_fonts_is_told_how_to_get_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")

    level, _, cure = machine.fonts()

    assert level is Level.WARN
    assert "fonts-noto-cjk" in cure


def test_write_ahead_logging_is_tried_on_the_disk_itself(tmp_path: Path) -> None:
    level, message, _ = machine.wal(tmp_path)

    assert level in (Level.OK, Level.WARN)
    assert "微秒" in message


def test_a_vault_without_a_young_copy_is_warned_of_and_one_past_its_time_too(tmp_path: Path) -> None:
    asked = {check.name: check for check in register_checks(load())}["key_backup"]
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


@pytest.mark.parametrize("setting", ["witnesses", "time_stamps"])
def test_whom_a_start_would_ask_outside_is_read_beforehand(setting: str, tmp_path: Path) -> None:
    """A service that is started anew at night with a slip in that file would not come up again."""
    named, = read_beforehand(load({"data_folder": tmp_path / "data", setting: "absent"}))
    level, told, cure = named.ask()

    assert (named.name, level) == (setting, Level.FAIL) and str(tmp_path / "absent") in told and "绝对路径" in cure
    assert read_beforehand(load({"data_folder": tmp_path / "data"})) == []


def test_a_policy_that_a_start_would_take_is_told_with_its_witnesses(tmp_path: Path) -> None:
    Path("policy").write_text("quorum none\n", "utf-8")

    named, = read_beforehand(load({"data_folder": tmp_path / "data", "witnesses": "policy"}))

    assert named.ask()[:2] == (Level.OK, "policy 可用，0 个见证人")


def test_a_master_key_that_others_can_read_is_told() -> None:
    asked = {check.name: check for check in register_checks(load())}["master_key"]
    assert found(asked).level is Level.OK
    run(["init"])
    assert found(asked).message == "主密钥 file:master.key"
    Path("data/keys/master.key").chmod(0o644)
    assert found(asked).level is Level.FAIL and "他人可读" in found(asked).message


@pytest.mark.parametrize(("lost", "check", "told", "cure"), [
    ("keys/master.key", "master_key", "有账本而没有主密钥", "密钥备份里没有主密钥"),
    ("keys/people.db", "master_key", "有账本而没有密钥库", "xueshi keys restore"),
    ("keys/access.signing.key", "signing_keys", "文件不存在", "--why key_lost"),
    ("ledger.db", "log_time", "没有账本", "xueshi restore"),
])
def test_what_a_start_would_not_do_without_is_missed_beforehand(lost: str, check: str, told: str, cure: str) -> None:
    run(["init"])
    run(["log", "checkpoint"])
    asked = {each.name: each for each in register_checks(load())}[check]
    assert found(asked).level is Level.OK

    for path in Path("data").glob(f"{lost}*"):
        path.unlink()

    assert found(asked).level is Level.FAIL
    assert told in found(asked).message and cure in found(asked).cure and "xueshi init" not in found(asked).cure
    with pytest.raises((Stop, LedgerError)):
        open_register(load(), create=True)


def test_a_master_key_of_another_vault_is_told_before_a_start_refuses_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(["init"])
    other = FileMasterKey.create(tmp_path / "other.key")
    monkeypatch.setenv("XUESHI_MASTER_KEY", other.make)
    asked = {each.name: each for each in register_checks(load())}["master_key"]

    assert found(asked).level is Level.FAIL and "不是原来的那一个" in found(asked).message and found(asked).cure


# The database

WELL = Facts(
    {"server_version": "15.8", "server_version_num": "150008", "server_encoding": "UTF8", "fsync": "on",
     "full_page_writes": "on", "synchronous_commit": "on", "max_connections": "100",
     "data_checksums": "on", "archive_mode": "off", "synchronous_standby_names": "*"},
    is_standby=False, is_apart=True, is_encrypted=True, ahead_ms=3, round_trip_micros=200,
    pending={"ledger": (), "access": ()}, confirming=1,
)


def with_setting(**changed: str) -> Facts:
    return WELL._replace(settings={**WELL.settings, **changed})


def test_a_database_that_serves_well_is_ok_in_every_line(postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XUESHI_DATABASE", postgres)
    findings = [found(check) for check in database_checks(load())]

    assert [each.level for each in findings] == [Level.OK] * 6, findings
    assert findings[0].message.startswith("PostgreSQL 1")
    assert run(["doctor", "--json"]) == 0


def test_a_register_in_use_asks_its_database_more(postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XUESHI_DATABASE", postgres)
    told = {each.check: each for each in map(found, database_checks(load(), for_production=True))}

    assert told["database_way"].level is Level.OK, "it is this machine's"
    assert told["database_copy"].level is Level.WARN, "a test's server has no other beside it"
    assert told["database_checksums"].message


def test_without_a_database_nothing_is_asked_of_one() -> None:
    assert database_checks(load()) == []


def test_a_database_without_tables_or_answer_is_told_with_its_cure_and_without_its_password(
    postgres_server: Server, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XUESHI_DATABASE", postgres_server.new_database(migrated=False))
    assert run(["doctor"]) == 1
    assert "xueshi migrate" in capfd.readouterr().out
    monkeypatch.setenv("XUESHI_DATABASE", "postgresql://xueshi:canary@127.0.0.1:1/nowhere")
    assert run(["doctor"]) == 1
    said = capfd.readouterr().out
    assert "fail  database" in said
    assert "canary" not in said


@pytest.mark.parametrize(
    ("answer", "level", "word"),
    [
        (server(with_setting(server_version="13.9", server_version_num="130009")), Level.FAIL, "14"),
        (server(WELL._replace(is_standby=True)), Level.FAIL, "主服务器"),
        (schema(WELL._replace(pending={"ledger": (), "access": ("tables",)})), Level.FAIL, "xueshi migrate"),
        (durable(with_setting(fsync="off")), Level.FAIL, "on"),
        (durable(with_setting(full_page_writes="off")), Level.FAIL, "on"),
        (durable(with_setting(synchronous_commit="off")), Level.WARN, "on"),
        (durable(with_setting(synchronous_commit="remote_apply")), Level.OK, ""),
        (encoding(with_setting(server_encoding="SQL_ASCII")), Level.FAIL, "UTF8"),
        (clocks(WELL._replace(ahead_ms=-5_000)), Level.WARN, "timedatectl"),
        (clocks(WELL._replace(ahead_ms=500_000)), Level.FAIL, "timedatectl"),
        (room(WELL, 8), Level.WARN, "max_connections"),
        (room(WELL, 2), Level.OK, ""),
        (checksums(with_setting(data_checksums="off")), Level.WARN, "pg_checksums"),
        (copied(WELL), Level.OK, ""),
        (copied(WELL._replace(confirming=0)), Level.FAIL, "恢复备用服务器"),
        (copied(with_setting(synchronous_standby_names="", archive_mode="on")), Level.OK, ""),
        (copied(with_setting(synchronous_standby_names="")), Level.WARN, "synchronous_standby_names"),
        (way(WELL._replace(is_encrypted=False)), Level.FAIL, "sslmode"),
        (way(WELL._replace(is_apart=False, is_encrypted=False)), Level.OK, ""),
    ],
)
def test_what_a_database_lacks_is_told_with_its_cure(answer: tuple[Level, str, str], level: Level, word: str) -> None:
    assert answer[0] is level
    assert word in answer[2]
