"""The command line: quick help, four statuses, and a bug that says little to the reader and nothing personal."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

import click
import pytest

from api import cli as module
from api.cli import run
from api.terminal.exits import Exit, Stop
from api.terminal.lazy import Lazy
from ledger.errors import LedgerError

XUESHI = str(Path(sysconfig.get_path("scripts")) / "xueshi")
CANARY = "欧阳金丝雀 330203199002304567"


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def xueshi(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([XUESHI, *arguments], capture_output=True, text=True, check=False, **options)


def raising(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Give the command line one command that ends like this."""

    @click.command()
    def broken() -> None:
        raise error

    monkeypatch.setattr(sys.modules[__name__], "broken", broken, raising=False)
    monkeypatch.setitem(module.cli.table, "broken", Lazy(f"{__name__}:broken", ""))


def test_help_answers_in_a_quarter_of_a_second() -> None:
    """By the processor's time: what others take of the machine is not the command's."""
    def spent() -> float:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    def once() -> float:
        before = spent()
        assert xueshi("--help").returncode == 0
        return spent() - before

    assert min(once() for _ in range(5)) < 0.25


def test_help_imports_no_command_and_nothing_heavy() -> None:
    script = "import sys; from api.cli import run; run(['--help']); print(*sys.modules)"
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    loaded = said.splitlines()[-1].split()  # What stands above is the help itself, and names commands.

    assert "click" in loaded
    heavy = ("flask", "marshmallow", "structlog", "environs", "sqlite3", "eventsourcing", "cryptography", "msgspec")
    ours = ("api.commands", "ledger", "policies", "projections")
    assert [name for name in loaded if name in heavy or name.startswith(ours)] == []


def test_a_help_page_is_chinese_throughout() -> None:
    page = xueshi("serve", "--help").stdout

    assert "用法：xueshi serve [选项]" in page
    assert "--port 整数" in page
    assert not any(word in page for word in ("Usage", "Options", "INTEGER", "TEXT", "PATH", "Show this message"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["doctr"], "是否想写 doctor"),
        (["nothing-like-it"], "可用的命令"),
        (["years", "per_1"], "没有命令 per_1，可用的命令：show"),
        (["serve", "--prot", "1"], "--port"),
        (["serve", "--port", "x"], "0 到 65535 的整数"),
        (["log", "prove", "x"], "应为不小于 1 的整数"),
        (["evaluate", "--rules"], "--rules 后面缺少它的值"),
        (["evaluate", "--explain=yes"], "--explain 是开关，后面不写值"),
        (["evaluate", "--rules", "nowhere"], "应为已有的文件夹：没有 nowhere"),
        (["restore", "/nowhere/copy"], "应为已有的文件夹：没有 /nowhere/copy"),
        (["restore", "/etc/passwd"], "应为已有的文件夹：/etc/passwd 不是"),
        (["backup", "--check", "/nowhere/copy"], "没有文件夹 /nowhere/copy"),
        (["verify", "statement.txt"], "缺少 --key：日志的公钥（vkey 一行）"),
        (["verify"], "缺少 FILES。用法见 xueshi verify --help"),
        (["fsck", "one", "two"], "多出 one two。用法见 xueshi fsck --help"),
        (["rules", "shwo"], "用法见 xueshi rules --help"),
    ],
)
def test_a_slip_in_the_command_line_is_bad_input_and_told_in_chinese(arguments: list[str], words: str) -> None:
    ended = xueshi(*arguments)

    assert ended.returncode == Exit.BAD_INPUT
    assert words in ended.stderr
    assert ended.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "closed", "status", "words"),
    [
        ("evaluate", "<&-", Exit.WORLD_IS_WRONG, "标准输入是关着的"),
        ("evaluate", "</dev/null >&-", Exit.WORLD_IS_WRONG, "标准输出是关着的"),
        ("rules list", ">&-", Exit.HOLDS, ""),
    ],
)
def test_a_stream_that_the_caller_closed_is_no_bug_of_ours(
    arguments: str, closed: str, status: Exit, words: str
) -> None:
    line = f"{XUESHI} {arguments} {closed}"
    ended = subprocess.run(["/bin/sh", "-c", line], capture_output=True, text=True)

    assert ended.returncode == status
    assert words in ended.stderr and "internal_error" not in ended.stderr


