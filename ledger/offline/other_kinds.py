"""Files that people bring instead of the one that proves something: what each is, and what to bring.

It needs the standard library alone, because the verifier reads it. `tests/ledger/test_other_files.py` shows it.
"""

from __future__ import annotations

from typing import Final

_PICTURE: Final = "是图片，里面没有证明：纸上的情况表请凭二维码或核验码查询"
_PAGE: Final = "是网页：能自行核验的请用浏览器打开；打印页里没有证明，请取文本文件或 PDF，或凭核验码查询"
_UTF_16: Final = "编码被改成了 UTF-16，多半是经编辑器另存：请取原始文件"
_DOCUMENT: Final = "是 Office 文档，里面没有证明：请取文本文件或 PDF，或凭核验码查询"
_ARCHIVE: Final = "是压缩文件或 Office 文档，里面没有情况表的证明：请取文本文件或 PDF，或凭核验码查询"
KINDS: Final = (
    (b"\x89PNG", _PICTURE), (b"\xff\xd8\xff", _PICTURE), (b"GIF8", _PICTURE), (b"BM", _PICTURE),
    (b"II*\x00", _PICTURE), (b"MM\x00*", _PICTURE),
    (b"<!doctype html", _PAGE), (b"<html", _PAGE), (b"\xff\xfe", _UTF_16), (b"\xfe\xff", _UTF_16),
    (b"\xd0\xcf\x11\xe0", _DOCUMENT), (b"PK\x03\x04", _ARCHIVE),
)
"""How each begins, capitals or not, and what is said of it."""


def other_kind(data: bytes) -> str | None:
    """Say in words what a file is that holds no proof; None where it is not known."""
    head = data[:64].lower()
    return next((words for beginning, words in KINDS if head.startswith(beginning.lower())), None)
