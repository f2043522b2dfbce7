"""An OpenID provider, asked who somebody is: OpenID Connect Core 1.0, section 3.1, with PKCE (RFC 7636).

Whatever provider speaks the standard will do: it is found by its issuer alone (OpenID Connect Discovery 1.0, section
4). Authlib puts the requests together and checks the claims, joserfc checks the signature. What is asked for is
`openid` and nothing more: of whoever logs in there, only issuer and subject are wanted, never a name.

A provider is the installation's own choice, and yet is trusted with one sentence alone, who it is: signatures that
anyone could make (`none`, HMAC) are never accepted, addresses without TLS are used on this machine only, no redirect is
followed, and an answer has its limits in time and size.

`tests/api/test_sign_on.py` shows it with a provider in a process of its own.
"""

from __future__ import annotations

import http.client
import json
import threading
import time
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode, urlsplit

from authlib.oauth2.client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import BadSignatureError, ClaimError, InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from api.secrecy import is_secret_way
from api.settings import Settings

ALGORITHMS: Final = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519",
)
RETURN: Final = "/login/provider/return"
LEEWAY_SECONDS: Final = 60           # So far the two clocks may be apart.
_KEPT_SECONDS: Final = 3_600         # So long a description and its keys are believed without asking again.
_AGAIN_SECONDS: Final = 60           # A token under an unknown key has them asked for again, not more often.
_TIMEOUT_SECONDS: Final = 5
_WHOLE_SECONDS: Final = 10
_BYTES_MOST: Final = 1 << 20
_RSA_BITS: Final = 2_048
_AT_ONCE: Final = 4                  # A provider that hangs must not hold every thread of the service.


class ProviderAway(Exception):
    """The provider cannot be asked, or does not answer as one. `why` is for whoever runs the service."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


class NotProven(Exception):
    """What came from the provider does not prove who it is; `why` is a stable word."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


class Denied(Exception):
    """What the provider refuses. Of its words only the code: Authlib's own error takes no Chinese description."""

    def __init__(self, error: str, description: str | None = None) -> None:
        self.error = error
        super().__init__(error)


class Session(OAuth2Client):  # type: ignore[misc]  # The library has no types.
    """One exchange with the provider."""

    oauth_error_class = Denied


class Asked(NamedTuple):
    """What a sign-on was begun with, and what has to come back of it."""

    state: str
    nonce: str
    verifier: str


class Identity(NamedTuple):
    """Who somebody is at the provider. Both together are theirs for ever (Core 1.0, section 5.7)."""

    issuer: str
    subject: str


class Strength(NamedTuple):
    """How somebody must have shown there who they are, where the installation asks for that (Core 1.0, section 2).

    `acr`: one of these classes; `amr`: at least one of these methods (RFC 8176). What is not said is not shown.
    """

    acr: tuple[str, ...] = ()
    amr: tuple[str, ...] = ()

    def asked(self) -> dict[str, str]:
        """What is put into the request: a provider that can do more is told that it should."""
        return {"acr_values": " ".join(self.acr)} if self.acr else {}

    def is_met(self, acr: object, amr: object) -> bool:
        """Say whether what the provider tells will do; anything but a text and a list of texts tells nothing."""
        methods = {one for one in amr if isinstance(one, str)} if isinstance(amr, list) else set()
        return (not self.acr or acr in self.acr) and (not self.amr or not methods.isdisjoint(self.amr))


ANYHOW: Final = Strength()


