"""What a witness does with checkpoints that contradict each other: it makes a proof of them that needs nobody's word.

Two of one size prove themselves. Of others the log's own tiles are asked for, at the address that it is trusted with: a
log that has two histories hands out the tree of one, and that tree's root at the smaller size is not what it signed.

`tests/witness/test_three_ledgers.py` shows it.
"""

from __future__ import annotations

from collections.abc import Sequence

from api.witness.asking import Away, ask
from ledger.errors import LedgerError
from ledger.proof.checkpoint import parse_checkpoint
from ledger.proof.merkle import HashReader, hash_node
from ledger.proof.notes import parse_note
from ledger.proof.policy import Log, trust
from ledger.proof.tiles import Tile, TileHashes, format_tile_path
from ledger.witnessing.fork import Fork, check_fork, prove_fork, same_size_fork
from ledger.witnessing.state import Suspect


class RemoteTiles:
    """The tiles of a log over HTTP."""

    def __init__(self, url: str) -> None:
        self._url = url

    def read_tile(self, tile: Tile) -> bytes:
        """Ask for one; raises Away."""
        answer = ask("GET", self._url, f"/log/{format_tile_path(tile)}")
        if answer.status != 200:
            raise Away(f"status_{answer.status}", f"日志对瓦片答复 {answer.status}")
        return answer.body


def prove(suspect: Suspect, logs: Sequence[Log]) -> Fork | None:
    """Make the proof, checked with the log's keys; None where the log's tiles do not give one. Raises Away."""
    policy = trust(*(log.key for log in logs))
    fork = same_size_fork(suspect.seen, suspect.offered)
    if fork is None:
        fork = _from_tiles(suspect, next((log.url for log in logs if log.url), ""))
    try:
        return None if fork is None or check_fork(fork, policy) is None else fork
    except LedgerError:
        return None  # The tiles were of another tree than the one that was signed.


def _from_tiles(suspect: Suspect, url: str) -> Fork | None:
    if not url:
        raise Away("no_address", "信任这个日志时没有给出网址")
    sizes = sorted(parse_checkpoint(parse_note(note)[0]).size for note in (suspect.seen, suspect.offered))
    reader = TileHashes(RemoteTiles(url), sizes[1])
    try:
        return prove_fork(suspect.seen, suspect.offered, reader, _root_at(reader, sizes[0]))
    except LedgerError:
        return None


def _root_at(reader: HashReader, size: int) -> bytes:
    """The root at a size that is not 0, from complete subtrees of the tree."""
    cover, start = [], 0
    while start < size:
        level = (size - start).bit_length() - 1
        cover.append((level, start >> level))
        start += 1 << level
    *lefts, root = reader.read_hashes(cover)
    for left in reversed(lefts):
        root = hash_node(left, root)
    return root
