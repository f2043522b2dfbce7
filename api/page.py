"""The first page: a person's year in a browser, and the login that lets someone see it.

Server-rendered, Chinese, without a line of JavaScript. A token is exchanged for a session cookie that no script and no
other site can use (HttpOnly, SameSite=Strict); only its SHA-256 is kept. What may be seen is what the API would answer:
the page asks the same use cases, so an office names a purpose and is recorded. Style and pictures are files of ours
under an address that holds their digest; nothing else may load (Content-Security-Policy).

`tests/api/test_page.py` shows it, in a browser too.
"""

from __future__ import annotations

import hashlib
import secrets
from functools import cache
from importlib import resources
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import structlog
from flask import Blueprint, Response, current_app, g, redirect, render_template, request

from api import problems
from api.addresses import address_of_asker
from api.callers import Caller
from api.cases import accounts, events, people, years
from api.cases.doing import Asked, Reading
from api.cases.faults import BadFields
from api.cases.standing import acting
from api.house import House
from api.year_page import year_view
from ledger.errors import LedgerError, Refusal
from ledger.ids import PREFIXES
from ledger.ledger import Recorded
from ledger.stores.append import RequestKey
from projections.basis import Axes, read_axes, written_time
from projections.errors import ProjectionError

COOKIE: Final = "xueshi_session"
SESSION_SECONDS: Final = 8 * 3600
TOKEN_MOST: Final = 200
PASSWORD_MOST: Final = 400

PURPOSES: Final = {
    "annual_review": "年度审核", "title_application": "职称申报核对", "appeal": "申诉复核", "investigation": "核查举报",
}
_TYPES: Final = {"css": "text/css; charset=utf-8", "svg": "image/svg+xml"}
_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


def page_routes() -> Blueprint:
    """The pages, ready to be put into a service that has a house."""
    page = Blueprint("page", __name__, template_folder="templates")
    page.after_request(secured)
    page.add_url_rule("/login", view_func=login, methods=["GET", "POST"])
    page.add_url_rule("/logout", view_func=logout, methods=["POST"])
    page.add_url_rule("/password", view_func=password, methods=["GET", "POST"])
    page.add_url_rule("/sessions", view_func=sessions, methods=["GET", "POST"])
    page.add_url_rule("/years", view_func=find, methods=["GET"])
    page.add_url_rule("/persons/<person>/years", view_func=year, methods=["GET"], endpoint="newest")
    page.add_url_rule("/persons/<person>/years/<int:year>", view_func=year, methods=["GET"])
    page.add_url_rule("/static/<name>.<digest>.<ending>", view_func=static, methods=["GET"])
    return page


# Who looks


def login() -> Any:
    """Exchange a password or a token for a session."""
    if request.method == "GET":
        return _home(caller) if (caller := caller_of_session()) is not None else render("login.html")
    if not is_from_here():
        return refused("not_from_here", "请求来源不明", "登录只接受从本页提交。请打开登录页重试。", 403)
    if "password" in request.form:
        by_name = accounts.log_in(_house(), request.form.get("name", "")[:TOKEN_MOST],
                                  request.form["password"][:PASSWORD_MOST], address_of_asker())
        return _not_in(by_name, "login.html") if isinstance(by_name, Refusal) else _opened(by_name)
    house, token = _house(), request.form.get("token", "").strip()
    found = house.tokens.caller(token, now=house.now) if 0 < len(token) <= TOKEN_MOST else None
    if not isinstance(found, Caller) or found.kind not in ("person", "actor"):
        known = isinstance(found, Caller) and found.kind != "nobody"
        words = "这个令牌不用于登录页面：它只供安装和核查使用。请用本人或经办账号的令牌。" if known else (
            "令牌无效：它从未发放，或已被新的令牌取代。请核对是否复制完整（以 xsl_ 开头，共 47 位）。")
        return render("login.html", status=401, error=words)
    return _opened(found)


def _opened(found: Caller) -> Response:
    return let_in(_home(found), found)


def let_in(response: Response, found: Caller) -> Response:
    """Begin a session with an answer."""
    house = _house()
    structlog.contextvars.bind_contextvars(actor=found.id)
    session = house.operations.issue(found.id, request=secrets.token_bytes(32), now=house.now, kind="session",
                                     lasts_s=SESSION_SECONDS)
    response.set_cookie(COOKIE, session, max_age=SESSION_SECONDS, httponly=True, samesite="Strict",
                        secure=is_over_tls())
    return response


