"""How a case is told on a terminal after something was decided in it.

`tests/api/test_case_acts.py` shows it.
"""

from __future__ import annotations

from typing import Any, Final

from api.words.telling import CASE_KINDS, pairs

STATES: Final = {"open": "在办", "closed": "已办结"}
FINDINGS: Final = {"pending": "待核查", "ruled_out": "排除", "substantiated": "属实", "referred": "移送"}


def cause(body: dict[str, Any]) -> str:
    """What a case is about, in words; one of a kind of its own by its code."""
    return CASE_KINDS.get(body["kind"], str(body["kind"]))


def decided(body: dict[str, Any]) -> None:
    """Tell a case: how many are concerned, and not who."""
    counts = body["counts"]
    pairs((
        ("案件", body["case"]), ("事由", cause(body)), ("状态", STATES.get(body["status"], body["status"])),
        ("结论", FINDINGS.get(body["finding"], body["finding"])), ("限期", body["due"]),
        ("办案人员", "、".join(body["members"])),
        ("所涉", f"学时 {counts['claims']} 项，{counts['persons']} 人，账号 {counts['actors']} 个，"
                f"单位 {counts['organisers']} 个"),
        ("冻结过", f"{counts['held']} 项" if counts["held"] else None),
    ))
