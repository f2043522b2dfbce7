"""A report as a folder: every person-year, entry and title that changed, as lines and as tables; a page for people.

    report.json            what was asked, on which basis, the sums; the digests of the files below
    person_years.ndjson    each person-year whose hours or verdict changed, old and new; the same as person_years.csv
    entries.ndjson         each entry that counts otherwise, with the clauses that moved it; the same as entries.csv
    titles.ndjson          each title that rests on other years, or two others in a row; the same as titles.csv
    groups.csv             by year, city, sector, unit, clause and title
    *.toml                 the rulebooks that only the new law has, as they were replayed
    SHA256SUMS             of all of them, as `sha256sum -c` reads it

The digest of a report is that of `report.json`. People stand under their ids. The lines are written in parts that
outlast a kill (`stages.py`); the folder is made beside and put in its place whole.

`tests/projections/replay/test_report.py` shows it.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final

import msgspec

from projections.errors import ProjectionError
from projections.replay.comparison import Comparison, entries, person_years
from projections.replay.report import FORMAT, READABLE, UNITS_NAMED, Question, summary
from projections.replay.stages import Stages, open_stages
from projections.replay.titles import touched

AT_ONCE: Final = 20_000
"""Lines of one part."""
TOLD_MOST: Final = 40
"""Differing lines of one file that are shown."""
_SHOWN_MOST: Final = 400
"""Characters of a part of `report.json` that are shown."""

_BOM: Final = b"\xef\xbb\xbf"   # Without it Excel takes a table for one in GBK.
_COLUMNS: Final = ("people", "person_years", "changed", "gained", "given_up", "newly_failed", "newly_passed")

Progress = Callable[[str, int, int], None]
Page = Callable[[Mapping[str, Any], str], str]


def write(
    question: Question, found: Comparison, folder: Path, beside: Path, page: Page,
    progress: Progress = lambda step, done, total: None, *, at_once: int = AT_ONCE,
) -> tuple[dict[str, Any], str]:
    """Write every file into an empty folder `beside`; gives the report and its digest. `folder`: the projections."""
    coded = found.gathered.coded
    with open_stages(folder, _key(question, found, at_once)) as stages:
        _lines(stages, beside, "person_years", lambda a, b: person_years(found, a, b), len(found.changed), at_once,
               progress)
        _lines(stages, beside, "entries", lambda a, b: entries(found, a, b), len(found.moved), at_once, progress)
        _lines(stages, beside, "titles", lambda a, b: touched(found.titles, coded, a, b),
               len(found.titles.touched), at_once, progress)
        told = summary(question, found, folder)
        (beside / "groups.csv").write_text(_groups_csv(told), encoding="utf-8-sig", newline="")
        told["by_unit"] = told["by_unit"][:UNITS_NAMED]   # Every one of them stands in groups.csv.
        amended = {one["digest"] for one in told["amendments"]}
        for book in found.new.compiled.law.books:
            if book.digest in amended:
                beside.joinpath(_text_of(book.id)).write_bytes(book.source)
        told["files"] = {path.name: _sha256(path) for path in sorted(beside.iterdir())}
        (beside / "report.json").write_bytes(json.dumps(told, ensure_ascii=False, indent=1).encode() + b"\n")
        digest = _sha256(beside / "report.json")
        (beside / "report.html").write_text(page(told, digest), encoding="utf-8")
        sums = {**told["files"], "report.json": digest, "report.html": _sha256(beside / "report.html")}
        (beside / "SHA256SUMS").write_text("".join(f"{sha}  {name}\n" for name, sha in sorted(sums.items())), "ascii")
    return told, digest


def _key(question: Question, found: Comparison, at_once: int) -> str:
    """A digest of all that the lines say, and of how many stand in a part."""
    said = hashlib.sha256(f"{FORMAT} {at_once} {question.digest} {found.causes}".encode())
    titles = found.titles
    for at in titles.touched.tolist():
        said.update(repr((titles.asked[at], titles.old[at], titles.new[at])).encode())
    for side in (found.old, found.new):
        replayed = side.replayed
        for column, rows in ((replayed.counted, found.moved), (replayed.sums, found.changed),
                             (replayed.verdict, found.changed), (replayed.minimums, found.changed)):
            said.update(column[rows].tobytes())
    for rows in (found.changed, found.moved, found.moved_row, found.cause):
        said.update(rows.tobytes())
    return said.hexdigest()[:32]


def put_in_place(beside: Path, folder: Path) -> bool:
    """Let the report be there whole; False where the very same was there already, FileExistsError for anything else."""
    if folder.exists():
        same = all((folder / path.name).is_file() and (folder / path.name).read_bytes() == path.read_bytes()
                   for path in beside.iterdir())
        if not same:
            raise FileExistsError(folder)
        shutil.rmtree(beside)
        return False
    beside.rename(folder)
    return True


def _lines(
    stages: Stages, beside: Path, name: str, rows: Callable[[int, int], Iterable[dict[str, Any]]], total: int,
    at_once: int, progress: Progress,
) -> None:
    """The same rows as NDJSON and as a table; a table of nothing has its heads all the same."""
    names = (f"{name}.ndjson", f"{name}.csv")
    kept: list[list[Path]] = []
    for begin in range(0, total, at_once):
        progress(name, begin, total)
        kept.append(stages.parts(names, begin // at_once, partial(_part, rows, begin, begin + at_once)))
    heads = (b"", _BOM + _table([_HEADS[name]]))
    for at, (file, head) in enumerate(zip(names, heads, strict=True)):
        with beside.joinpath(file).open("wb") as whole:
            whole.write(head)
            for parts in kept:
                with parts[at].open("rb") as part:
                    shutil.copyfileobj(part, whole)
    progress(name, total, total)


def _part(rows: Callable[[int, int], Iterable[dict[str, Any]]], begin: int, end: int) -> tuple[bytes, bytes]:
    """Some rows as lines and as lines of a table."""
    some = list(rows(begin, end))
    lines = "".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in some)
    return lines.encode(), _table(map(_flat, some))


def _table(rows: Iterable[Sequence[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


_TOTALS: Final = ("total", "professional", "sector_public", "general_public", "exam_hours", "met", "short", "open")
_HEADS: Final = {
    "person_years": ("person", "year", "unit", "region", "sector", *(f"old_{name}" for name in _TOTALS),
                     *(f"new_{name}" for name in _TOTALS), "change"),
    "entries": ("entry", "person", "year", "old", "new", "change", "how", "old_clause", "new_clause"),
    "titles": ("person", "kind", "level", "after", "on", "region", "sector", "effect",
               *(f"{side}_{name}" for side in ("old", "new") for name in ("years_met", "consecutive", "rule"))),
}


def _flat(row: Mapping[str, Any]) -> list[Any]:
    flat: list[Any] = []
    for value in row.values():
        flat += map(_cell, value.values()) if isinstance(value, dict) else [_cell(value)]
    return flat


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "；".join(map(str, value)) if isinstance(value, list) else "" if value is None else value


def _groups_csv(told: Mapping[str, Any]) -> str:
    text = io.StringIO()
    table: Any = csv.writer(text)
    table.writerow(("by", "name", *_COLUMNS, "entries", "how", "old_clause", "new_clause", "titles"))
    for kind in ("year", "city", "sector", "unit"):
        for one in told[f"by_{kind}"]:
            table.writerow((kind, *one.values(), "", "", "", "", ""))
    for one in told["by_clause"]:
        table.writerow(("clause", "", "", "", "", one["gained"], one["given_up"], "", "", one["entries"], one["how"],
                        one["old_clause"] or "", one["new_clause"] or "", ""))
    for one in told["titles"]:
        table.writerow((one["kind"], one["city"], one["people"], "", "", "", "", "", "", "", one["effect"], "",
                        one["rule"] or "", one["titles"]))
    return text.getvalue()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# Reading again


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
            self.files.get(_text_of(one.id)) == one.digest for one in self.amendments)


def _text_of(rulebook: str) -> str:
    """The file in which a report has the text of a rulebook."""
    return f"{rulebook.replace('/', '.')}.toml"


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
            if _sha256(folder / Path(name).name) != sha256:
                raise Unsound(folder / name, "内容与 report.json 所记的摘要不符")
        if not msgspec.convert(told, _Form).is_of_one_piece:
            raise Unsound(path, "所列的修订与新法相对旧法多出的细则不符")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unsound(path, f"读不出（{type(error).__name__}）") from error
    return told, _sha256(path)


def parted(announced: Mapping[str, Any], made: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The parts of `report.json` that do not come out again, as two texts each: lines may be right and sums wrong."""
    told, found = _sums(announced), _sums(made)
    return [(_part_of(name, told), _part_of(name, found))
            for name in sorted({*told, *found}) if told.get(name) != found.get(name)]


def _sums(report: Mapping[str, Any]) -> dict[str, Any]:
    """A report without what enactment or a newer format may change: where a rulebook stands and by which bytes."""
    question = {"valid_on": None, "log_size": report["question"]["as_of"], **report["question"]}
    laws = {side: [book["id"] for book in question[side]["rulebooks"]] for side in ("under", "against")}
    amendments = [[one["id"], one["region"], one["sector"]] for one in report["amendments"]]
    return {**report, "format": FORMAT, "question": {**question, **laws}, "amendments": amendments, "files": {}}


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
