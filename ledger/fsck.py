"""The checker: re-reads every row of a ledger and believes none of what was derived from it.

From the leaves alone it rebuilds tiles and root, and compares them with what is stored and with every checkpoint that
was signed. It demands of each leaf its canonical form and a later time than the one before; of each sealed part its
digest; of the index of streams that it lists exactly the leaves' streams and versions, each after the one before it;
of the reserved names (where the vault is at hand) that they are what the events reserve and free, no more and no less.

The work is done by processes in portions of 65,536 events, reported in order; after each the state is a small value, so
a check that was stopped goes on where it was. The first bad position is named.

`tests/ledger/test_fsck.py` changes a byte in every table and asks for its name.
"""

from __future__ import annotations

import gc
import json
import os
import secrets
import sqlite3
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final, NamedTuple

from ledger.envelope import Envelope, Malformed, SealedPart, check_canonical
from ledger.errors import LedgerError
from ledger.events.base import Draft, Event, Sealed
from ledger.events.catalogue import EVERY
from ledger.events.person import KeyDestroyed
from ledger.lookup import Lookup
from ledger.proof.frontier import Frontier
from ledger.proof.merkle import hash_leaves
from ledger.proof.policy import Policy, believe
from ledger.proof.tiles import TILE_WIDTH
from ledger.stores.append import NameChange
from ledger.stores.names import NameBook
from ledger.vault import FileMasterKey, Vault

PORTION: Final = 65_536
PROBLEMS_MAX: Final = 100
_MASK: Final = (1 << 64) - 1
_NO_PART: Final = (-1, b"", b"")
Progress = Callable[[int, int], None]


class Problem(NamedTuple):
    """One thing that is wrong: where, a stable code, and Chinese words."""

    position: int | None
    code: str
    words: str


@dataclass(frozen=True, slots=True)
class Report:
    """What the check came to."""

    size: int
    root: bytes
    checkpoints: int
    sealed: int
    names: int | None  # None: not checked, the vault was not at hand.
    problems: tuple[Problem, ...]

    @property
    def holds(self) -> bool:
        return not self.problems


class KeyFiles(NamedTuple):
    """Where the vault is, so that each process can open it for itself."""

    vault: Path
    master: Path


class _Portion(NamedTuple):
    """What a process found in its portion."""

    last: int
    tile_roots: list[bytes]
    rest: bytes  # Hashes of leaves after the last full tile.
    first_time: int
    last_time: int
    index_sum: int
    sealed: int
    names: list[tuple[int, list[NameChange]]]
    problems: list[Problem]


@dataclass(slots=True)
class _State:
    """How far the check is: all that a later run needs to go on."""

    seed: int
    position: int = 0
    upper: Frontier = field(default_factory=Frontier)  # The tree above level 0, by the roots of full level-0 tiles.
    last_time: int = 0
    index_sum: int = 0
    sealed: int = 0
    problems: list[Problem] = field(default_factory=list)


class CannotResume(LedgerError):
    """The state of an earlier check does not fit."""

    code = "fsck_cannot_resume"

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        super().__init__(f"不能从 {path} 继续上次的检查：{reason}。请不带 --resume 从头检查。")


def fsck(
    path: Path,
    *,
    policy: Policy | None = None,
    published: bytes | None = None,
    keys: KeyFiles | None = None,
    state_file: Path | None = None,
    resume: bool = False,
    processes: int | None = None,
    progress: Progress = lambda done, total: None,
) -> Report:
    """Check a ledger file. Names are checked only by a run from the start: they are a fold over all events."""
    connection = _open(path)
    size = connection.execute("SELECT max(position) FROM events").fetchone()[0] or 0
    state = _resumed(state_file) if resume and state_file else _State(seed=secrets.randbits(32))
    book = NameBook(()) if keys is not None and state.position == 0 else None
    rest = b""
    with _pool(processes or os.cpu_count() or 1, state.seed) as pool:
        index = pool.submit(_read_index, path)
        for portion in _in_order(pool, path, keys if book else None, range(state.position, size, PORTION), size):
            _join(connection, state, portion, book)
            rest = portion.rest
            progress(portion.last, size)
            if state_file is not None and portion.last % PORTION == 0:
                _save(state_file, state)
        index_sum, index_problems = index.result()
    state.problems += index_problems
    if index_sum != state.index_sum and not index_problems:
        state.problems.append(Problem(None, "index_mismatch", "流索引与事件不一致：有事件未被列出，或列在别处。"))
    edge = (rest, *state.upper.edge) if size else ()
    root = Frontier.restore(size, edge).root()
    checkpoints = _check_checkpoints(connection, state, size, root, policy, published)
    names = None if book is None else _check_names(connection, state, book)
    _check_leftovers(connection, state, size)
    if state_file is not None:
        state_file.unlink(missing_ok=True)
    problems = sorted(state.problems, key=lambda problem: problem.position or size + 1)
    return Report(size, root, checkpoints, state.sealed, names, tuple(problems[:PROBLEMS_MAX]))


