"""The checker: re-reads every row of a ledger and believes none of what was derived from it.

From the leaves alone it rebuilds tiles and root, and compares them with what is stored and with every checkpoint that
was signed. It demands of each leaf its canonical form and a later time than the one before; of each sealed part its
digest; of the index of streams that it lists exactly the leaves' streams and versions, each after the one before it;
of the reserved names (where the vault is at hand) that they are what the events reserve and free, no more and no less.

The work is done by processes in portions of 32,768 events (`ledger.fsck.portion`), reported in order; after each the
state is a small value (`ledger.fsck.state`), so a check that was stopped goes on where it was. The first bad position
is named. Where an event is missing the check ends: past a gap no tree can be rebuilt.

What nothing commits to cannot be held to anything: events after the last checkpoint that fill no tile, and a last
checkpoint that was taken away with the events under it. Hence checkpoints are signed on a timer, and `published`
brings the last one from outside the database.

`tests/ledger/test_fsck.py` changes a byte in every table and asks for its name.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from ledger.fsck.beside import OF_THE_TREE, check_checkpoints, check_leftovers
from ledger.fsck.index import locate_in_index, read_index
from ledger.fsck.names import NamesAgain
from ledger.fsck.pool import PORTION, AtOnce, in_order, pool_of
from ledger.fsck.portion import KeyFiles, Portion, compare_tile, read_names, read_portion
from ledger.fsck.problem import PROBLEMS_MAX, Problem
from ledger.fsck.source import Source, SQLiteSource, View
from ledger.fsck.state import State, resumed, save
from ledger.keys.file import VaultFailed
from ledger.proof.frontier import Frontier
from ledger.proof.policy import Policy
from ledger.proof.tiles import TILE_WIDTH

_OF_THE_EVENTS: Final = OF_THE_TREE | {"index_mismatch"}  # Of events that are not what they were no names follow.
Progress = Callable[[int, int], None]


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
        state = resumed(state_file, view) if resume and state_file else State(seed=secrets.randbits(32))
        names = NamesAgain() if keys is not None else None
        processes = processes or os.cpu_count() or 1
        is_small = size <= portion and not state.position  # Checked before a second process has started.
        pooled = AtOnce() if is_small or (processes == 1 and state_file is None) else pool_of(
            processes, lambda: state.position, seed=state.seed)
        with pooled as pool:
            index = pool.submit(read_index, source, size)
            if names is not None and keys is not None:
                for again in in_order(pool, partial(read_names, source, keys), range(0, state.position, portion)):
                    state.problems += [each for each in again.problems if each not in state.problems]
                    names.take(state, again)
                    progress(again.last, size)
            last: Portion | None = None
            for last in in_order(
                    pool, partial(read_portion, source, keys, cut_upto=cut_upto),
                    range(state.position, size, portion)):
                _join(view, state, last, names)
                if state_file is not None and not is_small and last.is_whole and not last.rest:
                    save(state_file, state, view)
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
        checkpoints = check_checkpoints(view, state, size, root, policy, (published, seen))
        is_sound = is_whole and not any(each.code in _OF_THE_EVENTS for each in state.problems)
        checked = names.check(view, state) if names is not None and is_sound else None
        check_leftovers(view, state, size)
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


def _join(view: View, state: State, portion: Portion, names: NamesAgain | None) -> None:
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
        names.take(state, portion)
    state.position = portion.last
    state.index_sum += portion.index_sum
    state.sealed += portion.sealed
    state.redacted += portion.redacted
