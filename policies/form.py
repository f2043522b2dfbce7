"""Reading a rulebook file by its form: TOML through `schema.py` into checked rows, or every problem at once.

Each problem is said in Chinese with its row, its field, what was found and what is wanted.
`tests/policies/test_rulebook_errors.py` shows it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from typing import Any, Final

from marshmallow import ValidationError

from policies.errors import UnreadableRulebook
from policies.schema import RulebookFile
from policies.schema_fields import FloatText

_LINE_MOST: Final = 60
_AT: Final = re.compile(r"line (\d+), column (\d+)")
_TWICE: Final = ("Cannot overwrite", "Cannot declare", "Cannot mutate", "Cannot redefine", "Duplicate")


def read_form(path: str, source: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    """The file as plain TOML and as checked rows; `UnreadableRulebook` lists every break of the form."""
    try:
        plain = tomllib.loads(source.decode("utf-8"), parse_float=FloatText)
    except UnicodeDecodeError as error:
        raise UnreadableRulebook(path, [f"第 {error.start} 字节不是 UTF-8；请存为 UTF-8"]) from None
    except tomllib.TOMLDecodeError as error:
        raise UnreadableRulebook(path, [f"不是合法的 TOML：{_broken_at(str(error), source.decode())}"]) from None
    except RecursionError:
        raise UnreadableRulebook(path, ["括号套得太深；细则至多只有几层"]) from None
    try:
        return plain, dict(RulebookFile().load(plain))
    except ValidationError as error:
        raise UnreadableRulebook(path, list(problems(error.messages, plain))) from None


def _broken_at(said: str, source: str) -> str:
    """Where the library stopped, with the line itself: it says so in English, and an author reads Chinese."""
    found = _AT.search(said)
    if found is None:
        return "读到文件末尾还没有写完，请查最后的引号、括号是否成对"
    line = source.split("\n")[int(found[1]) - 1].strip()
    cure = ("这个字段或这张表写了两次，请删去一处" if said.startswith(_TWICE) else
            "请查这一行和上一行的引号、括号是否成对，标点是否半角")
    shown = line if len(line) <= _LINE_MOST else f"{line[:_LINE_MOST]}…"
    return f"第 {found[1]} 行第 {found[2]} 列读不下去：“{shown}”，{cure}"


def problems(tree: Any, plain: Any, where: str = "") -> Iterable[str]:
    """One sentence for each leaf of marshmallow's tree, with the row's article or name as its address."""
    if isinstance(tree, list):
        for message in tree:
            text = {"Missing data for required field.": "缺这个字段",
                    "Field may not be null.": "不能为空"}.get(str(message), str(message))
            yield f"{where}：{text}"
        return
    for key, below in tree.items():
        inner = plain[key] if isinstance(plain, dict) and key in plain else None
        if isinstance(plain, list) and isinstance(key, int):
            inner = plain[key]
            name = inner.get("article") or inner.get("name") or inner.get("id") if isinstance(inner, dict) else None
            here = f"{where} 第 {key + 1} 个" + (f"（{name}）" if name else "")  # 条 is an article of the law.
        elif key == "_schema":
            here = where or "文件"
        else:
            here = f"{where} {key}".strip()
        yield from problems(below, inner, here)
