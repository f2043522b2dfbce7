"""行政区划代码 (GB/T 2260) of Zhejiang, each with the time in which it was right, and what became of its
land.

The codes are data (`regions.toml`); this is how to ask it. Dates are legal dates. A new code is known from
the day of the approval; an old one until the province announced the change, because until that day nobody
could have known.

A code recorded long ago stays as it was recorded; `successors` says which codes hold that land on a later
day. Where land was divided there are several, and only the person's own unit can say which.

`tests/ledger/identifiers/test_regions.py` shows it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Final

from ledger.identifiers.errors import BadRegion

PROVINCE: Final = "330000"


@dataclass(frozen=True, slots=True)
class Span:
    """A code, its name, its first day (within the ledger's life) and its last day, if it has ended."""

    code: str
    name: str
    first: date
    last: date | None


@dataclass(frozen=True, slots=True)
class Change:
    """One approved change: the codes that began and ended, and which codes hold the land of each code it moved."""

    approved: date
    announced: date
    document: str
    began: Mapping[str, str]
    ended: Mapping[str, str]
    moves: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class _Table:
    since: date
    provinces: dict[str, str]
    spans: dict[str, Span]
    changes: tuple[Change, ...]


def known(code: str, on: date) -> bool:
    """Whether the code was one of Zhejiang's on that day; `BadRegion` for a day before the table begins."""
    _require_in_life(on)
    found = span(code)
    return found is not None and found.first <= on and (found.last is None or on <= found.last)


def name(code: str, on: date) -> str:
    """The area's own name on that day: 上城区, 桐庐县. `BadRegion` where the code is not known on it."""
    if not known(code, on):
        raise BadRegion("unknown_region", f"{on} 没有区划代码 {_shown(code)}：请核对代码和日期。")
    return _table().spans[code].name


def span(code: str) -> Span | None:
    """The time in which a code was right; nothing for what was no code of Zhejiang since 2016."""
    return _table().spans.get(code)


def successors(code: str, on: date, *, since: date | None = None) -> tuple[str, ...]:
    """The codes that hold, on that day, the land for which `code` was recorded on `since` (by default its first)."""
    _require_in_life(on)
    found = span(code)
    if found is None:
        raise BadRegion("unknown_region", f"浙江省 2016 年以来没有区划代码 {_shown(code)}：请核对。")
    if on < found.first:
        raise BadRegion("not_yet", f"区划代码 {code} 自 {found.first} 起使用，{on} 尚不存在：请核对日期。")
    recorded = found.first if since is None else since
    held: tuple[str, ...] = (code,)
    for change in _table().changes:
        # What was recorded before the announcement may mean the land as it was before.
        if change.approved <= on and recorded < change.announced:
            held = tuple(after for before in held for after in change.moves.get(before, (before,)))
    return tuple(sorted(set(held)))


def parent(code: str) -> str | None:
    """The city of a county unit, the province of a city, nothing above it. Ended codes keep their city."""
    if span(code) is None:
        raise BadRegion("unknown_region", f"浙江省 2016 年以来没有区划代码 {_shown(code)}：请核对。")
    if code == PROVINCE:
        return None
    return PROVINCE if code.endswith("00") else f"{code[:4]}00"


def within(code: str, prefix: str) -> bool:
    """Whether a code lies within a prefix of two digits (province), four (city) or six (that very code)."""
    if len(prefix) not in {2, 4, 6} or not (prefix.isascii() and prefix.isdigit()):
        raise BadRegion("prefix", "区划范围应为 2、4 或 6 位数字前缀：请核对。")
    return code.startswith(prefix)


def cities(on: date) -> tuple[str, ...]:
    """The codes of the cities (设区市) on that day."""
    return tuple(code for code in sorted(_table().spans) if parent(code) == PROVINCE and known(code, on))


def county_units(on: date) -> tuple[str, ...]:
    """The codes of districts, counties and county-level cities (县、市、区) on that day."""
    return tuple(code for code in sorted(_table().spans) if code[4:] != "00" and known(code, on))


def province(prefix: str) -> str | None:
    """The name of the province of China that two digits stand for, if any."""
    return _table().provinces.get(prefix)


def changes() -> tuple[Change, ...]:
    """All changes within the ledger's life, oldest first, each with the document that made it."""
    return _table().changes


@cache
def _table() -> _Table:
    data = tomllib.loads(Path(__file__).with_name("regions.toml").read_text(encoding="utf-8"))
    since: date = data["since"]
    listed = tuple(
        Change(row["approved"], row["announced"], row["document"], row["began"], row["ended"],
               {code: tuple(after) for code, after in row["moves"].items()})
        for row in data["change"]
    )
    spans = {code: Span(code, own, since, None) for code, own in data["today"].items()}
    for change in listed:
        for code, own in change.ended.items():
            spans[code] = Span(code, own, since, date.fromordinal(change.announced.toordinal() - 1))
        for code, own in change.began.items():
            spans[code] = Span(code, own, change.approved, None)
    return _Table(since, data["provinces"], spans, listed)


def _require_in_life(on: date) -> None:
    if on < _table().since:
        raise BadRegion("before_ledger", f"区划表自 {_table().since} 起，不回答 {on} 的区划：请核对日期。")


def _shown(code: str) -> str:
    """A region is public, but what was handed in as one may be anything."""
    return code if len(code) == 6 and code.isascii() and code.isdigit() else "（非 6 位数字）"
