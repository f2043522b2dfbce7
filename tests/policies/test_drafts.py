"""The drafts prove the format: real amendments as files, judged beside the law in force and never part of it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from law_at_work import NINGBO, Fact, answers, entry, of_kind

from policies.law import Law
from policies.rules import check, diff
from policies.shelf import DRAFTS, Shelf, drafts, read_folder, shipped

RULEBOOK = """
format = 1
draft = true
family = "try"
in_force_from = 2020-01-01
key = "T"
title = "试"
document = "试"
issuers = ["试"]
first_year_judged = 2020
[scope]
region = "33"
sector = "general"
"""


def with_rows(folder: Path, rows: str) -> Path:
    """A folder that holds one small draft."""
    (folder / "try").mkdir()
    (folder / "try" / "2020-01-01.toml").write_text(RULEBOOK + rows, "utf-8")
    return folder


HELD = NINGBO | {"region": "330106", "sector": "general"}


def minimums(rulings: list[Fact], year: int) -> dict[str, object]:
    line = next(one for one in of_kind("year", rulings) if one["year"] == year)
    return {one["name"]: one.get("reason", one["met"]) for one in line["minimums"]}


def test_every_draft_passes_its_cases_and_checks_beside_the_law_in_force() -> None:
    assert check(DRAFTS).problems == ()


def test_the_drafts_are_marked_and_never_in_force() -> None:
    assert {book.key for book in drafts().books} == {"A1", "A2", "A3", "A4", "A6", "A7"}
    assert all(book.draft for book in drafts().books)
    assert not {book.id for book in drafts().books} & {book.id for book in shipped().books}


def test_the_overlay_of_consequences_is_off_until_somebody_switches_it_on() -> None:
    overlay = next(book for book in drafts().books if book.key == "A7")
    assert overlay.off and overlay not in Law(drafts().books).in_force(date(2026, 1, 1))
    assert ("application_barred", "three_years") in [(one.effect, one.lasts) for one in overlay.consequences]


def test_a_draft_rules_only_where_it_is_handed_to_the_evaluator(tmp_path: Path) -> None:
    together = Shelf.of([*shipped().books, *drafts().books])
    sea = "zhejiang-marine-fisheries/2026-01-01"
    assert sea in [book.id for book in Law(together.books).in_force(date(2026, 2, 1))]
    assert sea not in [book.id for book in Law(together.only(["zhejiang/2016-08-01"]).books).in_force(date(2026, 2, 1))]


def test_the_step_from_the_province_to_wenzhou_is_a_difference_of_two_files() -> None:
    told = diff(shipped().book("zhejiang/2016-08-01"), shipped().book("wenzhou/2020-11-27"))
    assert "删  要求 第八条\n    原  每年公需科目不少于 18 学时" in told
    assert "增  要求 第六条\n    新  每年一般公需科目不少于 18 学时" in told
    assert "增  条件 第六条\n    新  完成方式须为 考试（考核）合格（对范围内所有人）" in told


def test_a_minimum_may_be_a_part_of_another_sum_and_is_reached_only_in_full(tmp_path: Path) -> None:
    rules = with_rows(
        tmp_path,
        """
[[clause]]
article = "一"
quote = "x"
routes = ["exam"]
rate = { each = "subject", hours = 1 }
[[clause]]
article = "二"
quote = "x"
categories = ["general_public"]
routes = ["course"]
rate = { each = "marked_hour", hours = 1 }
[[minimum]]
name = "professional"
article = "三"
quote = "专业不少于总学时的 60%"
percent = 60
percent_of = "total"
""",
    )
    course = entry(2, category="general_public", route="course", hours="2.01", completed_by="exam")
    assert minimums(answers(HELD, entry(1, subjects=3), course, rules=rules), 2021) == {"professional": False}
    assert minimums(answers(HELD, entry(1, subjects=3), course | {"hours": "2"}, rules=rules), 2021) == {
        "professional": True
    }


@pytest.mark.parametrize(("kind", "years"), [
    ("fixed", {2020: "in_progress", 2021: True, 2022: "in_progress", 2023: False}),
    ("rolling", {2020: "in_progress", 2021: True, 2022: True, 2023: False}),
])  # fmt: skip
def test_a_cycle_may_be_fixed_or_rolling(tmp_path: Path, kind: str, years: dict[int, object]) -> None:
    rules = with_rows(
        tmp_path,
        f"""
[[clause]]
article = "一"
quote = "x"
routes = ["exam"]
rate = {{ each = "subject", hours = 10 }}
[[minimum]]
name = "total"
article = "二"
quote = "x"
hours = 20
cycle = {{ years = 2, from = 2020, kind = "{kind}" }}
""",
    )
    rows = [entry(1, subjects=2, date="2021-05-05"), entry(2, subjects=1, date="2023-05-05", occasion="x")]
    told = answers(HELD, *rows, rules=rules)
    assert {year: minimums(told, year)["total"] for year in years} == years


def test_a_cycle_may_begin_where_the_person_begins(tmp_path: Path) -> None:
    rules = with_rows(
        tmp_path,
        """
