"""A spool on disk that sorts lines by person and gives answers back in the order in which the questions came.

Lines go into parts by the hash of their person, so one part at a time fits in memory whatever the size of the file. A
tape remembers, one byte a line, which part each line went to; reading the parts along the tape restores the order.

`tests/policies/test_spool.py` shows it.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import IO, Final

import msgspec
from msgspec import UNSET, UnsetType

PARTS: Final = 64
PART_BYTES_MOST: Final = 64 << 20
"""A part larger than this is sorted once more into parts of its own."""

TAPE_BLOCK: Final = 1 << 16
IDS_HELD_MOST: Final = 1 << 19


class Head(msgspec.Struct):
    """What sorting needs of a line; everything else is read when its part is ruled."""

    kind: str
    person: str
    id: str | UnsetType = UNSET


read_head: Final = msgspec.json.Decoder(Head).decode
_read_ids: Final = msgspec.json.Decoder(list[str]).decode


class Sorter:
    """Writes lines into the parts of one folder. `level` says how often they have been sorted before."""

    def __init__(self, folder: Path, *, level: int = 0) -> None:
        self.folder: Final = folder
        self.shift: Final = 6 * level
        self.level: Final = level
        folder.mkdir(exist_ok=True)
        self._files = ExitStack()
        self._parts = [self._create(f"{part:02d}.rows") for part in range(PARTS)]
        self._tapes = [self._create(f"{name}.tape") for name in ("lines", "entries", "applications")]

    def _create(self, name: str) -> IO[bytes]:
        return self._files.enter_context((self.folder / name).open("wb"))

    def add(self, rows: Iterable[tuple[Head, bytes]]) -> None:
        """Sort a block of lines."""
        parts: list[list[bytes]] = [[] for _ in range(PARTS)]
        lines, entries, applications = bytearray(), bytearray(), bytearray()
        shift, last = self.shift, PARTS - 1
        for head, line in rows:
            part = hash(head.person) >> shift & last
            parts[part].append(line)
            lines.append(part)
            if head.kind == "entry":
                entries.append(part)
            elif head.kind == "application":
                applications.append(part)
        for file, held in zip(self._parts, parts, strict=True):
            if held:
                held.append(b"")
                file.write(b"\n".join(held))
        for file, tape in zip(self._tapes, (lines, entries, applications), strict=True):
            file.write(tape)

    def skip(self) -> None:
        """Count a line that goes nowhere: blank, or not readable."""
        self._tapes[0].write(bytes([PARTS]))

    def close(self) -> None:
        """Everything is on disk."""
        self._files.close()

    def sizes(self) -> dict[int, int]:
        """The parts that hold anything, with their sizes."""
        found = {part: rows_file(self.folder, part).stat().st_size for part in range(PARTS)}
        return {part: size for part, size in found.items() if size}

    def in_order(self) -> Iterator[tuple[int, bytes]]:
        """Every line again with its number, in the order in which it came."""
        with ExitStack() as files:
            rows = [files.enter_context(rows_file(self.folder, part).open("rb")) for part in range(PARTS)]
            for number, part in enumerate(self._tape("lines"), 1):
                if part < PARTS:
                    yield number, next(rows[part]).rstrip(b"\n")

    def numbers(self, wanted: Iterable[tuple[int, int]]) -> dict[tuple[int, int], int]:
        """The line numbers of rows named by part and place within it."""
        missing, seen, found = set(wanted), Counter[int](), {}
        for number, part in enumerate(self._tape("lines"), 1):
            place = (part, seen[part])
            seen[part] += 1
            if place in missing:
                found[place] = number
                if len(found) == len(missing):
                    break
        return found

    def _tape(self, name: str) -> Iterator[int]:
        with (self.folder / f"{name}.tape").open("rb") as file:
            while block := file.read(TAPE_BLOCK):
                yield from block

    def answers(self, kind: str, out: IO[bytes]) -> None:
        """Write the answers of one kind in the order in which their questions came."""
        with ExitStack() as files:
            def opened(part: int) -> Iterator[bytes]:
                path = answers_file(self.folder, part, kind)
                return iter(files.enter_context(path.open("rb"))) if path.exists() else iter(())

            readers = [opened(part) for part in range(PARTS)]
            with (self.folder / f"{kind}.tape").open("rb") as tape:
                while block := tape.read(TAPE_BLOCK):
                    out.writelines(map(next, map(readers.__getitem__, block)))

    def by_person(self, out: IO[bytes], *, headed: bool) -> None:
        """Merge the answers that are ordered by person; `headed` keeps the heads for one more merge."""
        with ExitStack() as files:
            blocks = [
                person_blocks(files.enter_context(path.open("rb")))
                for path in (answers_file(self.folder, part, "years") for part in range(PARTS)) if path.exists()
            ]
            for _, head, lines in heapq.merge(*blocks, key=lambda block: block[0]):
                if headed:
                    out.write(head)
                out.writelines(lines)


def rows_file(folder: Path, part: int) -> Path:
    """Where the lines of a part lie."""
    return folder / f"{part:02d}.rows"


def answers_file(folder: Path, part: int, kind: str) -> Path:
    """Where the answers of a part lie."""
    return folder / f"{part:02d}.{kind}"


def person_head(person: str, count: int) -> bytes:
    """The line that stands before a person's block of answers."""
    return msgspec.json.encode((person, count)) + b"\n"


_read_person_head: Final = msgspec.json.Decoder(tuple[str, int]).decode


def person_blocks(file: IO[bytes]) -> Iterator[tuple[str, bytes, list[bytes]]]:
    """The blocks of one part: the person, the head, the lines."""
    for head in file:
        person, count = _read_person_head(head)
        yield person, head, list(islice(file, count))


class Names:
    """Finds names that were used twice, in memory that does not grow with the file."""

    def __init__(self, folder: Path) -> None:
        self.folder: Final = folder
        self._held: list[list[str]] = [[] for _ in range(PARTS)]
        self._count = 0
        self._spilled = False

    def add(self, names: Iterable[str]) -> None:
        """Remember these."""
        held, last, count = self._held, PARTS - 1, 0
        for name in names:
            held[hash(name) & last].append(name)
            count += 1
        self._count += count
        if self._count >= IDS_HELD_MOST:
            self._spill()

    def _spill(self) -> None:
        self._spilled = True
        for part, names in enumerate(self._held):
            if names:
                with (self.folder / f"{part:02d}.names").open("ab") as file:
                    file.write(msgspec.json.encode(names) + b"\n")
                names.clear()
        self._count = 0

    def twice(self) -> set[str]:
        """The names that were used more than once."""
        found: set[str] = set()
        for part, held in enumerate(self._held):
            names = list(held)
            path = self.folder / f"{part:02d}.names"
            if self._spilled and path.exists():
                with path.open("rb") as file:
                    for line in file:
                        names += _read_ids(line)
            if len(set(names)) != len(names):
                found |= {name for name, count in Counter(names).items() if count > 1}
        return found
