"""What a replay came to, in sentences: who gains, who loses, by which clause, where; the tables give every number.

Told from the report's own sums. Not a part of the report: its files are the same bytes for whoever replays anew.
`tests/console/test_replay_lead.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from api.replays.names import Names
from api.replays.page import city_name, count
from ledger.vocabulary import parse_hours

_CITIES_MOST: Final = 3
_UNUSED: Final = ("新细则所改的，在这段历史里没有用到。请核对它的施行日、适用的地区和行业，"
                  "以及改动的条款在施行日以后有没有记录。")


def lead(told: Mapping[str, Any]) -> list[str]:
    """The sentences, the most important first."""
    names = Names.of(told)
    if not told["changed_person_years"]:
        among = f"{count(told['people'])} 人的 {count(told['entries'])} 条记录"
        nobody = f"重新评定了 {among}：没有一个人的年度学时或结论会变。"
        others = [*_clauses(told["by_clause"], names), *_titles(told)]
        return [nobody, *(others or (_UNUSED,))]
    return [*_who(told), *_clauses(told["by_clause"], names), *_verdicts(told, names), *_titles(told),
            *_where(told["by_city"])]


def _who(told: Mapping[str, Any]) -> Iterator[str]:
    many, years = count(told["changed_people"]), count(told["changed_person_years"])
    yield (f"{count(told['people'])} 人中，{many} 人的学时或结论会变（{years} 个人年度）："
           f"同一年度增减相抵之后，共减 {told['given_up']} 学时，共增 {told['gained']} 学时。")


def _clauses(rows: Sequence[Mapping[str, Any]], names: Names) -> Iterator[str]:
    """The clauses by which most is lost, and by which most is gained."""
    for side, word in (("given_up", "减"), ("gained", "增")):
        most = max(rows, key=lambda one, side=side: parse_hours(one[side]), default=None)  # type: ignore[misc]
        if most is not None and parse_hours(most[side]):
            old, new = names.clause(most["old_clause"]), names.clause(most["new_clause"])
            by = f"{new}" if old == new else f"原依 {old}，新依 {new}"
            yield f"{word}得最多的条款：{by}，{count(most['entries'])} 条记录共{word} {most[side]} 学时。"


def _verdicts(told: Mapping[str, Any], names: Names) -> Iterator[str]:
    failed, passed = told["newly_failed"], told["newly_passed"]
    if not failed and not passed:
        yield "没有一个人年度因此新变为未达标，也没有一个新变为达标。"
    else:
        short = max(told["newly_short"], key=lambda one: int(one["person_years"]), default=None)
        why = "" if not failed or short is None else f"，缺得最多的是 {names.minimum(short['minimum'])}"
        yield f"{count(failed)} 个人年度新变为未达标{why}；{count(passed)} 个人年度新变为达标（含原为未定的）。"


def _titles(told: Mapping[str, Any]) -> Iterator[str]:
    """Whose titles are touched: those that are held, the next, and the first."""
    if told["touched_titles"]:
        yield f"{count(told['touched_titles'])} 项已取得的职称，所依的达标年数变少。"
    if told["touched_applications"]:
        yield f"{count(told['touched_applications'])} 人下一次申报职称可算的年数会变。"
    first = {effect: sum(one["people"] for one in told["titles"] if (one["kind"], one["effect"]) == ("first", effect))
             for effect in ("less", "more")}
    if first["less"]:
        yield f"{count(first['less'])} 个没有记载职称的人，首次申报会因没有连续两年达标而不符合。"
    if first["more"]:
        yield f"{count(first['more'])} 个没有记载职称的人，首次申报不再受限于连续两年达标；其余条件由评委会审核。"


def _where(cities: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    moved = sorted((one for one in cities if one["changed"]), key=lambda one: -int(one["changed"]))
    if moved:
        named = "、".join(f"{city_name(one['name'])} {count(one['changed'])} 个人年度" for one in moved[:_CITIES_MOST])
        more = f"，另有 {len(moved) - _CITIES_MOST} 地" if len(moved) > _CITIES_MOST else ""
        yield f"变化在：{named}{more}。"
