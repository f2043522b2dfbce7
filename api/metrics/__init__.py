"""What a monitor reads at `/metrics` (Prometheus' text form): what was asked and answered, and how everything stands.

* `counted.py`  what each process counts as it goes: requests, how long they took, what was refused, commits
* `standing.py` what is looked up when somebody asks: the log, checkpoints, projections, jobs, backups, disk, processes

Several processes serve one address, and whoever asks reaches one of them: what they count lies in files that each of
them maps, and is summed (`shared_in`). Nothing here speaks of anybody: a request is named by its route's template, a
refusal by its code. What each warns of stands in `api/deploy/alerts.yml`.
`tests/api/test_metrics.py` shows it.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - in memory, where no disk has to be waited for
_FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"  # Read by the library when it is loaded, so it is set before that.


@contextmanager
def shared_in() -> Iterator[None]:
    """Let all processes that are forked in here count together; what a lost one counted stays counted."""
    home = _MEMORY if os.access(_MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="xueshi-metrics-", dir=home) as folder:
        os.environ[_FOLDER] = folder
        try:
            yield
        finally:
            del os.environ[_FOLDER]


def are_shared() -> bool:
    """Say whether this process counts together with others."""
    return _FOLDER in os.environ
