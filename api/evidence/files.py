"""Evidence files: what was uploaded, outside the log, each sealed under the key of its owner.

    evidence/waiting/<owner>/<sha256>    uploaded, and looked at once after some weeks: is it cited?
    evidence/kept/<owner>/<sha256>       cited, and kept from then on

Its owner is the person whom it is about; of papers of a class, which are about many, the unit that held it.

The log names a file by its digest, which is why no name that anybody gave can become a path: the name is sealed within.
A file is a mark, then what is said of it, then itself, each sealed for its own place, so that a list opens no file.
Whose key is destroyed, their files are unreadable at once, here and in every copy; the remains are cleared away.

Where files lie is behind `Shelf`: a folder, or anything else that can put, get, move and drop bytes by a name.
`tests/api/test_evidence.py` shows it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, Protocol

import msgspec

from ledger.durable import sync, write_durably
from ledger.errors import LedgerError
from ledger.keys.master import WrongKey
from ledger.keys.vault import Absent, Vault

MOST: Final = 20 * 1024 * 1024
WAITING: Final = "waiting"
KEPT: Final = "kept"
WAITS_S: Final = 30 * 24 * 3_600
WAITING_FILES_MOST: Final = 100
"""Twice as many as one claim can cite: whoever waits with more has filed nothing of it."""

_MARK: Final = b"xueshi evidence 1\n"
_LENGTH: Final = 4
_NAME: Final = re.compile("[0-9a-f]{64}")


class EvidenceStoreFailed(LedgerError):
    """A file cannot be written or read where it should lie."""

    code = "evidence_store_failed"

    def __init__(self, why: str) -> None:
        super().__init__(f"佐证文件暂时无法存取（{why}）。请稍后重试；仍不行的，请管理员检查磁盘空间和权限。")


class EvidenceDamaged(LedgerError):
    """What lies there is not what was put there."""

    code = "evidence_damaged"

    def __init__(self, sha256: str) -> None:
        super().__init__(f"佐证文件 {sha256} 的内容已损坏，与登记的摘要不符。请从备份恢复，或请本人重新上传同一文件。")


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of a file."""

    media_type: str
    bytes: int
    received_at: int           # Microseconds since 1970.
    by: str                    # Who uploaded it: the person, or an actor.
    name: str | None = None


class Shelf(Protocol):
    """Where bytes lie, by a folder of names and a name in it."""

    def put(self, folder: str, name: str, data: bytes) -> None:
        """Put bytes there, durably, in the place of what had the name."""

    def get(self, folder: str, name: str, most: int = -1) -> bytes | None:
        """Give what lies there, or only the beginning of it."""

    def names(self, folder: str) -> list[str]:
        """List what lies in a folder: names, in order."""

    def age_s(self, folder: str, name: str, now_s: int) -> int:
        """Say since when it lies there."""

    def move(self, name: str, source: str, target: str) -> None:
        """Put it into another folder."""

    def drop(self, folder: str, name: str | None = None) -> None:
        """Drop one, or the folder with all that lies in it."""


