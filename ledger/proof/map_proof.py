"""The completeness map: what it commits to, and how a stranger checks that nothing of a person was left out.

A map of a log at a size has one entry for each person whom an event up to there names: under a key that tells nothing,
a value that commits to how many events name them and to each one's position and leaf hash, in order. The entries are
the leaves of a binary tree by the bits of the key, so there is one place for each key, and the root shows what stands
there, or that nothing does:

    chain_0  SHA256(0x05 ‖ person)                                  the person's id in UTF-8
    chain_k  SHA256(0x06 ‖ chain_(k-1) ‖ uint64be(position) ‖ leaf hash)
    value    SHA256(0x04 ‖ blind ‖ uint64be(count) ‖ chain_count)   blind: 32 bytes, handed out with this value alone
    leaf     SHA256(0x02 ‖ key ‖ value)                             a subtree of one key, however high
    node     SHA256(0x03 ‖ left ‖ right)                            two keys or more: by the next bit, 0 to the left
    empty    32 zero bytes                                          no key

No prefix is that of a log's own hashes, so nothing of one tree passes for something of the other. What a proof shows
holds for the map as it is; that the map leaves nobody and nothing out is what an audit shows (`ledger.fsck.maps`).

A proof of presence as text, every line ended by a single LF, base64 as in `ledger.proof.text`:

    xueshi-map/1
    key <base64 of 32 bytes>
    blind <base64 of 32 bytes>
    *(sibling <base64 of 32 bytes>)                 leaf side first; an empty subtree is 32 zero bytes
    1*(event <position> <base64 of the leaf hash>)  in order of position

`tests/ledger/proof/test_map_proof.py` shows it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, NamedTuple

from ledger.errors import LedgerError
from ledger.proof.merkle import HASH_SIZE
from ledger.proof.text import Malformed, decode_base64, encode_base64, parse_decimal, read_text, show

FORMAT: Final = "xueshi-map/1"
EMPTY: Final = bytes(HASH_SIZE)
KEY_BITS: Final = 8 * HASH_SIZE
_WHERE: Final = "完整性证明"


class MapUnproven(LedgerError):
    """The proof does not lead to the root of the map."""

    code: ClassVar[str] = "map_unproven"

    def __init__(self, reason: str, *, root: bytes, computed: bytes | None = None) -> None:
        self.root, self.computed = root, computed
        led = "" if computed is None else f"；证明推得 {computed.hex()}"
        super().__init__(
            f"完整性未被证明：{reason}（完整性地图的根 {root.hex()}{led}）。"
            "清单、证明、地图三者至少有一处不是原件：请保留现有文件作为证据，并向登记机构重新索取。"
        )


class MalformedMapProof(Malformed):
    """The text is not a proof of presence in a map."""

    code: ClassVar[str] = "map_proof_malformed"


class Named(NamedTuple):
    """An event that names the person: where it stands, and the hash of its leaf."""

    position: int
    leaf_hash: bytes


@dataclass(frozen=True, slots=True)
class Presence:
    """The opening of one entry, with the way from it to the root: all events of a person, and nothing of another."""

    key: bytes
    blind: bytes
    siblings: tuple[bytes, ...]  # Leaf side first.
    events: tuple[Named, ...]


@dataclass(frozen=True, slots=True)
class Absence:
    """The place where a key would stand, and what is there: nothing, or the one entry that has it to itself."""

    key: bytes
    siblings: tuple[bytes, ...]
    other: tuple[bytes, bytes] | None  # Key and value of that entry, which open nothing of it.


def begin_chain(person: str) -> bytes:
    """The chain of a person whom nothing names yet."""
    return hashlib.sha256(b"\x05" + person.encode()).digest()


def extend_chain(chain: bytes, position: int, leaf_hash: bytes) -> bytes:
    """The chain with one more event."""
    return hashlib.sha256(b"\x06" + chain + position.to_bytes(8, "big") + leaf_hash).digest()


def hash_value(blind: bytes, count: int, chain: bytes) -> bytes:
    """What an entry commits to."""
    return hashlib.sha256(b"\x04" + blind + count.to_bytes(8, "big") + chain).digest()


def hash_entry(key: bytes, value: bytes) -> bytes:
    """The leaf of an entry."""
    return hashlib.sha256(b"\x02" + key + value).digest()


def hash_fork(left: bytes, right: bytes) -> bytes:
    """The node above two subtrees."""
    return hashlib.sha256(b"\x03" + left + right).digest()


def bit_of(key: bytes, depth: int) -> int:
    """On which side of the node at this depth a key stands; the most significant bit is the root's."""
    return key[depth >> 3] >> (7 - (depth & 7)) & 1


