"""A ZIP archive of which there is one spelling: nothing compressed, nothing beside the files, every byte accounted for.

    1*(local header, content)    in the order of the directory, without a gap
    1*(entry of the directory)
    end of the directory         the last 22 bytes; of 65,535 files and more 76 bytes stand before them (ZIP64)

Any program opens it. But an ordinary archive says the same in many ways (times, attributes, comments, gaps, a directory
that differs from the headers), so of a changed byte nobody can tell whether it matters. Here each header follows from a
file's name, size and CRC alone; it is written again while it is read and has to be the same bytes. What is not
compressed cannot be a bomb: what is read is never more than what lies there. Names are of ASCII and stay below where
they are unpacked.

It needs the standard library alone, because the verifier reads it. `tests/ledger/test_plain_zip.py` shows it.
"""

from __future__ import annotations

import io
import os
import re
import struct
import zlib
from collections.abc import Iterator
from typing import IO, ClassVar, Final, NamedTuple, Protocol

from ledger.proof.text import Malformed, show

FILES_MOST: Final = 150_000           # Two for each event of a bundle, and the papers.
BYTES_MOST: Final = 2 * 1024 ** 3     # Sizes are of 32 bits; readers that take them for signed ones still agree.
_FIRST: Final = b"PK\x03\x04"
_LOCAL: Final = struct.Struct("<4s5H3I2H")
_ENTRY: Final = struct.Struct("<4s6H3I5H2I")
_END: Final = struct.Struct("<4s4H2IH")
_LARGE: Final = struct.Struct("<4sQ2H2I4Q4sIQI")  # The end of a large directory, and where that end begins.
_MANY: Final = 0xFFFF                 # So many files and more are counted there alone.
_PLAIN: Final = (20, 0, 0, 0, 0x0021)  # Version 2.0, no flags, stored, midnight of 1980-01-01: it says nothing of when.
_HEAD: Final = struct.pack("<4s5H", _FIRST, *_PLAIN)  # So each header begins, whatever the file is.
_PIECE: Final = 1024 * 1024
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}(/[A-Za-z0-9][A-Za-z0-9_.-]{0,99}){0,3}")
_NAME_MOST: Final = 4 * 101


class MalformedArchive(Malformed):
    """The file is not an archive of the one spelling; `where` names the place."""

    code: ClassVar[str] = "archive_malformed"


class CutShort(MalformedArchive):
    """The file is how an archive of the one spelling begins, and then it ends: a download broke off.

    That is known because each file's name, size and CRC stand before its content; whoever changes a file so that it
    looks cut short has still proved nothing.
    """

    code: ClassVar[str] = "archive_cut_short"
    cure: ClassVar[str] = "请重新下载或重新拷贝整个文件，大小与来处一致之后再核验"


class Member(NamedTuple):
    """A file in it: where its content begins, how long it is, and the CRC of it."""

    name: str
    begins: int
    size: int
    crc: int


class Sink(Protocol):
    """What an archive is written to, from its beginning to its end: a file, or what seals one."""

    def write(self, data: bytes, /) -> object:
        """Take in the next bytes."""


class Writer:
    """Writes an archive file by file; `finish` ends it."""

    def __init__(self, file: Sink) -> None:
        self._file, self._members, self._at = file, dict[str, Member](), 0

    def put(self, name: str, content: bytes) -> None:
        """Write a file under a name that is not there yet."""
        assert _NAME.fullmatch(name) and name not in self._members, f"{name} is no name, or there already"
        assert len(self._members) < FILES_MOST and self._at + len(content) < BYTES_MOST, "whoever writes has counted"
        crc = zlib.crc32(content)
        header = _local(name, len(content), crc)
        self._members[name] = Member(name, self._at + len(header), len(content), crc)
        self._file.write(header)
        self._file.write(content)
        self._at += len(header) + len(content)

    def finish(self) -> None:
        """Write the directory."""
        directory = _directory(list(self._members.values()))
        self._file.write(directory + _end(len(self._members), len(directory), self._at))


