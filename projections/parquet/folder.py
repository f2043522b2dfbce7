"""An export as a folder: tables in parts, and a manifest that says of which log, as of where, and each file's digest.

    manifest.json                        log, size, root, rulebooks; what columns mean; bytes, rows, digest of each file
    entries/year=2024/entries.parquet    what was registered, by year
    coded/bucket=07/people.parquet       whole people, by the hash of their id: the parts that a cluster is handed
    cases.parquet, rulings.parquet       what the numbers in `coded` mean; what they are worth under the law

The same log as of the same position gives the same bytes, under one version of the library that writes them. `compare`
makes everything anew and holds it against what stands, so a folder is not believed but made again.

`tests/projections/parquet/test_export.py` shows it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec

from ledger.arrow import arrow
from ledger.file_digest import sha256_of
from policies.law import Law
from projections.basis import Cited
from projections.errors import ProjectionError
from projections.parquet import tables
from projections.parquet.schemas import COLUMNS, TITLES, write
from projections.replay.gathered import Gathered, gather
from projections.replay.held import Held
from projections.replay.reading import Snapshot

FORMAT: Final = "xueshi-columns/1"
BUCKETS: Final = 16
BUCKETS_MOST: Final = 4_096
"""Each is a file when an export is checked: what a manifest says must not fill a disk."""
MANIFEST: Final = "manifest.json"
_AT_ONCE: Final = 1 << 20

Progress = Callable[[str, int, int], None]


_Count = Annotated[int, msgspec.Meta(ge=0)]
_Digest = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}\\Z")]
_Name = Annotated[str, msgspec.Meta(pattern="^[0-9a-z=./]{1,80}\\Z")]
"""What `export` calls a file: a name is told as it stands, so it is nothing that a terminal could obey."""


class _File(msgspec.Struct):
    """What is said of one file."""

    bytes: _Count
    rows: _Count
    sha256: _Digest


class _Manifest(msgspec.Struct):
    """What whoever reads a manifest goes by. The rest is only compared with what is made anew."""

    origin: str
    as_of: _Count
    root: _Digest
    buckets: Annotated[int, msgspec.Meta(ge=1, le=BUCKETS_MOST)]
    people: _Count
    entries: _Count
    files: dict[_Name, _File]


class NotAnExport(ProjectionError):
    """A folder is none that this program has written, or a newer program has."""

    code = "columns_unreadable"

    def __init__(self, folder: Path, because: str) -> None:
        super().__init__(f"{folder} 不是可以核对的 Parquet 导出：{because}。请给出含 {MANIFEST} 的整个文件夹。")


@dataclass(frozen=True, slots=True)
class Asked:
    """Of which log, as of where, under which law the cases are told."""

    origin: str
    as_of: int
    root: bytes
    law: Law
    rulebooks: tuple[Cited, ...]
    buckets: int = BUCKETS


def export(asked: Asked, held: Held, answers: Path, folder: Path, progress: Progress) -> dict[str, Any]:
    """Write every file into an empty folder, the manifest last; gives the manifest."""
    files: dict[str, dict[str, Any]] = {}
    gathered = tables.canonical(gather(held, asked.as_of))
    people = len(gathered.coded.people)
    for name, table, rows in _tables(asked, gathered, answers, progress):
        path = folder / name
        write(rows, table, path)
        files[name] = {"bytes": path.stat().st_size, "rows": rows.num_rows, "sha256": sha256_of(path)}
    told = {
        "format": FORMAT, "origin": asked.origin, "as_of": asked.as_of, "log_size": asked.as_of,
        "root": asked.root.hex(), "rulebooks": [one._asdict() for one in asked.rulebooks], "buckets": asked.buckets,
        "people": people, "entries": sum(one["rows"] for name, one in files.items() if name.startswith("entries/")),
        "writer": f"pyarrow {arrow().__version__}",
        "tables": {table: {"title": TITLES[table], "columns": {name: meaning for name, (_, meaning) in columns.items()}}
                   for table, columns in COLUMNS.items()},
        "files": files,
    }
    (folder / MANIFEST).write_bytes(json.dumps(told, ensure_ascii=False, indent=1).encode() + b"\n")
    return told


def _tables(asked: Asked, gathered: Gathered, answers: Path, progress: Progress) -> Iterator[tuple[str, str, Any]]:
    """Every file: its name, which table it is of, its rows."""
    with Snapshot(answers) as snapshot:
        progress("decided", 0, 1)
        decided = tables.read_decided(snapshot, asked.as_of)
    done, total = 0, len(gathered.held.claims["day"])
    for year, rows in tables.entries(gathered, decided):
        progress("entries", done, total)
        yield f"entries/year={year}/entries.parquet", "entries", rows
        done += rows.num_rows
    progress("entries", total, total)
    for bucket, rows in tables.coded(gathered, asked.buckets):
        progress("coded", bucket, asked.buckets)
        yield f"coded/bucket={bucket:02d}/people.parquet", "coded", rows
    progress("coded", asked.buckets, asked.buckets)
    yield "cases.parquet", "cases", tables.cases(gathered)
    yield "rulings.parquet", "rulings", tables.rulings(gathered, asked.law)


# Checked


def read_manifest(folder: Path) -> dict[str, Any]:
    """What a folder says of itself; raises NotAnExport."""
    try:
        told: dict[str, Any] = json.loads((folder / MANIFEST).read_bytes())
        if told["format"] != FORMAT:
            raise NotAnExport(folder, f"格式不是本程序读得懂的 {FORMAT}")
        msgspec.convert(told, _Manifest)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise NotAnExport(folder, f"读不出 {MANIFEST}（{type(error).__name__}）") from error
    return told


def altered(folder: Path, told: Mapping[str, Any]) -> list[str]:
    """What of the files is not as the manifest says: missing, altered, or not of it."""
    found = []
    stand = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - {MANIFEST}
    for name, one in sorted(told["files"].items()):
        if name not in stand:
            found.append(f"{name}：没有这个文件")
        elif sha256_of(folder / name) != one["sha256"]:
            found.append(f"{name}：内容与 {MANIFEST} 所记的摘要不符")
    strange = (name if name.isprintable() else ascii(name) for name in sorted(stand - set(told["files"])))
    return [*found, *(f"{name}：{MANIFEST} 没有列出这个文件" for name in strange)]


def compare(folder: Path, told: Mapping[str, Any], made_folder: Path, fresh: Mapping[str, Any]) -> list[str]:
    """What stands against what was made anew of the log: by bytes, or by rows where another library wrote them."""
    names = ("origin", "as_of", "log_size", "root", "people", "entries", "tables")
    found = [f"{MANIFEST} 的 {name} 与账本不同" for name in names if told.get(name) != fresh[name]]
    for name in sorted({*told["files"], *fresh["files"]}):
        if name not in fresh["files"] or name not in told["files"]:
            found.append(f"{name}：账本中没有这一部分" if name in told["files"] else f"{name}：缺少这一部分")
        elif told["files"][name]["sha256"] != fresh["files"][name]["sha256"] \
                and not _same_rows(folder / name, made_folder / name):
            found.append(f"{name}：与账本中的不同")
    return found


def _same_rows(path: Path, made: Path) -> bool:
    """Whether two files hold the same rows. A foreign one is read only where its head says that it could be."""
    pa = arrow()
    try:
        with pa.parquet.ParquetFile(path) as one, pa.parquet.ParquetFile(made) as other:
            if one.metadata.num_rows != other.metadata.num_rows or not one.schema_arrow.equals(other.schema_arrow):
                return False
            return bool(one.read().equals(other.read()))
    except (OSError, ValueError, pa.ArrowException):
        return False
