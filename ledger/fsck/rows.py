"""What must hold of each row of the events: read many at once, and one by one where something is not as it should be.

A stored value may be anything: SQLite keeps text in a column of bytes, and a damaged page keeps whatever it keeps. So
each value's type is asked before its content, and what cannot be read is a problem with a position, never a crash.

Sound rows are the rule, so what many at once are asked is only whether all is well: it costs a quarter less than asking
each. Whatever is not well is left to the walk row by row, which alone says what is wrong; so nothing is told twice,
or otherwise. `tests/ledger/test_fsck.py` holds the two together.
"""

from __future__ import annotations

from base64 import b64decode
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice
from operator import attrgetter, lt, mul
from typing import Any, Final

from ledger.envelope import (
    AT_ONCE,
    SALT_BYTES,
    Envelope,
    Malformed,
    SealedPart,
    check_canonical,
    check_canonical_all,
    digest_of_sealed,
)
from ledger.errors import LedgerError
from ledger.events.access import AccessCut
from ledger.events.act import ActAbandoned, ActClosed
from ledger.events.base import Draft, Event, Words
from ledger.events.catalogue import EVERY
from ledger.events.person import KeyDestroyed
from ledger.fsck.problem import PROBLEMS_MAX, Problem
from ledger.keys.vault import Absent, Vault
from ledger.lookup import Lookup
from ledger.proof.merkle import HASH_SIZE, hash_leaf, hash_leaves
from ledger.stores.append import NameChange

KEY_CAME_BACK: Final = "key_came_back"
_NAMING: Final = {
    event for event in EVERY
    if event.names is not Event.names or event.freed is not Event.freed
    or event in (KeyDestroyed, ActClosed, ActAbandoned)
}
_NAMED_UNDER_SEAL: Final = {  # What is said in words reserves nothing, and may be left unsaid.
    event for event in EVERY if event.names is not Event.names and event.sealed_as not in (None, Words)
}
_STREAM, _VERSION, _TIME, _SEALED = map(attrgetter, ("stream", "version", "recorded_at", "sealed"))


class Parts:
    """The sealed parts in order of position; the next can be looked at before it is taken.

    What breaks off does so once the part before is taken, however far ahead it was read.
    """

    def __init__(self, rows: Iterator[tuple[int, Any, Any]], damage: tuple[type[Exception], ...]) -> None:
        self._rows, self._damage = rows, damage
        self._broken: Exception | None = None
        self._waiting: deque[tuple[int, Any, Any]] = deque(islice(rows, 1))

    def up_to(self, last: int) -> list[tuple[int, Any, Any]] | None:
        """The parts up to a position, left where they are; None where they break off."""
        waiting = self._waiting
        if waiting and waiting[-1][0] <= last:
            try:
                for row in self._rows:
                    waiting.append(row)
                    if row[0] > last:
                        break
            except self._damage as error:
                self._broken = error
        return None if self._broken else [row for row in waiting if row[0] <= last]

    def next_is(self, position: int) -> bool:
        return bool(self._waiting) and self._waiting[0][0] == position

    def next(self) -> tuple[int, Any, Any]:
        return self._waiting[0]

    def take(self, count: int = 1) -> None:
        """Take so many; raises where the next one cannot be read."""
        for _ in range(count):
            self._waiting.popleft()
        if not self._waiting:
            if self._broken is not None:
                raise self._broken
            self._waiting.extend(islice(self._rows, 1))


