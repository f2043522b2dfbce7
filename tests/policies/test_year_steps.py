"""The steps of a year one by one, where no regulation in force goes the whole way."""

from __future__ import annotations

from datetime import date
from itertools import combinations
from pathlib import Path

import pytest
from law_at_work import NINGBO, answers, entry, of_kind
from test_drafts import HELD, with_rows

from policies.law import BY_EXAM, Law
from policies.rulebook import Cycle
from policies.shelf import shipped
from policies.year import IN_PROGRESS, Standing, Sums, judge_year, span

EXAMS = """
[[clause]]
article = "一"
quote = "x"
routes = ["exam"]
rate = { each = "subject", hours = 10 }
"""


def test_the_hours_of_any_categories_together_are_the_sum_of_each() -> None:
    sums = Sums()
    sums.by_category, sums.exam = [100, 20, 3], 7

    for count in range(4):
        for some in combinations(range(3), count):
            assert sums.of(sum(1 << one for one in some)) == sum(sums.by_category[one] for one in some)
    assert sums.of(BY_EXAM) == 7


@pytest.mark.parametrize(("cycle", "own_start", "year", "years"), [
    (Cycle(3, 2021), None, 2023, (2021, 2023)),
    (Cycle(3, 2021), None, 2024, (2024, 2026)),
    (Cycle(3, 2021), 2022, 2023, (2021, 2023)),                    # Whoever comes later comes into one that runs.
    (Cycle(3, 2021, "personal_start"), 2022, 2024, (2022, 2024)),
    (Cycle(3, 2021, "personal_start"), 2022, 2025, (2025, 2027)),
    (Cycle(3, 2021, "personal_start"), 2019, 2023, (2021, 2023)),  # Nobody's begins before the first of all.
    (Cycle(3, 2021, "rolling"), None, 2021, (2021, 2023)),         # A window is not judged before it is full.
    (Cycle(3, 2021, "rolling"), None, 2023, (2021, 2023)),
    (Cycle(3, 2021, "rolling"), None, 2024, (2022, 2024)),
])
def test_every_year_lies_in_one_cycle(
    cycle: Cycle, own_start: int | None, year: int, years: tuple[int, int]
) -> None:
    assert span(cycle, year, own_start) == years


def test_whose_cycle_begins_with_them_is_judged_by_fixed_ones_all_the_same(tmp_path: Path) -> None:
    rules = with_rows(tmp_path, EXAMS + "".join(f"""
[[minimum]]
name = "{name}"
article = "二"
quote = "x"
hours = 20
cycle = {{ years = 2, from = 2020, kind = "{kind}" }}
""" for name, kind in (("total", "personal_start"), ("professional", "fixed"))))

    told = of_kind("year", answers(HELD | {"from": "2021-03-01"}, entry(1, date="2022-05-05"), rules=rules))

    assert [{one["name"]: (one["from"], one["to"]) for one in year["minimums"]} for year in told] == [
        {"total": (2021, 2022), "professional": (2020, 2021)}, {"total": (2021, 2022), "professional": (2022, 2023)},
    ]


@pytest.mark.parametrize(("ended", "outcome"), [(False, (None, IN_PROGRESS)), (True, (False, None))])
def test_a_cycle_is_open_through_its_last_year(ended: bool, outcome: tuple[bool | None, str | None]) -> None:
    """Whoever applies in that year has until its end (R 6(2))."""
    on = Standing(date(2023, 6, 1).toordinal(), "330106", "natural_resources", None)

    ruled = judge_year(Law(shipped().books), {}, 2023, on, starts={}, ended=ended)

    (found,) = (one for one in ruled.minimums if one.due.minimum.cycle is not None)
    assert (found.met, found.reason) == outcome and found.span == (2021, 2023)


def test_a_class_of_which_nothing_was_registered_holds_nothing(tmp_path: Path) -> None:
    rules = with_rows(tmp_path, EXAMS + """
class = "B"
[[minimum]]
name = "professional"
article = "二"
quote = "x"
hours = 10
class = "B"
""")

    lines = [of_kind("year", answers(HELD, *rows, entry(9, route="overseas", days="1"), rules=rules))[-1]
             for rows in ([], [entry(1)])]

    assert [(one["minimums"][0]["have"], one["minimums"][0]["met"]) for one in lines] == [("0", None), ("10", True)]


def test_a_row_that_refuses_some_levels_is_silent_about_the_others(tmp_path: Path) -> None:
    rules = with_rows(tmp_path, """
[[clause]]
article = "一"
quote = "x"
routes = ["advanced_seminar"]
levels = ["county"]
refuses = "below_provincial_journal"
[[clause]]
article = "二"
quote = "x"
routes = ["advanced_seminar"]
rate = { each = "class", hours = 10 }
""")
    rows = [entry(number, route="advanced_seminar", level=level, days="1")
            for number, level in enumerate(("county", "municipal"))]

    told = of_kind("entry", answers(HELD, *rows, rules=rules))

    assert [(one["status"], one["clause"], one["assessed"]) for one in told] == [
        ("refused", "一", "0"), ("ruled", "二", "10"),
    ]


def test_an_unruled_course_that_was_only_completed_leaves_professional_hours_short() -> None:
    """Dated before any law in force and attributed to a year that is judged."""
    held = NINGBO | {"from": "2015-01-01", "region": "330106", "sector": "general"}
    row = entry(1, category="general_public", route="course", hours="18", completed_by="completion",
                date="2016-07-31", starts="2016-07-31", ends="2017-01-02", year=2017)

    line = next(one for one in of_kind("year", answers(held, row)) if one["year"] == 2017)

    assert {one["name"]: one["met"] for one in line["minimums"]} == {
        "total": None, "professional": False, "public": None}
