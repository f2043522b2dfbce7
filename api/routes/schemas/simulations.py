"""What is asked and answered about what would be without the entries of a case.

`tests/api/test_case_simulation.py` shows it.
"""

from __future__ import annotations

from typing import Any, Final

import marshmallow as ma

from api.cases.investigating.without import ALL, HELD
from api.routes.fields import Choice, Shaped
from api.routes.schemas.common import Answer
from api.routes.schemas.questions import AxesQuery
from ledger.ids import PREFIXES
from projections.without import COUNTED
from projections.without import HELD as FROZEN

_LISTED_MOST: Final = 100  # More would not fit an address; what is all of the case, or held in it, needs no list.
_CLAIM: Final = f"{PREFIXES['claim']}[0-9a-hjkmnp-tv-z]{{22}}"


class _Listed(Shaped):
    """Entries by their ids, with commas between."""

    def read(self, text: str) -> Any:
        return tuple(dict.fromkeys(text.split(",")))


class SimulationQuery(AxesQuery):
    """Without which entries of the case, and on which axes."""

    claims = _Listed(f"^{_CLAIM}(,{_CLAIM}){{0,{_LISTED_MOST - 1}}}$", f"以逗号分隔的学时编号，至多 {_LISTED_MOST} 项",
                     metadata={"description": "案件所涉的哪几项；不写即按 only"})
    only = Choice(  # type: ignore[assignment]  # A field, which is no attribute of its schema once that is made.
        ALL, HELD, metadata={"default": ALL, "description": "all 所涉的全部；held 其中本案冻结过的"})
    held = Choice(*FROZEN, metadata={
        "default": COUNTED, "description": "同一些人其他冻结的学时：counted 两边都计；left_out 两边都不计"})


class SimulationAnswer(Answer):
    """What would be otherwise, person by person, and what rests on it."""

    case = ma.fields.String(required=True)
    basis = ma.fields.Dict(required=True)
    held = ma.fields.String(required=True, metadata={"enum": list(FROZEN)})
    claims = ma.fields.List(ma.fields.Dict(), required=True, metadata={
        "description": "所列的学时：现状、核定和计入多少、全部事件；counts：现在是否计入"})
    unknown = ma.fields.List(  # type: ignore[assignment]  # The same.
        ma.fields.String(), required=True, metadata={"description": "当时账本中还没有的"})
    persons = ma.fields.List(ma.fields.Dict(), required=True, metadata={
        "description": "所涉的人（姓名、证件号码隐去中段）：有变化的年度，stands 现在、without 不计之后；"
                       "others：因而多计或少计的其他学时；falls：由达标变为不达标"})
    statements = ma.fields.List(ma.fields.Dict(), required=True, metadata={
        "description": "载有所列学时、或所述年度因而不同的有效情况表；is_so：此前所述是否仍与账本相符"})
    applications = ma.fields.List(ma.fields.Dict(), required=True, metadata={
        "description": "审核所依据的；is_so：现在是否成立，holds：不计之后是否依然成立"})
    titles = ma.fields.List(ma.fields.Dict(), required=True, metadata={"description": "由此授予、未被撤销的职称"})
    summary = ma.fields.Dict(required=True, metadata={"description": "共多少人、份、件，逐年多少人达标，前后对照"})
