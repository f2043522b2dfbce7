"""What a replay says that a rulebook would change, announced: its report is recorded before the rulebook is enacted.

The report of the very job is recorded, byte for byte, so that everyone can later hold what happened against what was
announced (`xueshi replay` checks it). The page says on which rulebooks, and with which sums.
`tests/console/test_replay_screens.py` shows it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from api.cases.doing import Asked, Done
from api.cases.law import impact, replay_reports
from api.console import deeds
from api.console.screen import Asking
from api.house import House
from api.operational.callers import Caller
from ledger.errors import Refusal

_REPORT: Final = "report.json"


def _report(house: House, caller: Caller, job: str) -> str | Refusal:
    made = replay_reports.file(house, caller, job, _REPORT)
    return made if isinstance(made, Refusal) else made.content.decode()


def announced(asking: Asking, job: str) -> deeds.Subject | Refusal:
    """The report of a job, and whether it was recorded."""
    text = _report(asking.house, asking.caller, job)
    if isinstance(text, Refusal):
        return text
    told, digest, house = json.loads(text), impact.digest_of(text), asking.house
    if (behind := house.settled()) is not None:
        return behind
    is_there = bool(house.answers.impact_reports(digest=digest))
    return deeds.Subject(
        job, f"/replays/{job}", f"影响报告 {digest[:16]}", None, _stands(told, is_recorded=is_there),
        lambda _: _stands(told, is_recorded=True), state=[one["id"] for one in told["amendments"]] if is_there else [])


def _stands(report: Mapping[str, Any], *, is_recorded: bool) -> deeds.Pairs:
    brought = "、".join(one["id"] for one in report["amendments"])
    return (
        ("登记在哪些细则上", brought if is_recorded else "尚未登记"),
        ("重放到", f"事件 #{report['question']['as_of']}"),
        ("有变化的人", f"{report['changed_people']:,}"), ("新变为未达标", f"{report['newly_failed']:,}"),
        ("新变为达标", f"{report['newly_passed']:,}"),
    )


def _announce(house: House, caller: Caller, job: str, asked: Asked) -> Done | Refusal:
    text = _report(house, caller, job)
    return text if isinstance(text, Refusal) else impact.record(house, caller, {"report": text}, asked)


ROOM: Final = deeds.Room(announced, deeds.named(deeds.Deed(
    "announcement", "登记影响报告", _announce, look="main",
    note="登记后记为一个事件，任何人都能查到；施行之后可以用同样的问题再重放，与此对照。登记的是报告的摘要和总数，不含个人。",
)))
