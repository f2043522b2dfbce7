"""A PDF in which no seal can be checked: cut short on its way, changed since it was sealed, or never sealed.

Whoever brings one is told which, and nobody is called a forger for a download that broke off. Nothing of it is proved:
whoever takes the seal away has a file that looks like one that never had any.

It needs the standard library alone: the verifier reads it. `tests/api/printing/test_statement_pdf.py` shows it.
"""

from __future__ import annotations

import re
from typing import ClassVar, Final

from ledger.offline.verdict import Unverified

WHERE: Final = "PDF 的电子签章"
ENDLESS: Final = "文件有 {} 字节，末尾没有 PDF 的结束标记：签章一节没有收到"
REPRINTED: Final = "没有签章：多半是重新打印或另存的，正文和证明已不在其中"
TAKEN_OFF: Final = "没有签章，而正文和证明还附在其中：文件恰在签章之前断开，或签章被去掉"
SPOILT: Final = "有签章的痕迹，而它所覆盖的范围（ByteRange）读不出：被改动，或由别的程序另存"
ELSEWHERE: Final = "有签章，而不是登记机构的写法：是别处的签章"

_END: Final = re.compile(rb"%%EOF[\0\t\n\f\r ]*\Z")
_TRACE: Final = re.compile(rb"/ByteRange|/SubFilter")


class PdfCutShort(Unverified):
    """The file is how a PDF begins, and then it ends: a download broke off."""

    code: ClassVar[str] = "pdf_cut_short"
    cure = "它只是文件的前一段，真假都无从核验；请重新下载或重新索取整个 PDF，大小与来处一致之后再核验"


class PdfUnsealed(Unverified):
    """A whole PDF that nobody has sealed."""

    code: ClassVar[str] = "pdf_unsealed"
    cure = "没有签章的 PDF 真假都无从核验；请取登记机构出具的原来的 PDF 或文本文件，或凭核验码查询"


class PdfChanged(Unverified):
    """The seal is there, and it is not over these bytes."""

    code: ClassVar[str] = "pdf_changed"


def ends_whole(data: bytes) -> bool:
    """Whether a PDF has its end, as whatever wrote it put it there."""
    return _END.search(data) is not None


def without_seal(data: bytes, *, is_ours: bool) -> Unverified:
    """Why there is none to check; `is_ours`: a statement's file is attached as we attach it."""
    if not ends_whole(data):
        return PdfCutShort(WHERE, ENDLESS.format(len(data)))
    if _TRACE.search(data):
        return PdfChanged(WHERE, SPOILT) if is_ours else Unverified(WHERE, ELSEWHERE)
    return PdfUnsealed(WHERE, TAKEN_OFF if is_ours else REPRINTED)
