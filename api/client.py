"""The client: one way to ask the API, over HTTP or in this process, so that every command works either way.

With an address it asks there. Without one it asks the service that is running on the data folder, and where none runs
it puts the service together in this process and asks that: the same routes, the same answers, no server needed. Which
of the two is no guess: whoever has the folder holds a lock on it (`api.register.occupancy`).

A token travels in a header, never in an address; in clear it leaves this machine on no connection, and it follows no
redirect. `tests/api/test_client.py` shows it.
"""

from __future__ import annotations

import http.client
import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol
from urllib.parse import quote, urlencode, urlsplit

from api.register.occupancy import Served, occupying
from api.secrecy import OPERATOR, is_secret_way
from api.terminal.exits import Exit, Stop

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from api.settings import Settings

TIMEOUT_SECONDS: Final = 60
BODY_BYTES_MOST: Final = 64 * 1024 * 1024


class Reply(NamedTuple):
    """What was answered. Names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        """Say whether it is what was asked for."""
        return 200 <= self.status < 300

    @property
    def json(self) -> Any:
        """Read the body; an answer that is not JSON came from something that is not this API."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            raise not_this_api() from None


class Transport(Protocol):
    """Something that carries a request to the API and brings the answer."""

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Reply:
        """Carry one request."""


class Remote:
    """Over HTTP. One connection, made when it is first needed."""

    def __init__(self, address: str) -> None:
        self.address: Final = address
        self._connection = _connection(address)
        self._prefix = urlsplit(address).path.rstrip("/")

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Reply:
        """Carry one request; a connection that was closed in between is opened again."""
        if "Authorization" in headers:
            _demand_secrecy(self.address)
        try:
            self._connection.request(method, self._prefix + path, body=body, headers=dict(headers))
            response = self._connection.getresponse()
            content = response.read(BODY_BYTES_MOST + 1)
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            cure = "请核对地址，并确认服务正在运行（xueshi serve）；已发出的请求可用同一个 --key 重试，不会重复登记"
            message = f"无法与 {self.address} 通信（{type(error).__name__}）"
            raise Stop(Exit.WORLD_IS_WRONG, "server_unreachable", message, cure) from None
        if len(content) > BODY_BYTES_MOST:
            self._connection.close()
            raise not_this_api()
        return Reply(response.status, {name.lower(): value for name, value in response.getheaders()}, content)

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()


class InProcess:
    """Without a server: the service put together in this process, asked as a server would ask it."""

    def __init__(self, app: FlaskClient) -> None:
        self._app = app

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Reply:
        """Carry one request."""
        here = {OPERATOR: True}  # They have the folder: of a fault they are told where it lies.
        response = self._app.open(path, method=method, headers=dict(headers), data=body, environ_overrides=here)
        return Reply(response.status_code, {name.lower(): value for name, value in response.headers}, response.data)


