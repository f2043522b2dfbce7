"""What a process of the checker does with a portion of the events: has each row read, rebuilds the tiles over them.

`tests/ledger/test_fsck.py` shows it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ledger.fsck.problem import Problem
from ledger.fsck.rows import Reader
from ledger.fsck.source import Source, View
from ledger.keys.master import FileMasterKey
from ledger.keys.vault import Vault, open_vault
from ledger.proof.frontier import Frontier, FullTile
from ledger.proof.merkle import root_of
from ledger.proof.tiles import TILE_HEIGHT, TILE_SIZE, TILE_WIDTH, split_hashes
from ledger.stores.append import NameChange

if TYPE_CHECKING:
    from ledger.keys.database import KeyDatabase


class KeyFiles(NamedTuple):
    """Where the vault is, so that each process can open it for itself."""

    vault: Path | KeyDatabase
    master: Path | str  # A file, or what the settings say.

    def opened(self) -> Vault:
        """Open the vault, under a file or whatever the settings mean."""
        if isinstance(self.master, str):
            return open_vault(self.vault, self.master)
        return Vault(self.vault, FileMasterKey(self.master))


class Portion(NamedTuple):
    """What a process found in its portion."""

    last: int  # As far as positions ran without a gap.
    is_whole: bool
    tile_roots: list[bytes]
    rest: bytes  # Hashes of leaves after the last full tile.
    first_time: tuple[int, int] | None  # The first position with a time, and that time.
    last_time: int
    index_sum: int
    sealed: int
    redacted: int
    names: list[tuple[int, list[NameChange]]]
    unread: list[int]  # Where a redacted event may have reserved names.
    problems: list[Problem]


def read_portion(
    source: Source, keys: KeyFiles | None, after: int, last: int, *, cut_upto: int = 0
) -> Portion:
    """Read, hash and demand everything of the events past `after`, up to `last`."""
    vault = keys.opened() if keys else None
    reader = Reader(after, vault, source.damage, cut_upto)
    with source.opened() as events, source.opened() as beside:
        try:  # Sealed parts are read beside the leaves: a join costs twice as much.
            reader.read(events.events(after, last), beside.sealed(after, last))
        except source.damage as error:
            words = f"从此处起读不出（{error}）：数据库文件损坏。"
            reader.problems.append(Problem(reader.expected, "event_unreadable", words))
        read = reader.expected - 1
        if read != last and not any(each.position == read + 1 for each in reader.problems):
            reader.problems.append(Problem(read + 1, "event_missing", "事件缺失；其后的未检查。"))
        tile_roots, rest = _check_tiles(beside, source.damage, reader, after)
    if vault is not None:
        vault.close()
    return Portion(
        last=read, is_whole=read == last, tile_roots=tile_roots, rest=rest, first_time=reader.first_time,
        last_time=reader.last_time, index_sum=reader.index_sum, sealed=reader.sealed, redacted=reader.redacted,
        names=reader.names, unread=reader.unread, problems=reader.problems,
    )


def read_names(source: Source, keys: KeyFiles, after: int, last: int) -> Portion:
    """Read again what the events past `after` do to names, for a check that goes on: all else of them was checked."""
    vault = keys.opened()
    reader = Reader(after, vault, source.damage)
    with source.opened() as view:
        try:
            reader.read_names(view.events_with_parts(after, last))
        except source.damage as error:
            words = f"从此处起读不出（{error}）：数据库文件损坏。"
            reader.problems.append(Problem(reader.expected, "event_unreadable", words))
    vault.close()
    return Portion(
        last=last, is_whole=True, tile_roots=[], rest=b"", first_time=None, last_time=0, index_sum=0, sealed=0,
        redacted=0, names=reader.names, unread=reader.unread, problems=reader.problems,
    )


def _check_tiles(
    view: View, damage: tuple[type[Exception], ...], reader: Reader, after: int
) -> tuple[list[bytes], bytes]:
    """Rebuild the portion's tiles and compare them with the stored ones; gives their roots and what is left over."""
    frontier, tiles = Frontier().append(reader.hashes)
    level_0 = [tile for tile in tiles if tile.level == 0]
    first = after // TILE_WIDTH
    try:
        stored = {number: row for number, *row in view.lowest_tiles(first, first + len(level_0))}
    except damage as error:
        reader.problems.append(Problem(after + 1, "tile_mismatch", f"瓦片读不出（{error}）：数据库文件损坏。"))
    else:
        found = [compare_tile(stored.get(first + tile.index), tile, level=0, index=first + tile.index)
                 for tile in level_0]
        reader.problems += [wrong for wrong in found if wrong is not None]
    return [tile.root for tile in level_0], frontier.edge[0] if frontier.edge else b""


def compare_tile(stored: Any, tile: FullTile, *, level: int, index: int) -> Problem | None:
    """Compare a stored tile with the rebuilt one; say where the first difference is, and which of the two it is in."""
    if stored is not None and tuple(stored) == (tile.root, tile.hashes):
        return None
    place, name = 0, f"瓦片 tile/{level}/{index}"
    words = f"{name} 缺失，或其中的值不成形。"
    if stored is not None and isinstance(stored[1], bytes) and len(stored[1]) == TILE_SIZE:
        pairs = zip(split_hashes(stored[1]), split_hashes(tile.hashes), strict=True)
        place = next((number for number, (one, other) in enumerate(pairs) if one != other), 0)
        is_sound = root_of(split_hashes(stored[1])) == stored[0]
        words = f"{name} 与由事件重建的不同：" + ("瓦片自身一致，是事件被改动。" if is_sound else "瓦片被改动。")
    return Problem(((index * TILE_WIDTH + place) << TILE_HEIGHT * level) + 1, "tile_mismatch", words)