def _pool(processes: int, seed: int) -> ProcessPoolExecutor:
    """Make processes that share one seed for `hash`, so that their sums can be added and compared.

    They hold lists of bytes and no cycles: without the collector they are a tenth faster.
    """
    os.environ["PYTHONHASHSEED"] = str(seed)
    try:
        pool = ProcessPoolExecutor(processes, mp_context=get_context("spawn"), initializer=gc.disable)
        for started in [pool.submit(os.getpid) for _ in range(processes)]:
            started.result()  # Started while the seed is set.
    finally:
        del os.environ["PYTHONHASHSEED"]
    return pool


def _in_order(
    pool: ProcessPoolExecutor, path: Path, keys: KeyFiles | None, starts: range, size: int
) -> Iterator[_Portion]:
    """Have the portions read side by side, a few ahead, and give them in order."""
    waiting: list[Future[_Portion]] = []
    for after in starts:
        waiting.append(pool.submit(_read_portion, path, keys, after, min(after + PORTION, size)))
        if len(waiting) > 4:
            yield waiting.pop(0).result()
    while waiting:
        yield waiting.pop(0).result()


def _join(connection: sqlite3.Connection, state: _State, portion: _Portion, book: NameBook | None) -> None:
    """Add a portion to the picture: the tree above it, the time across its border, its names."""
    state.problems += portion.problems
    if portion.first_time <= state.last_time:
        words = "记录时间没有晚于前一事件。"
        state.problems.append(Problem(state.position + 1, "time_backwards", words))
    state.upper, tiles = state.upper.append(portion.tile_roots)
    for tile in tiles:
        stored = connection.execute(
            "SELECT root, hashes FROM tiles WHERE level = ? AND number = ?", (tile.level + 1, tile.index)).fetchone()
        if stored != (tile.root, tile.hashes):
            where = f"tile/{tile.level + 1}/{tile.index}"
            state.problems.append(Problem(None, "tile_mismatch", f"存储的 {where} 与由事件重建的不同。"))
    for position, changes in portion.names if book is not None else ():
        assert book is not None
        if (taken := book.change(changes, position=position)) is not None:
            state.problems.append(Problem(position, "name_held_twice", f"保留名称重复：{taken}"))
    state.position, state.last_time = portion.last, portion.last_time
    state.index_sum = (state.index_sum + portion.index_sum) & _MASK
    state.sealed += portion.sealed


# In the processes


def _read_portion(path: Path, keys: KeyFiles | None, after: int, last: int) -> _Portion:
    """Read, hash and demand everything of the events past `after`, up to `last`."""
    connection = _open(path)
    query = "SELECT * FROM {} WHERE position > ? AND position <= ? ORDER BY position"
    rows = connection.execute(query.format("events"), (after, last))
    sealed = _open(path).execute(query.format("sealed"), (after, last))  # Beside the leaves: a join costs twice as much.
    vault = Vault(keys.vault, FileMasterKey(keys.master)) if keys else None
    reader = _Reader(after, Lookup(vault.secret("index")) if vault else None, vault)
    leaves = reader.read(rows, sealed)
    if len(leaves) != last - after and not reader.problems:
        reader.problems.append(Problem(after + len(leaves) + 1, "event_missing", "事件缺失。"))
    frontier, tiles = Frontier().append(hash_leaves(leaves))
    level_0 = [tile for tile in tiles if tile.level == 0]
    first_tile = after // TILE_WIDTH
    stored = {number: (root, hashes) for number, root, hashes in connection.execute(
        "SELECT number, root, hashes FROM tiles WHERE level = 0 AND number >= ? AND number < ?",
        (first_tile, first_tile + len(level_0)))}
    for tile in level_0:
        if stored.get(first_tile + tile.index) != (tile.root, tile.hashes):
            position = after + tile.index * TILE_WIDTH + 1
            words = f"事件 {position} 至 {position + TILE_WIDTH - 1} 的哈希与存储的瓦片不同：有事件或瓦片被改动。"
            reader.problems.append(Problem(position, "tile_mismatch", words))
    return _Portion(
        last=last, tile_roots=[tile.root for tile in level_0], rest=frontier.edge[0] if frontier.edge else b"",
        first_time=reader.first_time, last_time=reader.last_time, index_sum=reader.index_sum, sealed=reader.sealed,
        names=reader.names, problems=reader.problems,
    )


