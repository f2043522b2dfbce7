"""Group commit: one writer thread commits what all request threads have queued.

A durable commit costs one fsync however many events it holds; 64 threads that wait for one thread's commits share them.
The thread catches everything and fails the waiting requests, since a writer that died silently would hang every client.

Where nobody else is about, a request commits itself in its own thread: two changes of thread are a fifth of the cost of
a lone commit. As soon as two requests have met it queues like everyone, until sixteen batches in a row were of one.

A crowd that was just answered comes back at once, but one by one. If the first of it went ahead, all others would wait
for its commit and the crowd would stay split in two, with half the events a commit. So the writer waits for as many as
were about when it last answered, a fifth of a millisecond at most: a commit takes longer.

Where requests come on their own, some hundreds a second, two seldom meet, and nearly each would have a commit to
itself: 0.4 ms of a processor, where in a group of five it takes 0.13 ms, so that at half the load both cores were full.
So while groups are small and there is more than one about, commits begin 8 ms apart; whoever is alone waits for nobody.

One that is driven has no thread: whoever drives it puts requests in line and says when the next group is committed
(`tests/simulation` does, to try the same races again by their number).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import Final

from ledger.stores.append import EVENTS_MAX, Append, Busy, Outcome, Receipt, StoreFailed

WAITING_MAX: Final = 4_096
ANSWERED_S: Final = 35
"""Longer than a commit may wait for a lock or a server that falls and rises. What takes longer waits for a standby that
does not confirm: whoever asked is told that it is uncertain, and has a thread again."""
STALLED_NS: Final = 20_000_000_000
"""While a commit has taken so long, whoever comes now is told to come back: threads are needed to answer questions."""
RETRY_AFTER_S: Final = 2
LINGER_S: Final = 0.000_2  # not hours: seconds
PACE_S: Final = 0.008      # not hours: seconds
_FEW: Final = 8            # Beyond it one more takes hardly less of a commit.
_STAYS: Final = 16         # So many batches of one until nobody else is thought to be about.
_FORGETS: Final = 8        # So many small groups until one fewer is thought to be.

_UNCERTAIN: Final = "本次是否写入尚不确定：请以同一个 Idempotency-Key 重试，已写入的会得到原来的答复。"

# At most 2,000 events at once, and never two calls at a time.
Commit = Callable[[Sequence[Append]], Sequence[Outcome]]

# How many events a commit wrote, in how many nanoseconds; told in the thread that commits, so quick and never failing.
Watch = Callable[[int, int], object]


class Ticket:
    """One request's place in the queue, and where its thread sleeps until it is answered."""

    __slots__ = ("answered", "append", "outcome")

    def __init__(self, append: Append) -> None:
        self.append = append
        self.answered = threading.Lock()  # The cheapest sleep there is: locked until the answer is in.
        self.answered.acquire()
        self.outcome: Outcome | None = None

    def answer(self, outcome: Outcome) -> None:
        self.outcome = outcome
        self.answered.release()


