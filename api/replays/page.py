"""The report of a replay as a page: `report.json` put into Chinese words and charts, nothing added.

Pure. `page` is complete in itself: no script, no font, nothing is fetched; the console shows the same `view` in its own
frame (`api.console.law.replay_result`), and both the same sections (`templates/replay_sections.html`). Every chart is
drawn in percentages, so that its letters keep their size on any screen and on paper, and in attributes alone, so that
it needs no style; it has beside it the table of the very numbers it draws.

`tests/api/test_replay_command.py` and `tests/console/test_replay_screens.py` show it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import resources
from itertools import pairwise
from typing import Any, Final

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup, escape

from api.replays.names import NO_NAMES, Names
from ledger.identifiers import regions
from ledger.vocabulary import parse_hours

ROWS_MOST: Final = 30
BARS_MOST: Final = 12
NAMED_MOST: Final = 2

_VERDICTS: Final = {True: ("met", "达标"), False: ("short", "未达标"), None: ("open", "未定")}
_HOW: Final = {"worth": "核定的学时变了", "room": "上限之下所余变了", "duplicate": "重复的取舍变了"}
_KINDS: Final = {"granted": "已取得的职称", "next": "下一次申报", "first": "首次申报"}
_EFFECTS: Final = {"less": "减少", "more": "增加"}
_FIRST_EFFECTS: Final = {"less": "新变为不符合连续两年", "more": "不再受限于连续两年"}
_NO_RULE: Final = "没有细则规定，只计年数"
_LAWS: Final = {"now": "现行细则", "then": "当时有效的细则"}
_FILLS: Final = {"met": "#17693a", "short": "#a3262b", "open": "#9a6a14", "less": "#b5494d", "more": "#2c7d4f"}
_INK, _SOFT, _AXIS = "#1a2230", "#54606f", "#8592a1"
_LETTERS: Final = {"flow": 13, "histogram": 11, "clauses": 13}
"""How large the letters of a chart are: those of the histogram stand side by side, on a telephone too."""


def page(told: Mapping[str, Any], digest: str) -> str:
    """The whole page."""
    folder = resources.files("api") / "templates"
    sources = {name: (folder / name).read_text(encoding="utf-8") for name in ("replay.html", "replay_sections.html")}
    house = Environment(loader=DictLoader(sources), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
                        lstrip_blocks=True)
    return house.get_template("replay.html").render(view(told, digest)) + "\n"


def view(told: Mapping[str, Any], digest: str) -> dict[str, Any]:
    """Everything that a page of a report shows."""
    question, names = told["question"], Names.of(told)
    verdicts = {(one["old"], one["new"]): one["person_years"] for one in told["verdicts"]}
    groups = [
        _table("by_year", "年度", told["by_year"], str),
        _table("by_city", "设区市", told["by_city"], city_name),
        _table("by_sector", "行业", told["by_sector"], names.sector),
        _table("by_unit", "单位", told["by_unit"], lambda name: told["unit_names"].get(name, name) or "（无归属）",
               told["units"]),
    ]
    return {
        "told": told, "digest": digest,
        "reach": [words for one in told["amendments"] if (words := reach_words(one, names))],
        **asked_words(question, names), "flow": _flow(verdicts),
        "flow_rows": _flow_rows(verdicts),
        "histogram": _histogram(told["histogram"]), "bins": _bins(told["histogram"]),
        "clauses": _clause_chart(told["by_clause"][:BARS_MOST], names),
        "clause_rows": [_clause(one, names) for one in told["by_clause"][:ROWS_MOST]],
        "clauses_left": max(0, len(told["by_clause"]) - ROWS_MOST), "groups": groups, "n": count,
        "newly_short": [{"words": names.minimum(one["minimum"]), "many": one["person_years"]}
                        for one in told["newly_short"]],
        "titles": [{**one, "kind_words": _KINDS[one["kind"]], "effect_words": effect_words(one),
                    "kind_class": "short" if one["effect"] == "less" else "met", "city_words": city_name(one["city"]),
                    "rule_words": names.clause(one["rule"]) if one["rule"] else _NO_RULE}
                   for one in told["titles"][:ROWS_MOST]],
        "titles_left": max(0, len(told["titles"]) - ROWS_MOST),
    }


def asked_words(question: Mapping[str, Any], names: Names = NO_NAMES) -> dict[str, Any]:
    """What was asked, in words."""
    return {"question": question, "under": _law(question["under"], names), "against": _law(question["against"], names),
            "known": (question["as_of_time"] or "")[:19].replace("T", " "), "scope": _scope(question, names)}


def count(number: int) -> str:
    """A count with its thousands set apart."""
    return f"{number:,}"


def effect_words(one: Mapping[str, Any]) -> str:
    """What becomes of the years of a title; a first one is asked for two in a row alone, and for no count."""
    return (_FIRST_EFFECTS if one["kind"] == "first" else _EFFECTS)[one["effect"]]


def city_name(code: str) -> str:
    """A city in words."""
    span = regions.span(code) if code else None
    return "（无归属）" if not code else span.name if span else code


def reach_words(amendment: Mapping[str, Any], names: Names) -> str | None:
    """Whom an amendment may rule at all; nothing where a report is of before that was counted."""
    if "people" not in amendment:
        return None
    book, people, years = names.book(amendment["id"]), amendment["people"], amendment["person_years"]
    if people:
        return f"{book}：施行以来，年末属于它范围的有 {count(people)} 人，{count(years)} 个人年度。"
    region, sector = amendment["region"].ljust(6, "0"), amendment["sector"]
    span = regions.span(region)
    place = f"{span.name if span else region}，{names.sector(sector) if sector else '全部行业'}"
    return f"{book}：施行以来，没有一个人年末属于它的范围（{place}）。请核对单位登记的地区和行业。"


def _law(law: Mapping[str, Any], names: Names) -> dict[str, Any]:
    name = law["law"]
    books = [{**one, "words": names.book(one["id"]), "title": names.titles.get(one["id"])} for one in law["rulebooks"]]
    if name.startswith("now+"):
        ids = {one["digest"]: one["id"] for one in law["rulebooks"]}  # Whatever it was asked for by.
        words = f"现行细则，加 {'、'.join(names.book(ids.get(one, one)) for one in name[4:].split(','))}"
    else:
        many = len(books)
        named = "、".join(one["words"] for one in books) if many <= NAMED_MOST else f"指定的 {many} 部细则"
        words = _LAWS.get(name, named)
    return {"name": words, "rulebooks": books}


def _scope(question: Mapping[str, Any], names: Names) -> str:
    region, sector = question["region"], question["sector"]
    span = regions.span(region) if region else None
    parts = [f"{span.name if span else ''}（{region}）" if region else "全部区划",
             names.sector(sector) if sector else "全部行业"]
    return "，".join(parts)


# Verdicts


def _flow(verdicts: Mapping[tuple[Any, Any], int]) -> Markup:
    """Two bars, old and new, divided by verdict: in grey too, by lines and by words on the parts or over the bar."""
    total = sum(verdicts.values()) or 1
    parts = []
    for at, (words, place) in enumerate((("原", 0), ("新", 1))):
        begin, top = 0, 22 + at * 62
        narrow = []
        parts.append(f'<text x="0" y="{top - 6}">{words}</text>')
        for met, (kind, name) in _VERDICTS.items():
            many = sum(each for key, each in verdicts.items() if key[place] is met)
            left, wide = _percent(begin, total), _percent(many, total)
            parts.append(f'<rect fill="{_FILLS[kind]}" x="{left}" y="{top}" width="{wide}" height="28" '
                         'stroke="#fff" stroke-width="2"/>')
            if many * 8 > total:
                parts.append(f'<text x="{_percent(2 * begin + many, 2 * total)}" y="{top + 19}" text-anchor="middle" '
                             f'fill="#fff" font-weight="600">{name} {count(many)}</text>')
            elif many:
                narrow.append(f"{name} {count(many)}")
            begin += many
        if narrow:
            parts.append(f'<text x="100%" y="{top - 6}" text-anchor="end">{"，".join(narrow)}</text>')
    return _chart("flow", 124, "原细则与新细则之下各结论的人年度数", parts)


def _flow_rows(verdicts: Mapping[tuple[Any, Any], int]) -> list[dict[str, Any]]:
    return [{"name": name, "kind": kind, "cells": [(verdicts[old, new], old is new) for new in _VERDICTS],
             "sum": sum(verdicts[old, new] for new in _VERDICTS)} for old, (kind, name) in _VERDICTS.items()]


# Histogram


def _bins(histogram: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The bars in words, the one of no change among them; what it begins and ends with is in whole hours."""
    bounds = [0 if edge == "0" else int(round_hours(edge)) for edge in histogram["begins"]]
    words = [("减", f"超过 {-bounds[0]}")]
    words += [("减", f"{-high}–{-low}") for low, high in pairwise(bounds[:4])]
    words += [("", "不变")]
    words += [("增", f"{low}–{high}") for low, high in pairwise(bounds[4:])]
    words += [("增", f"超过 {bounds[-1]}")]
    return [{"sign": sign, "range": text, "many": many}
            for (sign, text), many in zip(words, histogram["person_years"], strict=True)]


