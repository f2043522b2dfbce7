"""A report read again, held against its own digests and against another that was made of the same question.

`tests/api/test_replay_command.py` shows it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final

import msgspec

from ledger.file_digest import sha256_of
from projections.errors import ProjectionError
from projections.replay.folder import text_of
from projections.replay.report import FORMAT, READABLE

TOLD_MOST: Final = 40
"""Differing lines of one file that are shown."""
_SHOWN_MOST: Final = 400
"""Characters of a part of `report.json` that are shown."""


class Unsound(ProjectionError):
    """A report is not whole, or not one of ours."""

    code = "replay_report_unsound"

    def __init__(self, path: Path, because: str) -> None:
        super().__init__(f"重放报告 {path} 不能使用：{because}。请取得原来的整个文件夹。")


class _Book(msgspec.Struct, frozen=True):
    id: str
    digest: str


class _Amendment(msgspec.Struct, frozen=True):
    id: str
    digest: str
    region: str
    sector: str | None


class _Law(msgspec.Struct, frozen=True):
    law: str
    rulebooks: tuple[_Book, ...]


class _Question(msgspec.Struct, frozen=True):
    as_of: int
    root: str
    region: str | None
    sector: str | None
    under: _Law
    against: _Law
    valid_on: date | None = None   # Before format 3 nothing could be left out.


class _Form(msgspec.Struct, frozen=True):
    """What a report has to say before anything of it is asked again; its sums are held against new ones."""

    question: _Question
    amendments: tuple[_Amendment, ...]
    files: dict[str, str]

    @property
    def is_of_one_piece(self) -> bool:
        """Say whether its amendments are the rulebooks that only the new law has, in the very texts beside it."""
        brought = {*self.question.under.rulebooks} - {*self.question.against.rulebooks}
        return {(one.id, one.digest) for one in self.amendments} == {(one.id, one.digest) for one in brought} and all(
            self.files.get(text_of(one.id)) == one.digest for one in self.amendments)


def read(folder: Path) -> tuple[dict[str, Any], str]:
    """A report and its digest, each of its files held against what it says of them; raises Unsound."""
    path = folder / "report.json"
    try:
        told: dict[str, Any] = json.loads(path.read_bytes())
        if told["format"] not in READABLE:
            raise Unsound(path, f"格式为 {told['format']}，本程序读得懂 {'、'.join(map(str, sorted(READABLE)))}")
        for name, sha256 in told["files"].items():
            if not (folder / Path(name).name).exists():  # Who saved it from a page has what speaks of nobody, no more.
                raise Unsound(folder / Path(name).name, "没有这个文件")
            if sha256_of(folder / Path(name).name) != sha256:
                raise Unsound(folder / name, "内容与 report.json 所记的摘要不符")
        if not msgspec.convert(told, _Form).is_of_one_piece:
            raise Unsound(path, "所列的修订与新法相对旧法多出的细则不符")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unsound(path, f"读不出（{type(error).__name__}）") from error
    return told, sha256_of(path)


def parted(announced: Mapping[str, Any], made: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The parts of `report.json` that do not come out again, as two texts each: lines may be right and sums wrong."""
    told, found = _sums(announced), _sums(made)
    return [(_part_of(name, told), _part_of(name, found))
            for name in sorted({*told, *found}) if told.get(name) != found.get(name)]


def _sums(report: Mapping[str, Any]) -> dict[str, Any]:
    """A report without what enactment or a newer format may change: of a rulebook its place, bytes and names."""
    question = {"valid_on": None, "log_size": report["question"]["as_of"], **report["question"]}
    laws = {side: [book["id"] for book in question[side]["rulebooks"]] for side in ("under", "against")}
    amendments = [[one["id"], one["region"], one["sector"]] for one in report["amendments"]]
    return {**report, "format": FORMAT, "question": {**question, **laws}, "amendments": amendments, "names": {},
            "files": {}}


def _part_of(name: str, report: Mapping[str, Any]) -> str:
    text = json.dumps({name: report[name]}, ensure_ascii=False) if name in report else ""
    return text if len(text) <= _SHOWN_MOST else f"{text[:_SHOWN_MOST]}……"


def compared(made: Mapping[str, Any]) -> list[str]:
    """The files of a report whose every line has to come out again: all but the texts of rulebooks."""
    return [name for name in made["files"] if not name.endswith(".toml")]


def differences(one: Path, two: Path) -> tuple[list[tuple[str, str]], int]:
    """The lines in which two files differ, the first of them to be shown, a missing one empty; and how many."""
    shown: list[tuple[str, str]] = []
    many = 0
    with one.open(encoding="utf-8") as first, two.open(encoding="utf-8") as second:
        for lines in zip_longest(first, second, fillvalue=""):
            if lines[0] != lines[1]:
                many += 1
                if len(shown) < TOLD_MOST:
                    shown.append((lines[0].rstrip("\n"), lines[1].rstrip("\n")))
    return shown, many
