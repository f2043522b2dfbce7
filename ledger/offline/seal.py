"""The seal of a register (印章): which certificate its paper is sealed with, said by the key that signs its log.

A PDF reader knows signatures of certificates, a log those of notes. So the certificate is the register's own, and in it
stands a signed note that names its public key; whoever holds the log's key needs no other authority to know the seal.

    学时账印章 seal of statements
    <origin>
    <base64 of the SHA-256 of the certificate's public key (SubjectPublicKeyInfo, DER)>

The first line holds spaces, so no checkpoint can be taken for it, nor it for one: an origin has none. It needs the
standard library and one signature library. `tests/api/printing/test_statement_pdf.py` shows it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Final

from ledger.offline.verdict import Unverified
from ledger.proof.keys import SigningKey
from ledger.proof.notes import NoteVerifier, format_note, open_note, sign
from ledger.proof.policy import Policy
from ledger.proof.text import encode_base64, show

NOTE_OID: Final = "2.25.292346731885613017209127352842360817729"
"""The certificate's extension that holds the note. The number is a UUID: it needs no registry."""
NOTE_OID_DER: Final = bytes.fromhex("06146983b7eff7ae9bbec8fdf4e28a80d8d082c69041")

FIRST: Final = "学时账印章 seal of statements"
_WHERE: Final = "PDF 的印章证书"


def format_binding(origin: str, public_key: bytes, keys: Iterable[SigningKey]) -> bytes:
    """Write the note that makes a public key the seal of a log."""
    text = f"{FIRST}\n{origin}\n{_digest(public_key)}\n".encode()
    return format_note(text, [sign(text, key) for key in keys])


def check_binding(note: bytes, public_key: bytes, policy: Policy) -> str:
    """Raise unless a key that the caller trusts says that this is its seal; gives the log's name."""
    opened = open_note(note, [NoteVerifier(log.key) for log in policy.logs])
    lines = opened.text.decode().split("\n")
    if len(lines) != 4 or lines[0] != FIRST or lines[3]:
        raise Unverified(_WHERE, "其中的签名文件不是印章的说明")
    if all(log.key.name != lines[1] for log in policy.logs):
        raise Unverified(_WHERE, f"它是 {show(lines[1])} 的印章，不是所给公钥的")
    if lines[2] != _digest(public_key):
        raise Unverified(_WHERE, "日志公钥所签的是另一枚印章的公钥")
    return lines[1]


def _digest(public_key: bytes) -> str:
    return encode_base64(hashlib.sha256(public_key).digest())
