"""What `xueshi rules` does: list, show, check, diff, and try one fact. Each gives text; the command line prints it.

`tests/policies/test_rules.py` shows them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from policies.analysis import ERROR, Finding, analyse
from policies.assess import RULED
from policies.cases import case_file, read_cases, run, wanted_marks
from policies.coverage import problems, read_coverage
from policies.errors import BadLine, RulebookError
from policies.facts import Affiliation
from policies.law import Law
from policies.lines import entry_steps, text
from policies.person import Bench, places_of
from policies.render import place_words, rows_of, show
from policies.rulebook import Rulebook
from policies.shapes import check_affiliation
from policies.shelf import SHIPPED, Shelf, read_folder, rulebook_files, shipped
from policies.words import Route, Vocabulary

__all__ = ["Question", "check", "diff", "list_rules", "next_question", "show", "try_fact"]

PERSON: Final = "某人"


def list_rules(shelf: Shelf) -> str:
    """One line a rulebook: id, document, from when, first judged year, what it holds."""
    rows = []
    for book in shelf.books:
        state = "草案" if book.draft else "停用" if book.off else "施行"
        rows.append(
            f"{book.id:<40} {state}  {book.document}  自 {book.in_force_from}  首判 {book.first_year_judged}  "
            f"条款 {len(book.clauses)}  要求 {len(book.minimums)}  读法 {len(book.readings)}  sha256:{book.digest[:12]}"
        )
    return "\n".join(rows) + "\n"


def check(folder: Path = SHIPPED, *, beside_shipped: bool = False) -> tuple[bool, str]:
    """Form, words, quotes, cases with their coverage, sentences, static analysis. False when anything is wrong.

    `beside_shipped`: the folder holds drafts, which are judged together with the law in force.
    """
    try:
        shelf = read_folder(folder)
    except RulebookError as error:
        return False, f"{error}\n"
    law = Law(Shelf.of([*shelf.books, *shipped().books]).books if beside_shipped else shelf.books)
    wrong: list[str] = []
    lines = [f"{len(shelf.books)} 部细则，格式、用词、引文都合规"]
    count = 0
    for path in rulebook_files(folder):
        book = shelf.book(f"{path.parent.name}/{path.stem}")
        beside = case_file(path)
        if not beside.exists():
            wrong.append(f"{book.id}：没有案例文件 {beside.name}")
            continue
        try:
            cases = read_cases(beside)
        except RulebookError as error:
            wrong.append(str(error))
            continue
        count += len(cases)
        failed, coverage = run(Bench(law), cases)
        wrong += [f"{book.id}：{one}" for one in failed]
        missing = sorted(wanted_marks(book) - coverage.marks)
        wrong += [f"{book.id}：没有案例涉及 {one}" for one in missing]
    lines.append(f"{count} 个案例")
    if folder == SHIPPED:
        wrong += problems(shelf.books, read_coverage())
        lines.append("原文每一句都有位置")
    named = {book.id for book in shelf.books}
    findings = [finding for finding in analyse(law) if finding.rulebook in named]
    wrong += [_finding(finding) for finding in findings if finding.weight == ERROR]
    lines += [_finding(finding) for finding in findings if finding.weight != ERROR]
    return not wrong, "\n".join([*lines, *(f"错误  {one}" for one in wrong)]) + "\n"


def _finding(finding: Finding) -> str:
    parts = [f"{key}={value}" for key, value in (finding.example or {}).items()]
    example = f"，例如 {'、'.join(parts)}" if parts else ""
    return f"{finding.kind}  {finding.rulebook} {finding.where}：{finding.words}{example}"


def diff(old: Rulebook, new: Rulebook) -> str:
    """Which rows two versions change, add or drop, in Chinese."""
    lines = [f"{old.id} → {new.id}"]
    for words, was, now in (
        ("文号", old.document, new.document), ("施行日", old.in_force_from, new.in_force_from),
        ("首判年度", old.first_year_judged, new.first_year_judged), ("区划", old.scope.region, new.scope.region),
        ("行业", old.scope.sector or "全部", new.scope.sector or "全部"),
    ):
        if was != now:
            lines.append(f"改  {words}：{was} → {now}")
    one, two = _by_article(old), _by_article(new)
    for key in [*one, *(key for key in two if key not in one)]:   # In the order of the old text, then of the new.
        place = place_words(key)
        before, after = one.get(key, []), two.get(key, [])
        gone = [row for row in before if row not in after]
        come = [row for row in after if row not in before]
        for row, instead in zip(gone, come, strict=False):
            lines.append(f"改  {place}：{row} → {instead}")
        lines += [f"删  {place}：{row}" for row in gone[len(come):]]
        lines += [f"增  {place}：{row}" for row in come[len(gone):]]
    if len(lines) == 1:
        lines.append("没有条款的差别")
    return "\n".join(lines) + "\n"


def _by_article(book: Rulebook) -> dict[str, list[str]]:
    rows: dict[str, list[str]] = {}
    for place, words in rows_of(book):
        rows.setdefault(place, []).append(words)
    return rows


@dataclass(frozen=True, slots=True)
class Question:
    """What to ask next about a fact: the field, words for people, and the values to choose from, if closed."""

    field: str
    words: str
    choices: tuple[tuple[str, str], ...] = ()
    optional: bool = False


def next_question(words: Vocabulary, known: Mapping[str, Any]) -> Question | None:
    """The next thing that the law needs to know of one fact; None when it knows enough."""
    plain = {"date": "佐证材料的日期（YYYY-MM-DD）", "region": "人事隶属地的六位区划代码"}
    for field, asked in plain.items():
        if field not in known:
            return Question(field, asked)
    if "sector" not in known:
        return Question("sector", "行业", tuple(words.sectors.items()))
    if "route" not in known:
        return Question("route", "途径", tuple((route.code, route.name) for route in words.routes.values()))
    route = words.routes.get(known["route"])
    return None if route is None else _of_route(route, words, known)


def _of_route(route: Route, words: Vocabulary, known: Mapping[str, Any]) -> Question | None:
    if "category" not in known and len(route.categories) > 1:
        return Question("category", "科目", tuple((one, words.categories[one]) for one in route.categories))
    if route.levels and "level" not in known:
        levels = tuple((level, words.levels.get(level, level)) for level in route.levels)
        return Question("level", "级别", levels, optional=route.level_optional)
    if route.quantity and not any(name in known for name in route.quantity):
        names = {"days": "天数（半天为 0.5）", "hours": "标定学时", "minutes": "分钟数", "subjects": "合格科目数",
                 "courses": "门数", "characters": "字数"}
        asked = " 或 ".join(names.get(name, name) for name in route.quantity)
        return Question(route.quantity[0], asked)
    if route.ranked and "rank" not in known:
        return Question("rank", "作者排名")
    for name in route.needs:
        if name not in known:
            return Question(name, name, tuple((one, one) for one in words.fields[name].among))
    return None


def try_fact(shelf: Shelf, known: Mapping[str, Any]) -> str:
    """What one fact is worth, told step by step; the answer of `next_question` once it is None."""
    bench = Bench(Law(shelf.books))
    place = {"kind": "affiliation", "person": PERSON, "from": known["date"], "region": known["region"],
             "sector": known["sector"]} | ({"major": known["major"]} if "major" in known else {})
    try:
        held = bench.reader.read(msgspec.json.encode(place))
        assert isinstance(held, Affiliation)
        span = check_affiliation(held, bench.law.vocabulary)
        route = bench.law.vocabulary.routes.get(known["route"])
        category = route.categories[0] if route is not None else "professional"
        values = {"id": "1", "person": PERSON, "category": category}
        values |= {name: value for name, value in known.items() if name not in ("region", "sector")}
        ruled = bench.judge(places_of([(*span, held)]), [bench.entry(**values)])
    except BadLine as bad:
        return f"字段 {bad.field}：{bad}\n"
    ruling = ruled.weighed[0].ruling
    by = f"{ruling.rulebook} {ruling.article}" if ruling.rulebook else "（没有细则）"
    verdicts = {RULED: "认定", "manual": "按确认数", "refused": "不计", "unruled": "待定"}
    assessed, counted = text(ruling.assessed), text(ruled.folded.counted[0])
    lines = [f"{verdicts[ruling.status]}  {by}  核定 {assessed} 学时，计入 {counted}"]
    for number, step in enumerate(entry_steps(ruled, 0), 1):
        quote = f"\n     原文：{step.quote}" if step.quote else ""
        lines.append(f"  {number}. {step.article or ''} {step.arithmetic}{quote}".replace("  .", "."))
    return "\n".join(lines) + "\n"
