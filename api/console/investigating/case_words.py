"""Words of the case desk: what a case is about, how it stands, what can be done to many, what followed.

`tests/console/test_case_desk.py` shows them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from api.console.words import Mark
from api.words.telling import CASE_KINDS
from api.words.year_page import region
from policies.words import base_vocabulary

STATES: Final[Mapping[str, Mark]] = {"open": ("open", "…", "在办"), "closed": ("met", "✓", "已办结")}
FINDINGS: Final[Mapping[str, Mark]] = {
    "pending": ("open", "…", "待核查"), "ruled_out": ("", "–", "排除"), "substantiated": ("short", "✗", "属实"),
    "referred": ("open", "→", "移送"),
}
REQUESTS: Final[Mapping[str, Mark]] = {
    "open": ("open", "…", "等候"), "overdue": ("short", "!", "逾期未交"), "complete": ("met", "✓", "已收齐"),
    "withdrawn": ("", "–", "已撤回"), "not_provided": ("short", "✗", "拒不提供"),
}
BULK_STATES: Final[Mapping[str, Mark]] = {
    "open": ("open", "…", "没有办完，尚未生效"), "closed": ("met", "✓", "已一并生效"), "abandoned": ("", "–", "已放弃"),
}
EFFECTS: Final = {
    "held": "冻结学时", "released": "解冻学时", "revoked": "撤销学时", "reinstated": "恢复学时",
    "disqualified": "取消申报资格", "title_revoked": "撤销职称", "named": "列为后续处理",
}
ACCESS: Final = "contents"
"""What somebody may see of a case who works on it; anybody else its head."""


def kind_words(kind: str) -> str:
    """What a case is about; a kind that is not known here, by its code."""
    return CASE_KINDS.get(kind, kind)


def place(one: Mapping[str, Any]) -> str:
    """Where it lies, in words."""
    sector = base_vocabulary().sectors.get(one["sector"] or "", one["sector"] or "")
    return region(one["region"].ljust(6, "0")) + (f" · {sector}" if sector else "")
