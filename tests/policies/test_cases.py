"""The case files say what the law does; every clause, level, share, cap, condition, requirement and reading has one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from policies.cases import case_file, read_cases, run
from policies.errors import UnreadableRulebook
from policies.law import Law
from policies.marks import Reached, wanted_marks
from policies.person import Bench
from policies.rulebook import Rulebook
from policies.shelf import SHIPPED, rulebook_files, shipped

FILES = list(rulebook_files(SHIPPED))


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    yield Bench(Law(shipped().books))


def everything_reached(bench: Bench) -> Reached:
    together = Reached()
    for path in FILES:
        together.marks |= run(bench, read_cases(case_file(path)))[1].marks
    return together


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parent.name)
def test_every_case_beside_a_rulebook_holds(bench: Bench, path) -> None:  # type: ignore[no-untyped-def]
    wrong, _ = run(bench, read_cases(case_file(path)))
    assert wrong == []


@pytest.mark.parametrize("book", shipped().books, ids=lambda book: book.id)
def test_every_row_that_decides_hours_is_reached_by_a_case_of_its_own_file(bench: Bench, book: Rulebook) -> None:
    _, reached = run(bench, read_cases(SHIPPED / f"{book.id}.cases.toml"))
    assert wanted_marks(book) - reached.marks == set()


@pytest.mark.parametrize("book", shipped().books, ids=lambda book: book.id)
def test_every_reading_about_hours_is_shown_by_a_case(bench: Bench, book: Rulebook) -> None:
    shown = everything_reached(bench).marks
    silent = [
        reading.id for reading in book.readings if reading.concerns == "hours" and f"shows {reading.id}" not in shown
    ]
    assert silent == []


def test_a_case_that_the_law_contradicts_is_reported_with_both_numbers(bench: Bench, tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "2019-01-01.cases.toml"
    path.write_text(
        'date = 2021-06-01\n[person]\nregion = "330203"\nsector = "industry"\nfrom = 2018-01-01\n'
        '[[case]]\nname = "五天 30"\ngiven = [{ route = "advanced_seminar", level = "municipal", days = "5" }]\n'
        'expect = { counted = "30", met = true, professional = "24" }\n',
        "utf-8",
    )
    wrong, _ = run(bench, read_cases(path))
    assert wrong == ["案例“五天 30”：counted 应为 '30'，算得 '24'", "案例“五天 30”：met 应为 True，算得 False"]


def test_a_misspelt_field_of_a_case_is_an_error_not_a_pass(tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "x.cases.toml"
    path.write_text('[[case]]\nname = "甲"\ngivn = []\nexpect = {}\n', "utf-8")
    with pytest.raises(UnreadableRulebook, match="givn"):
        read_cases(path)


def test_an_expectation_that_no_ruling_has_is_reported(bench: Bench, tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "x.cases.toml"
    path.write_text(
        '[person]\nregion = "330203"\nsector = "industry"\nfrom = 2018-01-01\n[[case]]\nname = "甲"\n'
        'given = [{ route = "exam", subjects = 1, date = 2021-01-01 }]\nexpect = { countd = "6" }\n',
        "utf-8",
    )
    assert run(bench, read_cases(path))[0] == ["案例“甲”：expect 里没有 countd 这一项"]
