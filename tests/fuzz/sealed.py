"""A statement as PDF, as small as one can be, and sealed anew after a mutation: what a stranger, too, can seal.

A seal covers the whole file, so a change breaks it first, and a fuzzer would see nothing of what stands behind it: the
certificate that somebody else made, the object that is attached. So the seal is made again around what was changed.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Final

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from api.statements import seal
from ledger.errors import LedgerError
from ledger.offline.verify_pdf import _attributes, _certificate, _cms, _tlv, open_pdf
from ledger.proof.keys import SigningKey
from ledger.proof.policy import trust
from tests.fuzz.rehung import PARTED
from tests.witness.witness_kit import LOG_KEY

_KEY: Final = ec.derive_private_key(7, ec.SECP256R1())
_CONTENTS_BYTES: Final = 2_048
_SET: Final = 0x31
_NOW: Final = datetime(2026, 11, 22, tzinfo=UTC)


def sealed_pdf(data: bytes) -> object:
    """Open a PDF as it is; then a certificate and a page, sealed with the register's key."""
    known = trust(LOG_KEY.public())
    with suppress(LedgerError):
        return open_pdf(data, known)
    return open_pdf(sealed(*data.split(PARTED, 1)) if PARTED in data else data, known)


def sealed(certificate: bytes, page: bytes) -> bytes:
    """A PDF of a page, whose seal hangs together with what calls itself a certificate."""
    before, after = with_range(page)
    digest, known = hashlib.sha256(before + after).digest(), _certificate(certificate)
    attributes = _attributes(certificate, known, digest)
    signature = _KEY.sign(_tlv(_SET, attributes), ec.ECDSA(hashes.SHA256()))
    contents = _cms(certificate, known, attributes, signature).hex().upper().encode()
    return before + b"<" + contents.ljust(2 * _CONTENTS_BYTES, b"0") + b">" + after


def with_range(page: bytes) -> tuple[bytes, bytes]:
    """What stands before the signature and after it, and says where that is."""
    after, begins = b">>\nendobj\ntrailer\nstartxref\n9\n%%EOF\n", 0
    while True:
        ends = begins + 2 * _CONTENTS_BYTES + 2
        before = page + b"2 0 obj\n<</Type/Sig/ByteRange [0 %d %d %d]/Contents " % (begins, ends, len(after))
        if len(before) == begins:
            return before, after
        begins = len(before)


def certificate_of(origin: str, keys: Sequence[SigningKey]) -> bytes:
    """The certificate that a register with these keys makes for its seal."""
    signer = SimpleNamespace(origin=origin, keys=keys)
    made = seal._certificate(_KEY, signer, _NOW)  # type: ignore[arg-type]
    return made.public_bytes(serialization.Encoding.DER)


def page_with(file: bytes) -> bytes:
    """A page with nothing on it, and a file attached as our typesetter attaches it."""
    packed = zlib.compress(file, 9)
    head = b"<</Length %d/Type/EmbeddedFile/Filter/FlateDecode/Params<</Size %d>>>>" % (len(packed), len(file))
    return b"%PDF-1.7\n1 0 obj\n" + head + b"\nstream\n" + packed + b"\nendstream\nendobj\n"
