"""The report of a replay as files: what was asked, what it came to, every person-year and entry that changed.

    report.json            what was asked, on which basis, the sums; the digests of the files below
    person_years.ndjson    each person-year whose hours or verdict changed, old and new; the same as person_years.csv
    entries.ndjson         each entry that counts otherwise, with the clauses that moved it; the same as entries.csv
    groups.csv             by year, city, sector, unit and clause
    SHA256SUMS             of all of them, as `sha256sum -c` reads it

The digest of a report is that of `report.json`. Nothing in it says when or by whom it was made: same inputs, same
bytes.
People stand under their ids. A report is made in a folder beside and put in its place whole.

`tests/projections/replay/test_report.py` shows it.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from ledger.vocabulary import format_hours
from projections.basis import Basis, Cited
from projections.entries import Entries
from projections.errors import ProjectionError
from projections.file import Reader
from projections.judging import Books
from projections.people import People, read_unit
from projections.replay.checked import Disagreement, answered_account, replayed_account
from projections.replay.comparison import (
    EDGES,
    Comparison,
    Group,
    Side,
    by_cause,
    by_place,
    by_year,
    compare,
    entries,
    histogram,
    newly,
    newly_short,
    person_years,
    side,
    verdicts,
)
from projections.replay.gathered import gather
from projections.replay.held import Held
from projections.years import person_years as answer_years
from projections.years import read_history

FORMAT: Final = 1
SAMPLE: Final = 24
UNITS_NAMED: Final = 200
_EVERY: Final = 2_000
_COLUMNS: Final = ("people", "person_years", "changed", "gained", "given_up", "newly_failed", "newly_passed")

Progress = Callable[[str, int, int], None]


class Nobody(ProjectionError):
    """The region and sector that are asked about hold nobody."""

    code = "replay_nobody"

    def __init__(self, region: str | None, sector: str | None) -> None:
        words = "、".join(one for one in (region and f"区划 {region}", sector and f"行业 {sector}") if one)
        asked = f"{words}范围内" if words else "账本中"
        super().__init__(f"{asked}没有一个人有登记的学时，无可推演。请核对区划代码和行业，或改用更晚的 --as-of。")


class LawNamed(NamedTuple):
    """A law as it was asked for, and the rulebooks that it is made of."""

    name: str
    rulebooks: tuple[Cited, ...]

    @property
    def digests(self) -> tuple[str, ...]:
        """Equal digests are equal law."""
        return tuple(one.digest for one in self.rulebooks)

    def as_json(self) -> dict[str, Any]:
        """The law as the report says it."""
        return {"law": self.name, "rulebooks": [one._asdict() for one in self.rulebooks]}


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of the history."""

    under: LawNamed
    against: LawNamed
    as_of: int
    as_of_time: str | None
    root: bytes
    region: str | None      # A code of six digits; zeros at its end stand for all that it holds.
    sector: str | None

    @property
    def digest(self) -> str:
        """Equal questions, equal digest: who is judged a second time follows from it."""
        return hashlib.sha256(json.dumps(self.as_json(), sort_keys=True).encode()).hexdigest()

    def as_json(self) -> dict[str, Any]:
        """The question as the report says it."""
        return {
            "as_of": self.as_of, "as_of_time": self.as_of_time, "root": self.root.hex(), "region": self.region,
            "sector": self.sector, "under": self.under.as_json(), "against": self.against.as_json(),
        }


def prefix_of(region: str | None) -> str:
    """What codes within a region begin with: 330000 → 33, 330200 → 3302."""
    code = region or ""
    while code.endswith("00"):
        code = code[:-2]
    return code


def replayed(
    question: Question, held: Held, books: Books, folder: Path, progress: Progress = lambda step, done, total: None
) -> Comparison:
    """Replay the history under both laws, and judge some people a second time; raises Nobody or Disagreement."""
    progress("gather", 0, 1)
    gathered = gather(held, question.as_of)
    sides = []
    for at, law in enumerate((question.against, question.under)):
        progress("judge", at, 2)
        sides.append(side(gathered, books.seat(law.digests).bench.law))
    found = compare(gathered, *sides, region=prefix_of(question.region), sector=question.sector)
    if not len(found.rows):
        raise Nobody(question.region, question.sector)
    _check(question, found, books, folder, progress)
    return found