class _Reader:
    """Goes through rows in order and collects what must hold of each."""

    def __init__(self, after: int, lookup: Lookup | None, vault: Vault | None) -> None:
        self.problems: list[Problem] = []
        self.names: list[tuple[int, list[NameChange]]] = []
        self.first_time = self.last_time = self.index_sum = self.sealed = 0
        self._next = after + 1
        self._lookup, self._vault = lookup, vault

    def read(
        self, rows: Iterable[tuple[int, bytes]], sealed: Iterator[tuple[int, bytes, bytes]]
    ) -> list[bytes]:
        """Check each row; gives the leaves as far as positions run without a gap."""
        leaves: list[bytes] = []
        total, expected, time = 0, self._next, 0
        part = next(sealed, _NO_PART)
        for position, leaf in rows:
            if position != expected:
                self._wrong(expected, "event_missing", "事件缺失，其后的编号不连续。")
                break
            expected += 1
            leaves.append(leaf)
            try:
                envelope = check_canonical(leaf)
            except Malformed as error:
                self._wrong(position, "leaf_malformed", str(error))
                continue
            if envelope.recorded_at <= time:
                self._wrong(position, "time_backwards", "记录时间没有晚于前一事件。")
            time = envelope.recorded_at
            self.first_time = self.first_time or time
            total += hash((envelope.stream, envelope.version, position))
            own = None
            if part[0] == position:
                own, part = SealedPart(part[1], part[2]), next(sealed, _NO_PART)
                self.sealed += 1
                if own.digest() != envelope.sealed:
                    self._wrong(position, "sealed_mismatch", "密封部分与事件中的摘要不符。")
            if self._lookup is not None:
                self._name(position, envelope, own)
        self.index_sum, self.last_time = total & _MASK, time
        return leaves

    def _name(self, position: int, envelope: Envelope, part: SealedPart | None) -> None:
        if type(envelope.event) not in _NAMING:
            return
        assert self._vault is not None and self._lookup is not None
        try:
            opened = self._vault.open(envelope, part)
        except LedgerError as error:
            self._wrong(position, "sealed_unreadable", str(error))
            return
        draft = Draft(envelope.event, opened if isinstance(opened, Sealed) else None)
        if draft.sealed is None and envelope.sealed is not None:
            draft = Draft(_Unreadable.of(envelope.event))  # It frees what it freed; what it reserved is forgotten.
        self.names.append((position, list(self._lookup.changes(envelope.stream, draft))))

    def _wrong(self, position: int, code: str, words: str) -> None:
        if len(self.problems) < PROBLEMS_MAX:
            self.problems.append(Problem(position, code, words))


class _Unreadable:
    """An event whose sealed part cannot be read any more."""

    @staticmethod
    def of(event: Event) -> Any:
        class Silent:
            subjects = event.subjects
            freed = event.freed

            @staticmethod
            def names(sealed: Sealed | None) -> tuple[()]:
                return ()

        return Silent()


_NAMING: Final = {
    event for event in EVERY
    if event.names is not Event.names or event.freed is not Event.freed or event is KeyDestroyed
}


def _read_index(path: Path) -> tuple[int, list[Problem]]:
    """Go through the index of streams in its order: each version one more than the last, and later."""
    total, problems, before = 0, [], ("", 0, 0)
    for row in _open(path).execute("SELECT stream, version, position FROM streams ORDER BY stream, version"):
        stream, version, position = row
        follows = stream == before[0]
        if version != (before[1] + 1 if follows else 1) or (follows and position <= before[2]):
            problems.append(Problem(position, "version_gap", f"流 {stream} 的版本 {version} 没有接在前一版本之后。"))
        total += hash(row)
        before = row
    return total & _MASK, problems[:PROBLEMS_MAX]