class Provider:
    """One provider, used by every thread."""

    def __init__(
        self, issuer: str, client: str, secret: str, returns_to: str, strength: Strength = ANYHOW
    ) -> None:
        self.issuer: Final = issuer
        self.returns_to: Final = returns_to
        self._strength = strength
        self._client, self._secret = client, secret
        self._turn = threading.BoundedSemaphore(_AT_ONCE)
        self._described: tuple[float, dict[str, Any]] | None = None
        self._keys: tuple[float, KeySet] | None = None

    def demand_there(self) -> None:
        """See that it answers, says what it should of itself, and has keys."""
        self._key_set(self._description())

    def address(self, asked: Asked) -> str:
        """Where to send somebody who is to say there who they are."""
        address, _ = self._session(self._description()).create_authorization_url(
            self._description()["authorization_endpoint"], state=asked.state, nonce=asked.nonce,
            code_verifier=asked.verifier, **self._strength.asked())
        return str(address)

    def identity(self, sent: Mapping[str, str], asked: Asked, *, now_s: int) -> Identity:
        """Who it is that came back, by what they brought; `asked.state` was compared by whoever keeps it."""
        description = self._description()
        self._demand_own(sent, description)
        if "error" in sent or not sent.get("code"):
            raise NotProven("declined")
        try:
            token = self._session(description).fetch_token(
                description["token_endpoint"], code=sent["code"], code_verifier=asked.verifier)
        except Denied as no:
            if no.error != "invalid_grant":  # Of any other no, it is the installation that is known wrongly there.
                raise ProviderAway("token_refused") from None
            raise NotProven("code") from None
        except (ValueError, TypeError, OverflowError):  # A time of a token that is no number, or no end of numbers.
            raise ProviderAway("token_unfit") from None
        claims = self._claims(token, description, asked, now_s=now_s)
        subject = claims["sub"]
        if not isinstance(subject, str) or not 0 < len(subject) <= 255:  # Core 1.0, section 2.
            raise NotProven("answer")
        if not self._strength.is_met(claims.get("acr"), claims.get("amr")):
            raise NotProven("strength")
        return Identity(self.issuer, subject)

    def _demand_own(self, sent: Mapping[str, str], description: Mapping[str, Any]) -> None:
        """See that the answer is this provider's and not another's that was mixed up with it (RFC 9207)."""
        named = sent.get("iss")
        says_so = description.get("authorization_response_iss_parameter_supported") is True
        if named != self.issuer and (named is not None or says_so):
            raise NotProven("issuer")

    def _claims(self, token: Mapping[str, Any], description: Mapping[str, Any], asked: Asked, *, now_s: int) -> Any:
        """The claims of the ID token, every one of them checked (Core 1.0, section 3.1.3.7)."""
        sent = token.get("id_token")
        if not isinstance(sent, str) or not sent.isascii():
            raise NotProven("answer")
        options = {"iss": {"essential": True, "values": [self.issuer]},
                   "aud": {"essential": True, "values": [self._client]}}  # Authlib's own asks for an `azp` alone.
        params = {"nonce": asked.nonce, "client_id": self._client, "access_token": token.get("access_token")}
        try:
            found = self._opened(sent, description)
            claims = CodeIDToken(found.claims, found.header, options, params)
            claims.validate(now=now_s, leeway=LEEWAY_SECONDS)
        except ClaimError as wrong:
            raise NotProven(_WRONG.get(str(wrong.claim), "answer")) from None
        except (JoseError, ValueError, TypeError, KeyError, RecursionError):
            raise NotProven("signature") from None
        return claims

    def _opened(self, sent: str, description: Mapping[str, Any]) -> jwt.Token:
        registry = JWSRegistry(algorithms=_algorithms(description), strict_check_header=False)
        try:
            return jwt.decode(sent, key=self._key_set(description), registry=registry)
        except (InvalidKeyIdError, BadSignatureError):  # It may have changed its keys since.
            return jwt.decode(sent, key=self._key_set(description, _AGAIN_SECONDS), registry=registry)

    def _description(self) -> dict[str, Any]:
        """What the provider says about itself."""
        if self._described is not None and time.monotonic() - self._described[0] < _KEPT_SECONDS:
            return self._described[1]
        found = self._ask("GET", self.issuer.rstrip("/") + "/.well-known/openid-configuration").json()
        wanted = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        if not isinstance(found, dict) or found.get("issuer") != self.issuer:
            raise ProviderAway("issuer_differs")  # Discovery 1.0, section 4.3.
        if not all(isinstance(found.get(name), str) and is_secret_way(found[name]) for name in wanted):
            raise ProviderAway("addresses_unfit")
        if not _algorithms(found):
            raise ProviderAway("algorithms_unfit")
        self._described = (time.monotonic(), found)
        return found

    def _key_set(self, description: Mapping[str, Any], older_than_s: float = _KEPT_SECONDS) -> KeySet:
        if self._keys is not None and time.monotonic() - self._keys[0] < older_than_s:
            return self._keys[1]
        found = self._ask("GET", description["jwks_uri"]).json()
        listed = found.get("keys") if isinstance(found, dict) else None
        if not isinstance(listed, list):
            raise ProviderAway("keys_unfit")
        public = [one for one in listed if isinstance(one, dict) and one.get("use", "sig") == "sig"
                  and one.get("kty") in ("RSA", "EC", "OKP")  # A shared secret proves nothing to us.
                  and not (one["kty"] == "RSA" and _is_short(one.get("n")))]
        try:
            keys = KeySet.import_key_set({"keys": public})
        except (JoseError, ValueError, KeyError):
            raise ProviderAway("keys_unfit") from None
        self._keys = (time.monotonic(), keys)
        return keys

    def _session(self, description: Mapping[str, Any]) -> Session:
        offered = description.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        is_basic = not isinstance(offered, list) or "client_secret_basic" in offered  # Discovery 1.0, section 3.
        method = "client_secret_basic" if is_basic else "client_secret_post"
        return Session(
            self, client_id=self._client, client_secret=self._secret, scope="openid", redirect_uri=self.returns_to,
            token_endpoint_auth_method=method if self._secret else "none", code_challenge_method="S256")

    def post(self, address: str, data: Mapping[str, str], headers: Mapping[str, str], auth: Any) -> Said:
        """Carry what Authlib has to say to the provider."""
        address, sent, body = auth.prepare("POST", address, dict(headers), urlencode(data))
        return self._ask("POST", address, sent, body.encode())

    def _ask(
        self, method: str, address: str, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Said:
        if not self._turn.acquire(timeout=_TIMEOUT_SECONDS):
            raise ProviderAway("busy")
        try:
            return _carried(method, address, {"Accept": "application/json", **(headers or {})}, body)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise ProviderAway(type(error).__name__) from None
        finally:
            self._turn.release()


def provider_of(settings: Settings) -> Provider:
    """The provider that is set."""
    return Provider(settings.sign_on_issuer, settings.sign_on_client, settings.sign_on_secret,
                    settings.public_address + RETURN,
                    Strength(*(tuple(one.strip() for one in listed.split(",") if one.strip())
                               for listed in (settings.sign_on_acr, settings.sign_on_amr))))


_WRONG: Final = {"nonce": "nonce", "iss": "issuer", "aud": "audience", "azp": "audience",
                 "exp": "expired", "iat": "expired", "nbf": "expired"}
"""Which claim that is wrong or missing makes which word; any other is an answer that cannot be used."""


class Said(NamedTuple):
    """An answer, as Authlib reads one."""

    status_code: int
    body: bytes

    def json(self) -> Any:
        """Read it; whoever does not answer in JSON is no provider."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            raise ProviderAway("not_json") from None

    def raise_for_status(self) -> None:
        """Say that it could not be asked."""
        if self.status_code >= 400:
            raise ProviderAway(f"status_{self.status_code}")


def _is_short(modulus: object) -> bool:
    """Whether an RSA key has fewer than 2048 bits, which nobody may sign with (RFC 7518, section 3.3)."""
    try:
        number = urlsafe_b64decode(f"{modulus}===")
    except ValueError:
        return True
    return int.from_bytes(number).bit_length() < _RSA_BITS


def _algorithms(description: Mapping[str, Any]) -> list[str]:
    offered = description.get("id_token_signing_alg_values_supported", ["RS256"])
    return [one for one in ALGORITHMS if one in offered] if isinstance(offered, list) else []


def _carried(method: str, address: str, headers: Mapping[str, str], body: bytes | None) -> Said:
    """One request on a connection of its own, whose answer is there in time or not at all."""
    parts = urlsplit(address)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=_TIMEOUT_SECONDS)
    until = time.monotonic() + _WHOLE_SECONDS
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request(method, target, body, dict(headers))
        response, content = connection.getresponse(), b""
        while piece := response.read1(65_536):
            content += piece
            if len(content) > _BYTES_MOST or time.monotonic() > until:
                raise ProviderAway("too_much")
    finally:
        connection.close()
    if method == "GET" and response.status != 200:
        raise ProviderAway(f"status_{response.status}")
    return Said(response.status, content)
