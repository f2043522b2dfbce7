"""A closed year written as an archive: durable file by file, the manifest last.

`archive.py` says what stands in it and reads it again. `tests/ledger/test_cold_year.py` shows it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from ledger.archive import (
    CHECKPOINT,
    EDGES,
    EVENTS,
    EVENTS_A_FILE,
    FORMAT,
    GROUP,
    MANIFEST,
    TILE_COLUMNS,
    TILES,
    Archive,
    File,
    Manifest,
    Progress,
    first_moment,
    format_manifest,
    name_of,
    schema_of,
)
from ledger.arrow import arrow
from ledger.durable import sync
from ledger.errors import LedgerError
from ledger.file_digest import sha256_of
from ledger.proof.checkpoint import parse_checkpoint
from ledger.proof.merkle import HASH_SIZE, hash_leaf, prove_inclusion
from ledger.proof.notes import parse_note
from ledger.proof.tiles import TILE_WIDTH, Tile, TileHashes, TileReader, tile_at
from ledger.stores.recorder import AppendingRecorder


class YearOpen(LedgerError):
    """The year is not over: more of it may be recorded."""

    code: ClassVar[str] = "archive_year_open"

    def __init__(self, year: int) -> None:
        super().__init__(f"{year} 年尚未结束，不能归档。请在次年 1 月 1 日之后再归档。")


class YearEmpty(LedgerError):
    """Nothing was recorded in the year."""

    code: ClassVar[str] = "archive_year_empty"

    def __init__(self, year: int) -> None:
        super().__init__(f"账本在 {year} 年没有记录任何事件，无可归档。请核对年份。")


class NotSigned(LedgerError):
    """The checkpoint does not reach to the end of the year."""

    code: ClassVar[str] = "archive_not_signed"

    def __init__(self, last: int, size: int) -> None:
        super().__init__(f"检查点只有 {size:,} 条，该年的事件到第 {last:,} 条。请先签发检查点：xueshi log checkpoint。")


def positions_of(store: AppendingRecorder, year: int, now: int) -> range:
    """The positions of what was recorded in a year; raises YearOpen or YearEmpty."""
    if now < first_moment(year + 1):
        raise YearOpen(year)
    found = range(store.position_at(first_moment(year)) + 1, store.position_at(first_moment(year + 1)) + 1)
    if not found:
        raise YearEmpty(year)
    return found


def write(
    store: AppendingRecorder, note: bytes, year: int, folder: Path, *, now: int,
    progress: Progress = lambda done, total: None,
) -> Manifest:
    """Write a year into an empty folder, durably, the manifest last."""
    checkpoint = parse_checkpoint(parse_note(note)[0])
    positions = positions_of(store, year, now)
    first, last = positions[0], positions[-1]
    if checkpoint.size < last:
        raise NotSigned(last, checkpoint.size)
    rows: dict[str, int] = {}
    (folder / "events").mkdir()
    for begin in range(first, last + 1, EVENTS_A_FILE):
        end = min(begin + EVENTS_A_FILE, last + 1)
        rows[name_of(begin)] = _write_events(store, range(begin, end), folder / name_of(begin),
                                              lambda done: progress(done - first, len(positions)))
    rows[EDGES] = _write_events(store, [at for at in (first - 1, last + 1) if 1 <= at <= checkpoint.size],
                                folder / EDGES, lambda done: None, is_sealed=False)
    tiles = _tiles(store, checkpoint.size, max(1, first - 1), min(last + 1, checkpoint.size))
    rows[TILES] = _put(folder / TILES, TILE_COLUMNS, [
        {"level": tile.level, "number": tile.index, "width": tile.width, "hashes": hashes}
        for tile, hashes in sorted(tiles.items(), key=_place)])
    (folder / CHECKPOINT).write_bytes(note)
    manifest = Manifest(
        FORMAT, checkpoint.origin, year, first, last, checkpoint.size, checkpoint.root.hex(),
        {name: meaning for name, (_, meaning) in EVENTS.items()},
        {name: File((folder / name).stat().st_size, sha256_of(folder / name), rows.get(name, 0))
         for name in sorted([*rows, CHECKPOINT])})
    for name in manifest.files:
        sync(folder / name)
    (folder / MANIFEST).write_bytes(format_manifest(manifest))
    for path in (folder / MANIFEST, folder / "events", folder):
        sync(path)
    progress(len(positions), len(positions))
    return manifest


def _write_events(
    store: AppendingRecorder, positions: Sequence[int], path: Path, progress: Callable[[int], None], *,
    is_sealed: bool = True,
) -> int:
    """Events and what is sealed beside them."""
    found = []
    for begin in range(0, len(positions), GROUP):
        some = positions[begin:begin + GROUP]
        progress(some[0])
        parts = store.sealed_at(some) if is_sealed else {}
        leaves = store.leaves(some[0] - 1, len(some)) if isinstance(some, range) else [
            leaf for at in some for leaf in store.leaves(at - 1, 1)]
        found += [{"position": at, **columns_of(leaf), "leaf": leaf,
                   "salt": part and part.salt, "ciphertext": part and part.ciphertext}
                  for at, leaf in zip(some, leaves, strict=True) for part in (parts.get(at),)]
    return _put(path, EVENTS, found)


def columns_of(leaf: bytes) -> dict[str, Any]:
    """What a leaf says in the columns beside it."""
    _, stream, version, recorded_at, _, _, _, event, _ = json.loads(leaf)
    return {"stream": stream, "version": version, "type": event["type"], "recorded_at": recorded_at}


def _put(path: Path, columns: Mapping[str, tuple[str, str]], rows: Sequence[Mapping[str, Any]]) -> int:
    pa = arrow()
    table = pa.Table.from_pylist(list(rows), schema=schema_of(columns))
    pa.parquet.write_table(table, path, compression="zstd", row_group_size=GROUP, version="2.6")
    return len(rows)


def _tiles(store: AppendingRecorder, size: int, first: int, last: int) -> dict[Tile, bytes]:
    """Every tile that the proof paths of these leaves need; leaves of one tile need the same ones."""
    reading = _Noting(store)
    for index in {first - 1, last - 1, *range((first - 1) // TILE_WIDTH * TILE_WIDTH, last, TILE_WIDTH)}:
        prove_inclusion(index, size, TileHashes(reading, size))
    return reading.seen


def _place(kept: tuple[Tile, bytes]) -> tuple[int, int, int]:
    return kept[0].level, kept[0].index, kept[0].width


class _Noting:
    """Reads tiles and remembers them, so that a tile that many paths need is read once."""

    def __init__(self, reader: TileReader) -> None:
        self._reader = reader
        self.seen: dict[Tile, bytes] = {}

    def read_tile(self, tile: Tile) -> bytes:
        if tile not in self.seen:
            self.seen[tile] = self._reader.read_tile(tile)
        return self.seen[tile]


def compare(store: AppendingRecorder, archive: Archive, progress: Progress = lambda done, total: None) -> str | None:
    """Hold an archive against the log, every byte of leaves and sealed parts; gives the first difference, if any.

    Bodies that were moved into an archive are held against the hashes that the log kept of them.
    """
    told = archive.manifest
    if told.size > store.size() or store.frontier(told.size).root().hex() != told.root:
        return f"检查点（{told.size:,} 条）的根不是本账本在该处的根：这是另一本账的归档"
    total = told.last - told.first + 1
    events = archive.events()
    for begin in range(told.first, told.last + 1, GROUP):
        some = range(begin, min(begin + GROUP, told.last + 1))
        progress(begin - told.first, total)
        parts, hashes = store.sealed_at(some), _hashes(store, some)
        for position, leaf in zip(some, store.leaves(begin - 1, len(some)), strict=True):
            row, part = next(events), parts.get(position)
            stands = (row["position"], row["leaf"], row["salt"], row["ciphertext"])
            if stands != (position, leaf, part and part.salt, part and part.ciphertext) or (
                    hash_leaf(leaf) != hashes[position - begin]):
                return f"事件 {position} 与账本中的不同"
    progress(total, total)
    return None


def _hashes(store: AppendingRecorder, positions: range) -> list[bytes]:
    """The hashes of leaves as the tiles of the log have them."""
    size, found = store.size(), b""
    first = (positions[0] - 1) // TILE_WIDTH
    for number in range(first, (positions[-1] - 1) // TILE_WIDTH + 1):
        tile = tile_at(size, 0, number)
        assert tile is not None, "a leaf of the tree stands in a tile"
        found += store.read_tile(tile)
    begin = positions[0] - 1 - first * TILE_WIDTH
    return [found[at * HASH_SIZE:(at + 1) * HASH_SIZE] for at in range(begin, begin + len(positions))]
