"""Whoever sends a request drop by drop does not keep a place for ever."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterable
from typing import Any

import pytest
from waitress.wasyncore import close_all

from api.sockets import server as sockets
from api.sockets.server import Listener, Sockets


def echo(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]


def test_a_body_that_trickles_is_cut_off_while_others_are_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "SENDING_SECONDS", 1)
    server = Listener(echo, Sockets(), host="127.0.0.1", port=0, threads=1, cleanup_interval=1)
    stopping = threading.Event()

    def loop() -> None:
        while not stopping.is_set():
            server.turn(timeout=0.1)

    running = threading.Thread(target=loop)
    running.start()
    try:
        port = int(server.effective_port)
        begun, cut_off = time.monotonic(), False
        with socket.create_connection(("127.0.0.1", port), timeout=60) as slow:
            slow.sendall(b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 20000000\r\n\r\n")
            while not cut_off and time.monotonic() - begun < 60:  # not by chance: others are served meanwhile.
                try:
                    slow.sendall(b"x")
                    slow.settimeout(0.2)
                    cut_off = slow.recv(1) == b""
                except TimeoutError:
                    with socket.create_connection(("127.0.0.1", port), timeout=60) as quick:
                        quick.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                        assert quick.recv(12) == b"HTTP/1.1 200"
                except OSError:
                    cut_off = True
            assert cut_off
            assert time.monotonic() - begun >= 1, "whoever is quick enough has their time"
    finally:
        stopping.set()
        running.join()
        server.task_dispatcher.shutdown(timeout=1)
        close_all(server._map)  # The connections that it still holds, too.
