"""`xueshi fsck` and `xueshi verify`: what they count, and what they say of files that are missing or no files."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from api.cli import run
from api.register.register import SYSTEM, open_register
from api.settings import Settings
from api.terminal.exits import Exit
from ledger.events.actor import ActorAppointed, Official
from ledger.events.base import Draft
from ledger.proving import prove_event
from ledger.vocabulary import ActorId, UnitId


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A register with one sealed event, a proof of it, and the key."""
    folder = tmp_path_factory.mktemp("checks")
    register = open_register(Settings(data_folder=folder / "data"), create=True)
    appointed = ActorAppointed(
        actor=ActorId("acr_zhao"), account="zhao", organisation=UnitId("unt_bureau"))
    register.ledger.record([Draft(appointed, Official(name="赵敏"))], by=SYSTEM)
    note = register.signer.checkpoint()
    (folder / "event.tlog-proof").write_bytes(prove_event(register.ledger.store, 2, note))
    (folder / "key").write_text("\n".join(register.signer.vkeys))
    register.close()
    return folder


@pytest.fixture
def data(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made / "data", tmp_path / "data"))


def said(capsys: pytest.CaptureFixture[str]) -> str:
    captured = capsys.readouterr()
    return captured.out + captured.err


# fsck


def test_fsck_counts_what_is_sealed_and_what_is_redacted(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def counts() -> tuple[int, int, int | None]:
        capsys.readouterr()
        assert run(["fsck", "--data", str(data), "--json", "--processes", "1"]) == Exit.HOLDS
        body = json.loads(capsys.readouterr().out)
        return body["sealed"], body["redacted"], body["names"]

    assert counts() == (1, 0, 1)
    with closing(sqlite3.connect(data / "ledger.db")) as connection:
        connection.execute("DROP TRIGGER sealed_stays")
        connection.execute("DELETE FROM sealed")
        connection.commit()
    assert counts() == (0, 1, 0), "and of what it reserved nobody can tell"
    assert run(["fsck", "--data", str(data), "--processes", "1"]) == Exit.HOLDS
    assert "0 个密封部分（另有 1 个已遮盖" in said(capsys)


def test_fsck_says_why_names_were_not_checked(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (data / "keys" / "people.db").unlink()
    assert run(["fsck", "--data", str(data), "--processes", "1"]) == Exit.HOLDS
    assert "没有密钥库，保留名称未核对" in said(capsys)


def nothing(data: Path) -> None:
    shutil.rmtree(data)


def no_ledger(data: Path) -> None:
    (data / "ledger.db").unlink()


def a_folder(data: Path) -> None:
    no_ledger(data)
    (data / "ledger.db").mkdir()


def unreadable(data: Path) -> None:
    no_ledger(data)
    (data / "ledger.db").symlink_to("/proc/self/mem")  # Reading it fails, whoever asks.


def garbage(data: Path) -> None:
    (data / "ledger.db").write_bytes(b"garbage" * 1_000)


def another_form(data: Path) -> None:
    with closing(sqlite3.connect(data / "ledger.db")) as connection:
        connection.execute("PRAGMA user_version=1")


def published_is_a_folder(data: Path) -> None:
    (data / "keys" / "ledger.published").unlink()
    (data / "keys" / "ledger.published").mkdir()


def key_is_garbage(data: Path) -> None:
    (data / "keys" / "ledger.signing.key").write_bytes(b"\xff\xfe")


@pytest.mark.parametrize(("change", "code", "words"), [
    (nothing, "no_register", "这里没有账本"), (no_ledger, "no_register", "这里没有账本"),
    (a_folder, "store_unreadable", "是文件夹，不是文件"), (unreadable, "store_unreadable", "磁盘读取出错"),
    (garbage, "store_unreadable", "请保留原件作为证据"), (another_form, "ledger_of_other_version", "格式版本 1"),
    (published_is_a_folder, "keys_unreadable", "是文件夹，不是文件"),
    (key_is_garbage, "key_malformed", "从密钥备份中恢复"),
], ids=lambda each: getattr(each, "__name__", None))
def test_fsck_of_what_is_no_ledger_ends_with_3_and_says_why(
    data: Path, capsys: pytest.CaptureFixture[str], change: object, code: str, words: str
) -> None:
    assert callable(change)
    change(data)
    assert run(["fsck", "--data", str(data), "--processes", "1"]) == Exit.WORLD_IS_WRONG
    captured = capsys.readouterr()
    assert captured.out == ""
    assert f"[{code}]" in captured.err and words in captured.err


# verify


def test_verify_accepts_the_proof_it_was_given(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["verify", str(made / "event.tlog-proof"), "--key", str(made / "key")]) == Exit.HOLDS
    assert "成立" in said(capsys)


@pytest.mark.parametrize(("file", "words"), [
    ("none", "文件不存在"), ("key/below", "文件不存在"), ("data", "是文件夹，不是文件"),
    ("/proc/self/mem", "磁盘读取出错"), ("n" * 300, "文件名过长"),
])
def test_verify_of_a_file_that_is_not_read_ends_with_2_and_says_why(
    made: Path, capsys: pytest.CaptureFixture[str], file: str, words: str
) -> None:
    assert run(["verify", str(made / file), "--key", str(made / "key")]) == Exit.BAD_INPUT
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "[file_unreadable]" in captured.err and words in captured.err


@pytest.mark.parametrize(("key", "words"), [
    ("none", "文件不存在"), ("data", "是文件夹，不是文件"), ("event.tlog-proof", "无法使用"),
])
def test_verify_with_a_key_that_is_none_ends_with_2(
    made: Path, capsys: pytest.CaptureFixture[str], key: str, words: str
) -> None:
    assert run(["verify", str(made / "event.tlog-proof"), "--key", str(made / key)]) == Exit.BAD_INPUT
    captured = capsys.readouterr().err
    assert "[bad_key]" in captured and words in captured and "Errno" not in captured


def test_verify_of_a_file_that_is_none_of_ours_ends_with_1(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["verify", str(made / "data" / "ledger.db"), "--key", str(made / "key")]) == Exit.REFUSED
    told = said(capsys)
    assert "：无从核验。" in told and "[other_file]" in told