def is_over_tls() -> bool:
    """Whether a cookie may be held back from connections in clear; a proxy in front may be what speaks TLS."""
    return request.is_secure or bool(current_app.config["SESSION_COOKIE_SECURE"])


def logout() -> Any:
    """End the session, also for whoever may have copied the cookie."""
    if not is_from_here():
        return refused("not_from_here", "请求来源不明", "退出只接受从本页提交。", 403)
    _house().operations.withdraw(request.cookies.get(COOKIE, ""))
    response = redirect("/login", 303)
    response.delete_cookie(COOKIE, httponly=True, samesite="Strict", secure=is_over_tls())
    return response


def password() -> Any:
    """Set a password with a code that was handed over."""
    if request.method == "GET":
        return render("password.html")
    if not is_from_here():
        return refused("not_from_here", "请求来源不明", "口令只接受从本页提交。", 403)
    fields = {"code": request.form.get("code", "").strip()[:TOKEN_MOST],
              "password": request.form.get("password", "")[:PASSWORD_MOST]}
    key = RequestKey(secrets.token_bytes(32), b"")
    try:
        done = accounts.set_password(_house(), Caller("nobody", trace=g.trace_id), fields, Asked(key))
    except BadFields as bad:
        return render("password.html", status=422, error=bad.faults[0].detail, code=fields["code"])
    return _not_in(done, "password.html") if isinstance(done, Refusal) else render("login.html", set=True)


def _not_in(refusal: Refusal, template: str) -> Response:
    """The same form, with the reason; after how long to try again is said to the browser too."""
    body = problems.of_refusal(refusal, g.trace_id)
    response = render(template, status=int(str(body["status"])), error=str(body["detail"]))
    if "retry_after" in refusal.seen:
        response.headers["Retry-After"] = str(refusal.seen["retry_after"])
    return response


def sessions() -> Any:
    """What is open in one's name, and an end to it."""
    caller = caller_of_session()
    if caller is None:
        return redirect("/login", 303)
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
    found = house.operations.find(request.cookies.get(COOKIE, ""), now=house.now)
    if found is None or found.kind != "session":
        return None
    structlog.contextvars.bind_contextvars(actor=found.holder)
    return Caller("person" if found.holder.startswith(PREFIXES["person"]) else "actor", found.holder, g.trace_id)


def is_from_here() -> bool:
    """Whether a form was sent by a page of ours: the browser says so, and no other site can make it say so."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    try:
        return urlsplit(request.headers.get("Origin", "")).netloc == request.host
    except ValueError:  # No address at all.
        return False


def _home(caller: Caller) -> Response:
    return Response(status=303, headers={"Location": home_of(caller)})


def home_of(caller: Caller) -> str:
    """Where somebody begins."""
    return f"/persons/{caller.id}/years" if caller.kind == "person" else "/years"


# What is shown


def find() -> Any:
    """For offices: whose year, and what for."""
    caller = caller_of_session()
    if caller is None:
        return redirect("/login", 303)
    if caller.kind == "person":
        return _home(caller)
    if isinstance(no := acting(_house(), caller), Refusal):
        return said_no(no, caller)
    person, purpose = request.args.get("person", "").strip(), request.args.get("purpose", "")
    if person.startswith(PREFIXES["person"]) and person.replace("_", "").isalnum():
        return redirect(f"/persons/{person}/years?{urlencode({'purpose': purpose})}", 303)
    return render("find.html", caller=caller, purposes=PURPOSES)


def year(person: str, year: int | None = None) -> Any:
    """A person's year; without one, the newest in which anything is registered."""
    caller, house = caller_of_session(), _house()
    if caller is None:
        return redirect("/login", 303)
    asked = {name: request.args.get(name, "").strip() or None for name in ("as_of", "valid_on", "law", "purpose")}
    if asked["law"] == "then":
        asked["law"] = None
    try:
        axes = read_axes(asked["as_of"], asked["valid_on"], asked["law"])
        shown = people.see(house, caller, person, asked["purpose"])
        answer = shown if isinstance(shown, Refusal) else _years(house, caller, person, axes, year, asked["purpose"])
    except (ProjectionError, LedgerError) as error:
        return _failed(error, caller, person)
    if isinstance(answer, Refusal) or isinstance(shown, Refusal):
        refusal = answer if isinstance(answer, Refusal) else shown
        assert isinstance(refusal, Refusal)
        return said_no(refusal, caller)
    known = [one["year"] for one in answer["years"]]
    entered = [one["year"] for one in answer["years"] if one["entries"]]
    if year is None and known:
        year = (entered or known)[-1]
    links = {name: value for name, value in asked.items() if value is not None}
    common = {"caller": caller, "person": person, "identity": shown[0]["identity"], "asked": asked, "links": links,
              "is_now": not links.keys() & {"as_of", "valid_on", "law"}, "now_links": {
                  name: value for name, value in links.items() if name == "purpose"}}
    if year is None or year not in known:
        return render("empty.html", status=404 if year is not None else 200, year=year, known=known,
                       basis=answer["basis"], **common)
    documents = {one.id: one.document for one in house.answers.rulebooks()}
    view = year_view(answer, year, events=_events(house, answer, year), units=_units(house, answer),
                     documents=documents)
    return render("year.html", view=view, **common)


