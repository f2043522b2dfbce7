"""`xueshi verify` on a statement: an answer a person can act on, the same for a program, and a status for a script."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "ledger"))

from ledger_kit import House, small_house
from statement_kit import STATEMENT, issue, statement_file

XUESHI = str(Path(sysconfig.get_path("scripts")) / "xueshi")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = small_house(tmp_path_factory.mktemp("verify_command") / "house")
    yield house
    house.close()


@pytest.fixture(scope="module")
def folder(house: House, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bearer")
    data = statement_file(house, issue(house))
    (folder / "登记情况表.txt").write_bytes(data)
    (folder / "forged.txt").write_bytes(data.replace("合计  8".encode(), "合计  9".encode()))
    (folder / "log.vkey").write_text(f"{house.signer().vkeys[0]}\n")
    return folder


def verify(folder: Path, *arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[str]:
    done = subprocess.run([XUESHI, "verify", *arguments], cwd=folder, input=given, capture_output=True, check=False)
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def test_a_bearer_is_told_whose_statement_it_is_what_was_checked_and_what_is_not_proved(folder: Path) -> None:
    done = verify(folder, "登记情况表.txt", "--key", "log.vkey")

    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == "✓ 登记情况表.txt：成立。"
    assert any(line.startswith("  已核验  ") and STATEMENT in line and "7K3M-9QXT-0AHB" in line for line in lines)
    assert sum(line.startswith("  未证明  ") for line in lines) == 4


def test_a_program_reads_the_same_with_the_event(folder: Path) -> None:
    done = verify(folder, "登记情况表.txt", "--key", "log.vkey", "--json")

    (found,) = json.loads(done.stdout)["files"]
    assert (found["holds"], found["kind"], found["origin"]) == (True, "statement", "register.example/log")
    assert found["events"][0]["event"]["statement"] == STATEMENT
    assert len(found["checked"]) == 5 and len(found["unproven"]) == 4


def test_one_changed_figure_ends_with_status_one_and_names_the_text(folder: Path) -> None:
    done = verify(folder, "登记情况表.txt", "forged.txt", "--key", "log.vkey")

    assert done.returncode == 1
    assert "✗ forged.txt：不成立。登记情况表正文：正文被改动" in done.stdout
    assert "[unverified]" in done.stdout
    told = json.loads(verify(folder, "forged.txt", "--key", "log.vkey", "--json").stdout)["files"]
    assert [(each["holds"], each["code"]) for each in told] == [(False, "unverified")]


def test_a_statement_that_an_editor_saved_with_other_ends_of_lines_is_told_so(folder: Path, tmp_path: Path) -> None:
    data = (folder / "登记情况表.txt").read_bytes()
    for name, changed in (("crlf.txt", data.replace(b"\n", b"\r\n")), ("bom.txt", b"\xef\xbb\xbf" + data)):
        (tmp_path / name).write_bytes(changed)
        done = verify(tmp_path, name, "--key", str(folder / "log.vkey"))
        assert done.returncode == 1
        assert "不要经编辑器另存或转换换行" in done.stdout


def test_what_comes_through_a_pipe_is_verified_like_a_file(folder: Path) -> None:
    data = (folder / "登记情况表.txt").read_bytes()

    done = verify(folder, "-", "--key", "log.vkey", given=data)
    assert (done.returncode, done.stderr) == (0, "") and done.stdout.startswith("✓ 标准输入：成立。")
    cut, empty, strange = "证明文件：末行没有换行符", "标准输入：是空文件", "标准输入：不认识的文件"
    for bad, words in ((data[:-40], cut), (b"", empty), (b"hello", strange)):
        told = json.loads(verify(folder, "-", "--key", "log.vkey", "--json", given=bad).stdout)["files"][0]
        assert (told["file"], told["holds"]) == ("-", False) and told["detail"].startswith(words)
    closed = subprocess.run([f"{XUESHI} verify - --key log.vkey <&-"], shell=True, cwd=folder, capture_output=True,
                            check=False)
    assert closed.returncode == 2 and "读不出标准输入（没有打开）" in closed.stderr.decode()