def round_hours(edge: str) -> int:
    """The whole hours of an edge: a bar that begins at 10.01 begins past 10."""
    centi = -parse_hours(edge[1:]) if edge.startswith("-") else parse_hours(edge)
    return centi // 100 if centi >= 0 else -(-centi // 100)


def _histogram(histogram: Mapping[str, Any]) -> Markup:
    """Columns for what changed; what did not stands in the table, or it would dwarf them."""
    bars = [one for one in _bins(histogram) if one["sign"]]
    most = max(*(one["many"] for one in bars), 1)
    step, parts = 100 / len(bars), []
    for at, one in enumerate(bars):
        middle, tall = f"{at * step + step / 2:.3f}%", round(130 * one["many"] / most)
        below = one["range"].replace("超过 ", "＞")
        kind = "less" if one["sign"] == "减" else "more"
        if one["many"]:
            tall = max(tall, 2)
        parts += [
            f'<rect fill="{_FILLS[kind]}" x="{at * step + step * .14:.3f}%" y="{160 - tall}" '
            f'width="{step * .72:.3f}%" height="{tall}"/>',
            f'<text x="{middle}" y="{152 - tall}" text-anchor="middle">{count(one["many"])}</text>',
            f'<text x="{middle}" y="178" text-anchor="middle" fill="{_SOFT}">{one["sign"]}</text>',
            f'<text x="{middle}" y="194" text-anchor="middle" fill="{_SOFT}">{below}</text>',
        ]
    parts.append(f'<line x1="0" x2="100%" y1="160.5" y2="160.5" stroke="{_AXIS}"/>')
    return _chart("histogram", 202, "学时增减各档的人年度数", parts)


