"""Cursors: where a list goes on, and of which list as of when. Opaque and signed, so that nobody can make one up.

A cursor holds the position as of which the first page was read, so that later pages show the same list whatever has
been recorded since, and a digest of what was asked, so that it cannot be carried over to another question or caller.
`tests/api/test_http_work.py` shows it.
"""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from typing import Any, Final, NamedTuple

from api.refusals.problems import Problem

LIMIT_MOST: Final = 200
LIMIT: Final = 50
_MAC_BYTES: Final = 16


class Cursor(NamedTuple):
    """As of which position, and after what."""

    as_of: int
    after: list[Any]


def write_cursor(key: bytes, question: str, cursor: Cursor) -> str:
    """Sign a cursor for one question."""
    content = json.dumps([cursor.as_of, cursor.after], ensure_ascii=False, separators=(",", ":")).encode()
    return urlsafe_b64encode(_mac(key, question, content) + content).rstrip(b"=").decode()


def read_cursor(key: bytes, question: str, text: str) -> Cursor:
    """Read what `write_cursor` wrote for the same question, or raise the problem with it."""
    try:
        whole = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (NotBase64, ValueError):
        raise Problem("cursor_malformed") from None
    mac, content = whole[:_MAC_BYTES], whole[_MAC_BYTES:]
    if not hmac.compare_digest(mac, _mac(key, question, content)):
        raise Problem("cursor_malformed")
    as_of, after = json.loads(content)
    return Cursor(as_of, after)


def _mac(key: bytes, question: str, content: bytes) -> bytes:
    return hmac.digest(key, question.encode() + b"\0" + content, "sha256")[:_MAC_BYTES]
