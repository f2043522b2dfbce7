"""The witness: cosigns a checkpoint of a log that it trusts, if it extends the last one that it cosigned.

Each answer is one of C2SP tlog-witness's; doors give it its HTTP status. What contradicts what was seen is kept: two
signatures of one log under two histories are evidence against whoever holds its key.

`tests/witness/test_witness.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from typing import Final, NamedTuple

from ledger.proof.checkpoint import Checkpoint, MalformedCheckpoint, parse_checkpoint
from ledger.proof.cosignature import cosign
from ledger.proof.keys import PublicKey, SigningKey
from ledger.proof.merkle import EMPTY_ROOT, Inconsistent, check_consistency
from ledger.proof.notes import (
    MalformedNote,
    NoteUnverified,
    NoteVerifier,
    Signature,
    SignatureInvalid,
    format_note,
    format_signature,
    open_note,
    parse_note,
)
from ledger.proof.text import Malformed, show
from ledger.witnessing.request import MalformedRequest, Request, parse_request
from ledger.witnessing.state import Seen, State, Suspect

_TRIES: Final = 8


class Outcome(Enum):
    """What a witness says."""

    COSIGNED = "cosigned"
    MALFORMED = "malformed"
    UNSIGNED = "unsigned"
    UNKNOWN = "unknown"
    OTHER_SIZE = "other_size"
    INCONSISTENT = "inconsistent"


class Said(NamedTuple):
    """The outcome; the signature line, the size that was last cosigned, or in Chinese what is wrong."""

    outcome: Outcome
    text: str


class Witness:
    """One witness's key and memory. `logs` says whom it trusts now; `clock` gives POSIX seconds."""

    def __init__(
        self, key: SigningKey, state: State, logs: Callable[[], Sequence[PublicKey]], clock: Callable[[], int]
    ) -> None:
        self._key, self.state, self._logs, self._clock = key, state, logs, clock

    def add(self, body: bytes) -> Said:
        """Answer add-checkpoint."""
        try:
            request = parse_request(body)
            text, _ = parse_note(request.note)
        except (MalformedRequest, MalformedNote) as error:
            return Said(Outcome.MALFORMED, str(error))
        origin = text.split(b"\n", 1)[0].decode()
        keys = [key for key in self._logs() if key.name == origin]
        if not keys:
            return Said(Outcome.UNKNOWN, f"本见证人不为日志 {show(origin)} 联署。请先由见证人的管理者登记其公钥。")
        try:
            note = open_note(request.note, [NoteVerifier(key) for key in keys])
        except (NoteUnverified, SignatureInvalid) as error:
            return Said(Outcome.UNSIGNED, str(error))
        try:
            checkpoint = parse_checkpoint(text)
        except Malformed as error:
            if _is_other_empty_root(text):
                return Said(Outcome.INCONSISTENT, str(error))
            return Said(Outcome.MALFORMED, str(error))
        if request.old > checkpoint.size:
            return Said(Outcome.MALFORMED, f"old 是 {request.old}，大于检查点的 {checkpoint.size}。")
        return self._extend(request, checkpoint, format_note(text, note.verified))

    def _extend(self, request: Request, checkpoint: Checkpoint, note: bytes) -> Said:
        for _ in range(_TRIES):  # Another request may come in between; then what it left is what must be extended.
            before = self.state.seen(checkpoint.origin)
            if request.old != (0 if before is None else before.size):
                return Said(Outcome.OTHER_SIZE, str(0 if before is None else before.size))
            try:
                check_consistency(request.old, checkpoint.size, request.proof,
                                  EMPTY_ROOT if before is None else before.root, checkpoint.root)
            except Inconsistent as error:
                if before is not None:
                    self.state.suspect(Suspect(checkpoint.origin, before.note, note, self._clock()))
                return Said(Outcome.INCONSISTENT, str(error))
            seconds = self._clock()
            text, signatures = parse_note(note)
            line = cosign(text, self._key, seconds)
            cosigned = format_note(text, [*signatures, line])
            if self.state.replace(before, Seen(checkpoint.origin, checkpoint.size, checkpoint.root, cosigned, seconds)):
                return Said(Outcome.COSIGNED, format_signature(line))
        raise AssertionError("every turn of another request makes the log longer or keeps it as it is")


def signatures_of(body: str) -> list[Signature]:
    """Read what a witness answered: signature lines, nothing verified."""
    _, found = parse_note(f"x\n\n{body}".encode())
    return found


def _is_other_empty_root(text: bytes) -> bool:
    """Say whether a checkpoint is well formed and of size 0 under a root that is not the empty tree's."""
    lines = text.split(b"\n")
    if len(lines) < 4 or lines[1] != b"0":
        return False
    try:
        parse_checkpoint(b"\n".join([lines[0], b"1", *lines[2:]]))  # But for its size nothing is wrong with it.
    except (Malformed, MalformedCheckpoint):
        return False
    return True
