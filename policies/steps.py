"""The reasons of a ruling in words: each step with its article, the quoted text and arithmetic to redo by hand.

`tests/policies/test_steps.py` shows that the arithmetic of every step comes out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ledger.vocabulary import format_hours
from policies.assess import LEAD_DAYS_MOST, REFUSED, RULED, Ruling
from policies.soundness import UNIT
from policies.words import Vocabulary, base_vocabulary

if TYPE_CHECKING:
    from policies.rulebook import Clause, Condition

UNIT_NAMES: Final = {
    "day": "天", "subject": "科", "course": "门", "marked_hour": "标定学时", "ten_thousand_characters": "万字",
    "characters_prorata": "万字", "item": "项", "class": "班次", "exam": "项考试",
}

REASONS: Final = {
    "not_filed": "没有在开始之前备案",
    "exam_required": "须经考试（考核）合格，只完成学习不够",
    "organiser_below_province": "组织者不是省级以上主管部门",
    "below_provincial_journal": "不在省级以上正规刊物",
    "not_approved_by_province": "不是经省厅批准的",
    "platform_not_for_major": "所用平台不是本专业应用的平台",
    "society_not_named": "组织者不在点名的学会之列",
    "not_approved": "没有经组织批准",
}
"""Words for the reasons that the shipped rulebooks give; another rulebook's own reason is shown as it is written."""


class Step(NamedTuple):
    """One reason. `arithmetic` is a sentence that a person can check with a pencil."""

    step: str
    rulebook: str | None
    article: str | None
    quote: str | None
    arithmetic: str

    def as_json(self) -> dict[str, str | None]:
        """The step as a row of `why`."""
        return self._asdict()


def of_ruling(ruling: Ruling) -> tuple[Step, ...]:
    """Every step of one ruling, in the order in which the law took them; written when somebody first asks."""
    if ruling.told is None:
        steps = [step for kind, detail in ruling.trace for step in _render(ruling, kind, detail)]
        ruling.told = (*steps, *_unused(ruling))
    return ruling.told


def _unused(ruling: Ruling) -> Iterator[Step]:
    """What an entry says and the clause does not ask for, or does not know: told, so that nobody thinks it counted."""
    confirmed, major = ruling.fact.values.get("confirmed_hours"), ruling.fact.major
    if confirmed is not None and ruling.status == RULED:
        words = f"确认学时 {confirmed} 不采用：细则对这一途径已有标准，按标准计"
        yield Step("confirmed_not_used", ruling.rulebook, ruling.article, None, words)
    if confirmed is not None and ruling.status == REFUSED:
        words = f"确认学时 {confirmed} 不采用：细则不计的，确认学时不能代替"
        yield Step("confirmed_not_used", ruling.rulebook, ruling.article, None, words)
    known = () if ruling.book is None else ruling.book.declares.majors
    if known and major is not None and major not in known:
        words = f"专业“{major}”不在细则所列之内，按没有写专业核定；所列：{'、'.join(known)}。请核对写法"
        yield Step("major_not_listed", ruling.rulebook, ruling.article, None, words)


def number(units: int) -> str:
    """A quantity in units, exact: 45000 ten-thousandths are 4.5."""
    whole, rest = divmod(units, UNIT)
    return f"{whole}.{rest:04d}".rstrip("0").rstrip(".")


