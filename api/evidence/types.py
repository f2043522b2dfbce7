"""What a file is, by its own bytes: PDF, JPEG, PNG, and OFD, in which public offices issue papers (GB/T 33190).

A name and a declared type say nothing here. A file is walked as far as a reader must walk it to trust its frame: one
that was cut off is told apart from one of a kind that is not taken, and one that would unpack into more than any paper
needs is refused before anybody opens it. `tests/api/test_evidence_types.py` shows it.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from pathlib import PurePosixPath
from typing import Final

from ledger.errors import Refusal

PDF: Final = "application/pdf"
JPEG: Final = "image/jpeg"
PNG: Final = "image/png"
OFD: Final = "application/ofd"
TYPES: Final = (PDF, JPEG, PNG, OFD)
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV: Final = "text/csv"
LISTS: Final = (XLSX, CSV)
"""As what the list of a class is handed in; of no other paper."""
ENDINGS: Final = {PDF: "pdf", JPEG: "jpg", PNG: "png", OFD: "ofd", XLSX: "xlsx", CSV: "csv"}
PAPERS: Final = {
    "certificate": "证书、证明", "notice": "通知、日程", "document": "文件、批件", "work": "论文、成果",
    "other": "其他材料",
}
"""What a paper is said to be by whoever hands it in, in words; another kind stands as it is."""
PAPER_KINDS: Final = {**PAPERS, "roster": "名册", "row": "来源系统的记录", "schedule": "日程、课程表"}
"""These, and what is shown where nobody hands a paper in: the list of a class, and what another system sent."""

PIXELS_MOST: Final = 100_000_000
UNPACKED_MOST: Final = 100 * 1024 * 1024
PARTS_MOST: Final = 5_000

_PDF: Final = re.compile(rb"%PDF-[12]\.[0-9]")
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_ZIP: Final = b"PK\x03\x04"
_AT_ONCE: Final = 1 << 16
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""The markers of a JPEG that say how large it is; the three left out are tables."""


def type_of(data: bytes) -> str | Refusal:
    """Say what a file is, or why it is not taken."""
    if _PDF.match(data):
        return PDF if _is_whole_pdf(data) else Refusal.because("evidence_broken", type=PDF)
    if data.startswith(b"\xff\xd8\xff"):
        return _picture(JPEG, _jpeg_pixels(data))
    if data.startswith(_PNG):
        return _picture(PNG, _png_pixels(data))
    if data.startswith(_ZIP):
        return _ofd(data)
    return Refusal.because("evidence_type_unknown", types=TYPES)


def _is_whole_pdf(data: bytes) -> bool:
    """Where its parts stand is said at the end: without that there is nothing to open."""
    end = data[-2048:]
    return b"startxref" in end and b"%%EOF" in end


def _picture(kind: str, pixels: int | None) -> str | Refusal:
    if pixels is None:
        return Refusal.because("evidence_broken", type=kind)
    return kind if pixels <= PIXELS_MOST else Refusal.because("evidence_unpacks", pixels=pixels, most=PIXELS_MOST)


def _jpeg_pixels(data: bytes) -> int | None:
    """How many points a JPEG has; None where its segments or its end are not there."""
    at, pixels = 2, None
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2:at + 4], "big")
        if marker == 0xFF:  # Fill bytes may stand before a marker.
            at += 1
            continue
        if length < 2 or at + 2 + length > len(data):
            return None
        if marker in _FRAMES and length >= 7:
            pixels = int.from_bytes(data[at + 5:at + 7], "big") * int.from_bytes(data[at + 7:at + 9], "big")
        if marker == 0xDA:  # What follows is the picture itself. Telephones put more behind its end.
            return pixels if data.find(b"\xff\xd9", at) > 0 else None
        at += 2 + length
    return None


def _png_pixels(data: bytes) -> int | None:
    """How many points a PNG has; None where its chunks do not follow each other to the end."""
    at, pixels = len(_PNG), None
    while at + 12 <= len(data):
        length, name = int.from_bytes(data[at:at + 4], "big"), data[at + 4:at + 8]
        body = data[at + 8:at + 8 + length]
        if len(body) < length or zlib.crc32(name + body).to_bytes(4, "big") != data[at + 8 + length:at + 12 + length]:
            return None
        if pixels is None:
            if name != b"IHDR" or length != 13:
                return None
            pixels = int.from_bytes(body[:4], "big") * int.from_bytes(body[4:8], "big")
        at += 12 + length
        if name == b"IEND":
            return pixels if at == len(data) else None
    return None


def _ofd(data: bytes) -> str | Refusal:
    """An OFD is an archive: it is unpacked here once, part by part and into nothing, within what it may come to."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            if "OFD.xml" not in archive.namelist():
                return Refusal.because("evidence_type_unknown", types=TYPES)
            unpacked = sum(part.file_size for part in parts)
            if len(parts) > PARTS_MOST or unpacked > UNPACKED_MOST:
                return Refusal.because("evidence_unpacks", bytes=unpacked, most=UNPACKED_MOST, parts=len(parts))
            if not all(_is_sound(part) for part in parts):
                return Refusal.because("evidence_broken", type=OFD)
            for part in parts:  # No more comes out than was declared: what would is told by its check sum.
                with archive.open(part) as reader:
                    while reader.read(_AT_ONCE):
                        pass
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError):
        return Refusal.because("evidence_broken", type=OFD)
    return OFD


def _is_sound(part: zipfile.ZipInfo) -> bool:
    """Whether a part lies within the archive by its name, and is packed in a way that every reader knows."""
    name = part.orig_filename
    stays = not name.startswith("/") and "\\" not in name and ":" not in name and "\0" not in name
    known = part.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) and not part.flag_bits & 1
    return stays and known and ".." not in PurePosixPath(name).parts
