"""What a file tells of its own making: when and with what a PDF was written, and the picture that lies within it.

The same scan is handed in twice with other bytes around it: saved again, put into a PDF, its name and date changed. So
beside the digest of a whole file there are two marks:

    document  producer and moment of creation of a PDF, to the second, as its information dictionary or its XMP says
    picture   the digest of the compressed picture alone: of a JPEG from its first scan on, of a PNG its pixels as they
              are packed, of a PDF the one JPEG that makes up most of it

A picture that was scaled, cropped, photographed again or packed anew has another digest. To find those it would have
to be unpacked, which takes a decoder; none that is a dependency here does it safely, and so it is not done: of such
files, and of OFD, nothing but the digest of the whole is compared.

A file is never rendered. No page of it is opened, nothing in it is followed; of what is packed only the streams that
may hold an information dictionary are unpacked, so many and so much of each. Everything is bounded in size and time,
and whatever is not as it should be has no marks. `tests/projections/findings/test_clues.py` shows it on hostile files.
"""

from __future__ import annotations

import hashlib
import re
import time
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Final, NamedTuple

BYTES_MOST: Final = 20 * 1024 * 1024
"""What is larger is not looked into."""
PARTS_MOST: Final = 50_000
"""So many streams or chunks of a file are walked over, whatever it holds."""
MILLIS_MOST: Final = 2_000
"""Then whatever was not found is not looked for: a last resort, since what is found should not hang on the machine."""
PACKED_MOST: Final = 64
"""So many packed streams are unpacked,"""
UNPACKED_MOST: Final = 256 * 1024
"""and so many bytes of each: an information dictionary is a few hundred."""
PICTURE_LEAST: Final = 8 * 1024
"""Smaller pictures are seals and letterheads, which every paper of an issuer shares."""
VALUE_MOST: Final = 400
OLDEST: Final = 1990
"""A clock that says less was never set: 1970 and 1980 are shared by strangers."""

_JPEG: Final = b"\xff\xd8\xff"
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_PRODUCER: Final = re.compile(rb"/Producer\s{0,8}(?=[(<])")
_CREATED: Final = re.compile(rb"/CreationDate\s{0,8}(?=[(<])")
_XMP_PRODUCER: Final = re.compile(rb"<pdf:Producer>([^<]{1,400})</pdf:Producer>")
_XMP_CREATED: Final = re.compile(rb"<xmp:CreateDate>([^<]{1,40})</xmp:CreateDate>")
_MOMENT: Final = re.compile(
    r"(?:D:)?(\d{4})-?(\d\d)-?(\d\d)T?(\d\d):?(\d\d):?(\d\d)(?:\.\d{1,9})?([Zz+-]?)(\d\d)?'?:?(\d\d)?")
_ESCAPES: Final = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


class Marks(NamedTuple):
    """What was found."""

    document: str | None = None
    picture: str | None = None


NONE: Final = Marks()


class _TooLong(Exception):
    """It took more than any paper is worth."""


class _Clock:
    """Says when to stop: after so many parts, or so long."""

    def __init__(self, millis: int) -> None:
        self._until, self._parts = time.monotonic_ns() + millis * 1_000_000, 0

    def look(self) -> None:
        self._parts += 1
        if self._parts > PARTS_MOST or time.monotonic_ns() > self._until:
            raise _TooLong


def marks_of(data: bytes, *, millis_most: int = MILLIS_MOST) -> Marks:
    """Read the marks of a file, whatever it is; a file that is none of these has none."""
    if len(data) > BYTES_MOST:
        return NONE
    clock, document = _Clock(millis_most), None
    try:
        if data.startswith(_JPEG):
            return Marks(picture=_jpeg(data, clock))
        if data.startswith(_PNG):
            return Marks(picture=_png(data, clock))
        if data.startswith(b"%PDF-"):
            document = _document(data, clock)
            return Marks(document, _scan_in(data, clock))
    except _TooLong:
        pass
    return Marks(document)


# Pictures


