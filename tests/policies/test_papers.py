"""The papers of a study are those that the rulebooks name, with the sentence that names them."""

from __future__ import annotations

from datetime import date

import pytest

from policies.law import Law
from policies.papers import class_papers, papers
from policies.shelf import shipped

LAW = Law(shipped().books)
DAY = date(2026, 4, 2)

NINE = {  # W 12, its items 1 to 8; the ninth is whatever the sector's own rules add.
    "exam": "考试合格证书", "advanced_seminar": "高级研修班证书", "training": "参加学习活动的有效证明",
    "unit_training": "日程安排表", "service": "活动通知文件", "project": "课题结题报告", "paper": "刊物封面",
    "degree_course": "课程分配学习进度表",
}


@pytest.mark.parametrize(("route", "document"), NINE.items())
def test_each_kind_of_wenzhou_claim_has_its_papers_and_their_article(route: str, document: str) -> None:
    found = papers(LAW, DAY, "330302", "general", None, route)

    named = next(one for one in found if one.document == document)
    assert named.article == f"第十二条{list(NINE).index(route) + 1}"
    assert document in named.quote.replace("公开发行的", "")


def test_the_ninth_kind_is_what_the_sector_adds_to_the_citys() -> None:
    found = papers(LAW, DAY, "330302", "environment", None, "paper")

    assert {one.rulebook for one in found} == {"wenzhou/2020-11-27", "zhejiang-environment/2018-07-15"}


def test_before_any_rule_was_in_force_no_paper_is_asked_for() -> None:
    assert papers(LAW, date(2015, 1, 1), "330302", "general", None, "exam") == ()


def test_what_an_organiser_hands_in_of_a_class_before_and_after_is_wenzhous_list_alone() -> None:
    """W 13; Ningbo asks for a filing in time, and for no list of papers (N 7)."""
    found = class_papers(LAW, DAY, "330300", "environment")

    assert [one.document for one in found] == ["批准文件", "办班计划", "办班总结", "参加人员名单"]
    assert {(one.rulebook, one.article) for one in found} == {("wenzhou/2020-11-27", "第十三条")}
    assert class_papers(LAW, DAY, "330200", "industry") == ()
    assert class_papers(LAW, date(2020, 11, 26), "330300", "environment") == (), "it was not in force"
