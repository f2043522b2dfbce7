"""How a case is told on a terminal after something was decided in it.

`tests/api/test_case_acts.py` shows it.
"""

from __future__ import annotations

from typing import Any, Final

from api.words.telling import pairs

STATES: Final = {"open": "在办", "closed": "已办结"}
FINDINGS: Final = {"pending": "待核查", "ruled_out": "排除", "substantiated": "属实", "referred": "移送"}


def decided(body: dict[str, Any]) -> None:
    """Tell a case: how many are concerned, and not who."""
    counts = body["counts"]
    pairs((
        ("案件", body["case"]), ("事由", body["kind"]), ("状态", STATES.get(body["status"], body["status"])),
        ("结论", FINDINGS.get(body["finding"], body["finding"])), ("限期", body["due"]),
        ("办案人员", "、".join(body["members"])),
        ("所涉", f"学时 {counts['claims']} 项，{counts['persons']} 人，账号 {counts['actors']} 个，"
                f"单位 {counts['organisers']} 个"),
        ("冻结", f"{counts['held']} 项" if counts["held"] else None),
    ))
