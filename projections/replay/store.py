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
import structlog

from ledger.durable import write_durably
from ledger.ledger import Ledger
from projections.replay.column_file import File, Unfit, read_file, write_file
from projections.replay.content import content
from projections.replay.held import Held
from projections.replay.reading import Progress, Snapshot, changed_since, read_all, read_people
from projections.replay.segments import merged

NAME: Final = "coded"
VERSION: Final = 1
_MASKED_MOST: Final = 8   # A delta of more than an eighth of the people is written into a new base.


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
        except Unfit:
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
        base = read_file(folder, manifest.base)
        return base, None if manifest.delta is None else read_file(folder, manifest.delta), None
    except Unfit as unfit:
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


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let one process at a time read on and write; another one waits."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / f"{NAME}.lock").open("a", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


# The manifest


class _Manifest(msgspec.Struct, frozen=True):
    """Which files, and where they stand in the log."""

    base: File
    delta: File | None
    position: Annotated[int, msgspec.Meta(ge=0)]
    leaf_sha256: str


def _path(folder: Path) -> Path:
    return folder / f"{NAME}.{VERSION}.json"


def _manifest(folder: Path, ledger: Ledger) -> _Manifest:
    """The manifest, if it is of this ledger; raises Unfit."""
    newer = [path for path in folder.glob(f"{NAME}.*.json") if path.name != _path(folder).name]
    try:
        manifest = msgspec.json.decode(_path(folder).read_bytes(), type=_Manifest)
    except FileNotFoundError:
        raise Unfit("other_version" if newer else "missing") from None
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise Unfit("damaged") from None
    if manifest.position > ledger.store.size():
        raise Unfit("ahead_of_log")
    if manifest.leaf_sha256 != _leaf(ledger, manifest.position):
        raise Unfit("other_log")
    return manifest


def _leaf(ledger: Ledger, position: int) -> str:
    """The digest of the leaf at a position; of none at all where nothing stands."""
    return hashlib.sha256(ledger.store.leaves(position - 1, 1)[0]).hexdigest() if position else ""


def _keep(folder: Path, ledger: Ledger, base: Held, delta: Held | None) -> None:
    """Write what is not yet there, then name it; then remove what is named no longer."""
    position = (delta or base).position
    named: dict[str, Any] = {
        "base": write_file(folder, f"{NAME}.{VERSION}.base-{base.position}", base),
        "delta": None if delta is None else write_file(folder, f"{NAME}.{VERSION}.delta-{position}", delta),
        "position": position, "leaf_sha256": _leaf(ledger, position),
        "root": ledger.store.frontier(position).root().hex(),
    }
    write_durably(_path(folder), json.dumps(named, sort_keys=True).encode(), mode=0o600)
    kept = {_path(folder).name, f"{NAME}.lock", *(one["name"] for one in (named["base"], named["delta"]) if one)}
    for path in folder.glob(f"{NAME}.*"):
        if path.name not in kept:
            path.unlink(missing_ok=True)
