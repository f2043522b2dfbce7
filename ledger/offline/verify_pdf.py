"""The verifier of a statement as PDF: the seal over the whole file, whose seal it is, and the statement file inside.

A PDF may be changed in many ways that a reader does not show, and a signature (PAdES, that is CMS in a PDF) written in
many ways that say the same. So nothing is searched for a good reading: the file has one signature, which covers all of
it but its own place, and the signature has one spelling, which is written again here and compared. What remains is two
checks of hashes and one of a signature. The certificate is the register's if the log's key says so
(`ledger.offline.seal`).

It needs the standard library and one signature library. `tests/api/printing/test_statement_pdf.py` flips every byte.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from typing import Final, NamedTuple

from ledger.offline.pdf_unsealed import WHERE as _WHERE
from ledger.offline.pdf_unsealed import PdfChanged, PdfCutShort, ends_whole, without_seal
from ledger.offline.seal import NOTE_OID_DER, check_binding
from ledger.offline.statement_file import FILE_BYTES_MAX
from ledger.offline.verdict import Unverified
from ledger.proof.policy import Policy

HEADER: Final = b"%PDF-"
PDF_BYTES_MAX: Final = 4 * FILE_BYTES_MAX
UNPROVEN_OF_PDF: Final = (
    "页面是登记机构按所附正文排版的，凭印章相信二者一致；有疑问时以所附正文为准。签章时间是登记机构自己说的，没有第三方时间戳。")

LINE_END_MOST: Final = 2  # What an editor or a mail program takes from the end of a file that is otherwise whole.

_RANGE: Final = re.compile(rb"/ByteRange \[0 ([1-9][0-9]*) ([1-9][0-9]*) ([1-9][0-9]*)\]")
_ATTACHED: Final = re.compile(rb"<</Length ([0-9]+)/Type/EmbeddedFile/Filter/FlateDecode/[^>]{0,80}<</Size ([0-9]+)")
_STREAM: Final = re.compile(rb"[^<>]{0,80}>>>>\r?\nstream\r?\n")
_CONTENTS: Final = re.compile(rb"<([0-9A-F]+)>")

# Object identifiers as they stand in DER.
_SIGNED_DATA: Final = bytes.fromhex("06092a864886f70d010702")
_DATA: Final = bytes.fromhex("06092a864886f70d010701")
_SHA256: Final = bytes.fromhex("300d06096086480165030402010500")
_ECDSA_SHA256: Final = bytes.fromhex("300a06082a8648ce3d040302")
_CONTENT_TYPE: Final = bytes.fromhex("06092a864886f70d010903")
_MESSAGE_DIGEST: Final = bytes.fromhex("06092a864886f70d010904")
_SIGNING_CERTIFICATE: Final = bytes.fromhex("060b2a864886f70d010910022f")
_ONE: Final = bytes.fromhex("020101")
_SEQUENCE, _SET, _OCTETS, _CONTEXT_0, _CONTEXT_3, _CONTEXT_4 = 0x30, 0x31, 0x04, 0xA0, 0xA3, 0xA4


class Sealed(NamedTuple):
    """What a seal covers: the statement file that is attached, and whose seal it is."""

    file: bytes
    origin: str
    sha256: str     # Of what the seal covers.


def open_pdf(data: bytes, policy: Policy) -> Sealed:
    """Raise Unverified unless the whole file is sealed by a log that the caller trusts."""
    if len(data) > PDF_BYTES_MAX:
        raise Unverified("PDF 文件", f"超过 {PDF_BYTES_MAX} 字节，不会是登记情况表")
    covered, contents = _parts(data)
    digest = hashlib.sha256(covered).digest()
    certificate, signature, signed = _signature(contents, digest)
    origin = _check_seal(certificate, signature, signed, policy)
    return Sealed(_attached(covered), origin, digest.hex())


def _parts(data: bytes) -> tuple[bytes, bytes]:
    """What the one signature covers, and the signature: together they are the whole file."""
    found = _RANGE.findall(data)
    if not found:
        raise without_seal(data, is_ours=_ATTACHED.search(data) is not None)
    if len(found) > 1:
        raise PdfChanged(_WHERE, f"应恰有一个签章，有 {len(found)} 个：后来又加盖了签章，或拼接过")
    before, after, rest = map(int, found[0])
    lacks = after + rest - len(data)
    if not before < after or lacks:
        told = f"它所覆盖的到第 {after + rest} 字节为止，文件有 {len(data)} 字节"
        if lacks > 0 and (lacks <= LINE_END_MOST or not ends_whole(data)):
            raise PdfCutShort(_WHERE, f"{told}：文件被截断")
        raise PdfChanged(_WHERE, f"{told}：{'签章之后又有改动' if lacks < 0 else '签章的范围被改动'}")
    contents = _CONTENTS.fullmatch(data[before:after])
    if contents is None or len(contents[1]) % 2:
        raise PdfChanged(_WHERE, "签章的位置上不是签章")
    return data[:before] + data[after:], bytes.fromhex(contents[1].decode())


def _signature(contents: bytes, digest: bytes) -> tuple[_Certificate, bytes, bytes]:
    """Take the CMS apart, and write it again from its three parts that may differ: it must be the same bytes."""
    whole = _Reader(contents)
    outer = whole.enter(_SEQUENCE)
    if contents[whole.at:].strip(b"\0"):
        raise PdfChanged(_WHERE, "签章之后的空位里还有内容")
    outer.skip()
    body = outer.enter(_CONTEXT_0).enter(_SEQUENCE)
    for _ in range(3):
        body.skip()
    certificate = body.enter(_CONTEXT_0).whole()
    signer = body.enter(_SET).enter(_SEQUENCE)
    for _ in range(3):
        signer.skip()
    attributes = signer.enter(_CONTEXT_0).rest()
    signer.skip()
    signature = signer.enter(_OCTETS).rest()
    known = _certificate(certificate)
    if attributes != _attributes(certificate, known, digest):
        raise PdfChanged(_WHERE, "签章所签的不是这份文件的摘要：文件或签章被改动")
    again = _cms(certificate, known, attributes, signature)
    if again != contents[:len(again)] or len(again) != whole.at:
        raise PdfChanged(_WHERE, "签章不是规范写法")
    return known, signature, _tlv(_SET, attributes)


def _attributes(certificate: bytes, known: _Certificate, digest: bytes) -> bytes:
    """What is signed: the digest of the file, and by which certificate (PAdES)."""
    bare = _tlv(_SEQUENCE, _tlv(_SEQUENCE, _tlv(_CONTEXT_4, known.issuer)), known.number)
    named = _tlv(_SEQUENCE, _tlv(_SEQUENCE, _tlv(
        _SEQUENCE, _tlv(_OCTETS, hashlib.sha256(certificate).digest()), bare)))
    return (
        _tlv(_SEQUENCE, _CONTENT_TYPE, _tlv(_SET, _DATA))
        + _tlv(_SEQUENCE, _MESSAGE_DIGEST, _tlv(_SET, _tlv(_OCTETS, digest)))
        + _tlv(_SEQUENCE, _SIGNING_CERTIFICATE, _tlv(_SET, named))
    )


def _cms(certificate: bytes, known: _Certificate, attributes: bytes, signature: bytes) -> bytes:
    """The one spelling of the CMS around them."""
    return _tlv(_SEQUENCE, _SIGNED_DATA, _tlv(_CONTEXT_0, _tlv(
        _SEQUENCE, _ONE, _tlv(_SET, _SHA256), _tlv(_SEQUENCE, _DATA), _tlv(_CONTEXT_0, certificate),
        _tlv(_SET, _tlv(_SEQUENCE, _ONE, _tlv(_SEQUENCE, known.issuer, known.number), _SHA256,
                        _tlv(_CONTEXT_0, attributes), _ECDSA_SHA256, _tlv(_OCTETS, signature))))))


class _Certificate(NamedTuple):
    """What is wanted of a certificate; all but the note is DER, as it stands there."""

    issuer: bytes
    number: bytes
    key: bytes
    note: bytes


def _certificate(data: bytes) -> _Certificate:
    """Take a certificate apart (RFC 5280 4.1); it is a stranger's until the note in it is opened.

    As the page that verifies in a browser does (`api/verifier/pdf.js`), and with no library: one that reads all of a
    certificate warns of, or ends with, things in it that nobody here asks for.
    """
    fields = _Reader(data).enter(_SEQUENCE).enter(_SEQUENCE)
    fields.skip()    # The version.
    number = fields.whole()
    fields.skip()    # The algorithm.
    issuer = fields.whole()
    fields.skip()    # Validity.
    fields.skip()    # The subject.
    key = fields.whole()
    extensions = fields.enter(_CONTEXT_3).enter(_SEQUENCE)
    while extensions.rest():
        extension = extensions.enter(_SEQUENCE)
        if extension.whole() == NOTE_OID_DER:
            return _Certificate(issuer, number, key, extension.enter(_OCTETS).rest())
    raise Unverified(_WHERE, "证书里没有日志公钥所签的说明：它不是登记机构的印章")


def _check_seal(certificate: _Certificate, signature: bytes, signed: bytes, policy: Policy) -> str:
    """The signature by the certificate's key, and that key's name in the log."""
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    try:
        known = load_der_public_key(certificate.key)
    except (ValueError, UnsupportedAlgorithm):
        known = None
    if not isinstance(known, ec.EllipticCurvePublicKey) or not isinstance(known.curve, ec.SECP256R1):
        raise Unverified(_WHERE, "证书的公钥不是 P-256 椭圆曲线的")
    try:
        known.verify(signature, signed, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature as error:
        raise PdfChanged(_WHERE, "签名与证书的公钥不符") from error
    return check_binding(certificate.note, certificate.key, policy)


def _attached(covered: bytes) -> bytes:
    """The statement file in the PDF; the seal covers it, so the register has put it there."""
    found = list(_ATTACHED.finditer(covered))
    if len(found) != 1:
        raise Unverified("PDF 的附件", f"应恰有一个附件（正文和证明），有 {len(found)} 个")
    begins = _STREAM.match(covered, found[0].end())
    length, size = int(found[0][1]), int(found[0][2])
    if begins is None or size > FILE_BYTES_MAX:
        raise Unverified("PDF 的附件", "不成形")
    inflating = zlib.decompressobj()
    try:
        file = inflating.decompress(covered[begins.end():begins.end() + length], FILE_BYTES_MAX + 1)
    except zlib.error as error:
        raise Unverified("PDF 的附件", "解不开") from error
    if len(file) != size:
        raise Unverified("PDF 的附件", f"解开后有 {len(file)} 字节，应为 {size} 字节")
    return file


# DER: as much of it as a signature needs, read strictly and written in the one way there is


class _Reader:
    """Reads values one after another; whatever is not DER raises Unverified."""

    def __init__(self, data: bytes) -> None:
        self._data, self.at = data, 0

    def enter(self, tag: int) -> _Reader:
        """The content of the next value, which has this tag."""
        found, content = self._next()
        if found != tag:
            raise Unverified(_WHERE, f"签章不成形（应为标签 {tag:#04x}，是 {found:#04x}）")
        return _Reader(content)

    def skip(self) -> None:
        """Pass over the next value: it is compared when all is written again."""
        self._next()

    def whole(self) -> bytes:
        """The next value with its tag and length."""
        begins = self.at
        self._next()
        return self._data[begins:self.at]

    def rest(self) -> bytes:
        """All that is left."""
        return self._data[self.at:]

    def _next(self) -> tuple[int, bytes]:
        head = self._data[self.at:self.at + 2]
        if len(head) < 2:
            raise Unverified(_WHERE, "签章不完整")
        begins, length = self.at + 2, head[1]
        if length > 0x80:
            more = length - 0x80
            length = int.from_bytes(self._data[begins:begins + more], "big")
            begins += more
        if begins + length > len(self._data):
            raise Unverified(_WHERE, "签章不完整")
        self.at = begins + length
        return head[0], self._data[begins:self.at]


def _tlv(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 + len(size)]) + size + content
