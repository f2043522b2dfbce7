"""Where somebody belongs in the console, and how it changes: found, asked for, answered by the unit, withdrawn (W 4).

A first match is a transfer from none. Before it is asked for, the person reads what it would do to what they have put
forward (AMB-28). Only the unit that is joined answers; whoever answers sees the masked name and the day, no hours.
`tests/console/test_registering.py` shows it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlencode

from flask import request
from werkzeug.datastructures import MultiDict

from api.cases.belonging import transfers, units
from api.cases.claiming import claim_sheet
from api.cases.claiming.queue import PURPOSE
from api.cases.doing import Asked, Done, Reading
from api.cases.importing import hand_overs
from api.cases.log import histories
from api.console import deeds, sending, words
from api.console.claiming.claim import done_before, told_basis
from api.console.deeds import Deed, Room, Subject
from api.console.form import Fault, Field, of_refusal
from api.console.moment import asked_moment
from api.console.records import named_units, passage, seat, unit_name
from api.console.screen import Asking, Page, Shown, onward
from api.house import House
from api.paper.tables_out import Table
from api.refusals.faults import BadFields
from api.refusals.refusals import status_of
from api.routes.schemas.transfers import ConfirmationBody, TransferBody, TransferRefusalBody
from api.words.codes import STANDINGS
from api.words.telling import role as role_name
from api.words.year_page import region
from ledger.errors import Refusal
from ledger.streams.transfer import Transfer
from ledger.streams.unit import Unit
from policies.words import base_vocabulary

MINE: Final = "/me/unit"
ASKING: Final = "/me/unit/request"
FOUND_MOST: Final = 20
STATES: Final[Mapping[str, words.Mark]] = {
    "requested": ("open", "…", "待接收单位确认"), "confirmed": ("met", "✓", "已确认"),
    "refused": ("short", "✗", "未予确认"), "withdrawn": ("", "–", "已撤回"),
}
UNIT_STATES: Final[Mapping[str, words.Mark]] = {
    "registered": ("open", "…", "待核验"), "verified": ("met", "✓", "已核验"), "rejected": ("short", "✗", "不予核验"),
    "merged": ("", "→", "已并入其他单位"), "closed": ("", "–", "已注销"),
}
_OF_PLACE: Final = ("anyone", "class_roster", "municipal", "county", "municipal_or_county")
_ENDED: Final = {"next": "转往下一单位", "departure": "离开"}


# Where I belong


def mine(asking: Asking) -> Shown:
    """Where somebody belongs, since when, and everything that they asked for."""
    house, caller = asking.house, asking.caller
    moment = asked_moment(("valid_on", "as_of"))
    if not asking.capacity.is_person:
        return Refusal.because("person_needed")
    position = moment.position(house)
    on = moment.read().valid_on
    if isinstance(wanted := transfers.of_person(house, caller, as_of=position), Refusal):
        return wanted
    found = histories.affiliations(house, caller, caller.id, None, as_of=position, valid_on=on)
    if isinstance(found, Refusal):
        return found
    names = named_units(house, [*(one["unit"] for one in found), *(one["to_unit"] for one in wanted)])
    rows = [belonged(one, names) for one in reversed(found)]
    asked = [{**one, "to": names[one["to_unit"]], "state": STATES[one["status"]]} for one in wanted]
    basis = house.answers.reflects(position)
    shown_on = on or house.today
    place = next((one for one in rows if one["from"] <= shown_on.isoformat() <= (one["to"] or "9")), None)
    return Page("my_unit.html", {
        "moment": moment, "basis": {**told_basis(basis), "valid_on": on}, "done": done_before(asking), "rows": rows,
        "place": place, "asked": asked, "open": next((one for one in asked if one["status"] == "requested"), None),
        "day": shown_on, "person": caller.id,
        "may_carry": moment.is_now and hand_overs.has_something_to_carry(house, caller.id),
    }, {"affiliations": found, "transfers": wanted, **basis}, _table(rows, position, basis))


def belonged(one: dict[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """An affiliation in words."""
    standing = one["standing"]
    return {**one, "name": names[one["unit"]], "seat": seat(one["region"], one["sector"]),
            "more": "，".join(filter(None, (one["major"], STANDINGS.get(standing or "", standing)))),
            "ended": _ENDED.get(one["ended_by"] or "", "")}


def _table(rows: Sequence[Mapping[str, Any]], position: int, basis: Mapping[str, Any]) -> Table:
    sectors = base_vocabulary().sectors
    heads = ("单位", "单位编号", "地区", "行业", "专业、身份", "自", "至", "止因", "事件")
    return Table("affiliations", "人事隶属", heads, [
        (one["name"], one["unit"], region(one["region"]), sectors.get(one["sector"], one["sector"]), one["more"],
         one["from"], one["to"], one["ended"], "、".join(map(str, one["events"]))) for one in rows],
        position, basis["as_of_time"])


# Asking for another


def look_for(asking: Asking) -> Shown:
    """Find the unit, then say from when on."""
    if not asking.capacity.is_person:
        return Refusal.because("person_needed")
    unit = _chosen(asking, request.args.get("to", ""))
    if isinstance(unit, Refusal):
        return unit
    if unit is not None:
        return _form(asking, unit, MultiDict(request.args), [])
    text = request.args.get("q", "").strip()[:100]
    found = units.find(asking.house, asking.caller, text, limit=FOUND_MOST)
    if isinstance(found, Refusal):
        return found
    rows = [{**one._asdict(), "seat": seat(one.region, one.sector), "state": UNIT_STATES[one.status]}
            for one in found.items]
    return Page("unit_find.html", {"text": text, "rows": rows, "more": found.next is not None, "least": units.LEAST},
                {"items": [one._asdict() for one in found.items]})


def ask(asking: Asking) -> Shown:
    """Read what it would do, then ask for it."""
    house, caller = asking.house, asking.caller
    unit = _chosen(asking, request.form.get("to_unit", ""))
    if unit is None or isinstance(unit, Refusal):
        return unit or onward(ASKING)
    typed = deeds.digested(_fields(house, unit), request.form, request.files)
    fields, faults = deeds.read(TransferBody, _fields(house, unit), typed)
    if faults:
        return _form(asking, unit, typed, faults, status=422)
    is_for_real = typed.get("step") == "submit"
    came = _requested(asking, unit, fields, sending.asked(house, caller, dry_run=not is_for_real))
    if isinstance(came, list):
        return _form(asking, unit, typed, came, status=422)
    if isinstance(came, Refusal):
        fault = of_refusal(came, words.documents(house))
        place = "starts" if came.code == "affiliation_exists" else ""
        return _form(asking, unit, typed, [replace(fault, field=place)], status=status_of(came))
    if is_for_real:
        event = came.receipt.positions[0] if came.receipt is not None else 0
        return onward(f"/transfers/{came.stream}?done={event}")
    carried = [(name, value) for name, value in typed.items() if name not in (sending.KEY, "step")]
    return Page("transfer_check.html", {
        "unit": unit, "seat": seat(unit.seats[-1].region, unit.seats[-1].sector), "carried": carried,
        "facts": _facts(house, came.state), "claims": _prospects(asking, came.state),
        "back": f"{ASKING}?{_query(carried, unit)}",
    })


def _query(carried: Sequence[tuple[str, str]], unit: Unit) -> str:
    return urlencode({"to": unit.unit, **{name: value for name, value in carried if value and name != "to_unit"}})


def _chosen(asking: Asking, unit: str) -> Unit | Refusal | None:
    if not unit:
        return None
    found = Reading(asking.house.ledger).unit(unit) if units.is_id(unit) else None
    return Refusal.because("unit_absent") if found is None else found


def _fields(house: House, unit: Unit) -> list[Field]:
    known = transfers.choices(house, unit)
    standings = tuple((code, STANDINGS.get(code, code)) for code in known.standings if code not in _OF_PLACE)
    found = [Field("to_unit", "接收单位", is_required=True),
             Field("starts", "隶属自", "date", hint="劳动合同、聘用合同或调令上的日期", is_required=True)]
    if known.majors:
        found.append(Field("major", "专业", "choice", tuple((one, one) for one in known.majors)))
    if standings:
        found.append(Field("standing", "人事身份", "choice", standings, hint="以下都不是的，不选：由单位所在地登记"))
    return [*found, deeds.papers("劳动合同、聘用合同或调令的扫描件")]


def _form(
    asking: Asking, unit: Unit, typed: MultiDict[str, str], faults: Sequence[Fault], *, status: int = 200
) -> Page:
    last = unit.seats[-1]
    return Page("transfer_form.html", {
        "unit": unit, "name": unit.names[-1].name, "seat": seat(last.region, last.sector), "faults": faults,
        "state": UNIT_STATES[unit.status], "fields": deeds.filled(_fields(asking.house, unit)[1:], typed, faults),
        "action": ASKING,
    }, status=status)


def _requested(asking: Asking, unit: Unit, fields: dict[str, Any], asked: Asked) -> Done | Refusal | list[Fault]:
    try:
        return transfers.request(asking.house, asking.caller, asking.caller.id, fields, asked)
    except BadFields as bad:
        return deeds.faults_at(_fields(asking.house, unit), (one._asdict() for one in bad.faults))


def _prospects(asking: Asking, transfer: Transfer) -> list[dict[str, Any]]:
    """What becomes of the claims of whoever asks, in words (AMB-28)."""
    own = claim_sheet.own(asking.house, asking.caller, as_of=asking.house.answers.position())
    titles = {} if isinstance(own, Refusal) else {one.version.claim: one.title for one in own}
    return [{**one, "title": titles.get(one["claim"]) or "（名称已注销）", "state": words.state(one["status"]),
             "holder": _holder(asking.house, one["held_by"])}
            for one in transfers.prospects(asking.house, transfer)["claims"]]


def _holder(house: House, held: Mapping[str, Any]) -> str:
    if held["role"] == "unit":
        return unit_name(house, held["unit"])
    return "本人" if held["role"] is None else f"{region(held['region'])}{role_name(held['role'])}"


def _facts(house: House, one: Transfer) -> list[tuple[str, str]]:
    """What a transfer says, as pairs of a name and a value."""
    pairs = [("原单位", unit_name(house, one.from_unit) or "（此前没有）"), ("接收单位", unit_name(house, one.to_unit)),
             ("隶属自", str(one.starts)), ("专业", one.major or ""),
             ("人事身份", STANDINGS.get(one.standing or "", one.standing or ""))]
    return [(name, value) for name, value in pairs if value]


# One transfer


def detail(asking: Asking, transfer: str) -> Shown:
    """One transfer, to whoever asked for it and to either unit's side."""
    address, moment = f"/transfers/{transfer}", asked_moment(rest=("purpose",))
    position, purpose = moment.position(asking.house), asking.purpose
    found = transfers.sheet(asking.house, asking.caller, transfer, purpose, as_of=None if moment.is_now else position)
    if isinstance(found, Refusal):
        return found
    basis = asking.house.answers.reflects(position)
    subject = _subject_of(found, purpose)
    return Page("transfer.html", {
        "moment": moment, "basis": told_basis(basis), "done": done_before(asking), "sheet": found, "at": address,
        "state": STATES[found.transfer.status], "facts": _facts(asking.house, found.transfer),
        "unit": found.to_unit.unit, "events": passage(found.body), "said": found.body["said"], "purpose": purpose,
        "offered": deeds.offered(asking, TRANSFER, subject) if moment.is_now else [], "subject": subject,
    }, {**found.body, **basis})


