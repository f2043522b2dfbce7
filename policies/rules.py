"""What `xueshi rules` asks: which rulebooks there are, whether a folder of them is sound, what two versions change.

`page.py` shows one, `trial.py` walks a person through one fact. Answers are values; `api/` prints them.

`tests/policies/test_rules.py` shows them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final

from policies.analysis import ERROR, Finding, analyse
from policies.cases import case_file, read_cases, run
from policies.coverage import problems, read_coverage
from policies.errors import RulebookError
from policies.law import Law
from policies.marks import wanted_marks
from policies.page import begun, page_of
from policies.page_forms import padded, width
from policies.person import Bench
from policies.render import Row, rows_of
from policies.rulebook import Rulebook
from policies.shelf import SHIPPED, Shelf, read_file, read_folder, rulebook_files, shipped

TEXT: Final = "原文"
"""The place of a change in the words of the official text."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found. Sound when there are no problems; a notice is for an author to look at."""

    rulebooks: int
    cases: int
    problems: tuple[str, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One row that a later version changes, adds or drops."""

    kind: str                  # `changed`, `added`, `dropped`.
    place: str
    before: str | None
    after: str | None


def state_of(book: Rulebook) -> str:
    """In force, a draft, or kept and switched off."""
    return "草案" if book.draft else "停用" if book.off else "施行"


def listed(shelf: Shelf) -> list[dict[str, Any]]:
    """The rulebooks of a shelf, for programs."""
    return [
        {
            "rulebook": book.id, "document": book.document, "title": book.title, "draft": book.draft, "off": book.off,
            "in_force_from": book.in_force_from.isoformat(), "first_year_judged": book.first_year_judged,
            "region": book.scope.region, "sector": book.scope.sector, "clauses": len(book.clauses),
            "minimums": len(book.minimums), "readings": len(book.readings), "digest": book.digest,
        }
        for book in shelf.books
    ]


def table(books: Iterable[Rulebook]) -> str:
    """The rulebooks for people, in columns."""
    rows = [("细则", "状态", "文号", "施行", "首判", "条款", "要求", "读法", "摘要")]
    rows += [
        (book.id, state_of(book), book.document, str(book.in_force_from), str(book.first_year_judged),
         str(len(book.clauses)), str(len(book.minimums)), str(len(book.readings)), book.digest[:12])
        for book in books
    ]
    wide = [max(map(width, column)) for column in zip(*rows, strict=True)]
    return "".join("  ".join(map(padded, row, wide)).rstrip() + "\n" for row in rows)


def check(folder: Path = SHIPPED, progress: Callable[[int, int], None] = lambda done, total: None) -> Checked:
    """Form, words, quotes, cases with their coverage, sentences, static analysis: of a folder, or of a single file.

    A folder of drafts alone, or one draft, is judged beside the law in force, which is what the drafts would amend.
    """
    try:
        shelf = read_file(folder) if folder.is_file() else read_folder(folder)
    except RulebookError as error:
        return Checked(0, 0, (str(error),), ())
    beside = shipped().books if all(book.draft for book in shelf.books) else ()
    bench = Bench(Law(Shelf.of([*shelf.books, *beside]).books))
    wrong: list[str] = []
    count, paths = 0, [folder] if folder.is_file() else list(rulebook_files(folder))
    for number, path in enumerate(paths):
        progress(number, len(paths) + 1)
        book = shelf.books[0] if folder.is_file() else shelf.book(f"{path.parent.name}/{path.stem}")
        cases, failed = _run_cases(bench, book, case_file(path))
        count += cases
        wrong += failed
    progress(len(paths), len(paths) + 1)
    if folder == SHIPPED:
        wrong += problems(shelf.books, read_coverage())
    named = {book.id for book in shelf.books}
    findings = tuple(finding for finding in analyse(bench.law) if finding.rulebook in named)
    wrong += [finding_words(finding) for finding in findings if finding.weight == ERROR]
    progress(len(paths) + 1, len(paths) + 1)
    return Checked(len(shelf.books), count, tuple(wrong), findings)


def _run_cases(bench: Bench, book: Rulebook, beside: Path) -> tuple[int, list[str]]:
    """How many cases there are, and what fails or is not covered."""
    if not beside.exists():
        return 0, [f"{book.id}：没有案例文件 {beside.name}"]
    try:
        cases = read_cases(beside)
    except RulebookError as error:
        return 0, [str(error)]
    failed, reached = run(bench, cases)
    wrong = [f"{book.id}：{one}" for one in failed]
    return len(cases), wrong + [f"{book.id}：没有案例涉及 {one}" for one in sorted(wanted_marks(book) - reached.marks)]


def finding_words(finding: Finding) -> str:
    """A finding in one line, with the fact that shows it."""
    parts = " ".join(f"{key}={value}" for key, value in finding.example.items())
    return f"{finding.rulebook} {finding.where}：{finding.words}。例：{parts} [{finding.kind}]"


def changes(old: Rulebook, new: Rulebook) -> list[Change]:
    """Which rows two versions change, add or drop, in the order of the old text, then of the new; then which words."""
    found = list(_head_changes(old, new))
    one, two = _by_place(old), _by_place(new)
    for place in [*one, *(place for place in two if place not in one)]:
        before, after = one.get(place, []), two.get(place, [])
        gone = list((Counter(before) - Counter(after)).elements())
        come = list((Counter(after) - Counter(before)).elements())
        found += [Change("changed", place, row, instead) for row, instead in zip(gone, come, strict=False)]
        found += [Change("dropped", place, row, None) for row in gone[len(come):]]
        found += [Change("added", place, None, row) for row in come[len(gone):]]
    return [*found, *_text_changes(old, new)]


def _text_changes(old: Rulebook, new: Rulebook) -> Iterator[Change]:
    """The sentences of the official text that differ; of a draft without a text nothing can be said."""
    if old.text is None or new.text is None:
        return
    one, two = _sentences(old), _sentences(new)
    matcher = SequenceMatcher(None, [words for _, words in one], [words for _, words in two], autojunk=False)
    for tag, first, last, start, end in matcher.get_opcodes():
        if tag != "equal":
            for was, now in zip_longest(one[first:last], two[start:end]):
                kind = "added" if was is None else "dropped" if now is None else "changed"
                place = f"{TEXT} {(was or now)[0]}".rstrip()
                yield Change(kind, place, was and was[1], now and now[1])


def _sentences(book: Rulebook) -> list[tuple[str, str]]:
    """Each piece of the text with the article that it stands in."""
    page, article, found = page_of(book), "", []
    for passage, names in zip(page.passages, begun(page), strict=True):
        for piece, name in zip(passage.pieces, names, strict=True):
            article = name or article
            found.append((article, piece))
    return found


def _head_changes(old: Rulebook, new: Rulebook) -> Iterator[Change]:
    for place, was, now in (
        ("文号", old.document, new.document), ("名称", old.title, new.title),
        ("施行日", old.in_force_from, new.in_force_from), ("停止日", old.in_force_to, new.in_force_to),
        ("首判年度", old.first_year_judged, new.first_year_judged), ("区划", old.scope.region, new.scope.region),
        ("行业", old.scope.sector, new.scope.sector),
        ("专业", "、".join(old.scope.majors), "、".join(new.scope.majors)),
        ("取代", "、".join(old.supersedes), "、".join(new.supersedes)),
    ):
        if was != now:
            yield Change("changed", place, str(was or "（无）"), str(now or "（无）"))


def _by_place(book: Rulebook) -> dict[str, list[str]]:
    rows: dict[str, list[str]] = {}
    for row in (*rows_of(book), *(_reading_row(book))):
        rows.setdefault(row.place, []).append(row.words)
    return rows


def _reading_row(book: Rulebook) -> Iterator[Row]:
    for one in book.readings:
        yield Row("reading", one.id, one.chosen, ())


def diff(old: Rulebook, new: Rulebook) -> str:
    """The changes, told in Chinese."""
    lines = [f"{old.id} → {new.id}"]
    for one in changes(old, new):
        match one.kind:
            case "changed":
                lines += [f"改  {one.place}", f"    原  {one.before}", f"    新  {one.after}"]
            case "dropped":
                lines += [f"删  {one.place}", f"    原  {one.before}"]
            case _:
                lines += [f"增  {one.place}", f"    新  {one.after}"]
    if len(lines) == 1:
        lines.append("没有条款的差别" + ("；文件的字节不同" if old.digest != new.digest else ""))
    return "\n".join(lines) + "\n"