class Client:
    """The API as somebody who bears a token, or nobody, uses it."""

    def __init__(self, transport: Transport, token: str | None = None) -> None:
        self.transport: Final = transport
        self._token = token

    @property
    def is_remote(self) -> bool:
        """Say whether somebody else answers, who may be asked several things at once."""
        return isinstance(self.transport, Remote)

    def bearing(self, token: str | None) -> Client:
        """The same door, knocked at by somebody else."""
        return Client(self.transport, token)

    def get(self, path: str, query: Mapping[str, Any] | None = None) -> Reply:
        """Read."""
        return self._send("GET", _address(path, query))

    def post(
        self, path: str, body: Mapping[str, Any] | None = None, *, key: str | None = None,
        version: int | None = None, dry_run: bool = False,
    ) -> Reply:
        """Write, or only try. Without a key a new one is made: two commands are two requests."""
        headers = {"Idempotency-Key": key or secrets.token_hex(16)}
        if version is not None:
            headers["If-Match"] = f'"v{version}"'
        query = {"dry_run": "true"} if dry_run else None
        return self._send("POST", _address(path, query), headers, body or {})

    def post_lines(self, path: str, content: bytes, *, key: str | None = None, query: Mapping[str, Any]) -> Reply:
        """Write many at once, a line each."""
        headers = {"Idempotency-Key": key or secrets.token_hex(16), "Content-Type": "application/x-ndjson"}
        return self._send("POST", quote(path, safe="/:") + (f"?{urlencode(query)}" if query else ""), headers, content)

    def put(self, path: str, content: bytes, *, name: str) -> Reply:
        """Send a file, under the name that it has here."""
        return self._send("PUT", _address(path, None), {
            "Content-Type": "application/octet-stream",
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
        }, content)

    def save(self, path: str, body: Mapping[str, Any], *, version: int | None = None) -> Reply:
        """Keep something outside the log, over the version that was seen."""
        return self._send("PUT", _address(path, None), {} if version is None else {"If-Match": f'"v{version}"'}, body)

    def drop(self, path: str) -> Reply:
        """Let go of something that is kept outside the log."""
        return self._send("DELETE", _address(path, None))

    def _send(
        self, method: str, path: str, headers: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | bytes | None = None,
    ) -> Reply:
        sent = {"Accept": "application/json, application/problem+json, text/plain", **(headers or {})}
        if self._token is not None:
            sent["Authorization"] = f"Bearer {self._token}"
        content = body if isinstance(body, bytes) else None
        if body is not None and not isinstance(body, bytes):
            content = json.dumps(body, ensure_ascii=False).encode()
            sent["Content-Type"] = "application/json"
        return self.transport.send(method, path, sent, content)


def _address(path: str, query: Mapping[str, Any] | None) -> str:
    given = {name: value for name, value in (query or {}).items() if value is not None}
    return quote(path, safe="/") + (f"?{urlencode(given)}" if given else "")


@contextmanager
def connected(settings: Settings, server: str | None = None, token: str | None = None) -> Iterator[Client]:
    """Reach the API: at an address, at the service that runs on the data folder, or in this process."""
    with ExitStack() as held:
        address = server or _occupied(settings, held)
        if address is not None:
            yield Client(held.enter_context(closing(Remote(address))), token)
            return
        from api.service.composed import composed
        from api.telling import logs

        logs.configure("error", settings.log_format)
        yield Client(InProcess(held.enter_context(composed(settings, serves=False)).test_client()), token)


def _occupied(settings: Settings, held: ExitStack) -> str | None:
    """Where the service of a data folder listens; None when there is none, and the folder is ours from here on."""
    from api.register.register import is_there

    folder = settings.data_folder
    if not is_there(settings):
        cure = f"请用 --data 指定数据文件夹（当前为 {folder}），或先运行 xueshi init；服务在别处的，请用 --server"
        raise Stop(Exit.WORLD_IS_WRONG, "no_register", "这里没有账本，也没有正在运行的服务", cure)
    try:
        held.enter_context(occupying(folder))
    except Served as found:
        return found.address
    return None


def _connection(address: str) -> http.client.HTTPConnection:
    parts = urlsplit(address)
    try:
        port = parts.port
    except ValueError:
        port = -1
    if parts.scheme not in ("http", "https") or not parts.hostname or port == -1 or parts.username:
        cure = "应为 http:// 或 https:// 开头的地址，如 http://127.0.0.1:8040"
        raise Stop(Exit.BAD_INPUT, "bad_server", "服务地址无法使用", cure)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    return kind(parts.hostname, port, timeout=TIMEOUT_SECONDS)


def _demand_secrecy(address: str) -> None:
    if not is_secret_way(address):
        message = f"令牌不能不加密地发往 {urlsplit(address).hostname}"
        raise Stop(Exit.BAD_INPUT, "token_in_clear", message, "请改用 https:// 的地址")


def not_this_api() -> Stop:
    """Say that whatever answered is not this API."""
    return Stop(Exit.WORLD_IS_WRONG, "not_this_api", "答复无法读懂", "请核对地址：那里可能不是学时账服务")
