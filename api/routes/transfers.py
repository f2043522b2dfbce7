"""Unit transfers over HTTP. `tests/api/test_transfers.py` shows it."""

from __future__ import annotations

from typing import Any

from api.cases.belonging import transfers
from api.operational.callers import Caller
from api.routes.acts import Acts
from api.routes.door import Door, house
from api.routes.schemas.common import Purpose
from api.routes.schemas.transfers import ConfirmationBody, TransferAnswer, TransferRefusalBody
from ledger.errors import Refusal

door = Door("transfers", __name__, description="单位匹配和变更")


@door.reads("/v1/transfers/<transfer:transfer>", summary="查看单位变更", query=Purpose, answers=TransferAnswer)
def show(caller: Caller, query: dict[str, Any], transfer: str) -> tuple[dict[str, Any], int] | Refusal:
    return transfers.see(house(), caller, transfer, query.get("purpose"))


_acts = Acts(door, "/v1/transfers/<transfer:transfer>", "transfers", TransferAnswer, transfers.view)
_acts.offer("confirmation", "接收单位确认", transfers.confirm, ConfirmationBody)
_acts.offer("refusal", "接收单位拒绝", transfers.refuse, TransferRefusalBody)
_acts.offer("withdrawal", "本人撤回", transfers.withdraw)
