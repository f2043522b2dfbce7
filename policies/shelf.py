"""The shelf of rulebooks: a folder of `<family>/<date>.toml`, read with their texts, checked, and kept by digest.

A version is family, in-force date and revision. A new date is an amendment, a new revision (`2019-01-01.2.toml`) a
corrected encoding or reading. Amending the law is adding a file; nothing here names a regulation.

`tests/policies/test_shelf.py` and `tests/policies/test_rulebook_errors.py` show it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from policies import soundness
from policies.building import build
from policies.errors import ConflictingRulebooks, UnknownRulebook, UnreadableRulebook, shown
from policies.form import read_form
from policies.rulebook import Rulebook
from policies.words import HERE, Vocabulary, base_vocabulary

SHIPPED: Final = HERE / "rulebooks"
DRAFTS: Final = HERE / "drafts"
TEXTS: Final = HERE / "texts"
CASES_SUFFIX: Final = ".cases.toml"


@dataclass(frozen=True, slots=True)
class Shelf:
    """Rulebooks by id, with the words they understand together."""

    books: tuple[Rulebook, ...]
    vocabulary: Vocabulary

    @classmethod
    def of(cls, books: Iterable[Rulebook]) -> Shelf:
        """A shelf of these; the same id twice with other bytes is a conflict, the same bytes twice are one."""
        by_id: dict[str, Rulebook] = {}
        for book in books:
            other = by_id.setdefault(book.id, book)
            if other.digest != book.digest:
                digests = f"{other.digest[:12]}… 与 {book.digest[:12]}…"
                raise ConflictingRulebooks(f"{book.id} 有两份不同的文件（摘要 {digests}）；修订请写 revision = 2")
        ordered = tuple(by_id[one] for one in sorted(by_id))
        return cls(ordered, base_vocabulary().with_declared(book.declares for book in ordered))

    def book(self, name: str) -> Rulebook:
        """The rulebook of this id or digest."""
        for book in self.books:
            if name in (book.id, book.digest):
                return book
        raise UnknownRulebook(name, [book.id for book in self.books])

    def only(self, names: Iterable[str]) -> Shelf:
        """`law=set:...`: exactly these, drafts included."""
        return Shelf.of(self.book(name) for name in names)

    @property
    def digest(self) -> str:
        """One digest for the whole shelf: same rulebooks, same digest."""
        return sha256("\n".join(f"{book.id} {book.digest}" for book in self.books).encode()).hexdigest()


def rulebook_files(folder: Path) -> Iterator[Path]:
    """The rulebook files of a folder, ordered; case files are beside them and are not rulebooks."""
    for path in sorted(folder.glob("*/*.toml")):
        if not path.name.endswith(CASES_SUFFIX):
            yield path


def read_folder(folder: Path) -> Shelf:
    """Every rulebook of a folder; overlays that are off stay on the shelf and out of force."""
    if not folder.is_dir():
        raise UnreadableRulebook(folder, ["没有这个文件夹；应为存放 <family>/<日期>.toml 的文件夹"])
    files = list(rulebook_files(folder))
    if not files:
        raise UnreadableRulebook(folder, ["文件夹里没有细则；应有 <family>/<日期>.toml"])
    return _read(folder, {str(path.relative_to(folder)): path for path in files}, are_in_place=True)


def read_file(path: Path) -> Shelf:
    """One rulebook alone, wherever it lies and however its file is called."""
    return _read(path, {path.name: path}, are_in_place=False)


def _read(whence: Path, files: Mapping[str, Path], *, are_in_place: bool) -> Shelf:
    problems: list[str] = []
    loose: list[tuple[Path, bytes, dict[str, Any], str | None]] = []
    books: list[Rulebook] = []
    for name, path in files.items():
        source = path.read_bytes()
        try:
            plain, _ = read_form(name, source)
            text = _text(name, path, plain, problems)
            books.append(build(name, source, sha256(source).hexdigest(), text))
            loose.append((path, source, plain, text))
        except UnreadableRulebook as error:
            problems += [f"{name}  {problem}" for problem in error.problems]
    if problems:
        raise UnreadableRulebook(whence, problems)
    shelf = Shelf.of(books)
    for name, book, (path, _, plain, _) in zip(files, books, loose, strict=True):
        place = path if are_in_place else Path(f"{book.id}.toml")
        problems += [f"{name}  {problem}" for problem in unsound(book, plain, shelf.vocabulary, place)]
    if problems:
        raise UnreadableRulebook(whence, problems)
    return shelf


def unsound(book: Rulebook, plain: dict[str, Any], words: Vocabulary, path: Path) -> Iterator[str]:
    """Everything that is wrong with a well-formed file."""
    wanted = f"{book.id}.toml"
    if f"{path.parent.name}/{path.name}" != wanted:
        yield f"文件名应为 {wanted}（family、in_force_from 与 revision 所定）"
    if book.in_force_to is not None and book.in_force_to < book.in_force_from:
        yield f"in_force_to：读到 {book.in_force_to}，应不早于 in_force_from"
    if book.text is not None:
        yield from soundness.quote_problems(plain, book.text)
    yield from soundness.word_problems(book, words)
    yield from soundness.clause_problems(book)
    yield from soundness.inexact_problems(book)
    yield from soundness.capped_rows_agree(book.clauses)
    yield from soundness.reading_problems(book, plain)


def _text(here: str, path: Path, plain: dict[str, Any], problems: list[str]) -> str | None:
    """The regulation's text that a file cites, from beside the folder or from those shipped."""
    name = plain.get("text")
    if not isinstance(name, str):
        if not plain.get("draft"):
            problems.append(f"{here}  text：缺这个字段；只有草案（draft = true）可以没有原文")
        return None
    for folder in (path.parent, path.parent.parent / "texts", path.parent.parent.parent / "texts", TEXTS):
        file = folder / name
        if Path(name).name == name and file.is_file():
            source = file.read_bytes()
            if sha256(source).hexdigest() != plain.get("text_sha256"):
                problems.append(
                    f"{here}  text_sha256：读到 {shown(plain.get('text_sha256'))}，"
                    f"{file.name} 的摘要是 {sha256(source).hexdigest()}"
                )
            return source.decode("utf-8")
    problems.append(f"{here}  text：找不到 {shown(name)}；应在 texts/ 里")
    return None


@cache
def shipped() -> Shelf:
    """The five regulations in force."""
    return read_folder(SHIPPED)


@cache
def drafts() -> Shelf:
    """The drafts: written to prove the format, never in force."""
    return read_folder(DRAFTS)
