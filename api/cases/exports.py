"""Lists to be taken away whole: what waits, plans and classes, what was brought in, how it adds up (E 14, P 11, P 14).

Each is as of one position. What may be seen in a list may be taken away, no more; a list that is longer than a sheet is
refused and not cut, since a file that is cut off looks like one that is whole. `tests/api/test_exports.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

from api.cases import called, workload, years
from api.cases.claiming import claim_list
from api.cases.importing import import_answers, import_reports
from api.cases.training import trainings
from api.house import House
from api.operational.callers import Caller
from api.paper.sheets import ROWS_MOST
from api.paper.tables_out import Table, Value
from api.words.telling import CLASS_STATES, PLAN_STATES, funded, grades, state, word
from api.words.telling import role as role_name
from ledger.errors import Refusal
from projections.basis import written_time
from projections.wanted import EVERYTHING, Wanted
from projections.workload import days_waited

_AT_ONCE: Final = 500
_KINDS: Final = {
    "claim": "学时申报", "transfer": "单位变更", "unit": "单位核验", "difference": "差异核查", "plan": "培训计划备案",
    "class": "培训班备案", "application": "职称申报学时审核", "appeal": "学时申诉", "correction": "申诉后更正",
}
_STATES: Final = {"open": "导入中", "closed": "已完成", "abandoned": "已放弃"}
_COUNTS: Final = {
    "batches": "批次", "sent": "报送", "accepted": "接受", "duplicates": "重复", "refused": "拒绝",
    "corrected": "后来更正", "revoked": "现已撤销", "frozen": "现被冻结",
}
CLAIMS_BY: Final = {
    "status": "状态", "year": "年度", "category": "科目", "route": "途径", "sector": "行业", "region": "地区",
    "unit": "单位", "person": "人员", "officer": "经办账号", "role": "在谁手里", "holder": "指定经办",
    "waits_since": "这一天已等着", "flag": "标记", "first": "自", "last": "至",
}
"""What a list of claims can be narrowed by, in words."""

FLAG_WORDS: Final = {"late": "补录", "by_analogy": "比照执行", "late_filing": "逾期备案", "override": "主管部门认定"}

Ask = Callable[[Any], Any]
"""Asks for a page after a place."""


def work(
    house: House, caller: Caller, query: Mapping[str, Any], *, as_of: int, wanted: Wanted = EVERYTHING
) -> Table | Refusal:
    """What waits for an office, or what a person has under way, longest first unless asked otherwise.

    Called as lists call it, and those whom it is about for a purpose alone.
    """
    found = _every(lambda after: years.work_on(
        house, caller, role=query.get("role"), as_of=as_of, after=after, limit=_AT_ONCE, wanted=wanted))
    if isinstance(found, Refusal):
        return found
    told = called.called(house, caller, found, query.get("purpose"), as_of=as_of)
    if isinstance(told, Refusal):
        return told
    day = workload.counted_on(house, query.get("as_of"))
    rows: list[Sequence[Value]] = [
        (one.id, _KINDS.get(one.kind, one.kind), named.title, role_name(one.role), one.region,
         word("sector", one.sector), word("category", one.category) if one.category else None, one.unit, one.person,
         named.name, written_time(one.since_at), days_waited(one.since_at, day), one.holder)
        for one, named in zip(found, told, strict=True)]
    heads = ("编号", "事项", "名称", "办理角色", "地区", "行业", "科目", "单位", "人员", "姓名", "等待自", "等待天数",
             "指定经办")
    asked = {"办理角色": role_name(query["role"])} if "role" in query else {}
    return _table(house, "work", "待办", heads, rows, as_of, asked)


def claims(house: House, caller: Caller, query: Mapping[str, Any], *, as_of: int) -> Table | Refusal:
    """Claims, the newest first, each person's name masked."""
    wanted, purpose = claim_list.wanted_of(query), query.get("purpose")
    if caller.kind != "person" and purpose is not None:
        # Counted first: else twenty thousand people would stand in the access log as looked at whom nobody was shown.
        many = claim_list.counted(house, caller, wanted, as_of=as_of, most=ROWS_MOST)
        if not isinstance(many, Refusal) and many > ROWS_MOST:
            return Refusal.because("list_too_long", most=ROWS_MOST)
    found = _every(lambda after: claim_list.page(
        house, caller, wanted, purpose, as_of=as_of, after=after, limit=_AT_ONCE))
    if isinstance(found, Refusal):
        return found
    rows: list[Sequence[Value]] = [
        (one["claim"], one["person"], one["name"], state(one["status"]), one["unit"], one["region"],
         word("sector", one["sector"]), word("category", one["category"]), word("route", one["route"]), one["date"],
         one["year"], date.fromisoformat(one["submitted_on"]),
         None if one["assessed"] is None else Decimal(one["assessed"]), one["rulebook"],
         "、".join(FLAG_WORDS.get(code, code) for code in one["flags"]), *_hands(one["waits"])) for one in found]
    heads = ("申报", "人员", "姓名", "状态", "申报单位", "地区", "行业", "科目", "途径", "佐证日期", "年度", "提交日期",
             "核定学时", "细则", "标记", "在谁手里", "等待自", "指定经办")
    return _table(house, "claims", "申报清单", heads, rows, as_of, _claims_by(query))


