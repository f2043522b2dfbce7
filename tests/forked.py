"""`xueshi` for documents and journeys at a quarter of the price: forked from a process that has everything loaded.

What a document shows is some hundred commands, and of each second that one takes, three quarters go into loading the
same modules. `programs()` gives a folder for the front of PATH with a `xueshi` in it that hands its words, its
environment, its folder and its three streams to that process, waits, and ends as the command ended.

What serves is signalled and killed by its number. `Popen` is `subprocess.Popen` for a `xueshi` that is forked in the
same way: its number is the command's own, and how it ended is told by whoever forked it. So is Python, where it is
handed a program in words (`-c`), which may put something else in a command's place, or a module of ours that a service
calls for (`-P -m`). In a script `serve` runs as it always does. How a process of its own begins is what
`tests/api/test_cli.py` and `tests/api/test_serve.py` try.

However whoever asked ends, killed or not, everything that was forked for them ends with them
(`tests/house/test_forked.py`).
"""

from __future__ import annotations

import atexit
import ctypes
import gc
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
import traceback
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

ROOT = Path(__file__).parents[1]
REAL = Path(sysconfig.get_path("scripts")) / "xueshi"
PYTHON = REAL.with_name("python")
AS_MODULE = ["-P", "-m"]
MOST = 1 << 20
PR_SET_PDEATHSIG = 1

SHIM = """#!{python} -ISB
import json, os, socket, sys
if "serve" in sys.argv[1:3]:
    os.execv({real!r}, [{real!r}, *sys.argv[1:]])
asked = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
asked.connect({address!r})
words = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ), None]).encode()
socket.send_fds(asked, [words], [0, 1, 2])
try:
    told = asked.recv(16)
except KeyboardInterrupt:
    os._exit(130)
os._exit(int(told) if told else 137)
"""


@cache
def programs() -> Path:
    """The folder; with its process, it lasts as long as this one."""
    folder = Path(tempfile.mkdtemp(prefix="forked-", dir="/tmp"))
    address = folder / "socket"
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.forked", str(address)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        env={**os.environ, "LANG": "C.UTF-8", "PYTHONHASHSEED": "0"})
    assert server.stdin is not None and server.stdout is not None
    assert server.stdout.readline() == b"ready\n"
    program = folder / "xueshi"
    program.write_text(SHIM.format(python=sys.executable, real=str(REAL), address=str(address)))
    program.chmod(0o755)

    def end() -> None:
        server.stdin.close()  # type: ignore[union-attr]
        server.wait(60)
        server.stdout.close()  # type: ignore[union-attr]
        for path in (program, address):
            path.unlink(missing_ok=True)
        folder.rmdir()

    atexit.register(end)
    return folder


class Popen(subprocess.Popen[Any]):
    """A `xueshi` that is forked: a process that is written to, read, signalled, killed and waited for as any other."""

    def __init__(self, words: list[str], **how: Any) -> None:
        assert Path(words[0]) == REAL or (Path(words[0]) == PYTHON and (
            words[1] == "-c" or words[1:3] == AS_MODULE)), f"{words} cannot be forked"
        super().__init__(words, **how)

    def _execute_child(  # All that the library has to be told anew; its pipes and its waiting are as they were.
        self, args: Any, executable: Any, preexec_fn: Any, close_fds: Any, pass_fds: Any, cwd: Any, env: Any,
        startupinfo: Any, creationflags: Any, shell: Any, p2cread: int, p2cwrite: int, c2pread: int, c2pwrite: int,
        errread: int, errwrite: int, restore_signals: Any, gid: Any, gids: Any, uid: Any, umask: Any,
        start_new_session: bool, process_group: Any,
    ) -> None:
        assert not (pass_fds or preexec_fn or shell), "a forked process is given three streams and no more"
        streams = [own if given == -1 else given for own, given in enumerate((p2cread, c2pwrite, errwrite))]
        self._asked = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._asked.connect(str(programs() / "socket"))
        words = [args[1 if Path(args[0]) == REAL else 0:], os.fspath(cwd or Path.cwd()),
                 dict(os.environ if env is None else env), start_new_session]
        socket.send_fds(self._asked, [json.dumps(words).encode()], streams)
        self.pid = int(self._asked.recv(16))
        self._child_created = True
        self._close_pipe_fds(p2cread, p2cwrite, c2pread, c2pwrite, errread, errwrite)

    def _try_wait(self, wait_flags: int) -> tuple[int, int]:
        if wait_flags & os.WNOHANG and not select.select([self._asked], [], [], 0)[0]:
            return 0, 0
        told = self._asked.recv(16)
        self._asked.close()
        assert told, "whoever forked it is gone"
        return self.pid, int(told)

    def _internal_poll(self, _deadstate: Any = None, **_: Any) -> Any:
        return super()._internal_poll(_deadstate, lambda _, flags: self._try_wait(flags))


