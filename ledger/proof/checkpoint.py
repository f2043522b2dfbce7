r"""Checkpoints: what a log says of itself, as the text of a signed note.

    <origin>\n<size>\n<base64 root>\n[extension lines]

Text: C2SP tlog-checkpoint. One checkpoint has one spelling: it is parsed, printed again and compared.
Extension lines are read and kept, since other logs have them; this log writes none.
`tests/ledger/proof/test_checkpoint_text.py` shows it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ledger.proof.keys import is_key_name
from ledger.proof.merkle import EMPTY_ROOT, HASH_SIZE
from ledger.proof.text import (
    NUMBER_MAX,
    Malformed,
    decode_base64,
    encode_base64,
    parse_decimal,
    read_text,
    show,
)


class MalformedCheckpoint(Malformed):
    """The text of a note is not a checkpoint, or says what no log can say."""

    code: ClassVar[str] = "checkpoint_malformed"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The tree of `origin` at `size` leaves has this `root`."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        where = f"{show(self.origin)} 的检查点"
        if not is_key_name(self.origin) or self.origin.endswith("/") or "://" in self.origin:
            raise MalformedCheckpoint(where, "来源应形如 example.com/log：无协议名、末尾斜杠、空白、加号")
        if not 0 <= self.size <= NUMBER_MAX:
            raise MalformedCheckpoint(where, f"大小 {self.size} 不在 0 到 {NUMBER_MAX} 之间")
        if len(self.root) != HASH_SIZE:
            raise MalformedCheckpoint(where, f"根有 {len(self.root)} 字节，应为 {HASH_SIZE} 字节")
        if self.size == 0 and self.root != EMPTY_ROOT:
            raise MalformedCheckpoint(where, "大小为 0 而根不是空树的根")
        if any(not line or "\n" in line for line in self.extensions):
            raise MalformedCheckpoint(where, "扩展行不得为空，不得含换行")


def format_checkpoint(checkpoint: Checkpoint) -> bytes:
    """The text to be signed."""
    lines = [checkpoint.origin, str(checkpoint.size), encode_base64(checkpoint.root), *checkpoint.extensions]
    return "".join(f"{line}\n" for line in lines).encode()


def parse_checkpoint(text: bytes) -> Checkpoint:
    """Read the text of a note whose signature was verified."""
    where = "检查点"
    lines = read_text(text, where, MalformedCheckpoint).removesuffix("\n").split("\n")
    if len(lines) < 3:
        raise MalformedCheckpoint(where, f"只有 {len(lines)} 行，至少应有来源、大小、根三行")
    origin, size, root, *extensions = lines
    checkpoint = Checkpoint(
        origin,
        parse_decimal(size, f"{where}第 2 行（大小）", MalformedCheckpoint),
        decode_base64(root, f"{where}第 3 行（根）", MalformedCheckpoint, length=HASH_SIZE),
        tuple(extensions),
    )
    if format_checkpoint(checkpoint) != text:
        raise MalformedCheckpoint(where, "不是规范写法")
    return checkpoint
