"""What was found, in words: the sentence of a finding, and what each of its figures says.

The sentences stand in `finding_words.toml`; what a figure is called, and the words of its codes, in the head of the
pattern, which knows what it counts. `tests/api/test_http_findings.py` finds a sentence that names another figure.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any, Final

from ledger.vocabulary import format_hours
from policies.shelf import shipped
from projections.findings.patterns import Pattern, patterns

NAMED: Final = re.compile(r"\{([?+]?)([a-z_]+)\}")
_BARE: Final = re.compile("[a-z_]+([，、][a-z_]+)*")
_CODED: Final = re.compile(r"([a-z_]+) ([^，、；：（）]+)")
_OPENS: Final = re.compile("[：（]")
_HUNDREDTHS: Final = "百分之一学时"
_THOUSANDTHS: Final = "千分比"
_ARTICLE: Final = re.compile(r"\b([PERWN]) ([1-9][0-9]?)(?![0-9])")
_DIGITS: Final = "〇一二三四五六七八九"


@cache
def _words() -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads(resources.files(__package__).joinpath("finding_words.toml").read_text("utf-8"))


def sentences() -> Mapping[str, list[str]]:
    """The parts of each pattern's sentence."""
    return _words()["sentences"]


def sentence(pattern: Pattern | None, id_: str, figures: Mapping[str, Any]) -> str:
    """Say what was found, with its figures; of a pattern without a sentence, its name and each figure."""
    labels = {} if pattern is None else pattern.figures
    parts = [_filled(one, labels, figures) for one in sentences().get(id_, ())]
    if said := "，".join(one for one in parts if one):
        return f"{said}。"
    told = "，".join(f"{name} {value}" for name, value in pairs(labels, figures))
    title = id_ if pattern is None else pattern.title
    return f"{title}：{told}。" if told else f"{title}。"


def unasked(told: Sequence[Mapping[str, Any]]) -> str:
    """Say since when the patterns are asked that nobody had asked by the moment in question; nothing of none."""
    since: dict[tuple[int, str], list[str]] = {}
    for one in told:
        since.setdefault((one["from_event"], str(one["from_time"])[:10]), []).append(one["pattern"])
    said = [f"{'各规则' if len(ids) == len(patterns()) else '规则 ' + '、'.join(ids)}自 {day}（事件 {at}）起才开始查找"
            for (at, day), ids in sorted(since.items())]
    return f"{'；'.join(said)}：所问之时有没有，这里不知道。" if said else ""


def limits() -> Mapping[str, Mapping[str, str]]:
    """What the thresholds of each pattern are called."""
    return _words()["limits"]


def limit(id_: str, name: str) -> str:
    """What a threshold is called; one that has no name any more, by its code."""
    return limits().get(id_, {}).get(name, name)


def filled(id_: str, text: str, thresholds: Mapping[str, int | str]) -> str:
    """A text of a pattern's head, with the value of each threshold for its parameter and articles as they are cited."""
    for name in sorted(thresholds, key=len, reverse=True):  # A name may begin another.
        text = text.replace(f":{id_}_{name}", value(name, thresholds[name], ""))
    return cited(text)


def cited(text: str) -> str:
    """A text whose articles stand with their documents: `W 13、W 14` as 温人社发〔2020〕125号第十三条、第十四条."""
    said, document, at = "", "", 0
    for found in _ARTICLE.finditer(text):
        between, known = text[at:found.start()], _documents()[found[1]]
        said += between + ("" if known == document and between == "、" else known) + f"第{_numeral(int(found[2]))}条"
        document, at = known, found.end()
    return said + text[at:]


@cache
def _documents() -> dict[str, str]:
    """The document that each letter stands for in the heads of patterns."""
    books = {book.family: book.document for book in shipped().books}
    return {letter: books[family] for letter, family in _words()["texts"].items()}


def _numeral(number: int) -> str:
    """A number under a hundred as articles are numbered."""
    tens, ones = divmod(number, 10)
    ten = "" if not tens else "十" if tens == 1 else f"{_DIGITS[tens]}十"
    return ten + (_DIGITS[ones] if ones else "")


def _filled(part: str, labels: Mapping[str, str], figures: Mapping[str, Any]) -> str:
    if not all(_is_said(figures.get(name), sign) for sign, name in NAMED.findall(part)):
        return ""
    return NAMED.sub(
        lambda found: "" if found[1] == "?" else value(found[2], figures[found[2]], labels.get(found[2], "")), part)


def _is_said(one: Any, sign: str) -> bool:
    """Say whether a figure is there, and more than nothing; or, where that is asked, more than one."""
    least = 2 if sign == "+" else 1
    return one >= least if isinstance(one, int) else bool(one)


def pairs(labels: Mapping[str, str], values: Mapping[str, Any], id_: str = "") -> list[tuple[str, str]]:
    """Each figure by its name and in words; one that is not known is left out."""
    asked = {name for part in sentences().get(id_, ()) for sign, name in NAMED.findall(part) if sign == "?"}
    return [(_name(labels.get(name, name)), value(name, one, labels.get(name, ""), is_asked=name in asked))
            for name, one in values.items() if one is not None]


def _name(label: str) -> str:
    """What a figure is called: what stands before its codes, without the unit that its value is told in."""
    before, *rest = _OPENS.split(label, maxsplit=1)
    is_short = bool(_codes(label)) or _HUNDREDTHS in label or bool(rest and _BARE.fullmatch(rest[0]))
    return (before if is_short else label).removesuffix(_THOUSANDTHS).removesuffix("的")


def _codes(label: str) -> dict[str, str]:
    """The words of a figure's codes: `相同的是什么：file 文件，picture 图像`."""
    opens = _OPENS.search(label)
    return {} if opens is None else dict(_CODED.findall(label[opens.end():]))


def value(name: str, one: Any, label: str, *, is_asked: bool = False) -> str:
    """A figure in words: hours as they are written, a code by its word, what is asked as yes or no."""
    if isinstance(one, list):
        return "、".join(value(name, each, label) for each in one)
    if isinstance(one, str):
        known = {**_words()["codes"], **_codes(label)}
        return "、".join(known.get(each, each) for each in one.split(","))
    if isinstance(one, bool) or ((is_asked or label.startswith("是否")) and one in (0, 1)):
        return "是" if one else "否"
    if isinstance(one, int) and ("centi" in name.split("_") or _HUNDREDTHS in label):
        return format_hours(one)
    if isinstance(one, int) and _THOUSANDTHS in label:
        return f"{one // 10}{f'.{one % 10}' if one % 10 else ''}%"
    return str(one)
