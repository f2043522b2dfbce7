"""What the processes of the checker do: read a portion of the events, or the index of streams, and believe nothing.

A stored value may be anything: SQLite keeps text in a column of bytes, and a damaged page keeps whatever it keeps. So
each value's type is asked before its content, and what cannot be read is a problem with a position, never a crash.

`tests/ledger/test_fsck.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ledger.envelope import SALT_BYTES, Envelope, Malformed, SealedPart, check_canonical, check_canonical_all
from ledger.errors import LedgerError
from ledger.events.act import ActAbandoned, ActClosed
from ledger.events.base import Draft, Event, Words
from ledger.events.catalogue import EVERY
from ledger.events.person import KeyDestroyed
from ledger.fsck_source import Source, View
from ledger.lookup import Lookup
from ledger.proof.frontier import Frontier, FullTile
from ledger.proof.merkle import hash_leaf, root_of
from ledger.proof.text import show
from ledger.proof.tiles import TILE_HEIGHT, TILE_SIZE, TILE_WIDTH, split_hashes
from ledger.stores.append import NameChange
from ledger.vault import Absent, FileMasterKey, Vault, open_vault

if TYPE_CHECKING:
    from ledger.key_database import KeyDatabase

PROBLEMS_MAX: Final = 100
READ_AHEAD: Final = 256
_NO_PART: Final = (-1, b"", b"")
_NAMING: Final = {
    event for event in EVERY
    if event.names is not Event.names or event.freed is not Event.freed
    or event in (KeyDestroyed, ActClosed, ActAbandoned)
}
_NAMED_UNDER_SEAL: Final = {  # What is said in words reserves nothing, and may be left unsaid.
    event for event in EVERY if event.names is not Event.names and event.sealed_as not in (None, Words)
}


class Problem(NamedTuple):
    """One thing that is wrong: where, a stable code, and Chinese words."""

    position: int | None
    code: str
    words: str


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


def shown(value: object) -> str:
    """Show what should be an id and may be anything."""
    return value if isinstance(value, str) and value.isascii() and value.isprintable() else show(repr(value))


def read_portion(source: Source, keys: KeyFiles | None, after: int, last: int) -> Portion:
    """Read, hash and demand everything of the events past `after`, up to `last`."""
    vault = keys.opened() if keys else None
    reader = _Reader(after, vault, source.damage)
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
    reader = _Reader(after, vault, source.damage)
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
    view: View, damage: tuple[type[Exception], ...], reader: _Reader, after: int
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


class _Reader:
    """Goes through rows in order and collects what must hold of each."""

    def __init__(self, after: int, vault: Vault | None, damage: tuple[type[Exception], ...]) -> None:
        self.hashes: list[bytes] = []  # Of the leaves, as far as positions run without a gap.
        self.problems: list[Problem] = []
        self.names: list[tuple[int, list[NameChange]]] = []
        self.unread: list[int] = []
        self.first_time: tuple[int, int] | None = None
        self.last_time = self.index_sum = self.sealed = self.redacted = 0
        self.expected = after + 1
        self._vault, self._damage = vault, damage
        self._lookup = Lookup(vault.secret("index")) if vault else None

    def read(self, rows: Iterator[tuple[int, Any]], sealed: Iterator[tuple[int, Any, Any]]) -> None:
        """Check each row, up to the first that is missing."""
        hashes, expected, time, index_sum = self.hashes, self.expected, 0, 0
        part = next(sealed, _NO_PART)
        try:
            for position, leaf, known in _read_ahead(rows, self._damage):
                if position != expected:
                    self._wrong(expected, "event_missing", f"事件缺失：其后是 {position}。其后的未检查。")
                    return
                own: SealedPart | None = None
                if part[0] == position:
                    own, part = self._part(part), next(sealed, _NO_PART)
                expected += 1
                if known is None:
                    if (envelope := self._envelope(position, leaf)) is None:
                        continue
                else:
                    hashes.append(hash_leaf(leaf))
                    envelope = known
                if envelope.recorded_at <= time:
                    self._wrong(position, "time_backwards", "记录时间没有晚于前一事件。")
                time = envelope.recorded_at
                if self.first_time is None:
                    self.first_time = (position, time)
                row = hash((envelope.stream, envelope.version, position))
                index_sum += row * row
                if own is not None:
                    self.sealed += 1
                    if own.digest() != envelope.sealed:
                        self._wrong(position, "sealed_mismatch", "密封部分与事件中的摘要不符。")
                elif envelope.sealed is not None:
                    self.redacted += 1
                if self._lookup is not None and type(envelope.event) in _NAMING:
                    self._name(position, envelope, own)
        finally:
            assert len(hashes) == expected - self.expected, "a leaf for each position"
            self.expected, self.last_time, self.index_sum = expected, time, index_sum

    def read_names(self, rows: Iterator[tuple[int, Any, Any, Any]]) -> None:
        """Collect names of rows that were checked before; what is wrong with them was told then."""
        for position, leaf, salt, ciphertext in rows:
            self.expected = position + 1
            try:
                envelope = check_canonical(leaf)
            except (Malformed, TypeError):
                continue
            if type(envelope.event) in _NAMING:
                no_part = salt is None and ciphertext is None
                self._name(position, envelope, None if no_part else self._part((position, salt, ciphertext)))

    def _envelope(self, position: int, leaf: Any) -> Envelope | None:
        """Hash the leaf at once, so that a portion of them need not be kept, and read it, if it can be."""
        if type(leaf) is not bytes:
            self.hashes.append(hash_leaf(b""))
            self._wrong(position, "leaf_malformed", "事件不是字节：该列被改动。")
            return None
        self.hashes.append(hash_leaf(leaf))
        try:
            return check_canonical(leaf)
        except Malformed as error:
            self._wrong(position, "leaf_malformed", str(error))
            return None

    def _part(self, row: tuple[int, Any, Any]) -> SealedPart | None:
        position, salt, ciphertext = row
        if isinstance(salt, bytes) and isinstance(ciphertext, bytes) and len(salt) == SALT_BYTES:
            return SealedPart(salt, ciphertext)  # Of fixed length: else a byte could move from one to the other.
        self._wrong(position, "sealed_mismatch", "密封部分的盐或密文不成形：该列被改动。")
        return None

    def _name(self, position: int, envelope: Envelope, part: SealedPart | None) -> None:
        """Collect what the event does to reserved names. What is sealed may be gone; what it frees stands open."""
        assert self._vault is not None and self._lookup is not None
        event = envelope.event
        changes: list[NameChange] = list(self._lookup.freed(envelope.stream, event, envelope.by.act))
        if envelope.sealed is not None and (event.sealed_as is None or envelope.key_owner is None):
            self._wrong(position, "leaf_malformed", "这类事件没有密封部分，却记有其摘要。")
        elif envelope.sealed is None and type(event) in _NAMED_UNDER_SEAL:
            self._wrong(position, "leaf_malformed", "这类事件应有密封部分，却没有其摘要。")
        else:
            try:
                opened = self._vault.open(envelope, part)
            except (LedgerError, ValueError) as error:  # ValueError: it opens, and is not what it should be.
                self._wrong(position, "sealed_unreadable", str(error))
                opened = Absent.REDACTED
            if opened is Absent.REDACTED:
                self.unread.append(position)
            if not isinstance(opened, Absent):  # What was reserved under a destroyed key is forgotten.
                changes += self._lookup.reserved(envelope.stream, Draft(event, opened), envelope.by.act)
        if changes:
            self.names.append((position, changes))

    def _wrong(self, position: int, code: str, words: str) -> None:
        if len(self.problems) < PROBLEMS_MAX:
            self.problems.append(Problem(position, code, words))


def _read_ahead(
    rows: Iterator[tuple[int, Any]], damage: tuple[type[Exception], ...]
) -> Iterator[tuple[int, Any, Envelope | None]]:
    """Give rows with their envelopes where many could be read at once; else without, to be looked at one by one.

    What the file still gave before it broke off is given before the error is raised.
    """
    broken: Exception | None = None
    while broken is None:
        ahead: list[tuple[int, Any]] = []
        try:
            ahead.extend(islice(rows, READ_AHEAD))
        except damage as error:
            broken = error
        if not ahead:
            break
        leaves = [leaf for _, leaf in ahead]
        whole = all(type(leaf) is bytes for leaf in leaves)
        known = check_canonical_all(leaves) if whole else None
        for number, (position, leaf) in enumerate(ahead):
            yield position, leaf, None if known is None else known[number]
    if broken is not None:
        raise broken


# The index of streams


def read_index(source: Source, size: int) -> tuple[int, list[Problem]]:
    """Go through the index of streams in its order: each version one more than the last, and later.

    Index and events are compared by a sum over their rows, since their orders differ. It is a sum of squares: the hash
    of a tuple is so nearly linear in its last item that sums of hashes stay the same when two rows swap positions.
    """
    total, problems, before = 0, [], ("", 0, 0)
    with source.opened() as view:
        try:
            for row in view.index(size):
                stream, version, position = row
                follows = stream == before[0]
                if type(version) is not int or type(position) is not int:
                    total -= 1  # No sum of events will be that of this index: it is searched through by position.
                    continue
                if version != (before[1] + 1 if follows else 1) or (follows and position <= before[2]):
                    words = f"流 {shown(stream)} 的版本 {version} 没有接在前一版本之后。"
                    problems.append(Problem(position, "version_gap", words))
                place = hash(row)
                total += place * place
                before = row
        except source.damage as error:
            return -1, [Problem(None, "index_unreadable", f"流索引读不出（{error}）：数据库文件损坏。")]
    return total, problems[:PROBLEMS_MAX]


def locate_in_index(view: View, size: int) -> list[Problem]:
    """Find where index and events differ, both in the order of positions; slower, and done only once they differ."""
    problems: list[Problem] = []
    rows = chain(view.index_by_position(size), [(size + 1, None, None)])
    row = next(rows)
    for position, leaf in view.events(0):
        listed = []
        while row[0] <= position:
            listed.append(row[1:])
            row = next(rows)
        if (place := _place_of(leaf)) is not None and listed != [place]:
            words = f"流索引应列 {shown(place[0])} 的版本 {place[1]}，所列为：{_listing(listed)}。"
            problems.append(Problem(position, "index_mismatch", words))
            if len(problems) == PROBLEMS_MAX:
                break
    return problems


def _place_of(leaf: Any) -> tuple[str, int] | None:
    try:
        envelope = check_canonical(leaf)
    except (Malformed, TypeError):
        return None
    return envelope.stream, envelope.version


def _listing(listed: list[tuple[Any, Any]]) -> str:
    return "、".join(f"{shown(stream)} 的版本 {shown(version)}" for stream, version in listed) or "无"