class GroupWriter:
    """Owns the writer thread and decides who commits when."""

    def __init__(
        self, commit: Commit, *, name: str = "ledger-writer", waiting_max: int = WAITING_MAX,
        watch: Watch | None = None, driven: bool = False,
    ) -> None:
        self._commit_unwatched, self._watch = commit, watch
        self._waiting_max = waiting_max
        self._queue: SimpleQueue[Ticket | None] = SimpleQueue()
        self._committing = threading.Lock()
        self._crowded = 0  # Not 0: more than one is about, or lately was.
        self._began: int | None = None  # When the commit that is under way began.
        self._closed = threading.Event()
        self._door = threading.Lock()  # Between the last look at `_closed` and the queue, nothing may slip through.
        self._held: Ticket | None = None  # What did not fit the last group.
        self._crowd, self._smaller = 1, 0
        self._last = 0.0  # not hours: seconds. When the last group's commit began, and how many it held.
        self._grouped = 0
        self._here = threading.Event()  # As many are queued as were about.
        self._thread = None if driven else threading.Thread(target=self._run, name=name, daemon=True)
        if self._thread is not None:
            self._thread.start()

    def submit(self, append: Append) -> Receipt:
        """Wait until the append is durable; raises the reason when it lost, or when the store failed."""
        outcome = self._alone(append)
        if outcome is None:
            ticket = self.put(append)
            if not ticket.answered.acquire(timeout=ANSWERED_S):
                raise StoreFailed(TimeoutError("the commit is not answered"), cure=_UNCERTAIN)
            outcome = ticket.outcome
        assert outcome is not None
        if isinstance(outcome, Receipt):
            return outcome
        raise outcome

    def _alone(self, append: Append) -> Outcome | None:
        if self._crowded or self._closed.is_set():
            return None
        if not self._committing.acquire(blocking=False):
            self._crowded = _STAYS
            return None
        try:
            return self._commit([append])[0]
        except Exception as error:  # Not an interrupt: in its own thread that goes where interrupts go.
            return _failed(error)
        finally:
            self._committing.release()

    def put(self, append: Append) -> Ticket:
        """Put an append in line and do not wait; raises Busy, or StoreFailed where it is closed."""
        ticket = Ticket(append)
        with self._door:
            if self._closed.is_set():
                cure = "服务正在停止，本次未写入；请稍后以同一个键重试。"
                raise StoreFailed(RuntimeError("writer closed"), cure=cure)
            began = self._began
            is_stalled = began is not None and time.perf_counter_ns() - began > STALLED_NS
            if is_stalled or self._queue.qsize() >= self._waiting_max:
                raise Busy(self._queue.qsize(), retry_after_s=RETRY_AFTER_S)
            self._queue.put(ticket)
        if self._queue.qsize() + 1 >= self._crowd:
            self._here.set()
        return ticket

    def step(self) -> bool:
        """Of one that is driven: commit the next group and answer it; False when nobody waits."""
        if self._held is None and self._queue.empty():
            return False
        if (first := self._next()) is not None:
            self._turn(first)
        return first is not None

    def _commit(self, appends: Sequence[Append]) -> Sequence[Outcome]:
        began = time.perf_counter_ns()
        self._began = began
        try:
            outcomes = self._commit_unwatched(appends)
        finally:
            self._began = None
        if self._watch is None:
            return outcomes
        if written := sum(one.events for one in outcomes if isinstance(one, Receipt) and not one.replayed):
            self._watch(written, time.perf_counter_ns() - began)
        return outcomes

    def close(self) -> None:
        """Commit what is queued, then stop."""
        with self._door:
            if self._closed.is_set():
                return
            self._closed.set()
            self._queue.put(None)
        self._here.set()
        if self._thread is not None:
            self._thread.join()
        while self._thread is None and self.step():
            """What is queued is committed here."""

    def _run(self) -> None:
        while (first := self._next()) is not None:
            self._linger()
            if not self._turn(first):
                return

    def _next(self) -> Ticket | None:
        """Whose group is next, as soon as there is one; None when it is over."""
        first, self._held = self._held, None
        return first or self._queue.get()

    def _turn(self, first: Ticket) -> bool:
        """Commit one group and answer it; say whether another may come."""
        with self._committing:  # Gathered only when it is our turn: whoever came meanwhile comes along.
            batch, self._held, is_last = self._gather(first)
            self._last, self._grouped = time.perf_counter(), len(batch)
            self._crowded = _STAYS if len(batch) > 1 else max(0, self._crowded - 1)
            try:
                outcomes = self._commit([ticket.append for ticket in batch])
            except BaseException as error:  # Whatever it was, nobody may be left waiting.
                outcomes = [_failed(error) for _ in batch]
        self._expect(len(batch) + self._queue.qsize())  # Who is answered now comes back; who waits is here.
        for ticket, outcome in zip(batch, outcomes, strict=True):
            ticket.answer(outcome)
        return not is_last

    def _expect(self, about: int) -> None:
        """Wait for so many the next time; where few come on their own, for as many as lately met."""
        if about >= min(self._crowd, _FEW):
            self._crowd, self._smaller = about, 0
        else:
            self._smaller += 1
            if self._smaller == _FORGETS or self._crowd > _FEW:
                self._crowd, self._smaller = max(about, min(self._crowd, _FEW) - 1), 0

    def _linger(self) -> None:
        """Wait until as many are queued as are expected, the first among them, or until the commit is due."""
        self._here.clear()  # Asleep, since whoever is coming needs the interpreter.
        if self._queue.qsize() + 1 < self._crowd and not self._closed.is_set():
            due = self._last + PACE_S - time.perf_counter() if self._grouped < _FEW else 0
            self._here.wait(max(LINGER_S, due))

    def _gather(self, first: Ticket) -> tuple[list[Ticket], Ticket | None, bool]:
        """Take what is queued, as far as it fits one transaction: the batch, what did not fit, and whether to stop."""
        batch, events = [first], len(first.append.events)
        while True:
            try:
                ticket = self._queue.get_nowait()
            except Empty:
                return batch, None, False
            if ticket is None:
                return batch, None, True
            events += len(ticket.append.events)
            if events > EVENTS_MAX:
                return batch, ticket, False
            batch.append(ticket)


def _failed(error: BaseException) -> StoreFailed:
    if isinstance(error, StoreFailed):
        return StoreFailed(error.cause, cure=error.cure)  # One each: an exception remembers where it was raised.
    return StoreFailed(error, cure=_UNCERTAIN)
