"""Keys of signed notes: the public line that verifiers hold (`vkey`) and the secret line that signers hold
(`skey`).

    vkey = name "+" hex8(keyID) "+" base64(type ‖ public key)
    skey = "PRIVATE+KEY+" name "+" hex8(keyID) "+" base64(0x01 ‖ seed)      keyID is that of the public key
    keyID = SHA256(name ‖ 0x0A ‖ type ‖ public key)[0:4]

Text: C2SP signed-note; the secret form is Go's. `tests/ledger/proof/test_note_keys.py` shows it, with the
published keys. The signature library is imported where a signature is made or checked, so that reading a key
costs nothing.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass, field
from typing import ClassVar, Final

from ledger.errors import LedgerError
from ledger.proof.text import Malformed, decode_base64, encode_base64, show

ED25519: Final = 0x01       # Signs notes.
COSIGNATURE: Final = 0x04   # Signs checkpoints with a time; the key itself is Ed25519 as well.
ALGORITHMS: Final = (ED25519, COSIGNATURE)
KEY_SIZE: Final = 32
SIGNATURE_SIZE: Final = 64

_SECRET_PREFIX: Final = "PRIVATE+KEY+"   # noqa: S105 -- The mark of a secret line, not a secret.
_LINE: Final = re.compile(r"([^+]*)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)")


class MalformedKey(Malformed):
    """A key line is not what the format says."""

    code: ClassVar[str] = "key_malformed"
    cure: ClassVar[str] = "请向公钥的发布方重新索取整行，原样粘贴，前后不要有空格或换行"


class KeyUnsupported(LedgerError):
    """The key is of an algorithm that this program cannot check, or has the wrong use for its place."""

    code: ClassVar[str] = "key_algorithm_unsupported"

    def __init__(self, *, name: str, algorithm: int, wanted: str) -> None:
        self.name, self.algorithm = name, algorithm
        super().__init__(
            f"密钥 {show(name)} 的算法编号是 0x{algorithm:02x}，这里需要{wanted}。请换用该类型的密钥。"
        )


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A name, an algorithm and the key's bytes, which the key id binds together."""

    name: str
    algorithm: int
    key: bytes

    def __post_init__(self) -> None:
        where = f"公钥 {show(self.name)}"
        if not is_key_name(self.name):
            raise MalformedKey(where, "名称不得为空，不得含空白、加号或控制字符")
        if self.algorithm not in ALGORITHMS:
            raise KeyUnsupported(name=self.name, algorithm=self.algorithm, wanted=" Ed25519（0x01 或 0x04）")
        if len(self.key) != KEY_SIZE:
            raise MalformedKey(where, f"公钥长 {len(self.key)} 字节，Ed25519 应为 {KEY_SIZE} 字节")

    @property
    def key_id(self) -> bytes:
        """Four bytes by which a signature line points at its key."""
        return _key_id(self.name, bytes([self.algorithm]) + self.key)

    def is_signature(self, signature: bytes, message: bytes) -> bool:
        """Whether this key signed these bytes (Ed25519, pure)."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        try:
            Ed25519PublicKey.from_public_bytes(self.key).verify(signature, message)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A name and a secret seed; neither `repr` nor an error ever shows the seed."""

    name: str
    seed: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if not is_key_name(self.name):
            raise MalformedKey(f"私钥 {show(self.name)}", "名称不得为空，不得含空白、加号或控制字符")
        if len(self.seed) != KEY_SIZE:
            raise MalformedKey(f"私钥 {show(self.name)}", f"种子应为 {KEY_SIZE} 字节")

    def public(self, algorithm: int = ED25519) -> PublicKey:
        """The public half, for notes or (`COSIGNATURE`) for cosignatures."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        key = Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw()
        return PublicKey(self.name, algorithm, key)

    def sign(self, message: bytes) -> bytes:
        """The 64 bytes of an Ed25519 signature."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return Ed25519PrivateKey.from_private_bytes(self.seed).sign(message)


def generate_key(name: str) -> SigningKey:
    """A fresh key from the system's randomness; `format_skey` writes it, its owner guards it."""
    return SigningKey(name, secrets.token_bytes(KEY_SIZE))


def is_key_name(name: str) -> bool:
    """Non-empty, and none of its characters could end the field it stands in."""
    return bool(name) and not any(
        character.isspace() or character == "+" or character < " " or "\ud800" <= character <= "\udfff"
        for character in name
    )


def format_vkey(key: PublicKey) -> str:
    """The line that verifiers hold, without a newline."""
    return _format_line(key.name, key.key_id, bytes([key.algorithm]) + key.key)


def parse_vkey(line: str | bytes) -> PublicKey:
    """Read a `vkey` line and check its key id, which covers name, type and key: a changed byte is found
    here.
    """
    name, key_id, blob = _parse_line(line, f"公钥行 {show(line)}")
    if key_id != _key_id(name, blob):
        raise MalformedKey(f"公钥行 {show(line)}", "密钥编号与名称和公钥不符，这一行被改动或抄错")
    return PublicKey(name, blob[0], blob[1:])


def format_skey(key: SigningKey) -> str:
    """The secret line, without a newline; it goes to a file that only its owner reads."""
    return _SECRET_PREFIX + _format_line(key.name, key.public().key_id, bytes([ED25519]) + key.seed)


def parse_skey(line: str | bytes) -> SigningKey:
    """Read a secret line; no part of it is repeated in an error."""
    where, cure = "私钥文件", "请从密钥备份中恢复原文件；若无备份，须更换密钥并公布新公钥"
    text = _decode(line, where, cure)
    if not text.startswith(_SECRET_PREFIX):
        raise MalformedKey(where, f"不以 {_SECRET_PREFIX} 开头", cure)
    name, key_id, blob = _parse_line(text.removeprefix(_SECRET_PREFIX), where, secret=True)
    if blob[0] != ED25519:
        raise KeyUnsupported(name=name, algorithm=blob[0], wanted=" Ed25519 私钥（0x01）")
    key = SigningKey(name, blob[1:])
    if key.public().key_id != key_id:
        raise MalformedKey(where, "密钥编号与名称和私钥不符，这一行被改动或抄错", cure)
    return key


def _key_id(name: str, blob: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + blob).digest()[:4]


def _format_line(name: str, key_id: bytes, blob: bytes) -> str:
    return f"{name}+{key_id.hex()}+{encode_base64(blob)}"


def _decode(line: str | bytes, where: str, cure: str | None = None) -> str:
    try:
        return line.decode("utf-8") if isinstance(line, bytes) else line
    except UnicodeDecodeError:
        raise MalformedKey(where, "不是 UTF-8 文本", cure) from None


def _parse_line(line: str | bytes, where: str, *, secret: bool = False) -> tuple[str, bytes, bytes]:
    found = _LINE.fullmatch(_decode(line, where))
    if not found or not is_key_name(found[1]):
        raise MalformedKey(where, "不成行，应为“名称+八位小写十六进制编号+base64”")
    try:
        blob = decode_base64(found[3], where, MalformedKey)
    except MalformedKey as problem:
        if secret:   # The ordinary message quotes what it could not read.
            raise MalformedKey(where, "密钥部分不是规范的 base64") from None
        raise problem
    return found[1], bytes.fromhex(found[2]), blob
