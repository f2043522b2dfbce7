"""`xueshi export parquet` from end to end: written whole, checked against the log, and what cannot be done said."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from api.cli import run
from api.sample import prepare
from api.settings import load


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample") / "data"
    assert prepare(load({"data_folder": folder}))
    return folder


@pytest.fixture(scope="module")
def whole(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export") / "columns"
    assert run(["export", "parquet", str(folder), "--data", str(data), "--json"]) == 0
    return folder


def export(data: Path, capfd: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> str:
    capfd.readouterr()
    assert run(["export", "parquet", *arguments, "--data", str(data)]) == status
    told = capfd.readouterr()
    return told.err if status > 1 else told.out


def test_what_was_exported_agrees_with_the_log(data: Path, whole: Path, capfd: pytest.CaptureFixture[str]) -> None:
    told = json.loads((whole / "manifest.json").read_bytes())

    assert "与账本相符" in export(data, capfd, str(whole), "--check")
    assert told["entries"] > 0 and [path.name for path in whole.parent.iterdir()] == ["columns"], "nothing lies beside"
    names = [line for line in (data / "sample-accounts.txt").read_text("utf-8").splitlines() if len(line) in (2, 3)]
    content = b"".join(path.read_bytes() for path in whole.rglob("*") if path.is_file())
    assert names and not any(name.encode() in content for name in names)


def test_of_a_folder_that_was_altered_it_is_said_where(
    data: Path, whole: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = shutil.copytree(whole, tmp_path / "altered")
    told = json.loads((folder / "manifest.json").read_bytes())
    (folder / "manifest.json").write_text(json.dumps({**told, "root": "00" * 32}), "utf-8")
    assert "不是本账本在该位置的根" in export(data, capfd, str(folder), "--check", status=1)

    (folder / "manifest.json").write_text(json.dumps({**told, "as_of": 9**9}), "utf-8")
    assert "账本只有" in export(data, capfd, str(folder), "--check", status=1)

    (folder / "manifest.json").write_text(json.dumps({**told, "people": 1}), "utf-8")
    (folder / "cases.parquet").write_bytes(b"")
    found = json.loads(export(data, capfd, str(folder), "--check", "--json", status=1))
    assert not found["holds"] and found["differ"] == ["cases.parquet：内容与 manifest.json 所记的摘要不符"]


@pytest.mark.parametrize(("options", "status", "code"), [
    (["taken"], 2, "export_taken"), (["a/b"], 2, "export_unusable"), (["new", "--as-of", "soon"], 2, "as_of_malformed"),
    (["new", "--as-of", "999999"], 2, "as_of_in_future"), (["taken", "--check"], 3, "columns_unreadable"),
    (["taken", "--check", "--as-of", "3"], 2, "bad_usage"),
])
def test_what_cannot_be_exported_is_said_and_nothing_is_left(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], options: list[str],
    status: int, code: str,
) -> None:
    (tmp_path / "taken").mkdir()
    monkeypatch.chdir(tmp_path)

    assert f"[{code}]" in export(data, capfd, *options, status=status)
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_without_the_library_it_is_said_how_to_get_it(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow.parquet", None)

    told = export(data, capfd, str(tmp_path / "new"), status=3)
    assert "[pyarrow_missing]" in told and "pip install 'xueshi-ledger[columns]'" in told