def _subject(asking: Asking, transfer: str) -> Subject | Refusal:
    purpose = None if asking.capacity.is_person else PURPOSE
    found = transfers.sheet(asking.house, asking.caller, transfer, purpose)
    return found if isinstance(found, Refusal) else _subject_of(found, purpose)


def _subject_of(found: transfers.Sheet, purpose: str | None) -> Subject:
    one, name = found.transfer, found.to_unit.names[-1].name
    whose = "" if found.identity is None else f"{found.identity['name']} "
    title = f"{'' if purpose is None else whose}申请{'变更到' if one.from_unit else '匹配'}{name}"
    where = "没有单位" if found.from_unit is None else found.from_unit.names[-1].name

    def stands(then: Transfer) -> list[tuple[str, Any]]:
        is_there = then.status == "confirmed"
        return [("申请", STATES[then.status]), ("隶属自", str(then.starts)),
                ("人事隶属", f"{name}，自 {then.starts} 起" if is_there else where)]

    return Subject(one.transfer, f"/transfers/{one.transfer}", title, found.version, stands(one), stands, purpose, one)


def _starts(_: Asking, subject: Subject) -> Sequence[Field]:
    return (Field("starts", "隶属自", "date", hint="与合同、调令不符的，请更正", value=str(subject.state.starts)),)


def _why(_: Asking, __: Subject) -> Sequence[Field]:
    return (deeds.reason_field("transfer.refused"), deeds.WORDS)


TRANSFER: Final = Room(_subject, deeds.named(
    Deed("confirmation", "确认为本单位人员", transfers.confirm, ConfirmationBody, _starts, look="main",
         note="确认后登记人事隶属，自那一天起由本单位和所在地部门办理其学时。记为两个事件，不能删除。"),
    Deed("refusal", "不予确认", transfers.refuse, TransferRefusalBody, _why, lambda _, __: {"words": "-"}, "bad"),
    Deed("withdrawal", "撤回申请", transfers.withdraw, look="bad", is_own=True,
         note="撤回后可以另行申请。记为一个事件，不能删除。"),
))
