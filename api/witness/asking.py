"""Asking those outside: one request on a connection of its own, whose answer is there in time or not at all.

No redirect is followed and no proxy is asked; an answer has its limits in time and size. What is sent is public, and
what comes back is believed only for its signature, so plain HTTP will do.

`tests/witness/test_submitting.py` shows it.
"""

from __future__ import annotations

import http.client
import time
from typing import Final, NamedTuple
from urllib.parse import urlsplit

TIMEOUT_S: Final = 5
_WHOLE_S: Final = 10
_BYTES_MOST: Final = 1 << 20


class Away(Exception):
    """Nobody answers there, or nothing that could be an answer; the word is stable, the reason Chinese."""

    def __init__(self, code: str, reason: str) -> None:
        self.code, self.reason = code, reason
        super().__init__(reason)


class Answer(NamedTuple):
    """What came back."""

    status: int
    kind: str
    body: bytes


def is_address(url: str) -> bool:
    """Whether somebody can be asked there."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and url.isascii() and url.isprintable() \
        and not parts.query and not parts.fragment and " " not in url


def ask(
    method: str, url: str, path: str, body: bytes | None = None, *, kind: str = "text/plain; charset=utf-8",
    timeout_s: int = TIMEOUT_S,
) -> Answer:
    """Ask at an address below which `path` lies; raises `Away`."""
    parts = urlsplit(url)
    make = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = make(parts.hostname or "", parts.port, timeout=timeout_s)
    until = time.monotonic() + _WHOLE_S
    headers = {} if body is None else {"Content-Type": kind}
    try:
        connection.request(method, parts.path.rstrip("/") + path or "/", body, headers)
        response, content = connection.getresponse(), b""
        while piece := response.read1(65_536):
            content += piece
            if len(content) > _BYTES_MOST or time.monotonic() > until:
                raise Away("answer_too_large", "答复过大或过慢")
        return Answer(response.status, response.headers.get("Content-Type", ""), content)
    except TimeoutError:
        raise Away("timed_out", f"{timeout_s} 秒内没有答复") from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Away("unreachable", f"无法连接（{type(error).__name__}）") from None
    finally:
        connection.close()
