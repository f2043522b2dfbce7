"""A service on a standby of the database: the log and its proofs, each answer with how far it goes; nothing else.

    GET /log/checkpoint, /log/key, /log/tile/...    as of the service itself
    GET /v1/events/{position}/proof                 under the last checkpoint that has arrived
    GET /v1/standby                                 position, what may be missing, where the service is

Every answer bears `Xueshi-Position` and `Xueshi-Behind-Ms` (`unknown` while nothing comes from the primary). All else
is refused with 503 and the primary's address: nothing can be recorded here, and so nobody's data can be shown, since
every look at them is recorded first. It signs nothing and needs no key of a person; of keys/ it reads what is public,
and the token of those who may read the ledger.

`tests/api/test_standby_service.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from flask import Blueprint, Flask, Response, g, jsonify, request

from api.doctor.checks import Check, Level
from api.log_routes import answered, demand_reader, tile_of
from api.paper.saved import disposition
from api.register.folder import Folder, folder_of
from api.service.app import create_app
from api.settings import Settings
from api.terminal.exits import Exit, Stop
from ledger.ledger import Conninfo
from ledger.proof.keys import format_vkey
from ledger.proving import NoSuchEvent, NotYetSigned, prove_event
from ledger.signing.former_keys import keys_at_hand
from ledger.stores.on_standby import OnStandby
from ledger.stores.postgres_standby import Replica, StandbyRecorder

POSITION: Final = "Xueshi-Position"
BEHIND: Final = "Xueshi-Behind-Ms"
ROLE: Final = "Xueshi-Role"
BEHIND_MOST_S: Final = 60
_TEXT: Final = "text/plain; charset=utf-8"
_OWN: Final = ("/", "/livez", "/readyz", "/version")


def serve(settings: Settings, *, primary: str, behind_most_s: int, announce: Callable[[str], None]) -> None:
    """Serve until told to stop."""
    from api.serve import _serve
    from api.telling import logs

    logs.configure(settings.log_level, settings.log_format)
    with composed(settings, primary=primary, behind_most_s=behind_most_s) as app:
        _serve(app, settings, announce)


@contextmanager
def composed(settings: Settings, *, primary: str, behind_most_s: int = BEHIND_MOST_S) -> Iterator[Flask]:
    """Put it together; raises Stop where there is no database, and what is wrong with one."""
    if not settings.database:
        cure = "请用 XUESHI_DATABASE 指定备用数据库；SQLite 的账本没有备用库，请用备份（xueshi backup）"
        raise Stop(Exit.BAD_INPUT, "standby_needs_postgres", "没有设置数据库，无从以备用库提供服务", cure)
    store = StandbyRecorder(Conninfo(settings.database))
    try:
        folder = folder_of(settings)
        app = create_app(checks=[Check("standby", lambda: _check(store, behind_most_s))],
                         blueprints=[_routes(store, folder, primary)])
        _say_how_far(app, store, primary)
        yield app
    finally:
        store.close()


def _check(store: StandbyRecorder, behind_most_s: int) -> tuple[Level, str, str]:
    found = store.replica()
    if found.behind_ms is None:
        return Level.FAIL, "没有收到主服务器的数据", "请检查主服务器和两者之间的网络；读取仍可，但不知落后多少"
    if found.behind_ms > behind_most_s * 1_000:
        return Level.FAIL, f"落后 {found.behind_ms // 1_000} 秒", "请检查备用服务器的磁盘，以及是否有长查询挡住了回放"
    return Level.OK, f"已到第 {found.position:,} 个事件", ""


def _say_how_far(app: Flask, store: StandbyRecorder, primary: str) -> None:
    """Ask how far it is before an answer is made: what is answered is at least as new as it says."""

    @app.before_request
    def _ask() -> None:
        if request.path == "/livez":
            return
        rule = request.url_rule
        is_known = rule is not None and (
            rule.rule in _OWN or rule.rule.startswith(("/log/", "/problems/", "/v1/standby", "/v1/events/")))
        if not is_known or request.method not in ("GET", "HEAD"):
            raise OnStandby(primary)
        g.replica = store.replica()

    @app.after_request
    def _tell(response: Response) -> Response:
        found: Replica | None = g.get("replica")
        if found is None:
            response.headers[ROLE] = "standby"
        else:
            response.headers[ROLE] = "standby" if found.is_standby else "primary"
            response.headers[POSITION] = str(found.position)
            response.headers[BEHIND] = "unknown" if found.behind_ms is None else str(found.behind_ms)
        if response.status_code == 503 and primary:
            response.headers["Link"] = f'<{primary}>; rel="alternate"'
        return response


def _routes(store: StandbyRecorder, folder: Folder, primary: str) -> Blueprint:
    routes = Blueprint("standby", __name__)

    @routes.get("/v1/standby")
    def standby() -> Response:
        found, last = store.replica(), store.last_checkpoint()
        body: dict[str, Any] = {
            "role": "standby" if found.is_standby else "primary", "position": found.position,
            "behind_ms": found.behind_ms, "silent_ms": found.silent_ms,
            "signed_to": 0 if last is None else last.size, "primary": primary or None,
        }
        return jsonify(body)

    @routes.get("/log/checkpoint")
    def checkpoint() -> Response:
        return answered(_last_note(store, primary), _TEXT, "no-cache")  # Of a standby none is kept: it may be behind.

    @routes.get("/log/key")
    def key() -> Response:
        if not (found := keys_at_hand(folder.keys, "ledger")):
            raise OnStandby(primary)  # No folder of keys is at hand here.
        return answered("".join(f"{format_vkey(one)}\n" for one in found).encode(), _TEXT, "no-cache")

    @routes.get("/log/tile/<path:rest>")
    def tile(rest: str) -> Response:
        return tile_of(store, rest, _reader_token(folder))

    @routes.get("/v1/events/<int:position>/proof")
    def proof(position: int) -> Response:
        demand_reader(_reader_token(folder))
        try:
            bundle = prove_event(store, position, _last_note(store, primary))
        except (NoSuchEvent, NotYetSigned) as error:  # It may have happened, or been signed, where this has not got to.
            raise OnStandby(primary) from error
        answer = answered(bundle, _TEXT, "no-store")
        answer.headers["Content-Disposition"] = disposition(f"事件 {position} 的证明", f"event-{position}.tlog-proof")
        return answer

    return routes


def _last_note(store: StandbyRecorder, primary: str) -> bytes:
    last = store.last_checkpoint()
    if last is None:
        raise OnStandby(primary)
    return last.note


def _reader_token(folder: Folder) -> str:
    return folder.reader_token.read_text("utf-8").strip() if folder.reader_token.is_file() else ""
