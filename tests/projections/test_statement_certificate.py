"""A year's certificate says what the statement of that year says, both sides where they differ, and no other year."""

from __future__ import annotations

from typing import Any

from test_statement_text import HEAD, answer, changed

from projections.statement.certificate import certificate
from projections.statement.reading import read_statement
from projections.statement.text import statement_text


def of(year: int, **basis: Any) -> str:
    def only(told: dict[str, Any], _: dict[str, Any]) -> None:
        told["years"] = [one for one in told["years"] if one["year"] == year]
        told["basis"] |= basis

    return statement_text(*changed(only))


def test_it_says_whose_it_is_what_each_subject_comes_to_and_whether_it_suffices() -> None:
    made = certificate(read_statement(of(2026)))

    assert made is not None and made.year == 2026
    assert made.sentences[0].startswith("张*三，居民身份证 ")
    assert made.sentences[1].startswith("2026 年度登记继续教育学时合计 0：专业科目 0，")
    assert made.sentences[1].endswith("；达到所列要求。")
    assert len(made.sentences) == 2
    assert dict(made.basis)["核验码"] == "7K3M-9QXT-0AHB"


def test_where_the_two_totals_differ_both_stand_there_with_whole_names_of_rulebooks() -> None:
    made = certificate(read_statement(of(2025)))

    assert made is not None
    assert [words[:12] for words in made.sentences[1:]] == ["2025 年度登记时认定", "2025 年度按所列细则"]
    assert "合计 44" in made.sentences[1] and "合计 40" in made.sentences[2]
    assert "尚不能确定" in made.sentences[2]
    assert any(need.endswith("（zhejiang/2016-08-01 第八条）") for need in made.needs), made.needs


def test_hours_under_rules_of_ones_own_choice_are_called_that() -> None:
    made = certificate(read_statement(of(2025, law="set:zhejiang/2016-08-01")))

    assert made is not None and "不能作为达标的证明" in made.sentences[-1]


def test_of_several_years_there_is_none() -> None:
    assert certificate(read_statement(statement_text(answer(), HEAD))) is None


def test_of_a_closed_year_it_says_so_and_what_was_decided_since_is_marked() -> None:
    def closed(told: dict[str, Any], _: dict[str, Any]) -> None:
        told["years"] = [one for one in told["years"] if one["year"] == 2025]
        told["years"][0]["closed"] = {"event": 30, "as_of": 25, "changed": 1}
        told["years"][0]["entries"][1]["after_close"] = True

    text = statement_text(*changed(closed))
    read = read_statement(text)
    made = certificate(read)

    words = "2025 年度已关账（事件 30，合计据事件 25），其后更正 1 项，标有“关账后更正”。"
    assert read.closings == (words,) and made is not None and words in made.sentences
    assert [("关账后更正" in one.notes["依据"]) for one in read.entries][:3] == [False, True, False]
    assert "关账" not in of(2026), "of a year that is open nothing is said"
    assert len(read.differences) == len(read_statement(of(2025)).differences)