def _jpeg(data: bytes, clock: _Clock) -> str | None:
    """From the first scan to the end of the picture: what stands before may be rewritten by whoever saves it."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        clock.look()
        marker, length = data[at + 1], int.from_bytes(data[at + 2:at + 4], "big")
        if marker == 0xFF:
            at += 1
            continue
        if length < 2:
            return None
        if marker == 0xDA:
            end = data.find(b"\xff\xd9", at)
            return _told(data[at:end]) if end - at >= PICTURE_LEAST else None
        at += 2 + length
    return None


def _png(data: bytes, clock: _Clock) -> str | None:
    """The head and the packed pixels, without dates and texts."""
    at, digest, packed = len(_PNG), hashlib.sha256(), 0
    while at + 12 <= len(data):
        length, name = int.from_bytes(data[at:at + 4], "big"), data[at + 4:at + 8]
        if at + 12 + length > len(data):
            return None
        if name in (b"IHDR", b"IDAT"):
            digest.update(data[at + 8:at + 8 + length])
            packed += length
        if name == b"IEND":
            return digest.hexdigest() if packed >= PICTURE_LEAST else None
        at += 12 + length
        clock.look()
    return None


def _scan_in(data: bytes, clock: _Clock) -> str | None:
    """The one JPEG that makes up most of a PDF, if there is one: a scan, and no letterhead."""
    for begin, end in _streams(data, clock):
        if 2 * (end - begin) > len(data):
            return _jpeg(data[begin:end], clock) if data.startswith(_JPEG, begin) else None
    return None


def _streams(data: bytes, clock: _Clock) -> Iterator[tuple[int, int]]:
    """Where streams begin and end, by the words around them: what the file says of their lengths is not believed."""
    at = 0
    while (begin := data.find(b"stream", at)) >= 0:
        clock.look()
        begin += 6
        begin += 2 if data.startswith(b"\r\n", begin) else int(data.startswith(b"\n", begin))
        if (end := data.find(b"endstream", begin)) < 0:
            return
        yield begin, end
        at = end + 9


def _told(picture: bytes) -> str:
    return hashlib.sha256(picture).hexdigest()


# Documents


def _document(data: bytes, clock: _Clock) -> str | None:
    """Producer and moment of creation; those of the first version that the file holds, which later ones follow."""
    if b"/Encrypt" in data[-4096:]:  # Then its texts are not texts.
        return None
    for part in _readable(data, clock):
        producer = _text(part, _PRODUCER) or _plain(part, _XMP_PRODUCER)
        created = _moment(_text(part, _CREATED)) or _moment(_plain(part, _XMP_CREATED))
        if producer and created:
            return f"{producer}\n{created}"
        clock.look()
    return None


def _readable(data: bytes, clock: _Clock) -> Iterator[bytes]:
    """The file as it lies there, then what its object streams hold."""
    yield data
    unpacked = 0
    for begin, end in _streams(data, clock):
        if b"/ObjStm" in data[max(0, begin - 300):begin]:
            unpacked += 1
            try:
                yield zlib.decompressobj().decompress(data[begin:end], UNPACKED_MOST)
            except zlib.error:
                continue
            if unpacked == PACKED_MOST:
                return


def _plain(part: bytes, pattern: re.Pattern[bytes]) -> str | None:
    found = pattern.search(part)
    return None if found is None else found.group(1).decode("utf-8", "replace").strip()


def _text(part: bytes, name: re.Pattern[bytes]) -> str | None:
    """The string after a name, in either of the ways in which PDF writes strings."""
    found = name.search(part)
    if found is None:
        return None
    written = part[found.end():found.end() + VALUE_MOST]
    raw = _hexadecimal(written) if written.startswith(b"<") else _literal(written)
    if raw is None:
        return None
    text = raw.decode("utf-16", "replace") if raw[:2] in (b"\xfe\xff", b"\xff\xfe") else raw.decode("utf-8", "replace")
    return text.replace("\0", "").strip() or None


def _hexadecimal(written: bytes) -> bytes | None:
    digits, closed, _ = written[1:].partition(b">")
    try:
        return bytes.fromhex(digits.decode("ascii")) if closed else None
    except ValueError:
        return None


def _literal(written: bytes) -> bytes | None:
    """What stands between brackets, which may hold brackets and escapes; None where they do not close in time."""
    read, depth, at = bytearray(), 0, 0
    while at < len(written):
        char = written[at:at + 1]
        at += 1
        if char == b"\\":
            octal = re.match(rb"[0-7]{1,3}", written[at:at + 3])
            if octal is not None:
                read.append(int(octal.group(), 8) & 0xFF)
                at += len(octal.group())
            else:
                read += _ESCAPES.get(written[at:at + 1], written[at:at + 1])
                at += 1
            continue
        depth += (char == b"(") - (char == b")")
        if depth == 0:
            return bytes(read)
        if char != b"(" or depth > 1:
            read += char
    return None


def _moment(text: str | None) -> str | None:
    """A moment to the second, in UTC where the file says how far off it is; None for one that was never set."""
    found = None if text is None else _MOMENT.match(text)
    if found is None:
        return None
    sign, hours, minutes = found.groups()[6:]
    offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0)) if sign in ("+", "-") else timedelta()
    year, month, day, hour, minute, second = map(int, found.groups()[:6])
    try:
        zone = timezone(-offset if sign == "-" else offset)
        at = datetime(year, month, day, hour, minute, second, tzinfo=zone)
        return at.astimezone(UTC).isoformat() if year >= OLDEST else None
    except (ValueError, OverflowError):
        return None
