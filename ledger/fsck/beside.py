"""What stands beside the events of a ledger: signed checkpoints, and rows that belong to no event.

`tests/ledger/test_fsck.py` shows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ledger.errors import LedgerError
from ledger.fsck.problem import Problem
from ledger.fsck.source import View
from ledger.fsck.state import State
from ledger.proof.checkpoint import Checkpoint, parse_checkpoint
from ledger.proof.notes import parse_note
from ledger.proof.policy import Policy, believe
from ledger.stores.tree import read_frontier

OF_THE_TREE: Final = frozenset({"leaf_malformed", "event_missing", "event_unreadable", "tile_mismatch"})
"""Problems after which the tree is not what it was, whatever a checkpoint says."""


def check_checkpoints(
    view: View, state: State, size: int, root: bytes, policy: Policy | None, outside: Sequence[bytes | None]
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


def check_leftovers(view: View, state: State, size: int) -> None:
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


def _compare_roots(view: View, state: State, size: int, root: bytes, claimed: list[Checkpoint]) -> None:
    wrong_from = min((each.position for each in state.problems
                      if each.position is not None and each.code in OF_THE_TREE), default=size + 1)
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
