"""统一社会信用代码: department, category, area of registration, organisation code, check character.

GB 32100-2015: eighteen characters of an alphabet without I, O, S, V and Z, weighted 3^i modulo 31. Characters
9 to 17 are the organisation code of GB 11714-1997 with a check of its own, which is not asked: the outer check covers
them already. The code survives a renaming and not a merger.

`tests/ledger/identifiers/test_unit_code.py` shows it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NoReturn

from ledger.identifiers.characters import DIGITS, first_invisible, first_outside, in_words, typed
from ledger.identifiers.errors import BadUnitCode

ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_VALUE: Final = {char: value for value, char in enumerate(ALPHABET)}
_WEIGHTS: Final = tuple(pow(3, index, 31) for index in range(17))
_LOOKS_LIKE: Final = {"I": "1", "O": "0", "S": "5", "Z": "2", "V": "U"}

_CATEGORIES: Final = {
    "11": "state_organ",                        # 机关
    "12": "public_institution",                 # 事业单位
    "13": "mass_organisation",                  # 编办直接管理机构编制的群众团体
    "31": "law_firm",                           # 律师执业机构
    "32": "notary_office",                      # 公证处
    "51": "social_organisation",                # 社会团体
    "52": "private_non_enterprise",             # 民办非企业单位
    "53": "foundation",                         # 基金会
    "71": "religious_site",                     # 宗教活动场所
    "72": "religious_school",                   # 宗教院校
    "81": "trade_union",                        # 基层工会
    "91": "enterprise",                         # 企业
    "92": "individual_business",                # 个体工商户
    "93": "farmers_cooperative",                # 农民专业合作社
    "A1": "military_institution",               # 军队事业单位
    "N1": "rural_collective",                   # 组级集体经济组织
    "N2": "rural_collective",                   # 村级集体经济组织
    "N3": "rural_collective",                   # 乡镇级集体经济组织
}


@dataclass(frozen=True, slots=True)
class UnitCode:
    """A unit's code in its stored form. Public, like the unit's name: it prints itself."""

    code: str

    @property
    def category(self) -> str:
        """What kind of organisation; `other` where the table has no word: departments keep adding categories."""
        return _CATEGORIES.get(self.code[:2], "other")

    @property
    def area(self) -> str:
        """The area of the registering authority when the code was given; not where the unit is today."""
        return self.code[2:8]


def parse(text: str) -> UnitCode:
    """Read a code, or raise `BadUnitCode` with the rule that failed and the cure."""
    code = typed(text)
    if not code:
        raise BadUnitCode("empty", "统一社会信用代码为空：请填写 18 位代码。")
    if (position := first_invisible(code)) is not None:
        _bad_character(code[position - 1], position)
    if len(code) != 18:
        counted = f"现为 {len(code)} 位（不计空格）"
        raise BadUnitCode("length", f"统一社会信用代码应为 18 位，{counted}：请对照证照核对。")
    if (position := first_outside(code, frozenset(ALPHABET))) is not None:
        _bad_character(code[position - 1], position)
    if (position := first_outside(code[2:8], DIGITS)) is not None:
        position += 2
        text = f"统一社会信用代码第 3 至 8 位应为数字，第 {position} 位不是：请对照证照核对。"
        raise BadUnitCode("region_digits", text, position)
    if check_character(code[:17]) != code[17]:
        raise BadUnitCode("check_digit", "统一社会信用代码校验不符：至少有一位抄录有误，请对照证照逐位核对。")
    return UnitCode(code)


def check_character(body: str) -> str:
    """The eighteenth character that belongs to seventeen (GB 32100)."""
    total = sum(weight * _VALUE[char] for weight, char in zip(_WEIGHTS, body, strict=True))
    return ALPHABET[-total % 31]


def _bad_character(char: str, position: int) -> NoReturn:
    like = _LOOKS_LIKE.get(char)
    why = f"代码不使用字母 {char}，请核对是否为 {like}" if like else f"现为{in_words(char)}"
    raise BadUnitCode("character", f"统一社会信用代码第 {position} 位有误，{why}：请对照证照改正。", position)
