"""How an account decides, for its supervisor: numbers, the hours of the day as a picture and as a table, its peers.

The numbers say where to look and nothing about anybody; each is what `projections.conduct` and `projections.peers`
count. `tests/console/test_officer_screens.py` shows it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from api.cases.log.histories import STEPS_MOST
from api.cases.tracing.officers import Officer, view
from api.console.tracing import lines
from api.console.tracing.lanes import percent
from api.house import House
from api.words.telling import role as role_name
from ledger.vocabulary import format_hours
from projections.conduct import NIGHT, QUICK_SECONDS, Conduct
from projections.event_kinds import words
from projections.peers import PEERS_LEAST, Compared
from projections.peers import STEPS_MOST as PEER_STEPS_MOST

_HIGH: Final = 80     # Of the tallest bar, in the picture's own points.
_GAP: Final = 40      # Between two bars, in hundredths of a percent of the width,
_BAR: Final = 340     # and so wide is each.
_MEASURES: Final = {
    "waited_seconds": "办结前等待的中位", "quick": f"距上一件不足 {QUICK_SECONDS} 秒", "together": "成批办理",
    "at_night": "22 时至 6 时", "on_weekends": "周六、周日", "none_opened": "附有佐证而一份未开",
}
_STEPS: Final = {
    "endorsed": "签署意见", "returned": "退回", "approved": "认定", "refused": "驳回", "upheld": "维持原认定",
    "corrected": "更正", "frozen": "冻结", "released": "解冻", "revoked": "撤销", "reinstated": "恢复",
    "reopened": "重新办理",
}


def shown(house: House, found: Officer) -> dict[str, Any] | None:
    """What a page tells of it; None where nothing was decided."""
    conduct = found.conduct
    if not conduct.steps:
        return None
    peers_hours = next((one.peers_hours for one in found.compared or () if one.peers_hours), ())
    return {
        "facts": _facts(found), "bars": _bars(conduct, peers_hours), "high": _HIGH, "is_all": found.is_all,
        "most": STEPS_MOST, "has_peers_hours": bool(peers_hours), "days": found.days,
        "peers": None if found.compared is None else [_beside(one) for one in found.compared],
        "peers_least": PEERS_LEAST, "steps_most": PEER_STEPS_MOST,
        "beyond": [_beyond(house, one, line) for one, line in zip(found.beyond, conduct.beyond, strict=True)],
        "data": view(found),
    }


def _bars(conduct: Conduct, peers_hours: Sequence[int]) -> list[dict[str, Any]]:
    """A bar for each hour, and as a line across it what share of their steps the middle one of its peers took then."""
    shares = [one * conduct.steps for one in peers_hours] or [0] * len(conduct.hours)
    most = max(1, *(many * 1_000 for many in conduct.hours), *shares)
    return [{"hour": hour, "many": many, "x": percent(hour * 10_000 // 24 + _GAP),
             "to": percent(hour * 10_000 // 24 + _GAP + _BAR), "high": -(-_HIGH * many * 1_000 // most),
             "peers": _HIGH * share // most, "share": percent(share // conduct.steps * 10), "is_night": hour in NIGHT}
            for hour, (many, share) in enumerate(zip(conduct.hours, shares, strict=True))]


def _beside(one: Compared) -> dict[str, Any]:
    return {
        "what": _STEPS.get(one.what, one.what), "role": role_name(one.role), "steps": one.steps, "peers": one.peers,
        "rows": [{"name": _MEASURES[each.name], "own": _said(each.name, each.own),
                  "middle": _said(each.name, each.middle),
                  "spread": f"{_said(each.name, each.low)} 至 {_said(each.name, each.high)}",
                  "place": ("与同类无异" if each.low == each.own == each.high else
                            f"第 {each.place} 高，共 {each.of} 个"),
                  "is_out": not each.low <= each.own <= each.high and each.place in (1, each.of)}
                 for each in one.measures],
    }


def _said(name: str, value: int) -> str:
    return lines.length(value) if name == "waited_seconds" else f"{value // 10}.{value % 10}%"


def _beyond(house: House, one: Mapping[str, Any], line: Mapping[str, Any]) -> dict[str, Any]:
    ordinary = one["ordinary_centi"]
    return {
        **one, "recorded_at": one["recorded_at"][:10], "about": "，".join(lines.about(house, line["facts"])),
        "kind": "超出一般所给" if one["kind"] == "override" else "细则没有规定",
        "ordinary": None if ordinary is None else format_hours(ordinary), "clauses": "、".join(one["clauses"]),
    }


def _facts(found: Officer) -> list[tuple[str, str]]:
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
