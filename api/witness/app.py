"""A witness over HTTP: C2SP tlog-witness, and nothing else.

    POST /add-checkpoint                         200 400 403 404 409 422
    GET  /<hex sha256 of origin>/checkpoint      what was last cosigned of a log
    GET  /                                       who this is: its public key

A WSGI application of its own: no framework, no register, no session. What breaks answers 500 and cosigns nothing.
`tests/witness/test_witness_command.py` shows it with a real socket.
"""

from __future__ import annotations

import hashlib
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any, Final

import structlog

from ledger.errors import LedgerError
from ledger.witnessing.request import REQUEST_BYTES_MAX
from ledger.witnessing.state import State
from ledger.witnessing.witness import Outcome, Said, Witness

SIZE_TYPE: Final = "text/x.tlog.size"
TEXT_TYPE: Final = "text/plain; charset=utf-8"
PER_MINUTE: Final = 600
"""So many requests to be cosigned one address may make in a minute: a log signs every ten seconds or so."""

_STATUS: Final = {
    Outcome.COSIGNED: HTTPStatus.OK,
    Outcome.MALFORMED: HTTPStatus.BAD_REQUEST,
    Outcome.UNSIGNED: HTTPStatus.FORBIDDEN,
    Outcome.UNKNOWN: HTTPStatus.NOT_FOUND,
    Outcome.OTHER_SIZE: HTTPStatus.CONFLICT,
    Outcome.INCONSISTENT: HTTPStatus.UNPROCESSABLE_ENTITY,
}
_MONITORED: Final = re.compile(r"/([0-9a-f]{64})/checkpoint")
_PLACES_MOST: Final = 20_000

Start = Callable[[str, list[tuple[str, str]]], Any]


class WitnessApp:
    """The WSGI application."""

    def __init__(self, witness: Witness, vkey: str, *, per_minute: int = PER_MINUTE) -> None:
        self._witness, self._state, self._vkey = witness, witness.state, vkey
        self._rate = _Rate(per_minute)

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        try:
            status, kind, body, headers = self._answer(environ)
        except LedgerError as error:
            structlog.get_logger().error("witness_failed", code=error.code, place=str(getattr(error, "path", "")))
            words = error.told or "见证人这里出了错，没有联署。请稍后重试；一直如此的，请见证人的管理员查看日志。"
            status, kind, body, headers = HTTPStatus.INTERNAL_SERVER_ERROR, TEXT_TYPE, f"{words}\n".encode(), []
        except Exception as error:
            structlog.get_logger().error("witness_broke", exc_info=error)
            words = "程序出错，没有联署。\n"
            status, kind, body, headers = HTTPStatus.INTERNAL_SERVER_ERROR, TEXT_TYPE, words.encode(), []
        start(f"{status.value} {status.phrase}", [
            ("Content-Type", kind), ("Content-Length", str(len(body))), ("X-Content-Type-Options", "nosniff"),
            ("Cache-Control", "no-store"), *headers])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    def _answer(self, environ: dict[str, Any]) -> tuple[HTTPStatus, str, bytes, list[tuple[str, str]]]:
        method, path = environ["REQUEST_METHOD"], environ.get("PATH_INFO", "")
        if path == "/add-checkpoint":
            if method != "POST":
                return HTTPStatus.METHOD_NOT_ALLOWED, TEXT_TYPE, "请用 POST。\n".encode(), [("Allow", "POST")]
            if (wait := self._rate.wait_s(environ.get("REMOTE_ADDR", ""))) > 0:
                words = f"请求太多，请在 {wait} 秒后重试。\n".encode()
                return HTTPStatus.TOO_MANY_REQUESTS, TEXT_TYPE, words, [("Retry-After", str(wait))]
            return self._add(environ)
        if method not in ("GET", "HEAD"):
            return HTTPStatus.METHOD_NOT_ALLOWED, TEXT_TYPE, "请用 GET。\n".encode(), [("Allow", "GET, HEAD")]
        if path == "/":
            return HTTPStatus.OK, TEXT_TYPE, f"{self._vkey}\n".encode(), []
        note = _monitored(self._state, path)
        if note is None:
            return HTTPStatus.NOT_FOUND, TEXT_TYPE, "没有为这个日志联署过。\n".encode(), []
        return HTTPStatus.OK, TEXT_TYPE, note, []

    def _add(self, environ: dict[str, Any]) -> tuple[HTTPStatus, str, bytes, list[tuple[str, str]]]:
        body = environ["wsgi.input"].read(_length(environ))
        said = self._witness.add(body)
        if said.outcome is not Outcome.COSIGNED:
            structlog.get_logger().info("not_cosigned", outcome=said.outcome.value)
        kind = SIZE_TYPE if said.outcome is Outcome.OTHER_SIZE else TEXT_TYPE
        return _STATUS[said.outcome], kind, _line(said).encode(), []


def monitored_path(origin: str) -> str:
    """Where a witness tells what it last cosigned of a log."""
    return f"/{hashlib.sha256(origin.encode()).hexdigest()}/checkpoint"


def _monitored(state: State, path: str) -> bytes | None:
    """A log's note by the digest of its origin, which nobody can turn back: each log is tried."""
    if not _MONITORED.fullmatch(path):
        return None
    return next((seen.note for seen in state.all_seen() if monitored_path(seen.origin) == path), None)


def _length(environ: dict[str, Any]) -> int:
    """How much to read: one byte too many shows what is too large."""
    try:
        declared = int(environ.get("CONTENT_LENGTH") or 0)
    except ValueError:
        declared = 0
    return max(0, min(declared, REQUEST_BYTES_MAX + 1))


def _line(said: Said) -> str:
    return said.text if said.text.endswith("\n") else f"{said.text}\n"


class _Rate:
    """A minute's worth of requests for each address, which fills evenly."""

    def __init__(self, per_minute: int) -> None:
        self._each_ns = 60_000_000_000 // per_minute
        self._full_at: OrderedDict[str, int] = OrderedDict()
        self._lock = threading.Lock()

    def wait_s(self, place: str) -> int:
        """Take one (0), or say in how many seconds there is one again."""
        now = time.monotonic_ns()
        with self._lock:
            full_at = max(now, self._full_at.pop(place, now)) + self._each_ns
            over = full_at - now - 60_000_000_000
            self._full_at[place] = full_at - (self._each_ns if over > 0 else 0)
            while len(self._full_at) > _PLACES_MOST:
                self._full_at.popitem(last=False)
        return -(-over // 1_000_000_000) if over > 0 else 0
