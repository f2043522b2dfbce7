"""Standard input that is closed, in another encoding, or fails: every command that reads it says so, with a cure."""

from __future__ import annotations

import io
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from api.cli import run
from api.commands.files import read_bytes
from api.terminal import standard_input
from api.terminal.exits import Exit, Stop
from tests.api.command_kit import CLEAN, XUESHI

READING = [
    ("person", "register", "--name", "赵敏", "--id-number", "-"),
    ("claim", "submit", "per_0000000000000000000001", "-"),
    ("course", "publish", "-"),
    ("exam", "schedule", "-"),
    ("rules", "try", "-"),
    ("evaluate",),
    ("verify", "-", "--key", "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"),
]


@pytest.mark.parametrize("arguments", READING, ids=lambda each: each[0])
def test_a_closed_standard_input_is_said_to_be_closed(
    arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdin", None)
    status = run(arguments)
    said = capsys.readouterr().err

    assert status in (Exit.BAD_INPUT, Exit.WORLD_IS_WRONG) and "标准输入" in said, said
    assert "internal_error" not in said


@pytest.mark.parametrize("arguments", READING[:5], ids=lambda each: each[0])
def test_what_is_not_utf8_is_bad_input_and_no_bug(
    arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("{“天数”：2}".encode("gbk")), "utf-8"))

    assert run(arguments) == Exit.BAD_INPUT
    assert "internal_error" not in capsys.readouterr().err


def test_an_input_that_breaks_off_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as end:  # To be read it was not opened.
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(Unreadable(end.fileno())), "utf-8"))
        for read in (standard_input.whole, standard_input.line):
            with pytest.raises(Stop) as refused:
                read()
            assert (refused.value.status, refused.value.code) == (Exit.BAD_INPUT, "file_unreadable")


class Unreadable(io.RawIOBase):
    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def readable(self) -> bool:
        return True

    def readinto(self, _: object) -> int:
        return len(os.read(self._descriptor, 1))


def test_a_folder_as_standard_input_is_never_a_yes(tmp_path: Path) -> None:
    """Python ends before a line of ours runs, and no program in Python can change that; but never with 0."""
    folder = os.open(tmp_path, os.O_RDONLY)
    try:
        ended = subprocess.run([XUESHI, "verify", "-", "--key", "x"], stdin=folder, env=CLEAN, capture_output=True,
                               text=True, check=False)
    finally:
        os.close(folder)
    assert ended.returncode == Exit.REFUSED and "is a directory" in ended.stderr


def test_a_folder_a_socket_and_what_vanished_are_told_apart(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(tmp_path / "socket"))
        for name, why in ((".", "是文件夹"), ("socket", "是套接字"), ("vanished", "文件不存在")):
            with pytest.raises(Stop, match=why) as refused:
                read_bytes(tmp_path / name)
            assert refused.value.code == "file_unreadable"
