"""The hand-over file (移交): what one ledger sends another of its entries, each with what proves it (P 13, P 14).

NDJSON, so that it can be read with what is at hand; the form of each line stands in `ledger/formats.md`:

    {"is":"hand-over","format":"xueshi-hand-over/1","origin":...,"since":M,"size":N,"part":1,"parts":1}
    {"is":"act","position":...,"leaf":[...]}         how a larger act ended that an entry belongs to
    {"is":"person","person":...,"position":...,"leaf":[...],"salt":...,"ciphertext":...,"name":...,...}
    {"is":"entry","claim":...,"events":[{"position":...,"leaf":[...]}, ...]}
    {"is":"proof","hashes":...}                      one proof for all the leaves above (`ledger.proof.multiproof`)
    {"is":"end","checkpoint":...,"lines":...,"sha256":...,"seal":...}

A leaf stands in the file as the bytes that it is. Names, numbers and titles stand in clear, since nobody could be found
by anything else: the file goes by a protected way and is no paper to be shown around. The salted digest of each sealed
part is in its leaf, and salt and ciphertext go along; that the words in clear are those of the ciphertext is signed for
by the seal, not proved, because the key that opens it opens all that was ever sealed of the person.

The seal is a note by the keys that sign the log, over

    学时账移交 hand-over of a ledger
    <origin>
    <since> <size> <part> <parts>
    <base64 of the SHA-256 of all lines before the last>

The first line holds spaces, so no checkpoint can be taken for it, nor it for one.

`tests/province/test_hand_over_file.py` shows it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from ledger.events.study import StudyDetails
from ledger.offline.verdict import Unverified
from ledger.proof.keys import SigningKey
from ledger.proof.merkle import HASH_SIZE
from ledger.proof.notes import format_note, sign
from ledger.proof.text import encode_base64, in_file_name

FORMAT: Final = "xueshi-hand-over/1"
FIRST: Final = "学时账移交 hand-over of a ledger"
HASHES_A_LINE: Final = 256

_HEAD: Final = b'{"is":"hand-over",'


class Line(msgspec.Struct, frozen=True, gc=False, tag_field="is", omit_defaults=True, forbid_unknown_fields=True):
    """The base of every line."""


class Header(Line, frozen=True, tag="hand-over"):
    """Which ledger, from which of its sizes to which; which part of how many; and whose, where somebody carries it."""

    format: str
    origin: str
    since: int
    size: int
    part: int = 1
    parts: int = 1
    person: str | None = None


def file_name(header: Header) -> str:
    """What a file of it is called: what somebody carries says of no interval."""
    origin = in_file_name(header.origin)
    if header.person is not None:
        return f"carried-{origin}-{header.size}.ndjson"
    return f"hand-over-{origin}-{header.since}-{header.size}-{header.part}.ndjson"


class Ended(Line, frozen=True, tag="act"):
    """The event that closed or abandoned a larger act: without it nothing of the act is in force."""

    position: int
    leaf: msgspec.Raw


class Whose(Line, frozen=True, tag="person"):
    """Who somebody is, as last registered or corrected."""

    person: str
    position: int
    leaf: msgspec.Raw
    salt: str
    ciphertext: str
    name: str
    id_kind: str
    id_number: str


class Happened(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True):
    """One event of an entry; with what is sealed beside it where it says what was studied last."""

    position: int
    leaf: msgspec.Raw
    salt: str | None = None
    ciphertext: str | None = None
    details: StudyDetails | None = None


class Entry(Line, frozen=True, tag="entry"):
    """An entry: all that happened to it, from its first event on without a gap."""

    claim: str
    events: tuple[Happened, ...]


class Hashes(Line, frozen=True, tag="proof"):
    """Up to 256 hashes of the proof, one after another."""

    hashes: str


class End(Line, frozen=True, tag="end"):
    """The checkpoint as it was signed, how many lines there are before this one, their digest, and the seal."""

    checkpoint: str
    lines: int
    sha256: str
    seal: str


AnyLine = Header | Ended | Whose | Entry | Hashes | End

_encode = msgspec.json.Encoder().encode
_decode_lines = msgspec.json.Decoder(AnyLine).decode_lines
_decode = msgspec.json.Decoder(AnyLine).decode


def format_file(lines: Iterable[Line], checkpoint: bytes, keys: Iterable[SigningKey]) -> Iterator[bytes]:
    """Give the lines of a file, the first of which is its header, and the last one that holds them together."""
    digest, count, header = hashlib.sha256(), 0, None
    for line in lines:
        header = line if header is None else header
        text = _encode(line) + b"\n"
        digest.update(text)
        count += 1
        yield text
    assert isinstance(header, Header), "a file begins with its header"
    text = seal_text(header, digest.digest())
    seal = format_note(text, [sign(text, key) for key in keys])
    yield _encode(End(checkpoint.decode(), count, digest.hexdigest(), seal.decode())) + b"\n"


def parse_file(data: bytes) -> tuple[list[AnyLine], bytes, bytes]:
    """Take a file apart: its lines, the digest of all before the last, and that of all; nothing is believed yet."""
    last = data.rfind(b"\n", 0, -1) + 1  # Where the last line begins.
    if not last or not data.endswith(b"\n"):
        raise Unverified("移交文件", "没有结尾行：文件被截断")
    try:
        lines = _decode_lines(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise _unreadable(data) from None
    if not isinstance(lines[0], Header) or not isinstance(lines[-1], End) or len(lines) != data.count(b"\n"):
        raise Unverified("移交文件", f"首行应为 {FORMAT}，末行应为检查点和签章")
    digest = hashlib.sha256(memoryview(data)[:last])
    before = digest.digest()
    digest.update(data[last:])
    return lines, before, digest.digest()


def parse_header(data: bytes) -> Header:
    """Take the first line of a file, or of what should be one; nothing in it is believed yet."""
    try:
        header = _decode(data.partition(b"\n")[0])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise _unreadable(data) from None
    if not isinstance(header, Header):
        raise Unverified("移交文件", f"首行应为 {FORMAT}")
    return header


def looks_like_hand_over(head: bytes) -> bool:
    """Say whether a file begins as one."""
    return head.startswith(_HEAD)


def seal_text(header: Header, digest: bytes) -> bytes:
    """What the register signs over a file."""
    place = f"{header.since} {header.size} {header.part} {header.parts}"
    return f"{FIRST}\n{header.origin}\n{place}\n{encode_base64(digest)}\n".encode()


def hash_lines(hashes: list[bytes]) -> Iterator[Hashes]:
    """Put the hashes of a proof into lines."""
    for first in range(0, len(hashes), HASHES_A_LINE):
        yield Hashes(encode_base64(b"".join(hashes[first:first + HASHES_A_LINE])))


def split(data: bytes, where: str) -> list[bytes]:
    """Take the hashes of one line apart."""
    if not data or len(data) % HASH_SIZE:
        raise Unverified(where, f"有 {len(data)} 字节，不是若干个 32 字节的哈希")
    return [data[start:start + HASH_SIZE] for start in range(0, len(data), HASH_SIZE)]


def _unreadable(data: bytes) -> Unverified:
    """Find the line that cannot be read."""
    for number, line in enumerate(data.split(b"\n"), 1):
        try:
            _decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            return Unverified(f"移交文件第 {number} 行", f"读不出来（{error}）")
    return Unverified("移交文件", "有不成行的内容")
