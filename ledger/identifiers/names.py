"""A person's name: as it came, as it is compared, and whether it can be what the person writes.

Normalised to NFC and never NFKC: NFKC changes characters that people have in their names. Points of many
kinds become the middle dot U+00B7 of minority and foreign names; spaces that pad Chinese characters (王　伟)
go, single ones inside Latin names stay. Variants (昇 and 升, 喆 and 哲) are different names. Older systems
write a character they lack as a private-use code, as ?, □ or pinyin; such a name is kept and marked
`uncertain`, so that a person looks at it. A name is never a key: homonyms in one unit are normal.

`tests/ledger/identifiers/test_names.py` shows it.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from ledger.identifiers.characters import is_invisible
from ledger.identifiers.errors import BadName

LONGEST: Final = 60

# By range and not by Unicode name: Python's tables end before the newest extensions, people's names do not.
_HAN: Final = "\u3005\u3007\u2e80-\u2fdf\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003fffd"
_MISSING: Final = "?？□■▯〓\ufffd*＊×\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd"
_PLAIN: Final = re.compile("[\u4e00-\u9fff]{1,4}")  # In NFC each of these stands for itself.
_IS_HAN: Final = re.compile(f"[{_HAN}]")
_IS_MISSING: Final = re.compile(f"[{_MISSING}]")
_DOTS: Final = dict.fromkeys(map(ord, "•‧∙⋅・･．●"), "·")  # Greek U+0387 is the middle dot already, by NFC.
_DOT_BETWEEN_HAN: Final = re.compile(rf"(?<=[{_HAN}])\s*\.\s*(?=[{_HAN}])")
_SPACES: Final = re.compile(r"[ \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
_PADDING: Final = re.compile(rf"(?<=[{_HAN}{_MISSING}·]) (?=[{_HAN}{_MISSING}])| (?=·)|(?<=·) ")
_ORDINARY: Final = frozenset("· '’-.,")
_DIVIDES: Final = frozenset("· -")


@dataclass(frozen=True, slots=True, repr=False)
class Name:
    """A name as it came, as it is compared, and whether someone should look at it. Prints itself masked."""

    raw: str
    normalised: str
    uncertain: bool

    def mask(self) -> str:
        """The first character, and of an undivided Chinese name of three or more the last.

        王*, 张*三, 欧**娜; 买**·***, J*** *****: a longer name is known by its first character and its divisions.
        """
        name = self.normalised
        tail = name[-1] if len(name) > 2 and all(_IS_HAN.match(char) for char in name) else ""
        head = name[0] if len(name) > 1 else ""
        middle = name[len(head):len(name) - len(tail)]
        return head + "".join(char if char in _DIVIDES else "*" for char in middle) + tail

    def __repr__(self) -> str:
        return f"Name(normalised={self.mask()!r}, uncertain={self.uncertain})"


def parse(raw: str) -> Name:
    """Read a name, or raise `BadName` for controls, for nothing at all, and beyond sixty characters."""
    if _PLAIN.fullmatch(raw):  # Most names: nothing below would change or doubt them.
        return Name(raw, raw, uncertain=False)
    for position, char in enumerate("" if raw.isprintable() else raw, 1):  # What is printable is none of these.
        if is_invisible(char) or ord(char) & 0xFFFE == 0xFFFE:
            text = f"姓名第 {position} 个字符是看不见的控制字符，常由复制粘贴带入：请删去后重新填写。"
            raise BadName("control_character", text, position)
    spelled = unicodedata.normalize("NFC", raw).translate(_DOTS)
    spaced = _SPACES.sub(" ", _DOT_BETWEEN_HAN.sub("·", spelled)).strip(" ")
    normalised = _PADDING.sub("", spaced)
    if not any(_class_of(char) in {"han", "letter", "missing"} for char in normalised):
        raise BadName("empty", "姓名为空：请填写证件上的姓名。")
    if len(normalised) > LONGEST:
        raise BadName("length", f"姓名应在 {LONGEST} 个字符以内，现为 {len(normalised)} 个：请核对。")
    lost_dot = len(normalised) > 4 and " " in spaced and " " not in normalised and "·" not in normalised
    return Name(raw, normalised, lost_dot or _looks_damaged(normalised))


def _class_of(char: str) -> str:
    """What a character can be in a name; all that is none of these is `odd`."""
    if _IS_HAN.match(char):
        return "han"
    if _IS_MISSING.match(char):
        return "missing"
    if char in _ORDINARY:
        return "ordinary"
    return {"L": "letter", "M": "mark"}.get(unicodedata.category(char)[0], "odd")


def _looks_damaged(name: str) -> bool:
    """A placeholder, a digit (homonyms numbered by hand), a bracket, a stray dot, pinyin among Chinese characters."""
    classes = {_class_of(char) for char in name}
    stray_dot = "··" in name or name.startswith("·") or name.endswith("·")
    return bool(classes & {"missing", "odd"}) or classes >= {"han", "letter"} or stray_dot
