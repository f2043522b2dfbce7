"""`xueshi` for documents and journeys at a quarter of the price: forked from a process that has everything loaded.

What a document shows is some hundred commands, and of each second that one takes, three quarters go into loading the
same modules. `programs()` gives a folder for the front of PATH with a `xueshi` in it that hands its words, its
environment, its folder and its three streams to that process, waits, and ends as the command ended. What serves runs
as it always does, since it is signalled and killed by its number. How a process of its own begins is what
`tests/api/test_cli.py` and `tests/api/test_serve.py` try.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
import sysconfig
import tempfile
from functools import cache
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).parents[1]
REAL = Path(sysconfig.get_path("scripts")) / "xueshi"
MOST = 1 << 20

SHIM = """#!{python} -ISB
import json, os, socket, sys
if "serve" in sys.argv[1:3]:
    os.execv({real!r}, [{real!r}, *sys.argv[1:]])
asked = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
asked.connect({address!r})
words = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
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
    server = subprocess.Popen([sys.executable, "-m", "tests.forked", str(address)], cwd=ROOT, stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, env={**os.environ, "LANG": "C.UTF-8", "PYTHONHASHSEED": "0"})
    assert server.stdin is not None and server.stdout is not None
    assert server.stdout.readline() == b"ready\n"
    program = folder / "xueshi"
    program.write_text(SHIM.format(python=sys.executable, real=str(REAL), address=str(address)))
    program.chmod(0o755)

    def end() -> None:
        server.stdin.close()  # type: ignore[union-attr]
        server.wait(10)
        server.stdout.close()  # type: ignore[union-attr]
        for path in (program, address):
            path.unlink(missing_ok=True)
        folder.rmdir()

    atexit.register(end)
    return folder


def serve(address: str) -> None:
    """Fork a command for each who asks, until whoever started this is gone."""
    _load()
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listening.bind(address)
    listening.listen(16)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # Whoever has ended is waited for by nobody.
    os.write(1, b"ready\n")
    while True:
        ready, _, _ = select.select([0, listening], [], [])
        if 0 in ready:
            return
        asked, _ = listening.accept()
        if os.fork():
            asked.close()
        else:
            listening.close()
            _answer(asked)


def _load() -> None:
    """Everything that a command may want, and nothing that holds a file, a thread or a socket."""
    from importlib import import_module
    from pkgutil import iter_modules

    from api import commands, routes

    for package in (commands, routes):
        for module in iter_modules(package.__path__, f"{package.__name__}."):
            import_module(module.name)
    for name in ("api.composed", "api.progress", "ledger.fsck", "ledger.backup", "ledger.verify"):
        import_module(name)


def _answer(asked: socket.socket) -> NoReturn:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    told, streams, _, _ = socket.recv_fds(asked, MOST, 3)
    words, folder, environment = json.loads(told)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    status = 1
    try:
        from api.cli import main

        sys.argv = ["xueshi", *words]
        main()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    finally:
        for each in (sys.stdout, sys.stderr):
            each.flush()
        asked.send(str(status).encode())
        os._exit(status)


if __name__ == "__main__":
    serve(sys.argv[1])