def test_a_proof_of_what_has_not_happened_is_bad_input_and_says_how_much_has(tmp_path: Path) -> None:
    assert xueshi("init", "--data", str(tmp_path / "data")).returncode == 0
    ended = xueshi("log", "prove", "999", "--data", str(tmp_path / "data"))

    assert (ended.returncode, ended.stdout) == (Exit.BAD_INPUT, "")
    assert "没有事件 999" in ended.stderr and ended.stderr.endswith("[no_such_event]\n")


def test_a_wrong_setting_is_bad_input() -> None:
    ended = xueshi("config", "show", env={**os.environ, "XUESHI_THREADS": "many"})

    assert ended.returncode == Exit.BAD_INPUT
    assert "XUESHI_THREADS" in ended.stderr
    assert ended.stderr.endswith("[bad_setting]\n")


@pytest.mark.parametrize("status", [Exit.REFUSED, Exit.BAD_INPUT, Exit.WORLD_IS_WRONG])
def test_a_command_that_stops_says_why_and_what_to_do(
    status: Exit, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    raising(monkeypatch, Stop(status, "some_code", "不成立", "请这样做"))

    assert run(["broken"]) == status
    assert capsys.readouterr().err == "xueshi：不成立。请这样做。[some_code]\n"


def test_what_another_service_said_gives_the_terminal_no_orders(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A refusal is told in the words of whoever refused, and a terminal would obey some of them."""
    raising(monkeypatch, Stop(Exit.REFUSED, "some_code", "\x1b[2J不成立\r\x9b1m\n  第二行"))

    assert run(["broken"]) == Exit.REFUSED
    assert capsys.readouterr().err == "xueshi：\\x1b[2J不成立\\x0d\\x9b1m\n  第二行。[some_code]\n"



def test_an_error_of_ours_speaks_for_itself(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    raising(monkeypatch, LedgerError("账本被锁，请先停止另一个服务"))

    assert run(["broken"]) == Exit.WORLD_IS_WRONG
    assert capsys.readouterr().err == "xueshi：账本被锁，请先停止另一个服务。[ledger_error]\n"


@pytest.mark.parametrize("has_folder", [True, False])
def test_a_bug_is_one_line_with_a_trace_id_and_its_frames_are_in_the_log(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, has_folder: bool
) -> None:
    if has_folder:
        Path("data").mkdir()
    raising(monkeypatch, ValueError(CANARY))

    assert run(["broken"]) == Exit.WORLD_IS_WRONG
    told = capsys.readouterr().err
    (log,) = Path("data").glob("*.log") if has_folder else tmp_path.glob("*.log")
    line = json.loads(log.read_text(encoding="utf-8"))
    assert told.count("\n") == 1
    assert "Traceback" not in told
    assert line["request_id"] in told
    assert log.name in told
    assert line["error"]["type"] == "ValueError"
    assert any("test_cli.py" in frame for frame in line["error"]["frames"])
    for part in CANARY.split():
        assert part not in told
        assert part not in log.read_text(encoding="utf-8")
    assert Path("data").exists() is has_folder


def test_an_interruption_is_not_an_error(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    raising(monkeypatch, KeyboardInterrupt())

    assert run(["broken"]) == Exit.INTERRUPTED
    assert "Traceback" not in capsys.readouterr().err


def test_a_reader_that_went_away_is_neither_an_answer_nor_an_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run(
        [XUESHI, "config", "show"], stdout=writing, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(writing)

    assert ended.returncode == Exit.READER_WENT_AWAY
    assert ended.stderr == ""


def test_settings_are_shown_with_their_sources() -> None:
    ended = xueshi("config", "show", "--json", env={**os.environ, "XUESHI_THREADS": "7"})

    assert json.loads(ended.stdout)["threads"] == {"value": 7, "source": "环境变量 XUESHI_THREADS"}


def test_a_folder_that_cannot_be_made_is_no_fault_of_the_program(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ended = xueshi("init", "--data", str(tmp_path / "file" / "data"))

    assert ended.returncode == Exit.WORLD_IS_WRONG
    assert "无法建立文件夹" in ended.stderr and "[folder_unusable]" in ended.stderr
