"""Accounts and what they may do: who is here, one appointed, scopes given and taken, its holder let in.

What opens an account (a token, a code for a password) is shown on the answer itself and nowhere again; the same form
sent twice shows the same. `tests/console/test_accounts_screens.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from flask import request
from werkzeug.datastructures import MultiDict

from api.cases.doing import Asked, Done, Reading
from api.cases.holders import accounts as logins
from api.cases.holders import actors, factors
from api.cases.holders.allotment import ALLOTS
from api.cases.log import histories
from api.cases.standing import UNIT
from api.console import deeds, sending
from api.console.claiming.claim import done_before, told_basis
from api.console.deeds import Deed, Pairs, Room, Subject
from api.console.form import Fault, Field, of_refusal
from api.console.moment import asked_moment
from api.console.screen import Asking, Page, Shown, onward
from api.console.words import Mark, documents
from api.paper.tables_out import Table
from api.refusals.refusals import status_of
from api.routes.schemas.actors import ActorBody, ScopeBody
from api.words.telling import role as role_name
from api.words.year_page import region
from ledger.errors import Refusal
from ledger.identifiers import regions
from ledger.streams.standing import Actor
from policies.words import base_vocabulary

ROWS: Final = 50
STATES: Final[Mapping[str, Mark]] = {
    "active": ("met", "✓", "在任"), "suspended": ("open", "‖", "已停用"), "dismissed": ("", "–", "已终止"),
}


# Who is here


def listed(asking: Asking) -> Shown:
    """The accounts within somebody's sight, a page at a time."""
    moment = asked_moment(rest=("organisation", "status", "after"))
    position = moment.position(asking.house)
    rest = moment.rest
    page = actors.every(
        asking.house, asking.caller, organisation=rest.get("organisation"), as_of=position, after=rest.get("after", ""),
        status=rest["status"] if rest.get("status") in STATES else None, limit=ROWS)
    if isinstance(page, Refusal):
        return page
    basis = asking.house.answers.reflects(position)
    rows = [{**one, "state": STATES[one["status"]], "area": region(one["region"]),
             "may": [scope_words(scope) for scope in one["scopes"]]} for one in page.items]
    heads = ("经办账号", "经办人", "单位", "地区", "状态", "起始事件", "权限")
    table = Table("accounts", "经办账号", heads, [
        (one["actor"], one["official"], one["organisation_name"], one["area"], one["state"][2], one["since"],
         "；".join(one["may"])) for one in rows], position, basis["as_of_time"])
    following = None if page.next is None else page.next[0]
    return Page("accounts.html", {
        "moment": moment, "basis": told_basis(basis), "rows": rows, "states": STATES, "next": following,
        "may_appoint": bool(_allotted(asking)),
    }, {"items": list(page.items), "next": following, **basis}, table)


def scope_words(scope: Mapping[str, Any]) -> str:
    """What a scope lets somebody do, in words."""
    vocabulary = base_vocabulary()
    limits = (region(scope["region"]), vocabulary.sectors.get(scope.get("sector", ""), scope.get("sector", "")),
              vocabulary.categories.get(scope.get("category", ""), ""), "限本单位" if scope.get("unit") else "")
    return " · ".join(filter(None, (role_name(scope["role"]), *limits)))


# One account


def see(asking: Asking, actor: str) -> Subject | Refusal:
    """An account, as a deed is done upon it."""
    found = actors.see(asking.house, asking.caller, actor)
    if isinstance(found, Refusal):
        return found
    body, version = found
    unit = Reading(asking.house.ledger).unit(body["organisation"])
    named = "" if unit is None else unit.names[-1].name
    area = {} if unit is None else {"region": unit.seats[-1].region}
    return Subject(actor, f"/accounts/{actor}", named, version, _stands(body),
                   lambda state: _stands(actors.view(state)), state=body | area)


def _stands(body: Mapping[str, Any]) -> Pairs:
    may = "；".join(map(scope_words, body["scopes"]))
    return (("状态", STATES[body["status"]]), ("权限", may or "没有"))


