"""Pages in a browser: the login that lets someone in, and the frame in which every page stands.

A password or a token is exchanged for a session cookie that no script and no other site can use (HttpOnly,
SameSite=Strict); only its SHA-256 is kept. Style, pictures and scripts are files of ours under an address that holds
their digest; nothing else may load, and nothing that stands in a page may run (Content-Security-Policy). What is shown
within the frame is the console's (`api.console`).

`tests/api/test_page.py` shows it, in a browser too.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from importlib import resources
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import structlog
from flask import Blueprint, Response, current_app, g, redirect, render_template, request

from api.cases.doing import Asked
from api.cases.holders import accounts
from api.console import frame, wanted
from api.console.cookies import SESSION, is_over_tls, of_host
from api.console.cookies import session as session_cookie
from api.console.letting_in import opened, way_on
from api.console.sending import issue_key
from api.console.wanted import HOME
from api.house import House
from api.operational.addresses import address_of_asker
from api.operational.callers import Caller, caller_of
from api.refusals import problems
from api.refusals.faults import BadFields
from api.refusals.refusals import without_names
from ledger.errors import LedgerError, Refusal
from ledger.reading import Recorded
from ledger.stores.append import RequestKey
from projections.basis import written_time
from projections.errors import ProjectionError

TOKEN_MOST: Final = 200
PASSWORD_MOST: Final = 400

_TYPES: Final = {"css": "text/css; charset=utf-8", "svg": "image/svg+xml", "js": "text/javascript; charset=utf-8"}
_FOLDERS: Final = {"htmx.min.js": "vendored"}
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)


def frame_routes(*within: Blueprint) -> Blueprint:
    """The frame and what stands within it, ready to be put into a service that has a house."""
    page = Blueprint("page", __name__, template_folder="../templates")
    page.after_request(secured)
    page.add_url_rule("/login", view_func=login, methods=["GET", "POST"])
    page.add_url_rule("/logout", view_func=logout, methods=["POST"])
    page.add_url_rule("/password", view_func=password, methods=["GET", "POST"])
    page.add_url_rule("/sessions", view_func=sessions, methods=["GET", "POST"])
    page.add_url_rule("/static/<name>.<digest>.<ending>", view_func=static, methods=["GET"])
    for each in within:
        page.register_blueprint(each)
    return page


# Who looks


def login() -> Any:
    """Exchange a password or a token for a session."""
    if request.method == "GET":
        return _login_form() if caller_of_session() is None else redirect(wanted.named() or HOME, 303)
    if not is_from_here():
        return refused("not_from_here", "请求来源不明", "登录只接受从本页提交。请打开登录页重试。", 403)
    if "password" in request.form:
        by_name = accounts.log_in(_house(), request.form.get("name", "")[:TOKEN_MOST],
                                  request.form["password"][:PASSWORD_MOST], address_of_asker())
        return _not_in(by_name, _login_form) if isinstance(by_name, Refusal) else _opened(by_name)
    house, token = _house(), request.form.get("token", "").strip()
    found = house.tokens.caller(token, now=house.now) if 0 < len(token) <= TOKEN_MOST else None
    if not isinstance(found, Caller) or found.kind not in ("person", "actor"):
        known = isinstance(found, Caller) and found.kind != "nobody"
        words = "这个令牌不用于登录页面：它只供安装和核查使用。请用本人或经办账号的令牌。" if known else (
            "令牌无效：它从未发放，或已被新的令牌取代。请核对是否复制完整（以 xsl_ 开头，共 47 位）。")
        return _login_form(status=401, error=words)
    return _opened(found)


def _login_form(*, status: int = 200, error: str = "", is_set: bool = False) -> Response:
    """The login, by the way to where somebody wanted to go; from elsewhere a browser brings no session along, even of
    whoever has one (SameSite=Strict): a link of ours then leads there."""
    place = wanted.named()
    is_from_elsewhere = request.headers.get("Sec-Fetch-Site") == "cross-site"
    return render("login.html", status=status, error=error, is_set=is_set, to=place,
                  perhaps_in=is_from_elsewhere and place)


def _opened(found: Caller) -> Response:
    place, is_in = way_on(found, wanted.named())
    return opened(Response(status=303, headers={"Location": place}), found, is_in=is_in)


def logout() -> Any:
    """End the session, also for whoever may have copied the cookie."""
    if not is_from_here():
        return refused("not_from_here", "请求来源不明", "退出只接受从本页提交。", 403)
    _house().operations.withdraw(session_cookie())
    response = redirect("/login", 303)
    response.delete_cookie(of_host(SESSION), httponly=True, samesite="Strict", secure=is_over_tls())
    response.headers["Clear-Site-Data"] = '"cache", "storage"'  # Whoever sits down next finds nothing by going back.
    return response


def password() -> Any:
    """Set a password with a code that was handed over."""
    if request.method == "GET":
        return _password_form()
    if not is_from_here():
        return refused("not_from_here", "请求来源不明", "口令只接受从本页提交。", 403)
    fields = {"code": request.form.get("code", "").strip()[:TOKEN_MOST],
              "password": request.form.get("password", "")[:PASSWORD_MOST]}
    key = RequestKey(secrets.token_bytes(32), b"")
    try:
        done = accounts.set_password(_house(), Caller("nobody", trace=g.trace_id), fields, Asked(key))
    except BadFields as bad:
        return _password_form(status=422, error=bad.faults[0].detail, code=fields["code"])
    return _not_in(done, _password_form) if isinstance(done, Refusal) else _login_form(is_set=True)


def _password_form(*, status: int = 200, error: str = "", code: str = "") -> Response:
    return render("password.html", status=status, error=error, code=code)


def _not_in(refusal: Refusal, form: Callable[..., Response]) -> Response:
    """The same form, with the reason; after how long to try again is said to the browser too."""
    body = problems.of_refusal(refusal, g.trace_id)
    response = form(status=int(str(body["status"])), error=without_names(str(body["detail"])))
    if "retry_after" in refusal.seen:
        response.headers["Retry-After"] = str(refusal.seen["retry_after"])
    return response


def sessions() -> Any:
    """What is open in one's name, and an end to it."""
    caller = caller_of_session()
    if caller is None:
        return redirect(wanted.login(), 303)
    if request.method == "POST":
        if not is_from_here():
            return refused("not_from_here", "请求来源不明", "只接受从本页提交。", 403)
        _house().operations.end(caller.id, request.form.get("credential", ""))
        return redirect("/sessions", 303)
    told = accounts.every(_house(), caller)
    return said_no(told, caller) if isinstance(told, Refusal) else render("sessions.html", caller=caller, told=told)


