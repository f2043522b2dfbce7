"""Words of titles, applications and sanctions, and how each stands: for every page that speaks of them.

`tests/console/test_applying.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from api.console import words
from api.console.form import Field
from api.console.records import seat, unit_name
from api.house import House
from api.words.codes import CAUSES, COMMITTEES, NO_TITLE, TITLE_LEVELS
from api.words.telling import title_name, word
from ledger.events.application import ApplicantDisqualified, Sanction
from ledger.streams.application import TERM, Application
from projections.entries_reading import Version

STATES: Final[Mapping[str, words.Mark]] = {
    "none": ("", "–", "没有申报"), "filed": ("open", "…", "待审核学时"), "assessed": ("open", "…", "学时已审核"),
    "postponed": ("open", "→", "申报延期"), "granted": ("met", "✓", "已通过"), "withdrawn": ("", "–", "已撤回"),
    "disqualified": ("short", "⊘", "已取消资格"), "lifted": ("met", "✓", "资格已恢复"),
}
ELIGIBLE: Final[Mapping[bool | None, words.Mark]] = {
    True: ("met", "✓", "学时符合"), False: ("short", "✗", "学时不足"), None: ("open", "…", "细则未作结论"),
}


EFFECTS: Final[Mapping[bool, words.Mark]] = {
    True: ("open", "△", "学时有变，结论仍成立"), False: ("short", "✗", "学时有变，结论不再成立"),
}
"""What has become of the entries that an application was assessed by, where any changed."""


def level(code: str) -> str:
    """A level in words."""
    return TITLE_LEVELS.get(code, code)


def title(one: Mapping[str, Any]) -> str:
    """A title in words: its level and series."""
    return title_name(str(one["level"]), one.get("series"))


def no_present(every: Sequence[Mapping[str, Any]]) -> str | None:
    """That somebody has no present title which years could be counted from, and what to do; None: they have one."""
    if any(one["revoked_on"] is None for one in every):
        return None
    if every:
        return "您登记的职称已被撤销，年数不再从它算起；再申报时没有现职称。"
    return "登记簿里还没有您的现职称。尚无职称的，作首次申报；已有职称的，请先带证书到人力社保部门登记，再申报。"


def application_row(one: Mapping[str, Any]) -> dict[str, Any]:
    """An application in a list."""
    decided = one["decided"]
    return {**one, "title": title(one), "state": STATES[one["status"]], "committee_words": COMMITTEES[one["committee"]],
            "verdict": None if decided is None else ELIGIBLE[decided["eligible"]],
            "since": EFFECTS[one["effect"]["holds"]] if one.get("effect") else None}


def sanction_row(house: House, one: Mapping[str, Any]) -> dict[str, Any]:
    """A sanction in a list, with the text that it rests on."""
    document = one["document"] or words.documents(house).get(one["rulebook"], one["rulebook"])
    return {**one, "cause_words": CAUSES.get(one["cause"], one["cause"]), "ground": f"{document} {one['article']}",
            "term": term(one.get("lasts", ""), one.get("starts"), one.get("until"), one.get("lifted_on"))}


def term(lasts: str, starts: Any, until: Any, lifted_on: Any) -> str:
    """For how long the right to apply is taken."""
    if lasts != TERM:
        return "" if not lasts else "仅限这一次申报" + (f"，{lifted_on} 恢复" if lifted_on else "")
    ends = f"{lifted_on} 恢复" if lifted_on else f"至 {until}" if until else "未定期限"
    return f"自 {starts} {ends}"


def facts(house: House, one: Application) -> list[tuple[str, str]]:
    """What was applied for, as pairs of a name and a value."""
    filed = one.filed
    assert filed is not None, "there is a page only of what was filed"
    goal = filed.goal
    pairs = [("申报级别", title({"level": goal.level, "series": goal.series})),
             ("申报之日", str(goal.applied_on)), ("现职称取得于", str(goal.title_obtained_on or NO_TITLE)),
             ("资历年限", f"{goal.minimum_years} 年"), ("评委会", COMMITTEES[goal.committee]),
             ("单位", unit_name(house, filed.unit)), ("地区、行业", seat(filed.region, filed.sector)),
             ("随附的情况表", filed.statement or "")]
    return [(name, value) for name, value in pairs if value]


# How things stand, as a deed shows it before and after


def stands(house: House, one: Application) -> list[tuple[str, Any]]:
    """An application, or what was taken in its stead."""
    made, told = one.assessment, list[tuple[str, Any]]()
    told.append(("申报", STATES[one.status]))
    told.append(("学时审核", "未审核" if made is None else ELIGIBLE[made.eligible]))
    if made is not None:
        is_first = one.filed is not None and one.filed.goal.title_obtained_on is None
        needed = "" if made.years_needed is None or is_first else f"，需 {made.years_needed} 年"
        told.append(("达标年度", f"{made.years_met} 年（{'、'.join(map(str, made.years)) or '无'}）{needed}"))
        told.append(("连续两年", "、".join(map(str, made.consecutive)) or "没有"))
        if made.rulebook is not None:
            told.append(("依据", f"{words.documents(house).get(made.rulebook, made.rulebook)} {made.article}"))
        if made.earliest is not None:
            told.append(("最早可申报", f"{made.earliest} 年"))
    told.append(("申报资格", barred(house, one.disqualified, one.lifted_on)))
    return told


def barred(house: House, taken: ApplicantDisqualified | None, lifted_on: date | None) -> str:
    """Whether the right to apply was taken, in words."""
    if taken is None:
        return "没有限制"
    said = term(taken.lasts, taken.starts, taken.until, lifted_on)
    return f"{'曾取消' if lifted_on else '取消'}：{said}（{ground(house, taken.sanction)}）"


def taken(house: House, one: Application) -> list[tuple[str, str]]:
    """Why the right to apply was taken, for how long and by which text, as pairs of a name and a value."""
    if one.disqualified is None:
        return []
    cause = one.disqualified.sanction.cause
    return [("原因", CAUSES.get(cause, cause)), ("申报资格", barred(house, one.disqualified, one.lifted_on))]


def ground(house: House, one: Sanction) -> str:
    """By which text."""
    return f"{one.document or words.documents(house).get(str(one.rulebook), one.rulebook)} {one.article}"


# What sanctions are given with


def grounds(tainted: Sequence[Version], fields: Iterable[Field] = ()) -> list[Field]:
    """On what a sanction rests: entries that were revoked, a case, and another text where it is not the rulebooks."""
    entries = tuple((one.claim, _entry(one)) for one in tainted)
    what = [Field("claims", "所依据的不实学时（已撤销的）", "many", entries)] if entries else []
    return [
        *fields, *what, Field("case", "或所依据的案件", hint="认定属实或已移送的，cas_ 开头的编号"),
        Field("document", "依其他文件的，文号", hint="依登记细则的不填", most=100),
        Field("article", "该文件的条款", most=100),
        Field("words", "说明", "words", hint="本人看得到。", is_required=True, most=1000),
    ]


def _entry(one: Version) -> str:
    return f"{one.study.evidence_on} {word('route', one.study.route)}，{word('category', one.study.category.value)}"
