"""What a process counts: requests by route and status, how long they took, refusals by code, commits by size.

Two labels and a clock a request: some five microseconds. `tests/api/test_metrics.py` shows it.
"""

from __future__ import annotations

import json
from typing import Final

from flask import Request, Response
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.multiprocess import MultiProcessCollector

from api.metrics import are_shared

_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60)  # not hours: seconds
_EVENTS: Final = (1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_000)
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_NO_ROUTE: Final = "none"  # All addresses that lead nowhere: whoever tries a thousand makes no thousand labels.


class Counted:
    """The counters of one process, and what all of them come to."""

    def __init__(self) -> None:
        own = CollectorRegistry()
        self.registry = own
        if are_shared():
            self.registry = CollectorRegistry()
            MultiProcessCollector(self.registry)  # type: ignore[no-untyped-call]
        self._requests = Counter(
            "xueshi_requests", "答复的请求，按路由、方法和状态", ["route", "method", "status"], registry=own)
        self._took = Histogram(
            "xueshi_request_seconds", "从收到到答复的时间，按路由和方法", ["route", "method"], buckets=_SECONDS,
            registry=own)
        self._problems = Counter("xueshi_problems", "拒绝和出错，按代码", ["code"], registry=own)
        self._commits = Histogram("xueshi_commit_events", "一次提交写入的事件数", buckets=_EVENTS, registry=own)
        self._committing = Histogram("xueshi_commit_seconds", "一次提交落盘的时间", buckets=_SECONDS, registry=own)

        self._known: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}  # As many as are told a monitor.

    def answered(self, response: Response, asked: Request, nanos: int) -> None:
        """Count an answer."""
        route = asked.url_rule.rule if asked.url_rule else _NO_ROUTE
        method = asked.method if asked.method in _METHODS else "other"
        kind = route, method, response.status_code
        known = self._known.get(kind)
        if known is None:  # To find them by their labels takes a lock that every thread wants.
            known = self._requests.labels(route, method, str(response.status_code)), self._took.labels(route, method)
            self._known[kind] = known
        known[0].inc()
        known[1].observe(nanos / 1_000_000_000)  # not hours: seconds
        if response.mimetype == "application/problem+json" and not response.direct_passthrough:
            self._problems.labels(str(json.loads(response.get_data()).get("code", "none"))).inc()

    def committed(self, events: int, nanos: int) -> None:
        """Count a commit of the ledger."""
        self._commits.observe(events)
        self._committing.observe(nanos / 1_000_000_000)  # not hours: seconds
