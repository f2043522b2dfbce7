"""Rows of the security review: whom the installation asks has a certificate that holds, and sends it nowhere else."""

from __future__ import annotations

import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from api.client import Remote
from api.outside.provider import Provider, ProviderAway
from api.terminal.exits import Stop
from api.witness.asking import Away, ask

WAYS: dict[str, Callable[[str], object]] = {
    "a provider": lambda url: Provider(url, "xueshi", "", "https://xueshi.example/return").demand_there(),
    "a witness or an authority": lambda url: ask("GET", url, "/asked").status,
    "a service, by a command": lambda url: Remote(url).send("GET", "/asked", {}, None).status,
}


class Asked(BaseHTTPRequestHandler):
    """Sends whoever asks to another place, and remembers who came there."""

    came: list[str]

    def do_GET(self) -> None:
        self.came.append(self.path)
        self.send_response(302)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing: what came is kept."""


@contextmanager
def listening(certificate: Path | None = None) -> Iterator[tuple[str, list[str]]]:
    came: list[str] = []
    server = ThreadingHTTPServer(("localhost", 0), type("There", (Asked,), {"came": came}))
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    running = threading.Thread(target=server.serve_forever)
    running.start()
    try:
        yield f"{'http' if certificate is None else 'https'}://localhost:{server.server_port}", came
    finally:
        server.shutdown()
        running.join()
        server.server_close()


@pytest.mark.requires_system("openssl")
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_nobody_is_told_anything_whose_certificate_nobody_vouches_for(
    way: Callable[[str], object], tmp_path: Path
) -> None:
    """V12.3.2."""
    file = tmp_path / "own.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", file, "-out",
                    tmp_path / "crt"], check=True, capture_output=True)
    file.write_bytes(file.read_bytes() + (tmp_path / "crt").read_bytes())

    with listening(file) as (url, came), pytest.raises((ProviderAway, Away, Stop), match="SSLCertVerificationError"):
        way(url)
    assert came == [], "not even the address was said"


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_nobody_who_is_asked_sends_the_question_to_somebody_else(way: Callable[[str], object]) -> None:
    """V15.3.2."""
    with listening() as (url, came):
        try:
            assert way(url) == 302
        except ProviderAway as away:
            assert str(away) == "status_302"

    assert len(came) == 1 and "/elsewhere" not in came
