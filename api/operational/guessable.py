"""Passwords that are guessed first: runs, repeats, rows of a keyboard, and words that everybody here knows.

No list of breaches is small enough to come along. But of twelve characters and more the commonest passwords are made by
a few habits, and those are told by rule: what is left once known words, digits in a row and repeats are taken out is
what an attacker has to guess. `tests/api/test_guessable.py` shows it.
"""

from __future__ import annotations

import re
from typing import Final

LEFT_LEAST: Final = 6
"""So many characters must be left, each of them no part of a habit."""

WORDS: Final = (
    "password", "passw0rd", "p@ssw0rd", "p@ssword", "letmein", "welcome", "iloveyou", "admin", "administrator", "root",
    "login", "user", "test", "qwerty", "asdfgh", "zxcvbn", "monkey", "dragon", "sunshine", "princess", "football",
    "woaini", "mima", "xueshi", "xueshizhang", "ledger", "zhejiang", "ningbo", "wenzhou", "hangzhou", "zhongguo",
    "china", "jixujiaoyu", "renshe", "学时账", "学时", "继续教育", "专业技术", "人员", "管理员", "密码", "口令",
    "浙江省", "浙江", "宁波市", "宁波", "温州市", "温州", "杭州市", "杭州", "中国", "人社局", "人力资源", "我爱你",
)
"""Words of the context, and those with which passwords begin everywhere; longer ones first where one holds another."""

_ROWS: Final = ("1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "abcdefghijklmnopqrstuvwxyz",
                "1qaz2wsx3edc4rfv5tgb", "qazwsxedcrfv", "1q2w3e4r5t6y7u8i9o0p")
_YEAR: Final = re.compile(r"(19|20)[0-9]{2}([01][0-9]([0-3][0-9])?)?")
_REPEAT: Final = re.compile(r"(.{1,6}?)\1+", re.DOTALL)


def is_guessable(password: str) -> bool:
    """Say whether a password is made by habit."""
    left = password.casefold()
    for word in sorted(WORDS, key=len, reverse=True):
        left = left.replace(word, "\0")
    left = _YEAR.sub("\0", left)
    left = _without_rows(left)
    left = _REPEAT.sub(lambda found: found[1][:1], left)
    return len(set(left) - {"\0"}) < LEFT_LEAST


def _without_rows(text: str) -> str:
    """Take out what runs along a row of keys, or of the alphabet, for four characters and more, in either direction."""
    for row in _ROWS:
        for line in (row + row[:3], (row + row[:3])[::-1]):
            for length in range(len(line), 3, -1):
                for at in range(len(line) - length + 1):
                    text = text.replace(line[at:at + length], "\0")
    return text
