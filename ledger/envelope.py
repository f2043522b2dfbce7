"""The envelope: the bytes of an event that are hashed, stored and proved. `ledger/formats.md` has it to the byte.

A leaf is one JSON array in UTF-8, written once and never written again:

    ["xueshi/1", stream, version, recorded_at, [subjects], salt, by, event, sealed]

It is hashed as it is stored. The time is the sequencer's, so a leaf is made in two halves: `encode` makes everything
before and after the time in the thread that asks, `Encoded.leaf` joins them in the one that orders.

The 16 random bytes of `salt` stand in the leaf so that nobody can guess an event from its public hash. `sealed` is
SHA-256(second salt ‖ ciphertext) or null: the ciphertext is stored beside the leaf, so a redacted copy and a destroyed
key leave every proof valid.

`tests/ledger/test_envelope.py` shows it.
"""

from __future__ import annotations

import functools
import hashlib
import operator
import os
from base64 import b64encode
from binascii import b2a_base64
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

import msgspec

from ledger.errors import LedgerError
from ledger.events.base import By, Draft
from ledger.events.catalogue import EVERY, OLDER, upcast
from ledger.vocabulary import StreamId

FORMAT: Final = "xueshi/1"
LEAF_BYTES_MAX: Final = 65_535  # An entry bundle gives an entry's length in 16 bits (C2SP tlog-tiles).
SALT_BYTES: Final = 16
AT_ONCE: Final = 64  # Leaves that stay in a core's own cache, with all that is made of them; of 256 they did not.
_TYPE: Final = b'{"type":"'
_ACT: Final = b',"act":"'
_BEGINNING: Final = b'["%b","' % FORMAT.encode()

Random: TypeAlias = Callable[[int], bytes]
"""Gives so many random bytes. Only whoever makes up a history hands over another than the system's; no setting does."""


def drawn_at_once(random: Random, size: int) -> Random:
    """Draw so many bytes in one call and hand them out once each, piece by piece: asking the system costs as much as
    encoding an event. What is left over is forgotten with the function, never kept for another append.
    """
    pool, given = random(size), 0

    def give(count: int) -> bytes:
        nonlocal given
        given += count
        assert given <= size, "more was asked for than was drawn"
        return pool[given - count:given]

    return give


AnyEvent: Any = functools.reduce(operator.or_, EVERY)
"""One union of all wire types, so that a leaf becomes a typed event in a single call."""


class Malformed(LedgerError):
    """Stored bytes are not an envelope of ours in its one canonical form."""

    code = "leaf_malformed"

    def __init__(self, leaf: bytes, reason: str) -> None:
        self.leaf = leaf
        super().__init__(
            f"事件字节不是规范的 {FORMAT} 信封：{reason}。请勿改动原文件，先运行 xueshi fsck 找出第一处损坏的位置。"
        )


class TooLarge(LedgerError):
    """An event that does not fit an entry bundle."""

    code = "event_too_large"

    def __init__(self, size: int) -> None:
        self.size = size
        super().__init__(f"一个事件有 {size} 字节，上限是 {LEAF_BYTES_MAX} 字节。大的材料请只登记其 SHA-256 摘要。")


class NotText(LedgerError):
    """A text holds half a character (a lone surrogate), which no file can hold. The text itself is not repeated."""

    code = "text_malformed"

    def __init__(self) -> None:
        super().__init__("有一项文字含有不完整的字符（单个代理码位），无法登记。请重新输入或重新导出该项文字。")


