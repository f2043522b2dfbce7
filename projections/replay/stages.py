"""What a replay has finished, kept until all of it is: killed anywhere, the same question goes on from there.

    replay.lock                    the one process that keeps anything
    replay.<key>/                  of one question and of what came of it
        <name>.<number>.<digest>   a part of a file, under the digest of its own content

A part that is cut off or altered does not have the digest that it bears, and is made anew. The key is that of the
question and of everything that the lines say, so that parts of another program, law or history never meet. Of several
questions the last one's parts are kept; a second replay at the same time keeps its own to itself, and nothing after.

What is arithmetic over columns is not kept: doing it again takes less than reading it.

`tests/projections/replay/test_stages.py` shows it.
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ledger.durable import write_durably
from ledger.file_digest import sha256_of

NAME: Final = "replay"


class Stages:
    """The parts of one question, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder: Final = folder

    def parts(self, names: Sequence[str], number: int, make: Callable[[], Sequence[bytes]]) -> list[Path]:
        """The part of this number of each file: those that stand, if all do, else new ones."""
        found = [self._standing(name, number) for name in names]
        stand = [path for path in found if path is not None]
        if len(stand) == len(names):
            return stand
        return [self._keep(name, number, content) for name, content in zip(names, make(), strict=True)]

    def _standing(self, name: str, number: int) -> Path | None:
        whole = None
        for path in self.folder.glob(f"{name}.{number:06d}.*"):
            if sha256_of(path) == path.name.rpartition(".")[2]:
                whole = path
            else:
                path.unlink()
        return whole

    def _keep(self, name: str, number: int, content: bytes) -> Path:
        path = self.folder / f"{name}.{number:06d}.{hashlib.sha256(content).hexdigest()}"
        write_durably(path, content, mode=0o600)
        return path


@contextmanager
def open_stages(root: Path, key: str) -> Iterator[Stages]:
    """The stages of a question; they go when it is answered, and stay when the block is left by an error or a kill."""
    with (root / f"{NAME}.lock").open("a", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with tempfile.TemporaryDirectory(prefix="xueshi-replay-") as own:
                yield Stages(Path(own))
            return
        folder = root / f"{NAME}.{key}"
        for other in root.glob(f"{NAME}.*"):
            if other.is_dir() and other != folder:
                shutil.rmtree(other)
        folder.mkdir(mode=0o700, exist_ok=True)
        yield Stages(folder)
        shutil.rmtree(folder)
