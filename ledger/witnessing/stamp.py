"""The time of a checkpoint by a time-stamping authority (RFC 3161): asked for, and checked by whoever has its CA.

What is stamped is the SHA-256 of the note's text, so that later signatures under the same text leave the stamp valid.
The library is the extra `witness`: nothing else in the ledger needs it.

`tests/witness/test_stamps.py` shows it with OpenSSL as the authority.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from types import ModuleType
from typing import ClassVar, Final, NamedTuple

from ledger.errors import LedgerError
from ledger.witnessing.der import ordered

STAMP_BYTES_MAX: Final = 256 * 1024
_SHA256: Final = "2.16.840.1.101.3.4.2.1"


class StampInvalid(LedgerError):
    """What came is no time-stamp of this text by an authority under these certificates."""

    code: ClassVar[str] = "time_stamp_invalid"

    def __init__(self, reason: object) -> None:
        super().__init__(
            f"时间戳不成立（{reason}）。请核对 CA 证书和策略编号是否属于该时间戳机构，并保留这个文件作为证据。")


class StampUnreadable(LedgerError):
    """A file of certificates or the number of a policy cannot be used."""

    code: ClassVar[str] = "time_stamp_ca_unusable"

    def __init__(self, what: str, reason: object) -> None:
        super().__init__(f"{what}不能用（{reason}）。应为 PEM 格式的 CA 证书，或形如 1.2.3.4 的策略编号。")


class StampsNeedMore(LedgerError):
    """The extra is not installed."""

    code: ClassVar[str] = "extra_missing"

    def __init__(self) -> None:
        super().__init__(
            "时间戳需要另外的组件。请在程序的文件夹里执行 make install EXTRAS=witness"
            "（用 pip 安装的：pip install 'xueshi-ledger[witness]'）。")


class Question(NamedTuple):
    """A request for a time-stamp, as DER, and the number that the answer has to repeat."""

    der: bytes
    nonce: int


class Stamped(NamedTuple):
    """A time-stamp that holds: when, by whom, under which of its policies."""

    at: datetime
    by: str
    policy: str


def ask_for(text: bytes) -> Question:
    """Ask for the time of a text: SHA-256, with a nonce, the authority's certificate to come along."""
    library = _library()
    builder = library.TimestampRequestBuilder().data(text).hash_algorithm(library.HashAlgorithm.SHA256)
    request = builder.nonce(nonce=True).cert_request(cert_request=True).build()
    return Question(request.as_bytes(), int(request.nonce))


def check_stamp(
    answer: bytes, text: bytes, roots: bytes, *, policy: str = "", nonce: int | None = None
) -> Stamped:
    """See that an answer is a time-stamp of the text by an authority under one of the roots (PEM)."""
    from cryptography import x509

    library = _library()
    if len(answer) > STAMP_BYTES_MAX:
        raise StampInvalid(f"答复有 {len(answer)} 字节，最多 {STAMP_BYTES_MAX} 字节")
    try:
        found = library.decode_timestamp_response(ordered(answer))
    except ValueError as error:
        raise StampInvalid(f"不是 RFC 3161 的答复，或不是规范的 DER：{error}") from error
    builder = library.VerifierBuilder()
    for root in _certificates(roots):
        builder = builder.add_root_certificate(root)
    if policy:
        builder = builder.policy_id(_policy(policy))
    if nonce is not None:
        builder = builder.nonce(nonce)
    try:
        info = found.tst_info
        builder.build().verify(found, hashlib.sha256(text).digest())
        if info.message_imprint.hash_algorithm != x509.ObjectIdentifier(_SHA256):
            raise StampInvalid("摘要算法不是 SHA-256")
        by = _signer(found)
    except (library.VerificationError, ValueError, x509.InvalidVersion) as error:
        raise StampInvalid(error) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # The library's, of what it did not expect; it is no Exception.
            raise
        raise StampInvalid("其中的证书无法解析") from error
    return Stamped(info.gen_time.astimezone(UTC), by, info.policy.dotted_string)


def _signer(found: object) -> str:
    """The subject of the certificate that signed; it was checked up to a root."""
    from cryptography import x509

    data = found.signed_data  # type: ignore[attr-defined]  # The library's class has no name that could be written here.
    (signer,) = data.signer_infos
    for der in data.certificates:
        certificate = x509.load_der_x509_certificate(der)
        if (certificate.issuer, certificate.serial_number) == (signer.issuer, signer.serial_number):
            return certificate.subject.rfc4514_string()
    raise StampInvalid("答复没有附签发者的证书")


def _certificates(roots: bytes) -> list[object]:
    from cryptography import x509

    try:
        found = x509.load_pem_x509_certificates(roots)
        for one in found:
            _ = one.subject, one.issuer  # Read only now: the library ends with a panic on names that are no text.
    except (ValueError, x509.InvalidVersion) as error:
        raise StampUnreadable("CA 证书", "不是 PEM，其中没有证书，或证书无法解析") from error
    return list(found)


def _policy(text: str) -> object:
    from cryptography import x509

    try:
        return x509.ObjectIdentifier(text)
    except ValueError as error:
        raise StampUnreadable("策略编号", error) from error


def _library() -> ModuleType:
    try:
        import rfc3161_client
    except ImportError:
        raise StampsNeedMore from None
    return rfc3161_client
