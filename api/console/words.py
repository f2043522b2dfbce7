"""Words of the console: statuses with their signs, the steps of a claim, the facts of a study. Nothing is decided here.

A status is a class, a sign and a word together, so that none of them is needed to understand it.
`tests/console/test_claim.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from api.evidence.types import PAPERS as PAPERS
from api.house import House
from api.words.codes import PURPOSES as PURPOSES
from api.words.telling import role as role_name
from api.words.year_page import BASES, EVENTS, HANDS, QUANTITIES, moment
from ledger.streams.claim import Claim, Status
from policies.words import Vocabulary, base_vocabulary
from projections.event_kinds import words as of_events

Mark = tuple[str, str, str]

STATES: Final[Mapping[str, Mark]] = {
    "under_review": ("open", "…", "审核中"), "returned": ("open", "↩", "退回修改"), "withdrawn": ("", "–", "已撤回"),
    "refused": ("short", "✗", "已驳回"), "approved": ("met", "✓", "已登记"), "frozen": ("open", "‖", "已冻结"),
    "revoked": ("short", "⊘", "已撤销"),
}
VERDICTS: Final[Mapping[str, Mark]] = {
    "ruled": ("met", "✓", "可计"), "manual": ("open", "…", "主管部门确认"), "refused": ("short", "✗", "不予计入"),
    "unruled": ("open", "…", "待主管部门确认"), "duplicate": ("open", "＝", "重复，只计一次"),
    "revoked": ("short", "⊘", "不计"), "frozen": ("open", "‖", "冻结中"),
}
KINDS: Final = {
    "claim": "学时申报", "transfer": "单位变更", "unit": "单位核验", "difference": "差异核查", "plan": "培训计划备案",
    "class": "培训班备案", "application": "职称申报学时审核", "appeal": "学时申诉", "correction": "申诉后更正",
}
MARKS: Final = {
    "duplicate": "疑重复", "unplaced": "无法评定", "no_evidence": "无佐证", "papers_absent": "材料未上传",
    "papers_unknown": "材料暂查不到", "by_analogy": "比照执行",
    "late_filing": "逾期备案", "late": "补录", "over_cap": "超上限",
}
APPEALS: Final = {
    "open": "办理中", "withdrawn": "已撤回", "dismissed": "维持原决定", "reopened": "重新审核", "reinstated": "已恢复",
    "remitted": "责令更正", "corrected": "已更正", "overtaken": "已无须办理",
}
_UNITS: Final = dict(QUANTITIES)
_DETAILS: Final = {
    "title": "名称", "certificate_issuer": "发证单位", "certificate_number": "证书编号", "location": "地点",
    "words": "说明",
}
_OWN: Final = {
    "year": "计入年度", "participants": "完成人数", "filing": "备案编号", "training_class": "培训班",
    "joint_first": "共同第一作者",
}
_LEFT_OUT: Final = ("route", "level", "category", "date")


def state(code: str) -> Mark:
    """A status of a claim."""
    return STATES.get(code, ("open", "…", code))


def verdict(code: str) -> Mark:
    """How the law rules."""
    return VERDICTS.get(code, ("open", "…", code))


def facts(study: Mapping[str, Any], details: Mapping[str, Any] | None, words: Vocabulary | None = None
          ) -> list[tuple[str, str]]:
    """What a claim says, as pairs of a name and a value, in the order in which one asks."""
    known = words or base_vocabulary()
    route, level = str(study.get("route", "")), study.get("level")
    pairs = [("名称", "（名称已注销）" if details is None else str(details.get("title", ""))),
             ("途径", known.route_name(route) + (f"，{known.level_name(level, route)}" if level else "")),
             ("科目", known.categories.get(str(study.get("category", "")), "")),
             ("佐证日期", str(study.get("date", "")))]
    further = {**study.get("further", {})}
    for name, value in (*study.items(), *further.items()):
        if name not in (*_LEFT_OUT, "further"):
            pairs.append((_OWN.get(name) or known.field_name(name), _value(known, name, value)))
    pairs += [(label, str(details[name])) for name, label in _DETAILS.items()
              if details and name != "title" and details.get(name)]
    return [(name, value) for name, value in pairs if value]


def _value(words: Vocabulary, name: str, value: Any) -> str:
    if value is True:
        return "是"
    return f"{words.value_name(name, str(value))}{' ' + _UNITS[name] if name in _UNITS else ''}"


def steps(claim: Claim, events: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """The way of a claim: submitted, then one step an office, each done, due, or to come."""
    taken = len(claim.endorsed)
    ended = not claim.is_open
    began = _last(events, ("claim.submitted", "claim.revised", "claim.reopened"))
    way = [{"words": "提交", "about": began, "state": "done"}]
    for number, role in enumerate(claim.steps):
        is_last = number == len(claim.steps) - 1
        told = "认定" if is_last else "审核"
        if ended and is_last:
            mark = {Status.REFUSED: "off", Status.WITHDRAWN: "off", Status.REVOKED: "off"}.get(claim.status, "done")
            about = state(claim.status)[2]
        elif number < taken or (ended and claim.status not in (Status.REFUSED, Status.WITHDRAWN)):
            mark, about = "done", "通过"
        elif number == taken and claim.status is Status.UNDER_REVIEW:
            mark, about = "now", "办理中"
        elif number == taken and claim.status is Status.RETURNED:
            mark, about = "now", "已退回，待本人修改"
        else:
            mark, about = "next", ""
        way.append({"words": f"{role_name(role)}{told}", "about": about, "state": mark})
    return way


def _last(events: Iterable[Mapping[str, Any]], kinds: tuple[str, ...]) -> str:
    times = [moment(one["recorded_at"]) for one in events if one["event"]["type"].partition("/")[0] in kinds]
    return times[-1][:10] if times else ""


def event(one: Mapping[str, Any], said: Mapping[int, str]) -> dict[str, Any]:
    """An event of a record in one line, with what was said; of a claim in fewer words, which its page is full of."""
    kind = str(one["event"]["type"]).partition("/")[0]
    role, name = str(one["by"]["role"]), EVENTS.get(kind) or of_events().get(kind, kind)
    basis = BASES.get(one["event"].get("basis") or "")  # Also where what was said is for those of a case alone.
    return {"position": one["position"], "time": moment(one["recorded_at"]),
            "words": f"{name}（{basis}）" if basis and kind in EVENTS else name,
            "hand": HANDS.get(role, role_name(role)), "said": said.get(one["position"], "")}


def documents(house: House) -> dict[str, str]:
    """The document of each rulebook, by its id."""
    return {one.id: one.document for one in house.answers.rulebooks()}


def duration(seconds: int) -> str:
    """So long, in words."""
    return f"{seconds} 秒" if seconds < 100 else f"{-(-seconds // 60)} 分钟"


def size(count: int) -> str:
    """How much room something takes."""
    return f"{count:,} 字节" if count < 10_000 else f"{count / 1024:,.0f} KB"  # Not hours: bytes.
