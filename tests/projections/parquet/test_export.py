"""An export as Parquet: what was registered, people whole, no name, the same bytes again; every change shows."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from projection_kit import HANGZHOU, NINGBO, House, any_book, course, exam, living

from ledger.events.study import Study
from ledger.vocabulary import Category
from policies.law import Law
from policies.shelf import shipped
from projections.basis import Cited
from projections.books import Books
from projections.parquet import tables
from projections.parquet.folder import Asked, NotAnExport, altered, compare, export, read_manifest
from projections.parquet.schemas import COLUMNS
from projections.replay.compiled import compile_over
from projections.replay.gathered import gather, read_under
from projections.replay.held import Held
from projections.replay.reading import Snapshot, changed_since, read_all, read_people
from projections.replay.segments import merged
from projections.replay.sides import judge_both
from projections.replay.spread import Laws, judged, together

FIVE = tuple(Cited(book.id, book.digest, None) for book in shipped().books)
LAW: Law = Books(any_book).seat(tuple(one.digest for one in FIVE)).bench.law
PEOPLE = 7


def paper(output: str) -> Study:
    return Study(category=Category.PROFESSIONAL, route="paper", level="core", rank=1, output=output,
                 evidence_on=date(2022, 5, 9))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Seven people of two cities; each has an exam, a course, one paper that was claimed twice."""
    with living(tmp_path_factory.mktemp("house") / "house") as house:
        house.claims = []  # type: ignore[attr-defined]
        for number in range(PEOPLE):
            unit = house.unit(HANGZHOU if number % 2 else NINGBO, "industry", name=f"{number} 单位")
            person = house.person(unit=unit)
            for study in (exam("2021-06-05", 1 + number), course("2021-04-01", 1_800), paper("k"), paper("k")):
                house.claims.append(house.registered(person, study))  # type: ignore[attr-defined]
            if number == PEOPLE // 2:
                house.followed()
                house.half = house.size  # type: ignore[attr-defined]
        house.followed()
        yield house


def asked(house: House, as_of: int | None = None) -> Asked:
    as_of = as_of or house.size
    return Asked("log.example/one", as_of, house.ledger.store.frontier(as_of).root(), LAW, FIVE, buckets=4)


def read(house: House) -> Held:
    with Snapshot(house.folder / "answers") as snapshot:
        return read_all(snapshot)


def told(step: str, done: int, total: int) -> None:
    """Nobody is told how far it is."""


