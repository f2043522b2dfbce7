"""A closed year of the log as cold files: every leaf and sealed part to the byte, and the tiles that prove them.

    archive.json                     of which log, which year, which positions; every other file by digest
    events/000000001.parquet         events by position, so many a file, named by the first: leaf, salt, ciphertext
    edges.parquet                    the leaf before the first and after the last: that nothing of the year is left out
    tiles.parquet                    every tile that a path from one of these leaves to the checkpoint's root touches
    checkpoint                       the signed note under which all of it is proved

Times only grow with positions, so a year is one stretch of the log. What stands here is a copy: the ledger keeps its
own. By the folder and the log's key alone every event of the year is proved (`ledger.offline.verify_archive`), read
again to the byte, handed out with a proof like any other. What is sealed stays so: no copy opens under a destroyed key.

`tests/ledger/test_cold_year.py` shows it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final

import msgspec

from ledger.arrow import arrow
from ledger.errors import LedgerError
from ledger.file_digest import sha256_of
from ledger.proof.bundle import Bundle, format_bundle
from ledger.proof.merkle import prove_inclusion
from ledger.proof.tiles import Tile, TileHashes, format_tile_path
from ledger.vocabulary import LOCAL

FORMAT: Final = "xueshi-archive/1"
MANIFEST, CHECKPOINT, TILES, EDGES = "archive.json", "checkpoint", "tiles.parquet", "edges.parquet"
EVENTS_A_FILE: Final = 65_536
GROUP: Final = 4_096   # Events that are read together for one of them.

EVENTS: Final[Mapping[str, tuple[str, str]]] = {
    "position": ("int64", "在日志中的位置，从 1 起"),
    "stream": ("string", "所属的流"),
    "version": ("int32", "在流中的次序"),
    "type": ("string", "事件的种类"),
    "recorded_at": ("time", "记录时间（UTC，微秒）"),
    "leaf": ("binary", "事件的信封，逐字节：SHA-256(0x00 ‖ leaf) 即其叶子哈希；以上各列都写在其中"),
    "salt": ("binary", "密封部分的盐；没有密封部分则空"),
    "ciphertext": ("binary", "密封部分的密文；个人密钥销毁后无法打开"),
}
TILE_COLUMNS: Final[Mapping[str, tuple[str, str]]] = {
    "level": ("int32", "层"), "number": ("int64", "在该层的次序"), "width": ("int32", "哈希的个数，至多 256"),
    "hashes": ("binary", "各哈希，每个 32 字节，依次相接"),
}

Progress = Callable[[int, int], None]


class BadArchive(LedgerError):
    """A folder is no archive, or a file of it is missing, altered or of a newer form."""

    code: ClassVar[str] = "archive_unreadable"

    def __init__(self, path: Path, because: str) -> None:
        self.path = path
        super().__init__(f"归档文件 {path} 不能使用：{because}。请取得原来的整个文件夹，或从账本重新归档。")


class NotArchived(LedgerError):
    """An event lies outside of the archive."""

    code: ClassVar[str] = "archive_no_such_event"

    def __init__(self, position: int, first: int, last: int) -> None:
        super().__init__(f"归档中没有事件 {position}：它有第 {first} 至 {last} 个事件。")


class File(msgspec.Struct, frozen=True):
    bytes: int
    sha256: str
    rows: int = 0


class Manifest(msgspec.Struct, frozen=True):
    """What an archive says of itself."""

    format: str
    origin: str
    year: Annotated[int, msgspec.Meta(ge=1, lt=date.max.year)]
    first: Annotated[int, msgspec.Meta(ge=1)]
    last: Annotated[int, msgspec.Meta(ge=1)]
    size: int           # Of the checkpoint.
    root: str
    columns: dict[str, str]
    files: dict[str, File]


def first_moment(year: int) -> int:
    """The first microsecond of a year at +08:00."""
    ahead = LOCAL.utcoffset(None)
    return ((date(year, 1, 1) - date(1970, 1, 1)) - ahead) // timedelta(microseconds=1)


def schema_of(columns: Mapping[str, tuple[str, str]]) -> Any:
    """What a file of these columns says of them, each with its meaning."""
    pa = arrow()
    kinds = {"int32": pa.int32(), "int64": pa.int64(), "string": pa.string(), "binary": pa.binary(),
             "time": pa.timestamp("us", "UTC")}
    return pa.schema([pa.field(name, kinds[kind], metadata={"description": meaning})
                      for name, (kind, meaning) in columns.items()])


def name_of(first: int) -> str:
    """The file whose first event this is."""
    return f"events/{first:09d}.parquet"


def format_manifest(manifest: Manifest) -> bytes:
    """The one way to write it."""
    return json.dumps(msgspec.to_builtins(manifest), ensure_ascii=False, indent=1).encode() + b"\n"


class Archive:
    """An archive as it lies: its manifest is read, each file when something of it is asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder: Final = folder
        self.manifest: Final = _read_manifest(folder)

    def demand(self, name: str) -> Path:
        """A file of the archive, to the byte; raises BadArchive."""
        path, told = self.folder / name, self.manifest.files[name]
        if not path.is_file():
            raise BadArchive(path, "没有这个文件")
        if path.stat().st_size != told.bytes or sha256_of(path) != told.sha256:
            raise BadArchive(path, f"内容与 {MANIFEST} 所记的摘要不符")
        return path

    def demand_nothing_more(self) -> None:
        """No file may lie there that nobody checks; raises BadArchive."""
        for path in sorted(self.folder.rglob("*")):
            name = path.relative_to(self.folder).as_posix()
            if path.is_file() and name != MANIFEST and name not in self.manifest.files:
                raise BadArchive(path, f"{MANIFEST} 没有列出这个文件")

    def note(self) -> bytes:
        """The checkpoint as it was signed."""
        return self.demand(CHECKPOINT).read_bytes()

    def events(self) -> Iterator[dict[str, Any]]:
        """Every event in order, file by file."""
        for name in self._event_files():
            yield from self._rows(name)

    def edges(self) -> list[dict[str, Any]]:
        """The event before the first and the one after the last, where there are such."""
        return list(self._rows(EDGES))

    def event(self, position: int) -> dict[str, Any]:
        """One event; raises NotArchived."""
        manifest = self.manifest
        if not manifest.first <= position <= manifest.last:
            raise NotArchived(position, manifest.first, manifest.last)
        name = [one for one in self._event_files() if int(Path(one).stem) <= position][-1]
        for row in self._rows(name, position):
            if row["position"] == position:
                return row
        raise BadArchive(self.folder / name, f"其中没有事件 {position}")

    def bodies(self, name: str, group: int) -> list[tuple[bytes, bytes | None, bytes | None]]:
        """Leaf, salt and ciphertext of a group of a file whose digest the caller looks after."""
        pa = arrow()
        try:
            with pa.parquet.ParquetFile(self.folder / name) as file:
                table = file.read_row_group(group, columns=["leaf", "salt", "ciphertext"])
                columns = [table.column(one).to_pylist() for one in ("leaf", "salt", "ciphertext")]
        except pa.ArrowException as error:
            raise BadArchive(self.folder / name, f"不是可读的 Parquet（{type(error).__name__}）") from error
        return list(zip(*columns, strict=True))

    def _event_files(self) -> list[str]:
        return [name for name in sorted(self.manifest.files) if name.startswith("events/")]

    def _rows(self, name: str, position: int | None = None) -> Iterator[dict[str, Any]]:
        """The rows of a file, or those around a position."""
        pa = arrow()
        path = self.demand(name)
        try:
            with pa.parquet.ParquetFile(path) as file:
                if file.schema_arrow != schema_of(EVENTS):
                    raise BadArchive(path, "各列不是归档应有的")
                begins = int(Path(name).stem) if position is not None else 0
                groups = range(file.num_row_groups) if position is None else [(position - begins) // GROUP]
                for group in groups:
                    if group < file.num_row_groups:
                        table = file.read_row_group(group)
                        at = table.schema.get_field_index("recorded_at")
                        yield from table.set_column(at, "recorded_at", table.column(at).cast(pa.int64())).to_pylist()
        except (pa.ArrowException, OSError, ValueError) as error:  # A page that is no page, a name that is no text.
            raise BadArchive(path, f"不是可读的 Parquet（{type(error).__name__}）") from error

    @lru_cache(maxsize=1)  # noqa: B019 - an archive is opened once and let go with its process
    def _all_tiles(self) -> dict[tuple[int, int, int], bytes]:
        pa = arrow()
        path = self.demand(TILES)
        try:
            table = pa.parquet.read_table(path)
            if table.schema != schema_of(TILE_COLUMNS):
                raise BadArchive(path, "各列不是归档应有的")
            return {(row["level"], row["number"], row["width"]): row["hashes"] for row in table.to_pylist()}
        except (pa.ArrowException, OSError, ValueError) as error:
            raise BadArchive(path, f"不是可读的瓦片（{type(error).__name__}）") from error

    def read_tile(self, tile: Tile) -> bytes:
        """A tile as it was kept; raises BadArchive."""
        found = self._all_tiles().get((tile.level, tile.index, tile.width))
        if found is None:
            raise BadArchive(self.folder / TILES, f"缺少瓦片 {format_tile_path(tile)}")
        return found

    def prove(self, position: int) -> bytes:
        """A proof of one event, which needs neither the ledger nor the rest of the archive to be checked."""
        leaf, note = self.event(position)["leaf"], self.note()
        hashes = prove_inclusion(position - 1, self.manifest.size, TileHashes(self, self.manifest.size))
        return format_bundle(Bundle(index=position - 1, hashes=tuple(hashes), checkpoint=note, extra=leaf))


def _read_manifest(folder: Path) -> Manifest:
    path = folder / MANIFEST
    try:
        data = path.read_bytes()
        manifest = msgspec.json.decode(data, type=Manifest)
    except OSError as error:
        raise BadArchive(path, f"读不出（{type(error).__name__}）") from error
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadArchive(path, "不是归档的清单") from error
    if manifest.format != FORMAT:
        raise BadArchive(path, f"格式为 {manifest.format[:40]}，本程序读得懂 {FORMAT}")
    if format_manifest(manifest) != data:
        raise BadArchive(path, "不是规范写法，被改动过")
    names = {CHECKPOINT, TILES, EDGES, *(name_of(first) for first in range(
        manifest.first, min(manifest.last, manifest.first + len(manifest.files) * EVENTS_A_FILE) + 1, EVENTS_A_FILE))}
    if not manifest.first <= manifest.last <= manifest.size or set(manifest.files) != names:
        raise BadArchive(path, "所列的位置和文件不成整体")
    return manifest
