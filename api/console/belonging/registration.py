"""Registering oneself, without a login: a person with the password that they choose, a unit with its contact (W 4).

What is entered is what `POST /v1/persons` and `POST /v1/units` take, within the same limits of how often. A person is
let in at once; where their password could not be set, they are shown the token that the API would have given, once.
A unit is nobody's account: its page says how its verification stands to whoever has its number.

`tests/console/test_registering.py` shows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from flask import Response, current_app, g, redirect, request
from werkzeug.datastructures import MultiDict

from api.cases.belonging import people, units
from api.cases.doing import Asked, Done
from api.cases.holders import accounts
from api.console import deeds, sending
from api.console.belonging.transfers import UNIT_STATES
from api.console.claiming.claim import done_before
from api.console.cookies import session as session_cookie
from api.console.form import Fault, Field, of_refusal
from api.console.letting_in import opened, way_on
from api.console.page import caller_of_session, is_from_here, refused, render
from api.console.screen import Asking, Page, Shown, onward
from api.console.tracing.field_words import ID_KINDS, UNIT_KINDS
from api.console.wanted import HOME
from api.house import House
from api.law_of import law_now
from api.operational import accounts as passwords
from api.operational.callers import Caller
from api.refusals.faults import BadFields
from api.refusals.refusals import status_of
from api.routes.door import PUBLIC_MOST
from api.routes.schemas.people import PersonBody
from api.routes.schemas.units import UnitBody
from api.words.year_page import region
from ledger.errors import Refusal
from ledger.identifiers import regions

PERSON: Final = "/register"
UNIT: Final = "/register/unit"
REGISTERED: Final = "/register/done"
_SECRET: Final = "password"  # noqa: S105 - the name of the field
PERSON_FIELDS: Final = (
    Field("name", "姓名", is_required=True, most=120, hint="与证件上的一致", fills="name"),
    Field("id_kind", "证件类型", "choice", tuple(ID_KINDS.items()), is_required=True, value="resident_id"),
    Field("id_number", "证件号码", is_required=True, most=60, hint="居民身份证号码也用来登录"),
    Field("phone", "手机号码", most=40, fills="tel"),
)
_PASSWORD: Final = Field(_SECRET, "设置口令", "password", is_required=True, most=400, fills="new-password",
                         hint=f"{passwords.LEAST} 到 {passwords.MOST} 个字符，可以是一句话")


# A person


def person() -> Any:
    """Register oneself, and be let in."""
    if caller_of_session() is not None:
        return redirect(HOME, 303)
    if request.method == "GET":
        return _person_form(MultiDict(), [])
    if (no := _not_ours()) is not None:
        return no
    typed, fields = request.form, list(PERSON_FIELDS)
    sent, faults = deeds.read(PersonBody, fields, typed)
    password = typed.get(_SECRET, "")[:_PASSWORD.most]
    if (wrong := passwords.unfit(password)) is not None:
        faults.append(Fault(_SECRET, f"{_PASSWORD.label}：{wrong}"))
    house, caller = _house(), Caller("nobody", trace=g.trace_id)
    asked = Asked(dry_run=True) if faults else sending.asked(house, caller, leaving_out=(_SECRET,))
    came = _done(fields, lambda: people.register(house, caller, sent, asked)) if sent else []
    if faults:  # Everything that is wrong is said at once, the number among it.
        return _person_form(typed, [*(came if isinstance(came, list) else ()), *faults], 422)
    if not isinstance(came, Done):
        return _person_form(typed, *_why(came, "id_number"))
    return _let_in(house, came, password, asked)


def _let_in(house: House, done: Done, password: str, asked: Asked) -> Response:
    """Set the password as whoever was just registered, and begin their session."""
    assert asked.key is not None and done.receipt is not None, "it was for real"
    oneself = Caller("person", done.stream, g.trace_id)
    event = done.receipt.positions[0]
    if done.replayed and any(one.kind == "token" for one in house.operations.every(done.stream, now=house.now)):
        return onward("/login")  # They were shown a token, and whoever sends the form again need not be they.
    if isinstance(accounts.set_password(house, oneself, {_SECRET: password}, Asked(asked.key)), Refusal):
        if done.replayed:  # Sent again with another password, by whoever found the form still open: it opens nothing.
            return onward("/login")
        token = house.operations.issue(done.stream, request=asked.key.key, now=house.now)
        return render("registered.html", token=token, person=done.stream, event=event, done=None)
    place, is_in = way_on(oneself, f"{REGISTERED}?done={event}")  # Sent again, it may find a second factor there.
    return opened(onward(place), oneself, is_in=is_in)


def _person_form(typed: MultiDict[str, str], faults: Sequence[Fault], status: int = 200) -> Response:
    fields = deeds.filled([*PERSON_FIELDS, _PASSWORD], typed, faults)
    return render("register.html", status=status, faults=faults, fields=fields)


def registered(asking: Asking) -> Shown:
    """The page after: who somebody is here, and what comes next."""
    if not asking.capacity.is_person:
        return onward(HOME)
    done = done_before(asking)
    return Page("registered.html", {"person": asking.caller.id, "event": done and done["position"], "done": done,
                                    "token": None})


# A unit


def unit() -> Any:
    """Register a unit, which an office will verify."""
    house = _house()
    if request.method == "GET":
        return _unit_form(house, MultiDict(), [])
    if (no := _not_ours()) is not None:
        return no
    typed, fields = request.form, _unit_fields(house)
    sent, faults = deeds.read(UnitBody, fields, typed)
    if faults:
        return _unit_form(house, typed, faults, 422)
    caller = Caller("nobody", trace=g.trace_id)
    came = _done(fields, lambda: units.register(house, caller, sent, sending.asked(house, caller)))
    if not isinstance(came, Done):
        return _unit_form(house, typed, *_why(came, "credit_code"))
    return onward(f"{UNIT}/{came.stream}")


def unit_stands(unit: str) -> Any:
    """How the verification of a unit stands, and what comes next: for whoever has its number."""
    house = _house()
    found = units.sheet(house, unit)
    if isinstance(found, Refusal):
        line = of_refusal(found)
        return refused(found.code, "没有这个单位", line.words, status_of(found))
    last = found.unit.seats[-1]
    return render("unit_registered.html", unit=found.unit, state=UNIT_STATES[found.unit.status],
                  reason=found.body["reason"], event=found.body["events"][0]["position"], place=region(last.region),
                  caller=caller_of_session())


def seat_fields(house: House) -> tuple[Field, Field]:
    """Where a unit is, and in which sector."""
    today = house.today
    places = [(regions.PROVINCE, f"{region(regions.PROVINCE)}（省本级）")]
    for city in regions.cities(today):
        places.append((city, f"{region(city)}（市本级）"))
        places += [(code, region(code)) for code in regions.county_units(today) if code[:4] == city[:4]]
    sectors = tuple(law_now(house.answers).vocabulary.sectors.items())
    return (
        Field("region", "所在地", "choice", tuple(places), is_required=True, hint="决定由哪里的部门核验和登记学时"),
        Field("sector", "行业", "choice", sectors, is_required=True, hint="决定适用哪个行业的细则"),
    )


def _unit_fields(house: House) -> list[Field]:
    return [
        Field("name", "单位名称", is_required=True, hint="与登记证照上的一致", fills="organization"),
        Field("credit_code", "统一社会信用代码", is_required=True, most=40, hint="18 位"),
        *seat_fields(house),
        Field("kinds", "性质", "many", tuple(UNIT_KINDS.items()), value="employer"),
        Field("contact.name", "联系人", is_required=True, most=60, fills="name"),
        Field("contact.phone", "联系电话", most=40, fills="tel"),
        Field("contact.email", "电子邮箱", most=200, fills="email"),
    ]


def _unit_form(house: House, typed: MultiDict[str, str], faults: Sequence[Fault], status: int = 200) -> Response:
    return render("register_unit.html", status=status, faults=faults, caller=caller_of_session(),
                  fields=deeds.filled(_unit_fields(house), typed, faults))


# What both have in common


def _house() -> House:
    found: House = current_app.extensions["house"]
    return found


def _not_ours() -> Response | None:
    """Say that a form was not sent by a page of ours that this browser was given."""
    request.max_content_length = PUBLIC_MOST
    if not is_from_here():
        return refused("not_from_here", "请求来源不明", "登记只接受从本页提交。请打开登记页重试。", 403)
    if not sending.is_ours(_house(), session_cookie(), request.form.get(sending.KEY, "")):
        words = "页面已过期。请重新打开登记页填写；填写的内容可先复制下来。"
        return refused("form_unknown", "这份表单不是本页打开的", words, 403)
    return None


def _done(fields: Sequence[Field], act: Any) -> Done | Refusal | list[Fault]:
    try:
        done: Done | Refusal = act()
    except BadFields as bad:
        return deeds.faults_at(fields, (one._asdict() for one in bad.faults))
    return done


def _why(came: Refusal | list[Fault], field: str) -> tuple[list[Fault], int]:
    """What is wrong, and as which answer; what the register says is said at the field that it goes by."""
    if isinstance(came, list):
        return came, 422
    return [Fault(field, of_refusal(came).words)], status_of(came)