def _render(ruling: Ruling, kind: str, detail: Any) -> list[Step]:
    book, clause, article = ruling.rulebook, ruling.clause, ruling.article
    quote = None if clause is None else clause.quote
    match kind:
        case "manual":
            words = f"没有细则规定这一途径或级别，按主管部门文件确认 {detail} 学时，不占任何上限"
            return [Step("manual", None, None, None, words)]
        case "unruled":
            names = "、".join(detail) or "（无）"
            words = f"适用的细则 {names} 都没有这一途径或级别；待主管部门确认学时与文件号"
            return [Step("unruled", None, None, None, words)]
        case "refused":
            return [Step("refused", book, article, quote, f"{REASONS.get(detail, detail)}，不计学时")]
        case "unmet":
            return [_unmet(ruling, detail)]
        case "claimed_late":
            deadline, late = detail
            return [Step("claimed_late", book, article, deadline.quote, f"申报晚于期限 {late} 天，不计学时")]
        case "clause":
            return []
        case "late":
            before = f"开始前 {ruling.fact.lead} 天" if ruling.fact.lead else "开始当天"
            words = f"{before}备案，少于 {detail.filing.days} 天；计入，标注 {detail.filing.flag}"
            return [Step("filing", book, detail.article, detail.filing.quote, words)]
        case "analogy":
            name, route = _words(ruling).level_name, ruling.fact.values["route"]
            level = name(ruling.fact.values["level"], route)
            words = f"条文没有列{level}，比照所列的{name(detail, route)}，由审核人确认"
            return [Step("analogy", book, article, quote, words)]
        case _:
            assert clause is not None
            return [_arithmetic(ruling, clause, kind, detail)]


def _words(ruling: Ruling) -> Vocabulary:
    """The words that a ruling was made in: everybody's, and those that its rulebook declares."""
    return base_vocabulary().with_declared(() if ruling.book is None else (ruling.book.declares,))


def _unmet(ruling: Ruling, condition: Condition) -> Step:
    words = REASONS.get(condition.reason, condition.reason)
    if condition.filing is not None and ruling.fact.lead is not None:
        lead = ruling.fact.lead
        after = "一年多" if lead == -LEAD_DAYS_MOST else f" {-lead} 天"
        words = f"开始后{after}才备案" if lead < 0 else f"开始前 {lead} 天备案，少于 {condition.filing.days} 天"
    elif condition.field is not None:
        name = _words(ruling).field_name(condition.field)
        words = f"{words}（{name} {condition.field} 为“{ruling.fact.values.get(condition.field, ruling.fact.major)}”）"
    return Step("refused", ruling.rulebook, condition.article, condition.quote, f"{words}，不计学时")


def _arithmetic(ruling: Ruling, clause: Clause, kind: str, detail: Any) -> Step:
    book, article = ruling.rulebook, ruling.article
    assert clause.rate is not None
    match kind:
        case "rate":
            units, rate, hours = detail
            each = clause.rate.each
            name = UNIT_NAMES.get(each, each)
            left = f"{number(units)} {name} × {format_hours(rate)}"
            if each == "whole_minutes":
                left = f"⌊{ruling.fact.values['minutes']} 分钟 ÷ {clause.rate.of}⌋ × {format_hours(rate)}"
            elif each == "ten_thousand_characters":
                left = f"⌊{ruling.fact.values['characters']} 字 ÷ 10000⌋ × {format_hours(rate)}"
            return Step("rate", book, article, clause.quote, f"{left} = {format_hours(hours)}")
        case "share":
            percent, before, hours, role = detail
            assert clause.share is not None
            who = f"第 {ruling.fact.values['rank']} 作者"
            if role:
                who += f"（{_words(ruling).value_name('author_role', role)}，视同第一）"
            return Step("share", book, article, clause.share.quote,
                        f"{who} {percent}%：{format_hours(before)} × {percent}% = {format_hours(hours)}")
        case "bonus":
            before, hours = detail
            assert clause.bonus is not None
            return Step("bonus", book, article, clause.bonus.quote,
                        f"第 {ruling.fact.values['rank']} 作者加 {format_hours(hours - before)}："
                        f"{format_hours(before)} + {format_hours(hours - before)} = {format_hours(hours)}")
        case "override":
            ordinary, hours, document = detail
            assert clause.class_limit is not None
            return Step("override", book, article, clause.class_limit.quote,
                        f"主管部门依{article}“{clause.class_limit.quote}”，以{document}认定："
                        f"{format_hours(ordinary)} → {format_hours(hours)}")
        case _:
            before, hours = detail
            assert clause.class_limit is not None
            soft = "一般" if clause.class_limit.force == "ordinarily" else ""
            each = "每天" if clause.class_limit.per == "day" else "每班次"
            limit = format_hours(clause.class_limit.hours_centi)
            return Step("class_limit", book, article, clause.class_limit.quote,
                        f"{each}{soft}不超过 {limit}：{format_hours(before)} → {format_hours(hours)}")
