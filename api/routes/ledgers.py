"""Between ledgers over HTTP: what is handed over, what is brought in of it, how each ledger stands with us.

`tests/province/test_province.py` shows it.
"""

from __future__ import annotations

from typing import Any, Final

from flask import Response

from api.cases.doing import Asked, Done
from api.cases.importing import hand_over_imports, hand_overs, import_shown, ledgers
from api.cases.importing.hand_over_imports import Handed
from api.cases.importing.hand_overs import Made
from api.operational.callers import Caller
from api.paper.saved import attached
from api.routes.answers import Told, answer
from api.routes.door import Door, house
from api.routes.listing import as_it_stood
from api.routes.schemas.imports import TakenAnswer
from api.routes.schemas.ledgers import (
    CheckpointQuery,
    ComparedAnswer,
    HandedOverBody,
    HandOverQuery,
    LedgersAnswer,
    LedgersQuery,
)
from api.routes.sent import LINES
from ledger.errors import Refusal
from ledger.hand_over.check import verdict
from ledger.hand_over.file import file_name

door = Door("ledgers", __name__, description="账与账之间：移交、移交的导入、对账")

_TOLD_MOST: Final = 200


@door.reads("/v1/hand-over", summary="移交：自某个大小之后认定、更正、撤销的记录，附证明和检查点", query=HandOverQuery,
            answers=None, content_type=LINES)
def hand_over(caller: Caller, query: dict[str, Any]) -> Response | Refusal:
    also = query["also"].split(",") if "also" in query else ()
    return _file(hand_overs.make(house(), caller, query["since"], part=query.get("part", 1), size=query.get("size"),
                                 also=also))


@door.reads("/v1/persons/<person:person>/carried", summary="随人携带：本人已登记的全部记录，附证明和检查点",
            answers=None, content_type=LINES)
def carried(caller: Caller, person: str) -> Response | Refusal:
    return _file(hand_overs.carry(house(), caller, person))


def _file(made: Made | Refusal) -> Response | Refusal:
    return made if isinstance(made, Refusal) else as_file(made)


def as_file(made: Made) -> Response:
    """To be saved: which ledger's it is, from where up to where, which part of how many."""
    header = made.header
    words = (f"学时移交-{header.origin}-大小{header.since}至{header.size}-第{header.part}份共{header.parts}份"
             if header.person is None else f"随人携带的学时-{header.origin}-截至第{header.size}个事件")
    response = attached(made.content, LINES, words, file_name(header))
    response.headers["Cache-Control"] = "no-store"  # It names people in clear.
    response.headers["Xueshi-Parts"] = f"{header.part}/{header.parts}"
    response.headers["Xueshi-Left-Out"] = ",".join(made.left_out[:_TOLD_MOST])
    return response


@door.writes("/v1/hand-overs", summary="导入另一本账移交或个人携带的记录；先核验全部证明，试办给出逐行的结果",
             body=HandedOverBody, answers=TakenAnswer, show=import_shown.view)
def bring_in(caller: Caller, fields: dict[str, Any], asked: Asked) -> Told | Response | Refusal:
    found = hand_over_imports.bring_in(house(), caller, fields, asked)
    if isinstance(found, Refusal):
        return found
    if isinstance(found, Done):
        return Told(found, {}, f"/v1/imports/{found.stream}")
    return answer({"dry_run": True, "would": _would(found)})


def _would(found: Handed) -> dict[str, Any]:
    header = found.hand_over.header
    return {**import_shown.preview(found.judged), "workbook": None, "origin": header.origin, "since": header.since,
            "size": header.size, "part": header.part, "parts": header.parts, "carried_by": header.person,
            "checked": list(verdict(found.hand_over).checked)}


@door.reads("/v1/ledgers", summary="各地的账：接受到哪里、多久以前，哪些没有完成，哪些互相矛盾", query=LedgersQuery,
            answers=LedgersAnswer)
def listed(caller: Caller, query: dict[str, Any]) -> dict[str, Any] | Refusal:
    def ask(as_of: int) -> dict[str, Any] | Refusal:
        found = ledgers.listed(house(), caller, within=query.get("within", ledgers.DAYS), as_of=as_of)
        return found if isinstance(found, Refusal) else {"items": found}

    return as_it_stood({}, ask)


@door.reads("/v1/ledgers/comparison", summary="以对方现在的检查点对账：落后多少，是否变短，是否矛盾",
            query=CheckpointQuery, answers=ComparedAnswer)
def compared(caller: Caller, query: dict[str, Any]) -> dict[str, Any] | Refusal:
    return ledgers.compare(house(), caller, query["checkpoint"])
