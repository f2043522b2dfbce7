"""The service in several processes, for tests: `xueshi serve` on PostgreSQL, with doors to one of them or to any.

    with serving(folder, postgres) as service:
        town = service.town()              # each request on a connection of its own: whichever process takes it
        a, b = service.doors()             # one to each process, on a connection that is kept
"""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from api.client import Client, Remote, Reply
from tests.forked import PYTHON, Popen, run
from tests.journeys.register_kit import ENVIRONMENT, XUESHI, Town
from tests.waiting import until


class Fresh:
    """A connection a request: any process may take it."""

    def __init__(self, address: str) -> None:
        self.address = address

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Reply:
        remote = Remote(self.address)
        try:
            return remote.send(method, path, {**headers, "Connection": "close"}, body)
        finally:
            remote.close()


@dataclass
class Door:
    """A kept connection, and the process at its other end."""

    process: int
    remote: Remote
    leases: list[str]

    @property
    def client(self) -> Client:
        return Client(self.remote)


@dataclass
class Service:
    """A running service: its master, its address, and its folder."""

    master: subprocess.Popen[str]
    folder: Path
    address: str
    opened: list[Remote] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])

    @property
    def log(self) -> str:
        return (self.folder / "stderr").read_text("utf-8")

    def town(self) -> Town:
        """People who reach it through whichever process takes their request."""
        return Town(self.folder, Client(Fresh(self.address)))

    def door(self) -> Door:
        """A connection that is kept."""
        remote = Remote(self.address)
        self.opened.append(remote)
        said = remote.send("GET", "/readyz", {}, None).json
        return Door(said["process"], remote, said["leases"])

    def doors(self, count: int = 2) -> list[Door]:
        """One to each process, by number of process; whoever has just been forked is waited for."""
        found: dict[int, Door] = {}
        until(lambda: found.setdefault((door := self.door()).process, door) and len(found) == count)
        return [found[process] for process in sorted(found)]

    def having(self, lease: str, but: int = 0) -> int:
        """The process that has a lease, other than one that has just died."""
        found: list[int] = []

        def asked() -> bool:
            try:
                door = self.door()
            except Exception:
                return False
            if lease in door.leases and door.process != but:
                found.append(door.process)
            return bool(found)

        until(asked, f"nobody has {lease}")
        return found[0]

    def checkpoint_size(self) -> int:
        """What the last checkpoint speaks of."""
        note = Client(Fresh(self.address)).get("/log/checkpoint").body.decode()
        return int(note.splitlines()[1])

    def close(self) -> None:
        for remote in self.opened:
            remote.close()


def alive(process: int) -> bool:
    """Say whether a process still runs; one that nobody has asked how it ended does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def command(*more: str) -> list[str]:
    return [XUESHI, "serve", "--port", "0", *more]


def beside(service: Service, database: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command on the service's folder."""
    return run(
        [XUESHI, *arguments], cwd=service.folder, env={**ENVIRONMENT, "XUESHI_DATABASE": database}, text=True)


def started(folder: Path, database: str, *more: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Start a service that will not come up, and wait for its end."""
    return run(
        command(*more), cwd=folder, env={**ENVIRONMENT, "XUESHI_DATABASE": database, **environment}, text=True)


@contextmanager
def serving(
    folder: Path, database: str, *, workers: int = 2, arguments: list[str] | None = None, **settings: str
) -> Iterator[Service]:
    """Serve until the block ends; what is left of it then, or when a test fails, is killed."""
    environment = {**ENVIRONMENT, "PYTHONUNBUFFERED": "1", "XUESHI_DATABASE": database,
                   "XUESHI_WORKERS": str(workers), **settings}
    with (folder / "stderr").open("w") as stderr:
        words = arguments or command()
        master = (Popen if words[0] in (XUESHI, str(PYTHON)) else subprocess.Popen)(
            words, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=stderr, text=True,
            start_new_session=True,
        )
    service = None
    try:
        assert master.stdout is not None
        where = re.search(r"http://127\.0\.0\.1:\d+", master.stdout.readline())
        assert where, (folder / "stderr").read_text()
        service = Service(master, folder, where[0])
        yield service
        service.close()  # A connection that is kept open is waited for a little.
        if master.poll() is None:
            master.send_signal(signal.SIGTERM)
            assert master.wait(timeout=60) == 0, service.log
    finally:
        if service is not None:
            service.close()
        with suppress(ProcessLookupError):
            os.killpg(master.pid, signal.SIGKILL)
        master.communicate()


def events(log: str) -> list[dict[str, Any]]:
    """The lines of a log."""
    return [json.loads(line) for line in log.splitlines()]


def answered(port: int, request: bytes) -> tuple[int, bytes]:
    """Send bytes as they are and read the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.connect()
    try:
        connection.sock.sendall(request)
        response = http.client.HTTPResponse(connection.sock)
        response.begin()
        return response.status, response.read()
    finally:
        connection.close()
