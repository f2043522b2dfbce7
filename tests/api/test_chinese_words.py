"""What people read is Chinese: an English word stands in a sentence only where it is a name without a Chinese one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Final

import click
import pytest

from api.cli import cli
from api.refusals import meanings, refusals
from api.refusals.problems import KINDS
from api.settings import Settings
from projections.findings.patterns import patterns
from tests.house.test_commands import commands

ROOT: Final = Path(__file__).parents[2]
API: Final = ROOT / "api"
NAMES: Final = frozenset((
    # Formats, standards and programs, which have no Chinese names.
    "ASCII", "Bearer", "CloudEvents", "CSV", "HTML", "Parquet", "Schema",
    "GB", "HTTP", "HTTPS", "ID", "JPEG", "JSON", "KB", "MB", "NDJSON", "OFD", "OpenID",
    "Connect", "PDF", "PNG", "POST", "PostgreSQL", "SHA", "TOML", "TOTP", "TXT", "UTF", "XLSX", "ZIP", "Spark", "SQL",
    "SQLite", "base", "createdb", "template",  # "base" of base64.
    # Headers and what stands in them, as programs send them.
    "Accept", "Allow", "Authorization", "ETag", "Idempotency-Key", "If-Match", "Retry-After", "X-Forwarded-For",
    # Keys of a keyboard; a line of a file that an administrator writes.
    "Enter", "Esc", "log", "quorum", "none",
))
ABOUT_FILES: Final = frozenset((
    "proof", "offline", "witnessing", "hand_over", "copies", "parquet", "archive", "arrow", "postgres_errors",
    "reading", "building", "cases", "coverage", "evaluate", "facts", "page_forms", "schema_fields", "shelf",
    "soundness", "patterns", "snapshot", "cluster",
))
"""Folders and modules of which the reader has a file open, whose formats know no Chinese names."""
_PATTERN: Final = re.compile(r"\(\?|\\d|\.\*|[a-z]\|[a-z]|</")  # What is looked for, or the parts of a page.
_CHINESE: Final = re.compile("[\u4e00-\u9fff]")
_APART: Final = re.compile(
    r"（[^（）]*）|如 [a-z][a-z0-9_-]*"                   # In brackets, behind its Chinese name; an example.
    r"|xueshi(?: [a-z-]+)*(?: --[a-z-]+)*|--[a-z-]+"    # Commands and their options.
    r"|\b[a-z]+://\S*|/?(?:[\w.-]+/)+[\w.-]*|\b[\w-]+\.(?:json|ndjson|policy|csv|html|md|pdf)\b"  # Addresses and files.
    r"|\b[a-z]{3}_…?|XUESHI_[A-Z_]+|\{[^{}]*\}"          # How ids begin; of the environment; what is filled in.
)


def english(words: str) -> list[str]:
    """The English words of a Chinese sentence that are none of these."""
    if _CHINESE.search(words) is None:
        return []
    known = NAMES | {*Settings.__annotations__}
    return [one for one in re.findall(r"[A-Za-z][A-Za-z_-]+", _APART.sub(" ", words)) if one.rstrip("-") not in known]


def _refusals() -> Iterator[tuple[str, str]]:
    for code, line in refusals.lines().items():
        yield from ((code, words) for words in line[1:])
    for code, line in meanings.lines().items():
        yield from ((code, words) for words in line[1:])
    for code, kind in KINDS.items():
        yield from ((code, words) for words in (kind.title, kind.detail))


def _templates() -> Iterator[tuple[str, str]]:
    for path in sorted((API / "templates").glob("*.html")):
        source = path.read_text("utf-8")
        text = re.sub(r"{#.*?#}|<code[ >].*?</code>|<kbd>.*?</kbd>|<pre>.*?</pre>", "", source, flags=re.S)
        filled_in = re.sub(r"{%.*?%}|{{.*?}}", "\0", text, flags=re.S)
        yield from ((path.name, piece) for piece in re.split(r"\0|<[^>]*>|\n", filled_in))


def _console() -> Iterator[tuple[str, str]]:
    for path in (*sorted((API / "console").rglob("*.py")), API / "words" / "codes.py", API / "words" / "year_page.py"):
        yield from ((path.name, words) for words in _told(path))


def _told(path: Path) -> Iterator[str]:
    """What a module says to people."""
    source = path.read_text("utf-8")
    if _CHINESE.search(source) is None:
        return
    tree = ast.parse(source)
    documents = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # Told to programmers.
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            documents |= {id(part) for part in node.values}
            yield "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documents:
            yield node.value


def _patterns() -> Iterator[tuple[str, str]]:
    for name, one in patterns().items():
        filled_in = "|".join(one.thresholds) or "-"  # Whoever reads it is told the value.
        yield from ((name, re.sub(filled_in, "", words)) for words in (one.title, one.rule, one.reason, one.guard))


def _rooms() -> Iterator[tuple[str, str]]:
    """What errors of the other rooms say, but for those about files, whose very words they have to name."""
    paths = (path for room in ("ledger", "policies", "projections") for path in sorted((ROOT / room).rglob("*.py")))
    for path in paths:
        if not ABOUT_FILES & {*path.relative_to(ROOT).with_suffix("").parts}:
            yield from ((path.name, words) for words in _told(path) if _PATTERN.search(words) is None)


def _helps() -> Iterator[tuple[str, str]]:
    """What each command says of itself and of its options, but for what it calls its own arguments."""
    for path, command in commands(cli):
        called = "|".join(re.escape(each.make_metavar(click.Context(command)).strip("[].")) for each in command.params
                          if isinstance(each, click.Argument)) or "-"
        yield path, re.sub(rf"\b(?:{called})\b", "", command.help or "")
        yield from ((f"{path} {each.opts[-1]}", each.help or "") for each in command.params
                    if isinstance(each, click.Option))


def _settings() -> Iterator[tuple[str, str]]:
    for one in fields(Settings):
        yield one.name, one.metadata.get("text", "")


@pytest.mark.parametrize("read", [_refusals, _templates, _console, _patterns, _rooms, _settings, _helps])
def test_no_english_word_stands_in_a_chinese_sentence_where_it_need_not(read: object) -> None:
    assert callable(read)
    found = list(read())

    assert len(found) > 30
    assert {(place, word): words for place, words in found for word in english(words)} == {}


def test_help_calls_each_thing_by_the_name_that_the_screens_have_for_it() -> None:
    others = {"官员": "经办账号", "数据目录": "数据文件夹", "人社": "人力社保", "预演": "试办", "散列": "哈希"}

    assert [(place, other, name) for place, words in _helps() for other, name in others.items() if other in words] == []


def test_a_name_of_a_field_is_for_programs_and_is_left_out_for_people() -> None:
    line = refusals.lines()["ruling_needed"]

    assert "（confirmed_hours）" in line.detail and "（document）" in line.detail
    assert line.told.isprintable() and english(line.told) == [] and "confirmed_hours" not in line.told
    assert refusals.without_names("时间戳（RFC 3161）、目的（purpose，如 annual_review）") == "时间戳（RFC 3161）、目的"
    assert english("以 investigation 为目的") == ["investigation"]
