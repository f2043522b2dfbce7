"""What a readable line must still satisfy: known places, fitting quantities, years that the occasion spans.

These checks need the words of the law but no other line. Each raises `BadLine` with field, finding and cure.

`tests/policies/test_bad_lines.py` shows every one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from msgspec import UNSET

from policies.errors import BadLine
from policies.facts import (
    DAYS,
    LOOSE_FIELDS,
    OWN_FIELDS,
    Affiliation,
    Application,
    Row,
    check_date,
    check_text,
    check_value,
)
from policies.rulebook import MakeUp
from policies.words import Field, Route, Vocabulary, is_region

OWN, LOOSE = len(OWN_FIELDS), len(OWN_FIELDS) + len(LOOSE_FIELDS)


def check_affiliation(one: Affiliation, words: Vocabulary) -> tuple[int, int | None]:
    """The first and the last day of an affiliation as it is written, or `BadLine`."""
    check_text("person", one.person)
    first = check_date("from", one.from_)
    last = None if one.to is UNSET else check_date("to", one.to)
    if last is not None and last < first:
        raise BadLine("to", one.to, f"应不早于起始日（from）{one.from_}")
    if not is_region(one.region):
        raise BadLine("region", one.region, "应为六位 GB/T 2260 区划代码，如 330203；省本级为 330000")
    if one.sector not in words.sectors:
        raise BadLine("sector", one.sector, f"应为 {'、'.join(words.sectors)} 之一")
    if one.major is not UNSET:
        check_text("major", one.major)
    return first, last


def check_application(one: Application) -> tuple[int, int]:
    """The days of application and of the present title, or `BadLine`."""
    check_text("person", one.person)
    applied = check_date("applied_on", one.applied_on)
    obtained = check_date("title_obtained_on", one.title_obtained_on)
    check_value(Field("minimum_years", "integer", most=60), one.minimum_years)
    if one.committee is not UNSET and one.committee != "outside":
        raise BadLine("committee", one.committee, "应为市外评委会（outside），或不写")
    return applied, obtained


def check_loose(row: Row, words: Vocabulary, make_up: Iterable[MakeUp], platform: object = UNSET) -> None:
    """Keys, dates and the year to which an occasion is attributed (E 10)."""
    given = {name: value for name, value in zip(LOOSE_FIELDS, row[OWN:LOOSE], strict=True) if value is not UNSET}
    for name, value in given.items():
        check_value(words.fields[name], value)
    starts, ends = given.get("starts"), given.get("ends")
    if starts is not None and ends is not None and DAYS[ends] < DAYS[starts]:
        raise BadLine("ends", ends, f"应不早于开始日期（starts）{starts}")
    if "filed_on" in given and starts is None:
        raise BadLine("starts", None, "写了备案日期（filed_on）就要写开始日期（starts）", missing=True)
    year = given.get("year")
    if year is None or year == int(row[2][:4]) or _makes_up(year, row[2], platform, make_up):
        return
    if starts is None or ends is None:
        wanted = "与佐证日期（date）的年度不同时，要写开始日期（starts）和结束日期（ends），并取其所跨两年之一"
        raise BadLine("year", year, wanted)
    first, last = int(starts[:4]), int(ends[:4])
    if last != first + 1 or year not in (first, last):
        raise BadLine("year", year, f"应为活动所跨两年之一；{starts} 到 {ends} 跨的是 {first} 与 {last}")


def _makes_up(year: int, written: str, platform: object, make_up: Iterable[MakeUp]) -> bool:
    """Whether a rulebook opens a window in which this day, on a named platform, may make up that year (A3)."""
    day = date.fromisoformat(written)
    return any(
        window.from_ <= day <= window.to and year in window.years
        and (platform is UNSET or platform in window.platforms)
        for window in make_up
    )


def check_shape(values: Mapping[str, Any], words: Vocabulary) -> None:
    """Category, route, level, rank and quantities of one entry."""
    for name in ("category", "route"):
        if name not in values:
            raise BadLine(name, None, "这个字段必须给出", missing=True)
    for name, value in values.items():
        check_value(words.fields[name], value)
    route = words.routes.get(values["route"])
    if route is None:
        raise BadLine("route", values["route"], f"应为 {'、'.join(words.routes)} 之一")
    if values["category"] not in route.categories:
        wanted = "、".join(route.categories)
        raise BadLine("category", values["category"], f"途径 {route.code}（{route.name}）的科目应为 {wanted}")
    _check_level(values, route)
    _check_quantity(values, route)
    for name in (*route.needs, *(("rank",) if route.ranked else ())):
        if name not in values:
            raise BadLine(name, None, f"途径 {route.code}（{route.name}）要写 {name}", missing=True)


def _check_level(values: Mapping[str, Any], route: Route) -> None:
    level = values.get("level")
    if not route.levels:
        if level is not None:
            raise BadLine("level", level, f"途径 {route.code}（{route.name}）没有级别；请去掉级别（level）")
    elif level is None:
        if not route.level_optional:
            raise BadLine("level", None, f"应为 {'、'.join(route.levels)} 之一", missing=True)
    elif level not in route.levels:
        raise BadLine("level", level, f"途径 {route.code}（{route.name}）的级别应为 {'、'.join(route.levels)} 之一")


def _check_quantity(values: Mapping[str, Any], route: Route) -> None:
    given = [name for name in route.quantity if name in values]
    wanted = "与".join(route.quantity)
    if route.quantity and not given:
        more = "之一" if len(route.quantity) > 1 else ""
        raise BadLine(route.quantity[0], None, f"途径 {route.code}（{route.name}）要写 {wanted}{more}", missing=True)
    if len(given) > 1:
        raise BadLine(given[1], values[given[1]], f"途径 {route.code}（{route.name}）的 {wanted} 只写一个")


def check_confirmation(row: Row, values: Mapping[str, Any]) -> None:
    """Confirmed hours stand with the document that confirms them, and the reverse."""
    document = row[LOOSE - 1]
    if "confirmed_hours" in values and document is UNSET:
        raise BadLine("document", None, "写了确认学时（confirmed_hours）就要写文件号（document）", missing=True)
    if "confirmed_hours" not in values and document is not UNSET:
        raise BadLine("confirmed_hours", None, "写了文件号（document）就要写确认学时（confirmed_hours）", missing=True)
