"""The coded ledger in files: a base, a delta of people whose past changed since, and a manifest that names both.

    coded.1.json               which files, to the byte and by digest; the position and leaf that they stand at
    coded.1.base-<at>          everyone as of a position
    coded.1.delta-<at>         whoever changed since, with all that is known of them: it masks the base
    coded.lock                 one process at a time reads on and writes

A delta that has grown large is written with its base into a new base, by whoever opens the files or, in the background,
while they work on what they opened (`compact_coded`).

A file is written beside, made durable, and named by the manifest in one rename; what no manifest names is removed
when the next one is written. So a kill at any moment leaves the former state or the new one. Files that are missing,
cut off, altered, of another ledger, ahead of it or of a newer version are told apart, discarded and made anew.

`tests/projections/replay/test_store.py` shows it.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import numpy as np
import structlog
from numpy.typing import NDArray

from ledger.durable import write_durably
from ledger.ledger import Ledger
from projections.replay.coded import Zone
from projections.replay.held import (
    Held,
    Progress,
    Snapshot,
    Statement,
    changed_since,
    read_all,
    read_people,
)
from projections.replay.segments import merged

NAME: Final = "coded"
VERSION: Final = 1
_TABLES: Final = ("claims", "affiliations", "departures")
_ALIGNED: Final = 64
_MASKED_MOST: Final = 8   # A delta of more than an eighth of the people is written into a new base.
_DIGESTED_AT_ONCE: Final = 1 << 22


class _Unfit(Exception):
    """A file cannot be used; the reason is a word."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What was found or made: the columns, and what had to be done for them."""

    held: Held
    was: str          # current, extended, compacted, built
    because: str | None = None
    is_divided: bool = False   # Whether its delta has grown so large that it is worth a new base.


def open_coded(
    folder: Path, ledger: Ledger, progress: Progress = lambda done, total: None, *, compacts: bool = True
) -> Kept:
    """The coded ledger at the position of the projections, from its files as far as they go; keeps what it makes.

    `compacts` False: whoever opens it sees to `compact_coded` themselves, if it is divided.
    """
    with _alone(folder), Snapshot(folder) as snapshot:
        base, delta, because = _found(folder, ledger)
        if because not in (None, "missing"):
            structlog.get_logger().warning("coded_discarded", because=because)
        if base is None:
            held = read_all(snapshot, progress)
            _keep(folder, ledger, held, None)
            return Kept(held, "built", because)
        held = base if delta is None else merged(base, delta)
        if held.position == snapshot.position and because is None:
            return Kept(held, "current", is_divided=_is_divided(held, delta))
        delta = read_people(snapshot, changed_since(snapshot, base.position))
        held = merged(base, delta)
        is_divided = _is_divided(held, delta)
        if is_divided and compacts:
            _keep(folder, ledger, held, None)
            return Kept(held, "compacted", because)
        _keep(folder, ledger, base, delta)
        return Kept(held, "extended", because, is_divided)


def _is_divided(held: Held, delta: Held | None) -> bool:
    return delta is not None and len(delta.people) * _MASKED_MOST > len(held.people)


def compact_coded(folder: Path, ledger: Ledger, held: Held) -> bool:
    """Write what was opened as one base; False if others have gone on from there, which will see to it."""
    with _alone(folder):
        try:
            manifest = _manifest(folder, ledger)
        except _Unfit:
            return False
        if manifest.position != held.position or manifest.delta is None:
            return False
        _keep(folder, ledger, held, None)
        return True


@contextmanager
def compacting(folder: Path, ledger: Ledger, kept: Kept) -> Iterator[None]:
    """Compact in the background while the block works on what was opened; a kill leaves what stood before."""
    if not kept.is_divided:
        yield
        return
    writer = threading.Thread(target=compact_coded, args=(folder, ledger, kept.held), name="compacting")
    writer.start()
    try:
        yield
    finally:
        writer.join()


def _found(folder: Path, ledger: Ledger) -> tuple[Held | None, Held | None, str | None]:
    """The base and the delta that can be used, and why one of them cannot; without its delta a base is an older one."""
    base = None
    try:
        manifest = _manifest(folder, ledger)
        base = _read(folder, manifest.base)
        return base, None if manifest.delta is None else _read(folder, manifest.delta), None
    except _Unfit as unfit:
        return base, None, str(unfit)


def rebuild_coded(folder: Path, ledger: Ledger, progress: Progress) -> Held:
    """Make it from the projections, whatever stands; what stands is replaced when the new one is whole."""
    with _alone(folder), Snapshot(folder) as snapshot:
        held = read_all(snapshot, progress)
        _keep(folder, ledger, held, None)
        return held


def compare_coded(folder: Path, ledger: Ledger, progress: Progress) -> tuple[int, str, str]:
    """The digest of what the files give, read on to the projections' position, and of what is read of them anew."""
    kept = open_coded(folder, ledger, progress).held
    with Snapshot(folder) as snapshot:  # Somebody may have followed meanwhile.
        fresh = read_all(snapshot, progress, upto=kept.position)
    return kept.position, content(kept), content(fresh)


