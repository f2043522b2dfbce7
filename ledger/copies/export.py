"""The export: the whole log up to a signed size as one file that anyone can check offline.

NDJSON. The first line says what it is; then one line an event, in order; the last line holds the checkpoint, the count
and the SHA-256 of all lines before it, so that a cut file shows:

    {"format":"xueshi-export/1","origin":"...","size":2}
    {"leaf":"[\\"xueshi/1\\",...]"}
    {"leaf":"[\\"xueshi/1\\",...]","salt":"...","ciphertext":"..."}
    {"checkpoint":"...","events":2,"sha256":"..."}

A redacted export leaves `salt` and `ciphertext` out; every leaf and the root stay as they are.
`ledger/offline/verify.py` checks it with the standard library and one signature library.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from collections.abc import Iterator
from typing import Any, Final

from ledger.proof.checkpoint import parse_checkpoint
from ledger.proof.notes import parse_note
from ledger.stores.recorder import AppendingRecorder

FORMAT: Final = "xueshi-export/1"
_PORTION: Final = 2_000


def export(store: AppendingRecorder, note: bytes, *, redacted: bool = False) -> Iterator[bytes]:
    """Give the lines of an export up to a checkpoint's size."""
    checkpoint = parse_checkpoint(parse_note(note)[0])
    digest = hashlib.sha256()
    for line in _body(store, checkpoint.origin, checkpoint.size, redacted=redacted):
        digest.update(line)
        yield line
    yield _line({"checkpoint": note.decode(), "events": checkpoint.size, "sha256": digest.hexdigest()})


def _body(store: AppendingRecorder, origin: str, size: int, *, redacted: bool) -> Iterator[bytes]:
    yield _line({"format": FORMAT, "origin": origin, "size": size})
    for after in range(0, size, _PORTION):
        for position, leaf in enumerate(store.leaves(after, min(_PORTION, size - after)), after + 1):
            line: dict[str, Any] = {"leaf": leaf.decode()}
            if not redacted and (part := store.sealed(position)) is not None:
                line |= {"salt": b64encode(part.salt).decode(), "ciphertext": b64encode(part.ciphertext).decode()}
            yield _line(line)


def _line(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
