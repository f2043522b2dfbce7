"""What a log keeps of those who saw it: cosigned checkpoints, their times, how each witness answers, proofs of forks.

    witnessed/
        checkpoint           the newest one that as many witnesses cosigned as the policy asks for
        checkpoint.<size>    one a day and one at the close of a year: these are time-stamped and stay
        checkpoint.<size>.<authority>.tsr
        wanted               up to which event a checkpoint is to be kept besides the daily ones
        fork.<size>-<size>   the proof that this log signed two histories
        outside.witness.json, outside.authority.json
                             how each of them answered last; two files, since each is written by a thread of its own

Files, because one process asks and every process hands out. Nothing in them is secret: all of it proves itself.
`tests/witness/test_submitting.py` shows it.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from ledger.durable import write_durably, write_new
from ledger.proof.checkpoint import parse_checkpoint
from ledger.proof.cosignature import read_time
from ledger.proof.notes import parse_note

KINDS: Final = ("witness", "authority", "public")
_COSIGNATURE_SIZE: Final = 72    # A time and an Ed25519 signature; the log's own is shorter.
_KEPT: Final = re.compile(r"checkpoint\.([0-9]{1,19})")
_STAMP: Final = re.compile(r"checkpoint\.([0-9]{1,19})\.([a-z0-9-]{1,40})\.tsr")


@dataclass(frozen=True, slots=True)
class Answering:
    """How one outside party answered: the size it has, when (POSIX seconds), and since when it has failed, and why."""

    name: str
    kind: str
    size: int = 0
    at: int = 0
    failing_since: int = 0
    code: str = ""
    reason: str = ""


class Kept:
    """The folder; it is made when the first thing is kept."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def latest(self) -> bytes | None:
        """The newest checkpoint for which the quorum was met."""
        return self._read("checkpoint")

    def keep_latest(self, note: bytes) -> bool:
        """Put a newer one in its place; False where what stands there is as new."""
        before = self.latest()
        if before is not None and _weight(before) >= _weight(note):
            return False
        self._write("checkpoint", note)
        return True

    def dated(self) -> list[int]:
        """The sizes of the checkpoints that stay, the oldest first."""
        return sorted(int(found[1]) for name in self._names() if (found := _KEPT.fullmatch(name)))

    def at(self, size: int) -> bytes | None:
        """The checkpoint of a size, where it stays."""
        return self._read(f"checkpoint.{size}")

    def keep(self, note: bytes, *, at: int) -> None:
        """Let a checkpoint stay; it is as of `at` (POSIX seconds)."""
        name = f"checkpoint.{size_of(note)}"
        self._write(name, note)
        os.utime(self.folder / name, (at, at))

    def kept_at(self, size: int) -> int:
        """When the checkpoint of a size was kept; 0 where it is not there."""
        try:
            return (self.folder / f"checkpoint.{size}").stat().st_mtime_ns // 1_000_000_000
        except FileNotFoundError:
            return 0

    def stamps(self, size: int) -> dict[str, bytes]:
        """The time-stamps on the checkpoint of a size, by authority."""
        found = [match for name in self._names() if (match := _STAMP.fullmatch(name)) and int(match[1]) == size]
        return {match[2]: (self.folder / match[0]).read_bytes() for match in sorted(found, key=lambda match: match[2])}

    def keep_stamp(self, size: int, authority: str, token: bytes) -> None:
        """Keep a time-stamp beside its checkpoint."""
        self._write(f"checkpoint.{size}.{authority}.tsr", token)

    def want(self, position: int) -> None:
        """Ask that a checkpoint which holds this event be kept and stamped, without waiting for the day."""
        if position > self.wanted():
            self._write("wanted", f"{position}\n".encode())

    def wanted(self) -> int:
        """Up to which event one is asked for; 0 where none was."""
        data = self._read("wanted") or b"0"
        return int(data) if data.strip().isdigit() else 0

    def forks(self) -> dict[str, bytes]:
        """The proofs of forks by the names of their files."""
        return {name: (self.folder / name).read_bytes() for name in self._names() if name.startswith("fork.")}

    def keep_fork(self, older: int, newer: int, proof: bytes) -> Path:
        """Keep a proof; one of the same two sizes that is there already stays."""
        name = f"fork.{older}-{newer}"
        self._make()
        with suppress(FileExistsError):  # Two witnesses may tell of it at once.
            write_new(self.folder / name, proof, mode=0o644)
        return self.folder / name

    def answering(self) -> list[Answering]:
        """How each outside party answered last."""
        found: list[Answering] = []
        for kind in KINDS:
            with suppress(ValueError, TypeError):  # Only a report: the next round writes it again.
                found += [Answering(**one) for one in json.loads(self._read(f"outside.{kind}.json") or b"[]")]
        return found

    def say(self, answering: Sequence[Answering]) -> None:
        """Tell every process how they answer; of the other kind what was told stays."""
        for kind in KINDS:
            if told := [asdict(one) for one in answering if one.kind == kind]:
                self._write(f"outside.{kind}.json", json.dumps(told, ensure_ascii=False).encode())

    def _names(self) -> list[str]:
        return sorted(each.name for each in self.folder.iterdir()) if self.folder.exists() else []

    def _read(self, name: str) -> bytes | None:
        try:
            return (self.folder / name).read_bytes()
        except FileNotFoundError:
            return None

    def _write(self, name: str, data: bytes) -> None:
        self._make()
        write_durably(self.folder / name, data, mode=0o644)

    def _make(self) -> None:
        self.folder.mkdir(mode=0o755, exist_ok=True)


def size_of(note: bytes) -> int:
    """The size that a note of ours tells."""
    return parse_checkpoint(parse_note(note)[0]).size


def seen_at(note: bytes) -> int:
    """The newest time that a cosignature under a kept note names (POSIX seconds); 0 where there is none."""
    times = [read_time(each.signature) for each in parse_note(note)[1] if len(each.signature) == _COSIGNATURE_SIZE]
    return max(times, default=0)


def _weight(note: bytes) -> tuple[int, int]:
    """Of two notes the larger one, and of one size the one with more signatures, is worth more."""
    return size_of(note), len(parse_note(note)[1])
