"""Spans for a collector (OpenTelemetry over HTTP), where `telemetry_address` names one; else nothing is loaded.

A span a request, under its route's template, and one a commit of the ledger; a caller's `traceparent` is taken on, so
that one trace goes through a proxy and several services. A span says what a log line says and no more: no address that
was typed, no body, no name, no one's number. A collector that cannot be reached loses spans and hinders nobody; the
log says so once (`collector_away`), and once that it is back.

`tests/api/test_telemetry.py` shows it with a receiver of its own.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import structlog
from flask import Flask, Response, g, request

from api.terminal.exits import Exit, Stop

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

    from ledger.stores.recorder import AppendingRecorder

_SECONDS: Final = 5  # not hours: seconds, that the collector has for an answer
_LAST_NS: Final = 1_000_000_000
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


@contextmanager
def telling(app: Flask, store: AppendingRecorder, address: str) -> Iterator[None]:
    """Tell a collector of every request and commit while this lasts."""
    try:
        provider, end = _provider(address)
    except ImportError:
        cure = ("请在程序的文件夹里执行 make install EXTRAS=telemetry（用 pip 安装的："
                "pip install 'xueshi-ledger[telemetry]'），或去掉设置 telemetry_address")
        raise Stop(Exit.WORLD_IS_WRONG, "extra_missing", "发送调用链需要另外的组件", cure) from None
    try:
        _tell_of_requests(app, provider)
        store.watch_commits(_of_commits(provider))
        yield
    finally:
        end()
        provider.shutdown()


def _provider(address: str) -> tuple[TracerProvider, Callable[[], None]]:
    """What spans are given to; and what is called before it ends, which then waits for one answer and not for each."""
    from opentelemetry.exporter.otlp.proto.http import trace_exporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExportResult

    class Exporter(trace_exporter.OTLPSpanExporter):
        """Says once that the collector does not take spans, and once that it does again."""

        is_away = False
        ends = 0

        def end(self) -> None:
            self.ends = time.monotonic_ns() + _LAST_NS

        def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
            if self.ends and time.monotonic_ns() > self.ends:
                return SpanExportResult.FAILURE  # Four batches may wait, and each would be waited for.
            result = super().export(spans)
            is_away = result is not SpanExportResult.SUCCESS
            if is_away != self.is_away:
                self.is_away = is_away
                logger = structlog.get_logger()
                logger.warning("collector_away", port=port) if is_away else logger.info("collector_answers", port=port)
            return result

    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)  # Lines of its own at each attempt and each loss.
    port = urlsplit(address).port

    about = Resource({"service.name": "xueshi", "service.version": version("xueshi-ledger")})
    provider = TracerProvider(resource=about, shutdown_on_exit=False)
    exporter = Exporter(f"{address.rstrip('/')}/v1/traces", timeout=_SECONDS)
    provider.add_span_processor(BatchSpanProcessor(exporter, export_timeout_millis=_SECONDS * 1_000))
    return provider, exporter.end


def _tell_of_requests(app: Flask, provider: TracerProvider) -> None:
    from opentelemetry.trace import SpanKind, Status, StatusCode
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    tracer, caller = provider.get_tracer("xueshi.http"), TraceContextTextMapPropagator()

    @app.after_request
    def told(response: Response) -> Response:
        route = request.url_rule.rule if request.url_rule else "none"
        method = request.method if request.method in _METHODS else "other"
        took = time.perf_counter_ns() - g.began
        now = time.time_ns()
        span = tracer.start_span(
            f"{method} {route}", caller.extract({"traceparent": request.headers.get("traceparent", "")}),
            kind=SpanKind.SERVER, start_time=now - took, attributes={
                "http.request.method": method, "http.route": route, "http.response.status_code": response.status_code,
                "xueshi.request_id": g.trace_id,
            })
        if response.mimetype == "application/problem+json" and not response.direct_passthrough:
            span.set_attribute("error.type", str(json.loads(response.get_data()).get("code", "none")))
        if response.status_code >= 500:
            span.set_status(Status(StatusCode.ERROR))
        span.end(now)
        return response


def _of_commits(provider: TracerProvider) -> Callable[[int, int], None]:
    tracer = provider.get_tracer("xueshi.ledger")

    def told(events: int, nanos: int) -> None:
        now = time.time_ns()
        tracer.start_span("commit", start_time=now - nanos, attributes={"xueshi.events": events}).end(now)

    return told
