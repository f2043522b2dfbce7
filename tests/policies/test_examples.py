"""The examples of a rulebook are its cases, told in the words of the law and run each time they are shown."""

from __future__ import annotations

from dataclasses import replace

import pytest

from policies.cases import case_file, read_cases
from policies.examples import Example, examples
from policies.law import Law
from policies.person import Bench
from policies.rulebook import Rulebook
from policies.shelf import SHIPPED, drafts, shipped

BENCH = Bench(Law(shipped().books))
NINGBO = shipped().book("ningbo-industry/2019-01-01")


def named(name: str, found: list[Example]) -> Example:
    return next(one for one in found if one.name == name)


@pytest.mark.parametrize("book", shipped().books, ids=lambda book: book.id)
def test_every_case_beside_a_rulebook_is_an_example_that_holds(book: Rulebook) -> None:
    found = examples(book, BENCH)

    assert [one.name for one in found] == [one.name for one in read_cases(case_file(SHIPPED / f"{book.id}.toml"))]
    assert all(one.holds for one in found)


def test_an_example_says_in_words_what_is_given_and_what_is_expected_of_which_clause() -> None:
    found = examples(NINGBO, BENCH)

    assert named("市级高研班五天是 30，每班次一般不超过 24", found) == Example(
        "市级高研班五天是 30，每班次一般不超过 24", "第六条（一）", ("2021-06-01 高研班（市级），天数 5",),
        (("条款", "第六条（一）"), ("核定", "24 学时"), ("计入", "24 学时"), ("标注", "无")), (), ("AMB-21",))
    unfiled = named("备案培训班没有备案的，不计", found)
    assert ("结论", "不予计入") in unfiled.expected and ("理由", "没有在开始之前备案") in unfiled.expected


def test_an_example_that_the_law_no_longer_bears_out_says_what_came_out_instead() -> None:
    first = NINGBO.clauses[1]
    assert first.class_limit is not None
    milder = replace(NINGBO, clauses=(NINGBO.clauses[0], replace(first, class_limit=None), *NINGBO.clauses[2:]))
    others = [one for one in shipped().books if one.id != NINGBO.id]

    wrong = named("市级高研班五天是 30，每班次一般不超过 24", examples(milder, Bench(Law([*others, milder]))))

    assert not wrong.holds
    assert wrong.differs == ("核定 应为 '24'，算得 '30'", "计入 应为 '24'，算得 '30'")


def test_a_draft_has_examples_and_a_rulebook_of_other_bytes_has_none() -> None:
    draft = drafts().book("zhejiang-construction/2022-01-01")
    found = examples(draft, Bench(Law([*shipped().books, *drafts().books])))

    assert found and all(one.holds for one in found)
    assert examples(replace(NINGBO, digest="0" * 64), BENCH) == []