class FolderShelf:
    """A folder on this machine."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, folder: str, name: str, data: bytes) -> None:
        place = self._root / folder
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_durably(place / name, data, mode=0o600)
        sync(place.parent)

    def get(self, folder: str, name: str, most: int = -1) -> bytes | None:
        try:
            with (self._root / folder / name).open("rb") as file:
                return file.read(most)
        except FileNotFoundError:
            return None

    def names(self, folder: str) -> list[str]:
        place = self._root / folder
        return sorted(path.name for path in place.iterdir()) if place.is_dir() else []

    def age_s(self, folder: str, name: str, now_s: int) -> int:
        return now_s - int((self._root / folder / name).stat().st_mtime)

    def move(self, name: str, source: str, target: str) -> None:
        place = self._root / target
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        (self._root / source / name).replace(place / name)
        sync(place)

    def drop(self, folder: str, name: str | None = None) -> None:
        place = self._root / folder
        for path in place.glob("*") if name is None else [place / name]:
            path.unlink(missing_ok=True)
        if place.is_dir() and not any(place.iterdir()):
            place.rmdir()


class EvidenceFiles:
    """The files of everyone, sealed."""

    def __init__(self, shelf: Shelf, vault: Vault) -> None:
        self._shelf, self._vault = shelf, vault

    def keep(self, owner: str, sha256: str, content: bytes, about: About) -> None:
        """Take a file in. Uploaded again, it waits as long again; what a claim cites stays where it is."""
        assert _NAME.fullmatch(sha256), "a digest was read as one"
        if self._exists(KEPT, owner, sha256):
            return
        self._vault.prepare([owner])  # Of whoever was forgotten it raises KeyGone.
        said = self._vault.seal_bytes(owner, msgspec.json.encode(about), place=_place(sha256, "about"))
        sealed = self._vault.seal_bytes(owner, content, place=_place(sha256, "content"))
        with _telling_of_the_disk():
            self._shelf.put(
                f"{WAITING}/{owner}", sha256, b"".join((_MARK, len(said).to_bytes(_LENGTH, "big"), said, sealed)))

    def about(self, owner: str, sha256: str) -> About | Absent | None:
        """Say what is known of a file; None where nobody uploaded it."""
        found = self._read(owner, sha256, len(_MARK) + _LENGTH + 4_096)
        return None if found is None else self._about(owner, sha256, found)

    def open(self, owner: str, sha256: str) -> tuple[About, bytes] | Absent | None:
        """Give a file; None where nobody uploaded it."""
        found = self._read(owner, sha256, -1)
        if found is None:
            return None
        about = self._about(owner, sha256, found)
        begins = len(_MARK) + _LENGTH + _length(found)
        content = self._opened(owner, sha256, found[begins:], "content")
        if isinstance(about, Absent) or isinstance(content, Absent):
            return Absent.DESTROYED
        return about, content

    def _about(self, owner: str, sha256: str, found: bytes) -> About | Absent:
        if not found.startswith(_MARK):
            raise EvidenceDamaged(sha256)
        begins = len(_MARK) + _LENGTH
        said = self._opened(owner, sha256, found[begins:begins + _length(found)], "about")
        return said if isinstance(said, Absent) else msgspec.json.decode(said, type=About)

    def _opened(self, owner: str, sha256: str, sealed: bytes, part: str) -> bytes | Absent:
        try:
            return self._vault.open_bytes(owner, sealed, place=_place(sha256, part))
        except WrongKey as error:
            raise EvidenceDamaged(sha256) from error

    def waiting(self, owner: str) -> list[str]:
        """The digests of what was uploaded for an owner and nothing was found to cite yet."""
        with _telling_of_the_disk():
            return list(filter(_NAME.fullmatch, self._shelf.names(f"{WAITING}/{owner}")))

    def uploaded(self, owner: str) -> list[str]:
        """The digests of everything that was uploaded for an owner."""
        with _telling_of_the_disk():
            return sorted({*self.waiting(owner), *filter(_NAME.fullmatch, self._shelf.names(f"{KEPT}/{owner}"))})

    def forget(self, owner: str) -> None:
        """Drop every file of somebody whose key is destroyed."""
        with _telling_of_the_disk():
            for folder in (KEPT, WAITING):
                self._shelf.drop(f"{folder}/{owner}")

    def tidy(
        self, cited: Callable[[str], set[str] | None], *, now_s: int, held: Callable[[str], set[str]] = lambda _: set()
    ) -> None:
        """Drop what nobody can read any more; keep for good what is cited, and drop what was not in weeks.

        `cited`: what an owner's claims or classes ever showed; None where that cannot be known now. `held`: what they
        have put into a draft; it waits on as long as that.
        """
        with _telling_of_the_disk():
            for owner in self._shelf.names(KEPT):
                if self._vault.is_destroyed(owner):
                    self._shelf.drop(f"{KEPT}/{owner}")
            for owner in self._shelf.names(WAITING):
                if self._vault.is_destroyed(owner):
                    self._shelf.drop(f"{WAITING}/{owner}")
                else:
                    self._sort_out(owner, cited, held, now_s)

    def _sort_out(
        self, owner: str, cited: Callable[[str], set[str] | None], held: Callable[[str], set[str]], now_s: int
    ) -> None:
        folder = f"{WAITING}/{owner}"
        due = [name for name in self._shelf.names(folder) if self._shelf.age_s(folder, name, now_s) >= WAITS_S]
        if not due:
            return
        waiting = held(owner)  # Before the claims are asked: a draft that is submitted meanwhile is in one of the two.
        if (wanted := cited(owner)) is None:
            return
        for name in due:
            if name in wanted:
                self._shelf.move(name, folder, f"{KEPT}/{owner}")
        for name in due:  # Afterwards, so that an emptied folder goes with the last of them.
            if name not in waiting:
                self._shelf.drop(folder, name)

    def _exists(self, folder: str, owner: str, sha256: str) -> bool:
        with _telling_of_the_disk():
            return self._shelf.get(f"{folder}/{owner}", sha256, 1) is not None

    def _read(self, owner: str, sha256: str, most: int) -> bytes | None:
        with _telling_of_the_disk():
            for folder in (WAITING, KEPT):  # In this order: it may be moved from the one to the other meanwhile.
                if (found := self._shelf.get(f"{folder}/{owner}", sha256, most)) is not None:
                    return found
        return None


class _telling_of_the_disk:  # noqa: N801 - it reads as what it does
    """Say of a disk that fails what it is."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError):
            raise EvidenceStoreFailed(error.strerror or type(error).__name__) from error


def files_in(root: Path) -> Iterator[Path]:
    """Every file in a folder of evidence, for a copy: those that wait first, since they may be moved meanwhile."""
    for part in (WAITING, KEPT):
        yield from sorted(path for path in root.glob(f"{part}/*/*") if _NAME.fullmatch(path.name))


def _place(sha256: str, part: str) -> str:
    return f"evidence/{sha256}/{part}"


def _length(found: bytes) -> int:
    return int.from_bytes(found[len(_MARK):len(_MARK) + _LENGTH], "big")
