"""A rulebook as people read it: the official text with its machine rows beside, and rows in plain Chinese.

`show` gives plain text for a terminal, Markdown or HTML; all three hold the same sentences and the same rows.

`tests/policies/test_rules.py` shows it.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from typing import Any, Final

from ledger.vocabulary import format_hours
from policies.coverage import places_in, sentences
from policies.rulebook import Clause, Condition, Minimum, Rulebook
from policies.schema import read_form
from policies.steps import REASONS, UNIT_NAMES
from policies.words import Vocabulary, base_vocabulary

FORMS: Final = ("text", "markdown", "html")


def words_of(book: Rulebook) -> Vocabulary:
    """The words that a rulebook uses."""
    return base_vocabulary().with_declared([book.declares])


def clause_words(clause: Clause, words: Vocabulary) -> str:
    """One row of rates in one sentence."""
    routes = "、".join(words.routes[route].name if route in words.routes else route for route in clause.routes)
    parts = [routes]
    if clause.when is not None:
        parts.append(f"仅当 {clause.when.field} 为{'、'.join(clause.when.among)}")
    if clause.threshold is not None:
        parts.append(f"{clause.threshold.field} 超过 {format_hours(clause.threshold.more_than_centi)}")
    if clause.refuses is not None:
        levels = "、".join(_level(level, words) for level in clause.levels)
        return f"{routes}：{levels} 不计（{REASONS.get(clause.refuses, clause.refuses)}）"
    assert clause.rate is not None
    rate = clause.rate
    unit = f"整 {rate.of} 分钟" if rate.each == "whole_minutes" else UNIT_NAMES.get(rate.each, rate.each)
    if rate.hours_centi is not None:
        parts.append(f"每{unit} {format_hours(rate.hours_centi)} 学时")
    else:
        levels = "、".join(f"{_level(level, words)} {format_hours(hours)}" for level, hours in rate.by_level.items())
        parts.append(f"每{unit}：{levels} 学时")
    if rate.without_level is not None:
        parts.append(f"没有级别的 {format_hours(rate.without_level)}")
    parts += [f"{_level(level, words)}比照{_level(target, words)}" for level, target in clause.analogy.items()]
    if clause.share is not None:
        shares = "、".join(f"{percent}%" for percent in clause.share.percent)
        roles = f"，{'、'.join(clause.share.equal_to_first)}视同第一" if clause.share.equal_to_first else ""
        parts.append(f"按作者顺序 {shares}，其后 {clause.share.then}%{roles}")
    if clause.bonus is not None:
        parts.append("按作者顺序另加 " + "、".join(format_hours(hours) for hours in clause.bonus.by_rank))
    if clause.class_limit is not None:
        soft = "一般" if clause.class_limit.force == "ordinarily" else ""
        each = "每天" if clause.class_limit.per == "day" else "每班次"
        parts.append(f"{each}{soft}不超过 {format_hours(clause.class_limit.hours_centi)}")
    if clause.cap is not None:
        parts.append(f"每年最多 {format_hours(clause.cap.hours_centi)}（{clause.bucket}）")
    if clause.class_ is not None:
        parts.append(f"{clause.class_} 类")
    if clause.claim_within is not None:
        parts.append(f"{clause.claim_within.days} 天内申报")
    if clause.credit is not None:
        name = words.categories.get(clause.credit.category, clause.credit.category)
        parts.append(f"另给{name} {format_hours(clause.credit.hours_centi)}")
    parts += [condition_words(condition) for condition in clause.conditions]
    return "；".join(parts)


def label(code: str, words: Vocabulary) -> str:
    """A code in words for people; a code that nobody named is shown as it is."""
    return words.labels.get(code, code)


def place_words(place: str) -> str:
    """`clause 第八条` as 条款 第八条."""
    kind, _, article = place.partition(" ")
    return f"{label(kind, base_vocabulary())} {article}"


def _level(level: str, words: Vocabulary) -> str:
    return words.levels.get(level, level)


def condition_words(condition: Condition) -> str:
    """What must be shown."""
    when = f"{condition.when.field} 为{'、'.join(condition.when.among)}的，" if condition.when is not None else ""
    binds = "（对范围内所有人）" if condition.binds is not None else ""
    if condition.filing is not None:
        soft = "，晚于此只标注" if condition.filing.force == "ordinarily" else ""
        return f"{when}须在开始前备案，一般提前 {condition.filing.days} 天{soft}{binds}"
    if condition.among:
        return f"{when}{condition.field} 须为{'、'.join(condition.among)}{binds}"
    return f"{when}{condition.field} 不得为{'、'.join(condition.not_among)}{binds}"


def minimum_words(minimum: Minimum, words: Vocabulary) -> str:
    """What a year or a cycle must hold."""
    name = words.minimums[minimum.name].name if minimum.name in words.minimums else minimum.name
    need = f"{format_hours(minimum.hours_centi)} 学时"
    if minimum.percent is not None and minimum.percent_of is not None:
        need = f"{words.minimums[minimum.percent_of].name}的 {minimum.percent}%"
    span = "每年"
    if minimum.cycle is not None:
        kinds = {"fixed": "固定周期", "rolling": "任意连续", "personal_start": "自本人进入之年起"}
        span = f"{kinds[minimum.cycle.kind]} {minimum.cycle.years} 年（{minimum.cycle.start} 年起）"
    class_ = f"（{minimum.class_} 类）" if minimum.class_ is not None else ""
    return f"{span}{name}{class_}不少于 {need}"


def rows_of(book: Rulebook) -> list[tuple[str, str]]:
    """Every row of a rulebook: the table and article it is found under, and its words."""
    words = words_of(book)
    rows = [(f"clause {clause.article}", clause_words(clause, words)) for clause in book.clauses]
    rows += [(f"condition {one.article}", condition_words(one)) for one in book.conditions]
    rows += [(f"minimum {one.article}", minimum_words(one, words)) for one in book.minimums]
    if book.application is not None:
        rows.append((f"application {book.application.article}", "申报高一级职称：达标年数与连续两年"))
    for one in book.registrars:
        categories = "、".join(words.categories[category] for category in one.categories)
        offices = " 或 ".join(label(office, words) for office in one.offices)
        rows.append((f"registrar {one.article}", f"{label(one.person, words)}的{categories}由{offices}登记"))
    if book.steps is not None:
        names = {"registrar": label("registrar_office", words)}
        claim = " → ".join(names.get(step, label(step, words)) for step in book.steps.claim)
        rows.append((f"steps {book.steps.article}", f"申报经过：{claim}"))
    rows += [(f"duty {one.article}", one.what) for one in book.duties]
    for follows in book.consequences:
        when = "、".join(label(one, words) for one in follows.when)
        rows.append((f"consequence {follows.article}", f"{when}：{label(follows.effect, words)}"))
    return rows


def show(book: Rulebook, form: str = "text") -> str:
    """The official text with its rows beside each sentence, then what we read into it."""
    beside = _beside(book)
    head = [
        f"{book.id}  {book.document}《{book.title}》",
        f"发文：{'、'.join(book.issuers)}；自 {book.in_force_from} 起施行；首判 {book.first_year_judged} 年"
        + ("；草案，未施行" if book.draft else ""),
        f"摘要 sha256:{book.digest}",
    ]
    readings = [
        (f"{one.id} {one.question}", f"{one.chosen}（{one.reason}）另有：{'；'.join(one.alternatives)}")
        for one in book.readings
    ]
    match form:
        case "markdown":
            return _markdown(head, beside, readings)
        case "html":
            return _html(head, beside, readings)
        case _:
            return _text(head, beside, readings)


Beside = list[tuple[str, list[tuple[str, str]]]]


def _beside(book: Rulebook) -> Beside:
    """Each sentence with the rows that quote it; a draft without a text shows its quotes instead."""
    rows = rows_of(book)
    if book.text is None:
        plain, _ = read_form(book.id, book.source)
        return [(str(row.get("quote", "")), [pair for pair in rows if pair[0].endswith(str(row["article"]))])
                for row in _quoted(plain)]
    told = []
    for sentence in sentences(book.text):
        held = places_in(book, sentence)
        told.append((sentence, [pair for pair in rows if pair[0] in held]))
    return told


def _quoted(plain: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    articles: dict[str, Mapping[str, Any]] = {}
    for name in ("clause", "minimum", "consequence", "make_up"):
        for row in plain.get(name, ()):
            articles.setdefault(row["article"], row)
    return list(articles.values())


def _text(head: Iterable[str], beside: Beside, readings: Iterable[tuple[str, str]]) -> str:
    lines = [*head, ""]
    for sentence, rows in beside:
        lines.append(sentence)
        lines += [f"    │ {place_words(place)}  {words}" for place, words in rows]
    lines += ["", "读法", *(f"  {question}\n    {answer}" for question, answer in readings)]
    return "\n".join(lines) + "\n"


def _markdown(head: list[str], beside: Beside, readings: Iterable[tuple[str, str]]) -> str:
    lines = [f"# {head[0]}", "", *head[1:], "", "| 原文 | 细则 |", "|---|---|"]
    for sentence, rows in beside:
        told = "<br>".join(_cell(f"`{place_words(place)}` {words}") for place, words in rows)
        lines.append(f"| {_cell(sentence)} | {told} |")
    lines += ["", "## 读法", "", *(f"- **{_cell(question)}** {_cell(answer)}" for question, answer in readings)]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("*", "\\*")


def _html(head: list[str], beside: Beside, readings: Iterable[tuple[str, str]]) -> str:
    escape = html.escape
    body = [f"<h1>{escape(head[0])}</h1>", *(f"<p>{escape(line)}</p>" for line in head[1:]), "<table>"]
    for sentence, rows in beside:
        told = "".join(f"<li><code>{escape(place_words(place))}</code> {escape(words)}</li>" for place, words in rows)
        body.append(f"<tr><td>{escape(sentence)}</td><td>{f'<ul>{told}</ul>' if told else ''}</td></tr>")
    body += ["</table>", "<h2>读法</h2>", "<dl>"]
    body += [f"<dt>{escape(question)}</dt><dd>{escape(answer)}</dd>" for question, answer in readings]
    return f'<article lang="zh-CN">{"".join(body)}</dl></article>\n'
