"""Rosters over HTTP: the blank, the trial with its preview, the registration, what is given up.

`tests/api/test_http_rosters.py` shows it.
"""

from __future__ import annotations

import base64
from typing import Any, Final

from flask import Response

from api.cases.doing import Asked, Done
from api.cases.standing import logged_in
from api.cases.training import roster_shown, rosters
from api.cases.training.class_filings import class_view
from api.operational.callers import Caller
from api.paper.saved import attached
from api.routes.answers import Told, answer
from api.routes.door import Door, house
from api.routes.schemas.filings import FiledClassAnswer, RosterReturnBody
from api.routes.schemas.rosters import RosterBody
from ledger.errors import Refusal

door = Door("rosters", __name__, description="办班名单：模板、试办、统一登记、放弃")

WORKBOOK: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_AT = "/v1/classes/<class:training_class>"


@door.reads("/v1/roster-template", summary="名单模板（XLSX），各列为文本", answers=None, content_type=WORKBOOK)
def blank(caller: Caller) -> Response | Refusal:
    if no := logged_in(house(), caller):
        return no
    return attached(rosters.blank(), WORKBOOK, "学时登记名单模板", "roster.xlsx")


@door.writes(f"{_AT}/rosters", summary="按名单统一登记；试办给出逐行检查和退回的工作簿", body=RosterBody,
             answers=FiledClassAnswer, show=class_view, conditional=True)
def register(
    caller: Caller, fields: dict[str, Any], asked: Asked, training_class: str
) -> Told | Response | Refusal:
    found = rosters.register(house(), caller, training_class, fields, asked)
    if isinstance(found, Refusal):
        return found
    if isinstance(found, Done):
        return Told(found, {}, f"/v1/classes/{training_class}")
    back = roster_shown.returned_workbook(found)
    workbook = None if back is None else base64.b64encode(back).decode("ascii")
    return answer({"dry_run": True, "would": {**roster_shown.preview(found), "workbook": workbook}})


@door.writes(f"{_AT}/roster-return", summary="登记部门退回办班单位交来的名册", body=RosterReturnBody,
             answers=FiledClassAnswer, show=class_view, conditional=True)
def send_back(caller: Caller, fields: dict[str, Any], asked: Asked, training_class: str) -> Told | Refusal:
    found = rosters.send_back(house(), caller, training_class, fields, asked)
    return found if isinstance(found, Refusal) else Told(found, {}, f"/v1/classes/{training_class}")


@door.writes(f"{_AT}/roster-abandonment", summary="放弃未完成的名单登记：其中各行都不生效", answers=FiledClassAnswer,
             show=class_view, conditional=True)
def abandon(caller: Caller, _: dict[str, Any], asked: Asked, training_class: str) -> Told | Refusal:
    found = rosters.abandon(house(), caller, training_class, asked)
    return found if isinstance(found, Refusal) else Told(found, {}, f"/v1/classes/{training_class}")
