"""A screen: asked for in a session, answered as a page; the same address with `.json` or `.csv` answers the data.

Whatever goes wrong is said on a page, in the words and with the code that the API has for it; only what somebody
else's record is looked at for is asked, wherever it was not said. What is sent is taken only from a form of ours, and
only now: of a past that somebody looks at, nothing can be changed.
`tests/console/test_screen.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, Final, NamedTuple

import structlog
from flask import Blueprint, Response, current_app, g, redirect, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from api.cases.factor_shown import show_again
from api.cases.standing import acting
from api.console import frame, kept, sending, wanted
from api.console.cookies import of_host
from api.console.cookies import session as session_cookie
from api.console.frame import Capacity
from api.console.marking import marked
from api.console.page import caller_of_session, failed, is_from_here, refused, render, said_no
from api.console.words import PURPOSES
from api.house import House
from api.operational.addresses import address_of_asker
from api.operational.callers import Caller
from api.paper.saved import attached
from api.paper.tables_out import Table, file_of
from api.refusals import problems
from api.refusals.refusals import without_names
from api.routes.answers import answer, problem
from api.routes.door import Refused
from ledger.errors import Refusal

FORM_MOST: Final = 512 * 1024
_PURPOSE_MOST: Final = 40
_CODE_MOST: Final = 64


class Asking(NamedTuple):
    """Who asks for a screen, as whom, of which house."""

    house: House
    caller: Caller
    capacity: Capacity

    @property
    def purpose(self) -> str | None:
        """What somebody else's record is looked at for, as the address says; of one's own, nothing."""
        return None if self.capacity.is_person else request.args.get("purpose", "").strip()[:_PURPOSE_MOST] or None


@dataclass(frozen=True)
class Page:
    """What a screen comes to: its template with what it tells, and the same as data."""

    template: str
    told: Mapping[str, Any] = field(default_factory=dict)
    data: Any = None                 # Answered at the same address with `.json`; None: there is nothing but the page.
    table: Table | None = None       # And of a list with `.csv`.
    status: int = 200


Shown = Page | Refusal | Response


def add(
    blueprint: Blueprint, rule: str, show: Callable[..., Shown], *, chooses: bool = True, json: bool = True,
    csv: bool = False,
) -> None:
    """Offer a page to read. `chooses`: whoever has several roles says first in which they work."""
    forms = ["", *([".json"] if json else []), *([".csv"] if csv else [])]
    for form in forms:
        name = f"{_named(show)}{form.replace('.', '_')}"
        blueprint.add_url_rule(rule + form, name, _reading(show, form[1:], chooses=chooses), methods=["GET"])


def take(blueprint: Blueprint, rule: str, act: Callable[..., Shown], *, most: int = FORM_MOST) -> None:
    """Take what a form sends."""
    blueprint.add_url_rule(rule, f"{_named(act)}_sent", _writing(act, most), methods=["POST"])


def _named(function: Callable[..., Shown]) -> str:
    return f"{function.__module__.rpartition('.')[2]}_{function.__name__}"


def onward(address: str) -> Response:
    """Go on to a page, after something was sent."""
    return Response(status=303, headers={"Location": address})


def _reading(show: Callable[..., Shown], form: str, *, chooses: bool) -> Callable[..., Any]:
    @wraps(show)
    def view(**named: Any) -> Any:
        asking = _asking()
        if asking is None:
            return _to_login()
        if chooses and asking.capacity.must_choose:
            return redirect(wanted.on_the_way("/role", wanted.place_of(request.full_path.rstrip("?"))), 303)
        return _answered(asking, form, lambda: show(asking, **named))

    return view


def _to_login() -> Response:
    """Ask who is there; of a part of a page, which a script loads, the whole page asks."""
    if "HX-Request" not in request.headers:
        return onward(wanted.login())
    place = wanted.place_around(request.headers.get("HX-Current-URL", ""))
    return Response(headers={"HX-Redirect": wanted.on_the_way(wanted.LOGIN, place)})


def _writing(act: Callable[..., Shown], most: int) -> Callable[..., Any]:
    @wraps(act)
    def view(**named: Any) -> Any:
        asking = _asking()
        if asking is None:
            if is_from_here() and "HX-Request" in request.headers:
                return Response(status=401)  # The page stays, with what was typed, and says so (`forms.js`).
            return kept.without_session() if is_from_here() else redirect(wanted.LOGIN, 303)
        if not is_from_here():
            words = "只接受从本页提交。请打开原来的页面重试。"
            return refused("not_from_here", "请求来源不明", words, 403, asking.caller)
        if (request.content_length or 0) > most:
            return kept.too_large(asking.caller, most) or _answered(asking, "", _too_large)
        request.max_content_length = most
        request.max_form_memory_size = most  # A list travels along with the page that checks it.
        return _answered(asking, "", lambda: _sent(asking, act, named))

    return view


def _too_large() -> Shown:
    raise RequestEntityTooLarge


def _sent(asking: Asking, act: Callable[..., Shown], named: dict[str, Any]) -> Shown:
    key = request.form.get(sending.KEY, "")
    if not sending.is_ours(asking.house, session_cookie(), key):
        return kept.of_another_session(asking.caller)
    if request.args.keys() & {"as_of", "valid_on", "law"}:
        return refused("not_now", "您看的不是现在", "查看过去时不能办理。请先回到现在。", 409, asking.caller)
    shown = shown_first(asking.house, asking.caller)
    return shown if isinstance(shown, Refusal) else act(asking._replace(caller=shown), **named)


def _asking() -> Asking | None:
    caller = caller_of_session()
    if caller is None:
        return None
    house: House = current_app.extensions["house"]
    return Asking(house, caller, frame.capacity_of(house, caller, request.cookies.get(of_host(frame.ROLE_COOKIE))))


def _answered(asking: Asking, form: str, show: Callable[[], Shown]) -> Response:
    """Put what a screen says into HTTP; what broke, in its own words."""
    try:
        barred = acting(asking.house, asking.caller) if asking.caller.kind == "actor" else None
        shown = barred if isinstance(barred, Refusal) else show()
        if isinstance(shown, Refusal):
            return _refused(asking, form, shown)
        if isinstance(shown, Response):
            return shown
        return _form(asking, form, shown)
    except HTTPException as error:
        body = problems.problem(problems.code_of(error.code or 500), g.trace_id, status=error.code)
        return _failed(asking, form, body)
    except Refused as no:
        return _refused(asking, form, no.refusal)
    except Exception as error:
        body = problems.of_error(error, g.trace_id) or problems.problem("internal_server_error", g.trace_id)
        if int(str(body["status"])) >= 500:
            structlog.get_logger().error("failed", **problems.logged_as(error))
        return _failed(asking, form, body)


def _failed(asking: Asking, form: str, body: Mapping[str, Any]) -> Response:
    return problem(body) if form == "json" else failed(body, asking.caller)


def _form(asking: Asking, form: str, page: Page) -> Response:
    if form == "json":
        return answer(page.data, page.status)
    if form == "csv" and page.table is not None:
        made = file_of(page.table, "csv")
        return attached(made.content, made.media_type, made.words, made.name)
    return render(page.template, status=page.status, caller=asking.caller, **marked(page.told))


def _refused(asking: Asking, form: str, refusal: Refusal) -> Response:
    if refusal.code == "purpose_missing" and form == "" and request.method == "GET":
        kept = {name: value for name, value in request.args.items() if name != "purpose"}
        return render("purpose.html", caller=asking.caller, purposes=PURPOSES, action=request.path, kept=kept)
    if form == "json":
        return problem(problems.of_refusal(refusal, g.trace_id))
    if request.method == "POST" and (refusal.code == "factor_stale" or sending.FACTOR in request.form):
        return asked_for_code(asking.house, asking.caller, refusal)
    return said_no(refusal, asking.caller)


def shown_first(house: House, caller: Caller) -> Caller | Refusal:
    """Take the code that came with a form, where one did."""
    if sending.FACTOR not in request.form:
        return caller
    return show_again(house, caller, request.form[sending.FACTOR][:_CODE_MOST], address_of_asker())


def asked_for_code(house: House, caller: Caller, refusal: Refusal) -> Response:
    """Ask for a code before something grave, and carry along all that was typed: it is done when the code was given."""
    if refusal.code not in ("factor_stale", "factor_wrong", "login_delayed"):
        return said_no(refusal, caller)
    body = problems.of_refusal(refusal, g.trace_id)
    typed = [(name, value) for name, value in request.form.items(multi=True) if name != sending.FACTOR]
    response = render(
        "factor_asked.html", status=int(str(body["status"])), caller=caller,
        action=request.full_path.rstrip("?"),
        carried=typed, error=None if refusal.code == "factor_stale" else without_names(str(body["detail"])),
        has=house.factors.has(caller.id).since is not None, field=sending.FACTOR)
    if "retry_after" in refusal.seen:
        response.headers["Retry-After"] = str(refusal.seen["retry_after"])
    return response
