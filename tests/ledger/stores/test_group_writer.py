"""Group commit: who is gathered into one commit, who is turned away, and that nobody is ever left waiting.

The writer's only argument is what commits a batch; here it is a function of the test, as it is the database elsewhere.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence

import pytest
from store_kit import event, one

from ledger.errors import LedgerError
from ledger.stores.append import EVENTS_MAX, Append, Busy, Conflict, Outcome, Receipt, StoreFailed
from ledger.stores.writer import GroupWriter
from tests.waiting import until


class Gate:
    """Commits batches, holding each back until it is let through; remembers their sizes."""

    def __init__(self) -> None:
        self.batches: list[list[Append]] = []
        self.threads: list[str] = []
        self.open = threading.Event()
        self.open.set()
        self.committing = threading.Event()
        self.fail: BaseException | None = None
        self.size = 0

    def __call__(self, appends: Sequence[Append]) -> Sequence[Outcome]:
        self.batches.append(list(appends))
        self.threads.append(threading.current_thread().name)
        self.committing.set()
        assert self.open.wait(60)
        if self.fail is not None:
            raise self.fail
        outcomes: list[Outcome] = []
        for append in appends:
            outcomes.append(Receipt(self.size + 1, len(append.events), 0))
            self.size += len(append.events)
        return outcomes


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def writers(gate: Gate) -> Iterator[Callable[..., GroupWriter]]:
    made: list[GroupWriter] = []

    def make(**rest: int) -> GroupWriter:
        made.append(GroupWriter(gate, **rest))  # type: ignore[arg-type]
        return made[-1]

    yield make
    gate.open.set()
    for writer in made:
        writer.close()


class Waiting:
    """Requests that wait in threads of their own."""

    def __init__(self, writer: GroupWriter) -> None:
        self.writer = writer
        self.outcomes: dict[int, Receipt | BaseException] = {}
        self._threads: list[threading.Thread] = []

    def ask(self, number: int, append: Append) -> None:
        def run() -> None:
            try:
                self.outcomes[number] = self.writer.submit(append)
            except BaseException as error:
                self.outcomes[number] = error

        self._threads.append(threading.Thread(target=run))
        self._threads[-1].start()

    def all(self) -> dict[int, Receipt | BaseException]:
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive(), "somebody was left waiting"
        return self.outcomes


def hold_up(gate: Gate, waiting: Waiting) -> None:
    """Let one request get into its commit and keep it there, in the writer's own thread, so that all others queue."""
    waiting.writer._crowded = 1
    gate.open.clear()
    gate.committing.clear()
    waiting.ask(-1, one("first"))
    assert gate.committing.wait(60)


def test_a_lone_request_commits_in_its_own_thread(gate: Gate, writers: Callable[..., GroupWriter]) -> None:
    writer = writers()
    for number in range(5):
        assert writer.submit(one(number)).first == number + 1

    assert set(gate.threads) == {threading.current_thread().name}


def test_whoever_comes_while_a_commit_is_under_way_is_gathered_into_the_next(
    gate: Gate, writers: Callable[..., GroupWriter]
) -> None:
    writer = writers()
    waiting = Waiting(writer)
    hold_up(gate, waiting)
    for number in range(30):
        waiting.ask(number, one(number))
    until(lambda: writer._queue.qsize() == 30)
    gate.open.set()

    outcomes = waiting.all()

    assert sorted(outcome.first for outcome in outcomes.values() if isinstance(outcome, Receipt)) == list(range(1, 32))
    assert [len(batch) for batch in gate.batches] == [1, 30]


def test_a_group_holds_no_more_events_than_one_append_may(gate: Gate, writers: Callable[..., GroupWriter]) -> None:
    writer = writers()
    waiting = Waiting(writer)
    hold_up(gate, waiting)
    events = tuple(event(number) for number in range(EVENTS_MAX))
    for number, count in enumerate((900, 900, 900, EVENTS_MAX, 1, 1_999, 1)):
        waiting.ask(number, Append(events[:count]))
        until(lambda number=number: writer._queue.qsize() == number + 1)
    gate.open.set()

    assert all(isinstance(outcome, Receipt) for outcome in waiting.all().values())
    sizes = [sum(len(append.events) for append in batch) for batch in gate.batches]
    assert max(sizes) <= EVENTS_MAX
    assert sum(sizes) == 1 + 2_700 + EVENTS_MAX + 2_001
    order = [len(append.events) for batch in gate.batches for append in batch]
    assert order == [1, 900, 900, 900, EVENTS_MAX, 1, 1_999, 1], "first come, first served"


def test_more_waiting_than_allowed_is_refused_at_once_with_a_time_to_come_back(
    gate: Gate, writers: Callable[..., GroupWriter]
) -> None:
    writer = writers(waiting_max=3)
    waiting = Waiting(writer)
    hold_up(gate, waiting)
    for number in range(3):
        waiting.ask(number, one(number))
    until(lambda: writer._queue.qsize() == 3)

    with pytest.raises(Busy) as busy:
        writer.submit(one("too many"))

    assert (busy.value.code, busy.value.waiting) == ("busy", 3)
    assert busy.value.retry_after_s > 0
    gate.open.set()
    assert all(isinstance(outcome, Receipt) for outcome in waiting.all().values())
    assert gate.size == 4


