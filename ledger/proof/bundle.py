"""Proof bundles (`.tlog-proof`): all that a stranger with the log's key needs to check one event offline.

    c2sp.org/tlog-proof@v1
    [extra <base64>]
    index <decimal>
    *(<base64 hash>)          leaf side first

    <checkpoint note, verbatim>

Text: C2SP tlog-proof. `extra` is carried and not authenticated, nor are signature lines of keys that the
policy does not name; every other byte is. `tests/ledger/proof/test_proof_tampering.py` flips each one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from ledger.proof.merkle import HASH_SIZE, check_inclusion
from ledger.proof.policy import Believed, Policy, believe
from ledger.proof.text import Malformed, decode_base64, encode_base64, parse_decimal, read_text, show

HEADER: Final = "c2sp.org/tlog-proof@v1"
HASHES_MAX: Final = 63


class MalformedBundle(Malformed):
    """The file is not a `.tlog-proof`."""

    code: ClassVar[str] = "bundle_malformed"


@dataclass(frozen=True, slots=True)
class Bundle:
    """The event's place, the path from it to a root, and the checkpoint with that root as it was signed."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes = b""


def format_bundle(bundle: Bundle) -> bytes:
    """The bundle as a file."""
    lines = [HEADER, f"index {bundle.index}", *map(encode_base64, bundle.hashes), ""]
    if bundle.extra:
        lines.insert(1, f"extra {encode_base64(bundle.extra)}")
    return "".join(f"{line}\n" for line in lines).encode() + bundle.checkpoint


def parse_bundle(data: bytes) -> Bundle:
    """Read a bundle; the checkpoint stays bytes until a policy opens it."""
    where = "证明文件"
    head, blank, checkpoint = read_text(data, where, MalformedBundle).partition("\n\n")
    lines = head.split("\n")
    if lines.pop(0) != HEADER:
        raise MalformedBundle(where, f"首行应为 {HEADER}")
    if not blank or not checkpoint:
        raise MalformedBundle(where, "缺少空行及其后的检查点，文件可能被截断")
    extra = b""
    if lines and lines[0].startswith("extra "):
        payload = lines.pop(0).removeprefix("extra ")
        extra = decode_base64(payload, f"{where}的 extra 行", MalformedBundle)
        if not extra:
            raise MalformedBundle(where, "extra 行为空；没有附加数据时不应有这一行")
    if not lines or not lines[0].startswith("index "):
        raise MalformedBundle(where, f"应有 index 行，却是 {show(lines[0] if lines else '')}")
    number = lines.pop(0).removeprefix("index ")
    index = parse_decimal(number, f"{where}的 index 行", MalformedBundle)
    if len(lines) > HASHES_MAX:
        raise MalformedBundle(where, f"有 {len(lines)} 个哈希，最多 {HASHES_MAX} 个")
    hashes = tuple(
        decode_base64(line, f"{where}的第 {place} 个哈希", MalformedBundle, length=HASH_SIZE)
        for place, line in enumerate(lines, start=1)
    )
    return Bundle(index, hashes, checkpoint.encode(), extra)


def verify_bundle(bundle: Bundle, leaf_hash: bytes, policy: Policy) -> Believed:
    """Check signatures, quorum and path, in this order; the leaf hash comes from the verifier's own data."""
    believed = believe(bundle.checkpoint, policy)
    tree = believed.checkpoint
    check_inclusion(leaf_hash, bundle.index, tree.size, bundle.hashes, tree.root)
    return believed