def detail(asking: Asking, actor: str) -> Shown:
    """One account: for whom it acts, what it may act upon, what can be done about it."""
    moment = asked_moment()
    position = moment.position(asking.house)
    subject = see(asking, actor)
    if isinstance(subject, Refusal):
        return subject
    page = actors.every(asking.house, asking.caller, organisation=None, status=None, actor=actor, as_of=position,
                        after="", limit=1)
    if isinstance(page, Refusal):
        return page
    if not page.items:  # It was appointed since.
        return Refusal.because("actor_absent")
    one, basis = page.items[0], asking.house.answers.reflects(position)
    offered = deeds.offered(asking, ROOM, subject) if moment.is_now else []
    return Page("account.html", {
        "moment": moment, "basis": told_basis(basis), "one": one, "state": STATES[one["status"]],
        "area": region(one["region"]), "scopes": [{**scope, "words": scope_words(scope)} for scope in one["scopes"]],
        "deeds": [each for each in offered if each.deed.code not in ("scopes", "scope-withdrawals")],
        "can": {each.deed.code for each in offered}, "done": done_before(asking),
        "opens": moment.is_now and _may_open(asking, actor),
        "follows": histories.follows(asking.house, asking.caller, actor),
    }, {**one, **basis})


def _may_open(asking: Asking, actor: str) -> bool:
    return not isinstance(actors.hand_for(asking.house, asking.caller, actor), Refusal)


# What is done about one


def _scope_fields(asking: Asking, subject: Subject) -> Sequence[Field]:
    """A scope, as it is typed; what the address names is filled in."""
    vocabulary = base_vocabulary()
    given = request.args
    organisation = subject.state["organisation"]
    return (
        Field("role", "角色", "choice", tuple((code, role_name(code)) for code in _allotted(asking)), is_required=True,
              value=given.get("role", "")),
        Field("region", "地区", "choice", tuple(_areas(asking)), is_required=True, value=given.get("region", ""),
              hint="所选地区及其以下"),
        Field("sector", "只限行业", "choice", tuple(vocabulary.sectors.items()), value=given.get("sector", ""),
              blank="不限"),
        Field("category", "只限科目", "choice", tuple(vocabulary.categories.items()),
              value=given.get("category", ""), blank="不限"),
        Field("unit", "只限单位", "choice", ((organisation, subject.title),), value=given.get("unit", ""),
              hint="用人单位角色必选"),
    )


def _allotted(asking: Asking) -> tuple[str, ...]:
    """The roles that somebody's own allot: what the law of allotment says, before any trial."""
    offices = {office for office in asking.capacity.roles if office in ALLOTS}
    return tuple(dict.fromkeys(role for office in ALLOTS if office in offices for role in ALLOTS[office]))


def _areas(asking: Asking) -> Iterable[tuple[str, str]]:
    """The areas within somebody's own scopes, as prefixes."""
    actor = Reading(asking.house.ledger).actor(asking.caller.id)
    held = () if actor is None else {scope.region for scope in actor.scopes}
    today = asking.house.today
    every = [regions.PROVINCE[:2], *(city[:4] for city in regions.cities(today)), *regions.county_units(today)]
    yield from ((code, region(code)) for code in sorted(every) if any(code.startswith(prefix) for prefix in held))


def _grantable(asking: Asking, subject: Subject) -> Mapping[str, Any]:
    """The first grant that could be made here, to find out whether any could."""
    seat, unit = subject.state.get("region", regions.PROVINCE), subject.state["organisation"]

    def could_be(scope: dict[str, Any]) -> bool:
        return isinstance(actors.grant(asking.house, asking.caller, subject.id, scope, Asked(dry_run=True)), Done)

    scopes = [{"role": role, "region": seat} | ({"unit": unit} if role == UNIT else {})
              for role in _allotted(asking) or (UNIT,)]  # Who allots nothing is turned away for that.
    return next(filter(could_be, scopes), scopes[0])


def _held(_: Asking, subject: Subject) -> Mapping[str, Any]:
    """A scope that could be taken back: what the address names, or the first."""
    held = subject.state["scopes"]
    asked = request.args
    named = {name: asked[name] for name in ("role", "region", "sector", "category", "unit") if asked.get(name)}
    return named if named in held else held[0] if held else {"role": UNIT, "region": regions.PROVINCE}


