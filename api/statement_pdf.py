"""A statement as PDF: set by Typst, sealed invisibly by PAdES, with the text and its proof in it.

It wants the extra `pdf`. PDF/A-3a: tagged, fonts embedded, the file of the text and its proof attached as the source of
what is seen. A character that the font lacks makes no empty box: the standard forbids it, so nothing is handed out. The
same paper is the same page every time; only the seal is new. `xueshi verify` reads all of it (`ledger.verify_pdf`).

`tests/api/printing/test_statement_pdf.py` shows it.
"""

from __future__ import annotations

import io
import json
import os
import re
import threading
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from api.statement_paper import Paper
from api.statement_paper import as_data as marks
from api.statement_seal import Seal
from ledger.vocabulary import LOCAL
from projections.statement_sheets import as_data

if TYPE_CHECKING:
    import typst

FONT: Final = "Noto Serif CJK SC"
_FONT_FOLDERS: Final = ("/usr/share/fonts/opentype/noto", "/usr/share/fonts/noto-cjk", "/usr/local/share/fonts")
_YEAR_TAIL: Final = ("1fr", "auto", "auto")
_ENTRY_WIDTHS: Final = ("22pt", "28pt", "44pt", "96pt", "1fr", "54pt", "46pt", "24pt", "42pt", "42pt", "70pt", "82pt",
                        "64pt")
_AT: Final = re.compile(r"截至 ?(\d{4})-(\d\d)-(\d\d) ?(\d\d):(\d\d):(\d\d)")
_ONE_AT_A_TIME: Final = threading.Lock()  # Its cache is one for all, and two cores would not be faster.


class PdfImpossible(Exception):
    """What a PDF is made with is not here, or the text has a character that the font lacks."""

    def __init__(self, found: str, cure: str) -> None:
        self.found, self.cure = found, cure
        super().__init__(f"做不出 PDF：{found}。{cure}；打印页和文本不受影响。")


def pdf(paper: Paper, seal: Seal) -> bytes:
    """The paper, set and sealed."""
    return _sealed(_set(paper), seal)


def _set(paper: Paper) -> bytes:
    import typst

    given = {"data": json.dumps(_data(paper), ensure_ascii=False), "file": paper.file.decode()}
    with _ONE_AT_A_TIME:
        try:
            made, warnings = _compiler().compile_with_warnings(
                input=_template(), format="pdf", sys_inputs=given, pdf_standards=["a-3a"], timestamp=_moment(paper))
        except typst.TypstError as error:
            raise PdfImpossible(f"排版不成（{error.message}）", "姓名或项目中可能有字体所缺的字") from error
    if warnings or not isinstance(made, bytes):
        raise PdfImpossible(f"排版有疑（{'；'.join(one.message for one in warnings)}）", "请安装 fonts-noto-cjk")
    return made


@cache
def _template() -> bytes:
    return resources.files(__package__).joinpath("statement.typ").read_bytes()


@cache
def _compiler() -> typst.Compiler:
    """Reading the fonts takes longer than setting a page: it is done once."""
    try:
        import typst
    except ImportError as error:
        raise PdfImpossible("没有安装排版程序", "请安装附加项 xueshi-ledger[pdf]") from error
    folders = [one for one in _FONT_FOLDERS if os.path.isdir(one)]  # noqa: PTH112
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=folders)
    if FONT not in fonts.families():
        raise PdfImpossible(f"没有字体 {FONT}", "请执行 apt-get install fonts-noto-cjk")
    return typst.Compiler(font_paths=fonts, ignore_system_fonts=True)


def _data(paper: Paper) -> dict[str, Any]:
    told = []
    for sheet in as_data(paper.sheets):
        years, entries = len(sheet["years"]["heads"]), len(sheet["entries"]["heads"])
        widths = list(_ENTRY_WIDTHS)
        if entries > len(widths):
            widths.insert(3, "24pt")
        told.append({**sheet, "year-widths": ["auto"] * (years - 3) + list(_YEAR_TAIL), "entry-widths": widths})
    return {**marks(paper), "sheets": told, "font": FONT, "at": list(_moment(paper).timetuple()[:6]),
            "file-name": f"{paper.statement}.txt"}


def _moment(paper: Paper) -> datetime:
    """The moment that the statement speaks of: the PDF's own date, so that the same paper is the same page."""
    found = _AT.match(dict(paper.sheets[0].basis)["记录时间"][0])
    assert found is not None, "the text was read"
    year, month, day, hour, minute, second = map(int, found.groups())
    return datetime(year, month, day, hour, minute, second, tzinfo=LOCAL).astimezone(UTC)


def _sealed(page: bytes, seal: Seal) -> bytes:
    """Sealed so that any change shows: a signature over the whole file, in no place on the page."""
    from asn1crypto import keys, x509  # type: ignore[import-untyped]
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import fields, signers
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    signer = signers.SimpleSigner(
        x509.Certificate.load(seal.certificate), keys.PrivateKeyInfo.load(seal.key), SimpleCertificateStore())  # type: ignore[no-untyped-call]
    how = signers.PdfSignatureMetadata(
        field_name="Seal", md_algorithm="sha256", subfilter=fields.SigSeedSubFilter.PADES, reason="登记情况表电子签章",
        certify=True, docmdp_permissions=fields.MDPPerm.NO_CHANGES)
    out = io.BytesIO()
    signers.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(page)), how, signer, output=out)
    return out.getvalue()
