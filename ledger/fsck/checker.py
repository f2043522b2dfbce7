"""The checker: re-reads every row of a ledger and believes none of what was derived from it.

From the leaves alone it rebuilds tiles and root, and compares them with what is stored and with every checkpoint that
was signed. It demands of each leaf its canonical form and a later time than the one before; of each sealed part its
digest; of the index of streams that it lists exactly the leaves' streams and versions, each after the one before it;
of the reserved names (where the vault is at hand) that they are what the events reserve and free, no more and no less.

The work is done by processes in portions of 65,536 events (`ledger.fsck.portion`), reported in order; after each the
state is a small value, so a check that was stopped goes on where it was. The first bad position is named. Where an
event is missing the check ends: past a gap no tree can be rebuilt.

What nothing commits to cannot be held to anything: events after the last checkpoint that fill no tile, and a last
checkpoint that was taken away with the events under it. Hence checkpoints are signed on a timer, and `published`
brings the last one from outside the database.

`tests/ledger/test_fsck.py` changes a byte in every table and asks for its name.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import sys
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

from ledger.errors import LedgerError
from ledger.fsck.index import locate_in_index, read_index
from ledger.fsck.pool import PORTION, AtOnce, CheckBroken, in_order, pool_of
from ledger.fsck.portion import KeyFiles, Portion, compare_tile, read_names, read_portion
from ledger.fsck.problem import PROBLEMS_MAX, Problem, shown
from ledger.fsck.source import Source, SQLiteSource, View
from ledger.keys.vault import VaultFailed
from ledger.proof.checkpoint import Checkpoint, parse_checkpoint
from ledger.proof.frontier import Frontier
from ledger.proof.notes import parse_note
from ledger.proof.policy import Policy, believe
from ledger.proof.tiles import TILE_WIDTH
from ledger.stores.names import NameBook
from ledger.stores.tree import read_frontier

_COUNTS: Final = ("seed", "position", "last_time", "index_sum", "sealed", "redacted")
_OF_THE_TREE: Final = frozenset({"leaf_malformed", "event_missing", "event_unreadable", "tile_mismatch"})
_OF_THE_EVENTS: Final = _OF_THE_TREE | {"index_mismatch"}  # Of events that are not what they were no names follow.
Progress = Callable[[int, int], None]

__all__ = ["CannotResume", "CheckBroken", "KeyFiles", "Problem", "Report", "fsck"]


@dataclass(frozen=True, slots=True)
class Report:
    """What the check came to."""

    size: int
    root: bytes  # Empty where events are missing: there is nothing to rebuild it from.
    checkpoints: int
    sealed: int
    redacted: int  # Events whose sealed part is not in this file.
    names: int | None  # None: not checked, the vault was not at hand, or the events themselves are wrong.
    problems: tuple[Problem, ...]

    @property
    def holds(self) -> bool:
        return not self.problems


@dataclass(slots=True)
class _State:
    """How far the check is: all that a later run needs to go on."""

    seed: int
    position: int = 0
    upper: Frontier = field(default_factory=Frontier)  # The tree above level 0, by the roots of full level-0 tiles.
    last_time: int = 0
    index_sum: int = 0
    sealed: int = 0
    redacted: int = 0
    problems: list[Problem] = field(default_factory=list)


class _Names(NamedTuple):
    """The reserved names as the events make them, and where a redacted event may have reserved more."""

    book: NameBook
    unread: set[int]


class CannotResume(LedgerError):
    """The state of an earlier check does not fit."""

    code = "fsck_cannot_resume"

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        super().__init__(f"不能从 {path} 继续上次的检查：{reason}。请不带 --resume 从头检查。")


def fsck(
    where: Path | Source,
    *,
    policy: Policy | None = None,
    published: bytes | None = None,
    seen: bytes | None = None,
    keys: KeyFiles | None = None,
    state_file: Path | None = None,
    resume: bool = False,
    processes: int | None = None,
    portion: int = PORTION,
    progress: Progress = lambda done, total: None,
    cut_upto: int = 0,
) -> Report:
    """Check a ledger, in a file or elsewhere.

    `published`: what was handed out last; `seen`: what a witness showed and the log must extend (`ledger.seen`).
    `cut_upto`: up to where the ledger says that entries of this access log were taken out (`ledger.access.pruning`).
    Names are a fold over all events: a run that goes on folds those before it once more. `portion` is a number of full
    tiles; one process, where nothing is to be resumed, is this one, and so it is where there is one portion alone.
    """
    assert portion % TILE_WIDTH == 0, "a portion is a number of full tiles"
    if keys is not None:
        _demand_keys(keys)
    source: Source = SQLiteSource(where) if isinstance(where, Path) else where
    with source.one_moment() as view:
        size = view.size()
        state = _resumed(state_file, view) if resume and state_file else _State(seed=secrets.randbits(32))
        names = _Names(NameBook(()), set()) if keys is not None else None
        processes = processes or os.cpu_count() or 1
        is_small = size <= portion and not state.position  # Checked before a second process has started.
        pooled = AtOnce() if is_small or (processes == 1 and state_file is None) else pool_of(
            processes, lambda: state.position, seed=state.seed)
        with pooled as pool:
            index = pool.submit(read_index, source, size)
            if names is not None and keys is not None:
                for again in in_order(pool, partial(read_names, source, keys), range(0, state.position, portion)):
                    state.problems += [each for each in again.problems if each not in state.problems]
                    _take_names(state, again, names)
                    progress(again.last, size)
            last: Portion | None = None
            for last in in_order(
                    pool, partial(read_portion, source, keys, cut_upto=cut_upto),
                    range(state.position, size, portion)):
                _join(view, state, last, names)
                if state_file is not None and not is_small and last.is_whole and not last.rest:
                    _save(state_file, state, view)
                progress(state.position, size)
                if not last.is_whole:
                    break
            index_sum, index_problems = index.result()
        state.problems += index_problems
        is_whole = last is None or last.is_whole
        if is_whole and index_sum != state.index_sum:
            state.problems += locate_in_index(view, size) or [
                Problem(None, "index_mismatch", "流索引与事件不一致：有事件未被列出，或列在别处。")]
        rest = b"" if last is None else last.rest
        root = Frontier.restore(size, (rest, *state.upper.edge) if size else ()).root() if is_whole else b""
        checkpoints = _check_checkpoints(view, state, size, root, policy, (published, seen))
        is_sound = is_whole and not any(each.code in _OF_THE_EVENTS for each in state.problems)
        checked = _check_names(view, state, names) if names is not None and is_sound else None
        _check_leftovers(view, state, size)
    if state_file is not None:
        state_file.unlink(missing_ok=True)
    problems = sorted(state.problems, key=lambda each: size + 1 if each.position is None else each.position)
    return Report(size, root, checkpoints, state.sealed, state.redacted, checked, tuple(problems[:PROBLEMS_MAX]))


def _demand_keys(keys: KeyFiles) -> None:
    """See that the vault opens, here, where its errors can be told; a checker makes no vault where there is none."""
    if isinstance(keys.vault, Path) and not keys.vault.is_file():
        raise VaultFailed(keys.vault, "文件不存在")
    with closing(keys.opened()) as vault:
        vault.secret("index")


def _join(view: View, state: _State, portion: Portion, names: _Names | None) -> None:
    """Add a portion to the picture: the tree above it, the time across its border, its names."""
    if portion.first_time is not None:
        position, time = portion.first_time
        if time <= state.last_time:
            state.problems.append(Problem(position, "time_backwards", "记录时间没有晚于前一事件。"))
        state.last_time = portion.last_time
    state.problems += portion.problems
    state.upper, tiles = state.upper.append(portion.tile_roots)
    for tile in tiles:
        stored = view.tile(tile.level + 1, tile.index)
        if (wrong := compare_tile(stored, tile, level=tile.level + 1, index=tile.index)) is not None:
            state.problems.append(wrong)
    if names is not None:
        _take_names(state, portion, names)
    state.position = portion.last
    state.index_sum += portion.index_sum
    state.sealed += portion.sealed
    state.redacted += portion.redacted


def _take_names(state: _State, portion: Portion, names: _Names) -> None:
    for position, changes in portion.names:
        if (taken := names.book.change(changes, position=position)) is not None:
            twice = Problem(position, "name_held_twice", f"保留名称重复：{taken}")
            if twice not in state.problems:  # An earlier run may have told.
                state.problems.append(twice)
    names.unread.update(portion.unread)


# What stands beside the events


def _check_checkpoints(
    view: View,
    state: _State,
    size: int,
    root: bytes,
    policy: Policy | None,
    outside: Sequence[bytes | None],
) -> int:
    """Read each signed checkpoint, stored or brought from outside, and compare its root with the rebuilt tree's."""
    claimed: list[Checkpoint] = []
    rows = view.checkpoints()
    largest = 0
    brought = [(None, None, note) for note in outside if note is not None]  # An empty one too: it should be one.
    for number, (serial, stored_size, note) in enumerate([*rows, *brought], 1):
        try:
            if not isinstance(note, bytes):
                raise TypeError("不是字节")
            checkpoint = believe(note, policy).checkpoint if policy else parse_checkpoint(parse_note(note)[0])
        except (LedgerError, TypeError) as error:
            words = f"{'存储' if serial else '已公布'}的第 {number} 个检查点无效：{error}"
            state.problems.append(Problem(None, "checkpoint_invalid", words))
            continue
        claimed.append(checkpoint)
        if serial is None:
            continue
        if stored_size != checkpoint.size or serial != number or checkpoint.size < largest:
            words = f"第 {number} 个检查点的编号或大小与其内容、次序不符：有检查点缺失或被改动。"
            state.problems.append(Problem(None, "checkpoint_mismatch", words))
        largest = max(largest, checkpoint.size)
    _compare_roots(view, state, size, root, sorted(claimed, key=lambda each: each.size))
    return len(rows)