def exported(house: House, folder: Path, held: Held | None = None, as_of: int | None = None) -> dict[str, Any]:
    folder.mkdir()
    return export(asked(house, as_of), held or read(house), house.folder / "answers", folder, told)


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def whole(house: House, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole") / "export"
    exported(house, folder)
    return folder


def test_every_entry_stands_in_its_year_with_what_was_decided(house: House, whole: Path) -> None:
    years = {path.parent.name: pq.ParquetFile(path).read().to_pylist()
             for path in (whole / "entries").rglob("*.parquet")}

    assert {name: len(rows) for name, rows in years.items()} == {"year=2021": 2 * PEOPLE, "year=2022": 2 * PEOPLE}
    assert sorted(row["entry"] for rows in years.values() for row in rows) == sorted(house.claims)  # type: ignore[attr-defined]
    one = next(row for row in years["year=2021"] if row["route"] == "exam" and row["subjects"] == 1)
    assert (one["evidence_on"], one["region"], one["status"]) == (date(2021, 6, 5), NINGBO, "approved")
    assert one["assessed_centi"] > 0 and one["clauses"] and one["registered"] == one["decided"] <= house.size


def test_each_column_says_in_chinese_what_it_means_and_none_holds_a_name(house: House, whole: Path) -> None:
    for path in whole.rglob("*.parquet"):
        schema = pq.ParquetFile(path).schema_arrow
        name = path.stem if path.parent == whole else path.relative_to(whole).parts[0]
        assert {field.name: field.metadata[b"description"].decode() for field in schema} == {
            column: meaning for column, (_, meaning) in COLUMNS[name].items()}
    said = "".join(repr(pq.ParquetFile(path).read().to_pydict()) for path in whole.rglob("*.parquet"))
    assert "单位" not in said, "names of units are not written, nor is any other"


def test_people_are_whole_in_one_place_and_the_kernel_takes_them_as_they_lie(house: House, whole: Path) -> None:
    parts = [pq.ParquetFile(path).read() for path in sorted((whole / "coded").rglob("*.parquet"))]
    gathered = tables.canonical(gather(read(house), house.size))
    coded = read_under(gathered, LAW)
    compiled = (compile_over(LAW, coded),)
    rows = [judged(part, Laws.of(coded, compiled)) for part in parts]

    people = [person for part in parts for person in part.column("person").to_pylist()]
    assert len(parts) > 1 and sorted(people) == sorted(coded.people)
    for path, part in zip(sorted((whole / "coded").rglob("*.parquet")), parts, strict=True):
        buckets = {tables.bucket_of(one, 4) for one in part.column("person").to_pylist()}
        assert path.parent.name == f"bucket={buckets.pop():02d}" and not buckets
    (one,), (two,) = together(coded, compiled, iter(rows)), judge_both(coded, compiled, told)
    assert all(np.array_equal(mine, theirs) for mine, theirs in zip(one, two, strict=True))


def test_a_case_is_worth_in_the_table_what_the_interpreter_says(house: House, whole: Path) -> None:
    cases = {row["case"]: row for row in pq.read_table(whole / "cases.parquet").to_pylist()}
    rulings = pq.read_table(whole / "rulings.parquet").to_pylist()

    assert {row["case"] for row in rulings} == set(cases)
    exams = [row for row in rulings if '"route": "exam"' in cases[row["case"]]["facts"]]
    ours = [row for row in exams if cases[row["case"]]["region"] == NINGBO]
    assert {row["hours_centi"] for row in ours} == {600 * one for one in range(1, PEOPLE + 1, 2)}  # N 6(8)
    assert {row["article"] for row in ours} == {"第六条（八）"} and {row["cap_centi"] for row in ours} == {3_600}
    assert {row["status"] for row in exams if row not in ours} == {"unruled"}, "Hangzhou has no rule for exams"


def test_the_same_log_gives_the_same_bytes_however_its_columns_were_read(
    house: House, whole: Path, tmp_path: Path
) -> None:
    """From one reading, and from an older one with a delta over it, which numbers everything otherwise."""
    answers = house.folder / "answers"
    with Snapshot(answers) as snapshot:
        half = read_all(snapshot, upto=house.half)  # type: ignore[attr-defined]
        delta = read_people(snapshot, changed_since(snapshot, house.half)[::-1])  # type: ignore[attr-defined]
    exported(house, tmp_path / "again", merged(half, delta))

    assert files(tmp_path / "again") == files(whole)


def test_as_of_an_earlier_position_it_is_what_it_was_then(house: House, tmp_path: Path) -> None:
    with Snapshot(house.folder / "answers") as snapshot:
        then = read_all(snapshot, upto=house.half)  # type: ignore[attr-defined]
    told = exported(house, tmp_path / "then", then, house.half)  # type: ignore[attr-defined]
    exported(house, tmp_path / "now", None, house.half)  # type: ignore[attr-defined]

    assert files(tmp_path / "then") == files(tmp_path / "now")
    assert (told["people"], told["entries"]) == (PEOPLE // 2 + 1, 4 * (PEOPLE // 2 + 1))


def test_whatever_is_changed_in_a_folder_is_named(house: House, whole: Path, tmp_path: Path) -> None:
    changed = shutil.copytree(whole, tmp_path / "changed")
    entries = changed / "entries" / "year=2021" / "entries.parquet"
    content = bytearray(entries.read_bytes())
    content[len(content) // 2] ^= 1
    entries.write_bytes(content)
    (changed / "cases.parquet").unlink()
    (changed / "more.parquet").write_bytes(b"")

    assert [line.split("：")[0] for line in altered(changed, read_manifest(changed))] == [
        "cases.parquet", "entries/year=2021/entries.parquet", "more.parquet"]
    assert altered(whole, read_manifest(whole)) == []


def test_a_folder_that_was_made_to_agree_with_itself_does_not_agree_with_the_log(
    house: House, whole: Path, tmp_path: Path
) -> None:
    """Somebody gives an entry more hours, and writes the manifest anew."""
    forged, fresh = dict(read_manifest(whole)), read_manifest(whole)
    folder = shutil.copytree(whole, tmp_path / "forged")
    path = folder / "entries" / "year=2021" / "entries.parquet"
    table = pq.ParquetFile(path).read()
    more = pa.array([2 * each for each in table.column("assessed_centi").to_pylist()], pa.int32())
    pq.write_table(table.set_column(table.schema.get_field_index("assessed_centi"), "assessed_centi", more), path)
    forged["files"] = {**forged["files"], "entries/year=2021/entries.parquet": {"sha256": "another"}}

    assert compare(folder, forged, whole, fresh) == ["entries/year=2021/entries.parquet：与账本中的不同"]
    pq.write_table(table, path, compression="none")   # The same rows by another writer are the same rows.
    assert compare(folder, forged, whole, fresh) == []


@pytest.mark.parametrize("content", [None, b"{", b"[]", b"{}", b'{"format": "xueshi-columns/9"}',
                                     b'{"format": "xueshi-columns/1", "as_of": "1"}', b"[" * 100_000])
def test_what_is_no_export_is_refused(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "manifest.json").write_bytes(content)

    with pytest.raises(NotAnExport, match=r"manifest\.json"):
        read_manifest(tmp_path)


@pytest.mark.parametrize(("name", "value"), [
    ("buckets", 10_000_000), ("buckets", 0), ("as_of", True), ("as_of", -1), ("root", "é"), ("people", None),
    ("entries", "many"), ("files", {"\x1b[2J": {"bytes": 1, "rows": 1, "sha256": "ab" * 32}}),
    ("files", {"../cases.parquet": []}),
])
def test_a_manifest_says_nothing_that_a_disk_or_a_terminal_would_suffer_from(
    whole: Path, tmp_path: Path, name: str, value: object
) -> None:
    """A check writes so many files, and tells so many people, as the manifest says."""
    told = json.loads((whole / "manifest.json").read_bytes())
    (tmp_path / "manifest.json").write_text(json.dumps(told | {name: value}), "utf-8")

    with pytest.raises(NotAnExport, match=r"manifest\.json"):
        read_manifest(tmp_path)


def test_of_a_file_that_has_other_columns_or_more_rows_nothing_is_read(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A few bytes can stand for more rows than memory holds; how many there are stands in the file's head."""
    told, forged = read_manifest(whole), dict(read_manifest(whole))
    folder = shutil.copytree(whole, tmp_path / "forged")
    pq.write_table(pa.table({"n": pa.nulls(1_000_000, pa.int32())}), folder / "cases.parquet")
    forged["files"] = {**told["files"], "cases.parquet": {"sha256": "another"}}
    monkeypatch.delattr(pq.ParquetFile, "read")

    assert compare(folder, forged, whole, told) == ["cases.parquet：与账本中的不同"]
