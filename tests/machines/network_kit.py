"""Hosts for tests: each a network namespace with an address of its own, plugged into one switch.

    with network() as lan:
        one, other = lan.host("one"), lan.host("two")
        with one.inside():             # this thread, and every process that it begins, is on that host
            subprocess.Popen(...)
        other.unplug()                 # silence: nothing that is sent arrives, and nobody says so

What begins inside a host stays there; a thread comes back when the block ends. Only root may make hosts.
"""

from __future__ import annotations

import ctypes
import itertools
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

_CLONE_NEWNET = 0x40000000
_LIBC = ctypes.CDLL(None, use_errno=True)
_NUMBERS = itertools.count(1)
_OURS = "xueshi-"
PREFIX = "10.77.0"


@dataclass
class Host:
    """A machine on the network."""

    name: str
    address: str
    switch: str
    plug: str

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Be on this host until the block ends."""
        with Path("/proc/thread-self/ns/net").open("rb") as here, Path(f"/run/netns/{self.name}").open("rb") as there:
            _enter(there.fileno())
            try:
                yield
            finally:
                _enter(here.fileno())

    def unplug(self) -> None:
        """Cut the cable: nobody is told."""
        ip("-n", self.switch, "link", "set", self.plug, "down")

    def plug_in(self) -> None:
        """Put it in again."""
        ip("-n", self.switch, "link", "set", self.plug, "up")


@dataclass
class Network:
    """A switch and the hosts on it."""

    switch: str
    hosts: list[Host] = field(default_factory=list)

    def host(self, name: str) -> Host:
        """Add a host."""
        number = 11 + len(self.hosts)
        host = Host(f"{self.switch}-{name}", f"{PREFIX}.{number}", self.switch, f"plug{number}")
        ip("netns", "add", host.name)
        self.hosts.append(host)
        ip("-n", host.name, "link", "set", "lo", "up")
        ip("-n", self.switch, "link", "add", host.plug, "type", "veth", "peer", "name", "eth0", "netns", host.name)
        ip("-n", self.switch, "link", "set", host.plug, "master", "switch", "up")
        ip("-n", host.name, "address", "add", f"{host.address}/24", "dev", "eth0")
        ip("-n", host.name, "link", "set", "eth0", "up")
        return host


@contextmanager
def network() -> Iterator[Network]:
    """Make a network; nothing of it is left afterwards, and what was killed before is cleared away by the next one."""
    if os.geteuid():
        pytest.skip("only root makes hosts with networks of their own: sudo make test")
    _sweep()
    lan = Network(f"{_OURS}{os.getpid()}-{next(_NUMBERS)}")
    ip("netns", "add", lan.switch)
    try:
        ip("-n", lan.switch, "link", "add", "switch", "type", "bridge")
        ip("-n", lan.switch, "link", "set", "switch", "up")
        yield lan
    finally:
        for name in (*(host.name for host in lan.hosts), lan.switch):
            with suppress(subprocess.CalledProcessError):
                ip("netns", "delete", name)


def _sweep() -> None:
    for path in Path("/run/netns").glob(f"{_OURS}*"):
        number = path.name.removeprefix(_OURS).partition("-")[0]
        if number.isdecimal() and not Path(f"/proc/{number}").exists():
            with suppress(subprocess.CalledProcessError):
                ip("netns", "delete", path.name)


def ip(*words: str) -> None:
    """Run `ip`."""
    subprocess.run(["ip", *words], check=True, capture_output=True)


def _enter(descriptor: int) -> None:
    if _LIBC.setns(descriptor, _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
