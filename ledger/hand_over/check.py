"""A hand-over, checked before anything of it is believed: seal, checkpoint, each leaf, each commitment, each story.

    handed = check(data, policy)        # raises the reason when it does not hold
    handed.base                         # the root of that log where it was accepted last: to be compared

What is proved: every event stands in the log of the checkpoint, at its place; that log extends what led to `base`; each
entry is told from its first event without a gap, and each sealed part is the one of its leaf. What is signed for: that
the words in clear are what the sealed parts hold, and that nothing was held back. An entry whose events this version
does not know is proved like the others and told apart by its `fault`: a row to be refused, not a file.

`tests/province/test_hand_over_file.py` flips its bytes.
"""

from __future__ import annotations

from binascii import a2b_base64
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from ledger.envelope import Envelope, Malformed, check_canonical, check_canonical_all, digest_of_sealed
from ledger.events.act import ActAbandoned, ActClosed
from ledger.events.claim import (
    ClaimApproved,
    ClaimCorrected,
    ClaimEvent,
    ClaimFrozen,
    ClaimReinstated,
    ClaimReleased,
    ClaimRevised,
    ClaimRevoked,
    ClaimSubmitted,
)
from ledger.events.person import PersonCorrected, PersonRegistered
from ledger.events.source import Source
from ledger.events.study import StudyDetails
from ledger.hand_over.file import (
    FORMAT,
    End,
    Ended,
    Entry,
    Happened,
    Hashes,
    Header,
    Whose,
    parse_file,
    seal_text,
    split,
)
from ledger.offline.verdict import Unverified, Verdict
from ledger.proof.merkle import Unprovable, hash_leaves
from ledger.proof.multiproof import Roots, check_many
from ledger.proof.notes import NoteVerifier, open_note
from ledger.proof.policy import Believed, Policy, believe
from ledger.proof.text import encode_base64
from ledger.streams.claim import Claim, evolve

DECIDES: Final = frozenset({
    ClaimApproved, ClaimCorrected, ClaimFrozen, ClaimReleased, ClaimRevoked, ClaimReinstated})
"""What makes an entry of the register what it is; the position of the last of them is its version."""

_STATES_STUDY: Final = frozenset({ClaimSubmitted, ClaimRevised, ClaimCorrected})
_SALT_BYTES: Final = 16
_ORDER: Final[dict[type[Any], int]] = {Ended: 0, Whose: 1, Entry: 2, Hashes: 3}
UNREADABLE: Final = "leaf_unreadable"
_UNPROVEN: Final = (
    "不证明登记的内容属实：只证明登记机构在当时确实如此登记，此后未被改动。",
    "不证明没有遗漏：文件中的记录之外还有没有别的，由移交的机构签章担保，对账时核对。",
    "姓名、证件号码和项目名称与密封部分一致，由移交的机构签章担保，不由证明得出（密钥不随附）。",
)


class Decided(msgspec.Struct, frozen=True, gc=False):
    """What made an entry what it is: where that stands, and who did it."""

    position: int
    envelope: Envelope


class Handed(msgspec.Struct, frozen=True, gc=False):  # Of a long file the collector would walk through every entry.
    """An entry as it stood in the log that handed it over."""

    claim: str
    person: Whose
    state: Claim | None           # None: it cannot be read, and `fault` says why.
    decided: Decided | None
    details: StudyDetails | None
    source: Source | None = None  # Where it had it from itself, if it did.
    fault: str | None = None


class HandOver(NamedTuple):
    """What was handed over, after every proof was checked."""

    header: Header
    believed: Believed
    base: bytes                   # The root of that log at `header.since`,
    grown: tuple[bytes, ...]      # and the proof that it grew from there: evidence, where that is another history.
    entries: list[Handed]
    leaves: int
    note: str                     # The checkpoint as it came, cosignatures and all.
    sha256: str                   # Of the file.

    @property
    def root(self) -> str:
        """The root of the checkpoint, as it is written."""
        return encode_base64(self.believed.checkpoint.root)


Progress = Callable[[int, int], None]


