"""Whose the files of a folder are: of all processes of this host, one has the lock on them and writes."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from ledger.lease import FileLease
from projections.errors import AlreadyFollowed

_SOUND: Final = " sound"


class Ownership:
    """The lock on a folder of projections: of all processes of this host, one has it.

    `were_sound`: whoever had it before found every file whole or made it, and died since. A death tears no file apart,
    only a loss of power may; so whoever has been waiting since then need not look through them again.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path = folder / "follower.lock"
        self._lease = FileLease(self._path)
        if not self._lease.try_take():
            raise AlreadyFollowed(folder, process=self._said().removesuffix(_SOUND))
        self.were_sound: Final = self._said().endswith(_SOUND)
        self._note(str(os.getpid()))

    def found_sound(self) -> None:
        """Note that every file is whole."""
        self._note(f"{os.getpid()}{_SOUND}")

    def release(self) -> None:
        """Let another have it. The file stays: removing it would let two hold two files of one name."""
        self._note("")
        self._lease.release()

    def _note(self, text: str) -> None:
        with suppress(OSError):  # On a full disk nothing is noted, and whoever comes next checks.
            self._path.write_text(text, "ascii")

    def _said(self) -> str:
        return self._path.read_text("ascii").strip()
