"""How an account decides, for its supervisor: numbers in a row, the hours of the day as a picture and as a table.

The numbers say where to look and nothing about anybody; each is what `projections.conduct` counts.
`tests/console/test_timeline_screens.py` shows it.
"""

from __future__ import annotations

from typing import Any, Final

from api.cases.histories import STEPS_MOST, Conducted
from api.console import lines
from api.console.lanes import percent
from api.house import House
from projections.conduct import QUICK_SECONDS
from projections.timeline import words

_HIGH: Final = 80     # Of the tallest bar, in the picture's own points.
_GAP: Final = 40      # Between two bars, in hundredths of a percent of the width.


def shown(house: House, found: Conducted) -> dict[str, Any] | None:
    """What a page tells of it; None where nothing was decided."""
    conduct = found.conduct
    if not conduct.steps:
        return None
    most = max(conduct.hours)
    bars = [{"hour": hour, "many": many, "x": percent(hour * 10_000 // 24 + _GAP), "high": -(-_HIGH * many // most),
             "is_night": hour < 6 or hour >= 22} for hour, many in enumerate(conduct.hours)]
    return {
        "facts": _facts(found), "bars": bars, "high": _HIGH, "is_all": found.is_all, "most": STEPS_MOST,
        "beyond": [{"event": one["event"], "recorded_at": one["recorded_at"][:10], "stream": one["stream"],
                    "about": "，".join(lines.about(house, one["facts"])), "reason": one["by"]["reason"],
                    "clauses": "、".join(one["facts"]["ruling"].get("clauses", ()))} for one in conduct.beyond],
        "data": {**conduct._asdict(), "beyond": [one["event"] for one in conduct.beyond], "is_all": found.is_all},
    }


def _facts(found: Conducted) -> list[tuple[str, str]]:
    one = found.conduct
    kinds = "，".join(f"{words().get(kind, kind)} {many}" for kind, many in one.kinds.items())
    told = [("办结", f"{one.steps} 件：{kinds}" if found.is_all else f"最近的 {one.steps} 件：{kinds}")]
    if one.waited_seconds is not None:
        least, middle, most = map(lines.length, one.waited_seconds)
        told.append(("办结前等待", f"中位 {middle}，最短 {least}，最长 {most}"))
    told.append(("快慢", f"距上一件不足 {QUICK_SECONDS} 秒的 {one.quick} 件；成批办理的 {one.together} 件"))
    told.append(("时段", f"22 时至 6 时 {one.at_night} 件，周六、周日 {one.on_weekends} 件"))
    if one.with_papers:
        told.append(("佐证", f"认定附有佐证的 {one.with_papers} 件：全部打开 {one.all_opened}，"
                             f"一份未开 {one.none_opened}"))
    told.append(("办理本单位的", f"{one.own_organisation} 件"))
    return told
