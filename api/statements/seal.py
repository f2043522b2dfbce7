"""The register's own seal for paper: a certificate and its key in `keys/seal.pem`, made when a PDF is first asked for.

The certificate is signed by itself: no authority outside is needed or asked. What makes it the register's is the note
in it (`ledger.offline.seal`), signed by the keys of the log. When those are exchanged a new one is made, since the old
names keys that a verifier may no longer be told; paper that it has sealed stays what it is. There is no SM2 seal and no
OFD: a seal by the Chinese standards (GB/T 38540) wants an authority that a register cannot be for itself.

`tests/api/printing/test_statement_pdf.py` shows it.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from ledger.durable import write_durably
from ledger.errors import LedgerError
from ledger.offline.seal import NOTE_OID, format_binding
from ledger.proof.notes import parse_note
from ledger.signing.signer import Signer

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.x509 import Certificate

_FILE: Final = "seal.pem"
_YEARS: Final = 20


class Seal(NamedTuple):
    """What a PDF is sealed with, both as DER."""

    certificate: bytes
    key: bytes


def open_seal(keys: Path, signer: Signer, *, now: int) -> Seal:
    """The seal of a register, made where there is none or where the log's keys are others by now."""
    path = keys / _FILE
    if not path.exists() or not _is_of(path, signer):
        write_durably(path, _new(signer, datetime.fromtimestamp(now // 1_000_000, UTC)), mode=0o600)
        os.chmod(path, 0o600)  # noqa: PTH101 - whatever the umask was
    return _read(path)


def _read(path: Path) -> Seal:
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization

    data = path.read_bytes()
    key = serialization.load_pem_private_key(data, password=None)
    return Seal(
        x509.load_pem_x509_certificate(data).public_bytes(serialization.Encoding.DER),
        key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
    )


def _is_of(path: Path, signer: Signer) -> bool:
    """Whether all keys that sign now have signed the note in the certificate."""
    from cryptography import x509

    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
        extension = certificate.extensions.get_extension_for_oid(x509.ObjectIdentifier(NOTE_OID)).value
        assert isinstance(extension, x509.UnrecognizedExtension), "nobody else knows it"
        signed = {(one.name, one.key_id) for one in parse_note(extension.value)[1]}
    except (ValueError, x509.ExtensionNotFound, LedgerError):  # Cut short, or another's: what it sealed stays sealed.
        return False
    return {(key.name, key.public().key_id) for key in signer.keys} <= signed


def _new(signer: Signer, now: datetime) -> bytes:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    form = serialization.PrivateFormat.PKCS8
    written = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    return written + _certificate(key, signer, now).public_bytes(serialization.Encoding.PEM)


def _certificate(key: EllipticCurvePrivateKey, signer: Signer, now: datetime) -> Certificate:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization

    public = key.public_key()
    spki = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    name = x509.Name([
        x509.NameAttribute(x509.NameOID.COMMON_NAME, "学时登记情况表专用印章"),
        x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, signer.origin[:64]),
    ])
    usage = x509.KeyUsage(
        digital_signature=True, content_commitment=True, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=False, crl_sign=False, encipher_only=False, decipher_only=False,
    )
    note = format_binding(signer.origin, spki, signer.keys)
    return (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=365 * _YEARS))
        .add_extension(usage, critical=True)
        .add_extension(x509.UnrecognizedExtension(x509.ObjectIdentifier(NOTE_OID), note), critical=False)
        .sign(key, hashes.SHA256())
    )
