"""What a replay came to is said in sentences: who gains, who loses, by which clause and where, or that nobody does."""

from __future__ import annotations

from typing import Any

from api.console.law.replay_lead import lead

N = "ningbo-industry/2019-01-01"
NOTHING: dict[str, Any] = {
    "people": 129, "entries": 3_694, "changed_people": 0, "changed_person_years": 0, "gained": "0", "given_up": "0",
    "newly_failed": 0, "newly_passed": 0, "touched_titles": 0, "touched_applications": 0, "newly_short": [],
    "by_clause": [], "by_city": [{"name": "330200", "changed": 0}], "titles": [],
}
SOME = NOTHING | {
    "changed_people": 31, "changed_person_years": 40, "gained": "12", "given_up": "204.5", "newly_failed": 5,
    "newly_short": [{"minimum": "zhejiang/2016-08-01 public", "person_years": 1},
                    {"minimum": "zhejiang/2016-08-01 total", "person_years": 4}],
    "touched_titles": 2, "touched_applications": 3,
    "by_clause": [
        {"old_clause": f"{N} 第六条（八）", "new_clause": f"{N} 第六条（八）", "entries": 9, "gained": "0",
         "given_up": "36"},
        {"old_clause": f"{N} 第六条（一）", "new_clause": "manual", "entries": 1_030, "gained": "0",
         "given_up": "168.5"},
        {"old_clause": None, "new_clause": f"{N} 第六条（九）", "entries": 4, "gained": "12", "given_up": "0"}],
    "by_city": [{"name": "330100", "changed": 1}, {"name": "330200", "changed": 30}, {"name": "330300", "changed": 7},
                {"name": "", "changed": 2}, {"name": "330400", "changed": 0}],
}


def test_who_gains_and_who_loses_by_which_clause_and_where() -> None:
    assert lead(SOME) == [
        "129 人中，31 人的学时或结论会变（40 个人年度）：同一年度增减相抵之后，共减 204.5 学时，共增 12 学时。",
        f"减得最多的条款：原依 {N} 第六条（一），新依 主管部门确认，1,030 条记录共减 168.5 学时。",
        f"增得最多的条款：原依 没有细则规定，新依 {N} 第六条（九），4 条记录共增 12 学时。",
        "5 个人年度新变为未达标，缺得最多的是 总学时（zhejiang/2016-08-01）；0 个人年度新变为达标（含原为未定的）。",
        "2 项已取得的职称，所依的达标年数变少。",
        "3 人下一次申报职称可算的年数会变。",
        "变化在：宁波市 30 个人年度、温州市 7 个人年度、（无归属） 2 个人年度，另有 1 地。",
    ]


def test_where_nobody_is_touched_it_is_said_and_what_to_look_at() -> None:
    nobody, cure = lead(NOTHING)

    assert nobody == "重新评定了 129 人的 3,694 条记录：没有一个人的年度学时或结论会变。"
    assert "施行日" in cure and "适用的地区和行业" in cure
    moved = lead(NOTHING | {"by_clause": SOME["by_clause"][:1]})
    assert moved[1:] == [f"减得最多的条款：{N} 第六条（八），9 条记录共减 36 学时。"], "of one year"


def test_whoever_may_no_longer_apply_for_a_first_title_is_counted_though_no_year_changes() -> None:
    """An amended rule on applying moves no hours; what the places come to is told as one number."""
    titles = [{"kind": "first", "effect": "less", "city": city, "rule": N, "titles": many, "people": many}
              for city, many in (("330200", 1_200), ("330100", 34))]
    more = {"kind": "first", "effect": "more", "city": "330200", "rule": N, "titles": 5, "people": 5}
    _, *told = lead(NOTHING | {"titles": [*titles, more]})

    assert told == ["1,234 个没有记载职称的人，首次申报会因没有连续两年达标而不符合。",
                    "5 个没有记载职称的人，首次申报不再受限于连续两年达标；其余条件由评委会审核。"]


def test_hours_that_move_without_a_verdict_say_so_and_one_clause_is_named_once() -> None:
    told = lead(SOME | {"newly_failed": 0, "by_clause": SOME["by_clause"][:1], "touched_titles": 0,
                        "touched_applications": 0, "by_city": SOME["by_city"][1:2]})

    assert told[1:] == [
        f"减得最多的条款：{N} 第六条（八），9 条记录共减 36 学时。",
        "没有一个人年度因此新变为未达标，也没有一个新变为达标。",
        "变化在：宁波市 30 个人年度。",
    ]
