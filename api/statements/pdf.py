"""A statement as PDF: set by Typst, sealed invisibly by PAdES, with the text and its proof in it.

It wants the extra `pdf` (`api.paper.typesetting`); the file of the text and its proof is attached as the source of what
is seen. The same paper is the same page every time; only the seal is new. `xueshi verify` reads all of it
(`ledger.offline.verify_pdf`).

`tests/api/printing/test_statement_pdf.py` shows it.
"""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime
from typing import Any, Final

from api.paper.typesetting import PdfImpossible as PdfImpossible  # By this name the doors know it.
from api.paper.typesetting import typeset
from api.statements.paper import Paper
from api.statements.paper import as_data as marks
from api.statements.seal import Seal
from ledger.vocabulary import LOCAL
from projections.statement.certificate import REMARK as CERTIFICATE_REMARK
from projections.statement.sheets import SEALS, as_data

_YEAR_TAIL: Final = ("1fr", "auto", "auto")
_ENTRY_WIDTHS: Final = ("23pt", "25pt", "40pt", "104pt", "1fr", "52pt", "42pt", "23pt", "39pt", "39pt", "116pt", "76pt",
                        "58pt")
_AT: Final = re.compile(r"截至 ?(\d{4})-(\d\d)-(\d\d) ?(\d\d):(\d\d):(\d\d)")

_SEAL_BYTES: Final = 1024  # Of one beside its certificate and the names in it; unsaid, a seal is made to measure it.


def pdf(paper: Paper, seal: Seal) -> bytes:
    """The paper, set and sealed."""
    return _sealed(_set(paper), seal)


def certificate_pdf(paper: Paper, seal: Seal) -> bytes:
    """Its certificate of one year, set and sealed the same way, with the same text and proof in it."""
    made = paper.certificate
    assert made is not None, "only a statement of one year has a certificate"
    data = {
        **marks(paper), "title": f"{made.title}（{made.year} 年度）", "sentences": made.sentences, "needs": made.needs,
        "basis": made.basis, "remarks": [CERTIFICATE_REMARK], "seals": SEALS,
        "at": list(_moment(paper).timetuple()[:6]), "file-name": f"{paper.statement}.txt",
    }
    return _sealed(typeset("certificate.typ", data, _moment(paper), file=paper.file.decode()), seal)


def _set(paper: Paper) -> bytes:
    return typeset("statement.typ", _data(paper), _moment(paper), file=paper.file.decode())


def _data(paper: Paper) -> dict[str, Any]:
    told = []
    for sheet in as_data(paper.sheets):
        years, entries = len(sheet["years"]["heads"]), len(sheet["entries"]["heads"])
        widths = list(_ENTRY_WIDTHS)
        if entries > len(widths):
            widths.insert(3, "24pt")
        told.append({**sheet, "year-widths": ["auto"] * (years - 3) + list(_YEAR_TAIL), "entry-widths": widths})
    return {**marks(paper), "sheets": told, "at": list(_moment(paper).timetuple()[:6]),
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
    signers.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(page)), how, signer, output=out,
                     bytes_reserved=2 * (2 * len(seal.certificate) + _SEAL_BYTES))
    return out.getvalue()
