"""Reserved names while a batch is judged: who holds which, who loses, and what is left to write.

A name is an HMAC; it has one holder (the stream that reserved it), one owner (whose key seals the clear name) and the
position of the event that reserved it, which is how the checker, who knows events and no appends, finds it again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ledger.stores.append import Forgetting, NameChange, NameTaken, OfEvent, Reservation


class Held(NamedTuple):
    """A name as it stands."""

    reservation: Reservation
    position: int


class NameBook:
    """The names that a batch touches. Changes of one append apply together or not at all."""

    def __init__(self, stored: Iterable[Held]) -> None:
        self._stored = {held.reservation.name: held for held in stored}
        self._now: dict[bytes, Held] = {}
        self._by_holder: defaultdict[str, set[bytes]] = defaultdict(set)
        self._by_owner: defaultdict[str, set[bytes]] = defaultdict(set)
        for held in self._stored.values():
            self._put(held)

    def change(self, changes: Sequence[NameChange], *, position: int) -> NameTaken | None:
        """Apply the changes in order, or say which name another holds and leave the book as it was."""
        done: list[tuple[bytes, Held | None]] = []
        event = 0
        for change in changes:
            if isinstance(change, OfEvent):
                event = change.number
                continue
            if isinstance(change, Reservation):
                held = self._now.get(change.name)
                if held is None:
                    done.append((change.name, None))
                    self._put(Held(change, position + event))
                elif held.reservation.holder != change.holder:
                    self._undo(done)
                    return NameTaken(change.kind, holder=held.reservation.holder)
                continue
            names = self._by_owner[change.owner] if isinstance(change, Forgetting) else self._by_holder[change.holder]
            for name in list(names):
                if isinstance(change, Forgetting) or self._now[name].reservation.kind in change.kinds:
                    done.append((name, self._drop(name)))  # noqa: PERF401 - the list is what undoing needs, in order
        return None

    def gone(self) -> list[bytes]:
        """List the stored names that no longer stand as they were stored."""
        return [name for name, held in self._stored.items() if self._now.get(name) != held]

    def new(self) -> list[Held]:
        """List the names that stand and are not stored so."""
        return [held for name, held in self._now.items() if self._stored.get(name) != held]

    def _put(self, held: Held) -> None:
        self._now[held.reservation.name] = held
        self._by_holder[held.reservation.holder].add(held.reservation.name)
        self._by_owner[held.reservation.owner].add(held.reservation.name)

    def _drop(self, name: bytes) -> Held:
        held = self._now.pop(name)
        self._by_holder[held.reservation.holder].discard(name)
        self._by_owner[held.reservation.owner].discard(name)
        return held

    def _undo(self, done: list[tuple[bytes, Held | None]]) -> None:
        for name, before in reversed(done):
            if before is None:
                self._drop(name)
            else:
                self._put(before)
