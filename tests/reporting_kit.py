"""What a worker need not tell: that a test begins and ends, and that setting it up and taking it down went well.

Each is a message that one process writes and another reads, five a test; of a test that passes one is looked at. xdist
leaves out what was collected well by itself, and has no door to this: where it is made otherwise, all is told.
"""

from __future__ import annotations

from typing import Any, Final

import pytest

_UNHEARD: Final = frozenset({"logstart", "logfinish"})


def tell_less(config: pytest.Config) -> None:
    """Of a worker: before its first test."""
    worker = next((one for one in config.pluginmanager.get_plugins() if type(one).__name__ == "WorkerInteractor"), None)
    if worker is None or config.getoption("xmlpath", None) or config.getoption("durations", None):
        return  # These want to hear of the rest.
    tell, describe = worker.sendevent, worker.pytest_runtest_logreport

    def sendevent(name: str, **told: Any) -> None:
        if name not in _UNHEARD:
            tell(name, **told)

    worker.sendevent = sendevent
    reports = config.hook.pytest_runtest_logreport
    reports._remove_plugin(worker)
    config.pluginmanager.register(_Reports(describe))


class _Reports:
    """In place of what xdist does with every report."""

    def __init__(self, describe: Any) -> None:
        self._describe = describe

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or not report.passed:
            self._describe(report)