ROOM: Final = Room(see, deeds.named(
    Deed("scopes", "授予权限", actors.grant, ScopeBody, _scope_fields, _grantable, look="main", depends=True,
         note="授予后立即可以办理；记为一个事件，可以收回。"),
    Deed("scope-withdrawals", "收回权限", actors.withdraw, ScopeBody, _scope_fields, _held, look="bad", depends=True,
         note="收回后不能再办理；办过的仍然有效。"),
    Deed("suspension", "停用", actors.suspend, look="bad", note="停用期间什么也不能办理；可以恢复。"),
    Deed("reinstatement", "恢复", actors.reinstate, look="main"),
    Deed("dismissal", "终止任用", actors.dismiss, look="bad",
         note="终止后不能恢复，账号名可以给继任者。办过的仍然有效，记录不会删除。"),
))


# What opens one: shown once


def opening(asking: Asking, actor: str) -> Shown:
    """Ask before something that opens an account is made: it takes the place of the last."""
    subject = see(asking, actor)
    if isinstance(subject, Refusal):
        return subject
    if isinstance(by := actors.hand_for(asking.house, asking.caller, actor), Refusal):
        return by
    return Page("account_opening.html", {"subject": subject, "given": None, "reasons": factors.REASONS,
                                         "has_factor": asking.house.factors.has(actor).since is not None})


def open_it(asking: Asking, actor: str) -> Shown:
    """Make it, and show it this once."""
    subject = see(asking, actor)
    if isinstance(subject, Refusal):
        return subject
    asked = sending.asked(asking.house, asking.caller)
    assert asked.key is not None
    if request.form.get("what") == "token":
        given = actors.give_token(asking.house, asking.caller, actor, asked.key.key, dry_run=False)
        secret = given if isinstance(given, Refusal) else {"token": given.token}
    elif request.form.get("what") == "factor":
        secret = factors.reset(asking.house, asking.caller, actor, _reason(request.form.get("reason", "")), asked)
    else:
        secret = logins.give_code(asking.house, asking.caller, actor, asked)
    return secret if isinstance(secret, Refusal) else Page(
        "account_opening.html", {"subject": subject, "given": secret}, status=201)


def _reason(typed: str) -> str:
    return typed if typed in factors.REASONS else "lost"


# A new one


def new(asking: Asking) -> Shown:
    """The form with which an account is allotted."""
    return _form(MultiDict(), []) if _allotted(asking) else Refusal.because(
        "official_needed" if asking.capacity.is_person else "role_not_held", role=role_name("human_resources"))


def appoint(asking: Asking) -> Shown:
    """Allot it; its scopes come next."""
    fields, faults = deeds.read(ActorBody, _fields(), request.form)
    if faults:
        return _form(request.form, faults, 422)
    came = actors.appoint(asking.house, asking.caller, fields, sending.asked(asking.house, asking.caller))
    if isinstance(came, Refusal):
        if came.code == "role_not_held":
            return came
        taken = Fault("account", "账号名：已有人使用，请换一个。")
        fault = taken if came.code == "name_taken" else Fault(
            "organisation", of_refusal(came, documents(asking.house)).words)
        return _form(request.form, [fault], status_of(came))
    state: Actor = came.state
    event = came.receipt.positions[0] if came.receipt is not None else 0
    return onward(f"/accounts/{state.actor}?done={event}")


def _fields() -> tuple[Field, ...]:
    return (
        Field("organisation", "单位编号", is_required=True, most=26, value=request.args.get("organisation", ""),
              hint="以 unt_ 开头；在单位页上，或下列已有账号的单位"),
        Field("account", "账号名", is_required=True, most=64, hint="登录用，如 lucheng-hr-01"),
        Field("official.name", "经办人姓名", is_required=True, most=60),
        Field("official.phone", "经办人电话", most=20),
        Field("person", "经办人本人的人员编号", most=26, hint="填了，就不能经办自己的事项"),
    )


def _form(typed: MultiDict[str, str], faults: Sequence[Fault], status: int = 200) -> Shown:
    return Page("account_new.html", {"fields": deeds.filled(_fields(), typed, faults), "faults": faults}, status=status)