def run(words: list[str], *, timeout: float = 60, **how: Any) -> subprocess.CompletedProcess[Any]:
    """What `subprocess.run` is to the other, with what was said and what was complained of."""
    with Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **how) as process:
        try:
            told, wrong = process.communicate(timeout=timeout)
        except BaseException:
            process.kill()
            raise
    return subprocess.CompletedProcess(words, process.returncode, told, wrong)


def serve(address: str) -> None:
    """Fork a command for each who asks, until whoever started this is gone."""
    _load()
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listening.bind(address)
    listening.listen(16)
    gc.collect()
    gc.freeze()  # Or each would walk through it, and have a copy of its own thereby.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # Whoever has ended is waited for by nobody.
    os.write(1, b"ready\n")
    while True:
        ready, _, _ = select.select([0, listening], [], [])
        if 0 in ready:
            return
        asked, _ = listening.accept()
        if _fork():
            asked.close()
        else:
            listening.close()
            _answer(asked)


def _fork() -> int:
    """Fork a process that is killed when this one ends. Only where one thread runs: the system looks at the thread."""
    parent = os.getpid()
    process = os.fork()
    if not process:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # It was gone before that was said.
            os._exit(1)
    return process


def _load() -> None:
    """Everything that a command may want, and nothing that holds a file, a thread or a socket."""
    from importlib import import_module
    from pkgutil import iter_modules

    from api import commands, routes

    for package in (commands, routes):
        for module in iter_modules(package.__path__, f"{package.__name__}."):
            import_module(module.name)
    for name in ("api.service.composed", "api.terminal.progress", "api.serve", "api.replays.job", "ledger.fsck.checker",
                 "ledger.copies.backup", "ledger.offline.verify"):
        import_module(name)
    from policies.archive import Archive
    from policies.shelf import drafts, shipped
    from tests.sharing_kit import remember_templates

    remember_templates()
    with tempfile.TemporaryDirectory() as folder:  # What every command would make of the same files.
        archive = Archive(Path(folder))
        archive.shelf(archive.keep(book) for book in (*shipped().books, *drafts().books) if book.text is not None)
    assert "prometheus_client" not in sys.modules, "it is told on being loaded how many processes count together"


def _answer(asked: socket.socket) -> NoReturn:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    told, streams, _, _ = socket.recv_fds(asked, MOST, 3)
    words, folder, environment, of_its_own = json.loads(told)
    if of_its_own is not None:
        _keep(asked, streams)
        if of_its_own:
            os.setsid()
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    tempfile.tempdir = None
    sys.stdout.reconfigure(line_buffering="PYTHONUNBUFFERED" in environment)  # type: ignore[union-attr]
    status = 1
    try:
        if of_its_own is not None and words[:1] == [str(PYTHON)]:
            if words[1:3] == AS_MODULE:
                sys.argv = words[3:]
                runpy.run_module(words[3], run_name="__main__", alter_sys=True)
            else:
                sys.argv, program = words[1:2] + words[3:], words[2]
                exec(program, {"__name__": "__main__"})
            status = 0
        else:
            from api.cli import main

            sys.argv = ["xueshi", *words]
            main()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        for each in (sys.stdout, sys.stderr):
            each.flush()
        if of_its_own is None:
            asked.send(str(status).encode())
        os._exit(status)


def _keep(asked: socket.socket, streams: list[int]) -> None:
    """Fork once more, and come back in the child; whoever forked it says its number, and in the end how it ended."""
    process = _fork()
    if not process:
        asked.close()
        return
    for stream in streams:
        os.close(stream)
    try:
        asked.send(str(process).encode())
        asked.send(str(os.waitpid(process, 0)[1]).encode())
    finally:
        os._exit(0)


if __name__ == "__main__":
    serve(sys.argv[1])
