"""Single sign-on in a browser: out to the provider, and back. It is there only where a provider is set.

Out by a form, which only a page of ours can send; back by an address that the provider sends the browser to, and that
is worth something only with the cookie of the browser that set out. That cookie has to come along from elsewhere
(SameSite=Lax), and lives for one sign-on; a session's does not (Strict). Both ways lead over a page that goes on by
itself: a form may be answered by nobody but us (form-action), and a browser that another site has just sent would not
bring the session with it.

`tests/api/test_sign_on.py` shows it, in a browser too.
"""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, Response, redirect, request

from api.cases.factor_shown import fresh
from api.cases.holders import sign_on
from api.console.cookies import SIGN_ON, is_over_tls, of_path
from api.console.cookies import session as session_cookie
from api.console.letting_in import opened, way_on
from api.console.page import caller_of_session, is_from_here, refused, render, said_no, secured
from api.console.screen import asked_for_code, shown_first
from api.console.wanted import COOKIE, LOGIN, named, place_of
from api.operational.operations import SIGN_ON_SECONDS
from api.outside.provider import RETURN, Provider
from api.routes.door import house
from ledger.errors import Refusal

PATH: Final = "/login/provider"


def sign_on_routes(provider: Provider) -> Blueprint:
    """The two ways, ready to be put into a service that has the page."""
    door = Blueprint("sign_on", __name__)
    door.after_request(secured)

    @door.post(PATH)
    def log_in() -> Any:
        return _out(provider, None) if is_from_here() else _not_from_here()

    @door.post("/sessions/link")
    def link() -> Any:
        caller = caller_of_session()
        if not is_from_here():
            return _not_from_here()
        if caller is None:
            return redirect(LOGIN, 303)
        shown = shown_first(house(), caller)  # What is linked is a way in, as good as one that is given out.
        stale = shown if isinstance(shown, Refusal) else fresh(house(), shown)
        return _out(provider, session_cookie()) if stale is None else asked_for_code(house(), caller, stale)

    @door.get(RETURN)
    def back() -> Any:
        found = sign_on.finish(house(), provider, request.args.to_dict(), request.cookies.get(of_path(SIGN_ON), ""))
        if isinstance(found, Refusal):
            return _without_cookie(said_no(found, None))
        place = "/sessions" if found.linked else place_of(request.cookies.get(of_path(COOKIE), ""))
        place, is_in = way_on(found.caller, place, by_provider=True)
        words = "已绑定，正在返回。" if found.linked else "已登录，正在进入。"
        page = render("onward.html", address_onward=place, words=words)
        return _without_cookie(opened(page, found.caller, is_in=is_in, by_provider=True))

    return door


def _out(provider: Provider, session: str | None) -> Response:
    begun = sign_on.begin(house(), provider, session)
    if isinstance(begun, Refusal):
        return said_no(begun, None)
    page = render("onward.html", address_onward=begun.address, words="正在前往单点登录。")
    page.set_cookie(of_path(SIGN_ON), begun.browser, max_age=SIGN_ON_SECONDS, path=PATH, httponly=True, samesite="Lax",
                    secure=is_over_tls())
    if (place := named()) is None:  # Of a detour that was given up: it is none of this one.
        page.delete_cookie(of_path(COOKIE), path=PATH, httponly=True, samesite="Lax", secure=is_over_tls())
    else:
        page.set_cookie(of_path(COOKIE), place, max_age=SIGN_ON_SECONDS, path=PATH, httponly=True, samesite="Lax",
                        secure=is_over_tls())
    return page


def _without_cookie(response: Response) -> Response:
    response.delete_cookie(of_path(SIGN_ON), path=PATH, httponly=True, samesite="Lax", secure=is_over_tls())
    return response


def _not_from_here() -> Response:
    return refused("not_from_here", "请求来源不明", "单点登录只接受从本页开始。请打开登录页重试。", 403)
