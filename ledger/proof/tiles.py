"""Tiles of C2SP tlog-tiles: where each hash and each entry of the tree stands, as paths and as bytes.

A tile at level L holds up to 256 hashes of complete subtrees of 256^L leaves; only the last tile of a level
is partial and its path says how wide it is, so that every file is immutable. An entry bundle holds the
leaves themselves.

`tests/ledger/proof/test_tlog_tiles.py` shows it; the golden log of `test_tessera_log.py` is published
evidence.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Protocol

from ledger.errors import LedgerError
from ledger.proof.merkle import HASH_SIZE, OutOfTree, root_of
from ledger.proof.text import NUMBER_MAX, Malformed, show

TILE_HEIGHT: Final = 8
TILE_WIDTH: Final = 1 << TILE_HEIGHT
TILE_SIZE: Final = TILE_WIDTH * HASH_SIZE
LEVEL_MAX: Final = 63
ENTRIES: Final = -1
"""The level of an entry bundle, which stands below the hashes of level 0."""

ENTRY_SIZE_MAX: Final = 0xFFFF

_PATH: Final = re.compile(r"tile/(entries|[0-9]{1,2})/((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/([0-9]{1,3}))?")


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile or entry bundle: its level (`ENTRIES` for a bundle), index, and how many items it holds."""

    level: int
    index: int
    width: int = TILE_WIDTH


class TileReader(Protocol):
    """Reads the bytes of a tile from a store, a folder or a server; an absent tile is the reader's own
    error.
    """

    def read_tile(self, tile: Tile) -> bytes: ...


class MalformedTile(Malformed):
    """A tile path or a tile is not what the format says."""

    code: ClassVar[str] = "tile_malformed"


class EntryTooLarge(LedgerError):
    """An entry does not fit its two-byte length."""

    code: ClassVar[str] = "entry_too_large"

    def __init__(self, *, place: int, size: int) -> None:
        self.place, self.size = place, size
        super().__init__(
            f"第 {place} 条记录有 {size} 字节，超过上限 {ENTRY_SIZE_MAX}。请把大件另存，记录里只写它的摘要。"
        )


def format_tile_path(tile: Tile) -> str:
    """`tile/<L>/<N>[.p/<W>]`; N in groups of three digits, all but the last after an `x`: `x001/x234/067`."""
    digits = str(tile.index)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[start:start + 3] for start in range(0, len(digits), 3)]
    number = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
    level = "entries" if tile.level == ENTRIES else str(tile.level)
    return f"tile/{level}/{number}" + ("" if tile.width == TILE_WIDTH else f".p/{tile.width}")


def parse_tile_path(path: str) -> Tile:
    """Read a path; re-printing it must give the same text, so each tile has one path."""
    where = f"路径 {show(path)}"
    found = _PATH.fullmatch(path)
    if not found:
        raise MalformedTile(where, "不是瓦片路径", "应形如 tile/0/x001/x234/067 或 tile/entries/000.p/17")
    level, number, width = found.groups()
    tile = Tile(
        ENTRIES if level == "entries" else int(level),
        int(number.replace("x", "").replace("/", "")),
        TILE_WIDTH if width is None else int(width),
    )
    if tile.level > LEVEL_MAX or tile.index > NUMBER_MAX:
        raise MalformedTile(where, f"层号最大 {LEVEL_MAX}，序号最大 {NUMBER_MAX}", "请核对路径")
    if width is not None and not 1 <= tile.width < TILE_WIDTH:
        raise MalformedTile(where, "不满的瓦片宽度应在 1 到 255 之间", "满瓦片的路径不带 .p")
    if format_tile_path(tile) != path:
        raise MalformedTile(where, f"不是规范写法，应为 {format_tile_path(tile)}", "请改用规范写法")
    return tile


def tile_at(size: int, level: int, index: int) -> Tile | None:
    """The tile at (level, index) as wide as a tree of `size` leaves fills it; None where it is empty."""
    width = (size >> TILE_HEIGHT * max(level, 0)) - index * TILE_WIDTH
    return Tile(level, index, min(width, TILE_WIDTH)) if width > 0 and index >= 0 else None


def edge_widths(size: int) -> list[int]:
    """How many hashes the partial tile of each level holds in a tree of `size` leaves; 0 where there is
    none.
    """
    levels = -(-size.bit_length() // TILE_HEIGHT)
    return [(size >> TILE_HEIGHT * level) % TILE_WIDTH for level in range(levels)]


class TileHashes:
    """A `HashReader` over the tiles of a tree of `size` leaves; each tile is read once in a call.

    Tiles are not authenticated here: a wrong hash makes a proof that the checker refuses.
    """

    def __init__(self, reader: TileReader, size: int) -> None:
        self._reader, self._size = reader, size

    def read_hashes(self, subtrees: Sequence[tuple[int, int]]) -> list[bytes]:
        """The hash of each complete subtree, folded from the tile that holds its parts."""
        tiles: dict[Tile, bytes] = {}
        return [self._read_hash(level, index, tiles) for level, index in subtrees]

    def _read_hash(self, level: int, index: int, tiles: dict[Tile, bytes]) -> bytes:
        tile_level, height = divmod(level, TILE_HEIGHT)
        first, count = index << height, 1 << height
        tile = tile_at(self._size, tile_level, first // TILE_WIDTH)
        offset = first % TILE_WIDTH
        if tile is None or offset + count > tile.width:
            raise OutOfTree(asked=(index + 1) << level, size=self._size)
        if tile not in tiles:
            tiles[tile] = check_tile(tile, self._reader.read_tile(tile))
        return root_of(split_hashes(tiles[tile][offset * HASH_SIZE:(offset + count) * HASH_SIZE]))


def check_tile(tile: Tile, data: bytes) -> bytes:
    """Return `data` if it has the length of the tile's width."""
    if len(data) != tile.width * HASH_SIZE:
        found = f"有 {len(data)} 字节，应为 {tile.width * HASH_SIZE} 字节"
        raise MalformedTile(format_tile_path(tile), found)
    return data


def split_hashes(data: bytes) -> list[bytes]:
    """The hashes that stand one after another in a tile."""
    return [data[start:start + HASH_SIZE] for start in range(0, len(data), HASH_SIZE)]


def encode_entries(entries: Sequence[bytes]) -> bytes:
    """The bytes of an entry bundle: each entry after its length in two bytes, big-endian."""
    parts = []
    for place, entry in enumerate(entries):
        if len(entry) > ENTRY_SIZE_MAX:
            raise EntryTooLarge(place=place, size=len(entry))
        parts += [len(entry).to_bytes(2, "big"), entry]
    return b"".join(parts)
