"""Threads that answer: whoever rested last is woken first, nobody's call is lost, and all end."""

from __future__ import annotations

import threading
from collections import deque

from api.workers.pool import Pool
from api.workers.worker import Worker
from tests.waiting import until


class Work:
    """Pieces of work that wait, each held back until it is let through; who did them is remembered."""

    def __init__(self) -> None:
        self.waiting: deque[threading.Event] = deque()
        self.by: list[threading.Thread] = []
        self.done = 0
        self.pool = Pool(3, self)

    def __call__(self) -> None:
        while self.waiting:
            gate = self.waiting.popleft()
            self.by.append(threading.current_thread())
            assert gate.wait(60)
            self.done += 1

    def comes(self) -> threading.Event:
        """One more piece: it is done when it is let through."""
        gate = threading.Event()
        self.waiting.append(gate)
        self.pool.call()
        return gate

    def rest(self, many: int) -> None:
        """Wait until so many rest."""
        until(lambda: len(self.pool._resting) == many)


def test_whoever_rested_last_is_woken_first() -> None:
    work = Work()
    gates = [work.comes() for _ in range(3)]
    until(lambda: len(work.by) == 3)
    for gate in gates:
        gate.set()
    work.rest(3)
    for _ in range(20):
        work.comes().set()
        work.rest(3)

    assert len(set(work.by[:3])) == 3 and len(set(work.by[3:])) == 1
    work.pool.shutdown()


def test_another_thread_is_begun_only_where_none_rests_and_never_more_than_there_may_be() -> None:
    work = Work()
    work.comes().set()
    work.rest(1)
    first, second, third, fourth = (work.comes() for _ in range(4))
    until(lambda: len(work.by) == 4)
    assert len(set(work.by)) == 3 and len(work.waiting) == 1

    first.set()
    until(lambda: len(work.by) == 5)
    for gate in (second, third, fourth):
        gate.set()
    work.rest(3)

    assert work.done == 5 and len(set(work.by)) == 3
    work.pool.shutdown()


def test_a_call_that_comes_when_somebody_is_about_to_rest_is_not_lost() -> None:
    asked, looked = threading.Event(), []

    def work() -> None:
        looked.append(threading.current_thread().name)
        assert asked.wait(60)  # It has looked and found nothing; now somebody calls.

    pool = Pool(1, work)
    pool.call()
    until(lambda: bool(looked))
    pool.call()
    asked.set()

    until(lambda: len(looked) == 2 and len(pool._resting) == 1)
    pool.shutdown()


def test_those_that_rest_end_at_once_and_the_others_when_they_are_done() -> None:
    work = Work()
    gates = [work.comes() for _ in range(2)]
    until(lambda: len(work.by) == 2)
    for gate in gates:
        gate.set()
    work.rest(2)
    last = work.comes()
    until(lambda: len(work.by) == 3)

    work.pool.shutdown()

    until(lambda: sum(one.is_alive() for one in set(work.by)) == 1)
    last.set()
    for one in set(work.by):
        one.join(60)
    assert work.done == 3 and not any(one.is_alive() for one in work.by)


def test_an_ending_is_not_disturbed_by_a_connection_that_comes_back_meanwhile() -> None:
    worker = Worker.__new__(Worker)  # Of which only the connections are asked.

    class Waiting:
        """A connection; just when it is told how long it may still wait, somebody else's has been answered."""

        def __init__(self) -> None:
            self._timeout = 60.0

        @property
        def timeout(self) -> float:
            return self._timeout

        @timeout.setter
        def timeout(self, until: float) -> None:
            self._timeout = until
            worker.keepalived_conns.append(Waiting())

    worker.keepalived_conns, worker.pending_conns = deque([Waiting(), Waiting()]), deque([Waiting()])

    worker._cap_keepalive(2.0)

    assert [one.timeout for one in (*worker.keepalived_conns, *worker.pending_conns)] == [2.0, 2.0, *[60.0] * 3, 2.0]
