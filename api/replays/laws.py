"""The laws that a replay is asked for by name, and what is demanded of drafts before any of it is begun.

    now, then              the law in force, and the law that was in force on each date
    now+a,b                the law in force and these beside it, by id or digest
    set:a,b   a,b          exactly these
    a folder of rulebooks  these beside the law in force, if drafts are all that it holds; otherwise exactly these
    a file                 the law in force and this rulebook beside it, draft or not

A draft that does not pass `xueshi rules check` is refused with every problem. `tests/api/test_replay_command.py` and
`tests/api/test_replays.py` show it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from api.law_of import Library
from policies.errors import RulebookError
from policies.rulebook import Rulebook
from policies.rules import check
from policies.shelf import DRAFTS, Shelf, drafts, read_file, read_folder, rulebook_files
from policies.words import base_vocabulary
from projections.answers import Answers
from projections.basis import Basis, Cited, read_axes
from projections.errors import LawMalformed, SectorUnknown

if TYPE_CHECKING:
    from projections.replay import report  # With numpy, which takes longer to load than most commands to run.

_PROBLEMS_TOLD: Final = 20
_RULEBOOKS: Final = re.compile(r"set:|now\+|[^,]+,|[^/.]+/[0-9]{4}-[0-9]{2}-[0-9]{2}(@|$)|[0-9a-f]{64}$")
"""What asks for rulebooks by name; anything else that stands for a law is a path."""


class UnsoundRules(RulebookError):
    """Rulebooks do not pass `xueshi rules check`."""

    code = "rules_unsound"

    def __init__(self, folder: Path, problems: tuple[str, ...]) -> None:
        self.folder, self.problems = folder, problems
        words = "\n".join(f"  {problem}" for problem in problems[:_PROBLEMS_TOLD])
        super().__init__(f"{folder} 中的细则不合规，没有重放：\n{words}")
        self.told = f"所提交的细则不合规，没有重放：\n{words}"


class FolderAbsent(RulebookError):
    """A name alone that is no rulebook's: a folder of drafts or a draft was meant, and there is none."""

    code = "rules_folder_absent"

    def __init__(self, name: str) -> None:
        super().__init__(f"没有文件夹或文件 {name[:200]}，它也不是细则的编号或摘要。请核对草案的路径；"
                         "要指已有的细则，写编号，如 wenzhou/2020-11-27。")


class FolderOfOne(RulebookError):
    """The folder of one rulebook, where the folder that holds such folders was meant."""

    code = "rules_folder_of_one"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        super().__init__(f"{folder} 是一部细则自己的文件夹。请写它的上一级 {folder.parent}，其中的各部一并参与重放；"
                         "只要其中一部，写那个 .toml 文件。")
        self.told = ("所写的是一部细则自己的文件夹。请写它的上一级，其中的各部一并参与重放；"
                     "只要其中一部，写那个 .toml 文件。")


class Laws:
    """The laws that are asked for, with the rulebooks of folders and files."""

    def __init__(self) -> None:
        self._brought: dict[str, Shelf] = {}

    def examine(self, name: str) -> None:
        """Demand that drafts pass `xueshi rules check`; raises one of the errors above or LawMalformed."""
        if name in ("now", "then"):
            return
        if not name.strip():
            raise LawMalformed(name)  # As a path it would be wherever somebody happens to stand.
        path = Path(name)
        if path.is_dir() or path.is_file():
            if path.is_dir() and any(path.glob("*.toml")) and not any(rulebook_files(path)):
                raise FolderOfOne(path)
            _demand_sound(path)
            shelf = self._brought[name] = read_folder(path) if path.is_dir() else read_file(path)
            if all(book.off for book in shelf.books):
                raise UnsoundRules(path, tuple(
                    f"{book.id}：停用（off = true），不参与任何认定" for book in shelf.books))
        elif not _RULEBOOKS.match(name):
            raise FolderAbsent(name)
        elif any(each in {book.id for book in drafts().books} for each in _names(name)):
            _demand_sound(DRAFTS)

    def book(self, library: Library, name: str) -> Rulebook:
        """A rulebook of a folder, an enacted one or a shipped draft."""
        for shelf in self._brought.values():
            for book in shelf.books:
                if name in (book.id, book.digest):
                    return book
        return library.book(name)

    def question(self, answers: Answers, asked: Mapping[str, Any]) -> report.Question:
        """What is asked, with everything settled that it rests on."""
        from projections.replay import report

        valid_on = read_axes(None, asked.get("valid_on")).valid_on
        under, basis = self._named(answers, asked["under"], asked)
        against, _ = self._named(answers, asked["against"], asked)
        laws = self._without_off(answers, under), self._without_off(answers, against)
        if asked["sector"] is not None:
            self._demand_sector(answers, asked["sector"], laws)
        return report.Question(
            *laws, basis.as_of, basis.as_of_time,
            answers.basis(read_axes(str(basis.as_of))).root, asked["region"], asked["sector"], valid_on)

    def _named(self, answers: Answers, name: str, asked: Mapping[str, Any]) -> tuple[report.LawNamed, Basis]:
        from projections.replay import report

        as_of, head = asked["as_of"], asked.get("log_size")  # The law in force is that of when it was asked for.
        if name in ("now", "then"):
            basis = answers.basis(read_axes(as_of, None, name, head))
            return report.LawNamed(name, basis.rulebooks), basis
        now = answers.basis(read_axes(as_of, None, "now", head))
        if name in self._brought:
            books = tuple(book for book in self._brought[name].books if not book.off)
            come = tuple(Cited(book.id, book.digest, None) for book in books)
            # One file is an amendment: nobody asks what a province comes to under a single rulebook and no other.
            beside = Path(name).is_file() or all(book.draft for book in books)
            words = ("now+" if beside else "set:") + ",".join(book.id for book in books)
        else:
            basis = answers.basis(read_axes(as_of, None, f"set:{','.join(_names(name))}"))
            come, beside = basis.rulebooks, name.startswith("now+")
            words = ("now+" if beside else "set:") + ",".join(_names(name))
        cited = {one.id: one for one in (*(now.rulebooks if beside else ()), *come)}
        return report.LawNamed(words, tuple(cited[each] for each in sorted(cited))), now

    def _without_off(self, answers: Answers, law: report.LawNamed) -> report.LawNamed:
        """A law without what is kept and switched off: it judges nothing, so no report announces it."""
        return law._replace(rulebooks=tuple(one for one in law.rulebooks if not self._read(answers, one).off))

    def _demand_sector(self, answers: Answers, sector: str, laws: Iterable[report.LawNamed]) -> None:
        """Demand a sector that one of the laws has a word for; raises SectorUnknown before any work is begun."""
        books = (self._read(answers, one) for law in laws for one in law.rulebooks)
        sectors = base_vocabulary().with_declared(book.declares for book in books).sectors
        if sector not in sectors:
            raise SectorUnknown(sector, sectors)

    def _read(self, answers: Answers, one: Cited) -> Rulebook:
        brought = (book for shelf in self._brought.values() for book in shelf.books if book.digest == one.digest)
        return next(brought, None) or answers.books.book(one.digest)


def _demand_sound(path: Path) -> None:
    if problems := check(path).problems:
        raise UnsoundRules(path, problems)


def _names(law: str) -> list[str]:
    return [each for each in law.removeprefix("set:").removeprefix("now+").split(",") if each]
