"""What the service manager is told (sd_notify): that it is ready, why it is not yet, that it stops.

Ready is what `/readyz` says, asked over the very door that visitors come through. Where nobody listens nothing is told.
`tests/api/test_service_manager.py` shows it.
"""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from json import loads
from threading import Event, Thread
from typing import Final
from urllib.parse import urlsplit

_SOCKET: Final = "NOTIFY_SOCKET"
_ASK_EVERY_S: Final = 0.5  # not hours: seconds
_ASK_MOST_S: Final = 10


class Manager:
    """Whoever started the service and waits to hear of it; nobody else of this process is to speak to it.

    The library that keeps several processes would say that all is ready before any of them has begun.
    """

    def __init__(self) -> None:
        address = os.environ.pop(_SOCKET, "")
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self._ending = Event()

    def tell_when_ready(self, address: str) -> None:
        """Ask beside the service until it is ready, and say so; until then, what it waits for."""
        if self._address:
            Thread(target=self._ask, args=(address,), name="notify", daemon=True).start()

    def tell_ending(self) -> None:
        """Say that it stops."""
        self._ending.set()
        self._tell("STOPPING=1")

    def _ask(self, address: str) -> None:
        before = ""
        while not self._ending.is_set():
            status, told = _asked(address)
            if status == 200:
                self._tell("READY=1\nSTATUS=就绪")
                return
            if told != before:
                self._tell(f"STATUS={told}")
                before = told
            self._ending.wait(_ASK_EVERY_S)

    def _tell(self, state: str) -> None:
        if self._address:
            with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as door:
                door.sendto(state.encode(), self._address)


def _asked(address: str) -> tuple[int, str]:
    where = urlsplit(address)
    door = HTTPConnection(where.hostname or "", where.port, timeout=_ASK_MOST_S)
    try:
        door.request("GET", "/readyz")
        answer = door.getresponse()
        body = loads(answer.read())
        return answer.status, str(body.get("detail", ""))
    except (OSError, HTTPException, ValueError) as error:
        return 0, f"尚无答复（{type(error).__name__}）"
    finally:
        door.close()
