"""How long ago each one outside signed last, for `xueshi doctor`: a witness that fell silent is seen without a monitor.

`tests/witness/test_outside_told.py` shows it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Final

from api.doctor.checks import Answer, Check, Level
from api.register.folder import folder_of
from api.settings import Settings
from api.witness import stamping, submitting
from ledger.witnessing.kept import Answering, Kept

_UNITS: Final = ((86_400, "天"), (3_600, "小时"), (60, "分钟"))


def answer_checks(settings: Settings, *, clock: Callable[[], float] = time.time) -> list[Check]:
    """A line for witnesses and one for authorities, where they are set.

    Without new events nobody is asked, so age alone is no fault; whoever was asked and did not sign is named with why.
    """
    asked = (("witness_answers", submitting.KIND, settings.witnesses),
             ("stamp_answers", stamping.KIND, settings.time_stamps))
    kept = Kept(folder_of(settings).witnessed)
    return [Check(name, partial(_answers, kept, kind, clock)) for name, kind, is_set in asked if is_set]


def _answers(kept: Kept, kind: str, clock: Callable[[], float]) -> Answer:
    told, now_s = [one for one in kept.answering() if one.kind == kind], int(clock())
    if not told:
        return Level.WARN, "还没有谁签过", "启动服务（xueshi serve）后即去请；服务在运行的，见 /readyz"
    failing = [one for one in told if one.code]
    words = "；".join(_last(one, now_s) for one in told)
    cure = "；".join(f"{one.name}：{one.reason}" for one in failing)
    return (Level.WARN, words, f"登记照常，会再请。{cure}") if failing else (Level.OK, words, "")


def _last(one: Answering, now_s: int) -> str:
    signed = f"{_ago(now_s - one.at)}签到 {one.size:,}" if one.at else "从未签过"
    return f"{one.name} {signed}" + (f"，{_ago(now_s - one.failing_since)}起没有答复" if one.code else "")


def _ago(seconds: int) -> str:
    """How long ago in the largest unit that counts it."""
    return next((f"{seconds // size:,} {unit}前" for size, unit in _UNITS if seconds >= size), "刚才")