def read_members(file: IO[bytes]) -> list[Member]:
    """List what is in it, in order; raises MalformedArchive. Contents are not looked at yet."""
    size = file.seek(0, os.SEEK_END)
    if size > BYTES_MOST:
        raise MalformedArchive("ZIP 文件", f"有 {size} 字节，至多 {BYTES_MOST} 字节")
    directory, begins = _read_directory(file, size)
    members = list(_entries(directory, begins))
    if _directory(members) != directory:
        raise MalformedArchive(
            "ZIP 的目录", "不是规范写法（时间、属性、注释或附加项不该有）：经别的程序重新压缩，或本来就不是移送材料")
    ends = 0
    for one in members:
        header = _local(one.name, one.size, one.crc)
        file.seek(ends)
        if one.begins != ends + len(header) or file.read(len(header)) != header:
            raise MalformedArchive(f"ZIP 中的 {one.name}", "文件头与目录不一致，或文件之间另有内容")
        ends = one.begins + one.size
    if ends != begins:
        found = f"文件到第 {ends} 字节为止，目录从第 {begins} 字节起：大小不符，或其间另有内容"
        raise MalformedArchive("ZIP 文件", found)
    return members


def read_content(file: IO[bytes], member: Member) -> bytes:
    """Give what a file holds; raises MalformedArchive where its CRC is another."""
    file.seek(member.begins)
    content = file.read(member.size)
    if len(content) != member.size or zlib.crc32(content) != member.crc:
        raise MalformedArchive(f"ZIP 中的 {member.name}", "内容与校验和（CRC-32）不符")
    return content


def looks_like_archive(head: bytes) -> bool:
    """Say whether someone meant this to be an archive."""
    return head.startswith(_FIRST[:2])


def _read_directory(file: IO[bytes], size: int) -> tuple[bytes, int]:
    """The directory as it stands, and where it begins; the end of the file is the end of it."""
    file.seek(max(0, size - _END.size))
    end = file.read(_END.size)
    signature, *_, count, length, begins, comment = _END.unpack(end.rjust(_END.size, b"\0"))
    if signature != b"PK\x05\x06" or comment:
        if (whole := _begun(file, size)) is not None:
            raise CutShort("ZIP 文件", f"只有前 {size} 字节，没有下载完整；已到的 {whole} 个文件没有改动的迹象")
        raise MalformedArchive("ZIP 文件的结尾", "不是目录的结尾：内容有改动，或末尾附有别的内容")
    if count == _MANY and size >= _LARGE.size + _END.size:
        file.seek(size - _LARGE.size - _END.size)
        large = file.read(_LARGE.size)
        count, end = _LARGE.unpack(large)[7], large + end
    if (count > FILES_MOST or length > count * (_ENTRY.size + _NAME_MOST) or begins + length + len(end) != size
            or end != _end(count, length, begins)):
        raise MalformedArchive("ZIP 文件的结尾", "所记的目录位置、大小或文件数不符")
    file.seek(begins)
    return file.read(length), begins


def _begun(file: IO[bytes], size: int) -> int | None:
    """Say how many files are whole in what is the beginning of an archive; None where it is not one."""
    members, names, at = list[Member](), set[str](), 0
    while True:
        file.seek(at)
        head = file.read(_LOCAL.size + _NAME_MOST)
        if len(head) < len(_FIRST) and _FIRST.startswith(head):
            return len(members)
        if not head.startswith(_FIRST):
            directory = _directory(members)
            rest = directory + _end(len(members), len(directory), at)
            file.seek(at)
            return len(members) if size - at < len(rest) and rest.startswith(file.read(len(rest))) else None
        if len(head) < _LOCAL.size:
            return len(members) if head.startswith(_HEAD[:len(head)]) else None
        *_, crc, _packed, content, length, _extra = _LOCAL.unpack_from(head)
        raw = head[_LOCAL.size:_LOCAL.size + length]
        if len(raw) < length:
            return len(members) if length <= _NAME_MOST and head.startswith(_HEAD) else None
        name = raw.decode("ascii", "replace")
        if not _NAME.fullmatch(name) or name in names or head[:_LOCAL.size + length] != _local(name, content, crc):
            return None
        one = Member(name, at + _LOCAL.size + length, content, crc)
        if one.begins + content > size:
            return len(members)
        if _crc_of(file, one) != crc:
            return None
        members.append(one)
        names.add(name)
        at = one.begins + content


