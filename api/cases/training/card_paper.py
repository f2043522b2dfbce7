"""A card (学时登记卡, P 15) as it is printed: the card, the class that it is of, whose it is, and what was registered.

No text prescribes its form; it has what the texts and running systems name of a card. Whose it is stands there masked,
for whoever may see the person, and is left open for everybody else.

`tests/console/test_paper_screens.py` shows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from api.cases.belonging import people
from api.cases.training import cards, trainings
from api.house import House
from api.operational.callers import Caller
from api.paper.documents import Document, Section, Table
from ledger.errors import Refusal
from ledger.vocabulary import format_hours
from policies.words import base_vocabulary
from projections.basis import read_axes
from projections.entries_reading import Version, read_registered

RULE: Final = "一人一班一卡，卡号不重复；卡载学时由举办单位填写，计入多少由主管部门按细则核定。"
STATES: Final = {"approved": "已登记", "frozen": "冻结", "revoked": "已撤销"}


def sheet(house: House, caller: Caller, card: str, purpose: str | None, *, as_of: int) -> dict[str, Any] | Refusal:
    """Everything that stands on a card's paper, for whoever may see the card."""
    found = cards.card(house, caller, card, purpose, as_of=as_of)
    if isinstance(found, Refusal):
        return found
    held = trainings.training_class(house, caller, found["training_class"], read_axes(str(as_of)))
    if isinstance(held, Refusal):
        return held
    seen = people.see(house, caller, found["person"], purpose)
    reader, at = house.answers.file("entries", as_of)
    mine = [one for one in read_registered(reader, found["person"], at)
            if one.study.training_class == found["training_class"]]
    words = base_vocabulary()
    return {
        "card": found, "training_class": held, "category": words.categories[held["category"]],
        "route": words.route_name(held["route"]),
        "level": None if held["level"] is None else words.level_name(held["level"], held["route"]),
        "identity": None if isinstance(seen, Refusal) else seen[0]["identity"],
        "registered": [_entry(one) for one in mine],
    }


def document(found: Mapping[str, Any], *, result: str, basis: str) -> Document:
    """The card as it is set on paper, in the same words as on its page."""
    card, held, identity = found["card"], found["training_class"], found["identity"] or {}
    when, level = held["held"] or held, f"（{found['level']}）" if found["level"] else ""
    rows = [(one["claim"], one["year"], one["hours"], _because(one), f"{STATES[one['status']]}，事件 {one['event']}")
            for one in found["registered"]]
    lessons = [(number, one["title"], one["hours"]) for number, one in enumerate(held["lessons"], 1)]
    return Document(
        "专业技术人员继续教育学时登记卡", card["number"] or card["card"], (
            Section(pairs=(
                ("姓名", identity.get("name", "（不显示）")), ("证件号码", identity.get("id_number", "（不显示）")),
                ("人员编号", card["person"]), ("班次", held["title"]),
                ("备案（批准）文号", "；".join(filter(None, (held["number"] or "未取得备案号", held["approval"])))),
                ("举办单位", held["organiser_name"]),
                ("途径、级别", f"{found['route']}{level}，{found['category']}"),
                ("起止日期", f"{when['starts']} 至 {when['ends']}，{when['days']} 天"),
                ("出勤", f"{card['attended_days']} 天"), ("考核结果", result), ("卡载学时", card["hours"]),
            )),
            Section("课程", () if lessons else ("备案时没有列出课程。",), table=Table(
                ("序号", "课程", "学时"), lessons, frozenset({0, 2}), (1, 8, 1)) if lessons else None),
            Section("登记学时", () if rows else ("还没有登记学时：由主管部门按名册登记。",), table=Table(
                ("学时记录", "年度", "核定学时", "依据", "状态、事件"), rows, frozenset({1, 2}), (6, 2, 3, 6, 4))
                if rows else None),
            Section("依据", (RULE,), pairs=(
                ("登记卡", f"{card['card']}，事件 {'、'.join(map(str, card['events']))}"),
                ("培训班", card["training_class"]), ("记录时间", basis))),
        ), seals=("举办单位（章）", "主管部门（章）"),
        mark="本卡已作废，不得使用；卡号不再使用" if card["status"] == "voided" else None)


def _because(one: Mapping[str, Any]) -> str:
    return f"{one['rulebook']} {'、'.join(one['clauses'])}" if one["rulebook"] else "没有条款，待主管部门确认"


def _entry(one: Version) -> dict[str, Any]:
    assert one.decision is not None, "what is registered was decided"
    return {"claim": one.claim, "status": one.status, "event": one.decision.event,
            "hours": format_hours(one.decision.assessed_centi), "rulebook": one.decision.rulebook,
            "clauses": list(one.decision.clauses), "year": one.decision.year}
