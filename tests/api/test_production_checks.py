"""Before going live and daily after, what a careful keeper looks at is looked at, with a cure where it lacks."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api.cli import run
from api.doctor import production_checks
from api.doctor.checks import Answer, Level, found
from api.doctor.production_checks import (
    account,
    cores,
    done,
    extras,
    files,
    holder_of,
    key_copies,
    limit_of,
    master_key_apart,
    memory,
    modes,
    one_history,
    real,
    room,
    second_factor,
    signed,
    synchronised,
    way_in,
)
from api.register import last_done
from api.register.folder import Folder
from api.register.occupancy import ADDRESS_FILE, occupying
from api.register.register import open_register
from api.settings import Settings, load
from ledger.witnessing.kept import Kept

NOW_S = time.time_ns() // 1_000_000_000


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Folder]:
    folder = tmp_path_factory.mktemp("production") / "data"
    open_register(Settings(data_folder=folder), create=True).close()
    yield Folder(folder)


def told(place: Folder, master_key: str = "file") -> Settings:
    return Settings(data_folder=place.root, master_key=master_key)


def level(answer: Answer) -> Level:
    assert answer[1]
    assert answer[0] is Level.OK or answer[2], "whatever is not well has a cure"
    return answer[0]


def test_what_every_machine_must_offer_is_asked_too_and_each_failure_makes_the_answer_no(
    place: Folder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XUESHI_DATA_FOLDER", str(place.root))

    assert run(["doctor", "--production", "--json"]) == 1
    checks = json.loads(capsys.readouterr().out)["checks"]
    told = {each["check"]: each for each in checks}

    assert {"python", "disk", "modes", "backup", "way_in", "service_log"} <= set(told)
    assert len({each["message"] for each in checks}) == len(checks) == len(told), "each thing is told once"
    assert told["key_backup"]["level"] == "fail", "no copy of the keys is no hint here"
    assert told["real"]["level"] == "fail", "the log has no name of its own yet"
    assert all(each["cure"] for each in told.values() if each["level"] != "ok")


def test_nothing_breaks_where_there_is_no_register_yet(tmp_path: Path) -> None:
    findings = [found(check) for check in production_checks.production_checks(load({"data_folder": tmp_path / "no"}))]

    assert [each.check for each in findings if "检查本身失败" in each.message] == []
    assert list(tmp_path.iterdir()) == []


def test_a_new_register_is_nobody_elses_to_read(place: Folder) -> None:
    assert level(modes(place)) is Level.OK


@pytest.mark.parametrize(("name", "mode"), [
    (".", 0o750), ("keys", 0o711), ("keys/master.key", 0o640), ("keys/people.db", 0o604), ("ledger.db", 0o664),
])
def test_what_others_may_read_or_change_is_named(place: Folder, name: str, mode: int) -> None:
    path = place.root / name
    before = path.stat().st_mode
    path.chmod(mode)
    try:
        answer = modes(place)
    finally:
        path.chmod(before)

    assert level(answer) is Level.FAIL
    assert name in answer[1]
    path.chmod(0o777)
    subprocess.run(answer[2], shell=True, check=True)
    assert level(modes(place)) is Level.OK


def test_a_master_key_beside_the_vault_is_warned_of(place: Folder, tmp_path: Path) -> None:
    assert level(master_key_apart(told(place, "file"))) is Level.WARN
    assert level(master_key_apart(told(place, f"file:{place.keys}/master.key"))) is Level.WARN
    assert "keys/master.key 与密钥库 keys/people.db 都在数据文件夹里" in master_key_apart(told(place))[1]


def test_a_master_key_that_was_left_beside_the_vault_is_warned_of_until_it_is_gone(
    place: Folder, tmp_path: Path
) -> None:
    left = place.master.rename(tmp_path / "left")
    try:
        for elsewhere in (f"file:{tmp_path}/master.key", "command:/usr/bin/kms"):
            assert level(master_key_apart(told(place, elsewhere))) is Level.OK
            shutil.copy(left, place.master)
            answer = master_key_apart(told(place, elsewhere))
            assert level(answer) is Level.WARN
            assert answer[2].endswith(f"rm {place.master}")
            place.master.unlink()
    finally:
        left.rename(place.master)


def test_of_several_hosts_each_knows_what_one_of_them_has_done(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    one, other = (Folder(tmp_path / name, tmp_path / "shared") for name in ("one", "other"))

    last_done.note(one, "backup", size=7, holds=True)

    assert level(production_checks.done(other, "backup")) is Level.OK
    assert level(production_checks.done(other, "fsck")) is Level.FAIL


def test_without_a_copy_of_the_keys_nothing_goes_live(place: Folder) -> None:
    assert level(key_copies(told(place))) is Level.FAIL


def test_made_up_people_and_a_name_that_others_have_too_do_not_go_live(place: Folder, tmp_path: Path) -> None:
    (tmp_path / "sample-accounts.txt").touch()

    assert level(real(Folder(tmp_path), "log.example.gov.cn/xueshi")) is Level.FAIL
    assert level(real(place, "localhost/xueshi")) is Level.FAIL
    assert level(real(place, "log.example.gov.cn/xueshi")) is Level.OK


def test_passwords_travel_by_tls_alone_and_the_service_is_reached_through_its_proxy() -> None:
    there = "https://xueshi.example.gov.cn"

    assert level(way_in(Settings())) is Level.FAIL
    assert level(way_in(Settings(public_address="http://localhost:8040"))) is Level.FAIL
    assert level(way_in(Settings(public_address=there, listen_host="10.0.0.1", allow_remote=True))) is Level.WARN
    assert level(way_in(Settings(public_address=there))) is Level.OK


def test_whoever_rules_on_others_comes_in_by_two_factors_or_it_does_not_go_live() -> None:
    assert level(second_factor(Settings())) is Level.FAIL
    assert level(second_factor(Settings(public_address="https://xueshi.example.gov.cn"))) is Level.OK
    assert level(second_factor(Settings(second_factor="offices"))) is Level.OK


def test_few_files_and_a_memory_that_may_be_written_to_disk_are_warned_of() -> None:
    assert level(files(lambda _name: 1_024)) is Level.WARN
    assert level(files(lambda _name: None)) is Level.OK
    assert level(memory(lambda _name: None)) is Level.WARN
    without_core = level(memory(lambda _name: 0))
    assert without_core is (Level.OK if len(Path("/proc/swaps").read_text().splitlines()) == 1 else Level.WARN)


def test_the_limits_are_those_of_the_service_that_holds_the_folder(tmp_path: Path) -> None:
    assert holder_of(tmp_path / ADDRESS_FILE) is None

    with occupying(tmp_path):
        assert holder_of(tmp_path / ADDRESS_FILE) == os.getpid()

    assert (limit_of(os.getpid(), "Max open files") or 1 << 20) >= 256
    assert limit_of(os.getpid(), "Max open doors") is None


def test_a_clock_that_nobody_keeps_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    assert level(synchronised()) in (Level.OK, Level.FAIL), "Linux can tell"

    for told, expected in ((0x2001, Level.OK), (0x2041, Level.FAIL), (None, Level.WARN)):
        monkeypatch.setattr(production_checks, "_clock_status", lambda told=told: told)
        assert level(synchronised()) is expected


def test_more_processes_than_cores_are_warned_of() -> None:
    assert level(cores(1)) is Level.OK
    assert level(cores(1_000)) is Level.WARN


def test_what_is_not_installed_is_told_with_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert level(extras(Settings(database="postgresql://x@localhost/x"))) is Level.OK

    monkeypatch.setattr(production_checks, "find_spec", lambda _name: None)
    answer = extras(Settings(database="postgresql://x@localhost/x"))
    assert (level(answer), "xueshi-ledger[pdf,postgres]" in answer[2]) == (Level.WARN, True)
    answer = extras(Settings(time_stamps="authorities.toml", telemetry_address="http://127.0.0.1:4318"))
    assert (level(answer), "EXTRAS='pdf witness telemetry'" in answer[2]) == (Level.WARN, True)


@pytest.mark.parametrize(("days", "free", "expected"), [
    (2, 1, Level.OK), (100, 100_000, Level.FAIL), (100, 800_000, Level.WARN), (100, 100_000_000, Level.OK),
])
def test_how_long_the_disk_lasts_is_reckoned_from_how_the_register_grew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, days: int, free: int, expected: Level
) -> None:
    place = Folder(tmp_path)
    place.keys.mkdir()
    place.founder_token.write_text("x")
    os.utime(place.founder_token, (NOW_S - days * 86_400,) * 2)
    (tmp_path / "ledger.db").write_bytes(bytes(500_000))
    monkeypatch.setattr(production_checks.shutil, "disk_usage", lambda _path: _Free(free))

    assert level(room(place)) is expected


class _Free:
    def __init__(self, free: int) -> None:
        self.free = free


def test_a_register_of_two_histories_is_not_fit_however_well_all_else_is(place: Folder) -> None:
    assert level(one_history(place)) is Level.OK
    proof = Kept(place.witnessed).keep_fork(10, 12, b"proof")
    assert level(one_history(place)) is Level.FAIL and proof.name in one_history(place)[1]
    proof.unlink()


def test_a_register_without_a_young_checkpoint_is_seen(place: Folder, tmp_path: Path) -> None:
    assert level(signed(Folder(tmp_path), 10)) is Level.FAIL

    place.published.write_text("a note")
    assert level(signed(place, 10)) is Level.OK
    os.utime(place.published, (NOW_S - 3 * 86_400,) * 2)
    assert level(signed(place, 10)) is Level.WARN


@pytest.mark.parametrize(("days", "holds", "expected"), [
    (0, True, Level.OK), (2, True, Level.WARN), (8, True, Level.FAIL), (0, False, Level.FAIL),
])
def test_a_backup_that_is_old_or_did_not_hold_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, days: int, holds: bool, expected: Level
) -> None:
    assert level(done(Folder(tmp_path), "backup")) is Level.FAIL, "nobody noted one"

    at = datetime.now(UTC) - timedelta(days=days)
    monkeypatch.setattr(production_checks, "last", lambda _place, _what: last_done.Last(at, 7, holds))
    assert level(done(Folder(tmp_path), "backup")) is expected


def test_an_account_of_its_own_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert level(account()) is Level.WARN
    monkeypatch.setattr(os, "geteuid", lambda: 990)
    assert level(account()) is Level.OK
