"""The processes of a check: portions of the events are read side by side and given in order.

One process, where nothing else is asked for, is this one: a small ledger is checked before a second one has started.
`tests/ledger/test_fsck.py` shows it.
"""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from typing import Any, Final, TypeVar

from ledger.errors import LedgerError

PORTION: Final = 32_768  # The last of them is read by one process while another waits.
_AHEAD: Final = 4

_Read = TypeVar("_Read")


class CheckBroken(LedgerError):
    """A process of the check died: nothing is said about the ledger."""

    code = "fsck_broken"

    def __init__(self, position: int) -> None:
        self.position = position
        super().__init__(
            f"检查进程在事件 {position} 之后意外终止（可能是内存不足），未得出结论。"
            "请减少 --processes 后以 --resume 继续。"
        )


class AtOnce(Executor):
    """Does what it is given in this process, at once."""

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        done: Future[Any] = Future()
        done.set_result(function(*arguments, **named))
        return done


@contextmanager
def pool_of(processes: int, reached: Callable[[], int], *, seed: int | None = None) -> Iterator[Executor]:
    """Make processes; with a seed they share it for `hash`, so that their sums can be added and compared.

    They end with this one, also where it is killed: each waits for work at a pipe that it holds both ends of itself.
    """
    before = os.environ.get("PYTHONHASHSEED")
    pool = ProcessPoolExecutor(processes, mp_context=get_context("spawn"), initializer=_begin)
    try:
        if seed is not None:
            os.environ["PYTHONHASHSEED"] = str(seed)
        try:
            for started in [pool.submit(os.getpid) for _ in range(processes)]:
                started.result()  # Started while the seed is set.
        finally:
            if seed is not None:
                del os.environ["PYTHONHASHSEED"]
                if before is not None:
                    os.environ["PYTHONHASHSEED"] = before
        yield pool
    except BrokenProcessPool as error:
        raise CheckBroken(reached()) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _begin() -> None:
    gc.disable()  # They hold lists of bytes and no cycles: a tenth faster.
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    assert parent is not None, "it is a child that was begun by `pool_of`"
    parent.join()
    os._exit(1)


def in_order(pool: Executor, read: Callable[[int, int], _Read], starts: range) -> Iterator[_Read]:
    """Have the portions read side by side, a few ahead, and give them in order."""
    waiting: list[Future[_Read]] = []
    for after in starts:
        waiting.append(pool.submit(read, after, min(after + starts.step, starts.stop)))
        if len(waiting) > _AHEAD:
            yield waiting.pop(0).result()
    while waiting:
        yield waiting.pop(0).result()
