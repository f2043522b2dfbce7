"""Something small that is done again and again beside other work, in a thread that ends with it.

`tests/api/test_memory.py` and `tests/api/test_workers.py` show it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def again(do: Callable[[], object], every_s: float, *, name: str) -> Iterator[None]:
    """Do it every so many seconds, until the block ends."""
    over = threading.Event()

    def go_on() -> None:
        while not over.wait(every_s):
            do()

    thread = threading.Thread(target=go_on, name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
