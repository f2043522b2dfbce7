"""The auditor of completeness maps: makes every map that the log commits to anew, from its leaves, and compares.

It shares the hashes with whoever makes maps, and the one function that says whose event an event is; list, tree and
root it makes for itself, in memory. One reading finds which maps were committed to, a second goes through the events
once and has the root at each of their sizes, so that nothing is hashed twice that has not changed.

A root that differs does not say why. So what may have happened is tried out on the spot, among the events near the
map's size: made of more or fewer events than it says, one event left out, one counted twice, one added that came later.
What none of these explains is told as it is.

    map_root_mismatch      the root follows from no events near it
    map_event_left_out     one event is missing; its position is named
    map_event_added        one event is in it that should not be, or twice; its position is named
    map_size_mismatch      it is the map of another size
    map_count_mismatch     it says that it holds more or fewer people than it does
    map_key_mismatch       it was made under another key, and cannot be checked under this one
    map_malformed          its size, stream or format cannot be

`tests/ledger/test_fsck_map.py` tampers with each.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final, NamedTuple

from ledger.envelope import Envelope, Malformed, decode
from ledger.errors import LedgerError
from ledger.events.log import MapCommitted
from ledger.fsck.map_tree import Tree
from ledger.fsck.pool import PORTION, AtOnce, in_order, pool_of
from ledger.fsck.portion import KeyFiles
from ledger.fsck.problem import PROBLEMS_MAX, Problem
from ledger.fsck.source import Source
from ledger.maps.entries import MapKey, people_named
from ledger.proof.map_proof import FORMAT, begin_chain, extend_chain, hash_entry
from ledger.proof.merkle import HASH_SIZE, hash_leaf
from ledger.proof.text import encode_base64, show

TRIED_BEFORE: Final = 20_000  # So many namings before the size of a map that is wrong are left out, or doubled, one by
TRIED_AFTER: Final = 1_000    # one; so many events after it are added.
_EXPLAINED_MOST: Final = 10   # Whoever has made ten wrong maps is not told ten times more how.
_MARK: Final = b'"log.map_committed/'
Progress = Callable[[int, int], None]


class MapReport(NamedTuple):
    """What the audit came to."""

    maps: int
    size: int    # The largest that a map speaks of: what came later is in none yet.
    people: int
    problems: tuple[Problem, ...]

    @property
    def holds(self) -> bool:
        return not self.problems


class EventUnreadable(LedgerError):
    """An event cannot be read: of whom it speaks is not known."""

    code = "map_not_checked"

    def __init__(self, position: int) -> None:
        self.position = position
        super().__init__(
            f"事件 {position} 读不出，完整性地图无从核对。请先运行不带 --map 的 xueshi fsck，查明后再核对。"
        )


class Counted(NamedTuple):
    """An event and one person whom it names, and how the person stood before: how many events, and their chain."""

    position: int
    person: str
    leaf_hash: bytes
    former: int
    chain: bytes


class Namings(NamedTuple):
    """Whom a portion of the events names, as columns: they pass from one process to another in a moment."""

    positions: list[int]
    people: list[str]
    hashes: bytes
    last: int

    def each(self) -> Iterator[tuple[int, str, bytes]]:
        hashes = self.hashes
        leaf_hashes = [hashes[start:start + HASH_SIZE] for start in range(0, len(hashes), HASH_SIZE)]
        return zip(self.positions, self.people, leaf_hashes, strict=True)


class Claim(NamedTuple):
    """A map that the log commits to."""

    position: int
    event: MapCommitted
    stream: str


def audit(
    source: Source, keys: KeyFiles, *, processes: int = 1, portion: int = PORTION,
    progress: Progress = lambda done, total: None,
) -> MapReport:
    """Make every committed map anew and compare; raises EventUnreadable where the events themselves are damaged."""
    vault = keys.opened()
    key = MapKey(vault.secret("index"))
    vault.close()
    with source.one_moment() as view:
        size = view.size()
    auditor = _Auditor(source, key)
    is_small = size <= portion  # It is audited before a second process has started.
    with AtOnce() if processes == 1 or is_small else pool_of(processes, lambda: auditor.position) as pool:
        starts = range(0, size, portion)
        claims = [claim for found in in_order(pool, partial(read_claims, source), starts) for claim in found]
        auditor.expect(claims)
        for namings in in_order(pool, partial(read_namings, source), range(0, auditor.last, portion)):
            auditor.take(namings)
            progress(namings.last, size)
    progress(size, size)
    problems = sorted(auditor.problems, key=lambda each: each.position or 0)
    return MapReport(len(claims), auditor.last, auditor.people_at_last, tuple(problems[:PROBLEMS_MAX]))


def read_claims(source: Source, after: int, last: int) -> list[Claim]:
    """Find the maps that are committed to among the events past a position."""
    found = []
    with source.opened() as view:
        for position, leaf in view.events(after, last):
            if isinstance(leaf, bytes) and _MARK in leaf:
                envelope = _read(position, leaf)
                if isinstance(envelope.event, MapCommitted):
                    found.append(Claim(position, envelope.event, envelope.stream))
    return found


def read_namings(source: Source, after: int, last: int) -> Namings:
    """Whom the events past a position name, in order."""
    positions, people, hashes, expected = [], [], [], after
    with source.opened() as view:
        for position, leaf in view.events(after, last):
            expected += 1
            if position != expected or not isinstance(leaf, bytes):
                raise EventUnreadable(expected)
            for person in people_named(_read(position, leaf)):
                positions.append(position)
                people.append(person)
                hashes.append(hash_leaf(leaf))
    if expected != last:
        raise EventUnreadable(expected + 1)
    return Namings(positions, people, b"".join(hashes), last)


def _read(position: int, leaf: bytes) -> Envelope:
    try:
        return decode(leaf)  # That it has its one form is not asked here: its hash is of these bytes.
    except Malformed as error:
        raise EventUnreadable(position) from error


class _Auditor:
    """The events so far, by person, and the tree over them."""

    def __init__(self, source: Source, key: MapKey) -> None:
        self.position = 0
        self.last = 0
        self.people_at_last = 0
        self.problems: list[Problem] = []
        self._source, self._key = source, key
        self._people: dict[str, tuple[int, bytes]] = {}
        self._changed: set[str] = set()
        self._tree = Tree()
        self._recent: deque[tuple[int, str, bytes, int, bytes]] = deque(maxlen=TRIED_BEFORE)
        self._due: deque[Claim] = deque()
        self._explained = 0

    def expect(self, claims: list[Claim]) -> None:
        """Put the maps that can be checked in order of their sizes."""
        sound = []
        for claim in claims:
            if (wrong := self._form(claim)) is None:
                sound.append(claim)
            else:
                self._tell(claim.position, *wrong)
        self._due.extend(sorted(sound, key=lambda claim: (claim.event.size, claim.position)))
        self.last = self._due[-1].event.size if sound else 0

    def _form(self, claim: Claim) -> tuple[str, str] | None:
        event = claim.event
        if event.format != FORMAT:
            return "map_malformed", f"地图的格式是 {show(event.format)}，本程序只识 {FORMAT}"
        if event.map != claim.stream or not 0 < event.size < claim.position:
            return "map_malformed", f"地图的编号与流不符，或所及的 {event.size} 条不在它之前"
        if event.key_sha256 != self._key.commitment:
            return "map_key_mismatch", "地图用另一把密钥制成，用现在的密钥无从核对；请用当时的密钥库备份核对"
        return None

    def take(self, namings: Namings) -> None:
        """Go through events in order, and check each map where its size is reached."""
        people, changed, remember = self._people, self._changed, self._recent.append
        due = self._next()
        for position, person, leaf_hash in namings.each():
            while due < position:  # The event is not in a map of a smaller size.
                self._check_next()
                due = self._next()
            former, chain = people.get(person) or (0, begin_chain(person))
            remember((position, person, leaf_hash, former, chain))
            people[person] = (former + 1, extend_chain(chain, position, leaf_hash))
            changed.add(person)
        while self._next() <= namings.last:
            self._check_next()
        self.position = namings.last

    def _next(self) -> int:
        """The size of the next map to be checked."""
        return self._due[0].event.size if self._due else self.last + 1

    def _check_next(self) -> None:
        for person in self._changed:
            self._tree.put(*self._entry(person, *self._people[person]))
        self._changed.clear()
        self.people_at_last = len(self._people)
        self._check(self._due.popleft())

    def _check(self, claim: Claim) -> None:
        event, root = claim.event, encode_base64(self._tree.root())
        if event.root != root:
            self._tell(claim.position, *self._explain(claim, root))
        elif event.people != len(self._people):
            words = f"地图称有 {event.people} 人，由事件重建的有 {len(self._people)} 人；内容一致"
            self._tell(claim.position, "map_count_mismatch", words)

    def _tell(self, position: int, code: str, words: str) -> None:
        self.problems.append(Problem(position, code, f"完整性地图：{words}。"))

    # What may have happened

    def _explain(self, claim: Claim, root: str) -> tuple[str, str]:
        told = f"根是 {claim.event.root}，由事件 1 至 {claim.event.size} 重建的是 {root}"
        self._explained += 1
        if self._explained > _EXPLAINED_MOST:
            return "map_root_mismatch", told
        for code, words, possible in self._possible(claim):
            if encode_base64(possible) == claim.event.root:
                return code, f"{words}（{told}）"
        return "map_root_mismatch", f"{told}，相邻的事件中找不出一处可解释的不同"

    def _possible(self, claim: Claim) -> Iterator[tuple[str, str, bytes]]:
        """What may have happened, in words, and the root that would have come of it."""
        recent = [Counted(*each) for each in reversed(self._recent)]
        yield from self._otherwise_counted(recent)
        yield from self._of_more_events(claim)
        fewer = self._tree.copied()
        for counted in recent:
            key, leaf = self._entry(counted.person, counted.former, counted.chain)
            fewer.put(key, leaf if counted.former else None)
            yield "map_size_mismatch", _other_size(counted.position - 1, claim), fewer.root()

    def _otherwise_counted(self, recent: list[Counted]) -> Iterator[tuple[str, str, bytes]]:
        later: dict[str, list[Counted]] = {}
        for counted in recent:
            person, after = counted.person, later.setdefault(counted.person, [])
            standing = (counted.former, counted.chain)
            without = _and_then(standing, after)
            yield "map_event_left_out", f"遗漏了事件 {counted.position}（{person}）", self._root_if(person, without)
            twice = _and_then(standing, [counted, counted, *after])
            yield "map_event_added", f"事件 {counted.position}（{person}）计入两次", self._root_if(person, twice)
            after.insert(0, counted)

    def _of_more_events(self, claim: Claim) -> Iterator[tuple[str, str, bytes]]:
        size = claim.event.size
        more, people = self._tree.copied(), dict(self._people)
        following = read_namings(self._source, size, min(claim.position - 1, size + TRIED_AFTER))
        for position, person, leaf_hash in following.each():
            nobody = (0, begin_chain(person))
            event = Counted(position, person, leaf_hash, *nobody)
            alone = _and_then(self._people.get(person) or nobody, [event])
            words = f"多出了事件 {position}（{person}），它在地图所及之后"
            yield "map_event_added", words, self._root_if(person, alone)
            people[person] = _and_then(people.get(person) or nobody, [event])
            more.put(*self._entry(person, *people[person]))
            yield "map_size_mismatch", _other_size(position, claim), more.root()

    def _root_if(self, person: str, standing: tuple[int, bytes]) -> bytes:
        """The root if one person stood otherwise, or not at all."""
        key, leaf = self._entry(person, *standing)
        return self._tree.root_if(key, leaf if standing[0] else None)

    def _entry(self, person: str, count: int, chain: bytes) -> tuple[bytes, bytes]:
        entry = self._key.entry(person, count, chain)
        return entry.key, hash_entry(*entry)


def _and_then(standing: tuple[int, bytes], events: list[Counted]) -> tuple[int, bytes]:
    """How a person would stand after these events more."""
    count, chain = standing
    for event in events:
        count, chain = count + 1, extend_chain(chain, event.position, event.leaf_hash)
    return count, chain


def _other_size(size: int, claim: Claim) -> str:
    return f"是截至第 {size} 个事件的地图，却称截至第 {claim.event.size} 个"
