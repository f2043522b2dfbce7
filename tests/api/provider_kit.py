"""An OpenID provider for tests, in a process of its own: it does what the standard says, or gets wrong what it is told.

    with provider_running() as there:
        there.issuer, there.client, there.secret
        there.misbehave(claims={"nonce": "another"})    # At the next sign-on alone.

It knows one client and lets everyone in at once, as the subject that was set. Its host is `localhost`: to a browser
that is another site than 127.0.0.1, where the service is.
"""

from __future__ import annotations

import base64
import hashlib
import html
import http.client
import json
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

CLIENT, SECRET = "xueshi", "a-secret-of-the-client"


@dataclass
class There:
    """The provider, seen from a test."""

    issuer: str
    client: str = CLIENT
    secret: str = SECRET

    def misbehave(self, **how: Any) -> None:
        """Get these wrong at the next sign-on: `claims` (None drops one), `algorithm`, `key`, `answer`, `leads`."""
        self._post("/misbehave", how)

    def is_now(self, subject: str) -> None:
        """Let everyone in as this subject from here on."""
        self._post("/subject", {"subject": subject})

    def change_its_key(self, bits: int = 2_048) -> None:
        """Sign with another key from here on."""
        self._post("/key", {"bits": bits})

    def asked(self) -> int:
        """How often it has been asked for anything."""
        return int(self._post("/asked", {})["asked"])

    def leads_to(self, address: str) -> str:
        """Go there as a browser would, and say where the provider sends it."""
        parts = urlsplit(address)
        connection = http.client.HTTPConnection(parts.netloc, timeout=60)
        connection.request("GET", f"{parts.path}?{parts.query}")
        answer = connection.getresponse()
        assert answer.status == 302, answer.read()
        connection.close()
        return answer.headers["Location"]

    def _post(self, path: str, body: Any) -> Any:
        connection = http.client.HTTPConnection(urlsplit(self.issuer).netloc, timeout=60)
        connection.request("POST", path, json.dumps(body))
        answer = json.loads(connection.getresponse().read())
        connection.close()
        return answer


@contextmanager
def provider_running() -> Iterator[There]:
    """Start one, and stop it at the end."""
    root = Path(__file__).parents[2]
    with subprocess.Popen([sys.executable, "-m", "tests.api.provider_kit"], cwd=root, stdout=subprocess.PIPE,
                          text=True) as process:
        assert process.stdout is not None
        yield There(process.stdout.readline().strip())
        process.terminate()


# What runs in the other process


class Handler(BaseHTTPRequestHandler):
    issuer: str
    keys: dict[str, Any]
    codes: dict[str, dict[str, str]]
    subject = "somebody"
    wrong: dict[str, Any]
    asked = 0

    def do_GET(self) -> None:
        type(self).asked += 1
        parts = urlsplit(self.path)
        sent = dict(parse_qsl(parts.query))
        if parts.path == "/.well-known/openid-configuration":
            self._say({
                "issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token", "jwks_uri": f"{self.issuer}/keys",
                "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
                "authorization_response_iss_parameter_supported": True,
            })
        elif parts.path == "/keys":
            self._say({"keys": [self.keys["own"].as_dict(private=False)]})
        elif parts.path == "/authorize":
            assert (sent["client_id"], sent["scope"], sent["code_challenge_method"]) == (CLIENT, "openid", "S256")
            code = secrets.token_urlsafe(16)
            self.codes[code] = sent
            back = {"code": code, "state": sent["state"], "iss": self.issuer} | self.wrong.get("leads", {})
            back = {name: value for name, value in back.items() if value is not None}
            address = f"{sent['redirect_uri']}?{urlencode(back)}"
            if "text/html" in self.headers.get("Accept", ""):  # A person is asked, and goes on from here.
                page = f'<link rel="icon" href="data:,"><a href="{html.escape(address)}">同意</a>'
                self._write(page.encode(), "text/html; charset=utf-8")
            else:
                self._say({}, 302, Location=address)
        else:
            self._say({}, 404)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if self.path == "/token":
            type(self).asked += 1
            self._token(dict(parse_qsl(body)))
        elif self.path == "/misbehave":
            type(self).wrong = json.loads(body)
            self._say({})
        elif self.path == "/subject":
            type(self).subject = json.loads(body)["subject"]
            self._say({})
        elif self.path == "/key":
            self.keys["own"] = new_key("two", json.loads(body)["bits"])
            self._say({})
        elif self.path == "/asked":
            self._say({"asked": self.asked})

    def _token(self, sent: dict[str, str]) -> None:
        basic = "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        begun = self.codes.pop(sent.get("code", ""), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(sent["code_verifier"].encode()).digest()).rstrip(b"=")
        if self.headers["Authorization"] != basic:
            return self._say({"error": "invalid_client"}, 401)
        if begun is None or begun["code_challenge"] != challenge.decode() or (
                begun["redirect_uri"] != sent["redirect_uri"]):
            return self._say({"error": "invalid_grant", "error_description": "授权码无效"}, 400)
        wrong, type(self).wrong = self.wrong, {}
        now = int(time.time())
        claims = {"iss": self.issuer, "sub": self.subject, "aud": CLIENT, "exp": now + 300, "iat": now,
                  "nonce": begun["nonce"]} | wrong.get("claims", {})
        claims = {name: value for name, value in claims.items() if value is not None}
        token = self._signed(claims, wrong.get("algorithm", "RS256"), wrong.get("key", "own"))
        return self._say({"access_token": "opens-nothing", "token_type": "Bearer", "id_token": token}
                         | wrong.get("answer", {}))

    def _signed(self, claims: dict[str, Any], algorithm: str, key: str) -> str:
        from joserfc import jwt

        own = self.keys["own"]
        if algorithm == "none":
            header = {"alg": "none", "kid": own.kid}
            return ".".join(base64.urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=").decode()
                            for one in (header, claims)) + "."
        header = {"alg": algorithm, "kid": own.kid}
        if algorithm == "HS256":  # Signed with what everyone can read: the public key.
            from joserfc.jwk import OctKey

            return jwt.encode(header, claims, OctKey.import_key(b"public, and used as a secret"), ["HS256"])
        return jwt.encode(header, claims, self.keys[key], [algorithm])

    def _say(self, body: Any, status: int = 200, **headers: str) -> None:
        self._write(json.dumps(body).encode(), "application/json", status, **headers)

    def _write(self, content: bytes, kind: str, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        pass


def new_key(kid: str, bits: int = 2_048) -> Any:
    from joserfc.jwk import RSAKey

    return RSAKey.generate_key(bits, {"kid": kid, "use": "sig"})


def main() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Handler.issuer = f"http://localhost:{server.server_port}"
    Handler.keys = {name: new_key("one") for name in ("own", "strange")}
    Handler.codes, Handler.wrong = {}, {}
    print(Handler.issuer, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
