"""`rules list | show | check | diff | try` tell a lawyer, in Chinese, what stands in the rulebooks."""

from __future__ import annotations

import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest

from policies.coverage import sentences
from policies.render import FORMS, place_words, rows_of, show
from policies.rules import check, diff, list_rules, next_question, try_fact
from policies.shelf import SHIPPED, read_folder, shipped

NINGBO = shipped().book("ningbo-industry/2019-01-01")


def test_the_list_names_every_rulebook_with_its_document_and_digest() -> None:
    listed = list_rules(shipped())
    assert len(listed.splitlines()) == 5
    for book in shipped().books:
        assert book.id in listed and book.document in listed and book.digest[:12] in listed


@pytest.mark.parametrize("book", shipped().books, ids=lambda book: book.id)
@pytest.mark.parametrize("form", FORMS)
def test_show_holds_every_sentence_every_row_and_every_reading(form: str, book) -> None:  # type: ignore[no-untyped-def]
    shown = show(book, form)
    if form == "html":
        shown = plain_text(shown)
    shown = shown.replace("\\*", "*")
    for sentence in sentences(book.text):
        assert sentence in shown
    for place, words in rows_of(book):
        assert place_words(place) in shown and words in shown
    for reading in book.readings:
        assert reading.id in shown and reading.chosen in shown and reading.reason in shown


def plain_text(page: str) -> str:
    parts: list[str] = []

    class Reader(HTMLParser):
        def handle_data(self, data: str) -> None:
            parts.append(data)

    Reader().feed(page)
    return "".join(parts)


def test_html_escapes_what_the_texts_hold() -> None:
    assert "<http" not in show(shipped().book("zhejiang-environment/2018-07-15"), "html")


def test_the_shipped_rulebooks_pass_every_check() -> None:
    passed, told = check()
    assert passed, told
    assert "错误" not in told and "原文每一句都有位置" in told


def test_check_says_which_case_a_changed_number_breaks_and_goes_on(tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    shutil.copytree(SHIPPED, rules)
    path = rules / "ningbo-industry" / "2019-01-01.toml"
    path.write_text(
        path.read_text("utf-8").replace('each = "subject", hours = 6', 'each = "subject", hours = 5'), "utf-8"
    )
    (rules / "wenzhou" / "2020-11-27.cases.toml").unlink()
    passed, told = check(rules)
    assert not passed
    assert "案例“资格考试每科 6，七科 42，上限 36”：assessed 应为 '42'，算得 '35'" in told
    assert "wenzhou/2020-11-27：没有案例文件" in told


def test_check_names_a_broken_file_instead_of_failing(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "2020-01-01.toml").write_text("family = 3\n", "utf-8")
    passed, told = check(tmp_path)
    assert not passed and "x/2020-01-01.toml" in told and "缺这个字段" in told


def test_diff_says_which_rows_change_come_and_go(tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    shutil.copytree(SHIPPED, rules)
    text = (rules / "ningbo-industry" / "2019-01-01.toml").read_text("utf-8")
    text = text.replace("2019-01-01", "2026-05-10", 1).replace("in_force_from = 2019", "in_force_from = 2026")
    text = text.replace('rate    = { each = "course", hours = 3 }', 'rate    = { each = "course", hours = 5 }')
    before, _, after = text.rpartition("[[minimum]]")
    text = before + after[after.index("# ──") :]
    (rules / "ningbo-industry" / "2026-05-10.toml").write_text(text, "utf-8")
    told = diff(NINGBO, read_folder(rules).book("ningbo-industry/2026-05-10")).splitlines()
    assert told == [
        "ningbo-industry/2019-01-01 → ningbo-industry/2026-05-10",
        "改  施行日：2019-01-01 → 2026-05-10",
        "改  条款 第六条（九）：在职学历（学位）课程；每门 3 学时；每年最多 36（第六条（九））"
        " → 在职学历（学位）课程；每门 5 学时；每年最多 36（第六条（九））",
        "删  要求 第四条：每年一般公需科目不少于 12 学时",
    ]
    assert diff(NINGBO, NINGBO).splitlines()[1:] == ["没有条款的差别"]


def test_try_asks_only_what_the_law_needs_and_then_tells_the_worth() -> None:
    given = {"date": "2021-05-01", "region": "330203", "sector": "industry", "route": "book", "level": "core",
             "characters": 25000, "rank": 1}  # fmt: skip
    known: dict[str, object] = {}
    asked = []
    while (question := next_question(shipped().vocabulary, known)) is not None:
        asked.append(question.field)
        known[question.field] = given[question.field]
    assert asked == list(given)
    told = try_fact(shipped(), known)
    assert told.startswith("认定  ningbo-industry/2019-01-01 第六条（七）  核定 16 学时，计入 16\n")
    assert "⌊25000 字 ÷ 10000⌋ × 8 = 16" in told and "原文：每万字著作" in told


def test_try_offers_the_closed_choices_and_says_what_is_wrong_with_an_answer() -> None:
    known = {"date": "2021-05-01", "region": "330203"}
    question = next_question(shipped().vocabulary, known)
    assert question is not None and ("industry", "工业和信息化") in question.choices
    told = try_fact(shipped(), known | {"sector": "industry", "route": "exam", "subjects": 0})
    assert told.startswith("字段 subjects：读到 0；应为 1 到 100 的整数")


def test_a_course_asks_for_its_category_and_how_it_was_completed() -> None:
    known: dict[str, object] = {"date": "2021-05-01", "region": "330302", "sector": "general", "route": "course"}
    asked = []
    answers = {"category": "general_public", "hours": "18", "completed_by": "completion"}
    while (question := next_question(shipped().vocabulary, known)) is not None:
        asked.append(question.field)
        known[question.field] = answers[question.field]
    assert asked == ["category", "hours", "completed_by"]
    assert try_fact(shipped(), known).startswith("不计  wenzhou/2020-11-27 第六条")