def content(held: Held) -> str:
    """A digest of what is held, however it was numbered and in how many files it lay."""
    digest = hashlib.sha256(json.dumps([held.position, len(held.people)]).encode())
    digest.update(held.people.tobytes())
    words = {"zone": [repr(one) for one in held.zones], "unit": list(held.units),
             "statement": [_sense(one) for one in held.statements]}
    for table in _TABLES:
        columns = getattr(held, table)
        for name, column in columns.items():
            if name in words:
                _, first, inverse = np.unique(column, return_index=True, return_inverse=True)
                by_word = np.array([words[name][number] for number in column[first].tolist()], dtype=object)
                ranked, rank = np.unique(by_word, return_inverse=True) if len(by_word) else (by_word, first)
                digest.update("\n".join(ranked.tolist()).encode())
                digest.update(rank[inverse].astype(np.int32).tobytes())
            elif name in ("occasion", "output"):
                digest.update(_first_of_its_key(column).tobytes())
            else:
                digest.update(np.ascontiguousarray(column).tobytes())
    return digest.hexdigest()


def _sense(statement: Statement) -> str:
    """What a statement says, whichever of the studies that say it was kept."""
    return json.dumps([weighed(statement), *statement[1:]], sort_keys=True, ensure_ascii=False)


def weighed(statement: Statement) -> dict[str, Any]:
    """What a law may weigh of a statement: of its study all but dates and keys, of a document whether there is one."""
    study = json.loads(statement.study)
    dated = ("evidence_on", "starts", "ends", "year", "filed_on", "occasion", "output", "participants", "joint_first",
             "filing", "training_class")
    return {**{name: value for name, value in study.items() if name not in dated},
            "document": study.get("document") is not None}


def _first_of_its_key(column: NDArray[np.int32]) -> NDArray[np.int64]:
    """For each row the first row with its key, or -1 where it has none: the same however keys are numbered."""
    _, first, inverse = np.unique(column, return_index=True, return_inverse=True)
    return np.where(column > 0, first[inverse], -1).astype(np.int64)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let one process at a time read on and write; another one waits."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / f"{NAME}.lock").open("a", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


# The manifest


class _File(msgspec.Struct, frozen=True):
    """One file, to the byte."""

    name: str
    bytes: int
    sha256: str


class _Manifest(msgspec.Struct, frozen=True):
    """Which files, and where they stand in the log."""

    base: _File
    delta: _File | None
    position: Annotated[int, msgspec.Meta(ge=0)]
    leaf_sha256: str


def _path(folder: Path) -> Path:
    return folder / f"{NAME}.{VERSION}.json"


def _manifest(folder: Path, ledger: Ledger) -> _Manifest:
    """The manifest, if it is of this ledger; raises _Unfit."""
    newer = [path for path in folder.glob(f"{NAME}.*.json") if path.name != _path(folder).name]
    try:
        manifest = msgspec.json.decode(_path(folder).read_bytes(), type=_Manifest)
    except FileNotFoundError:
        raise _Unfit("other_version" if newer else "missing") from None
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise _Unfit("damaged") from None
    if manifest.position > ledger.store.size():
        raise _Unfit("ahead_of_log")
    if manifest.leaf_sha256 != _leaf(ledger, manifest.position):
        raise _Unfit("other_log")
    return manifest


def _leaf(ledger: Ledger, position: int) -> str:
    """The digest of the leaf at a position; of none at all where nothing stands."""
    return hashlib.sha256(ledger.store.leaves(position - 1, 1)[0]).hexdigest() if position else ""


def _keep(folder: Path, ledger: Ledger, base: Held, delta: Held | None) -> None:
    """Write what is not yet there, then name it; then remove what is named no longer."""
    position = (delta or base).position
    named: dict[str, Any] = {
        "base": _write(folder, f"{NAME}.{VERSION}.base-{base.position}", base),
        "delta": None if delta is None else _write(folder, f"{NAME}.{VERSION}.delta-{position}", delta),
        "position": position, "leaf_sha256": _leaf(ledger, position),
        "root": ledger.store.frontier(position).root().hex(),
    }
    write_durably(_path(folder), json.dumps(named, sort_keys=True).encode(), mode=0o600)
    kept = {_path(folder).name, f"{NAME}.lock", *(one["name"] for one in (named["base"], named["delta"]) if one)}
    for path in folder.glob(f"{NAME}.*"):
        if path.name not in kept:
            path.unlink(missing_ok=True)


# One file: the length of its head, the head, the columns


def _write(folder: Path, name: str, held: Held) -> dict[str, Any]:
    """Write a file unless it is there already; gives its line of the manifest."""
    path = folder / name
    columns = {"people": held.people, **{f"{table}.{column}": values for table in _TABLES
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


def _read(folder: Path, named: _File) -> Held:
    """Map a file; raises _Unfit."""
    path = (folder / Path(named.name).name).resolve()
    if not path.exists():
        raise _Unfit("file_missing")
    if path.stat().st_size != named.bytes:
        raise _Unfit("truncated")
    if _digest(path) != named.sha256:
        raise _Unfit("damaged")
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
        for table in _TABLES
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
