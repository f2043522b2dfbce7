"""How identifiers are typed: full-width forms, spaces, small letters, and characters that cannot be in one.

Chinese input methods produce full-width digits and letters (U+FF01 to U+FF5E), and people group digits with
spaces. Both are undone here, by a table and not by `str.upper` or NFKC: those also turn 'ſ' into 'S', 'ı'
into 'I' and '①' into '1', and a number must not be read out of something that never was one.

`tests/ledger/identifiers/test_resident_id.py` shows it.
"""

from __future__ import annotations

import unicodedata
from typing import Final

DIGITS: Final = frozenset("0123456789")
LETTERS: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ")

_SPACES: Final = "\u0020\u00a0\u3000"
_TYPED: Final = (
    {0xFF01 + offset: 0x21 + offset for offset in range(94)}
    | {ord(small): ord(small) - 32 for small in "abcdefghijklmnopqrstuvwxyz"}
    | {0xFF41 + offset: ord("A") + offset for offset in range(26)}
    | {ord(space): None for space in _SPACES}
)


def typed(text: str) -> str:
    """Undo how it was typed: half-width, upper case, no spaces. What cannot be an identifier stays as it is."""
    if text.isascii():  # There `str.upper` is what the table says, in a tenth of the time.
        return text.upper().replace(" ", "")
    return text.translate(_TYPED)


def first_outside(text: str, allowed: frozenset[str]) -> int | None:
    """The position, counted from 1, of the first character that is not allowed."""
    if allowed.issuperset(text):
        return None
    return next((position for position, char in enumerate(text, 1) if char not in allowed), None)


def is_invisible(char: str) -> bool:
    """Controls, direction marks, line separators, half a surrogate pair: what copying drags along unseen."""
    return unicodedata.category(char) in {"Cc", "Cf", "Zl", "Zp", "Cs"}


def first_invisible(text: str) -> int | None:
    """The position, counted from 1, of the first character that nobody can see; asked before lengths are counted."""
    if text.isprintable():  # Of all these categories no character is.
        return None
    return next((position for position, char in enumerate(text, 1) if is_invisible(char)), None)


def in_words(char: str) -> str:
    """Say what a bad character is without printing it: it may be part of a valid number."""
    if char == "O":
        return "字母 O，请核对是否为数字 0"
    if char == "I":
        return "字母 I，请核对是否为数字 1"
    if char in LETTERS:
        return "字母"
    return "看不见的控制字符，常由复制粘贴带入" if is_invisible(char) else "不能使用的字符"
