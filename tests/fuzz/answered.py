"""What programs and services answer that the installation asks: an authority of time, a witness, a key service."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Final

from api.witness import submitting
from ledger.keys.command import _Exchange
from ledger.keys.master import Owned
from ledger.proof.checkpoint import Checkpoint, format_checkpoint
from ledger.proof.cosignature import cosign
from ledger.proof.keys import COSIGNATURE
from ledger.proof.notes import format_note, format_signature, sign
from ledger.witnessing.stamp import check_stamp
from tests.fuzz.rehung import PARTED
from tests.witness.witness_kit import LOG_KEY, NOW, ORIGIN, WITNESS_KEY

TEXT: Final = format_checkpoint(Checkpoint(ORIGIN, 12, b"r" * 32))


def time_stamp(data: bytes) -> object:
    """Check a time-stamp: the authority's certificates (PEM), then its answer."""
    roots, _, answer = data.partition(PARTED)
    return check_stamp(answer, TEXT, roots)


def witness_answer(data: bytes) -> object:
    """Read what a witness answers to a checkpoint: its line, or the size that it has seen."""
    witness = SimpleNamespace(key=WITNESS_KEY.public(COSIGNATURE))
    with suppress(submitting._Failed):
        submitting._size(data)
    with suppress(submitting._Failed):
        note = format_note(TEXT, [sign(TEXT, LOG_KEY)])
        return submitting._signature(witness, note, data)  # type: ignore[arg-type]
    return None


def cosigned() -> bytes:
    """What one answers."""
    return format_signature(cosign(TEXT, WITNESS_KEY, NOW)).encode()


def key_answer(data: bytes) -> object:
    """Read what a key service's program says, line by line, of two keys that it was asked to wrap."""
    items = [Owned("one", b"1" * 32), Owned("two", b"2" * 32)]
    exchange = _Exchange(Path("/the/program"), 1, None, items, "wrapped")  # type: ignore[arg-type]
    exchange._under_way |= {0, 1}
    for line in data.split(b"\n"):
        exchange._take(bytearray(line))
    return exchange.found
