"""A progress bar on standard error, where someone is looking; silence elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Progress = Callable[[int, int], None]


@contextmanager
def bar(words: str, *, quiet: bool = False) -> Iterator[Progress]:
    """Give a function to call with (done, total); the bar shows rate and time left."""
    with bars(quiet=quiet) as line:
        yield line(words)


@contextmanager
def bars(*, quiet: bool = False) -> Iterator[Callable[[str], Progress]]:
    """Give a bar for each of several things that go on at once, one below the other; ask for each by its words."""
    if quiet or not sys.stderr.isatty():
        yield lambda words: lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, ProgressColumn, Task, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Rich
    from rich.text import Text

    class Rate(ProgressColumn):
        """How much of it a second."""

        def render(self, task: Task) -> Text:
            speed = task.finished_speed or task.speed
            return Text("" if speed is None else f"每秒 {speed:,.0f}")

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Rate(), TimeRemainingColumn())
    with Rich(*columns, console=Console(stderr=True), transient=True) as rich:
        def line(words: str) -> Progress:
            task = rich.add_task(words, total=None)
            return lambda done, total: rich.update(task, completed=done, total=total)

        yield line
