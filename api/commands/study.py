"""What a claim says of a study, as a command line gives it: `field=value` for the law, files for the evidence.

Of a file only its SHA-256 is taken: evidence stays where it is. `tests/api/test_client.py` shows it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from api.terminal import standard_input
from api.terminal.exits import Exit, Stop
from api.whole import whole_or_as_typed

_ISSUED: Final = re.compile(r"(.+)@([0-9]{4}-[0-9]{2}-[0-9]{2})", re.DOTALL)


def digest(path: Path) -> str:
    """The SHA-256 of a file."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        raise Stop(Exit.BAD_INPUT, "file_unreadable", f"读不出文件 {path}", "请核对文件名和权限") from None


def study(facts: Iterable[str]) -> dict[str, Any]:
    """Read `field=value`; a field that the law counts in whole numbers becomes a number."""
    from policies.words import base_vocabulary

    fields = base_vocabulary().fields
    found: dict[str, Any] = {}
    for fact in facts:
        name, equals, value = fact.partition("=")
        if not equals or not name:
            cure = "应为 字段=值，如 route=training level=municipal days=5；各字段见 xueshi rules try"
            raise Stop(Exit.BAD_INPUT, "bad_fact", f"读不懂 {fact}", cure)
        is_number = name in fields and fields[name].kind == "integer"
        found[name] = whole_or_as_typed(value) if is_number else value
    return found


def evidence(given: Iterable[str]) -> list[dict[str, str]]:
    """Read `kind=file` or `kind=file@date of issue`."""
    return [_evidence(one) for one in given]


def _evidence(given: str) -> dict[str, str]:
    kind, equals, place = given.partition("=")
    if not equals or not kind or not place:
        cure = "应为 种类=文件，如 certificate=结业证书.pdf，可加 @签发日期"
        raise Stop(Exit.BAD_INPUT, "bad_evidence", f"读不懂佐证 {given}", cure)
    issued = _ISSUED.fullmatch(place)
    if issued is not None and not Path(place).exists():
        return {"kind": kind, "sha256": digest(Path(issued[1])), "issued_on": issued[2]}
    return {"kind": kind, "sha256": digest(Path(place))}


def body(
    facts: tuple[str, ...], given: tuple[str, ...], title: str | None, details: Iterable[tuple[str, object]] = ()
) -> dict[str, Any]:
    """What a claim or its revision says; `-` alone reads the whole body as JSON."""
    if title is None and facts != ("-",):
        raise Stop(Exit.BAD_INPUT, "bad_usage", "缺少 --title", "请写明学习项目的名称")
    return typed(facts, given, [("title", title), *details])


def typed(facts: tuple[str, ...], given: tuple[str, ...], details: Iterable[tuple[str, object]]) -> dict[str, Any]:
    """What was given of it so far; `-` alone reads the whole body as JSON."""
    if facts == ("-",):
        return _whole(standard_input.text())
    named = {name: value for name, value in details if value}
    return {"study": study(facts), "details": named, "evidence": evidence(given)}


def _whole(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        cure = "应为含 study、details、evidence 的 JSON 对象"
        raise Stop(Exit.BAD_INPUT, "bad_json", "标准输入不是 JSON 对象", cure)
    return found