# Clauses


def _clause(one: Mapping[str, Any], names: Names) -> dict[str, Any]:
    return {**one, "how_words": _HOW[one["how"]], "old_words": names.clause(one["old_clause"]),
            "new_words": names.clause(one["new_clause"])}


def _clause_chart(rows: Sequence[Mapping[str, Any]], names: Names) -> Markup:
    """For each clause what is given up to the left and what is gained to the right of the middle."""
    most = max((max(parse_hours(one["gained"]), parse_hours(one["given_up"])) for one in rows), default=0) or 1
    parts = []
    for at, one in enumerate(rows):
        top, told = at * 70, _clause(one, names)
        less, more = parse_hours(one["given_up"]), parse_hours(one["gained"])
        for word, clause, below in (("原", told["old_words"], 14), ("新", told["new_words"], 31)):
            parts.append(f'<text x="0" y="{top + below}"><tspan fill="{_SOFT}">{word}</tspan> {escape(clause)}</text>')
        for kind, hours, words, grow in (("less", less, one["given_up"], -1), ("more", more, one["gained"], 1)):
            if hours:
                wide = 34 * hours / most
                left = 50 - wide if grow < 0 else 50
                end, side = (50 - wide - 1, "end") if grow < 0 else (50 + wide + 1, "start")
                sign = "−" if grow < 0 else "+"
                parts += [
                    f'<rect fill="{_FILLS[kind]}" x="{left:.3f}%" y="{top + 38}" width="{wide:.3f}%" height="16"/>',
                    f'<text x="{end:.3f}%" y="{top + 51}" text-anchor="{side}">{sign}{words}</text>']
        parts.append(f'<line x1="50%" x2="50%" y1="{top + 35}" y2="{top + 57}" stroke="{_AXIS}"/>')
    return _chart("clauses", 70 * len(rows), "各条款增减的学时", parts)


# Groups


def _table(
    name: str, title: str, rows: Sequence[Mapping[str, Any]], words: Any, many: int | None = None
) -> dict[str, Any]:
    """A table of groups; `many`: how many there are, where the report names only some."""
    most = max((max(one["newly_failed"], one["newly_passed"]) for one in rows), default=0) or 1
    shown = [{**one, "words": words(one["name"]), "bar": _balance(one, most)} for one in rows[:ROWS_MOST]]
    return {"name": name, "title": title, "rows": shown,
            "left": (len(rows) if many is None else many) - len(shown)}


def _balance(one: Mapping[str, Any], most: int) -> Markup:
    """Who newly fails to the left, who newly passes to the right."""
    fails, passes = 50 * one["newly_failed"] / most, 50 * one["newly_passed"] / most
    return Markup(  # noqa: S704 - numbers alone
        f'<svg class="balance" width="100%" height="14" aria-hidden="true">'
        f'<rect fill="{_FILLS["less"]}" x="{50 - fails:.3f}%" y="1" width="{fails:.3f}%" height="12"/>'
        f'<rect fill="{_FILLS["more"]}" x="50%" y="1" width="{passes:.3f}%" height="12"/>'
        f'<line x1="50%" x2="50%" y1="0" y2="14" stroke="{_AXIS}"/></svg>')


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.3f}%"


def _chart(name: str, height: int, words: str, parts: Sequence[str]) -> Markup:
    drawn = "".join(parts)
    return Markup(  # noqa: S704 - every text in it is escaped where it is put in
        f'<svg class="chart {name}" width="100%" height="{height}" font-size="{_LETTERS[name]}" fill="{_INK}" '
        f'role="img" aria-label="{words}">{drawn}</svg>')
