"""The second factor in a browser: asked for at a login, set up, changed and given up. Works without any script.

Whoever is only halfway in (`api.console.letting_in`) sees nothing but the field for the code; of whom one is demanded
and who has none, it is set up right there, since they have just shown their first. Codes on paper are shown on one
page, once.

`tests/console/test_second_factor_screens.py` shows it, in a browser too.
"""

from __future__ import annotations

import secrets
from typing import Any, Final

from flask import Blueprint, Response, g, redirect, request

from api.cases.doing import Asked
from api.cases.factor_shown import after_first, show, show_again
from api.cases.holders import factors
from api.console import wanted
from api.console.letting_in import CODE, arrived, halfway, let_in
from api.console.page import caller_of_session, is_from_here, refused, render, said_no
from api.console.sending import FACTOR
from api.house import House
from api.operational.addresses import address_of_asker
from api.operational.callers import Caller
from api.operational.second_factor import FRESH_S
from api.paper.qr import drawn
from api.refusals import problems
from api.refusals.refusals import without_names
from api.routes.door import house
from ledger.errors import Refusal
from ledger.ids import PREFIXES
from ledger.stores.append import RequestKey

PATH: Final = "/second-factor"
_CODE_MOST: Final = 64
_PASSWORD_MOST: Final = 400


def factor_routes() -> Blueprint:
    """The two pages, to stand within the frame."""
    pages = Blueprint("factor", __name__)
    pages.add_url_rule(CODE, view_func=at_login, methods=["GET", "POST"])
    pages.add_url_rule(PATH, view_func=own, methods=["GET", "POST"])
    return pages


# At a login


def at_login() -> Any:
    """Ask whoever is halfway in for the code; or let them set up what it would come from."""
    here, browser = house(), halfway()
    holder = here.factors.halfway(browser, now=here.now)
    if holder is None:
        return redirect(wanted.on_the_way(wanted.LOGIN, wanted.named()), 303)
    if request.method == "GET":
        return _asked(here, holder)
    if not is_from_here():
        return refused("not_from_here", "请求来源不明", "动态口令只接受从本页提交。", 403)
    if after_first(here, holder) == "enrol":
        return _set_up(here, holder, browser)
    kind = show(here, holder, _typed("code"), address_of_asker())
    if isinstance(kind, Refusal):
        return _asked(here, holder, kind)
    place = wanted.named() or wanted.HOME if kind == "clock" else PATH  # Of who needed paper, how much is left.
    return _in(here, redirect(place, 303), holder, browser)  # type: ignore[arg-type]


def _set_up(here: House, holder: str, browser: str) -> Any:
    if "code" not in request.form:
        here.factors.offer(holder, request=secrets.token_bytes(32), now=here.now)
        return redirect(wanted.on_the_way(CODE, wanted.named()), 303)
    papers = factors.taken(here, holder, _typed("code"), secrets.token_bytes(32), address_of_asker())
    if isinstance(papers, Refusal):
        return _asked(here, holder, papers)
    told = render("factor_papers.html", papers=papers, caller=_caller(holder), onward=wanted.named())
    return _in(here, told, holder, browser)


def _in(here: House, response: Response, holder: str, browser: str) -> Any:
    if not here.factors.arrive(browser):  # It was sent twice, or the password has changed meanwhile.
        return redirect(wanted.on_the_way(wanted.LOGIN, wanted.named()), 303)
    return arrived(let_in(response, _caller(holder), shown=True))


def _asked(here: House, holder: str, no: Refusal | None = None) -> Response:
    wants = after_first(here, holder)
    return _answered("factor_login.html", no, enrols=wants == "enrol", action=wanted.on_the_way(CODE, wanted.named()),
                     offered=_offered(here, holder) if wants == "enrol" else None)


# One's own


def own() -> Any:
    """What one has: set it up, change it, have other codes on paper, give it up."""
    caller = caller_of_session()
    if caller is None:
        return redirect(wanted.login(), 303)
    if request.method == "GET":
        return _own(caller)
    if not is_from_here():
        return refused("not_from_here", "请求来源不明", "只接受从本页提交。", 403)
    return _sent(house(), caller)


def _sent(here: House, caller: Caller) -> Any:
    asked = Asked(RequestKey(secrets.token_bytes(32), b""))
    if _typed(FACTOR):
        shown = show_again(here, caller, _typed(FACTOR), address_of_asker())
        if isinstance(shown, Refusal):
            return _own(caller, shown)
        caller = shown
    what = request.form.get("what")
    came: dict[str, Any] | Refusal
    if what == "confirm":
        came = factors.confirm(here, caller, _typed("code"), asked, address_of_asker())
    elif what == "papers":
        came = factors.new_papers(here, caller, asked)
    elif what == "drop":
        came = factors.give_up(here, caller, asked)
    else:
        current = request.form.get("current", "")[:_PASSWORD_MOST]
        came = factors.enrol(here, caller, {"current": current}, asked)
    if isinstance(came, Refusal):
        return _own(caller, came)
    if "recovery_codes" in came:
        return render("factor_papers.html", papers=came["recovery_codes"], caller=caller, onward=None)
    return redirect(PATH, 303)


def _own(caller: Caller, no: Refusal | None = None) -> Response:
    here = house()
    told = factors.state(here, caller)
    if isinstance(told, Refusal):
        return said_no(told, caller)
    shown_at = 0 if caller.opened is None else caller.opened.shown_at
    return _answered(
        "second_factor.html", no, caller=caller, told=told, offered=_offered(here, caller.id),
        is_fresh=shown_at > here.now - FRESH_S * 1_000_000, wants_password=here.accounts.has_password(caller.id))


def _offered(here: House, holder: str) -> dict[str, str] | None:
    """What is to be put into an authenticator: a drawing, and the same to be typed, in groups of four."""
    offered = here.factors.offered(holder, now=here.now)
    if offered is None:
        return None
    spelled = " ".join(offered.secret[at:at + 4] for at in range(0, len(offered.secret), 4))
    return {"secret": spelled, "address": offered.address,
            "qr": drawn(offered.address, error="m", scale=4, light="#fff")}


def _answered(template: str, no: Refusal | None, **known: Any) -> Response:
    if no is None:
        return render(template, error="", **known)
    body = problems.of_refusal(no, g.trace_id)
    response = render(template, status=int(str(body["status"])), error=without_names(str(body["detail"])), **known)
    if "retry_after" in no.seen:
        response.headers["Retry-After"] = str(no.seen["retry_after"])
    return response


def _typed(name: str) -> str:
    return request.form.get(name, "").strip()[:_CODE_MOST]


def _caller(holder: str) -> Caller:
    return Caller("person" if holder.startswith(PREFIXES["person"]) else "actor", holder, g.trace_id)
