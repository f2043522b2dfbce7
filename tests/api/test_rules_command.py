"""`xueshi rules` as people and scripts meet it: on a terminal, through a pipe, and when something is wrong."""

from __future__ import annotations

import json
import os
import pty
import select
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from api.terminal.exits import Exit
from policies.shelf import DRAFTS, SHIPPED, drafts, shipped
from tests.api.command_kit import XUESHI, Ended, xueshi
from tests.waiting import PATIENCE_S

EXAM = ("date=2021-05-01", "region=330203", "sector=industry", "route=exam", "subjects=2")


def rules(*arguments: str, given: str = "") -> Ended:
    return xueshi(Path.cwd(), "rules", *arguments, stdin=given)


def test_the_list_shows_what_is_in_force_and_marks_what_is_a_draft() -> None:
    in_force, _, marked = rules("list").stdout.partition("草案（为检验格式而写，未施行，不参与任何认定）")

    assert all(book.id in in_force and book.id not in marked for book in shipped().books)
    assert all(book.id in marked and book.id not in in_force for book in drafts().books)
    assert all(each["draft"] == (each["rulebook"] in marked)
               for each in json.loads(rules("list", "--json").stdout)["rulebooks"])


def test_another_folder_is_listed_alone() -> None:
    assert rules("list", "--rules", str(SHIPPED)).stdout.count("施行") == 6
    assert "施行  " not in rules("list", "--rules", str(DRAFTS)).stdout.partition("\n")[2].partition("\n")[2]


@pytest.mark.parametrize(("form", "begins"), [("text", "甬经信组"), ("markdown", "# 甬经信组"), ("html", "<!doctype")])
def test_show_sets_the_text_and_its_rows_side_by_side(form: str, begins: str) -> None:
    ended = rules("show", "ningbo-industry/2019-01-01", "--format", form)

    assert ended.returncode == Exit.HOLDS and ended.stdout.startswith(begins)
    assert "每年总学时不少于 90 学时" in ended.stdout


def test_show_finds_a_draft_and_a_digest() -> None:
    (draft, *_) = drafts().books

    assert "草案：为检验格式而写，未施行" in rules("show", draft.id).stdout
    assert rules("show", draft.digest).stdout == rules("show", draft.id).stdout
    assert json.loads(rules("show", draft.id, "--json").stdout)["draft"] is True


def test_check_of_what_was_shipped_holds_and_names_the_gaps_with_an_example() -> None:
    ended = rules("check")

    assert ended.returncode == Exit.HOLDS
    assert "✓ 细则：5 部" in ended.stdout and "✓ 草案：6 部" in ended.stdout
    assert "例：date=2021-01-01 region=330000 sector=natural_resources" in ended.stdout
    assert ended.stderr == ""


def test_check_of_a_changed_number_does_not_hold(tmp_path: Path) -> None:
    changed = tmp_path / "rules"
    shutil.copytree(SHIPPED, changed)
    file = changed / "ningbo-industry" / "2019-01-01.toml"
    text = file.read_text("utf-8")
    file.write_text(text.replace('each = "subject", hours = 6', 'each = "subject", hours = 5'), "utf-8")

    ended = rules("check", "--rules", str(changed))
    body = json.loads(rules("check", "--rules", str(changed), "--json").stdout)

    assert ended.returncode == Exit.REFUSED and "assessed 应为 '42'，算得 '35'" in ended.stdout
    assert body["holds"] is False and body["folders"][0]["problems"]


def test_check_of_one_file_says_what_a_folder_with_that_one_would_wherever_it_lies(tmp_path: Path) -> None:
    draft = DRAFTS / "hangzhou-credits" / "2025-06-06.toml"
    alone = tmp_path / "征求意见稿.toml"
    alone.write_bytes(draft.read_bytes())
    (tmp_path / "征求意见稿.cases.toml").write_bytes(draft.with_name("2025-06-06.cases.toml").read_bytes())

    sound = rules("check", str(alone))
    assert (sound.returncode, sound.stderr) == (Exit.HOLDS, "") and f"✓ {alone}：1 部" in sound.stdout
    alone.write_text(draft.read_text("utf-8").replace('region = "33', 'region = "99', 1), "utf-8")
    wrong = rules("check", str(alone))
    assert wrong.returncode == Exit.REFUSED
    assert "征求意见稿.toml  scope region：读到 “99" in wrong.stdout and "没有这个地方" in wrong.stdout
    both = rules("check", str(alone), "--rules", str(SHIPPED))
    assert both.returncode == Exit.BAD_INPUT and "二者择一" in both.stderr


def test_diff_compares_a_draft_of_another_folder_with_what_is_in_force(tmp_path: Path) -> None:
    changed = tmp_path / "rules"
    shutil.copytree(SHIPPED, changed)
    text = (changed / "ningbo-industry" / "2019-01-01.toml").read_text("utf-8")
    text = text.replace("in_force_from = 2019-01-01", "in_force_from = 2026-05-10")
    text = text.replace('each = "subject", hours = 6', 'each = "subject", hours = 5')
    (changed / "ningbo-industry" / "2026-05-10.toml").write_text(text, "utf-8")
    names = ("ningbo-industry/2019-01-01", "ningbo-industry/2026-05-10", "--rules", str(changed))

    told = rules("diff", *names).stdout
    body = json.loads(rules("diff", *names, "--json").stdout)

    assert "改  条款 第六条（八）\n    原  专项考试、资格考试；每科 6 学时；每年最多 36\n" in told
    assert [each["place"] for each in body["changes"]] == ["施行日", "条款 第六条（八）"]


