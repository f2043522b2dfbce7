"""A case opened in the console: what is to be looked into, then whom and how much it concerns, and only then for real.

Whatever the address names stands in the form already: an entry, a person, an account or a unit is one step from a case
about it. From a finding a case is opened on the finding's own page. `tests/console/test_case_desk.py` shows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

import marshmallow as ma
from flask import request
from werkzeug.datastructures import MultiDict

from api.cases import cases
from api.cases.doing import Done
from api.cases.investigating import inquiries
from api.cases.standing import SUPERVISOR
from api.console import deeds, sending, words
from api.console.form import Fault, Field, of_refusal
from api.console.investigating.case_sent import ids_of, sorted_ids, strange_events, strange_ids
from api.console.screen import Asking, Page, Shown, onward
from api.refusals.faults import BadFields
from api.refusals.refusals import status_of
from api.routes.schemas.cases import CaseBody
from api.whole import whole_or_as_typed
from api.words.telling import CASE_KINDS
from ledger.errors import Refusal
from ledger.streams.case import Case
from policies.words import base_vocabulary

NEW: Final = "/cases/new"
SENT_MOST: Final = 512 * 1024
_USUAL_DAYS: Final = 60
_NAMED: Final = ("claim", "person", "actor", "unit")
_CONCERNED: Final = ("named", "所涉的学时、人员、账号、单位")
_EVENTS: Final = ("events", "所依据的事件")


class _Typed(CaseBody):
    """A case as a form sends it: ids of whatever kind one below another, events by their numbers."""

    @ma.pre_load
    def _typed(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        named, events = data.pop("named", ""), data.pop("events", "")
        found = {**data, **sorted_ids(named)}
        if events:
            found["findings"] = [whole_or_as_typed(one) for one in ids_of(events)]
        return found


def new(asking: Asking) -> Shown:
    """What is to be looked into."""
    actor = cases.supervising(asking.house, asking.caller)
    if isinstance(actor, Refusal):
        return actor
    given = [one for name in _NAMED for one in request.args.getlist(name)]
    typed = MultiDict([("named", "\n".join(given))] if given else [])
    return _form(asking, typed, [])


def open_it(asking: Asking) -> Shown:
    """Show whom it concerns, then open it."""
    house, caller, typed = asking.house, asking.caller, request.form
    fields = _fields(asking)
    sent, faults = deeds.read(_Typed, fields, typed)
    if strange := [one for name, told in ((_CONCERNED, strange_ids), (_EVENTS, strange_events))
                   for one in told(*name, typed.get(name[0], ""))]:
        faults = [*(one for one in faults if one.field), *strange]  # Lists are told as they were typed, not as sorted.
    if faults:
        return _form(asking, typed, faults, 422)
    is_for_real = typed.get("step") == "open"
    try:
        came = inquiries.open_case(house, caller, sent, sending.asked(house, caller, dry_run=not is_for_real))
    except BadFields as bad:
        return _form(asking, typed, deeds.faults_at(fields, (one._asdict() for one in bad.faults)), 422)
    if not isinstance(came, Done):
        status = status_of(came)
        if status in (401, 403) and came.code != "own_case":
            return came
        return _form(asking, typed, [of_refusal(came, words.documents(house))], status)
    if is_for_real:
        event = came.receipt.positions[0] if came.receipt is not None else 0
        return onward(f"/cases/{came.stream}?purpose=investigation&done={event}")
    return Page("case_check.html", {"facts": _facts(came.state, sent), "carried": [
        (name, value) for name, value in typed.items() if name not in (sending.KEY, "step") and value]})


def _facts(case: Case, sent: dict[str, Any]) -> list[tuple[str, str]]:
    named, known = case.concerned, base_vocabulary().sectors
    pairs = [
        ("事由", CASE_KINDS.get(case.opened.kind, case.opened.kind)),
        ("地区、行业", case.opened.region + (f" · {known.get(case.opened.sector, case.opened.sector)}"
                                     if case.opened.sector else "")),
        ("所涉的学时", f"{len(named.claims)} 项"), ("所涉的人员", f"{len(named.persons)} 人，学时的申报人在内"),
        ("所涉的账号", f"{len(named.actors)} 个"), ("所涉的单位", f"{len(named.organisers)} 个"),
        ("依据的事件", "、".join(f"#{one}" for one in case.opened.findings)), ("规则", case.opened.pattern or ""),
        ("限期", str(case.due or "未定")), ("查什么、因何立案", str(sent["words"])),
    ]
    return [(name, value) for name, value in pairs if value]


def _form(asking: Asking, typed: MultiDict[str, str], faults: Sequence[Fault], status: int = 200) -> Page:
    return Page("case_form.html", {"fields": deeds.filled(_fields(asking), typed, faults), "faults": faults},
                status=status)


def _fields(asking: Asking) -> list[Field]:
    actor = cases.supervising(asking.house, asking.caller)
    scopes = [] if isinstance(actor, Refusal) else [one for one in actor.scopes if one.role == SUPERVISOR]
    sectors = tuple(base_vocabulary().sectors.items())
    whole = len(scopes) == 1 and len(scopes[0].region) == 6
    due = asking.house.today + timedelta(days=_USUAL_DAYS)
    return [
        Field("kind", "事由", "choice", tuple(CASE_KINDS.items()), is_required=True),
        Field("region", "案件所在的地区", is_required=True, most=6, hint="六位区划代码，如 330203",
              value=scopes[0].region if whole else ""),
        Field("sector", "行业", "choice", sectors, blank="不限行业"),
        Field("due", "办结限期", "date", value=due.isoformat()),
        Field(*_CONCERNED, "words", is_required=True, most=60_000,
              hint="每行一个编号：clm_、per_、acr_ 或 unt_ 开头；学时的申报人随之列入。很多的，立案后再成批列入。"),
        Field(*_EVENTS, "words", most=5_000, hint="事件序号，每行一个"),
        Field("words", "查什么、因何立案", "words", is_required=True, most=1000, hint="密封记入账本，只给办案人员看。"),
    ]