def _years(
    house: House, caller: Caller, person: str, axes: Axes, year: int | None, purpose: str | None
) -> dict[str, Any] | Refusal:
    """Every year up to the last entry's, and the one that is asked for if it lies beyond."""
    answer = years.years(house, caller, person, axes, None, purpose)
    if isinstance(answer, Refusal) or year is None or any(one["year"] == year for one in answer["years"]):
        return answer
    beyond = years.answered(house, person, axes, year)
    if isinstance(beyond, dict):
        answer["years"] = sorted((*answer["years"], *beyond["years"]), key=lambda one: int(one["year"]))
    return answer


def _events(house: House, answer: dict[str, Any], year: int) -> dict[int, dict[str, Any]]:
    """The events that the entries of a year name, as they may be shown."""
    named = [position for one in answer["years"] if one["year"] == year for entry in one["entries"]
             for position in entry["events"]]
    found = (house.ledger.at(position) for position in named)
    return {one.position: events.event_view(one.position, one.envelope) for one in found if one is not None}


def _units(house: House, answer: dict[str, Any]) -> dict[str, str]:
    units = {one["unit"]: house.answers.unit(one["unit"]) for one in answer["affiliations"]}
    return {id_: unit.names[-1].name for id_, unit in units.items() if unit is not None}


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
    folder = resources.files(__package__).joinpath("static")
    return {one.name: one.read_bytes() for one in folder.iterdir() if one.name.rpartition(".")[2] in _TYPES}


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
    page = render_template(
        template, address=_address, query=urlencode, head=size, head_time=_time(last),
        hand=_hand(house, known.get("caller")),
        is_sample=house.register.folder.sample_accounts.exists(),
        signs_on="sign_on.log_in" in current_app.view_functions, **known)
    return Response(page, status=status, content_type="text/html; charset=utf-8")


def _hand(house: House, caller: Caller | None) -> str:
    """In which capacity someone looks: for themselves, or for an organisation."""
    if caller is None:
        return ""
    reading = Reading(house.ledger)
    actor = reading.actor(caller.id) if caller.kind == "actor" else None
    unit = None if actor is None else reading.unit(actor.organisation)
    return "本人" if unit is None else f"经办：{unit.names[-1].name}"


def _time(last: Recorded | None) -> str:
    return "" if last is None else written_time(last.envelope.recorded_at)[:19].replace("T", " ")


def refused(code: str, title: str, detail: str, status: int, caller: Caller | None = None) -> Response:
    """A page that says why not."""
    return render("refused.html", status=status, code=code, title=title, detail=detail, caller=caller)


def said_no(refusal: Refusal, caller: Caller | None) -> Response:
    """A refusal in its own words."""
    body = problems.of_refusal(refusal, g.trace_id)
    return refused(refusal.code, str(body["title"]), str(body["detail"]), int(str(body["status"])), caller)


def _failed(error: Exception, caller: Caller, person: str) -> Response:
    """An axis that cannot be read, or a law that is not known: in its own words, with the way back."""
    body = problems.of_error(error, g.trace_id)
    if body is None:
        raise error
    return refused(str(body["code"]), str(body["title"]), str(body["detail"]), int(str(body["status"])), caller)


def secured(response: Response) -> Response:
    """Nothing is loaded from elsewhere, and no form goes there."""
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["Referrer-Policy"] = "same-origin"  # Without any, a browser would send our own forms as nobody's.
    return response


def _house() -> House:
    found: House = current_app.extensions["house"]
    return found
