"""What the verifier reads of an event: its leaf, and JSON of which there is one way to write it.

It needs the standard library alone. `tests/ledger/test_verify.py` forges each part of a leaf.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from ledger.offline.verdict import Unverified

FORMAT: Final = "xueshi/1"


def read_leaf(leaf: bytes, where: str) -> dict[str, Any]:
    """Read a leaf with the standard library alone, after checking its form."""
    value = read_json(leaf, where, "事件")
    if not isinstance(value, list) or len(value) != 9 or value[0] != FORMAT or not isinstance(value[7], dict):
        raise Unverified(where, f"不是 {FORMAT} 信封")
    _, stream, version, recorded_at, subjects, _salt, by, event, sealed = value
    if type(recorded_at) is not int or type(version) is not int or not isinstance(stream, str):
        raise Unverified(where, "流、版本或记录时间不成形")
    if not (sealed is None or isinstance(sealed, str)):
        raise Unverified(where, "密封部分的摘要不成形")
    return {"stream": stream, "version": version, "recorded_at": recorded_at, "subjects": subjects, "by": by,
            "event": event, "sealed": sealed}


def read_json(data: bytes, where: str, what: str) -> Any:
    """Read JSON of which there is one way to write it: written again it must be the same bytes."""
    return _read(data, where, what, lambda value: json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


def format_lines(value: Any) -> bytes:
    """Write JSON for people: a line for each thing, and again only one way to write it."""
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()


def read_lines(data: bytes, where: str, what: str) -> Any:
    """Read what `format_lines` wrote."""
    return _read(data, where, what, format_lines)


def _read(data: bytes, where: str, what: str, write: Callable[[Any], bytes]) -> Any:
    try:
        value = json.loads(data, parse_constant=_refuse_constant)
        written = write(value)
    except (ValueError, RecursionError) as error:  # Also what is not UTF-8, and a lone surrogate.
        raise Unverified(where, f"{what}不是 JSON") from error
    if written != data:
        raise Unverified(where, f"{what}不是规范写法：两个读者可能读出不同的内容")
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