def _crc_of(file: IO[bytes], member: Member) -> int:
    """Add up a content piece by piece: a file may be of gigabytes."""
    file.seek(member.begins)
    crc, left = 0, member.size
    while left and (piece := file.read(min(left, _PIECE))):
        crc, left = zlib.crc32(piece, crc), left - len(piece)
    return crc


def _entries(directory: bytes, ends: int) -> Iterator[Member]:
    """Read the entries; each thing that could do harm is named before it is compared."""
    at, seen = 0, set[str]()
    while at < len(directory):
        if len(directory) < at + _ENTRY.size:
            raise MalformedArchive("ZIP 的目录", "不完整")
        signature, *_, method, _time, _day, crc, packed, size, length, _extra, _words, _disk, _inner, _outer, offset = (
            _ENTRY.unpack_from(directory, at))
        raw = directory[at + _ENTRY.size:at + _ENTRY.size + length]
        name = _named(raw)
        where = f"ZIP 中的 {show(name)}"
        if signature != b"PK\x01\x02" or len(raw) != length:
            raise MalformedArchive("ZIP 的目录", "不成形")
        if name in seen:
            raise MalformedArchive(where, "有两个同名的文件：两个程序可能读出不同的内容")
        if method != 0 or packed != size:
            raise MalformedArchive(where, "是压缩的，或大小前后不一：移送材料一律不压缩存放，不予解开")
        begins = offset + _LOCAL.size + length
        if begins + size > ends:
            raise MalformedArchive(where, f"称有 {size} 字节，超出了文件本身")
        seen.add(name)
        yield Member(name, begins, size, crc)
        at += _ENTRY.size + length


def _named(raw: bytes) -> str:
    try:
        name = raw.decode("ascii")
    except UnicodeDecodeError:
        raise MalformedArchive("ZIP 的目录", f"文件名 {show(raw)} 不是 ASCII") from None
    if name.startswith(("/", "\\")) or ":" in name or ".." in name.replace("\\", "/").split("/"):
        raise MalformedArchive("ZIP 的目录", f"文件名 {show(name)} 指到所解开的文件夹之外，不予解开")
    if not _NAME.fullmatch(name):
        raise MalformedArchive("ZIP 的目录", f"文件名 {show(name)} 不是移送材料用的写法")
    return name


def _local(name: str, size: int, crc: int) -> bytes:
    return _LOCAL.pack(_FIRST, *_PLAIN, crc, size, size, len(name), 0) + name.encode()


def _directory(members: list[Member]) -> bytes:
    written = io.BytesIO()
    for one in members:
        offset = one.begins - _LOCAL.size - len(one.name)
        written.write(_ENTRY.pack(
            b"PK\x01\x02", _PLAIN[0], *_PLAIN, one.crc, one.size, one.size, len(one.name), 0, 0, 0, 0, 0, offset))
        written.write(one.name.encode())
    return written.getvalue()


def _end(count: int, length: int, begins: int) -> bytes:
    if count < _MANY:
        return _END.pack(b"PK\x05\x06", 0, 0, count, count, length, begins, 0)
    large = _LARGE.pack(b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, length, begins,
                        b"PK\x06\x07", 0, begins + length, 1)
    return large + _END.pack(b"PK\x05\x06", 0, 0, _MANY, _MANY, length, begins, 0)
