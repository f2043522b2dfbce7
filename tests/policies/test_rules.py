"""`rules list | check | diff` tell a lawyer, in Chinese, what stands in the rulebooks and what is wrong with them."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from policies.page_forms import width
from policies.rules import changes, check, diff, table
from policies.shelf import DRAFTS, SHIPPED, drafts, read_folder, shipped

NINGBO = shipped().book("ningbo-industry/2019-01-01")


def test_the_list_names_every_rulebook_with_its_document_and_digest() -> None:
    lines = table(shipped().books).splitlines()
    assert len(lines) == 6
    for book, line in zip(shipped().books, lines[1:], strict=True):
        assert book.id in line and book.document in line and book.digest[:12] in line and "施行" in line
    assert all("草案" in line for line in table(drafts().books).splitlines()[1:])


def test_the_columns_of_the_list_stand_under_their_heads() -> None:
    lines = table(shipped().books).splitlines()
    starts = {width(line[: line.index(word)]) for line, word in zip(lines, ["状态", *["施行"] * 5], strict=True)}
    assert len(starts) == 1


def test_the_shipped_rulebooks_pass_every_check() -> None:
    checked = check()
    assert checked.problems == () and checked.rulebooks == 5 and checked.cases > 200


def test_drafts_are_judged_beside_the_law_they_would_amend() -> None:
    checked = check(DRAFTS)
    assert checked.problems == () and checked.rulebooks == 6
    assert {one.rulebook for one in checked.findings} <= {book.id for book in drafts().books}


def test_check_tells_how_far_it_is() -> None:
    told: list[tuple[int, int]] = []
    check(progress=lambda done, total: told.append((done, total)))
    assert told == [(done, 6) for done in range(7)]


def test_check_says_which_case_a_changed_number_breaks_and_goes_on(tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    shutil.copytree(SHIPPED, rules)
    path = rules / "ningbo-industry" / "2019-01-01.toml"
    path.write_text(
        path.read_text("utf-8").replace('each = "subject", hours = 6', 'each = "subject", hours = 5'), "utf-8"
    )
    (rules / "wenzhou" / "2020-11-27.cases.toml").unlink()
    told = " ".join(check(rules).problems)
    assert "案例“资格考试每科 6，七科 42，上限 36”：assessed 应为 '42'，算得 '35'" in told
    assert "wenzhou/2020-11-27：没有案例文件" in told


def test_check_names_a_broken_file_instead_of_failing(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "2020-01-01.toml").write_text("family = 3\n", "utf-8")
    checked = check(tmp_path)
    assert checked.rulebooks == 0
    assert "x/2020-01-01.toml" in checked.problems[0] and "缺这个字段" in checked.problems[0]


def test_diff_says_which_rows_change_come_and_go(tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    shutil.copytree(SHIPPED, rules)
    text = (rules / "ningbo-industry" / "2019-01-01.toml").read_text("utf-8")
    text = text.replace("2019-01-01", "2026-05-10", 1).replace("in_force_from = 2019", "in_force_from = 2026")
    text = text.replace('rate    = { each = "course", hours = 3 }', 'rate    = { each = "course", hours = 5 }')
    before, _, after = text.rpartition("[[minimum]]")
    text = before + after[after.index("# ──") :]
    (rules / "ningbo-industry" / "2026-05-10.toml").write_text(text, "utf-8")
    assert diff(NINGBO, read_folder(rules).book("ningbo-industry/2026-05-10")).splitlines() == [
        "ningbo-industry/2019-01-01 → ningbo-industry/2026-05-10",
        "改  施行日",
        "    原  2019-01-01",
        "    新  2026-05-10",
        "改  条款 第六条（九）",
        "    原  在职学历（学位）课程；每门 3 学时；每年最多 36",
        "    新  在职学历（学位）课程；每门 5 学时；每年最多 36",
        "删  要求 第四条",
        "    原  每年一般公需科目不少于 12 学时",
    ]


def test_diff_of_a_version_with_itself_holds_nothing() -> None:
    assert diff(NINGBO, NINGBO).splitlines()[1:] == ["没有条款的差别"]


def test_diff_says_what_is_added_and_what_another_reading_changes() -> None:
    more = replace(NINGBO, id="ningbo-industry/2019-01-01.2", minimums=(*NINGBO.minimums, NINGBO.minimums[0]),
                   readings=(replace(NINGBO.readings[0], chosen="以省系统为准"), *NINGBO.readings[1:]))
    assert [(one.kind, one.place, one.after) for one in changes(NINGBO, more)] == [
        ("added", "要求 第四条", "每年总学时不少于 90 学时"),
        ("changed", "读法 AMB-05", "以省系统为准"),
    ]


def test_diff_says_which_sentences_of_the_official_text_are_others() -> None:
    assert NINGBO.text is not None
    text = NINGBO.text.replace("课程可认定登记 3 个学时", "课程可认定登记 5 个学时")
    assert text != NINGBO.text
    amended = replace(NINGBO, id="ningbo-industry/2026-05-10", text=f"{text}\n第九十九条 本细则由市局解释。\n")
    found = [(one.kind, one.place, one.before, one.after) for one in changes(NINGBO, amended)]
    assert found == [
        ("changed", "原文 第六条（九）", "(九)参加工程类在职学历(学位)教育，每门考试考核合格课程可认定登记3个学时。",
         "(九)参加工程类在职学历(学位)教育，每门考试考核合格课程可认定登记5个学时。"),
        ("added", "原文 第九十九条", None, "第九十九条 本细则由市局解释。"),
    ]
