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

from ledger.envelope import Envelope, Malformed, check_canonical
from ledger.errors import LedgerError
from ledger.events.act import MapCommitted
from ledger.fsck_map_tree import Tree
from ledger.fsck_pool import PORTION, AtOnce, in_order, pool_of
from ledger.fsck_portion import PROBLEMS_MAX, KeyFiles, Problem
from ledger.fsck_source import Source
from ledger.log_map import MapKey, people_named
from ledger.proof.map_proof import FORMAT, begin_chain, extend_chain, hash_entry
from ledger.proof.merkle import hash_leaf
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


class Naming(NamedTuple):
    """An event and one person whom it names."""

    position: int
    person: str
    leaf_hash: bytes


class Counted(NamedTuple):
    """A naming as it was counted, and how the person stood before it."""

    naming: Naming
    former: int
    chain: bytes


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
    with AtOnce() if processes == 1 else pool_of(processes, lambda: auditor.position) as pool:
        starts = range(0, size, portion)
        claims = [claim for found in in_order(pool, partial(read_claims, source), starts) for claim in found]
        auditor.expect(claims)
        for namings, last in in_order(pool, partial(read_namings, source), range(0, auditor.last, portion)):
            auditor.take(namings, last)
            progress(min(last, size), size)
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


def read_namings(source: Source, after: int, last: int) -> tuple[list[Naming], int]:
    """Whom the events past a position name, in order; and up to where that is."""
    found, expected = [], after
    with source.opened() as view:
        for position, leaf in view.events(after, last):
            expected += 1
            if position != expected or not isinstance(leaf, bytes):
                raise EventUnreadable(expected)
            found += [Naming(position, person, hash_leaf(leaf)) for person in people_named(_read(position, leaf))]
    if expected != last:
        raise EventUnreadable(expected + 1)
    return found, last


def _read(position: int, leaf: bytes) -> Envelope:
    try:
        return check_canonical(leaf)
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
        self._recent: deque[Counted] = deque(maxlen=TRIED_BEFORE)
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

    def take(self, namings: list[Naming], last: int) -> None:
        """Go through events in order, and check each map where its size is reached."""
        for naming in namings:
            self._check_until(naming.position)
            self._count(naming)
        self._check_until(last + 1)
        self.position = last

    def _count(self, naming: Naming) -> None:
        person = naming.person
        count, chain = self._people.get(person) or (0, begin_chain(person))
        self._recent.append(Counted(naming, count, chain))
        self._people[person] = (count + 1, extend_chain(chain, naming.position, naming.leaf_hash))
        self._changed.add(person)

    def _check_until(self, position: int) -> None:
        """Check the maps of all sizes below a position; the event there is not in them."""
        while self._due and self._due[0].event.size < position:
            claim = self._due.popleft()
            for person in self._changed:
                self._tree.put(*self._entry(person, *self._people[person]))
            self._changed.clear()
            self.people_at_last = len(self._people)
            self._check(claim)

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
        size = claim.event.size
        later: dict[str, list[Counted]] = {}
        fewer = self._tree.copied()
        for counted in reversed(self._recent):
            position, person, _ = counted.naming
            after = later.setdefault(person, [])
            words = f"遗漏了事件 {position}（{person}）"
            yield "map_event_left_out", words, self._root_if(person, self._again(counted, after))
            words = f"事件 {position}（{person}）计入两次"
            yield "map_event_added", words, self._root_if(person, self._again(counted, [counted, counted, *after]))
            after.insert(0, counted)
        more = self._tree.copied()
        people = dict(self._people)
        for naming in self._following(size, claim.position):
            standing = people.get(naming.person) or (0, begin_chain(naming.person))
            alone = self._people.get(naming.person) or (0, begin_chain(naming.person))
            words = f"多出了事件 {naming.position}（{naming.person}），它在地图所及之后"
            yield "map_event_added", words, self._root_if(naming.person, _one_more(alone, naming))
            people[naming.person] = _one_more(standing, naming)
            more.put(*self._entry(naming.person, *people[naming.person]))
            words = f"是截至第 {naming.position} 个事件的地图，却称截至第 {size} 个"
            yield "map_size_mismatch", words, more.root()
        for counted in reversed(self._recent):
            key, leaf = self._entry(counted.naming.person, counted.former, counted.chain)
            fewer.put(key, leaf if counted.former else None)
            words = f"是截至第 {counted.naming.position - 1} 个事件的地图，却称截至第 {size} 个"
            yield "map_size_mismatch", words, fewer.root()

    def _again(self, counted: Counted, after: list[Counted]) -> tuple[int, bytes]:
        """How a person would stand if after some point these had been counted, and nothing else."""
        standing = (counted.former, counted.chain)
        for each in after:
            standing = _one_more(standing, each.naming)
        return standing

    def _following(self, size: int, before: int) -> list[Naming]:
        """Whom the events after a map's size name, as far as the map's own."""
        last = min(before - 1, size + TRIED_AFTER)
        return read_namings(self._source, size, last)[0]

    def _root_if(self, person: str, standing: tuple[int, bytes]) -> bytes:
        """The root if one person stood otherwise, or not at all."""
        key, leaf = self._entry(person, *standing)
        return self._tree.root_if(key, leaf if standing[0] else None)

    def _entry(self, person: str, count: int, chain: bytes) -> tuple[bytes, bytes]:
        entry = self._key.entry(person, count, chain)
        return entry.key, hash_entry(*entry)


def _one_more(standing: tuple[int, bytes], naming: Naming) -> tuple[int, bytes]:
    count, chain = standing
    return count + 1, extend_chain(chain, naming.position, naming.leaf_hash)
