"""Spans arrive at a collector, under the caller's trace, and say of nobody anything; without one nothing is loaded."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from structlog.testing import capture_logs

from api.telling.telemetry import telling
from api.terminal.exits import Stop
from tests.api.house_kit import house_in, study
from tests.api.workers_kit import until

ROOT = Path(__file__).parents[2]
CANARY = "欧阳金丝雀"
TRACE = "0af7651916cd43dd8448eb211c80319c"


class Collector:
    """What somebody's collector would have received."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.answering = threading.Event()
        self.answering.set()
        collector = self

        class Takes(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if not collector.answering.is_set():
                    collector.answering.wait(60)
                    return  # Whoever asked has long hung up.
                if self.path == "/v1/traces":
                    collector.bodies.append(body)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Takes)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def spans(self) -> list[Span]:
        return [span for body in self.bodies for resource in ExportTraceServiceRequest.FromString(body).resource_spans
                for scope in resource.scope_spans for span in scope.spans]


@pytest.fixture
def collector() -> Iterator[Collector]:
    made = Collector()
    thread = threading.Thread(target=made.server.serve_forever)
    thread.start()
    try:
        yield made
    finally:
        made.server.shutdown()
        made.server.server_close()
        thread.join()


def test_each_request_is_a_span_of_the_callers_trace_and_each_commit_one_of_its_own(
    tmp_path: Path, collector: Collector
) -> None:
    with house_in(tmp_path / "data") as town, telling(town.app, town.house.ledger.store, collector.address):
        person = town.person(CANARY)
        person.client.get(f"/v1/persons/{person.id}/years?x={CANARY}", headers={
            **person.headers(), "traceparent": f"00-{TRACE}-b7ad6b7169203331-01"})
        person.post("/v1/claims", person.claim(study(), title=CANARY))
    spans = {span.name: span for span in collector.spans()}
    asked = spans["GET /v1/persons/<person:person>/years"]

    assert asked.trace_id.hex() == TRACE
    assert asked.end_time_unix_nano > asked.start_time_unix_nano
    refused = {each.key: each.value for each in spans["POST /v1/claims"].attributes}
    assert refused["http.response.status_code"].int_value == 422
    assert refused["error.type"].string_value == "not_affiliated"
    assert spans["commit"].attributes[0].value.int_value >= 1
    everything = b"".join(collector.bodies)
    for canary in (CANARY.encode(), person.id.encode(), str(person.token).encode(), "金丝雀".encode()):
        assert canary not in everything


def test_a_collector_that_is_away_hinders_nobody(tmp_path: Path) -> None:
    gone = Collector()
    gone.server.server_close()

    with (
        capture_logs() as said, house_in(tmp_path / "data") as town,
        telling(town.app, town.house.ledger.store, gone.address),
    ):
        assert town.nobody.get("/livez").status_code == 200
    away = [each for each in said if each["event"].startswith("collector")]
    assert [(each["event"], each["port"]) for each in away] == [("collector_away", gone.server.server_port)]


@pytest.mark.torture
def test_a_collector_that_is_slow_keeps_nobody_waiting_and_what_waits_for_it_is_bounded(
    tmp_path: Path, collector: Collector, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.telling.telemetry._SECONDS", 1)
    collector.answering.clear()
    with (
        capture_logs() as said, house_in(tmp_path / "data") as town,
        telling(town.app, town.house.ledger.store, collector.address),
    ):
        def told() -> list[str]:
            return [each["event"] for each in said if each["event"].startswith("collector")]

        client, slowest = town.client(), 0.0
        for _ in range(6_000):
            began = time.perf_counter()
            assert client.get("/livez").status_code == 200
            slowest = max(slowest, time.perf_counter() - began)
        assert until(lambda: told() == ["collector_away"], 30), told()
        assert slowest < 1, "nobody waits for a collector"

        collector.answering.set()
        assert until(lambda: told() == ["collector_away", "collector_answers"], 30), told()
        assert until(lambda: len(collector.spans()) > 500, 30)
        assert len(collector.spans()) <= 2_048 + 512, "what waited was bounded: the eldest were let go"
        collector.answering.clear()
        for _ in range(3_000):
            client.get("/livez")
        began = time.monotonic()
    assert time.monotonic() - began < 2.9, "a service that stops waits for it once, whatever is still to be told"
    assert [one for one in caplog.records if one.levelno >= logging.WARNING] == [], "nothing but what the log says once"


def test_what_is_lacking_is_told_with_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)

    with (
        house_in(tmp_path / "data") as town, pytest.raises(Stop, match="另外的组件") as stop,
        telling(town.app, town.house.ledger.store, "http://127.0.0.1:1"),
    ):
        pass
    assert stop.value.code == "extra_missing"


def test_without_a_collector_nothing_of_it_is_loaded(tmp_path: Path) -> None:
    asked = ("import sys; from pathlib import Path; from api.service.composed import composed\n"
             "from api.settings import load\n"
             "with composed(load({'data_folder': Path(sys.argv[1])})) as app: pass\n"
             "print([name for name in sys.modules if name.startswith('opentelemetry')])")
    ended = subprocess.run([sys.executable, "-c", asked, str(tmp_path / "data")], capture_output=True, text=True,
                           cwd=ROOT, check=True)

    assert ended.stdout.splitlines()[-1] == "[]"
