"""`/metrics` of a service, and that every answer and every commit is counted. `tests/api/test_metrics.py` shows it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Final

from flask import Flask, Response, g
from flask.globals import request_ctx
from prometheus_client import CollectorRegistry, generate_latest

from api.house import House
from api.metrics.counted import Counted
from api.metrics.standing import Standing

MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


def measure(app: Flask, house: House, leases: Mapping[str, Callable[[], bool]]) -> None:
    """Count what the service does from here on, and say it, with how everything stands, to a monitor."""
    counted, standing = Counted(), CollectorRegistry()
    standing.register(Standing(house, leases))
    house.ledger.store.watch_commits(counted.committed)

    @app.after_request
    def answered(response: Response) -> Response:
        counted.answered(response, request_ctx.request, time.perf_counter_ns() - g.began)
        return response

    @app.get("/metrics", endpoint="metrics")
    def read() -> Response:
        return Response(generate_latest(counted.registry) + generate_latest(standing), content_type=MEDIA_TYPE)