# What stands beside the events


def _check_checkpoints(
    connection: sqlite3.Connection,
    state: _State,
    size: int,
    root: bytes,
    policy: Policy | None,
    published: bytes | None,
) -> int:
    from ledger.proof.checkpoint import parse_checkpoint
    from ledger.proof.notes import parse_note
    from ledger.stores.sqlite import Tree
    from ledger.stores.tree import read_frontier

    notes = [note for (note,) in connection.execute("SELECT note FROM checkpoints ORDER BY serial")]
    for note in [*notes, *([published] if published else [])]:
        try:
            text = believe(note, policy).checkpoint if policy else parse_checkpoint(parse_note(note)[0])
        except LedgerError as error:
            state.problems.append(Problem(None, "checkpoint_invalid", f"存储的检查点无效：{error}"))
            continue
        if text.size > size:
            words = f"检查点有 {text.size} 条，日志只有 {size} 条：末尾的事件丢失，或这是较旧的副本。"
            state.problems.append(Problem(size + 1, "log_behind", words))
        elif any(problem.position is not None and problem.position <= text.size for problem in state.problems):
            continue  # Its tree holds something that is wrong already; the root would only say so again.
        elif (found := root if text.size == size else read_frontier(Tree(connection), text.size).root()) != text.root:
            words = f"检查点（{text.size} 条）的根是 {text.root.hex()}，由事件重建的是 {found.hex()}：历史被改动。"
            state.problems.append(Problem(None, "log_forked", words))
    return len(notes)


def _check_names(connection: sqlite3.Connection, state: _State, book: NameBook) -> int:
    expected = {held.reservation.name: (*held.reservation[1:], held.position) for held in book.new()}
    rows = connection.execute("SELECT name, kind, holder, owner, position FROM names")
    stored = {row[0]: tuple(row[1:]) for row in rows}
    for name in expected.keys() | stored.keys():
        if expected.get(name) != stored.get(name):
            row = expected.get(name) or stored[name]
            words = f"{row[1]} 的保留名称（{row[0]}）" + ("缺失。" if name not in stored else "不是由事件得出的。")
            state.problems.append(Problem(int(row[3]), "name_mismatch", words))
    return len(stored)


def _check_leftovers(connection: sqlite3.Connection, state: _State, size: int) -> None:
    """Rows that belong to no event."""
    for table, code in (("sealed", "sealed_without_event"), ("streams", "index_without_event")):
        query = f"SELECT position FROM {table} WHERE position NOT BETWEEN 1 AND ? LIMIT 1"
        if row := connection.execute(query, (size,)).fetchone():
            state.problems.append(Problem(row[0], code, f"{table} 表中有不属于任何事件的行。"))
    full = connection.execute("SELECT count(*) FROM tiles").fetchone()[0]
    expected = sum(size >> shift for shift in range(8, 64, 8))
    if full > expected:
        state.problems.append(Problem(None, "tile_without_events", f"瓦片有 {full} 个，应为 {expected} 个。"))


# Going on after a stop


def _save(path: Path, state: _State) -> None:
    value = {
        "form": 1, "seed": state.seed, "position": state.position, "upper_size": state.upper.size,
        "upper": [b64encode(row).decode() for row in state.upper.edge], "last_time": state.last_time,
        "index_sum": state.index_sum, "sealed": state.sealed, "problems": state.problems,
    }
    temporary = path.with_name(path.name + ".new")
    temporary.write_text(json.dumps(value, ensure_ascii=False), "utf-8")
    temporary.replace(path)


def _resumed(path: Path) -> _State:
    try:
        value = json.loads(path.read_text("utf-8"))
        upper = Frontier.restore(value["upper_size"], [b64decode(row) for row in value["upper"]])
        return _State(value["seed"], value["position"], upper, value["last_time"], value["index_sum"], value["sealed"],
                      [Problem(*problem) for problem in value["problems"]])
    except FileNotFoundError:
        raise CannotResume(path, "没有上次检查的状态文件") from None
    except (ValueError, KeyError, TypeError, LedgerError) as error:
        raise CannotResume(path, f"状态文件不可读（{error}）") from error


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)
    connection.execute("PRAGMA query_only=ON")
    return connection
