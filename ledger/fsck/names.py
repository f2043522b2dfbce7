"""The reserved names of a ledger, folded once more from its events and held against those that it stores.

`tests/ledger/test_fsck.py` shows it.
"""

from __future__ import annotations

from ledger.fsck.portion import Portion
from ledger.fsck.problem import Problem, shown
from ledger.fsck.source import View
from ledger.fsck.state import State
from ledger.stores.names import NameBook


class NamesAgain:
    """The names as the events make them, and where a redacted event may have reserved more."""

    def __init__(self) -> None:
        self._book = NameBook(())
        self._unread: set[int] = set()

    def take(self, state: State, portion: Portion) -> None:
        """Add what the events of a portion do to names."""
        for position, changes in portion.names:
            if (taken := self._book.change(changes, position=position)) is not None:
                twice = Problem(position, "name_held_twice", f"保留名称重复：{taken}")
                if twice not in state.problems:  # An earlier run may have told.
                    state.problems.append(twice)
        self._unread.update(portion.unread)

    def check(self, view: View, state: State) -> int:
        """Compare them with the stored ones; gives how many of these were checked."""
        expected = {held.reservation.name: (*held.reservation[1:], *held[1:]) for held in self._book.new()}
        stored = {row[0]: tuple(row[1:]) for row in view.names()}
        unchecked = 0
        for name in expected.keys() | stored.keys():
            if expected.get(name) == stored.get(name):
                continue
            if name not in expected and stored[name][4] in self._unread:
                unchecked += 1
                continue
            kind, holder, _, _, position, _ = expected.get(name) or stored[name]
            found = "缺失" if name not in stored else "不是由事件得出的"
            words = f"{shown(kind)} 的保留名称（{shown(holder)}）{found}。"
            where = position if isinstance(position, int) else None
            state.problems.append(Problem(where, "name_mismatch", words))
        return len(stored) - unchecked