def _compare_roots(
    view: View, state: _State, size: int, root: bytes, claimed: list[Checkpoint]
) -> None:
    wrong_from = min((each.position for each in state.problems
                      if each.position is not None and each.code in _OF_THE_TREE), default=size + 1)
    good = 0
    for checkpoint in claimed:
        if checkpoint.size > size:
            words = f"检查点有 {checkpoint.size} 条，日志只有 {size} 条：末尾的事件丢失，或这是较旧的副本。"
            state.problems.append(Problem(size + 1, "log_behind", words))
        elif checkpoint.size < wrong_from:  # Else its tree holds what is wrong already; the root would say so again.
            found = root if checkpoint.size == size else _root_at(view, checkpoint.size)
            if found != checkpoint.root:
                where = ("另一个同样大小的检查点与事件相符：签署过两种历史。" if checkpoint.size == good else
                         f"事件 {good + 1} 至 {checkpoint.size} 之间有改动。")
                words = (f"检查点（{checkpoint.size} 条）的根是 {checkpoint.root.hex()}，"
                         f"由事件重建的是 {found.hex()}：{where}")
                only = checkpoint.size if checkpoint.size == good + 1 else None
                state.problems.append(Problem(only, "log_forked", words))
                return  # The later ones can only say it again.
            good = checkpoint.size