def test_try_tells_the_worth_of_one_fact_and_why() -> None:
    told = rules("try", *EXAM).stdout
    body = json.loads(rules("try", *EXAM, "--json").stdout)

    assert told.startswith("认定  核定 12 学时，计入 12 学时  ningbo-industry/2019-01-01 第六条（八）\n")
    assert "2 科 × 6 = 12" in told and "原文：" in told
    assert body["assessed"] == "12" and body["why"][0]["article"] == "第六条（八）"


def test_try_reads_a_fact_from_standard_input_for_scripts() -> None:
    fact = {"date": "2021-05-01", "region": "330203", "sector": "industry", "route": "exam", "subjects": 2}

    assert rules("try", "-", given=json.dumps(fact)).stdout == rules("try", *EXAM).stdout
    assert rules("try", "-", "subjects=1", given=json.dumps(fact)).stdout.startswith("认定  核定 6")


def test_try_with_a_draft_answers_by_the_draft() -> None:
    fact = ("date=2025-07-01", "region=330102", "sector=general", "route=training", "level=municipal", "days=1")

    assert rules("try", *fact).stdout.startswith("待定")
    assert "hangzhou-credits/2025-06-06" in rules("try", *fact, "--draft", "hangzhou-credits/2025-06-06").stdout


@pytest.mark.parametrize(
    ("arguments", "given", "code", "words"),
    [
        (["show", "nowhere/2020-01-01"], "", "rulebook_unknown", "现有："),
        (["diff", "zhejiang/2016-08-01", "x"], "", "rulebook_unknown", "x"),
        (["list", "--rules", "."], "", "rulebook_unreadable", "文件夹里没有细则"),
        (["list", "--rules", "nowhere"], "", "bad_usage", "应为已有的文件夹"),
        (["show", "zhejiang/2016-08-01", "--format", "pdf"], "", "bad_usage", "text、markdown、html"),
        (["try"], "", "fact_incomplete", "还缺 date"),
        (["try", "date=2021-05-01", "region=330203", "sector=industry", "route=paper"], "", "fact_incomplete",
         "core、national"),
        (["try", "days"], "", "fact_bad", "字段=值"),
        (["try", "days=1.3"], "", "fact_bad", "0.5 的倍数"),
        (["try", "colour=red"], "", "fact_bad", "没有这个字段"),
        (["try", "-"], "{", "fact_bad", "完整的 JSON 对象"),
        (["try", "-"], '{"date":"2021-05-01"}', "fact_incomplete", "还缺 region"),
        (["try", "-"], '{"date":3}', "fact_bad", "YYYY-MM-DD"),
        (["try", "-"], '{"region":["330203"]}', "fact_bad", "区划代码"),
        (["try", "-"], '{"route":{}}', "fact_bad", "advanced_seminar"),
        (["try", *EXAM, "--draft", "x"], "", "rulebook_unknown", "x"),
        (["try", "sector=\x1b[31mred"], "", "fact_bad", "\\x1b[31mred"),
    ],
)
def test_what_is_wrong_is_told_in_chinese_with_its_code(
    arguments: list[str], given: str, code: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = rules(*arguments, given=given)

    assert (ended.returncode, ended.stdout) == (Exit.BAD_INPUT, "")
    assert ended.stderr.endswith(f"[{code}]\n") and words in ended.stderr
    assert "\x1b" not in ended.stderr


class Terminal:
    """A person at a real terminal."""

    def __init__(self, *arguments: str) -> None:
        self.mine, theirs = pty.openpty()
        self.process = subprocess.Popen(
            [XUESHI, "rules", *arguments], stdin=theirs, stdout=subprocess.PIPE, stderr=theirs, text=True,
            env={**os.environ, "TERM": "dumb"},
        )
        os.close(theirs)
        self.seen = ""

    def until(self, words: str) -> None:
        """Read until the screen shows this."""
        end = time.monotonic() + PATIENCE_S
        while words not in self.seen:
            ready, _, _ = select.select([self.mine], [], [], max(0, end - time.monotonic()))
            assert ready, f"waited for {words!r}; the screen shows {self.seen!r}"
            self.seen += os.read(self.mine, 65536).decode("utf-8", "replace")
        self.seen = self.seen.partition(words)[2]

    def type(self, line: str) -> None:
        os.write(self.mine, f"{line}\n".encode())

    def ends(self) -> tuple[int, str]:
        out, _ = self.process.communicate(timeout=60)
        os.close(self.mine)
        return self.process.returncode, out


def test_a_person_is_walked_through_one_fact_on_a_terminal() -> None:
    screen = Terminal("try", "date=2021-05-01")
    for words, answer in (
        ("区划代码", "330299"), ("应为六位", "330203"), ("行业：", "工业和信息化"), ("途径：", "3"),
        ("天数（半天为 0.5）：", "1.3"), ("0.5 的倍数", "3"),
        ("备案日期（YYYY-MM-DD）（可不填，按回车跳过）：", "2021-03-01"),
        ("开始日期（YYYY-MM-DD）", "2021-05-01"),
    ):
        screen.until(words)
        screen.type(answer)
    screen.until("再算一次：xueshi rules try date=2021-05-01 region=330203")
    status, out = screen.ends()

    assert status == Exit.HOLDS
    assert out.startswith("认定  核定 18 学时，计入 18 学时  ningbo-industry/2019-01-01 第六条（二）\n")


def test_the_end_of_input_ends_the_walk() -> None:
    screen = Terminal("try")
    screen.until("佐证材料的日期")
    os.write(screen.mine, b"\x04")

    assert screen.ends() == (Exit.INTERRUPTED, "")


def test_a_reader_that_goes_away_is_no_error() -> None:
    line = f"{XUESHI} rules show zhejiang/2016-08-01 --format html | head -n 1"
    ended = subprocess.run(line, shell=True, capture_output=True, text=True, check=False)

    assert ended.stdout == "<!doctype html>\n" and ended.stderr == ""
