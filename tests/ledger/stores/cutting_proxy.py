"""A proxy before PostgreSQL that cuts a connection at a chosen request: before it arrives, after it was done, or late.

A request is known by what it holds: the leaves of the events in it are sent as they are stored.
"""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from enum import Enum
from types import TracebackType
from typing import Final

_LATE_S: Final = 0.3


class Cut(Enum):
    """What becomes of the request at which the connection is cut."""

    UNSENT = "it never reaches the server"
    UNANSWERED = "the server carries it out, and its answer is dropped"
    AT_ONCE = "it is passed on and nobody waits for the answer"
    LATE = "it reaches the server only after the client has noticed, if the server still listens"


class CuttingProxy:
    """Passes everything on, until it is told to cut."""

    def __init__(self, port: int) -> None:
        self.to = port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._lock = threading.Lock()
        self._silent: set[socket.socket] = set()
        self._holding = b""
        self._how: Cut | None = None
        self._for_good = False
        self._then: tuple[Cut, bytes] | None = None
        self.cuts = 0
        self.lets_in = True
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(
        self, how: Cut, holding: bytes = b"", *, for_good: bool = False, then: tuple[Cut, bytes] | None = None
    ) -> None:
        """Cut once, at the next request that holds these bytes, `then` at another one.

        For good: nobody gets through afterwards.
        """
        with self._lock:
            self._how, self._holding, self._for_good, self._then = how, holding, for_good, then

    def __enter__(self) -> CuttingProxy:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
                if not self.lets_in:
                    client.close()
                    continue
                server = socket.create_connection(("127.0.0.1", self.to))
            except OSError:
                return
            threading.Thread(target=self._up, args=(client, server), daemon=True).start()
            threading.Thread(target=self._down, args=(client, server), daemon=True).start()

    def _is_due(self, data: bytes) -> Cut | None:
        with self._lock:
            if self._how is None or self._holding not in data:
                return None
            how, self._how = self._how, None
            if self._then is not None:
                (self._how, self._holding), self._then = self._then, None
            self.cuts += 1
            self.lets_in = not self._for_good
            return how

    def _up(self, client: socket.socket, server: socket.socket) -> None:
        how: Cut | None = None
        try:
            while data := client.recv(1 << 20):
                how = self._is_due(data)
                if how is None:
                    server.sendall(data)
                    continue
                self._silent.add(server)
                if how is Cut.UNSENT:
                    break
                if how is Cut.LATE:
                    data += self._rest(client)
                    client.shutdown(socket.SHUT_RDWR)
                    time.sleep(_LATE_S)
                server.sendall(data)
                if how is Cut.UNANSWERED:
                    server.sendall(self._rest(client))
                    time.sleep(_LATE_S)
                break
        except OSError:
            pass
        finally:
            self._close(client)
            if how is Cut.LATE:
                time.sleep(_LATE_S)
            self._close(server)

    def _rest(self, client: socket.socket) -> bytes:
        """What the client sends without waiting for an answer."""
        client.settimeout(_LATE_S / 3)
        try:
            return client.recv(1 << 20)
        except TimeoutError:
            return b""

    @staticmethod
    def _close(side: socket.socket) -> None:
        with suppress(OSError):
            side.shutdown(socket.SHUT_RDWR)
        side.close()

    def _down(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := server.recv(1 << 20):
                if server not in self._silent:
                    client.sendall(data)
        self._close(client)
