"""The finder: whatever an investigator has before them leads to its thread.

An id says itself what it names. A document's number or a certificate's is typed into a form that is sent and never into
an address, where histories and logs of the network would keep it: it leads on to a page that names nobody's number.
A digest shows who ever presented that file. `tests/console/test_timeline_screens.py` shows it.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any, Final
from urllib.parse import urlencode

from flask import request

from api.cases.belonging import finding
from api.cases.log import histories
from api.cases.standing import acting, may_look
from api.cases.tracing import shared
from api.console import words
from api.console.claiming.claim import told_basis
from api.console.form import Fault
from api.console.moment import asked_moment
from api.console.screen import Asking, Page, Shown, onward
from api.console.tracing import lines
from api.console.tracing.field_words import ID_KINDS
from api.console.words import PURPOSES
from api.paper.tables_out import Table
from api.refusals.faults import BadFields
from api.refusals.refusals import lines as lines_of_refusals
from ledger.errors import Refusal
from ledger.ids import PREFIXES
from policies.words import base_vocabulary

_ID: Final = re.compile(r"[a-z]{3}_[0-9a-z]{22}", re.ASCII)
_SHA256: Final = re.compile(r"[0-9a-fA-F]{64}", re.ASCII)
_EIGHTEEN: Final = re.compile(r"[0-9A-Z]{18}", re.ASCII)
_EVENT: Final = re.compile(r"#?[0-9]{1,15}", re.ASCII)
_MOST: Final = 200
_HEADS: Final = ("申报", "人员", "状态", "单位", "途径", "科目", "佐证日期", "起始事件")


def find(asking: Asking) -> Shown:
    """Where to begin: whoever may look at nobody begins with what is their own."""
    if asking.capacity.is_person:
        return onward(f"/persons/{asking.caller.id}/timeline")
    actor = acting(asking.house, asking.caller)
    if isinstance(actor, Refusal):
        return actor
    if may_look(actor) is not None:
        return onward(f"/actors/{actor.actor}/timeline")
    return _form(asking, {}, ())


def found(asking: Asking) -> Shown:
    """Lead on to what was asked for."""
    typed = {name: value.strip()[:_MOST] for name, value in request.form.items()}
    purpose = typed.get("purpose", "")
    if purpose not in PURPOSES:
        return _form(asking, typed, (Fault("purpose", "查阅目的：请选一项。"),), 422)
    for name, lead in (("what", _by_id), ("id_number", _by_document), ("certificate_number", _by_certificate)):
        if typed.get(name):
            try:
                led = lead(asking, typed, purpose)
            except BadFields as bad:
                led = Fault(name, bad.faults[0].detail)
            if isinstance(led, Refusal):
                if lines_of_refusals()[led.code].status != 404:
                    return led
                led = Fault(name, "没有找到，或不在您的权限范围内。请核对后重试。")
            return _form(asking, typed, (led,), 422) if isinstance(led, Fault) else onward(led)
    return _form(asking, typed, (Fault("what", "请填写要查的编号、证件号码或证书编号，任一项即可。"),), 422)


def _form(asking: Asking, typed: dict[str, str], faults: tuple[Fault, ...], status: int = 200) -> Shown:
    return Page("timeline_find.html", {
        "purposes": PURPOSES, "kinds": ID_KINDS, "typed": typed,
        "faults": faults, "wrong": {one.field for one in faults}, "own": asking.caller.id,
    }, status=status)


def _by_id(asking: Asking, typed: dict[str, str], purpose: str) -> str | Refusal | Fault:
    text, asked = typed["what"], urlencode({"purpose": purpose})
    if _EIGHTEEN.fullmatch(text.upper()):
        return _by_code(asking, text.upper(), purpose)
    if _SHA256.fullmatch(text):
        return f"/evidence/{text.lower()}?{asked}"
    if _EVENT.fullmatch(text):
        return f"/events/{int(text.removeprefix('#'))}?{asked}"
    if _ID.fullmatch(text) is None:
        return Fault("what", "编号形如 per_…、acr_…、clm_…（26 位），事件序号（如 #128），或文件的 SHA-256（64 位）。")
    led = lines.leads(text, purpose)
    if led is None:
        told = "、".join(f"{PREFIXES[kind]}（{lines.RECORDS[kind]}）" for kind in lines.AT)
        return Fault("what", f"这一类编号没有单独的时间线。可查的有：{told}。")
    return led


def _by_code(asking: Asking, text: str, purpose: str) -> str | Refusal:
    """Of eighteen characters the check digit says whether they are a person's number or a unit's."""
    with suppress(BadFields):
        unit = finding.unit_of(asking.house, asking.caller, text)
        return unit if isinstance(unit, Refusal) else str(lines.leads(unit, purpose))
    return _by_document(asking, {"id_number": text}, purpose)


def _by_document(asking: Asking, typed: dict[str, str], purpose: str) -> str | Refusal:
    kind = typed.get("id_kind", "resident_id")
    person = finding.person_of(asking.house, asking.caller, kind, typed["id_number"], purpose)
    return person if isinstance(person, Refusal) else f"/persons/{person}/timeline?{urlencode({'purpose': purpose})}"


def _by_certificate(asking: Asking, typed: dict[str, str], purpose: str) -> str | Refusal | Fault:
    if (led := _by_clue(asking, typed, purpose)) is not None:
        return led
    told = histories.holding_number(asking.house, asking.caller, typed.get("certificate_issuer") or None,
                                    typed["certificate_number"], purpose)
    if isinstance(told, Refusal):
        return told
    if not told["items"]:
        beyond = f"权限范围之外有 {told['beyond']} 份。" if told["beyond"] else ""
        return Fault("certificate_number",
                     f"权限范围内没有申报登记这一编号。{beyond}编号和发证单位须与登记时一字不差；登记时没有发证单位的，不填。")
    claim = str(told["items"][0]["claim"])
    return f"/claims/{claim}/certificate?{urlencode({'purpose': purpose})}"


def _by_clue(asking: Asking, typed: dict[str, str], purpose: str) -> str | None:
    """Where whoever supervises sees all that hold a number, also those who wrote it otherwise: by its digest."""
    key = shared.certificate_key(asking.house, typed.get("certificate_issuer") or None, typed["certificate_number"])
    if key is None or not shared.is_held(asking.house, asking.caller, key):
        return None
    asked = {"dimension": key.dimension, "value": key.value, "purpose": purpose}
    return f"/shared?{urlencode(asked)}"


# What leads to several


def certificate(asking: Asking, claim: str) -> Shown:
    """Which claims hold the number of this one's certificate, as things stand now (D01)."""
    purpose = request.args.get("purpose")
    told = histories.same_number(asking.house, asking.caller, claim, purpose)
    if isinstance(told, Refusal):
        return told
    rows = [_row(asking, one) for one in told["items"]]
    return Page("shared.html", {
        "title": "同一证书编号的申报", "rows": rows, "purpose": purpose, "beyond": 0, "own": claim, "sha256": None,
        "path": f"/claims/{claim}/certificate", "has_number": told["has_number"],
    }, told, _table("same-number", "同一证书编号的申报", rows, told))


