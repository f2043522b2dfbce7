"""Where a request comes from, and how many may come from one place: registration, login, exports, the log and proofs.

Reading: behind a proxy on this machine, or one that the setting `trusted_proxies` names, the last entry of
X-Forwarded-For is the proxy's own word; from anywhere else the header is anyone's, and only the connection counts. What
comes from this machine itself is not counted: it is the installation, its command line, or a proxy that does not say
for whom it asks.

A bucket holds a minute's worth and fills evenly. Processes of one service have their buckets in common, in memory that
was theirs before they were forked (`shared`), so that more processes give nobody more; hosts have each their own, and
what stands before several of them has a limit for all (`api/deploy/nginx.conf`). A program with a token is counted like
any other place: fairness is the office's, protection is ours.

`tests/api/test_addresses.py` shows it.
"""

from __future__ import annotations

import hashlib
import ipaddress
import mmap
import secrets
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final

from flask import current_app, request

from api.refusals.problems import Problem

PER_MINUTE: Final = {"registration": 20, "login": 60, "verification": 300, "export": 1_200, "table": 120}
"""How many requests of a kind a place may make in a minute, all at once if need be."""

LIMITED: Final = {
    ("POST", "/v1/persons"): "registration", ("POST", "/v1/units"): "registration",
    ("POST", "/register"): "registration", ("POST", "/register/unit"): "registration",
    ("POST", "/login"): "login", ("POST", "/password"): "login", ("POST", "/v1/password"): "login",
    ("POST", "/login/code"): "login", ("POST", "/login/provider"): "login", ("POST", "/sessions/link"): "login",
    ("GET", "/v1/verifications"): "verification", ("GET", "/verify"): "verification",
    ("POST", "/verify"): "verification", ("GET", "/v/<code>"): "verification",
    ("GET", "/verify/offline"): "verification",
    ("GET", "/v1/statements"): "verification", ("GET", "/log/checkpoint"): "verification",
    ("GET", "/log/checkpoints"): "verification", ("GET", "/log/checkpoints/<int:size>"): "verification",
    ("GET", "/log/checkpoints/<int:size>/<name>.tsr"): "verification", ("GET", "/log/forks/<name>"): "verification",
    ("GET", "/log/key"): "verification", ("GET", "/log/key/succession"): "verification",
    ("GET", "/v1/events/<int:position>/proof"): "verification", ("GET", "/log/tile/<path:rest>"): "export",
}
"""What is counted: whatever nobody need log in for, or logs in with."""

_WHOLE_FILES: Final = (".csv", ".xlsx", ".zip")


def kind_of(method: str, rule: str) -> str | None:
    """As what a route is counted, if it is; whole tables and bundles are, so that a stolen token empties nothing fast.

    `rule`: the address as the service knows it.
    """
    if method == "GET" and rule.endswith(_WHOLE_FILES):
        return "table"
    return LIMITED.get((method, rule))


Network = ipaddress.IPv4Network | ipaddress.IPv6Network
PROXIES: Final = "TRUSTED_PROXIES"
"""Under this name the application knows the networks of proxies on other machines."""

_SLOTS: Final = 1 << 20  # 8 MB, of which only what is used is ever there.
_PLACES_MOST: Final = 20_000  # Whoever has not asked for longest is forgotten: their bucket has filled since.


class Buckets:
    """When the bucket of each place and kind will be full again, in microseconds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._full_at: OrderedDict[tuple[str, str], int] = OrderedDict()

    def take(self, kind: str, place: str, *, now: int) -> int:
        """Take one (0), or say in how many seconds there is one again."""
        each = 60_000_000 // PER_MINUTE[kind]
        with self._lock:
            kept = min(self._full_at.pop((kind, place), now), now + 60_000_000)  # More, and the clock was set back.
            full_at = max(now, kept) + each
            if full_at - now > 60_000_000:
                self._full_at[kind, place] = full_at - each
                return -((now + 60_000_000 - full_at) // 1_000_000)
            self._full_at[kind, place] = full_at
            while len(self._full_at) > _PLACES_MOST:
                self._full_at.popitem(last=False)
        return 0


class SharedBuckets:
    """The same for all processes of a service: a table of times, in which a place has two of its own by chance.

    It is limited where both are full, so that one neighbour cannot keep it out. Nothing is locked: who reads and writes
    at the same moment as another process may let one request too many pass, and none waits for a process that was
    killed. Places are found by a keyed hash, so that nobody can choose whose neighbour to be.
    """

    def __init__(self) -> None:
        self._times = memoryview(mmap.mmap(-1, _SLOTS * 8)).cast("Q")
        self._key = secrets.token_bytes(16)

    def take(self, kind: str, place: str, *, now: int) -> int:
        """Take one (0), or say in how many seconds there is one again."""
        each = 60_000_000 // PER_MINUTE[kind]
        found = hashlib.blake2b(f"{kind}\0{place}".encode(), digest_size=8, key=self._key).digest()
        slots = [int.from_bytes(half, "big") % _SLOTS for half in (found[:4], found[4:])]
        full_at = [max(now, min(self._times[slot], now + 60_000_000)) + each for slot in slots]
        if min(full_at) - now > 60_000_000:
            return -((now + 60_000_000 - min(full_at)) // 1_000_000)
        for slot, time in zip(slots, full_at, strict=True):
            self._times[slot] = min(time, now + 60_000_000)
        return 0


_SHARED: list[SharedBuckets] = []


@contextmanager
def shared() -> Iterator[None]:
    """Let all processes that are forked in here count together."""
    _SHARED.append(SharedBuckets())
    try:
        yield
    finally:
        _SHARED.pop()


def buckets_here() -> Buckets | SharedBuckets:
    """The buckets of this process, or of all that it belongs to."""
    return _SHARED[-1] if _SHARED else Buckets()


def address_of_asker() -> str:
    """The address that a request comes from."""
    connected = request.remote_addr or ""
    if not _is_here(connected) and not _is_within(connected, current_app.config.get(PROXIES, ())):
        return connected
    return request.headers.get("X-Forwarded-For", connected).rpartition(",")[2].strip() or connected


def limited(buckets: Buckets | SharedBuckets, kind: str, *, now: int) -> None:
    """Let a request pass, or raise the problem that it is one too many."""
    address = address_of_asker()
    if _is_here(address):
        return
    if (left := buckets.take(kind, network(address), now=now)) > 0:
        raise Problem("too_many_requests", detail=f"这个网络地址一分钟内的请求太多，请在 {left} 秒后重试。",
                      seen={"retry_after": left})


def network(address: str) -> str:
    """One address of IPv4; of IPv6 the /64 that one customer is given."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network(f"{found}/64", strict=False)) if found.version == 6 else str(found)


def networks(written: str) -> tuple[Network, ...]:
    """Read addresses and networks, separated by commas; raises ValueError."""
    return tuple(ipaddress.ip_network(one.strip()) for one in written.split(",") if one.strip())


def _is_within(address: str, places: Iterable[Network]) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(found in place for place in places)


def _is_here(address: str) -> bool:
    if not address:  # A socket of this machine that is a file has none.
        return True
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
