"""A connection waits no longer than it may, for a request to come and for an answer to be taken."""

from __future__ import annotations

import socket
import threading
import time

import pytest

from api.workers.patient import Patient
from tests.waiting import until


def test_one_byte_at_a_time_keeps_no_thread_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.workers.patient.REQUEST_SECONDS", 1)
    ours, theirs = socket.socketpair()
    with theirs, Patient(fileno=ours.detach()) as patient:
        patient.setblocking(True)
        began = time.monotonic()
        with pytest.raises(ConnectionResetError):
            while True:
                theirs.send(b".")
                assert patient.recv(1) == b"."
                time.sleep(0.05)
        assert 0.9 < time.monotonic() - began < 30
        patient.setblocking(True)  # The next request has its own time.
        assert patient.recv(1) == b"."
        with pytest.raises(ConnectionResetError):
            patient.recv(1)
        with pytest.raises(OSError, match="timed out"):
            patient.sendall(b"." * 50_000_000)


def test_whoever_reads_late_is_sent_all_of_an_answer_and_a_look_waits_for_nobody() -> None:
    ours, theirs = socket.socketpair()
    answer = bytes(range(256)) * 8_000
    with theirs, Patient(fileno=ours.detach()) as patient:
        patient.setblocking(True)
        with pytest.raises(BlockingIOError):
            patient.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        sending = threading.Thread(target=patient.sendall, args=(answer,))
        sending.start()
        until(lambda: len(theirs.recv(1, socket.MSG_PEEK)) == 1)
        read = bytearray()
        while len(read) < len(answer):
            read += theirs.recv(4_096)
        sending.join()
        assert read == answer
        patient.settimeout(0.05)
        began = time.monotonic()
        with pytest.raises(ConnectionResetError):
            patient.recv(1)
        assert time.monotonic() - began < 30
