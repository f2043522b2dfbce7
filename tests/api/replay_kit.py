"""Replays of a town's service, run where no service runs them. No test lives here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from api.replays.runner import Runner
from tests.api.house_kit import BODY, Someone, Town
from tests.waiting import until


@contextmanager
def running(town: Town) -> Iterator[None]:
    folder = town.house.register.folder
    runner = Runner(town.house.jobs, folder.replays, folder.root, at_once=1, stands_back=False)
    runner.start()
    try:
        yield
    finally:
        runner.stop()


def over(office: Someone, job: str) -> BODY:
    """A replay when there is no more to wait for, however it ended."""
    found: BODY = until(lambda: (now := office.saw(f"/v1/jobs/{job}"))["state"] not in ("queued", "running") and now)
    return found
