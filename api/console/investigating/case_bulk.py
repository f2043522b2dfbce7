"""Many entries of a case at once: chosen, shown with what becomes of each, done as it was shown, followed to its end.

Nothing is done but to the list that was shown: its digest goes along, and where anything of it changed since, the new
list is shown instead (P 17, W 16). What was stopped on its way is gone on with from its own page, by any member.
`tests/console/test_case_desk.py` shows it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

import marshmallow as ma
from flask import request
from werkzeug.datastructures import MultiDict

from api.cases import cases, jobs
from api.cases.doing import Asked, Done
from api.cases.investigating import bulk_jobs, case_bulk, case_desk
from api.cases.investigating.case_bulk import Going, Preview
from api.console import deeds, sending, words
from api.console.form import Fault, Field, of_refusal
from api.console.investigating import case_deeds
from api.console.investigating.case_deeds import PURPOSE, WORDS
from api.console.investigating.case_lists import effect_row
from api.console.investigating.case_sent import ids_of
from api.console.investigating.case_words import ACCESS, kind_words
from api.console.investigating.cases import LIST, bulk_row
from api.console.screen import Asking, Page, Shown, onward
from api.refusals import refusals
from api.refusals.faults import BadFields
from api.refusals.refusals import status_of, turns_away
from api.routes.schemas.case_desk import CaseBulkBody, SomeWordsBody, WideningBody
from api.words.codes import BULK_DEEDS, REINSTATING, REVOKING
from api.words.year_page import BASES
from ledger.errors import Refusal
from ledger.streams.case import Case

SENT_MOST: Final = 512 * 1024
ROWS_MOST: Final = 200
EFFECTS_MOST: Final = 50
WIDEN: Final = "widen"
_DEEDS: Final = {**BULK_DEEDS, WIDEN: "列入本案"}
_GROUNDS: Final = {  # What is a ground for the one is none for the other.
    act: Field(f"{act}_basis", f"{BULK_DEEDS[act]}的依据", "choice", tuple(grounds.items()),
               hint=f"办理{BULK_DEEDS[act]}时须选", blank="不选")
    for act, grounds in (("revoke", REVOKING), ("reinstate", REINSTATING))
}
_SHOWN: Final = Field("list_sha256", "清单摘要", most=64)  # Of what was shown: it goes along, and is nobody's to type.
_NOTES: Final = {
    "hold": "冻结中的学时照常显示，标明冻结；能否计入由提问的人选择。",
    "release": "只解冻本案冻结的。", "revoke": "撤销的学时不计，所依的情况表和申报随即显示不再相符；本人可以申诉。",
    "reinstate": "申诉成立等情形下恢复；撤销的记录仍然可见。", WIDEN: "列入之后才能冻结、撤销；申报人随之列入。",
}


def _typed(data: dict[str, Any]) -> dict[str, Any]:
    text = data.pop("claims", None)
    return data if not text else {**data, "claims": ids_of(text) if isinstance(text, str) else text}


class _Bulk(CaseBulkBody):
    """What a form sends: ids one below another."""

    @ma.pre_load
    def _split(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return _typed(data)


class _Widening(WideningBody):
    """The same of what is to be looked into besides."""

    @ma.pre_load
    def _split(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return _typed({name: value for name, value in data.items() if name not in ("act", "basis")})


# Chosen and shown


def form(asking: Asking, case: str) -> Shown:
    """What is to be done, to which of the entries."""
    return _form(asking, case, MultiDict(request.args.items()), [])


def send(asking: Asking, case: str) -> Shown:
    """Show the list, or do it as it was shown."""
    typed = request.form
    act = typed.get("act", "")
    is_wider, fields = act == WIDEN, [*_fields(), Field("basis", "依据"), _SHOWN]
    given = MultiDict([*typed.items(), ("basis", _basis(typed))])
    sent, faults = deeds.read(_Widening if is_wider else _Bulk, [one for one in fields if not _is_ground(one)], given)
    faults = [*faults, *_ungrounded(act, typed)]
    if faults:
        return _form(asking, case, typed, faults, 422)
    if typed.get("step") != "do":
        sent.pop("list_sha256", None)
    try:
        return (_widening if is_wider else _bulk)(asking, case, sent, typed)
    except BadFields as bad:
        return _form(asking, case, typed, deeds.faults_at(fields, (one._asdict() for one in bad.faults)), 422)


def _is_ground(field: Field) -> bool:
    return field in _GROUNDS.values()


def _basis(typed: Mapping[str, str]) -> str:
    """The ground of what is done, which has a field of its own for each."""
    ground = _GROUNDS.get(typed.get("act", ""))
    return "" if ground is None else typed.get(ground.name, "").strip()


def _ungrounded(act: str, typed: Mapping[str, str]) -> list[Fault]:
    """What is wrong with the grounds: there is none, or one of something else than what is done."""
    found = []
    for of, ground in _GROUNDS.items():
        is_given = bool(typed.get(ground.name, "").strip())
        if of == act and not is_given:
            found.append(Fault(ground.id, f"{ground.label}：请选择。"))
        if of != act and is_given:
            found.append(Fault(ground.id, f"{ground.label}：所选的办理不是{BULK_DEEDS[of]}，请改为不选，或改选办理。"))
    return found


def _bulk(asking: Asking, case: str, sent: dict[str, Any], typed: MultiDict[str, str]) -> Shown:
    house, caller, is_changed = asking.house, asking.caller, False
    if typed.get("step") == "do":
        came = bulk_jobs.act(house, caller, case, sent, sending.asked(house, caller))
        if isinstance(came, Going):
            return onward(f"{LIST}/{case}/bulk/{came.act}?{urlencode({'purpose': PURPOSE})}")
        if isinstance(came, Done):
            state: Case = came.state
            act = state.bulks[-1].opened.act
            event = came.receipt.positions[0] if came.receipt is not None else 0
            return onward(f"{LIST}/{case}/bulk/{act}?{urlencode({'purpose': PURPOSE, 'done': event})}")
        if isinstance(came, Refusal) and came.code not in ("list_changed", "stale_version"):
            return _no(asking, case, typed, came)
        is_changed = True
    shown = case_bulk.preview(house, caller, case, sent)
    if isinstance(shown, Refusal):
        return _no(asking, case, typed, shown)
    told = shown.view()
    if not shown.rows:
        return _form(asking, case, typed, [Fault("", "没有这样的学时：请核对条件，或先列入本案。")], 422)
    return _checked(case, typed, told["list_sha256"], {
        "version": shown.version, "many": told["rows"], "refused": told["refused"], "people": told["people"],
        "beyond": told["beyond_the_case"], "rows": [_row(one) for one in _refused_first(shown)[:ROWS_MOST]],
        "reasons": [(refusals.lines()[code].told, many) for code, many in told["refused_by_code"].items()],
    }, is_changed=is_changed)


def _refused_first(shown: Preview) -> list[case_bulk.Row]:
    """What is passed over is read first: it is what somebody may not expect."""
    return sorted(shown.rows, key=lambda one: one.refused is None)


def _row(one: case_bulk.Row) -> dict[str, Any]:
    return {**one.view(), "now": None if one.status is None else words.state(one.status),
            "then": None if one.becomes is None else words.state(one.becomes)}


def _widening(asking: Asking, case: str, sent: dict[str, Any], typed: MultiDict[str, str]) -> Shown:
    house, caller, is_changed = asking.house, asking.caller, False
    if typed.get("step") == "do":
        came = case_desk.widen(house, caller, case, sent, sending.asked(house, caller))
        if isinstance(came, Done):
            event = came.receipt.positions[0] if came.receipt is not None else 0
            return onward(f"{LIST}/{case}?{urlencode({'purpose': PURPOSE, 'done': event})}")
        if came.code not in ("list_changed", "stale_version"):
            return _no(asking, case, typed, came)
        is_changed = True
    if "claims" in sent:  # What is named one by one is its own list.
        tried = case_desk.widen(house, caller, case, sent, Asked(dry_run=True))
        if isinstance(tried, Refusal):
            return _no(asking, case, typed, tried)
        new, digest = sent["claims"], ""
    else:
        found = case_desk.preview_widening(house, caller, case, sent)
        if isinstance(found, Refusal):
            return _no(asking, case, typed, found)
        new, digest = found["claims"], found["list_sha256"]
    if not new:
        return _form(asking, case, typed, [Fault("", "没有还不在本案之内的学时：请核对条件。")], 422)
    rows = [{"claim": one, "person": None, "year": None, "hours": None, "now": None, "then": None, "why": None}
            for one in new[:ROWS_MOST]]
    body = _head(asking, case)
    return body if isinstance(body, Refusal) else _checked(case, typed, digest, {
        "version": body["version"], "many": len(new), "refused": 0, "people": None, "beyond": 0, "rows": rows,
        "reasons": []}, is_changed=is_changed)


def _checked(
    case: str, typed: MultiDict[str, str], digest: str, told: Mapping[str, Any], *, is_changed: bool
) -> Page:
    deed = typed["act"]
    carried = [(name, value) for name, value in typed.items()
               if name not in (sending.KEY, "version", "step", "list_sha256") and value]
    return Page("case_bulk_check.html", {
        "case": case, "deed": deed, "name": _DEEDS[deed], "note": _NOTES[deed], "digest": digest, "carried": carried,
        "is_changed": is_changed, "most": ROWS_MOST, "purpose": PURPOSE, "basis": BASES.get(_basis(typed), ""),
        "words": typed.get("words", ""), **told,
    }, status=409 if is_changed else 200)


def _no(asking: Asking, case: str, typed: MultiDict[str, str], no: Refusal) -> Shown:
    if turns_away(no) and no.code != "finding_absent":
        return no
    return _form(asking, case, typed, [of_refusal(no, words.documents(asking.house))], status_of(no))


def _head(asking: Asking, case: str) -> dict[str, Any] | Refusal:
    house = asking.house
    if (behind := house.settled()) is not None:
        return behind
    return cases.case(house, asking.caller, case, PURPOSE, as_of=house.answers.position())


def _form(asking: Asking, case: str, typed: MultiDict[str, str], faults: Sequence[Fault], status: int = 200) -> Shown:
    body = _head(asking, case)
    if isinstance(body, Refusal):
        return body
    if body["access"] != ACCESS:
        return Refusal.because("not_a_member", actor=asking.caller.id)
    return Page("case_bulk.html", {
        "case": case, "title": f"{kind_words(body['kind'])}案件", "fields": deeds.filled(_fields(), typed, faults),
        "faults": faults, "body": body, "purpose": PURPOSE}, status=status)


def _fields() -> list[Field]:
    return [
        Field("act", "办理", "choice", tuple(_DEEDS.items()), is_required=True),
        Field("training_class", "培训班", most=26, hint="班次编号，如 cls_…"),
        Field("organiser", "举办单位", most=26, hint="单位编号，如 unt_…"),
        Field("approver", "认定的账号", most=26, hint="账号编号，如 acr_…"),
        Field("decided_from", "认定之日，自", "date"), Field("decided_until", "至", "date"),
        Field("finding", "线索", most=64, hint="线索编号，如 fnd_…"),
        *_GROUNDS.values(),
        Field("claims", "逐项列出", "words", most=60_000,
              hint="学时编号，每行一个。条件可以并用；什么都不写，就是本案所涉的全部。"),
        WORDS,
    ]


# Followed


def one(asking: Asking, case: str, act: str) -> Shown:
    """How far an act is; of one that is closed, every effect."""
    house, purpose = asking.house, asking.purpose
    if (behind := house.settled()) is not None:
        return behind
    body = case_desk.bulk(house, asking.caller, case, act, purpose)
    if isinstance(body, Refusal):
        return body
    position = house.answers.position()
    effects = case_desk.followed(house, asking.caller, case, purpose, act=act, as_of=position, after=None,
                                 limit=EFFECTS_MOST)
    if isinstance(effects, Refusal):
        return effects
    chosen = {name: value for name, value in body["chosen"].items() if value is not None}
    return Page("case_bulk_one.html", {
        "case": case, "one": bulk_row(house, body), "purpose": purpose, "chosen": chosen,
        "at": f"{LIST}/{case}/bulk/{act}",
        "effects": [effect_row(each) for each in effects.items], "more": effects.next is not None,
        "done": "done" in request.args, "is_polled": "HX-Request" in request.headers,
        "ended": body["ended_at"] and body["ended_at"][:19].replace("T", " "),
        "names": {field.name: field.label for field in _fields()}, "mine": case_deeds.account(house, asking.caller.id),
    }, {**body, "effects": list(effects.items)})


def resume(asking: Asking, case: str, act: str) -> Shown:
    """Go on with what was stopped."""
    came = bulk_jobs.resume(asking.house, asking.caller, case, act, sending.asked(asking.house, asking.caller))
    return _onward(case, act, came)


def stop(asking: Asking, case: str, act: str) -> Shown:
    """Let nobody go on with it in the background; what is written stays, and is in force for nobody."""
    found = case_desk.bulk(asking.house, asking.caller, case, act, PURPOSE)
    if isinstance(found, Refusal):
        return found
    if found["job"] is not None:
        ended = jobs.cancel(asking.house, asking.caller, found["job"], sending.asked(asking.house, asking.caller))
        if isinstance(ended, Refusal) and ended.code != "job_over":  # It may be over just now: the page says so.
            return ended
    return onward(f"{LIST}/{case}/bulk/{act}?{urlencode({'purpose': PURPOSE})}")


def abandon(asking: Asking, case: str, act: str) -> Shown:
    """Give it up: none of it ever takes effect."""
    said = SomeWordsBody().load({name: value for name, value in request.form.items() if name == "words" and value})
    came = case_bulk.abandon(asking.house, asking.caller, case, act, said,
                             sending.asked(asking.house, asking.caller))
    return _onward(case, act, came)


def _onward(case: str, act: str, came: Done | Going | Refusal) -> Shown:
    if isinstance(came, Refusal):
        return came
    done = {"done": 1} if isinstance(came, Done) else {}
    return onward(f"{LIST}/{case}/bulk/{act}?{urlencode({'purpose': PURPOSE, **done})}")