def _hands(waits: Mapping[str, Any] | None) -> tuple[Value, ...]:
    return (None, None, None) if waits is None else (role_name(waits["role"]), waits["since"], waits["holder"])


def _claims_by(query: Mapping[str, Any]) -> dict[str, str]:
    """What a list of claims was narrowed by, in words, as its file says it."""
    words: dict[str, Callable[[Any], str]] = {
        "status": state, "category": lambda one: word("category", one), "sector": lambda one: word("sector", one),
        "route": lambda one: word("route", one), "flag": lambda one: FLAG_WORDS[one], "role": role_name}
    return {named: words.get(name, str)(query[name]) for name, named in CLAIMS_BY.items() if name in query}


def imports(house: House, caller: Caller, query: Mapping[str, Any], *, as_of: int) -> Table | Refusal:
    """What was brought in from other systems, in the order in which it came."""
    found = _every(lambda after: import_answers.imports(
        house, caller, system=query.get("system"), as_of=as_of, after=after, limit=_AT_ONCE))
    if isinstance(found, Refusal):
        return found
    rows = [(one["batch"], one["system"], one["starts"], one["ends"], one["region"], one["rows"],
             *_outcome(one["outcome"]), _STATES.get(one["status"], one["status"]), one["file_sha256"])
            for one in found]
    heads = ("导入", "来源", "期间起", "期间止", "地区", "行数", "接受", "拒绝", "重复", "状态", "文件摘要")
    return _table(house, "imports", "导入", heads, rows, as_of, _system(query))


def reconciliation(house: House, caller: Caller, query: Mapping[str, Any], *, as_of: int) -> Table | Refusal:
    """What became of what sources sent, by source and day."""
    first, last = query.get("starts"), query.get("ends")
    found = import_reports.reconciliation(house, caller, query.get("system"), first, last, as_of=as_of)
    if isinstance(found, Refusal):
        return found
    rows = [(one["system"], date.fromisoformat(one["day"]), *(one[name] for name in _COUNTS))
            for one in found["items"]]
    asked = _system(query) | {name: day.isoformat() for name, day in (("自", first), ("至", last)) if day is not None}
    return _table(house, "imports-report", "导入对账", ("来源", "日期", *_COUNTS.values()), rows, as_of, asked)