[[clause]]
article = "一"
quote = "x"
routes = ["exam"]
rate = { each = "subject", hours = 10 }
[[minimum]]
name = "total"
article = "二"
quote = "x"
hours = 20
cycle = { years = 2, from = 2020, kind = "personal_start" }
""",
    )
    told = answers(HELD | {"from": "2021-03-01"}, entry(1, date="2022-05-05"), rules=rules)
    line = of_kind("year", told)[-1]["minimums"][0]
    assert (line["from"], line["to"], line["met"]) == (2021, 2022, False)


def test_two_articles_may_share_one_named_bucket(tmp_path: Path) -> None:
    cap = 'cap = { hours = 15, per = "year", article = "三", quote = "x", bucket = "一、二" }'
    rules = with_rows(
        tmp_path,
        f"""
[[clause]]
article = "一"
quote = "x"
routes = ["exam"]
rate = {{ each = "subject", hours = 10 }}
{cap}
[[clause]]
article = "二"
quote = "x"
routes = ["overseas"]
rate = {{ each = "day", hours = 10 }}
{cap}
""",
    )
    told = of_kind("entry", answers(HELD, entry(1), entry(2, route="overseas", days="1"), rules=rules))
    assert [one["counted"] for one in told] == ["10", "5"]


@pytest.mark.parametrize(("mode", "unit", "assessed"), [("down", '"0.1"', "3.1"), ("half_up", '"0.1"', "3.2"),
                                                        ("half_up", "1", "3")])  # fmt: skip
def test_a_rulebook_that_rounds_says_how_and_to_what(tmp_path: Path, mode: str, unit: str, assessed: str) -> None:
    rules = with_rows(
        tmp_path,
        f"""
[rounding]
mode = "{mode}"
unit = {unit}
[[clause]]
article = "一"
quote = "x"
routes = ["book"]
rate = {{ each = "characters_prorata", hours = 1 }}
""",
    )
    told = answers(HELD, entry(1, route="book", characters=31_500, rank=1), rules=rules)
    assert told[0]["assessed"] == assessed


def test_a_row_with_a_filing_that_must_be_early_refuses_a_late_one(tmp_path: Path) -> None:
    rules = with_rows(
        tmp_path,
        """
[[condition]]
name = "filed"
article = "一"
quote = "x"
filing = { by = "filed_on", before = "starts", days = 30, force = "must", flag = "late_filing", quote = "x" }
reason = "not_filed"
[[clause]]
article = "一"
quote = "x"
routes = ["overseas"]
rate = { each = "day", hours = 10 }
conditions = ["filed"]
""",
    )
    row = entry(1, route="overseas", days="1", starts="2021-05-31")
    told = of_kind(
        "entry",
        answers(HELD, row | {"filed_on": "2021-05-02"}, row | {"id": "e2", "filed_on": "2021-05-01"}, rules=rules),
    )
    assert [(one["status"], one["flags"]) for one in told] == [("refused", []), ("ruled", [])]


def test_declared_words_are_understood_only_where_they_are_declared() -> None:
    assert "construction" in read_folder(DRAFTS).vocabulary.sectors
    assert "construction" not in shipped().vocabulary.sectors
    assert "degree" in drafts().vocabulary.routes and "degree" not in shipped().vocabulary.routes


def test_an_authority_may_ask_for_hours_by_exam_in_whatever_category(tmp_path: Path) -> None:
    rules = with_rows(
        tmp_path,
        """
[[clause]]
article = "一"
quote = "x"
categories = ["general_public"]
routes = ["course"]
rate = { each = "marked_hour", hours = 1 }
[[minimum]]
name = "exam"
article = "二"
quote = "部分学时须通过考试取得"
hours = 20
""",
    )
    course = entry(1, category="general_public", route="course", hours="19.99", completed_by="exam")
    assert minimums(answers(HELD, course, rules=rules), 2021) == {"exam": False}
    assert minimums(answers(HELD, course | {"hours": "20"}, rules=rules), 2021) == {"exam": True}
    assert minimums(answers(HELD, course | {"hours": "99", "completed_by": "completion"}, rules=rules), 2021) == {
        "exam": False
    }
    # An exam that no rulebook rules could fill it; other unruled hours could not.
    assert minimums(answers(HELD, entry(1), rules=rules), 2021) == {"exam": "undetermined"}
    assert minimums(answers(HELD, entry(1, route="other"), rules=rules), 2021) == {"exam": False}
