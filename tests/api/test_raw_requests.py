"""What comes in by the socket and is no request, or not one alone, is refused in the one form and not repeated."""

from __future__ import annotations

import http.client
import io
import json
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from flask import request
from waitress.wasyncore import close_all

from api.refusals import problems
from api.service.app import create_app
from api.service.composed import BODY_BYTES_MOST
from api.sockets.server import Listener, Sockets
from api.telling import logs

MOST = 20 << 20


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    app = create_app()
    app.config["MAX_CONTENT_LENGTH"] = BODY_BYTES_MOST
    app.add_url_rule("/taken", view_func=lambda: {"bytes": len(request.get_data())}, methods=["POST"])
    server = Listener(app, Sockets(), host="127.0.0.1", port=0, threads=2, ident="", max_request_body_size=MOST)
    stopping = threading.Event()

    def loop() -> None:
        while not stopping.is_set():
            server.turn(timeout=0.05)

    running = threading.Thread(target=loop)
    running.start()
    yield int(server.effective_port)
    stopping.set()
    running.join()
    server.task_dispatcher.shutdown(timeout=1)
    close_all(server._map)  # The connections that it still holds, too.


def answered(port: int, sent: bytes) -> tuple[int, http.client.HTTPMessage, Any]:
    """Send bytes and read one answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as one:
        one.sendall(sent)
        answer = http.client.HTTPResponse(one)
        answer.begin()
        return answer.status, answer.headers, json.loads(answer.read())


def get(*headers: bytes, path: bytes = b"/livez", version: bytes = b"1.1") -> bytes:
    return b"GET " + path + b" HTTP/" + version + b"\r\n" + b"".join(one + b"\r\n" for one in headers) + b"\r\n"


def post(*headers: bytes, body: bytes = b"") -> bytes:
    return b"POST /taken HTTP/1.1\r\nHost: x\r\n" + b"".join(one + b"\r\n" for one in headers) + b"\r\n" + body


@pytest.mark.parametrize(("sent", "status"), [
    (b"CANARY\r\n\r\n", 400),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),  # Somebody speaks TLS.
    (get(b"Host: x", b"Canary 1: 1"), 400),
    (get(b"Host: x\rCanary: 1"), 400),
    (get(b"Host: x", b"X-Canary: " + b"a" * 270_000), 431),
    (get(b"Host: x", b"Host: canary"), 400),
    (get(b"Host: x, canary"), 400),
    (get(b"Host: canary/../y"), 400),
    (get(b"Host:"), 400),
    (get(), 400),
    (post(b"Content-Length: -1"), 400),
    (post(b"Content-Length: 3", b"Content-Length: 4", body=b"canary"), 400),
    (post(b"Content-Length: 3", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n"), 400),
    (post(b"Transfer-Encoding: chunked", body=b"canary\r\n\r\n"), 400),
    (post(b"Transfer-Encoding: canary"), 501),
    (post(b"Content-Length: %d" % (MOST + 1)), 413),
    (post(b"Content-Length: %d" % (BODY_BYTES_MOST + 1), body=b" " * (BODY_BYTES_MOST + 1)), 413),
], ids=lambda one: str(one[:60]) if isinstance(one, bytes) else None)
def test_what_is_no_request_is_refused_in_the_one_form(port: int, sent: bytes, status: int) -> None:
    found, headers, body = answered(port, sent)

    assert (found, body["status"], headers["Content-Type"]) == (status, status, problems.MEDIA_TYPE)
    assert body["trace_id"] == headers["X-Request-Id"] and "。" in body["detail"]
    assert "canary" not in (str(headers) + json.dumps(body)).lower()


def test_whoever_sends_too_large_a_file_from_a_browser_is_told_on_a_page(port: int) -> None:
    sent = post(b"Accept: text/html,application/xhtml+xml", b"Content-Length: %d" % (MOST + 1))
    with socket.create_connection(("127.0.0.1", port), timeout=60) as talk:
        talk.sendall(sent)
        said = b"".join(iter(lambda: talk.recv(65_536), b"")).decode()

    head, _, page = said.partition("\r\n\r\n")
    assert head.startswith("HTTP/1.1 413 ") and "Content-Type: text/html; charset=utf-8" in head
    assert "<h1>提交的内容过大</h1>" in page and "没有写入任何内容" in page and "后退" in page


def test_what_is_read_as_a_request_is_answered(port: int) -> None:
    for one in (get(b"Host: x:8040"), get(b"Host: [::1]:8040"), get(version=b"1.0"), get(b"Host: a_b.example")):
        assert answered(port, one)[0] == 200
    pieces = post(b"Transfer-Encoding: chunked", body=b"3\r\nabc\r\n0\r\n\r\n")
    assert answered(port, pieces)[2] == {"bytes": 3}


def test_a_line_about_what_is_no_request_is_no_other_requests_line(port: int) -> None:
    stream = io.StringIO()
    logs.configure("info", "json", stream)
    for _ in range(3):
        answered(port, get(b"Host: x"))
        answered(port, b"CANARY\r\n\r\n")

    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    unread = [line for line in lines if line["event"] == "unreadable"]
    assert len(unread) == 3 and "CANARY" not in stream.getvalue()
    assert not any("actor" in line for line in unread)
    assert len({line["request_id"] for line in lines}) == len(lines)


def test_a_short_answer_comes_in_one_piece_with_its_head(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as one:
        for _ in range(2):  # On one connection: how long the first was is known.
            one.sendall(get(b"Host: x"))
            head, _, body = one.recv(65_536).partition(b"\r\n\r\n")
            assert f"Content-Length: {len(body)}".encode() in head
            assert json.loads(body) == {"status": "alive"}


def test_to_whoever_asks_for_the_head_the_head_alone_is_sent(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as one:
        one.sendall(get(b"Host: x").replace(b"GET", b"HEAD") + get(b"Host: x"))
        with one.makefile("rb") as said:
            heads = [list(iter(said.readline, b"\r\n")) for _ in range(2)]
            assert json.loads(said.read(18)) == {"status": "alive"}
    assert all(head[0] == b"HTTP/1.1 200 OK\r\n" for head in heads)