class Envelope(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A leaf, read. The position is not part of it: that is where it stands."""

    format: str
    stream: StreamId
    version: int
    recorded_at: int  # Microseconds since 1970 in UTC; grows from event to event.
    subjects: tuple[str, ...]
    salt: str
    by: By
    event: AnyEvent
    sealed: str | None

    @property
    def key_owner(self) -> str | None:
        """Whose key seals the sealed part: the first subject's."""
        return self.subjects[0] if self.subjects else None


class SealedPart(NamedTuple):
    """What is stored beside a leaf: a second salt and the ciphertext, bound to the leaf by their digest."""

    salt: bytes
    ciphertext: bytes

    def digest(self) -> str:
        """Give the leaf's last element."""
        return digest_of_sealed(self.salt, self.ciphertext)


def digest_of_sealed(salt: bytes, ciphertext: bytes) -> str:
    """The same of a part that nobody needs as a whole."""
    return b2a_base64(hashlib.sha256(salt + ciphertext).digest(), newline=False).decode()


class Encoded(NamedTuple):
    """An event ready to be ordered: its leaf but for the time, and its sealed part."""

    stream: StreamId
    version: int
    before_time: bytes
    after_time: bytes
    sealed: SealedPart | None

    @property
    def originator_id(self) -> str:
        """The stream, as the library calls it."""
        return self.stream

    @property
    def originator_version(self) -> int:
        """The version, as the library calls it."""
        return self.version

    def leaf(self, recorded_at: int) -> bytes:
        """Make the leaf, once the sequencer has said when."""
        return b"%b%d%b" % (self.before_time, recorded_at, self.after_time)


_encode = msgspec.json.Encoder().encode
_encode_lines = msgspec.json.Encoder().encode_lines
_decode = msgspec.json.Decoder(Envelope).decode
_decode_lines = msgspec.json.Decoder(Envelope).decode_lines


def encode(
    stream: StreamId, version: int, draft: Draft, by: By, sealed: SealedPart | None, *, random: Random = os.urandom
) -> Encoded:
    """Encode an event for its place in a stream; raises TooLarge, NotText or Malformed."""
    encoded = encode_unread(stream, version, draft, by, sealed, random=random)
    read_back([encoded])
    return encoded


def encode_unread(
    stream: StreamId, version: int, draft: Draft, by: By, sealed: SealedPart | None, *, random: Random = os.urandom
) -> Encoded:
    """The same of one of many, all of which the caller reads back together before anyone may record them."""
    salt = b64encode(random(SALT_BYTES)).decode()
    digest = None if sealed is None else sealed.digest()
    try:
        after = b"," + _encode((draft.event.subjects(), salt, by, draft.event, digest))[1:]
    except UnicodeEncodeError:
        raise NotText from None  # The cause would carry the text along.
    before = b'["%b",%b,%d,' % (FORMAT.encode(), _encode(stream), version)
    if len(before) + len(after) + 16 > LEAF_BYTES_MAX:  # 16 digits of microseconds last until the year 2286.
        raise TooLarge(len(before) + len(after) + 16)
    return Encoded(stream, version, before, after, sealed)


def read_back(events: Sequence[Encoded]) -> None:
    """Demand that a reader can decode what was encoded; raises Malformed.

    Nothing checks types when an event is built, and a leaf that nobody can read would stand in the log for ever.
    """
    for begin in range(0, len(events), AT_ONCE):
        leaves = [event.leaf(0) for event in events[begin:begin + AT_ONCE]]
        if check_canonical_all(leaves) is None:
            for leaf in leaves:
                check_canonical(leaf)


def decode(leaf: bytes) -> Envelope:
    """Read a leaf into a typed envelope, its event in the newest form; raises Malformed."""
    try:
        envelope = _decode(leaf)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(leaf, str(error)) from error
    return _newest(envelope) if OLDER else envelope


def decode_each(leaves: Sequence[bytes]) -> list[Envelope]:
    """The same of leaves that are wanted together; raises Malformed of the first that is."""
    try:
        envelopes = list(map(_decode, leaves))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return list(map(decode, leaves))
    return list(map(_newest, envelopes)) if OLDER else envelopes


def _newest(envelope: Envelope) -> Envelope:
    if type(envelope.event) in OLDER:
        return msgspec.structs.replace(envelope, event=upcast(envelope.event))
    return envelope


def check_canonical(leaf: bytes) -> Envelope:
    """Read a leaf and demand that it is the one way to write what it says, so that no two readers can differ."""
    envelope = decode(leaf)
    as_written = envelope if not OLDER else _decode(leaf)
    if envelope.format != FORMAT:
        raise Malformed(leaf, f"格式是 {envelope.format!r}")
    if _encode(as_written) != leaf:
        raise Malformed(leaf, "按规范重写后与原字节不同")
    return envelope


def check_canonical_all(leaves: Sequence[bytes]) -> list[Envelope] | None:
    """The same for many leaves at once, a third faster; None when one of them fails, which is then to be found.

    They are read and written as lines. A canonical leaf holds no line break, so where the whole comes out the same and
    is as many lines as there are leaves, each line is its leaf.
    """
    lines = b"\n".join(leaves) + b"\n"
    try:
        envelopes = _decode_lines(lines)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if len(envelopes) != len(leaves) or _encode_lines(envelopes) != lines:
        return None
    if any(envelope.format != FORMAT for envelope in envelopes):
        return None
    return [_newest(envelope) for envelope in envelopes] if OLDER else envelopes


def wire_type_in(leaf: bytes) -> bytes:
    """Read the wire name of the event alone, so that whoever wants few events need not read the others.

    An event begins with its type, and nothing before it has a field of that name: within a text the quotation marks
    would be escaped. Of bytes that are no leaf it gives anything; whoever reads them is told.
    """
    begin = leaf.find(_TYPE) + len(_TYPE)
    return leaf[begin:leaf.find(b'"', begin)]


def act_in(leaf: bytes) -> bytes | None:
    """Read which larger act an event is a row of, alone; None where it is of none, or happened to the act itself.

    Who did it stands before the event, and nothing before that has a field of the name.
    """
    begin = leaf.find(_ACT, 0, leaf.find(_TYPE)) + len(_ACT)
    if begin < len(_ACT):
        return None
    act = leaf[begin:leaf.find(b'"', begin)]
    return None if leaf.startswith(_BEGINNING + act + b'"') else act
