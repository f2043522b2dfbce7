"""What a log sends to a witness: the size that it last cosigned, the proof of growth from there, the new checkpoint.

    old <decimal>
    *(<base64 hash>)          at most 63

    <checkpoint note>

Text: C2SP tlog-witness, add-checkpoint. `tests/witness/test_witness.py` shows it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from ledger.proof.merkle import HASH_SIZE
from ledger.proof.text import Malformed, decode_base64, encode_base64, parse_decimal, read_text, show

HASHES_MAX: Final = 63
REQUEST_BYTES_MAX: Final = 64 * 1024
_OLD: Final = "old "


class MalformedRequest(Malformed):
    """The body is not what a log sends to a witness."""

    code: ClassVar[str] = "witness_request_malformed"
    cure: ClassVar[str] = "请按 C2SP tlog-witness 的 add-checkpoint 提交"


@dataclass(frozen=True, slots=True)
class Request:
    """A new checkpoint, and the proof that it extends the one of `old` leaves."""

    old: int
    proof: tuple[bytes, ...]
    note: bytes


def format_request(request: Request) -> bytes:
    """The body of add-checkpoint."""
    lines = [f"{_OLD}{request.old}", *map(encode_base64, request.proof), ""]
    return "".join(f"{line}\n" for line in lines).encode() + request.note


def parse_request(body: bytes) -> Request:
    """Read a body; the note stays bytes until a key opens it."""
    where = "请求"
    if len(body) > REQUEST_BYTES_MAX:
        raise MalformedRequest(where, f"有 {len(body)} 字节，最多 {REQUEST_BYTES_MAX} 字节")
    head, blank, note = read_text(body, where, MalformedRequest).partition("\n\n")
    first, *hashes = head.split("\n")
    if not first.startswith(_OLD):
        raise MalformedRequest(where, f"首行应为 old 和大小，却是 {show(first)}")
    if not blank or not note:
        raise MalformedRequest(where, "缺少空行及其后的检查点")
    old = parse_decimal(first.removeprefix(_OLD), f"{where}的 old 行", MalformedRequest)
    if len(hashes) > HASHES_MAX:
        raise MalformedRequest(where, f"有 {len(hashes)} 个哈希，最多 {HASHES_MAX} 个")
    proof = tuple(
        decode_base64(line, f"{where}的第 {place} 个哈希", MalformedRequest, length=HASH_SIZE)
        for place, line in enumerate(hashes, 1)
    )
    return Request(old, proof, note.encode())
