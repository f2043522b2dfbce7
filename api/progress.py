"""A progress bar on standard error, where someone is looking; silence elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Progress = Callable[[int, int], None]


@contextmanager
def bar(words: str, *, quiet: bool = False) -> Iterator[Progress]:
    """Give a function to call with (done, total); the bar shows rate and time left."""
    if quiet or not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Rich

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Rich(*columns, console=Console(stderr=True), transient=True) as rich:
        task = rich.add_task(words, total=None)
        yield lambda done, total: rich.update(task, completed=done, total=total)