def caller_of_session() -> Caller | None:
    """Whose session it is."""
    house = _house()
    found = house.operations.session(session_cookie(), now=house.now)
    if found is None:
        return None
    structlog.contextvars.bind_contextvars(actor=found.holder)
    return caller_of(found, g.trace_id)


def is_from_here() -> bool:
    """Whether a form was sent by a page of ours: the browser says so, and no other site can make it say so."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    try:
        return urlsplit(request.headers.get("Origin", "")).netloc == request.host
    except ValueError:  # No address at all.
        return False


# How it is sent


def static(name: str, digest: str, ending: str) -> Any:
    """A file of ours, under an address that changes with it."""
    content = _files().get(f"{name}.{ending}")
    if content is None or digest != _digest(content):
        return refused("not_found", "没有这个文件", "请从页面进入。", 404)
    response = Response(content, content_type=_TYPES[ending])
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


@cache
def _files() -> dict[str, bytes]:
    here = resources.files("api")
    own = {one.name: one.read_bytes() for one in here.joinpath("static").iterdir()
           if one.name.rpartition(".")[2] in _TYPES}
    return own | {name: here.joinpath(folder, name).read_bytes() for name, folder in _FOLDERS.items()}


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def _address(name: str) -> str:
    stem, _, ending = name.rpartition(".")
    return f"/static/{stem}.{_digest(_files()[name])}.{ending}"


def render(template: str, *, status: int = 200, **known: Any) -> Response:
    """A page, with what stands on every one."""
    house = _house()
    size = house.ledger.store.size()
    last = house.ledger.at(size)
    session = session_cookie()
    page = render_template(
        template, address=_address, query=urlencode, head=size, head_time=_time(last),
        is_sample=house.register.folder.sample_accounts.exists(),
        signs_on="sign_on.log_in" in current_app.view_functions, new_key=lambda: issue_key(house, session),
        **_framed(house, known.get("caller")), **known)
    return Response(page, status=status, content_type="text/html; charset=utf-8")


def _framed(house: House, caller: Caller | None) -> dict[str, Any]:
    """As whom somebody looks, where they may go, which rules hold; of nobody, nothing."""
    if caller is None:
        return {"capacity": None, "ways": (), "here": None, "rules": "", "keys_on": False, "look": ()}
    capacity = frame.capacity_of(house, caller, request.cookies.get(of_host(frame.ROLE_COOKIE)))
    ways, rules = list(frame.ways(capacity)), ""
    with suppress(LedgerError, ProjectionError):  # A page that says why there is no answer can still be shown.
        rules = frame.rules_in_force(house)
    return {"capacity": capacity, "ways": ways, "here": frame.here(ways, request.path), "rules": rules,
            "keys_on": request.cookies.get(of_host(frame.KEYS_COOKIE)) != "off",
            "look": [one for one in request.cookies.get(of_host(frame.LOOK_COOKIE), "").split("-")
                     if one in frame.LOOKS]}


def _time(last: Recorded | None) -> str:
    return "" if last is None else written_time(last.envelope.recorded_at)[:19].replace("T", " ")


def refused(code: str, title: str, detail: str, status: int, caller: Caller | None = None) -> Response:
    """A page that says why not."""
    return render("refused.html", status=status, code=code, title=title, detail=detail, caller=caller,
                  faults=(), trace=None)


def failed(body: Mapping[str, Any], caller: Caller | None = None) -> Response:
    """A page that says what went wrong, as the API would say it; of what is ours to mend, with its trace."""
    status = int(str(body["status"]))
    return render(
        "refused.html", status=status, code=str(body["code"]), title=str(body["title"]),
        detail=without_names(str(body["detail"])),
        faults=body.get("errors", ()), trace=g.trace_id if status >= 500 else None,
        caller=caller or caller_of_session())


def said_no(refusal: Refusal, caller: Caller | None) -> Response:
    """A refusal in its own words."""
    body = problems.of_refusal(refusal, g.trace_id)
    detail = without_names(str(body["detail"]))
    return refused(refusal.code, str(body["title"]), detail, int(str(body["status"])), caller)


def secured(response: Response) -> Response:
    """Nothing is loaded from elsewhere, and no form goes there."""
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["Referrer-Policy"] = "same-origin"  # Without any, a browser would send our own forms as nobody's.
    return response


def _house() -> House:
    found: House = current_app.extensions["house"]
    return found
