"""Units over HTTP. `tests/api/test_units.py` and `tests/api/test_unit_life.py` show it."""

from __future__ import annotations

from typing import Any

from api.cases.belonging import unit_life, units
from api.cases.doing import Asked, Done
from api.operational.callers import Caller
from api.routes.acts import Acts
from api.routes.answers import Told
from api.routes.door import Door, house
from api.routes.schemas.units import (
    RelocationAnswer,
    UnitAnswer,
    UnitBody,
    UnitClosingBody,
    UnitMergerBody,
    UnitRejectionBody,
    UnitRelocationBody,
    UnitRenamingBody,
    VerificationBody,
)
from ledger.errors import Refusal

door = Door("units", __name__, description="用人单位、部门和机构")


@door.writes("/v1/units", summary="登记单位", body=UnitBody, answers=UnitAnswer, show=units.view, login=False)
def register(caller: Caller, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    return units.register(house(), caller, fields, asked)


@door.reads("/v1/units/<unit:unit>", summary="查看单位", answers=UnitAnswer, login=False)
def show(_: Caller, unit: str) -> tuple[dict[str, Any], int] | Refusal:
    return units.see(house(), unit)


_acts = Acts(door, "/v1/units/<unit:unit>", "units", UnitAnswer, units.view)
_acts.offer("verification", "核验单位", units.verify, VerificationBody)
_acts.offer("rejection", "不予核验单位", units.reject, UnitRejectionBody)
_acts.offer("renaming", "单位更名：信用代码和人员不变", unit_life.rename, UnitRenamingBody)


@door.writes("/v1/units/<unit:unit>/relocation", summary="单位变更地区或行业：人员随单位改记", body=UnitRelocationBody,
             answers=RelocationAnswer, show=units.view, conditional=True)
def relocate(caller: Caller, fields: dict[str, Any], asked: Asked, unit: str) -> Told | Refusal:
    done = unit_life.relocate(house(), caller, unit, fields, asked)
    if isinstance(done, Refusal):
        return done
    more = {"effects": unit_life.effects(house(), unit, fields["starts"])} if asked.dry_run else {}
    return Told(done, more, place=f"/v1/units/{unit}")


_acts.offer("merger", "单位并入另一单位：人员各自申请变更，待办由其经办承接", unit_life.merge, UnitMergerBody)
_acts.offer("closing", "注销单位：待办由人力社保部门承接", unit_life.close, UnitClosingBody)
