"""Who saw whose personal data, and for what: of one account or of one person, each entry with its proof.

Begun with an id that is typed, or followed from an account or a person.
`tests/console/test_officer_screens.py` shows it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from typing import Any, Final
from urllib.parse import urlencode

from flask import Response, request

from api.cases.log import looks
from api.console.form import Fault
from api.console.screen import Asking, Page, Shown
from api.console.words import PURPOSES
from api.paper.saved import disposition
from api.paper.tables_out import Table
from api.whole import whole
from api.words.codes import purpose as purpose_words
from api.words.telling import role as role_name
from api.words.year_page import moment as written
from ledger.errors import Refusal

ROWS: Final = 50
_FILE_MOST: Final = 5_000
_ID: Final = re.compile(r"(acr|per)_[0-9a-z]{22}", re.ASCII)
_HEADS: Final = ("序号", "时间", "谁", "角色", "单位", "看了谁", "看了什么", "目的")
_WHAT: Final = {
    "timeline": "时间线", "conduct": "办理情况", "claims": "申报名单", "claim": "申报", "certificate": "同一证书编号",
    "shared": "相同之处", "events": "经过", "event": "事件", "sealed": "密封的内容", "case": "案件", "finding": "线索",
    "official": "经办人姓名", "affiliations": "隶属", "statement": "情况表", "token": "令牌", "years": "年度学时",
    "identity": "身份信息", "evidence": "佐证文件", "access": "查阅日志", "eligibility": "申报资格", "titles": "职称",
    "application": "职称申报", "class": "培训班", "second_factor": "第二因素",
}


def listed(asking: Asking) -> Shown:
    """What an account saw, or who looked at a person."""
    typed = {name: value for name in ("whom", "from", "to", "for", "after", "purpose")
             if (value := request.args.get(name, "").strip()[:60])}
    whom = typed.get("whom", "")
    if not whom:
        no = looks.watching(asking.house, asking.caller)
        return no if isinstance(no, Refusal) else _form(typed, ())
    faults, first, last = _read(typed)
    if faults:
        return _form(typed, tuple(faults), 422)
    is_file = request.path.endswith(".csv")
    after = whole(typed.get("after", ""))
    place = None if is_file or after is None else (after,)
    found = looks.looks(
        asking.house, asking.caller, actor=whom if whom.startswith("acr_") else None,
        person=whom if whom.startswith("per_") else None, purpose=typed.get("purpose"), first=first, last=last,
        wanted=typed.get("for"), upto=None, after=place, limit=_FILE_MOST if is_file else ROWS)
    if isinstance(found, Refusal):
        return found
    rows = [_row(asking, one) for one in found.items]
    table = Table("access", "查阅日志", _HEADS, [
        (one["position"], one["at"], one["reader"], one["role_name"], one["organisation_name"], one["subject"],
         one["said"], one["why"]) for one in rows], found.as_of, None, {"所查": whom})
    return Page("looks.html", {
        "rows": rows, "typed": typed, "faults": (), "wrong": set(), "whom": whom, "purposes": PURPOSES,
        "next": None if found.next is None else found.next[0], "as_of": found.as_of, "behind": found.behind,
        "anchor": found.anchor, "pruned": found.pruned,
        "asked": urlencode({name: one for name, one in typed.items() if name != "after"}),
    }, {"items": list(found.items), "next": found.next, "as_of": found.as_of, "behind": found.behind,
        "anchor": None if found.anchor is None else found.anchor._asdict(),
        "pruned": None if found.pruned is None else found.pruned._asdict()}, table)


def proof(asking: Asking, position: int) -> Shown:
    """The proof of one entry, as a file."""
    found = looks.proof(asking.house, asking.caller, position)
    if isinstance(found, Refusal):
        return found
    answer = Response(found.bundle, content_type="text/plain; charset=utf-8")
    answer.headers["Content-Disposition"] = disposition(
        f"查阅记录 {position} 的证明", f"access-{position}.tlog-proof")
    return answer


def _form(typed: Mapping[str, str], faults: tuple[Fault, ...], status: int = 200) -> Page:
    return Page("looks.html", {
        "rows": (), "typed": typed, "faults": faults, "wrong": {one.field for one in faults}, "whom": None,
        "purposes": PURPOSES, "next": None, "as_of": None, "behind": 0, "anchor": None, "pruned": None, "asked": "",
    }, {"items": []}, status=status)


def _read(typed: Mapping[str, str]) -> tuple[list[Fault], date | None, date | None]:
    faults = []
    if _ID.fullmatch(typed["whom"]) is None:
        faults.append(Fault("whom", "编号：经办账号形如 acr_…，人员形如 per_…（26 位）。"))
    days: dict[str, date | None] = {}
    for name, label in (("from", "自"), ("to", "至")):
        days[name] = None
        if name in typed:
            with suppress(ValueError):
                days[name] = date.fromisoformat(typed[name])
            if (day := days[name]) is None or not 1900 <= day.year <= 2999:
                faults.append(Fault(name, f"{label}：请写成 2025-06-30 这样的日期。"))
    return faults, days["from"], days["to"]


def _row(asking: Asking, one: Mapping[str, Any]) -> dict[str, Any]:
    unit = None if one["organisation"] is None else asking.house.answers.unit(one["organisation"])
    return {
        **one, "when": written(one["at"]), "role_name": role_name(one["role"]),
        "why": purpose_words(one["purpose"]),
        "organisation_name": "" if unit is None else unit.names[-1].name, "said": "、".join(map(_said, one["what"])),
    }


def _said(code: str) -> str:
    return "一份佐证文件" if code.startswith("file_") else _WHAT.get(code, code)