def _check(question: Question, found: Comparison, books: Books, folder: Path, progress: Progress) -> None:
    """Judge some people by `Answers.years`, half of them of those who changed."""
    readers = Reader(People(), folder), Reader(Entries(), folder)
    numbers = _sample(question, found)
    laws = ((question.against, found.old), (question.under, found.new))
    for done, number in enumerate(numbers):
        progress("check", done, len(numbers))
        person = found.gathered.coded.people[number]
        for law, judged in laws:
            basis = Basis(question.as_of, None, None, law.name, law.rulebooks, question.as_of, question.root)
            answer = answer_years(read_history(*readers, person, basis), books, person, basis)
            _demand_equal(person, law.name, found, judged, number, answer)
    progress("check", len(numbers), len(numbers))


def _demand_equal(
    person: str, law: str, found: Comparison, judged: Side, number: int, answer: Mapping[str, Any]
) -> None:
    mine = replayed_account(found.gathered, judged.compiled, judged.replayed, number)
    theirs = answered_account(answer)
    if mine != theirs:
        raise Disagreement(person, law, replayed=mine, answered=theirs)


def _sample(question: Question, found: Comparison) -> list[int]:
    """Who is judged a second time: fixed by the question, as far as the people are the same."""
    pools = (found.person_of_row[found.changed], found.person_of_row[found.rows])
    chosen: set[int] = set()
    for pool, many in zip(pools, (SAMPLE // 2, SAMPLE), strict=True):
        for draw in range(2 * SAMPLE if len(pool) else 0):
            if len(chosen) >= many:
                break
            seed = hashlib.sha256(f"{question.digest} {many} {draw}".encode()).digest()
            chosen.add(int(pool[int.from_bytes(seed[:8], "big") % len(pool)]))
    return sorted(chosen)


# Writing


def summary(question: Question, found: Comparison, folder: Path) -> dict[str, Any]:
    """What the replay came to."""
    units = by_place(found, "unit")
    reader = Reader(People(), folder)
    failed, passed = newly(found)
    gain = found.gain[found.rows]
    return {
        "format": FORMAT,
        "question": question.as_json(),
        "people": found.people, "person_years": len(found.rows), "entries": _entries_within(found),
        "changed_people": len(set(found.person_of_row[found.changed].tolist())),
        "changed_person_years": len(found.changed), "moved_entries": len(found.moved),
        "gained": format_hours(int(gain[gain > 0].sum())), "given_up": format_hours(int(-gain[gain < 0].sum())),
        "newly_failed": int(failed[found.rows].sum()), "newly_passed": int(passed[found.rows].sum()),
        "verdicts": [{"old": old, "new": new, "person_years": many} for (old, new), many in verdicts(found).items()],
        "histogram": {"begins": [format_signed(edge) for edge in EDGES], "person_years": histogram(found)},
        "newly_short": [{"minimum": name, "person_years": many} for name, many in newly_short(found)],
        "by_year": [_group(one) for one in by_year(found)],
        **{f"by_{kind}": [_group(one) for one in by_place(found, kind)] for kind in ("city", "sector")},
        "by_unit": [_group(one) for one in units],
        "unit_names": {one.name: _unit_name(reader, one.name, question.as_of)
                       for one in units[:UNITS_NAMED] if one.name},
        "by_clause": [
            {"how": cause.how, "old_clause": cause.old, "new_clause": cause.new, "entries": many,
             "gained": format_hours(gained), "given_up": format_hours(given_up)}
            for cause, many, gained, given_up in by_cause(found)
        ],
        "judged_twice": SAMPLE,
    }


def format_signed(centi: int) -> str:
    """Hours, also below nought."""
    return f"-{format_hours(-centi)}" if centi < 0 else format_hours(centi)


def _unit_name(reader: Reader, unit: str, as_of: int) -> str:
    """What a unit was last called; a public fact."""
    found = read_unit(reader, unit, as_of)
    return unit if found is None else found.names[-1].name


def _entries_within(found: Comparison) -> int:
    people = sorted(set(found.person_of_row[found.rows].tolist()))
    first = found.gathered.coded.first_entry
    return int((first[1:][people] - first[:-1][people]).sum())


def _group(one: Group) -> dict[str, Any]:
    return {**one._asdict(), "gained": format_hours(one.gained), "given_up": format_hours(one.given_up)}


def write(
    question: Question, found: Comparison, folder: Path, beside: Path, page: Callable[[Mapping[str, Any], str], str],
    progress: Progress = lambda step, done, total: None,
) -> tuple[dict[str, Any], str]:
    """Write every file into an empty folder `beside`; gives the report and its digest. `folder`: the projections."""
    _lines(beside, "person_years", person_years(found), len(found.changed), progress)
    _lines(beside, "entries", entries(found), len(found.moved), progress)
    told = summary(question, found, folder)
    (beside / "groups.csv").write_text(_groups_csv(told), encoding="utf-8-sig", newline="")
    told["files"] = {path.name: _sha256(path) for path in sorted(beside.iterdir())}
    (beside / "report.json").write_bytes(json.dumps(told, ensure_ascii=False, indent=1).encode() + b"\n")
    digest = _sha256(beside / "report.json")
    (beside / "report.html").write_text(page(told, digest), encoding="utf-8")
    sums = {**told["files"], "report.json": digest, "report.html": _sha256(beside / "report.html")}
    (beside / "SHA256SUMS").write_text("".join(f"{sha}  {name}\n" for name, sha in sorted(sums.items())), "ascii")
    return told, digest


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
    beside: Path, name: str, rows: Iterable[dict[str, Any]], total: int, progress: Progress
) -> None:
    """The same rows as NDJSON and as a table; a table of nothing has its heads all the same."""
    with (beside / f"{name}.ndjson").open("w", encoding="utf-8") as lines, \
            (beside / f"{name}.csv").open("w", encoding="utf-8-sig", newline="") as table:
        written = csv.writer(table)
        written.writerow(_HEADS[name])
        for done, row in enumerate(rows):
            if done % _EVERY == 0:
                progress(name, done, total)
            lines.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")
            written.writerow(_flat(row))
    progress(name, total, total)


_TOTALS: Final = ("total", "professional", "sector_public", "general_public", "exam_hours", "met", "short", "open")
_HEADS: Final = {
    "person_years": ("person", "year", "unit", "region", "sector", *(f"old_{name}" for name in _TOTALS),
                     *(f"new_{name}" for name in _TOTALS), "change"),
    "entries": ("entry", "person", "year", "old", "new", "change", "how", "old_clause", "new_clause"),
}


def _flat(row: Mapping[str, Any]) -> list[Any]:
    flat: list[Any] = []
    for value in row.values():
        flat += map(_cell, value.values()) if isinstance(value, dict) else [_cell(value)]
    return flat


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "；".join(value) if isinstance(value, list) else "" if value is None else value


def _groups_csv(told: Mapping[str, Any]) -> str:
    text = io.StringIO()
    table: Any = csv.writer(text)
    table.writerow(("by", "name", *_COLUMNS, "entries", "how", "old_clause", "new_clause"))
    for kind in ("year", "city", "sector", "unit"):
        for one in told[f"by_{kind}"]:
            table.writerow((kind, *one.values(), "", "", "", ""))
    for one in told["by_clause"]:
        table.writerow(("clause", "", "", "", "", one["gained"], one["given_up"], "", "", one["entries"], one["how"],
                        one["old_clause"] or "", one["new_clause"] or ""))
    return text.getvalue()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# Reading again


class Unsound(ProjectionError):
    """A report is not whole, or not one of ours."""

    code = "replay_report_unsound"

    def __init__(self, path: Path, because: str) -> None:
        super().__init__(f"推演报告 {path} 不能使用：{because}。请取得原来的整个文件夹。")


def read(folder: Path) -> tuple[dict[str, Any], str]:
    """A report and its digest, each of its files held against what it says of them; raises Unsound."""
    path = folder / "report.json"
    try:
        told: dict[str, Any] = json.loads(path.read_bytes())
        if told["format"] != FORMAT:
            raise Unsound(path, f"格式为 {told['format']}，本程序只读得懂 {FORMAT}")
        for name, sha256 in told["files"].items():
            if _sha256(folder / Path(name).name) != sha256:
                raise Unsound(folder / name, "内容与 report.json 所记的摘要不符")
        told["question"]["under"]["rulebooks"], told["question"]["against"]["rulebooks"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unsound(path, f"读不出（{type(error).__name__}）") from error
    return told, _sha256(path)


def first_difference(one: Path, two: Path) -> tuple[str, str] | None:
    """The first lines in which two files differ, a missing one empty; None where they are the same."""
    with one.open(encoding="utf-8") as first, two.open(encoding="utf-8") as second:
        while True:
            lines = first.readline(), second.readline()
            if lines[0] != lines[1]:
                return lines[0].rstrip("\n"), lines[1].rstrip("\n")
            if not lines[0]:
                return None