def showing(asking: Asking, sha256: str) -> Shown:
    """Which claims ever showed a file."""
    moment = asked_moment(rest=("purpose",))
    position = moment.position(asking.house)
    purpose = moment.rest.get("purpose")
    told = histories.showing(asking.house, asking.caller, sha256, purpose, as_of=position)
    if isinstance(told, Refusal):
        return told
    basis = asking.house.answers.reflects(position)
    rows = [_row(asking, one) for one in told["items"]]
    return Page("shared.html", {
        "title": "出示过这份文件的申报", "rows": rows, "purpose": purpose, "beyond": told["beyond"], "own": None,
        "sha256": sha256, "path": f"/evidence/{sha256}", "moment": moment, "basis": told_basis(basis),
        "has_number": True,
    }, {**told, **basis}, _table("showing", "出示过这份文件的申报", rows, basis))


def _row(asking: Asking, one: dict[str, Any]) -> dict[str, Any]:
    unit, study, known = asking.house.answers.unit(one["unit"]), one["study"], base_vocabulary()
    return {
        **one, "state": words.state(one["status"]), "unit_name": "" if unit is None else unit.names[-1].name,
        "route": known.route_name(study["route"]), "category": known.categories.get(study["category"], ""),
        "date": study["date"],
    }


def _table(name: str, title: str, rows: list[dict[str, Any]], basis: dict[str, Any]) -> Table:
    told = [(one["claim"], one["person"], one["state"][2], one["unit_name"], one["route"], one["category"],
             one["date"], one["since"]) for one in rows]
    return Table(name, title, _HEADS, told, basis["as_of"], basis["as_of_time"])
