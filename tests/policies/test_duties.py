"""Duties that are not hours stand in the rulebooks: evidence, registrars, steps, filings, consequences, study."""

from __future__ import annotations

import pytest

from policies.rulebook import Duty, Rulebook
from policies.shelf import shipped

BY_KEY: dict[str, Rulebook] = {book.key: book for book in shipped().books}


def duties(key: str, kind: str) -> list[Duty]:
    return [duty for duty in BY_KEY[key].duties if duty.kind == kind]


def evidence(key: str, route: str) -> list[str]:
    return [document for duty in duties(key, "evidence") if route in duty.routes for document in duty.documents]


@pytest.mark.parametrize(
    ("key", "route", "documents"),
    [
        ("E", "training", ["培训文件通知", "考试考核合格证", "日程安排表"]),
        ("E", "exam", ["考试合格证", "证明文件"]),
        ("E", "project", ["立项文件", "课题结题报告", "验收报告"]),
        ("E", "service", ["文件通知", "领导批示件"]),
        ("R", "unit_training", ["培训、讲座文件（通知）", "日程安排", "人员签到单"]),
        ("W", "exam", ["考试合格证书", "资格考试合格人员登记表", "合格人员公布文件"]),
        ("W", "advanced_seminar", ["批准文件", "高级研修班证书"]),
        ("W", "paper", ["刊物封面", "目录", "文章内容"]),
        ("W", "degree_course", ["学历（学位）证书", "课程分配学习进度表"]),
        ("P", "advanced_seminar", ["继续教育学时登记卡"]),
        ("N", "overseas", ["学习证明材料"]),
    ],
)
def test_each_route_names_the_documents_that_prove_it(key: str, route: str, documents: list[str]) -> None:
    assert evidence(key, route) == documents


@pytest.mark.parametrize("key", ["E", "R", "N"])
def test_every_route_with_a_rate_has_its_evidence(key: str) -> None:
    rated = {route for clause in BY_KEY[key].clauses if clause.rate for route in clause.routes} - {"course"}
    assert {route for route in rated if not evidence(key, route)} == set()


@pytest.mark.parametrize(
    ("key", "person", "category", "offices", "level"),
    [
        ("P", "anyone", "general_public", ("human_resources",), "own"),
        ("P", "anyone", "professional", ("sector_authority",), "own"),
        ("E", "anyone", "sector_public", ("sector_authority",), "own"),
        ("E", "provincial_institution", "professional", ("sector_authority",), "provincial"),
        ("R", "municipal", "professional", ("sector_authority",), "municipal"),
        ("R", "county", "professional", ("sector_authority",), "county"),
        ("R", "provincial_institution", "professional", ("unit",), None),
        ("R", "provincial_blasting", "professional", ("blasting_association",), "provincial"),
        ("R", "talent_market", "professional", ("talent_market",), "provincial"),
        ("W", "anyone", "professional", ("sector_authority",), "municipal"),
        ("W", "anyone", "sector_public", ("sector_authority",), "municipal"),
        ("N", "anyone", "professional", ("recognised_organiser", "unit"), None),
        ("N", "anyone", "sector_public", ("unit",), None),
        ("N", "anyone", "general_public", ("system",), None),
    ],
)
def test_the_registrar_tables_say_who_registers_whom(
    key: str, person: str, category: str, offices: tuple[str, ...], level: str | None
) -> None:
    rows = [row for row in BY_KEY[key].registrars if row.person == person and category in row.categories]
    assert (offices, level) in [(row.offices, row.level) for row in rows]


def test_rosters_are_registered_at_once_in_wenzhou_and_general_courses_by_the_system_in_ningbo() -> None:
    assert {row.article for row in BY_KEY["W"].registrars if row.batch} == {"第十三条", "第十四条"}
    assert [row.article for row in BY_KEY["N"].registrars if row.automatic] == ["第八条"]


def test_a_claim_passes_the_steps_of_its_place() -> None:
    steps = {key: book.steps.claim for key, book in BY_KEY.items() if book.steps is not None}
    assert steps == {
        "P": ("unit", "registrar"),
        "E": ("unit", "registrar"),
        "R": ("registrar",),
        "W": ("registrar",),  # W 12 has no step of the unit.
        "N": ("unit",),  # N 8 ends there.
    }


@pytest.mark.parametrize(
    ("key", "when", "effect", "lasts"),
    [
        ("P", "falsified", "application_cancelled", "this_application"),
        ("P", "short", "application_cancelled", "this_application"),
        ("E", "falsified", "application_cancelled", "this_application"),
        ("R", "falsified", "application_cancelled", "this_application"),
        ("W", "falsified", "application_cancelled", "this_application"),
        ("N", "falsified", "application_cancelled", "this_application"),
        ("N", "falsified", "title_revoked", None),
        ("N", "short", "application_postponed", "until_met"),
        ("P", "staff_misconduct", "staff_corrected", None),
        ("W", "staff_misconduct", "staff_corrected", None),
    ],
)
def test_consequences_follow_from_what_happened(key: str, when: str, effect: str, lasts: str | None) -> None:
    assert (effect, lasts) in [(row.effect, row.lasts) for row in BY_KEY[key].consequences if when in row.when]


def test_only_ningbo_revokes_a_title_by_its_own_text() -> None:
    assert [key for key, book in BY_KEY.items() if any(row.effect == "title_revoked" for row in book.consequences)] == [
        "N"
    ]


def test_a_sectors_rulebook_is_filed_with_the_provincial_human_resources_office() -> None:
    assert [duty.to for duty in duties("P", "filing_of_rulebook")] == [("provincial_human_resources",)]
    assert [duty.to for duty in duties("P", "filing_of_plan")] == [("human_resources", "sector_authority")]


def test_training_is_filed_thirty_days_before_it_begins() -> None:
    filings = duties("N", "filing")
    assert [one.who for one in filings] == ["recognised_organiser", "unit"]
    assert {(one.more["days"], one.routes) for one in filings} == {
        (30, ("filed_training", "unit_training", "other_training"))}


def test_study_and_exam_have_their_numbers() -> None:
    assert duties("W", "enrolment")[0].more == {"courses_per_year": 1, "repeat": False}
    assert duties("W", "study_time")[0].more["gap_seconds"] == 120
    assert duties("W", "exam")[0].more == {"hours": 1800, "after_study": True, "on_site": True}


def test_every_duty_has_words_for_people() -> None:
    assert all(duty.what.endswith("。") and duty.who for book in BY_KEY.values() for duty in book.duties)
