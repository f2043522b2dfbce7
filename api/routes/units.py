"""Units over HTTP. `tests/api/test_units.py` shows it."""

from __future__ import annotations

from typing import Any

from api.callers import Caller
from api.cases import units
from api.cases.doing import Asked, Done
from api.routes.door import Door, house
from api.routes.schemas.units import UnitAnswer, UnitBody, UnitRejectionBody, VerificationBody
from ledger.errors import Refusal

door = Door("units", __name__, description="用人单位、部门和机构")


@door.writes("/v1/units", summary="登记单位", body=UnitBody, answers=UnitAnswer, show=units.view, login=False)
def register(caller: Caller, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    return units.register(house(), caller, fields, asked)


@door.reads("/v1/units/<unit:unit>", summary="查看单位", answers=UnitAnswer, login=False)
def show(_: Caller, unit: str) -> tuple[dict[str, Any], int] | Refusal:
    return units.see(house(), unit)


@door.writes("/v1/units/<unit:unit>/verification", summary="核验单位", body=VerificationBody, answers=UnitAnswer,
             show=units.view, conditional=True)
def verify(caller: Caller, fields: dict[str, Any], asked: Asked, unit: str) -> Done | Refusal:
    return units.verify(house(), caller, unit, fields, asked)


@door.writes("/v1/units/<unit:unit>/rejection", summary="不予核验单位", body=UnitRejectionBody,
             answers=UnitAnswer, show=units.view, conditional=True)
def reject(caller: Caller, fields: dict[str, Any], asked: Asked, unit: str) -> Done | Refusal:
    return units.reject(house(), caller, unit, fields, asked)
