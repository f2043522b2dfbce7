"""What was found, in words: the sentence of a finding, and what each of its figures says.

The sentence stands in `finding_words.toml`; what a figure is called, and the words of its codes, in the head of the
pattern, which knows what it counts. `tests/api/test_http_findings.py` finds a sentence that names another figure.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, Final

from ledger.vocabulary import format_hours
from projections.findings.patterns import Pattern

PLACEHOLDER: Final = re.compile(r"\{([a-z_]+)\}")
_CODED: Final = re.compile(r"([a-z_]+) ([^，、；：]+)")


@cache
def sentences() -> Mapping[str, list[str]]:
    """The parts of each pattern's sentence."""
    text = resources.files(__package__).joinpath("finding_words.toml").read_text("utf-8")
    return tomllib.loads(text)


def sentence(pattern: Pattern | None, id_: str, figures: Mapping[str, Any]) -> str:
    """Say what was found, with its figures; of a pattern without a sentence, its name and each figure."""
    labels = {} if pattern is None else pattern.figures
    parts = [_filled(one, labels, figures) for one in sentences().get(id_, ())]
    if said := "，".join(one for one in parts if one):
        return f"{said}。"
    told = "，".join(f"{name} {value}" for name, value in pairs(labels, figures))
    title = id_ if pattern is None else pattern.title
    return f"{title}：{told}。" if told else f"{title}。"


def _filled(part: str, labels: Mapping[str, str], figures: Mapping[str, Any]) -> str:
    names = PLACEHOLDER.findall(part)
    if not all(figures.get(name) for name in names):
        return ""
    return PLACEHOLDER.sub(lambda found: value(found[1], figures[found[1]], labels.get(found[1], "")), part)


def pairs(labels: Mapping[str, str], values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Each figure by its name and in words; one that is not known is left out."""
    return [(_name(labels.get(name, name)), value(name, one, labels.get(name, "")))
            for name, one in values.items() if one is not None]


def _name(label: str) -> str:
    """What a figure is called: what stands before its codes."""
    return label.partition("：")[0] if _codes(label) else label


def _codes(label: str) -> dict[str, str]:
    """The words of a figure's codes: `相同的是什么：file 文件，picture 图像`."""
    return dict(_CODED.findall(label.partition("：")[2]))


def value(name: str, one: Any, label: str) -> str:
    """A figure in words: hours as they are written, a code by its word, what is asked as yes or no."""
    if isinstance(one, list):
        return "、".join(value(name, each, label) for each in one)
    if isinstance(one, str):
        return _codes(label).get(one, one)
    if isinstance(one, bool) or (label.startswith("是否") and one in (0, 1)):
        return "是" if one else "否"
    return format_hours(one) if name.endswith("_centi") and isinstance(one, int) else str(one)