@pytest.mark.parametrize("error", [OSError("disk"), MemoryError(), ZeroDivisionError(), SystemExit(3)], ids=repr)
def test_whatever_the_commit_raises_every_waiting_request_is_told_and_the_writer_lives_on(
    gate: Gate, writers: Callable[..., GroupWriter], error: BaseException
) -> None:
    writer = writers()
    waiting = Waiting(writer)
    hold_up(gate, waiting)
    for number in range(10):
        waiting.ask(number, one(number))
    until(lambda: writer._queue.qsize() == 10)
    gate.fail = error
    gate.open.set()

    outcomes = waiting.all()
    told = [outcome for number, outcome in outcomes.items() if number >= 0]

    assert all(isinstance(outcome, StoreFailed) and outcome.cause is error for outcome in told)
    assert len({id(outcome) for outcome in told}) == 10, "each has an exception of its own"
    gate.fail = None
    assert isinstance(writer.submit(one("after")), Receipt)


def test_an_interrupt_of_a_lone_request_goes_on_as_an_interrupt_and_holds_nobody_up(
    gate: Gate, writers: Callable[..., GroupWriter]
) -> None:
    writer = writers()
    gate.fail = KeyboardInterrupt()

    with pytest.raises(KeyboardInterrupt):
        writer.submit(one(1))

    gate.fail = None
    assert isinstance(writer.submit(one(2)), Receipt)


def test_one_that_lost_in_a_group_is_told_alone(writers: Callable[..., GroupWriter]) -> None:
    lost = Conflict("lost")

    def commit(appends: Sequence[Append]) -> Sequence[Outcome]:
        return [lost if append.events[0].stream.endswith("13") else Receipt(1, 1, 0) for append in appends]

    writer = GroupWriter(commit)
    waiting = Waiting(writer)
    for number in range(10, 20):
        waiting.ask(number, one(number))
    outcomes = waiting.all()
    writer.close()

    assert [number for number, outcome in outcomes.items() if isinstance(outcome, LedgerError)] == [13]
    assert outcomes[13] is lost


def test_closing_commits_what_is_queued_and_refuses_what_comes_after(
    gate: Gate, writers: Callable[..., GroupWriter]
) -> None:
    writer = writers()
    waiting = Waiting(writer)
    hold_up(gate, waiting)
    for number in range(20):
        waiting.ask(number, one(number))
    until(lambda: writer._queue.qsize() == 20)
    closing = threading.Thread(target=writer.close)
    closing.start()
    until(writer._closed.is_set)
    with pytest.raises(StoreFailed, match="未写入"):
        writer.submit(one("late"))
    gate.open.set()
    closing.join(60)

    assert all(isinstance(outcome, Receipt) for outcome in waiting.all().values())
    assert gate.size == 21
    writer.close()


def test_a_crowd_that_comes_back_one_by_one_is_gathered_whole(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else whoever comes back first commits alone, and the crowd stays split in two for good."""
    monkeypatch.setattr("ledger.stores.writer.LINGER_S", 1.0)

    def commit(appends: Sequence[Append]) -> Sequence[Outcome]:
        time.sleep(0.005)
        return gate(appends)

    writer, start = GroupWriter(commit), threading.Barrier(8)

    def come_and_come_again(thread: int) -> None:
        start.wait(60)
        for number in range(20):
            writer.submit(one(f"{thread}-{number}"))
            time.sleep(0.000_1 * thread)

    threads = [threading.Thread(target=come_and_come_again, args=(thread,)) for thread in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    sizes = [len(batch) for batch in gate.batches]
    writer.close()
    assert sum(sizes) == gate.size == 160
    assert sizes.count(8) >= 15, sizes


def test_a_crowd_that_does_not_come_back_is_not_waited_for_long(
    gate: Gate, writers: Callable[..., GroupWriter]
) -> None:
    writer = writers()
    waiting = Waiting(writer)
    hold_up(gate, waiting)
    for number in range(30):
        waiting.ask(number, one(number))
    until(lambda: writer._queue.qsize() == 30)
    gate.open.set()
    waiting.all()
    begin = time.monotonic()

    for number in range(5):
        writer.submit(one(f"alone {number}"))

    assert time.monotonic() - begin < 10
    assert [len(batch) for batch in gate.batches] == [1, 30, 1, 1, 1, 1, 1]


def test_requests_that_come_on_their_own_share_a_commit_once_they_have_met(
    gate: Gate, writers: Callable[..., GroupWriter], monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = three_meet(gate, writers())
    monkeypatch.setattr("ledger.stores.writer.PACE_S", 3_600.0)
    for number in (10, 11):
        waiting.ask(number, one(number))
    until(lambda: waiting.writer._queue.qsize() == 1)
    assert [len(batch) for batch in gate.batches] == [1, 2], "those that are here wait for the one that lately was"
    waiting.ask(12, one(12))

    waiting.all()

    assert [len(batch) for batch in gate.batches] == [1, 2, 3]


def test_whoever_is_alone_again_soon_waits_for_nobody(
    gate: Gate, writers: Callable[..., GroupWriter], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.stores.writer.PACE_S", 0.001)
    waiting = three_meet(gate, writers())
    for number in range(10, 30):
        waiting.writer.submit(one(number))

    assert [len(batch) for batch in gate.batches] == [1, 2] + [1] * 20
    assert gate.threads[-1] == threading.current_thread().name != gate.threads[2]


def test_closing_waits_for_nobody_who_might_still_come(
    gate: Gate, writers: Callable[..., GroupWriter], monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = three_meet(gate, writers())
    monkeypatch.setattr("ledger.stores.writer.PACE_S", 3_600.0)
    waiting.ask(10, one(10))
    until(waiting.writer._queue.empty)
    waiting.writer.close()

    assert isinstance(waiting.all()[10], Receipt)


def three_meet(gate: Gate, writer: GroupWriter) -> Waiting:
    """Let two come while a third is being committed; all are answered."""
    waiting = Waiting(writer)
    hold_up(gate, waiting)
    for number in range(2):
        waiting.ask(number, one(number))
    until(lambda: writer._queue.qsize() == 2)
    gate.open.set()
    waiting.all()
    return waiting
