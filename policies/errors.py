"""What can be wrong with a rulebook or with a line of facts; the texts are Chinese, the codes are stable English.

A rulebook that cannot be read is an error of ours or of the authority that wrote it (`RulebookError`); a line that
cannot be read is an error of the sender (`BadLine`). Both say what was found, where, and what is wanted.

`tests/policies/test_rulebook_errors.py` and `tests/policies/test_bad_lines.py` show them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import ClassVar

SHOWN_CHARACTERS = 60
"""A message quotes at most so much of what was found: a line may hold a million characters."""


def shown(value: object) -> str:
    """What was found, as JSON writes it (null, true), short enough to read, and harmless on a terminal."""
    text = f"“{value}”" if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    short = text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…（共 {len(text)} 字符）"
    return harmless(short)


def harmless(text: str) -> str:
    """Text with what a terminal would obey written out: `\\x1b`, not an escape; so with marks that turn the line."""
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)


class RulebookError(Exception):
    """The root of this package's errors."""

    code: ClassVar[str] = "rulebook_error"


class UnreadableRulebook(RulebookError):
    """A rulebook file breaks its form. Every problem is listed, not only the first."""

    code = "rulebook_unreadable"

    def __init__(self, path: Path | str, problems: list[str]) -> None:
        self.path, self.problems = path, problems
        said = [harmless(f"  {problem}") for problem in problems]
        super().__init__("\n".join([harmless(f"{path}："), *said]))
        self.told = "\n".join([harmless(f"{path.name if isinstance(path, Path) else path}："), *said])


class UnknownRulebook(RulebookError):
    """No rulebook of that name stands on the shelf."""

    code = "rulebook_unknown"

    def __init__(self, wanted: str, known: list[str]) -> None:
        self.wanted, self.known = wanted, known
        super().__init__(f"没有细则 {shown(wanted)}；现有：{'、'.join(known) or '（空）'}")


class ConflictingRulebooks(RulebookError):
    """Two files claim to be the same version."""

    code = "rulebook_conflict"


class BadLine(RulebookError):
    """One line of facts cannot be read: its field, what was found, and the cure."""

    code = "line_bad"

    def __init__(self, field: str, found: object, wanted: str, missing: bool = False) -> None:
        self.field, self.found, self.wanted, self.missing = field, found, wanted, missing
        super().__init__(harmless(f"{'没有给出' if missing else f'读到 {shown(found)}'}；{wanted}"))

    @property
    def told(self) -> str:
        """Field, finding and cure; a sender may have written anything as the name of a field."""
        name = self.field if len(self.field) <= SHOWN_CHARACTERS else f"{self.field[:SHOWN_CHARACTERS]}…"
        return f"字段 {harmless(name)}：{self}"

    def __reduce__(self) -> tuple[type[BadLine], tuple[str, object, str, bool]]:
        """Bad lines are found by two processes, so they travel."""
        return BadLine, (self.field, self.found, self.wanted, self.missing)
