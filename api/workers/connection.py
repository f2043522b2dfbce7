"""A connection as gunicorn has it, with our limits: whose request it brings, closed once, answered in one piece.

`tests/api/test_workers.py` and `tests/api/test_slow_senders.py` show it.
"""

from __future__ import annotations

import io
import re
import socket
from contextlib import suppress
from typing import Any, Final

from gunicorn.http import wsgi
from gunicorn.util import close_graceful
from gunicorn.workers.gthread import TConn

from api.sockets.lanes import Turn, lane_of
from api.sockets.server import TOGETHER_MOST

LINGER_SECONDS: Final = 1
_HEAD: Final = 4_096  # Of a request, looked at before it is read.
_CREDENTIALS: Final = re.compile(rb"\r\n(?:authorization|cookie): *([^\r]+)", re.IGNORECASE)


class Connection(TConn):  # type: ignore[misc]
    """A connection that is closed once."""

    _is_closed = False
    turn: Turn[Connection] | None = None

    def close(self, graceful: bool = False) -> None:
        """Close it; gracefully, when the other side has had a moment to read what was sent."""
        if self._is_closed:
            return
        self._is_closed = True
        if graceful:
            self.sock.setblocking(True)
            close_graceful(self.sock, timeout=LINGER_SECONDS)
        else:
            super().close()


def looked_at(conn: Connection) -> tuple[str, bytes]:
    """The lane of the request that begins to come, and whose it is; of what cannot be told yet, everybody's."""
    unread = conn.parser.unreader.buf.getvalue() if conn.parser is not None else b""
    with suppress(OSError):
        unread = unread or conn.sock.recv(_HEAD, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    first, _, head = unread.partition(b"\r\n")
    method, _, rest = first.decode("latin-1").partition(" ")
    found = _CREDENTIALS.search(b"\r\n" + head)
    return lane_of(method, rest.partition(" ")[0]), found[1] if found else b""


class Whole(wsgi.Response):  # type: ignore[misc]
    """An answer, whose head goes out with its body where that is short: one call of the system, and one wake-up."""

    headers_sent: bool

    def write(self, arg: bytes) -> None:
        """Write what the application gave."""
        is_all = not (self.headers_sent or self._omits_body or self.chunked) and len(arg) == self.response_length
        if not is_all or not 0 < len(arg) <= TOGETHER_MOST:
            super().write(arg)
            return
        head = "".join([*self.default_headers(), *(f"{name}: {value}\r\n" for name, value in self.headers), "\r\n"])
        self.headers_sent, self.sent = True, len(arg)
        self.sock.sendall(head.encode("latin-1") + arg)


wsgi.Response = Whole
wsgi.SERVER = "xueshi"  # What the house is built with is nobody's business.


def measured_body(application: Any, most: int) -> Any:
    """Say how long a body is that came in pieces: one that is too long would only be cut off."""
    def measured(environ: dict[str, Any], start_response: Any) -> Any:
        if environ.pop("HTTP_TRANSFER_ENCODING", None):
            body = environ["wsgi.input"].read(most + 1)
            while len(body) > most and environ["wsgi.input"].read(1 << 16):
                pass  # Whoever is still sending hears no answer; their time is limited all the same.
            environ["wsgi.input"], environ["CONTENT_LENGTH"] = io.BytesIO(body), str(len(body))
        return application(environ, start_response)

    return measured
