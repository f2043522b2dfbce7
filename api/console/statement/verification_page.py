"""The public page: a statement verified by QR code, by its code, or by the file, by anybody and without a script.

`/v/<code>` is what a QR code leads to, `/verify` the form. A file is read, compared and forgotten. What a page says is
what `GET /v1/verifications` says. `tests/api/printing/test_verification.py` shows it.
"""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, Response, current_app, request
from werkzeug.exceptions import RequestEntityTooLarge

from api.cases.statement.statement_verifier import verifier_of
from api.console.page import refused, render, said_no, secured
from api.paper.saved import attached
from api.routes.door import house
from api.statements import verification
from api.statements.paper import base_address
from ledger.errors import Refusal

FILE_MOST: Final = 8 * 1024 * 1024
_CODE_MOST: Final = 60
_STATUS: Final = {verification.ABSENT: 404}
_MARKS: Final = {verification.VALID: "met", verification.SUPERSEDED: "open", verification.CORRECTED: "open",
                verification.OTHER_FILE: "open", verification.CUT_SHORT: "open", verification.UNSEALED: "open"}
_SIGNS: Final = {"met": "✓", "open": "!", "short": "✗"}


def verification_routes(public_address: str = "") -> Blueprint:
    """The pages, ready to be put into a service; the address is what stands on paper, where the service knows it."""
    page = Blueprint("verification", __name__)
    page.record(lambda state: state.app.config.setdefault("PUBLIC_ADDRESS", public_address))
    page.after_request(secured)
    page.add_url_rule("/verify", view_func=form, methods=["GET"])
    page.add_url_rule("/verify", view_func=file, methods=["POST"])
    page.add_url_rule("/verify/offline", view_func=offline, methods=["GET"])
    page.add_url_rule("/v/<code>", view_func=code, methods=["GET"])
    return page


def form() -> Any:
    """The form, and beneath it what a code that was typed into it has come to."""
    typed = request.args.get("code", "").strip()[:_CODE_MOST]
    return _answered(verification.by_code(house(), typed), typed) if typed else _blank()


def code(code: str) -> Any:
    """What a QR code leads to: the code, and the digits of the digest that stand on the paper."""
    digest = request.args.get("d", "").strip()[:64] or None
    return _answered(verification.by_code(house(), code[:_CODE_MOST], digest), code[:_CODE_MOST])


def file() -> Any:
    """A file, read here and kept nowhere."""
    request.max_content_length = FILE_MOST
    try:
        given = request.files.get("file")
        data = b"" if given is None else given.read()
    except RequestEntityTooLarge:
        return refused("content_too_large", "文件太大", "登记情况表的文件不会超过 8 MB。", 413)
    if not data:
        return _blank("没有选择文件，或文件是空的。", status=422)
    return _answered(verification.by_file(house(), data), "")


def offline() -> Any:
    """The verifier without a statement: whoever fetched it here need not believe a page that a bearer brings."""
    made = verifier_of(house().register, base_address(current_app.config))
    return attached(made, "text/html; charset=utf-8", "学时账离线核验", "xueshi-verify.html")


def _blank(error: str = "", *, status: int = 200) -> Response:
    return render("verify.html", status=status, found=None, typed="", error=error)


def _answered(found: dict[str, Any] | Refusal, typed: str) -> Response:
    if isinstance(found, Refusal):
        return said_no(found, None)
    mark = _MARKS.get(found["state"], "short")
    return render("verify.html", status=_STATUS.get(found["state"], 200), found=found, typed=typed, mark=mark,
                  sign=_SIGNS[mark], error="")
