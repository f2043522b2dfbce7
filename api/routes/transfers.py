"""Unit transfers over HTTP. `tests/api/test_transfers.py` shows it."""

from __future__ import annotations

from typing import Any

from api.callers import Caller
from api.cases import transfers
from api.cases.doing import Asked, Done
from api.routes.door import Door, house
from api.routes.schemas.common import Purpose
from api.routes.schemas.transfers import ConfirmationBody, TransferAnswer, TransferRefusalBody
from ledger.errors import Refusal

door = Door("transfers", __name__, description="单位匹配和变更")


@door.reads("/v1/transfers/<transfer:transfer>", summary="查看单位变更", query=Purpose, answers=TransferAnswer)
def show(caller: Caller, query: dict[str, Any], transfer: str) -> tuple[dict[str, Any], int] | Refusal:
    return transfers.see(house(), caller, transfer, query.get("purpose"))


@door.writes("/v1/transfers/<transfer:transfer>/confirmation", summary="接收单位确认", body=ConfirmationBody,
             answers=TransferAnswer, show=transfers.view, conditional=True)
def confirm(caller: Caller, fields: dict[str, Any], asked: Asked, transfer: str) -> Done | Refusal:
    return transfers.confirm(house(), caller, transfer, fields, asked)


@door.writes("/v1/transfers/<transfer:transfer>/refusal", summary="接收单位拒绝", body=TransferRefusalBody,
             answers=TransferAnswer, show=transfers.view, conditional=True)
def refuse(caller: Caller, fields: dict[str, Any], asked: Asked, transfer: str) -> Done | Refusal:
    return transfers.refuse(house(), caller, transfer, fields, asked)


@door.writes("/v1/transfers/<transfer:transfer>/withdrawal", summary="本人撤回", answers=TransferAnswer,
             show=transfers.view, conditional=True)
def withdraw(caller: Caller, _: dict[str, Any], asked: Asked, transfer: str) -> Done | Refusal:
    return transfers.withdraw(house(), caller, transfer, asked)
