"""Sleeping under libfaketime, which moves the deadline that `time.sleep` gives and leaves what `select` waits for."""

import select
import time


def _sleep(seconds: float, /) -> None:
    select.select((), (), (), seconds)


time.sleep = _sleep
