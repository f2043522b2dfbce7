"""The log over HTTP: checkpoint, key and tiles for everyone; entries with the right to read the ledger.

The addresses and forms are those of C2SP tlog-tiles, so that any existing client can follow the log. Hash tiles tell
nothing about anyone, since every leaf holds 16 random bytes; entries hold handles of people, so they need a token.

`tests/api/test_log_routes.py` shows it.
"""

from __future__ import annotations

import hmac
from datetime import UTC, datetime

import structlog
from flask import Blueprint, Response, request
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import NotFound, Unauthorized

from api.register.register import Register
from ledger.proof.keys import format_vkey, parse_vkey
from ledger.proof.tiles import ENTRIES, MalformedTile, parse_tile_path
from ledger.signing.rotation import believable
from ledger.stores.errors import AbsentTile
from ledger.stores.recorder import AppendingRecorder
from ledger.witnessing.kept import seen_at

_TEXT = "text/plain; charset=utf-8"
_SOON = "public, max-age=5"


def log_routes(register: Register) -> Blueprint:
    """Make the blueprint for an open register."""
    routes = Blueprint("log", __name__)

    @routes.get("/log/checkpoint")
    def checkpoint() -> Response:
        note = register.signer.handed_out()
        answer = answered(note, _TEXT, _SOON)
        if (seconds := seen_at(note)) > 0:  # How old it is: when a witness saw it last.
            answer.last_modified = datetime.fromtimestamp(seconds, UTC)
        return answer

    @routes.get("/log/key")
    def key() -> Response:
        return answered("".join(f"{line}\n" for line in published_keys(register)).encode(), _TEXT, _SOON)

    @routes.get("/log/key/succession")
    def key_succession() -> Response:
        path = register.folder.keys / "ledger.succession"
        return answered(path.read_bytes() if path.exists() else b"", _TEXT, _SOON)

    @routes.get("/log/tile/<path:rest>")
    def tile(rest: str) -> Response:
        return tile_of(register.ledger.store, rest, register.reader_token)

    return routes


def published_keys(register: Register) -> list[str]:
    """The keys by which anyone may believe the log: also those that signed before, because papers last longer."""
    signing = [parse_vkey(line) for line in register.signer.vkeys]
    return [format_vkey(key) for key in believable(register.folder.keys, "ledger", signing)]


def tile_of(store: AppendingRecorder, path: str, reader_token: str) -> Response:
    """A tile of the log to anybody; a bundle of entries to whoever may read the ledger."""
    try:
        wanted = parse_tile_path(f"tile/{path}")
        if wanted.level == ENTRIES:
            demand_reader(reader_token)
        keep = f"{'private' if wanted.level == ENTRIES else 'public'}, max-age=31536000, immutable"
        return answered(store.read_tile(wanted), "application/octet-stream", keep)
    except (MalformedTile, AbsentTile) as error:
        raise NotFound(str(error)) from error


def demand_reader(known: str) -> None:
    """See that whoever asks may read the ledger; where there is no token for that, nobody may."""
    given = request.authorization
    token = (given.token or "") if given is not None and given.type == "bearer" else ""
    if not known or not hmac.compare_digest(token.encode(), known.encode()):
        raise Unauthorized("读取事件须有令牌。", www_authenticate=WWWAuthenticate("bearer"))
    structlog.contextvars.bind_contextvars(actor="reader")


def answered(body: bytes, mimetype: str, keep: str) -> Response:
    """Bytes with how long they may be kept."""
    answer = Response(body, content_type=mimetype)
    answer.headers["Cache-Control"] = keep
    return answer
