"""What a check of a file comes to: a verdict in words for people, or an error that says what was found where.

It needs the standard library alone, because the verifier reads it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, NamedTuple

from ledger.errors import LedgerError
from ledger.proof.checkpoint import Checkpoint

Progress = Callable[[int, int], None]

UNPROVEN: Final = (
    "不证明登记的内容属实：只证明登记机构在当时确实如此登记，此后未被改动。",
    "不证明此后没有更正或撤销：请以最新的检查点为准，或向登记机构查询。",
)


UNDECIDED: Final = ("other_file", "pdf_cut_short", "pdf_unsealed", "archive_cut_short")
"""Codes of files of which nothing is known: neither that they hold nor that anybody has touched them."""


class Unverified(LedgerError):
    """The file does not hold: what was found where."""

    code: ClassVar[str] = "unverified"
    cure: ClassVar[str] = "这份文件不是登记机构签发的原件，或已被改动；请保留它作为证据，并重新索取"

    def __init__(self, where: str, found: str) -> None:
        self.where, self.found = where, found
        super().__init__(f"{where}：{found}。{self.cure}。")


class OtherFile(Unverified):
    """A file of a kind that proves nothing, whoever made it: nobody is told that it was forged."""

    code: ClassVar[str] = "other_file"
    cure = "它本身没有可以核验的内容，真假都无从说起；请取得登记机构出具的原始文件"


class Complete(NamedTuple):
    """All events that name a statement's person: by which map, up to where, and which of them its basis knew."""

    map_event: int
    map_size: int
    map_root: str
    people: int
    key_sha256: str
    events: tuple[int, ...]
    within_basis: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was checked, in words for people, and what it does not prove."""

    kind: str
    checkpoint: Checkpoint
    checked: tuple[str, ...]
    unproven: tuple[str, ...]
    events: tuple[dict[str, Any], ...] = field(default=())
    complete: Complete | None = None
    text: str | None = field(default=None, repr=False)  # Of a statement, for whoever reads on in it; it names someone.
    note: bytes = field(default=b"", repr=False)  # Of a proof or a statement: its checkpoint as it was signed.
