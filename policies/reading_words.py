"""Readings in Chinese: names that rulebooks are written in, told in words with the code beside them.

What is enacted stays as it was enacted, word for word; its readings name things as the file does, `by_analogy` or
`force = "must"`, and the five regulations by their letters, P or N. Whoever reads the law is told what that means, and
whoever looks for it in the file finds it. `tests/policies/test_rulebook_page.py` shows it in print,
`tests/console/test_rule_screens.py` on the screens.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from typing import Final

from policies.rulebook import Reading
from policies.shelf import drafts, shipped

_NAMES: Final = {
    "by_analogy": "比照执行", "late_filing": "逾期备案", "not_filed": "没有备案", "exam_hours": "考试所得学时",
    "submitted_on": "提交日期", "occasion": "活动", "output": "成果", "rolling": "滚动计算",
    "personal_start": "自本人起算", "three_years": "三年", "characters_prorata": "字数按比例", "conditions": "条件",
    "routes": "途径", "unit_training": "本单位培训", "binds": "约束", "analogy": "比照", "among": "所列方式",
    "completion": "学完", "course_exam": "课程考试", "true": "是", "clause.claim_within": "条款的申报期限",
    "[[minimum]]": "年度要求", "[declares.fields.days]": "天数的声明", "[rounding]": "舍入",
}
_SETTINGS: Final = {
    "force": "约束的轻重", "share": "作者比例", "conditions": "条件", "each": "计量单位", "step": "最小单位",
    "mode": "方式", "unit": "单位", "name": "名称", "class_limit": "班次上限",
}
_VALUE: Final = r"(?:\{[^{}]*\}|\[[^\[\]]*\]|\"[^\"]*\"|[a-z_]+|[0-9.]+)"
_SETTING: Final = re.compile(rf" ?\b({'|'.join(_SETTINGS)}) = ({_VALUE}) ?")
_NAME: Final = re.compile(rf" ?(?<![a-z_.\"])({'|'.join(map(re.escape, _NAMES))})(?![a-z_.\"]) ?")
_KEY: Final = re.compile(r" ?(?<![A-Za-z0-9])([PERNW]|A[1-7])(?![A-Za-z0-9]) ?")
_BESIDE: Final = re.compile(r"（[^（）]*）")
"""What stands in brackets already follows its words."""


def reading_in_words(one: Reading) -> Reading:
    """A reading as people are told it."""
    return replace(one, question=in_words(one.question), chosen=in_words(one.chosen), reason=in_words(one.reason),
                   alternatives=tuple(map(in_words, one.alternatives)))


def in_words(text: str) -> str:
    """A sentence of a reading, each name in words with the code beside it."""
    told, at = [], 0
    for held in _BESIDE.finditer(text):
        told += [_told(text[at:held.start()]), held[0]]
        at = held.end()
    return "".join((*told, _told(text[at:])))


def _told(part: str) -> str:
    told, at = [], 0
    for found in _SETTING.finditer(part):
        told += [_named(part[at:found.start()]), f"{_SETTINGS[found[1]]}（{found[1]} = {found[2]}）"]
        at = found.end()
    return "".join((*told, _named(part[at:])))


def _named(part: str) -> str:
    part = _KEY.sub(lambda found: _documents().get(found[1], found[0]), part)
    return _NAME.sub(lambda found: f"{_NAMES[found[1]]}（{found[1]}）", part)


@cache
def _documents() -> dict[str, str]:
    """What the letters stand for: the regulations that are shipped, and the drafts."""
    return {book.key: book.document for book in (*drafts().books, *shipped().books)}
