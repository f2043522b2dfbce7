"""The archive of enacted rulebooks: their bytes and texts, by digest, for as long as anything was decided by them.

An event cites a rulebook by the SHA-256 of its bytes. Those bytes are kept here before the event is recorded, and read
here ever after: what was decided under them can be judged by them again when the files that are shipped have long
changed. Nothing in it is ever overwritten, and whatever is read is held against its digest.

    <sha256>.toml    the rulebook
    <sha256>.txt     the regulation's text that it quotes

`tests/policies/test_archive.py` shows it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from policies.building import BUILT_MOST, build
from policies.errors import RulebookError, UnreadableRulebook, shown
from policies.form import read_form
from policies.rulebook import Rulebook
from policies.shelf import Shelf, unsound

_RULEBOOK: Final = ".toml"
_TEXT: Final = ".txt"


class RulebookMissing(RulebookError):
    """Bytes that an event cites are not in the archive, or are others."""

    code = "rulebook_missing"

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        super().__init__(f"细则档案 {path} {reason}。已登记的事项以它为据："
                         "请从完好的备份的 rulebooks 文件夹取回同名的文件，放到原处；不要用别的文件代替。")


class DraftRulebook(RulebookError):
    """A draft cannot be put in force."""

    code = "rulebook_is_draft"

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} 是草案（draft = true），不能施行。请附上公布的原文，去掉草案标记后再提交。")


def examine(source: bytes, text: bytes, beside: Iterable[Rulebook] = ()) -> Rulebook:
    """Read a rulebook that is to be enacted, with the text it quotes, and check all that a shipped one is checked for.

    `beside`: the rulebooks in force, whose declared words it may use. `UnreadableRulebook` lists every problem.
    """
    plain, _ = read_form("rulebook", source)
    book = _book(_name(plain), source, text)
    if book.draft:
        raise DraftRulebook(book.id)
    problems = [] if sha256(text).hexdigest() == plain.get("text_sha256") else [
        f"text_sha256：读到 {shown(plain.get('text_sha256'))}，所附原文的摘要是 {sha256(text).hexdigest()}"
    ]
    others = [one for one in beside if one.id != book.id]
    problems += unsound(book, plain, Shelf.of([*others, book]).vocabulary, Path(f"{book.id}.toml"))
    if problems:
        raise UnreadableRulebook(book.id, problems)
    return book


class Archive:
    """The enacted rulebooks of one register, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder: Final = folder
        self._books: dict[str, Rulebook] = {}

    def keep(self, book: Rulebook) -> str:
        """Make a rulebook's bytes and text durable; give the digest by which it is cited."""
        assert book.text is not None, "an enacted rulebook quotes a text"
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for content, suffix in ((book.text.encode(), _TEXT), (book.source, _RULEBOOK)):
            path = self.folder / (sha256(content).hexdigest() + suffix)
            if not path.exists():
                _write_once(path, content)
        return book.digest

    def book(self, digest: str) -> Rulebook:
        """Give the rulebook of a digest; each is read and checked once."""
        known = self._books.get(digest)
        if known is None:
            source = self._read(digest, _RULEBOOK)
            name, cited = _cited(digest, source)
            known = self._books[digest] = _book(name, source, self._read(cited, _TEXT))
        return known

    def shelf(self, digests: Iterable[str]) -> Shelf:
        """Give the rulebooks of these digests together."""
        return Shelf.of(self.book(digest) for digest in digests)

    def _read(self, digest: str, suffix: str) -> bytes:
        path = self.folder / f"{digest}{suffix}"
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            raise RulebookMissing(path, "不存在") from None
        if sha256(content).hexdigest() != digest:
            raise RulebookMissing(path, "的内容与摘要不符，已被改动")
        return content


@lru_cache(BUILT_MOST)
def _cited(digest: str, source: bytes) -> tuple[str, str]:
    """The name of a rulebook and the digest of the text that it quotes."""
    plain, _ = read_form(f"{digest[:12]}{_RULEBOOK}", source)
    return _name(plain), str(plain["text_sha256"])


def _name(plain: dict[str, Any]) -> str:
    """As its file on a shelf is named: what was built for there need not be built again."""
    return f"{plain.get('family')}/{plain.get('in_force_from')}{_RULEBOOK}"


def _book(name: str, source: bytes, text: bytes) -> Rulebook:
    try:
        words = text.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UnreadableRulebook("text", [f"原文第 {error.start} 字节不是 UTF-8；请存为 UTF-8"]) from None
    return build(name, source, sha256(source).hexdigest(), words)


def _write_once(path: Path, content: bytes) -> None:
    """Write a file that after a crash is whole or absent; a second writer writes the same bytes."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}.new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