class Reader:
    """Goes through rows in order and collects what must hold of each."""

    def __init__(
        self, after: int, vault: Vault | None, damage: tuple[type[Exception], ...], cut_upto: int = 0
    ) -> None:
        self.hashes: list[bytes] = []  # Of the leaves, as far as positions run without a gap.
        self.problems: list[Problem] = []
        self.names: list[tuple[int, list[NameChange]]] = []
        self.unread: list[int] = []
        self.first_time: tuple[int, int] | None = None
        self.last_time = self.index_sum = self.sealed = self.redacted = 0
        self.expected = after + 1
        self._cut_upto = cut_upto  # Up to here a hash may stand in an entry's place (`ledger.access.pruning`).
        self._vault, self._damage = vault, damage
        self._lookup = Lookup(vault.secret("index")) if vault else None

    def read(self, rows: Iterator[tuple[int, Any]], sealed: Iterator[tuple[int, Any, Any]]) -> None:
        """Check each row, up to the first that is missing."""
        parts = Parts(sealed, self._damage)
        for ahead in _ahead(rows, self._damage):
            if not (self.is_sound(ahead, parts) or self.walk(ahead, parts)):
                return

    def is_sound(self, rows: Sequence[tuple[int, Any]], parts: Parts) -> bool:
        """Take the rows if nothing is wrong with any of them. Else nothing is taken, and nothing said."""
        first, last = self.expected, self.expected + len(rows) - 1
        positions, leaves = zip(*rows, strict=True)
        if positions != tuple(range(first, last + 1)) or set(map(type, leaves)) != {bytes}:
            return False
        if (envelopes := check_canonical_all(leaves)) is None or (own := parts.up_to(last)) is None:
            return False
        times = [self.last_time, *map(_TIME, envelopes)]
        if not all(map(lt, times, times[1:])):
            return False
        for position, salt, ciphertext in own:
            if position < first or not _is_formed(salt, ciphertext):
                return False
            if digest_of_sealed(salt, ciphertext) != envelopes[position - first].sealed:
                return False
        self.hashes += hash_leaves(leaves) if first > self._cut_upto else map(
            self._hash, positions, leaves, envelopes)
        self.expected, self.last_time = last + 1, times[-1]
        if self.first_time is None:
            self.first_time = (first, times[1])
        places = list(map(hash, zip(map(_STREAM, envelopes), map(_VERSION, envelopes), positions, strict=True)))
        self.index_sum += sum(map(mul, places, places))
        self.sealed += len(own)
        self.redacted += len(rows) - [*map(_SEALED, envelopes)].count(None) - len(own)
        if self._lookup is not None:
            opened = {position: SealedPart(salt, ciphertext) for position, salt, ciphertext in own}
            for position, envelope in zip(positions, envelopes, strict=True):
                if type(envelope.event) in _NAMING:
                    self._name(position, envelope, opened.get(position))
        if own:
            parts.take(len(own))
        return True

    def walk(self, rows: Sequence[tuple[int, Any]], parts: Parts) -> bool:
        """Check row after row and say what is wrong with which; False: one is missing, and no tree leads past it."""
        for position, leaf in rows:
            if position != self.expected:
                self._wrong(self.expected, "event_missing", f"事件缺失：其后是 {position}。其后的未检查。")
                return False
            own: SealedPart | None = None
            if parts.next_is(position):
                own = self._part(parts.next())
                parts.take()
            self.expected += 1
            if (envelope := self._envelope(position, leaf)) is not None:
                self._check(position, envelope, own)
        return True

    def _check(self, position: int, envelope: Envelope, own: SealedPart | None) -> None:
        time = envelope.recorded_at
        if time <= self.last_time:
            self._wrong(position, "time_backwards", "记录时间没有晚于前一事件。")
        self.last_time = time
        if self.first_time is None:
            self.first_time = (position, time)
        place = hash((envelope.stream, envelope.version, position))
        self.index_sum += place * place
        if own is not None:
            self.sealed += 1
            if own.digest() != envelope.sealed:
                self._wrong(position, "sealed_mismatch", "密封部分与事件中的摘要不符。")
        elif envelope.sealed is not None:
            self.redacted += 1
        if self._lookup is not None and type(envelope.event) in _NAMING:
            self._name(position, envelope, own)

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
        try:
            envelope = check_canonical(leaf)
        except Malformed as error:
            self.hashes.append(hash_leaf(leaf))
            self._wrong(position, "leaf_malformed", str(error))
            return None
        self.hashes.append(self._hash(position, leaf, envelope))
        return envelope

    def _hash(self, position: int, leaf: bytes, envelope: Envelope) -> bytes:
        """The hash of a leaf; where one was taken out, the hash that stands there, which the tiles bear out or not."""
        if position <= self._cut_upto and type(envelope.event) is AccessCut:
            with suppress(ValueError):
                if len(told := b64decode(envelope.event.leaf_hash, validate=True)) == HASH_SIZE:
                    return told
        return hash_leaf(leaf)

    def _part(self, row: tuple[int, Any, Any]) -> SealedPart | None:
        position, salt, ciphertext = row
        if _is_formed(salt, ciphertext):
            return SealedPart(salt, ciphertext)
        self._wrong(position, "sealed_mismatch", "密封部分的盐或密文不成形：该列被改动。")
        return None

    def _name(self, position: int, envelope: Envelope, part: SealedPart | None) -> None:
        """Collect what the event does to reserved names. What is sealed may be gone; what it frees stands open."""
        assert self._vault is not None and self._lookup is not None
        event = envelope.event
        if isinstance(event, KeyDestroyed) and envelope.by.act is None and came_back(self._vault, event.person):
            self._wrong(position, KEY_CAME_BACK, (
                f"{event.person} 的密钥已记为销毁，密钥库里却还有：密钥库是从较早的副本放回的。"
                "请启动服务，它随即再次销毁；含这把密钥的副本须另行删除。"))
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


def came_back(vault: Vault, person: str) -> bool:
    """Whether the vault has the key of somebody whom the log says is forgotten, and does not know of it.

    A mark is asked for first: who is being forgotten at this moment bears one until the key is gone.
    """
    return person not in vault.marked() and not vault.is_destroyed(person)


def _is_formed(salt: Any, ciphertext: Any) -> bool:
    """A salt is of fixed length: else a byte could move from it to the ciphertext or back."""
    return isinstance(salt, bytes) and isinstance(ciphertext, bytes) and len(salt) == SALT_BYTES


def _ahead(
    rows: Iterator[tuple[int, Any]], damage: tuple[type[Exception], ...]
) -> Iterator[list[tuple[int, Any]]]:
    """Give rows many at once. What the file still gave before it broke off is given before the error is raised."""
    broken: Exception | None = None
    while broken is None:
        ahead: list[tuple[int, Any]] = []
        try:
            ahead.extend(islice(rows, AT_ONCE))
        except damage as error:
            broken = error
        if not ahead:
            break
        yield ahead
    if broken is not None:
        raise broken