def check(data: bytes, policy: Policy, *, progress: Progress = lambda done, total: None) -> HandOver:
    """Check a file whole; raises the first thing that does not hold."""
    lines, digest, file_digest = parse_file(data)
    header, end = lines[0], lines[-1]
    assert isinstance(header, Header) and isinstance(end, End), "parse_file saw to it"
    _demand_whole(header, end, len(lines), digest)
    believed = believe(end.checkpoint.encode(), policy)
    tree = believed.checkpoint
    if (tree.origin, tree.size) != (header.origin, header.size):
        found = f"所附检查点是 {tree.origin} 大小 {tree.size} 的，首行写的是 {header.origin} 大小 {header.size}"
        raise Unverified("移交文件", found)
    _check_seal(header, end, digest, policy)
    ended, persons, entries, proof = _sorted(lines)
    progress(0, len(entries))
    steps = [step for entry in entries for step in entry.events]
    leaves = [(one.position, bytes(one.leaf)) for one in ended]
    leaves += [(one.position, bytes(one.leaf)) for one in persons]
    leaves += [(one.position, bytes(one.leaf)) for one in steps]
    roots = _proved(header, leaves, proof, tree.root)
    envelopes = _read([leaf for _, leaf in leaves])
    acts = _endings(envelopes[:len(ended)])
    whose = _identities(persons, envelopes[len(ended):len(ended) + len(persons)])
    handed, at = list[Handed](), len(ended) + len(persons)
    for entry in entries:
        handed.append(_told(entry, envelopes[at:at + len(entry.events)], acts, whose))
        at += len(entry.events)
        if len(handed) % 1_000 == 0:
            progress(len(handed), len(entries))
    progress(len(entries), len(entries))
    if header.person is not None and any(one.person.person != header.person for one in handed):
        raise Unverified("移交文件", "写明是一个人携带的，却含有别人的记录")
    return HandOver(header, believed, roots.base, roots.grown, handed, len(leaves), end.checkpoint, file_digest.hex())


def _demand_whole(header: Header, end: End, lines: int, digest: bytes) -> None:
    if header.format != FORMAT:
        raise Unverified("移交文件首行", f"格式是 {header.format}，应为 {FORMAT}")
    if not (0 <= header.since <= header.size and 1 <= header.part <= header.parts):
        raise Unverified("移交文件首行", "起止或份数不成形")
    if end.lines != lines - 1 or end.sha256 != digest.hex():
        found = f"前 {lines - 1} 行的 SHA-256 是 {digest.hex()}，结尾行所记不同：文件被改动或不完整"
        raise Unverified("移交文件", found)


def _check_seal(header: Header, end: End, digest: bytes, policy: Policy) -> None:
    opened = open_note(end.seal.encode(), [NoteVerifier(log.key) for log in policy.logs])
    if opened.text != seal_text(header, digest) or all(one.name != header.origin for one in opened.verified):
        raise Unverified("移交文件的签章", "不是这本账对这份文件所签")


def _sorted(lines: Sequence[Any]) -> tuple[list[Ended], list[Whose], list[Entry], list[bytes]]:
    """The lines by what they are, in the order that the format demands."""
    ended, persons, entries, proof = list[Ended](), list[Whose](), list[Entry](), list[bytes]()
    order = 0
    for number, line in enumerate(lines[1:-1], 2):
        where, place = f"移交文件第 {number} 行", _ORDER.get(type(line), -1)
        if place < order:
            raise Unverified(where, "各行的次序不对：批次、人员、记录、证明")
        order = place
        if isinstance(line, Hashes):
            proof += split(_bytes(line.hashes, where), where)
        elif isinstance(line, Entry):
            entries.append(line)
        elif isinstance(line, Whose):
            persons.append(line)
        else:
            ended.append(line)
    return ended, persons, entries, proof


def _proved(header: Header, leaves: Iterable[tuple[int, bytes]], proof: Sequence[bytes], root: bytes) -> Roots:
    """Let all leaves lead to the root of the checkpoint, and to the root at the size before."""
    placed = sorted(leaves)
    indexes = [position - 1 for position, _ in placed]
    roots = check_many(indexes, hash_leaves(leaf for _, leaf in placed), header.since, header.size, proof)
    if roots.root != root:
        raise Unprovable(index=indexes[0] if indexes else 0, size=header.size, expected=root, computed=roots.root,
                         reason=f"移交的 {len(placed)} 个事件与合并证明推得的根不同")
    return roots


def _read(leaves: Sequence[bytes]) -> list[Envelope | None]:
    """Read every leaf into its typed event; None of those that this version cannot read."""
    together = check_canonical_all(leaves) if leaves else []
    if together is not None:
        return list(together)
    found: list[Envelope | None] = []
    for leaf in leaves:
        try:
            found.append(check_canonical(leaf))
        except Malformed:
            found.append(None)
    return found


def _endings(envelopes: Iterable[Envelope | None]) -> dict[str, bool]:
    """Which acts are closed and which were abandoned."""
    found: dict[str, bool] = {}
    for envelope in envelopes:
        if envelope is None or not isinstance(envelope.event, ActClosed | ActAbandoned):
            raise Unverified("移交文件的批次", "所附的事件没有结束任何批次")
        found[envelope.stream] = isinstance(envelope.event, ActClosed)
    return found