def check_presence(root: bytes, size: int, person: str, proof: Presence) -> None:
    """Raise `MapUnproven` unless these are all events that name the person, in the map of this size and root."""
    chain, last = begin_chain(person), 0
    for position, leaf_hash in proof.events:
        if not last < position <= size:
            raise MapUnproven(f"所列事件 {position} 不按次序，或不在地图所及的 {size} 条之内", root=root)
        if len(leaf_hash) != HASH_SIZE:
            raise MapUnproven(f"事件 {position} 的哈希不是 32 字节", root=root)
        chain, last = extend_chain(chain, position, leaf_hash), position
    if not proof.events or len(proof.blind) != HASH_SIZE:
        raise MapUnproven("没有列出事件，或没有打开地图所需的随机数", root=root)
    value = hash_value(proof.blind, len(proof.events), chain)
    _check_way(root, proof.key, proof.siblings, hash_entry(proof.key, value))


def check_absence(root: bytes, proof: Absence) -> None:
    """Raise `MapUnproven` unless nothing stands under the key, in the map of this root."""
    if proof.other is None:
        _check_way(root, proof.key, proof.siblings, EMPTY)
        return
    other, value = proof.other
    _check_way(root, other, proof.siblings, hash_entry(other, value))
    is_there = len(proof.key) == HASH_SIZE and other != proof.key and all(
        bit_of(other, depth) == bit_of(proof.key, depth) for depth in range(len(proof.siblings)))
    if not is_there:
        raise MapUnproven("所示的另一项不在该处", root=root)


def _check_way(root: bytes, key: bytes, siblings: Sequence[bytes], found: bytes) -> None:
    if len(key) != HASH_SIZE or len(siblings) > KEY_BITS or any(len(each) != HASH_SIZE for each in siblings):
        raise MapUnproven("键或路径不成形", root=root)
    computed = found
    for depth, sibling in zip(range(len(siblings) - 1, -1, -1), siblings, strict=True):
        pair = (sibling, computed) if bit_of(key, depth) else (computed, sibling)
        computed = hash_fork(*pair)
    if computed != root:
        raise MapUnproven("推得的根与日志所记不同", root=root, computed=computed)


def format_presence(proof: Presence) -> bytes:
    """The proof as text."""
    lines = [
        FORMAT, f"key {encode_base64(proof.key)}", f"blind {encode_base64(proof.blind)}",
        *(f"sibling {encode_base64(each)}" for each in proof.siblings),
        *(f"event {position} {encode_base64(leaf_hash)}" for position, leaf_hash in proof.events),
    ]
    return "".join(f"{line}\n" for line in lines).encode()


def parse_presence(data: bytes) -> Presence:
    """Read the text; there is one way to write a proof."""
    lines = read_text(data, _WHERE, MalformedMapProof).removesuffix("\n").split("\n")
    if lines.pop(0) != FORMAT:
        raise MalformedMapProof(_WHERE, f"首行应为 {FORMAT}")
    key, blind = (_hash(lines.pop(0) if lines else "", name) for name in ("key", "blind"))
    siblings = []
    while lines and lines[0].startswith("sibling "):
        siblings.append(_hash(lines.pop(0), "sibling"))
    if len(siblings) > KEY_BITS:
        raise MalformedMapProof(_WHERE, f"路径有 {len(siblings)} 个哈希，最多 {KEY_BITS} 个")
    return Presence(key, blind, tuple(siblings), tuple(map(_named, lines)))


def _hash(line: str, name: str) -> bytes:
    where = f"{_WHERE}的 {name} 行"
    word, _, payload = line.partition(" ")
    if word != name:
        raise MalformedMapProof(where, f"应有这一行，却是 {show(line)}")
    return decode_base64(payload, where, MalformedMapProof, length=HASH_SIZE)


def _named(line: str) -> Named:
    where = f"{_WHERE}的 event 行"
    word, _, rest = line.partition(" ")
    position, _, payload = rest.partition(" ")
    if word != "event":
        raise MalformedMapProof(where, f"应有这一行，却是 {show(line)}")
    return Named(
        parse_decimal(position, where, MalformedMapProof),
        decode_base64(payload, where, MalformedMapProof, length=HASH_SIZE),
    )
