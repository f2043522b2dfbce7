"""Reserved names while a batch is judged: who holds which, who loses, and what is left to write.

A name is an HMAC; it has one holder (the stream that reserved it), one owner (whose key seals the clear name) and the
position of the event that reserved it, which is how the checker, who knows events and no appends, finds it again.

A row of a larger act takes force when the act is closed, or never. So what it reserves is held at once, since nobody
else may have it meanwhile, and dropped if the act is abandoned; what it frees stays held until the act is closed, since
the former holder may keep it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from ledger.stores.append import (
    Abandoning,
    Closing,
    Forgetting,
    Freeing,
    NameChange,
    NameTaken,
    OfEvent,
    Reservation,
)


class Held(NamedTuple):
    """A name as it stands."""

    reservation: Reservation
    position: int
    freed_by: str | None = None  # The act that frees it when it is closed.


def in_order(held: Held) -> tuple[int, bytes]:
    """In which order reserved names are told."""
    return held.position, held.reservation.name


_Done = list[tuple[bytes, Held | None]]


class _Lists:
    """The names by whose they are, by what drops them, and by what frees them."""

    def __init__(self, now: Mapping[bytes, Held]) -> None:
        self.by_holder: defaultdict[str, set[bytes]] = defaultdict(set)
        self.by_owner: defaultdict[str, set[bytes]] = defaultdict(set)
        self.by_act: defaultdict[str, set[bytes]] = defaultdict(set)
        self.by_freeing: defaultdict[str, set[bytes]] = defaultdict(set)
        for name, held in now.items():
            self.add(name, held)

    def add(self, name: bytes, held: Held) -> None:
        for names in self._of(held):
            names.add(name)

    def remove(self, name: bytes, held: Held) -> None:
        for names in self._of(held):
            names.discard(name)

    def _of(self, held: Held) -> list[set[bytes]]:
        _, _, holder, owner, act = held.reservation
        lists = [self.by_holder[holder], self.by_owner[owner]]
        if act is not None:
            lists.append(self.by_act[act])
        if held.freed_by is not None:
            lists.append(self.by_freeing[held.freed_by])
        return lists


class NameBook:
    """The names that a batch touches. Changes of one append apply together or not at all."""

    def __init__(self, stored: Iterable[Held]) -> None:
        self._stored = {held.reservation.name: held for held in stored}
        self._now = dict(self._stored)
        self._made: _Lists | None = None  # From the first change that asks for one: most appends only reserve.

    def change(self, changes: Sequence[NameChange], *, position: int) -> NameTaken | None:
        """Apply the changes in order, or say which name another holds and leave the book as it was."""
        done: _Done = []
        event = 0
        for change in changes:
            match change:
                case OfEvent(number):
                    event = number
                case Reservation():
                    if (taken := self._reserve(change, position + event, done)) is not None:
                        for name, before in reversed(done):
                            self._place(name, before)
                        return taken
                case Freeing():
                    self._free(change, done)
                case Forgetting(owner):
                    self._drop(self._lists.by_owner[owner], done)
                case Closing(act):
                    self._drop(self._lists.by_freeing[act], done)
                case Abandoning(act):
                    self._drop(self._lists.by_act[act], done)
                    for name in list(self._lists.by_freeing[act]):
                        self._set(name, self._now[name]._replace(freed_by=None), done)
        return None

    def gone(self) -> list[bytes]:
        """List the stored names that no longer stand as they were stored."""
        return [name for name, held in self._stored.items() if self._now.get(name) != held]

    def new(self) -> list[Held]:
        """List the names that stand and are not stored so."""
        return [held for name, held in self._now.items() if self._stored.get(name) != held]

    def _reserve(self, asked: Reservation, position: int, done: _Done) -> NameTaken | None:
        held = self._now.get(asked.name)
        if held is None:  # Nearly always: nothing of it stands anywhere yet.
            done.append((asked.name, None))
            self._now[asked.name] = held = Held(asked, position)
            if self._made is not None:
                self._made.add(asked.name, held)
        elif held.reservation.holder != asked.holder:
            return NameTaken(asked.kind, holder=held.reservation.holder)
        elif asked.act is None and held.reservation.act is not None:  # From here on it hangs on no act.
            self._set(asked.name, Held(asked, position), done)
        elif held.freed_by is not None:
            self._set(asked.name, held._replace(freed_by=None), done)
        return None

    def _free(self, change: Freeing, done: _Done) -> None:
        for name in list(self._lists.by_holder[change.holder]):
            held = self._now[name]
            if held.reservation.kind not in change.kinds:
                continue
            if change.act is None or change.act == held.reservation.act:  # Closed or abandoned, the act leaves it free.
                self._set(name, None, done)
            else:
                self._set(name, held._replace(freed_by=change.act), done)

    def _drop(self, names: set[bytes], done: _Done) -> None:
        for name in list(names):
            self._set(name, None, done)

    def _set(self, name: bytes, held: Held | None, done: _Done) -> None:
        done.append((name, self._now.get(name)))
        self._place(name, held)

    def _place(self, name: bytes, held: Held | None) -> None:
        before = self._now.pop(name, None)
        if held is not None:
            self._now[name] = held
        if self._made is not None:
            if before is not None:
                self._made.remove(name, before)
            if held is not None:
                self._made.add(name, held)

    @property
    def _lists(self) -> _Lists:
        if self._made is None:
            self._made = _Lists(self._now)
        return self._made
