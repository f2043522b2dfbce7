"""Strict text: the few checks that every format of this package shares, and the error that they raise.

A signed or hashed text has exactly one spelling. Each parser therefore refuses what merely means the same:
non-canonical base64, leading zeros, carriage returns, control bytes. C2SP allows several of these to be
tolerated; none of its writers makes them. `tests/ledger/proof/test_strict_text.py` shows it.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import ClassVar, Final

from ledger.errors import LedgerError

NUMBER_MAX: Final = 2**63 - 1
"""The largest size, index or time: what Go's int64 holds, so that no reader of ours overflows."""

_DECIMAL: Final = re.compile(r"0|[1-9][0-9]{0,18}")
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f]")
_NO_FILE_NAME: Final = re.compile(r"[^0-9A-Za-z.-]+")
_SHOWN_MAX: Final = 60


class Malformed(LedgerError):
    """A text or file is not what its format says. `where`, `found` and `remedy` are Chinese, fit to be
    shown.
    """

    code: ClassVar[str] = "malformed"
    cure: ClassVar[str] = "请向提供方重新索取原始文件，逐字节保存，不要经编辑器另存或转换换行"

    def __init__(self, where: str, found: str, cure: str | None = None) -> None:
        self.where, self.found = where, found
        self.remedy = self.cure if cure is None else cure
        super().__init__(f"{where}：{found}。{self.remedy}。")


def show(found: str | bytes) -> str:
    """Quote what was found for a message: escaped, and cut where it is long."""
    quoted = repr(found.decode("utf-8", "backslashreplace") if isinstance(found, bytes) else found)
    return quoted if len(quoted) <= _SHOWN_MAX else f"{quoted[:_SHOWN_MAX]}…（共 {len(found)}）"


def in_file_name(origin: str) -> str:
    """A log's name as part of a file's: the files of two logs lie in one folder, and say whose they are."""
    return _NO_FILE_NAME.sub("-", origin)


def read_text(data: bytes, where: str, error: type[Malformed]) -> str:
    """Decode UTF-8 that ends in a newline and holds no other control byte below 0x20."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as problem:
        raise error(where, f"第 {problem.start} 字节起不是 UTF-8 文本") from None
    if control := _CONTROL.search(text):
        line = text.count("\n", 0, control.start()) + 1
        raise error(where, f"第 {line} 行有控制字符 {control[0]!r}；换行只能是单个 LF")
    if not text.endswith("\n"):
        raise error(where, "末行没有换行符，文件可能被截断")
    return text


def parse_decimal(text: str, where: str, error: type[Malformed]) -> int:
    """Read a decimal without sign or leading zero, at most `NUMBER_MAX`; its length is checked first."""
    if not _DECIMAL.fullmatch(text):
        raise error(where, f"{show(text)} 不是十进制非负整数（不得有前导零、符号、空格，最多 19 位）")
    number = int(text)
    if number > NUMBER_MAX:
        raise error(where, f"{text} 超出上限 {NUMBER_MAX}")
    return number


def encode_base64(data: bytes) -> str:
    """RFC 4648 section 4: the standard alphabet, with padding."""
    return base64.b64encode(data).decode("ascii")


def decode_base64(text: str, where: str, error: type[Malformed], *, length: int | None = None) -> bytes:
    """Read canonical base64: spare bits are zero, so that no two spellings mean the same bytes."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise error(where, f"{show(text)} 不是带填充的标准 base64") from None
    if encode_base64(data) != text:
        raise error(where, f"{show(text)} 不是规范的 base64（末位多余的比特应为零）")
    if length is not None and len(data) != length:
        raise error(where, f"解码后为 {len(data)} 字节，应为 {length} 字节")
    return data
