"""A child that is forked in the middle of things is told by how it ended, and one that hangs is forked anew."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.children import BROKE, ended


def broken() -> None:
    raise OSError("no space")


@pytest.mark.parametrize(("work", "status"), [
    (lambda: None, 0), (lambda: True, 1), (lambda: os.kill(os.getpid(), signal.SIGKILL), -signal.SIGKILL),
    (broken, BROKE)])
def test_how_it_ended_is_what_it_gave_or_what_killed_it(work: Callable[[], object], status: int) -> None:
    assert ended(work) == status


def test_one_that_waits_for_what_nobody_lets_go_is_killed_and_forked_anew(tmp_path: Path) -> None:
    held = threading.Lock()

    def work() -> None:
        if not (tmp_path / "tried").exists():
            (tmp_path / "tried").touch()
            with held, held:  # As if a thread of the parent had it at the fork.
                pass

    assert ended(work, hangs_s=0.5) == 0


def test_where_each_hangs_it_is_said() -> None:
    with pytest.raises(AssertionError, match="each hung"):
        ended(signal.pause, hangs_s=0.01)
