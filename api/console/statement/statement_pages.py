"""A statement in a browser: to print, as a sealed PDF, as the text with its proof, as a page that verifies itself.

For the person, and for whoever else may see it, who names a purpose and is recorded like everywhere else.
`tests/api/printing/test_statement_paper.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Blueprint, Response, current_app, redirect, request

from api.cases.statement import statement_shown
from api.cases.statement.statement_verifier import verifier_of
from api.console.page import caller_of_session, refused, render, said_no, secured
from api.console.wanted import login
from api.operational.callers import Caller
from api.paper.saved import attached, of_statement
from api.routes.door import house
from api.statements.paper import Paper, base_address, paper
from api.statements.pdf import PdfImpossible, certificate_pdf, pdf
from api.statements.seal import Seal, open_seal
from ledger.errors import Refusal
from projections.statement.certificate import REMARK
from projections.statement.reading import UnreadableStatement


def statement_routes() -> Blueprint:
    """The pages, ready to be put into a service that has the others."""
    page = Blueprint("statement_pages", __name__)
    page.after_request(secured)
    page.add_url_rule("/statements/<statement:statement>", view_func=show, methods=["GET"])
    page.add_url_rule("/statements/<statement:statement>/certificate", view_func=certificate, methods=["GET"])
    page.add_url_rule("/statements/<statement:statement>/certificate.pdf", view_func=certificate_as_pdf,
                      methods=["GET"])
    page.add_url_rule("/statements/<statement:statement>.pdf", view_func=as_pdf, methods=["GET"])
    page.add_url_rule("/statements/<statement:statement>.txt", view_func=as_text, methods=["GET"])
    page.add_url_rule("/statements/<statement:statement>-verify.html", view_func=as_verifier, methods=["GET"])
    return page


def _for_session(view: Callable[[Caller, str], Any]) -> Callable[[str], Any]:
    """Show whoever is logged in one statement; anybody else is led to the login."""
    @wraps(view)
    def shown(statement: str) -> Any:
        caller = caller_of_session()
        return redirect(login(), 303) if caller is None else view(caller, statement)

    return shown


@_for_session
def show(caller: Caller, statement: str) -> Any:
    """The page that is printed."""
    made = _paper(caller, statement)
    if not isinstance(made, Paper):
        return made
    return render("statement.html", caller=caller, paper=made, purpose=_purpose())


@_for_session
def certificate(caller: Caller, statement: str) -> Any:
    """The same in a few sentences, where it is of one year."""
    made = _paper(caller, statement)
    if not isinstance(made, Paper):
        return made
    if made.certificate is None:
        return _no_certificate(caller)
    return render("certificate.html", caller=caller, paper=made, purpose=_purpose(), remark=REMARK)


@_for_session
def certificate_as_pdf(caller: Caller, statement: str) -> Any:
    """The certificate as a sealed PDF of its own."""
    made = _paper(caller, statement)
    if not isinstance(made, Paper):
        return made
    if made.certificate is None:
        return _no_certificate(caller)
    words = of_statement(made.file, "继续教育学时证明")
    return _sealed(made, certificate_pdf, caller, words, f"{statement}-certificate.pdf")


def _no_certificate(caller: Caller) -> Response:
    words = "年度学时证明出自只列一个年度的情况表：请先按年度出具一份。"
    return refused("not_found", "没有年度证明", words, 404, caller)


@_for_session
def as_pdf(caller: Caller, statement: str) -> Any:
    """The same as a sealed PDF."""
    made = _paper(caller, statement)
    if not isinstance(made, Paper):
        return made
    return _sealed(made, pdf, caller, of_statement(made.file), f"{statement}.pdf")


def _sealed(made: Paper, make: Callable[[Paper, Seal], bytes], caller: Caller, words: str, name: str) -> Response:
    register = house().register
    try:
        sealed = make(made, open_seal(register.folder.keys, register.signer, now=house().now))
    except PdfImpossible as no:
        return refused("pdf_impossible", "做不出 PDF", str(no), 503, caller)
    return attached(sealed, "application/pdf", words, name)


@_for_session
def as_text(caller: Caller, statement: str) -> Any:
    """The text with its proof, for `xueshi verify`."""
    found = statement_shown.file(house(), caller, statement, _purpose())
    if isinstance(found, Refusal):
        return said_no(found, caller)
    return attached(found, "text/plain; charset=utf-8", f"{of_statement(found)}-核验文件", f"{statement}.txt")


@_for_session
def as_verifier(caller: Caller, statement: str) -> Any:
    """The same as a page that verifies itself, to be opened from a disk."""
    found = statement_shown.file(house(), caller, statement, _purpose())
    if isinstance(found, Refusal):
        return said_no(found, caller)
    page = verifier_of(house().register, base_address(current_app.config), found)
    return attached(page, "text/html; charset=utf-8", f"{of_statement(found)}-可离线核验", f"{statement}-verify.html")


def _paper(caller: Caller, statement: str) -> Paper | Response:
    try:
        made = paper(house(), caller, statement, _purpose(), base_address(current_app.config))
    except UnreadableStatement as no:
        return refused(no.code, "不能另作排版", str(no), 409, caller)
    return said_no(made, caller) if isinstance(made, Refusal) else made


def _purpose() -> str | None:
    return request.args.get("purpose", "").strip()[:100] or None
