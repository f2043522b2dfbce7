"""Columns of the coded ledger in one file: the length of its head, the head, the columns, each where it can be mapped.

Nobody reads a file whose size or digest is not what the manifest says (`projections.replay.store`).
`tests/projections/replay/test_store.py` shows it.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from ledger.durable import write_durably
from projections.replay.coded import Zone
from projections.replay.held import TABLES, Held, Statement

_ALIGNED: Final = 64
_DIGESTED_AT_ONCE: Final = 1 << 22


class Unfit(Exception):
    """A file cannot be used; the reason is a word."""


class File(msgspec.Struct, frozen=True):
    """One file, to the byte."""

    name: str
    bytes: int
    sha256: str


def write_file(folder: Path, name: str, held: Held) -> dict[str, Any]:
    """Write a file unless it is there already; gives its line of the manifest."""
    path = folder / name
    columns = {"people": held.people, **{f"{table}.{column}": values for table in TABLES
                                         for column, values in getattr(held, table).items()}}
    places, offset = {}, 0
    for column, values in columns.items():
        places[column] = [values.dtype.str, len(values), offset]
        offset += -(-values.nbytes // _ALIGNED) * _ALIGNED
    head = json.dumps({"position": held.position, "columns": places, "statements": held.statements,
                       "zones": held.zones, "units": held.units}, ensure_ascii=False).encode()
    start = -(-(8 + len(head)) // _ALIGNED) * _ALIGNED
    parts: list[Any] = [len(head).to_bytes(8, "little"), head, b"\0" * (start - 8 - len(head))]
    for values in columns.values():
        parts += [np.ascontiguousarray(values).view(np.uint8), b"\0" * (-values.nbytes % _ALIGNED)]
    known = getattr(held.people, "filename", None)  # Columns that are mapped from the very file need no writing.
    if known is None or Path(known) != path.resolve():
        write_durably(path, *parts, mode=0o600)
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return {"name": name, "bytes": start + offset, "sha256": digest.hexdigest()}


def read_file(folder: Path, named: File) -> Held:
    """Map a file; raises Unfit."""
    path = (folder / Path(named.name).name).resolve()
    if not path.exists():
        raise Unfit("file_missing")
    if path.stat().st_size != named.bytes:
        raise Unfit("truncated")
    if _digest(path) != named.sha256:
        raise Unfit("damaged")
    mapped = np.memmap(path, dtype=np.uint8, mode="r")
    length = int.from_bytes(mapped[:8].tobytes(), "little")
    head = json.loads(mapped[8:8 + length].tobytes())
    start = -(-(8 + length) // _ALIGNED) * _ALIGNED
    found: dict[str, NDArray[Any]] = {}
    for column, (kind, count, offset) in head["columns"].items():
        size = np.dtype(kind).itemsize * count
        found[column] = mapped[start + offset:start + offset + size].view(kind)
    claims, affiliations, departures = (
        {column.partition(".")[2]: values for column, values in found.items() if column.startswith(f"{table}.")}
        for table in TABLES
    )
    return Held(
        head["position"], found["people"], claims, affiliations, departures,
        tuple(Statement(*one) for one in head["statements"]), tuple(Zone(*one) for one in head["zones"]),
        tuple(head["units"]),
    )


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(_DIGESTED_AT_ONCE):
            digest.update(part)
    return digest.hexdigest()
