"""`xueshi rules`: the rulebooks for people. What stands in them, whether they are sound, what one fact is worth."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from api.commands.options import as_json_option
from api.terminal import standard_input
from api.terminal.exits import Exit, Stop

if TYPE_CHECKING:
    from policies.law import Law
    from policies.rulebook import Rulebook
    from policies.trial import Question

COLUMNS_MOST: Final = 132

rules_option = click.option(
    "--rules", "folder", type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="另一文件夹中的细则；默认用随软件发布的细则和草案",
)


@click.group()
def rules() -> None:
    """细则：列出、对照原文、检查、比较两版、试算一条"""


@rules.command("list")
@rules_option
@as_json_option
def list_(folder: Path | None, as_json: bool) -> None:
    """列出细则；草案另列，不参与任何认定"""
    from policies.rules import listed, table
    from policies.shelf import drafts, read_folder, shipped

    with _told_in_chinese():
        shelves = [shipped(), drafts()] if folder is None else [read_folder(folder)]
    if as_json:
        _print_json({"rulebooks": [each for shelf in shelves for each in listed(shelf)]})
        return
    books = [book for shelf in shelves for book in shelf.books]
    in_force = [book for book in books if not book.draft]
    if in_force:
        click.echo(table(in_force), nl=False)
    if len(in_force) < len(books):
        click.echo(("\n" if in_force else "") + "草案（为检验格式而写，未施行，不参与任何认定）：")
        click.echo(table(book for book in books if book.draft), nl=False)


@rules.command()
@click.argument("rulebook")
@rules_option
@click.option(
    "--format", "form", type=click.Choice(["text", "markdown", "html"]), default="text",
    help="输出格式：终端文字（text，默认）、标记文本（markdown）或网页（html）",
)
@as_json_option
def show(rulebook: str, folder: Path | None, form: str, as_json: bool) -> None:
    """对照显示一部细则：左为官方原文，右为由它而来的各行"""
    from policies.page import as_json_page
    from policies.page_forms import COLUMNS
    from policies.page_forms import show as page

    book = _book(rulebook, folder)
    if as_json:
        _print_json(as_json_page(book))
        return
    columns = min(shutil.get_terminal_size((COLUMNS, 24)).columns, COLUMNS_MOST)
    click.echo(page(book, form, columns), nl=False)


@rules.command()
@click.argument("file", required=False, type=click.Path(exists=True, path_type=Path))
@rules_option
@as_json_option
def check(file: Path | None, folder: Path | None, as_json: bool) -> int:
    """检查格式、引文、案例和静态分析；有问题时退出码为 1

    FILE 为一个细则文件，案例在同名的案例文件（.cases.toml）中，所引的原文在旁边或原文文件夹（texts）中；
    也可以是文件夹，同 --rules。
    """
    if file is not None and folder is not None:
        raise click.UsageError("请写一个文件或文件夹，或写 --rules，二者择一")
    folder = folder if file is None else file
    from api.terminal.progress import bar
    from policies.rules import check as examine
    from policies.rules import finding_words
    from policies.shelf import DRAFTS, SHIPPED

    checked = {}
    for each in (SHIPPED, DRAFTS) if folder is None else (folder,):
        with bar("检查细则", quiet=as_json) as progress:
            checked[each] = examine(each, progress)
    holds = not any(one.problems for one in checked.values())
    if as_json:
        _print_json({"holds": holds, "folders": [
            {"rulebooks": one.rulebooks, "cases": one.cases, "problems": one.problems,
             "findings": [{"kind": finding.kind, "weight": finding.weight, "rulebook": finding.rulebook,
                           "where": finding.where, "words": finding.words, "example": finding.example}
                          for finding in one.findings]}
            for one in checked.values()
        ]})
        return Exit.HOLDS if holds else Exit.REFUSED
    for path, one in checked.items():
        name = {SHIPPED: "细则", DRAFTS: "草案"}.get(path, str(path))
        for problem in one.problems:
            click.echo(f"✗ {problem}")
        for finding in one.findings:
            if finding.weight != "error":
                click.echo(f"  请看 {finding_words(finding)}")
        if one.problems:
            click.echo(f"✗ {name}：{one.rulebooks} 部，{one.cases} 个案例，{len(one.problems)} 处问题。")
        else:
            click.echo(f"✓ {name}：{one.rulebooks} 部，{one.cases} 个案例，格式、引文、案例和静态分析都合规。")
    return Exit.HOLDS if holds else Exit.REFUSED


@rules.command()
@click.argument("old")
@click.argument("new")
@rules_option
@as_json_option
def diff(old: str, new: str, folder: Path | None, as_json: bool) -> None:
    """比较两版细则：哪些条款改了，增了，删了"""
    from policies.rules import changes
    from policies.rules import diff as told

    one, two = _book(old, folder), _book(new, folder)
    if as_json:
        found = [{"kind": each.kind, "place": each.place, "before": each.before, "after": each.after}
                 for each in changes(one, two)]
        _print_json({"old": one.id, "new": two.id, "changes": found})
        return
    click.echo(told(one, two), nl=False)


@rules.command("try")
@click.argument("facts", nargs=-1, metavar="[字段=值]... [-]")
@rules_option
@click.option("--draft", "names", multiple=True, help="连同这部草案一起试算；可写多次")
@as_json_option
def try_(facts: tuple[str, ...], folder: Path | None, names: tuple[str, ...], as_json: bool) -> None:
    """试算一条记录值多少学时，并说明理由

    在终端上会逐项询问。脚本用“字段=值”给出各项，或用 - 从标准输入读一个 JSON 对象。
    """
    from policies.errors import BadLine
    from policies.law import Law
    from policies.lines import entry_as_json
    from policies.shelf import Shelf, read_folder, shipped
    from policies.trial import told, tried

    with _told_in_chinese():
        shelf = shipped() if folder is None else read_folder(folder)
        law = Law(Shelf.of([*shelf.books, *(_book(name, folder) for name in names)]).books)
    try:
        known = _given(law, facts)
        asked = standard_input.is_terminal() and "-" not in facts
        known = _asked(law, known) if asked else _complete(law, known)
        ruled = tried(law, known)
    except BadLine as bad:
        raise Stop(Exit.BAD_INPUT, "fact_bad", bad.told) from bad
    if as_json:
        _print_json(entry_as_json(ruled, 0))
        return
    click.echo(told(ruled), nl=False)
    if asked:
        again = [f"{name}={value}" for name, value in known.items() if value is not None]
        click.echo(f"再算一次：{shlex.join(['xueshi', 'rules', 'try', *again])}", err=True)


def _given(law: Law, facts: tuple[str, ...]) -> dict[str, Any]:
    """What the command line and standard input say of the fact."""
    from policies.errors import BadLine
    from policies.facts import Reader
    from policies.trial import checked, parsed

    known: dict[str, Any] = {}
    for each in facts:
        if each == "-":
            row = Reader(law.vocabulary).row(standard_input.whole().strip())
            known |= {name: checked(law, name, value) for name, value in row.items()}
            continue
        name, equals, value = each.partition("=")
        if not equals:
            raise BadLine("-", each, "应为 字段=值，如 days=5；- 表示从标准输入读 JSON")
        known[name] = parsed(law, name, value)
    return known


def _complete(law: Law, known: dict[str, Any]) -> dict[str, Any]:
    """The fact, if nothing that must be known is missing."""
    from policies.trial import next_question

    filled = dict(known)
    while (question := next_question(law, filled)) is not None:
        if not question.optional:
            choices = f"，应为 {'、'.join(value for value, _ in question.choices)} 之一" if question.choices else ""
            cure = f"请写 {question.field}=…{choices}；在终端上运行会逐项询问"
            raise Stop(Exit.BAD_INPUT, "fact_incomplete", f"还缺 {question.field}：{question.words}", cure)
        filled[question.field] = None
    return known


def _asked(law: Law, known: dict[str, Any]) -> dict[str, Any]:
    """The fact, asked for on the terminal. Questions go to standard error, so that the answer can be kept."""
    from policies.errors import BadLine
    from policies.trial import next_question, parsed

    while (question := next_question(law, known)) is not None:
        _pose(question)
        line = sys.stdin.readline()
        if not line:
            raise click.Abort
        answer = line.strip()
        if not answer and question.optional:
            known[question.field] = None
            continue
        codes = [value for value, _ in question.choices]
        by_name = {name: value for value, name in question.choices}
        if codes and answer.isascii() and answer.isdigit() and 1 <= int(answer) <= len(codes):
            answer = codes[int(answer) - 1]
        try:
            value = parsed(law, question.field, by_name.get(answer, answer))
            if codes and value not in codes:
                raise BadLine(question.field, answer, f"应为 1 到 {len(codes)} 的序号，或 {'、'.join(codes)} 之一")
            known[question.field] = value
        except BadLine as bad:
            click.echo(f"  {bad}", err=True)
    return known


def _pose(question: Question) -> None:
    for number, (value, name) in enumerate(question.choices, 1):
        click.echo(f"  {number:>2}  {name}  {value}" if name != value else f"  {number:>2}  {value}", err=True)
    skip = "（可不填，按回车跳过）" if question.optional else ""
    click.echo(f"{question.words}{skip}：", nl=False, err=True)


def _book(name: str, folder: Path | None) -> Rulebook:
    """The rulebook of this id or digest: of the folder first, then of those that came with the software."""
    from policies.errors import UnknownRulebook
    from policies.shelf import drafts, read_folder, shipped

    with _told_in_chinese():
        shelves = [*([read_folder(folder)] if folder is not None else []), shipped(), drafts()]
        for shelf in shelves:
            try:
                return shelf.book(name)
            except UnknownRulebook:
                continue
        raise UnknownRulebook(name, sorted({book.id for shelf in shelves for book in shelf.books}))


@contextmanager
def _told_in_chinese() -> Iterator[None]:
    """A rulebook that cannot be used is bad input, told with its own code."""
    from policies.errors import RulebookError

    try:
        yield
    except RulebookError as error:
        raise Stop(Exit.BAD_INPUT, error.code, str(error)) from error


def _print_json(body: dict[str, Any]) -> None:
    click.echo(json.dumps(body, ensure_ascii=False))
