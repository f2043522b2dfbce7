"""Clients of the service over connections of their own: each asks when it is due, comes back when it is told to.

A request is timed from when it was due, whether or not there was anybody free to send it. Whoever is told to come back
(429 or 503 with Retry-After) does so then, with the same key, as the address says; what is told without a time, what
breaks off and what is not answered in time is counted, and nothing of it should be.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, defaultdict
from typing import Any, NamedTuple

import msgspec

from tests.bench.december.buckets import Buckets

ANSWERED_WITHIN_S = 30
"""Then a browser, a proxy or a person gives up."""
TRIES = 6
CONNECTIONS = 1_500


class Answer(NamedTuple):
    """What came back."""

    status: int
    retry_after: int | None
    body: bytes

    def json(self) -> Any:
        return msgspec.json.decode(self.body)


class Written(NamedTuple):
    """A write that was acknowledged."""

    kind: str
    stream: str
    positions: tuple[int, ...]


class Counts:
    """What came of the requests of one class."""

    def __init__(self) -> None:
        self.outcomes = Counter[str]()
        self.refused = Counter[str]()                          # By status, with a reason of law or state.
        self.first: dict[int, Buckets] = defaultdict(Buckets)  # By second in which it was due: to its first answer.
        self.done: dict[int, Buckets] = defaultdict(Buckets)   # To the answer it wanted, whatever it had to wait.
        self.later = Counter[int]()                            # How many were told to come back, by that second.
        self.told = Counter[int]()                             # The seconds that somebody was told to wait.


class Clients:
    """Everyone who asks, and what they were told."""

    def __init__(self, port: int, begun_ns: int) -> None:
        self._port, self.begun_ns = port, begun_ns
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self._places = asyncio.Semaphore(CONNECTIONS)
        self.counts: dict[str, Counts] = defaultdict(Counts)
        self.written: list[Written] = []
        self.under_way = 0

    def now_ns(self) -> int:
        return time.perf_counter_ns() - self.begun_ns

    async def ask(self, kind: str, request: bytes, due_ns: int) -> Answer | None:
        """Ask until it is done or refused for a reason; None where nothing came of it."""
        counts, second, self.under_way = self.counts[kind], due_ns // 1_000_000_000, self.under_way + 1
        try:
            for attempt in range(TRIES):
                answer = await self._once(request)
                took = (self.now_ns() - due_ns) // 1_000
                if not attempt:
                    counts.first[second].add(took)
                if isinstance(answer, str):
                    counts.outcomes[answer] += 1
                    return None
                if answer.status < 500 and answer.status != 429:
                    counts.done[second].add(took)
                    counts.outcomes["done" if answer.status < 400 else "refused"] += 1
                    if answer.status >= 400:
                        counts.refused[_code(answer)] += 1
                    return answer
                if answer.status not in (429, 503) or answer.retry_after is None:
                    counts.outcomes[f"failed_{answer.status}"] += 1
                    return None
                counts.outcomes["told_to_wait"] += 1
                counts.later[second] += not attempt
                counts.told[answer.retry_after] += 1
                await asyncio.sleep(answer.retry_after)
            counts.outcomes["gave_up"] += 1
            return None
        finally:
            self.under_way -= 1

    async def _once(self, request: bytes) -> Answer | str:
        async with self._places:
            try:
                return await asyncio.wait_for(self._sent(request), ANSWERED_WITHIN_S)
            except TimeoutError:
                return "no_answer"
            except OSError:
                return "broken"
            except asyncio.IncompleteReadError:
                return "broken"

    async def _sent(self, request: bytes) -> Answer:
        while True:
            is_kept = bool(self._idle)
            reader, writer = self._idle.pop() if is_kept else await asyncio.open_connection("127.0.0.1", self._port)
            try:
                writer.write(request)
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
            except (ConnectionResetError, BrokenPipeError, asyncio.IncompleteReadError):
                writer.close()
                if is_kept:  # It was closed while it was idle, which any service may do: nothing was asked yet.
                    continue
                raise
            body = await reader.readexactly(int(_header(head, b"content-length") or b"0"))
            if (_header(head, b"connection") or b"") == b"close":
                writer.close()
            else:
                self._idle.append((reader, writer))
            later = _header(head, b"retry-after")
            return Answer(int(head[9:12]), None if later is None else int(later), body)

    def close(self) -> None:
        for _, writer in self._idle:
            writer.close()


def _code(answer: Answer) -> str:
    return f"{answer.status} {answer.json().get('code', '')}"


def _header(head: bytes, name: bytes) -> bytes | None:
    at = head.find(b"\r\n" + name + b": ")
    return None if at < 0 else head[at + len(name) + 4:head.index(b"\r\n", at + 2)]
