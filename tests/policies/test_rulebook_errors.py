"""A rulebook that cannot be right is refused in Chinese with its file, its row, what was found and what is wanted."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from policies.errors import RulebookError, UnreadableRulebook
from policies.shelf import SHIPPED, TEXTS, read_folder
from policies.soundness import fold, quote_problems

N = "ningbo-industry/2019-01-01.toml"
E = "zhejiang-environment/2018-07-15.toml"


@pytest.fixture
def complaint(tmp_path: Path) -> Callable[[str, str, str], str]:
    """Change one passage of one shipped rulebook, which stands alone, and say what the loader says."""

    def change(name: str, old: str, new: str) -> str:
        rules, path = tmp_path / "rules", tmp_path / "rules" / name
        shutil.copytree(SHIPPED / path.parent.name, path.parent)
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), "utf-8")
        with pytest.raises(RulebookError) as refused:
            read_folder(rules)
        return str(refused.value)

    return change


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        (
            N,
            'rate    = { each = "day", hours = 6 }',
            'rate    = { each = "day", hours = 6.5 }',
            ["ningbo-industry/2019-01-01.toml", "第六条（三）", "rate hours", "“6.5”", '"4.5"'],
        ),
        (
            N,
            'rate    = { each = "day", hours = 6 }',
            'rate    = { each = "week", hours = 6 }',
            ["each", "“week”", "marked_hour"],
        ),
        (N, 'rate    = { each = "day", hours = 6 }', 'rate    = { each = "day", hour = 6 }', ["hour", "没有这个字段"]),
        (N, 'rate    = { each = "day", hours = 6 }', 'rate    = { each = "day", hours = -6 }',
         ["-6", "不能是负数", "不小于 0"]),
        (
            N,
            'quote   = "参加国（境）外工程类培训进修',
            'quote   = "参加国（境）外工程类培训',
            ["第六条（三）", "原文中连续的一段"],
        ),
        (N, 'routes  = ["overseas"]', 'routes  = ["abroad"]', ["第六条（三）", "“abroad”", "[declares]"]),
        (N, "municipal = 6, county = 6", "municipal = 6, village = 6", ["第六条（一）", "“village”", "county"]),
        (N, 'conditions = ["filed"]', 'conditions = ["field"]', ["第六条（二）", "“field”", "[[condition]]"]),
        (
            N,
            'cap     = { hours = 36, per = "year"',
            'cap     = { hours = 30, per = "year"',
            ["同一个桶 第六条（一）", "不同的上限"],
        ),
        (N, "in_force_from = 2019-01-01", 'in_force_from = "2019-01-01"', ["in_force_from", "不带引号的日期"]),
        (N, "in_force_from = 2019-01-01", "in_force_from = 2019-02-01", ["文件名应为 ningbo-industry/2019-02-01.toml"]),
        (
            N,
            "in_force_from = 2019-01-01",
            "in_force_from = 2019-01-01\nin_force_to = 2018-01-01",
            ["in_force_to", "2018-01-01"],
        ),
        (N, 'text_sha256   = "', 'text_sha256   = "0', ["text_sha256", "64 位"]),
        (N, "b94a24381127", "a94a24381127", ["text_sha256", "的摘要是"]),
        (N, 'text          = "N-ningbo', 'text          = "M-ningbo', ["找不到", "texts/"]),
        (N, 'text          = "N-ningbo', 'text          = "../texts/N-ningbo', ["找不到"]),
        (N, 'region = "3302"', 'region = "33020"', ["scope region", "“33020”", "前缀", '"330203"']),
        (N, 'region = "3302"', 'region = 3302', ["scope region", "3302", "前缀", "加引号"]),
        (N, 'region = "3302"', 'region = "3399"', ["scope region", "“3399”", "没有这个地方", "市四位"]),
        (N, 'sector = "industry"', 'sector = "industries"', ["“industries”", "industry"]),
        (N, "first_year_judged = 2019\n", "", ["first_year_judged", "缺这个字段"]),
        (N, 'name    = "general_public"', 'name    = "general"', ["minimum name", "general_public"]),
        (N, "value        = 2019", "value        = 2020", ["AMB-07", "2020", "2019"]),
        (
            N,
            'parameter    = "condition.filed.filing.days"',
            'parameter    = "condition.late.filing.days"',
            ["AMB-24", "没有"],
        ),
        (N, "[scope]", "[scope", ["不是合法的 TOML", "行第", "“[scope”", "是否成对"]),
        (N, 'key           = "N"', 'key = "N"\nkey = "N"', ["“key = \"N\"”", "写了两次"]),
        (N, 'rate    = { each = "course", hours = 3 }', 'rate    = { each = "course", hourz = 3 }',
         ["第六条（九）", "hourz", "疑为 hours"]),
        (N, "[scope]", "[scopes]", ["scopes：没有这个字段，疑为 scope", "scope：缺这个字段"]),
        (N, 'key           = "N"', 'key = "N"\nwhatever = 1', ["whatever：没有这个字段，请查拼写"]),
        (N, 'family        = "ningbo-industry"', 'family        = "Ningbo"', ["family", "小写字母"]),
        (
            E,
            "percent = [100, 80, 70, 60, 50], then = 30",
            "percent = [100, 80, 70, 60, 50], then = 130",
            ["then", "0 到 100"],
        ),
        (
            E,
            "by_level = { provincial = 6,",
            'by_level = { provincial = "6.25",',
            ["第八条（一）", "两位以上小数", "[rounding]"],
        ),
        (E, 'rate       = { each = "exam", hours = 30 }', "", ["第八条（二）", "恰有一个"]),
        (
            E,
            'analogy = { ministry = "provincial", national = "provincial" }',
            'analogy = { ministry = "national", national = "provincial" }',
            ["analogy", "比照"],
        ),
        (E, 'field   = "organiser_level"', 'field   = "organizer_level"', ["provincial_exam", "“organizer_level”"]),
        (E, 'refuses = "below_provincial_journal"', "", ["第八条（四）", "恰有一个"]),
        (
            N,
            'rate    = { each = "course", hours = 3 }',
            'rate = { each = "course", hours = 3 }\ncategories = ["general"]\n'
            'when = { field = "majors", among = ["甲"] }\nthreshold = { field = "month", more_than = 20 }\n'
            'credit = { category = "public_credit", hours = 3, quote = "每门" }',
            [f"第六条（九）） {where}：读到 “{word}”" for where, word in (
                ("categories", "general"), ("when", "majors"), ("threshold", "month"), ("credit", "public_credit"))],
        ),
        (
            N,
            'rate    = { each = "whole_minutes", of = 45, hours = 1 }',
            'rate    = { each = "day", of = 45, hours = 1, by_level = { county = 1 } }',
            ["of（几分钟）只与 whole_minutes 同用", "hours 与 by_level 应恰有一个"],
        ),
        (N, 'of = 45, hours = 1', 'hours = 1', ["of（几分钟）只与 whole_minutes 同用"]),
        (N, 'each = "course", hours = 3', 'each = "course"', ["第六条（九）", "hours 与 by_level 应恰有一个"]),
        (N, 'not_among = ["none"', 'among = ["甲"]\nnot_among = ["none"', ["among 与 not_among 应恰有一个"]),
        (N, 'among   = ["exam"]\n', "", ["condition course_exam：among 与 not_among 应恰有一个"]),
        (N, 'field   = "completed_by"\n', "", ["condition course_exam：field 与 filing 应恰有一个"]),
        (N, 'by = "filed_on"', 'by = "filed"', ["condition filed：读到 “filed”"]),
        (N, 'hours   = 60', 'percent = 60', ["minimum professional：hours 与 percent"]),
        (N, 'hours   = 60', 'percent_of = "total"', ["minimum professional：hours 与 percent"]),
        (N, 'hours   = 60', 'percent = 60\npercent_of = "all"', ["minimum percent_of：读到 “all”"]),
        (N, "60\n", '60\npercent = 60\npercent_of = "total"\n', ["minimum professional：hours 与 percent"]),
        (
            E,
            'analogy = { national = "provincial" }',
            'analogy = { county = "provincial" }',
            ["analogy：county 应比照 by_level 里另一个级别"],
        ),
        (E, "core = 20, national = 20", 'core = "20.05", national = 20', ["每单位 20.05 学时会算出两位以上小数"]),
    ],
)
def test_each_fault_is_said_with_file_row_finding_and_wish(
    complaint: Callable[[str, str, str], str], name: str, old: str, new: str, said: list[str]
) -> None:
    told = complaint(name, old, new)
    assert name.split("/")[0] in told
    for words in said:
        assert words in told, told


def test_a_file_that_is_not_utf_8_is_said_to_be_so(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "2020-01-01.toml").write_bytes("family = '甲'".encode("gb18030"))
    with pytest.raises(UnreadableRulebook, match="不是 UTF-8"):
        read_folder(tmp_path)


def test_only_a_draft_may_stand_without_its_text(complaint: Callable[[str, str, str], str]) -> None:
    assert "草案" in complaint(N, 'text          = "N-ningbo-industry-2018-244.txt"\n', "")


def test_quotes_are_found_across_the_line_breaks_of_the_texts() -> None:
    text = (TEXTS / "R-zhejiang-natural-resources-2020-23.txt").read_text("utf-8")
    quote = "每个合格科目可认定登记 6 个学时"
    assert quote not in text  # A page ends between 每 and 个.
    assert fold(quote) in fold(text)
    assert list(quote_problems({"quote": quote}, text)) == []
    assert len(list(quote_problems({"quote": "每个不合格科目"}, text))) == 1
