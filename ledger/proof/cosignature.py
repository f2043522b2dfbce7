r"""Cosignatures: a witness says that at a time it saw this checkpoint and no other history before it.

    line blob = keyID[4] ‖ uint64be(time) ‖ ed25519[64]
    message   = "cosignature/v1\n" ‖ "time <time>\n" ‖ <whole text of the note>

Text: C2SP tlog-cosignature, type 0x04. `tests/ledger/proof/test_cosignature.py` shows it with a published
one.
"""

from __future__ import annotations

from typing import Final

from ledger.proof.checkpoint import MalformedCheckpoint, parse_checkpoint
from ledger.proof.keys import COSIGNATURE, SIGNATURE_SIZE, KeyUnsupported, PublicKey, SigningKey
from ledger.proof.notes import Signature
from ledger.proof.text import NUMBER_MAX

_TIME_SIZE: Final = 8


class CosignatureVerifier:
    """A `Verifier` of `notes.open_note` for a witness's key (0x04)."""

    def __init__(self, key: PublicKey) -> None:
        if key.algorithm != COSIGNATURE:
            raise KeyUnsupported(name=key.name, algorithm=key.algorithm, wanted="见证人的共签密钥（0x04）")
        self.key, self.name, self.key_id = key, key.name, key.key_id

    def verify(self, text: bytes, signature: bytes) -> bool:
        """Whether the witness signed this text at the time that the signature names."""
        if len(signature) != _TIME_SIZE + SIGNATURE_SIZE:
            return False
        seconds = read_time(signature)
        return seconds <= NUMBER_MAX and self.key.is_signature(
            signature[_TIME_SIZE:], _message(text, seconds)
        )


def cosign(text: bytes, key: SigningKey, seconds: int) -> Signature:
    """Cosign a checkpoint at a POSIX time; whoever calls has checked that it extends what the key signed
    before.
    """
    parse_checkpoint(text)   # A witness never puts its name to what is not a checkpoint.
    if not 0 <= seconds <= NUMBER_MAX:
        raise MalformedCheckpoint("共签时间", f"{seconds} 不是 POSIX 秒数", "请校准时钟")
    signature = seconds.to_bytes(_TIME_SIZE, "big") + key.sign(_message(text, seconds))
    return Signature(key.name, key.public(COSIGNATURE).key_id, signature)


def read_time(signature: bytes) -> int:
    """The POSIX seconds that stand before a cosignature; true only once it is verified."""
    return int.from_bytes(signature[:_TIME_SIZE], "big")


def _message(text: bytes, seconds: int) -> bytes:
    return b"cosignature/v1\ntime %d\n" % seconds + text