def _root_at(view: View, size: int) -> bytes:
    """The root at a smaller size, from tiles that were found to be the rebuilt ones; empty where there is none."""
    try:
        return read_frontier(view.tree(), size).root()
    except LedgerError:
        return b""


def _check_names(view: View, state: _State, names: _Names) -> int:
    expected = {held.reservation.name: (*held.reservation[1:], *held[1:]) for held in names.book.new()}
    stored = {row[0]: tuple(row[1:]) for row in view.names()}
    unchecked = 0
    for name in expected.keys() | stored.keys():
        if expected.get(name) == stored.get(name):
            continue
        if name not in expected and stored[name][4] in names.unread:
            unchecked += 1
            continue
        kind, holder, _, _, position, _ = expected.get(name) or stored[name]
        found = "缺失" if name not in stored else "不是由事件得出的"
        words = f"{shown(kind)} 的保留名称（{shown(holder)}）{found}。"
        where = position if isinstance(position, int) else None
        state.problems.append(Problem(where, "name_mismatch", words))
    return len(stored) - unchecked


def _check_leftovers(view: View, state: _State, size: int) -> None:
    """Rows that belong to no event."""
    for table, code in (
        ("events", "event_misplaced"), ("sealed", "sealed_without_event"), ("streams", "index_without_event"),
    ):
        if row := view.stray(table, size):
            where = row[0] if isinstance(row[0], int) else None
            state.problems.append(Problem(where, code, f"{table} 表中有不属于任何事件的行。"))
    full = view.count_tiles()
    expected = sum(size >> shift for shift in range(8, 64, 8))
    if full > expected:
        state.problems.append(Problem(None, "tile_without_events", f"瓦片有 {full} 个，应为 {expected} 个。"))


# Going on after a stop


def _save(path: Path, state: _State, view: View) -> None:
    value = {
        "form": 2, "python": sys.version, "anchor": _anchor(view, state.position),
        "upper": [b64encode(row).decode() for row in state.upper.edge], "problems": state.problems,
        **{name: getattr(state, name) for name in _COUNTS},
    }
    temporary = path.with_name(path.name + ".new")
    temporary.write_text(json.dumps(value, ensure_ascii=False), "utf-8")
    temporary.replace(path)


def _resumed(path: Path, view: View) -> _State:
    try:
        value = json.loads(path.read_text("utf-8"))
        if value["form"] != 2 or value["python"] != sys.version:  # Another Python may hash a string otherwise.
            raise CannotResume(path, "状态文件由另一版本的程序写成")
        counts = {name: _number(value[name]) for name in _COUNTS}
        upper = Frontier.restore(counts["position"] // TILE_WIDTH, [b64decode(row) for row in value["upper"]])
        state = _State(**counts, upper=upper, problems=[Problem(*problem) for problem in value["problems"]])
    except FileNotFoundError:
        raise CannotResume(path, "没有上次检查的状态文件") from None
    except CannotResume:
        raise
    except (OSError, ValueError, KeyError, TypeError, RecursionError, LedgerError) as error:
        raise CannotResume(path, f"状态文件不可读（{error}）") from error
    if value["anchor"] != _anchor(view, state.position):
        raise CannotResume(path, "状态文件不属于这个账本，或账本在中断之后被改动")
    return state


def _number(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError(f"{value!r} is not a count")
    return value


def _anchor(view: View, position: int) -> str | None:
    """Tell one ledger from another by the last leaf that was checked."""
    leaf = view.leaf(position)
    return hashlib.sha256(leaf).hexdigest() if isinstance(leaf, bytes) else None
