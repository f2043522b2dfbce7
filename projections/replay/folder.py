"""A report as a folder: every person-year, entry and title that changed, as lines and as tables; a page for people.

    report.json            what was asked, on which basis, the sums; the digests of the files below
    person_years.ndjson    each person-year whose hours or verdict changed, old and new; the same as person_years.csv
    entries.ndjson         each entry that counts otherwise, with the clauses that moved it; the same as entries.csv
    titles.ndjson          each title that rests on other years, or two others in a row; the same as titles.csv
    groups.csv             by year, city, sector, unit, clause and title
    *.toml                 the rulebooks that only the new law has, as they were replayed
    SHA256SUMS             of all of them, as `sha256sum -c` reads it

The digest of a report is that of `report.json`. People stand under their ids. The lines are written in parts that
outlast a kill (`stages.py`); the folder is made beside and put in its place whole. `report_reading.py` reads it again.

`tests/projections/replay/test_report.py` shows it.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from ledger.file_digest import sha256_of
from projections.replay.comparison import Comparison, entries, person_years
from projections.replay.report import FORMAT, UNITS_NAMED, Question, summary
from projections.replay.stages import Stages, open_stages
from projections.replay.titles import touched

AT_ONCE: Final = 20_000
"""Lines of one part."""

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
                beside.joinpath(text_of(book.id)).write_bytes(book.source)
        told["files"] = {path.name: sha256_of(path) for path in sorted(beside.iterdir())}
        (beside / "report.json").write_bytes(json.dumps(told, ensure_ascii=False, indent=1).encode() + b"\n")
        digest = sha256_of(beside / "report.json")
        (beside / "report.html").write_text(page(told, digest), encoding="utf-8")
        sums = {**told["files"], "report.json": digest, "report.html": sha256_of(beside / "report.html")}
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


def text_of(rulebook: str) -> str:
    """The file in which a report has the text of a rulebook."""
    return f"{rulebook.replace('/', '.')}.toml"
