"""What those outside signed of the log, for everyone: checkpoints that stay, and the times that they were given.

    GET /log/checkpoints                        which sizes stay, with their authorities and the proofs of forks
    GET /log/checkpoints/<size>                 the note
    GET /log/checkpoints/<size>/<name>.tsr      the authority's answer (RFC 3161, DER)
    GET /log/forks/<name>                       the proof that this log has two histories

`tests/witness/test_stamps.py` shows it.
"""

from __future__ import annotations

from flask import Blueprint, Response, jsonify
from werkzeug.exceptions import NotFound

from ledger.witnessing.kept import Kept

_TEXT = "text/plain; charset=utf-8"
_FOR_EVER = "public, max-age=31536000, immutable"


def witnessed_routes(kept: Kept) -> Blueprint:
    """Make the blueprint."""
    routes = Blueprint("witnessed", __name__)

    @routes.get("/log/checkpoints")
    def listed() -> Response:
        answer = jsonify(
            checkpoints=[{"size": size, "time_stamps": sorted(kept.stamps(size))} for size in kept.dated()],
            forks=sorted(kept.forks()))
        answer.headers["Cache-Control"] = "public, max-age=5"
        return answer

    @routes.get("/log/checkpoints/<int:size>")
    def one(size: int) -> Response:
        return _answer(kept.at(size), _TEXT, _FOR_EVER, called=f"checkpoint.{size}")

    @routes.get("/log/checkpoints/<int:size>/<name>.tsr")
    def stamp(size: int, name: str) -> Response:
        return _answer(kept.stamps(size).get(name), "application/timestamp-reply", _FOR_EVER,
                       called=f"checkpoint.{size}.{name}.tsr")

    @routes.get("/log/forks/<name>")
    def fork(name: str) -> Response:
        return _answer(kept.forks().get(name), _TEXT, "no-store")

    return routes


def _answer(body: bytes | None, mimetype: str, keep: str, called: str = "") -> Response:
    """`called` is the name under which it is looked for beside the others (`xueshi verify`)."""
    if body is None:
        raise NotFound("没有保存这一个；所存的见 /log/checkpoints。")
    answer = Response(body, content_type=mimetype)
    answer.headers["Cache-Control"] = keep
    if called:
        answer.headers["Content-Disposition"] = f'inline; filename="{called}"'
    return answer