def plans(house: House, caller: Caller, query: Mapping[str, Any], *, as_of: int) -> Table | Refusal:
    """Plans of trainings in the order in which they were filed, each with how it was judged (P 12)."""
    found = _every(lambda after: trainings.plans(
        house, caller, organiser=query.get("organiser"), year=query.get("year"), status=query.get("status"),
        seeks_funding=query.get("seeks_funding"), as_of=as_of, after=after, limit=_AT_ONCE))
    if isinstance(found, Refusal):
        return found
    rows = [(one["plan"], one["year"], one["organiser"], one["region"], word("sector", one["sector"]), one["filed_on"],
             PLAN_STATES.get(one["status"], one["status"]), "、".join(map(role_name, one["missing"])),
             len(one["items"]), funded(one["items"]), one["carried"]["classes_held"], one["carried"]["attended"],
             grades(one["evaluations"]), grades(one["last_year"])) for one in found]
    heads = ("计划", "年度", "办班单位", "地区", "行业", "申报日期", "状态", "尚待备案", "项目", "申请财政资助",
             "举办班次", "参加人数", "评估", "上年度评估")
    return _table(house, "plans", "年度培训计划", heads, rows, as_of, _narrowed(query))


def classes(house: House, caller: Caller, query: Mapping[str, Any], *, as_of: int) -> Table | Refusal:
    """Classes, in the order in which they were filed."""
    found = _every(lambda after: trainings.classes(
        house, caller, organiser=query.get("organiser"), plan=query.get("plan"), year=query.get("year"),
        status=query.get("status"), as_of=as_of, after=after, limit=_AT_ONCE))
    if isinstance(found, Refusal):
        return found
    rows = [(one["training_class"], one["title"], one["organiser"], one["organiser_name"], one["region"],
             word("category", one["category"]), word("route", one["route"]), one["filed_on"], one["lead_days"],
             CLASS_STATES.get(one["status"], one["status"]), one["number"], one["starts"], one["ends"],
             Decimal(one["days"]), one["headcount"], *_holding(one["held"]),
             sum(roster["rows"] for roster in one["rosters"] if roster["status"] == "closed"), one["cards"])
            for one in found]
    heads = ("班次", "名称", "办班单位", "单位名称", "地区", "科目", "途径", "申报日期", "提前天数", "状态", "备案号",
             "拟开班", "拟结束", "天数", "拟办人数", "实际开班", "实际结束", "参加", "合格", "名单登记", "登记卡")
    return _table(house, "classes", "培训班", heads, rows, as_of, _narrowed(query))


def _holding(held: Mapping[str, Any] | None) -> tuple[Value, ...]:
    return (None,) * 4 if held is None else (held["starts"], held["ends"], held["attended"], held["passed"])


def _narrowed(query: Mapping[str, Any]) -> dict[str, str]:
    named = {"organiser": "办班单位", "year": "年度", "plan": "计划", "status": "状态"}
    sought = {"财政资助": "申请的" if query["seeks_funding"] else "未申请的"} if "seeks_funding" in query else {}
    return {words: str(query[name]) for name, words in named.items() if name in query} | sought


def _every(ask: Ask) -> list[Any] | Refusal:
    """Every page of a list."""
    found: list[Any] = []
    after = None
    while True:
        page = ask(after)
        if isinstance(page, Refusal):
            return page
        found += page.items
        if page.next is None:
            return found
        if len(found) > ROWS_MOST:
            return Refusal.because("list_too_long", most=ROWS_MOST)
        after = page.next


def _outcome(outcome: Mapping[str, Any] | None) -> tuple[Value, Value, Value]:
    if outcome is None:
        return None, None, None
    return outcome["accepted"], outcome["rejected"], outcome["duplicates"]


def _system(query: Mapping[str, Any]) -> dict[str, str]:
    return {"来源": query["system"]} if "system" in query else {}


def _table(
    house: House, name: str, title: str, heads: Sequence[str], rows: Sequence[Sequence[Value]], as_of: int,
    asked: Mapping[str, str],
) -> Table:
    return Table(name, title, heads, rows, as_of, house.answers.reflects(as_of)["as_of_time"], asked)
