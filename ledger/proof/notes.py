r"""Signed notes: a text and the signatures under it, in one file that people can read and programs can check.

    note = text "\n" 1*("— " name " " base64(keyID[4] ‖ signature) "\n")        text ends in "\n"

The signature covers the text with its final newline, not the blank line. Text: C2SP signed-note; the rules
of opening are those of Go's `sumdb/note`, except that base64 must be canonical. A line of an unknown key is
carried and means nothing: it is not authenticated. `tests/ledger/proof/test_signed_notes.py` shows it,
`test_tessera_log.py` with published signatures.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Final, Protocol

from ledger.errors import LedgerError
from ledger.proof.keys import ED25519, SIGNATURE_SIZE, KeyUnsupported, PublicKey, SigningKey, is_key_name
from ledger.proof.text import Malformed, decode_base64, encode_base64, read_text, show

SIGNATURES_MAX: Final = 100

_KEY_ID_SIZE: Final = 4
_DASH: Final = "— "   # U+2014 and a space.


class MalformedNote(Malformed):
    """The bytes are not a signed note."""

    code: ClassVar[str] = "note_malformed"


class KeyAmbiguous(LedgerError):
    """Two verifiers answer to one name and key id, so no line can say which of them it means."""

    code: ClassVar[str] = "key_ambiguous"

    def __init__(self, name: str, key_id: bytes) -> None:
        self.name, self.key_id = name, key_id
        super().__init__(
            f"信任名单里有两个密钥同为 {show(name)}、编号 {key_id.hex()}。"
            "请删去重复的一个；若两者不同，须更换其一。"
        )


class SignatureInvalid(LedgerError):
    """A known key's signature does not fit the text: the whole note is refused, whoever else signed it."""

    code: ClassVar[str] = "signature_invalid"

    def __init__(self, name: str, key_id: bytes, message: bytes) -> None:
        self.name, self.key_id, self.message = name, key_id, message
        super().__init__(
            f"{show(name)}（编号 {key_id.hex()}）的签名与正文不符：正文或签名被改动，或签名者出错。"
            "请不要采信，保留原件，并向登记机构重新索取。"
        )


class NoteUnverified(LedgerError):
    """No key that we hold has signed the note; it may still be genuine."""

    code: ClassVar[str] = "note_unverified"

    def __init__(self, names: Iterable[str], message: bytes) -> None:
        self.names, self.message = tuple(names), message
        signers = "、".join(show(name) for name in self.names[:5])
        super().__init__(
            f"没有任何已知密钥签过这份文件（签名者自称：{signers}）。"
            "请核对所用公钥是否属于签发机构，再验一次。"
        )


@dataclass(frozen=True, slots=True)
class Signature:
    """One line under a note: who claims to have signed, and the bytes after the key id."""

    name: str
    key_id: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """An opened note: its text, the signatures of known keys, and the lines that mean nothing to us."""

    text: bytes
    verified: tuple[Signature, ...]
    unverified: tuple[Signature, ...] = ()


class Verifier(Protocol):
    """A known key: a name, a key id, and whether a signature by it fits a text."""

    @property
    def name(self) -> str: ...

    @property
    def key_id(self) -> bytes: ...

    def verify(self, text: bytes, signature: bytes) -> bool: ...


class NoteVerifier:
    """A `Verifier` for the plain Ed25519 signature (0x01) of a note."""

    def __init__(self, key: PublicKey) -> None:
        if key.algorithm != ED25519:
            raise KeyUnsupported(name=key.name, algorithm=key.algorithm, wanted="普通签名密钥（0x01）")
        self.key, self.name, self.key_id = key, key.name, key.key_id

    def verify(self, text: bytes, signature: bytes) -> bool:
        """Whether the key signed the text as it is."""
        return len(signature) == SIGNATURE_SIZE and self.key.is_signature(signature, text)


def sign(text: bytes, key: SigningKey) -> Signature:
    """Sign the text of a note."""
    _check_text(text)
    return Signature(key.name, key.public().key_id, key.sign(text))


def format_note(text: bytes, signatures: Iterable[Signature]) -> bytes:
    """The note: the text, a blank line, one line a signature."""
    _check_text(text)
    lines = [format_signature(signature) for signature in signatures]
    if not 1 <= len(lines) <= SIGNATURES_MAX:
        found = f"有 {len(lines)} 行签名，应为 1 到 {SIGNATURES_MAX} 行"
        raise MalformedNote("签名文件", found, "请检查签名者名单")
    return text + b"\n" + "".join(lines).encode()


def parse_note(message: bytes) -> tuple[bytes, list[Signature]]:
    """The text and all its signature lines, nothing verified: for carrying, never for believing."""
    where = "签名文件"
    whole = read_text(message, where, MalformedNote)
    text, blank, block = whole.rpartition("\n\n")   # A text may hold blank lines: the last one ends it.
    if not blank or not block:
        raise MalformedNote(where, "正文之后没有空行和签名")
    lines = block.removesuffix("\n").split("\n")
    if len(lines) > SIGNATURES_MAX:
        raise MalformedNote(where, f"签名多于 {SIGNATURES_MAX} 行")
    return f"{text}\n".encode(), [parse_signature(line) for line in lines]


def open_note(message: bytes, verifiers: Iterable[Verifier]) -> Note:
    """Verify every signature by a known key; refuse the note when one fails or when there is none."""
    known: dict[tuple[str, bytes], Verifier] = {}
    for verifier in verifiers:
        if (verifier.name, verifier.key_id) in known:
            raise KeyAmbiguous(verifier.name, verifier.key_id)
        known[verifier.name, verifier.key_id] = verifier
    text, signatures = parse_note(message)
    verified: dict[tuple[str, bytes], Signature] = {}
    unverified: dict[Signature, None] = {}
    for signature in signatures:
        signer = (signature.name, signature.key_id)
        if signer not in known:
            unverified[signature] = None
        elif signer not in verified:   # A key speaks once; what it repeats is not looked at.
            if not known[signer].verify(text, signature.signature):
                raise SignatureInvalid(*signer, message)
            verified[signer] = signature
    if not verified:
        raise NoteUnverified((signature.name for signature in unverified), message)
    return Note(text, tuple(verified.values()), tuple(unverified))


def format_signature(signature: Signature) -> str:
    """One signature line, with its newline."""
    return f"{_DASH}{signature.name} {encode_base64(signature.key_id + signature.signature)}\n"


def parse_signature(line: str) -> Signature:
    """Read one signature line, without its newline."""
    where = f"签名行 {show(line)}"
    if not line.startswith(_DASH):
        raise MalformedNote(where, "签名行应以“— ”（U+2014 和空格）开头")
    name, _, blob = line.removeprefix(_DASH).partition(" ")
    if not is_key_name(name):
        raise MalformedNote(where, "签名者名称为空，或含空白、加号")
    signed = decode_base64(blob, where, MalformedNote)
    if len(signed) <= _KEY_ID_SIZE:
        raise MalformedNote(where, f"签名只有 {len(signed)} 字节，至少应为 5 字节")
    return Signature(name, signed[:_KEY_ID_SIZE], signed[_KEY_ID_SIZE:])


def _check_text(text: bytes) -> None:
    read_text(text, "待签正文", MalformedNote)
