"""`xueshi archive` from end to end: a year written, verified without the ledger, held against it, proved from alone."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from api.cli import run
from api.doctor.archive_check import archive_checks
from api.settings import Settings


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty people over two years."""
    folder = tmp_path_factory.mktemp("demo") / "data"
    assert run(["demo", "--data", str(folder), "--people", "20", "--years", "2021-2022", "--json"]) == 0
    return folder


@pytest.fixture(scope="module")
def of_2021(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("archives") / "2021"
    assert run(["archive", "write", "2021", str(folder), "--data", str(data), "--json"]) == 0
    return folder


def told(capfd: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> str:
    capfd.readouterr()
    assert run(list(arguments)) == status
    out, err = capfd.readouterr()
    return err if status > 1 else out


def key(data: Path, capfd: pytest.CaptureFixture[str]) -> str:
    return told(capfd, "log", "key", "--data", str(data)).splitlines()[0]


def test_a_year_is_verified_by_its_folder_and_the_key_alone(
    data: Path, of_2021: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    vkey = key(data, capfd)
    away = shutil.copytree(of_2021, tmp_path / "away")
    first = json.loads((away / "archive.json").read_bytes())["first"]

    assert "其后的第一个事件已在次年" in told(capfd, "verify", str(away), "--key", vkey)
    told(capfd, "archive", "prove", str(away), str(first), "--out", str(tmp_path / "proof"))
    assert f"事件 {first} " in told(capfd, "verify", str(tmp_path / "proof"), "--key", vkey)
    assert "逐字节相同" in told(capfd, "archive", "check", str(away), "--data", str(data))

    file = sorted((away / "events").iterdir())[0]
    file.write_bytes(file.read_bytes()[:-1])
    assert f"{file}" in told(capfd, "verify", str(away), "--key", vkey, status=1)
    assert "[archive_unreadable]" in told(capfd, "archive", "check", str(away), "--data", str(data), status=3)


@pytest.mark.parametrize(("arguments", "status", "code"), [
    (["write", "2021", "taken"], 2, "archive_taken"), (["write", "2021", "a/b"], 2, "archive_unusable"),
    (["write", "2010", "new"], 2, "archive_year_empty"), (["write", "9998", "new"], 2, "archive_year_open"),
    (["check", "taken"], 3, "archive_unreadable"), (["prove", "taken", "3"], 3, "archive_unreadable"),
])
def test_what_cannot_be_archived_is_said_and_nothing_is_left(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str],
    arguments: list[str], status: int, code: str,
) -> None:
    (tmp_path / "taken").mkdir()
    monkeypatch.chdir(tmp_path)
    where = [] if arguments[0] == "prove" else ["--data", str(data)]

    assert f"[{code}]" in told(capfd, "archive", *arguments, *where, status=status)
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_a_kill_leaves_no_half_of_an_archive(
    data: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Killed when all events are written and the rest is not: what is left is hidden, and holds nobody up."""
    program = ("import os, signal, ledger.copies.archive_writing as writing\n"
               "writing._tiles = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
               "from api.cli import run; run(['archive', 'write', '2021', 'year', '--data', " + repr(str(data)) + "])")
    ended = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=False,
                           env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])})
    (left,) = tmp_path.iterdir()

    assert ended.returncode == -signal.SIGKILL and left.name.startswith(".xueshi-archive-")
    told(capfd, "archive", "write", "2021", str(tmp_path / "year"), "--data", str(data))
    assert (tmp_path / "year" / "archive.json").exists()


def test_bodies_move_into_the_archive_and_come_back_and_every_check_holds(
    data: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    own, folder = shutil.copytree(data, tmp_path / "data"), tmp_path / "2021"
    told(capfd, "archive", "write", "2021", str(folder), "--data", str(own))
    assert "所有事件都在账本中" in told(capfd, "archive", "list", "--data", str(own))

    done = json.loads(told(capfd, "archive", "move", str(folder), "--compact", "--data", str(own), "--json"))
    assert done["moved"] > 0 and done["file_after"] < done["file_before"]
    assert "✓ 2021 年" in told(capfd, "archive", "list", "--data", str(own))
    assert "逐字节相同" in told(capfd, "archive", "check", str(folder), "--data", str(own))
    told(capfd, "fsck", "--data", str(own))
    told(capfd, "rebuild", "--compare", "--data", str(own))
    assert f"2021 年的正文在归档 {folder} 中" in told(capfd, "backup", str(tmp_path / "backup"), "--data", str(own))
    told(capfd, "backup", str(tmp_path / "backup"), "--check", "--data", str(own))

    (moved,) = [folder.rename(tmp_path / "elsewhere")]
    assert "✗ 2021 年" in told(capfd, "archive", "list", "--data", str(own), status=1)
    (check,) = archive_checks(Settings(data_folder=own))
    assert check.ask()[0] == "fail" and "relocate" in check.ask()[2]
    assert "[archive_away]" in told(capfd, "fsck", "--data", str(own), status=3)
    told(capfd, "archive", "relocate", str(moved), "--data", str(own))
    assert archive_checks(Settings(data_folder=own))[0].ask()[0] == "ok"
    assert json.loads(told(capfd, "archive", "bring-back", "2021", "--data", str(own), "--json")) == {
        "year": 2021, "brought_back": done["moved"], "bytes": done["bytes"]}
    told(capfd, "archive", "compact", "--data", str(own))
    told(capfd, "fsck", "--data", str(own))
    assert "[archive_other]" in told(capfd, "archive", "bring-back", "2021", "--data", str(own), status=2)
    assert archive_checks(Settings(data_folder=own)) == [], "nothing is asked where nothing is away"


def test_the_same_of_a_ledger_in_postgresql_which_is_backed_up_and_restored_beside_its_archive(
    data: Path, of_2021: Path, postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    own, mounted = shutil.copytree(data, tmp_path / "data"), tmp_path / "mnt"
    folder = shutil.copytree(of_2021, tmp_path / "2021")
    monkeypatch.setenv("XUESHI_DATABASE", postgres)
    settings = Settings(data_folder=own, database=postgres)
    told(capfd, "move", "--data", str(own))

    done = json.loads(told(capfd, "archive", "move", str(folder), "--compact", "--data", str(own), "--json"))
    assert done["moved"] > 0 and done["file_before"] > 0
    assert "逐字节相同" in told(capfd, "archive", "check", str(folder), "--data", str(own))
    told(capfd, "fsck", "--data", str(own))
    told(capfd, "rebuild", "--compare", "--data", str(own))
    assert f"2021 年的正文在归档 {folder} 中" in told(capfd, "backup", str(tmp_path / "backup"), "--data", str(own))

    mounted.mkdir()
    folder.rename(mounted / folder.name)
    assert archive_checks(settings)[0].ask()[0] == "fail"
    assert "[archive_away]" in told(capfd, "fsck", "--data", str(own), status=3)
    monkeypatch.setenv("XUESHI_ARCHIVE_FOLDER", str(mounted))
    assert "✓ 2021 年" in told(capfd, "archive", "list", "--data", str(own))
    told(capfd, "restore", str(tmp_path / "backup"), "--replace", "--data", str(own))
    told(capfd, "fsck", "--data", str(own))
    assert archive_checks(settings)[0].ask()[0] == "ok"

    back = json.loads(told(capfd, "archive", "bring-back", "2021", "--data", str(own), "--json"))
    assert back == {"year": 2021, "brought_back": done["moved"], "bytes": done["bytes"]}
    assert "减为" in told(capfd, "archive", "compact", "--whole", "--data", str(own))
    shutil.rmtree(mounted)
    told(capfd, "fsck", "--data", str(own))
