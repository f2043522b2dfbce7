"""A time-stamping authority on loopback: OpenSSL's, with a CA of its own, behind a few lines of HTTP."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ledgers_kit import listening

POLICY = "1.2.3.4.1"
_CONFIG = f"""
[ca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
subjectKeyIdentifier = hash
[tsa]
basicConstraints = CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[tsa_service]
serial = serial
crypto_device = builtin
signer_cert = tsa.pem
signer_key = tsa.key
signer_digest = sha256
default_policy = {POLICY}
digests = sha256
ess_cert_id_alg = sha256
"""


@dataclass
class Authority:
    """OpenSSL in a folder, and what a test has it do wrong."""

    folder: Path
    status: int = 200
    answers: list[bytes] = field(default_factory=list)

    def make(self, more: str = "") -> Authority:
        self.folder.mkdir()
        (self.folder / "openssl.cnf").write_text(_CONFIG + more)
        (self.folder / "serial").write_text("01\n")
        key = ["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out"]
        self.openssl(*key, "ca.key")
        self.openssl(*key, "tsa.key")
        self.openssl("req", "-x509", "-new", "-key", "ca.key", "-subj", "/CN=A test CA", "-days", "3650", "-out",
                     "ca.pem", "-config", "openssl.cnf", "-extensions", "ca")
        self.openssl("req", "-new", "-key", "tsa.key", "-subj", "/CN=A test TSA", "-out", "tsa.csr", "-config",
                     "openssl.cnf")
        self.openssl("x509", "-req", "-in", "tsa.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days",
                     "3650", "-extfile", "openssl.cnf", "-extensions", "tsa", "-out", "tsa.pem")
        return self

    def openssl(self, *arguments: str) -> None:
        done = subprocess.run(["openssl", *arguments], cwd=self.folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    def reply(self, query: bytes) -> bytes:
        (self.folder / "query").write_bytes(query)
        self.openssl("ts", "-reply", "-config", "openssl.cnf", "-section", "tsa_service", "-queryfile", "query", "-out",
                     "reply")
        return (self.folder / "reply").read_bytes()

    def __call__(self, environ: dict[str, Any], start: Any) -> list[bytes]:
        query = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        if self.status != 200:
            start(f"{self.status} No", [])
            return []
        body = self.answers.pop(0) if self.answers else self.reply(query)
        start("200 OK", [("Content-Type", "application/timestamp-reply")])
        return [body]


@contextmanager
def authority_in(folder: Path) -> Iterator[tuple[Authority, Path]]:
    """An authority that answers, and the file of settings that names it."""
    one = Authority(folder).make()
    with listening(one) as address:
        settings = folder / "authorities.toml"
        settings.write_text(
            f'[[authority]]\nname = "test-tsa"\nurl = "{address}/tsr"\nca = "ca.pem"\npolicy = "{POLICY}"\n')
        yield one, settings


