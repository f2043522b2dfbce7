"""One thing of DER: the certificates in a time-stamp put into the order that DER wants of a set.

OpenSSL, and so many an authority, writes them as they come, signer first; strict readers refuse the whole for that. No
signature covers the field, and its length stays the same, so nothing that was signed is touched.

`tests/witness/test_stamps.py` shows it with OpenSSL and a chain.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

_SEQUENCE: Final = 0x30
_FIRST: Final = 0xA0    # [0], constructed: the content of a ContentInfo, the certificates of a SignedData.


class _Part(NamedTuple):
    tag: int
    begins: int    # Its header.
    content: int
    ends: int


def ordered(answer: bytes) -> bytes:
    """The same TimeStampResp with its certificates in order; what is not of that form is given back as it is."""
    try:
        (whole,) = _parts(answer, 0, len(answer))
        _, token = list(_parts(answer, whole.content, whole.ends))[:2]
        explicit = _only(answer, token, _FIRST)
        signed = _only(answer, explicit, _SEQUENCE)
        certificates = _only(answer, signed, _FIRST)
        found = [answer[one.begins:one.ends] for one in _parts(answer, certificates.content, certificates.ends)]
    except (ValueError, IndexError):
        return answer
    return answer[:certificates.content] + b"".join(sorted(found)) + answer[certificates.ends:]


def _only(data: bytes, within: _Part, tag: int) -> _Part:
    (found,) = (one for one in _parts(data, within.content, within.ends) if one.tag == tag)
    return found


def _parts(data: bytes, at: int, end: int) -> Iterator[_Part]:
    """The elements that lie one after another between two places; raises ValueError or IndexError where they do not."""
    while at < end:
        length, content = data[at + 1], at + 2
        if length >= 0x80:
            content += length & 0x7F
            length = int.from_bytes(data[at + 2:content])
        if content + length > end:
            raise ValueError("an element goes beyond what it lies in")
        yield _Part(data[at], at, content, content + length)
        at = content + length
