"""A service under a service manager: it says when it is ready and that it stops, and does nothing that is barred.

There is no manager here that could start the unit, so what it would see is seen: its socket is listened to, and every
system call, every file that is opened to be written and every kind of socket is held against what the unit allows.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from api.client import Remote
from api.terminal import notify
from tests.api.workers_kit import ENVIRONMENT, command, until
from tests.forked import Popen
from tests.journeys.register_kit import XUESHI

UNIT = Path(__file__).parents[2] / "api" / "deploy" / "xueshi.service"


class Manager:
    """What systemd would hear."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "notify"
        self.door = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.door.bind(str(self.path))
        self.door.settimeout(30)

    def hears(self) -> dict[str, str]:
        return dict(line.split("=", 1) for line in self.door.recv(4_096).decode().splitlines())


@contextmanager
def managed(folder: Path, **settings: str) -> Iterator[tuple[Manager, subprocess.Popen[str], str]]:
    """A service with somebody who listens to it, and its address."""
    manager = Manager(folder)
    environment = {**ENVIRONMENT, "PYTHONUNBUFFERED": "1", "NOTIFY_SOCKET": str(manager.path), **settings}
    with (folder / "stderr").open("a") as stderr:
        service = Popen(command(), cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=stderr, text=True)
    try:
        assert service.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:\d+", service.stdout.readline())
        assert found, (folder / "stderr").read_text()
        yield manager, service, found[0]
    finally:
        if service.poll() is None:
            service.kill()
        service.communicate()
        manager.door.close()
        manager.path.unlink()


def status(address: str, path: str) -> int:
    remote = Remote(address)
    try:
        return remote.send("GET", path, {}, None).status
    finally:
        remote.close()


@pytest.mark.parametrize("name", ["@xueshi-test-{}", "{}/notify"])
def test_only_the_service_itself_speaks_to_whoever_started_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    place = name.format(tmp_path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as door:
        door.bind(f"\0{place[1:]}" if place.startswith("@") else place)
        door.settimeout(10)
        monkeypatch.setenv("NOTIFY_SOCKET", place)
        manager = notify.Manager()
        assert "NOTIFY_SOCKET" not in os.environ, "the library of several processes says ready before any has begun"
        manager.tell_ending()
        assert door.recv(100) == b"STOPPING=1"
    manager.tell_ending()
    notify.Manager().tell_ending()


@pytest.mark.torture
@pytest.mark.parametrize("workers", ["1", "2"])
def test_ready_is_told_when_it_is_and_stopping_at_once(tmp_path: Path, workers: str) -> None:
    with managed(tmp_path, XUESHI_WORKERS=workers) as (manager, service, address):
        while "READY" not in (told := manager.hears()):
            assert set(told) == {"STATUS"}
        assert told == {"READY": "1", "STATUS": "就绪"} and status(address, "/readyz") == 200
        began = time.monotonic()
        service.send_signal(signal.SIGTERM)
        assert manager.hears() == {"STOPPING": "1"}
        assert service.wait(60) == 0 and time.monotonic() - began < 30, "TimeoutStopSec is twice as long"


@pytest.mark.torture
def test_an_older_copy_answers_and_is_not_called_ready(tmp_path: Path) -> None:
    with managed(tmp_path) as (manager, service, _):
        while "READY" not in manager.hears():
            pass
        service.send_signal(signal.SIGTERM)
        assert service.wait(60) == 0
    published = tmp_path / "data" / "keys" / "ledger.published"
    seen = published.with_name("ledger.seen")
    shutil.copyfile(published, seen)
    seen.write_bytes(seen.read_bytes()[:-20] + b"A" * 19 + b"\n")  # What was published cannot be read any more.

    with managed(tmp_path) as (manager, service, address):
        told = manager.hears()
        assert "READY" not in told and "checkpoints" in told["STATUS"], told
        assert status(address, "/readyz") == 503 and status(address, "/livez") == 200
        seen.unlink()
        assert manager.hears()["READY"] == "1", "once it is well, without a restart"


# What the unit forbids


def allowed(name: str) -> set[str]:
    """The system calls of a set of systemd's own, sets within it too."""
    told = subprocess.run(
        ["systemd-analyze", "syscall-filter", name], capture_output=True, text=True, check=True).stdout
    words = {line.strip() for line in told.splitlines()[1:] if line.strip() and not line.strip().startswith("#")}
    return {each for word in words for each in (allowed(word) if word.startswith("@") else {word})}


def options(name: str) -> list[str]:
    return re.findall(rf"^{name}=(.*)$", UNIT.read_text("utf-8"), re.MULTILINE)


@pytest.mark.torture
@pytest.mark.requires_system("strace")
@pytest.mark.requires_system("systemd-analyze")
@pytest.mark.timeout(300)
@pytest.mark.parametrize("workers", ["1", "2"])
def test_nothing_that_a_service_does_is_barred_by_its_unit(tmp_path: Path, workers: str) -> None:
    traced = tmp_path / "traced"
    words = ["strace", "-f", "-qq", "-e", "signal=none", "-o", str(traced), XUESHI, "serve", "--port", "0", "--sample"]
    environment = {**ENVIRONMENT, "PYTHONUNBUFFERED": "1", "XUESHI_WORKERS": workers, "PYTHONDONTWRITEBYTECODE": "1"}
    with (tmp_path / "stderr").open("w") as stderr:
        service = subprocess.Popen(
            words, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=stderr, text=True)
        assert service.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:\d+", service.stdout.readline())
        assert found, (tmp_path / "stderr").read_text()
        assert until(lambda: status(found[0], "/readyz") == 200, 120)
        assert {status(found[0], path) for path in ("/metrics", "/login", "/verify", "/log/checkpoint")} == {200}
        serving = int(Path(f"/proc/{service.pid}/task/{service.pid}/children").read_text().split()[0])
        subprocess.run(["kill", "-TERM", str(serving)], check=True)
        service.communicate(timeout=120)
    text = traced.read_text("utf-8", "replace")
    calls = re.findall(r"^\d+ +(?:<\.\.\. )?(\w+)(?:\(| resumed)", text, re.MULTILINE)

    assert options("SystemCallFilter") == ["@system-service"]
    assert set(calls) - allowed("@system-service") == set()
    families = set(re.findall(r"\bsocket\((AF_\w+)", text)) - {"AF_NETLINK"}  # It does without that where barred.
    assert families <= set(options("RestrictAddressFamilies")[0].split())
    assert not re.search(r"\b(unshare|setns)\(|CLONE_NEW", text), "RestrictNamespaces"
    assert "PROT_WRITE|PROT_EXEC" not in text or not options("MemoryDenyWriteExecute")
    written = {Path(path) for path, how in re.findall(r'openat\([^"]*"([^"]+)", (O_[A-Z_|]+)', text)
               if re.search("O_WRONLY|O_RDWR|O_CREAT", how)}
    elsewhere = {path for path in written if path.is_absolute()
                 and not any(path.is_relative_to(one) for one in (tmp_path, "/dev", "/proc", "/tmp", "/var/tmp"))}
    assert elsewhere == set(), "ProtectSystem=strict leaves the data folder, and PrivateTmp its own two"
