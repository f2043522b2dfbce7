"""Commands run in this process, beside a service in one of its own."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any, Generic, NamedTuple, TypeVar

import pytest
from flask import Flask
from structlog.testing import capture_logs
from werkzeug.serving import make_server

from api.cli import run
from tests.forked import Popen

XUESHI = str(Path(sysconfig.get_path("scripts")) / "xueshi")
CLEAN = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}


Scene = TypeVar("Scene")


class Ended(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


def xueshi(folder: Path, *arguments: str, stdin: str = "", **environment: str) -> Ended:
    """Run a command in this process, as `xueshi` would in one of its own."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.chdir(folder)
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode()), "utf-8"))
        for name, value in environment.items():
            patch.setenv(name, value)
        status = run(arguments)
    return Ended(status, *(each.buffer.getvalue().decode() for each in (out, err)))  # type: ignore[attr-defined]


def made(folder: Path, *arguments: str, **environment: str) -> dict[str, Any]:
    ended = xueshi(folder, *arguments, "--json", **environment)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


@dataclass(frozen=True)
class Desk(Generic[Scene]):
    """A folder with a register in which something happened to somebody, and who may ask: commands are run here."""

    folder: Path
    tokens: Mapping[str, str]
    person: str
    there: Scene

    def run(self, whom: str, *arguments: str, stdin: str = "") -> Ended:
        return xueshi(self.folder, *arguments, stdin=stdin, XUESHI_TOKEN=self.tokens[whom])

    def told(self, whom: str, *arguments: str, stdin: str = "") -> str:
        ended = self.run(whom, *arguments, stdin=stdin)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    def made(self, whom: str, *arguments: str) -> dict[str, Any]:
        return made(self.folder, *arguments, XUESHI_TOKEN=self.tokens[whom])


@contextmanager
def answering(app: Flask) -> Iterator[str]:
    """Answer at an address of this machine with a service of this process, so that a command need not open one."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    answers = Thread(target=server.serve_forever)
    answers.start()
    try:
        with capture_logs():  # What the service logs is none of what a command says.
            yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        answers.join()
        server.server_close()


@contextmanager
def served(folder: Path) -> Iterator[None]:
    """Serve the register of a folder until the block ends."""
    command = [XUESHI, "serve", "--port", "0"]
    with Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=CLEAN
    ) as serving:
        assert serving.stdout is not None
        assert "http://127.0.0.1:" in serving.stdout.readline()
        try:
            yield
        finally:
            serving.terminate()  # Also when a test failed in between, or it would be waited for without end.
        assert serving.wait(timeout=60) == 0
