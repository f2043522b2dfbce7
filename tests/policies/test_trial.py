"""One fact is asked for step by step, and its worth is told with the words of the law."""

from __future__ import annotations

from typing import Any

import pytest

from policies.errors import BadLine
from policies.law import Law
from policies.shelf import drafts, shipped
from policies.trial import next_question, parsed, told, tried

LAW = Law(shipped().books)
NINGBO = {"date": "2021-05-01", "region": "330203", "sector": "industry"}


def walk(answers: dict[str, Any], law: Law = LAW) -> tuple[list[str], dict[str, Any]]:
    """Answer every question; what has no answer is skipped if it may be."""
    known: dict[str, Any] = {}
    asked = []
    while (question := next_question(law, known)) is not None:
        asked.append(question.field)
        assert question.field in answers or question.optional
        known[question.field] = answers.get(question.field)
    return asked, known


def test_only_what_the_law_needs_is_asked() -> None:
    asked, known = walk(NINGBO | {"route": "book", "level": "core", "characters": 25000, "rank": 1})
    assert asked == ["date", "region", "sector", "route", "level", "characters", "rank"]
    ruled = told(tried(LAW, known))
    assert ruled.startswith("认定  核定 16 学时，计入 16 学时  ningbo-industry/2019-01-01 第六条（七）\n")
    assert "⌊25000 字 ÷ 10000⌋ × 8 = 16" in ruled and "原文：每万字著作" in ruled


@pytest.mark.parametrize(
    ("answers", "asked", "verdict"),
    [
        ({"route": "filed_training", "days": "3"}, ["days", "filed_on"], "不计  核定 0"),
        ({"route": "filed_training", "days": "3", "filed_on": "2021-03-01", "starts": "2021-05-01"},
         ["days", "filed_on", "starts"], "认定  核定 18"),
        ({"route": "service", "days": "2", "approved_by": "无"}, ["days", "approved_by"], "不计"),
        ({"route": "service", "days": "2"}, ["days", "approved_by"], "认定  核定 8"),
        ({"route": "other", "confirmed_hours": "5", "document": "文"}, ["confirmed_hours", "document"], "按确认数计"),
        ({"route": "other"}, ["confirmed_hours"], "待定"),
        ({"route": "course", "category": "general_public", "hours": "18", "completed_by": "completion"},
         ["category", "hours", "completed_by"], "不计"),
        ({"route": "courseware", "hours": "2"}, ["hours"], "认定  核定 2"),
    ],
)
def test_what_a_condition_looks_at_is_asked_and_may_be_left_out(
    answers: dict[str, Any], asked: list[str], verdict: str
) -> None:
    found, known = walk(NINGBO | answers)
    assert found[4:] == asked
    assert told(tried(LAW, known)).startswith(verdict)


def test_a_condition_of_another_place_binds_here_and_is_asked() -> None:
    asked, _ = walk({"date": "2021-05-01", "region": "330302", "sector": "environment", "route": "course",
                     "category": "general_public", "hours": "2", "completed_by": "exam"})
    assert asked[4:] == ["category", "hours", "completed_by"]
    asked, _ = walk({"date": "2021-05-01", "region": "330102", "sector": "natural_resources", "route": "courseware",
                     "hours": "2", "major": "爆破工程"})
    assert asked[4:] == ["hours", "major", "platform"]


def test_a_draft_beside_the_law_asks_in_its_own_words() -> None:
    law = Law([*shipped().books, drafts().book("hangzhou-credits/2025-06-06")])
    asked, known = walk({"date": "2025-07-01", "region": "330102", "sector": "general", "route": "degree",
                         "related": "no"}, law)
    assert asked[4:] == ["related"]
    question = next_question(law, {name: value for name, value in known.items() if name != "related"})
    assert question is not None and question.words == "与专业相关" and ("no", "否") in question.choices


def test_closed_choices_are_offered_in_the_words_of_the_route() -> None:
    question = next_question(LAW, NINGBO | {"route": "project"})
    assert question is not None and question.choices[1] == ("provincial", "省部级")
    question = next_question(LAW, {"date": "2021-05-01", "region": "330203"})
    assert question is not None and ("industry", "工业和信息化") in question.choices


@pytest.mark.parametrize(
    ("field", "answer"),
    [("days", "1.3"), ("subjects", "0"), ("subjects", "x"), ("date", "2021-02-30"), ("region", "330299"),
     ("sector", "medicine"), ("route", "seminar"), ("completed_by", "exams"), ("colour", "red"),
     ("subjects", "9" * 40)],
)
def test_a_wrong_answer_is_refused_where_it_is_given(field: str, answer: str) -> None:
    with pytest.raises(BadLine) as caught:
        parsed(LAW, field, answer)
    assert caught.value.field == field


def test_numbers_become_numbers_and_decimals_stay_as_written() -> None:
    assert parsed(LAW, "subjects", "2") == 2 and parsed(LAW, "days", "2") == "2"


@pytest.mark.parametrize("given", [{}, {"date": "x"}, {"date": 3}, NINGBO, NINGBO | {"route": "exam", "subjects": "1"},
                                   NINGBO | {"route": "exam", "subjects": 1, "region": "0"}])
def test_a_fact_that_says_too_little_or_nonsense_is_a_bad_line(given: dict[str, Any]) -> None:
    with pytest.raises(BadLine):
        tried(LAW, given)
