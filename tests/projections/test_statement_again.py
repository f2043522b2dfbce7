"""A statement is weighed again from its own words: sums that are none are found, and what the law says otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from projection_kit import NINGBO, course, living, seminar
from test_statement_sheets import of
from test_statement_text import HEAD, TEXT, answer, changed, minimum, sums

from ledger.offline.verdict import Unverified
from policies.assess import Override
from policies.shelf import shipped
from projections.statement.again import again
from projections.statement.reading import read_statement
from projections.statement.text import statement_text

BOOKS = {book.id: book.digest for book in shipped().books}


def weigh(text: str, *digests: str) -> Any:
    return again(read_statement(text), digests, shipped())


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, list[str]]:
    """A real answer of two years, printed with all its facts, and the rulebooks that it rests on."""
    with living(tmp_path_factory.mktemp("again") / "house") as house:
        person = house.person(unit=house.unit(NINGBO, "industry"))
        for study in (seminar("2021-05-03"), seminar("2021-06-03"), course("2021-06-01"), seminar("2022-05-03")):
            house.registered(person, study)
        told = house.years(person)
    for one in (entry for year in told["years"] for entry in year["entries"]):
        if one["route"] == "course":
            one["completed_by"] = "exam"
    units = {one["unit"]: HEAD["units"]["unt_works"] for one in told["affiliations"]}
    return statement_text(told, HEAD | {"units": units}), [book["digest"] for book in told["basis"]["rulebooks"]]


def test_what_was_reckoned_under_the_law_comes_out_the_same_again(lived: tuple[str, list[str]]) -> None:
    text, digests = lived

    told = weigh(text, *digests)

    assert told.unproven == (), told
    assert "逐条相加" in told.checked[0] and "逐条重新核定 4 条" in told.checked[1]
    assert "ningbo-industry/2019-01-01" in told.checked[1]


def test_a_statement_that_told_a_choice_by_its_code_as_they_once_did_is_weighed_the_same(
    lived: tuple[str, list[str]],
) -> None:
    text, digests = lived
    before = text.replace("完成方式：考试（考核）合格", "完成方式：exam")

    assert before != text and "：exam" not in text
    assert weigh(before, *digests) == weigh(text, *digests)


def test_hours_that_a_department_gave_where_a_clause_leaves_room_come_out_the_same_again(tmp_path: Path) -> None:
    """N 6(1), AMB-21: the text names the document; without it the same hours are past what the clause gives."""
    with living(tmp_path / "house") as house:
        person = house.person(unit=house.unit(NINGBO, "industry"))
        house.registered(person, seminar("2021-05-03"), override=Override(3_000, "甬人社函〔2021〕9号"))
        told = house.years(person)
    units = {one["unit"]: HEAD["units"]["unt_works"] for one in told["affiliations"]}
    text, digests = statement_text(told, HEAD | {"units": units}), [one["digest"] for one in told["basis"]["rulebooks"]]

    assert weigh(text, *digests).unproven == ()
    plain = text.replace("，主管部门认定", "")
    assert plain != text and "所载核定 30 计入 30，重算核定 24 计入 24" in weigh(plain, *digests).unproven[0]


def test_hours_that_no_clause_gives_are_named_with_what_the_clause_gives(lived: tuple[str, list[str]]) -> None:
    text, digests = lived
    lines = text.splitlines()
    at = next(place for place, line in enumerate(lines) if "2022-05-03" in line)
    assert "24        24" in lines[at]
    lines[at] = lines[at].replace("5 天  ", "3 天  ")

    told = weigh("\n".join(lines) + "\n", *digests)

    assert "第 4 条所载核定 24 计入 24，重算核定 18 计入 18" in told.unproven[0]
    assert "2022 年度所载 24，重算 18" in told.unproven[0]


@pytest.mark.parametrize(("line", "old", "new", "found"), [
    ("2025  认定", " 44  否", " 45  否", "合计写作 45"),
    ("2025  认定", "  32  ", "  31  ", "专业写作 31，明细相加是 32"),
    ("2025  认定", " 44  否", " 44  是", "达标与否"),
    ("专业科目 60，缺 28", "缺 28", "缺 27", "专业科目写作已有 33"),
    ("2025-09-01", "        12  已", "        11  已", "一般公需写作 12，明细相加是 11"),
    ("2026      ", "已有 0", "已有 5", "总学时写作已有 5"),
])
def test_a_sum_that_is_none_is_not_believed(line: str, old: str, new: str, found: str) -> None:
    rows = TEXT.splitlines()
    at = next(place for place, row in enumerate(rows) if line in row)
    assert old in rows[at]
    rows[at] = rows[at].replace(old, new)

    with pytest.raises(Unverified, match=found):
        weigh("\n".join(rows) + "\n")


def test_both_sides_of_a_year_are_added_up_each_from_its_own_hours() -> None:
    told = weigh(TEXT)

    assert "3 行年度的合计由 4 条明细" in told.checked[0]


def test_a_rulebook_that_is_not_here_is_named_and_nothing_is_weighed(lived: tuple[str, list[str]]) -> None:
    text, digests = lived

    told = weigh(text, *digests, "e" * 64)

    assert len(told.checked) == 1 and "没有摘要为 eeeeeeeeeeee 的细则" in told.unproven[0]


def test_paper_without_the_facts_that_the_law_wants_says_that_it_cannot_be_weighed(
    lived: tuple[str, list[str]]
) -> None:
    text, digests = lived
    bare = "\n".join(line for line in text.splitlines() if not line.startswith("      事实")) + "\n"

    told = weigh(bare, *digests)

    assert len(told.checked) == 1 and "所列事实不足以重算" in told.unproven[0]


def test_every_kind_of_quantity_and_confirmed_hours_are_read_back() -> None:
    told = of("330203", "industry", "ningbo-industry/2019-01-01")
    told["basis"]["rulebooks"] = [{"id": one, "digest": BOOKS[one], "event": 5}
                                  for one in ("zhejiang/2016-08-01", "ningbo-industry/2019-01-01")]
    entries = [
        {"route": "book", "level": "core", "rank": 2, "characters": 40_000}, {"route": "exam", "subjects": 2},
        {"route": "degree_course", "courses": 3}, {"route": "courseware", "minutes": 100},
        {"route": "other", "confirmed_hours": "5", "document": "甬工信〔2025〕1号"},
        {"route": "patent", "level": "invention", "rank": 1},
    ]
    wanted = ("32", "12", "9", "2", "5", "0")
    made = []
    for number, (facts, hours) in enumerate(zip(entries, wanted, strict=True), 1):
        one = dict(answer()["years"][0]["entries"][0]) | {"claim": f"clm_{number}", "level": None, "days": None,
                                                         "date": f"2025-0{number}-01"} | facts
        one["decided"] = one["decided"] | {"assessed": hours, "counted": hours}
        one["evaluated"] = one["evaluated"] | {"assessed": hours, "counted": hours}
        made.append(one)
    total = str(sum(map(int, wanted)))
    told["years"] = [{"year": 2025, "differs": False, "differences": [], "entries": made,
                      "decided": sums(total, total, "0", "0", False, minimum("total", "90", total, False)),
                      "evaluated": sums(total, total, "0", "0", False)}]

    found = weigh(statement_text(told, HEAD), *(BOOKS[one["id"]] for one in told["basis"]["rulebooks"]))

    assert found.unproven == (), found


def test_hours_that_an_office_confirmed_where_no_clause_has_a_rate_are_counted_as_confirmed_and_told_apart() -> None:
    told = of("330304", "industry", "wenzhou/2020-11-27")
    told["basis"]["rulebooks"] = [{"id": one, "digest": BOOKS[one], "event": 5}
                                  for one in ("zhejiang/2016-08-01", "wenzhou/2020-11-27")]
    one = dict(answer()["years"][0]["entries"][0]) | {"days": "5"}
    one["decided"] = one["decided"] | {
        "assessed": "25", "counted": "25", "rulebook": None, "digest": None, "clauses": []}
    one["evaluated"] = one["evaluated"] | {"status": "manual", "assessed": "25", "counted": "25"}
    told["years"] = [{"year": 2025, "differs": False, "differences": [], "entries": [one],
                      "decided": sums("25", "25", "0", "0", False, minimum("total", "90", "25", False)),
                      "evaluated": sums("25", "25", "0", "0", False)}]

    found = weigh(statement_text(told, HEAD), *(BOOKS[one["id"]] for one in told["basis"]["rulebooks"]))

    assert found.unproven == () and "其中 1 条没有条款，由登记部门确认学时" in found.checked[1]


def test_a_statement_of_nobody_anywhere_has_nothing_to_be_weighed() -> None:
    def empty(told: dict[str, Any], head: dict[str, Any]) -> None:
        told["affiliations"], told["years"] = [], told["years"][1:]
        told["years"][0]["entries"] = []

    assert "0 条明细" in weigh(statement_text(*changed(empty))).checked[0]

