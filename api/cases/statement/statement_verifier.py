"""The verifier as one HTML file: opened from a disk, it checks a statement in a browser, without network or server.

It holds a statement's file (or none: then it waits for one to be dropped), the log's public keys, and the scripts of
`api/verifier`, which check what `xueshi verify` checks and say it in the same words; only the law is not asked again,
because rulebooks and their interpreter are no page's business. Its own Content-Security-Policy names its script and its
style by their digests and forbids everything else, so nothing is sent anywhere and a changed script does not run.

`tests/api/printing/test_statement_verifier.py` holds it to the verifier in Python, and changes bytes.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any, Final

from jinja2 import Environment, StrictUndefined, Template

from api.log_routes import published_keys
from api.register.register import Register
from ledger.offline import (
    other_kinds,
    pdf_unsealed,
    seal,
    statement_file,
    verdict,
    verify,
    verify_leaf,
    verify_map,
    verify_pdf,
)
from ledger.proof import bundle, map_proof
from policies.shelf import shipped
from projections.statement import tables
from projections.statement.reading import HEADINGS

SCRIPTS: Final = ("text", "ed25519", "proof", "pdf", "statement", "reading", "page")
UNPROVEN_LAW: Final = "没有按条款重新核定：本页只重做算术；命令行 xueshi verify 按所引条款由所列事实逐条重算。"


def verifier_of(register: Register, address: str, file: bytes | None = None) -> bytes:
    """The page of a register, with the statement that it is to verify, or blank."""
    return verifier_page(published_keys(register), origin=register.signer.origin, address=address, file=file)


def verifier_page(keys: Sequence[str], *, origin: str, address: str, file: bytes | None = None) -> bytes:
    """The page for the holder of these keys."""
    text = "" if file is None else statement_file.parse_statement(file).text.decode()
    kind = "学时登记情况表（可离线核验）" if file is not None else "学时登记情况表离线核验页"
    return _template().render(
        title=kind, keys=keys, origin=origin, address=address, text=text,
        file=base64.b64encode(file or b"").decode(), script=script(), script_digest=_digest(script()),
        style=_style(), style_digest=_digest(_style()),
    ).encode()


@cache
def script() -> str:
    """All scripts as one, each reading the words of formats and sentences from the modules that own them."""
    parts = [_read(f"{name}.js") for name in SCRIPTS]
    words = json.dumps(_words(), ensure_ascii=False).replace("<", "\\u003c")
    whole = f'"use strict";\n(() => {{\nconst WORDS = {words};\n{"".join(parts)}}})();\n'
    assert "</script" not in whole and "<!--" not in whole, "it stands in HTML as it is"
    return whole


def _words() -> Mapping[str, Any]:
    """What must be written the same in both verifiers."""
    return {
        "format": verify_leaf.FORMAT, "proof_header": bundle.HEADER, "map_format": map_proof.FORMAT,
        "pdf_header": verify_pdf.HEADER.decode(), "pdf_most": verify_pdf.PDF_BYTES_MAX,
        "file_most": statement_file.FILE_BYTES_MAX, "separator": statement_file.SEPARATOR,
        "completeness": statement_file.COMPLETENESS, "events_field": statement_file.EVENTS_FIELD,
        "events_words": statement_file.EVENTS_WORDS, "statement_event": verify.STATEMENT_EVENT,
        "map_event": verify_map.MAP_EVENT, "seal_first": seal.FIRST, "note_oid": seal.NOTE_OID_DER.hex(),
        "unproven": verify.UNPROVEN_OF_STATEMENT, "unproven_if_not": verify_map.UNPROVEN_IF_NOT,
        "unproven_if_complete": verify_map.UNPROVEN_IF_COMPLETE, "unproven_of_pdf": verify_pdf.UNPROVEN_OF_PDF,
        "returned": statement_file.RETURNED, "recoded": statement_file.RECODED, "bare": statement_file.BARE,
        "separator_recoded": statement_file.SEPARATOR.encode("gb18030").decode("latin-1"),
        "number_field": statement_file.NUMBER_FIELD, "undecided": verdict.UNDECIDED,
        "pdf": {"cut": _kind(pdf_unsealed.PdfCutShort), "unsealed": _kind(pdf_unsealed.PdfUnsealed),
                "changed": _kind(pdf_unsealed.PdfChanged)},
        "pdf_endless": pdf_unsealed.ENDLESS, "pdf_reprinted": pdf_unsealed.REPRINTED,
        "pdf_taken_off": pdf_unsealed.TAKEN_OFF, "pdf_spoilt": pdf_unsealed.SPOILT,
        "pdf_elsewhere": pdf_unsealed.ELSEWHERE, "line_end_most": verify_pdf.LINE_END_MOST,
        "other": _kind(verdict.OtherFile),
        "other_kinds": [(start.lower().decode("latin-1"), words) for start, words in other_kinds.KINDS],
        "unproven_law": UNPROVEN_LAW, "width": tables.WIDTH, "headings": HEADINGS,
        "years": tables.YEARS, "entries": tables.ENTRIES, "notes": tables.NOTES,
        "credited": [book.digest for book in shipped().books
                     if any(clause.credit is not None for clause in book.clauses)],
    }


def _kind(error: type[verdict.Unverified]) -> tuple[str, str]:
    return error.code, error.cure


def _digest(content: str) -> str:
    return base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()


@cache
def _template() -> Template:
    """Apart from the pages of the service: it stands alone, so a service without them hands it out too."""
    return Environment(autoescape=True, undefined=StrictUndefined).from_string(_read("verifier.html"))


@cache
def _style() -> str:
    return _read("verifier.css")


def _read(name: str) -> str:
    return resources.files("api").joinpath("verifier", name).read_text(encoding="utf-8")