def _identities(persons: Sequence[Whose], envelopes: Iterable[Envelope | None]) -> dict[str, Whose]:
    found: dict[str, Whose] = {}
    for one, envelope in zip(persons, envelopes, strict=True):
        where = f"移交文件中的 {one.person}"
        is_identity = envelope is not None and isinstance(envelope.event, PersonRegistered | PersonCorrected)
        if envelope is None or not is_identity or envelope.stream != one.person or one.person in found:
            raise Unverified(where, "所附的事件不是对此人身份的登记，或写了两次")
        _check_commitment(envelope, one.salt, one.ciphertext, where)
        found[one.person] = one
    return found


def _told(entry: Entry, envelopes: Sequence[Envelope | None], acts: dict[str, bool], whose: dict[str, Whose]) -> Handed:
    """Fold an entry from its events, which are all there, in their order, and its own."""
    where, state, decided = f"记录 {entry.claim}", None, None
    stated: tuple[Happened, Envelope] | None = None
    source: Source | None = None
    first = envelopes[0] if envelopes else None
    person = None if first is None else whose.get(first.subjects[0])
    for version, (step, envelope) in enumerate(zip(entry.events, envelopes, strict=True), 1):
        if envelope is None:
            known = person or next(iter(whose.values()), None)
            if known is None:
                raise Unverified(where, "没有写明是谁的")
            return Handed(entry.claim, known, None, None, None, None, UNREADABLE)
        if envelope.stream != entry.claim or envelope.version != version or not isinstance(envelope.event, ClaimEvent):
            raise Unverified(where, f"第 {version} 个事件不是它自己的，或中间缺了")
        if version > 1 and step.position <= entry.events[version - 2].position:
            raise Unverified(where, "各事件的位置没有从小到大")
        act = envelope.by.act
        if act is not None and not acts.get(act, False):
            continue  # Abandoned, or not over: nothing of it is in force.
        state = evolve(state, envelope.event)
        if (said := getattr(envelope.event, "source", None)) is not None:
            source = said
        kind = type(envelope.event)
        if kind in _STATES_STUDY:
            stated = step, envelope
        if kind in DECIDES:
            decided = Decided(step.position, envelope)
    if person is None:
        raise Unverified(where, "没有附上是谁的")
    if state is None or decided is None or stated is None:
        raise Unverified(where, "没有登记过：只移交已登记的记录")
    step, envelope = stated
    if step.details is None or step.salt is None or step.ciphertext is None:
        raise Unverified(where, "没有附上最后一次写明的项目和它的密封部分")
    _check_commitment(envelope, step.salt, step.ciphertext, where)
    return Handed(entry.claim, person, state, decided, step.details, source)


def _check_commitment(envelope: Envelope, salt: str, ciphertext: str, where: str) -> None:
    try:
        secret, sealed = a2b_base64(salt, strict_mode=True), a2b_base64(ciphertext, strict_mode=True)
    except ValueError:
        raise Unverified(where, "盐或密文不是 base64") from None
    if len(secret) != _SALT_BYTES or digest_of_sealed(secret, sealed) != envelope.sealed:
        raise Unverified(where, "密封部分与事件中的摘要不符")


def _bytes(text: str, where: str) -> bytes:
    try:
        return a2b_base64(text, strict_mode=True)
    except ValueError:
        raise Unverified(where, "不是 base64") from None


def verdict(handed: HandOver) -> Verdict:
    """Say in words for people what was checked, and what that does not prove."""
    header, tree = handed.header, handed.believed.checkpoint
    whose = len({one.person.person for one in handed.entries})
    carried = "" if header.person is None else f"是 {header.person} 本人携带的，"
    seen = "".join(f"；见证人 {name}" for name in handed.believed.seen)
    checked = (
        f"{carried}{len(handed.entries)} 条记录、{whose} 人，{handed.leaves} 个事件逐个重算哈希，通向检查点的根。",
        f"每条记录从第一个事件起连续无缺；密封部分与各自事件中的摘要一致。第 {header.part} 份，共 {header.parts} 份。",
        f"检查点 {tree.origin} 大小 {tree.size} 由其公钥签署{seen}；文件全部内容由同一机构签章。",
        f"这本日志自大小 {header.since} 起只增不减，那时的根是 {encode_base64(handed.base)}。",
    )
    kind = "hand-over" if header.person is None else "carried"
    return Verdict(kind, tree, checked, _UNPROVEN)
